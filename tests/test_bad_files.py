"""Every kind of bad file is read right, or refused in one line that names it and the cure.

What test_bad_input.py asks of arguments, asked of files: cut off, header only, no bytes, a wrong
extension, a header that lies, many channels, text, a folder, a pipe, missing rights, a full
disk, and names of all kinds.
"""

import contextlib
import gzip
import io
import os
import re
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_bad_input import SR, Y, call, finite, with_one

import audiotools as at

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def encoded(y=Y, sr=SR, **kind):
    """Returns the bytes of a sound file."""
    file = io.BytesIO()
    soundfile.write(file, y, sr, **{"format": "WAV", **kind})
    return file.getvalue()


WAV, FLAC, LOUD = encoded(), encoded(format="FLAC"), encoded(Y * 1e300, subtype="DOUBLE")
FLOAT = encoded(subtype="FLOAT")
TONE = 0.5 * np.sin(0.1 * np.arange(8000))
HEARD = soundfile.read(io.BytesIO(WAV), dtype="float32")[0]  # Y, rounded to 16 bits


def changed(data, where, layout, *values):
    """Returns `data` with other values packed in at a place, or behind a word."""
    start = where if isinstance(where, int) else data.index(where) + len(where)
    packed = struct.pack(layout, *values)
    return data[:start] + packed + data[start + len(packed) :]


def of_length(n):
    """Returns a FLAC file whose header promises n samples."""
    fields = int.from_bytes(FLAC[18:26], "big") >> 36 << 36
    return FLAC[:18] + (fields | n).to_bytes(8, "big") + FLAC[26:]


def format_chunk(kind=1, channels=1, sr=SR, rate=2 * SR, align=2, bits=16):
    return changed(WAV, b"fmt ", "<IHHIIHH", 16, kind, channels, sr, rate, align, bits)


