"""The clips are the ones that data/README.md describes."""

import hashlib
import re

import pytest
import soundfile
from conftest import ROOT

ROW = r"^\| `([^`]+)` \|(.*)\| `([0-9a-f]{64})` \|$"
TABLE = re.findall(ROW, (ROOT / "data/README.md").read_text(), re.M)


@pytest.mark.parametrize("name, facts, sha256", TABLE, ids=[row[0] for row in TABLE])
def test_the_clip_matches_its_line(name, facts, sha256):
    path = ROOT / "data" / name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    info = soundfile.info(path)
    assert (info.samplerate, info.channels) == (16000, 1)
    assert f"{info.duration:.3f}" in facts


def test_every_clip_has_its_line():
    assert {row[0] for row in TABLE} == {path.name for path in (ROOT / "data").glob("*.wav")}
