"""guess: which recipe an array may be of. The oracle is who made it."""

import dataclasses
from pathlib import Path

import librosa
import numpy as np
import pytest
from conftest import beside

import audiotools as at

RECORDINGS = beside("LIBROSA_DATA_DIR", "librosa-data")
TOOLS_SAY = np.load(Path(__file__).parent / "tools_say.npz")


def clip(name, sr):
    """Returns four seconds of a clip of the course or of librosa's."""
    path = RECORDINGS / name if name.endswith(".ogg") else f"data/{name}.wav"
    return librosa.load(path, sr=sr, duration=4)[0]


@pytest.mark.parametrize("sound", ["slt", "kal16"])
@pytest.mark.parametrize("name", at.RECIPES)
def test_the_right_recipe_is_among_those_that_fit_best(name, sound):
    it_is_among_the_best(name, sound)


@pytest.mark.slow
@pytest.mark.parametrize("sound", ["5703-47212-0000.ogg", "sorohanro_-_solo-trumpet-06.ogg"])
@pytest.mark.parametrize("name", at.RECIPES)
def test_so_it_is_on_recordings(name, sound, recordings):
    it_is_among_the_best(name, sound)


def it_is_among_the_best(name, sound):
    recipe = at.RECIPES[name]
    guesses = at.guess_recipe(recipe.down(clip(sound, recipe.sr)))
    assert name in guesses.alike and len(guesses.alike) <= 3
    assert dict((g.name, g.recipe) for g in guesses)[name] == recipe
    assert guesses[0].misfit <= guesses[-1].misfit


@pytest.mark.parametrize("name", at.RECIPES)
def test_half_a_second_from_the_tool_itself_is_recognised(name):
    guesses = at.guess_recipe(TOOLS_SAY[name])
    assert name in [g.name for g in guesses][:3]


def test_where_two_fit_alike_both_are_named_and_neither_is_certain():
    """Tacotron 2 and HiFi-GAN differ in where frames lie and nowhere else."""
    guesses = at.guess_recipe(at.RECIPES["tacotron2"].down(clip("slt", 22050)))
    assert guesses.alike[:2] in (["tacotron2", "hifigan"], ["hifigan", "tacotron2"])
    assert "fit alike: the array does not tell" in str(guesses)
    alone = at.guess_recipe(at.RECIPES["whisper"].down(clip("slt", 16000)))
    assert "that it is right only the sound tells" in str(alone)


VARIED = [  # what was changed, which a guess should find
    ("whisper", dict(n_mels=128)),
    ("kaldi_fbank", dict(n_mels=40)),
    ("kaldi_mfcc", dict(energy=None)),
    ("kaldi_fbank", dict(gain=1.0)),
    ("kaldi_mfcc", dict(gain=1.0)),
    ("python_speech_features", dict(gain=32768 * at.RECIPES["python_speech_features"].gain)),
    ("kaldi_mfcc", dict(energy=None, n_mfcc=20)),
    ("tacotron2", dict(in_rows=True)),
    ("kaldi_fbank", dict(in_rows=False)),
    ("librosa_mel", dict(log=None)),
    ("librosa_mfcc", dict(n_mfcc=13)),
]


@pytest.mark.parametrize("name, changes", VARIED, ids=[f"{n}, {c}" for n, c in VARIED])
def test_usual_deviations_are_found_and_said(name, changes):
    recipe = dataclasses.replace(at.RECIPES[name], **changes)
    guesses = at.guess_recipe(recipe.down(clip("slt", recipe.sr)))
    (found,) = [guess for guess in guesses if guess.name == name]
    assert found.recipe == recipe and name in guesses.alike
    y_hat = found.recipe.up(recipe.down(clip("slt", recipe.sr)))
    assert np.all(np.isfinite(y_hat))


@pytest.mark.parametrize("name", ["tacotron2", "hifigan", "whisper", "librosa_mel"])
def test_half_precision_changes_no_guess(name):
    recipe = at.RECIPES[name]
    X = recipe.down(clip("slt", recipe.sr))
    assert at.guess_recipe(X.astype("f2")).alike == at.guess_recipe(X).alike


def test_deltas_are_thought_of():
    X = at.RECIPES["python_speech_features"].down(clip("slt", 16000))
    deltas = np.hstack([X, np.gradient(X, axis=0), np.gradient(np.gradient(X, axis=0), axis=0)])
    assert "deltas? Pass the first 13 alone" in str(at.guess_recipe(deltas))


def test_what_no_recipe_makes_is_not_guessed():
    rng = np.random.default_rng(0)
    for nothing in (rng.normal(size=(80, 400)) * 1e6, np.full((80, 400), 3.0)):
        guesses = at.guess_recipe(nothing)
        assert not guesses or guesses[0].misfit > 8
    empty = at.guess_recipe(1e9 + rng.normal(size=(80, 300)))
    assert not empty and "ask who made the features" in str(empty)


@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda X: (X - X.min(axis=0)) / np.ptp(X, axis=0), "MinMaxScaler"),
        (lambda X: X - X.mean(axis=1, keepdims=True), "mean and variance"),
        (lambda X: X.astype(np.int16), "quantisation"),
        (lambda X: X[0], "in two dimensions"),
        (lambda X: X[:, :4], "too few numbers to tell"),
        (lambda X: np.log(np.maximum(X + 5, 0) * 0), "logarithm of 0"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_must_be_undone_first_is_said(spoil, words):
    X = at.RECIPES["tacotron2"].down(clip("slt", 22050))
    with pytest.raises((ValueError, TypeError), match=words):
        at.guess_recipe(spoil(X))


def test_reasons_name_values():
    X = at.RECIPES["tacotron2"].down(clip("slt", 22050))
    words = str(at.guess_recipe(X)[0])
    assert "80 numbers a frame" in words and "-11.51 is the recipe's floor" in words
    assert "dB" in words and "misfit" in words
