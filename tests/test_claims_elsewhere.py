"""Claims of 01 to 05 on voices, and with random numbers, that they were not written for."""

import pytest
from conftest import NOTEBOOKS
from elsewhere import run_on_a_voice
from test_notebooks import named

pytestmark = pytest.mark.slow


@named(NOTEBOOKS[:3])
def test_every_claim_holds_on_kal16(path):
    run_on_a_voice(path, "kal16")


@named(NOTEBOOKS[:3])
def test_every_claim_holds_on_libri1(path, recordings):
    run_on_a_voice(path, "libri1")


@pytest.mark.parametrize("clip, seed", [("slt", 1), ("kal16", 2), ("libri1", 3)])
@named(NOTEBOOKS[3:5])
def test_every_claim_holds_with_another_seed_and_on_every_clip(path, clip, seed, recordings):
    run_on_a_voice(path, clip, seed)
