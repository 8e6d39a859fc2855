"""What the tests share: the clips of the course, and where the real recordings are."""

import os
from pathlib import Path

import pytest

import audiotools as at

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))


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


@pytest.fixture(scope="session")
def recordings():
    """Skips where librosa's own recordings are not at hand without a network."""
    folder = os.environ.get("LIBROSA_DATA_DIR")
    if not folder or not Path(folder, "5703-47212-0000.ogg").exists():
        pytest.skip("LIBROSA_DATA_DIR does not name a folder with librosa's example libri1")
