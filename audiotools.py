"""From sound to numbers and back: the staircase of representations, both ways.

A waveform goes down a staircase of representations, each keeping less than the one
above, and each step has its way back up beside it::

    down   y --stft--> D --abs--> S --make_mel--> M --mel_to_mfcc--> C
    up     y <--istft-- D <--griffin_lim-- S <--mel_to_spectrogram-- M <--mfcc_to_mel-- C

==========  ====================================  ==========================================
``y``       waveform, full scale 1.0              ``(n,)``
``D``       short-time Fourier transform          ``(1 + n_fft//2, n_frames)``, complex
``S``       its magnitude                         ``(1 + n_fft//2, n_frames)``, not negative
``M``       mel spectrum                          ``(n_mels, n_frames)``, not negative
``C``       mel-frequency cepstrum (MFCC)         ``(n_mfcc, n_frames)``
==========  ====================================  ==========================================

What holds everywhere:

* Names are librosa's, and so are the results of the steps down, to float precision.
  MFCCs are made of powers: ``make_mel(S, mel_filter, power=2)``, and ``power=2`` on the
  way back up; `make_mel` alone sums magnitudes unless told otherwise.
* Frequency runs along rows, time along columns; options come by keyword.
* Leading dimensions are batches: a batch gives what a loop over its items gives.
* float32 in, float32 out; float64 in, float64 out. Inputs are never changed.
* What happens by chance takes a `seed`; the same seed gives the same result.
* What a function cannot do it refuses, naming the values and the cure.

The *grid* is the set ``n_fft, hop_length, win_length, window``. Whoever goes up must
pass the grid that was used on the way down; one dict, passed both ways, remembers it::

    settings = dict(n_fft=1024, hop_length=256)      # 64 ms frames, 16 ms apart at 16 kHz
    S = np.abs(stft(y, **settings))
    y_hat = griffin_lim(S, **settings)

Phases are guessed in the engine room beside this module, ``phase_engine.py``.

The sections, in reading order: Sound, Frames, Short-time spectra, Decibels, Back from
magnitude, Mel, Cepstrum, Voice, Measures, Names from the gist. The last section keeps
the names of the notebook that this course grew from: Tim Sainburg's and Marvin Thielk's,
with functions by Kyle Kastner (https://gist.github.com/kastnerkyle/179d6e9a88202ab0a2fe).
"""

import functools
import inspect
import io
import math
import numbers
import operator
import os
import reprlib
import stat
import threading
import warnings
from typing import NamedTuple

import numpy as np
import scipy.fft
import scipy.interpolate
import scipy.signal
import soundfile

import phase_engine

# ----------------------------------------------------------------------------------------
# 0. What every function asks of its input
# ----------------------------------------------------------------------------------------


def _each(*ndims):
    """Returns a decorator that turns a function of single items into one of batches.

    `ndims` are the dimensions of one item of the function's first, second, ... argument.
    Dimensions before those are a batch: the function runs on each item in turn and the
    results are stacked, so a batch equals a loop by construction. With ``@_each(1)``,
    ``stft`` of (5, n) samples is five times `stft` of (n,), stacked: (5, rows, frames).
    """

    def decorate(function):
        signature = inspect.signature(function)
        names = list(signature.parameters)[: len(ndims)]

        @functools.wraps(function)
        def over_batches(*args, **kwargs):
            try:
                call = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}() {error}") from None
            arrays = [_array(call.arguments[name], name) for name in names]

            def one(*items):
                call.arguments.update(zip(names, items))
                return function(*call.args, **call.kwargs)

            for name, array in zip(names, arrays):
                if array.size == 0:
                    raise ValueError(f"{name} has shape {array.shape}: it is empty, pass numbers")
            if names[0] == "y":
                _along_time(arrays[0], names[0])
            leads = [a.shape[: max(0, a.ndim - ndim)] for a, ndim in zip(arrays, ndims)]
            if len(set(leads)) > 1:
                shapes = " and ".join(f"{name} {a.shape}" for name, a in zip(names, arrays))
                raise ValueError(f"the batches do not match: {shapes}")
            if leads[0] == ():
                return one(*arrays)
            items = [a.reshape(-1, *a.shape[a.ndim - ndim :]) for a, ndim in zip(arrays, ndims)]
            results = np.stack([one(*item) for item in zip(*items)])
            return results.reshape(leads[0] + results.shape[1:])

        return over_batches

    return decorate


def _along_time(y, name):
    """Refuses (n, channels), as soundfile reads: along the last axis runs time."""
    if y.ndim >= 2 and y.shape[-1] <= 32 < y.shape[-2]:
        raise ValueError(
            f"{name} has shape {y.shape}, which looks like channels side by side: pass "
            f"{name}.mean(axis=-1), or {name}.swapaxes(-1, -2) for a batch of channels"
        )


def _array(x, name):
    """Returns `x` as a plain array of whatever dtype."""
    masked = list(filter(np.ma.is_masked, x if isinstance(x, (list, tuple)) else [x]))
    if masked:
        n_hidden = sum(map(np.ma.count_masked, masked))
        raise ValueError(
            f"{name} hides {n_hidden} of {np.size(x)} values behind a mask: say what they are, "
            f"as in {name}.filled(0)"
        )
    try:
        return np.asarray(x)
    except ValueError:  # numpy's words tell neither what was passed nor what to do
        raise ValueError(
            f"{name} is a {type(x).__name__} whose parts differ in shape: pass one array "
            "(load_wav returns two things: y, sr = load_wav(path))"
        ) from None


def _shown(value):
    """Returns a few words for `value` in an error: one line, however large it is."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"<array of shape {value.shape}>"
    return " ".join(_short.repr(value).split())


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60


def _numbers(x, name, *, ndim, kinds="fiu", negative=True, from_complex="np.abs"):
    """Returns `x` as a finite float (or complex) array of at least `ndim` dimensions.

    float32 and complex64 stay; halves become float32, all the rest double precision.
    `from_complex` names what turns complex numbers into the real ones that are meant.
    """
    x = _array(x, name)
    if x.dtype.kind not in kinds:
        is_complex = x.dtype.kind == "c"
        cure = f"pass {from_complex}({name})" if is_complex else "pass an array of numbers"
        alone = "" if x.ndim else f" (it is {_shown(x.item())})"
        raise TypeError(f"{name} has dtype {x.dtype}{alone}: {cure}")
    if x.size == 0:
        raise ValueError(f"{name} has shape {x.shape}: it is empty, pass numbers")
    if x.ndim < ndim:
        raise ValueError(f"{name} has shape {x.shape}: it needs {ndim} dimension(s)")
    single = x.dtype.kind in "fc" and np.finfo(x.dtype).bits <= 32
    with np.errstate(over="ignore"):  # long doubles may not fit
        if x.dtype.kind == "c":
            x = x.astype(np.complex64 if single else np.complex128, copy=False)
        else:
            x = x.astype(np.float32 if single else np.float64, copy=False)
    parts = (x.real, x.imag) if x.dtype.kind == "c" else (x,)
    lowest, highest = np.min([p.min() for p in parts]), np.max([p.max() for p in parts])
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        bad = x.size - np.count_nonzero(np.isfinite(x))
        raise ValueError(
            f"{name} holds NaN or infinity in {bad} of {x.size} values: "
            "repair or cut them out first (np.nan_to_num makes them 0)"
        )
    if not negative and lowest < 0:
        raise ValueError(
            f"{name} goes down to {lowest:.3g}, but can never be negative: turn decibels into "
            "amplitudes by db_to_amplitude, MFCCs into a mel spectrum by mfcc_to_mel"
        )
    if max(-lowest, highest) > _HEADROOM * np.finfo(x.dtype).max:
        raise ValueError(
            f"{name} reaches {max(-lowest, highest):.3g}, and sums of that are too large for "
            f"{x.dtype}: scale it down" + ", or pass float64" * single
        )
    return x


_HEADROOM = 1e-8  # of what a format can hold: so large may numbers be that are to be summed


def _sound(y, name="y"):
    """Returns the waveform `y` as a finite float array; integers are refused."""
    y = _array(y, name)
    if y.dtype.kind in "iu" and y.ndim:
        raise TypeError(
            f"{name} has dtype {y.dtype}, but full scale is 1.0 here: read the file with load_wav, "
            f"or pass {name}.astype(float) divided by the full scale (32768 for 16-bit samples)"
        )
    _along_time(y, name)
    return _numbers(y, name, ndim=1, kinds="f" if y.ndim else "fiu", from_complex="np.real")


def _magnitude(S, name="S"):
    """Returns the spectrum `S` as a finite array (rows, frames) with nothing below zero."""
    return _numbers(S, name, ndim=2, negative=False)


def _whole(value, name, *, least=1, most=2**31 - 1):
    """Returns `value` as an int from `least` to `most`."""
    try:
        number = operator.index("text" if isinstance(value, (bool, np.bool_)) else value)
    except TypeError:
        cure = "Python's / gives a float, use //" if isinstance(value, float) else "pass an int"
        raise TypeError(f"{name}={_shown(value)} is not a whole number: {cure}") from None
    if number < least:
        raise ValueError(f"{name}={_shown(number)} is too small: it must be at least {least}")
    if number > most:
        raise ValueError(f"{name}={_shown(number)} is too large: it must be at most {most}")
    return number


def _number(value, name):
    """Returns `value` as a finite float."""
    number = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if isinstance(number, bool) or not isinstance(number, numbers.Real):
        cure = "call it first, as in S.max()" if callable(value) else "pass a single real one"
        raise TypeError(f"{name}={_shown(value)} is not a number: {cure}")
    try:
        number = float(number)
    except OverflowError:  # an int may be larger than any float
        number = np.inf
    if not np.isfinite(number):
        raise ValueError(f"{name}={_shown(value)} must be a finite number")
    return number


def _flag(value, name):
    """Returns `value` if it is True or False: any text would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={_shown(value)} must be True or False")
    return bool(value)


def _positive(value, name, unit="", *, zero=False):
    """Returns `value` as a finite float above zero (or at zero, where `zero` allows it)."""
    number = _number(value, name)
    if number < 0 or (number == 0 and not zero):
        least = "at least" if zero else "above"
        raise ValueError(f"{name}={_shown(value)} {unit}".rstrip() + f" must be {least} zero")
    return number


def _rate(sr):
    """Returns the sampling rate `sr` as a float, in Hz: recordings have 200 to 10 million."""
    rate = _positive(sr, "sr", "Hz")
    if not 200 <= rate <= 1e7:
        what = "low" if rate < 200 else "high"
        raise ValueError(f"sr={rate:g} Hz is too {what} for sound: pass Hz, as 16000 for 16 kHz")
    return rate


def _audible(value, name):
    """Returns the frequency `value` in Hz if it can be heard, and so was not meant in kHz."""
    hz = _positive(value, name, "Hz")
    if hz < 20:
        raise ValueError(f"{name}={hz:g} Hz is too low to be heard: pass Hz, as 7500 for 7.5 kHz")
    return hz


_MOST_BYTES = 2**32  # what would need more memory than 4 GB is refused before it is tried


def _affordable(shape, dtype, what, cure, *, copies=1):
    """Refuses a result that would need too much memory, with `copies` as large made on the way.

    Asked for it, a computer may stop answering, or end Python without a word.
    """
    size = copies * math.prod(shape) * np.dtype(dtype).itemsize
    if size > _MOST_BYTES:
        raise ValueError(
            f"{what} of shape {tuple(shape)} would need {size / 1e9:,.0f} GB of memory: {cure}"
        )


def _in_range(result, name):
    """Returns `result`, unless numbers grew beyond what its format can hold."""
    if not np.all(np.isfinite(result)):
        raise ValueError(f"{name} is too large for {result.dtype}: scale it down, or pass float64")
    return result


def _below_nyquist(value, name, sr):
    """Returns the frequency `value` in Hz if sound sampled at `sr` can hold it."""
    if value > sr / 2:
        raise ValueError(
            f"{name}={value:g} Hz is above the Nyquist frequency {sr / 2:g} Hz of sr={sr:g}: "
            f"choose {name} up to {sr / 2:g} Hz, or a recording with a higher rate"
        )
    return value


# ----------------------------------------------------------------------------------------
# 1. Sound
# ----------------------------------------------------------------------------------------


