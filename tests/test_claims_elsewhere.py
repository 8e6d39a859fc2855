"""Every claim on voices, and with random numbers, that none of the notebooks was written for."""

import re

import pytest
from conftest import NOTEBOOKS
from nbclient import NotebookClient
from test_notebooks import named, read, tags

pytestmark = pytest.mark.slow

OTHER_SEED = """
for function in vars(at).values():
    defaults = getattr(function, "__kwdefaults__", None) or {{}}
    if "seed" in defaults:
        defaults["seed"] = {seed}
"""


def run_with(path, clip, seed=0):
    """Executes a notebook with another clip, and other seeds where it names none."""
    notebook = read(path)
    (cell,) = [c for c in notebook.cells if "clip" in tags(c)]
    source = re.sub(r'^clip = "\w+"', f'clip = "{clip}"', cell.source)
    source = re.sub(r"^seed = 0", f"seed = {seed}", source, flags=re.M)
    cell.source = OTHER_SEED.format(seed=seed) + source
    folder = {"metadata": {"path": path.parent}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=folder).execute()


@named(NOTEBOOKS[:3])
def test_every_claim_holds_on_kal16(path):
    run_with(path, "kal16")


@named(NOTEBOOKS[:3])
def test_every_claim_holds_on_libri1(path, recordings):
    run_with(path, "libri1")


@named(NOTEBOOKS[9:])
def test_every_claim_holds_on_a_folder_of_one_speaker(path, one_speaker):
    run_with(path, one_speaker)


@pytest.mark.parametrize("clip, seed", [("slt", 1), ("kal16", 2), ("libri1", 3)])
@named(NOTEBOOKS[3:])
def test_every_claim_holds_with_another_seed_and_on_every_clip(path, clip, seed, recordings):
    run_with(path, clip, seed)
