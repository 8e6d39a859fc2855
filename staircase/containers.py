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
        junk = _behind_tags(file, at, end)
        at = streams.next_start(file, junk)
        if at > junk:
            yield Gap(why=f"come {at - junk:,} bytes that no header tells of")
        read = _reader(bytes_at(file, at, 20), streams.mpeg) if at < end else None


def _first(file, name):
    """Returns where a file begins to be sound, and what reads it."""
    at = tag_length(bytes_at(file, 0, 2**16))
    data = bytes_at(file, at, 2**17)
    if not data:
        what = "nothing follows its tags" if at else "it holds no bytes"
        raise ValueError(f"{name} is empty: {what}, fetch it again")
    if read := _reader(data):
        return at, read
    _refuse_foreign(data[:16], name)
    sync = streams.mpeg_start(data)
    return (0, _whole) if sync is None else (at + sync, streams.mpeg)


def _reader(head, otherwise=None):
    """Returns what reads a file that begins so."""
    return READERS[head[:4]] if SIGNATURE.match(head) else otherwise


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
