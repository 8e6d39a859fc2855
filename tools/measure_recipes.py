"""Takes three voices down and up by every recipe, and keeps what came back.

    LIBROSA_DATA_DIR=folder python tools/measure_recipes.py

writes data/recipes.csv: of each name of `audiotools.RECIPES` how many numbers it has per second
of sound, and how well five seconds of slt, kal16 and librosa's libri1 come back: their words as
ESTOI, and the share of voiced frames whose pitch is right; and the ESTOI of our own features of
the same size. Sounds are brought to the rate of the recipe and back, which costs less than 0.01.
Notebook 11 and the README show the table.
"""

import csv
from pathlib import Path

import librosa

import audiotools as at

ROOT = Path(__file__).resolve().parent.parent
SR = 16000
VOICES = ("slt", "kal16", "libri1")


def voice(name):
    """Returns five seconds of a voice."""
    path = librosa.ex(name) if name == "libri1" else ROOT / "data" / f"{name}.wav"
    return at.load_wav(path, sr=SR, duration=5)[0]


def there_and_back(recipe, y):
    """Returns a sound as it comes back by a recipe."""
    z = librosa.resample(y, orig_sr=SR, target_sr=recipe.sr)
    z_hat = recipe.up(recipe.down(z), length=len(z))
    return librosa.util.fix_length(
        librosa.resample(z_hat, orig_sr=recipe.sr, target_sr=SR), size=len(y)
    )


def ours_as_large(recipe):
    """Returns our own features of the same size, of librosa's conventions."""
    size = dict(n_mels=80 if recipe.n_mfcc else recipe.n_mels, n_mfcc=recipe.n_mfcc)
    n_fft = 1 << (recipe.n_fft - 1).bit_length()
    return at.Recipe(sr=recipe.sr, n_fft=n_fft, hop_length=recipe.hop_length, **size)


def measured(name, voices=VOICES):
    """Returns the row of a recipe."""
    recipe = at.RECIPES[name]
    row = dict(recipe=name, numbers_per_second=round(recipe.numbers_per_second))
    for who in voices:
        y = voice(who)
        y_hat = there_and_back(recipe, y)
        row[f"estoi_{who}"] = round(at.intelligibility(y_hat, y, SR), 2)
        y_ours = there_and_back(ours_as_large(recipe), y)
        row[f"ours_{who}"] = round(at.intelligibility(y_ours, y, SR), 2)
        found = at.pitch_accuracy(at.pitch(y_hat, SR), at.pitch(y, SR))
        row[f"pitch_{who}"] = round(found, 2)
    return row


def main():
    rows = [measured(name) for name in at.RECIPES]
    with open(ROOT / "data" / "recipes.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
