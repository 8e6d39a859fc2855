"""Chunks: WAV, RF64, W64, AIFF, CAF, AU, VOC, SPHERE: files that say how much sound they hold.

libsndfile believes what they say: a length that is unknown, too large, too small, or of the first
of several files in a row. Here it is compared with what there is, and put right.
"""

import re
import struct
from dataclasses import dataclass, replace

import numpy as np

from . import streams
from .parts import (
    CURE,
    SIGNATURE,
    Part,
    Window,
    bytes_at,
    end_lost,
    found_in,
    next_file_in,
    only_zeros,
    size_of,
    tag_length,
    unpacked,
)


@dataclass(frozen=True)
class Layout:
    """How the chunks of a format follow each other."""

    first: int  # where they begin
    head: str  # name and size
    names: tuple = (b"data",)  # of the chunk that holds the samples
    counted: int = 0  # bytes in front of the contents that a size counts, too
    pad: int = 2  # contents are filled up to a multiple of so many bytes
    empty: int = 0  # size of a chunk without samples
    start: int = 0  # where the file begins within the one that is read


MPEG = (0x50, 0x55)  # codecs of a WAV whose samples are an MP2 or MP3
ALAC = "alac"  # codec of a CAF
W64 = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # behind each name of four letters
LAYOUTS = {
    b"RIFF": Layout(12, "<4sI"),
    b"RIFX": Layout(12, ">4sI"),
    b"RF64": Layout(12, "<4sI"),
    b"BW64": Layout(12, "<4sI"),
    b"riff": Layout(40, "<16sQ", (b"data" + W64,), counted=24, pad=8),
    b"FORM": Layout(12, ">4sI", (b"SSND", b"BODY"), empty=8),
    b"caff": Layout(8, ">4sQ", pad=1, empty=4),
    b".snd": Layout(0, ">4sI", (b".snd",), pad=1),
    b"dns.": Layout(0, "<4sI", (b"dns.",), pad=1),
}


@dataclass
class Chunk:
    """Where the samples of a file lie, and what its header says of them."""

    at: int
    size: int  # in bytes, by the header
    fields: list  # where the header says so: place and layout
    fmt: int | None = None  # the place of a WAV's other numbers
    codec: object = 0  # a WAV's by its number

    def most(self):
        """Returns the largest size that the header can say."""
        return 2 ** (8 * max(struct.calcsize(layout) for _, layout in self.fields)) - 1

    def sized(self, size):
        """Returns what to write into the header for another size."""
        return {
            place: struct.pack(layout, min(size, 2 ** (8 * struct.calcsize(layout)) - 1))
            for place, layout in self.fields
        }


def chunked(file, start, name):
    """Yields the file that begins at a place, and what it lacks; returns where it ends."""
    magic, end = bytes_at(file, start, 4), size_of(file)
    layout = replace(LAYOUTS[magic], start=start)
    chunk = _sound_chunk(file, layout)
    if chunk is None or chunk.at >= end:  # libsndfile sees what is wrong
        yield Part(Window(file, start, end) if start else None)
        return end
    patches = {start: b"RF64"} if magic == b"BW64" else {}  # the same by another name
    patches |= _true_width(file, chunk, layout, name)
    size, behind = _true_size(file, end, chunk, layout)
    if chunk.codec in MPEG:
        yield from streams.mpeg(Window(file, chunk.at, min(chunk.at + size, behind)), 0, name)
        return behind
    there = _decodable(file, min(size, behind - chunk.at), size, chunk, layout)
    if there != chunk.size and chunk.codec != ALAC:  # whose packets tell their own lengths
        patches |= chunk.sized(there + layout.counted)
    is_whole_file = start == 0 and behind == end and not patches
    yield Part(None if is_whole_file else Window(file, start, behind, patches), is_cut=there < size)
    if there < size:
        yield end_lost(0 if chunk.codec == ALAC else there, size)
    return behind


# --- Where the samples lie ----------------------------------------------------------------


