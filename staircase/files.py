"""Files: a sound file is read whole, or as far as it goes with a word on what is missing.

`containers` says what parts a file has and what is missing between them, libsndfile decodes the
parts one by one, and a `Recording` keeps what was asked for and what there is to be told.
"""

import contextlib
import functools
import math
import os
import re
import stat
from dataclasses import dataclass, field

import numpy as np
import soundfile

from .arguments import NAMES, SOUND, affordable, shown
from .containers import unfolded
from .parts import CURE, Foreign, Gap, Window, size_of

# ----------------------------------------------------------------------------------------
# Reading
# ----------------------------------------------------------------------------------------


def read(path, *, offset=0.0, duration=None, channel=None):
    """Returns what `load_wav` reads, at the file's own rate, as a `Recording`."""
    name, source, opened = _source(path)
    recording = Recording(name, channel, offset, math.inf if duration is None else duration)
    with opened as file:
        for part in unfolded(file, name):
            if isinstance(part, Gap):
                recording.lacks(part)
            else:
                recording.take(part, part.source or source)
            if recording.left * recording.sr < 0.5:
                break
    if not recording.blocks and recording.faults:
        raise ValueError(recording.lost)
    if not recording.blocks and recording.seconds:
        raise ValueError(
            f"{name} lasts {recording.seconds:.2f} s, and offset={offset:g} s is not before its "
            "end: choose a smaller offset"
        )
    if not recording.blocks:
        raise ValueError(f"{name} holds no samples: it is empty, take another recording")
    return recording


