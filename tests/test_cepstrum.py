"""cepstrum: MFCCs, what the cosines keep, and the way back up. The oracle is librosa.

More of it, drawn at random and from the tests of others, stands in test_properties.py and
test_peers.py, under "cepstrum".
"""

import librosa
import numpy as np
import pytest

import audiotools as at
import showtools as st

GRID = dict(n_fft=1024, hop_length=256)


# --- down ------------------------------------------------------------------------------


@pytest.mark.parametrize("n_mfcc", [1, 13, 20, 128])
@pytest.mark.parametrize("top_db", [80.0, 40.0, None])
def test_mel_to_mfcc_equals_librosa(slt, n_mfcc, top_db):
    y, sr = slt
    M = librosa.feature.melspectrogram(y=y.astype(np.float64), sr=sr, **GRID)
    ours = at.mel_to_mfcc(M, n_mfcc=n_mfcc, top_db=top_db)
    theirs = librosa.feature.mfcc(S=librosa.power_to_db(M, top_db=top_db), n_mfcc=n_mfcc)
    assert np.abs(ours - theirs).max() < 1e-9
    back, theirs_back = at.mfcc_to_mel(ours), librosa.feature.inverse.mfcc_to_mel(theirs)
    assert np.allclose(back, theirs_back, rtol=1e-9)


@pytest.mark.parametrize(
    "options",
    [
        dict(),
        dict(n_mfcc=13, n_mels=40, n_fft=400, hop_length=160, htk=True),
        dict(n_fft=1024, hop_length=256, win_length=800, window="hamming", fmin=50, fmax=7000),
        dict(n_mfcc=30, n_mels=64, n_fft=512, hop_length=128, norm=None),
    ],
    ids=str,
)
def test_mfcc_equals_librosa(voice, options):
    y, sr = voice
    theirs_options = dict(options)
    if "norm" in options:
        theirs_options["mel_norm"] = theirs_options.pop("norm")
    theirs = librosa.feature.mfcc(y=y.astype(np.float64), sr=sr, **theirs_options)
    ours = at.mfcc(y.astype(np.float64), sr, **options)
    # librosa's float32 filters: 6e-8 relative is 3e-7 dB a band, times sqrt(128)
    assert ours.shape == theirs.shape and np.abs(ours - theirs).max() < 1e-5
    single = at.mfcc(y, sr, **options)
    assert single.dtype == np.float32 and np.abs(single - theirs).max() < 5e-2  # soft cells


def test_every_item_of_a_batch_has_its_own_floor(slt, kal16):
    n = 40000
    y = np.stack([slt[0][:n], 0.01 * kal16[0][:n]])
    both = at.mfcc(y, 16000, **GRID)
    assert both.shape == (2, 20, 157)
    assert np.array_equal(both[1], at.mfcc(y[1], 16000, **GRID))
    back = at.mfcc_to_audio(both, 16000, n_iter=2, length=n, **GRID)
    assert np.array_equal(back[1], at.mfcc_to_audio(both[1], 16000, n_iter=2, length=n, **GRID))


# --- and up ----------------------------------------------------------------------------


def test_the_cosine_transform_loses_nothing(voice):
    y, sr = voice
    M = at.make_mel(np.abs(at.stft(y.astype(float), **GRID)), at.mel_filterbank(sr, 1024), power=2)
    back = at.mfcc_to_mel(at.mel_to_mfcc(M, n_mfcc=128, top_db=None))
    assert np.allclose(back, np.maximum(M, 1e-10), rtol=1e-9)


def test_mfcc_to_audio_is_its_two_steps_with_every_option(slt):
    mels = dict(n_mels=30, fmin=200.0, fmax=6000.0, htk=True, norm=None)
    grid = dict(n_fft=512, hop_length=100, win_length=400, window="hamming")
    C = at.mfcc(slt[0][8000:16000], 16000, n_mfcc=13, **mels, **grid)
    options = dict(n_iter=2, init="random", length=8000, seed=3, **grid)
    W = at.mel_filterbank(16000, 512, **mels)
    two_steps = at.mel_to_audio(at.mfcc_to_mel(C, n_mels=30), W, power=2, **options)
    assert np.array_equal(at.mfcc_to_audio(C, 16000, **mels, **options), two_steps)


def test_mfcc_to_audio_takes_phases_for_a_batch(slt):
    y, sr = slt[0][:8000], slt[1]
    C = at.mfcc(np.stack([y, 0.5 * y]), sr, **GRID)
    phases = np.random.default_rng(0).uniform(-3, 3, size=(2, 513, C.shape[-1]))
    both = at.mfcc_to_audio(C, sr, n_iter=1, init=phases, **GRID)
    alone = at.mfcc_to_audio(C[1], sr, n_iter=1, init=phases[1], **GRID)
    assert np.array_equal(both[1], alone)


@pytest.mark.parametrize("n_mfcc", [13, 20])
def test_mfcc_to_audio_has_its_mfccs_more_nearly_than_librosas(voice, n_mfcc):
    y, sr = voice
    C = at.mfcc(y, sr, n_mfcc=n_mfcc, **GRID)
    inverse = librosa.feature.inverse
    rows = inverse.mel_to_stft(inverse.mfcc_to_mel(C, n_mels=128), sr=sr, n_fft=1024)
    theirs = st.seeded(librosa.griffinlim, rows, n_iter=32, length=len(y), **GRID)
    ours = at.mfcc_to_audio(C, sr, length=len(y), **GRID)
    again, theirs_again = (at.mfcc(z, sr, n_mfcc=n_mfcc, **GRID) for z in (ours, theirs))
    assert np.linalg.norm(again - C) < np.linalg.norm(theirs_again - C)
    assert at.intelligibility(ours, y, sr) > at.intelligibility(theirs, y, sr)


def test_mfcc_to_audio_keeps_the_envelope_and_the_level(voice):
    y, sr = voice
    settings = dict(n_mels=80, fmin=50.0, htk=True, **GRID)
    C = at.mfcc(y, sr, n_mfcc=40, **settings)
    back = at.mfcc_to_audio(C, sr, length=len(y), **settings)
    again = at.mfcc(back, sr, n_mfcc=40, **settings)
    rms = np.sqrt(np.mean(np.square(again - C)))
    assert rms < 6  # measured 3 to 4; the coefficients' own standard deviation is above 30
    assert abs(20 * np.log10(back.std() / y.std())) < 3


def test_silence_has_finite_mfccs_and_comes_back_silent():
    C = at.mfcc(np.zeros(4000), 16000, **GRID)
    assert np.allclose(C[0], -100 * np.sqrt(128)) and np.allclose(C[1:], 0)
    back = at.mfcc_to_audio(C, 16000, **GRID)
    # the floor is 1e-10 in power per band, about 1e-5 in amplitude
    assert np.abs(back).max() < 1e-4
