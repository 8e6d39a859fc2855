"""The clips are the ones that data/README.md describes."""

import base64
import csv
import hashlib
import re
import runpy

import numpy as np
import pytest
import soundfile
from conftest import ROOT
from sounds import decode

import audiotools as at

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
    ours = {path.name for path in (ROOT / "data").glob("*.wav")} - {"mine.wav"}  # the reader's
    assert {row[0] for row in TABLE} == ours


def test_every_link_of_the_readmes_leads_somewhere():
    for folder in (ROOT, ROOT / "data"):
        text = (folder / "README.md").read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!https?://)([^)#]+)\)", text)
        assert links and all((folder / link).exists() for link in links), links


CORPUS = ROOT / "data/corpus"


def test_the_corpus_is_small():
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) <= 1_000_000


@pytest.mark.parametrize("voice", ["slt", "kal16"])
def test_every_sentence_has_its_phones(voice):
    with open(CORPUS / f"{voice}.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    files = sorted((CORPUS / voice).glob("*.ogg"))
    assert [path.stem for path in files] == [f"{number:02d}" for number in range(1, 29)]
    spoken = {}
    for path in files:
        own = [row for row in rows if row["sentence"] == path.stem]
        ends = np.array([float(row["end"]) for row in own])
        assert own[0]["phone"] == own[-1]["phone"] == "pau" and np.all(np.diff(ends) > 0)
        y, sr = soundfile.read(path)
        assert sr == 16000 and y.ndim == 1
        assert ends[-2] < len(y) / sr <= ends[-1] + 0.01  # flite cuts kal16's last silence
        for row, piece in zip(own, np.split(y, np.round(ends[:-1] * sr).astype(int))):
            spoken.setdefault(row["phone"], []).append(piece)
    level = {phone: np.std(np.concatenate(pieces)) for phone, pieces in spoken.items()}
    assert level["iy"] > 5 * level["pau"]  # the labels lie where the sound does
    hiss = {phone: np.std(np.diff(np.concatenate(spoken[phone]))) / level[phone] for phone in level}
    assert hiss["s"] > 3 * hiss["iy"]


def test_the_listening_minute_is_what_notebook_04_plays(slt):
    page = (ROOT / "notebooks/04_mfcc_reversal.ipynb").read_text(encoding="utf-8")
    files = sorted((ROOT / "data/minute").iterdir())
    for path in files:
        assert base64.b64encode(path.read_bytes()).decode() in page
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\((data/minute/.+?)\)", readme) == [f"data/minute/{p.name}" for p in files]
    f0 = at.pitch(*slt)
    kept = [at.pitch_accuracy(at.pitch(*decode(path.read_bytes())), f0) for path in files]
    # the original, a Dalek, a voice with its pitch, mel bands that keep a high one
    assert kept[0] > 0.9 and kept[1] < 0.1 and kept[2] > 0.8 and kept[3] > 0.8


def test_the_staircases_are_what_their_tool_draws_and_name_what_is_there():
    tool = runpy.run_path(str(ROOT / "tools/draw_staircase.py"))
    drawn = {f"{name}.svg": tool["draw"](*here) for name, here in tool["HERE"].items()}
    folder = ROOT / "notebooks/figures"
    assert drawn == {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    functions = {*tool["DOWN"], *tool["UP"], tool["LONG"].partition("(")[0]} - {"abs"}
    assert all(hasattr(at, name) for name in functions)
