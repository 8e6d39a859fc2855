"""The reader's own voice is kept as the clip "mine", and the law says of it what holds."""

import re
import sys

import numpy as np
import pytest
from conftest import ROOT
from sounds import SR, decode, loudest_hz, sound_file, tone

import audiotools as at
import show.own_voice
import show.panels
import showtools as st
from show import players

sys.path.insert(0, str(ROOT / "tools"))
import fetch_voices  # noqa: E402


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Where the voice would be kept, which is not where yours is."""
    path = tmp_path / "mine.wav"
    for room in (players, show.own_voice):
        monkeypatch.setattr(room, "MINE", path)
    return path


def record(panel, y):
    """Sends a recording as the browser does; returns what is said."""
    content = dict(name="recording", recorded=True)
    panel.input._handle_custom_msg(content, [memoryview(y.astype("<f4").tobytes())])
    return panel.words


@pytest.mark.parametrize("name, hz, enough", [("slt", 165, 37), ("kal16", 92, 66)])
def test_a_recording_is_kept_played_and_forecast(mine, name, hz, enough):
    y, _ = at.load_wav(ROOT / f"data/{name}.wav")
    panel = st.own_voice()
    said = record(panel, y)
    assert said.startswith("recording 1 is taken. Kept: 4.") and "data/mine.wav" in said
    found = re.search(
        r"speaks at about (\d+) Hz. 20 MFCCs draw a comb only above 299 Hz, so they will not draw "
        r"your pitch; (\d+) numbers would",
        said,
    )
    assert abs(int(found[1]) - hz) <= 1 and abs(int(found[2]) - enough) <= 1
    assert at.pitch_limit(int(found[2]), SR) < int(found[1]) + 1
    assert at.pitch_limit(int(found[2]) - 1, SR) > int(found[1]) - 1
    assert np.array_equal(at.load_wav(st.clip_path("mine"), sr=SR)[0], y)
    assert np.corrcoef(decode(panel.player.get("Your voice"))[0], y)[0, 1] > 0.9999


def test_a_high_voice_is_drawn_and_a_whisper_has_nothing_to_lose(mine):
    t, panel = np.arange(2 * SR) / SR, st.own_voice()
    high = sum(np.sin(2 * np.pi * 350 * k * t) / k for k in range(1, 15))
    assert "so they will draw your pitch (notebook 04)" in record(panel, 0.2 * high)
    whisper = 0.1 * np.random.default_rng(0).normal(size=2 * SR)
    assert "Hardly any pitch of 65 to 420 Hz was found" in record(panel, whisper)


def test_of_a_longer_file_the_seconds_are_chosen(mine):
    panel = st.own_voice()
    panel.input.take("song.wav", sound_file(np.concatenate([np.tile(tone(200), 5), tone(400)]), SR))
    assert "song.wav (16,000 samples per second, 1 channel(s)) is read. Kept: 5.0 s from 0.0" in (
        panel.words
    )
    panel.part.children[0].value = 1
    y, _ = at.load_wav(mine)
    assert "Kept: 5.0 s from 1.0 s on" in panel.words and len(y) == 5 * SR
    assert loudest_hz(y[-SR:], SR) == 400


def test_what_is_no_voice_is_refused_and_what_was_kept_stays(mine):
    panel = st.own_voice()
    record(panel, tone(200))
    for name, content in {"list.txt": b"eggs", "none.wav": sound_file(0 * tone(9), SR)}.items():
        panel.input.take(name, content)
        assert panel.words.startswith(f"not possible: {name}") and "\n" not in panel.words
    assert np.allclose(at.load_wav(mine)[0], tone(200), atol=1e-4)


def test_a_disk_that_takes_nothing_is_told_in_one_line(mine, monkeypatch):
    panel = st.own_voice()
    monkeypatch.setattr(show.own_voice, "MINE", mine.parent / "nowhere" / "mine.wav")
    assert "no such folder" in record(panel, tone(200))
    assert panel.words.startswith("not possible: ") and not mine.exists()


def test_what_is_louder_than_a_file_can_hold_is_turned_down(mine):
    record(st.own_voice(), 4 * tone(200, 0.5))
    assert np.abs(at.load_wav(mine)[0]).max() == pytest.approx(1, abs=1e-4)


def test_it_is_there_another_day(mine):
    record(st.own_voice(), tone(200))
    panel = st.own_voice()
    assert panel.words.startswith("Kept from another day: 1.0 s. Your voice speaks at about 200 Hz")
    assert len(decode(panel.player.get("Your voice"))[0]) == SR


def test_without_a_kernel_a_sentence_says_what_it_would_be(mine, monkeypatch):
    shown = []
    monkeypatch.setattr(show.panels, "display", lambda thing, **_: shown.append(thing))
    st.own_voice()._ipython_display_()
    assert "five seconds" in shown[0].data and "once the notebook runs" in shown[0].data
    assert shown[1]["text/plain"].startswith("OwnVoice: Your own voice, if you like")


def test_the_clip_that_is_not_there_yet_is_told_with_its_cure(mine):
    cure = 'no clip "mine" yet: record it in notebook 01, or take slt, kal16, melody'
    for ask in (st.clip_path, lambda c: st.sentences(c, SR), lambda c: st.first_seconds(c, SR)):
        with pytest.raises(ValueError, match=cure):
            ask("mine")


def test_five_seconds_are_a_clip_and_too_short_for_sentences(mine):
    at.save_wav(mine, np.tile(tone(200), 5), SR)
    assert st.clip_path("mine") == mine and len(st.first_seconds("mine", SR)) == 5 * SR
    with pytest.raises(st.TooShort, match="mine has 1 pieces.*a folder of one speaker's sentences"):
        st.sentences("mine", SR)


def test_the_fetcher_of_voices_says_in_one_line_that_there_is_no_network(monkeypatch, capsys):
    def cut(name):
        raise ConnectionError(f"the network did not bring the clip {name!r}: connect")

    monkeypatch.setattr(fetch_voices, "clip_path", cut)
    fetch_voices.main()
    assert capsys.readouterr().out == "the network did not bring the clip 'libri1': connect\n"
    monkeypatch.setattr(fetch_voices, "clip_path", lambda name: ROOT / "data/slt.wav")
    fetch_voices.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[0].startswith('clip = "libri1": read by Garth Comira, 4 s, in')
