"""Finds the sentences of one speaker, and holds some of them out. It computes no signal."""

from itertools import chain
from pathlib import Path

import numpy as np

import audiotools as at
from show.players import DATA, OWN_CLIPS, clip_path

FEWEST = 5  # sentences: four to learn from, one held out
SHORTEST = 1.0  # s: of less, nothing can be said about its words
PIECE = 2.5  # s: so a long recording is cut
SOUNDS = {".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif"}


class TooShort(ValueError):
    """A recording is too short to be cut into sentences, some of them held out."""


def sentences(clip, sr, *, longest=300, wanted=None):
    """Returns the sentences of one speaker, waveforms of `sr` samples per second.

    `clip` is a voice of the corpus ("slt", "kal16"), or a folder of your own: a sound file for
    each sentence, at one rate; no labels are needed. Of a folder of yours the first `longest`
    seconds are read, in the order of the names; files of less than a second are passed over.
    A long recording that `librosa.ex` knows, or a file, is cut into pieces of 2.5 s. Where
    ``wanted(y)`` is false, a sentence is left out.
    """
    ours = {folder.name: folder for folder in (DATA / "corpus").iterdir() if folder.is_dir()}
    folder = ours.get(clip, Path(clip).expanduser())
    longest = np.inf if clip in ours else longest
    ys = _of_folder(folder, sr, longest) if folder.is_dir() else _pieces(clip, sr, longest)
    ys = [y for y in ys if wanted is None or wanted(y)]
    speaks = " in which it speaks" if wanted else ""
    if len(ys) < FEWEST and folder.is_dir():
        raise ValueError(
            f"{clip} has {len(ys)} sentences of {SHORTEST:g} s or more{speaks}, "
            f"{FEWEST} are needed: take a folder with more"
        )
    if len(ys) < FEWEST:
        raise TooShort(
            f"{clip} has {len(ys)} pieces of {PIECE} s{speaks}, "
            f"{FEWEST} are needed: take a longer one, or a folder of one speaker's sentences"
        )
    return ys


def _of_folder(folder, sr, longest):
    """Returns what a folder's files hold, up to `longest` seconds; of a long file its beginning."""
    ys, each = [], longest / FEWEST  # s: so there is room for five
    for y in _files(folder, sr, each if np.isfinite(each) else None):
        if sum(map(len, ys)) + len(y) > longest * sr:
            break
        ys.append(y)
    return ys


def _files(folder, sr, duration):
    """Yields the first `duration` seconds of each file of a folder that is no mere click."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SOUNDS)
    _refuse_rates({file.name: at.load_wav(file, duration=0.01)[1] for file in files}, sr)
    for file in files:
        y, _ = at.load_wav(file, sr=sr, duration=duration)
        if len(y) >= SHORTEST * sr:
            yield y


def _refuse_rates(rates, sr):
    """Refuses files of several rates, and those that have no frequencies up to sr/2."""
    by_rate = {rate: name for name, rate in rates.items()}
    if len(by_rate) > 1:
        (a, one), (b, other), *_ = by_rate.items()
        raise ValueError(
            f"{one} has {a} samples per second, {other} has {b}: their MFCCs do not compare; "
            "take files of one rate"
        )
    for rate, name in by_rate.items():
        if rate < sr:
            raise ValueError(
                f"{name} has {rate} samples per second, and nothing above {rate / 2000:g} kHz: "
                f"take recordings of {sr} or more"
            )


def _pieces(clip, sr, longest):
    """Returns a recording in pieces; what is left at its end is dropped."""
    y, _ = at.load_wav(_file_of(clip), sr=sr, duration=longest)
    n = round(PIECE * sr)
    return np.split(y, range(n, len(y), n))[:-1]


def _file_of(clip):
    """Returns the file of a recording; refuses what is neither that nor a folder."""
    if clip == "mine":
        return clip_path(clip)
    try:
        return clip_path(clip)
    except ValueError:
        raise ValueError(
            f'no voice {clip!r}: take "slt", "kal16", a folder of one speaker\'s sentences, '
            "or a name from librosa.util.list_examples()"
        ) from None


def first_seconds(clip, sr, *, duration=5):
    """Returns how a voice begins, as one waveform of at most `duration` seconds.

    `clip` is a recording, as `clip_path` takes it, or a folder of one speaker's sentences, which
    then follow one another in the order of their names.
    """
    folder = Path(clip).expanduser()
    if clip in OWN_CLIPS or not folder.is_dir():
        return at.load_wav(_file_of(clip), sr=sr, duration=duration)[0]
    y = np.zeros(0)
    for sentence in _files(folder, sr, duration):
        y = np.concatenate([y.astype(sentence.dtype), sentence])
        if len(y) >= duration * sr:
            break
    if not y.size:
        raise ValueError(
            f"{clip} has no sound file of {SHORTEST:g} s or more: take a folder with sentences"
        )
    return y[: round(duration * sr)]


def hold_out(f0s, name):
    """Returns the numbers of the sentences to learn from, and of every fourth, held out.

    Refuses a voice of which no model could learn when there is a pitch: all frames of a part
    have one, or none has.
    """
    held_out = list(range(len(f0s) - 1, 0, -4))[::-1]
    learned = [i for i in range(len(f0s)) if i not in held_out]
    for part, ids in (("to learn from", learned), ("held out", held_out)):
        share = np.mean([hz > 0 for hz in chain(*(f0s[i] for i in ids))])
        if share in (0, 1):
            raise ValueError(
                f"{name}: {'every' if share else 'no'} frame of the sentences {part} has a pitch "
                "of 65 to 420 Hz; take one speaker who speaks, and does not whisper, sing or rest"
            )
    return learned, held_out
