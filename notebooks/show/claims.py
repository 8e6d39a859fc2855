"""Claims what holds, tells what does not, and checks exercises.

Beside them helpers: a pitch to go on with, a librosa that repeats itself, and a line that says
how far a long run is.
"""

import inspect
import numbers
import os

import ipywidgets as widgets
import numpy as np
from scipy.special import stdtrit


def claim(text, holds):
    """Prints "✓ text" if `holds`; if not, that it is not so, and the notebook goes on.

    Where the environment says CLAIMS_MUST_HOLD, as the tests and `make outputs` do, it stops.
    """
    if _truth(holds):
        print(f"✓ {text}")
    else:
        _not_so(text)


def _not_so(text):
    """Tells what does not hold, on a reader's own sound; stops where it must."""
    words = f"on this sound, or with these values, it is not so: {text} "
    words += "(claims are made for voices, at the values that stand here)"
    if os.environ.get("CLAIMS_MUST_HOLD"):
        raise AssertionError(words)
    print(f"✗ {words}")


def some_pitch(f0, hz=150.0):
    """Returns the pitch `f0` of a sound; where it has none, says so and takes `hz` throughout."""
    if np.any(f0):
        return f0
    _not_so(f"it has a pitch. To go on, it is given one of {hz:.0f} Hz")
    return np.full_like(f0, hz)


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


def reason(because, facts):
    """Returns whether the reason with this letter is right, and why, from what was measured.

    `facts` is ``{letter: (holds, why)}``. On another sound than the course's none of them may
    hold, or more than one: then it cannot tell.
    """
    right, why = facts.get(str(because).strip().lower(), (False, "choose one of the letters"))
    if sum(holds for holds, _ in facts.values()) == 1:
        return right, why
    return False, "on this sound the reasons cannot be told apart"


def check(right, why, *, proof="", clip="slt"):
    """Prints whether an exercise is solved; `why` says what is wrong, `proof` what shows it.

    Where it measures the `clip`, and that is none of the voices it was made for, it says so.
    """
    note = f" (Measured on {clip}. This was made for slt and kal16: there it may be otherwise.)"
    note = "" if clip in ("slt", "kal16") else note
    good = f"✓ Right: {proof}{note}" if proof else "✓ Right."
    print(good if _truth(right) else f"✗ Not yet: {why}{note}")


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
