"""A move changes picture, sound and words, and costs no more than it must."""

import io
import re
import warnings
from base64 import b64decode

import matplotlib
import numpy as np
import PIL.Image
import pytest
import scipy.stats
from sounds import SR, decode, loudest_hz, tone

import audiotools as at
import show.panels
import showtools as st


@pytest.fixture
def panel():
    """A panel that draws and plays a tone of the chosen frequency, and counts its work."""

    def compute(hz, mode):
        panel.n_computed = getattr(panel, "n_computed", 0) + 1
        if hz == 9000:
            raise ValueError("9000 Hz is above the Nyquist frequency")
        y = tone(hz)
        return at.pretty_spectrogram(y, n_fft=512, hop_length=128), y, f"A tone of {hz} Hz."

    panel = st.panel(
        lambda hz, mode: (np.zeros((2, 2)), tone(hz), ""),
        question="Is it <high>?",
        sr=SR,
        settings=dict(n_fft=512, hop_length=128),
        reference=lambda hz, mode: tone(440 if mode == "a" else 220, 0.1),
        line=lambda hz, mode: hz,
        fmax=4000,
        hz=st.choice("Frequency (Hz)", [440, 1000, 3000, 9000], 440),
        mode=st.choice("Mode", ["a", "b"], "a"),
    )
    panel.compute = compute
    return panel


def test_moving_a_control_changes_picture_sound_and_words(panel):
    before = panel.pictures[-1].value
    panel.controls["hz"].value = 3000
    y, sr = decode(panel.player.get("At these values"))
    assert abs(loudest_hz(y, sr) - 3000) < 2
    assert 20 * np.log10(y.std()) == pytest.approx(-23, abs=0.01)  # the level of rows
    picture = panel.pictures[-1].value
    assert picture != before and bytes(picture[:4]) == b"\x89PNG"
    assert panel.words == "A tone of 3000 Hz."
    assert panel.status.value == show.panels.status_line("A tone of 3000 Hz.")  # no value, no more


def test_a_panel_begins_with_its_question(panel):
    assert "<strong" in panel.children[0].value and "Is it &lt;high&gt;?" in panel.children[0].value
    assert repr(panel) == "Panel: Is it <high>?"


def test_it_says_that_it_computes_while_it_does(panel):
    seen = []
    answer = panel.compute

    def compute(hz, mode):
        seen.append(panel.status.value)
        return answer(hz, mode)

    panel.compute = compute
    panel.controls["hz"].value = 3000
    panel.controls["hz"].value = 9000  # an error
    assert all("computing …" in words for words in seen) and len(seen) == 2
    assert "computing" not in panel.status.value


def test_it_stops_saying_so_when_it_is_stopped(panel):
    def compute(hz, mode):
        raise KeyboardInterrupt

    words, panel.compute = panel.status.value, compute
    with pytest.raises(KeyboardInterrupt):
        panel.update()
    assert panel.status.value == words


def test_a_move_computes_once_and_encodes_only_what_changed(panel):
    encoded = panel.n_encoded
    assert encoded == 2  # the original and the result
    panel.controls["hz"].value = 1000
    assert (panel.n_computed, panel.n_encoded) == (1, encoded + 1)  # another result
    panel.controls["hz"].value = 9000
    assert (panel.n_computed, panel.n_encoded) == (2, encoded + 1)  # an error: nothing
    panel.controls["hz"].value = 1000
    assert (panel.n_computed, panel.n_encoded) == (3, encoded + 1)  # what is there already
    panel.controls["mode"].value = "b"
    assert (panel.n_computed, panel.n_encoded) == (4, encoded + 3)  # another original, its level


def test_what_a_move_does_not_change_plays_on(panel):
    panel.controls["hz"].value = 1000
    assert panel.player.versions == [1, 2]  # the page loads the result alone
    panel.update()
    assert panel.player.versions == [1, 2]


