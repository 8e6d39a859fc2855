"""Which recipe an array may be of: guessed from the numbers alone, with reasons. Notebook 11.

Every recipe says which sound an array would be. Sounds have their ways: they are neither a
hundred decibels louder than full scale nor flat: their levels spread by about 18 dB around their
mean. What an array would be by a wrong recipe hardly does so, and each recipe is tried. Where two
recipes fit alike, the array does not tell, and both are named.
"""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from . import likely
from .arguments import checked
from .recipes import RECIPES, Recipe

_FRAMES = 1000  # are looked at; more tell no more
_FEWEST = 20  # frames
_MOST = 256  # numbers a frame: more are frames
_BANDS = (40, 80)  # below cepstra, where a tool has others
_ALIKE = 1.5  # a recipe whose misfit is larger by no more may be it as well
_POOR = 16.0  # a larger misfit is none that a sound of the recipe has
_IMPOSSIBLE = 6.0  # for a value that the recipe never gives
# Measured on three voices, a trumpet, a bird, a melody and two prompts of a real speaker.
_LOUD, _LOUD_BY = 9.0, 10.0  # dB over noise of rms 0.1, in the loudest twentieth: mean, deviation
_SPREAD, _SPREAD_BY = 18.5, 3.0  # dB around the mean


class Guess(NamedTuple):
    """A recipe that an array may be of."""

    name: str
    recipe: Recipe
    misfit: float  # the lower, the better; by their own recipe sounds have -4 ... 8
    reasons: tuple

    def __str__(self):
        """Returns the name, the misfit (the lower, the better) and the reasons in a line."""
        return f"{self.name} (misfit {self.misfit:.1f}): {'; '.join(self.reasons)}"


class Guesses(list):
    """Guesses, the best first; printed, they say whether the first can be relied on."""

    def __str__(self):
        """Returns a line for each guess and one for what cannot be known."""
        return "\n".join([*map(str, self), self.verdict])

    @property
    def alike(self):
        """The names of those that fit about as well as the best."""
        return [g.name for g in self if g.misfit < self[0].misfit + _ALIKE]

    @property
    def verdict(self):
        """What can be known, in a sentence."""
        if not self:
            return "none of RECIPES makes a sound of it: ask who made the features"
        if len(self.alike) > 1:
            return f"{', '.join(self.alike)} fit alike: the array does not tell, so hear each"
        return f"{self[0].name} fits best; that it is right only the sound tells, or who made it"


@checked
def guess_recipe(X):
    """Returns the recipes that features may be of, the likeliest first, with reasons.

    From the numbers alone: shape, range, floors, and whether by a recipe they would be a sound.
    How many hertz lie between two bands, no number says: sampling rate, hop and the range of the
    filters are those of the named recipe, and `dataclasses.replace` changes them.

    Parameters
    ----------
    X : ndarray (n_features, n_frames) or (n_frames, n_features)
        Features of one sound of a second or more.

    Returns
    -------
    Guesses
        A list of (name, recipe, misfit, reasons), the lowest misfit first; printed, it tells
        where several fit alike. It is empty if none does. ``guess_recipe(X)[0].recipe.up(X)`` is
        the sound by the first.

    Raises
    ------
    TypeError, ValueError
        Integers, objects, NaN, or what a scaler or a normalisation left: undo that first.

    See Also
    --------
    Recipe.up : turns them into sound. Notebook 11, "Guess the keeper".

    Examples
    --------
    >>> import audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> guesses = at.guess_recipe(at.RECIPES["whisper"].down(y))
    >>> guesses[0].name, guesses.alike
    ('whisper', ['whisper'])
    """
    if min(X.shape) < 5 or max(X.shape) < _FEWEST:
        raise ValueError(f"X has shape {X.shape}: too few numbers to tell, pass a second of sound")
    doubt = likely.scaled_features(X, linear=False)
    if doubt:
        raise ValueError(doubt)
    tried = [_tried(X, *variant) for name in RECIPES for variant in _variants(name, X.shape)]
    best = {}
    for guess in sorted(filter(None, tried), key=lambda guess: guess.misfit):
        best.setdefault(guess.name, guess)
    return Guesses(guess for guess in best.values() if guess.misfit < _POOR)


def _variants(name, shape):
    """Yields what `_tried` takes: name, recipe, cost of its deviations, and what they are."""
    usual = RECIPES[name]
    for in_rows in (usual.in_rows, not usual.in_rows):
        n = shape[1] if in_rows else shape[0]
        size, cost, words = _size(usual, n)
        where = "rows" if in_rows else "columns"
        reasons = (f"{n} numbers a frame{words}, frames in {where}",)
        reasons += ("the tool has them the other way round",) * (in_rows != usual.in_rows)
        cost += in_rows != usual.in_rows
        for change, extra, more in _deviations(name, n) if n <= _MOST else []:
            recipe = dataclasses.replace(usual, **{**size, **change}, in_rows=in_rows)
            yield name, recipe, cost + extra, reasons + more


