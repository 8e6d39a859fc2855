"""The reader's own sound is taken as it is, or refused in one line."""

import re
from base64 import b64decode

import numpy as np
import pytest
from sounds import SR, decode, loudest_hz, sound_file, tone

import audiotools as at
import showtools as st


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
    assert "cut.wav is truncated or damaged, 0.750 s are read (0.750 of 1.000 s" in said


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
