"""Pitch up to the highest frequency, its gate, and what is said where numba may keep nothing.

To be moved: the first part is of the voice, the second of the sound.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import audiotools as at

ROOT = Path(__file__).resolve().parent.parent
SR = 48000


def tone(hz, sr=SR, seconds=0.5):
    return np.sin(2 * np.pi * hz / sr * np.arange(round(seconds * sr)))


@pytest.mark.parametrize("hz", [2500, 5000, 9000, 11000, 15952, 19142, 21753, 23000])
@pytest.mark.parametrize("sr", [SR, 44100, 16000])
def test_the_pitch_of_a_whistle_is_right_up_to_nyquist(hz, sr):
    hz *= sr / SR
    span = dict(fmin=hz / 3, fmax=min(1.4 * hz, sr / 2), frame_length=2048, hop_length=512)
    f0 = at.pitch(tone(hz, sr), sr, **span)
    # pyin alone, in whole samples of few, is 2 % off at sr/3, 10 % at sr/2.2, an octave between.
    assert np.mean(f0 > 0) > 0.9 and np.abs(f0[f0 > 0] / hz - 1).max() < 0.03


def test_the_pitch_of_a_chirp_of_a_bird_is_followed():
    hz = np.linspace(3000, 14000, SR)
    f0 = at.pitch(np.sin(2 * np.pi * np.cumsum(hz) / SR), SR, fmin=2000, fmax=16000)
    at_frames = hz[np.arange(0, SR, 256)]
    heard = f0[: len(at_frames)] > 0
    assert heard.mean() > 0.9
    assert np.median(np.abs(f0[: len(at_frames)] / at_frames - 1)[heard]) < 0.03


def test_the_range_of_speech_is_heard_as_it_always_was(slt):
    # fmax below sr/8: pyin hears the sound as it is, not sampled more finely.
    y, sr = slt
    y = y[:16000]
    assert np.array_equal(at.pitch(y, sr, fmax=420), at.pitch(y, sr, fmax=420.0, top_db=34))


def test_a_faint_tone_is_silent_below_top_db_and_heard_without_a_gate():
    loud, faint = tone(300, 16000), 0.003 * tone(200, 16000)  # 50 dB
    y = np.concatenate([loud, faint])
    later = slice(40, 60)  # frames of the faint one
    assert not at.pitch(y, 16000)[later].any()
    for top_db in (60, None):
        assert np.allclose(at.pitch(y, 16000, top_db=top_db)[later], 200, rtol=0.01)


def test_constants_and_silence_have_no_pitch_without_a_gate():
    for y in (np.zeros(8000), np.full(8000, 0.5)):
        assert not at.pitch(y, 16000, top_db=None).any()


# --- numba without a place for its cache ------------------------------------------------

USES = {
    "load_wav": "at.load_wav('data/slt.wav', sr=8000)",
    "pitch": "at.pitch(np.sin(np.arange(4000) / 10), 16000)",
    "intelligibility": "y = np.sin(np.arange(20011.)); at.intelligibility(y, y, 16001)",
}


def run(code, **environment):
    command = [sys.executable, "-c", "import numpy as np, audiotools as at; " + code]
    environment = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_where_numba_may_keep_nothing_the_cure_is_named(use):
    nowhere = "import numba.core.caching as c; c.CacheImpl._locator_classes = []; "
    last = run(nowhere + use).stderr.strip().splitlines()[-1]
    assert last.startswith("RuntimeError: librosa.") and "NUMBA_CACHE_DIR" in last


def in_tree_is_read_only():
    """Returns code that makes numba take the installed packages for read-only."""
    return (
        "import numba.core.caching as c; "
        "c.CacheImpl._locator_classes.remove(c.InTreeCacheLocator); "
    )


@pytest.mark.parametrize("name", ["HOME", "NUMBA_CACHE_DIR"])
def test_a_folder_that_cannot_be_written_is_told_and_one_that_can_is_the_cure(name, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, where a folder would be needed: not even root may write below it")
    read_only, use = in_tree_is_read_only(), USES["pitch"]
    nowhere = dict(HOME=str(blocked), XDG_CACHE_HOME=str(blocked), NUMBA_CACHE_DIR="")
    told = run(read_only + use, **nowhere | {name: str(blocked)})
    assert "NUMBA_CACHE_DIR" in told.stderr.strip().splitlines()[-1]
    cured = run(read_only + use, **nowhere | dict(NUMBA_CACHE_DIR=str(tmp_path / "kept")))
    assert cured.returncode == 0, cured.stderr
    assert any((tmp_path / "kept").iterdir())


@pytest.mark.parametrize(
    "library, use",
    [("librosa", "load_wav"), ("librosa", "pitch"), ("pystoi", "intelligibility")],
)
def test_a_library_that_is_missing_is_named_with_its_cure(library, use):
    last = run(f"import sys; sys.modules[{library!r}] = None; " + USES[use]).stderr.splitlines()[-1]
    assert last.startswith(f"ModuleNotFoundError: {library}.")
    assert last.endswith(f"pip install {library}")


def test_what_a_library_itself_misses_is_told_by_its_own_name():
    missing = "import sys; sys.modules['lazy_loader'] = None; "
    last = run(missing + USES["pitch"]).stderr.splitlines()[-1]
    assert "lazy_loader" in last and "pip install" not in last


def test_another_failure_of_librosa_is_not_hidden():
    broken = "import sys; sys.modules['librosa'] = None; "
    assert "NUMBA_CACHE_DIR" not in run(broken + USES["pitch"]).stderr


def test_the_table_of_failures_knows_it():
    table = (ROOT / "README.md").read_text().partition("## When something fails")[2]
    assert "no locator available" in table and "export NUMBA_CACHE_DIR=" in table
