"""Sound: files in and out, levels, a band of frequencies. Notebook 01.

One channel at full scale 1.0 is what everything below works on: `load_wav` makes it of any file.
"""

import importlib
import io
import math
import os

import numpy as np
import scipy  # its parts load when they are named: scipy.signal takes a second
import soundfile

from . import files
from .arguments import Sound, affordable, checked, each, shown, warn


@checked
def load_wav(path, *, sr=None, offset=0.0, duration=None, channel=None):
    """Returns a sound file as one channel at full scale 1.0, with its sampling rate.

    Parameters
    ----------
    path : str, path or binary file object
        What soundfile reads: WAV, FLAC, OGG, MP3, AIFF, ... ``~`` is your home. Files that
        were joined are read one behind the other. Of FLAC, OGG and MP3 all bytes are looked
        at, whatever is asked for.
    sr : number, optional
        Resample to this rate in Hz; None keeps the file's own.
    offset : float
        Begin so many seconds behind the file's start.
    duration : float, optional
        Read only `duration` seconds.
    channel : int, optional
        Read this channel alone, counted from 0; None takes the mean of all.

    Returns
    -------
    y : ndarray (n,), float32
        One channel; 8-, 16- and 24-bit samples are scaled to -1 ... 1.
    sr : number
        Samples per second of `y`.

    Warns
    -----
    UserWarning
        The file was cut off or is damaged: what is there is returned, and the warning says what
        is missing. Nothing tells what AVR, IRCAM, MAT, MPC 2000, PAF, PVF, SDS, WVE and XI
        lack, nor which bytes have changed in WAV, ALAC or MP3, as they have no checksums.
        Its channels cancel when they are averaged.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        No such file; you may not read it; not a sound file; no samples in it; NaN in it; its rate
        changes half-way; there is no such channel.

    See Also
    --------
    save_wav : the way back. Notebook 01, "Listen first".

    Examples
    --------
    >>> import audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav", duration=1.5)
    >>> y.shape, sr
    ((24000,), 16000)
    """
    found = files.read(path, offset=offset, duration=duration, channel=channel)
    warn(found.lost)
    warn(found.cancels and f"{found.cancels}: read one of them, as channel=0")
    return resampled(found, sr)


def resampled(found, sr):
    """Returns the samples of a `files.Recording` at a rate, and the rate; None keeps its own."""
    y, native_sr = found.y, found.sr
    if sr is None or sr == native_sr:
        return y, native_sr
    cure = "choose a lower sr, or read only a duration"
    n_samples = round(len(y) / native_sr * sr)
    affordable([n_samples], y.dtype, f"{found.name} at sr={sr:g}", cure, copies=2)
    sr = int(sr) if float(sr).is_integer() else sr
    return resample(y, native_sr, sr), sr


def resample(y, native_sr, sr):
    """Returns a waveform at another rate, by soxr; so does librosa.resample, to the last bit."""
    n_samples = math.ceil(len(y) * (sr / native_sr))
    y = borrowed("soxr", "resample")(y, native_sr, sr)[:n_samples]
    return np.pad(y, (0, n_samples - len(y)))


def borrowed(library, name):
    """Returns a library's function of this `name`; only now is it imported, which takes time."""
    try:
        return getattr(importlib.import_module(library), name)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        words = f"{library}.{name} is needed, and {library} is not here: pip install {library}"
        raise ModuleNotFoundError(words, name=library) from None


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
    >>> import tempfile, numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> path = f"{tempfile.mkdtemp()}/copy.wav"
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
    name, path = files.named(path)
    if os.path.splitext(path)[1].lower() not in (".wav", ".wave", ""):
        raise ValueError(f"{name} would hold a WAV file: give it a name that ends in .wav")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise FileNotFoundError(f"{name}: there is no such folder, make it first")
    return name, path


@each(reference=Sound(shared=True, alone="pass one waveform (m,), for all items of a batch"))
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
    >>> import numpy as np, audiotools as at
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
    >>> import audiotools as at
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
    >>> import numpy as np, audiotools as at
    >>> hum = np.sin(2 * np.pi * 50 * np.arange(16000) / 16000)
    >>> hum_left = at.butter_bandpass_filter(hum, 500, 7500, 16000)
    >>> bool(np.abs(hum_left[8000:]).max() < 1e-4)
    True
    """
    sections = butter_bandpass(lowcut, highcut, sr, order=order)
    return scipy.signal.sosfilt(sections, y, axis=-1).astype(y.dtype)
