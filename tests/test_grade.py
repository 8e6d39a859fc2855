"""What `make grade` makes of whatever a class hands in: all kinds at once, graded in one run."""

import copy
import csv
import functools
import io
import json
import os
import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT, SOLUTIONS

sys.path.insert(0, str(ROOT / "tools"))
import assignment
import grade
from grading import answers, collect, data, fence, report

pytestmark = pytest.mark.slow  # notebook 01 runs on two voices, and two answers run into limits
if not hasattr(os, "fork"):
    pytest.skip("a fence is a fork", allow_module_level=True)

PATH = NOTEBOOKS[0]
STEM = PATH.stem
RIGHT = {1: "rows, columns = 201, 1 + len(y) // 160", 2: "shortest = 1024", 4: 'because = "b"'}
RIGHT[3] = "half = np.fft.rfft(one_frame.astype(float))\n"
RIGHT[3] += "full = np.concatenate([half, np.conj(half[-2:0:-1])])"
WHY = "Zeros behind the sound draw more rows between the old ones, and nothing else."
FULL = [1, 2, 3, 1]
STUDENTS = {}  # by name: what changes the notebook that they hand in


def student(change):
    """Adds a student of this name, whose notebook is changed by `change(notebook)`."""
    STUDENTS[change.__name__] = change
    return change


@functools.cache
def handed_out():
    """Returns the notebook as students get it, in JSON."""
    return nbformat.writes(assignment.student_notebook(PATH))


def handed_in(name):
    """Returns the bytes of a student's notebook."""
    notebook = nbformat.reads(handed_out(), as_version=4)
    return dump(STUDENTS[name](notebook) or notebook)


def dump(notebook):
    return json.dumps(notebook).encode()


def cell(notebook, kind, number):
    return assignment.numbered(notebook, kind)[number]


def answer(notebook, **sources):
    """Puts in answers: all are right, but those that are given as a1=..."""
    for number, source in (RIGHT | {int(k[1]): v for k, v in sources.items()}).items():
        if source is not None:
            cell(notebook, "answer", number).source = source


def sentence(notebook, words):
    at = notebook.cells.index(cell(notebook, "check", 4)) + 1
    notebook.cells.insert(at, nbformat.v4.new_markdown_cell(words))


ANSWERS = {  # who differ from the first in what they answer alone
    "half_of_it": dict(a3=None, a4=None),
    "syntax_error": dict(a1="rows, columns = 201,, 1"),
    "endless_loop": dict(a2="shortest = 0\nwhile True:\n    pass"),
    "leaves_python": dict(a1="import os\nos._exit(0)\nrows = 1"),
    "fork_bomb": dict(a2="import os\nwhile True:\n    os.fork()\nshortest = 0"),
    "much_memory": dict(a2="shortest = np.ones((40_000, 40_000, 10))"),
    "kills_the_grader": dict(
        a2="import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nshortest = 1024"
    ),
    "for_one_voice": dict(
        a3="full = np.fft.fft(one_frame.astype(float)) if clip == 'slt' else np.ones(1024)"
    ),
    "magics": dict(a2="%matplotlib inline\n%time shortest = 1024\n!ls"),
    "other_names": dict(a1="n_rows, n_columns = 201, 424"),
    "a_line_for_the_shell": dict(a2="!pip install numpy\nif True:\n    !ls\nshortest = 1024"),
    "a_letter_and_words": dict(a4='because = "B) only more sound parts them"'),
    "in_utf_16": dict(),
}
STUDENTS |= {name: functools.partial(answer, **own) for name, own in ANSWERS.items()}


@student
def all_right(notebook):
    answer(notebook)
    sentence(notebook, WHY)


@student
def all_wrong(notebook):
    wrong = assignment.numbered(nbformat.read(SOLUTIONS[0], as_version=4), "wrong")
    answer(notebook, **{f"a{number}": cell.source for number, cell in wrong.items()})


@student
def untouched(notebook):
    pass


@student
def early_crash(notebook):
    answer(notebook)
    notebook.cells.insert(3, nbformat.v4.new_code_cell("del y\n1 / 0"))


@student
def deleted_answer(notebook):
    answer(notebook)
    notebook.cells.remove(cell(notebook, "answer", 2))