NO_SOUND = {  # name: content, the value, the cure
    "zero.wav": (b"", "zero.wav", "convert it to WAV"),
    "text.wav": (b"not a sound\n" * 99, "text.wav", "convert it to WAV"),
    "text.mp3": ("Grüße".encode() * 99, "text.mp3.*Format not recognised", "convert it to WAV"),
    "image.png": (b"\x89PNG\r\n\x1a\n" + bytes(999), "image.png", "convert it to WAV"),
    "samples.raw": (bytes(100), "samples.raw", "convert it to WAV"),
    "sound.raw": (WAV, "sound.raw", "convert it to WAV"),
    "no_data.wav": (WAV[:36], "no_data.wav", "convert it to WAV"),
    "half_a_header.wav": (WAV[:20], "half_a_header.wav", "convert it to WAV"),
    "header.wav": (encoded(Y[:0]), "header.wav holds no samples", "empty"),
    "length_0.wav": (changed(WAV, b"data", "<I", 0), "length_0.wav holds no samples", "empty"),
    "nan.wav": (encoded(Y * np.nan, subtype="FLOAT"), "nan.wav.*8000 of 8000", "repair"),
    "one_nan.wav": (encoded(with_one(np.nan)(Y), subtype="FLOAT"), "one_nan.*1 of 8000", "repair"),
    "both_infinities.wav": (
        encoded(np.stack([Y + np.inf, Y - np.inf], axis=1), subtype="FLOAT"),
        "both_infinities.wav.*8000 of 8000",
        "repair",
    ),
    "beyond_float32.wav": (LOUD, "8000 of 8000", "repair"),
    "deafening.wav": (encoded(Y * 1e37, subtype="FLOAT"), "deafening.wav reaches", "scale it down"),
    "no_channels.wav": (format_chunk(channels=0), "no_channels.wav", "convert it to WAV"),
    "65535_channels.wav": (format_chunk(channels=65535), "65535_ch", "convert it to WAV"),
    "no_rate.wav": (format_chunk(sr=0), "no_rate.wav", "convert it to WAV"),
    "1_Hz.wav": (format_chunk(sr=1), "1_Hz.wav says it has 1 samples", "convert it again"),
    "2_GHz.wav": (format_chunk(sr=2**31 - 1), "2_GHz.wav says .* 2147483647", "convert it again"),
    "no_bits.wav": (format_chunk(bits=0), "no_bits.wav", "convert it to WAV"),
    "unknown.wav": (format_chunk(kind=999), "unknown.wav", "convert it to WAV"),
    "cut.flac": (FLAC[: len(FLAC) // 2], "cut.flac.*lost sync", "convert it to WAV"),
    "more_than_it_holds.flac": (of_length(8001), "more_than", "convert it to WAV"),
    "petabytes.flac": (of_length(2**36 - 1), "petabytes.flac", "convert it to WAV"),
    "unknown_length.flac": (of_length(0), "unknown_length.flac", "convert it to WAV"),
    "cut.ogg": (encoded(format="OGG")[:99], "cut.ogg", "convert it to WAV"),
    "cut.mp3": (encoded(format="MP3")[:99], "cut.mp3", "convert it to WAV"),
    "compressed.wav.gz": (gzip.compress(WAV), "wav.gz", "convert it to WAV"),
    "a" * 99 + ".wav": (b"", r"aaa\.\.\.aaa", "convert it to WAV"),
}


@pytest.mark.parametrize("name", NO_SOUND)
def test_a_file_that_is_no_sound_is_refused(name, tmp_path, monkeypatch, attempt):
    content, value, cure = NO_SOUND[name]
    (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    words = str(attempt(at.load_wav, name))
    assert re.search(value, words) and re.search(cure, words), words


@pytest.mark.parametrize(
    "path, error, value, cure",
    [
        ("missing.wav", FileNotFoundError, "missing.wav does not exist", "give the path"),
        ("", FileNotFoundError, "'' does not exist", "give the path"),
        (".", FileNotFoundError, "is a folder", "give the path"),
        ("data/", FileNotFoundError, "data/ is a folder", "give the path"),
        ("data/slt.wav/x.wav", FileNotFoundError, "x.wav does not exist", "give the path"),
        ("~", FileNotFoundError, "~ is a folder", "give the path"),
        ("~/no such sound.wav", FileNotFoundError, "~/no such sound.wav does", "give the path"),
        ("~nobody-of-this-name/x.wav", FileNotFoundError, "does not exist", "give the path"),
        ("https://example.org/x.wav", FileNotFoundError, "https://exam.*not", "downloaded first"),
        ("data/slt.wav\0", FileNotFoundError, r"slt.wav\\x00' does not exist", "give the path"),
        ("two\nlines.wav", FileNotFoundError, r"two\\nlines.wav' does not exist", "give the path"),
        ("x" * 5000 + ".wav", OSError, r"xxx\.\.\.xxx.*\(", "allow yourself"),
        ("/dev/zero", FileNotFoundError, "/dev/zero is a pipe or a device", "give the path"),
        (b"data/slt.wav", TypeError, "path=b'data/slt.wav'", "io.BytesIO"),
        (WAV, TypeError, "path=b'RIFF", "io.BytesIO"),
        (3, TypeError, "path=3", "the path of a sound file"),
        (Y, TypeError, r"path=<array of shape \(8000,\)>", "the path of a sound file"),
    ],
    ids=lambda x: repr(x)[:40] if isinstance(x, str | bytes) else "",
)
@pytest.mark.skipif(sys.platform == "win32", reason="names of other rules")
def test_what_is_no_file_is_refused(path, error, value, cure, attempt):
    result = attempt(at.load_wav, path)
    assert isinstance(result, error), result
    assert re.search(value, str(result)) and re.search(cure, str(result)), result


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path, attempt):
    os.mkfifo(tmp_path / "pipe.wav")
    assert re.search("pipe or a device", str(attempt(at.load_wav, tmp_path / "pipe.wav")))


def closed(path):
    file = path.open("rb")
    file.close()
    return file


def read_before(path):
    file = io.BytesIO(path.read_bytes())
    file.read(100)
    return file


def hanging_up(path):
    reading, writing = os.pipe()
    os.close(writing)
    return os.fdopen(reading, "rb")


class OnlyReads:
    def __init__(self, path):
        self.read = path.open("rb").read


@pytest.mark.parametrize(
    "opened, error, words",
    [
        (lambda path: path.open(encoding="latin1"), TypeError, r"as text: .*open\(path, 'rb'\)"),
        (lambda path: io.StringIO("abc"), TypeError, r"as text: .*open\(path, 'rb'\)"),
        (lambda path: path.with_suffix(".copy").open("wb"), ValueError, "pass one that is open"),
        (closed, ValueError, "closed file.*pass one that is open"),
        (read_before, ValueError, r"byte 100: go back to its start by seek\(0\)"),
        (hanging_up, ValueError, "seek.*pass one that is open"),
        (OnlyReads, ValueError, "tell.*pass one that is open"),
        (soundfile.SoundFile, TypeError, "open it with"),
    ],
    ids="text,text in memory,for writing,closed,read before,pipe,no tell,other".split(","),
)
def test_an_open_file_that_would_be_misread_is_refused(opened, error, words, tmp_path, attempt):
    (tmp_path / "x.wav").write_bytes(WAV)
    result = attempt(at.load_wav, opened(tmp_path / "x.wav"))
    assert isinstance(result, error) and re.search(words, str(result)), result


@contextlib.contextmanager
def without_rights():
    """Makes a folder in which this process, even if it is root's, has no rights of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        os.chmod(folder, 0o755)
        for name, rights in {"secret.wav": 0, "locked.wav": 0o444}.items():
            Path(folder, name).write_bytes(WAV)
            os.chmod(Path(folder, name), rights)
        Path(folder, "closed").mkdir()
        Path(folder, "closed", "x.wav").write_bytes(WAV)
        os.chmod(Path(folder, "closed"), 0)
        try:
            if root:
                os.seteuid(65534)
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)
            os.chmod(Path(folder, "closed"), 0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="rights work otherwise there")
@pytest.mark.parametrize(
    "function, name, words",
    [
        ("load_wav", "secret.wav", r"secret.wav cannot be opened \(Permission denied\): allow"),
        ("load_wav", "closed/x.wav", r"x.wav cannot be opened \(Permission denied\): allow"),
        ("save_wav", "locked.wav", r"locked.wav cannot be written \(Permission denied\): choose"),
        ("save_wav", "closed/y.wav", "y.wav.*(Permission denied|no such folder)"),
    ],
)
def test_missing_rights_are_called_so(function, name, words, attempt):
    with without_rights() as folder:
        result = attempt(call, function, path=folder / name)
    assert isinstance(result, OSError) and re.search(words, str(result)), result


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_called_so(attempt):
    result = attempt(at.save_wav, "/dev/full", Y, SR)
    assert isinstance(result, OSError) and "No space left on device" in str(result)


@pytest.mark.parametrize(
    "name, error, words",
    [
        ("no/such/folder.wav", FileNotFoundError, "no/such/folder.wav.*make it first"),
        ("out.mp3", ValueError, "out.mp3 would hold a WAV file: give it a name"),
        ("out.wav.", ValueError, "give it a name that ends in .wav"),
        (".", OSError, r"cannot be written \(Is a directory\): choose another"),
        ("x" * 300 + ".wav", OSError, r"cannot be written \(File name too long\): choose another"),
        ("a\0b.wav", ValueError, "cannot be written .*null byte.*choose another"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="names of other rules")
def test_where_nothing_can_be_written_is_refused(name, error, words, tmp_path, attempt):
    result = attempt(call, "save_wav", path=f"{tmp_path}/{name}")
    assert isinstance(result, error) and re.search(words, str(result)), result


NAMES = ["plain.wav", "with two spaces.wav", "Grüße aus 東京 🎵.wav", "-dash.wav", "#50%.wav"]
NAMES += ["no_extension", "wrong.mp3", "wrong.txt", "UPPER.WAV", "dot..wav", "x" * 200 + ".wav"]


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_of_any_name_is_read(name, tmp_path, monkeypatch, attempt):
    monkeypatch.setenv("HOME" if os.name == "posix" else "USERPROFILE", str(tmp_path))
    (tmp_path / name).write_bytes(WAV)
    for path in (tmp_path / name, str(tmp_path / name), f"~/{name}"):
        y, sr = attempt(at.load_wav, path)
        assert sr == SR and np.array_equal(y, HEARD)


@pytest.mark.parametrize("name", [name for name in NAMES if "wrong" not in name])
def test_a_sound_of_any_name_is_saved(name, tmp_path, monkeypatch, attempt):
    monkeypatch.setenv("HOME" if os.name == "posix" else "USERPROFILE", str(tmp_path))
    for path in (tmp_path / name, str(tmp_path / name), f"~/{name}"):
        attempt(at.save_wav, path, HEARD, SR)
        assert (tmp_path / name).read_bytes() == WAV
        (tmp_path / name).unlink()


KINDS = {  # bytes, the samples and the rate that must come of them, how far they may be off
    "8 bits": (encoded(subtype="PCM_U8"), Y, SR, 2**-7),
    "16 bits": (WAV, HEARD, SR, 0),
    "24 bits": (encoded(subtype="PCM_24"), Y, SR, 2**-23),
    "32 bits": (encoded(subtype="PCM_32"), Y, SR, 1e-7),
    "float": (FLOAT, Y, SR, 1e-7),
    "float beyond full scale": (encoded(9 * Y, subtype="FLOAT"), 9 * Y, SR, 1e-6),
    "double": (encoded(subtype="DOUBLE"), Y, SR, 1e-7),
    "u-law": (encoded(subtype="ULAW"), Y, SR, 0.02),
    "ADPCM, not seekable": (encoded(TONE, subtype="G721_32"), TONE, SR, None),
    "GSM, not seekable": (encoded(TONE, subtype="GSM610"), TONE, SR, None),
    "AIFF": (encoded(format="AIFF"), HEARD, SR, 0),
    "AU": (encoded(format="AU"), HEARD, SR, 0),
    "CAF": (encoded(format="CAF"), HEARD, SR, 0),
    "W64": (encoded(format="W64"), HEARD, SR, 0),
    "RF64": (encoded(format="RF64"), HEARD, SR, 0),
    "FLAC": (FLAC, Y, SR, 2**-15),
    "one sample": (encoded(Y[:1]), HEARD[:1], SR, 0),
    "stereo": (encoded(np.stack([Y, 0 * Y], axis=1), subtype="FLOAT"), Y / 2, SR, 1e-7),
    "8 channels": (encoded(Y.reshape(-1, 8), subtype="FLOAT"), Y.reshape(-1, 8).mean(1), SR, 1e-7),
    "1024 channels": (
        encoded(np.repeat(Y[:, None], 1024, axis=1), subtype="FLOAT"),
        Y,
        SR,
        1e-6,
    ),
    "a longer block than one": (encoded(np.tile(Y, 200)), np.tile(HEARD, 200), SR, 0),
    "cut in half": (WAV[: 44 + 8000], HEARD[:4000], SR, 0),
    "cut within a sample": (WAV[: 44 + 8001], HEARD[:4000], SR, 0),
    "AIFF, cut": (encoded(format="AIFF")[:-6000], HEARD[:5000], SR, 0),
    "header says less": (changed(WAV, b"data", "<I", 100), HEARD[:50], SR, 0),
    "header says more": (changed(WAV, b"data", "<I", 2**31), HEARD, SR, 0),
    "header says all there is": (changed(WAV, b"data", "<I", 2**32 - 1), HEARD, SR, 0),
    "file says it is empty": (changed(WAV, b"RIFF", "<I", 0), HEARD, SR, 0),
    "file says it is endless": (changed(WAV, b"RIFF", "<I", 2**32 - 1), HEARD, SR, 0),
    "FLAC header says less": (of_length(99), Y[:99], SR, 2**-15),
    "header says two channels": (format_chunk(channels=2), HEARD.reshape(-1, 2).mean(1), SR, 1e-7),
    "more behind it": (WAV + bytes(9999), HEARD, SR, 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_of_any_kind_is_read(kind, tmp_path, attempt):
    data, expected, rate, off = KINDS[kind]
    (tmp_path / "x.wav").write_bytes(data)
    for path in (tmp_path / "x.wav", io.BytesIO(data)):
        y, sr = attempt(at.load_wav, path)
        assert sr == rate and y.dtype == np.float32
        if "not seekable" in kind:  # of telephones: far off, and in whole blocks
            assert len(y) >= 8000 and np.corrcoef(y[:8000], expected)[0, 1] > 0.9
        else:
            assert y.shape == expected.shape and np.abs(y - expected).max() <= off


@pytest.mark.parametrize("kind", ["OGG", "MP3"])
def test_a_compressed_sound_that_was_cut_off_gives_what_is_there(kind, tmp_path, attempt):
    data = encoded(np.tile(Y, 8), format=kind)
    (tmp_path / "x").write_bytes(data[: len(data) * 2 // 3])
    whole, _ = at.load_wav(io.BytesIO(data))
    cut, _ = attempt(at.load_wav, tmp_path / "x")
    assert 10000 < len(cut) < 50000 and np.abs(cut - whole[: len(cut)]).max() < 1e-3


def test_a_rate_from_a_broken_header_is_not_resampled_to_death(tmp_path, attempt):
    (tmp_path / "x.wav").write_bytes(encoded(np.tile(Y, 3), 200))
    result = attempt(at.load_wav, tmp_path / "x.wav", sr=10_000_000)
    assert re.search(r"x.wav at sr=1e.07 of shape \(1200000000,\).* 10 GB.*lower sr", str(result))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_noise_in_a_file_gives_finite_numbers_or_a_sentence(kind, tmp_path, attempt):
    # Bytes of the header or anywhere are overwritten: no crash, no NaN, no flood of memory.
    rng = np.random.default_rng(7)
    data = np.frombuffer(encoded(Y[:2000], format=kind), np.uint8)
    for n in range(60):
        broken = data.copy()
        places = rng.integers(0, 64 if n % 2 else len(data), size=1 + n % 5)
        broken[places] = rng.integers(0, 256, size=len(places))
        (tmp_path / "x").write_bytes(broken.tobytes())
        result = attempt(at.load_wav, tmp_path / "x")
        assert isinstance(result, Exception) or finite(result)
