"""The fifteen names of the gist answer, and mean what its text says."""

import numpy as np
import pytest

import audiotools as at

SR, N_FFT, HOP = 16000, 512, 128
T = np.arange(8192) / SR
TONE = np.sin(2 * np.pi * 1000 * T)  # row 32 of 257
GRID = dict(n_fft=N_FFT, hop_length=HOP)
S = np.abs(at.stft(TONE, **GRID))
S_DB = at.pretty_spectrogram(TONE, **GRID)


def loudest_hz(y):
    return np.abs(np.fft.rfft(y * np.hanning(len(y)))).argmax() * SR / len(y)


VALUES = {
    "hz2mel": lambda: round(float(at.hz2mel(1000)), 2) == 999.99,
    "mel2hz": lambda: at.mel2hz(at.hz2mel(440.0)) == pytest.approx(440),
    "get_filterbanks": lambda: (
        at.get_filterbanks(SR, N_FFT).shape == (20, 257)
        and 0.9 < at.get_filterbanks(SR, N_FFT).max() <= 1
    ),
    "create_mel_filter": lambda: np.allclose(at.create_mel_filter(SR, N_FFT)[0].sum(axis=1), 1),
    "butter_bandpass": lambda: at.butter_bandpass(500, 7500, SR).shape == (5, 6),
    "butter_bandpass_filter": lambda: (
        at.butter_bandpass_filter(TONE, 500, 7500, SR)[4000:].std()
        == pytest.approx(TONE.std(), rel=0.01)
    ),
    "overlap": lambda: np.array_equal(at.overlap(np.arange(4.0), 3, 1), [[0, 1, 2], [1, 2, 3]]),
    "stft": lambda: abs(at.stft(TONE, **GRID)[32, 20]) == pytest.approx(N_FFT / 4, rel=1e-6),
    "pretty_spectrogram": lambda: np.all(S_DB[32, 4:-4] > -0.5),
    "xcorr_offset": lambda: at.xcorr_offset(TONE, TONE) == 0,
    "invert_spectrogram": lambda: abs(loudest_hz(at.invert_spectrogram(S, **GRID)) - 1000) < 8,
    "iterate_invert_spectrogram": lambda: (
        abs(loudest_hz(at.iterate_invert_spectrogram(S, **GRID)) - 1000) < 8
    ),
    "invert_pretty_spectrogram": lambda: (
        abs(loudest_hz(at.invert_pretty_spectrogram(S_DB, n_iter=10, **GRID)) - 1000) < 8
    ),
    "make_mel": lambda: np.array_equal(at.make_mel(np.eye(2), np.full((1, 2), 0.5)), [[0.5, 0.5]]),
    "mel_to_spectrogram": lambda: np.allclose(
        at.mel_to_spectrogram(np.array([[2.0]]), np.full((1, 4), 0.25)), 2
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_the_name_answers_with_the_right_value(name):
    assert VALUES[name]()


def test_the_iteration_may_start_elsewhere():
    slid, random = (at.iterate_invert_spectrogram(S, init=i, **GRID) for i in ("align", "random"))
    assert np.array_equal(slid, at.iterate_invert_spectrogram(S, **GRID))
    assert not np.array_equal(slid, random)


def test_there_are_fifteen_and_all_are_public():
    assert len(VALUES) == 15 and all(callable(getattr(at, name)) for name in VALUES)