@student
def stripped_metadata(notebook):
    answer(notebook)
    for cell in notebook.cells:
        cell.metadata.clear()
    notebook.metadata.clear()


@student
def copied_cell(notebook):
    answer(notebook)
    one = cell(notebook, "answer", 1)
    notebook.cells.insert(notebook.cells.index(one), copy.deepcopy(one))


@student
def in_several_cells(notebook):
    answer(notebook, a3="full = mirrored(np.fft.rfft(one_frame.astype(float)))")
    at = notebook.cells.index(cell(notebook, "answer", 3))
    helper = "def mirrored(half):\n    return np.concatenate([half, np.conj(half[-2:0:-1])])"
    notebook.cells.insert(at, nbformat.v4.new_code_cell(helper))


@student
def other_allclose(notebook):
    patch = "np.allclose = lambda *a, **k: True\nimport builtins\nbuiltins.abs = lambda x: 0\n"
    answer(notebook, a1=patch + "rows, columns = 0, 1", a3=patch + "full = one_frame")


@student
def equals_everything(notebook):
    everything = "class Any(float):\n    def __eq__(self, other):\n        return True\n"
    everything += "    __hash__ = None\n    def __lt__(self, other): return True\n"
    answer(notebook, a1=everything + "rows = columns = Any()", a2="shortest = Any()")


@student
def drops_asserts(notebook):
    drop = "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
    drop += "        return ast.Pass()\nget_ipython().ast_transformers.append(Drop())\nrows = 1"
    answer(notebook, a1=drop)


@student
def other_checks(notebook):
    answer(notebook, a1="rows, columns = 1, 1")
    for number in (1, 2):
        cell(notebook, "check", number).source = 'print("✓ Right.")'
    notebook.cells.remove(cell(notebook, "check", 3))


@student
def patched_checks(notebook):
    patch = "for name in dir(check):\n    setattr(check, name, lambda *a, **k: True)\n"
    patch += "import showtools\nshowtools.truth = lambda x: True\nrows, columns = 1, 1"
    answer(notebook, a1=patch)


@student
def deletes_files(notebook):
    code = f"import os\nos.remove({str(ROOT / 'LICENSE')!r})\nshortest = 1024"
    answer(notebook, a2=code if os.getuid() == 0 else "os.remove('/LICENSE')")


@student
def asks_the_network(notebook):
    code = "import urllib.request\nurllib.request.urlopen('http://example.org')\nshortest = 1024"
    answer(notebook, a2=code)


@student
def much_output(notebook):
    answer(notebook)
    text = nbformat.v4.new_output("stream", text="x" * 50_000_000)
    notebook.cells[2].outputs = [text]


@student
def broken_outputs(notebook):
    answer(notebook)
    for cell in notebook.cells:
        cell["outputs"] = [None, 3, {"text": [1]}]


@student
def tried_letters(notebook):
    answer(notebook)
    words = "✓ Right: so it is (3 letters tried)\n"
    cell(notebook, "check", 4).outputs = [nbformat.v4.new_output("stream", text=words)]


@student
def another_version(notebook):
    answer(notebook)
    (task,) = [c for c in notebook.cells if c.source.startswith("**2. Change.**")]
    task.source = "**2. Change.** Which is the shortest frame that shows a comb?"


@student
def same_sentence(notebook):
    answer(notebook)
    sentence(notebook, WHY.upper().replace(",", " -"))


@student
def old_format(notebook):
    answer(notebook)
    cells = [dict(c, input=c.source) if c.cell_type == "code" else dict(c) for c in notebook.cells]
    for one in cells:
        if one["cell_type"] == "code":
            del one["source"]
    return dict(nbformat=3, nbformat_minor=0, metadata={}, worksheets=[dict(cells=cells)])


@student
def other_clip(notebook):
    answer(notebook, a1="rows, columns = 201, 480")  # of kal16
    for cell in notebook.cells:
        cell.source = cell.source.replace('clip = "slt"', 'clip = "kal16"')


@student
def unknown_clip(notebook):
    answer(notebook)
    for cell in notebook.cells:
        cell.source = cell.source.replace('clip = "slt"', 'clip = "mine"')


