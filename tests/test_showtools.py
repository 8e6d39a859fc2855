"""What the notebooks show is what was computed: figures, players, claims, panels."""

import re
from base64 import b64decode

import librosa
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sounds import SR, decode, loudest_hz, sound_file, tone

import audiotools as at
import showtools as st
from show import figures, players


def shown(monkeypatch):
    """Returns a list that fills with everything that is displayed."""
    outputs = []
    for room in (figures, players):
        monkeypatch.setattr(room, "display", outputs.append)
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


# --- the reader's own sound -----------------------------------------------------------------


@pytest.fixture
def bench():
    """A workbench that plays a sound backwards and more softly, or not at all."""

    def compute(y, gain, mode):
        if gain == 3:
            raise ValueError("a gain of 3 would clip")
        before = at.pretty_spectrogram(y, n_fft=512, hop_length=128)
        return {"before": before, "after": before[:, ::-1]}, gain * y[::-1], f"A gain of {gain}."

    def report(y, z, gain, mode):
        if mode == "broken":
            raise ValueError("nothing to report")
        return {"gain <dB>": f"{20 * np.log10(z.std() / y.std()):.0f}"}

    return st.workbench(
        compute,
        report,
        sr=SR,
        clips=["slt", "melody"],
        seconds=5,
        unused={"broken": ["gain"]},
        gain=st.choice("Gain", [0.1, 0.5, 3], 0.5),
        mode=st.choice("Mode", ["whole", "broken"], "whole"),
    )


def test_a_workbench_begins_with_its_first_clip(bench, slt):
    assert np.array_equal(bench.y, slt[0]) and bench.sound.value == "slt"
    assert "slt comes with the course. Used: 4.2 s, 16,000" in bench.source.value
    heard = decode(bench.panel.original.value)[0]
    assert np.allclose(heard, slt[0] * 0.5 / np.abs(slt[0]).max(), atol=1e-4)
    bench.sound.value = "melody"
    assert np.array_equal(bench.y, at.load_wav("data/melody.wav")[0])
    assert "melody is chosen" in bench.words


