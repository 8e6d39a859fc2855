"""Sound: files in and out, levels, a band of frequencies. Notebook 01.

One channel at full scale 1.0 is what everything below works on: `load_wav` makes it of any file.
"""

import importlib
import io
import math
import os
import stat

import numpy as np
import scipy  # its parts load when they are named: scipy.signal takes a second
import soundfile

from .arguments import NAMES, SOUND, Sound, affordable, checked, each, shown


@checked
def load_wav(path, *, sr=None, duration=None):
    """Returns a sound file as one channel at full scale 1.0, with its sampling rate.

    Parameters
    ----------
    path : str, path or binary file object
        What soundfile reads: WAV, FLAC, OGG, MP3, AIFF, ... ``~`` is your home. Of a file that
        was cut off, what is there.
    sr : number, optional
        Resample to this rate in Hz; None keeps the file's own.
    duration : float, optional
        Read only the first `duration` seconds.

    Returns
    -------
    y : ndarray (n,), float32
        The mean of the channels; 8-, 16- and 24-bit samples are scaled to -1 ... 1.
    sr : number
        Samples per second of `y`.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        No such file; you may not read it; not a sound file; no samples in it; NaN in it.

    See Also
    --------
    save_wav : the way back. Notebook 01, "Listen first".

    Examples
    --------
    >>> y, sr = at.load_wav("data/slt.wav", duration=1.5)
    >>> y.shape, sr
    ((24000,), 16000)
    """
    name, source = _source(path)
    seconds = math.inf if duration is None else duration
    y, native_sr = _read(source, name, seconds)
    if sr is None or sr == native_sr:
        return y, native_sr
    cure = "choose a lower sr, or read only a duration"
    n_samples = round(len(y) / native_sr * sr)
    affordable([n_samples], y.dtype, f"{name} at sr={sr:g}", cure, copies=2)
    sr = int(sr) if sr.is_integer() else sr
    return from_librosa("resample")(y, orig_sr=native_sr, target_sr=sr), sr


def from_librosa(name):
    """Returns librosa's function of this `name`; only now is it imported, which takes seconds."""
    try:
        return getattr(importlib.import_module("librosa"), name)
    except RuntimeError as error:  # numba's, of a read-only install without a home, in a class
        if "cannot cache" not in str(error):
            raise
        raise RuntimeError(
            f"librosa.{name} cannot be loaded, as numba has no folder to keep what it compiles: "
            "set the environment variable NUMBA_CACHE_DIR to a folder that you may write to, "
            "before Python starts"
        ) from None


def _read(source, name, seconds):
    """Returns the first `seconds` of a path or an open file as one channel, and its rate."""
    try:
        with soundfile.SoundFile(source) as file:
            sr = _rate(file, name)
            y = _mixed_down(file, max(1, round(min(seconds * sr, 2**62))), name)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: headerless .raw
        reason = str(error).replace(str(source), name).strip(" .")
        if "regular file" in reason:  # what libsndfile says of an MP3 that is none
            reason = "Format not recognised"
        raise ValueError(
            f"{name} cannot be read as sound ({reason}): convert it to WAV, FLAC, OGG or MP3"
        ) from None
    if len(y) == 0:
        raise ValueError(f"{name} holds no samples: it is empty, take another recording")
    return SOUND(y, name), sr


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