@dataclass
class Recording:
    """One channel of a file, or the mean of all, and what there is to be said about it."""

    name: str
    channel: int | None
    skip: float  # seconds that are still to be passed over
    left: float  # seconds that are still to be read
    sr: int = 0
    channels: int = 0
    seconds: float = 0.0  # of the file that were passed over or read, or are missing
    last: float = 0.0  # seconds of the part before
    blocks: list = field(default_factory=list)
    power: list = field(default_factory=list)  # of each second: of the mean, of a channel, length
    faults: list = field(default_factory=list)

    @functools.cached_property
    def y(self):
        """The samples, (n,), float32; refused if some are no numbers."""
        return SOUND(np.concatenate(self.blocks), self.name)

    @property
    def lost(self):
        """Says what is missing of what was asked for; nothing if it is all there."""
        if not self.faults:
            return ""
        n, n_more = sum(map(len, self.blocks)), len(self.faults) - 5
        what = "; ".join(self.faults[:5]) + (f"; and {n_more} more" if n_more > 0 else "")
        read = f"{n / self.sr:.3f} s are read" if n else "nothing of what was asked for is left"
        return f"{self.name} is truncated or damaged, {read} ({what}): fetch it again"

    @property
    def cancels(self):
        """Says that the mean has lost what the channels hold; nothing if it has not.

        Of channels that have nothing in common, the mean keeps one part in `channels`. The shorter
        a piece is, the sooner they oppose each other by chance, though hardly ever wholly.
        """
        mean, one, n = np.array(self.power).reshape(-1, 3).T
        bound = np.select([n < 0.01 * self.sr, n < 0.1 * self.sr], [0, 0.01], 0.5)
        is_lost = mean < bound / self.channels * one  # NaN is told elsewhere
        if not one[is_lost].sum() > 0.1 * one.sum():
            return ""
        share = 1 - mean[is_lost].sum() / one[is_lost].sum()
        return (
            f"{self.name} has {self.channels} channels that cancel when they are averaged, by "
            f"{100 * share:.3g} % of their power in {n[is_lost].sum() / self.sr:.3g} s"
        )

    def take(self, part, source):
        """Adds what is wanted of the next part of the file, and notes what cannot be read."""
        try:
            opened = _opened(part, source, self.name)
        except ValueError:
            if not self.sr:
                raise
            self.faults.append(f"what follows {self.seconds:.3f} s cannot be read")
            return
        with opened as file:
            self._agree(file)
            n_skip, wanted = _samples(self.skip * self.sr), max(1, _samples(self.left * self.sr))
            n_skipped = _skipped(file, n_skip)
            there = min(wanted, file.frames - n_skipped) if n_skipped == n_skip else 0
            n, broke_off = self._fill(file, there)
        self.last = (n_skipped + n) / self.sr
        self.seconds += self.last
        self.skip -= n_skipped / self.sr if n_skipped < n_skip else self.skip
        self.left -= n / self.sr
        if broke_off:
            self.faults.append(f"behind {self.seconds:.3f} s it cannot be read")

    def lacks(self, gap):
        """Passes over what is missing, as if it were there, and notes it if it was asked for."""
        seconds = gap.seconds or self.last * (1 / gap.share - 1)
        begin, self.seconds = self.seconds, self.seconds + seconds
        if gap.why:
            self.faults.append(f"at {begin:.3f} s {gap.why}")
        elif seconds > self.skip:
            digits = 3 if seconds > 1e-3 else 6
            self.faults.append(f"{begin:.{digits}f} to {self.seconds:.{digits}f} s are missing")
        self.left -= max(0, seconds - self.skip)
        self.skip = max(0, self.skip - seconds)

    def _agree(self, file):
        """Takes over rate and channels, if they go with those of the parts before."""
        sr, at = _rate(file, self.name), f"{self.seconds:.9g}"
        if self.blocks and sr != self.sr:
            raise ValueError(
                f"{self.name} changes from {self.sr} to {sr} samples per second at {at} s: read "
                f"one part with duration={at}, the other with offset={at}"
            )
        if self.channel is not None and self.channel >= file.channels:
            raise ValueError(
                f"{self.name} has {file.channels} channel(s) at {at} s, and channel={self.channel} "
                f"is none of them: choose one, counted from 0, up to {file.channels - 1}"
            )
        self.sr, self.channels = sr, max(self.channels, file.channels)

    def _fill(self, file, wanted):
        """Adds `wanted` samples, or all; returns how many, and whether libsndfile broke off."""
        n, broke_off = 0, False
        while n < wanted and not broke_off:
            block, broke_off = _block(file, wanted - n)
            if not len(block):
                break
            self.blocks.append(self._mixed_down(block))
            n += len(block)
            affordable([n], np.float32, self.name, "read only a duration", copies=2)
        return n, broke_off

    def _mixed_down(self, block):
        """Returns one channel of a block (n, channels), or their mean."""
        if self.channel is not None or block.shape[1] == 1:
            return block[:, self.channel or 0].copy()
        with np.errstate(invalid="ignore", over="ignore"):  # NaN is reported later
            mean = block.mean(axis=1)
            for at in range(0, len(block), self.sr):
                one, all_ = mean[at : at + self.sr], block[at : at + self.sr]
                self.power.append(
                    (np.vdot(one, one), np.vdot(all_, all_) / block.shape[1], len(one))
                )
        return mean


def _samples(number):
    return round(min(number, 2**62))


def _opened(part, source, name):
    """Returns a part as an open SoundFile, or refuses it in words of our own."""
    refusal, cure = ValueError, CURE
    if hasattr(source, "seek"):  # not a path
        source = Window(source, 0, size_of(source))  # libsndfile seeks to places before the start
    try:
        file = (_Stream if part.streamed else soundfile.SoundFile)(source)
        if file.format != "RAW":
            return file
        reason = "it has no header, its name alone speaks of sound"
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: headerless .raw
        reason = "libsndfile makes no sense of its header"
        if part.is_cut:
            reason, cure = "it is truncated", "fetch it again"
        elif re.search("not recognised|unknown format|regular file|raw", str(error).lower()):
            refusal, reason = Foreign, "Format not recognised"
    raise refusal(f"{name} cannot be read as sound ({reason}): {cure}")


class _Stream(soundfile.SoundFile):
    """Is only read on: soundfile seeks after each read, and damaged streams lose their place."""

    def seekable(self):
        return False


