"""The notebooks as they are committed, their panels and exercises.

(That their outputs are the ones the code prints is nbval's job: see the Makefile.)
"""

import io
import json
import re
from contextlib import redirect_stdout
from functools import partial
from types import SimpleNamespace

import matplotlib
import nbformat
import numpy as np
import pytest
from conftest import NOTEBOOKS, SOLUTIONS
from sounds import decode, loudest_hz

import audiotools as at
import showtools

ALL = NOTEBOOKS + SOLUTIONS


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


# --- hygiene ----------------------------------------------------------------------------


@named(ALL)
def test_it_was_executed_top_to_bottom_without_error(path):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")


@named(ALL)
def test_it_is_small_and_carries_no_state_and_no_local_path(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) <= 2_500_000
    assert "widgets" not in json.loads(text)["metadata"]
    assert not re.search(r"/(home|root|work|tmp|Users)/", text)


@named(ALL)
def test_cells_are_short(path):
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= 15, cell.source


def tagged(cells):
    """Returns {tag: source} of the cells of exercises: "answer-1", "check-1", "wrong-1" ..."""
    return {tag: cell.source for cell in cells for tag in tags(cell) if re.search(r"-\d$", tag)}


def parts(path):
    """Returns the cells of the lesson, with its closing table, and those of the exercises."""
    cells = read(path).cells
    (first,) = [i for i, cell in enumerate(cells) if cell.source.startswith("## Exercises\n")]
    assert cells[-1].source.startswith("## What we saw\n")
    return cells[:first] + cells[-1:], cells[first:-1]


@named(NOTEBOOKS)
def test_it_has_the_size_of_a_lesson(path):
    lesson, exercises = parts(path)
    words = sum(len(cell.source.split()) for cell in lesson if cell.cell_type == "markdown")
    assert 25 <= len(lesson) <= 50 and 800 <= words <= 1800
    assert len(exercises) <= 15


@named(NOTEBOOKS)
def test_exercises_are_graded_and_have_hints(path):
    """The bold words that begin an exercise: its number and its grade."""
    _, cells = parts(path)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    _, *texts = re.split(r"^\*\*(?=\d\. )", text, flags=re.M)
    heads = [re.match(r"(\d)\. (Predict|Change|Build|Explain)\.\*\* ", text) for text in texts]
    assert [int(head[1]) for head in heads] == list(range(1, len(heads) + 1))
    assert (2 if path.name[:2] in ("08", "09") else 3) <= len(heads) <= 5
    if path.name < "07":
        assert [head[2] for head in heads] == ["Predict", "Change", "Build", "Explain"]
    assert all("<details><summary>Hint</summary>" in text for text in texts)
    in_order = [f"{kind}-{head[1]}" for head in heads for kind in ("answer", "check")]
    assert list(tagged(cells)) == in_order


@named(ALL)
def test_every_figure_has_its_caption(path):
    for cell in code_cells(path):
        draws = re.search(r"plt\.subplots|st\.(show_|compare)", cell.source)
        assert not draws or "st.caption(" in cell.source, cell.source
        kinds = [list(output.get("data", {})) for output in cell.outputs]
        pictures = sum("image/png" in kind for kind in kinds)
        assert pictures == sum("text/markdown" in kind for kind in kinds)


@named(NOTEBOOKS)
def test_the_bold_claim_comes_first_and_claims_are_printed(path):
    first = read(path).cells[0].source
    assert re.search(r"^\*\*.+\.\*\*$", first, re.M) and "you are here" in first
    printed = "".join(
        output.text
        for cell in code_cells(path)
        for output in cell.outputs
        if output.output_type == "stream"
    )
    assert printed.count("✓") == sum(cell.source.count("st.claim(") for cell in code_cells(path))
    assert printed.count("✓") >= 8


@named(NOTEBOOKS)
def test_the_first_sound_comes_within_five_cells(path):
    assert any("st.play" in cell.source for cell in read(path).cells[:6])


@named(NOTEBOOKS)
def test_a_question_a_figure_and_a_player_come_just_before_every_panel(path):
    """Readers without a kernel, and those who cannot hear or see, get the default case."""
    cells, n_panels = read(path).cells, 0
    for i, cell in enumerate(cells):
        if cell.cell_type == "code" and re.search(r"st\.(panel|workbench)\(", cell.source):
            n_panels += 1
            before = cells[max(0, i - 4) : i + 1]
            words = [c.source for c in before if c.cell_type == "markdown"]
            assert any("panel" in text and "?" in text for text in words), cell.source
            shown = [c for c in before[-4:] if c.cell_type == "code"]
            kinds = " ".join(str(output.get("data", "")) for c in shown for output in c.outputs)
            assert "image/png" in kinds and "<audio controls" in kinds, cell.source
    assert n_panels


REFERENCE = (
    r"- (?P<authors>[^:]+): (?P<title>.+?)[.,] .*?"
    r"\[(?P<label>[^\]]+)\]\((?P<link>https://[^)]+)\)"
)


@named(NOTEBOOKS)
def test_references_are_complete_and_stand_once(path):
    """Author, title, year, and a DOI or arXiv number that is the link; software has an address."""
    cells = read(path).cells
    last = cells[-1].source.partition("## References")[2].strip()
    assert sum(cell.source.count("## References") for cell in cells) == 1
    entries = [re.fullmatch(REFERENCE, line) for line in last.splitlines()]
    assert len(entries) >= 3 and all(entries), last
    links = [entry["link"] for entry in entries]
    assert len(set(links)) == len(links)
    for entry in entries:
        number = re.fullmatch(r"(doi|arXiv):(.+)", entry["label"])
        if number:
            home = {"doi": "https://doi.org/", "arXiv": "https://arxiv.org/abs/"}[number[1]]
            assert entry["link"] == home + number[2]
            assert re.search(r"\b(19|20)\d\d\. \[", entry[0]), entry[0]
        else:
            assert entry["label"].split()[0] in entry["link"]


