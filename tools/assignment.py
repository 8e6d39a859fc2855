"""Makes a student set and a solution set of the notebooks, both ready to hand out.

    python tools/assignment.py [--output build/assignment] [01 02 ...]

A set is one flat folder: the notebooks that are named (all, if none is), the modules, the
sounds, what to install and how to begin. Both sets are made from the notebooks of the course,
where an exercise is an open cell tagged ``answer-1`` and a check tagged ``check-1``, and from
the cell tagged ``answer-1`` in ``notebooks/solutions``:

* ``student/sound``: the notebooks with their exercises open and nothing stored below a cell.
  What is right stands in no file that meets the eye, and letters that were tried are counted;
* ``solution/sound``: the answers and their reasons in their places, below all else what the
  course's notebooks show there.

Both carry nbgrader's metadata, and the folder above them is an nbgrader course whose source
is the solution set: its checks hold an assertion, hidden from students, that fails where the
check says "Not yet".
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import zlib
from base64 import b85encode
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
POINTS = {"Predict": 1, "Change": 2, "Build": 3, "Explain": 1}
SENTENCE = 1  # and one for the sentence below an Explain, which somebody must read
PARTS = [  # files and folders
    "audiotools.py",
    "staircase",
    "corpus.py",
    "tools/warm_up.py",
    "notebooks/showtools.py",
    "notebooks/check.py",
    "notebooks/figures",
    "notebooks/show",
    "constraints.txt",
    "LICENSE",
    "LICENSE-CC-BY-4.0.txt",
    "CITATION.cff",
]
UNHEARD = ("*.py", "minute", "screenshots", "mine.wav")  # of data: what no notebook needs
MINUTES = 1  # for the first Run All of a notebook, which the set's README promises
CHECK_LINK, CHECK_WORDS = "[check.py](check.py)", "`check.py`, wrapped"  # what is right lies there
PLACEHOLDER = "*In one sentence of your own: why?*"
WRAPPED = '''\
"""The exercises' checks, wrapped, so that no answer meets the eye before you have tried."""

import zlib
from base64 import b85decode

source = zlib.decompress(b85decode({packed!r}))
exec(compile(source, __file__, "exec", optimize=2))  # no docstrings: they tell as well
'''
PATH_IN_COURSE = r'sys\.path\.insert\(0, "\.\."\)  # (.+) one folder up'
PATH_IN_SET = r'sys.path.insert(0, ".")  # \1 beside this notebook'
NBGRADER_CONFIG = '''\
"""An nbgrader course: `nbgrader generate_assignment sound`, collect, `nbgrader autograde sound`."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "from_sound_to_numbers"
c.CourseDirectory.source_directory = "solution"
c.ClearSolutions.code_stub = {"python": ""}  # the open cell stands above the solution
c.ExecutePreprocessor.timeout = 300  # seconds for one cell
'''


def read(path):
    """Returns a notebook."""
    return nbformat.read(path, as_version=4)


def named(names):
    """Returns the paths of the notebooks with these two digits; of all, if none is named."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    missing = sorted(set(names) - {path.name[:2] for path in paths})
    if missing:
        raise SystemExit(f"no notebook {', '.join(missing)}: take two digits, such as 01 04")
    return [path for path in paths if not names or path.name[:2] in names]


def solutions_to(path):
    """Returns the notebook with the solutions of a notebook."""
    (found,) = (path.parent / "solutions").glob(f"{path.name[:2]}_*.ipynb")
    return read(found)


def numbered(notebook, kind):
    """Returns ``{exercise number: cell}`` of the cells tagged ``kind-number``."""
    found = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if match := re.fullmatch(rf"{kind}-(\d+)", tag):
                found[int(match[1])] = cell
    return found


def kinds_of(notebook):
    """Returns ``{exercise number: "Predict"}``, read from the bold words that begin each."""
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    return {int(n): kind for n, kind in re.findall(r"^\*\*(\d)\. (\w+)\.\*\*", text, re.M)}


def reasons(solutions):
    """Returns ``{exercise number: why the answer is right}``, the words above each answer."""
    found, words = {}, ""
    answers = {cell.id: number for number, cell in numbered(solutions, "answer").items()}
    for cell in solutions.cells:
        if cell.cell_type == "markdown":
            words = re.sub(r"^\*\*\d\.\*\* ", "", cell.source)
        elif cell.id in answers:
            found[answers[cell.id]] = words
    return found


def solved(cell, answer, reason):
    """Returns the source of an open cell with its solution below it, in nbgrader's marks."""
    why = textwrap.fill(reason, 88, initial_indent="# ", subsequent_indent="# ")
    return f"{cell.source}\n### BEGIN SOLUTION\n{why}\n{answer.source}\n### END SOLUTION"


def asserted(cell):
    """Returns the source of a check with an assertion below it, in nbgrader's marks."""
    test = f"verdict = {cell.source}\nprint(verdict)\nassert verdict, verdict"
    return f"{cell.source}\n### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"


def for_nbgrader(cell, kind, number, points=0):
    """Marks a cell as nbgrader does: an answer, a check or a sentence, which somebody reads."""
    cell.metadata.nbgrader = dict(
        schema_version=3, grade_id=f"{kind}-{number}", cell_type=cell.cell_type, task=False,
        solution=kind != "check", grade=kind != "answer", locked=kind == "check",
    )  # fmt: skip
    if points:
        cell.metadata.nbgrader["points"] = points


