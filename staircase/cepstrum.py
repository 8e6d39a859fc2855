"""M <-> C: the cosine transform of the mel in decibels, and the whole staircase. Notebook 04."""

import numpy as np
import scipy  # its parts load when they are named

from . import likely
from .arguments import affordable, checked, each, warn
from .decibels import POWER_MIN, antilog, floored
from .frames import stft
from .mel import AUTO_START, best_start, make_mel, mel_filterbank, mel_to_audio


@each
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
    >>> import numpy as np, audiotools as at
    >>> C = at.mel_to_mfcc(np.ones((128, 3)))      # 0 dB everywhere: nothing to tell
    >>> C.shape, bool(np.abs(C).max() < 1e-12)
    ((20, 3), True)
    """
    warn(likely.no_mel(M))
    if n_mfcc > len(M):
        raise ValueError(f"n_mfcc={n_mfcc} exceeds the {len(M)} bands of M: lower n_mfcc")
    M_db = floored(10 * np.log10(np.maximum(M, M.dtype.type(POWER_MIN))), top_db)
    return scipy.fft.dct(M_db, type=2, norm="ortho", axis=0)[:n_mfcc]


@each
def mfcc_to_mel(C, *, n_mels=128):
    """Returns the mel spectrum that MFCCs still draw: the missing ones count as zero.

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
    >>> import numpy as np, audiotools as at
    >>> M = np.array([[1.0], [0.1], [0.01], [0.1]])
    >>> bool(np.allclose(at.mfcc_to_mel(at.mel_to_mfcc(M, n_mfcc=4), n_mels=4), M))
    True
    """
    cure = "pass the n_mels of the way down"
    if n_mels < len(C):
        cure = likely.swapped("C") if C.shape[1] <= n_mels else cure
        raise ValueError(f"n_mels={n_mels} is fewer than the {len(C)} rows of C: {cure}")
    affordable((n_mels, C.shape[1]), C.dtype, "a mel spectrum", cure, copies=3)
    return antilog(smooth_levels(C, n_mels), 10, "the mel spectrum of C")


def smooth_levels(C, n_mels):
    """Returns the levels in dB that `n_mels` bands have by the cosines `C`."""
    return scipy.fft.idct(C, type=2, norm="ortho", axis=0, n=n_mels)


@each
def mfcc(
    y, sr, *, n_mfcc=20, n_mels=128,
    n_fft=2048, hop_length=None, win_length=None, window="hann", center=True,
    fmin=0.0, fmax=None, htk=False, norm="slaney", top_db=80.0,
):  # fmt: skip
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
    n_fft, hop_length, win_length, window, center
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
    >>> import audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> at.mfcc(y, sr, n_fft=1024, hop_length=256).shape
    (20, 265)
    """
    bands = dict(n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm)
    grid = dict(n_fft=n_fft, hop_length=hop_length, win_length=win_length)
    grid |= dict(window=window, center=center)
    M = make_mel(np.abs(stft(y, **grid)), mel_filterbank(sr, n_fft, **bands), power=2.0)
    return mel_to_mfcc(M, n_mfcc=n_mfcc, top_db=top_db)


@checked(init=AUTO_START)
def mfcc_to_audio(
    C, sr, *, n_mels=128, n_fft=2048, hop_length=None, win_length=None, window="hann",
    center=True, fmin=0.0, fmax=None, htk=False, norm="slaney",
    n_iter=8, init="auto", length=None, seed=0,
):  # fmt: skip
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
    n_fft, hop_length, win_length, window, center
        The grid of the way down; `n_fft` must be named if it was not 2048.
    n_iter, length, seed
        As in `mel_to_audio`.
    init : str or ndarray
        As in `mel_to_audio`; "auto" counts the coefficients.

    Returns
    -------
    ndarray (..., length)
        Twenty coefficients draw the words and not the pitch of a speaking voice: it sounds
        whispered or like a robot, whatever the number of iterations.

    See Also
    --------
    mfcc_to_mel, mel_to_audio : the steps. Notebook 04, "Back to audio".

    Examples
    --------
    >>> import audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> settings = dict(n_mels=80, n_fft=1024, hop_length=256)
    >>> y_hat = at.mfcc_to_audio(at.mfcc(y, sr, **settings), sr, length=len(y), **settings)
    >>> y_hat.shape == y.shape
    True
    """
    bands = dict(n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm)
    grid = dict(n_fft=n_fft, hop_length=hop_length, win_length=win_length)
    grid |= dict(window=window, center=center)
    mel_filter = mel_filterbank(sr, n_fft, **bands)
    M = mfcc_to_mel(C, n_mels=n_mels)
    init = best_start(init, C.shape[-2], n_fft)
    options = dict(power=2.0, n_iter=n_iter, init=init, length=length, seed=seed)
    return mel_to_audio(M, mel_filter, **options, **grid)
