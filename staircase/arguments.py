"""What every argument may be: one list for the whole house.

A name means one thing everywhere; `NAMES` says what `y`, `S`, `sr`, `hop_length` ... may be.
Two decorators look each argument of a function up there. What is usable they hand on clean, as
finite float arrays and Python's own numbers; what is not they refuse in one line, with the
name, the value and the cure::

    @each
    def stft(y, *, n_fft=2048, hop_length=None, win_length=None, window="hann"):

`checked` only checks. `each` also runs the function on every item of a batch and stacks the
results, so that a batch equals a loop by construction; what numpy does to a whole batch at once,
as `frame`, needs only `checked`. None is taken where it is the default, or by `or_none`.
Where a name means something narrower, the decorator says so: ``@checked(fmin=AUDIBLE)``.
What only the function can know, as that two shapes must fit, stays in the function.

A new argument: its name and kind go into the list. A new function: into its room, decorated, and
into the door's imports and ``__all__``.
"""

import functools
import inspect
import math
import numbers
import operator
import reprlib
import sys
import warnings
from dataclasses import dataclass

import numpy as np

from . import likely

LONGEST_FRAME = 2**18  # samples, 16 s at 16 kHz: longer is no short time, and costs memory
HEADROOM = 1e-8  # of what a format can hold: so large may numbers be that are to be summed
MOST_BYTES = 2**32  # what would need more memory than 4 GB is refused before it is tried

# ----------------------------------------------------------------------------------------
# Kinds of arrays. A kind is called with a value and its name; it returns the value or refuses.
# ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Array:
    """Finite floats. An item has `ndim` dimensions; what comes before them is a batch."""

    ndim: int
    kinds: str = "fiu"  # of dtypes
    negative: bool = True
    real: str = "np.abs"  # turns complex numbers into the real ones that are meant
    alone: str = ""  # what to say of a batch, if there may be none
    shared: bool = False  # by all items of a batch of other arguments

    def __call__(self, x, name):
        """Returns `x` as an array of floats."""
        x = plain(x, name)
        if x.dtype.kind not in self.kinds:
            cure = f"{self.real}({name})" if x.dtype.kind == "c" else "an array of numbers"
            value = "" if x.ndim else f" (it is {shown(x.item())})"
            raise TypeError(f"{name} has dtype {x.dtype}{value}: pass {cure}")
        if x.size == 0:
            raise ValueError(f"{name} has shape {x.shape}: it is empty, pass numbers")
        if x.ndim < self.ndim:
            what = f"has shape {x.shape}" if x.ndim else f"is one number, {shown(x.item())}"
            raise ValueError(f"{name} {what}: pass an array of {self.ndim} dimension(s)")
        if self.alone and x.ndim > self.ndim:
            raise ValueError(f"{name} has shape {x.shape}: {self.alone}")
        return self._in_range(as_float(x), name)

    def _in_range(self, x, name):
        parts = (x.real, x.imag) if x.dtype.kind == "c" else (x,)
        extremes = [float(extreme) for part in parts for extreme in (part.min(), part.max())]
        if not all(map(math.isfinite, extremes)):
            bad = x.size - np.count_nonzero(np.isfinite(x))
            raise ValueError(
                f"{name} holds NaN or infinity in {bad} of {x.size} values: "
                "repair or cut them out first (np.nan_to_num makes them 0)"
            )
        lowest, highest = min(extremes), max(extremes)
        if not self.negative and lowest < 0:
            raise ValueError(
                f"{name} goes down to {lowest:.3g}, but can never be negative: "
                + self._cure_below_zero(x, name)
            )
        if max(-lowest, highest) > HEADROOM * np.finfo(x.dtype).max:
            single = np.finfo(x.dtype).bits <= 32
            raise ValueError(
                f"{name} reaches {max(-lowest, highest):.3g}, and sums of that are too large for "
                f"{x.dtype}: scale it down" + ", or pass float64" * single
            )
        self._doubt(x, name, lowest, highest)
        return x

    def _cure_below_zero(self, x, name):
        return f"pass numbers from 0 up; np.maximum({name}, 0) makes 0 of what is below"

    def _doubt(self, x, name, lowest, highest):
        """Warns where `x` hardly is what it was passed as."""