def test_original_and_result_have_one_level_and_room_for_peaks(slt, kal16):
    for y in (slt[0], kal16[0], np.eye(1, SR, 9)[0]):
        sounds = show.panels.Panel._level(y, y[::-1]).values()
        assert len({round(20 * np.log10(z.std()), 2) for z in sounds}) == 1
        assert all(np.abs(z).max() <= 0.501 for z in sounds)
    speech = (show.panels.Panel._level(y[0], y[0])["The original"] for y in (slt, kal16))
    assert np.ptp([20 * np.log10(z.std()) for z in speech]) < 2  # of 12 dB


def test_the_picture_shows_what_was_computed_up_to_fmax_under_the_laws_line(panel):
    panel.controls["hz"].value = 3000
    original, result = panel.pictures
    easel = result.held(result.drawn)
    assert easel.ax.get_ylim() == (0, 4) and easel.image.get_extent() == [0, 1, 0, 8]
    assert np.array_equal(easel.image.get_array(), panel.compute(3000, "a")[0])
    assert list(easel.law.get_ydata()) == [3, 3] and easel.law.get_visible()
    assert easel.legend.get_texts()[0].get_text() == "lowest pitch by the law: 3000 Hz"
    assert not original.held(original.drawn).law.get_visible()
    panel.line = lambda hz, mode: 0
    panel.update()
    easel = result.held(result.drawn)
    assert not easel.law.get_visible() and not easel.legend.get_visible()


def test_the_original_is_drawn_beside_it_under_one_scale_and_once(panel, monkeypatch):
    original, result = panel.pictures
    titles = []
    for picture in panel.pictures:
        easel = picture.held(picture.drawn)
        assert easel.image.get_clim() == (-80, 0) and easel.ax.get_ylim() == (0, 4)
        titles.append(easel.ax.get_title(loc="left"))
    assert titles == ["The original", "At these values"]
    reference = at.pretty_spectrogram(tone(440, 0.1), n_fft=512, hop_length=128)
    assert np.array_equal(original.held(original.drawn).image.get_array(), reference)
    drawn = []
    monkeypatch.setattr(show.panels._Easel, "png", lambda easel: drawn.append(1) or b"")
    panel.controls["hz"].value = 3000
    assert drawn == [1] and original.value and not result.value


def test_what_is_drawn_over_a_still_ground_is_what_a_whole_drawing_shows(panel):
    panel.line = lambda hz, mode: 700
    for hz in (3000, 440):
        panel.controls["hz"].value = hz
        for picture in panel.pictures:
            easel, whole = picture.held(picture.drawn), io.BytesIO()
            easel.figure.savefig(whole, dpi=easel.figure.dpi)
            files = io.BytesIO(picture.value), whole
            seen, drawn = (PIL.Image.open(file).convert("RGB") for file in files)
            in_palette = drawn.quantize(palette=easel.PALETTE, dither=0).convert("RGB")
            assert np.array_equal(seen, in_palette)
            apart = np.abs(np.asarray(seen, int) - np.asarray(drawn, int)).max(axis=2)
            assert np.mean(apart > 8) < 0.005  # at the edges of letters