def load_wav(path, *, sr=None, duration=None):
    """Returns a sound file as one channel at full scale 1.0, with its sampling rate.

    Parameters
    ----------
    path : str, path or binary file object
        Anything that soundfile reads: WAV, FLAC, OGG, MP3, AIFF, ... ``~`` is your home. Of a
        file that was cut off, what is there.
    sr : number, optional
        Resample to this rate in Hz; None keeps the file's own.
    duration : float, optional
        Read only the first `duration` seconds.

    Returns
    -------
    y : ndarray (n,), float32
        Channels are averaged. 8-, 16- and 24-bit samples are scaled to -1 ... 1.
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
    >>> y, sr = load_wav("data/slt.wav", duration=1.5)
    >>> y.shape, sr
    ((24000,), 16000)
    """
    path = path if hasattr(path, "read") else _existing_file(path)
    name = _name(path)
    if sr is not None:
        sr = int(_rate(sr)) if _rate(sr).is_integer() else _rate(sr)
    seconds = math.inf if duration is None else _positive(duration, "duration", "s")
    _check_open(path, name)
    try:
        with soundfile.SoundFile(path) as file:
            native_sr = _rate_of(file, name)
            n = max(1, round(min(seconds * native_sr, 2**62)))
            y = _mixed_down(file, n, name)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: headerless .raw
        reason = str(error).replace(str(path), name).strip(" .")
        if "regular file" in reason:  # what libsndfile says of an MP3 that is none
            reason = "Format not recognised"
        raise ValueError(
            f"{name} cannot be read as sound ({reason}): convert it to WAV, FLAC, OGG or MP3"
        ) from None
    if len(y) == 0:
        raise ValueError(f"{name} holds no samples: it is empty, take another recording")
    y = _sound(y, name)
    if sr is None or sr == native_sr:
        return y, native_sr
    cure = "choose a lower sr, or read only a duration"
    _affordable([round(len(y) / native_sr * sr)], y.dtype, f"{name} at sr={sr:g}", cure, copies=2)
    import librosa  # here, because it takes seconds to import and only resampling needs it

    return librosa.resample(y, orig_sr=native_sr, target_sr=sr), sr


def _rate_of(file, name):
    """Returns the rate of an open SoundFile, if any sound has it."""
    try:
        _rate(file.samplerate)
    except ValueError:
        raise ValueError(
            f"{name} says it has {file.samplerate} samples per second, as no sound does: its "
            "header is damaged, convert it again"
        ) from None
    return file.samplerate


def _name(path):
    """Returns what to call a file in an error: one line, however long its path."""
    text = str(path) or "''"
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= 80 else f"{text[:20]}...{text[-50:]}"


def _named(path):
    """Returns what to call a path in an error, and the path as text, with ``~`` filled in."""
    path = os.fsdecode(path)
    return _name(path), os.path.expanduser(path)


def _existing_file(path):
    """Returns `path`, with ``~`` filled in, if it is that of a file which can be opened."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"path={_shown(path)} must be the path of a sound file, or an open binary file: "
            "of bytes in memory io.BytesIO(data) makes one"
        )
    name, path = _named(path)
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
        if kind == stat.S_IFREG:
            open(path, "rb").close()
            return path if path.isprintable() else os.fsencode(path)  # it may be no text
        what = "is a folder" if kind == stat.S_IFDIR else "is a pipe or a device"
    except (FileNotFoundError, NotADirectoryError, ValueError):
        what = "does not exist"
    except OSError as error:
        raise type(error)(
            f"{name} cannot be opened ({error.strerror}): allow yourself to read it, or copy it"
        ) from None
    where = ", downloaded first" if "://" in name else ""
    raise FileNotFoundError(f"{name} {what}: give the path of a sound file{where}")


def _check_open(file, name):
    """Refuses an open `file` that would be misread: libsndfile does not say why."""
    if isinstance(file, (str, bytes)):
        return
    try:
        is_binary, position = isinstance(file.read(0), bytes), file.tell()
    except (AttributeError, OSError, ValueError) as error:
        raise ValueError(f"{name} cannot be read ({error}): pass one that is open") from None
    if not is_binary:
        raise TypeError(f"{name} is open as text: open it with open(path, 'rb')")
    if position:
        raise ValueError(f"{name} was read up to byte {position}: go back to its start by seek(0)")


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
        _affordable([n_read], np.float32, name, "read only a duration", copies=2)
        if len(channels) < size:
            break
    return np.concatenate(blocks)


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
    ValueError
        `y` exceeds full scale: it would be clipped; a name that ends in another format's.
    OSError
        The folder is missing, the disk is full, you may not write there.

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> path = getfixture("tmp_path") / "copy.wav"
    >>> save_wav(path, y, sr)
    >>> bool(np.all(load_wav(path)[0] == y))
    True
    """
    y = _sound(y)
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}: save one waveform (n,) at a time")
    peak = np.abs(y).max()
    if peak > 1:
        raise ValueError(
            f"y peaks at {peak:.3g}, above full scale 1.0, and would be clipped: "
            "save y / np.abs(y).max(), or match_level(y, reference)"
        )
    sr = round(_rate(sr))
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path={_shown(path)} must be the path of the file to write")
    name, path = _named(path)
    if os.path.splitext(path)[1].lower() not in (".wav", ".wave", ""):
        raise ValueError(f"{name} would hold a WAV file: give it a name that ends in .wav")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise FileNotFoundError(f"{name}: there is no such folder, make it first")
    file = io.BytesIO()
    steps = np.clip(np.round(y * 2.0**15), -(2**15), 2**15 - 1)  # soundfile would cut, not round
    soundfile.write(file, steps.astype(np.int16), sr, subtype="PCM_16", format="WAV")
    try:
        with open(path, "wb") as target:
            target.write(file.getbuffer())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", error)
        raise type(error)(
            f"{name} cannot be written ({reason}): choose another name or folder"
        ) from None


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
        `y` times one factor. Where the level would push a peak above 1.0, the peak is put
        at 1.0 and the level stays below the reference's.

    Examples
    --------
    >>> quiet, loud = 0.01 * np.ones(8), 0.5 * np.ones(4)
    >>> match_level(quiet, loud)[:2]
    array([0.5, 0.5])
    """
    with np.errstate(over="ignore"):  # an infinite level cannot be reached either
        rms = np.sqrt(np.mean(np.square(_sound(reference, "reference"), dtype=float)))
    return _match_level(y, rms)


@_each(1)
def _match_level(y, target_rms):
    y = _sound(y)
    peak = np.abs(y).max()
    if peak == 0:
        return y.copy()
    whole = np.divide(y, peak, dtype=float)  # at a peak of 1, however soft y is
    rms = np.sqrt(np.mean(np.square(whole)))
    return (whole * min(target_rms / rms, 1)).astype(y.dtype)


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
        Sections for `scipy.signal.sosfilt`. They stay exact where the polynomials of the
        gist's version overflow (order 5 with a low edge).

    See Also
    --------
    butter_bandpass_filter : applies it. Notebook 01, "Carve a band".

    Examples
    --------
    >>> butter_bandpass(500, 7500, 16000, order=1).shape
    (1, 6)
    """
    lowcut, highcut = _positive(lowcut, "lowcut", "Hz"), _audible(highcut, "highcut")
    sr = _rate(sr)
    nyquist = sr / 2
    if highcut >= nyquist:
        raise ValueError(
            f"highcut={highcut:g} Hz must lie below the Nyquist frequency {nyquist:g} Hz of "
            f"sr={sr:g}: choose a lower highcut, or a recording with a higher rate"
        )
    if lowcut >= highcut:
        raise ValueError(f"lowcut={lowcut:g} Hz must lie below highcut={highcut:g} Hz")
    order = _whole(order, "order", most=100)
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


def butter_bandpass_filter(y, lowcut, highcut, sr, *, order=5):
    """Returns `y` with what lies outside a band of frequencies turned down.

    Causal, as in the gist: the output may lag a little behind the input, never before it.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform.
    lowcut, highcut, sr, order
        As in `butter_bandpass`.

    Returns
    -------
    ndarray (..., n)

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> hum = np.sin(2 * np.pi * 50 * t)
    >>> hum_left = butter_bandpass_filter(hum, 500, 7500, 16000)
    >>> bool(np.abs(hum_left[8000:]).max() < 1e-4)
    True
    """
    y = _sound(y)
    sections = butter_bandpass(lowcut, highcut, sr, order=order)
    return scipy.signal.sosfilt(sections, y, axis=-1).astype(y.dtype)


# ----------------------------------------------------------------------------------------
# 2. Frames
# ----------------------------------------------------------------------------------------


def frame(y, frame_length, hop_length):
    """Returns every full frame of `y` as a column: a read-only view, no copy.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform of at least one frame.
    frame_length : int
        Samples per frame.
    hop_length : int
        Samples from the start of one frame to the start of the next.

    Returns
    -------
    ndarray (..., frame_length, n_frames)
        ``n_frames = 1 + (n - frame_length) // hop_length``; samples after the last full
        frame are in none.

    See Also
    --------
    overlap_add : its adjoint. Notebook 01, "Slide the frame".

    Examples
    --------
    >>> frame(np.arange(6.0), 4, 2)
    array([[0., 2.],
           [1., 3.],
           [2., 4.],
           [3., 5.]])
    """
    y = _sound(y)
    frame_length = _whole(frame_length, "frame_length")
    hop_length = _whole(hop_length, "hop_length")
    if y.shape[-1] < frame_length:
        raise ValueError(
            f"y has {y.shape[-1]} samples, fewer than one frame of frame_length={frame_length}: "
            "choose a shorter frame, or pad y with zeros"
        )
    windows = np.lib.stride_tricks.sliding_window_view(y, frame_length, axis=-1)
    return windows[..., ::hop_length, :].swapaxes(-1, -2)


@_each(2)
def overlap_add(frames, hop_length):
    """Returns the sum of all frames, each put back at its place in time.

    The adjoint of `frame`, not its inverse: where k frames overlap, a sample is counted
    k times.

    Parameters
    ----------
    frames : ndarray (..., frame_length, n_frames)
        One frame per column.
    hop_length : int
        Samples from the start of one frame to the start of the next.

    Returns
    -------
    ndarray (..., frame_length + hop_length * (n_frames - 1))

    Examples
    --------
    >>> overlap_add(frame(np.ones(6), 4, 2), 2)
    array([1., 1., 2., 2., 1., 1.])
    """
    frames, hop_length = _numbers(frames, "frames", ndim=2), _whole(hop_length, "hop_length")
    shape = [frames.shape[0] + hop_length * (frames.shape[1] - 1)]
    _affordable(shape, frames.dtype, "a waveform", f"hop_length={_shown(hop_length)} is too long")
    return _add_up(frames, hop_length)