def test_a_work_is_cited_in_the_same_words_everywhere():
    known = {}
    for path in NOTEBOOKS:
        for line in re.findall(r"^- .+\]\(https://.+\)$", read(path).cells[-1].source, re.M):
            words, link = re.fullmatch(r"- (.+) \[.+\]\((.+)\)", line).groups()
            assert known.setdefault(link, words) == words


@named(NOTEBOOKS)
def test_the_clip_cell_begins_with_one_assignment(path):
    (cell,) = [cell for cell in code_cells(path) if "clip" in tags(cell)]
    assert cell.source.startswith('clip = "slt"')


# --- run in this process: panels and exercises --------------------------------------------


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def ran(request):
    """A notebook after all its code cells ran here: its names, cells and folder."""
    matplotlib.use("agg")
    names, figures = {"__name__": "__main__"}, []
    caption = showtools.caption

    def keep(figure):
        figures.append(getattr(figure, "figure", figure))
        caption(figure)

    with redirect_stdout(io.StringIO()), pytest.MonkeyPatch.context() as patch:
        patch.setattr(showtools, "caption", keep)
        for cell in code_cells(request.param):
            exec(compile(cell.source, request.param.name, "exec"), names)
    cells = code_cells(request.param)
    return SimpleNamespace(path=request.param, names=names, cells=cells, figures=figures)


def panels(ran):
    found = {k: v for k, v in ran.names.items() if isinstance(v, showtools.Panel)}
    benches = {k: v for k, v in ran.names.items() if isinstance(v, showtools.Workbench)}
    return found | {name: bench.panel for name, bench in benches.items()}


def test_lines_are_told_apart_without_colour(ran):
    for figure in ran.figures:
        for ax in figure.axes:
            lines = [line for line in ax.lines if not line.get_label().startswith("_")]
            looks = [(x.get_linestyle(), x.get_marker(), x.get_linewidth()) for x in lines]
            assert len(set(looks)) == len(looks), f"{ax.get_title(loc='left')}: {looks}"


def test_every_panel_answers_every_control(ran):
    assert panels(ran)
    for name, panel in panels(ran).items():
        for control in panel.controls.values():
            default, seen = control.value, set()
            for value in control.options:
                control.value = value
                assert f"{control.description} {value}" in panel.words, name
                refusal_is_the_lesson = name == "band_panel"  # a cut-off above Nyquist
                assert refusal_is_the_lesson or "not possible" not in panel.words, panel.words
                seen.add((panel.picture.value, panel.audio.value))
            assert len(seen) > 1, f"{name}: {control.description} changes nothing"
            control.value = default
            assert "not possible" not in panel.words, name
            y, sr = decode(panel.audio.value)
            assert sr == 16000 and 0 < np.abs(y).max() <= 1


def exercises(ran):
    """Yields of every exercise its open, wrong and right cell, and what its check says then."""
    (path,) = [path for path in SOLUTIONS if path.stem[:2] == ran.path.stem[:2]]
    given, solved = tagged(ran.cells), tagged(code_cells(path))

    def said(number, *sources):
        """Returns what the check prints after these cells."""
        with redirect_stdout(io.StringIO()):
            for source in sources:
                exec(compile(source, f"exercise {number}", "exec"), ran.names)
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(given[f"check-{number}"], f"check {number}", "exec"), ran.names)
        return out.getvalue()

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


def test_of_the_reasons_one_is_right_and_each_other_is_answered(ran):
    """Where a letter is asked, the check measures what each of the statements says."""
    letters = r"^- \*\*([a-d])\*\* "
    offered = re.findall(letters, "\n".join(cell.source for cell in read(ran.path).cells), re.M)
    asked = [cells for cells in exercises(ran) if "because" in cells[0]]
    assert offered in (["a", "b", "c", "d"] * len(asked), ["a", "b", "c"] * len(asked))
    for unsolved, _, right, said in asked:
        said(unsolved, right)
        words = [said(f'because = "{letter}"') for letter in "abcd?"]
        assert len(set(words)) == len(set(offered)) + 1, words
        assert [text[0] for text in words].count("✓") == 1, words


# --- what single panels do to the sound -----------------------------------------------------


def of_notebook(number):
    """Runs a test with one notebook only."""
    (path,) = [path for path in NOTEBOOKS if path.name.startswith(f"{number:02}")]
    return pytest.mark.parametrize("ran", [path], ids=[path.stem], indirect=True)


def heard(panel):
    """Returns the waveform that a panel plays."""
    return decode(panel.audio.value)[0]


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
def test_the_pitch_goes_with_the_bands(ran, slt):
    panel, f0 = ran.names["bands_panel"], at.pitch(*slt)
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
        assert (f"pitch of {share}% of the tune" in bench.panel.words) == (stop == "MFCC")
    whistle = 0.3 * np.sin(2 * np.pi * 5000 * t)  # far above what the tracker hears
    bench.take("whistle.wav", showtools.encode(whistle, 16000, "WAV"))
    assert "No pitch was found" in bench.panel.words
    bench.button.click()
    assert "none was found in the original" in bench.card.value
