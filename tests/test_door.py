"""The door: the fifteen names of the gist, what stands in the signatures, and its limits."""

import inspect
import subprocess
import sys

import librosa
import numpy as np
import pytest

import audiotools as at

# --- the fifteen names of the gist answer, and mean what its text says -----------------

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


def test_there_are_fifteen_and_all_are_public():
    assert len(VALUES) == 15 and all(callable(getattr(at, name)) for name in VALUES)


def test_the_iteration_may_start_elsewhere():
    slid, random = (at.iterate_invert_spectrogram(S, init=i, **GRID) for i in ("align", "random"))
    assert np.array_equal(slid, at.iterate_invert_spectrogram(S, **GRID))
    assert not np.array_equal(slid, random)


def test_the_gists_loop_slides_once_and_iterates_without_momentum(slt):
    S = np.abs(at.stft(slt[0], **GRID))
    ours = at.griffin_lim(S, n_iter=3, init="align", momentum=0, gamma=1, **GRID)
    assert np.array_equal(at.iterate_invert_spectrogram(S, n_iter=3, **GRID), ours)


# --- what stands in the signatures -----------------------------------------------------


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


@pytest.mark.parametrize(
    "ours, theirs, not_theirs",
    [
        (at.stft, librosa.stft, {}),
        (at.istft, librosa.istft, {}),
        (at.db_to_amplitude, librosa.db_to_amplitude, {}),
        (at.amplitude_to_db, librosa.amplitude_to_db, {}),
        (at.mel_filterbank, librosa.filters.mel, {}),
        (at.mel_to_mfcc, librosa.feature.mfcc, {}),
        (at.mfcc_to_mel, librosa.feature.inverse.mfcc_to_mel, {}),
        (at.mfcc, librosa.feature.melspectrogram, dict(hop_length=None)),  # a quarter: 512
        (at.mfcc, librosa.filters.mel, dict(n_fft=2048)),
        (at.mfcc_to_audio, librosa.feature.inverse.mel_to_audio, dict(n_iter=8, length=None)),
        (at.mfcc_to_audio, librosa.filters.mel, dict(n_fft=2048)),
        (at.griffin_lim, librosa.griffinlim, dict(n_iter=16, init="gradient")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_defaults_are_librosas(ours, theirs, not_theirs):
    ours, theirs = defaults(ours), defaults(theirs)
    assert ours.keys() & theirs.keys()
    assert {k: ours[k] for k in ours.keys() & theirs.keys()} == {
        k: theirs[k] for k in ours.keys() & theirs.keys()
    } | {k: v for k, v in not_theirs.items() if k in theirs}


OWN_DEFAULTS = {
    "butter_bandpass": dict(order=5),
    "butter_bandpass_filter": dict(order=5),
    "pretty_spectrogram": dict(n_fft=2048, top_db=80),
    "griffin_lim": dict(n_iter=16, momentum=0.99, gamma=1.25, seed=0),
    "griffin_lim_steps": dict(n_iter=16, momentum=0.99, gamma=1.25, seed=0),
    "invert_pretty_spectrogram": dict(top_db=80, n_iter=16, momentum=0.99, gamma=1.25, ref=1),
    "iterate_invert_spectrogram": dict(n_iter=10),
    "phase_gradient": dict(seed=0),
    "get_filterbanks": dict(n_mels=20, fmin=0),
    "create_mel_filter": dict(n_mels=64, fmin=300),
    "make_mel": dict(power=1, shorten_factor=1),
    "mel_to_spectrogram": dict(power=1, n_iter=10, shorten_factor=1),
    "mel_to_audio": dict(power=1, n_iter=8, seed=0),
    "mel_to_mfcc": dict(n_mfcc=20, top_db=80),
    "mfcc": dict(n_mfcc=20, n_mels=128, top_db=80),
    "mfcc_to_audio": dict(n_mels=128, fmin=0, n_iter=8, seed=0),
    "pitch": dict(hop_length=256, frame_length=1024, fmin=65, fmax=420),
    "speak": dict(n_mels=128, n_fft=512, hop_length=256, n_passes=2, seed=0),
    "log_spectral_distance": dict(floor_db=-60),
    "pitch_accuracy": dict(cents=50),
}


@pytest.mark.parametrize("name", OWN_DEFAULTS)
def test_our_own_defaults_stay(name):
    """Whoever wrote down numbers with these values must get them again."""
    stand = defaults(getattr(at, name))
    assert {key: stand[key] for key in OWN_DEFAULTS[name]} == OWN_DEFAULTS[name]


# --- the last values that a function takes ---------------------------------------------

SMALL = dict(n_fft=256, hop_length=64)
NOISE = np.random.default_rng(6).normal(size=2000)
P = np.abs(at.stft(NOISE, **SMALL))
BANK = at.mel_filterbank(16000, 256, n_mels=20)


def rates(sr):
    return at.pitch_limit(20, sr)


def highest(fmax):
    return at.mel_filterbank(16000, 1024, n_mels=1, fmax=fmax)


def steps(**options):
    return at.griffin_lim_steps(P, **options, **SMALL)


@pytest.mark.parametrize(
    "function, name, last, too_far",
    [
        (rates, "sr", 200, 199.9),
        (rates, "sr", 1e7, 1.01e7),
        (highest, "fmax", 20, 19.9),
        (highest, "fmax", 8000, 8001),
        (lambda power: at.make_mel(P, BANK, power=power), "power", 0.1, 0.099),
        (lambda power: at.make_mel(P, BANK, power=power), "power", 10, 10.1),
        (lambda n_iter: steps(n_iter=n_iter), "n_iter", 100_000, 100_001),
        (lambda momentum: steps(momentum=momentum), "momentum", 1, 1.001),
        (lambda momentum: steps(momentum=momentum), "momentum", 0, -0.001),
        (lambda gamma: steps(gamma=gamma), "gamma", 1.3, 1.301),
        (lambda n_mels: at.speak(P[:2], P[0], 16000, n_mels=n_mels, **SMALL), "n_mels", 2, 1),
        (lambda hop: at.pitch(NOISE, 16000, hop_length=hop), "hop_length", 16, 15),
        (lambda n: at.pitch(NOISE, 16000, fmin=100, frame_length=n), "frame_length", 322, 321),
        (lambda n_fft: at.stft(NOISE, n_fft=n_fft), "n_fft", 2, 1),
        (lambda n_fft: at.mel_filterbank(16000, n_fft, n_mels=1), "n_fft", 4, 1),
        (lambda floor_db: at.log_spectral_distance(P, P, floor_db=floor_db), "floor_db", -0.1, 0),
        (lambda seed: at.griffin_lim(P, n_iter=0, init="random", seed=seed), "seed", 0, -1),
    ],
)
def test_the_last_value_is_taken_and_the_next_refused_by_name(function, name, last, too_far):
    function(last)
    with pytest.raises(ValueError, match=f"{name}="):
        function(too_far)


def test_any_whole_number_is_a_seed():
    a, b = (at.griffin_lim(P, n_iter=0, init="random", seed=s, **SMALL) for s in (2**70, 2**70 + 1))
    assert np.all(np.isfinite(a)) and not np.array_equal(a, b)


# --- what importing costs --------------------------------------------------------------


def test_importing_audiotools_does_not_load_numba():
    code = "import sys, audiotools; print('numba' in sys.modules, 'librosa' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.split() == ["False", "False"]
