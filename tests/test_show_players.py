"""Players play what they were given, at one level, and nothing clips."""

from base64 import b64decode

import numpy as np
import pytest
from sounds import SR, decode, tone

import audiotools as at
import showtools as st
from show import players


def test_a_row_of_players_has_one_level_and_nothing_clips(monkeypatch, slt, kal16):
    outputs = []
    monkeypatch.setattr(players, "display", outputs.append)
    st.play_row({"loud <b>": slt[0], "soft": 0.01 * kal16[0], "click": np.eye(1, SR, 9)[0]}, SR)
    html = outputs[0].data
    assert html.count("<audio controls") == 3 and "loud &lt;b&gt;" in html and "<b>" not in html
    sounds = [decode(b64decode(part.split('"')[0])) for part in html.split("base64,")[1:]]
    assert all(sr == SR and np.abs(y).max() <= 1 for y, sr in sounds)
    rms = [np.sqrt(np.mean(y**2)) for y, _ in sounds]
    assert abs(20 * np.log10(rms[1] / rms[0])) < 0.5  # dB; MP3 is not exact


def test_flac_players_keep_every_sample():
    y = at.load_wav("data/slt.wav")[0]
    assert np.array_equal(decode(st.encode(y, SR, "FLAC"))[0], y)


@pytest.mark.parametrize(
    "shape, words",
    [((2, SR), r"y.mean\(axis=0\)"), ((SR, 2), r"y.mean\(axis=1\)"), ((), "one"), ((0,), "empty")],
    ids=str,
)
@pytest.mark.parametrize("codec", ["MP3", "FLAC", "WAV"])
def test_what_is_no_waveform_is_refused_by_its_shape(shape, words, codec):
    with pytest.raises(ValueError, match=rf"y has shape .*{words}"):
        st.encode(np.zeros(shape), SR, codec)


def test_a_rate_that_a_codec_does_not_have_is_named():
    with pytest.raises(ValueError, match='no MP3 has sr=17000.*codec="FLAC"'):
        st.encode(tone(100), 17000, "MP3")


def test_level_of_silence_is_silence():
    levelled = st.level({"tone": tone(100), "silence": np.zeros(SR)})
    assert not levelled["silence"].any() and np.allclose(levelled["tone"], tone(100))
    assert not st.level({"silence": np.zeros(9)})["silence"].any()
