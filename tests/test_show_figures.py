"""Figures show what was computed, and their captions say what they show."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sounds import SR, tone

import audiotools as at
import showtools as st
from show import figures


def shown(monkeypatch):
    """Returns a list that fills with everything that is displayed."""
    outputs = []
    monkeypatch.setattr(figures, "display", outputs.append)
    return outputs


def test_the_caption_says_what_is_drawn(monkeypatch):
    words = []
    for hz in (1000, 3000):
        outputs = shown(monkeypatch)
        S_db = at.pretty_spectrogram(tone(hz), n_fft=512, hop_length=128, top_db=40)
        st.caption(st.show_spectrogram(S_db, SR, hop_length=128, title="A tone"))
        assert outputs[0].data.startswith(b"\x89PNG") and outputs[0].alt in outputs[1].data
        words.append(outputs[1].data)
    assert "A tone: time 0 to 1 s; frequency 0 to 8 kHz; level −40 to 0 dB" in words[0]
    centres = [re.search(r"around (\S+) s and (\S+) kHz", line).groups() for line in words]
    assert np.allclose(np.array(centres, dtype=float), [(0.5, 1), (0.5, 3)], rtol=0.03)
    assert not plt.get_fignums()


@pytest.mark.parametrize("change", ["flip", "hop", "level", "label"])
def test_the_caption_changes_when_the_figure_does(monkeypatch, slt, change):
    y, sr = slt
    S_db = at.pretty_spectrogram(y, n_fft=1024, hop_length=256)

    def words(picture, hop_length=256, **labels):
        outputs = shown(monkeypatch)
        ax = st.show_spectrogram(picture, sr, hop_length=hop_length)
        ax.set(**labels)
        st.caption(ax)
        return outputs[1].data

    mutants = {
        "flip": lambda: words(S_db[::-1]),
        "hop": lambda: words(S_db, hop_length=300),
        "level": lambda: words(S_db + 3),
        "label": lambda: words(S_db, xlabel=""),
    }
    assert mutants[change]() != words(S_db)


def test_mel_rows_stand_at_their_frequencies():
    mel_filter = at.mel_filterbank(SR, 1024, n_mels=40)
    M = at.make_mel(np.abs(at.stft(tone(2000), n_fft=1024, hop_length=256)), mel_filter)
    ax = st.show_mel(at.amplitude_to_db(M), SR, hop_length=256)
    ticks = dict(zip([t.get_text() for t in ax.get_yticklabels()], ax.get_yticks()))
    assert abs(ticks["2"] - (M[:, 30].argmax() + 1)) < 1  # rows are counted from 1
    plt.close("all")