def _mixed_down(file, n_samples, name):
    """Returns up to `n_samples` of an open SoundFile as the mean of its channels.

    Read in blocks: of many channels only one is kept, and no header is believed when it says
    how much there is to come.
    """
    blocks, n_read = [np.empty(0, np.float32)], 0
    while n_read < n_samples:
        size = min(n_samples - n_read, max(1, 2**20 // file.channels))
        channels = file.read(size, dtype="float32", always_2d=True)
        with np.errstate(invalid="ignore"):  # infinity - infinity: NaN is reported later
            blocks.append(channels.mean(axis=1))
        n_read += len(channels)
        affordable([n_read], np.float32, name, "read only a duration", copies=2)
        if len(channels) < size:
            break
    return np.concatenate(blocks)


def _source(path):
    """Returns what to call a sound file in an error, and what soundfile can open."""
    if hasattr(path, "read"):
        name = _name(path)
        _refuse_misread(path, name)
        return name, path
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"path={shown(path)} must be the path of a sound file, or an open binary file: "
            "of bytes in memory io.BytesIO(data) makes one"
        )
    name, path = _named(path)
    what = _what_is_wrong(name, path)
    if what:
        where = ", downloaded first" if "://" in name else ""
        raise FileNotFoundError(f"{name} {what}: give the path of a sound file{where}")
    return name, path if path.isprintable() else os.fsencode(path)  # it may be no text


def _what_is_wrong(name, path):
    """Returns why there is no file to be opened at `path`; nothing if there is one."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
        if kind == stat.S_IFREG:
            open(path, "rb").close()
            return ""
        return "is a folder" if kind == stat.S_IFDIR else "is a pipe or a device"
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "does not exist"
    except OSError as error:
        raise type(error)(
            f"{name} cannot be opened ({error.strerror}): allow yourself to read it, or copy it"
        ) from None


def _refuse_misread(file, name):
    """Refuses an open `file` that would be misread: libsndfile does not say why."""
    try:
        is_binary, position = isinstance(file.read(0), bytes), file.tell()
    except (AttributeError, OSError, ValueError) as error:
        raise ValueError(f"{name} cannot be read ({error}): pass one that is open") from None
    if not is_binary:
        raise TypeError(f"{name} is open as text: open it with open(path, 'rb')")
    if position:
        raise ValueError(f"{name} was read up to byte {position}: go back to its start by seek(0)")


def _named(path):
    """Returns what to call a path in an error, and the path as text, with ``~`` filled in."""
    path = os.fsdecode(path)
    return _name(path), os.path.expanduser(path)


def _name(path):
    """Returns what to call a file in an error: one line, however long its path."""
    text = str(path) or "''"
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= 80 else f"{text[:20]}...{text[-50:]}"


@checked(y=Sound(alone="save one waveform (n,) at a time"))
def save_wav(path, y, sr):
    """Writes a waveform as a 16-bit WAV file; returns nothing.

    Parameters
    ----------
    path : str or path
        Where to write; a file that is there already is replaced.
    y : ndarray (n,)
        Waveform within -1 ... 1.
    sr : number
        Samples per second; WAV stores whole numbers.

    Raises
    ------
    ValueError, OSError
        `y` exceeds full scale and would be clipped; a name that ends in another format's; the
        folder is missing, the disk is full, you may not write there.

    Examples
    --------
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> path = getfixture("tmp_path") / "copy.wav"
    >>> at.save_wav(path, y, sr)
    >>> bool(np.all(at.load_wav(path)[0] == y))
    True
    """
    peak = np.abs(y).max()
    if peak > 1:
        raise ValueError(
            f"y peaks at {peak:.3g}, above full scale 1.0, and would be clipped: "
            "save y / np.abs(y).max(), or match_level(y, reference)"
        )
    name, path = _target(path)
    file = io.BytesIO()
    steps = np.clip(np.round(y * 2.0**15), -(2**15), 2**15 - 1)  # soundfile would cut, not round
    soundfile.write(file, steps.astype(np.int16), round(sr), subtype="PCM_16", format="WAV")
    try:
        with open(path, "wb") as target:
            target.write(file.getbuffer())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", error)
        raise type(error)(
            f"{name} cannot be written ({reason}): choose another name or folder"
        ) from None


def _target(path):
    """Returns what to call the file to write in an error, and its path as text."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path={shown(path)} must be the path of the file to write")
    name, path = _named(path)
    if os.path.splitext(path)[1].lower() not in (".wav", ".wave", ""):
        raise ValueError(f"{name} would hold a WAV file: give it a name that ends in .wav")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise FileNotFoundError(f"{name}: there is no such folder, make it first")
    return name, path


