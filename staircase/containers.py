"""Containers: which formats there are, and what lies behind one file's end: often another one.

libsndfile decodes, but it believes headers: a length that is an estimate, unknown, too large or of
the first of several streams. `unfolded` splits what was joined, passes over what is no sound, and
says what is missing, so that `files` can tell.

Other readers were tried: miniaudio (4 MB) drops joined parts too, and knows no Opus, AU or CAF;
PyAV (100 MB) reads everything, and passes over holes and lost ends without a word. So we must
count with any of them, and having counted we need none.
"""

import re

from . import chunks, streams
from .parts import (
    CURE,
    SIGNATURE,
    Foreign,
    Gap,
    Part,
    bytes_at,
    next_file_in,
    size_of,
    tag_length,
)

READERS = {
    **dict.fromkeys(chunks.LAYOUTS, chunks.chunked),
    b"NIST": chunks.sphere,
    b"Crea": chunks.voc,
    b"fLaC": streams.flac,
    b"OggS": streams.ogg,
}


def unfolded(file, name):
    """Yields the parts and gaps of an open file, in their order."""
    end = size_of(file)
    at, read = _first(file, name)
    while read:
        at = yield from read(file, at, name)
        at = _behind_tags(file, at, end)
        following, read = _next(file, at, end)
        if following > at:
            yield Gap(why=f"come {following - at:,} bytes that no header tells of")
        at = following


def _first(file, name):
    """Returns where a file begins to be sound, and what reads it."""
    at = tag_length(bytes_at(file, 0, 2**16))
    data = bytes_at(file, at, 2**17)
    if SIGNATURE.match(data):
        return at, READERS[data[:4]]
    _refuse_foreign(data[:16], name)
    sync = streams.mpeg_start(data)
    return (0, _whole) if sync is None else (at + sync, streams.mpeg)


def _whole(file, start, name):
    """Yields a file that libsndfile may know; what it lacks is not told. Returns where it ends."""
    yield Part()
    return size_of(file)


def _behind_tags(file, at, end):
    """Returns where tags, zeros and ends of lines end that players and transfers leave behind."""
    while at < end:
        data = bytes_at(file, at, 2**20)
        length = tag_length(data) or len(data) - len(data.lstrip(b"\0\r\n"))
        if not length:
            break
        at += length
    return min(at, end)


def _next(file, at, end):
    """Returns where another file begins, and what reads it; the end and None if there is none."""
    sync, other = streams.mpeg_start(bytes_at(file, at, 2**17)), next_file_in(file, at, end)
    if sync is not None and at + sync < other:
        return at + sync, streams.mpeg
    return other, READERS.get(bytes_at(file, other, 4))


def _refuse_foreign(head, name):
    """Refuses by its name what libsndfile does not read."""
    for magic, what in FOREIGN.items():
        if re.match(magic, head, re.DOTALL):
            raise Foreign(f"{name} is {what}: {CURE} (ffmpeg -i {name} x.wav does it)")


FOREIGN = {  # how files begin that libsndfile does not read
    rb"....ftyp": "an MPEG-4 file (M4A)",
    rb"\x1aE\xdf\xa3": "a WebM or Matroska file",
    rb"0&\xb2u": "a Windows Media file",
    rb"#!AMR": "an AMR file",
    rb"\xff[\xf0\xf1\xf8\xf9]": "an AAC file",
}
