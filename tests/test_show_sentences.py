"""Sentences of one speaker are read, and what is no such folder is refused with its cure."""

import numpy as np
import pytest
import soundfile
from conftest import ROOT

import audiotools as at
import showtools as st

SR = 16000


def folder_of(tmp_path, rates, seconds=1.5):
    """Makes a folder of buzzes, one file for each rate."""
    for k, rate in enumerate(rates):
        t = np.arange(round(seconds * rate)) / rate
        soundfile.write(tmp_path / f"{k:02}.wav", 0.1 * np.sign(np.sin(300 * t)), rate)
    return str(tmp_path)


@pytest.mark.parametrize("name", ["slt", "kal16"])
def test_a_voice_of_the_corpus_has_its_sentences_in_order(name):
    ys = st.sentences(name, SR)
    files = sorted((ROOT / "data/corpus" / name).glob("*.ogg"))
    assert len(ys) == len(files) == 28
    assert all(np.array_equal(y, at.load_wav(file)[0]) for y, file in zip(ys, files))


def test_a_folder_of_another_rate_is_brought_to_ours_and_needs_no_labels(tmp_path):
    (tmp_path / "labels.txt").write_text("not a sound")
    ys = st.sentences(folder_of(tmp_path, 6 * [48000]), SR)
    assert [len(y) for y in ys] == 6 * [1.5 * SR]


def test_of_a_large_folder_only_so_many_seconds_are_read(tmp_path):
    assert len(st.sentences(folder_of(tmp_path, 9 * [SR]), SR, longest=8)) == 5


def test_what_is_shorter_than_a_second_is_passed_over(tmp_path):
    soundfile.write(tmp_path / "click.wav", np.ones(100), SR)
    assert len(st.sentences(folder_of(tmp_path, 5 * [SR]), SR)) == 5


def test_a_long_file_is_cut_into_pieces(tmp_path):
    file = tmp_path / "long.wav"
    soundfile.write(file, 0.1 * np.sin(np.arange(14 * SR)), SR)
    assert [len(y) for y in st.sentences(str(file), SR)] == 5 * [2.5 * SR]


@pytest.mark.parametrize(
    "rates, words",
    [
        ([], "0 sentences of 1 s or more, 5 are needed: take a folder with more"),
        (4 * [SR], "4 sentences of 1 s or more, 5 are needed: take a folder with more"),
        (4 * [SR] + [44100], "00.wav|03.wav has 16000 .* 04.wav has 44100.*take files of one rate"),
        (5 * [8000], "8000 samples per second, and nothing above 4 kHz: take recordings of 16000"),
    ],
    ids=["empty", "few", "mixed", "telephone"],
)
def test_a_folder_that_will_not_do_is_refused_with_its_cure(tmp_path, rates, words):
    with pytest.raises(ValueError, match=words) as refusal:
        st.sentences(folder_of(tmp_path, rates), SR)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 300


def test_what_is_no_voice_at_all_is_refused_with_its_cure(tmp_path):
    for name in ("nobody", str(tmp_path / "nowhere")):
        with pytest.raises(ValueError, match="no voice .*: take .* a folder of one speaker's"):
            st.sentences(name, SR)
    with pytest.raises(ValueError, match="melody has 1 pieces of 2.5 s, 5 are needed: take a lon"):
        st.sentences("melody", SR)


def test_every_fourth_sentence_is_held_out_and_the_last_is_one_of_them():
    f0s = [np.array([0.0, 100.0])] * 28
    learned, held_out = st.hold_out(f0s, "slt")
    assert held_out == [3, 7, 11, 15, 19, 23, 27]
    assert sorted(learned + held_out) == list(range(28))
    assert st.hold_out(f0s[:5], "few") == ([0, 1, 2, 3], [4])


def test_where_always_or_never_is_a_pitch_nothing_can_be_learned():
    voice, hum, whisper = np.array([0.0, 100.0]), np.full(2, 100.0), np.zeros(2)
    for f0s, words in (
        ([whisper] * 5, "w: no frame of the sentences to learn from has a pitch"),
        ([hum] * 5, "w: every frame of the sentences to learn from has a pitch"),
        ([voice] * 4 + [whisper], "w: no frame of the sentences held out has .*take one speaker"),
    ):
        with pytest.raises(ValueError, match=words):
            st.hold_out(f0s, "w")


def test_of_long_files_the_beginning_is_read_so_that_five_of_them_do(tmp_path):
    ys = st.sentences(folder_of(tmp_path, 6 * [SR], seconds=4), SR, longest=10)
    assert [len(y) for y in ys] == 5 * [2 * SR]


def test_sentences_that_are_not_wanted_are_left_out_before_they_are_counted(tmp_path):
    folder = folder_of(tmp_path, 6 * [SR])
    soundfile.write(tmp_path / "rest.wav", np.zeros(2 * SR), SR)
    assert len(st.sentences(folder, SR, wanted=np.any)) == 6
    with pytest.raises(ValueError, match="has 0 sentences of 1 s or more in which it speaks"):
        st.sentences(folder, SR, wanted=lambda y: False)


def test_a_recording_that_is_too_short_may_be_told_from_a_folder_that_is(tmp_path):
    with pytest.raises(st.TooShort, match="melody has 1 pieces"):
        st.sentences("melody", SR)
    with pytest.raises(ValueError, match="take a folder with more") as refusal:
        st.sentences(folder_of(tmp_path, 4 * [SR]), SR)
    assert not isinstance(refusal.value, st.TooShort)


def test_a_voice_begins_with_its_first_sentences_joined_and_cut(tmp_path):
    folder = folder_of(tmp_path, 5 * [SR])
    files = sorted(tmp_path.glob("*.wav"))
    joined = np.concatenate([at.load_wav(file)[0] for file in files])
    assert np.array_equal(st.first_seconds(folder, SR, duration=5), joined[: 5 * SR])
    assert np.array_equal(st.first_seconds(folder, SR, duration=60), joined)


def test_a_voice_of_ours_or_a_file_begins_as_its_recording_does(tmp_path):
    y, _ = at.load_wav(st.clip_path("slt"), sr=SR, duration=2)
    assert np.array_equal(st.first_seconds("slt", SR, duration=2), y)
    file = tmp_path / "mine.wav"
    at.save_wav(file, y, SR)
    assert st.clip_path(str(file)) == file
    assert len(st.first_seconds(str(file), SR, duration=1)) == SR


def test_how_nobody_begins_is_refused_with_its_cure(tmp_path):
    with pytest.raises(ValueError, match="no voice 'nobody': take"):
        st.first_seconds("nobody", SR)
    with pytest.raises(ValueError, match="no sound file of 1 s or more: take a folder"):
        st.first_seconds(str(tmp_path), SR)
