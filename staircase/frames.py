"""y <-> D: cut a sound into frames, transform each, and put them together again. Notebook 01.

The *grid* is where the frames lie and how they are weighted: ``n_fft``, ``hop_length``,
``win_length``, ``window``, ``center``. Every function of the house that makes or reads a
spectrum takes these five, with the meaning that `stft` gives them, and fills in their defaults
here.
A window is an array, or a name that scipy knows; one with a name of our own would be made in
`as_window`.
"""

from typing import NamedTuple

import numpy as np
import scipy  # its parts load when they are named: scipy.signal takes a second

from . import likely
from .arguments import NAMES, Array, affordable, checked, each, shown, warn
from .engine import blocks, share_little

_THE_OTHER_N_FFT = "pass the n_fft of the way down"
_BLOCK_SAMPLES = 2**18  # in the frames that are transformed at a time


class Grid(NamedTuple):
    """Where the frames lie and how they are weighted, with every default filled in.

    ``_asdict()`` gives the keywords of `stft`, and of all that take a grid.
    """

    n_fft: int
    hop_length: int
    window: np.ndarray  # (n_fft,) float64, centred between zeros
    center: bool = True

    @classmethod
    def of(
        cls, n_fft, hop_length, win_length, window, center=True, *, rows=None, cure=_THE_OTHER_N_FFT
    ):
        """Returns the grid of these options; an n_fft of None is read off a spectrum's `rows`."""
        n_fft = NAMES["n_fft"](2 * (rows - 1), "n_fft") if n_fft is None else n_fft
        if rows not in (None, 1 + n_fft // 2):
            raise ValueError(
                f"the spectrum has {rows} rows, but n_fft={n_fft} makes {1 + n_fft // 2}: {cure}"
            )
        name, win_length = ("win_length", win_length) if win_length else ("n_fft", n_fft)
        if win_length > n_fft:
            raise ValueError(f"win_length={win_length} exceeds n_fft={n_fft}: it must fit inside")
        hop_length = max(1, win_length // 4) if hop_length is None else hop_length
        refuse_gaps(hop_length, win_length, name)
        before = (n_fft - win_length) // 2
        window = np.pad(as_window(window, win_length), (before, n_fft - win_length - before))
        return cls(n_fft, hop_length, window, center)

    @classmethod
    def of_spectrum(cls, S, n_fft, hop_length, win_length, window, center=True):
        """Returns the grid of a spectrum; says so where `S` probably is none, or on its side."""
        (rows, columns), cure = S.shape, _THE_OTHER_N_FFT
        if n_fft is None:
            doubt = likely.no_spectrum(S, hop_length)
            if doubt and max(hop_length or 0, win_length or 0) > 2 * (rows - 1):
                raise ValueError(doubt)
            warn(doubt)
        elif columns == 1 + n_fft // 2:
            cure = likely.swapped("D" if S.dtype.kind == "c" else "S")
        elif rows <= min(256, n_fft // 4):
            cure += ", a mel spectrum to mel_to_audio, MFCCs to mfcc_to_audio"
        return cls.of(n_fft, hop_length, win_length, window, center, rows=rows, cure=cure)

    @property
    def before(self):
        """The samples of silence in front of the sound, where the first frame begins."""
        return self.n_fft // 2 if self.center else 0

    @property
    def is_sparse(self):
        """Whether frames share so little that a spectrum tells few phases: at half overlap."""
        return share_little(self.window, self.hop_length)

    def shortest(self, n_frames):
        """Returns the fewest samples of which `stft` makes `n_frames` frames."""
        around = self.n_fft % 2 if self.center else self.n_fft
        return self.hop_length * (n_frames - 1) + around

    def length(self, length, n_frames):
        """Returns the samples to make of `n_frames` frames: `length`, if `stft` makes as many."""
        shortest, longest = self.shortest(n_frames), self.shortest(n_frames + 1) - 1
        if length is None and shortest == 0:
            raise ValueError("a single frame alone has no length: pass length=len(y)")
        if length is not None and not shortest <= length <= longest:
            raise ValueError(
                f"length={shown(length)} does not make {n_frames} frames: with hop_length="
                f"{self.hop_length} it must lie in {max(1, shortest)} ... {longest}. Pass the "
                "hop_length and the length of the way down"
            )
        return shortest if length is None else length

    def weight(self, length, n_frames, dtype, *, guess=False):
        """Returns what the squared windows over each sample of a sound add up to.

        Behind the centre of the last frame its window fades out alone, and before that of the
        first its fades in. There, samples whose weight drowns in rounding errors weigh infinitely
        much: divided by it they are silent. A `guess` must not be divided by almost nothing
        either: there weights count as at least a tenth of the window's peak, and between the
        centres none may be below a thousandth.
        """
        squares = (self.window.astype(dtype) ** 2)[:, None]
        weight = np.zeros(self.length(length, n_frames), dtype)
        sums = add_up(np.broadcast_to(squares, (self.n_fft, n_frames)), self.hop_length)
        sums = sums[self.before :][: len(weight)]  # a long hop may leave the end unheard
        weight[: len(sums)] = sums
        first_centre, peak = self.n_fft // 2 - self.before, squares.max()
        inside = slice(first_centre, self.shortest(n_frames) - first_centre)
        rounding = np.finfo(dtype).eps * peak
        unheard = np.count_nonzero(weight[inside] <= (1e-3 * peak if guess else rounding))
        if unheard:
            raise ValueError(
                f"hop_length={self.hop_length} leaves {unheard} samples that hardly any frame "
                f"hears (the window has {np.count_nonzero(squares)} samples): choose at most half "
                "the window"
            )
        if guess:
            for fading in (weight[: inside.start], weight[inside.stop :]):
                np.maximum(fading, 0.1 * peak, out=fading)
        weight[weight <= rounding] = np.inf
        return weight

    def join(self, D, weight):
        """Returns the waveform whose windowed frames come nearest to those of the spectra `D`."""
        frames = scipy.fft.irfft(D, n=self.n_fft, axis=0)
        return self.join_frames(frames, weight)

    def join_frames(self, frames, weight):
        """Returns the waveform whose windowed frames come nearest to `frames`."""
        window = self.window.astype(frames.dtype)[:, None]
        y = add_up(frames * window, self.hop_length)[self.before :][: len(weight)]
        return np.pad(y, (0, len(weight) - len(y))) / weight


def refuse_gaps(hop_length, length, name):
    """Refuses a `hop_length` at which frames of `length` samples do not overlap."""
    if hop_length > length:
        raise ValueError(
            f"hop_length={hop_length} exceeds {name}={length}: frames must overlap; "
            f"a quarter of it, {max(1, length // 4)}, is usual"
        )


def as_window(window, win_length, periodic=True):
    """Returns a window (win_length,) by its name, or the values as they are."""
    if isinstance(window, (str, tuple, float)):
        named = (window,) if isinstance(window, str) else window  # old scipy takes "8" for 8.0
        try:
            window = scipy.signal.get_window(named, win_length, fftbins=periodic)
        except Exception as error:  # scipy raises various types
            reason = " ".join(str(error).split())[:80]
            raise ValueError(
                f"window={shown(window)} is unknown ({reason}): use 'hann', 'hamming', "
                "'blackman', another name of scipy.signal.get_window, or win_length values"
            ) from None
    window = Array(1, real="np.real")(window, "window").astype(np.float64)
    if window.shape != (win_length,):
        raise ValueError(
            f"the window has shape {window.shape}, not ({win_length},): pass win_length values"
        )
    if not window.any():
        raise ValueError("the window is zero everywhere: use one that hears something")
    if not 1e-6 <= np.abs(window).max() <= 1e6:
        raise ValueError(f"the window peaks at {np.abs(window).max():.3g}: scale it to about 1")
    return window


@checked
def frame(y, frame_length, hop_length):
    """Returns every full frame of `y` as a column: a read-only view, no copy.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform of at least one frame.
    frame_length, hop_length : int
        Samples per frame, and from the start of one frame to the start of the next.

    Returns
    -------
    ndarray (..., frame_length, n_frames)
        ``n_frames = 1 + (n - frame_length) // hop_length``; samples after the last full frame
        are in none.

    See Also
    --------
    overlap_add : its adjoint. Notebook 01, "Slide the frame".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> at.frame(np.arange(6.0), 4, 2)
    array([[0., 2.],
           [1., 3.],
           [2., 4.],
           [3., 5.]])
    """
    if y.shape[-1] < frame_length:
        raise ValueError(
            f"y has {y.shape[-1]} samples, fewer than one frame of frame_length={frame_length}: "
            "choose a shorter frame, or pad y with zeros"
        )
    windows = np.lib.stride_tricks.sliding_window_view(y, frame_length, axis=-1)
    return windows[..., ::hop_length, :].swapaxes(-1, -2)


@each
def overlap_add(frames, hop_length):
    """Returns the sum of all frames, each put back at its place in time.

    The adjoint of `frame`, not its inverse: where k frames overlap, a sample is counted k times.

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
    >>> import numpy as np, audiotools as at
    >>> at.overlap_add(at.frame(np.ones(6), 4, 2), 2)
    array([1., 1., 2., 2., 1., 1.])
    """
    shape = [frames.shape[0] + hop_length * (frames.shape[1] - 1)]
    affordable(shape, frames.dtype, "a waveform", f"hop_length={shown(hop_length)} is too long")
    return add_up(frames, hop_length)


def add_up(frames, hop_length):
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


@each
def stft(y, *, n_fft=2048, hop_length=None, win_length=None, window="hann", center=True):
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
    center : bool
        False: frame t begins at sample ``t * hop_length``, and only full frames count. What lies
        beyond the ends is then yours to say: librosa's ``pad_mode="reflect"`` is
        ``stft(np.pad(y, n_fft // 2, mode="reflect"), center=False)``.

    Returns
    -------
    ndarray (..., 1 + n_fft//2, n_frames), complex
        Row k is the frequency ``k * sr / n_fft`` Hz, column t the time ``t * hop_length / sr``
        seconds; ``n_frames = 1 + n // hop_length`` for an even `n_fft`, not centred
        ``1 + (n - n_fft) // hop_length``.

    See Also
    --------
    istft : the way back, without loss. Notebook 01, "The STFT in two lines".

    Examples
    --------
    >>> import audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> D = at.stft(y, n_fft=1024, hop_length=256)
    >>> D.shape, D.dtype
    ((513, 265), dtype('complex64'))
    """
    grid = Grid.of(n_fft, hop_length, win_length, window, center)
    frames = frame(np.pad(y, grid.before), n_fft, grid.hop_length).T
    window = grid.window.astype(y.dtype)
    shape, dtype = (len(frames), 1 + n_fft // 2), np.result_type(y.dtype, np.complex64)
    affordable(shape[::-1], dtype, "an STFT", "choose a longer hop_length, or cut y")
    D = np.empty(shape, dtype)  # a frame lies in one piece
    for block in blocks(len(frames), max(1, _BLOCK_SAMPLES // n_fft)):
        D[block] = scipy.fft.rfft(frames[block] * window)
    return D.T


@each
def istft(
    D, *, n_fft=None, hop_length=None, win_length=None, window="hann", center=True, length=None
):
    """Returns the waveform whose short-time Fourier transform comes nearest to `D`.

    Each frame is transformed back, windowed once more and added at its place; the sum is
    divided by what the squared windows add up to. Where `D` comes from `stft` that gives the
    waveform back; where no waveform has this `D`, it is the one with the least squared error.

    Parameters
    ----------
    D : ndarray (..., 1 + n_fft//2, n_frames), complex
        Short-time spectra.
    n_fft : int, optional
        Samples per frame; None means ``2 * (rows - 1)``. An odd `n_fft` must be named.
    hop_length, win_length, window, center
        The grid, as in `stft`.
    length : int, optional
        Samples to return: ``len(y)`` of the way down. None stops at the centre of the last
        frame, ``hop_length * (n_frames - 1)`` samples for an even `n_fft`; not centred, at its
        end. With frames less than half overlapping it may end before the sound: what follows is
        silent, with a warning, as is, not centred, what no frame reached.

    Returns
    -------
    ndarray (..., length)

    Raises
    ------
    ValueError
        Frames so far apart that some samples are in none; a `length` of which `stft` would make
        another number of frames (the hop_length of the way down was forgotten?).

    References
    ----------
    Griffin & Lim 1984, https://doi.org/10.1109/TASSP.1984.1164317

    See Also
    --------
    stft : the way down. Notebook 01, "Back again, exactly".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> D = at.stft(y, n_fft=1024, hop_length=256)
    >>> y_hat = at.istft(D, n_fft=1024, hop_length=256, length=len(y))
    >>> bool(np.abs(y_hat - y).max() < 1e-6)
    True
    """
    grid = Grid.of_spectrum(D, n_fft, hop_length, win_length, window, center)
    weight = grid.weight(length, D.shape[1], D.real.dtype)
    last_heard = grid.window.nonzero()[0][-1] - grid.before
    reached = grid.hop_length * (D.shape[1] - 1) + last_heard + 1
    if center and reached < len(weight):
        warn(
            f"no frame reaches the last {len(weight) - reached} of {len(weight)} samples, they are "
            "silent: choose hop_length at most half the window on the way down"
        )
    return grid.join(D, weight)
