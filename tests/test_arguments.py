"""The ground: one list says what every argument may be, two decorators ask it."""

import inspect
import pickle
import warnings

import joblib
import numpy as np
import pytest

import audiotools as at
from staircase import arguments
from staircase.arguments import AUDIBLE, NAMES, Array, Number, Start, Whole, checked, each, or_none

PUBLIC = [f for f in map(vars(at).get, at.__all__) if inspect.isfunction(f)]


@each
def twice(y, *, n_fft=None, htk=False):
    """Returns a sound twice, and says what came in."""
    return np.concatenate([y, y])


def test_every_argument_of_the_house_is_in_the_list_and_nothing_else():
    used = {name for f in PUBLIC for name in inspect.signature(f).parameters} - {"options"}
    assert used == set(NAMES)


def test_a_name_means_the_same_in_every_function():
    """A bad value is refused in the same words everywhere, but where a decorator narrows it."""
    words = {}
    for function in (at.stft, at.griffin_lim, at.mel_to_audio, at.pretty_spectrogram, at.speak):
        first = next(iter(inspect.signature(function).parameters))
        array = np.ones(999) if first == "y" else np.ones((9, 9))
        given = dict(mel_filter=np.eye(9), f0=np.ones(9), sr=16000)
        given = {k: v for k, v in given.items() if k in inspect.signature(function).parameters}
        with pytest.raises(TypeError) as refused:
            function(array, **given, hop_length=2.5)
        words[str(refused.value)] = function
    assert list(words) == ["hop_length=2.5 is not a whole number: Python's / gives a float, use //"]


def test_an_argument_that_no_list_knows_is_noticed_when_the_function_is_written():
    with pytest.raises(KeyError, match="volume"):
        checked(lambda y, volume: y)


def test_a_batch_equals_a_loop():
    y = np.arange(24.0).reshape(2, 3, 4)
    assert twice(y).shape == (2, 3, 8)
    assert np.array_equal(twice(y)[1, 2], twice(y[1, 2]))


def test_two_arrays_need_the_same_batch():
    pair = each(lambda S, f0: S.sum() + f0.sum())
    assert np.array_equal(pair(np.ones((2, 3, 4)), np.ones((2, 5))), [17, 17])
    with pytest.raises(ValueError, match=r"S \(2, 3, 4\) and f0 \(5,\); pass as many"):
        pair(np.ones((2, 3, 4)), np.ones(5))


def test_what_is_shared_is_the_same_for_all_items():
    M = at.make_mel(np.ones((2, 3, 4)), np.eye(3))
    assert M.shape == (2, 3, 4)
    with pytest.raises(ValueError, match=r"\(2, 3, 3\): pass one bank"):
        at.make_mel(np.ones((2, 3, 4)), np.stack([np.eye(3)] * 2))


def test_none_is_taken_where_it_is_the_default_and_nowhere_else():
    twice(np.ones(4), n_fft=None)
    with pytest.raises(TypeError, match="htk=None must be True or False"):
        twice(np.ones(4), htk=None)
    assert or_none(Whole())(None, "n") is None and or_none(Whole())(3, "n") == 3


def test_a_narrower_meaning_holds_for_one_function_alone():
    narrow = checked(fmin=AUDIBLE)(lambda fmin: fmin)
    wide = checked(lambda fmin: fmin)
    assert wide(5) == 5.0
    with pytest.raises(ValueError, match="fmin=5 Hz is too low to be heard"):
        narrow(5)


def test_numbers_come_out_as_pythons_own():
    seen = checked(lambda sr, n_fft, htk: (sr, n_fft, htk))(np.float32(8e3), np.int8(64), np.True_)
    assert seen == (8000.0, 64, True) and [type(x) for x in seen] == [float, int, bool]