@each(reference=Sound(shared=True))
def match_level(y, reference):
    """Returns `y` at the level of `reference`: the same root mean square, never clipping.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform to scale. Silence stays silence.
    reference : ndarray (m,)
        Waveform whose level is wanted.

    Returns
    -------
    ndarray (..., n)
        `y` times one factor. Where the level would push a peak above 1.0, the peak is put at
        1.0 and the level stays below the reference's.

    Examples
    --------
    >>> quiet, loud = 0.01 * np.ones(8), 0.5 * np.ones(4)
    >>> at.match_level(quiet, loud)[:2]
    array([0.5, 0.5])
    """
    with np.errstate(over="ignore"):  # an infinite level cannot be reached either
        wanted = np.sqrt(np.mean(np.square(reference, dtype=float)))
    peak = np.abs(y).max()
    if peak == 0:
        return y.copy()
    whole = np.divide(y, peak, dtype=float)  # at a peak of 1, however soft y is
    level = np.sqrt(np.mean(np.square(whole)))
    return (whole * min(wanted / level, 1)).astype(y.dtype)


@checked
def butter_bandpass(lowcut, highcut, sr, *, order=5):
    """Returns a Butterworth band-pass filter as second-order sections.

    Parameters
    ----------
    lowcut, highcut : float
        Edges in Hz, where the gain is -3 dB: 0 < lowcut < highcut < sr/2.
    sr : number
        Samples per second.
    order : int
        Steepness: each edge falls by 6 dB x `order` per octave.

    Returns
    -------
    ndarray (order, 6)
        For `scipy.signal.sosfilt`; exact where the gist's polynomials overflow (order 5, low edge).

    See Also
    --------
    butter_bandpass_filter : applies it. Notebook 01, "Carve a band".

    Examples
    --------
    >>> at.butter_bandpass(500, 7500, 16000, order=1).shape
    (1, 6)
    """
    if highcut >= sr / 2:
        raise ValueError(
            f"highcut={highcut:g} Hz must lie below the Nyquist frequency {sr / 2:g} Hz of "
            f"sr={sr:g}: choose a lower highcut, or a recording with a higher rate"
        )
    if lowcut >= highcut:
        raise ValueError(f"lowcut={lowcut:g} Hz must lie below highcut={highcut:g} Hz")
    edges = [lowcut, highcut]
    sections = scipy.signal.butter(order, edges, btype="bandpass", fs=sr, output="sos")
    with np.errstate(all="ignore"):
        _, gain = scipy.signal.sosfreqz(sections, worN=edges, fs=sr)
        at_edges = np.abs(gain) / np.sqrt(0.5)
    if not np.all(np.abs(at_edges - 1) < 0.01):
        raise ValueError(
            f"lowcut={lowcut:g} Hz, highcut={highcut:g} Hz, order={order} at sr={sr:g} are beyond "
            "float64's precision: raise lowcut, or lower the order"
        )
    return sections


@checked
def butter_bandpass_filter(y, lowcut, highcut, sr, *, order=5):
    """Returns `y` (..., n) with what lies outside a band of frequencies turned down.

    Causal, as in the gist: the output may lag a little behind the input, never before it.
    `lowcut`, `highcut`, `sr` and `order` are those of `butter_bandpass`.

    Examples
    --------
    >>> hum = np.sin(2 * np.pi * 50 * np.arange(16000) / 16000)
    >>> hum_left = at.butter_bandpass_filter(hum, 500, 7500, 16000)
    >>> bool(np.abs(hum_left[8000:]).max() < 1e-4)
    True
    """
    sections = butter_bandpass(lowcut, highcut, sr, order=order)
    return scipy.signal.sosfilt(sections, y, axis=-1).astype(y.dtype)
