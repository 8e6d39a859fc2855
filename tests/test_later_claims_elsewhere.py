"""Claims of 05 to 10 on voices, and with random numbers, that they were not written for."""

import pytest
from conftest import NOTEBOOKS
from elsewhere import run_on_a_voice
from test_notebooks import named

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("clip, seed", [("slt", 1), ("kal16", 2), ("libri1", 3)])
@named(NOTEBOOKS[5:])
def test_every_claim_holds_with_another_seed_and_on_every_clip(path, clip, seed, recordings):
    run_on_a_voice(path, clip, seed)


@named([path for path in NOTEBOOKS if path.name[:2] in ("05", "06", "10")])
def test_every_claim_holds_on_a_folder_of_one_speaker(path, one_speaker):
    run_on_a_voice(path, one_speaker)
