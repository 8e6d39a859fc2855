"""measures: what they say about errors that are known beforehand.

More of it, drawn at random, stands in test_properties.py, under "measures".
"""

import librosa
import numpy as np
import pystoi
import pytest

import audiotools as at

RNG = np.random.default_rng(3)
S = RNG.uniform(0.1, 1, size=(65, 40))


def test_spectral_convergence_of_known_errors():
    assert at.spectral_convergence(1.01 * S, S) == pytest.approx(-40)
    assert at.spectral_convergence(2 * S, S) == pytest.approx(0, abs=1e-9)
    assert at.spectral_convergence(S, S) == -np.inf
    for gain in (1e-300, 1e300):
        assert at.spectral_convergence(1.1 * (gain * S), gain * S) == pytest.approx(-20)
    far_apart = at.spectral_convergence(1e299 * S, 1e-299 * S)
    assert far_apart == pytest.approx(20 * 598)


def test_log_spectral_distance_of_known_errors():
    assert at.log_spectral_distance(S * 10 ** (3 / 20), S) == pytest.approx(3)
    # below the floor nothing counts
    soft = np.where(S == S.max(), S, 1e-6)
    assert at.log_spectral_distance(np.where(S == S.max(), S, 1e-9), soft) == 0


def test_measures_of_a_batch_are_those_of_its_items():
    both = np.stack([S, 1.1 * S])
    target = np.stack([S, S])
    assert np.allclose(at.spectral_convergence(both, target), [-np.inf, -20])
    assert np.allclose(at.log_spectral_distance(both, target), [0, 20 * np.log10(1.1)])


def test_pitch_accuracy_counts_voiced_frames_within_half_a_semitone():
    reference = np.array([0, 100, 100, 100, 100.0])
    f0 = np.array([50, 100 * 2 ** (49 / 1200), 100 * 2 ** (-51 / 1200), 0, 200])
    assert at.pitch_accuracy(f0, reference) == 0.25
    assert at.pitch_accuracy(f0, reference, cents=60) == 0.5
    assert at.pitch_accuracy(f0, reference, cents=1200) == 0.75


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_rounding_does_not_decide_about_a_frame_on_the_limit(dtype):
    """pyin's grid is 10 cents, so many frames are off by 50 exactly: they are right."""
    reference = np.random.default_rng(0).uniform(65, 420, 2000).astype(dtype)
    for sign in (1, -1):
        on, beyond = (reference * np.exp2(sign * c / 1200) for c in (50, 50.1))
        assert at.pitch_accuracy(on.astype(dtype), reference) == 1
        assert at.pitch_accuracy(beyond.astype(dtype), reference) == 0


def test_voiced_is_whatever_lies_above_zero():
    assert at.pitch_accuracy([0.5], [0.5]) == 1


def test_intelligibility_falls_with_noise_and_hears_no_level(voice):
    y, sr = voice
    noise = RNG.normal(size=len(y)) * y.std()
    scores = [at.intelligibility(y + gain * noise, y, sr) for gain in (0, 0.3, 1, 3)]
    assert scores[2] == pytest.approx(pystoi.stoi(y, y + noise, sr, extended=True), abs=1e-3)
    assert scores[0] > 0.99 and np.all(np.diff(scores) < -0.05)
    state = np.random.get_state()[1].copy()
    for gain in (1e-16, 0.1, 1e16):
        assert at.intelligibility(gain * y, y, sr) == pytest.approx(scores[0], abs=1e-4)
    assert np.array_equal(np.random.get_state()[1], state)  # nobody else's numbers are used


def test_intelligibility_takes_any_rate(slt, attempt):
    y, sr = slt
    noisy = y + 0.02 * np.random.default_rng(1).normal(size=len(y)).astype(y.dtype)
    pair = noisy[:32000], y[:32000]
    expected = at.intelligibility(*pair, sr)
    for rate in (44100, 44101, 999_983):  # the last two share no factor with 10,000
        again = (librosa.resample(x, orig_sr=sr, target_sr=rate) for x in pair)
        assert attempt(at.intelligibility, *again, rate) == pytest.approx(expected, abs=0.01)


def test_silence_is_not_understood(voice):
    y, sr = voice
    assert abs(at.intelligibility(0 * y, y, sr)) < 0.05
