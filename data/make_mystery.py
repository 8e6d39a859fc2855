"""Makes mystery.npy, an array without a name: exercise 3 of notebook 11 asks whose it is.

    python data/make_mystery.py

Read on only when you have tried. They are Kaldi's filterbanks of the beginning of kal16.wav, with
40 bands instead of 80, and frames in columns.
"""

import dataclasses
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import audiotools as at  # noqa: E402 it lies one folder up

if __name__ == "__main__":
    y, _ = at.load_wav(HERE / "kal16.wav", duration=3.5)
    recipe = dataclasses.replace(at.RECIPES["kaldi_fbank"], n_mels=40, in_rows=False)
    np.save(HERE / "mystery.npy", recipe.down(y))
