"""Containers: what sound files are made of, as far as libsndfile has to be told.

libsndfile decodes, but it believes headers: a length that is an estimate, unknown, too large or of
the first of several streams. `parts` splits what was joined, puts lengths right, passes over
what is no sound, and says what should be there, so that `files` can compare it with what came.

Other readers were tried: miniaudio (4 MB) drops joined parts too, and knows no Opus, AU or CAF;
PyAV (100 MB) reads everything, and passes over holes and lost ends without a word. So we must
count with any of them, and having counted we need none.
"""

import functools
import io
import re
import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

CURE = "convert it to WAV, FLAC, OGG or MP3"
SLOPPY = 64  # bytes of a header that some writers count as sound


class Foreign(ValueError):
    """A file of a format that libsndfile does not read; another reader may."""


@dataclass
class Part:
    """A stretch of a file that libsndfile reads right by itself, and what should be in it."""

    source: object  # a path or an open file
    promised: float = 0  # samples, by its header; 0 if it does not say
    share: float = 1.0  # of its bytes that are there
    fault: str = ""  # what else is wrong with it, where it ends
    n_lost: int = 0  # of its pages
    streamed: bool = False  # FLAC, Ogg, MP3: decoded in one go, from the start


def parts(file, source, name):
    """Yields the parts of an open file; `source` is what libsndfile opens if there is but one."""
    start = _tag_length(_bytes(file, 0, 32))
    head = _bytes(file, start, 16)
    find = next((find for magic, find in READERS.items() if head.startswith(magic)), None)
    if find is None:
        _refuse_foreign(head, name)
    for part in (find or _mpeg_parts)(file, start, Part(source), name):
        file.seek(0)
        yield part


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


def _bytes(file, at, n):
    """Returns up to `n` bytes at a place in a file."""
    file.seek(at)
    return file.read(n)


def _unpacked(file, at, layout):
    """Returns the numbers at a place in a file; None if it ends before."""
    data = _bytes(file, at, struct.calcsize(layout))
    return struct.unpack(layout, data) if len(data) == struct.calcsize(layout) else None


def _size(file):
    return file.seek(0, io.SEEK_END)


def _tag_length(head):
    """Returns the length of the tag that begins so, as players write them; 0 if none does."""
    if head[:3] == b"ID3" and len(head) >= 10:
        a, b, c, d = head[6:10]
        return 10 + (a << 21 | b << 14 | c << 7 | d)
    if head[:8] == b"APETAGEX" and len(head) >= 24:
        size, _, flags = struct.unpack("<III", head[12:24])
        return size + 32 * (flags >> 31)  # bit 31: with a header
    return 128 * (head[:3] == b"TAG")


class _Window(io.RawIOBase):
    """Bytes `start` ... `stop` of an open file, some of them put right: {position: bytes}."""

    def __init__(self, file, start, stop, patches=()):
        self.file, self.start, self.stop, self.patches = file, start, stop, dict(patches)
        self.at = start

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at - self.start

    def seek(self, offset, whence=io.SEEK_SET):
        self.at = offset + (self.start, self.at, self.stop)[whence]
        return self.tell()

    def readinto(self, buffer):
        data = bytearray(_bytes(self.file, self.at, max(0, min(len(buffer), self.stop - self.at))))
        for where, right in self.patches.items():
            for i, byte in enumerate(right, start=where - self.at):
                if 0 <= i < len(data):
                    data[i] = byte
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


# --- WAV, RF64, W64, AIFF, CAF, AU: chunks, one of which holds the sound -----------------------

GUID = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # behind the names of W64
CHUNKED = {  # where chunks begin, name and size, what a size counts too, padding, the sound, empty
    b"RIFF": (12, "<4sI", 0, 2, (b"data",), 0),
    b"RIFX": (12, ">4sI", 0, 2, (b"data",), 0),
    b"RF64": (12, "<4sI", 0, 2, (b"data",), 0),
    b"BW64": (12, "<4sI", 0, 2, (b"data",), 0),
    b"riff": (40, "<16sQ", 24, 8, (b"data" + GUID,), 0),
    b"FORM": (12, ">4sI", 0, 2, (b"SSND", b"BODY"), 8),
    b"caff": (8, ">4sQ", 0, 1, (b"data",), 4),
    b".snd": (0, ">4sI", 0, 1, (b".snd",), 0),
    b"dns.": (0, "<4sI", 0, 1, (b"dns.",), 0),
}