def _sound_chunk(file, layout):
    """Returns the chunk that holds the samples; None if there is none."""
    start = layout.start
    number, fields, fmt = layout.head[0] + layout.head[-1], [], None
    for name, at, size in _chunks(file, start + layout.first, layout):
        if name == b"ds64":  # of an RF64: sizes for which 32 bits are too few
            fields = [(at + 8, "<Q")]
        elif name[:4] == b"fmt ":
            fmt = at
        elif name in (b".snd", b"dns."):  # what looks like a size says where the samples begin
            length = unpacked(file, at, number)
            return length and Chunk(start + size, *length, [(at, number)])
        elif name in layout.names:
            if fields and size == 2**32 - 1:
                (size,) = unpacked(file, *fields[0]) or (0,)
            else:
                fields = [*fields, (at - struct.calcsize(number), number)]
            (codec,) = fmt and unpacked(file, fmt, number[0] + "H") or (0,)
            is_alac = bytes_at(file, start + 28, 4) == b"alac"
            return Chunk(at, size, fields, fmt, ALAC if is_alac else codec)
    return None


def _chunks(file, at, layout):
    """Yields name, place and size of the contents of every chunk from a place on."""
    while at < 2**62 and (head := unpacked(file, at, layout.head)):
        at += struct.calcsize(layout.head)
        size = max(0, head[1] - layout.counted)
        yield head[0], at, size
        at = _padded(file, at + size, layout)


_NAME = re.compile(rb"[ -~]{4}")  # of a chunk


def _padded(file, at, layout):
    """Returns where the next chunk begins: some writers forget to fill up the one before."""
    padded = at + (layout.start - at) % layout.pad
    if padded > at and padded < 2**62 and _NAME.match(bytes_at(file, at, 4)):
        return padded if _NAME.match(bytes_at(file, padded, 4)) else at
    return padded


# --- How long they are --------------------------------------------------------------------


def _true_size(file, end, chunk, layout):
    """Returns how many bytes of sound there should be, and where all that belongs to it ends."""
    size, there = chunk.size, end - chunk.at
    behind, is_clean = _behind(file, chunk.at + size, end, layout)
    is_unknown = _is_endless(size) and size > there or there > chunk.most()
    is_unknown |= size <= layout.empty and not is_clean
    if is_unknown or size > there and _is_miscounted(file, end, chunk, layout):
        size = _sound_end(file, chunk.at, end, layout) - chunk.at
        return size, _behind(file, chunk.at + size, end, layout)[0]
    if not is_clean:  # it may have been cut before another file was joined to it
        behind = next_file_in(file, chunk.at, behind)
    return size, behind


def _is_miscounted(file, end, chunk, layout):
    """Returns whether a WAV is as long as its header says, but its sound is said to be longer.

    Some writers take the length of the whole file, or all but 8 bytes of it, or one byte more.
    """
    declared = unpacked(file, layout.start + 4, layout.head[0] + "I")
    length, there = end - layout.start, end - chunk.at
    is_as_long = chunk.fmt is not None and declared and declared[0] + 8 <= length
    return is_as_long and chunk.size in (length, length - 8, there + 1)


def _is_endless(size):
    """Returns whether a size is what programs write that do not know it, as into a pipe."""
    near_31_bits = 0x7F000000 <= size <= 0x80000100  # sox, arecord: less some header
    near_32_bits = 0xFFFFF000 <= size < 2**32  # ffmpeg, and the same
    return near_31_bits or near_32_bits or size >= 2**62


def _decodable(file, there, size, chunk, layout):
    """Returns how many of the bytes that are there libsndfile can read, and decode together."""
    there = min(there, chunk.most() - layout.counted)
    align = chunk.fmt and unpacked(file, chunk.fmt + 12, layout.head[0] + "H")
    if there < size and align and align[0]:
        there -= there % align[0]
    return there