def _size(usual, n):
    """Returns the changes that give a recipe `n` numbers a frame, their cost and what they are."""
    if n == usual.n_features:
        return {}, 0.0, ""
    unusual = 2.5 * (n not in likely.BAND_COUNTS)
    count = "n_mels" if usual.n_mfcc is None else "n_mfcc"
    changes = {count: n} | ({"n_mels": n} if n > usual.n_mels else {})
    words = f", usual are {usual.n_features}"
    if usual.n_mfcc and n == 3 * usual.n_mfcc:
        words += f" (with their deltas? Pass the first {usual.n_mfcc} alone)"
    return changes, 1.5 + unusual, words


def _deviations(name, n):
    """Yields usual deviations from a recipe: changes, their cost and what they are."""
    usual = RECIPES[name]
    yield {}, 0.0, ()
    if usual.energy:
        yield dict(energy=None), 0.7, ("coefficient 0 instead of the energy",)
    if usual.gain < 32768:
        yield dict(gain=32768 * usual.gain), 1.5, ("samples as 16-bit numbers",)
    else:
        yield dict(gain=1.0), 0.7, ("samples of full scale 1.0, as torchaudio.compliance has them",)
    if name == "librosa_mel":
        yield dict(log=None), 0.7, ("no logarithm was taken",)
    if usual.n_mfcc:
        for bands in _BANDS:
            if bands not in (usual.n_mels, n) and bands > n:
                yield dict(n_mels=bands), 2.0, (f"of {bands} bands instead of {usual.n_mels}",)
                if usual.energy:
                    change = dict(n_mels=bands, energy=None)
                    yield change, 2.2, (f"of {bands} bands, coefficient 0 instead of the energy",)


def _tried(X, name, recipe, cost, reasons):
    """Returns a guess, or None if the recipe cannot make a sound of `X`."""
    X = X[:_FRAMES] if recipe.in_rows else X[:, :_FRAMES]
    if recipe.log is None and X.min() < 0:
        return None
    try:
        level = _level(recipe, recipe.to_mel(X))
    except ValueError:
        return None
    loud = np.percentile(level - _of_noise(recipe)[:, None], 95)
    spread = np.maximum(level, level.max() - 80).std()
    cost += ((loud - _LOUD) / _LOUD_BY) ** 2 + ((spread - _SPREAD) / _SPREAD_BY) ** 2
    floors, words = _floors(X, recipe)
    sound = f"by it a sound {loud:+.0f} dB beside soft noise, its levels spread by {spread:.0f} dB"
    return Guess(name, recipe, float(cost + floors), (*reasons, *words, sound))


def _level(recipe, M):
    """Returns the levels in dB of the bands that hear something."""
    heard = recipe.filters().any(axis=1)
    faint = 1e-12 ** (recipe.power / 2)
    return 20 / recipe.power * np.log10(np.maximum(M[heard], faint))


@functools.lru_cache(maxsize=128)
def _of_noise(recipe):
    """Returns the mean levels of noise of rms 0.1, by a recipe."""
    noise = 0.1 * np.random.default_rng(0).normal(size=int(recipe.sr))
    return _level(recipe, recipe.to_mel(recipe.down(noise))).mean(axis=1)


def _floors(X, recipe):
    """Returns what the lowest values of bands say for (below zero) or against a recipe, and why."""
    if recipe.n_mfcc is not None or recipe.log is None:
        return 0.0, ()
    lowest, span, deepest = float(X.min()), float(np.ptp(X)), recipe.range_of_levels()
    rounding = max(1e-3, 4 * np.finfo(X.dtype).eps * np.abs(X).max())  # float16 has little else
    if lowest < recipe.floor_of_levels() - rounding:
        return _IMPOSSIBLE, (f"its lowest value {lowest:.4g} lies below the recipe's floor",)
    if span > deepest + rounding:
        return _IMPOSSIBLE, (f"it spans {span:.4g}, the recipe {deepest:.4g} at most",)
    if abs(span - deepest) < rounding:
        return -4.0, (f"it spans {span:.4g}, as the recipe's floor leaves it",)
    if abs(lowest - recipe.floor_of_levels()) < rounding:
        return -4.0, (f"its lowest value {lowest:.4g} is the recipe's floor",)
    return 0.0, ()