@pytest.mark.parametrize("sr", [7999, 11025, 44100, 96000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_any_number_of_channels_become_ours(bench, sr, channels):
    y = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(2 * sr) / sr)
    said = bench.take("é x.wav", sound_file(np.stack([y] * channels, axis=1), sr))
    assert f"é x.wav ({sr:,} samples per second, {channels} channel(s)) is read" in said
    assert abs(len(bench.y) - 2 * SR) <= 1 and abs(loudest_hz(bench.y, SR) - 1000) < 2
    assert decode(bench.panel.original.value)[0].size == len(bench.y)
    assert bench.sound.value == "é x.wav"


@pytest.mark.parametrize(
    "options",
    [
        dict(format="FLAC"),
        dict(format="OGG"),
        dict(format="MP3"),
        dict(format="AIFF"),
        dict(subtype="PCM_U8"),
        dict(subtype="PCM_24"),
        dict(subtype="DOUBLE"),
    ],
    ids=lambda options: "-".join(options.values()),
)
def test_usual_formats_are_read(bench, options):
    said = bench.take("sound", sound_file(tone(1000), SR, **options))
    assert "is read" in said and abs(loudest_hz(bench.y, SR) - 1000) < 2


WAV = sound_file(tone(440), SR)
BROKEN = {
    "zero bytes": (b"", "is empty"),
    "text": (b"eggs, milk, bread", "cannot be read as sound"),
    "header only": (WAV[:44], "holds no samples"),
    "half a header": (WAV[:20], "cannot be read as sound"),
    "silence": (sound_file(0 * tone(440), SR), "peaks at 0 of full scale"),
    "too loud": (sound_file(1e20 * tone(440), SR, subtype="FLOAT"), "peaks at 3e"),
    "too short": (sound_file(tone(440)[:7999], SR), "lasts 0.500 s, and 0.5 s are needed"),
    "not a number": (sound_file(np.nan * tone(440), SR, subtype="FLOAT"), "NaN"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_gets_one_line_and_the_sound_stays(bench, kind, slt):
    content, reason = BROKEN[kind]
    said = bench.take("x.wav", content)
    assert re.search(f"^not possible: x.wav.*({reason}).*stays as it was.$", said), said
    assert np.array_equal(bench.y, slt[0]) and bench.sound.options == ("slt", "melody")


def test_a_file_cut_off_gives_what_is_there(bench):
    said = bench.take("cut.wav", WAV[: len(WAV) * 3 // 4])
    assert "is read" in said and abs(len(bench.y) - 0.75 * SR) < 50


def test_of_a_long_file_the_beginning_is_used(bench):
    y = np.concatenate([np.tile(tone(300), 5), tone(3000)])
    said = bench.take("long.wav", sound_file(y, SR))
    assert ": its first 5.0 s are read" in said and len(bench.y) == 5 * SR
    assert np.allclose(bench.y, np.tile(tone(300), 5), atol=1e-4)


def test_a_part_of_a_huge_file_is_called_its_beginning(bench):
    content = dict(name="huge.wav", size=10 * len(WAV), recorded=False)
    bench._receive(bench.input, content, [memoryview(WAV)])
    assert "1 channel(s)): its first 1.0 s are read" in bench.words


def test_a_recording_is_taken_as_it_comes_and_numbered(bench):
    for number, hz in enumerate((500, 700), start=1):
        sound = memoryview(tone(hz).astype("<f4").tobytes())
        bench._receive(bench.input, dict(name="recording", recorded=True), [sound])
        assert bench.words.startswith(f"recording {number} is taken. Used: 1.0 s")
        assert np.array_equal(bench.y, tone(hz))
    bench.sound.value = "recording 1"
    assert np.array_equal(bench.y, tone(500))


def test_a_sound_named_like_a_clip_does_not_replace_it(bench, slt):
    bench.take("slt", WAV)
    assert bench.sound.value == "slt (yours)"
    bench.sound.value = "slt"
    assert np.array_equal(bench.y, slt[0])


def test_half_a_second_with_one_click_is_enough(bench):
    said = bench.take("x.wav", sound_file(np.eye(1, 8000, 4000)[0] * 0.5, SR))
    assert "is read" in said


def test_both_pictures_have_their_titles_and_their_data_over_their_seconds(bench):
    bench.take("x.wav", sound_file(np.tile(tone(700), 2), SR))
    before, after = bench.panel._images
    assert before.axes.get_title(loc="left") == "before"
    assert after.axes.get_title(loc="left") == "after"
    assert np.array_equal(after.get_array(), before.get_array()[:, ::-1])
    assert after.get_extent() == [0, 2, 0, 8]


def test_the_original_keeps_its_level_and_its_player(bench):
    before = bench.panel.original.value
    bench.panel.controls["gain"].value = 0.1
    assert bench.panel.original.value == before


def test_what_the_browser_sends_arrives(bench):
    content = dict(name="recording", recorded=True)
    bench.input._handle_custom_msg(content, [memoryview(tone(500).astype("<f4").tobytes())])
    assert bench.words.startswith("recording 1 is taken")


def test_no_microphone_is_said(bench):
    bench._receive(bench.input, dict(problem="no microphone (Permission denied)"), [])
    assert bench.words.startswith("not possible: no microphone (Permission denied)")


def test_what_cannot_be_computed_is_not_passed_off_as_the_new_sound(bench, slt):
    bench.panel.controls["gain"].value = 3  # not possible
    said = bench.take("x.wav", sound_file(tone(500), SR))
    assert said.endswith("Picture and players still have the last sound.")
    assert len(decode(bench.panel.original.value)[0]) == len(slt[0])
    bench.panel.controls["gain"].value = 0.5
    assert np.allclose(decode(bench.panel.original.value)[0], tone(500), atol=1e-4)


def test_the_same_name_again_is_the_new_sound(bench):
    bench.take("x.wav", sound_file(tone(500), SR))
    bench.take("x.wav", sound_file(tone(900), SR))
    assert abs(loudest_hz(bench.y, SR) - 900) < 2


def test_the_report_card_is_written_on_the_button_and_belongs_to_what_is_heard(bench):
    assert bench.card.value == ""
    bench.button.click()
    assert "gain &lt;dB&gt;</th><td>-6</td>" in bench.card.value
    bench.panel.controls["gain"].value = 0.1
    assert bench.card.value == ""
    bench.panel.controls["gain"].value = 3  # not possible: the last sound is still heard
    bench.button.click()
    assert "<td>-20</td>" in bench.card.value
    bench.panel.controls["mode"].value = "broken"
    bench.panel.controls["gain"].value = 0.5
    bench.button.click()
    assert "not possible: nothing to report" in bench.card.value


def test_a_control_without_effect_is_grey(bench):
    assert not bench.panel.controls["gain"].disabled
    bench.panel.controls["mode"].value = "broken"
    assert bench.panel.controls["gain"].disabled and not bench.panel.controls["mode"].disabled


def test_the_saved_file_is_the_result_at_the_level_of_the_original(bench):
    sound = tone(700) * np.linspace(0, 1, SR, dtype=np.float32)
    bench.take("x.wav", sound_file(sound, SR))
    data = bench.download.value.split("base64,")[1].split('"')[0]
    y, sr = decode(b64decode(data))
    assert sr == SR and np.allclose(y, sound[::-1], atol=1e-3)
    assert 'download="' in bench.download.value
