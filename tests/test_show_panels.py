"""A move changes picture, sound and words, and costs no more than it must."""

import numpy as np
import pytest
from sounds import SR, decode, loudest_hz, tone

import audiotools as at
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
        sr=SR,
        reference=lambda hz, mode: tone(440, 0.1 if mode == "a" else 0.2),
        line=lambda hz, mode: hz,
        fmax=4000,
        hz=st.choice("Frequency (Hz)", [440, 1000, 3000, 9000], 440),
        mode=st.choice("Mode", ["a", "b"], "a"),
    )
    panel.compute = compute
    return panel


def test_moving_a_control_changes_picture_sound_and_words(panel):
    before = panel.picture.value
    panel.controls["hz"].value = 3000
    y, sr = decode(panel.audio.value)
    assert abs(loudest_hz(y, sr) - 3000) < 2
    assert y.std() == pytest.approx(tone(440, 0.1).std(), rel=1e-3)  # the reference's level
    assert panel.picture.value != before and bytes(panel.picture.value[:4]) == b"\x89PNG"
    assert "Frequency (Hz) 3000" in panel.status.value and "A tone of 3000 Hz." in repr(panel)


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
    assert (panel.n_computed, panel.n_encoded) == (4, encoded + 3)  # another original and level


def test_the_picture_shows_what_was_computed_up_to_fmax_under_the_laws_line(panel):
    panel.controls["hz"].value = 3000
    ax, image = panel._figure.axes[0], panel._images[0]
    assert ax.get_ylim() == (0, 4) and image.get_extent() == [0, 1, 0, 8]
    assert np.array_equal(image.get_array(), panel.compute(3000, "a")[0])
    assert list(panel._law.get_ydata()) == [3, 3]
    assert ax.get_legend().get_texts()[0].get_text() == "lowest pitch by the law: 3000 Hz"
    assert panel._law.get_visible()
    panel.line = lambda hz, mode: 0
    panel.update()
    assert not panel._law.get_visible() and not ax.get_legend().get_visible()


def test_an_error_goes_to_the_status_line_and_the_panel_lives_on(panel):
    panel.controls["hz"].value = 9000
    assert "not possible: 9000 Hz is above the Nyquist" in panel.status.value
    panel.controls["hz"].value = 1000
    assert "A tone of 1000 Hz." in panel.status.value


def test_words_are_shown_as_words():
    controls = dict(n=st.choice("N", [1, 2], 1))
    panel = st.panel(
        lambda n: (np.zeros((2, 2)), tone(440), "<b>"), sr=SR, reference=tone(440), **controls
    )
    assert "&lt;b&gt;" in panel.status.value


def test_the_blind_test_counts_right_guesses():
    test = st.blind_test({"low": tone(200), "high": tone(2000)}, SR, seed=1)
    for _ in range(4):
        y, sr = decode(test.audio.value)
        truth = "low" if loudest_hz(y, sr) < 1000 else "high"
        assert truth == test.hidden
        test.buttons[truth].click()
    assert (test.right, test.asked) == (4, 4)
    wrong = {"low": "high", "high": "low"}[test.hidden]
    test.buttons[wrong].click()
    assert (test.right, test.asked) == (4, 5) and "4 of 5 right" in test.status.value
