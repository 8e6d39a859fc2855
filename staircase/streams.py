"""Streams: FLAC, Ogg and MP3: frames one behind the other, of which any may be lost.

FLAC's frames and Ogg's pages have numbers and checksums: what is missing or damaged is left out,
and its length is known. MP3's have none: a frame is known by the one behind it, and what lies
between two of them is no sound, of a length that nobody knows.
"""

import bisect
import functools
import io
import itertools
import re
import struct
import zlib
from dataclasses import dataclass, field, replace

import numpy as np
import soundfile

from .parts import (
    SIGNATURE,
    STARTS,
    Gap,
    Part,
    bytes_at,
    found,
    next_file,
    next_file_in,
    size_of,
    tag_length,
)


def next_start(file, at):
    """Returns where another file begins behind a place, or where this one ends."""
    sync, other = mpeg_start(bytes_at(file, at, 2**17)), next_file_in(file, at, size_of(file))
    return other if sync is None else min(at + sync, other)


# --- FLAC: frames with numbers ------------------------------------------------------------------

LONGEST = 2**20  # samples that are checked before they are decoded: who reads a little waits less


@dataclass(frozen=True)
class Run:
    """Frames of a FLAC between which nothing is missing."""

    begin: int  # in bytes
    end: int
    first: int  # in samples
    last: int  # the one behind it


def flac(file, start, name):
    """Yields the stream that begins at a place, but for damaged frames; returns where it ends."""
    data = bytes_at(file, start)
    info, end = bytearray(data[8:42]), _behind_metadata(data)  # STREAMINFO comes first
    if len(info) < 34:
        yield Part(io.BytesIO(data), is_cut=True)
        return start + len(data)
    numbers = int.from_bytes(info[10:18], "big")  # 20 bits of rate, 8 of others, 36 of a count
    sr, promised, reached = numbers >> 44 or 1, numbers & 2**36 - 1, 0
    for run in _runs(_frames_of_flac(data, end, int.from_bytes(info[:2], "big"))):
        if run.first > reached:
            yield Gap((run.first - reached) / sr)
        info[10:18] = (numbers - promised + run.last - run.first).to_bytes(8, "big")
        source = io.BytesIO(b"fLaC\x80\0\0\x22" + info + data[run.begin : run.end])
        yield Part(source, streamed=True)
        reached, end = run.last, run.end
    if reached < promised or SYNC.match(data, end):
        lost = (promised - reached) / sr
        yield Gap(lost) if lost > 0 else Gap(why="its end is missing")
        return next_start(file, start + end)
    return start + end


def _behind_metadata(data):
    """Returns where the frames begin, behind blocks that tell their lengths."""
    at, is_last = 4, False
    while not is_last and at + 4 <= len(data):
        is_last = data[at] >= 128
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    return min(at, len(data))


def _runs(frames):
    """Yields frames that follow each other as runs, none of them much longer than `LONGEST`."""
    run = None
    for frame in frames:
        if run and frame.first == run.last and run.last - run.first < LONGEST:
            run = replace(run, end=frame.end, last=frame.last)
        else:
            yield from [run] if run else []
            run = frame
    yield from [run] if run else []


SYNC = re.compile(rb"\xff[\xf8\xf9][\x10-\xff][\0-\xae]")  # how a frame begins
_CHANCES = 16  # bounds within a frame that are none; one in 100 kB would be many


def _frames_of_flac(data, at, size):
    """Yields every frame whose checksum is right, up to another file; `size`: samples of each."""
    places = [*found((*STARTS, b"TAG", b"ID3", b"APET", b"LYRICSBEGIN"), data, at)]
    places += (sync.start() for sync in SYNC.finditer(data, at))
    places.sort()
    places.append(len(data))
    i = 0
    while i < len(places) - 1 and not SIGNATURE.match(data, places[i]):
        begin, following = places[i], places[i + 1 : i + 1 + _CHANCES]
        i += 1
        end = _end_of_flac(data, begin, following) if _begins_flac(data, begin) else None
        if end:
            first, n = _span_of_flac(data, begin, size)
            yield Run(begin, end, first, first + n)
            i = bisect.bisect_left(places, end)


