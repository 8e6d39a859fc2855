"""The sets that `make assignment` hands out: what students get, what teachers and nbgrader get."""

import ast
import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT, SOLUTIONS
from test_notebooks import named, read

import check

sys.path.insert(0, str(ROOT / "tools"))
import assignment


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """The folder with both sets of all notebooks."""
    folder = tmp_path_factory.mktemp("sets") / "assignment"
    assignment.make_sets([], folder)
    return folder


def notebooks_of(sets, name, path):
    return read(sets / name / "sound" / path.name)


@named(NOTEBOOKS)
def test_students_get_the_notebook_with_open_exercises_and_nothing_of_the_answers(sets, path):
    given, own = notebooks_of(sets, "student", path), read(path)
    explains = list(assignment.kinds_of(own).values()).count("Explain")
    added = [cell for cell in given.cells if cell.id.startswith("sentence-")]
    assert [cell.source for cell in added] == [assignment.PLACEHOLDER] * explains
    rest = [cell for cell in given.cells if cell not in added]
    changed = [a.source for a, b in zip(rest, own.cells, strict=True) if a.source != b.source]
    assert len(changed) == 1 and 'sys.path.insert(0, ".")  # audiotools.py ' in changed[0]
    code = [cell for cell in given.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    files = [file.name for file in (sets / "student" / "sound").rglob("*")]
    assert not [name for name in files if "solution" in name]
    no_dead_link(sets / "student" / "sound")


@named(SOLUTIONS)
def test_no_file_of_a_student_set_shows_an_answer(sets, path):
    """What an exercise adds to its open cell stands nowhere, whatever file one opens."""
    lesson = read(ROOT / "notebooks" / next(p for p in NOTEBOOKS if p.name[:2] == path.name[:2]))
    opened = assignment.numbered(lesson, "answer")
    files = [f for f in (sets / "student" / "sound").rglob("*") if f.suffix in (".py", ".md")]
    text = "\n".join(f.read_text(encoding="utf-8") for f in files)
    for number, cell in assignment.numbered(read(path), "answer").items():
        lines = set(cell.source.splitlines()) - set(opened[number].source.splitlines())
        telling = [line for line in lines if len(line.strip()) > 25]
        assert not [line for line in telling if line in text]
    for sentence in ("half a frame is added at both", "the upper half of 400 frequencies"):
        assert sentence not in text


def test_the_checks_of_a_student_set_say_what_the_course_s_say(sets):
    code = "import check, audiotools as at; y = at.load_wav('data/slt.wav')[0];"
    code += "print(check.shortest_frame(512), check.rows_and_frames(201, 424, y=y))"
    done = python(sets, "-c", code)
    assert done.stdout == f"{check.shortest_frame(512)} ✓ Right.\n"
    told = python(sets, "-c", "import check; print(*(f.__doc__ for f in vars(check).values()))")
    assert "01-4" in check.finer_teeth.__doc__ and "01-4" not in told.stdout  # nor does help tell
    own = (sets / "student/sound/check.py").read_text()
    assert "wrapped" in own and len(own.splitlines()) == 7


def test_a_student_set_asks_for_what_it_imports_and_for_no_tests(sets):
    folder = sets / "student" / "sound"
    asked = (folder / "requirements.txt").read_text(encoding="utf-8")
    names = {re.match(r"[\w-]+", line)[0] for line in asked.splitlines() if line[:1].isalpha()}
    tests = {"pytest", "pytest-xdist", "hypothesis", "coverage", "nbval", "ruff"}
    assert not names & tests and len(names) > 10
    modules = {"scikit-learn": "sklearn", "pillow": "PIL", "jupyterlab": "jupyterlab"}
    brought = {"IPython", "traitlets", "nbformat"}  # by jupyterlab and ipywidgets
    known = {modules.get(name, name) for name in names} | brought | set(sys.stdlib_module_names)
    known |= {path.stem for path in folder.iterdir()}
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            unknown = {name.partition(".")[0] for name in found} - known - OPTIONAL
            assert not unknown, f"{file.name}: {unknown}"


OPTIONAL = {"dask", "distributed"}  # a corpus on a cluster


def test_what_is_law_and_how_to_begin_come_with_a_set(sets):
    folder = sets / "student" / "sound"
    for name in ("LICENSE", "LICENSE-CC-BY-4.0.txt", "CITATION.cff", "data/LICENSE-flite.txt"):
        assert (folder / name).read_bytes() == (ROOT / name).read_bytes()
    words = (folder / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\.venv/bin/python (?:-W ignore )?(\S+)", words, re.M)
    assert commands == ["-m", "warm_up.py", "-m"] and (folder / "warm_up.py").exists()
    assert "make lab" not in words and "{" not in words


def python(sets, *arguments):
    """Returns what Python did in the student set."""
    command = [sys.executable, "-B", "-W", "ignore", *arguments]
    folder = sets / "student" / "sound"
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")


def no_dead_link(folder):
    words = (folder / "README.md").read_text(encoding="utf-8")
    assert all((folder / file).exists() for file in re.findall(r"\]\((\w+\.ipynb)", words))


def test_the_modules_of_a_set_find_each_other_and_the_sounds_in_it(sets):
    folder = sets / "student" / "sound"
    assert not list(folder.rglob("__pycache__"))
    code = "import audiotools, corpus, showtools as st; from show import workbench\n"
    code += "files = [audiotools.__file__, corpus.__file__, st.__file__, workbench.__file__]\n"
    code += "print(*files, st.clip_path('slt'), sep='\\n'); st.SoundInput()"
    done = python(sets, "-c", code)
    assert done.returncode == 0, done.stderr
    own = "audiotools.py corpus.py showtools.py show/workbench.py data/slt.wav".split()
    assert [Path(path) for path in done.stdout.splitlines()] == [folder / name for name in own]
    assert (folder / "data/slt.wav").exists()


@named(NOTEBOOKS)
def test_the_solution_set_is_the_student_set_with_what_nbgrader_takes_out(sets, path):
    given, solved = (notebooks_of(sets, name, path) for name in ("student", "solution"))
    for open_cell, cell in zip(given.cells, solved.cells):
        begin, _, rest = cell.source.partition("\n### BEGIN ")
        assert begin == open_cell.source
        assert not rest or rest.endswith(("### END SOLUTION", "### END HIDDEN TESTS"))
        assert cell.metadata == open_cell.metadata
    answers = assignment.numbered(solved, "answer")
    checks = assignment.numbered(solved, "check")
    assert set(answers) == set(checks) and len(answers) >= 2
    assert all("### BEGIN SOLUTION\n# " in cell.source for cell in answers.values())
    assert all("\nassert verdict, verdict\n" in cell.source for cell in checks.values())


@named(NOTEBOOKS)
def test_cells_carry_what_nbgrader_reads(sets, path):
    marked = [c for c in notebooks_of(sets, "student", path).cells if "nbgrader" in c.metadata]
    ids = [cell.metadata.nbgrader.grade_id for cell in marked]
    wanted = []
    for n, kind in assignment.kinds_of(read(path)).items():
        wanted += [f"answer-{n}", f"check-{n}"] + [f"sentence-{n}"] * (kind == "Explain")
    assert ids == wanted
    for cell in marked:
        facts = cell.metadata.nbgrader
        kind = facts.grade_id.partition("-")[0]
        assert facts.schema_version == 3 and facts.cell_type == cell.cell_type and not facts.task
        assert (facts.solution, facts.grade, facts.locked) == KINDS[kind]
        assert facts.get("points", 0) in ([1, 2, 3] if facts.grade else [0])


KINDS = {  # solution, grade, locked
    "answer": (True, False, False),
    "check": (False, True, True),
    "sentence": (True, True, False),
}


@named(NOTEBOOKS)
def test_the_hidden_assertion_asks_what_the_check_asks(path):
    for cell in assignment.numbered(read(path), "check").values():
        shown, _, hidden = assignment.asserted(cell).partition("### BEGIN HIDDEN TESTS")
        asked, _, test = ast.parse(hidden).body
        assert isinstance(test, ast.Assert) and ast.unparse(test.test) == asked.targets[0].id
        assert ast.unparse(asked.value) == ast.unparse(ast.parse(shown).body[-1])


def test_a_name_that_is_no_notebook_and_a_folder_with_submissions_are_refused(tmp_path):
    with pytest.raises(SystemExit, match="no notebook 1"):
        assignment.make_sets(["1"], tmp_path / "sets")
    (tmp_path / "submitted").mkdir()
    with pytest.raises(SystemExit, match="holds submissions"):
        assignment.make_sets([], tmp_path)


@pytest.mark.slow
def test_the_first_run_all_of_a_set_is_done_in_the_minute_that_it_promises(sets):
    """After the warm-up, with nothing compiled before. Processor seconds: others may work here."""
    before = os.times()
    assignment.first_run(sets / "student" / "sound", "01_spectrograms.ipynb")
    after = os.times()
    both = after.children_user + after.children_system - before.children_user
    assert both - before.children_system < 2 * 60 * assignment.MINUTES  # and the warm-up
    assert "within a minute" in (sets / "student/sound/README.md").read_text()
    assert not list((sets / "student" / "sound").rglob("__pycache__"))


def nbgrader(folder, *arguments):
    """Runs a command of nbgrader in a course."""
    active = dict(os.environ, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    options = dict(cwd=folder, env=active, capture_output=True, text=True, encoding="utf-8")
    done = subprocess.run(["nbgrader", *arguments], **options)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.slow
def test_nbgrader_grades_by_the_commands_that_teachers_are_told(tmp_path):
    """The package itself: a student who answered all, and one who answered the second."""
    pytest.importorskip("nbgrader", reason="nbgrader is not installed")
    told = re.findall(r"`nbgrader (\w+)( sound)?`", (ROOT / "TEACHING.md").read_text("utf-8"))
    commands = [[verb, *sound.split()] for verb, sound in told]
    assert [verb for verb, *_ in commands] == ["generate_assignment", "autograde", "export"]
    (path,) = assignment.make_sets(["01"], tmp_path)
    right = assignment.numbered(read(SOLUTIONS[0]), "answer")
    for student, answered in (("anna", (1, 2, 3, 4)), ("ben", (2,))):
        notebook = notebooks_of(tmp_path, "student", path)
        for number in answered:
            assignment.numbered(notebook, "answer")[number].source = right[number].source
        folder = tmp_path / "submitted" / student / "sound"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / path.name)
    for command in commands:
        nbgrader(tmp_path, *command)
    with open(tmp_path / "grades.csv", newline="") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"anna": 7, "ben": 2}  # the eighth point is for a sentence