@dataclass(frozen=True)
class Sound(Array):
    """A waveform: full scale is 1.0, and along the last axis runs time."""

    ndim: int = 1
    real: str = "np.real"

    def __call__(self, y, name):
        """Returns the waveform as an array of floats."""
        y = plain(y, name)
        if y.dtype.kind in "iu" and y.ndim:
            raise TypeError(
                f"{name} has dtype {y.dtype}, but full scale is 1.0 here: read the file with "
                f"load_wav, or pass {name}.astype(float) divided by the full scale (32768 for "
                "16-bit samples)"
            )
        if y.ndim >= 2 and y.shape[-1] <= 32 < y.shape[-2]:
            raise ValueError(
                f"{name} has shape {y.shape}, which looks like channels side by side: pass "
                f"{name}.mean(axis=-1), or {name}.swapaxes(-1, -2) for a batch of channels"
            )
        return super().__call__(y, name)


@dataclass(frozen=True)
class Magnitude(Array):
    """What is never negative: a spectrum (rows, frames) of magnitudes or powers."""

    ndim: int = 2
    negative: bool = False

    def _cure_below_zero(self, x, name):
        return likely.below_zero(x, name)

    def _doubt(self, x, name, lowest, highest):
        warn(likely.no_magnitudes(x, name, lowest, highest))


@dataclass(frozen=True)
class Cepstrum(Array):
    """MFCCs (n_mfcc, frames): the first stands apart, the others swing about zero."""

    ndim: int = 2

    def _doubt(self, C, name, lowest, highest):
        warn(likely.no_cepstrum(C, one_sign=lowest >= 0 or highest <= 0))


@dataclass(frozen=True)
class Bank(Array):
    """Mel filters (bands, rows), about as high as 1."""

    ndim: int = 2
    negative: bool = False
    alone: str = "pass one bank (bands, rows)"
    shared: bool = True

    def __call__(self, x, name):
        """Returns the filters as an array of floats."""
        x = super().__call__(x, name)
        if not 1e-12 <= x.max() <= 1e12:
            raise ValueError(
                f"{name} peaks at {x.max():.3g}: take one of mel_filterbank, or scale it to about 1"
            )
        return x

    def _cure_below_zero(self, x, name):
        return "take the filter of mel_filterbank and of the way down, not its inverse"


@dataclass(frozen=True)
class Start(Array):
    """Phases in radians, or the name of a way to find them."""

    ndim: int = 2
    real: str = "np.angle"
    names: tuple = ("gradient", "random", "zero", "align")

    def __call__(self, init, name):
        """Returns the name, or the phases in -2 pi ... 2 pi."""
        if not isinstance(init, str):  # whole turns would cost float32 its digits
            return np.fmod(super().__call__(init, name), 2 * np.pi, dtype=float)
        if init not in self.names:
            names = ", ".join(f'"{known}"' for known in self.names)
            raise ValueError(f"{name}={shown(init)} is unknown: use {names} or phases in radians")
        return init


def plain(x, name):
    """Returns `x` as a plain array of whatever dtype."""
    masked = list(filter(np.ma.is_masked, x if isinstance(x, (list, tuple)) else [x]))
    if masked:
        raise ValueError(
            f"{name} hides {sum(map(np.ma.count_masked, masked))} of {np.size(x)} values behind a "
            f"mask: say what they are, as in {name}.filled(0)"
        )
    try:
        return np.asarray(x)
    except ValueError:  # numpy's words tell neither what was passed nor what to do
        raise ValueError(
            f"{name} is a {type(x).__name__} whose parts differ in shape: pass one array "
            "(load_wav returns two things: y, sr = load_wav(path))"
        ) from None


def as_float(x):
    """Returns `x` in single precision if it has no more, halves too, all else in double."""
    single = x.dtype.kind in "fc" and np.finfo(x.dtype).bits <= 32
    formats = (np.complex128, np.complex64) if x.dtype.kind == "c" else (np.float64, np.float32)
    with np.errstate(over="ignore"):  # long doubles may not fit
        return x.astype(formats[single], copy=False)


# ----------------------------------------------------------------------------------------
# Kinds of numbers and words
# ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Whole:
    """A whole number from `least` to `most`."""

    least: int = 1
    most: float = 2**31 - 1

    def __call__(self, value, name):
        """Returns `value` as an int."""
        try:
            number = operator.index("text" if isinstance(value, (bool, np.bool_)) else value)
        except TypeError:
            cure = "Python's / gives a float, use //" if isinstance(value, float) else "pass an int"
            raise TypeError(f"{name}={shown(value)} is not a whole number: {cure}") from None
        if not self.least <= number <= self.most:
            size, bound = "small", f"least {self.least}"
            if number > self.most:
                size, bound = "large", f"most {self.most}"
            raise ValueError(f"{name}={shown(number)} is too {size}: it must be at {bound}")
        return number


