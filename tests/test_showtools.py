"""What the notebooks show is what was computed: figures, players, claims, panels."""

import io
import re
from base64 import b64decode

import librosa
import matplotlib.pyplot as plt
import numpy as np
import pytest
import soundfile

import audiotools as at
import showtools as st

SR = 16000
T = np.arange(SR) / SR


def tone(hz, amplitude=0.3):
    return (amplitude * np.sin(2 * np.pi * hz * T)).astype(np.float32)


def decode(data):
    return soundfile.read(io.BytesIO(data), dtype="float32")


def loudest_hz(y, sr):
    return np.abs(np.fft.rfft(y * np.hanning(len(y)))).argmax() * sr / len(y)


def shown(monkeypatch):
    """Returns a list that fills with everything that is displayed."""
    outputs = []
    monkeypatch.setattr(st, "display", outputs.append)
    return outputs


def test_a_row_of_players_has_one_level_and_nothing_clips(monkeypatch, slt, kal16):
    outputs = shown(monkeypatch)
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


def test_level_of_silence_is_silence():
    levelled = st.level({"tone": tone(100), "silence": np.zeros(SR)})
    assert not levelled["silence"].any() and np.allclose(levelled["tone"], tone(100))
    assert not st.level({"silence": np.zeros(9)})["silence"].any()


def test_a_claim_that_does_not_hold_stops(capsys):
    st.claim("one is one", 1 == 1)
    assert capsys.readouterr().out == "✓ one is one\n"
    with pytest.raises(AssertionError, match="not so: one is two"):
        st.claim("one is two", 1 == 2)


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


def test_seeded_librosa_repeats_itself(slt):
    S = np.abs(at.stft(slt[0][:8000], n_fft=512))
    a, b, c = (st.seeded(librosa.griffinlim, S, n_iter=2, seed=s) for s in (0, 0, 1))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


@pytest.fixture
def panel():
    """A panel that draws and plays a tone of the chosen frequency."""

    def compute(hz, silent_control):
        if hz == 9000:
            raise ValueError("9000 Hz is above the Nyquist frequency")
        y = tone(hz)
        return at.pretty_spectrogram(y, n_fft=512, hop_length=128), y, f"A tone of {hz} Hz."

    return st.panel(
        compute,
        sr=SR,
        reference=tone(440, 0.1),
        hz=st.choice("Frequency (Hz)", [440, 1000, 3000, 9000], 440),
        silent_control=st.choice("Mode", ["a", "b"], "a"),
    )


def test_moving_a_control_changes_picture_sound_and_words(panel):
    before = panel.picture.value
    panel.controls["hz"].value = 3000
    y, sr = decode(panel.audio.value)
    assert abs(loudest_hz(y, sr) - 3000) < 2
    assert y.std() == pytest.approx(tone(440, 0.1).std(), rel=1e-3)  # the reference's level
    assert panel.picture.value != before and bytes(panel.picture.value[:4]) == b"\x89PNG"
    assert "Frequency (Hz) 3000" in panel.status.value and "A tone of 3000 Hz." in repr(panel)


def test_sound_is_encoded_only_when_it_changes(panel):
    panel.controls["silent_control"].value = "b"
    assert panel.n_encoded == 1 and "Mode b" in panel.status.value
    panel.controls["hz"].value = 1000
    assert panel.n_encoded == 2


def test_an_error_goes_to_the_status_line_and_the_panel_lives_on(panel):
    panel.controls["hz"].value = 9000
    assert "not possible: 9000 Hz is above the Nyquist" in panel.status.value
    panel.controls["hz"].value = 1000
    assert "A tone of 1000 Hz." in panel.status.value


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
