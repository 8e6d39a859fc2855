"""Levels: amplitudes in decibels and back, and the pretty picture. Notebook 01."""

import numpy as np

from .arguments import Array, Magnitude, checked, depth, each, in_format
from .frames import stft

AMPLITUDE_MIN = 1e-5  # what counts as silent: -100 dB, librosa's `amin` for amplitudes
POWER_MIN = 1e-10  # the same as a power


@checked(S=Magnitude(0))
def amplitude_to_db(S, *, ref=1.0, top_db=80.0):
    """Returns amplitudes in decibels: 20 log10(S / ref), with a floor.

    Parameters
    ----------
    S : ndarray
        Amplitudes of any shape; in a batch (..., rows, frames) each item has its own floor.
    ref : float
        The amplitude of 0 dB, at least 1e-5. ``ref=S.max()`` puts the loudest bin at 0.
    top_db : float or None
        The floor lies this far below the maximum. None leaves only librosa's floor of 1e-5
        (-100 dB), so that silence stays finite.

    Returns
    -------
    ndarray, shape of `S`
        Equal to ``librosa.amplitude_to_db`` of each item.

    See Also
    --------
    db_to_amplitude : the way back. Notebook 01, "Decibels and the floor".

    Examples
    --------
    >>> import audiotools as at
    >>> at.amplitude_to_db([1.0, 0.1, 0.0])
    array([  0., -20., -80.])
    """
    S_db = 20 * np.log10(_over(np.maximum(S, AMPLITUDE_MIN), max(ref, AMPLITUDE_MIN)))
    return floored(S_db.astype(S.dtype), top_db)


@checked(S_db=Array(0))
def db_to_amplitude(S_db, *, ref=1.0):
    """Returns decibels `S_db`, of any shape, as amplitudes: ref x 10^(S_db / 20).

    `ref` is the amplitude of 0 dB: what the way down took.

    Examples
    --------
    >>> import audiotools as at
    >>> at.db_to_amplitude([0.0, -20.0])
    array([1. , 0.1])
    """
    return antilog(S_db, 20, "S_db", ref=ref)


@checked(S=Magnitude(0))
def power_to_db(S, *, ref=1.0, top_db=80.0):
    """Returns powers in decibels: 10 log10(S / ref), with a floor.

    Parameters
    ----------
    S : ndarray
        Powers of any shape, as a mel spectrum of ``power=2`` has; as in `amplitude_to_db`.
    ref : float
        The power of 0 dB, at least 1e-10.
    top_db : float or None
        The floor lies this far below the maximum. None leaves only librosa's floor of 1e-10.

    Returns
    -------
    ndarray, shape of `S`
        Equal to ``librosa.power_to_db`` of each item.

    See Also
    --------
    db_to_power : the way back. Notebook 11, "One mistake at a time".

    Examples
    --------
    >>> import audiotools as at
    >>> at.power_to_db([1.0, 0.1, 0.0])
    array([  0., -10., -80.])
    """
    S_db = 10 * np.log10(_over(np.maximum(S, POWER_MIN), max(ref, POWER_MIN)))
    return floored(S_db.astype(S.dtype), top_db)


@checked(S_db=Array(0))
def db_to_power(S_db, *, ref=1.0):
    """Returns decibels `S_db`, of any shape, as powers: ref x 10^(S_db / 10).

    `ref` is the power of 0 dB: what the way down took.

    Examples
    --------
    >>> import audiotools as at
    >>> at.db_to_power([0.0, -20.0])
    array([1.  , 0.01])
    """
    return antilog(S_db, 10, "S_db", ref=ref)


@each(top_db=depth)
def pretty_spectrogram(y, *, n_fft=2048, hop_length=None, ref=None, top_db=80.0):
    """Returns the picture of a sound: its spectrogram in decibels, down to a floor.

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform.
    n_fft, hop_length : int
        The grid, as in `stft`, with a Hann window.
    ref : float, optional
        The magnitude at 0 dB. None takes the loudest bin, and its level is then lost; keep
        ``ref = np.abs(stft(...)).max()`` to bring it back.
    top_db : float
        The floor lies at -`top_db`; whatever is softer sits on it. (The gist's thresh=4, in
        powers of ten of amplitude, is 80 dB.)

    Returns
    -------
    ndarray (..., 1 + n_fft//2, n_frames)
        Decibels; silence is -`top_db` everywhere.

    See Also
    --------
    invert_pretty_spectrogram : the way back. Notebook 01, "The pretty spectrogram".

    Examples
    --------
    >>> import audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> S_db = at.pretty_spectrogram(y, n_fft=1024, hop_length=256)
    >>> float(S_db.min()), float(S_db.max())
    (-80.0, 0.0)
    """
    S = np.abs(stft(y, n_fft=n_fft, hop_length=hop_length))
    if ref is None:
        ref = S.max() or 1.0  # of silence every level will do
    deepest = -20 * np.log10(np.finfo(S.dtype).tiny)
    if top_db > deepest:
        raise ValueError(
            f"top_db={top_db:g} dB is deeper than {S.dtype} reaches: choose up to {deepest:.0f}"
        )
    S_db = 20 * np.log10(np.maximum(_over(S, ref), 10 ** (-top_db / 20)))
    return np.maximum(S_db, -top_db).astype(S.dtype)  # the logarithm of the floor may round


def _over(S, ref):
    """Returns ``S / ref``, refusing what the format cannot hold."""
    with np.errstate(all="ignore"):
        return in_format(np.divide(S, ref, dtype=float), f"S over ref={ref:g}")


def floored(S_db, top_db):
    """Returns decibels with nothing further than `top_db` below each item's maximum."""
    if top_db is None:
        return S_db
    item_axes = tuple(range(max(0, S_db.ndim - 2), S_db.ndim))
    peak = S_db.max(axis=item_axes, keepdims=True)
    return np.maximum(S_db, peak - S_db.dtype.type(top_db))


def antilog(level_db, db_per_decade, name, *, ref=1.0):
    """Returns ``ref * 10 ** (level_db / db_per_decade)``, refusing what the format cannot hold."""
    highest = db_per_decade * (np.log10(np.finfo(level_db.dtype).max) - np.log10(max(ref, 1)))
    if not level_db.max() < highest:  # NaN is not either: a transform may have overflowed
        raise ValueError(
            f"{name} reaches {level_db.max():.4g} dB with ref={ref:g}, but {level_db.dtype} can "
            f"hold {highest:.0f} dB: are these decibels, and unscaled?"
        )
    amplitude = ref * 10 ** (level_db.astype(float) / db_per_decade)
    return amplitude.astype(level_db.dtype)
