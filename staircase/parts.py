"""Parts: what a sound file is made of, in its order: parts that libsndfile decodes, and gaps."""

import io
import re
import struct
from dataclasses import dataclass

CURE = "convert it to WAV, FLAC, OGG or MP3"


class Foreign(ValueError):
    """A file of a format that libsndfile does not read; another reader may."""


@dataclass
class Part:
    """A stretch of a file that libsndfile reads right by itself."""

    source: object = None  # an open file; None if it is the whole file
    streamed: bool = False  # FLAC, Ogg, MP3: decoded in one go, from the start
    is_cut: bool = False  # so that a header which makes no sense needs no other explanation


@dataclass
class Gap:
    """Sound that is not there, though it should be, between two parts or behind the last."""

    seconds: float = 0.0  # 0 if nobody knows
    share: float = 1.0  # or: of the part before it, only this is there
    why: str = ""


def end_lost(there, size):
    """Returns the gap behind a part of which so many of its bytes are there."""
    return Gap(share=there / size) if there else Gap(why="its end is missing")


STARTS = b"RIFF RIFX RF64 BW64 riff FORM caff .snd dns. fLaC OggS NIST Crea".split()
SIGNATURE = re.compile(  # how files begin, in so many bytes that no sound does
    rb"RI(?:FF|FX)....WAVE|(?:RF|BW)64....WAVE|riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb"
    rb"|FORM....(?:AIFF|AIFC|8SVX|16SV)|caff\x00\x01\x00\x00desc|\.snd\0\0..|dns\...\0\0"
    rb"|fLaC[\0\x80]\0\0\x22|OggS\0\x02|NIST_1A\n|Creative Voice File\x1a",
    re.DOTALL,
)


def bytes_at(file, at, n=-1):
    """Returns up to `n` bytes at a place in a file, or all behind it."""
    file.seek(at)
    return file.read(n)


def unpacked(file, at, layout):
    """Returns the numbers at a place in a file; None if it ends before."""
    data = bytes_at(file, at, struct.calcsize(layout))
    return struct.unpack(layout, data) if len(data) == struct.calcsize(layout) else None


def size_of(file):
    """Returns the length of an open file in bytes."""
    return file.seek(0, io.SEEK_END)


def found(words, data, at=0, end=None):
    """Yields the places of any of these words in data, in their order."""
    places = []
    for word in words:  # one by one: a regular expression is ten times slower
        place = data.find(word, at, end)
        while place >= 0:
            places.append(place)
            place = data.find(word, place + 1, end)
    yield from sorted(places)


def next_file(data, at, end=None):
    """Returns where another file begins, or where the data end."""
    places = (place for place in found(STARTS, data, at, end) if SIGNATURE.match(data, place))
    return next(places, len(data) if end is None else end)


def next_file_in(file, at, end):
    """Returns where another file begins in a stretch of this one, or where the stretch ends."""
    places = found_in(file, at, end, STARTS)
    return next((place for place in places if SIGNATURE.match(bytes_at(file, place, 20))), end)


def found_in(file, at, end, words):
    """Yields where words are found in a stretch of a file, of any length."""
    block = 2**24
    for start in range(at, end, block):
        data = bytes_at(file, start, min(block + 3, end - start))
        yield from (start + place for place in found(words, data))


def only_zeros(file, at):
    """Returns whether nothing but zeros lies behind a place in a file."""
    file.seek(at)
    return not any(data.strip(b"\0") for data in iter(lambda: file.read(2**20), b""))


def tag_length(data, at=0):
    """Returns the length of the tag that begins at a place, as players write them; 0 if none."""
    head = data[at : at + 32]
    if head[:3] == b"ID3" and len(head) >= 10 and 2 <= head[3] <= 4:  # AIFF has a chunk "ID3 "
        a, b, c, d = head[6:10]
        return 10 + (a << 21 | b << 14 | c << 7 | d) + 10 * (head[5] >> 4 & 1)  # and its footer
    if head[:8] == b"APETAGEX" and len(head) == 32 and head[23] & 0x20:  # the tag's header
        return 32 + int.from_bytes(head[12:16], "little")
    if head[:11] == b"LYRICSBEGIN":
        ends = [data.find(word, at) for word in (b"LYRICS200", b"LYRICSEND")]
        return max(ends) + 9 - at if max(ends) >= 0 else 0
    if head[:3] == b"TAG":
        return 227 if head[3:4] == b"+" else 128
    footer = data.find(b"APETAGEX", at, at + 2**16)  # of an APE tag without a header
    size = int.from_bytes(data[footer + 12 : footer + 16], "little") if footer >= 0 else 0
    return size if footer >= 0 and footer + 32 - size == at else 0


class Window(io.RawIOBase):
    """Bytes `start` ... `stop` of an open file, some of them put right: {position: bytes}."""

    def __init__(self, file, start, stop, patches=()):
        self.file, self.start, self.stop, self.patches = file, start, stop, dict(patches)
        self.at = start

    def readable(self):
        """Says that it can be read."""
        return True

    def seekable(self):
        """Says that it can be read from any place."""
        return True

    def tell(self):
        """Returns the place that is read next."""
        return self.at - self.start

    def seek(self, offset, whence=io.SEEK_SET):
        """Goes to a place, but never before the first, as libsndfile tries to."""
        self.at = max(self.start, offset + (self.start, self.at, self.stop)[whence])
        return self.tell()

    def readinto(self, buffer):
        """Fills a buffer; returns how many bytes there were."""
        data = bytearray(
            bytes_at(self.file, self.at, max(0, min(len(buffer), self.stop - self.at)))
        )
        for where, right in self.patches.items():
            for i, byte in enumerate(right, start=where - self.at):
                if 0 <= i < len(data):
                    data[i] = byte
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)
