"""What stands in the signatures, and the last values that a function takes."""

import inspect

import librosa
import numpy as np
import pytest

import audiotools as at

GRID = dict(n_fft=256, hop_length=64)
Y = np.random.default_rng(6).normal(size=2000)
S = np.abs(at.stft(Y, **GRID))
W = at.mel_filterbank(16000, 256, n_mels=20)


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


def rates(sr):
    return at.pitch_limit(20, sr)


def highest(fmax):
    return at.mel_filterbank(16000, 1024, n_mels=1, fmax=fmax)


def steps(**options):
    return at.griffin_lim_steps(S, **options, **GRID)


@pytest.mark.parametrize(
    "function, name, last, too_far",
    [
        (rates, "sr", 200, 199.9),
        (rates, "sr", 1e7, 1.01e7),
        (highest, "fmax", 20, 19.9),
        (highest, "fmax", 8000, 8001),
        (lambda power: at.make_mel(S, W, power=power), "power", 0.1, 0.099),
        (lambda power: at.make_mel(S, W, power=power), "power", 10, 10.1),
        (lambda n_iter: steps(n_iter=n_iter), "n_iter", 100_000, 100_001),
        (lambda momentum: steps(momentum=momentum), "momentum", 1, 1.001),
        (lambda momentum: steps(momentum=momentum), "momentum", 0, -0.001),
        (lambda gamma: steps(gamma=gamma), "gamma", 1.3, 1.301),
        (lambda n_mels: at.speak(S[:2], S[0], 16000, n_mels=n_mels, **GRID), "n_mels", 2, 1),
        (lambda hop: at.pitch(Y, 16000, hop_length=hop), "hop_length", 16, 15),
        (lambda n: at.pitch(Y, 16000, fmin=100, frame_length=n), "frame_length", 322, 321),
        (lambda n_fft: at.stft(Y, n_fft=n_fft), "n_fft", 2, 1),
        (lambda n_fft: at.mel_filterbank(16000, n_fft, n_mels=1), "n_fft", 4, 1),
        (lambda floor_db: at.log_spectral_distance(S, S, floor_db=floor_db), "floor_db", -0.1, 0),
        (lambda seed: at.griffin_lim(S, n_iter=0, init="random", seed=seed), "seed", 0, -1),
    ],
)
def test_the_last_value_is_taken_and_the_next_refused_by_name(function, name, last, too_far):
    function(last)
    with pytest.raises(ValueError, match=f"{name}="):
        function(too_far)


def test_any_whole_number_is_a_seed():
    a, b = (at.griffin_lim(S, n_iter=0, init="random", seed=s, **GRID) for s in (2**70, 2**70 + 1))
    assert np.all(np.isfinite(a)) and not np.array_equal(a, b)
