"""A claim that does not hold says so, in tests it stops, and what it compares can be repeated."""

import librosa
import numpy as np
import pytest
import scipy.stats

import audiotools as at
import showtools as st


def test_a_claim_tells_what_was_measured_and_the_bound(capsys):
    st.claim("one is one", 1 == 1)
    st.claim("the pitch is right", 0.967, above=0.8, unit="%")
    st.claim("on both voices", [0.801, 0.99], above=0.8, unit="%")
    st.claim("nearly one", 1.021, above=0.95, below=1.05)
    st.claim("it is soft", -23.52, below=-20, unit="dB")
    assert capsys.readouterr().out.splitlines() == [
        "✓ one is one",
        "✓ the pitch is right: 97 % (> 80 %)",
        "✓ on both voices: 80.1 to 99.0 % (> 80 %)",  # digits enough to tell 80.1 from 80
        "✓ nearly one: 1.02 (> 0.95, < 1.05)",
        "✓ it is soft: −24 dB (< −20 dB)",
    ]


@pytest.mark.parametrize("measured", [0.31, np.nan, [0.31, 0.9]])
def test_a_claim_that_does_not_hold_stops_where_it_must_and_else_says_so(
    capsys, monkeypatch, measured
):
    with pytest.raises(AssertionError, match="here it is"):  # as everywhere in these tests
        st.claim("the pitch is right", measured, above=0.8, unit="%")
    with pytest.raises(AssertionError, match="one is two: not so here"):
        st.claim("one is two", 1 == 2)
    monkeypatch.delenv("CLAIMS_MUST_HOLD")
    st.claim("the pitch is right", measured, above=0.8, unit="%")
    said = capsys.readouterr().out
    here = "0.31" if np.isfinite(measured).all() else "not to be measured"
    assert said.startswith("✗ the pitch is right: here it is ") and "was above 80 %" in said
    assert here.removeprefix("0.") in said


def test_a_sound_without_pitch_is_given_one_and_says_so(capsys, monkeypatch):
    f0 = np.array([0, 110], np.float32)
    assert st.some_pitch(f0) is f0 and capsys.readouterr().out == ""
    with pytest.raises(AssertionError, match="no pitch was found"):
        st.some_pitch(0 * f0)
    monkeypatch.delenv("CLAIMS_MUST_HOLD")
    given = st.some_pitch(0 * f0)
    assert given.dtype == f0.dtype and list(given) == [150, 150]
    assert "no pitch was found, and to go on it is given one of 150 Hz" in capsys.readouterr().out


def test_seeded_librosa_repeats_itself(slt):
    S = np.abs(at.stft(slt[0][:8000], n_fft=512))
    a, b, c = (st.seeded(librosa.griffinlim, S, n_iter=2, seed=s) for s in (0, 0, 1))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


@pytest.mark.parametrize("answer", [np.nan, "False", 1])
def test_what_is_neither_true_nor_false_proves_nothing(answer):
    with pytest.raises(TypeError, match="is neither True nor False: compare it"):
        st.claim("this", answer)


def test_an_interval_is_students_and_one_difference_has_none():
    d = np.array([0.1, 0.2, 0.4])
    mean, half = st.interval(d)
    low, high = scipy.stats.ttest_1samp(d, 0).confidence_interval(0.95)
    assert np.allclose([mean - half, mean + half], [low, high])
    assert np.isnan(st.interval([0.3])[1]) and st.interval([0.3])[0] == 0.3