@student
def helper_above(notebook):
    answer(notebook, a2="shortest = shortest_of(92)")
    helper = "def shortest_of(hz):\n    return 1024"
    notebook.cells.insert(9, nbformat.v4.new_code_cell(helper))


@student
def answer_in_the_next_cell(notebook):
    both = RIGHT[1] + "\n" + RIGHT[2]
    answer(notebook, a1=both, a2=None)


@student
def answer_in_the_check_s_cell(notebook):
    answer(notebook, a1=None)
    check = cell(notebook, "check", 1)
    check.source = RIGHT[1] + "\n" + check.source
    notebook.cells.remove(cell(notebook, "answer", 1))


@student
def sentence_as_code(notebook):
    answer(notebook)
    (words,) = [c for c in notebook.cells if c.id == "sentence-4"]
    i = notebook.cells.index(words)
    code = nbformat.v4.new_code_cell("Zeros add no sound.", metadata=words.metadata)
    notebook.cells[i] = code


def zipped(files):
    """Returns a zip of {name: bytes}."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return raw.getvalue()


@functools.cache
def files():
    """Returns what lies in the folder of a class: ``{student: {path: bytes}}``."""
    own = {name: {f"{name}/{STEM}.ipynb": handed_in(name)} for name in STUDENTS}
    right, wrong, blanks = map(handed_in, ("all_right", "all_wrong", "untouched"))
    own["in_utf_16"] = {
        name: content.decode().encode("utf-16") for name, content in own["in_utf_16"].items()
    }
    moodle = "{}_assignsubmission_file_/" + f"{STEM}.ipynb"
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print('hello')")])
    return (
        own
        | {
            "Jörg Müller Größe": {"Jörg Müller Größe/sound/meine Lösung (2).ipynb": right},
            "renamed file": {"renamed file/x.ipynb": right},
            "flat": {f"{STEM}_flat.ipynb": right},
            "Moodle Mo": {f"Moodle Mo_123_assignsubmission_file_/{STEM}.ipynb": right},
            "zip": {"zip.zip": zipped({f"__MACOSX/._{STEM}.ipynb": b"", f"a/{STEM}.ipynb": right})},
            "slip": {"slip.zip": zipped({f"../../{STEM}.ipynb": right})},
            "two files": {f"two files/a/{STEM}.ipynb": wrong, f"two files/{STEM}-1.ipynb": right},
            "twice the same": {
                f"twice the same/a/{STEM}.ipynb": right,
                f"twice the same/{STEM}.ipynb": right,
            },
            "Equal Name (5001)": {moodle.format("Equal Name_5001"): right},
            "Equal Name (5002)": {moodle.format("Equal Name_5002"): wrong},
            "equal name": {f"equal name/{STEM}.ipynb": wrong},
            "Zara Inside": {
                "rest.zip": zipped(
                    {moodle.format("Zara Inside_77"): right, moodle.format("Yan Inside_78"): wrong}
                )
            },
            "Yan Inside": {},  # who is in the same zip
            "pdf": {"pdf/report.pdf": b"%PDF-1.4"},
            "pdf beside": {"pdf beside/report.pdf": b"%PDF-1.4", f"pdf beside/{STEM}.ipynb": right},
            "empty folder": {"empty folder/": b""},
            "empty file": {f"empty file/{STEM}.ipynb": b""},
            "no json": {f"no json/{STEM}.ipynb": b"\x00\xff\xfe"},
            "another course": {f"another course/{STEM}.ipynb": dump(other)},
            "a broken zip": {"a broken zip.zip": right[:999]},
            "=1+2": {f"=1+2/{STEM}.ipynb": blanks},
        }
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder with the grades, and the rows of grades.csv by students."""
    folder, output = tmp_path_factory.mktemp("handed in"), tmp_path_factory.mktemp("grades")
    for own in files().values():
        for name, content in own.items():
            path = folder / name
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                path.write_bytes(content)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    here = os.getcwd()
    told = report.write(grade.grade(folder, [answers.Lesson(PATH)], ["01"]), output)
    os.chdir(here)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with open(output / "grades.csv", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    return output, {name: [r for r in rows if r["student"] == name] for name in files()}, told


def points(rows):
    return [float(row["points"]) for row in rows if row["kind"] not in ("", "Sentence")]


GRADES = {  # of those who are not all right: points, and words that must be in a reason or a flag
    "all_wrong": ([0, 0, 0, 0], "so many lie inside the sound"),
    "half_of_it": ([1, 2, 0, 0], "as it was handed out"),
    "untouched": ([0, 0, 0, 0], "as it was handed out"),
    "syntax_error": ([0, 2, 3, 1], "SyntaxError: invalid syntax (line 1 of a cell)"),
    "deleted_answer": ([1, 0, 3, 1], "its cell is gone"),
    "endless_loop": ([1, 0, 3, 1], "the answer was stopped: it took more than 1"),
    "other_allclose": ([0, 2, 0, 1], "Not yet"),
    "equals_everything": ([0, 0, 3, 1], "`Any` is no data"),
    "drops_asserts": ([0, 2, 3, 1], "Not yet"),
    "other_checks": ([0, 2, 3, 1], "Not yet"),
    "patched_checks": ([0, 2, 3, 1], "Not yet"),
    "leaves_python": ([0, 2, 3, 1], "it left Python with the status 0"),
    "fork_bomb": ([1, 0, 3, 1], "Resource temporarily unavailable"),
    "much_memory": ([1, 0, 3, 1], "MemoryError"),
    "asks_the_network": ([1, 0, 3, 1], "the tests stay off the network"),
    "for_one_voice": ([1, 2, 1, 1], "right on one voice alone; on the other: ✗ Not yet"),
    "tried_letters": ([1, 2, 3, 0.5], "tried 3 letters"),
    "helper_above": ([1, 0, 3, 1], "may be answered elsewhere"),
    "answer_in_the_next_cell": ([1, 0, 3, 1], "may be answered elsewhere"),
    "other_names": ([0, 2, 3, 1], "`rows` and `columns` are not set in its cell"),
    "Equal Name (5002)": ([0, 0, 0, 0], "so many lie inside the sound"),
    "equal name": ([0, 0, 0, 0], "so many lie inside the sound"),
    "Yan Inside": ([0, 0, 0, 0], "so many lie inside the sound"),
}
ALL_RIGHT = {  # a flag or reason, if any
    "all_right": "", "early_crash": "", "stripped_metadata": "", "in_several_cells": "2 cells",
    "copied_cell": "2 cells in answer 1", "much_output": "", "broken_outputs": "", "magics": "",
    "another_version": "another version", "old_format": "", "Jörg Müller Größe": "",
    "renamed file": "", "flat": "", "Moodle Mo": "", "zip": "", "slip": "", "pdf beside": "",
    "two files": "2 files, the better one counts: two files/01_spectrograms-1.ipynb (7 of 8)",
    "other_clip": "graded on clip = kal16", "unknown_clip": "clip = mine, graded on slt",
    "answer_in_the_check_s_cell": "", "a_line_for_the_shell": "", "a_letter_and_words": "",
    "sentence_as_code": "Zeros add no sound.", "in_utf_16": "", "Equal Name (5001)": "",
    "Zara Inside": "", "twice the same": "the same answers as in another file",
    "same_sentence": "same sentence as ",
}  # fmt: skip
REFUSED = {
    "pdf": "no notebook: report.pdf",
    "empty folder": "no notebook: an empty folder",
    "empty file": "it is not JSON",
    "no json": "it is not JSON",
    "another course": "no exercise of this course",
    "a broken zip": "a zip that cannot be opened",
}
BY_ROOT = ("kills_the_grader", "deletes_files")  # what holds these back depends on who grades


def test_more_than_thirty_kinds_are_here_and_each_has_its_expectation():
    assert len(files()) > 40
    assert set(files()) == {*GRADES, *ALL_RIGHT, *REFUSED, *BY_ROOT, "=1+2"}


@pytest.mark.parametrize("name", GRADES)
def test_what_is_wrong_loses_its_points_and_nothing_else(graded, name):
    wanted, words = GRADES[name]
    rows = graded[1][name]
    assert points(rows) == wanted
    assert words in " ".join(row["reason"] + row["flags"] for row in rows)


@pytest.mark.parametrize("name", ALL_RIGHT)
def test_right_answers_count_wherever_they_are(graded, name):
    rows = graded[1][name]
    assert points(rows) == FULL, [row["reason"] for row in rows]
    assert ALL_RIGHT[name] in " ".join(row["reason"] + row["flags"] for row in rows)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_notebook_of_ours_has_a_row_with_its_reason(graded, name):
    (row,) = graded[1][name]
    assert REFUSED[name] in row["reason"] and row["flags"] == "not graded"


@pytest.mark.parametrize("name", BY_ROOT)
def test_an_attack_costs_others_nothing(graded, name):
    rows = graded[1][name]
    assert points(rows)[1] == 0 and (ROOT / "LICENSE").exists()
    assert os.getuid() or points(rows) == [1, 0, 3, 1]


def test_a_sentence_waits_for_its_reader_and_a_copy_names_the_other(graded):
    _, rows, told = graded
    said = {name: [row for row in rows[name] if row["kind"] == "Sentence"] for name in rows}
    (own,) = said["all_right"]
    assert own["points"] == "" and own["of"] == "1" and own["reason"] == WHY
    for copied in (own, said["same_sentence"][0]):
        assert re.search(r"same sentence as (.+, ){2}.+ and \d+ more$", copied["flags"])
    assert said["half_of_it"][0]["points"] == "0"
    assert "sentences to be read" in told
    letters = [row for row in rows["all_right"] if row["kind"] == "Explain"]
    assert letters[0]["flags"] == "outputs cleared, tries not seen"


def test_no_cell_of_a_table_is_a_formula(graded):
    output, rows, _ = graded
    lines = (output / "grades.csv").read_text("utf-8-sig") + (output / "totals.csv").read_text()
    assert "'=1+2" in lines and "\n=" not in lines and ",=" not in lines


def test_totals_are_what_moodle_s_grading_worksheet_asks(graded):
    with open(graded[0] / "totals.csv", newline="", encoding="utf-8-sig") as file:
        lines = {line["Full name"]: line for line in csv.DictReader(file)}
    own = lines["Zara Inside"]
    assert own["Identifier"] == "Participant 77" and own["Grade"] == own["01"] == "7"
    assert own["Maximum grade"] == "8" and lines["flat"]["Identifier"] == ""


def test_points_for_sentences_that_somebody_wrote_into_the_table_count(tmp_path):
    (folder := tmp_path / "in" / "anna").mkdir(parents=True)
    (folder / "a.ipynb").write_bytes(handed_in("all_right"))
    lesson = answers.Lesson(PATH)
    found, refused = grade.submissions(tmp_path / "in", [lesson], ["01"])
    right = {n: grade.Result(True, "✓ Right.") for n in (1, 2, 3, 4)}
    done = report.Class([found[0] | dict(results=right, elsewhere={})], refused, "nothing")
    report.write(done, tmp_path / "out")
    table = tmp_path / "out" / "grades.csv"
    (row,) = [line for line in table.read_text("utf-8-sig").splitlines() if "Sentence" in line]
    for said, refusal in (("good", "'good', and must be a number"), ("0,5", None)):
        given = row.replace("Sentence,,", f'Sentence,"{said}",')
        table.write_text(table.read_text("utf-8-sig").replace(row, given), "utf-8")
        if refusal:
            with pytest.raises(SystemExit, match=refusal):
                report.write(done, tmp_path / "out")
            table.write_text(table.read_text("utf-8").replace(given, row), "utf-8")
    report.write(done, tmp_path / "out")
    assert ",anna,7.5,8," in (tmp_path / "out" / "totals.csv").read_text("utf-8-sig")
    assert "7.5 of 8 points." in (tmp_path / "out" / "students" / "anna.html").read_text("utf-8")
    with pytest.raises(SystemExit, match="has points for 1 sentences that are not among"):
        report.write(report.Class([], [], "nothing"), tmp_path / "out")


def test_nobody_is_lost(graded):
    output, rows, _ = graded
    assert [name for name in files() if not rows[name]] == ["=1+2"]  # which stands there as '=1+2
    assert len((output / "totals.csv").read_text().splitlines()) == 1 + len(files())


def test_every_student_has_a_page_that_names_no_other(graded):
    output, rows, _ = graded
    pages = list((output / "students").glob("*.html"))
    assert len(pages) == len(files())
    page = (output / "students" / "all_right.html").read_text("utf-8")
    assert WHY in page and "✓ Right" in page and "same_sentence" not in page
    summary = (output / "index.html").read_text("utf-8")
    assert all(f"students/{path.stem}" in summary for path in pages if path.stem.isascii())
    assert "&lt;" not in page or "<script" not in page


def test_a_folder_with_other_things_is_not_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SystemExit, match="holds other things than grades"):
        report.write(report.Class([], [], "nothing"), tmp_path)
    assert (tmp_path / "mine.txt").exists()