class Number:
    """A finite float for which every rule holds: a test, and what to say where it fails."""

    def __init__(self, *rules):
        self.rules = rules

    def __call__(self, value, name):
        """Returns `value` as a float."""
        number = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
        if isinstance(number, bool) or not isinstance(number, numbers.Real):
            cure = "call it first, as in S.max()" if callable(value) else "pass a single real one"
            raise TypeError(f"{name}={shown(value)} is not a number: {cure}")
        try:
            number = float(number)
        except OverflowError:  # an int may be larger than any float
            number = math.inf
        if not math.isfinite(number):
            raise ValueError(f"{name}={shown(value)} must be a finite number")
        for holds, words in self.rules:
            if not holds(number):
                raise ValueError(f"{name}={number:g}{words}")
        return number


def depth(value, name):
    """Returns a distance in dB; deeper than 100,000 dB no format reaches."""
    return min(Number((lambda x: x > 0, " dB must be above zero"))(value, name), 1e5)


def flag(value, name):
    """Returns True or False: any text would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={shown(value)} must be True or False")
    return bool(value)


def tracker(value, name):
    """Returns "pyin" or "swift"."""
    if not (isinstance(value, str) and value in ("pyin", "swift")):
        raise ValueError(f'{name}={shown(value)} is unknown: use "pyin" or "swift"')
    return value


def area_norm(value, name):
    """Returns "slaney" or None."""
    if not (value is None or isinstance(value, str) and value == "slaney"):
        cure = 'use "slaney" (equal area) or None (peak 1)'
        if isinstance(value, str) and value == "ortho":
            cure = f"it is that of the mel filters, {cure}; the DCT is orthonormal already"
        raise ValueError(f"{name}={shown(value)} is unknown: {cure}")
    return value


def anything(value, name):
    """Returns the value: its reader knows what it may be."""
    return value


def or_none(kind):
    """Returns a kind that takes None as well."""
    return lambda value, name: None if value is None else kind(value, name)


def shown(value):
    """Returns a few words for `value` in an error: one line, however large it is."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"<array of shape {value.shape}>"
    return " ".join(_short.repr(value).split())


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60

# ----------------------------------------------------------------------------------------
# The list
# ----------------------------------------------------------------------------------------

SOUND = Sound()  # (n,)
PITCH = Array(1, negative=False)  # (n_frames,)
MAGNITUDE = Magnitude()  # (rows, n_frames)
LEVELS = Array(2)  # the same, in dB
COUNT = Whole()
ABOVE_ZERO = Number((lambda x: x > 0, " must be above zero"))
HZ = (lambda x: x > 0, " Hz must be above zero")
TOO_LOW = " Hz is too low to be heard: pass Hz, as 7500 for 7.5 kHz"
AUDIBLE = Number(HZ, (lambda x: x >= 20, TOO_LOW))

NAMES = dict(
    # a sound and what becomes of it
    y=SOUND, reference=SOUND, candidate=SOUND, frames=LEVELS, f0=PITCH,
    D=Array(2, "cfiu"), S=MAGNITUDE, M=MAGNITUDE, S_db=LEVELS, C=Cepstrum(),
    estimate=MAGNITUDE, target=MAGNITUDE,
    hz=Array(0, negative=False), mel=Array(0, negative=False), mel_filter=Bank(), init=Start(),
    # the grid, in samples and frames; Grid reads the window and refuses hops that leave gaps
    n_fft=Whole(2, LONGEST_FRAME), frame_length=COUNT, hop_length=COUNT, win_length=Whole(2),
    window=anything, center=flag, length=COUNT, n_frames=COUNT, shorten_factor=COUNT,
    max_lag=Whole(0),
    # how many
    n_mels=COUNT, n_mfcc=COUNT, n_numbers=COUNT, order=Whole(1, 100), n_passes=Whole(1, 100),
    n_iter=Whole(0, 100_000),  # after some hundred, errors hardly fall any more
    seed=Whole(0, math.inf),
    # how much, in Hz, s, dB or without a unit
    sr=Number(  # recordings have 200 to 10 million samples per second
        HZ,
        (lambda x: x >= 200, " Hz is too low for sound: pass Hz, as 16000 for 16 kHz"),
        (lambda x: x <= 1e7, " Hz is too high for sound: pass Hz, as 16000 for 16 kHz"),
    ),
    fmin=Number((lambda x: x >= 0, " Hz must be at least zero")), fmax=AUDIBLE,
    lowcut=Number(HZ), highcut=AUDIBLE,
    duration=Number((lambda x: x > 0, " s must be above zero")),
    offset=Number((lambda x: x >= 0, " s must be at least zero")), channel=Whole(0),
    ref=ABOVE_ZERO, cents=ABOVE_ZERO, top_db=or_none(depth), tracker=tracker,
    floor_db=Number((lambda x: x < 0, " must lie below 0: decibels under the maximum")),
    power=Number(
        (lambda x: 0.1 <= x <= 10, " must lie in 0.1 ... 10: 1 sums magnitudes, 2 powers")
    ),
    momentum=Number((lambda x: 0 <= x <= 1, " would not settle: choose 0 ... 1")),
    gamma=Number((lambda x: 0 < x <= 1.3, " would not settle: choose up to 1.3, above 0")),
    # features of whatever recipe
    X=lambda x, name: likely.refuse_no_features(plain(x, name)),
    # words; load_wav, save_wav and load_features read the path
    htk=flag, norm=area_norm, path=anything, name=anything,
)  # fmt: skip