def _end_of_flac(data, begin, following):
    """Returns where a frame ends: at a bound behind it, or before an MP3, zeros or ends of lines.

    Zeros do not change the checksum, so they may well be its own.
    """
    if end := _first_sound(data, begin, following):
        return end
    ends = [begin + (mpeg_start(data[begin : begin + 2**17]) or 0)]
    if following[-1] == len(data):  # else no frame reaches as far
        ends += [len(data.rstrip(b"\0\r\n")) + n for n in range(3)]
    return _first_sound(data, begin, sorted(end for end in ends if end > begin))


def _first_sound(data, begin, ends):
    """Returns the first of rising `ends` at which a frame's checksum is right, or None."""
    rest = b""
    for at, end in itertools.pairwise([begin, *ends]):
        rest = _remainder(rest + data[at:end])
        if not any(rest):
            return end


def _begins_flac(data, at):
    """Returns whether a frame begins at a place: its head has a checksum of its own."""
    if not SYNC.match(data, at) or at + 16 > len(data):
        return False
    n_bytes = 4 + _number_length(data[at + 4])
    n_bytes += {6: 1, 7: 2}.get(data[at + 2] >> 4, 0)  # of a size that has no code
    n_bytes += {12: 1, 13: 2, 14: 2}.get(data[at + 2] & 15, 0)  # and a rate
    checksum = 0
    for byte in data[at : at + n_bytes]:
        checksum = _CRC_8[checksum ^ byte]
    return checksum == data[at + n_bytes]


def _crc_8(byte):
    for _ in range(8):
        byte = byte << 1 ^ (0x107 if byte & 128 else 0)
    return byte


_CRC_8 = [*map(_crc_8, range(256))]


def _span_of_flac(data, at, size):
    """Returns a frame's first sample and how many it has."""
    n_bytes = _number_length(data[at + 4])
    number = data[at + 4] & (127 >> n_bytes if n_bytes > 1 else 127)
    for byte in data[at + 5 : at + 4 + n_bytes]:
        number = number << 6 | byte & 63
    behind, code = at + 4 + n_bytes, data[at + 2] >> 4
    if code in (6, 7):
        n = 1 + int.from_bytes(data[behind : behind + code - 5], "big")
    else:
        n = 192 if code == 1 else 576 << code - 2 if code < 6 else 256 << code - 8
    return number * (1 if data[at + 1] & 1 else size), n


def _number_length(byte):
    """Returns how many bytes a number has that begins with this one, as in UTF-8."""
    return max(1, 8 - (byte ^ 255).bit_length())


def _remainder(data):
    """Returns what bytes leave when FLAC's polynomial divides them: of a sound frame zeros.

    The upper half of the words is moved down onto the lower half, until one word is left.
    """
    n_bytes = 2 << max(0, (len(data) - 1).bit_length() - 1)
    words = np.frombuffer(data.rjust(n_bytes, b"\0"), ">u2")
    while len(words) > 1:
        half = len(words) // 2
        words = words[half:] ^ _moved(half)[words[:half]]
    return int(words[0]).to_bytes(2, "big")


