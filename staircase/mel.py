"""S <-> M: few bands, equally wide to the ear, and back. Notebook 03.

A mel spectrum is ``mel_filter @ S ** power``. Many spectra have the same one: the way back picks
one (`mel_to_spectrogram`), or leaves the choice open until a sound fits (`mel_to_audio`).
"""

import numpy as np
import scipy  # its parts load when they are named

from . import likely
from .arguments import Start, affordable, below_nyquist, checked, each, in_format, shown
from .frames import Grid
from .phase import keeping, solve

# Slaney's scale: a straight line up to 1000 Hz, logarithmic above.
SLANEY_MEL_PER_HZ = 3 / 200
_CORNER_HZ = 1000.0
_CORNER_MEL = _CORNER_HZ * SLANEY_MEL_PER_HZ  # 15
_LOG_STEP = np.log(6.4) / 27  # 27 mels take it from 1000 to 6400 Hz

AUTO_START = Start(names=("auto", *Start.names))
_FAINT = 1e-9  # a filter weight that is zero but for rounding, as at the foot of a triangle
_FIRST_STEPS = dict(n_iter=4, momentum=0.99, gamma=1.25)  # more make speech less intelligible
_CLICK_STEPS = dict(_FIRST_STEPS, n_iter=16)  # clicks gain by them, up to 6 dB
_RIPPLE_DB = 6.0  # times n_mels / n_fft: what two clicks in a frame may set bands apart
_MEL_STEPS = dict(momentum=0.9, gamma=1.25)  # best of those tried; the target moves along


@checked
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
    >>> import audiotools as at
    >>> at.hz_to_mel(1000.0), round(at.hz_to_mel(1000.0, htk=True))
    (15.0, 1000)
    """
    if htk:
        mel = 2595 * np.log10(1 + hz / 700)
    else:
        above = np.log(np.maximum(hz, _CORNER_HZ) / _CORNER_HZ) / _LOG_STEP
        mel = np.minimum(hz, _CORNER_HZ) * SLANEY_MEL_PER_HZ + above
    return mel.astype(hz.dtype) if mel.ndim else float(mel)


@checked
def mel_to_hz(mel, *, htk=False):
    """Returns mels in Hz: the inverse of `hz_to_mel`, whose `htk` it takes.

    Examples
    --------
    >>> import audiotools as at
    >>> at.mel_to_hz(15.0), round(at.mel_to_hz(1000.0, htk=True))
    (1000.0, 1000)
    """
    with np.errstate(over="ignore"):
        if htk:
            hz = 700 * (10 ** (mel / 2595) - 1)
        else:
            hz = np.minimum(mel, _CORNER_MEL) / SLANEY_MEL_PER_HZ
            hz = hz * np.exp(_LOG_STEP * np.maximum(mel - _CORNER_MEL, 0))
        hz = in_format(hz.astype(mel.dtype), "mel")
    return hz if hz.ndim else float(hz)


@checked
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
    >>> import audiotools as at
    >>> at.mel_filterbank(16000, 1024, n_mels=80).shape
    (80, 513)
    """
    fmax = highest(fmin, fmax, sr)
    bins = np.fft.rfftfreq(n_fft, 1 / sr)
    if n_mels > 2 * len(bins):  # a bin lies in two triangles at most
        raise ValueError(
            f"n_mels={shown(n_mels)} bands cannot all hear one of the {len(bins)} bins of "
            f"n_fft={n_fft}. Take fewer bands or a longer frame"
        )
    corners = band_edges(n_mels, fmin, fmax, htk)
    _refuse_deaf(corners, bins, f"n_fft={n_fft} has a bin only every {sr / n_fft:.1f} Hz")
    shape = n_mels, len(bins)
    affordable(shape, bins.dtype, "a mel filter", "take a shorter frame", copies=3)
    mel_filter = triangles(corners[:, None], bins)
    if norm == "slaney":
        mel_filter *= 2 / (corners[2:] - corners[:-2])[:, None]
    return mel_filter


def highest(fmin, fmax, sr):
    """Returns `fmax`, or sr/2 for None, if it lies above `fmin`."""
    fmax = sr / 2 if fmax is None else below_nyquist(fmax, "fmax", sr)
    if fmin >= fmax:
        raise ValueError(f"fmin={fmin:g} Hz must lie below fmax={fmax:g} Hz")
    return fmax


def band_edges(n_mels, fmin, fmax, htk):
    """Returns n_mels + 2 frequencies in Hz, equally far apart in mel."""
    mels = np.linspace(hz_to_mel(fmin, htk=htk), hz_to_mel(fmax, htk=htk), n_mels + 2)
    return mel_to_hz(mels, htk=htk)


