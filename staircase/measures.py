"""How far from the original: magnitudes, pitch, words. Beside every notebook's claims."""

import math
import threading
import warnings

import numpy as np

from . import likely
from .arguments import PITCH, each
from .sound import borrowed, resample


@each
def spectral_convergence(estimate, target):
    """Returns how far one magnitude spectrogram is from another, in dB: lower is better.

    Parameters
    ----------
    estimate, target : ndarray (..., rows, n_frames)
        Magnitudes.

    Returns
    -------
    float, or ndarray for a batch
        ``20 log10(norm(estimate - target) / norm(target))``: 0 dB is an error as large as the
        target, -20 dB a tenth of it, -inf none at all.

    See Also
    --------
    log_spectral_distance : weighs soft parts as much as loud ones.

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> round(at.spectral_convergence(np.full((2, 2), 1.1), np.ones((2, 2))), 6)
    -20.0
    """
    _same_shape(estimate=estimate, target=target)
    error = np.subtract(estimate, target, dtype=float)
    if not error.any():
        return -np.inf
    _refuse_silence(target)
    return 20 * (_log_norm(error) - _log_norm(target.astype(float)))


def _log_norm(x):
    """Returns the common logarithm of the norm of `x`, whose squares may be out of range."""
    peak = np.abs(x).max()
    with np.errstate(over="ignore"):  # old numpy complains where all numbers are the smallest
        return float(np.log10(np.linalg.norm(x / peak)) + np.log10(peak))


@each
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
    >>> import numpy as np, audiotools as at
    >>> round(at.log_spectral_distance(np.full((2, 2), 0.1), np.ones((2, 2))), 6)
    20.0
    """
    _same_shape(estimate=estimate, target=target)
    _refuse_silence(target)
    floor = target.max().astype(float) * 10 ** (floor_db / 20)
    if floor == 0:
        raise ValueError(f"floor_db={floor_db:g} is too low to be computed: choose a higher one")
    levels = [np.log10(np.maximum(S, floor)) for S in (estimate, target)]
    difference = 20 * (levels[0] - levels[1])
    return float(np.mean(np.sqrt(np.mean(np.square(difference), axis=0))))


@each(reference=PITCH)
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
    >>> import audiotools as at
    >>> at.pitch_accuracy([0.0, 101.0, 220.0, 0.0], [0.0, 100.0, 110.0, 120.0])
    0.3333333333333333
    """
    _same_shape(f0=f0, reference=reference)
    voiced = reference > 0
    if not voiced.any():
        raise ValueError("the reference has no voiced frame: there is no pitch to compare")
    with np.errstate(divide="ignore"):  # unvoiced is infinitely far off
        octaves = np.log2(f0[voiced], dtype=float) - np.log2(reference[voiced], dtype=float)
    # pyin answers in steps of 10 cents: many frames lie on the limit, and rounding must not decide.
    limit = min(cents, 1e9) * (1 + 2e-4)
    return float(np.mean(np.abs(1200 * octaves) <= limit))


@each
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
    >>> import audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> round(at.intelligibility(0.5 * y, y, sr), 2)
    1.0
    """
    _same_shape(y=y, reference=reference)
    sr = round(sr)
    too_little = (
        f"{len(y) / sr:.2f} s hold too little sound: "
        "intelligibility needs at least 0.4 s that is not silent"
    )
    if len(y) < 0.4 * sr or not reference.any():
        raise ValueError(too_little)
    y, reference = (x / (np.abs(x).max() or 1) for x in (y, reference))
    if sr // math.gcd(sr, 10000) > 441:  # 10 kHz is where it compares, by filters so long
        y, reference = (resample(x, sr, 10000) for x in (y, reference))
        sr = 10000
    try:
        return _estoi(y, reference, sr)
    except RuntimeWarning:
        raise ValueError(too_little) from None


_one_at_a_time = threading.Lock()  # of threads: the generator and the warnings are everybody's


def _estoi(y, reference, sr):
    """Returns what pystoi says, with its random numbers fixed and its warnings as errors."""
    stoi = borrowed("pystoi", "stoi")
    with _one_at_a_time:
        state = np.random.get_state()  # pystoi draws its dither from numpy's global generator
        np.random.seed(0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                return float(stoi(reference, y, sr, extended=True))
        finally:
            np.random.set_state(state)


def _same_shape(**arrays):
    """Refuses two arrays of different shapes."""
    (one, a), (other, b) = arrays.items()
    if a.shape != b.shape:
        cure = "use one grid, and length=len(y) on the way up"
        if a.ndim == 2 and a.shape == b.shape[::-1]:
            cure = likely.swapped(one)
        raise ValueError(f"shapes differ, {one} {a.shape} and {other} {b.shape}: {cure}")


def _refuse_silence(target):
    """Refuses to compare with silence."""
    if not target.any():
        raise ValueError("the target is silent: no level to compare with")