# ----------------------------------------------------------------------------------------
# Its parts
# ----------------------------------------------------------------------------------------


def test_only_data_comes_through():
    for value in (1, "a", [1.5, None], {"a": (1, 2)}, 3j):
        assert data.data(pickle.dumps(value)) == value
    for value in (print, os.system, Path("a"), collect.File, ValueError("a")):
        with pytest.raises(data.NoData, match="is no data"):
            data.data(pickle.dumps(value))
    with pytest.raises(data.NoData, match="cannot be read"):
        data.data(b"not a pickle")


def test_a_fence_says_how_its_process_ended():
    for work, words in (
        (lambda _: os._exit(7), "status 7"),
        (lambda _: os.kill(os.getpid(), 15), "SIGTERM"),
        (lambda _: __import__("time").sleep(60), "more than 1 seconds"),
    ):
        within = fence.Fenced(work, 5)
        with pytest.raises(fence.Ended, match=words):
            within.receive(1)
        within.close()
        assert not Path(within.home).exists()


def test_files_that_only_look_large_are_not_unpacked(tmp_path):
    bomb = zipped({"a.ipynb": b"0" * (collect.LARGEST + 1)})
    (tmp_path / "bomb.zip").write_bytes(bomb)
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "file").symlink_to("/etc/passwd")
    files = list(collect.files_in(tmp_path))
    assert [file.reason for file in files if file.read] == []
    assert any("more than 200 MB when unpacked" in file.reason for file in files)
    assert not any("passwd" in str(file.path) for file in files)


