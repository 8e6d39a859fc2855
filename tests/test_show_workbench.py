"""The reader's own sound is taken as it is, or refused in one line."""

import re
from base64 import b64decode

import numpy as np
import pytest
from conftest import ROOT
from sounds import SR, decode, loudest_hz, sound_file, tone

import audiotools as at
import show.panels
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
        question="What is lost?",
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
    heard = decode(bench.panel.player.get("The original"))[0]
    assert np.corrcoef(heard, slt[0])[0, 1] > 0.9999
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
    assert decode(bench.panel.player.get("The original"))[0].size == len(bench.y)
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
    assert "cut.wav is truncated or damaged, 0.750 s are read (0.750 to 1.000 s are missing" in said


def test_of_a_long_file_the_beginning_is_used(bench):
    y = np.concatenate([np.tile(tone(300), 5), tone(3000)])
    said = bench.take("long.wav", sound_file(y, SR))
    assert "is read. Used: 5.0 s from 0.0 s on" in said and len(bench.y) == 5 * SR
    assert np.allclose(bench.y, np.tile(tone(300), 5), atol=1e-4)


def test_of_a_longer_sound_the_seconds_can_be_chosen(bench):
    bench.take("short.wav", sound_file(np.tile(tone(300), 5), SR))
    assert not bench.part.children  # nothing to choose
    bench.take("long.wav", sound_file(np.concatenate([np.tile(tone(300), 5), tone(900)]), SR))
    (slider,) = bench.part.children
    assert (slider.min, slider.value, slider.max) == (0, 0, 1)
    slider.value = 0.5
    assert bench.words.startswith("long.wav is chosen. Used: 5.0 s from 0.5 s on")
    heard, _ = decode(bench.panel.player.get("The original"))
    assert len(heard) == 5 * SR
    assert loudest_hz(bench.y[-SR // 2 :], SR) == loudest_hz(heard[-SR // 2 :], SR) == 900
    bench.take("long.wav", sound_file(np.tile(tone(500), 8), SR))
    assert bench.part.start == 0 and bench.part.children[0].max == 3


def test_a_silent_part_is_refused_with_its_cure(bench):
    pause = np.concatenate([np.tile(tone(300), 5), np.zeros(6 * SR), tone(300)])
    bench.take("pause.wav", sound_file(pause, SR))
    bench.part.children[0].value = 5.5
    assert bench.panel.words.startswith("not possible: what begins at 5.5 s peaks at 0 of full")
    assert ": move the start. Picture and sound stay" in bench.panel.words
    bench.part.children[0].value = 6.5
    assert bench.panel.possible and "from 6.5 s on" in bench.words


@pytest.mark.parametrize("sr", [11025, 22050, 44100, 96000])
def test_of_a_long_file_of_another_rate_too(bench, sr):
    bench.input.longest = 8
    said = bench.take("long.wav", sound_file(np.resize(tone(300), 9 * sr), sr))
    assert ": its first 8.0 s are read. Used: 5.0 s from 0.0 s on" in said
    assert len(bench.part.whole) == 8 * SR and len(bench.y) == 5 * SR


def test_a_part_of_a_huge_file_is_called_its_beginning(bench):
    content = dict(name="huge.wav", size=10 * len(WAV), recorded=False)
    bench.input._receive(bench.input, content, [memoryview(WAV)])
    assert "1 channel(s)): its first 1.0 s are read" in bench.words


def test_a_recording_is_taken_as_it_comes_and_numbered(bench):
    for number, hz in enumerate((500, 700), start=1):
        sound = memoryview(tone(hz).astype("<f4").tobytes())
        bench.input._receive(bench.input, dict(name="recording", recorded=True), [sound])
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
    (_, S_before, *before), (seconds, S_after, *after) = (p.drawn for p in bench.panel.pictures)
    assert before == ["before", 8, 0] and after == ["after", 8, 0] and seconds == 2
    assert np.array_equal(S_after, S_before[:, ::-1])


def test_a_workbench_asks_and_shows_its_twin_first(bench, monkeypatch):
    shown = []
    monkeypatch.setattr(show.panels, "display", lambda thing, **_: shown.append(thing))
    bench._ipython_display_()
    assert "What is lost?" in shown[0].data and shown[0].data.count("<img") == 2
    assert shown[1]["text/plain"] == "Workbench: What is lost?"


def test_the_original_keeps_its_level_and_its_player(bench):
    before = bench.panel.player.get("The original")
    bench.panel.controls["gain"].value = 0.1
    assert bench.panel.player.get("The original") == before


def test_what_the_browser_sends_arrives(bench):
    content = dict(name="recording", recorded=True)
    bench.input._handle_custom_msg(content, [memoryview(tone(500).astype("<f4").tobytes())])
    assert bench.words.startswith("recording 1 is taken")


# --- what the kernel cannot read, the browser decodes -------------------------------------------

M4A = (ROOT / "tests/slt.m4a").read_bytes()


@pytest.fixture
def asked(bench, monkeypatch):
    """A list of what the kernel asks the browser for."""
    messages = []
    monkeypatch.setattr(bench.input, "send", messages.append)
    return messages


def choose(bench, name, data, number=0.25):
    """Sends a file as the browser does, under a number; returns what is said."""
    content = dict(name=name, size=len(data), recorded=False, number=number)
    bench.input._handle_custom_msg(content, [memoryview(data)])
    return bench.words


def answer(bench, *channels, number=0.25, **content):
    """Answers as the browser does with what it decoded; returns what is said."""
    content = dict(name="memo.m4a", answers=number, lasts=None, whole=True) | content
    sound = [memoryview(channel.astype("<f4").tobytes()) for channel in channels]
    bench.input._handle_custom_msg(content, sound)
    return bench.words


def test_the_browser_is_asked_for_what_the_kernel_cannot_read_and_for_nothing_else(bench, asked):
    quicktime = b"\0\0\0\x08wide" + bytes(99)  # old, without its kind in front
    for number, data in enumerate((M4A, b"\x1aE\xdf\xa3" + bytes(99), quicktime, b"eggs, milk")):
        said = choose(bench, "memo", data, number)
        assert said == "memo is decoded by the browser …" and asked[-1]["asked"] == number
        assert re.search("^memo (is|cannot).*convert it to WAV", asked[-1]["refusal"])
    assert len(asked) == 4
    for data in (WAV, WAV[: len(WAV) // 2], WAV[:20], b""):  # its own words are good enough
        choose(bench, "x.wav", data)
    assert len(asked) == 4


def test_what_the_browser_decoded_is_taken_as_a_file_is(bench, asked):
    choose(bench, "memo.m4a", M4A)
    loud, soft = tone(700, 0.4), tone(700, 0.2)
    said = answer(bench, loud, soft, lasts=1.02)
    assert said.startswith("memo.m4a (decoded by the browser, 2 channel(s)) is read. Used: 1.0 s,")
    assert np.allclose(bench.y, tone(700, 0.3), atol=1e-6) and bench.sound.value == "memo.m4a"
    choose(bench, "memo.m4a", M4A)
    said = answer(bench, np.tile(loud, 6), lasts=7200)
    assert "1 channel(s)) is read. It lasts 7200.0 s, and the browser finds" in said
    said_part = "1 channel(s)): its first 6.0 s are read. Used: 5.0 s from 0.0 s on"
    choose(bench, "memo.m4a", M4A)
    assert said_part in answer(bench, np.tile(loud, 6), lasts=7200, whole=False)
    assert np.array_equal(bench.y, np.tile(loud, 5))
    choose(bench, "film.webm", M4A)
    said = answer(bench, loud, name="film.webm", whole=False)  # too large to be decoded whole
    assert "film.webm (decoded by the browser, 1 channel(s)): its first 1.0 s are read" in said


def test_of_a_file_that_broke_off_is_said_how_much_there_is(bench, asked):
    choose(bench, "memo.m4a", M4A)
    said = answer(bench, tone(700), lasts=4.2)
    assert "is read. It lasts 4.2 s, and the browser finds sound in 1.0 s: " in said
    assert "truncated or damaged, fetch it again" in said and len(bench.y) == SR


LIMITS = {
    "memo.m4a lasts 0.250 s, and 0.5 s are needed": [tone(700)[:4000]],
    "memo.m4a holds no samples": [tone(700)[:0]],
    "memo.m4a, its channels averaged, peaks at 0 of": [tone(700), -tone(700)],
    "memo.m4a.* NaN": [tone(700) * np.nan],
}


@pytest.mark.parametrize("reason", LIMITS)
def test_the_limits_of_files_hold_for_it(bench, asked, reason, slt):
    choose(bench, "memo.m4a", M4A)
    said = answer(bench, *LIMITS[reason])
    assert re.search(f"^not possible: {reason}.*stays as it was.$", said), said
    assert np.array_equal(bench.y, slt[0])


def test_channels_that_all_but_cancel_are_told_of_both(bench, asked):
    left, right = tone(700), -0.99 * tone(700)
    told = "has 2 channels that cancel when they are averaged, by 100 % of their power"
    assert f"pair.wav {told}" in bench.take("pair.wav", sound_file(np.c_[left, right], SR))
    choose(bench, "memo.m4a", M4A)
    assert f"memo.m4a {told}" in answer(bench, left, right)


def test_what_the_browser_cannot_decode_is_refused_by_name_and_with_a_cure(bench, asked, slt):
    choose(bench, "memo.m4a", M4A)
    problem = asked[-1]["refusal"] + "; the browser cannot decode it either (a reason)"
    said = answer(bench, problem=problem)
    assert said.startswith("not possible: memo.m4a is an MPEG-4 file (M4A): convert it to WAV")
    assert said.endswith("it either (a reason). The sound stays as it was.")
    assert np.array_equal(bench.y, slt[0])


NEWER = {
    "a file": lambda bench: choose(bench, "x.wav", WAV, 0.5),
    "a file that is no sound": lambda bench: choose(bench, "x.wav", b"", 0.5),
    "another to decode": lambda bench: choose(bench, "second.m4a", M4A, 0.5),
    "a recording": lambda bench: bench.input._receive(
        bench.input, dict(name="recording", recorded=True), [tone(500).tobytes()]
    ),
    "a clip": lambda bench: setattr(bench.sound, "value", "melody"),
}


@pytest.mark.parametrize("newer", NEWER)
@pytest.mark.parametrize("late", [dict(), dict(problem="the browser cannot decode it")])
def test_a_late_answer_does_not_replace_what_was_chosen_since(bench, asked, newer, late):
    choose(bench, "memo.m4a", M4A)
    NEWER[newer](bench)
    y, said = bench.y, bench.words
    assert answer(bench, tone(3000), **late) == said and np.array_equal(bench.y, y)
    if newer == "another to decode":
        said = answer(bench, tone(900), number=0.5, name="second.m4a")
        assert said.startswith("second.m4a (decoded") and np.array_equal(bench.y, tone(900))


def test_without_a_browser_it_is_refused_with_a_cure(bench, asked):
    said = bench.take("memo.m4a", M4A)
    assert said.startswith("not possible: memo.m4a is an MPEG-4 file (M4A): convert it to WAV")
    assert not asked


def test_no_microphone_is_said(bench):
    bench.input._receive(bench.input, dict(problem="no microphone (Permission denied)"), [])
    assert bench.words.startswith("not possible: no microphone (Permission denied)")


def test_what_cannot_be_computed_is_not_passed_off_as_the_new_sound(bench, slt):
    bench.panel.controls["gain"].value = 3  # not possible
    said = bench.take("x.wav", sound_file(tone(500), SR))
    assert said.endswith("Picture and players still have the last sound.")
    assert len(decode(bench.panel.player.get("The original"))[0]) == len(slt[0])
    bench.panel.controls["gain"].value = 0.5
    assert abs(loudest_hz(*decode(bench.panel.player.get("The original"))) - 500) < 2


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