def triangles(corners, hz):
    """Returns triangles of peak 1 at the frequencies `hz`.

    Each rises from the centre of its lower neighbour to its own and falls to the centre of
    its upper one: ``corners[:-2]``, ``corners[1:-1]`` and ``corners[2:]``.
    """
    low, centre, high = corners[:-2], corners[1:-1], corners[2:]
    with np.errstate(divide="ignore", invalid="ignore"):  # corners may fall together
        triangles = (hz - low) / (centre - low)
        np.minimum(triangles, (high - hz) / (high - centre), out=triangles)
    return np.maximum(triangles, 0, out=triangles)


def _refuse_deaf(corners, bins, why):
    """Refuses triangles so narrow that they fall between two bins and hear nothing."""
    above = np.searchsorted(bins, corners[1:-1]).clip(1, len(bins) - 1)
    nearest = bins[[above - 1, above]]  # (2, n_mels): where a triangle is heard best
    deaf = np.flatnonzero(~(triangles(corners, nearest).max(axis=0) >= _FAINT))
    if len(deaf):
        more = f" and {len(deaf) - 1} more" if len(deaf) > 1 else ""
        raise ValueError(
            f"mel filter {deaf[0]} ({corners[deaf[0]]:.1f}-{corners[deaf[0] + 2]:.1f} Hz){more} "
            f"of n_mels={len(corners) - 2} {'hear' if more else 'hears'} nothing: {why}. "
            "Take fewer bands or a longer frame"
        )


@checked
def create_mel_filter(sr, n_fft, *, n_mels=64, fmin=300.0, fmax=None):
    """Returns the gist's two mel filters: one to compress with, one to expand with.

    Parameters
    ----------
    sr, n_fft, n_mels, fmin, fmax
        As in `mel_filterbank`; `fmax` None means 8000 Hz or sr/2, whichever is lower.

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
    >>> import numpy as np, audiotools as at
    >>> mel_filter, mel_inversion_filter = at.create_mel_filter(16000, 1024)
    >>> mel_filter.shape, bool(np.allclose(mel_filter.sum(axis=1), 1))
    ((64, 513), True)
    """
    fmax = min(8000.0, sr / 2) if fmax is None else fmax
    triangles = mel_filterbank(sr, n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=True, norm=None)
    return triangles / triangles.sum(axis=1, keepdims=True), triangles


