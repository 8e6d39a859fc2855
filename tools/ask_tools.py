"""Asks other tools for their features of half a second, and keeps them for the tests.

    pip install -r requirements-oracles.txt
    python tools/ask_tools.py

writes tests/tools_say.npz: for each name of `audiotools.RECIPES` what the tool of that name
makes of samples 8,000 to 16,000 of data/slt.wav. Where a tool is a model whose code is on no
registry (Tacotron 2, HiFi-GAN, Parallel WaveGAN), its published formula is carried out with
torch or librosa, as its own code does. Tools that read sound at 22,050 Hz take the same samples:
to them it is a faster voice.
"""

import json
from importlib.metadata import version
from pathlib import Path

import kaldi_native_fbank as knf
import librosa
import numpy as np
import python_speech_features
import soundfile
import tensorflow as tf
import torch
import torchaudio
import transformers

ROOT = Path(__file__).resolve().parent.parent
RATE = 22050


def librosas(y):
    """Returns librosa's two, at its defaults."""
    P = librosa.feature.melspectrogram(y=y)
    return dict(librosa_mel=librosa.power_to_db(P), librosa_mfcc=librosa.feature.mfcc(y=y))


def vocoders(y):
    """Returns the mel spectra of neural vocoders, by their published formulas."""
    W = torch.tensor(librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=80, fmin=0, fmax=8000))
    window, sound = torch.hann_window(1024), torch.tensor(y)[None]
    grid = dict(n_fft=1024, hop_length=256, win_length=1024, window=window, return_complex=True)
    S = torch.stft(sound, center=True, pad_mode="reflect", **grid).abs()[0]
    beyond = torch.nn.functional.pad(sound[:, None], (384, 384), mode="reflect")[:, 0]
    D = torch.view_as_real(torch.stft(beyond, center=False, **grid))[0]
    faint = torch.sqrt(D.pow(2).sum(-1) + 1e-9)
    grid = dict(n_fft=1024, hop_length=256, win_length=1024, window="hann", pad_mode="reflect")
    basis = librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=80, fmin=80, fmax=7600)
    return dict(
        tacotron2=torch.log(torch.clamp(W @ S, min=1e-5)).numpy(),
        hifigan=torch.log(torch.clamp(W @ faint, min=1e-5)).numpy(),
        parallel_wavegan=np.log10(np.maximum(1e-10, np.abs(librosa.stft(y, **grid)).T @ basis.T)),
    )


def whispers(y):
    """Returns the features of Whisper, not padded to its thirty seconds."""
    extract = transformers.WhisperFeatureExtractor()
    found = extract(y, sampling_rate=16000, padding="do_not_pad", return_tensors="np")
    return dict(whisper=found.input_features[0])


def kaldis(y):
    """Returns Kaldi's filterbanks, its MFCCs, and those that it makes for HTK."""
    fbank, mfcc, htk = knf.FbankOptions(), knf.MfccOptions(), knf.MfccOptions()
    fbank.mel_opts.num_bins = 80
    htk.htk_compat, htk.use_energy, htk.frame_opts.window_type = True, False, "hamming"
    found = {}
    for name, options, kind in [
        ("kaldi_fbank", fbank, knf.OnlineFbank),
        ("kaldi_mfcc", mfcc, knf.OnlineMfcc),
        ("htk_mfcc", htk, knf.OnlineMfcc),
    ]:
        options.frame_opts.dither = 0
        computer = kind(options)
        computer.accept_waveform(16000, (32768 * y).tolist())
        computer.input_finished()
        found[name] = np.stack([computer.get_frame(t) for t in range(computer.num_frames_ready)])
    return found


def others(y):
    """Returns those of python_speech_features, torchaudio and tf.signal."""
    transforms, sound = torchaudio.transforms, torch.tensor(y)
    S = tf.abs(tf.signal.stft(y, frame_length=1024, frame_step=256, fft_length=1024))
    W = tf.signal.linear_to_mel_weight_matrix(80, S.shape[-1], 16000, 80.0, 7600.0)
    levels = tf.math.log(tf.tensordot(S, W, 1) + 1e-6)
    return dict(
        python_speech_features=python_speech_features.mfcc(y, 16000),
        torchaudio_mel=transforms.MelSpectrogram()(sound).numpy(),
        torchaudio_mfcc=transforms.MFCC()(sound).numpy(),
        tf_mfcc=tf.signal.mfccs_from_log_mel_spectrograms(levels)[..., :13].numpy(),
    )


def main():
    y, _ = soundfile.read(ROOT / "data" / "slt.wav", dtype="float32")
    y = y[8000:16000]
    found = {}
    for ask in (librosas, vocoders, whispers, kaldis, others):
        found |= ask(y)
    asked = "librosa torch torchaudio transformers tensorflow-cpu python_speech_features"
    versions = {tool: version(tool) for tool in [*asked.split(), "kaldi-native-fbank"]}
    found = {name: np.asarray(X, np.float32) for name, X in found.items()}
    target = ROOT / "tests" / "tools_say.npz"
    np.savez_compressed(target, versions=json.dumps(versions), **found)
    print(f"{target}: {target.stat().st_size / 1e3:.0f} kB of {versions}")


if __name__ == "__main__":
    main()
