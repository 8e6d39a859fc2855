"""What the tests share: clips, where real recordings are, and what is counted."""

import os
import re
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import stay_home  # from here on no test reaches the network

import audiotools as at

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))

# Nor does a Python that a test starts, such as the kernels in which nbval runs the notebooks.
paths = [str(Path(stay_home.__file__).parent), os.environ.get("PYTHONPATH", "")]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
os.environ["CLAIMS_MUST_HOLD"] = "1"  # for readers they are told, for us they fail: show/claims.py


def pytest_configure(config):
    """Lets each notebook run once: see lessons.py."""
    if config.getoption("nbval", False) or config.getoption("nbval_lax", False):
        config.pluginmanager.import_plugin("lessons")


@pytest.fixture(scope="session", params=["slt", "kal16"])
def voice(request):
    """One of the two voices of the course: (y, sr)."""
    return at.load_wav(ROOT / "data" / f"{request.param}.wav")


@pytest.fixture(scope="session")
def slt():
    """The high voice: (y, sr)."""
    return at.load_wav(ROOT / "data" / "slt.wav")


@pytest.fixture(scope="session")
def kal16():
    """The low voice: (y, sr)."""
    return at.load_wav(ROOT / "data" / "kal16.wav")


def convergence(y, S, **grid):
    """Returns how far the sound y is from having the magnitudes S, in dB."""
    return at.spectral_convergence(np.abs(at.stft(y, **grid)), S)


def beside(variable, folder):
    """Returns the folder that a variable names, else the one of this name beside the checkout."""
    return Path(os.environ.get(variable) or ROOT.parent / "shared" / folder)


@pytest.fixture(scope="session")
def recordings():
    """Skips where librosa's own recordings are not at hand without a network."""
    folder = beside("LIBROSA_DATA_DIR", "librosa-data")
    if not Path(folder, "5703-47212-0000.ogg").exists():
        pytest.skip(f"no libri1: neither LIBROSA_DATA_DIR names its folder nor is it in {folder}")
    os.environ["LIBROSA_DATA_DIR"] = str(folder)  # for the kernels


@pytest.fixture(scope="session")
def one_speaker():
    """A folder with a person's sentences; skips where there is none."""
    folder = beside("REAL_VOICE_DIR", "real-voice")
    if not folder.is_dir():
        pytest.skip(f"no real voice: neither REAL_VOICE_DIR names its folder nor is there {folder}")
    return str(folder)


@pytest.fixture(scope="module")
def browser():
    """Chromium; skips without it, or without playwright."""
    from test_browser import CHROMIUM, SWITCHES, sync_api

    if CHROMIUM is None:
        pytest.skip("there is no Chromium (apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


WORST = ("seconds", "bytes")  # of these the table keeps the largest, all else it adds up


def add(counts, more):
    """Adds the dict `more` to the dict `counts`."""
    for name, n in more.items():
        counts[name] = max(counts.get(name, 0), n) if name in WORST else counts.get(name, 0) + n


@pytest.fixture
def trust(request):
    """A function that counts for the table at the end, as in trust(refused=1).

    The counts go with the report of the test, which pytest-xdist brings home from its workers.
    """
    counts = {}
    request.node.user_properties.append(("trust", counts))
    return lambda **more: add(counts, more)


CURES = (
    r"\b(pass|use|choose|must|give|take|make|convert|repair|needs?|raise|lower|scale|say|allow|"
    r"call|open|go back|turn|read|fetch|save|compute|compare|are these)\b"
)


@pytest.fixture
def attempt(trust):
    """A function that returns what a call gives, or the error that refuses it in words."""

    def attempted(function, *args, names=(), **options):
        tracemalloc.start()
        began = time.process_time()
        try:
            result, outcome = function(*args, **options), dict(accepted=1)
        except (ValueError, TypeError, OSError) as error:
            result, outcome = error, dict(refused=1)
        seconds = time.process_time() - began
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert seconds < 2 and peak < 500e6, (seconds, peak)
        if outcome == dict(refused=1):
            words = str(result)
            assert len(words) < 300 and "\n" not in words, words
            assert re.search(CURES, words, re.IGNORECASE), f"no cure: {words}"
            assert not names or any(name in words for name in names), words
        trust(seconds=seconds, bytes=peak, **outcome)
        return result

    return attempted


def pytest_terminal_summary(terminalreporter):
    """Prints what was tried and how it went, if anything was."""
    total = {}
    reports = [r for r in sum(terminalreporter.stats.values(), []) if hasattr(r, "when")]
    not_passed = {report.nodeid for report in reports if report.outcome != "passed"}
    for report in reports:
        if report.when == "teardown" and report.nodeid not in not_passed:  # it has all counts
            for name, counts in report.user_properties:
                add(total, counts if name == "trust" else {})
    if not total:
        return
    n = Counter(total)  # 0 of what was not counted
    terminalreporter.section("trust")
    terminalreporter.write_line(
        f"bad input:  {n['accepted'] + n['refused']:,} cases tried, {n['accepted']:,} accepted "
        f"with a right result (at extremes: with finite numbers), {n['refused']:,} refused in "
        f"words; none took more than {n['seconds']:.1f} s or {n['bytes'] / 1e6:.0f} MB"
    )
    terminalreporter.write_line(
        f"files:      {n['kinds']:,} kinds of files as others write, join, cut and damage them, "
        "each read whole, in part with a word on the rest, or refused"
    )
    terminalreporter.write_line(
        f"doubts:     {n['warned']:,} cases that look like something else told in a warning"
    )
    terminalreporter.write_line(
        f"properties: {n['properties']:,} hold on {n['examples']:,} examples drawn at random"
    )
    terminalreporter.write_line(
        f"peers:      {n['peers']:,} cases that librosa's and scipy's tests put hold here"
    )