BEHIND = tuple(  # how chunks and tags begin that may lie behind the sound
    b"LIST bext iXML axml _PMX cart cue  plst smpl inst fact acid DISP LGWV afsp PEAK levl umid "
    b"JUNK junk PAD  FLLR id3  ID3 TAG APET list summ mrks MARK INST MIDI NAME AUTH ANNO COMT "
    b"COMM FVER APPL AESD (c)  free info uuid strg peak chan mark regn midi ovvw edct".split()
)


def _sound_end(file, at, end, layout):
    """Returns where sound of unknown length ends: before another file, or chunks to the end."""
    end = next_file_in(file, at, end)
    for place in found_in(file, max(at, end - 2**24), end, BEHIND):  # longer are no pictures
        if _behind(file, place, end, layout)[1]:
            return place
    return end


def _behind(file, at, end, layout):
    """Returns where the chunks end that lie from a place on, and whether all is known from there.

    It is if there is a tag, another file, nothing, or nothing but zeros.
    """
    if at >= end:
        return end, at == end
    at = at if SIGNATURE.match(bytes_at(file, at, 20)) else _padded(file, at, layout)
    for name, inside, size in _chunks(file, at, layout):
        at = inside - struct.calcsize(layout.head)
        head = bytes_at(file, at, 2**16)
        if SIGNATURE.match(head) or tag_length(head):
            return at, True
        if not _NAME.match(name):
            break
        if inside + size > end:
            return end, False
        at = _padded(file, inside + size, layout)
    return min(at, end), only_zeros(file, at)


# --- How wide they are --------------------------------------------------------------------


def _true_width(file, chunk, layout, name):
    """Returns how to put right a WAV whose samples lie in more bytes than its bits fill."""
    order = layout.head[0]
    fields = chunk.fmt and unpacked(file, chunk.fmt, order + "HHIIHH")
    tag, channels, _, _, align, bits = fields or [0] * 6
    if tag == 0xFFFE:
        (tag,) = unpacked(file, chunk.fmt + 24, order + "H") or [0]
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
    while data := bytes_at(file, at, 2**15 * container):
        data = np.frombuffer(data[: len(data) // container * container], np.uint8)
        if data.any():
            return not data.reshape(-1, container)[:, where].any()
        at += 2**15 * container
    return False


# --- Two that are older than chunks -------------------------------------------------------


def sphere(file, start, name):
    """Yields a NIST SPHERE file, whose header is text; returns where it ends."""
    head = bytes_at(file, start, 1024).decode("latin-1")
    numbers = {
        word: int(value) for word, value in re.findall(r"(sample_\w+|channel_count) -i (\d+)", head)
    }
    length = int((re.match(r"NIST_1A\n *(\d+)\n", head) or [0, 1024])[1])
    names = ("sample_count", "channel_count", "sample_n_bytes")
    n_samples, channels, width = (numbers.get(word, 1) for word in names)
    size = n_samples * channels * width if "sample_count" in numbers else 2**62
    return (yield from _sized(file, start, start + length, size))


def voc(file, start, name):
    """Yields a Creative Voice file, if its sound lies in one block; returns where it ends."""
    (length,) = unpacked(file, start + 20, "<H") or (26,)
    at, end, n_blocks = start + length, size_of(file), 0
    while (kind := bytes_at(file, at, 1)) and 0 < kind[0] < 10:
        following = at + 4 + int.from_bytes(bytes_at(file, at + 1, 3), "little")
        if n_blocks and following > end:
            break
        n_blocks, at = n_blocks + (kind[0] in (1, 2, 9)), following
    if n_blocks > 1:
        raise ValueError(f"{name} holds its sound in {n_blocks} blocks, one can be read: {CURE}")
    at = end if at < end <= at + 9 else at + (kind == b"\0")  # sox counts 8 bytes too few
    return (yield from _sized(file, start, start + length, at - start - length))


def _sized(file, start, at, size):
    """Yields a file with so many bytes of sound from a place on; returns where it ends."""
    end = size_of(file)
    stop = min(at + size, end)
    yield Part(Window(file, start, stop) if start or stop < end else None)
    if stop - at < size < 2**62:
        yield end_lost(max(0, stop - at), size)
    return stop