# ----------------------------------------------------------------------------------------
# Keywords from elsewhere: librosa, the gist, python_speech_features, scipy, torchaudio
# ----------------------------------------------------------------------------------------

_FILTERS_TAKE_IT = "pass it to mel_filterbank, which makes the mel_filter"
_LIFTER = (
    "MFCCs are not liftered here: use a Recipe(n_mfcc=..., lifter=...), which does it on the way "
    "down and undoes it on the way up"
)
_NOTHING_TO_CHOOSE = "call without it: stft gives complex spectra of 0 Hz ... sr / 2, unscaled"

# What to say of a keyword that a function does not take: in a tuple its names here, of which the
# function may take one, else the way to do it.
FOREIGN = {
    **dict.fromkeys("fft_size fftsize nfft nperseg".split(), ("n_fft", "frame_length")),
    **dict.fromkeys("window_size window_length frame_size".split(), ("frame_length", "n_fft")),
    **dict.fromkeys("step_size step window_step hop hop_size frame_step".split(), ("hop_length",)),
    "win_size": ("win_length",),
    **dict.fromkeys("fs samplerate sample_rate sampling_rate rate".split(), ("sr",)),
    **dict.fromkeys(
        "n_freq_components nfilt num_mels n_mel n_bands num_mel_bins".split(), ("n_mels",)
    ),
    **dict.fromkeys("start_freq lowfreq low_freq f_min".split(), ("fmin",)),
    **dict.fromkeys("end_freq highfreq high_freq f_max".split(), ("fmax",)),
    **dict.fromkeys("numcep num_ceps".split(), ("n_mfcc",)),
    **dict.fromkeys("mel_inversion_filter mel_basis".split(), ("mel_filter",)),
    **dict.fromkeys("random_state rng".split(), ("seed",)),
    **dict.fromkeys("fft_window winfunc".split(), ("window",)),
    "mel_norm": ("norm",),
    "mfcc": ("C",),
    "stft_matrix": ("D",),
    **dict.fromkeys(
        "thresh spec_thresh".split(),
        "use top_db = 20 * thresh, in pretty_spectrogram and invert_pretty_spectrogram",
    ),
    "noverlap": "pass hop_length, the n_fft without the overlap",
    **dict.fromkeys(
        "winlen winstep".split(),
        "pass samples, not seconds: n_fft = round(winlen * sr), hop_length = round(winstep * sr)",
    ),
    "center": "frames are centred here; of others make stft(y, center=False) and go on from there",
    "pad_mode": (
        "silence lies beyond the ends here. For more pass np.pad(y, n_fft // 2, mode=...) and "
        "center=False"
    ),
    "dtype": "the input's precision is kept: pass it .astype(np.float32), or float64",
    "mono": (
        "load_wav gives one channel. For all, use y, sr = soundfile.read(path), and y.T is a batch"
    ),
    "res_type": "use librosa.resample(y, orig_sr=..., target_sr=..., res_type=...) afterwards",
    **dict.fromkeys("lifter ceplifter".split(), _LIFTER),
    "dct_type": (
        "it is always 2, orthonormal: use a Recipe(n_mfcc=..., dct_type=...) for others, both ways"
    ),
    "amin": (
        "the floor is 1e-5 (powers 1e-10): pass np.maximum(S, amin) for a higher one, or take a "
        "Recipe(floor=...)"
    ),
    **dict.fromkeys("return_complex onesided compute_onesided real".split(), _NOTHING_TO_CHOOSE),
    "normalized": _NOTHING_TO_CHOOSE,
    "mean_normalize": "call without it, or pass y - y.mean()",
    "log": "use pretty_spectrogram for decibels, np.abs(stft(y)) for magnitudes",
    "calculate_offset": 'use griffin_lim(S, init="align")',
    "set_zero_phase": 'use griffin_lim(S, init="zero")',
    "verbose": "use griffin_lim_steps: it yields every iteration with its error",
    **dict.fromkeys(
        "preemph preemphasis".split(),
        "pass scipy.signal.lfilter([1, -0.97], 1, y), or take a Recipe(preemphasis=0.97)",
    ),
    # what has its meaning here, but not for every function
    "n_fft": ("frame_length", "call without it, rows tell it; mel_filterbank(sr, n_fft) needs it"),
    "frame_length": ("n_fft",),
    "sr": "call without it, nothing here is in Hz; mel_filterbank(sr, n_fft) needs it",
    "hop_length": "pass it where sound and spectrum meet: stft, istft, griffin_lim, mel_to_audio",
    **dict.fromkeys("n_mels fmin fmax htk".split(), _FILTERS_TAKE_IT),
    "norm": f"the DCT is orthonormal without it; for mel filters, {_FILTERS_TAKE_IT}",
    "power": "MFCCs are of powers: for others use mel_to_mfcc(make_mel(S, mel_filter, power=...))",
    "ref": "levels are absolute: pass S / ref on the way down, and make up for it on the way up",
    "y": "pass magnitudes: np.abs(stft(y))",
    "S": "pass magnitudes to make_mel, and to mel_to_mfcc a mel spectrum of powers, not decibels",
}


