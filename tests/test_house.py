"""The house: arrows run down the staircase, ideas stay in sight, the whole can be carried away."""

import ast
import inspect
import pydoc
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import audiotools as at

ROOT = Path(__file__).resolve().parent.parent
STAIRCASE = ROOT / "staircase"
# From the ground up. A room knows those below it; measures and sound stand beside.
FLOORS = "likely arguments parts streams chunks containers files engine sound measures frames"
FLOORS = [*FLOORS.split(), *"decibels phase mel cepstrum pyin voice recipes features guess".split()]
DOOR = [name for name in at.__all__ if inspect.isfunction(getattr(at, name))]


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def body_lines(function):
    """Returns how many lines of code stand below the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    source = "\n".join(map(ast.unparse, body))
    return len(source.splitlines())


def test_every_room_stands_on_a_floor():
    assert sorted(FLOORS) == sorted(p.stem for p in STAIRCASE.glob("[a-z]*.py"))


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_knows_only_those_below_it(room):
    tree = ast.parse((STAIRCASE / f"{room}.py").read_text(encoding="utf-8"))
    known = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            known |= {node.module} if node.module else {alias.name for alias in node.names}
    assert known <= set(FLOORS[: FLOORS.index(room)])


def test_the_door_hands_on_every_public_name_in_the_order_in_which_it_names_them():
    tree = ast.parse((ROOT / "audiotools.py").read_text(encoding="utf-8"))
    rooms = [n for n in tree.body if isinstance(n, ast.ImportFrom)]
    named = [a.name for n in rooms for a in n.names if n.module != "staircase.arguments"]
    named += [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    assert named == at.__all__


def test_help_shows_the_map_and_every_name():
    page = pydoc.plain(pydoc.render_doc(at))
    assert "--stft-->" in page and all(f"{room}.py" in page for room in FLOORS)
    assert all(f"    {name}(" in page or f"{name} = " in page for name in [*DOOR, "RECIPES"])
    assert "class Recipe(" in page and set(at.__all__) == {*DOOR, "Recipe", "RECIPES"}


def test_ideas_are_in_sight():
    """No body is longer than 20 lines; that of a public function has 8 at most, usually."""
    rooms = [path for path in STAIRCASE.glob("*.py") if path.stem != "engine"]
    long = {f.name: body_lines(f) for path in rooms for f in functions(path) if body_lines(f) > 20}
    assert not long
    bodies = [ast.parse(inspect.getsource(getattr(at, name))).body[0] for name in DOOR]
    assert statistics.median(map(body_lines, bodies)) <= 8


BARE = """
import importlib.abc, sys

ALLOWED = {"numpy", "scipy", "soundfile", "cffi", "typing_extensions"}  # soundfile brings the last
ALLOWED |= {"audiotools", "staircase", *sys.stdlib_module_names}

class NothingElse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in ALLOWED and not name.startswith("_"):
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, NothingElse())
import audiotools as at
assert not {"scipy.signal", "scipy.stats", "scipy.optimize"} & set(sys.modules)  # they take long
"""
STAIRS = """
import warnings
import numpy as np
y = 0.1 * np.sin(0.3 * np.arange(4000))
at.save_wav("y.wav", y, 16000)
y, sr = at.load_wav("y.wav")
grid = dict(n_fft=512, hop_length=128)
S = np.abs(at.stft(y, **grid))
with warnings.catch_warnings():
    warnings.simplefilter("ignore", RuntimeWarning)  # that numba is missing
    y_hat = at.griffin_lim(S, length=len(y), **grid)
assert at.spectral_convergence(np.abs(at.stft(y_hat, **grid)), S) < -20
C = at.mfcc(y, sr, n_mels=20, **grid)
y_hat = at.mfcc_to_audio(C, sr, n_mels=20, length=len(y), init="random", **grid)
z = at.speak(C, np.full(C.shape[1], 200.0), sr, n_mels=20, length=len(y), **grid)
assert y_hat.shape == z.shape == y.shape
print("down and up")
"""


def test_the_door_and_its_rooms_can_be_carried_away(tmp_path):
    """One file and one folder, with numpy, scipy and soundfile alone, in an empty place."""
    shutil.copy(ROOT / "audiotools.py", tmp_path)
    shutil.copytree(STAIRCASE, tmp_path / "staircase", ignore=shutil.ignore_patterns("__*__"))
    shutil.copy(STAIRCASE / "__init__.py", tmp_path / "staircase")
    command = [sys.executable, "-c", BARE + STAIRS]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.stdout == "down and up\n", ran.stderr


def test_every_example_runs_where_it_is_pasted():
    """In an empty Python: what an example uses, it imports."""
    for name in [*DOOR, "Recipe"]:
        lines = [x for x in getattr(at, name).__doc__.splitlines() if x.strip()[:3] == ">>>"]
        used = {module for module in ("at", "np", "tempfile") if f"{module}." in "\n".join(lines)}
        imported = {word for word in (lines or [""])[0].replace(",", " ").split()}
        assert used <= imported, name
