"""Runs notebook 10 on voices that are not part of the course, and keeps a row for each.

    python tools/measure_voices.py "76 prompts=FOLDER@600" "150 s of them=FOLDER@150" \\
        "60 s of them=FOLDER@60" "a reader=libri1"

Each argument is a name (without a comma: numpy reads the table), ``=`` and what the notebook
takes for a clip: a folder of one speaker's sentences, or a recording that `librosa.ex` knows;
``@600`` reads up to 600 seconds of a folder instead of 300. The rows go to
``data/real_voices.csv``, which the notebook prints as "not run here", below a line with the date
and the versions. What does not hold on a voice is printed.

The figures of the course come from these two, at the time of writing:

* the prompts: recorded by Allison Smith, from Debian's package asterisk-core-sounds-en-g722
  1.6.1 (CC BY-SA 3.0), every second prompt of 2 to 20 s, decoded to 16 kHz;
* libri1 of librosa's examples, the first 15 s of a chapter.
"""

import argparse
import csv
import datetime
import json
import platform
import re
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "10_drawn_told_guessed.ipynb"
BEYOND = "long = dict("  # so begins the first cell that adds nothing to a row
RECORD = """
failed = []


def record(text, holds):
    if not holds:
        failed.append(text)


st.claim = record
"""
ROW = """
import json

gain, half = st.interval(own.words["guessed pitch"] - own.words["one note"])
row = {"seconds learned": sum(len(own.ys[i]) for i in own.learned) / sr}
row |= {"sentences held out": len(own.held_out)}
row |= {"the more common": own.usual, "the model": own.wrong}
row |= {name: np.mean(np.abs(errors(own, guess)) <= 1) for name, guess in own.guess.items()}
row |= {name: words.mean() for name, words in own.words.items()}
row |= {"gain": gain, "half interval": half}
row = {head: round(float(value), 4) for head, value in row.items()}
print(json.dumps([row, failed]))
"""


def measured(clip, longest):
    """Returns the row of a voice, and the claims of the notebook that do not hold on it."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cells = notebook.cells
    (chosen,) = (cell for cell in cells if "clip" in cell.metadata.get("tags", []))
    source = re.sub(r'^clip = "\w+"', lambda _: f"clip = {clip!r}", chosen.source)
    chosen.source = re.sub(r"^longest = \d+", f"longest = {longest}", source, flags=re.M) + RECORD
    (last,) = (k for k, cell in enumerate(cells) if cell.source.startswith(BEYOND))
    notebook.cells = [*cells[:last], nbformat.v4.new_code_cell(ROW)]
    where = {"metadata": {"path": NOTEBOOK.parent}}
    NotebookClient(notebook, timeout=3600, kernel_name="python3", resources=where).execute()
    return json.loads(notebook.cells[-1].outputs[0].text)


def versions():
    """Returns what measured: Python and the packages on which the figures depend."""
    packages = "numpy", "scikit-learn", "librosa", "pystoi"
    numbers = {"Python": platform.python_version()} | {name: version(name) for name in packages}
    return ", ".join(" ".join(pair) for pair in numbers.items())


def main():
    """Measures the voices that are named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voices", nargs="+", help='"NAME=CLIP" or "NAME=FOLDER@SECONDS"')
    parser.add_argument("--output", type=Path, default=ROOT / "data" / "real_voices.csv")
    arguments = parser.parse_args()
    rows = []
    for voice in arguments.voices:
        name, _, clip = voice.partition("=")
        clip, _, longest = clip.partition("@")
        folder = Path(clip).expanduser()
        row, failed = measured(str(folder.resolve()) if folder.is_dir() else clip, longest or 300)
        rows.append(dict(voice=name) | row)
        print(name, json.dumps(row), *(f"\n  does not hold: {text}" for text in failed), flush=True)
    with arguments.output.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# measured on {datetime.date.today()} with {versions()}\n")
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
