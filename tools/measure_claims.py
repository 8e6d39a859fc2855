"""Measures every claim of notebooks 01 to 06 and 10 on voices that nobody tuned them to.

    LIBROSA_DATA_DIR=FOLDER python tools/measure_claims.py claims.csv \\
        "slt=slt" "a reader=libri1" "a reader, higher=libri1*1.2" "prompts=FOLDER#0/3"

Each voice is a name, ``=`` and a clip as notebook 06 takes it: a voice of the corpus, a folder of
one speaker's sentences, or a recording. ``#0/3`` takes the first of three parts of a folder. What
follows makes another voice of it: ``*1.2`` resamples, so that pitch, hills and tempo all rise by
a fifth; ``^3`` moves the pitch alone by three semitones, ``~1.2`` the tempo alone (librosa).

For each claim is kept what it measured, in a row
``notebook, cell, claim, voice, holds, values``. Rows that stand in the file already are not
measured again, so a run may be broken off. At the end it prints claim × voice × value, a voice's
name as *seen* where ``--seen`` says so: bounds come from those, the others only check them.
"""

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
ROOMS = ("01", "02", "03", "04", "05", "06", "10")
HEAD = ("notebook", "cell", "claim", "voice", "holds", "values")
PART, CHANGE = r"(#(?P<part>\d+)/(?P<of>\d+))?", r"((?P<how>[*^~])(?P<much>-?[\d.]+))?"
VOICE = re.compile(f"(?P<clip>.+?){PART}{CHANGE}$")
LONGEST = 80  # s of a voice: as much as a reader is likely to record


def run(room, clip, folder):
    """Runs a notebook in this process and yields ``(cell, claim, holds, values)``."""
    os.environ["MPLBACKEND"] = "agg"
    os.environ.pop("CLAIMS_MUST_HOLD", None)
    sys.path[:0] = [str(ROOT), str(NOTEBOOKS)]
    import matplotlib.pyplot as plt

    import showtools as st

    rows = []

    def tell(text, holds, here, was, bound=""):
        rows.append((k, text, holds, here + bound))

    st.show = lambda _: plt.close("all")
    st.play = st.play_row = lambda *_, **__: None
    st.panel = st.blind_test = lambda *_, **__: None
    sys.modules["show.claims"]._tell = tell
    sys.modules["show.claims"]._not_so = lambda text, was: tell(text, False, "", was)
    (path,) = NOTEBOOKS.glob(f"{room}_*.ipynb")
    os.chdir(NOTEBOOKS)
    names = {"__name__": "__main__", "display": lambda *_: None}
    for k, cell in enumerate(nbformat.read(path, as_version=4).cells):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or any(tag.startswith(("check", "answer")) for tag in tags):
            continue
        source = cell.source
        if "clip" in tags:
            source = re.sub(r'^clip = "\w+"', lambda _: f"clip = {clip!r}", source, flags=re.M)
            assert repr(clip) in source
        try:
            exec(compile(source, f"{room}[{k}]", "exec"), names)
        except Exception as error:  # a cell that stops is what we came to see
            rows.append((k, f"the cell runs: {type(error).__name__} {error}", False, ""))
    return rows


def made(voice, where):
    """Returns what 01 to 05 and what 06 and 10 take for the clip of a voice."""
    sys.path[:0] = [str(ROOT), str(NOTEBOOKS)]
    import librosa
    import scipy.signal

    import audiotools as at
    import showtools as st

    parts = VOICE.match(voice).groupdict()
    if parts["clip"] in ("slt", "kal16") and not parts["how"]:
        return parts["clip"], parts["clip"]
    ys = st.sentences(parts["clip"], 16000, longest=1e4)
    if parts["part"]:
        n, of = int(parts["part"]), int(parts["of"])
        ys = ys[len(ys) * n // of : len(ys) * (n + 1) // of]
    much = float(parts["much"] or 1)
    change = {
        None: lambda y: y,
        "*": lambda y: scipy.signal.resample_poly(y, 100, round(100 * much)),
        "^": lambda y: librosa.effects.pitch_shift(y, sr=16000, n_steps=much),
        "~": lambda y: librosa.effects.time_stretch(y, rate=much),
    }[parts["how"]]
    ys = [change(y) for y in ys]
    ys = [y for k, y in enumerate(ys) if k < 5 or sum(map(len, ys[: k + 1])) < LONGEST * 16000]
    for k, y in enumerate(ys):
        at.save_wav(Path(where, f"{k:03}.wav"), y / max(1, np.abs(y).max()), 16000)
    Path(where, "whole").mkdir()
    at.save_wav(Path(where, "whole", "voice.wav"), np.concatenate(ys)[: 6 * 16000] * 0.9, 16000)
    return str(Path(where, "whole", "voice.wav")), str(where)


def measure(output, rooms, voices):
    """Adds what is missing to the table, each notebook in a process of its own."""
    known = {(row["notebook"], row["voice"]) for row in read(output)}
    for name, voice in voices.items():
        with tempfile.TemporaryDirectory() as where:
            clips = made(voice, where)
            for room in rooms:
                if (room, name) in known:
                    continue
                clip = clips[room in ("06", "10")]
                command = [sys.executable, __file__, str(output), "--run", room, name, clip, where]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def read(output):
    """Returns the rows of the table, none if there is none yet."""
    if not output.exists():
        return []
    with output.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(output, room, name, rows):
    """Adds the claims of one run to the table."""
    new = not output.exists()
    with output.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([HEAD] * new)
        writer.writerows(
            (room, cell, text, name, holds, values) for cell, text, holds, values in rows
        )


def show(rows, seen):
    """Prints claim × voice × value, and in how many runs one claim or more does not hold."""
    for key in dict.fromkeys((row["notebook"], row["cell"], row["claim"]) for row in rows):
        mine = [row for row in rows if (row["notebook"], row["cell"], row["claim"]) == key]
        fails = sum(row["holds"] == "False" for row in mine)
        print(f"{key[0]} [{key[1]}] {key[2]}: {fails} of {len(mine)} fail")
        for row in mine:
            mark = " " if row["holds"] == "True" else "✗"
            part = "seen" if row["voice"] in seen else "    "
            print(f"   {mark} {part} {row['voice']:24} {row['values']}")
    for title, part in (("seen", True), ("unseen", False)):
        mine = [row for row in rows if (row["voice"] in seen) == part]
        runs = {(row["notebook"], row["voice"]) for row in mine}
        stopped = {(r["notebook"], r["voice"]) for r in mine if r["holds"] == "False"}
        print(f"{title}: {len(stopped)} of {len(runs)} runs stop", *sorted(stopped))


def main():
    """Measures the voices of the command line, or (inside) runs one notebook on one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("voices", nargs="*", help='"NAME=CLIP"')
    parser.add_argument("--rooms", nargs="+", default=ROOMS)
    parser.add_argument("--seen", nargs="+", default=())
    parser.add_argument("--run", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    if arguments.run:
        room, name, clip, where = arguments.run
        write(output, room, name, run(room, clip, where))
        return
    measure(output, arguments.rooms, dict(v.split("=", 1) for v in arguments.voices))
    show(read(output), arguments.seen)


if __name__ == "__main__":
    main()
