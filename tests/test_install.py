"""The install: what keeps a Python from making .venv, and what a second `make` does.

Pythons and uv are fakes here, shell scripts that note what they are asked; nothing is installed.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ["sh", "mkdir", "cp", "rm", "mv", "touch"]  # what the fakes and the script call
FILES = ["Makefile", "tools/install.sh", "constraints.txt"]
FILES += ["requirements.txt", "requirements-extra.txt"]
MAKE = shutil.which("make")

pytestmark = pytest.mark.skipif(not MAKE or os.name == "nt", reason="there is no make")

GOOD = """
*"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*"pip install"*) echo Collecting a; echo Collecting b; echo Installing a, b ;;
"""
STOPS = '*"pip install"*) echo Collecting a; exit 1 ;;'
OLD = '*version_info*) exit 1 ;; "-V") echo Python 3.9.18 ;;'
BARE = "*ensurepip*) exit 1 ;;"


class Checkout:
    """A copy of what installs, alone in a folder, where no real Python or uv is found."""

    def __init__(self, folder):
        self.folder, self.bin, self.log = folder, folder / "bin", folder / "log"
        for name in ["bin", "tools"]:
            (folder / name).mkdir()
        for name in FILES:
            shutil.copy(ROOT / name, folder / name)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))

    def fake(self, name, answers):
        """Writes a program that notes its arguments and answers them with cases of a shell."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "$@" >> "{self.log}"\ncase "$*" in {answers} esac\n')
        path.chmod(0o755)
        return path

    def make(self, goal, python):
        """Returns whether it went well, what it said, and how often something was installed."""
        self.log.write_text("")
        command = [MAKE, goal, f"PYTHON={python}"]
        done = subprocess.run(
            command, cwd=self.folder, env=dict(PATH=str(self.bin)), capture_output=True, text=True
        )
        said = done.stdout + done.stderr
        return done.returncode == 0, said, self.log.read_text().count("pip install")

    def has(self, name):
        return (self.folder / ".venv" / name).exists()


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


@pytest.fixture
def python(checkout):
    return checkout.fake("a folder/python3", GOOD)


@pytest.mark.parametrize("goal", ["lab", "test"])
def test_a_missing_python_is_named_and_the_cure_is_what_was_typed(checkout, goal):
    well, said, _ = checkout.make(goal, "/no such/python3")
    cure = f"Install Python 3.10 or newer, or name yours: make {goal} PYTHON=python3.12\n"
    assert not well and said.startswith(f'There is no "/no such/python3" here. {cure}')
    assert not checkout.has("")


@pytest.mark.parametrize("goal", ["lab", "test-all"])
def test_an_old_python_is_named_and_the_cure_is_what_was_typed(checkout, goal):
    well, said, _ = checkout.make(goal, checkout.fake("old python", OLD + GOOD))
    cure = f"Where there is one, type: make {goal} PYTHON=python3.12\n"
    old = "Python 3.9.18 is too old, 3.10 or newer is needed."
    assert not well and said.startswith(f"{old} {cure}")
    assert not checkout.has("")


def test_a_python_without_venv_is_named_where_there_is_no_uv(checkout):
    bare = checkout.fake("bare python", BARE + GOOD)
    well, said, _ = checkout.make("lab", bare)
    assert not well
    assert said.startswith(f'"{bare}" comes without venv. Type: sudo apt install python3-venv\n')
    assert not checkout.has("")
    checkout.fake("bin/uv", f'venv*) mkdir -p .venv/bin && cp "{bare}" .venv/bin/python ;;')
    well, said, installs = checkout.make(".venv/installed", bare)
    assert well and installs == 1 and checkout.has("installed")


def test_a_second_make_installs_nothing(checkout, python):
    well, said, installs = checkout.make(".venv/extras", python)
    assert well and installs == 2 and said.count(".. unpacking\n") == 2
    well, said, installs = checkout.make(".venv/extras", python)
    assert well and installs == 0 and "up to date" in said


def test_an_install_that_stopped_starts_from_nothing(checkout, python):
    well, _, installs = checkout.make(".venv/extras", checkout.fake("python", STOPS + GOOD))
    assert not well and installs == 1 and checkout.has("unfinished")
    (checkout.folder / ".venv/half a package").touch()
    well, _, installs = checkout.make(".venv/extras", python)
    assert well and installs == 2 and checkout.has("installed")
    assert not checkout.has("half a package") and not checkout.has("unfinished")


def test_new_requirements_go_into_the_same_venv(checkout, python):
    checkout.make(".venv/installed", python)
    (checkout.folder / ".venv/a package").touch()
    os.utime(checkout.folder / ".venv/installed", (0, 0))
    well, _, installs = checkout.make(".venv/installed", python)
    assert well and installs == 1 and checkout.has("a package")


def test_a_venv_whose_python_is_gone_is_made_again(checkout, python):
    checkout.make(".venv/installed", python)
    (checkout.folder / ".venv/bin/python").unlink()
    well, _, installs = checkout.make(".venv/installed", python)
    assert well and installs == 1 and checkout.has("bin/python")