@dataclass
class Chunk:
    """Where the samples of a file lie, and what its header says of them."""

    at: int
    size: int  # in bytes, by the header
    fields: list  # where the header says so: place and layout
    fmt: int | None  # the place of a WAV's other numbers

    def most(self):
        """Returns the largest size that the header can say."""
        return 2 ** (8 * max(struct.calcsize(layout) for _, layout in self.fields)) - 1

    def sized(self, size):
        """Returns what to write into the header for another size."""
        return {
            place: struct.pack(layout, min(size, 2 ** (8 * struct.calcsize(layout)) - 1))
            for place, layout in self.fields
        }


_NAME = re.compile(rb"[ -~]{4}")  # of a chunk


def _begins(file, at):
    """Returns whether there is a chunk's name at a place; sizes may be beyond any file."""
    return at < 2**62 and bool(_NAME.match(_bytes(file, at, 4)))


def _chunks(file, at, magic):
    """Yields name, place and size of the contents of every chunk from a place on."""
    _, layout, counted, pad, *_ = CHUNKED[magic]
    while at < 2**62 and (head := _unpacked(file, at, layout)):
        at += struct.calcsize(layout)
        size = max(0, head[1] - counted)
        yield head[0], at, size
        at += size
        if _begins(file, at + -size % pad) or not _begins(file, at):
            at += -size % pad  # which some writers forget


def _sound_chunk(file, start, magic):
    """Returns the chunk that holds the samples; None if there is none."""
    first, layout, _, _, names, _ = CHUNKED[magic]
    layout, fields, fmt = layout[0] + layout[-1], [], None
    for name, at, size in _chunks(file, start + first, magic):
        if name == b"ds64":  # of an RF64: sizes for which 32 bits are too few
            fields = [(at + 8, "<Q")]
        elif name[:4] == b"fmt ":
            fmt = at
        elif name in (b".snd", b"dns."):  # what looks like a size says where the samples begin
            length = _unpacked(file, at, layout)
            return length and Chunk(start + size, *length, [(at, layout)], None)
        elif name in names:
            if fields and size == 2**32 - 1:
                (size,) = _unpacked(file, *fields[0]) or (0,)
            else:
                fields = [*fields, (at - struct.calcsize(layout), layout)]
            return Chunk(at, size, fields, fmt)
    return None


def _chunked_parts(file, start, whole, name):
    """Yields the files that lie one behind the other, with sizes that are put right."""
    end = _size(file)
    while start is not None:
        magic = _bytes(file, start, 4)
        chunk = _sound_chunk(file, start, magic)
        if chunk is None or chunk.at >= end:  # libsndfile sees what is wrong
            yield Part(_Window(file, start, end)) if start else whole
            return
        part, start = _chunked_part(file, start, end, chunk, magic, name)
        part.source = part.source or whole.source
        yield part


def _chunked_part(file, start, end, chunk, magic, name):
    """Returns a part, without a source if it is all of the file, and where the next one begins."""
    patches = _containers(file, chunk, magic, name)
    counted, empty = CHUNKED[magic][2], CHUNKED[magic][-1]
    size, there, is_empty = chunk.size, end - chunk.at, chunk.size <= empty
    following, junk = _behind(file, chunk.at + size, end, magic, strict=is_empty)
    if _is_unknown(size, there, chunk) or is_empty and junk:
        size, following, junk = there, None, 0
    if magic == b"caff" and _bytes(file, start + 28, 4) == b"alac":  # packets, of unequal length
        return Part(None, fault="its end is missing" if size > there else ""), None
    if size > there or size != chunk.size:
        patches |= chunk.sized(there + counted)
    behind = chunk.at + size  # libsndfile reads a W64 beyond the end that it gives
    stop = following or (behind if junk or magic == b"riff" else end)
    if start == 0 and stop >= end and not patches:
        return Part(None), None
    share = there / size if size - there > SLOPPY else 1
    if size == there > chunk.most():
        junk = there - chunk.most()  # libsndfile reads no further than a header can say
    fault = f"{junk:,} bytes lie behind the end that its header gives" if junk else ""
    window = _Window(file, start, min(stop, end), patches)
    return Part(window, share=share, fault=fault), following


