"""Writes the listening minute of the README: the four players at the top of notebook 04.

    python data/make_minute.py

Takes the sounds as they are from the executed notebook (`make outputs` runs this last).
"""

import base64
import json
import re
import sys

from make_clips import FOLDER

NOTEBOOK = FOLDER.parent / "notebooks" / "04_mfcc_reversal.ipynb"
PLAYER = r'aria-label="([^"]+?)(?: \(raised by \d+ dB\))?" src="data:audio/mpeg;base64,([^"]+)"'


def players():
    """Returns the players of the cell tagged "minute": {label: bytes of an MP3}."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    (cell,) = [cell for cell in cells if "minute" in cell["metadata"].get("tags", [])]
    pages = [output.get("data", {}).get("text/html", "") for output in cell["outputs"]]
    page = "".join("".join(lines) for lines in pages)
    found = {label: base64.b64decode(sound) for label, sound in re.findall(PLAYER, page)}
    if len(found) != 4:
        sys.exit(f"{NOTEBOOK.name} shows {len(found)} players, not 4: run `make outputs`")
    return found


def main():
    for number, (label, sound) in enumerate(players().items(), start=1):
        path = FOLDER / "minute" / f"{number}_{label.replace(' ', '_')}.mp3"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sound)
        print(path.name, len(sound), "bytes")


if __name__ == "__main__":
    main()