def test_a_twin_may_be_made_again_under_the_style_of_the_course(panel):
    """A figure that is saved takes up the layout that the style names, and warns."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("error")
        st.use_style()
        assert panel.twin() == panel.twin()


def test_a_twin_shows_what_the_panel_begins_with_where_none_lives(panel):
    shown = panel.twin()
    assert "Is it &lt;high&gt;?" in shown and panel.words in shown
    pictures = re.findall('<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', shown)
    assert [alt.partition(":")[0] for _, alt in pictures] == ["The original", "At these values"]
    sounds = re.findall('aria-label="([^"]+)" src="data:audio/mpeg;base64,([^"]+)"', shown)
    assert [label for label, _ in sounds] == ["The original", "At these values"]
    assert loudest_hz(*decode(b64decode(sounds[1][1]))) == pytest.approx(440, abs=2)


def test_a_panel_is_shown_after_its_twin_with_its_question_uncut(panel, monkeypatch):
    panel.question, shown = "Is it so? " * 20, []
    monkeypatch.setattr(show.panels, "display", lambda thing, **_: shown.append(thing))
    panel._ipython_display_()
    twin, live = shown
    assert twin.data.startswith('<div class="panel-twin"><style>')
    assert live["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id
    assert live["text/plain"] == f"Panel: {panel.question}" and set(live) == {
        "application/vnd.jupyter.widget-view+json",
        "text/plain",
    }


def test_an_error_goes_to_the_status_line_and_the_panel_lives_on(panel):
    panel.controls["hz"].value = 9000
    assert "not possible: 9000 Hz is above the Nyquist" in panel.status.value
    panel.controls["hz"].value = 1000
    assert "A tone of 1000 Hz." in panel.status.value


def test_words_are_shown_as_words():
    controls = dict(n=st.choice("N", [1, 2], 1))
    panel = st.panel(
        lambda n: ({"": np.zeros((2, 2))}, tone(440), "<b>"),
        question="?",
        sr=SR,
        reference=tone(440),
        **controls,
    )
    assert "&lt;b&gt;" in panel.status.value


# --- the blind test -------------------------------------------------------------------------


@pytest.fixture
def blind():
    """A blind test of a low and of a higher, longer tone."""
    sounds = {"low": tone(200), "high": np.tile(tone(2000), 2)}
    return st.blind_test(sounds, SR, seed=1)


def hear(blind):
    """Does what the player does when a sound has been heard."""
    blind.audio.heard = blind.audio.versions[0]


def answer(blind, right=True):
    """Hears a round and guesses."""
    hear(blind)
    other = {"low": "high", "high": "low"}[blind.hidden]
    blind.buttons[blind.hidden if right else other].click()


def test_what_is_hidden_is_what_is_played_and_no_clock_tells(blind):
    lengths, hidden = set(), set()
    for _ in range(9):
        y, sr = decode(blind.audio.sounds[0])
        assert blind.hidden == ("low" if loudest_hz(y, sr) < 1000 else "high")
        lengths.add(len(y))
        hidden.add(blind.hidden)
        answer(blind)
    assert lengths == {SR} and hidden == {"low", "high"}


def test_a_round_looks_the_same_whether_its_sound_is_new_or_not(blind):
    changes, equal = [], set()
    blind.audio.observe(lambda change: changes.append(change.new), names="versions")
    for i in range(1, 10):
        before = blind.hidden
        answer(blind)
        equal.add(blind.hidden == before)
        assert changes == [[k + 1] for k in range(1, i + 1)]  # the page loads each, equal or not
    assert equal == {True, False}


def test_it_is_to_be_heard_before_it_is_answered(blind):
    assert all(button.disabled for button in blind.buttons.values())
    blind.buttons["low"].click()  # a page that is late
    assert blind.asked == 0 and "Listen first" in blind.status.value
    hear(blind)
    assert not any(button.disabled for button in blind.buttons.values())
    blind.buttons["low"].click()
    assert blind.asked == 1 and all(button.disabled for button in blind.buttons.values())


def test_it_counts_right_guesses_and_ends_at_ten_with_a_verdict(blind):
    for _ in range(9):
        answer(blind)
    assert "9 of 9 right. Round 10" in blind.status.value
    assert blind.again.layout.display == "none"
    answer(blind, right=False)
    assert (blind.right, blind.asked) == (9, 10)
    assert (
        "9 of 10 right. By guessing so many, or more, come once in 93 tests" in blind.status.value
    )
    assert all(button.disabled for button in blind.buttons.values())
    blind.buttons["low"].click()
    assert blind.asked == 10

    assert blind.again.layout.display is None
    blind.again.click()
    assert (blind.right, blind.asked) == (0, 0) and blind.again.layout.display == "none"
    answer(blind)
    assert "1 of 1 right" in blind.status.value


@pytest.mark.parametrize("n_choices", [2, 3])
@pytest.mark.parametrize("right", range(11))
def test_a_verdict_knows_how_often_a_guess_does_as_well(right, n_choices):
    chance = scipy.stats.binom.sf(right - 1, 10, 1 / n_choices)
    words = show.panels._verdict(right, 10, n_choices)
    often = f"once in {1 / chance:,.0f} tests" if chance < 0.1 else f"in {chance:.0%} of all tests"
    assert words.startswith(f"{right} of 10 right.") and often in words
    assert ("you hear a difference" in words) == (chance < 0.05)
