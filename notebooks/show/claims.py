"""Claims what holds, or stops, and checks exercises.

Beside them two helpers: a librosa that repeats itself, and a line that says how far a long run
is.
"""

import inspect
import numbers

import ipywidgets as widgets
import numpy as np
from scipy.special import stdtrit


def claim(text, holds):
    """Prints "✓ text" if `holds`; stops the notebook if not."""
    if not _truth(holds):
        raise AssertionError(
            f"on this sound, or with these values, it is not so: {text} "
            "(claims are made for voices, at the values that stand here)"
        )
    print(f"✓ {text}")


def _truth(value):
    """Returns `value` if it is True or False: NaN, or the text "False", would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{value!r} is neither True nor False: compare it with something")
    return bool(value)


def interval(differences):
    """Returns the mean of paired differences, and half of its 95 % interval (Student's).

    One difference has none: nan.
    """
    d = np.asarray(differences, dtype=float)
    if len(d) < 2:
        return d.mean(), np.nan
    return d.mean(), stdtrit(len(d) - 1, 0.975) * d.std(ddof=1) / np.sqrt(len(d))


def number(answer):
    """Returns an answer that is one real number; nan for all else, on which no check stumbles."""
    is_number = isinstance(answer, numbers.Real) and not isinstance(answer, bool)
    return answer if is_number else np.nan


def check(right, why, *, proof=""):
    """Prints whether an exercise is solved; `why` says what is wrong, `proof` what shows it."""
    good = f"✓ Right: {proof}" if proof else "✓ Right."
    print(good if _truth(right) else f"✗ Not yet: {why}")


def seeded(librosa_function, *args, seed=0, **kwargs):
    """Returns ``librosa_function(*args, **kwargs)`` with its random numbers fixed.

    librosa 0.11 calls the keyword `random_state`, librosa 1.0 `rng`.
    """
    names = inspect.signature(librosa_function).parameters
    keyword = "rng" if "rng" in names else "random_state"
    return librosa_function(*args, **kwargs, **{keyword: np.random.default_rng(seed)})


class Line(widgets.Label):
    """A line of words below its cell; calling it with others rewrites it while we wait."""

    def __call__(self, words):
        self.value = words

    def __repr__(self):
        return "Line: how far it is, how fast, and how long it will take."