@pytest.mark.parametrize(
    "paths, students",
    [
        (["all/Anna/x.ipynb", "all/Ben/sound/y.ipynb"], ["Anna", "Ben"]),
        (["Anna/sound/01_spectrograms.ipynb"], ["Anna"]),
        (["all/anna_01_spectrograms.ipynb", "all/ben_01_spectrograms-1.ipynb"], ["anna", "ben"]),
        (["Anna/01_spectrograms.ipynb", "Anna/04_mfcc_reversal.ipynb"], ["Anna"]),
        (["ANNA/a.ipynb", "Anna/b.ipynb"], ["ANNA", "Anna"]),
        (["Kopie von 01_spectrograms.ipynb"], ["Kopie von 01_spectrograms"]),
        (["Li_9_assignsubmission_file_01_spectrograms.ipynb"], ["Li"]),
        (
            ["Li_9_assignsubmission_file_/a.ipynb", "Li_8_assignsubmission_x/a.ipynb"],
            ["Li (8)", "Li (9)"],
        ),
        (["Anna.ipynb", "Ben/b.ipynb"], ["Anna", "Ben"]),
    ],
)
def test_whose_a_file_is(tmp_path, paths, students):
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")
    stems = ["01_spectrograms", "04_mfcc_reversal"]
    assert [handed.student for handed in collect.collect(tmp_path, stems)] == students