@pytest.mark.parametrize(
    "given, expected",
    [("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("g", "f8"), ("i4", "f8"), ("c8", "c8")],
)
def test_single_precision_stays_and_all_else_becomes_double(given, expected):
    kind = Array(1, kinds="fiuc")
    assert kind(np.ones(3, given), "x").dtype == expected


def test_an_array_that_is_fine_is_not_copied():
    y = np.ones(9, np.float32)
    assert arguments.SOUND(y, "y") is y


def test_rules_are_asked_in_their_order():
    kind = Number((lambda x: x > 0, " must rise"), (lambda x: x > 1, " must rise more"))
    assert kind(2, "x") == 2.0
    for value, words in ((-1, "x=-1 must rise$"), (0.5, "x=0.5 must rise more$")):
        with pytest.raises(ValueError, match=words):
            kind(value, "x")


@pytest.mark.parametrize("least, most", [(1, 2**31 - 1), (0, 5)])
def test_a_whole_number_has_a_least_and_a_most(least, most):
    kind = Whole(least, most)
    assert kind(least, "n") == least and kind(most, "n") == most
    with pytest.raises(ValueError, match=f"={least - 1} is too small: it must be at least {least}"):
        kind(least - 1, "n")
    with pytest.raises(ValueError, match=f"={most + 1} is too large: it must be at most {most}"):
        kind(most + 1, "n")


def test_a_start_is_a_name_it_knows_or_phases_within_a_turn():
    assert Start()("zero", "init") == "zero"
    assert Start()(np.full((2, 2), 7.0), "init") == pytest.approx(7 - 2 * np.pi)
    with pytest.raises(ValueError, match='init=\'auto\' is unknown: use "gradient", "random"'):
        Start()("auto", "init")
    with pytest.raises(ValueError, match='init=\'no\' is unknown: use "auto", "gradient"'):
        at.mel_to_audio(np.ones((9, 9)), np.eye(9), init="no")


@pytest.mark.parametrize("shape", [(4000,), (2, 4000)])
def test_a_warning_names_the_line_of_who_called(shape):
    grid = dict(n_fft=256, hop_length=256, window="boxcar")
    D = at.stft(np.ones(shape), **grid)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        at.istft(D, length=4000, **grid)
    assert caught and all(w.filename == __file__ for w in caught)


def test_lines_that_are_run_without_a_name_are_warned_as_well():
    """As `exec(code, {})` does: a doubt is told, and is no traceback."""
    D = at.stft(np.ones(4000), n_fft=256, hop_length=256, window="boxcar")
    code = "at.istft(D, length=4000, n_fft=256, hop_length=256, window='boxcar')"
    with pytest.warns(UserWarning):
        exec(code, dict(at=at, D=D))


@pytest.mark.parametrize("function", PUBLIC, ids=lambda f: f.__name__)
def test_a_decorated_function_is_still_the_function(function):
    assert function.__doc__.startswith(("Returns", "Writes"))
    assert "args" not in inspect.signature(function).parameters
    assert pickle.loads(pickle.dumps(function)) is function


def test_joblib_carries_a_function_to_another_process():
    y = np.random.default_rng(0).normal(size=999)
    (D,) = joblib.Parallel(n_jobs=2)([joblib.delayed(at.stft)(y, n_fft=256)])
    assert np.array_equal(D, at.stft(y, n_fft=256))


def test_single_precision_is_told_of_double_and_double_is_not():
    for dtype, told in (("f4", True), ("f8", False)):
        with pytest.raises(ValueError, match="scale it down") as refused:
            Array(1)(np.full(3, np.finfo(dtype).max, dtype), "x")
        assert ("or pass float64" in str(refused.value)) == told


def test_filters_peak_between_a_trillionth_and_a_trillion():
    for peak in (1e-12, 1e12):
        assert NAMES["mel_filter"](np.full((2, 3), peak), "mel_filter").max() == peak
    for peak in (0.9e-12, 1.1e12):
        with pytest.raises(ValueError, match="mel_filter peaks at .*scale it to about 1"):
            NAMES["mel_filter"](np.full((2, 3), peak), "mel_filter")


@pytest.mark.parametrize("top_db", [0, -0.5])
def test_a_floor_lies_below_the_loudest(top_db):
    with pytest.raises(ValueError, match="dB must be above zero"):
        NAMES["top_db"](top_db, "top_db")


def test_a_picture_has_a_floor():
    with pytest.raises(TypeError, match="top_db=None is not a number"):
        at.pretty_spectrogram(np.ones(999), n_fft=64, top_db=None)
