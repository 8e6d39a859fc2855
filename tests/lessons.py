"""Each notebook runs once, in one kernel, and all that is to be asked of it is asked there.

With --nbval a notebook is collected by nbval, cell by cell. Behind its last cell come, in the
same kernel, the cells of its solutions and the tests of in_the_kernel.py. Solutions that begin
by running the notebook need not run it again; others may name things anew, and come last. On
their own solutions run in `make test-all`; of those that begin by the same lines, one.
conftest.py makes this file a plugin; without it nbval compares cells and nothing else.
"""

import in_the_kernel
import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

TESTS = [name for name in vars(in_the_kernel) if name.startswith("test_")]
IMPORT = (
    f"import sys\nsys.path.append({str(in_the_kernel.ROOT / 'tests')!r})\nimport in_the_kernel\n"
)


def runs_its_notebook(path):
    """Whether a notebook with solutions begins by running the notebook that they are for."""
    return "run_line_magic" in in_the_kernel.cells_of(path)[0].source


class Lesson(IPyNbFile):
    """A notebook, its solutions and the tests in its kernel."""

    def asked(self, name, code):
        """Returns a test that runs code of ours in the kernel."""
        cell = nbformat.v4.new_code_cell(IMPORT + code)
        options = dict(check=False, skip=False, check_exception=False)
        return IPyNbCell.from_parent(self, name=name, cell_num=-1, cell=cell, options=options)

    def collect(self):
        for cell in super().collect():
            yield cell
            if "import showtools" in cell.cell.source:
                yield self.asked("figures are kept", "in_the_kernel.keep_figures()")
        solutions = in_the_kernel.solutions_of(self.path)
        if runs_its_notebook(solutions):
            _, *cells = self.solved(solutions)
            yield from cells
        for name in TESTS:
            only = getattr(vars(in_the_kernel)[name], "number", "")
            if self.path.name.startswith(only):
                code = f"in_the_kernel.run({name!r}, {str(self.path)!r}, get_ipython().user_ns)"
                yield self.asked(name, code)
        if not runs_its_notebook(solutions):
            yield from self.solved(solutions)

    def solved(self, solutions):
        """Returns the cells of the solutions, to be run in the notebook's kernel."""
        for cell in IPyNbFile.from_parent(self.parent, path=solutions).collect():
            what = dict(cell_num=cell.cell_num, cell=cell.cell, options=cell.options)
            yield IPyNbCell.from_parent(self, name=f"{cell.name} of the solutions", **what)


class Solutions(IPyNbFile):
    """The solutions of a notebook, on their own."""

    def collect(self):
        if in_the_kernel.begins_as_another(self.path):
            return
        for cell in super().collect():
            cell.add_marker("slow")
            yield cell


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Collects notebooks in our way where nbval would."""
    found = yield
    kind = Solutions if file_path.parent.name == "solutions" else Lesson
    return [
        kind.from_parent(parent, path=file_path) if isinstance(file, IPyNbFile) else file
        for file in found
    ]
