"""Fetches recordings of three people who read aloud, for ``clip = "libri1"`` and its like.

    python tools/fetch_voices.py

They are librosa's examples, of books read for LibriVox; ``librosa.util.example_info("libri1")``
says more. librosa fetches each once and keeps it in its own folder. The course needs none of them.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "notebooks")]

import audiotools as at  # noqa: E402
from show.players import clip_path  # noqa: E402

READERS = {"libri1": "Garth Comira", "libri2": "Anders Lankford", "libri3": "Heather Barnett"}


def fetch(name):
    """Returns what there is to say about a recording once it is here."""
    path = clip_path(name)
    y, sr = at.load_wav(path)
    return f'clip = "{name}": read by {READERS[name]}, {len(y) / sr:.0f} s, in {path}'


def main():
    """Fetches them all, and says what there is, or that the network is not."""
    try:
        for name in READERS:
            print(fetch(name))
    except ConnectionError as error:
        print(error)


if __name__ == "__main__":
    main()
