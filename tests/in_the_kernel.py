"""What is asked of a notebook in the kernel in which its cells have just run.

lessons.py, which collects the notebooks, sends each test below to their kernels.
"""

import ast
import io
import json
import os
import re
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import ipywidgets
import numpy as np
from sounds import decode, loudest_hz

import audiotools as at
import showtools

ROOT = Path(__file__).resolve().parent.parent


def cells_of(path, kind="code"):
    """Returns the cells of a notebook; nbformat, which has more to say, takes a second to load."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = [(cell["cell_type"], "".join(cell["source"]), cell["metadata"]) for cell in cells]
    return [SimpleNamespace(source=s, metadata=m) for its_kind, s, m in parts if its_kind == kind]


def tags(cell):
    return cell.metadata.get("tags", [])


def tagged(cells):
    """Returns {tag: source} of the cells of exercises: "answer-1", "check-1", "wrong-1" ..."""
    return {tag: cell.source for cell in cells for tag in tags(cell) if re.search(r"-\d$", tag)}


def solutions_of(path):
    """Returns the notebook with the solutions of a notebook."""
    return path.parent / "solutions" / f"{path.name[:2]}_solutions.ipynb"


def begins_as_another(solutions):
    """Whether solutions begin by running their notebook in the lines of a later one's."""

    def first_cell(path):
        return re.sub(rf"\b{path.name[:2]}(_\w+\.ipynb)?", "", cells_of(path)[0].source)

    later = [path for path in solutions.parent.glob("*.ipynb") if path > solutions]
    first = first_cell(solutions)
    return "run_line_magic" in first and first in map(first_cell, later)


FIGURES = []  # those that the notebook has shown


def keep_figures():
    """Keeps the figures that cells show from now on."""
    show = showtools.show

    def keep(figure):
        FIGURES.append(getattr(figure, "figure", figure))
        show(figure)

    showtools.show = keep


def run(name, path, names):
    """Runs a test on a notebook whose cells have left these names; no browser is told."""
    path = Path(path)
    ran = SimpleNamespace(path=path, names=names, cells=cells_of(path), figures=FIGURES)
    with patch.object(ipywidgets.Widget, "send_state", lambda *args, **options: None):
        globals()[name](ran)


def test_a_claim_that_does_not_hold_stops_here(ran):
    assert os.environ["CLAIMS_MUST_HOLD"]  # a reader is told, and goes on: show/claims.py


# --- panels and exercises -------------------------------------------------------------------


def panels(ran):
    own = {k: v for k, v in ran.names.items() if k[0] != "_"}  # not the last results of cells
    found = {k: v for k, v in own.items() if isinstance(v, showtools.Panel)}
    benches = {k: v for k, v in own.items() if isinstance(v, showtools.Workbench)}
    return found | {name: bench.panel for name, bench in benches.items()}


def test_lines_are_told_apart_without_colour(ran):
    assert ran.figures
    for figure in ran.figures:
        for ax in figure.axes:
            lines = [line for line in ax.lines if not line.get_label().startswith("_")]
            looks = [(x.get_linestyle(), x.get_marker(), x.get_linewidth()) for x in lines]
            assert len(set(looks)) == len(looks), f"{ax.get_title(loc='left')}: {looks}"


def test_every_panel_answers_every_control(ran):
    assert panels(ran)
    for name, panel in panels(ran).items():
        assert panel.question.endswith("?") and len(panel.pictures) == 2, name
        for control in panel.controls.values():
            default, seen = control.value, set()
            for value in control.options:
                control.value = value
                # A cut-off above Nyquist; features of 13 numbers for 80 bands.
                refusal_is_the_lesson = name in ("band_panel", "zoo_panel")
                assert refusal_is_the_lesson or "not possible" not in panel.words, panel.words
                seen.add(
                    (panel.pictures[-1].value, panel.player.get("At these values"), panel.words)
                )
            assert len(seen) > 1, f"{name}: {control.description} changes nothing"
            control.value = default
            assert "not possible" not in panel.words, name
            y, sr = decode(panel.player.get("At these values"))
            assert sr == 16000 and 0 < np.abs(y).max() <= 1


def exercises(ran):
    """Yields of every exercise its open, wrong and right cell, and what its check says then."""
    given, solved = tagged(ran.cells), tagged(cells_of(solutions_of(ran.path)))

    def said(number, *sources):
        """Returns what the check prints after these cells."""
        with redirect_stdout(io.StringIO()):
            for source in sources:
                exec(compile(source, f"exercise {number}", "exec"), ran.names)
        return str(eval(given[f"check-{number}"], ran.names))

    for number in [tag.removeprefix("check-") for tag in given if tag.startswith("check-")]:
        cells = given[f"answer-{number}"], solved[f"wrong-{number}"], solved[f"answer-{number}"]
        yield *cells, partial(said, number)


def test_a_check_fails_on_the_open_cell_and_on_a_wrong_answer_and_passes_on_ours(ran):
    n_exercises = 0
    for unsolved, wrong, right, said in exercises(ran):
        open_words, wrong_words = said(unsolved), said(unsolved, wrong)
        assert open_words.startswith("✗ Not yet: "), "solved before the reader came"
        assert wrong_words.startswith("✗ Not yet: "), wrong
        assert wrong_words != open_words, f"it does not say what is wrong with this: {wrong}"
        assert said(unsolved, right).startswith("✓ Right"), said()
        n_exercises += 1
    assert n_exercises >= 2


def answers_of(source):
    """Returns the names of the answers that the cell of a check hands on."""
    return [node.id for node in ast.parse(source, mode="eval").body.args]


NO_ANSWERS = ["", "forty", None, np.nan, np.inf, [], np.zeros((3, 40)), "two\nlines"]


