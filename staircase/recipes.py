"""A recipe says what a feature is, whoever made it: down to it, and up from it. Notebook 11.

Every house writes its mel spectra and MFCCs another way: natural logarithms or decibels, Slaney's
mel or HTK's, frames in rows, a lifter left in. A `Recipe` names each choice once, in the order of
the staircase. ``RECIPES`` has those of well-known tools, and each equals its tool at its defaults
(of Kaldi without dither, which is noise; of HTK what Kaldi makes for it)::

    X = at.RECIPES["kaldi_mfcc"].down(y)                          # as Kaldi computes it
    y_hat = at.RECIPES["kaldi_mfcc"].up(X, length=len(y))         # and back
    mine = dataclasses.replace(at.RECIPES["kaldi_mfcc"], n_mfcc=20, n_mels=40)

Which recipe an array may be of, `guess_recipe` tells.
"""

import dataclasses
import functools

import numpy as np
import scipy  # its parts load when they are named

from . import likely
from .arguments import (
    ABOVE_ZERO,
    NAMES,
    Number,
    Sound,
    Whole,
    as_float,
    flag,
    known_fields,
    or_none,
    shown,
    warn,
)
from .decibels import floored
from .frames import Grid, as_window, frame, stft
from .mel import (
    band_edges,
    best_start,
    highest,
    hz_to_mel,
    mel_to_audio,
    mel_to_spectrogram,
    triangles,
)

_ONE_SOUND = Sound(alone="pass a single waveform (n,)")
_MAY_BE_NONE = "win_length fmax norm log top_db n_mfcc energy".split()
_WINDOWS = ("hann", "hamming", "boxcar", "povey")
_TOO_LOUD = 26.0  # dB over full scale: no sound that was read from a file peaks so
_LOUDEST = 100.0  # dB: what bands of a sound of full scale 1.0 never reach


def _one_of(*words):
    """Returns a kind that takes these words."""

    def kind(value, name):
        if not any(value is word or value == word for word in words):
            raise ValueError(f"{name}={shown(value)} is unknown: use {', '.join(map(repr, words))}")
        return value

    return kind


def _named(window, name):
    """Returns the name of a window: text, or a tuple of scipy's."""
    if not isinstance(window, (str, tuple, list)):
        raise TypeError(f"{name}={shown(window)}: name it, as 'hann' or ('kaiser', 8.0)")
    return tuple(window) if isinstance(window, list) else window  # JSON has no tuples


_NUMBER, _NOT_NEGATIVE = Number(), Number((lambda x: x >= 0, " must be at least zero"))
_FIELDS = {name: or_none(kind) for name, kind in NAMES.items()} | dict(
    gain=ABOVE_ZERO, preemphasis=Number((lambda x: 0 <= x < 1, " must lie in 0 ... 1, below 1")),
    window=_named, pad=Whole(0), pad_mode=_one_of("constant", "reflect"),
    tail=_one_of("cut", "pad", "drop"), corners=_one_of("exact", "mel", "bins"),
    faint=_NOT_NEGATIVE, log=_one_of("ln", "log10", "dB", None), floor=_NOT_NEGATIVE,
    scale=Number((lambda x: x != 0, " must not be zero")), shift=_NUMBER, dct_type=Whole(1, 3),
    dct_norm=_one_of("ortho", "htk"), lifter=_NOT_NEGATIVE, lifter_from=Whole(0, 1),
    energy=_one_of(None, "raw", "spectrum"),
    **dict.fromkeys("per_frame periodic floor_added first_last in_rows".split(), flag),
)  # fmt: skip