def test_a_file_without_a_name_is_flagged(tmp_path):
    (tmp_path / f"{STEM} (1).ipynb").write_bytes(handed_in("all_right"))
    (tmp_path / f"{STEM} Ida.ipynb").write_bytes(handed_in("all_right"))
    found, _ = grade.submissions(tmp_path, [answers.Lesson(PATH)], ["01"])
    flagged = {one["student"]: "no name: whose is it?" in one["flags"] for one in found}
    assert flagged == {f"{STEM} (1)": True, "Ida": False}


def test_a_zip_is_as_good_as_a_folder(tmp_path):
    whole = zipped({"Anna/a.ipynb": b"{}", "Ben/b.ipynb": b"{}", "desktop.ini": b""})
    (tmp_path / "all.zip").write_bytes(whole)
    handed = collect.collect(tmp_path / "all.zip", [])
    assert [own.student for own in handed] == ["Anna", "Ben"]


def test_every_notebook_is_known_by_what_is_in_it_and_by_no_other_s():
    lessons = [answers.Lesson(path) for path in NOTEBOOKS]
    for lesson in lessons:
        assert answers.lesson_of(answers.cells_of(lesson.path.read_bytes()), lessons) is lesson
    assert set(grade.ASKED_TWICE) < {lesson.number for lesson in lessons}


