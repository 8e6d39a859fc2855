"""decibels: levels and amplitudes, and the picture of a sound. The oracle is librosa.

More of it, drawn at random and from the tests of others, stands in test_properties.py and
test_peers.py, under "decibels".
"""

import librosa
import numpy as np
import pytest

import audiotools as at


def test_every_item_of_a_batch_has_its_own_floor():
    S = np.stack([np.eye(3), 100 * np.eye(3)])
    assert np.array_equal(at.amplitude_to_db(S, top_db=40).min(axis=(1, 2)), [-40, 0])


@pytest.mark.parametrize("ref, top_db", [(1.0, 80.0), (3e-3, 40.0), (1.0, None), (1e-12, 80.0)])
def test_powers_have_the_decibels_of_librosa(slt, ref, top_db):
    P = np.abs(at.stft(slt[0])) ** 2
    ours = at.power_to_db(P, ref=ref, top_db=top_db)
    assert np.allclose(ours, librosa.power_to_db(P, ref=ref, top_db=top_db), atol=1e-3)
    assert np.allclose(at.db_to_power(ours, ref=ref), librosa.db_to_power(ours, ref=ref), rtol=1e-4)
    if ref == 1.0 and top_db is None:
        assert np.allclose(ours, at.amplitude_to_db(np.sqrt(P), top_db=None), atol=1e-3)


def test_silence_stays_finite():
    silence = np.zeros(2000)
    assert np.all(at.amplitude_to_db(np.abs(at.stft(silence))) == -100)
    assert np.all(at.pretty_spectrogram(silence, top_db=70) == -70)


@pytest.mark.parametrize("gain", [1e-9, 1.0, 1e9])
def test_pretty_spectrogram_spans_top_db_at_every_level(slt, gain):
    S_db = at.pretty_spectrogram(gain * slt[0].astype(float), n_fft=1024, top_db=60)
    assert S_db.max() == 0 and S_db.min() == -60
    assert np.allclose(S_db, at.pretty_spectrogram(slt[0], n_fft=1024, top_db=60), atol=1e-3)


def test_a_reference_beyond_float32_is_reckoned_with():
    assert at.amplitude_to_db(np.ones((2, 2), "f4"), ref=1e39)[0, 0] == pytest.approx(-780)
    assert at.db_to_amplitude(np.full((2, 2), -300, "f4"), ref=1e39)[0, 0] == pytest.approx(1e24)


def test_decibels_beyond_the_format_are_refused_whatever_the_reference():
    for ref in (1e-9, 1.0, 1e9):
        with pytest.raises(ValueError, match="float32 can hold"):
            at.db_to_amplitude(np.float32(771), ref=ref)  # 10 ** 38.55 is above 3.4e38
    assert np.isfinite(at.db_to_amplitude(np.float32(770), ref=1e-9))