def _add_up(frames, hop_length):
    """Returns what `overlap_add` returns, without looking at its arguments."""
    # Cut each frame into pieces one hop long. Piece r of frame t belongs at hop t + r, so
    # all frames' pieces number r are added to the output in one step.
    frame_length, n_frames = frames.shape
    n_pieces = -(-frame_length // hop_length)
    y = np.zeros((n_frames + n_pieces - 1, hop_length), dtype=frames.dtype)
    for r in range(n_pieces):
        piece = frames[r * hop_length : (r + 1) * hop_length]
        y[r : r + n_frames, : len(piece)] += piece.T
    return y.reshape(-1)[: frame_length + hop_length * (n_frames - 1)]


# ----------------------------------------------------------------------------------------
# 3. Short-time spectra
# ----------------------------------------------------------------------------------------


_LONGEST_FRAME = 2**18  # samples, 16 s at 16 kHz: longer is no short time, and costs memory
_BLOCK_SAMPLES = 2**18  # in the frames that are transformed at a time


class _Grid(NamedTuple):
    """Where the frames lie and how they are weighted, with every default filled in.

    ``_asdict()`` gives the keywords that `stft`, `istft` and `invert_spectrogram` take.
    """

    n_fft: int
    hop_length: int
    window: np.ndarray  # (n_fft,) float64, the window centred between zeros

    def shortest(self, n_frames):
        """Returns the fewest samples of which `stft` makes `n_frames` frames."""
        return self.hop_length * (n_frames - 1) + self.n_fft % 2


def _grid(n_fft, hop_length, win_length, window, *, rows=None):
    """Returns the `_Grid`; `rows` of a spectrum stand in for an n_fft that is None."""
    if n_fft is None and rows is not None:
        n_fft = 2 * (rows - 1)
    n_fft = _whole(n_fft, "n_fft", least=2, most=_LONGEST_FRAME)
    if rows is not None and rows != 1 + n_fft // 2:
        raise ValueError(
            f"the spectrum has {rows} rows, but n_fft={n_fft} makes {1 + n_fft // 2}: "
            "pass the n_fft of the way down"
        )
    name = "n_fft" if win_length is None else "win_length"
    win_length = n_fft if win_length is None else _whole(win_length, "win_length", least=2)
    if win_length > n_fft:
        raise ValueError(f"win_length={win_length} exceeds n_fft={n_fft}: it must fit inside")
    hop_length = max(1, win_length // 4) if hop_length is None else hop_length
    hop_length = _overlapping(hop_length, win_length, name)
    return _Grid(n_fft, hop_length, _centred_window(window, win_length, n_fft))


def _overlapping(hop_length, length, name):
    """Returns `hop_length` as an int if frames of `length` samples, so far apart, overlap."""
    hop_length = _whole(hop_length, "hop_length")
    if hop_length > length:
        raise ValueError(
            f"hop_length={hop_length} exceeds {name}={length}: frames must overlap; "
            f"a quarter of it, {max(1, length // 4)}, is usual"
        )
    return hop_length


def _centred_window(window, win_length, n_fft):
    """Returns a periodic window of `win_length` samples with zeros around it, (n_fft,)."""
    if isinstance(window, (str, tuple, float)):
        named = (window,) if isinstance(window, str) else window  # old scipy takes "8" for 8.0
        try:
            window = scipy.signal.get_window(named, win_length, fftbins=True)
        except Exception as error:  # scipy raises various types
            reason = " ".join(str(error).split())[:80]
            raise ValueError(
                f"window={_shown(window)} is unknown ({reason}): use 'hann', 'hamming', "
                "'blackman', another name of scipy.signal.get_window, or win_length values"
            ) from None
    window = _numbers(window, "window", ndim=1, from_complex="np.real").astype(np.float64)
    if window.shape != (win_length,):
        raise ValueError(
            f"the window has shape {window.shape}, not ({win_length},): pass win_length values"
        )
    if not window.any():
        raise ValueError("the window is zero everywhere: use one that hears something")
    if not 1e-6 <= np.abs(window).max() <= 1e6:
        raise ValueError(f"the window peaks at {np.abs(window).max():.3g}: scale it to about 1")
    before = (n_fft - win_length) // 2
    return np.pad(window, (before, n_fft - win_length - before))


@_each(1)
def stft(y, *, n_fft=2048, hop_length=None, win_length=None, window="hann"):
    """Returns the short-time Fourier transform: one spectrum per frame, side by side.

    Frame t is centred on sample ``t * hop_length``; beyond its ends the sound is silent.
    Equal to ``librosa.stft`` with its defaults.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform.
    n_fft : int
        Samples per frame.
    hop_length : int, optional
        Samples between frames; None means a quarter of `win_length`.
    win_length : int, optional
        Length of the window, at most `n_fft` (None); zeros fill the rest of the frame.
    window : str, tuple or ndarray (win_length,)
        A name that `scipy.signal.get_window` knows, made periodic, or the values.

    Returns
    -------
    ndarray (..., 1 + n_fft//2, n_frames), complex
        Row k is the frequency ``k * sr / n_fft`` Hz, column t the time ``t * hop_length / sr``
        seconds; ``n_frames = 1 + n // hop_length`` for an even `n_fft`.

    See Also
    --------
    istft : the way back, without loss. Notebook 01, "The STFT in two lines".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> D = stft(y, n_fft=1024, hop_length=256)
    >>> D.shape, D.dtype
    ((513, 265), dtype('complex64'))
    """
    y = _sound(y)
    grid = _grid(n_fft, hop_length, win_length, window)
    frames = frame(np.pad(y, grid.n_fft // 2), grid.n_fft, grid.hop_length).T
    window = grid.window.astype(y.dtype)
    shape, dtype = (len(frames), 1 + grid.n_fft // 2), np.result_type(y.dtype, np.complex64)
    _affordable(shape[::-1], dtype, "an STFT", "choose a longer hop_length, or cut y")
    D = np.empty(shape, dtype)  # a frame lies in one piece
    for block in phase_engine.blocks(len(frames), max(1, _BLOCK_SAMPLES // grid.n_fft)):
        D[block] = scipy.fft.rfft(frames[block] * window)
    return D.T


@_each(2)
def istft(D, *, n_fft=None, hop_length=None, win_length=None, window="hann", length=None):
    """Returns the waveform whose short-time Fourier transform comes nearest to `D`.

    Each frame is transformed back, windowed once more and added at its place; the sum is
    divided by what the squared windows add up to. Where `D` comes from `stft` that gives
    the waveform back; where no waveform has this `D`, it is the one with the least squared
    error (Griffin & Lim 1984).

    Parameters
    ----------
    D : ndarray (..., 1 + n_fft//2, n_frames), complex
        Short-time spectra.
    n_fft : int, optional
        Samples per frame; None means ``2 * (rows - 1)``. An odd `n_fft` must be named.
    hop_length, win_length, window
        The grid, as in `stft`.
    length : int, optional
        Samples to return: ``len(y)`` of the way down. None stops at the centre of the last
        frame, ``hop_length * (n_frames - 1)`` samples for an even `n_fft`. With frames less
        than half overlapping it may end before the sound: what follows is silent, with a
        warning.

    Returns
    -------
    ndarray (..., length)

    Raises
    ------
    ValueError
        Frames so far apart that some samples are in none; a `length` of which `stft` would
        make another number of frames (the hop_length of the way down was forgotten?).

    References
    ----------
    D. Griffin, J. Lim: Signal estimation from modified short-time Fourier transform. IEEE
    Trans. ASSP 32(2), 1984. https://doi.org/10.1109/TASSP.1984.1164317

    See Also
    --------
    stft : the way down. Notebook 01, "Back again, exactly".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> D = stft(y, n_fft=1024, hop_length=256)
    >>> y_hat = istft(D, n_fft=1024, hop_length=256, length=len(y))
    >>> bool(np.abs(y_hat - y).max() < 1e-6)
    True
    """
    D = _numbers(D, "D", ndim=2, kinds="cfiu")
    grid = _grid(n_fft, hop_length, win_length, window, rows=D.shape[0])
    weight = _weight(D, grid, length)
    last_heard = grid.window.nonzero()[0][-1] - grid.n_fft // 2  # from the centre of its frame
    reached = grid.hop_length * (D.shape[1] - 1) + last_heard + 1
    if reached < len(weight):
        warnings.warn(
            f"no frame reaches the last {len(weight) - reached} of {len(weight)} samples, they are "
            "silent: choose hop_length at most half the window on the way down",
            stacklevel=4,
        )
    return _join_frames(scipy.fft.irfft(D, n=grid.n_fft, axis=0), grid, weight)


def _weight(D, grid, length, *, guess=False):
    """Returns what the squared windows over each sample add up to, for the spectra `D`.

    Behind the centre of the last frame its window fades out alone. There, samples whose
    weight drowns in rounding errors weigh infinitely much: divided by it they are silent.
    A `guess` must not be divided by almost nothing either: there weights count as at least
    a tenth of the window's peak, and before the last centre none may be below a thousandth.
    """
    n_frames = D.shape[1]
    length = _length(length, n_frames, grid)
    squares = (grid.window.astype(D.real.dtype) ** 2)[:, None]
    weight = np.zeros(length, squares.dtype)
    sums = _add_up(np.broadcast_to(squares, (grid.n_fft, n_frames)), grid.hop_length)
    sums = sums[grid.n_fft // 2 :][:length]  # a long hop may leave the end under no frame
    weight[: len(sums)] = sums
    inside, peak = grid.shortest(n_frames), squares.max()
    rounding = np.finfo(weight.dtype).eps * peak
    unheard = np.count_nonzero(weight[:inside] <= (1e-3 * peak if guess else rounding))
    if unheard:
        raise ValueError(
            f"hop_length={grid.hop_length} leaves {unheard} samples that hardly any frame hears "
            f"(the window has {np.count_nonzero(squares)} samples): choose at most half the window"
        )
    if guess:
        weight[inside:] = np.maximum(weight[inside:], 0.1 * peak)
    weight[weight <= rounding] = np.inf
    return weight


def _join_frames(frames, grid, weight):
    """Returns the waveform whose windowed frames come nearest to `frames`."""
    window = grid.window.astype(frames.dtype)[:, None]
    y = _add_up(frames * window, grid.hop_length)[grid.n_fft // 2 :][: len(weight)]
    return np.pad(y, (0, len(weight) - len(y))) / weight


def _length(length, n_frames, grid):
    """Returns the samples to make of `n_frames` frames: `length`, if `stft` makes as many."""
    shortest, longest = grid.shortest(n_frames), grid.shortest(n_frames + 1) - 1
    if length is None:
        if shortest == 0:
            raise ValueError("a single frame alone has no length: pass length=len(y)")
        return shortest
    length = _whole(length, "length")
    if not shortest <= length <= longest:
        raise ValueError(
            f"length={_shown(length)} does not make {n_frames} frames: with hop_length="
            f"{grid.hop_length} it must lie in {max(1, shortest)} ... {longest}. Pass the "
            "hop_length and the length of the way down"
        )
    return length


# ----------------------------------------------------------------------------------------
# 4. Decibels
# ----------------------------------------------------------------------------------------

_AMPLITUDE_MIN = 1e-5  # what counts as silent: -100 dB, librosa's `amin` for amplitudes
_POWER_MIN = 1e-10  # the same as a power


def amplitude_to_db(S, *, ref=1.0, top_db=80.0):
    """Returns amplitudes in decibels: 20 log10(S / ref), with a floor.

    Parameters
    ----------
    S : ndarray
        Amplitudes of any shape; in a batch (..., rows, frames) each item has its own floor.
    ref : float
        The amplitude that becomes 0 dB, at least 1e-5. ``ref=S.max()`` puts the loudest bin
        at 0.
    top_db : float or None
        The floor lies this far below the maximum. None leaves only librosa's floor of
        1e-5 (-100 dB), so that silence stays finite.

    Returns
    -------
    ndarray, shape of `S`
        Equal to ``librosa.amplitude_to_db`` of each item.

    See Also
    --------
    db_to_amplitude : the way back. Notebook 01, "Decibels and the floor".

    Examples
    --------
    >>> amplitude_to_db([1.0, 0.1, 0.0])
    array([  0., -20., -80.])
    """
    S = _numbers(S, "S", ndim=0, negative=False)
    ref = max(_positive(ref, "ref"), _AMPLITUDE_MIN)
    S_db = 20 * np.log10(_over(np.maximum(S, _AMPLITUDE_MIN), ref))
    return _floor(S_db.astype(S.dtype), top_db)


def _over(S, ref):
    """Returns ``S / ref``, refusing what the format cannot hold."""
    with np.errstate(all="ignore"):
        return _in_range(np.divide(S, ref, dtype=float), f"S over ref={ref:g}")


def _depth(top_db):
    """Returns `top_db` as a float; deeper than 100,000 dB no format reaches."""
    return min(_positive(top_db, "top_db", "dB"), 1e5)


def _floor(S_db, top_db):
    """Returns decibels with nothing further than `top_db` below each item's maximum."""
    if top_db is None:
        return S_db
    item_axes = tuple(range(max(0, S_db.ndim - 2), S_db.ndim))
    peak = S_db.max(axis=item_axes, keepdims=True)
    return np.maximum(S_db, peak - S_db.dtype.type(_depth(top_db)))


def db_to_amplitude(S_db, *, ref=1.0):
    """Returns decibels as amplitudes: ref x 10^(S_db / 20).

    Parameters
    ----------
    S_db : ndarray
        Levels in dB, any shape.
    ref : float
        The amplitude of 0 dB.

    Returns
    -------
    ndarray, shape of `S_db`

    Examples
    --------
    >>> db_to_amplitude([0.0, -20.0])
    array([1. , 0.1])
    """
    S_db = _numbers(S_db, "S_db", ndim=0)
    return _antilog(S_db, 20, "S_db", ref=_positive(ref, "ref"))


def _antilog(level_db, db_per_decade, name, *, ref=1.0):
    """Returns ``ref * 10 ** (level_db / db_per_decade)``, refusing what the format cannot hold."""
    highest = db_per_decade * (np.log10(np.finfo(level_db.dtype).max) - np.log10(max(ref, 1)))
    if not level_db.max() < highest:  # NaN is not either: a transform may have overflowed
        raise ValueError(
            f"{name} reaches {level_db.max():.4g} dB with ref={ref:g}, but {level_db.dtype} can "
            f"hold {highest:.0f} dB: are these decibels, and unscaled?"
        )
    amplitude = ref * 10 ** (level_db.astype(float) / db_per_decade)
    return amplitude.astype(level_db.dtype)


@_each(1)
def pretty_spectrogram(y, *, n_fft=2048, hop_length=None, ref=None, top_db=80.0):
    """Returns the picture of a sound: its spectrogram in decibels, down to a floor.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform.
    n_fft, hop_length : int
        The grid, as in `stft`, with a Hann window.
    ref : float, optional
        The magnitude at 0 dB. None takes the loudest bin, and its level is then lost;
        keep ``ref = np.abs(stft(...)).max()`` to bring it back.
    top_db : float
        The floor lies at -`top_db`; whatever is softer sits on it. (The gist's thresh=4,
        in powers of ten of amplitude, is 80 dB.)

    Returns
    -------
    ndarray (..., 1 + n_fft//2, n_frames)
        Decibels; silence is -`top_db` everywhere.

    See Also
    --------
    invert_pretty_spectrogram : the way back. Notebook 01, "The pretty spectrogram".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> S_db = pretty_spectrogram(y, n_fft=1024, hop_length=256)
    >>> float(S_db.min()), float(S_db.max())
    (-80.0, 0.0)
    """
    S = np.abs(stft(y, n_fft=n_fft, hop_length=hop_length))
    if ref is None:
        ref = S.max() or 1.0  # of silence every level will do
    top_db, deepest = _depth(top_db), -20 * np.log10(np.finfo(S.dtype).tiny)
    if top_db > deepest:
        raise ValueError(
            f"top_db={top_db:g} dB is deeper than {S.dtype} reaches: choose up to {deepest:.0f}"
        )
    floor = 10 ** (-top_db / 20)
    S_db = 20 * np.log10(np.maximum(_over(S, _positive(ref, "ref")), floor))
    return np.maximum(S_db, -top_db).astype(S.dtype)  # the logarithm of the floor may round


# ----------------------------------------------------------------------------------------
# 5. Back from magnitude
# ----------------------------------------------------------------------------------------


def xcorr_offset(reference, candidate, *, max_lag=None):
    """Returns by how many samples `candidate` must be delayed to agree best with `reference`.

    The lag at which their cross-correlation, means removed, is largest.

    Parameters
    ----------
    reference, candidate : ndarray (n,), (m,)
        Two stretches of sound.
    max_lag : int, optional
        Search within ``-max_lag ... max_lag``; None means half of `candidate`.

    Returns
    -------
    int
        In samples; 0 for equal inputs and for silence, negative where `candidate` comes late.

    Examples
    --------
    >>> click = np.zeros(64)
    >>> click[30] = 1.0
    >>> xcorr_offset(np.roll(click, 5), click), xcorr_offset(click, click)
    (5, 0)
    """
    reference, candidate = _sound(reference, "reference"), _sound(candidate, "candidate")
    if reference.ndim != 1 or candidate.ndim != 1:
        raise ValueError(
            f"reference {reference.shape} and candidate {candidate.shape} must be single "
            "waveforms (n,)"
        )
    max_lag = len(candidate) // 2 if max_lag is None else _whole(max_lag, "max_lag", least=0)
    agreement = scipy.signal.correlate(_unit_peak(reference), _unit_peak(candidate))
    lags = scipy.signal.correlation_lags(len(reference), len(candidate))
    near = np.abs(lags) <= max_lag
    agreement, lags = agreement[near], lags[near]
    best = lags[agreement == agreement.max()]
    return int(best[np.argmin(np.abs(best))])


def _unit_peak(y):
    """Returns `y` without its mean and with a peak of 1 (silence stays silence)."""
    y = y - y.mean()
    with np.errstate(over="ignore"):  # old numpy complains where all numbers are the smallest
        return y / (np.abs(y).max() or 1)


@_each(2)
def invert_spectrogram(
    S, *, n_fft=None, hop_length=None, win_length=None, window="hann", length=None
):
    """Returns a waveform from magnitudes in one pass: frames slid into agreement.

    Without phases, every frame becomes symmetric, its tallest pulse in its middle. Added
    up as they are, neighbours cancel each other. So each is first turned, within its
    frame, to where it agrees best with the sound that has been laid down so far. A turned
    frame keeps its magnitudes; what it gains is a phase that fits.

    Parameters
    ----------
    S : ndarray (..., 1 + n_fft//2, n_frames)
        Magnitudes.
    n_fft, hop_length, win_length, window, length
        The grid and the samples to return, as in `istft`.

    Returns
    -------
    ndarray (..., length)

    References
    ----------
    M. Slaney, D. Naar, R. F. Lyon: Auditory model inversion for sound separation. ICASSP
    1994. https://doi.org/10.1109/ICASSP.1994.389714

    X. Zhu, G. T. Beauregard, L. L. Wyse: Real-time signal estimation from modified
    short-time Fourier transform magnitude spectra. IEEE Trans. ASLP 15(5), 2007.
    https://doi.org/10.1109/TASL.2007.899236

    See Also
    --------
    griffin_lim : takes this as its start with ``init="align"``. Notebook 02, "Slide and add".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> S = np.abs(stft(y, n_fft=1024, hop_length=256))
    >>> y_hat = invert_spectrogram(S, n_fft=1024, hop_length=256)
    >>> S_hat = np.abs(stft(y_hat, n_fft=1024, hop_length=256))
    >>> spectral_convergence(S_hat, S) < -8
    True
    """
    S = _magnitude(S)
    grid = n_fft, hop_length, window = _grid(n_fft, hop_length, win_length, window, rows=len(S))
    pulses = np.fft.fftshift(scipy.fft.irfft(S, n=n_fft, axis=0), axes=0)
    aligned = np.empty_like(pulses)
    laid_down = np.zeros(n_fft + hop_length * (S.shape[1] - 1), dtype=S.dtype)
    weight = np.zeros_like(laid_down)
    for t in range(S.shape[1]):
        here = slice(t * hop_length, t * hop_length + n_fft)
        so_far = laid_down[here] / np.maximum(weight[here], 1e-3)  # 0, where nothing lies yet
        # Pulses that slide by more than an eighth of a frame vanish under the window's flank.
        offset = xcorr_offset(so_far, pulses[:, t], max_lag=n_fft // 8)
        aligned[:, t] = np.roll(pulses[:, t], offset)
        laid_down[here] += window * aligned[:, t]
        weight[here] += window**2
    return _join_frames(aligned, grid, _weight(S, grid, length, guess=True))


@_each(2)
def phase_gradient(
    S, *, n_fft=None, hop_length=None, win_length=None, window="hann", seed=0
):
    """Returns phases that fit the magnitudes `S`, with no iteration.

    Where a bell-shaped window glides over a sound, phase and magnitude hang together: how
    steeply the logarithm of `S` rises along frequency tells how fast the phase turns along
    time, and the other way round. These slopes are added up from the loudest cell outwards,
    always on from the loudest cell reached so far (phase gradient heap integration). Cells
    60 dB below the loudest of the whole sound get random phases.

    Parameters
    ----------
    S : ndarray (..., 1 + n_fft//2, n_frames)
        Magnitudes.
    n_fft, hop_length, win_length, window
        The grid of the way down, as in `istft`. The more the window looks like a bell, the
        better: Hann and its like do, "boxcar" hardly.
    seed : int
        Of the random phases.

    Returns
    -------
    ndarray, shape of `S`
        Radians, -pi ... pi. Each island of sound has a phase of its own to begin with: what
        no magnitude tells.

    References
    ----------
    Z. Průša, P. Balazs, P. L. Søndergaard: A noniterative method for reconstruction of
    phase from STFT magnitude. IEEE/ACM Trans. ASLP 25(5), 2017.
    https://doi.org/10.1109/TASLP.2017.2678166

    See Also
    --------
    griffin_lim : starts here. Notebook 02, "Start from the phase's gradient".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> S = np.abs(stft(y, n_fft=1024, hop_length=256))
    >>> y_hat = istft(S * np.exp(1j * phase_gradient(S, hop_length=256)), hop_length=256)
    >>> spectral_convergence(np.abs(stft(y_hat, n_fft=1024, hop_length=256)), S) < -20
    True
    """
    S = _magnitude(S)
    grid = _grid(n_fft, hop_length, win_length, window, rows=len(S))
    phases = phase_engine.gradient_phases(S.T, grid.window, grid.hop_length, _seed(seed))
    return np.concatenate([phase for _, phase in phases]).T.astype(S.dtype)


def griffin_lim(
    S,
    *,
    n_iter=16,
    momentum=0.99,
    gamma=1.25,
    init="gradient",
    length=None,
    seed=0,
    n_fft=None,
    hop_length=None,
    win_length=None,
    window="hann",
):
    """Returns a waveform whose short-time magnitudes come close to `S`: guesses the phase.

    Keep the target magnitude, borrow the phase of the nearest real sound, repeat. Not
    every array of complex numbers is the STFT of a sound; `istft` finds the sound that is
    nearest, its `stft` has a better phase. Two tricks get there sooner: overshoot every
    step a little (`gamma`), and look ahead along it (`momentum`). And it need not start
    from nothing: `phase_gradient` reads a first guess off the magnitudes.

    Parameters
    ----------
    S : ndarray (..., 1 + n_fft//2, n_frames)
        Magnitudes (not decibels, not squared).
    n_iter : int
        Iterations; 0 gives the start itself.
    momentum : float
        0 ... 1: how far to look ahead, in steps.
    gamma : float
        Above 0, up to 1.3: how far to go, 1 being the nearest real sound. With 1 this is
        the fast algorithm of Perraudin and others; with momentum=0 as well the plain one
        of Griffin and Lim, whose error (over all n_fft rows) never rises.
    init : str or ndarray, shape of `S`
        The phases to start from: "gradient", those of `phase_gradient`; "random", the
        better one for smooth spectra, such as few mel bands or MFCCs leave; "zero";
        "align", those of `invert_spectrogram`; or phases in radians.
    length : int, optional
        Samples to return: ``len(y)`` of the way down.
    seed : int
        Of random phases.
    n_fft, hop_length, win_length, window
        The grid of the way down, as in `istft`.

    Returns
    -------
    ndarray (..., length)
        What no magnitude tells cannot come back: the sign of the waveform may be flipped.

    Notes
    -----
    ``init="random", gamma=1`` gives what ``librosa.griffinlim`` gives with the generator
    ``np.random.default_rng(seed)``.

    Sounds of more than 2048 frames are iterated in segments, to need little memory; with
    ``gamma=1`` they are not, to stay equal to librosa's.

    References
    ----------
    D. Griffin, J. Lim: Signal estimation from modified short-time Fourier transform. IEEE
    Trans. ASSP 32(2), 1984. https://doi.org/10.1109/TASSP.1984.1164317

    N. Perraudin, P. Balazs, P. L. Søndergaard: A fast Griffin-Lim algorithm. WASPAA 2013.
    https://doi.org/10.1109/WASPAA.2013.6701851

    R. Nenov, D.-K. Nguyen, P. Balazs, R. I. Boţ: Accelerated Griffin-Lim algorithm: a fast
    and provably converging numerical method for phase retrieval. 2023.
    https://arxiv.org/abs/2306.12504

    See Also
    --------
    griffin_lim_steps : the same, one iteration at a time. Notebook 02, "Iterate".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> S = np.abs(stft(y, n_fft=1024, hop_length=256))
    >>> y_hat = griffin_lim(S, n_fft=1024, hop_length=256, length=len(y))
    >>> S_hat = np.abs(stft(y_hat, n_fft=1024, hop_length=256))
    >>> y_hat.shape == y.shape, spectral_convergence(S_hat, S) < -30
    (True, True)
    """
    S = _magnitude(S)
    grid = _grid(n_fft, hop_length, win_length, window, rows=S.shape[-2])
    steps = _steps(n_iter, momentum, gamma)
    init = _init(init, S)
    each = _each(2) if isinstance(init, str) else _each(2, 2)
    return each(_griffin_lim)(S, init, grid, length, _seed(seed), steps)


def _griffin_lim(S, init, *options):
    def keep(first, last):
        return phase_engine.keep_magnitude(S.T[first:last])

    return _solve(S, init, keep, *options)


def _solve(S, init, fit, grid, length, seed, steps):
    """Returns the waveform that `fit` leads to, from magnitudes `S` with the phases of `init`."""
    frames = _frames(S, grid, length)
    y = frames.join(_start(S, init, grid, length, seed))
    return phase_engine.solve(frames, fit, y, **steps)[frames.sound]


def griffin_lim_steps(
    S,
    *,
    n_iter=16,
    momentum=0.99,
    gamma=1.25,
    init="gradient",
    length=None,
    seed=0,
    n_fft=None,
    hop_length=None,
    win_length=None,
    window="hann",
):
    """Returns a generator of `griffin_lim`'s waveforms: the start, then one per iteration.

    Parameters
    ----------
    S : ndarray (1 + n_fft//2, n_frames)
        Magnitudes, of one sound, which is never cut into segments.
    n_iter, momentum, gamma, init, length, seed, n_fft, hop_length, win_length, window
        As in `griffin_lim`.

    Yields
    ------
    y : ndarray (length,)
        The waveform after 0, 1, ... `n_iter` iterations.
    error : float
        Its `spectral_convergence` to `S` in dB.

    See Also
    --------
    griffin_lim : the last of these waveforms. Notebook 02, "Watch it converge".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> S = np.abs(stft(y, n_fft=1024, hop_length=256))
    >>> steps = griffin_lim_steps(S, n_iter=4, momentum=0, gamma=1, hop_length=256)
    >>> errors = [error for _, error in steps]
    >>> len(errors), errors == sorted(errors, reverse=True)
    (5, True)
    """
    S = _magnitude(S).copy("K")  # the caller may change S before the last step
    if S.ndim != 2:
        raise ValueError(f"S has shape {S.shape}: watch one sound (rows, frames) at a time")
    grid = _grid(n_fft, hop_length, win_length, window, rows=len(S))
    steps = _steps(n_iter, momentum, gamma)
    frames = _frames(S, grid, length)
    y = frames.join(_start(S, _init(init, S), grid, length, _seed(seed)))
    project = phase_engine.projection(frames, phase_engine.keep_magnitude(S.T))
    guesses = (y[frames.sound].copy() for y in phase_engine.iterate(project, y, **steps))
    return ((y, spectral_convergence(np.abs(stft(y, **grid._asdict())), S)) for y in guesses)


def _steps(n_iter, momentum, gamma):
    """Returns the keywords of an iteration, checked."""
    momentum, gamma = _number(momentum, "momentum"), _number(gamma, "gamma")
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum={momentum:g} would not settle: choose 0 ... 1")
    if not 0 < gamma <= 1.3:
        raise ValueError(f"gamma={gamma:g} would not settle: choose up to 1.3, above 0")
    return dict(n_iter=_iterations(n_iter), momentum=momentum, gamma=gamma)


def _iterations(n_iter):
    """Returns `n_iter` as an int; after some hundred iterations errors hardly fall any more."""
    return _whole(n_iter, "n_iter", least=0, most=100_000)


def _seed(seed):
    """Returns `seed` if numpy's generator takes it."""
    return _whole(seed, "seed", least=0, most=math.inf)


def _init(init, S):
    """Returns `init` if it is a known name or phases for every cell of `S`."""
    if isinstance(init, str):
        known = ("gradient", "random", "zero", "align")
        if init not in known:
            names = ", ".join(f'"{name}"' for name in known)
            raise ValueError(f"init={_shown(init)} is unknown: use {names} or phases in radians")
        return init
    phases = _numbers(init, "init", ndim=2, from_complex="np.angle")
    if phases.shape != S.shape:
        raise ValueError(f"init has phases of shape {phases.shape}, S has {S.shape}: pass as many")
    return np.fmod(phases, 2 * np.pi, dtype=float)  # whole turns would cost float32 its digits


def _start(S, init, grid, length, seed):
    """Returns the spectra to start from, a block at a time: `S` with the phases of `init`."""
    every_frame = slice(0, S.shape[1])
    if not isinstance(init, str):
        phases = [(every_frame, init.T)]
    elif init == "gradient":
        phases = phase_engine.gradient_phases(S.T, grid.window, grid.hop_length, seed)
    elif init == "random":
        phases = phase_engine.random_phases(S.shape, seed)
    elif init == "align":
        aligned = invert_spectrogram(S, length=length, **grid._asdict())
        phases = [(every_frame, np.angle(stft(aligned, **grid._asdict())).T)]
    else:
        phases = [(every_frame, np.zeros(S.T.shape))]
    return phase_engine.with_phases(S.T, phases)


def _frames(S, grid, length):
    """Returns the engine's picture of where the frames of `S` lie."""
    weight = _weight(S, grid, length, guess=True)
    window = grid.window.astype(S.dtype)
    return phase_engine.Frames(window, grid.hop_length, weight, S.shape[1])


def invert_pretty_spectrogram(
    S_db,
    *,
    ref=1.0,
    top_db=80.0,
    n_iter=16,
    momentum=0.99,
    gamma=1.25,
    init="gradient",
    length=None,
    seed=0,
    n_fft=None,
    hop_length=None,
    win_length=None,
    window="hann",
):
    """Returns a waveform from the picture that `pretty_spectrogram` makes.

    Parameters
    ----------
    S_db : ndarray (..., 1 + n_fft//2, n_frames)
        Decibels; cells at the floor or below it are silent.
    ref : float
        The magnitude of 0 dB: what the way down took. With ``np.abs(stft(...)).max()`` the
        level comes back.
    top_db : float
        The floor of the way down lies at -`top_db`.
    n_iter, momentum, gamma, init, length, seed, n_fft, hop_length, win_length, window
        As in `griffin_lim`.

    Returns
    -------
    ndarray (..., length)

    See Also
    --------
    pretty_spectrogram : the way down. Notebook 02, "Invert the pretty picture".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> ref = np.abs(stft(y, n_fft=1024, hop_length=256)).max()
    >>> S_db = pretty_spectrogram(y, ref=ref, n_fft=1024, hop_length=256)
    >>> y_hat = invert_pretty_spectrogram(S_db, ref=ref, n_fft=1024, hop_length=256)
    >>> bool(abs(y_hat.std() / y.std() - 1) < 0.05)
    True
    """
    S_db = _numbers(S_db, "S_db", ndim=2)
    top_db = _depth(top_db)
    for item in S_db.reshape(-1, *S_db.shape[-2:]):
        if item.min() >= 0 and item.max() > 0:
            raise ValueError(
                f"S_db lies in {item.min():.3g} ... {item.max():.3g}, never below 0, as magnitudes "
                "do: pass decibels, as pretty_spectrogram and amplitude_to_db make them"
            )
        on_the_floor = np.mean(item == item.min())  # many there, far below the rest: a floor
        if -top_db < item.min() < item.max() - 20 and on_the_floor > 0.2:
            raise ValueError(
                f"{on_the_floor:.0%} of S_db lie on a floor of {item.min():.4g} dB, but top_db="
                f"{top_db:g}: pass the top_db of the way down, and what pretty_spectrogram made"
            )
    audible = S_db > -top_db
    return griffin_lim(
        np.where(audible, db_to_amplitude(S_db, ref=ref), S_db.dtype.type(0)),
        n_iter=n_iter,
        momentum=momentum,
        gamma=gamma,
        init=init,
        length=length,
        seed=seed,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
    )


# ----------------------------------------------------------------------------------------
# 6. Mel
# ----------------------------------------------------------------------------------------

# Slaney's scale: a straight line up to 1000 Hz, logarithmic above.
_SLANEY_MEL_PER_HZ = 3 / 200
_SLANEY_CORNER_HZ = 1000.0
_SLANEY_CORNER_MEL = _SLANEY_CORNER_HZ * _SLANEY_MEL_PER_HZ  # 15
_SLANEY_LOG_STEP = np.log(6.4) / 27  # 27 mels take it from 1000 to 6400 Hz

_FAINT = 1e-9  # a filter weight that is zero but for rounding, as at the foot of a triangle


def hz_to_mel(hz, *, htk=False):
    """Returns frequencies in mel, a scale on which equal steps sound about equally large.

    Parameters
    ----------
    hz : float or ndarray
        Hz, not negative.
    htk : bool
        True: 2595 log10(1 + hz/700), where 1000 Hz is 1000 mel (the gist's). False:
        Slaney's Auditory Toolbox, where 1000 Hz is 15 mel (librosa's default).

    Returns
    -------
    float or ndarray

    See Also
    --------
    mel_to_hz : the way back. Notebook 03, "A ruler for hearing".

    Examples
    --------
    >>> hz_to_mel(1000.0), round(hz_to_mel(1000.0, htk=True))
    (15.0, 1000)
    """
    hz = _numbers(hz, "hz", ndim=0, negative=False)
    if _flag(htk, "htk"):
        mel = 2595 * np.log10(1 + hz / 700)
    else:
        above = np.log(np.maximum(hz, _SLANEY_CORNER_HZ) / _SLANEY_CORNER_HZ) / _SLANEY_LOG_STEP
        mel = np.minimum(hz, _SLANEY_CORNER_HZ) * _SLANEY_MEL_PER_HZ + above
    return mel.astype(hz.dtype) if mel.ndim else float(mel)


def mel_to_hz(mel, *, htk=False):
    """Returns mels in Hz: the inverse of `hz_to_mel`.

    Parameters
    ----------
    mel : float or ndarray
        Mel, not negative.
    htk : bool
        Which scale: HTK's or Slaney's.

    Returns
    -------
    float or ndarray

    Examples
    --------
    >>> mel_to_hz(15.0), round(mel_to_hz(1000.0, htk=True))
    (1000.0, 1000)
    """
    mel = _numbers(mel, "mel", ndim=0, negative=False)
    with np.errstate(over="ignore"):
        if _flag(htk, "htk"):
            hz = 700 * (10 ** (mel / 2595) - 1)
        else:
            above = np.maximum(mel - _SLANEY_CORNER_MEL, 0)
            hz = np.minimum(mel, _SLANEY_CORNER_MEL) / _SLANEY_MEL_PER_HZ
            hz = hz * np.exp(_SLANEY_LOG_STEP * above)
        hz = _in_range(hz.astype(mel.dtype), "mel")
    return hz if hz.ndim else float(hz)


def _band_edges(n_mels, fmin, fmax, htk):
    """Returns n_mels + 2 frequencies in Hz, equally far apart in mel."""
    mels = np.linspace(hz_to_mel(fmin, htk=htk), hz_to_mel(fmax, htk=htk), n_mels + 2)
    return mel_to_hz(mels, htk=htk)


def _triangles(corners, hz):
    """Returns triangles of peak 1 at the frequencies `hz`.

    Each rises from the centre of its lower neighbour to its own and falls to the centre of
    its upper one: ``corners[:-2]``, ``corners[1:-1]`` and ``corners[2:]``.
    """
    low, centre, high = corners[:-2], corners[1:-1], corners[2:]
    with np.errstate(divide="ignore", invalid="ignore"):  # corners may fall together
        triangles = (hz - low) / (centre - low)
        np.minimum(triangles, (high - hz) / (high - centre), out=triangles)
    return np.maximum(triangles, 0, out=triangles)


def mel_filterbank(sr, n_fft, *, n_mels=128, fmin=0.0, fmax=None, htk=False, norm="slaney"):
    """Returns the mel filters: overlapping triangles, equally wide in mel.

    Parameters
    ----------
    sr : number
        Samples per second of the sound. It decides what the rows of a spectrum mean.
    n_fft : int
        Samples per frame of the spectrum.
    n_mels : int
        Number of bands.
    fmin, fmax : float
        Range in Hz; `fmax` None means sr/2.
    htk : bool
        Which mel scale, as in `hz_to_mel`.
    norm : "slaney" or None
        "slaney": every filter has the same area, so that noise comes out level. None: every
        filter peaks at 1.

    Returns
    -------
    ndarray (n_mels, 1 + n_fft//2), float64
        Equal to ``librosa.filters.mel``.

    Raises
    ------
    ValueError
        A triangle so narrow that it falls between two bins would hear nothing.

    References
    ----------
    M. Slaney: Auditory Toolbox, version 2. Interval Research, Technical Report 1998-010.

    See Also
    --------
    make_mel : applies it. Notebook 03, "Triangles and their inverse".

    Examples
    --------
    >>> mel_filterbank(16000, 1024, n_mels=80).shape
    (80, 513)
    """
    sr, fmin = _rate(sr), _positive(fmin, "fmin", "Hz", zero=True)
    fmax = sr / 2 if fmax is None else _below_nyquist(_audible(fmax, "fmax"), "fmax", sr)
    n_fft, n_mels = _whole(n_fft, "n_fft", least=2, most=_LONGEST_FRAME), _whole(n_mels, "n_mels")
    if fmin >= fmax:
        raise ValueError(f"fmin={fmin:g} Hz must lie below fmax={fmax:g} Hz")
    if not (norm is None or isinstance(norm, str) and norm == "slaney"):
        raise ValueError(
            f'norm={_shown(norm)} is unknown: use "slaney" (equal area) or None (peak 1)'
        )
    bins = np.fft.rfftfreq(n_fft, 1 / sr)
    if n_mels > 2 * len(bins):  # a bin lies in two triangles at most
        raise ValueError(
            f"n_mels={_shown(n_mels)} bands cannot all hear one of the {len(bins)} bins of "
            f"n_fft={n_fft}. Take fewer bands or a longer frame"
        )
    corners = _band_edges(n_mels, fmin, fmax, htk)
    above = np.searchsorted(bins, corners[1:-1]).clip(1, len(bins) - 1)
    nearest = bins[[above - 1, above]]  # (2, n_mels): where a triangle is heard best
    empty = np.flatnonzero(~(_triangles(corners, nearest).max(axis=0) >= _FAINT))
    if len(empty):
        more = f" and {len(empty) - 1} more" if len(empty) > 1 else ""
        raise ValueError(
            f"mel filter {empty[0]} ({corners[empty[0]]:.1f}-{corners[empty[0] + 2]:.1f} Hz){more} "
            f"of n_mels={n_mels} {'hear' if more else 'hears'} nothing: n_fft={n_fft} has a bin "
            f"only every {sr / n_fft:.1f} Hz. Take fewer bands or a longer frame"
        )
    shape = n_mels, len(bins)
    _affordable(shape, bins.dtype, "a mel filter", "take a shorter frame", copies=3)
    mel_filter = _triangles(corners[:, None], bins)
    if norm == "slaney":
        mel_filter *= 2 / (corners[2:] - corners[:-2])[:, None]
    return mel_filter


def create_mel_filter(sr, n_fft, *, n_mels=64, fmin=300.0, fmax=None):
    """Returns the gist's two mel filters: one to compress with, one to expand with.

    Parameters
    ----------
    sr : number
        Samples per second.
    n_fft : int
        Samples per frame.
    n_mels : int
        Number of bands.
    fmin, fmax : float
        Range in Hz; `fmax` None means 8000 Hz or sr/2, whichever is lower.

    Returns
    -------
    mel_filter : ndarray (n_mels, 1 + n_fft//2)
        HTK triangles whose rows sum to 1: each band is an average. ``M = make_mel(S, mel_filter)``
    mel_inversion_filter : ndarray (n_mels, 1 + n_fft//2)
        The same triangles at peak 1: ``mel_inversion_filter.T @ M`` draws straight lines from
        band to band.

    See Also
    --------
    mel_to_spectrogram : a better way to expand. Notebook 03, "Expand by interpolation".

    Examples
    --------
    >>> mel_filter, mel_inversion_filter = create_mel_filter(16000, 1024)
    >>> mel_filter.shape, bool(np.allclose(mel_filter.sum(axis=1), 1))
    ((64, 513), True)
    """
    fmax = min(8000.0, _rate(sr) / 2) if fmax is None else fmax
    triangles = get_filterbanks(sr, n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
    return triangles / triangles.sum(axis=1, keepdims=True), triangles


def _power(power):
    """Returns the exponent `power` as a float, within what is of any use."""
    power = _number(power, "power")
    if not 0.1 <= power <= 10:
        raise ValueError(f"power={power:g} must lie in 0.1 ... 10: 1 sums magnitudes, 2 powers")
    return power


def _filter_for(mel_filter, dtype, *, bins=None, bands=None):
    """Returns `mel_filter` in `dtype` if it fits a spectrum's `bins` or a mel's `bands`."""
    mel_filter = _magnitude(mel_filter, "mel_filter")
    if mel_filter.ndim != 2:
        raise ValueError(f"mel_filter has shape {mel_filter.shape}: pass one bank (bands, rows)")
    if bins not in (None, mel_filter.shape[1]):
        raise ValueError(
            f"mel_filter has shape {mel_filter.shape}, S has {bins} rows: "
            "make the filter with the sr and n_fft of the spectrum"
        )
    if bands not in (None, mel_filter.shape[0]):
        raise ValueError(
            f"mel_filter has {mel_filter.shape[0]} bands, M has {bands}: "
            "use the filter of the way down"
        )
    if not 1e-12 <= mel_filter.max() <= 1e12:
        raise ValueError(
            f"mel_filter peaks at {mel_filter.max():.3g}: take one of mel_filterbank, or scale it "
            "to about 1"
        )
    return mel_filter.astype(dtype, copy=False)


@_each(2)
def make_mel(S, mel_filter, *, power=1.0, shorten_factor=1):
    """Returns the mel spectrum: few bands instead of many rows, and fewer frames if asked.

    Parameters
    ----------
    S : ndarray (..., 1 + n_fft//2, n_frames)
        Magnitudes.
    mel_filter : ndarray (n_mels, 1 + n_fft//2)
        From `mel_filterbank` or `create_mel_filter`.
    power : float
        What is summed: ``S ** power``; 1 magnitudes, 2 powers (librosa's default).
    shorten_factor : int
        Average so many neighbouring frames into one; the last group averages what is there.

    Returns
    -------
    ndarray (..., n_mels, ceil(n_frames / shorten_factor))
        Take the logarithm afterwards: the mel of decibels is not the decibels of the mel.

    See Also
    --------
    mel_to_spectrogram : the way back. Notebook 03, "Compress" and "Shorten time".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> S = np.abs(stft(y, n_fft=1024, hop_length=256))
    >>> make_mel(S, mel_filterbank(sr, 1024, n_mels=80), shorten_factor=10).shape
    (80, 27)
    """
    S = _magnitude(S)
    mel_filter = _filter_for(mel_filter, S.dtype, bins=S.shape[0])
    power = S.dtype.type(_power(power))
    with np.errstate(over="ignore", invalid="ignore"):
        M = _in_range(mel_filter @ S**power, f"S ** {power:g}")
    factor = min(_whole(shorten_factor, "shorten_factor"), S.shape[1])
    group_starts = np.arange(0, S.shape[1], factor)
    group_sizes = np.diff(group_starts, append=S.shape[1]).astype(S.dtype)
    return np.add.reduceat(M, group_starts, axis=1) / group_sizes


@_each(2)
def mel_to_spectrogram(
    M, mel_filter, *, power=1.0, n_iter=10, shorten_factor=1, n_frames=None
):
    """Returns magnitudes, never negative, whose mel spectrum comes close to `M`.

    Many spectra have the same mel. Starting from the bands, spread out, each update
    multiplies every bin by how much its bands are short of the target: where the mel is
    too low the bins grow, where it is too high they shrink, and zero stays zero. This
    lessens the Kullback-Leibler divergence, which weighs soft bands more than least squares
    does; and scaling `M` scales the result, so the level does not matter.

    Parameters
    ----------
    M : ndarray (..., n_mels, n_mel_frames)
        Mel spectrum.
    mel_filter : ndarray (n_mels, 1 + n_fft//2)
        The filter of the way down.
    power : float
        That of the way down.
    n_iter : int
        Updates; 0 spreads the bands out and stops.
    shorten_factor : int
        That of the way down. Frames in between lie on straight lines.
    n_frames : int, optional
        Frames of the spectrogram; None means ``n_mel_frames * shorten_factor``.

    Returns
    -------
    ndarray (..., 1 + n_fft//2, n_frames)
        Zero in bins that no filter hears.

    Notes
    -----
    With filters W: X <- X * (W.T @ (M / (W @ X))) / W.T @ 1, and S = X ** (1 / power).

    References
    ----------
    W. H. Richardson: Bayesian-based iterative method of image restoration. JOSA 62(1),
    1972. https://doi.org/10.1364/JOSA.62.000055

    L. B. Lucy: An iterative technique for the rectification of observed distributions.
    Astronomical Journal 79, 1974. https://doi.org/10.1086/111605

    See Also
    --------
    make_mel : the way down. Notebook 03, "Expand better".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> S = np.abs(stft(y, n_fft=1024, hop_length=256))
    >>> mel_filter = mel_filterbank(sr, 1024, n_mels=80)
    >>> S_hat = mel_to_spectrogram(make_mel(S, mel_filter), mel_filter)
    >>> S_hat.shape == S.shape, spectral_convergence(S_hat, S) < -8
    (True, True)
    """
    M = _magnitude(M, "M")
    W = _filter_for(mel_filter, M.dtype, bands=M.shape[0])
    n_iter = _iterations(n_iter)
    power = _power(power)
    M = _stretch(M, _whole(shorten_factor, "shorten_factor"), n_frames, W.shape[1])
    correction = phase_engine.mel_correction(M, W)
    with np.errstate(over="ignore", invalid="ignore"):
        X = correction(np.ones((W.shape[1], 1), M.dtype))
        for _ in range(n_iter):
            X *= correction(X)
        return _in_range(X ** (1 / power), f"M ** {1 / power:.3g}, with power={power:g},")


def _stretch(M, factor, n_frames, rows):
    """Returns M with `n_frames` frames, on straight lines between the centres of its groups.

    Refused if a spectrogram of `rows` rows and as many frames is too large.
    """
    n_groups = M.shape[1]
    n_frames = n_groups * factor if n_frames is None else _whole(n_frames, "n_frames")
    if -(-n_frames // factor) != n_groups:
        raise ValueError(
            f"n_frames={_shown(n_frames)} shortened by shorten_factor={_shown(factor)} makes "
            f"{_shown(-(-n_frames // factor))} frames, M has {n_groups}: choose n_frames in "
            f"{_shown((n_groups - 1) * factor + 1)} ... {_shown(n_groups * factor)}"
        )
    cure = f"choose a smaller shorten_factor than {_shown(factor)}"
    _affordable((rows, n_frames), M.dtype, "a spectrogram", cure, copies=3)
    if factor == 1:
        return M
    starts = np.arange(0, n_frames, factor)
    centres = (starts + np.minimum(starts + factor, n_frames) - 1) / 2
    place = np.interp(np.arange(n_frames), centres, np.arange(n_groups))  # in groups
    left = np.floor(place).astype(int)
    right = np.minimum(left + 1, n_groups - 1)
    part = (place - left).astype(M.dtype)
    return (1 - part) * M[:, left] + part * M[:, right]


def mel_to_audio(
    M,
    mel_filter,
    *,
    power=1.0,
    n_iter=8,
    init="auto",
    length=None,
    seed=0,
    n_fft=None,
    hop_length=None,
    win_length=None,
    window="hann",
):
    """Returns a waveform whose mel spectrum comes close to `M`: mel and phase solved together.

    `mel_to_spectrogram` picks one of the many spectrograms that have this mel, and no sound
    may have that one. Here the choice stays open: `griffin_lim`'s iteration, but instead of
    a magnitude that was fixed beforehand, each round gives the nearest real sound's own
    magnitudes one update towards the mel.

    Parameters
    ----------
    M : ndarray (..., n_mels, n_frames)
        Mel spectrum, every frame of it (not shortened).
    mel_filter : ndarray (n_mels, 1 + n_fft//2)
        The filter of the way down.
    power : float
        That of the way down.
    n_iter : int
        Iterations; 0 gives the rows of `mel_to_spectrogram` with the starting phases.
    init : str or ndarray (..., 1 + n_fft//2, n_frames)
        As in `griffin_lim`, or "auto": "gradient" from n_fft / 16 bands up (64 of 1024),
        "random" below, where the spectrum is too smooth to tell the phase.
    length : int, optional
        Samples to return: ``len(y)`` of the way down.
    seed : int
        Of random phases.
    n_fft, hop_length, win_length, window
        The grid of the way down, as in `istft`.

    Returns
    -------
    ndarray (..., length)

    See Also
    --------
    make_mel : the way down. Notebook 03, "Mel and phase together".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> mel_filter = mel_filterbank(sr, 1024, n_mels=80)
    >>> M = make_mel(np.abs(stft(y, n_fft=1024, hop_length=256)), mel_filter)
    >>> y_hat = mel_to_audio(M, mel_filter, hop_length=256, length=len(y))
    >>> M_hat = make_mel(np.abs(stft(y_hat, n_fft=1024, hop_length=256)), mel_filter)
    >>> y_hat.shape == y.shape, log_spectral_distance(M_hat, M) < 2
    (True, True)
    """
    M = _magnitude(M, "M")
    mel_filter = _filter_for(mel_filter, M.dtype, bands=M.shape[-2])
    grid = _grid(n_fft, hop_length, win_length, window, rows=mel_filter.shape[1])
    steps = _steps(n_iter, **_MEL_STEPS)
    init = _best_start(init, M.shape[-2], grid.n_fft)
    # What a random start begins with does not matter: the iteration itself approaches M.
    updates = 0 if isinstance(init, str) and init == "random" else 10
    S = mel_to_spectrogram(M, mel_filter, power=power, n_iter=updates)
    init = _init(init, S)
    each = _each(2, 2) if isinstance(init, str) else _each(2, 2, 2)
    options = mel_filter, _power(power), grid, length, _seed(seed), steps
    return each(_mel_to_audio)(M, S, init, *options)


def _best_start(init, n_numbers, n_fft):
    """Returns what "auto" means: the gradient serves where the spectrum is sharp enough."""
    if isinstance(init, str) and init == "auto":
        return "gradient" if 16 * n_numbers >= n_fft else "random"
    return init


_MEL_STEPS = dict(momentum=0.9, gamma=1.25)  # best of those tried; the target moves along


def _mel_to_audio(M, S, init, mel_filter, power, *options):
    def approach(first, last):
        return phase_engine.keep_mel(M[:, first:last], mel_filter, power)

    with np.errstate(over="ignore", invalid="ignore"):
        y = _solve(S, init, approach, *options)
    return _in_range(y, f"M ** {1 / power:.3g}, with power={power:g},")


# ----------------------------------------------------------------------------------------
# 7. Cepstrum
# ----------------------------------------------------------------------------------------


@_each(2)
def mel_to_mfcc(M, *, n_mfcc=20, top_db=80.0):
    """Returns mel-frequency cepstral coefficients: the cosine transform of the mel in dB.

    Parameters
    ----------
    M : ndarray (..., n_mels, n_frames)
        Mel spectrum of *powers* (``make_mel(..., power=2)``).
    n_mfcc : int
        Coefficients to keep, counted from the slowest cosine, at most n_mels. All of them
        lose nothing; keeping the first few draws a smooth envelope.
    top_db : float or None
        Floor below the loudest cell before the transform; None has none but -100 dB.

    Returns
    -------
    ndarray (..., n_mfcc, n_frames)
        Equal to ``librosa.feature.mfcc(S=librosa.power_to_db(M))`` of each item. Row 0 is
        sqrt(n_mels) times the mean level in dB.

    References
    ----------
    S. B. Davis, P. Mermelstein: Comparison of parametric representations for monosyllabic
    word recognition in continuously spoken sentences. IEEE Trans. ASSP 28(4), 1980.
    https://doi.org/10.1109/TASSP.1980.1163420

    See Also
    --------
    mfcc_to_mel : the way back. Notebook 04, "The DCT loses nothing".

    Examples
    --------
    >>> C = mel_to_mfcc(np.ones((128, 3)))      # 0 dB everywhere: nothing to tell
    >>> C.shape, bool(np.abs(C).max() < 1e-12)
    ((20, 3), True)
    """
    M = _magnitude(M, "M")
    n_mfcc = _whole(n_mfcc, "n_mfcc")
    if n_mfcc > M.shape[0]:
        raise ValueError(f"n_mfcc={n_mfcc} exceeds the {M.shape[0]} bands of M: lower n_mfcc")
    M_db = _floor(10 * np.log10(np.maximum(M, M.dtype.type(_POWER_MIN))), top_db)
    return scipy.fft.dct(M_db, type=2, norm="ortho", axis=0)[:n_mfcc]


@_each(2)
def mfcc_to_mel(C, *, n_mels=128):
    """Returns the mel spectrum that MFCCs still know: the missing ones count as zero.

    Parameters
    ----------
    C : ndarray (..., n_mfcc, n_frames)
        From `mel_to_mfcc` or `mfcc`, unscaled.
    n_mels : int
        Bands of the way down, at least n_mfcc.

    Returns
    -------
    ndarray (..., n_mels, n_frames)
        Powers, above zero. Equal to ``librosa.feature.inverse.mfcc_to_mel``.

    See Also
    --------
    mel_to_mfcc : the way down. Notebook 04, "Keep the first k".

    Examples
    --------
    >>> M = np.array([[1.0], [0.1], [0.01], [0.1]])
    >>> bool(np.allclose(mfcc_to_mel(mel_to_mfcc(M, n_mfcc=4), n_mels=4), M))
    True
    """
    C = _numbers(C, "C", ndim=2)
    n_mels = _whole(n_mels, "n_mels")
    if n_mels < C.shape[0]:
        raise ValueError(
            f"n_mels={n_mels} is fewer than the {C.shape[0]} rows of C: "
            "pass the n_mels of the way down"
        )
    shape, cure = (n_mels, C.shape[1]), "pass the n_mels of the way down"
    _affordable(shape, C.dtype, "a mel spectrum", cure, copies=3)
    M_db = scipy.fft.idct(C, type=2, norm="ortho", axis=0, n=n_mels)
    return _antilog(M_db, 10, "the mel spectrum of C")


@_each(1)
def mfcc(
    y,
    sr,
    *,
    n_mfcc=20,
    n_mels=128,
    n_fft=2048,
    hop_length=None,
    win_length=None,
    window="hann",
    fmin=0.0,
    fmax=None,
    htk=False,
    norm="slaney",
    top_db=80.0,
):
    """Returns the MFCCs of a sound: all four steps down the staircase.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform.
    sr : number
        Samples per second.
    n_mfcc, top_db
        As in `mel_to_mfcc`.
    n_mels, fmin, fmax, htk, norm
        As in `mel_filterbank`. (`norm` is that of the filters, librosa's `mel_norm`.)
    n_fft, hop_length, win_length, window
        The grid, as in `stft`.

    Returns
    -------
    ndarray (..., n_mfcc, n_frames)
        Equal to ``librosa.feature.mfcc`` with the same values.

    See Also
    --------
    mfcc_to_audio : the way back. Notebook 04.

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> mfcc(y, sr, n_fft=1024, hop_length=256).shape
    (20, 265)
    """
    S = np.abs(
        stft(y, n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=window)
    )
    mel_filter = mel_filterbank(
        sr, n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm
    )
    return mel_to_mfcc(make_mel(S, mel_filter, power=2.0), n_mfcc=n_mfcc, top_db=top_db)


def mfcc_to_audio(
    C,
    sr,
    *,
    n_mels=128,
    n_fft=2048,
    hop_length=None,
    win_length=None,
    window="hann",
    fmin=0.0,
    fmax=None,
    htk=False,
    norm="slaney",
    n_iter=8,
    init="auto",
    length=None,
    seed=0,
):
    """Returns a sound that has these MFCCs: all the steps up the staircase.

    ``mfcc_to_audio(mfcc(y, sr, **k), sr, **k)`` works for every ``k`` that both accept.

    Parameters
    ----------
    C : ndarray (..., n_mfcc, n_frames)
        MFCCs, unscaled.
    sr : number
        Samples per second of the sound to make: that of the way down.
    n_mels, fmin, fmax, htk, norm
        The mel filters of the way down, as in `mfcc`.
    n_fft, hop_length, win_length, window
        The grid of the way down; `n_fft` must be named if it was not 2048.
    n_iter, length, seed
        As in `mel_to_audio`.
    init : str or ndarray
        As in `mel_to_audio`; "auto" counts the coefficients.

    Returns
    -------
    ndarray (..., length)
        Twenty coefficients keep the words and lose the pitch: it sounds whispered or like
        a robot, whatever the number of iterations.

    See Also
    --------
    mfcc_to_mel, mel_to_audio : the steps. Notebook 04, "Back to audio".

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> settings = dict(n_mels=80, n_fft=1024, hop_length=256)
    >>> y_hat = mfcc_to_audio(mfcc(y, sr, **settings), sr, length=len(y), **settings)
    >>> y_hat.shape == y.shape
    True
    """
    mel_filter = mel_filterbank(
        sr, n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm
    )
    M = mfcc_to_mel(C, n_mels=n_mels)
    return mel_to_audio(
        M,
        mel_filter,
        power=2.0,
        n_iter=n_iter,
        init=_best_start(init, np.shape(C)[-2], n_fft),
        length=length,
        seed=seed,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
    )


# ----------------------------------------------------------------------------------------
# 8. Voice
# ----------------------------------------------------------------------------------------

_PITCH_GATE_DB = 34  # frames so far below the loudest are silence, whatever pyin hears there
_PITCH_LEAP = 35.92  # octaves a second, pyin's own: further no voice leaps


@_each(1)
def pitch(y, sr, *, hop_length=256, frame_length=1024, fmin=65.0, fmax=420.0):
    """Returns the pitch of a voice, one number per frame.

    librosa's pyin, told to keep quiet about frames that are nearly silent.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform of one voice or instrument.
    sr : number
        Samples per second.
    hop_length, frame_length : int
        Samples between frames and per frame; frame t is centred on ``t * hop_length``.
    fmin, fmax : float
        Range in Hz in which to look. The default is for speech; music needs more.

    Returns
    -------
    ndarray (..., 1 + n // hop_length)
        Hz, 0 where the sound has no pitch or lies 34 dB below the loudest frame.

    References
    ----------
    M. Mauch, S. Dixon: pYIN, a fundamental frequency estimator using probabilistic
    threshold distributions. ICASSP 2014. https://doi.org/10.1109/ICASSP.2014.6853678

    See Also
    --------
    pitch_accuracy : compares two of these. Notebook 03, "Hear the number of bands".

    Examples
    --------
    >>> t = np.arange(8000) / 16000
    >>> f0 = pitch(np.sin(2 * np.pi * 200 * t), 16000)
    >>> round(float(np.median(f0)))
    200
    """
    import librosa  # here, because it takes seconds to import

    y, sr = _sound(y), _rate(sr)
    frame_length = _whole(frame_length, "frame_length", most=_LONGEST_FRAME)
    hop_length = _overlapping(hop_length, frame_length, "frame_length")
    if hop_length < frame_length // 64:
        raise ValueError(
            f"hop_length={hop_length} is hardly a step for frame_length={frame_length}: choose at "
            f"least {frame_length // 64}; a quarter of it, {frame_length // 4}, is usual"
        )
    fmin, fmax = _audible(fmin, "fmin"), _audible(fmax, "fmax")
    if _below_nyquist(fmax, "fmax", sr) < fmin * 2 ** (1 / 12):
        raise ValueError(
            f"fmin={fmin:g} Hz must lie below fmax={fmax:g} Hz by a semitone: choose a wider range"
        )
    if frame_length < 2 * sr / fmin + 2:
        raise ValueError(
            f"frame_length={frame_length} holds less than two periods of fmin={fmin:g} Hz: "
            f"use at least {int(2 * sr / fmin) + 3} samples, or a higher fmin"
        )
    shape, cure = (frame_length, 1 + len(y) // hop_length), "choose a longer hop_length, or cut y"
    _affordable(shape, np.float64, "pitch with frames", cure, copies=5)  # measured in pyin
    grid = dict(frame_length=frame_length, hop_length=hop_length)
    peak, exponent = np.frexp(float(np.abs(y).max()))
    sound = np.ldexp(y.astype(np.float64), -exponent)  # double: librosa 1.0 warns when it meets
    sound -= sound.mean()  # both; and a peak near 1, for squares within range
    # pyin must not let a voice leap further in a frame than from fmin to fmax.
    leap = np.floor(12 * np.log2(fmax / fmin)) / 12 / (hop_length / sr)
    leap = min(_PITCH_LEAP, leap)
    f0, _, _ = librosa.pyin(sound, sr=sr, fmin=fmin, fmax=fmax, max_transition_rate=leap, **grid)
    frames = frame(np.pad(sound, frame_length // 2), frame_length, hop_length)
    power = np.mean(frames**2, axis=0)[: len(f0)]
    rounding = (1e-9 * peak) ** 2  # what is left of a constant without its mean
    loud = power > max(power.max() * 10 ** (-_PITCH_GATE_DB / 10), rounding)
    return np.where(loud, np.nan_to_num(f0), 0).astype(y.dtype)


@_each(2, 1)
def speak(
    C, f0, sr, *, n_mels=128, n_fft=512, hop_length=256, n_passes=2, length=None, seed=0
):
    """Returns a voice that says the MFCCs `C` at the pitch `f0`: a pitch vocoder.

    A voice is a source and a filter. The source is made from the pitch: where there is one,
    a pulse for every period, elsewhere noise. The filter is what `C` still knows of the
    spectrum. Each pass measures the MFCCs of the sound so far and multiplies its spectra by
    what they lack: the first pass gives the source its envelope and level, the second mends
    what the source's own ripples have spoilt.

    Parameters
    ----------
    C : ndarray (..., n_mfcc, n_frames)
        From `mfcc` with the same `sr`, `n_mels`, `n_fft` and `hop_length` (`n_fft` sets the
        level), unscaled.
    f0 : ndarray (..., n_frames)
        Hz, 0 where unvoiced, as `pitch` gives it. Try it multiplied by 1.25, or all zero.
    sr : number
        Samples per second.
    n_mels, n_fft, hop_length : int
        Those of the way down. A frame should hold two periods of the voice, hardly more: with
        ten it speaks some 5 dB too loud.
    n_passes : int
        At least 1. More than two come nearer to `C`, not to clearer words.
    length : int, optional
        Samples to return: ``len(y)`` of the way down.
    seed : int
        Of the noise.

    Returns
    -------
    ndarray (..., length)

    Raises
    ------
    ValueError
        `C` and `f0` differ in their number of frames; a pitch above sr/2.

    References
    ----------
    B. Milner, X. Shao: Speech reconstruction from mel-frequency cepstral coefficients using
    a source-filter model. ICSLP 2002. https://doi.org/10.21437/ICSLP.2002-110

    See Also
    --------
    pitch, mfcc : the way down.

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> f0 = pitch(y, sr)
    >>> higher = speak(mfcc(y, sr, n_fft=512, hop_length=256), 1.5 * f0, sr, length=len(y))
    >>> both = (f0 > 0) & (pitch(higher, sr) > 0)
    >>> round(float(np.median(pitch(higher, sr)[both] / f0[both])), 1)
    1.5
    """
    sr, n_passes = _rate(sr), _whole(n_passes, "n_passes", most=100)
    n_mels = _whole(n_mels, "n_mels", least=2)
    mfcc_to_mel(C, n_mels=n_mels)  # refuses what is no cepstrum
    C, f0 = _numbers(C, "C", ndim=2), _numbers(f0, "f0", ndim=1, negative=False)
    if C.shape[1] != len(f0):
        raise ValueError(
            f"C has {C.shape[1]} frames, f0 has {len(f0)}: compute both with one hop_length"
        )
    if f0.any():
        _below_nyquist(_audible(f0.max(), "f0"), "f0", sr)
    grid = _grid(n_fft, hop_length, None, "hann")
    weight = _weight(np.empty((1, len(f0)), C.dtype), grid, length, guess=True)
    centres = _band_edges(n_mels, 0.0, sr / 2, htk=False)[1:-1]
    bins = np.clip(np.fft.rfftfreq(grid.n_fft, 1 / sr), centres[0], centres[-1])
    y = _source(f0, sr, grid.hop_length, len(weight), seed).astype(C.dtype)
    for _ in range(n_passes):
        lacking = C - mfcc(y, sr, n_mfcc=len(C), n_mels=n_mels, **grid._asdict())
        lacking_db = scipy.fft.idct(lacking, type=2, norm="ortho", axis=0, n=n_mels)
        lacking_db = scipy.interpolate.make_interp_spline(centres, lacking_db, k=1)(bins)
        D = stft(y, **grid._asdict()) * 10 ** (lacking_db.astype(C.dtype) / 20)
        y = _join_frames(scipy.fft.irfft(D, n=grid.n_fft, axis=0), grid, weight)
    return y


def _source(f0, sr, hop_length, length, seed):
    """Returns pulses at the pitch `f0`, noise where it is 0, both of power 1."""
    frames = np.arange(length) / hop_length  # where each sample lies
    noise = np.random.default_rng(_seed(seed)).normal(size=length)
    voiced = f0 > 0
    if not voiced.any():
        return noise
    hz = np.interp(frames, np.flatnonzero(voiced), f0[voiced])
    turns = np.floor(np.cumsum(hz / sr))  # a new turn, a pulse
    pulses = np.diff(turns, prepend=0) * np.sqrt(sr / hz)
    return np.where(voiced[np.rint(frames).astype(int).clip(max=len(f0) - 1)], pulses, noise)


def pitch_limit(n_numbers, sr, *, htk=False):
    """Returns the lowest pitch in Hz that `n_numbers` per frame can still draw.

    Harmonics lie F0 apart. Mel bands (or the cosines of as many MFCCs) draw a ripple along
    frequency only if it is not finer than two of their steps. Pitch lies low, where mel is
    nearly linear, so all that counts is the step there. A rule of thumb: measured, the
    edge is soft; cosines are safe from about 1.2 times this value, mel bands later still.

    Parameters
    ----------
    n_numbers : int
        Mel bands or MFCCs per frame, K.
    sr : number
        Samples per second; the mel axis reaches from 0 to sr/2.
    htk : bool
        Which mel scale. Slaney's is straight below 1 kHz, as the formula assumes; HTK's bends
        from the start, and with it a voice needs more numbers than this says.

    Returns
    -------
    float
        Hz: ``2 * span * n/(n + 1) / K``, with n = 128 bands and span the whole mel axis
        measured in Hz at its low end (mels up to sr/2, times Hz per mel at 0 Hz).

    See Also
    --------
    pitch : measures. Notebook 04, "The pitch law".

    Examples
    --------
    >>> round(pitch_limit(20, 16000)), round(pitch_limit(40, 16000))
    (299, 150)
    """
    n_numbers = _whole(n_numbers, "n_numbers")
    hz_per_mel = 700 * np.log(10) / 2595 if _flag(htk, "htk") else 1 / _SLANEY_MEL_PER_HZ
    span = hz_to_mel(_rate(sr) / 2, htk=htk) * hz_per_mel
    return float(2 * span * 128 / 129 / n_numbers)


# ----------------------------------------------------------------------------------------
# 9. Measures
# ----------------------------------------------------------------------------------------


def _same_shape(estimate, target):
    if np.shape(estimate) != np.shape(target):
        raise ValueError(
            f"shapes differ, estimate {np.shape(estimate)} and target {np.shape(target)}: "
            "use one grid, and length=len(y) on the way up"
        )


@_each(2, 2)
def spectral_convergence(estimate, target):
    """Returns how far one magnitude spectrogram is from another, in dB: lower is better.

    Parameters
    ----------
    estimate, target : ndarray (..., rows, n_frames)
        Magnitudes.

    Returns
    -------
    float, or ndarray for a batch
        ``20 log10(norm(estimate - target) / norm(target))``: 0 dB is an error as large as
        the target, -20 dB a tenth of it, -inf none at all.

    See Also
    --------
    log_spectral_distance : weighs soft parts as much as loud ones.

    Examples
    --------
    >>> round(spectral_convergence(np.full((2, 2), 1.1), np.ones((2, 2))), 6)
    -20.0
    """
    _same_shape(estimate, target)
    estimate, target = _magnitude(estimate, "estimate"), _magnitude(target, "target")
    error = np.subtract(estimate, target, dtype=float)
    if not error.any():
        return -np.inf
    if not target.any():
        raise ValueError("the target is silent: no level to compare with")
    return 20 * (_log_norm(error) - _log_norm(target.astype(float)))


def _log_norm(x):
    """Returns the common logarithm of the norm of `x`, whose squares may be out of range."""
    peak = np.abs(x).max()
    with np.errstate(over="ignore"):  # old numpy complains where all numbers are the smallest
        return float(np.log10(np.linalg.norm(x / peak)) + np.log10(peak))


@_each(2, 2)
def log_spectral_distance(estimate, target, *, floor_db=-60.0):
    """Returns by how many dB two magnitude spectrograms differ on average.

    Parameters
    ----------
    estimate, target : ndarray (..., rows, n_frames)
        Magnitudes.
    floor_db : float
        What lies below this level, relative to the target's maximum, counts as this level.

    Returns
    -------
    float, or ndarray for a batch
        Root mean square over the rows of a frame, mean over frames.

    Examples
    --------
    >>> round(log_spectral_distance(np.full((2, 2), 0.1), np.ones((2, 2))), 6)
    20.0
    """
    _same_shape(estimate, target)
    estimate, target = _magnitude(estimate, "estimate"), _magnitude(target, "target")
    floor_db = _number(floor_db, "floor_db")
    if not floor_db < 0:
        raise ValueError(f"floor_db={floor_db:g} must lie below 0: decibels under the maximum")
    if not target.any():
        raise ValueError("the target is silent: no level to compare with")
    floor = target.max().astype(float) * 10 ** (floor_db / 20)
    if floor == 0:
        raise ValueError(f"floor_db={floor_db:g} is too low to be computed: choose a higher one")
    levels = [np.log10(np.maximum(S, floor)) for S in (estimate, target)]
    difference = 20 * (levels[0] - levels[1])
    return float(np.mean(np.sqrt(np.mean(np.square(difference), axis=0))))


@_each(1, 1)
def pitch_accuracy(f0, reference, *, cents=50):
    """Returns which share of the frames that should have a pitch have the right one.

    Parameters
    ----------
    f0, reference : ndarray (..., n_frames)
        Pitch in Hz, 0 where unvoiced, as `pitch` gives it.
    cents : float
        How far it may be off; 100 cents are a semitone.

    Returns
    -------
    float, or ndarray for a batch
        0 ... 1 over the reference's voiced frames; unvoiced there is wrong. So a low value
        may mean another pitch, or a voice too rough for `pitch` to call it voiced.

    References
    ----------
    Known as raw pitch accuracy; J. Salamon and others: Melody extraction from polyphonic
    music signals. IEEE Signal Processing Magazine 31(2), 2014.
    https://doi.org/10.1109/MSP.2013.2271648

    Examples
    --------
    >>> pitch_accuracy([0.0, 101.0, 220.0, 0.0], [0.0, 100.0, 110.0, 120.0])
    0.3333333333333333
    """
    f0 = _numbers(f0, "f0", ndim=1, negative=False)
    reference = _numbers(reference, "reference", ndim=1, negative=False)
    _same_shape(f0, reference)
    cents = _positive(cents, "cents")
    voiced = reference > 0
    if not voiced.any():
        raise ValueError("the reference has no voiced frame: there is no pitch to compare")
    with np.errstate(divide="ignore"):  # unvoiced is infinitely far off
        octaves = np.log2(f0[voiced]) - np.log2(reference[voiced])
    return float(np.mean(np.abs(1200 * octaves) <= min(cents, 1e9)))  # and not infinitely many


@_each(1, 1)
def intelligibility(y, reference, sr):
    """Returns how well `y` could be understood, judged by the clean `reference`.

    Parameters
    ----------
    y, reference : ndarray (..., n)
        Waveforms of one length, aligned in time.
    sr : number
        Samples per second.

    Returns
    -------
    float, or ndarray for a batch
        Extended short-time objective intelligibility, by pystoi: about 0 (nothing) to 1. It
        follows envelopes in bands and hears no level. Its authors fitted it to listeners;
        it is not a listener.

    References
    ----------
    J. Jensen, C. H. Taal: An algorithm for predicting the intelligibility of speech masked
    by modulated noise maskers. IEEE/ACM Trans. ASLP 24(11), 2016.
    https://doi.org/10.1109/TASLP.2016.2585878

    Examples
    --------
    >>> y, sr = load_wav("data/slt.wav")
    >>> round(intelligibility(0.5 * y, y, sr), 2)
    1.0
    """
    import pystoi

    y, reference = _sound(y), _sound(reference, "reference")
    _same_shape(y, reference)
    sr = round(_rate(sr))
    too_little = (
        f"{len(y) / sr:.2f} s hold too little sound: "
        "intelligibility needs at least 0.4 s that is not silent"
    )
    if len(y) < 0.4 * sr or not reference.any():
        raise ValueError(too_little)
    y, reference = (x / (np.abs(x).max() or 1) for x in (y, reference))
    if sr // math.gcd(sr, 10000) > 441:  # 10 kHz is where it compares, by filters so long
        import librosa

        y, reference = (librosa.resample(x, orig_sr=sr, target_sr=10000) for x in (y, reference))
        sr = 10000
    with _one_at_a_time:
        state = np.random.get_state()  # pystoi draws its dither from numpy's global generator
        np.random.seed(0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                return float(pystoi.stoi(reference, y, sr, extended=True))
        except RuntimeWarning:
            raise ValueError(too_little) from None
        finally:
            np.random.set_state(state)


_one_at_a_time = threading.Lock()  # of threads: the generator and the warnings are everybody's


# ----------------------------------------------------------------------------------------
# 10. Names from the gist
# ----------------------------------------------------------------------------------------
# Ten more keep their name where they stand: stft, pretty_spectrogram, invert_spectrogram,
# invert_pretty_spectrogram, xcorr_offset, make_mel, mel_to_spectrogram, create_mel_filter,
# butter_bandpass, butter_bandpass_filter.


def hz2mel(hz):
    """Returns `hz` in HTK mels: ``hz_to_mel(hz, htk=True)``."""
    return hz_to_mel(hz, htk=True)


def mel2hz(mel):
    """Returns HTK mels in Hz: ``mel_to_hz(mel, htk=True)``."""
    return mel_to_hz(mel, htk=True)


def get_filterbanks(sr, n_fft, *, n_mels=20, fmin=0.0, fmax=None):
    """Returns HTK mel filters of peak 1: ``mel_filterbank(..., htk=True, norm=None)``."""
    return mel_filterbank(sr, n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=True, norm=None)


def overlap(y, frame_length, hop_length):
    """Returns the frames of `y` as rows, a read-only view: `frame` turned on its side."""
    return frame(y, frame_length, hop_length).swapaxes(-1, -2)


def iterate_invert_spectrogram(S, *, n_iter=10, **options):
    """Returns ``griffin_lim(S, init="align", momentum=0, gamma=1)``: slide, then iterate."""
    options = dict(init="align", momentum=0.0, gamma=1.0) | options
    return griffin_lim(S, n_iter=n_iter, **options)
