"""Claims what holds, and tells what does not.

Beside them helpers: a pitch to go on with, a librosa that repeats itself, and a line that says
how far a long run is.
"""

import inspect
import os

import ipywidgets as widgets
import numpy as np
from scipy.special import stdtrit


def claim(text, measured, *, above=None, below=None, unit=""):
    """Prints a claim, what was measured and the bound: "✓ the pitch is right: 97 % (> 80 %)".

    `measured` is a number, or several that must all keep the bounds; without a bound it is True
    or False. The unit "%" shows shares as percent. Where the claim does not hold, on a reader's
    own sound, it says so and the notebook goes on; but it stops where the environment says
    CLAIMS_MUST_HOLD, as the tests and `make outputs` do.
    """
    bounds = [(">", above, np.greater), ("<", below, np.less)]
    bounds = [bound for bound in bounds if bound[1] is not None]
    if not bounds:
        return _tell(text, truth(measured), "", "it was so")
    values = np.asarray(measured, dtype=float)
    holds = all(keeps(values, bound).all() for _, bound, keeps in bounds)
    here, *said = _in_words(values, [bound for _, bound, _ in bounds], unit)
    here = here if np.isfinite(values).all() else "not to be measured"
    signs = [f"{sign} {limit}" for (sign, _, _), limit in zip(bounds, said)]
    words = {">": "above", "<": "below"}
    was = " and ".join(f"{words[sign]} {limit}" for (sign, _, _), limit in zip(bounds, said))
    _tell(text, holds, here, f"it was {was}", f" ({', '.join(signs)})")


def _in_words(values, bounds, unit):
    """Returns the range of the values, and each bound, as fine as it takes to tell them apart.

    How fine depends on the bounds, not on the values: a small value differs between machines.
    """
    scale, tail = (100, " %") if unit == "%" else (1, f" {unit}".rstrip())
    ends, bounds = scale * np.array([np.min(values), np.max(values)]), scale * np.array(bounds)
    size = np.abs(bounds).max() or np.abs(ends).max()
    first = max(0, 1 - int(np.floor(np.log10(size)))) if 0 < size < np.inf else 0
    rough, fine = (np.allclose(bounds, np.round(bounds, first + k)) for k in (0, 1))
    for places in range(first + (fine and not rough), first + 4):
        here, said = ([_fixed(x, places) for x in xs] for xs in (ends, bounds))
        if not set(here) & set(said):
            break
    said = [x.rstrip("0").rstrip(".") if "." in x else x for x in said]
    return " to ".join(dict.fromkeys(here)) + tail, *(limit + tail for limit in said)


def _fixed(value, places):
    text = f"{value:,.{places}f}".replace("-", "−")
    return text if text.strip("−0.,") else text.lstrip("−")  # no minus before 0.00


def _tell(text, holds, here, was, bound=""):
    """Prints a claim that holds; tells one that does not, and stops where it must."""
    if holds:
        print(f"✓ {text}" + f": {here}{bound}" * bool(here))
    else:
        _not_so(f"{text}: " + (f"here it is {here}" if here else "not so here"), was)


def _not_so(text, was):
    words = f"{text}; on slt and kal16 {was}"
    if os.environ.get("CLAIMS_MUST_HOLD"):
        raise AssertionError(words)
    print(f"✗ {words}")


def some_pitch(f0, hz=150.0):
    """Returns the pitch `f0` of a sound; where it has none, says so and takes `hz` throughout."""
    if np.any(f0):
        return f0
    _not_so(f"no pitch was found, and to go on it is given one of {hz:.0f} Hz", "there was one")
    return np.full_like(f0, hz)


def truth(value):
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
