"""Figures show what was computed, and say what they show."""

import re
from base64 import b64decode

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sounds import SR, tone

import audiotools as at
import showtools as st
from show import figures


def shown(monkeypatch):
    """Returns a list that fills with the words of every figure that is shown."""
    words = []
    alt = re.compile('alt="([^"]+)"')
    monkeypatch.setattr(figures, "display", lambda html: words.append(alt.search(html.data)[1]))
    return words


def test_a_figure_says_what_is_drawn(monkeypatch):
    words, before = shown(monkeypatch), plt.get_fignums()
    for hz in (1000, 3000):
        S_db = at.pretty_spectrogram(tone(hz), n_fft=512, hop_length=128, top_db=40)
        st.show(st.show_spectrogram(S_db, SR, hop_length=128, title="A tone"))
    assert "A tone: time 0 to 1 s; frequency 0 to 8 kHz; level −40 to 0 dB" in words[0]
    centres = [re.search(r"around (\S+) s and (\S+) kHz", line).groups() for line in words]
    assert np.allclose(np.array(centres, dtype=float), [(0.5, 1), (0.5, 3)], rtol=0.03)
    assert plt.get_fignums() == before


def test_a_figure_is_drawn_for_twice_the_pixels_and_its_words_are_safe(monkeypatch):
    outputs = []
    monkeypatch.setattr(figures, "display", outputs.append)
    st.show(st.show_waveform(tone(100), SR, title='A "tone" & <more>'))
    (source,) = [output.data for output in outputs]
    png = b64decode(re.search('base64,([^"]+)', source)[1])
    width = int(re.search(r'width="(\d+)"', source)[1])
    assert png.startswith(b"\x89PNG") and int.from_bytes(png[16:20], "big") == 2 * width
    assert "A &quot;tone&quot; &amp; &lt;more&gt;: time" in source


def test_curves_and_bars_say_their_heights(monkeypatch):
    words = shown(monkeypatch)
    x = np.arange(5)
    curves = {"true": (x, x), "guessed": (x, 2 * x)}
    labels = dict(xlabel="Time (s)", ylabel="Pitch (Hz)")
    st.show(st.show_curves(curves, behind="true", title="Two", **labels))
    assert "true from 0 to 4 Hz" in words[0] and "guessed from 0 to 8 Hz" in words[0]
    bars = {"slt": [(1, 0.5), (2, 0.1)], "kal16": [3, 4]}
    ax = st.show_bars(bars, ["a", "b"], ylabel="ESTOI")
    whiskers = [path.vertices[:, 1] for path in ax.collections[0].get_paths()]
    assert np.allclose(whiskers, [(0.5, 1.5), (1.9, 2.1)]) and not ax.collections[1].get_paths()
    st.show(ax)
    assert "slt a: 1, b: 2" in words[1] and "kal16 a: 3, b: 4" in words[1]


@pytest.mark.parametrize("change", ["flip", "hop", "level", "label"])
def test_its_words_change_when_the_figure_does(monkeypatch, slt, change):
    y, sr = slt
    S_db = at.pretty_spectrogram(y, n_fft=1024, hop_length=256)

    def words(picture, hop_length=256, **labels):
        said = shown(monkeypatch)
        ax = st.show_spectrogram(picture, sr, hop_length=hop_length)
        ax.set(**labels)
        st.show(ax)
        return said[0]

    mutants = {
        "flip": lambda: words(S_db[::-1]),
        "hop": lambda: words(S_db, hop_length=300),
        "level": lambda: words(S_db + 3),
        "label": lambda: words(S_db, xlabel=""),
    }
    assert mutants[change]() != words(S_db)


def test_a_curve_without_a_name_is_a_line_like_others():
    ax = st.show_curves({"": ([0, 1], [0, 1])}, xlabel="Time (s)", ylabel="Level (dB)")
    assert ax.lines[0].get_linewidth() == plt.rcParams["lines.linewidth"]
    assert ax.get_legend() is None
    plt.close("all")


def test_compared_spectrograms_are_shown_within_the_limits_asked_for():
    S_db = at.pretty_spectrogram(tone(1000), n_fft=512, hop_length=128)
    fig = st.compare({"a": S_db, "b": S_db}, SR, hop_length=128, ylim=(0, 2))
    pictures = [ax for ax in fig.axes if ax.images]
    assert len(pictures) == 2 and all(ax.get_ylim() == (0, 2) for ax in pictures)
    plt.close("all")


def test_mel_rows_stand_at_their_frequencies():
    mel_filter = at.mel_filterbank(SR, 1024, n_mels=40)
    M = at.make_mel(np.abs(at.stft(tone(2000), n_fft=1024, hop_length=256)), mel_filter)
    ax = st.show_mel(at.amplitude_to_db(M), SR, hop_length=256)
    ticks = dict(zip([t.get_text() for t in ax.get_yticklabels()], ax.get_yticks()))
    assert abs(ticks["2"] - (M[:, 30].argmax() + 1)) < 1  # rows are counted from 1
    plt.close("all")