@functools.lru_cache
def _moved(n):
    """Returns what each word of 16 bits leaves, `n` words (a power of 2) further up."""
    if n > 1:
        return _moved(n // 2)[_moved(n // 2)]
    words = np.arange(2**16, dtype=np.uint32) << 16
    for bit in range(15, -1, -1):
        words ^= (words >> bit + 16 & 1) * np.uint32(0x18005 << bit)
    return words.astype(np.uint16)


# --- Ogg: pages with numbers --------------------------------------------------------------------


NOWHERE = 2**64 - 1  # the granule of a page on which no packet ends


@dataclass(frozen=True)
class Page:
    """What a page of an Ogg says of itself."""

    begin: int  # in bytes
    end: int
    flags: int
    granule: int  # how far the sound has come with it, in samples
    serial: int  # of its stream
    number: int

    is_first = property(lambda self: bool(self.flags & 2))
    is_last = property(lambda self: bool(self.flags & 4))


def ogg(file, start, name):
    """Yields one link of an Ogg file without its damaged pages; returns where it ends."""
    data = bytes_at(file, start)
    pages = _in_order(_link(data))
    heads = [*itertools.takewhile(lambda page: page.granule in (0, NOWHERE), pages)]
    if not heads or len({page.serial for page in pages}) > 1:  # or pictures between the sound
        yield Part(io.BytesIO(data) if start else None, streamed=True)
        return start + len(data)
    runs, end = _without_holes(pages, len(heads)), pages[-1].end
    if len(runs) == 1 and all(page.end == other.begin for page, other in zip(pages, pages[1:])):
        is_whole_file = start == 0 and end == len(data)
        yield Part(None if is_whole_file else io.BytesIO(data[:end]), streamed=True)
    else:
        yield from _runs_of_ogg(data, heads, runs)
    if not pages[-1].is_last:
        yield Gap(why="its end is missing")
        return next_start(file, start + end)
    return start + end


def _link(data):
    """Returns the sound pages of the first link: first pages, others, up to first ones again."""
    pages = []
    for page in _pages(data):
        if page.is_first and pages and not pages[-1].is_first:
            break
        pages.append(page)
    return pages


def _in_order(pages):
    """Returns the pages without those that come a second time, or too late."""
    last = itertools.accumulate((page.number for page in pages), max, initial=-1)
    return [page for page, before in zip(pages, last) if page.number > before]


def _pages(data):
    """Yields the pages of an Ogg file whose checksums are right, up to a file of another kind."""
    at = 0
    while data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        n_sizes = data[at + 26]
        end = at + 27 + n_sizes + sum(data[at + 27 : at + 27 + n_sizes])
        is_sound = end <= len(data) and _checked(data[at:end]) == data[at:end]
        if is_sound:
            yield Page(at, end, *struct.unpack_from("<BQII", data, at + 5))
        at = end if is_sound else at + 4
        if data[at : at + 4] != b"OggS":
            page = data.find(b"OggS", at)
            at = min(page if page >= 0 else len(data), next_file(data, at))


def _without_holes(pages, n_heads):
    """Returns the pages as rows without a hole; those behind the heads may begin another row."""
    rows = [pages[:n_heads]]
    for before, page in zip(pages[n_heads - 1 :], pages[n_heads:]):
        if page.number != before.number + 1:
            rows.append([])
        rows[-1].append(page)
    return rows


def _runs_of_ogg(data, heads, rows):
    """Yields rows of pages, each with the heads before it, and what is missing between them."""
    rate, n_early = _clock(data[heads[0].begin + 28 : heads[0].end])
    reached = 0.0
    for row in filter(None, map(_ended, rows)):
        pages = [data[page.begin : page.end] for page in row]
        is_first = row[0] is heads[0]
        if not is_first:  # it begins in the midst, where nothing is early
            granule = struct.pack("<Q", row[-1].granule + n_early)
            pages[-1] = _checked(pages[-1][:6] + granule + pages[-1][14:])
            pages = [data[page.begin : page.end] for page in heads] + pages
        source = io.BytesIO(b"".join(pages))
        end, seconds = (row[-1].granule - n_early) / rate, _lasts(source)
        if len(row) == 1 and row[0].is_last:  # of which a part may be cut off, who knows how long
            seconds = 0
        if end - seconds > reached and not is_first:
            yield Gap(end - seconds - reached)
        if seconds:
            yield Part(source, streamed=True)
        reached = max(end, reached)


def _ended(pages):
    """Returns pages up to the last on which a packet ends."""
    while pages and pages[-1].granule == NOWHERE:
        pages = pages[:-1]
    return pages


def _clock(packet):
    """Returns what a first packet says: granules per second, and how many come too early."""
    if packet[:8] == b"OpusHead":
        return 48000, int.from_bytes(packet[10:12], "little")
    at = 36 if packet[:5] == b"Speex" else 12  # of Vorbis
    return int.from_bytes(packet[at : at + 4], "little") or 48000, 0


def _lasts(source):
    """Returns the seconds that libsndfile finds in pages; 0 if it cannot read them."""
    try:
        file = soundfile.SoundFile(source)
    except soundfile.LibsndfileError:
        return 0.0
    source.seek(0)
    return file.frames / file.samplerate


def _checked(page):
    """Returns a page with the checksum that proves it: zlib's CRC-32, all bits in other order."""
    turned = (page[:22] + bytes(4) + page[26:]).translate(_TURNED)
    checksum = struct.pack(">I", zlib.crc32(turned, 0xFFFFFFFF) ^ 0xFFFFFFFF)
    return page[:22] + checksum.translate(_TURNED) + page[26:]


_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


# --- MP3: frames without numbers, and at most an estimate of how many there are -----------------

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
    seconds: float
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
    return Frame(size, samples / rate, layer, (version, layer, sr, head[3] >> 6 == 3))


@dataclass
class Stream:
    """Frames of one sort, in a row."""

    sort: tuple
    info: bytes = b""  # the frame in front of them that counts them
    promised: int = 0  # as many as it says
    frames: list = field(default_factory=list)
    fault: str = ""
    is_cut: bool = False

    def parts(self):
        """Yields the stream with a count that is right, and what it lacks."""
        n, first = len(self.frames), _frame(self.frames[0][:4])
        data = b"".join(_without_past(self.frames) if first.layer == 3 else self.frames)
        if first.layer == 3:
            data = _counted(self.info or self.frames[0], n, len(data)) + data
        if n > 1 or not self.fault:  # one frame beside junk may well be junk
            yield Part(io.BytesIO(data), streamed=True)
        n_counted = n + (not self.is_cut)  # some counts include the frame that holds them
        if self.fault or self.is_cut and not self.promised:
            yield Gap(why=self.fault or "its end is missing")
        elif n_counted < self.promised:
            yield Gap((self.promised - n) * first.seconds)


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


def mpeg(file, start, name):
    """Yields the streams of an MP3 file, those of its frames that are whole; returns its end."""
    streams, end, junk = _streams(bytes_at(file, start))
    heard = [stream for stream in streams if stream.frames]
    for stream in heard:
        yield from stream.parts()
    if not heard:
        yield Part(is_cut=True)
        return size_of(file)
    if heard[-1].promised:  # all of it is there, and what follows is no sound
        return start + end
    if junk > 4096:  # a download may fill with zeros what is yet to come
        yield Gap(why=f"come {junk:,} bytes that are no sound")
        return start + end
    return start + end - junk


def mpeg_start(data):
    """Returns where four frames of one sort begin one behind the other, or all there are.

    Or where the data begin, if with a frame like those: what lies between them is damaged.
    """
    first = _frame(data[:4])
    for sync in re.finditer(rb"\xff[\xe2-\xff]", data[: 2**16]):
        at, sorts = sync.start(), []
        while len(sorts) < 4 and (frame := _frame(data[at : at + 4])):
            sorts.append(frame.sort)
            at += frame.size
        if len(set(sorts)) == 1 and (len(sorts) == 4 or at >= len(data) and not sync.start()):
            return 0 if first and first.sort == sorts[0] else sync.start()
    return None


def _streams(data):
    """Returns the streams of an MP3, where the last ends, and how many bytes before are junk."""
    streams, at, junk, is_next = [], 0, 0, False
    while at < len(data) and not SIGNATURE.match(data, at):
        frame = _frame(data[at : at + 4])
        goes_on = frame and _goes_on(data, at, frame)
        if goes_on or frame and is_next and frame.sort == streams[-1].sort:
            end = at + frame.size
            if not goes_on and (end > len(data) or next_file(data, at, end) < end):
                streams[-1].is_cut = True  # known by the frames before it
                return streams, next_file(data, at), 0
            _add(streams, data[at : at + frame.size], frame.sort, junk)
            is_next, junk, at = True, 0, at + frame.size
        elif tag := tag_length(data, at):
            at += tag
        else:
            hint = _HINT.search(data, at + 1)
            following = hint.start() if hint else len(data)
            is_next, junk, at = False, junk + following - at, following
    return streams, min(at, len(data)), junk


_HINT = re.compile(b"\xff|ID3|TAG|APETAGEX|" + SIGNATURE.pattern, re.DOTALL)


def _goes_on(data, at, frame):
    """Returns whether behind a frame comes another of its sort, a tag or the end."""
    at += frame.size
    following = _frame(data[at : at + 4])
    is_alike = following is not None and following.sort == frame.sort
    return is_alike or at == len(data) or tag_length(data, at) > 0


def _add(streams, content, sort, junk):
    """Adds a frame to the last stream, or begins a new one; before it lay so much junk."""
    at = _info(content)
    is_info = at > 0 or len(content) >= 64 and content[36:40] == b"VBRI"
    if junk and streams:
        streams[-1].fault = f"come {junk:,} bytes that are no sound"
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