@known_fields
@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a feature is: every choice on the way down, which the way up must know.

    Parameters
    ----------
    sr : number
        Samples per second of the sound.
    gain : float
        What samples of full scale 1.0 are multiplied by: 32768 for tools that read 16-bit numbers.
    preemphasis : float
        a of ``y[n] - a * y[n - 1]``; 0 is none.
    per_frame : bool
        Each frame first loses its mean, and has a pre-emphasis of its own (Kaldi, HTK).
    n_fft, win_length, hop_length, window
        The grid, as in `stft`; a window by its name only, also "povey", Kaldi's.
    periodic : bool
        False: the window is symmetric, its last sample equal to its first.
    center : bool
        Frames are centred on ``t * hop_length``; False: they begin there, less `pad`.
    pad : int
        If not centred, samples put before and after the sound.
    pad_mode : "constant" or "reflect"
        What lies beyond the ends: silence, or the sound mirrored.
    tail : "cut", "pad" or "drop"
        Of the last frame, if it is not full: leave it out, or fill it with silence; "drop" leaves
        the last full one out as well (Whisper).
    n_mels, fmin, fmax, htk, norm
        The filters, as in `mel_filterbank`, but that bands may hear nothing.
    corners : "exact", "mel" or "bins"
        Triangles are straight in Hz; "mel": straight in mel (Kaldi, tf.signal); "bins": in Hz,
        with corners moved down to bins of ``n_fft + 1`` (python_speech_features).
    power : float
        What is summed: ``S ** power``.
    faint : float
        Added to the squared magnitudes before anything is summed (HiFi-GAN).
    log : "ln", "log10", "dB" or None
        Of the bands. Decibels are 10 log10 of powers, 20 log10 of magnitudes.
    floor : float
        What bands, and energies, are at least before the logarithm.
    floor_added : bool
        True: it is added to them instead.
    top_db : float or None
        A floor below the loudest cell, in dB.
    scale, shift : float
        The levels are multiplied by the one, then the other is added (Whisper).
    n_mfcc : int or None
        Cepstral coefficients to keep; None keeps the bands themselves.
    dct_type : int
        1, 2 or 3: which cosine transform.
    dct_norm : "ortho" or "htk"
        "htk": sqrt(2 / n_mels) for every row, where "ortho" has sqrt(1 / n_mels) for the first.
    lifter : float
        Q of ``1 + Q / 2 * sin(pi * k / Q)``, by which coefficient k is multiplied; 0 is none.
    lifter_from : 0 or 1
        From where k counts: 1 in librosa.
    energy : None, "raw" or "spectrum"
        What stands in place of coefficient 0: the logarithm of a frame's energy, before
        pre-emphasis and window (Kaldi), or summed over the spectrum (python_speech_features).
    first_last : bool
        Coefficient 0, or the energy, comes last (HTK).
    in_rows : bool
        Frames lie in rows: (n_frames, n_features).

    Raises
    ------
    TypeError, ValueError
        Values that do not go together, as soon as the recipe is written down.

    See Also
    --------
    guess_recipe : which recipe an array may be of. Notebook 11, "What a recipe says".

    Examples
    --------
    >>> import audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> recipe = at.RECIPES["whisper"]
    >>> X = recipe.down(y)
    >>> X.shape, recipe.up(X, length=len(y)).shape == y.shape
    ((80, 423), True)
    """

    sr: float = 16000
    gain: float = 1.0
    preemphasis: float = 0.0
    per_frame: bool = False
    n_fft: int = 1024
    win_length: int | None = None
    hop_length: int = 256
    window: str = "hann"
    periodic: bool = True
    center: bool = True
    pad: int = 0
    pad_mode: str = "constant"
    tail: str = "cut"
    n_mels: int = 80
    fmin: float = 0.0
    fmax: float | None = None
    htk: bool = False
    norm: str | None = "slaney"
    corners: str = "exact"
    power: float = 2.0
    faint: float = 0.0
    log: str | None = "dB"
    floor: float = 1e-10
    floor_added: bool = False
    top_db: float | None = 80.0
    scale: float = 1.0
    shift: float = 0.0
    n_mfcc: int | None = None
    dct_type: int = 2
    dct_norm: str = "ortho"
    lifter: float = 0.0
    lifter_from: int = 0
    energy: str | None = None
    first_last: bool = False
    in_rows: bool = False

    def __post_init__(self):
        """Refuses what does not go together, before anything is computed."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.name not in _MAY_BE_NONE:
                raise TypeError(f"{field.name}=None: pass a value, {field.default!r} is usual")
            value = _FIELDS[field.name](value, field.name)
            if isinstance(value, float) and isinstance(field.default, int) and value == int(value):
                value = int(value)  # a rate is read more easily so
            object.__setattr__(self, field.name, value)  # Python's own numbers, as JSON wants
        self._refuse_contradictions()
        Grid.of(
            self.n_fft, self.hop_length, self.win_length, np.ones(self.win_length or self.n_fft)
        )
        if self.window not in _WINDOWS:  # their names need not be tried: scipy.signal takes long
            self._window()
        if not self.filters().any():
            raise ValueError(f"none of n_mels={self.n_mels} filters hears a bin: longer frames do")

    def _refuse_contradictions(self):
        """Refuses fields that do not go together."""
        if self.n_mfcc is None and (self.lifter or self.energy or self.first_last):
            raise ValueError("lifter, energy and first_last are of MFCCs: pass n_mfcc as well")
        if self.n_mfcc is not None and (self.n_mfcc > self.n_mels or self.log is None):
            raise ValueError(
                f"n_mfcc={self.n_mfcc} needs as many bands, and their logarithm: here are "
                f"n_mels={self.n_mels} and log={self.log!r}"
            )
        if self.log and not self.floor:
            raise ValueError(f"floor=0 leaves log={self.log!r} minus infinity of silence: name one")
        if self.center and self.pad:
            raise ValueError(f"pad={self.pad} is for frames that are not centred: center=False")
        if self.center and self.tail == "pad":
            raise ValueError('tail="pad" is for frames that are not centred: center=False')
        if self.n_mfcc and np.abs(self._weights()).min() < 1e-6:
            raise ValueError(
                f"lifter={self.lifter:g} makes one of {self.n_mfcc} coefficients 0, and nothing "
                "brings it back: one above n_mfcc does not"
            )

    def __repr__(self):
        """Returns what differs from a recipe of which nothing is said."""
        fields = [(f.name, getattr(self, f.name), f.default) for f in dataclasses.fields(self)]
        said = [f"{name}={value!r}" for name, value, default in fields if value != default]
        return f"Recipe({', '.join(said)})"

    @property
    def n_features(self):
        """Numbers per frame."""
        return self.n_mels if self.n_mfcc is None else self.n_mfcc

    @property
    def numbers_per_second(self):
        """Numbers per second of sound."""
        return self.n_features * self.sr / self.hop_length

    # --- down ---------------------------------------------------------------------------

    def down(self, y):
        """Returns the features of a sound, as the tool gives them.

        Parameters
        ----------
        y : ndarray (n,)
            Waveform at the recipe's `sr`, full scale 1.0 whatever the tool reads.

        Returns
        -------
        ndarray (n_features, n_frames), or (n_frames, n_features) if `in_rows`
        """
        y = _ONE_SOUND(y, "y")
        y = self.gain * y
        n = len(y) + 2 * self._around - self.hop_length * (self.tail == "drop")
        if n < self.n_fft and self.tail != "pad":
            raise ValueError(
                f"y has {len(y)} samples, too few for a frame of this recipe: {self.n_fft - n} more"
            )
        S = self._magnitudes(y)
        M = self.filters().astype(S.dtype) @ S**self.power
        X = M if self.log is None else self._levels(M)
        X = X if self.n_mfcc is None else self._cepstrum(X, self._energy(y, S))
        return (X.T if self.in_rows else X).astype(y.dtype)

    def _magnitudes(self, y):
        """Returns the magnitudes of a sound (1 + n_fft//2, n_frames)."""
        if self.per_frame:
            frames = self._frames(y)
            frames = frames - self.preemphasis * np.concatenate([frames[:1], frames[:-1]])
            window = self._window().astype(y.dtype)[:, None]
            S = np.abs(scipy.fft.rfft(frames * window, n=self.n_fft, axis=0))
        else:
            y = np.concatenate([y[:1], y[1:] - self.preemphasis * y[:-1]])
            S = np.abs(stft(self._padded(y), center=False, **self._grid()))
        S = np.sqrt(S**2 + self.faint) if self.faint else S
        return S[:, :-1] if self.tail == "drop" else S

    def _frames(self, y):
        """Returns what windows cover of a sound (win_length, n_frames), less their means if so."""
        frames = frame(self._padded(y), self.n_fft, self.hop_length)[self._under_window]
        return frames - frames.mean(axis=0) if self.per_frame else frames

    def _energy(self, y, S):
        """Returns what stands in place of coefficient 0, before its logarithm (n_frames,)."""
        if self.energy == "raw":
            return np.sum(self._frames(y)[:, : S.shape[1]] ** 2, axis=0)
        return np.sum(S**2, axis=0) if self.energy == "spectrum" else None

    def _padded(self, y):
        """Returns a sound with what lies beyond its ends."""
        y = np.pad(y, self._around, mode=self.pad_mode)
        lacking = self.n_fft - len(y)  # below zero: of the frame after all full ones
        lacking = max(lacking, lacking % self.hop_length)
        return np.pad(y, (0, lacking)) if self.tail == "pad" else y

    @property
    def _around(self):
        """The samples put before and after the sound."""
        return self.n_fft // 2 if self.center else self.pad

    @property
    def _under_window(self):
        """The samples of a frame that its window covers."""
        length = self.win_length or self.n_fft
        return slice((self.n_fft - length) // 2, (self.n_fft - length) // 2 + length)

    def _window(self):
        """Returns the window (win_length,)."""
        name, length = self.window, self.win_length or self.n_fft
        bell = as_window("hann" if name == "povey" else name, length, self.periodic)
        return bell**0.85 if name == "povey" else bell

    def _grid(self):
        """Returns the keywords of `stft`, `center` left out."""
        grid = dict(n_fft=self.n_fft, win_length=self.win_length, hop_length=self.hop_length)
        return grid | dict(window=self._window())

    def filters(self):
        """Returns the mel filters (n_mels, 1 + n_fft//2); some may hear nothing."""
        spectrum, bands = (self.sr, self.n_fft), (self.n_mels, self.fmin, self.fmax)
        return _filters(*spectrum, *bands, self.htk, self.norm, self.corners)

    def _levels(self, M):
        """Returns the logarithm of bands, with its floors, scaled and shifted."""
        M = M + M.dtype.type(self.floor) if self.floor_added else np.maximum(M, self.floor)
        return self.scale * floored(self._per_decade * np.log10(M), self._top) + self.shift

    def floor_of_levels(self):
        """Returns the lowest number that a band may have."""
        return self.scale * self._per_decade * np.log10(self.floor) + self.shift

    def range_of_levels(self):
        """Returns how far the numbers of bands may lie apart, infinity if no `top_db` says."""
        return np.inf if self.top_db is None else self.scale * self._top

    @property
    def _top(self):
        """The `top_db` in the unit of the logarithm."""
        return None if self.top_db is None else self.top_db * self._per_decade * self.power / 20

    @property
    def _per_decade(self):
        """By how much the logarithm of the bands grows where they grow tenfold."""
        return {"ln": np.log(10), "log10": 1.0, "dB": 20 / self.power}[self.log]

    def _cepstrum(self, L, energy):
        """Returns the coefficients of levels."""
        C = scipy.fft.dct(L, type=self.dct_type, norm="ortho", axis=0)[: self.n_mfcc]
        C *= self._weights()
        if self.energy:
            C[0] = self._per_decade * np.log10(np.maximum(energy, self.floor))
        return np.roll(C, -1, axis=0) if self.first_last else C

    def _weights(self):
        """Returns what the coefficients of an orthonormal transform are multiplied by (n, 1)."""
        k = np.arange(self.n_mfcc) + self.lifter_from
        weights = 1 + self.lifter / 2 * np.sin(np.pi * k / (self.lifter or 1))
        weights[0] *= np.sqrt(2) if self.dct_norm == "htk" else 1
        return weights[:, None]

    # --- up -----------------------------------------------------------------------------

    def up(self, X, *, length=None, n_iter=8, init="auto", seed=0):
        """Returns a sound with these features: also those that a model has made up.

        Parameters
        ----------
        X : ndarray, shaped as from `down`
            Features of this recipe, unscaled: a scaler's work undone.
        length : int, optional
            Samples to return: ``len(y)`` of the way down.
        n_iter, init, seed
            As in `mel_to_audio`; "auto" counts the numbers of a frame.

        Returns
        -------
        ndarray (length,)
            Full scale is 1.0, whatever the tool reads.

        Raises
        ------
        ValueError
            `X` has another shape, or looks like features of another recipe, standardised or
            scaled: with the likely cause and its cure.
        """
        M = self.to_mel(X)
        length, made = self._lengths(length, M.shape[1])
        M = np.pad(M, [(0, 0), (0, int(self.tail == "drop"))], mode="edge")
        init = best_start(init, self.n_features, self.n_fft)
        options = dict(power=self.power, n_iter=n_iter, init=init, seed=seed, center=self.center)
        y = mel_to_audio(M, self.filters(), length=made, **options, **self._grid())
        y = scipy.signal.lfilter([1], [1, -self.preemphasis], y[self.pad :][:length])
        warn(self._too_loud(np.abs(y).max()))
        return y.astype(M.dtype)

    def _too_loud(self, peak):
        """Returns what to say of a sound far over full scale."""
        loudest = 20 * np.log10(max(peak, 1e-9))
        if loudest < _TOO_LOUD:
            return ""
        cure = self._sixteen_bits(loudest, _TOO_LOUD) or "hear other recipes of guess_recipe(X)"
        return f"the sound peaks {loudest:.0f} dB over full scale: {cure.removesuffix('; ')}"

    def _lengths(self, length, n_frames):
        """Returns the samples to return, and those to make of the sound with what is around it."""
        length = or_none(NAMES["length"])(length, "length")
        around = self.n_fft % 2 if self.center else self.n_fft - 2 * self.pad
        shortest = self.hop_length * (n_frames - (self.tail != "drop")) + around
        shortest -= (self.hop_length - 1) * (self.tail == "pad")  # of the last frame one is enough
        longest = shortest + self.hop_length - 1
        shortest = 1 if self.tail == "pad" and n_frames == 1 else shortest
        if length is not None and not shortest <= length <= longest:
            raise ValueError(
                f"length={length} does not make {n_frames} frames: with this recipe it must lie in "
                f"{max(1, shortest)} ... {longest}"
            )
        full = longest if self.tail == "pad" else shortest
        made = full if length is None or self.tail == "pad" else length
        return (full if length is None else length), (made + 2 * self.pad or None)

    def to_mel(self, X):
        """Returns the mel spectrum (n_mels, n_frames) that features `X` draw, at full scale 1.0.

        It is that of the sound with its pre-emphasis, summed as `power` says; see `up`.
        """
        X = _checked_features(X, self)
        dtype = X.dtype
        X = X.T if self.in_rows else X
        energy = None
        if self.n_mfcc is not None:
            X = np.roll(X, 1, axis=0) if self.first_last else X
            C = X / self._weights()
            if self.energy:
                self._refuse_deafening(X[0], X, 2.0, _LOUDEST + 30)  # sums of all rows
                energy, C[0] = 10 ** (X[0].astype(float) / self._per_decade), 0
        L = X if self.n_mfcc is None else self._curve(C)
        if self.log is not None:
            L = (L.astype(float) - self.shift) / self.scale
            # Beside an energy they tell the shape alone, which may lie anywhere.
            self._refuse_deafening(L, X, self.power, 3 * _LOUDEST if self.energy else _LOUDEST)
        M = L if self.log is None else self._bands(L)
        M = M if energy is None else M * self._lacking(M, energy)
        return (M / self.gain**self.power).astype(dtype)

    def _curve(self, C):
        """Returns the levels that coefficients draw; bands that hear nothing lie on the floor."""
        transform = dict(type=self.dct_type, norm="ortho", axis=0)
        L = scipy.fft.idct(C, n=self.n_mels, **transform)
        heard = self.filters().any(axis=1)
        if heard.all():
            return L
        lowest = self._per_decade * np.log10(self.floor)
        if self.top_db is not None:
            lowest = max(lowest, L[heard].max() - self._top)
        cosines = scipy.fft.dct(np.eye(self.n_mels), **transform)[: self.n_mfcc]
        C = C - lowest * cosines[:, ~heard].sum(axis=1, keepdims=True)
        L[heard] = np.linalg.lstsq(cosines[:, heard], C, rcond=None)[0]  # the shortest of many
        L[~heard] = lowest
        return L

    def _bands(self, L):
        """Returns bands from their logarithms."""
        M = 10 ** (L / self._per_decade)
        return np.maximum(M - self.floor, 0) if self.floor_added else M

    def _refuse_deafening(self, L, X, power, most):
        """Refuses features `X` whose logarithms `L` (of S ** power) lie over `most` dB."""
        loudest = L.max() / self._per_decade * 20 / power - 20 * np.log10(self.gain)
        if loudest > most:
            raise ValueError(
                f"X reaches {X.max():.3g}, by this recipe {loudest:.0f} dB over full scale, and no "
                f"sound is so loud: {self._sixteen_bits(loudest, most)}guess_recipe(X) tells what "
                "it may be"
            )

    def _sixteen_bits(self, loudest, most):
        """Returns the cure for features of 16-bit numbers, where those explain how loud it is."""
        explained = self.gain < 1024 and -40 < loudest - 20 * np.log10(32768) < most
        return f"of 16-bit samples take gain={32768 * self.gain:.6g}; " if explained else ""

    def _lacking(self, M, energy):
        """Returns by what the bands of each frame must be multiplied to have this energy."""
        P = mel_to_spectrogram(M, self.filters(), power=self.power) ** 2
        if self.energy == "raw":  # before pre-emphasis and window, and over all n_fft bins
            turn = np.exp(-2j * np.pi * np.arange(len(P)) / self.n_fft)
            P /= np.maximum(np.abs(1 - self.preemphasis * turn) ** 2, 1e-9)[:, None]
            P *= 2 / self.n_fft / np.mean(self._window() ** 2)
        found = P.sum(axis=0)
        lacking = np.divide(energy, found, out=np.zeros_like(found), where=found > 0)
        return lacking ** (self.power / 2)


@functools.lru_cache(maxsize=64)  # a guess tries some fifty
def _filters(sr, n_fft, n_mels, fmin, fmax, htk, norm, corners):
    """Returns mel filters (n_mels, rows), of which some may hear nothing."""
    if n_mels > n_fft:
        raise ValueError(
            f"n_mels={shown(n_mels)} are more bands than n_fft={n_fft} has bins to hear"
        )
    edges = band_edges(n_mels, fmin, highest(fmin, fmax, sr), htk)
    along, bins = edges, np.fft.rfftfreq(n_fft, 1 / sr)
    if corners == "mel":
        along, bins = hz_to_mel(edges, htk=htk), hz_to_mel(bins, htk=htk)
    elif corners == "bins":
        along, bins = np.floor((n_fft + 1) * edges / sr), np.arange(len(bins))
    low, centre, high = (along[i : i + n_mels, None] for i in range(3))
    weights = triangles(along[:, None], bins)
    # Where two corners fall on one bin, a triangle has a wall there.
    weights = np.where(np.isnan(weights), (low == centre) & (centre < high), weights)
    if norm == "slaney":
        weights = weights * (2 / (edges[2:] - edges[:-2]))[:, None]
    weights.setflags(write=False)  # it is kept, and handed to whoever asks
    return weights


# ----------------------------------------------------------------------------------------
# What is passed as features
# ----------------------------------------------------------------------------------------


def _checked_features(X, recipe):
    """Returns `X` as floats (2-d), if they may be features of this recipe."""
    X = NAMES["X"](X, "X")
    rows = X.shape[::-1] if recipe.in_rows else X.shape
    if rows[0] != recipe.n_features:
        raise ValueError(_other_shape(X.shape, rows, recipe))
    doubt = likely.scaled_features(X, linear=recipe.log is None)
    if doubt:
        raise ValueError(doubt)
    return as_float(X)


def _other_shape(shape, rows, recipe):
    """Returns what to say of features with more or fewer numbers a frame than the recipe's."""
    where = "rows" if recipe.in_rows else "columns"
    says = f"X has shape {shape}, and this recipe {recipe.n_features} numbers a frame, frames in "
    if rows[1] == recipe.n_features:
        return f"{says}{where}: pass X.T"
    n, turn = rows[0], ""
    if rows[0] not in likely.BAND_COUNTS and rows[1] in likely.BAND_COUNTS:
        n, turn = rows[1], "pass X.T, and "
    change = f"n_mels={n}" if recipe.n_mfcc is None else f"n_mfcc={n}"
    change += f", n_mels={n}" if recipe.n_mfcc and n > recipe.n_mels else ""
    return (
        f"{says}{where}: if {n} are right, {turn}take dataclasses.replace(recipe, {change}); "
        "guess_recipe(X) tells what else it may be"
    )


# ----------------------------------------------------------------------------------------
# The zoo
# ----------------------------------------------------------------------------------------

_librosa = dict(sr=22050, n_fft=2048, hop_length=512, n_mels=128)
_tacotron = dict(sr=22050, fmax=8000.0, power=1.0, log="ln", floor=1e-5, top_db=None)
_kaldi = dict(
    gain=32768.0, preemphasis=0.97, per_frame=True,
    n_fft=512, win_length=400, hop_length=160, center=False, pad=56,
    fmin=20.0, htk=True, norm=None, corners="mel",
    log="ln", floor=2.0**-23, top_db=None,
)  # fmt: skip
_cepstral = dict(n_mels=23, n_mfcc=13, lifter=22.0)
_torchaudio = dict(n_fft=400, hop_length=200, pad_mode="reflect", n_mels=128, htk=True, norm=None)


class _Recipes(dict):
    """Recipes by their names; one that is not there is answered with those that are."""

    def __missing__(self, name):
        raise KeyError(f"no recipe is called {name!r}; there are {', '.join(self)}")


RECIPES = _Recipes({
    "librosa_mel": Recipe(**_librosa),  # power_to_db(feature.melspectrogram(y))
    "librosa_mfcc": Recipe(**_librosa, n_mfcc=20),
    "tacotron2": Recipe(**_tacotron, pad_mode="reflect"),
    "hifigan": Recipe(**_tacotron, center=False, pad=384, pad_mode="reflect", faint=1e-9),
    "whisper": Recipe(
        n_fft=400, hop_length=160, pad_mode="reflect", tail="drop", log="log10",
        scale=0.25, shift=1.0,
    ),
    "parallel_wavegan": Recipe(  # and ESPnet's, for LJSpeech
        sr=22050, pad_mode="reflect", fmin=80.0, fmax=7600.0, power=1.0,
        log="log10", top_db=None, in_rows=True,
    ),
    "kaldi_fbank": Recipe(**_kaldi, window="povey", periodic=False, n_mels=80, in_rows=True),
    "kaldi_mfcc": Recipe(
        **_kaldi, **_cepstral, window="povey", periodic=False, energy="raw", in_rows=True
    ),
    "htk_mfcc": Recipe(  # MFCC_0 with USEPOWER = T, as Kaldi's --htk-compat
        **_kaldi, **_cepstral, window="hamming", periodic=False,
        dct_norm="htk", first_last=True, in_rows=True,
    ),
    "python_speech_features": Recipe(
        gain=512**-0.5, preemphasis=0.97, window="boxcar",
        n_fft=512, win_length=400, hop_length=160, center=False, pad=56, tail="pad",
        n_mels=26, htk=True, norm=None, corners="bins",
        log="ln", floor=2.0**-52, top_db=None,
        n_mfcc=13, lifter=22.0, energy="spectrum", in_rows=True,
    ),
    "torchaudio_mel": Recipe(**_torchaudio, log=None),
    "torchaudio_mfcc": Recipe(**_torchaudio, n_mfcc=40),
    "tf_mfcc": Recipe(  # the example of tf.signal.mfccs_from_log_mel_spectrograms
        center=False, fmin=80.0, fmax=7600.0, htk=True, norm=None, corners="mel", power=1.0,
        log="ln", floor=1e-6, floor_added=True, top_db=None,
        n_mfcc=13, dct_norm="htk", in_rows=True,
    ),
})  # fmt: skip