def answer(keyword, parameters):
    """Returns what to do about a `keyword` that is none of a function's `parameters`."""
    every = ", ".join(parameters)
    usual = f"use {every}" if len(every) < 200 else "its help lists those that it has"
    here = FOREIGN.get(keyword, usual)
    if isinstance(here, tuple):
        *names, last = here if " " in here[-1] else (*here, "")
        taken = [name for name in names if name in parameters]
        return f"use {taken[0]}" if taken else last or answer(names[0], parameters)
    return here


# Functions from there, and what does their work here.
FUNCTIONS_ELSEWHERE = {
    "load": "use y, sr = load_wav(path); librosa.resample(y, orig_sr=sr, target_sr=...) for a rate",
    "griffinlim": "use griffin_lim(S)",
    "melspectrogram": "use make_mel(np.abs(stft(y)), mel_filterbank(sr, 2048), power=2)",
    "mel_spectrogram": "use make_mel(np.abs(stft(y)), mel_filterbank(sr, 2048), power=2)",
    "mel": "use mel_filterbank(sr, n_fft)",
    "melscale_fbanks": "use mel_filterbank(sr, n_fft, htk=True, norm=None)",
    "mel_to_stft": "use mel_to_spectrogram(M, mel_filter, power=2)",
    "feature": "call its functions directly: make_mel, mfcc, mel_to_audio, mfcc_to_audio",
    "magphase": "use S, phase = np.abs(D), np.angle(D)",
    "spectrogram": "use np.abs(stft(y)), and ** 2 for powers",
    "pyin": "use pitch(y, sr)",
    "yin": "use pitch(y, sr)",
    "resample": "use librosa.resample(y, orig_sr=..., target_sr=...)",
    "write": "use save_wav(path, y, sr)",
    "save": "use save_wav(path, y, sr)",
}


def no_such_name(name):
    """Refuses a name that audiotools has not, and says what to use if others have it."""
    here = FUNCTIONS_ELSEWHERE.get(name)
    cure = f": {here}" if here else ""
    raise AttributeError(f"module 'audiotools' has no attribute {name!r}{cure}")


# ----------------------------------------------------------------------------------------
# The decorators
# ----------------------------------------------------------------------------------------


def checked(function=None, /, **narrower):
    """Returns `function` with every argument checked by its name."""
    if function is None:
        return functools.partial(checked, **narrower)
    _, clean = _reader(function, narrower)

    @functools.wraps(function)
    def check_and_run(*args, **kwargs):
        return function(**clean(args, kwargs))

    return check_and_run