def _rate(file, name):
    """Returns the rate of an open SoundFile, if any sound has it."""
    try:
        NAMES["sr"](file.samplerate, "sr")
    except ValueError:
        raise ValueError(
            f"{name} says it has {file.samplerate} samples per second, as no sound does: its "
            "header is damaged, convert it again"
        ) from None
    return file.samplerate


def _skipped(file, n):
    """Passes over `n` samples of an open SoundFile; returns how many there were."""
    if not n:
        return 0
    if file.seekable() and re.match("PCM|FLOAT|DOUBLE", file.subtype):
        return file.seek(min(n, file.frames))
    n_skipped, block = 0, [0]
    while n_skipped < n and len(block):
        block, _ = _block(file, n - n_skipped)
        n_skipped += len(block)
    return n_skipped


def _block(file, n):
    """Returns up to `n` samples (n, channels) of an open SoundFile, and whether it broke off.

    Blocks are short: of many channels only one is kept, and no header is believed when it says
    how much there is to come.
    """
    is_coded = file.format in ("FLAC", "OGG", "MP3", "MPEG")
    n = min(n, max(1, (2**16 if is_coded else 2**20) // file.channels), max(1, file.frames))
    out = np.full((n, file.channels), np.nan if is_coded else 0, np.float32)
    try:
        return file.read(out=out), False
    except soundfile.LibsndfileError:  # what came before stands there all the same
        return out[: np.count_nonzero(~np.isnan(out[:, 0])) if is_coded else 0], True


# ----------------------------------------------------------------------------------------
# Which file is meant
# ----------------------------------------------------------------------------------------


def _source(path):
    """Returns what to call a sound file in an error, what soundfile opens, and it, open."""
    if hasattr(path, "read"):
        name = _name(path)
        _refuse_misread(path, name)
        return name, path, contextlib.nullcontext(path)
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"path={shown(path)} must be the path of a sound file, or an open binary file: "
            "of bytes in memory io.BytesIO(data) makes one"
        )
    name, path = named(path)
    what = "does not exist"
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, ValueError):
        kind = _allowed(os.stat, path, name).st_mode
        if stat.S_ISREG(kind):
            source = path if path.isprintable() else os.fsencode(path)  # it may be no text
            return name, source, _allowed(open, path, name, "rb")
        what = "is a folder" if stat.S_ISDIR(kind) else "is a pipe or a device"
    where = ", downloaded first" if "://" in name else ""
    raise FileNotFoundError(f"{name} {what}: give the path of a sound file{where}")


def _allowed(function, path, name, *options):
    """Returns what a function makes of a path, if the system lets it."""
    try:
        return function(path, *options)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise type(error)(
            f"{name} cannot be opened ({error.strerror}): allow yourself to read it, or copy it"
        ) from None


def _refuse_misread(file, name):
    """Refuses an open `file` that would be misread: libsndfile does not say why."""
    try:
        is_binary = isinstance(file.read(0), bytes)
    except (AttributeError, OSError, ValueError) as error:
        cure = "pass one that is open for reading, as open(path, 'rb') makes it"
        raise ValueError(f"{name} cannot be read ({error}): {cure}") from None
    if not is_binary:
        raise TypeError(f"{name} is open as text: open it with open(path, 'rb')")
    try:
        position = file.tell()
        file.seek(position)
    except (AttributeError, OSError, ValueError):  # a pipe, or a stream of the network
        raise ValueError(
            f"{name} cannot go back to its start, as reading sound needs: pass "
            "io.BytesIO(file.read()), which reads it to its end first"
        ) from None
    if position:
        raise ValueError(f"{name} was read up to byte {position}: go back to its start by seek(0)")


def named(path):
    """Returns what to call a path in an error, and the path as text, with ``~`` filled in."""
    path = os.fsdecode(path)
    return _name(path), os.path.expanduser(path)


def _name(path):
    """Returns what to call a file in an error: one line, however long its path."""
    text = str(path) or "''"
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= 80 else f"{text[:20]}...{text[-50:]}"
