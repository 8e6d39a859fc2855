"""Runs a notebook on another clip than its own: a voice, or a sound that is none."""

import re

import nbformat
from in_the_kernel import solutions_of, tagged, tags
from nbclient import NotebookClient

OTHER_SEED = """
for function in vars(at).values():
    defaults = getattr(function, "__kwdefaults__", None) or {{}}
    if "seed" in defaults:
        defaults["seed"] = {seed}
"""
READERS_OWN = """
import os, librosa
del os.environ["CLAIMS_MUST_HOLD"]
librosa.ex = lambda name: {file!r}
"""


def run_with(notebook, path, clip, before, *, seed=0, allow_errors=False):
    """Executes a notebook of this path with another clip, and these lines before it."""
    (cell,) = [c for c in notebook.cells if "clip" in tags(c)]
    source = re.sub(r'^clip = "\w+"', f'clip = "{clip}"', cell.source)
    source = re.sub(r"^seed = 0", f"seed = {seed}", source, flags=re.M)
    cell.source = before + source
    # Five minutes of a person, learned in one cell, may take ten where another test runs beside.
    options = dict(timeout=1800, kernel_name="python3", allow_errors=allow_errors)
    NotebookClient(notebook, resources={"metadata": {"path": path.parent}}, **options).execute()


def run_on_a_voice(path, clip, seed=0):
    """Executes a notebook with another voice, and other seeds where it names none."""
    notebook = nbformat.read(path, as_version=4)
    run_with(notebook, path, clip, OTHER_SEED.format(seed=seed), seed=seed)


def run_on_a_file(path, file):
    """Returns what a notebook, and its exercises solved, say on a reader's own sound.

    That is ``(errors, words)``: what stopped a cell, or went to stderr; what is printed and shown.
    """
    notebook = nbformat.read(path, as_version=4)
    given, solved = tagged(notebook.cells), tagged(nbformat.read(solutions_of(path), 4).cells)
    for number in [tag[-1] for tag in given if tag.startswith("check-")]:
        for source in (solved[f"answer-{number}"], given[f"check-{number}"]):
            notebook.cells.append(nbformat.v4.new_code_cell(source))
    before = READERS_OWN.format(file=str(file))
    run_with(notebook, path, file.stem, before, allow_errors=True)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    errors = [f"{o.ename}: {o.evalue}" for o in outputs if o.output_type == "error"]
    errors += [o.text for o in outputs if o.get("name") == "stderr"]
    printed = [o.text for o in outputs if o.get("name") == "stdout"]
    shown = [o.get("data", {}).get("text/markdown", "") for o in outputs]
    return errors, "\n".join(printed + shown)