def _is_unknown(size, there, chunk):
    """Returns whether a header names no length: who writes into a pipe says something huge."""
    is_huge = 0x7FFFF000 <= size <= 0x80000100 or 0xFFFFF000 <= size < 2**32 or size >= 2**62
    return is_huge and size > there or there > chunk.most()


def _behind(file, at, end, magic, strict):
    """Returns where a next file begins, and how many bytes behind the sound nobody knows.

    There may lie more chunks, tags or zeros. If `strict`, chunks must end where the file does.
    """
    if at < end and _bytes(file, at, 4) in CHUNKED:  # though it should begin at an even place
        return at, 0
    if not _begins(file, at):
        at += -at % CHUNKED[magic][3]
    for name, inside, size in _chunks(file, at, magic):
        at = inside - struct.calcsize(CHUNKED[magic][1])
        if name[:4] in CHUNKED:
            return at, 0
        if not _NAME.match(name) or strict and inside + size > end:
            known = _tag_length(name) or not _bytes(file, at, 2**20).strip(b"\0")
            return None, 0 if known or end - at <= SLOPPY else end - at
    return None, 0


def _containers(file, chunk, magic, name):
    """Returns how to put right a WAV whose samples lie in more bytes than its bits fill."""
    order = CHUNKED[magic][1][0]
    fields = chunk.fmt and _unpacked(file, chunk.fmt, order + "HHIIHH")
    tag, channels, _, _, align, bits = fields or [0] * 6
    if tag == 0xFFFE:
        (tag,) = _unpacked(file, chunk.fmt + 24, order + "H") or [0]
    width = -(-bits // 8)
    if tag not in (1, 3) or not channels * bits * align or align == channels * width:
        return {}
    container = align // channels
    if tag == 1 and align == channels * container and width < container <= 8:
        where = slice(width, None) if order == ">" else slice(container - width)
        if _is_padded(file, chunk.at, container, where):
            return {chunk.fmt + 14: struct.pack(order + "H", 8 * container)}
    if align < channels * width or (width, container) == (3, 4):
        raise ValueError(
            f"{name} contradicts itself, {channels} channel(s) of {bits} bits are "
            f"{channels * width} bytes and its block align says {align}: {CURE} again"
        )
    return {}  # the field is wrong: all readers pass over it


def _is_padded(file, at, container, where):
    """Returns whether some bytes of every sample are 0, in the first block that is not silent."""
    while data := _bytes(file, at, 2**15 * container):
        data = np.frombuffer(data[: len(data) // container * container], np.uint8)
        if data.any():
            return not data.reshape(-1, container)[:, where].any()
        at += 2**15 * container
    return False


# --- FLAC, Ogg, NIST ------------------------------------------------------------------------


def _flac_parts(file, start, whole, name):
    """Yields the streams of a FLAC file, read until they end: the header may not know where."""
    data = _bytes(file, start, -1)
    found = re.finditer(rb"fLaC[\0\x80]\0\0\x22.{18}", data, re.DOTALL)
    begins = [begin.start() for begin in found]
    for begin, end in zip(begins, [*begins[1:], len(data)]):
        first, rest = struct.unpack_from(">BI", data, begin + 21)  # the last 36 bits: samples
        patches = {start + begin + 21: struct.pack(">BI", first & 0xF0, 0)}
        window = _Window(file, start + begin, start + end, patches)
        yield Part(window, promised=(first & 15) << 32 | rest, streamed=True)
    if not begins:
        yield whole


def _ogg_parts(file, start, whole, name):
    """Yields the links of an Ogg file: each begins with first pages, and ends with a last one."""
    data = _bytes(file, 0, -1)
    begins, ends, lost, was_first, following = [], [], [], False, {}
    for at, flags, serial, number in _pages(data):
        is_first, is_last = flags & 2, flags & 4
        if not begins or is_first and not was_first:
            begins.append(at)
            ends.append(False)
            lost.append(0)
        if not is_first:
            lost[-1] += max(0, number - following.get(serial, number))
        following[serial] = number + 1
        was_first, ends[-1] = is_first, is_last
    for begin, end, is_whole, n_lost in zip(begins, [*begins[1:], len(data)], ends, lost):
        source = _Window(file, begin, end) if end - begin < len(data) else whole.source
        fault = "" if is_whole else "its end is missing"
        yield Part(source, fault=fault, n_lost=n_lost, streamed=True)
    if not begins:
        yield whole


def _pages(data):
    """Yields place, flags, stream and number of the pages of an Ogg file that are sound."""
    at = data.find(b"OggS")
    while 0 <= at <= len(data) - 27:
        n_sizes = data[at + 26]
        page = data[at : at + 27 + n_sizes + sum(data[at + 27 : at + 27 + n_sizes])]
        checksum, is_sound = page[22:26], False
        if len(page) >= 27 + n_sizes:
            is_sound = _ogg_checksum(page[:22] + bytes(4) + page[26:]) == checksum
        if is_sound:
            yield at, page[5], *struct.unpack("<II", page[14:22])
        at = data.find(b"OggS", at + (len(page) if is_sound else 4))


def _ogg_checksum(page):
    """Returns the four bytes that prove a page: zlib's CRC-32 with all bits in the other order."""
    turned = zlib.crc32(page.translate(_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return struct.pack(">I", turned).translate(_TURNED)


_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _nist_parts(file, start, whole, name):
    """Yields a SPHERE file, whose header is text."""
    found = re.search(rb"sample_count -i (\d+)", _bytes(file, 0, 1024))
    whole.promised = int(found[1]) if found else 0
    yield whole


# --- MP3: frames, of which any may be lost, and at most an estimate of how many there are --------

KBITS = {  # by (is MPEG 1, layer)
    (True, 1): range(32, 449, 32),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
KBITS[False, 3] = KBITS[False, 2]


@dataclass(frozen=True)
class Frame:
    """What the four bytes in front of a frame say."""

    size: int  # bytes
    samples: int
    layer: int
    sort: tuple  # what all frames of a stream have in common: version, layer, rate, channels


@functools.lru_cache(maxsize=4096)
def _frame(head):
    """Returns the frame that begins with these four bytes; None if none does."""
    if len(head) < 4 or head[0] != 255 or head[1] < 224:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)  # version 3 is MPEG 1, 0 is 2.5
    kbits, sr, is_padded = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or kbits in (0, 15) or sr == 3:
        return None
    bits = 1000 * KBITS[version == 3, layer][kbits - 1]
    rate = (44100, 48000, 32000)[sr] // (1, 2, 4)[(3, 2, 0).index(version)]
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    slot = 4 if layer == 1 else 1
    size = (samples // 8 // slot * bits // rate + is_padded) * slot
    return Frame(size, samples, layer, (version, layer, sr, head[3] >> 6 == 3))


@dataclass
class Stream:
    """Frames of one sort, in a row."""

    sort: tuple
    info: bytes = b""  # the frame in front of them that counts them
    promised: int = 0  # as many as it says
    frames: list = field(default_factory=list)
    fault: str = ""
    is_cut: bool = False

    def part(self):
        """Returns the stream with a count that is right."""
        n, layer = len(self.frames), _frame(self.frames[0][:4]).layer
        data = b"".join(_without_past(self.frames) if layer == 3 else self.frames)
        share, fault = 1.0, self.fault
        if self.promised and not fault:  # some counts include the frame that holds them
            share = n / self.promised if n + (not self.is_cut) < self.promised else 1.0
        elif self.is_cut:
            fault = "its end is missing"
        if layer == 3:
            data = _counted(self.info or self.frames[0], n, len(data)) + data
        return Part(io.BytesIO(data), share=share, fault=fault, streamed=True)


def _without_past(frames):
    """Yields frames of layer 3; silent ones for those that need bytes of frames that are lost."""
    n_before = 0  # bytes of sound in the frames so far
    for frame in frames:
        version, _, _, is_mono = _frame(frame[:4]).sort
        at = 4 if frame[1] & 1 else 6  # behind a checksum
        side = _SIDE[version == 3][is_mono]
        n_bits = 9 if version == 3 else 8  # these say how far back its bytes begin
        n_needed = int.from_bytes(frame[at : at + 2], "big") >> 16 - n_bits
        if n_needed > n_before:
            back = min(n_before, 2**n_bits - 1) << 16 - n_bits
            frame = frame[:at] + back.to_bytes(2, "big") + bytes(side - 2) + frame[at + side :]
        yield frame
        n_before += len(frame) - at - side


_SIDE = ((17, 9), (32, 17))  # bytes that describe a frame, by (is MPEG 1, is mono)


def _info(frame):
    """Returns where in a frame begins a count of those that follow; -1 if it has none."""
    return max(frame.find(b"Xing", 0, 48), frame.find(b"Info", 0, 48)) if len(frame) >= 64 else -1


def _counted(frame, n_frames, n_bytes):
    """Returns a frame that counts those behind it, made of one like them or one that did."""
    at = _info(frame)
    flags = frame[at + 7] if at > 0 else 0
    if not flags & 1:
        head = bytes([255, frame[1] | 1, frame[2] & 0x0C | 0x90, frame[3]])
        version, _, _, is_mono = _frame(head).sort
        at, flags = 4 + _SIDE[version == 3][is_mono], 3
        frame = head + bytes(_frame(head).size - 4)
    words = struct.pack(">4sII", frame[at : at + 4].strip(b"\0") or b"Xing", flags, n_frames)
    words += struct.pack(">I", n_bytes + len(frame)) if flags & 2 else b""
    return frame[:at] + words + frame[at + len(words) :]


def _mpeg_parts(file, start, whole, name):
    """Yields the streams of an MP3 file: those of its frames that are whole, and a right count."""
    data = _bytes(file, start, 2**17)
    first = _mpeg_start(data)
    streams = [] if first is None else _streams(data + file.read(), first)
    heard = [stream.part() for stream in streams if stream.frames]
    whole.fault = "" if first is None else "its end is missing"
    yield from heard or [whole]


def _mpeg_start(data):
    """Returns where four frames of one sort begin one behind the other, or all there are."""
    for found in re.finditer(rb"\xff[\xe2-\xff]", data[: 2**16]):
        at, sorts = found.start(), []
        while len(sorts) < 4 and (frame := _frame(data[at : at + 4])):
            sorts.append(frame.sort)
            at += frame.size
        if len(set(sorts)) == 1 and (len(sorts) == 4 or at >= len(data) and not found.start()):
            return found.start()
    return None


def _streams(data, at):
    """Returns the streams of the frames that begin at a place; what lies between ends one."""
    streams, is_next, junk = [], False, 0
    while at < len(data):
        frame = _frame(data[at : at + 4])
        if frame and (is_next and frame.sort == streams[-1].sort or _goes_on(data, at, frame)):
            if at + frame.size > len(data):
                streams[-1].is_cut = True  # known by the frames before it
                break
            _add(streams, data[at : at + frame.size], frame.sort, junk)
            is_next, junk, at = True, 0, at + frame.size
        elif tag := _tag_length(data[at : at + 32]):
            at += tag
        else:
            found = data.find(b"\xff", at + 1)
            found = len(data) if found < 0 else found
            is_next, junk, at = False, junk + found - at, found
    is_filled = junk <= 4096 and not data[len(data) - junk :].strip(b"\0")
    if streams and junk and not is_filled and not streams[-1].promised:
        streams[-1].fault = f"{junk:,} bytes are no sound"
    return streams


def _goes_on(data, at, frame):
    """Returns whether behind a frame comes another of its sort, a tag or the end."""
    at += frame.size
    following = _frame(data[at : at + 4])
    is_alike = following is not None and following.sort == frame.sort
    return is_alike or at == len(data) or _tag_length(data[at : at + 32]) > 0


def _add(streams, content, sort, junk):
    """Adds a frame to the last stream, or begins a new one; before it lay so much junk."""
    at = _info(content)
    is_info = at > 0 or len(content) >= 64 and content[36:40] == b"VBRI"
    if junk and streams:
        streams[-1].fault = f"{junk:,} bytes are no sound"
        streams[-1].frames[1:] = streams[-1].frames[1:-1]  # the junk may begin within the last
    if junk or is_info or not streams or streams[-1].sort != sort:
        streams.append(Stream(sort))
    if at > 0:
        flags, count = struct.unpack_from(">II", content, at + 4)
        streams[-1].info, streams[-1].promised = content, count * (flags & 1)
    elif is_info:
        (streams[-1].promised,) = struct.unpack_from(">I", content, 36 + 14)
    else:
        streams[-1].frames.append(content)


READERS = {
    **dict.fromkeys(CHUNKED, _chunked_parts),
    b"fLaC": _flac_parts,
    b"OggS": _ogg_parts,
    b"NIST_1A": _nist_parts,
}