def each(function=None, /, **narrower):
    """Returns a `checked` function that runs on every item of a batch and stacks the results."""
    if function is None:
        return functools.partial(each, **narrower)
    kinds, clean = _reader(function, narrower)
    ndims = {n: k.ndim for n, k in kinds.items() if isinstance(k, Array) and not k.shared}

    @functools.wraps(function)
    def run_on_each(*args, **kwargs):
        given = clean(args, kwargs)
        arrays = {n: given[n] for n in ndims if isinstance(given.get(n), np.ndarray)}
        batch = _common_batch(arrays, ndims)
        if not batch:
            return function(**given)
        flat = [a.reshape(-1, *a.shape[len(batch) :]) for a in arrays.values()]
        results = []
        for items in zip(*flat):  # in a comprehension, a warning would not name the caller's line
            results.append(function(**given | dict(zip(arrays, items))))
        results = np.stack(results)
        return results.reshape(batch + results.shape[1:])

    return run_on_each


def _common_batch(arrays, ndims):
    """Returns the dimensions that all these arrays have before those of an item."""
    batches = {a.shape[: a.ndim - ndims[name]] for name, a in arrays.items()}
    if len(batches) > 1:
        shapes = " and ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise ValueError(f"the batches do not match: {shapes}; pass as many of each")
    return batches.pop()


def _reader(function, narrower):
    """Returns the kinds of a function's arguments, and what makes clean ones of a call."""
    parameters = inspect.signature(function).parameters
    kinds = {name: (NAMES | narrower)[name] for name in parameters}
    optional = {name for name, p in parameters.items() if p.default is None}
    bind = inspect.signature(function).bind

    def clean(args, kwargs):
        try:
            given = bind(*args, **kwargs).arguments
        except TypeError as error:
            _refuse_unknown(function.__name__, kwargs, parameters)
            words = str(error)
            if "too many positional" in words:
                words += f": pass options by keyword, {', '.join(parameters)}"
            raise TypeError(f"{function.__name__}() {words}") from None
        return {
            name: value if value is None and name in optional else kinds[name](value, name)
            for name, value in given.items()
        }

    return kinds, clean


def _refuse_unknown(called, kwargs, parameters):
    """Refuses the first keyword that is none of these, and says what to use."""
    for keyword in kwargs:
        if keyword not in parameters:
            cure = answer(keyword, parameters)
            words = f"{called}() got an unexpected keyword argument {keyword!r}: {cure}"
            raise TypeError(words) from None


def known_fields(cls):
    """Decorates a dataclass: it answers keywords of other libraries as `checked` functions do."""
    make, parameters = cls.__init__, inspect.signature(cls).parameters

    @functools.wraps(make)
    def make_if_known(self, *args, **kwargs):
        _refuse_unknown(cls.__name__, kwargs, parameters)
        make(self, *args, **kwargs)

    cls.__init__ = make_if_known
    return cls


# ----------------------------------------------------------------------------------------
# What several functions must find out for themselves
# ----------------------------------------------------------------------------------------


def warn(words):
    """Warns with these `words`, if there are any, and names the line of who called the house."""
    if not words:
        return
    depth, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _HOUSE:
        depth, frame = depth + 1, frame.f_back
    warnings.warn(words, stacklevel=depth)


_HOUSE = ("audiotools", __name__.partition(".")[0])


def affordable(shape, dtype, what, cure, *, copies=1):
    """Refuses a result that would need too much memory, with `copies` as large made on the way.

    Asked for it, a computer may stop answering, or end Python without a word.
    """
    size = copies * math.prod(shape) * np.dtype(dtype).itemsize
    if size > MOST_BYTES:
        raise ValueError(
            f"{what} of shape {tuple(shape)} would need {size / 1e9:,.0f} GB of memory: {cure}"
        )


def in_format(result, name):
    """Returns `result`, unless numbers grew beyond what its format can hold."""
    if not np.all(np.isfinite(result)):
        single = ", or pass float64" * (np.finfo(result.dtype).bits <= 32)
        raise ValueError(f"{name} is too large for {result.dtype}: scale it down{single}")
    return result


def below_nyquist(value, name, sr):
    """Returns the frequency `value` in Hz if sound sampled at `sr` can hold it."""
    if value > sr / 2:
        raise ValueError(
            f"{name}={value:g} Hz is above the Nyquist frequency {sr / 2:g} Hz of sr={sr:g}: "
            f"choose {name} up to {sr / 2:g} Hz, or a recording with a higher rate"
        )
    return value