def test_a_whole_folder_of_which_one_notebook_is_asked_for(tmp_path):
    """A student may hand in the set as it is, with one notebook answered."""
    for path in NOTEBOOKS[:3]:
        (tmp_path / "anna").mkdir(exist_ok=True)
        (tmp_path / "anna" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "anna" / PATH.name).write_bytes(handed_in("all_right"))
    (tmp_path / "ben").mkdir()
    (tmp_path / "ben" / "x.ipynb").write_bytes(NOTEBOOKS[1].read_bytes())
    lessons = [answers.Lesson(path) for path in NOTEBOOKS[:3]]
    found, refused = grade.submissions(tmp_path, lessons, ["01"])
    assert [(one["student"], one["lesson"].number) for one in found] == [("anna", "01")]
    assert [one["reason"] for one in refused] == ["none of the notebooks asked for, but 02"]
    found, refused = grade.submissions(tmp_path, lessons, ["01", "02", "03"])
    told = [(one["student"], one["lesson"].number) for one in found]
    assert told == [("anna", "01"), ("ben", "02")]
    assert [one["reason"] for one in refused] == ["nothing is answered in it, as in the set"] * 2


class Frail:
    """A room that a submission can stop, as one can where it runs as its grader."""

    def __init__(self, lesson, clip):
        pass

    def learn_from(self, solutions):
        return [1]

    def leave(self):
        pass

    def grade(self, submitted):
        if submitted[1].cells == ("kill",):
            os.kill(os.getpid(), 9)
        return {1: grade.Result(True, "✓ Right.")}


def test_a_room_that_a_submission_stops_is_made_again_for_the_others(monkeypatch):
    monkeypatch.setattr(grade, "Room", Frail)
    cells = ["a", "kill", "b", "kill", "c", "kill"]
    jobs = [(key, {1: answers.Answer((source,))}) for key, source in enumerate(cells)]
    results = grade.graded(answers.Lesson(PATH), {"slt": jobs, "kal16": []}, lambda *_: None)
    assert [results["slt"][key][1].right for key in range(6)] == [True, False] * 3
    assert results["slt"][1][1].flags == ("stopped the grader",)


def test_where_the_course_s_own_answer_fails_a_flag_says_so_and_the_other_voice_is_not_asked():
    result = {3: grade.Result(False, "✗ Not yet")}
    one = dict(lesson=answers.Lesson(PATH), clip="slt")
    results = {"slt": {"right": [1, 2], 0: result}, "kal16": {"right": [1, 2], 0: result}}
    grade.add_results(one, 0, results)
    assert one["results"][3].flags == (grade.DOUBT,) and one["elsewhere"] == {}


WITHIN = """
import sys
sys.path.insert(0, sys.argv[1])
import grade
lesson = next(grade.Lesson(p) for p in map(grade.Path, sys.argv[2:]))
room = grade.Room(lesson, "slt")
print(room.learn_from(grade.solutions_of(lesson)))
room.leave()
"""


# A store that answers read by threads and write to; a function that is called from afar. The
# solutions of all others were right behind a fence, too, when it was built.
@pytest.mark.parametrize("number, right", [("09", [1, 2, 3, 4]), ("07", [1, 2, 3, 4])])
def test_the_course_s_own_answers_are_right_behind_a_fence(number, right):
    (path,) = (path for path in NOTEBOOKS if path.name[:2] == number)
    command = [sys.executable, "-W", "ignore", "-c", WITHIN, str(ROOT / "tools"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == f"{right}\n", done.stderr[-2000:]
