"""The notebooks on sounds that are no voice: what does not hold says so, and nothing breaks."""

import re

import pytest
from conftest import NOTEBOOKS, ROOT
from elsewhere import run_on_a_file
from sounds import glides, rumble
from test_notebooks import named

import audiotools as at


@pytest.mark.slow
@named(NOTEBOOKS[:8])  # 09 is about a corpus
def test_on_no_voice_a_notebook_goes_on_and_says_what_is_not_so(path, tmp_path):
    """A rumble has no pitch; 06 cuts a long sound into pieces that have one."""
    file = tmp_path / "noise.wav"
    at.save_wav(file, glides(20) if path.name.startswith("06") else rumble(4), 16000)
    errors, words = run_on_a_file(path, file)
    assert not errors, errors
    assert not re.search(r"\bnan\b", words), words
    assert path.name.startswith("06") or re.search("^✗ .+; on slt and kal16", words, re.M)
    assert len(re.findall("^(✓ Right|✗ Not yet)", words, re.M)) >= 4  # all exercises answer


@pytest.mark.slow
@named([path for path in NOTEBOOKS if path.name[:2] in ("01", "02", "03", "04", "05", "08")])
def test_a_melody_runs_through(path):
    """A tune has no words and no speaker: a claim about voices may tell, and nothing stops."""
    errors, words = run_on_a_file(path, ROOT / "data/melody.wav")
    assert not errors, errors
    told = re.findall("^✗ .+; on slt and kal16", words, re.M)
    assert words.count("✓") > 2 * len(told)
