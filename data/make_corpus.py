"""Makes the corpus of notebook 06 again: 28 sentences by two voices, with their phones.

    python data/make_corpus.py

Writes, below corpus/ in the folder of this script, a sound file for every sentence
(slt/01.ogg ... kal16/28.ogg) and a table for every voice (slt.csv, kal16.csv) of the phones
that flite spoke, each with the time in seconds at which it ends.
"""

import csv
import subprocess
import tempfile
from pathlib import Path

import soundfile as sf
from make_clips import FOLDER, VOICES, require_voice

SENTENCES = """\
A bell rings once, and the whole valley listens.
Please open the window and let the music out.
The old violin was cheaper than a new bow.
My brother found a drum in the attic.
Every vowel is a shape of the mouth.
She hummed the same tune all morning.
Thunder rolled over the hills before noon.
We heard footsteps, then a key in the lock.
The choir sang loud enough to shake the glass.
Do you know which song they chose?
A quiet engine can still annoy the neighbours.
He whistles badly, but he never gives up.
The radio lost its voice in the tunnel.
Put your ear to the rail and wait.
Some birds learn the noise of a camera.
The joke was old, yet everybody laughed.
Rain on a tin roof is a kind of drum.
I would rather hear a story than tell one.
Why does a shell sound like the sea?
The singer took a breath and missed her cue.
Children shout because the playground is huge.
Both pianos were tuned on a Thursday.
A fire alarm should be ugly, not pretty.
Could you turn that thing down a bit?
The echo came back after two seconds.
Nobody could measure how good the concert was.
Their boy plays the trumpet in the garage.
In the end, silence is what you pay for.
""".splitlines()


def speak(sentence, voice, path):
    """Lets flite say a sentence into `path`; returns its phones as (name, end in seconds)."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder, "sentence.wav")
        command = ["flite", "-voice", voice, "-psdur", "-t", sentence, "-o", str(wav)]
        spoken = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        y, sr = sf.read(wav)
    sf.write(path, y, sr, format="OGG", subtype="VORBIS")
    return [phone.split(":") for phone in spoken.split()]


def main():
    for voice in VOICES:
        require_voice(voice)
        folder = FOLDER / "corpus" / voice
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder.with_suffix(".csv"), "w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["sentence", "phone", "end"])
            for number, sentence in enumerate(SENTENCES, start=1):
                phones = speak(sentence, voice, folder / f"{number:02d}.ogg")
                table.writerows([f"{number:02d}", *phone] for phone in phones)
    size = sum(path.stat().st_size for path in (FOLDER / "corpus").rglob("*.*"))
    print(f"{len(SENTENCES)} sentences by {len(VOICES)} voices, {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