def with_sentences(notebook):
    """Puts a cell below each Explain for a sentence."""
    checks, kind = numbered(notebook, "check"), kinds_of(notebook)
    for number in (n for n in checks if kind[n] == "Explain"):
        words = dict(id=f"sentence-{number}", metadata=dict(tags=[f"sentence-{number}"]))
        cell = nbformat.v4.new_markdown_cell(PLACEHOLDER, **words)
        for_nbgrader(cell, "sentence", number, SENTENCE)
        notebook.cells.insert(notebook.cells.index(checks[number]) + 1, cell)
    return notebook


def set_notebook(path):
    """Returns a notebook of the course with what a set and nbgrader need."""
    notebook = with_sentences(read(path))
    setup = next(cell for cell in notebook.cells if re.search(PATH_IN_COURSE, cell.source))
    setup.source = re.sub(PATH_IN_COURSE, PATH_IN_SET, setup.source)
    kind = kinds_of(notebook)
    for number, cell in numbered(notebook, "answer").items():
        for_nbgrader(cell, "answer", number)
    for number, cell in numbered(notebook, "check").items():
        cell.outputs, cell.execution_count = [], None
        for_nbgrader(cell, "check", number, POINTS[kind[number]])
    return notebook


def student_notebook(path):
    """Returns it with nothing stored below a cell."""
    notebook = set_notebook(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    return notebook


def solution_notebook(path):
    """Returns the same notebook with answers, their reasons and hidden assertions."""
    notebook = set_notebook(path)
    solutions = solutions_to(path)
    answers, why = numbered(solutions, "answer"), reasons(solutions)
    for number, cell in numbered(notebook, "answer").items():
        cell.source = solved(cell, answers[number], why[number])
    for cell in numbered(notebook, "check").values():
        cell.source = asserted(cell)
    return notebook


def unlinked(words, there):
    """Returns Markdown whose links to notebooks that are not `there` are words."""
    link = r"\[([^\]]+)\]\((\d\d_\w+\.ipynb)[^)]*\)"
    return re.sub(link, lambda found: found[0] if found[2] in there else found[1], words)


def copy(name, folder):
    """Copies a file or a folder of the course into a set, beside its notebooks."""
    source = ROOT / name
    if source.is_dir():
        compiled = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, folder / source.name, ignore=compiled)
    else:
        shutil.copy(source, folder)


def wrapped(source):
    """Returns a module whose source cannot be read at a glance; Python reads it as before."""
    return WRAPPED.format(packed=b85encode(zlib.compress(source.encode(), 9)))


def requirements():
    """Returns what a set needs: the course's, without what tests it."""
    return (ROOT / "requirements.txt").read_text(encoding="utf-8").partition("\n# tests")[0] + "\n"


def readme(paths):
    """Returns the page of a set: how to begin, what else the learners' page says."""
    begin = Path(__file__).with_name("set_readme.md").read_text(encoding="utf-8")
    page = (ROOT / "notebooks/README.md").read_text(encoding="utf-8")
    head, _, rest = page.partition("## Start\n")
    order = rest.partition("## In this order")[2]
    begin = begin.format(first=paths[0].name, minutes="a minute")
    page = f"{head}{begin}\n## In this order{order}".replace(CHECK_LINK, CHECK_WORDS)
    return unlinked(page, {path.name for path in paths})


def write_set(name, notebook_of, paths, folder):
    """Writes one of the sets into its folder."""
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns(*UNHEARD))
    for part in PARTS:
        copy(part, folder)
    (folder / "requirements.txt").write_text(requirements(), encoding="utf-8")
    (folder / "README.md").write_text(readme(paths), encoding="utf-8")
    for path in paths:
        nbformat.write(notebook_of(path), folder / path.name)
    if name == "student":
        check = folder / "check.py"
        check.write_text(wrapped(check.read_text(encoding="utf-8")), encoding="utf-8")
        (folder / "tries.json").write_text("{}")  # check.py counts letters in it


def make_sets(names, output):
    """Writes both sets of the named notebooks into the folder `output`; returns their paths."""
    paths = named(names)
    if (output / "submitted").exists():
        raise SystemExit(f"{output} holds submissions: name another folder with --output")
    shutil.rmtree(output, ignore_errors=True)
    for name, notebook_of in (("student", student_notebook), ("solution", solution_notebook)):
        write_set(name, notebook_of, paths, output / name / "sound")
    (output / "nbgrader_config.py").write_text(NBGRADER_CONFIG)
    return paths


def first_run(folder, name):
    """Returns the seconds of the warm-up and of the first Run All after it, in a copy of a set.

    As on a student's machine: nothing is compiled before, neither here nor in librosa.
    """
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(folder, Path(place, "sound"))
        shell = dict(os.environ, NUMBA_CACHE_DIR=str(Path(place, "compiled")), PYTHONPATH="")
        seconds = []
        run = "-m nbconvert --to notebook --execute --output done --log-level=ERROR".split()
        for command in (["warm_up.py"], [*run, name]):
            began = time.monotonic()
            command = [sys.executable, "-W", "ignore", *command]
            options = dict(cwd=Path(place, "sound"), env=shell, capture_output=True, text=True)
            done = subprocess.run(command, **options)
            if done.returncode:
                raise SystemExit(f"The student set does not run here:\n{done.stderr[-3000:]}")
            seconds.append(time.monotonic() - began)
    return seconds


def main():
    """Makes the sets, tries the students', and says where they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks by their two digits; all if none")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "assignment")
    arguments = parser.parse_args()
    path, *_ = make_sets(arguments.names, arguments.output)
    print(f"{arguments.output}: student/sound and solution/sound", flush=True)
    warm, first = first_run(arguments.output / "student" / "sound", path.name)
    print(f"The warm-up took {warm:.0f} s, then the first Run All of {path.name} {first:.0f} s.")
    if first > 60 * MINUTES:
        print("README.md in the set promises a minute: correct it, or use a faster machine.")


if __name__ == "__main__":
    main()
