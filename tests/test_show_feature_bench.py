"""feature_bench: what it says of files, and what it plays."""

import io
import pickle

import numpy as np
import pytest
from sounds import decode

import audiotools as at
import showtools as st


@pytest.fixture(scope="module")
def y():
    return at.load_wav("data/slt.wav", duration=2)[0]


@pytest.fixture
def bench(y):
    return st.feature_bench(example=at.RECIPES["whisper"].down(y), sr=16000)


def saved(*arrays, **named):
    file = io.BytesIO()
    np.savez(file, *arrays, **named) if named else np.save(file, *arrays)
    return file.getvalue()


def heard(bench):
    return decode(bench.player.get("At these values"))


def test_the_example_is_heard_at_once_by_the_recipe_that_fits_best(bench, y):
    assert bench.recipe.value == "whisper" and "whisper fits best" in bench.words
    z, sr = heard(bench)
    assert sr == 16000 and at.intelligibility(np.resize(z, len(y)), y, sr) > 0.9
    assert "<img" in bench.twin() and "<audio" in bench.twin()


def test_a_file_is_guessed_and_heard_and_another_recipe_can_be_chosen(bench, y):
    words = bench.take("kaldi.npy", saved(at.RECIPES["kaldi_mfcc"].down(y)))
    assert "kaldi.npy, (198, 13): " in words and bench.recipe.value == "kaldi_mfcc"
    first = heard(bench)[0]
    assert at.intelligibility(np.resize(first, len(y)), y, 16000) > 0.7
    bench.recipe.value = "htk_mfcc"
    assert not np.array_equal(heard(bench)[0], first)
    other = heard(bench)[0]
    bench.recipe.value = "tacotron2"
    assert "not possible: X has shape (198, 13)" in bench.status.value
    assert np.array_equal(heard(bench)[0], other)  # as it was


def test_of_several_arrays_one_is_chosen(bench, y):
    two = saved(first=at.RECIPES["whisper"].down(y), second=at.RECIPES["kaldi_fbank"].down(y))
    bench.take("two.npz", two)
    assert bench.key.options == ("first", "second") and bench.key.layout.display is None
    assert bench.recipe.value == "whisper"
    bench.key.value = "second"
    assert bench.recipe.value == "kaldi_fbank"


def test_whatever_comes_gets_a_line_and_the_last_sound_stays(bench):
    before = heard(bench)[0]
    scaled = np.random.default_rng(0).random((80, 200))
    scaled = (scaled - scaled.min()) / np.ptp(scaled)
    for data, words in [
        (pickle.dumps([1]), "is a pickle"),
        (b"", "holds no table"),
        (saved(scaled), "MinMaxScaler"),
        (saved(np.ones((80, 20), int)), "quantisation"),
        (b"<b>utt</b> [ 1 2 \n 3 ]", "every line needs as many"),
    ]:
        said = bench.take("<i>x</i>.npy", data)
        assert words in said and "\n" not in said
        assert "<i>" not in bench.source.value  # a name is never HTML
        assert np.array_equal(heard(bench)[0], before)


def test_of_long_features_half_a_minute_is_heard(bench):
    long = np.tile(bench.X, (1, 40))  # 80 s
    bench.take("long.npy", saved(long))
    assert len(heard(bench)[0]) <= 30.1 * 16000


def test_what_is_no_example_is_refused_at_once():
    with pytest.raises(ValueError, match="no example: .*quantisation"):
        st.feature_bench(example=np.ones((80, 200), int), sr=16000)
