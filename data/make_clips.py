"""Makes the three clips of the course again, in the folder of this script.

    python data/make_clips.py

slt.wav and kal16.wav are spoken by flite; melody.wav is computed with numpy.
Nothing here is random: the same flite gives the same bytes every time. Prints
each file's sha256, to compare with the table in README.md.
"""
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile as sf

FOLDER = Path(__file__).resolve().parent
TEXT = "This is a test. Do you hear my voice, or does a robot answer you?"
VOICES = ("slt", "kal16")

SR = 16000              # samples per second: the rate that both voices have
NOTES = (131, 165, 196, 262, 294, 330, 392, 523, 659, 784)      # Hz
NOTE_SECONDS = 0.4
FADE_SECONDS = 0.02     # at both ends of a note: long enough not to click
TOP_HZ = 7000           # harmonics stop below: no aliasing, room under 8 kHz
PEAK = 0.5              # of full scale
FULL_SCALE = 32768      # of 16-bit samples


def require_voice(voice):
    """Stops where flite, or this voice of it, is missing."""
    if shutil.which("flite") is None:
        sys.exit("flite is not installed. On Debian or Ubuntu, type:  sudo apt-get install flite")
    listing = subprocess.run(["flite", "-lv"], check=True, capture_output=True, text=True)
    if voice not in listing.stdout.split():     # flite would quietly take another one
        sys.exit(f"this flite has no voice {voice}: take Debian's or Ubuntu's flite 2.2")


def speak(voice, path):
    """Lets flite say TEXT, and keeps the file as flite writes it."""
    require_voice(voice)
    subprocess.run(["flite", "-voice", voice, "-t", TEXT, "-o", str(path)], check=True)


def note(f0):
    """Returns one note: harmonics k of strength 1/k, faded in and out."""
    t = np.arange(round(NOTE_SECONDS * SR)) / SR            # s
    harmonics = np.arange(f0, TOP_HZ, f0)[:, np.newaxis]    # Hz, one per row
    y = np.sum(np.sin(2 * np.pi * harmonics * t) * f0 / harmonics, axis=0)
    n_fade = round(FADE_SECONDS * SR)
    fade = 0.5 - 0.5 * np.cos(np.pi * np.arange(n_fade) / n_fade)   # raised cosine, 0 to 1
    y[:n_fade] *= fade
    y[-n_fade:] *= fade[::-1]
    return y


def play_melody(path):
    """Writes the ten notes, one after the other, as 16-bit samples."""
    y = np.concatenate([note(f0) for f0 in NOTES])
    y *= PEAK / np.max(np.abs(y))
    sf.write(path, np.round(y * FULL_SCALE).astype(np.int16), SR, subtype="PCM_16")


def main():
    for voice in VOICES:
        speak(voice, FOLDER / f"{voice}.wav")
    play_melody(FOLDER / "melody.wav")
    for name in (*VOICES, "melody"):
        path = FOLDER / f"{name}.wav"
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)


if __name__ == "__main__":
    main()