def test_a_check_answers_whatever_is_answered_in_one_line(ran):
    """Each answer in turn is none, the others are ours: here nothing else is amiss."""
    checks = {tag[-1]: s for tag, s in tagged(ran.cells).items() if tag.startswith("check-")}
    for unsolved, _, right, said in exercises(ran):
        said(unsolved, right)
        number = said.args[0]
        ours = {name: ran.names[name] for name in answers_of(checks[number])}
        for name in ours:
            for none in NO_ANSWERS[: 1 if name == "because" else None]:
                ran.names.update(ours | {name: none})
                words = said()
                assert words.startswith("✗ Not yet: ") and len(words.splitlines()) == 1, words
                assert len(words) < 400, words
        ran.names.update(ours)


def test_of_the_reasons_one_is_right_and_each_other_is_answered(ran):
    """Where a letter is asked, the check measures what each of the statements says."""
    letters = r"^- \*\*([a-d])\*\* "
    words = "\n".join(cell.source for cell in cells_of(ran.path, "markdown"))
    offered = re.findall(letters, words, re.M)
    asked = [cells for cells in exercises(ran) if "because" in cells[0]]
    assert offered in (["a", "b", "c", "d"] * len(asked), ["a", "b", "c"] * len(asked))
    for unsolved, _, right, said in asked:
        said(unsolved, right)
        words = [said(f'because = "{letter}"') for letter in "abcd?"]
        assert len(set(words)) == len(set(offered)) + 1, words
        assert [text[0] for text in words].count("✓") == 1, words


# --- what single panels do to the sound -----------------------------------------------------


def of_notebook(number):
    """Makes a test of one notebook only."""

    def decorate(function):
        function.number = f"{number:02}"
        return function

    return decorate


def heard(panel):
    """Returns the waveform that a panel plays."""
    return decode(panel.player.get("At these values"))[0]


@of_notebook(1)
def test_the_band_panel_carves_what_it_says(ran):
    panel = ran.names["band_panel"]
    panel.controls["lowcut"].value, panel.controls["highcut"].value = 4000, 7500
    assert loudest_hz(heard(panel), 16000) > 3500
    panel.controls["lowcut"].value, panel.controls["highcut"].value = 50, 800
    assert loudest_hz(heard(panel), 16000) < 900
    panel.controls["highcut"].value = 15000
    assert "highcut=15000 Hz must lie below the Nyquist frequency 8000 Hz" in panel.words


@of_notebook(2)
def test_more_rounds_sound_more_like_the_original(ran):
    panel, scores = ran.names["rounds_panel"], []
    for n_iter in (0, 4, 64):
        panel.controls["n_iter"].value = n_iter
        scores.append(at.intelligibility(heard(panel), ran.names["y"], 16000))
    assert np.all(np.diff(scores) > 0.02)


@of_notebook(3)
def test_the_pitch_goes_with_the_bands(ran):
    panel, f0 = ran.names["bands_panel"], at.pitch(*at.load_wav(ROOT / "data/slt.wav"))
    panel.controls["n_mels"].value = 128
    assert at.pitch_accuracy(at.pitch(heard(panel), 16000), f0) > 0.9
    panel.controls["n_mels"].value = 24
    assert at.pitch_accuracy(at.pitch(heard(panel), 16000), f0) < 0.2


@of_notebook(4)
def test_the_lowest_note_comes_back_with_enough_coefficients(ran):
    panel = ran.names["law_panel"]

    def first_note_hz():
        return np.median(at.pitch(heard(panel)[1600:4800], 16000, fmax=1000))

    panel.controls["n_mfcc"].value = 80
    assert abs(first_note_hz() - 131) < 3
    panel.controls["n_mfcc"].value = 20
    assert abs(first_note_hz() - 131) > 10


@of_notebook(8)
def test_the_staircase_leaves_of_a_note_what_the_law_says(ran):
    """Of a note of 230 Hz 20 MFCCs leave no pitch, 30 do: the limits are 299 and 200 Hz."""
    bench, t = ran.names["bench"], np.arange(32000) / 16000
    note = sum(np.sin(2 * np.pi * 230 * k * t) / k for k in range(1, 20))
    bench.take("note.wav", showtools.encode(0.2 * note, 16000, "WAV"))
    for stop, n_mfcc, share in [("MFCC", 20, 0), ("MFCC", 30, 100), ("MFCC + pitch", 20, 100)]:
        bench.panel.controls["stop"].value = stop
        bench.panel.controls["n_mfcc"].value = n_mfcc
        bench.button.click()
        right = int(re.search(r"right in (\d+)% of its frames", bench.card.value)[1])
        assert abs(right - share) <= 10, (stop, n_mfcc)  # the note's edges may differ
        law = {20: "pitch above 299 Hz comes back", 30: "pitch above 200 Hz comes back"}[n_mfcc]
        assert (law in bench.panel.words) == (stop == "MFCC")
        assert (f"<td>{share}%, the pitch above" in bench.card.value) == (stop == "MFCC")
    whistle = 0.3 * np.sin(2 * np.pi * 5000 * t)  # far above what the tracker hears
    bench.take("whistle.wav", showtools.encode(whistle, 16000, "WAV"))
    assert "No pitch was found" in bench.panel.words
    bench.button.click()
    assert "none was found in the original" in bench.card.value


@of_notebook(10)
def test_the_tune_comes_back_from_mean_to_guess_to_truth(ran):
    panel, shares = ran.names["guess_panel"], []
    f0 = ran.names["own"].f0s[ran.names["last"]]
    for speak in ("mean", "guess", "truth"):
        panel.controls["speak"].value = speak
        shares.append(at.pitch_accuracy(at.pitch(heard(panel), 16000), f0))
    assert np.all(np.diff(shares) > 0.1) and shares[-1] > 0.8, shares
