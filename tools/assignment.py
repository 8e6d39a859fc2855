"""Makes a student set and a solution set of the notebooks, both ready to hand out.

    python tools/assignment.py [--output build/assignment] [01 02 ...]

A set is one flat folder: the notebooks that are named (all, if none is), the modules, the
sounds and what to install. Both sets are made from the notebooks of the course, where an
exercise is an open cell tagged ``answer-1`` and a check tagged ``check-1``, and from the
cell tagged ``answer-1`` in ``notebooks/solutions``:

* ``student/sound``: the notebooks as they are, their exercises open;
* ``solution/sound``: the answers and their reasons in their places, and executed.

Both carry nbgrader's metadata, and the folder above them is an nbgrader course whose source
is the solution set and whose release is the student set: its checks hold an assertion, hidden
from students, that fails where the check says "Not yet".
"""

import argparse
import re
import shutil
import textwrap
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
POINTS = {"Predict": 1, "Change": 2, "Build": 3, "Explain": 1}
SENTENCE = 1  # and one for the sentence below an Explain, which somebody must read
PARTS = [  # files and folders
    "audiotools.py",
    "staircase",
    "corpus.py",
    "notebooks/showtools.py",
    "notebooks/check.py",
    "notebooks/figures",
    "notebooks/show",
    "notebooks/README.md",
    "requirements.txt",
    "constraints.txt",
    "LICENSE",
]
PATH_IN_COURSE = r'sys\.path\.insert\(0, "\.\."\)  # (.+) one folder up'
PATH_IN_SET = r'sys.path.insert(0, ".")  # \1 beside this notebook'
NBGRADER_CONFIG = '''\
"""An nbgrader course: `nbgrader generate_assignment sound`, collect, `nbgrader autograde sound`."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "from_sound_to_numbers"
c.CourseDirectory.source_directory = "solution"
c.CourseDirectory.release_directory = "student"
c.ClearSolutions.code_stub = {"python": ""}  # the open cell stands above the solution
c.ExecutePreprocessor.timeout = 300  # seconds for one cell
'''


def read(path):
    """Returns a notebook."""
    return nbformat.read(path, as_version=4)


def numbered(notebook, kind):
    """Returns ``{exercise number: cell}`` of the cells tagged ``kind-number``."""
    found = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if match := re.fullmatch(rf"{kind}-(\d+)", tag):
                found[int(match[1])] = cell
    return found


def grades(notebook):
    """Returns ``{exercise number: "Predict"}``, read from the bold words that begin each."""
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    return {int(n): grade for n, grade in re.findall(r"^\*\*(\d)\. (\w+)\.\*\*", text, re.M)}


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


def student_notebook(path):
    """Returns a notebook of the course with what a set and nbgrader need."""
    notebook = read(path)
    setup = next(cell for cell in notebook.cells if re.search(PATH_IN_COURSE, cell.source))
    setup.source = re.sub(PATH_IN_COURSE, PATH_IN_SET, setup.source)
    grade = grades(notebook)
    for kind, is_check in (("answer", False), ("check", True)):
        for number, cell in numbered(notebook, kind).items():
            cell.metadata.nbgrader = dict(
                schema_version=3, grade_id=f"{kind}-{number}", cell_type="code", task=False,
                solution=not is_check, grade=is_check, locked=is_check,
            )  # fmt: skip
            if is_check:
                cell.metadata.nbgrader["points"] = POINTS[grade[number]]
    return notebook


def solution_notebook(path):
    """Returns the same notebook with answers, their reasons and hidden assertions."""
    notebook = student_notebook(path)
    (solutions_path,) = (path.parent / "solutions").glob(f"{path.name[:2]}_*.ipynb")
    solutions = read(solutions_path)
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


def make_sets(names, output, *, execute):
    """Writes both sets of the named notebooks into the folder `output`."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    paths = [path for path in paths if not names or path.name[:2] in names]
    missing = sorted(set(names) - {path.name[:2] for path in paths})
    if missing:
        raise SystemExit(f"no notebook {', '.join(missing)}: take two digits, such as 01 04")
    if (output / "submitted").exists():
        raise SystemExit(f"{output} holds submissions: name another folder with --output")
    shutil.rmtree(output, ignore_errors=True)
    for name, notebook_of in (("student", student_notebook), ("solution", solution_notebook)):
        folder = output / name / "sound"
        unheard = shutil.ignore_patterns("*.py", "minute", "screenshots", "mine.wav")
        shutil.copytree(ROOT / "data", folder / "data", ignore=unheard)
        for part in PARTS:
            copy(part, folder)
        for path in paths:
            notebook = notebook_of(path)
            if execute and name == "solution":
                print(f"running {path.name} with its solutions", flush=True)
                where = {"metadata": {"path": folder}}
                NotebookClient(notebook, timeout=300, resources=where).execute()
                notebook.metadata.pop("widgets", None)
            nbformat.write(notebook, folder / path.name)
        page = folder / "README.md"
        there = {path.name for path in paths}
        page.write_text(unlinked(page.read_text(encoding="utf-8"), there), encoding="utf-8")
    (output / "nbgrader_config.py").write_text(NBGRADER_CONFIG)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks by their two digits; all if none")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "assignment")
    arguments = parser.parse_args()
    make_sets(arguments.names, arguments.output, execute=True)
    print(f"{arguments.output}: student/sound and solution/sound")
