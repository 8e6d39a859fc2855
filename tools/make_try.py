"""Writes try.html: the staircase in one page, to open from the disk or from any web server.

    python tools/make_try.py

What it is made of lies in try/: the arithmetic (staircase.js, read beside audiotools.py), what a
Worker does with it, the page and its look. The player is that of the notebooks, the clips are the
first four seconds of those in data/: the voices as MP3; the tune as FLAC, because its faintest
partials, which an MP3 leaves out, are heard where all phases are told.
"""

import base64
import io
import json
from pathlib import Path

import soundfile

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 4
NUMBER = {11: "eleven", 12: "twelve"}


def clip(name):
    """Returns the beginning of a clip as a sound file, in base64."""
    y, sr = soundfile.read(ROOT / "data" / f"{name}.wav")
    file = io.BytesIO()
    kind = dict(format="MP3", subtype="MPEG_LAYER_III")
    kind = dict(format="FLAC", subtype="PCM_16") if name == "melody" else kind
    soundfile.write(file, y[: SECONDS * sr], sr, **kind)
    return base64.b64encode(file.getvalue()).decode()


def page():
    """Returns the page as text."""
    parts = {
        name: (ROOT / "try" / file).read_text("utf-8")
        for name, file in dict(
            style="page.css", staircase="staircase.js", worker="worker.js", page="page.js"
        ).items()
    }
    parts["player"] = (ROOT / "notebooks/show/player.js").read_text("utf-8")
    parts["clips"] = json.dumps({name: clip(name) for name in ("slt", "kal16", "melody")})
    parts["n_notebooks"] = NUMBER[len(list((ROOT / "notebooks").glob("[0-9]*.ipynb")))]
    return (ROOT / "try" / "page.html").read_text("utf-8") % parts


def main():
    target = ROOT / "try.html"
    target.write_text(page(), encoding="utf-8")
    print(f"{target}: {target.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
