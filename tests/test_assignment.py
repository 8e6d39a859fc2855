"""The sets that `make assignment` hands out: what students get, what teachers and nbgrader get."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from test_notebooks import named, read

sys.path.insert(0, str(ROOT / "tools"))
import assignment


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """The folder with both sets of all notebooks, not executed."""
    folder = tmp_path_factory.mktemp("sets") / "assignment"
    assignment.make_sets([], folder, execute=False)
    return folder


def notebooks_of(sets, name, path):
    return read(sets / name / "sound" / path.name)


@named(NOTEBOOKS)
def test_students_get_the_notebook_with_open_exercises_and_nothing_of_the_answers(sets, path):
    given, own = notebooks_of(sets, "student", path), read(path)
    changed = [a.source for a, b in zip(given.cells, own.cells) if a.source != b.source]
    assert len(given.cells) == len(own.cells) and len(changed) == 1
    assert 'sys.path.insert(0, ".")  # audiotools.py ' in changed[0]
    files = [file.name for file in (sets / "student" / "sound").rglob("*")]
    assert not [name for name in files if "solution" in name]
    no_dead_link(sets / "student" / "sound")


def no_dead_link(folder):
    words = (folder / "README.md").read_text(encoding="utf-8")
    assert all((folder / file).exists() for file in re.findall(r"\]\((\w+\.ipynb)", words))


def test_the_modules_of_a_set_find_each_other_and_the_sounds_in_it(sets):
    folder = sets / "student" / "sound"
    assert not list(folder.rglob("__pycache__"))
    code = "import audiotools, corpus, showtools as st; from show import workbench\n"
    code += "files = [audiotools.__file__, corpus.__file__, st.__file__, workbench.__file__]\n"
    code += "print(*files, st.clip_path('slt'), sep='\\n'); st.SoundInput()"
    command = [sys.executable, "-B", "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
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
    assert ids == [f"{kind}-{n + 1}" for n in range(len(ids) // 2) for kind in ("answer", "check")]
    for cell in marked:
        facts = cell.metadata.nbgrader
        assert facts.schema_version == 3 and facts.cell_type == "code" and not facts.task
        assert facts.grade != facts.solution and facts.locked == facts.grade
        assert facts.get("points", 0) in ([1, 2, 3] if facts.grade else [0])


@named(NOTEBOOKS)
def test_the_hidden_assertion_asks_what_the_check_asks(path):
    for cell in assignment.numbered(read(path), "check").values():
        shown, _, hidden = assignment.asserted(cell).partition("### BEGIN HIDDEN TESTS")
        asked, _, test = ast.parse(hidden).body
        assert isinstance(test, ast.Assert) and ast.unparse(test.test) == asked.targets[0].id
        assert ast.unparse(asked.value) == ast.unparse(ast.parse(shown).body[-1])


def test_a_name_that_is_no_notebook_and_a_folder_with_submissions_are_refused(tmp_path):
    with pytest.raises(SystemExit, match="no notebook 1"):
        assignment.make_sets(["1"], tmp_path / "sets", execute=False)
    (tmp_path / "submitted").mkdir()
    with pytest.raises(SystemExit, match="holds submissions"):
        assignment.make_sets([], tmp_path, execute=False)


@pytest.mark.slow
def test_both_sets_run_where_they_are_and_only_solutions_pass_the_hidden_assertions(tmp_path):
    assignment.make_sets(["01"], tmp_path / "sets", execute=True)
    no_dead_link(tmp_path / "sets" / "student" / "sound")
    (path,) = (tmp_path / "sets/solution/sound").glob("01*.ipynb")
    verdicts = [c.outputs[0].text for c in assignment.numbered(read(path), "check").values()]
    assert all(text.startswith("✓ Right") for text in verdicts)
    graded = read(path)
    for cell in assignment.numbered(graded, "answer").values():
        cell.source = cell.source.partition("### BEGIN SOLUTION")[0]
    with pytest.raises(CellExecutionError, match="AssertionError"):
        NotebookClient(graded, timeout=300, resources={"metadata": {"path": path.parent}}).execute()
    student = nbformat.read(tmp_path / "sets/student/sound" / path.name, as_version=4)
    where = {"metadata": {"path": tmp_path / "sets/student/sound"}}
    NotebookClient(student, timeout=300, resources=where).execute()  # open exercises stop nothing
