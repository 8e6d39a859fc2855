"""Players play what they were given, at one level, and nothing clips."""

import re
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from sounds import SR, decode, tone

import audiotools as at
import showtools as st
from show import players


@pytest.fixture
def row(monkeypatch):
    """A function that returns the HTML of a row."""

    def play_row(sounds, **options):
        outputs = []
        monkeypatch.setattr(players, "display", lambda shown: outputs.append(shown.data))
        st.play_row(sounds, SR, **options)
        return outputs[0]

    return play_row


def heard(html):
    """Returns the waveforms of a row."""
    return [decode(b64decode(part.split('"')[0]))[0] for part in html.split("base64,")[1:]]


def rms_db(y):
    return 20 * np.log10(np.sqrt(np.mean(y**2)))


def test_a_row_of_players_has_one_level_and_nothing_clips(row, slt, kal16):
    html = row({"loud <b>": slt[0], "soft": 0.01 * kal16[0], "click": np.eye(1, SR, 9)[0]})
    assert html.count("<audio controls") == 3 and "loud &lt;b&gt;" in html and "<b>" not in html
    loud, soft, click = heard(html)
    assert all(np.abs(y).max() <= 1 for y in (loud, soft, click))
    assert abs(rms_db(soft) - rms_db(loud)) < 0.5  # MP3 is not exact
    assert rms_db(loud) < -35  # turned down with the click, whose peak is all it has


def test_all_rows_have_the_same_level(row, slt, kal16):
    for y in (slt[0], kal16[0], 0.01 * slt[0]):
        assert [round(rms_db(z)) for z in heard(row({"one": y, "other": y[::-1]}))] == [-23, -23]
        assert rms_db(heard(row({"alone": y}, codec="FLAC"))[0]) == pytest.approx(-23, abs=0.01)


def test_a_label_says_by_how_much_its_sound_was_raised():
    y, silence = tone(100), np.zeros(SR)
    sounds = {"first": y, "loud": 2 * y, "near": 0.55 * y, "soft": 0.067 * y, "none": silence}
    added = {label: players._raised(sounds, label) for label in sounds}
    assert added.pop("soft") == " (raised by 23 dB)"
    assert not any(added.values())
    assert players._raised({"none": silence, "some": y}, "some") == ""


class Parts(HTMLParser):
    """The tags of a row in order, and whether each is closed as it was opened."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.scripts, self.balanced = [], [], [], True
        self.feed(html)
        self.balanced &= not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        self.balanced &= self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["script"]:
            self.scripts.append(data)


def test_a_row_is_labelled_players_and_the_script_that_joins_them(row):
    labels = ['a "quote" & <b>', "</script>"]
    html = row(dict.fromkeys(labels, tone(440)))
    parts = Parts(html)
    names = [name for name, _ in parts.tags]
    assert names == ["div", *("figure", "figcaption", "audio") * 2, "script"] and parts.balanced
    audios = [attributes for name, attributes in parts.tags if name == "audio"]
    assert [audio["aria-label"] for audio in audios] == labels
    assert all("controls" in audio for audio in audios)
    captions = re.findall("<figcaption>(.*?)</figcaption>", html)
    assert [unescape(caption) for caption in captions] == labels
    (script,) = parts.scripts
    assert script == players.SCRIPT.read_text("utf-8") and len(script) < 8000


def test_a_sound_that_is_set_leaves_the_others_and_counts_even_if_it_is_the_same():
    player = players.Player(["original", "here"])
    assert player.sounds == [b"", b""]
    player.set("here", b"one")
    player.set("original", b"two")
    player.set("here", b"one")  # a new round of a blind test: the page is to load it anew
    assert (player.get("original"), player.get("here")) == (b"two", b"one")
    assert player.versions == [1, 2]
    assert player._esm == players.SCRIPT.read_text("utf-8")  # the same behaviour as in rows


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
    levelled = st.level({"tone": 1e-6 * tone(100), "silence": np.zeros(SR)})
    assert not levelled["silence"].any() and rms_db(levelled["tone"]) == pytest.approx(-23)
    assert not st.level({"silence": np.zeros(9)})["silence"].any()
