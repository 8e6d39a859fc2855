"""Tests the modules and notebooks 01 and 04 on every Python at hand: `make matrix`, an hour.

Twice on each: with the versions of constraints.txt, and with the lowest that requirements.txt
allows. One environment at a time, in a temporary folder that is removed. `make matrix
PYTHONS="python3.10 /opt/python3.13/bin/python3"` names the Pythons. It installs packages, so
it needs the network.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ["python3.10", "python3.11", "python3.12", "python3.13"]
SETS = {  # what uv adds to `uv pip install -r requirements.txt`
    "newest": ["-c", "constraints.txt"],
    "lowest": ["--resolution", "lowest-direct", "--only-binary", ":all:"],
}
SHOWN = ["numpy", "scipy", "librosa", "numba"]
ROOMS = "arguments sound frames decibels phase engine mel cepstrum voice measures"
MODULE_TESTS = ["staircase"]  # its examples
MODULE_TESTS += [f"tests/test_{name}.py" for name in f"{ROOMS} door house bad_input".split()]
BESIDE = "bad_files peers corpus showtools show_words show_figures show_players show_claims "
BESIDE += "show_panels show_workbench"
TESTS = [*MODULE_TESTS, "corpus.py", *(f"tests/test_{name}.py" for name in BESIDE.split())]
NOTEBOOKS = ["notebooks/01_spectrograms.ipynb", "notebooks/04_mfcc_reversal.ipynb"]
NBVAL = "--nbval --nbval-current-env --nbval-cell-timeout=300"
NBVAL += " --nbval-sanitize-with=tests/sanitize.cfg"


def at_hand(names):
    """Returns the Pythons of these names that answer, and says which do not."""
    found = []
    for name in names:
        path = shutil.which(name)
        if path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            found.append(path)
        else:
            print(f"{name}: not here, left out", flush=True)
    return found


def get_uv(folder):
    """Returns the path of uv, the only installer that can be told to take the lowest versions."""
    if shutil.which("uv"):
        return shutil.which("uv")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", "uv"], check=True)
    return folder / "bin/uv"


def run_pytest(python, tests, options, tree, environment):
    """Returns how many tests passed and the names of those that did not."""
    report = tree / "report.xml"
    report.unlink(missing_ok=True)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    command += [*shlex.split(options), *tests]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    if not report.exists():
        return 0, [f"pytest itself: {(done.stdout + done.stderr)[-2000:]}"]
    cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    bad = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
    skipped = sum(c.find("skipped") is not None for c in cases)
    for case in bad:
        for problem in [*case.iter("failure"), *case.iter("error")]:
            print(f"--- {case.get('name')}\n{(problem.text or '')[-1500:]}", flush=True)
    return len(cases) - len(bad) - skipped, [case.get("name") for case in bad]


def try_one(python, versions, uv, folder):
    """Returns a row of the table for one Python and one set of versions."""
    environment = os.environ | dict(
        UV_CACHE_DIR=str(folder / "uv_cache"),
        NUMBA_CACHE_DIR=str(folder / "env/numba"),
        PYTHONPYCACHEPREFIX=str(folder / "env/pycache"),
    )
    own = folder / "env/bin/python"
    quiet = dict(env=environment, cwd=ROOT, capture_output=True, text=True)
    subprocess.run([uv, "venv", "--python", python, folder / "env"], check=True, **quiet)
    install = [uv, "pip", "install", "--python", own, "-r", "requirements.txt", *SETS[versions]]
    installed = subprocess.run(install, **quiet)
    if installed.returncode:
        return [python, versions, *"----", "cannot be installed", installed.stderr[-1500:]]
    tree = folder / "env/tree"
    leave = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(ROOT, tree, ignore=leave)
    listed = subprocess.run([uv, "pip", "list", "--python", own, "--format=json"], **quiet)
    has = {package["name"]: package["version"] for package in json.loads(listed.stdout)}
    version = subprocess.run([own, "-V"], **quiet).stdout.split()[1]
    module = run_pytest(own, TESTS, "--doctest-modules -m 'not slow'", tree, environment)
    notebooks = run_pytest(own, NOTEBOOKS, NBVAL, tree, environment)
    counts = [f"{passed} passed, {len(bad)} failed" for passed, bad in (module, notebooks)]
    return [version, versions, *[has[name] for name in SHOWN], *counts]


def main(names):
    pythons, failed = at_hand(names or PYTHONS), False
    row = "{:8} {:7}" + " {:8}" * len(SHOWN) + " {:24} {}"
    print(row.format("Python", "set", *SHOWN, "modules", "cells of 01 and 04"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        uv = get_uv(folder / "uv")
        for python in pythons:
            for versions in SETS:
                result = try_one(python, versions, uv, folder)
                shutil.rmtree(folder / "env")
                failed |= not all(count.endswith(" 0 failed") for count in result[-2:])
                print(row.format(*result), flush=True)
    return 1 if failed or not pythons else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