@each
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
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> S = np.abs(at.stft(y, n_fft=1024, hop_length=256))
    >>> at.make_mel(S, at.mel_filterbank(sr, 1024, n_mels=80), shorten_factor=10).shape
    (80, 27)
    """
    _refuse_rows(mel_filter, S)
    power = S.dtype.type(power)
    with np.errstate(over="ignore", invalid="ignore"):
        M = in_format(mel_filter.astype(S.dtype, copy=False) @ S**power, f"S ** {power:g}")
    group_starts = np.arange(0, S.shape[1], min(shorten_factor, S.shape[1]))
    group_sizes = np.diff(group_starts, append=S.shape[1]).astype(S.dtype)
    return np.add.reduceat(M, group_starts, axis=1) / group_sizes


def _refuse_rows(mel_filter, S):
    """Refuses filters for another number of rows than the spectrum `S` has."""
    if mel_filter.shape[1] != len(S):
        raise ValueError(
            f"mel_filter has shape {mel_filter.shape}, S has {len(S)} rows: "
            + likely.misfit(mel_filter, S, "S")
        )


def _refuse_bands(mel_filter, M):
    """Refuses filters for another number of bands than the mel spectrum `M` has."""
    if len(mel_filter) != len(M):
        raise ValueError(
            f"mel_filter has {len(mel_filter)} bands, M has {len(M)}: "
            + likely.misfit(mel_filter, M, "M")
        )


@each
def mel_to_spectrogram(M, mel_filter, *, power=1.0, n_iter=10, shorten_factor=1, n_frames=None):
    """Returns magnitudes, never negative, whose mel spectrum comes close to `M`.

    Many spectra have the same mel. Starting from the bands, spread out, each update multiplies
    every bin by how much its bands are short of the target: where the mel is too low the bins
    grow, where it is too high they shrink, and zero stays zero. This lessens the
    Kullback-Leibler divergence, which weighs soft bands more than least squares does; and
    scaling `M` scales the result, so the level does not matter. With filters W::

        X <- X * (W.T @ (M / (W @ X))) / W.T @ 1,   S = X ** (1 / power)

    Parameters
    ----------
    M : ndarray (..., n_mels, n_mel_frames)
        Mel spectrum.
    mel_filter, power
        The filter (n_mels, 1 + n_fft//2) and the exponent of the way down.
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

    References
    ----------
    W. H. Richardson: Bayesian-based iterative method of image restoration. JOSA 62(1), 1972.
    https://doi.org/10.1364/JOSA.62.000055

    L. B. Lucy: An iterative technique for the rectification of observed distributions.
    Astronomical Journal 79, 1974. https://doi.org/10.1086/111605

    D. D. Lee, H. S. Seung: Algorithms for non-negative matrix factorization. NIPS 13, 2000: the
    same update, for the Kullback-Leibler divergence with the patterns given.

    See Also
    --------
    make_mel : the way down. Notebook 03, "Expand better".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> S = np.abs(at.stft(y, n_fft=1024, hop_length=256))
    >>> mel_filter = at.mel_filterbank(sr, 1024, n_mels=80)
    >>> S_hat = at.mel_to_spectrogram(at.make_mel(S, mel_filter), mel_filter)
    >>> S_hat.shape == S.shape, at.spectral_convergence(S_hat, S) < -8
    (True, True)
    """
    _refuse_bands(mel_filter, M)
    n_frames = _n_frames(n_frames, M.shape[1], shorten_factor)
    shape, cure = (mel_filter.shape[1], n_frames), "choose a smaller shorten_factor than "
    affordable(shape, M.dtype, "a spectrogram", cure + shown(shorten_factor), copies=3)
    M = M if shorten_factor == 1 else _stretched(M, shorten_factor, n_frames)
    correction = _correction(M, mel_filter.astype(M.dtype, copy=False))
    with np.errstate(over="ignore", invalid="ignore"):
        X = correction(np.ones((shape[0], 1), M.dtype))
        for _ in range(n_iter):
            X *= correction(X)
        return in_format(X ** (1 / power), f"M ** {1 / power:.3g}, with power={power:g},")


def _correction(M, mel_filter):
    """Returns f(X, block), by which spectra X (rows, k) must be multiplied to approach `M`.

    The update of Richardson and Lucy, which lessens the Kullback-Leibler divergence of
    M (n_mels, n_frames) from W X: ``W.T @ (M / (W @ X)) / (W.T @ 1)``, with W the filters
    (n_mels, rows). It is 0 in rows that no filter hears.
    """
    heard = mel_filter.sum(axis=0)
    audible = heard > 1e-9 * heard.max()  # less is a filter's foot, zero but for rounding
    per_row = np.divide(1, heard, where=audible, out=np.zeros_like(heard))
    down = scipy.sparse.csr_array(mel_filter)  # a row lies in two triangles at most
    up = down.multiply(per_row).T.tocsr()
    faint = np.finfo(M.dtype).tiny * max(1, float(M.max()))  # M / faint is still a number

    def correction(X, block=slice(None)):
        return up @ (M[:, block] / np.maximum(down @ X, faint))

    return correction


def _n_frames(n_frames, n_groups, factor):
    """Returns the frames to make of `n_groups` groups: `n_frames`, if as many groups come of it."""
    n_frames = n_groups * factor if n_frames is None else n_frames
    if -(-n_frames // factor) != n_groups:
        raise ValueError(
            f"n_frames={shown(n_frames)} shortened by shorten_factor={shown(factor)} makes "
            f"{shown(-(-n_frames // factor))} frames, M has {n_groups}: choose n_frames in "
            f"{shown((n_groups - 1) * factor + 1)} ... {shown(n_groups * factor)}"
        )
    return n_frames


def _stretched(M, factor, n_frames):
    """Returns M with `n_frames` frames, on straight lines between the centres of its groups."""
    starts = np.arange(0, n_frames, factor)
    centres = (starts + np.minimum(starts + factor, n_frames) - 1) / 2
    place = np.interp(np.arange(n_frames), centres, np.arange(M.shape[1]))  # in groups
    left = np.floor(place).astype(int)
    right = np.minimum(left + 1, M.shape[1] - 1)
    part = (place - left).astype(M.dtype)
    return (1 - part) * M[:, left] + part * M[:, right]


@each(init=AUTO_START)
def mel_to_audio(
    M, mel_filter, *, power=1.0, n_iter=8, init="auto", length=None, seed=0,
    n_fft=None, hop_length=None, win_length=None, window="hann", center=True,
):  # fmt: skip
    """Returns a waveform whose mel spectrum comes close to `M`: mel and phase solved together.

    `mel_to_spectrogram` picks one of the many spectrograms that have this mel, and no sound may
    have that one. Here the choice stays open: `griffin_lim`'s iteration, but instead of a
    magnitude that was fixed beforehand, each round gives the nearest real sound's own
    magnitudes one update towards the mel.

    Parameters
    ----------
    M : ndarray (..., n_mels, n_frames)
        Mel spectrum, every frame of it (not shortened).
    mel_filter, power
        The filter (n_mels, 1 + n_fft//2) and the exponent of the way down.
    n_iter : int
        Iterations; 0 gives the magnitudes of `mel_to_spectrogram` (from random phases, those of
        its ``n_iter=0``) with the starting phases. At half overlap, where a spectrum tells few
        phases, four of `griffin_lim`'s come first, unless the start is random; sixteen, if all
        bands rise and fall in step, as those of clicks do.
    init : str or ndarray (..., 1 + n_fft//2, n_frames)
        As in `griffin_lim`, or "auto": "gradient" from n_fft / 16 bands up (64 of 1024),
        "random" below, where the spectrum is too smooth to tell the phase of anything but
        clicks (found as above).
    length : int, optional
        Samples to return: ``len(y)`` of the way down.
    seed : int
        Of random phases.
    n_fft, hop_length, win_length, window, center
        The grid of the way down, as in `istft`.

    Returns
    -------
    ndarray (..., length)

    See Also
    --------
    make_mel : the way down. Notebook 03, "Mel and phase together".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> mel_filter = at.mel_filterbank(sr, 1024, n_mels=80)
    >>> M = at.make_mel(np.abs(at.stft(y, n_fft=1024, hop_length=256)), mel_filter)
    >>> y_hat = at.mel_to_audio(M, mel_filter, hop_length=256, length=len(y))
    >>> M_hat = at.make_mel(np.abs(at.stft(y_hat, n_fft=1024, hop_length=256)), mel_filter)
    >>> y_hat.shape == y.shape, at.log_spectral_distance(M_hat, M) < 2
    (True, True)
    """
    _refuse_bands(mel_filter, M)
    grid = Grid.of(n_fft, hop_length, win_length, window, center, rows=mel_filter.shape[1])
    clicks = grid.is_sparse and n_iter and in_step(M, power, grid.n_fft)
    init = best_start(init, grid.n_fft if clicks else len(M), grid.n_fft)
    is_random = isinstance(init, str) and init == "random"
    # What a random start begins with does not matter: the iteration itself approaches M.
    S = mel_to_spectrogram(M, mel_filter, power=power, n_iter=0 if is_random else 10)
    mel_filter = mel_filter.astype(M.dtype, copy=False)

    def approach(first, last):
        return _keep_mel(M[:, first:last], mel_filter, power)

    stages = [(approach, dict(n_iter=n_iter, **_MEL_STEPS))]
    if grid.is_sparse and n_iter and not is_random:  # these phases are no sound's yet
        stages.insert(0, (keeping(S), _CLICK_STEPS if clicks else _FIRST_STEPS))
    with np.errstate(over="ignore", invalid="ignore"):
        y = solve(stages, S, init, grid, length, seed)
    return in_format(y, f"M ** {1 / power:.3g}, with power={power:g},")


def _keep_mel(M, mel_filter, power):
    """Returns fit(block, D): the spectra D brought nearer to the mel spectrum `M`, in place."""
    correction = _correction(M, mel_filter)

    def fit(block, D):
        factor = correction(np.abs(D).T ** power, block)
        D *= (factor ** (1 / power)).T
        return D

    return fit


def in_step(M, power, n_fft):
    """Returns whether all bands rise and fall together from frame to frame, as those of clicks.

    Where the level changes, bands of a voice or a drum differ from their mean by 2 to 15 dB,
    those of clicks by hundredths; by more only where bands are narrow enough to hear the ripple
    of two clicks in a frame. What is steady does not count: it may be noise as well.
    """
    if M.shape[1] < 2 or not M.max():
        return False
    loud = np.maximum((M / M.max()).astype(np.float64) ** (2 / power), 1e-8)
    change = np.diff(10 * np.log10(loud), axis=1)  # dB
    weight = np.maximum(loud[:, 1:], loud[:, :-1])
    common = np.average(change, axis=0, weights=weight)
    apart = np.sqrt(np.average((change - common) ** 2, weights=weight))
    together = np.sqrt(np.average(common**2, weights=weight.sum(axis=0)))
    return apart < min(_RIPPLE_DB * len(M) / n_fft, together / 2)


def best_start(init, n_numbers, n_fft):
    """Returns what "auto" means: the gradient serves where the spectrum is sharp enough."""
    if isinstance(init, str) and init == "auto":
        return "gradient" if 16 * n_numbers >= n_fft else "random"
    return init
