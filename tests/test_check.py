"""The exercises' checks: what they say of right, wrong and impossible answers."""

import ast
import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import NOTEBOOKS
from in_the_kernel import cells_of, tagged

import check

EXERCISES = {
    name: function
    for name, function in vars(check).items()
    if inspect.isfunction(function) and hasattr(function, "__wrapped__")
}
ANSWERS = {name: inspect.getfullargspec(f.__wrapped__).args for name, f in EXERCISES.items()}
CELLS = [
    (path.name[:2], tag, source)
    for path in NOTEBOOKS
    for tag, source in tagged(cells_of(path)).items()
    if tag.startswith("check-")
]


@pytest.mark.parametrize("number, tag, source", CELLS)
def test_a_check_cell_is_one_call_that_holds_no_answer(number, tag, source):
    call = ast.parse(source, mode="eval").body
    module, name = ast.unparse(call.func).split(".")
    assert module == "check" and len(source.splitlines()) <= 3
    assert EXERCISES[name].__doc__.startswith(f"{number}-{tag[-1]}: ")
    assert [ast.unparse(answer) for answer in call.args] == ANSWERS[name]
    assert not [node for node in ast.walk(call) if isinstance(node, ast.Call) and node is not call]


def test_every_function_is_the_check_of_one_exercise():
    asked = [source.rpartition("check.")[2].partition("(")[0] for _, _, source in CELLS]
    assert asked == list(EXERCISES)


@pytest.mark.parametrize("answer", ["", "forty", None, np.nan, [], {}, "b", True, np.zeros(0)])
@pytest.mark.parametrize("name", EXERCISES)
def test_whatever_is_answered_gets_one_friendly_line(name, answer):
    """Nothing of the notebook is given, so most stumble: over that, or over the answer."""
    given = {name: None for name in inspect.getfullargspec(EXERCISES[name].__wrapped__).kwonlyargs}
    verdict = EXERCISES[name](*[answer] * len(ANSWERS[name]), **given)
    assert not verdict and str(verdict).startswith("✗ Not yet: ")
    assert len(str(verdict).splitlines()) == 1


@pytest.mark.parametrize(
    "of", [int, float, np.int64, np.float32, np.array, lambda x: np.array([x])]
)
def test_a_number_counts_whatever_its_type(of):
    assert check.shortest_frame(of(1024)) and check.seen_by_the_model(of(256))
    assert not check.shortest_frame(of(64)) and "they overlap" in str(check.shortest_frame(of(64)))


@pytest.mark.parametrize("answer", ["", "forty", None, np.nan, np.inf, [1], np.ones(2), True])
def test_where_a_number_is_asked_all_else_is_refused_by_the_name_of_the_answer(answer):
    assert "one number is asked" in str(check.shortest_frame(answer))
    assert str(check.most_bands_that_hear(answer)).startswith("✗ Not yet: `most_bands` is ")
    assert str(check.most_bands_that_hear(2.5)).endswith("is 2.5: one whole number is asked")
    assert check.most_bands_that_hear(192.0)


def test_an_answer_that_is_no_number_is_never_right():
    assert check.number(2.5) == 2.5 and check.number(np.float32(3)) == 3
    assert check.number(np.array([4])) == check.number(np.array(4)) == 4
    assert all(np.isnan(check.number(answer)) for answer in (None, "3", True, [3], np.ones(2)))


@pytest.mark.parametrize("answer", [np.nan, "False", 1])
def test_what_is_neither_true_nor_false_is_no_verdict(answer):
    with pytest.raises(TypeError, match="is neither True nor False: compare it"):
        check.Verdict(answer, "too high")


def test_a_verdict_says_what_is_wrong_and_what_proves_it_right(capsys):
    for verdict in (
        check.Verdict(False, "too high"),
        check.Verdict(np.True_, "too high", proof="5 < 6"),
        check.Verdict(True, "too high"),
    ):
        verdict._ipython_display_()
    assert capsys.readouterr().out == "✗ Not yet: too high\n✓ Right: 5 < 6\n✓ Right.\n"


def test_on_another_clip_than_it_was_made_for_a_verdict_says_so():
    assert str(check.Verdict(False, "too high", clip="kal16")) == "✗ Not yet: too high"
    for right in (True, False):
        words = str(check.Verdict(right, "too high", proof="5 < 6", clip="robin"))
        assert "(Measured on robin. This was made for slt and kal16: there it may be" in words


def test_a_reason_is_judged_only_where_one_of_them_holds():
    facts = {"a": (False, "it is red"), "b": (True, "it is blue")}
    for said in (" B", "b) it is blue", "B."):
        assert str(check.by_letter(said, facts)) == "✓ Right: it is blue"
    assert str(check.by_letter("a", facts)) == "✗ Not yet: it is red"
    assert "choose one of the letters" in str(check.by_letter(2, facts))
    assert str(check.by_letter("b", facts, slip="first")) == "✗ Not yet: first"
    for both in (True, False):
        verdict = check.by_letter("b", facts | {"a": (both, ""), "b": (both, "")})
        assert not verdict and "cannot be told apart" in str(verdict)


def test_letters_are_counted_where_a_set_brings_the_count(tmp_path, monkeypatch):
    @check.exercise
    def why(because, *, slip=""):
        facts = {"a": (False, "it is red"), "b": (True, "it is blue")}
        return check.by_letter(because, facts, slip=slip)

    assert not check.TRIES.exists() and str(why("a")) + str(why("b")) == (
        "✗ Not yet: it is red✓ Right: it is blue"
    )
    count = tmp_path / "tries.json"
    count.write_text("{}")
    monkeypatch.setattr(check, "TRIES", count)
    assert str(why("a", slip="first")) == "✗ Not yet: first" and str(why("z"))[-7:] == "letters"
    assert str(why("b")) == "✓ Right: it is blue"  # at once
    assert str(why("a")) == "✗ Not yet: it is red (2 letters tried)"
    assert str(why("B")) == "✓ Right: it is blue (2 letters tried)"
    for broken in ("", "3", "[]", '{"why": 5}'):
        count.write_text(broken)
        assert str(why("b")) == "✓ Right: it is blue"


def test_two_whole_numbers_of_any_kind_are_asked_for_a_price():
    clip = dict(squeezed=lambda bands, factor: np.zeros(100), y=np.zeros(100), clip="slt")
    for pair in [(40.5, 2), (0, 1), ("40", 2)]:
        assert "whole number" in str(check.price_and_clarity(*pair, **clip))
    words = str(check.price_and_clarity(np.int64(128), 1, **clip))
    assert "8,000 numbers per second are more than 1,250" in words


def test_words_of_many_lines_become_one():
    assert str(check.Verdict(False, "a\n  b")) == "✗ Not yet: a b"


def test_what_a_build_leaves_is_told_item_by_item():
    assert check.after_a_crash(16, 0, 0) and not check.after_a_crash(0, 0, 16)
    store = SimpleNamespace()
    assert not check.scaler_of_one_voice(None, None, store=store)
