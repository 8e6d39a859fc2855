"""S -> y: a waveform from magnitudes, by guessing the phase. Notebook 02.

Three ways: slide the frames into agreement (`invert_spectrogram`), read the phase off the
magnitude's slopes (`phase_gradient`), iterate from where either begins (`griffin_lim`). What
iterates is the engine, ``engine.py``.
"""

import numpy as np
import scipy  # its parts load when they are named: scipy.signal takes a second

from . import engine, likely
from .arguments import Magnitude, Sound, checked, depth, each
from .decibels import db_to_amplitude
from .frames import Grid, stft
from .measures import spectral_convergence

_ONE_WAVEFORM = Sound(alone="pass a single waveform (n,)")


@checked(reference=_ONE_WAVEFORM, candidate=_ONE_WAVEFORM)
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
    >>> import numpy as np, audiotools as at
    >>> click = np.zeros(64)
    >>> click[30] = 1.0
    >>> at.xcorr_offset(np.roll(click, 5), click), at.xcorr_offset(click, click)
    (5, 0)
    """
    max_lag = len(candidate) // 2 if max_lag is None else max_lag
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


@each
def invert_spectrogram(
    S, *, n_fft=None, hop_length=None, win_length=None, window="hann", center=True, length=None
):
    """Returns a waveform from magnitudes in one pass: frames slid into agreement.

    Without phases, every frame becomes symmetric, its tallest pulse in its middle. Added up as
    they are, neighbours cancel each other. So each is first turned, within its frame, to where
    it agrees best with the sound that has been laid down so far. A turned frame keeps its
    magnitudes; what it gains is a phase that fits.

    Parameters
    ----------
    S : ndarray (..., 1 + n_fft//2, n_frames)
        Magnitudes.
    n_fft, hop_length, win_length, window, center, length
        The grid and the samples to return, as in `istft`.

    Returns
    -------
    ndarray (..., length)

    References
    ----------
    M. Slaney, D. Naar, R. F. Lyon: Auditory model inversion for sound separation. ICASSP 1994.
    https://doi.org/10.1109/ICASSP.1994.389714

    X. Zhu, G. T. Beauregard, L. L. Wyse: Real-time signal estimation from modified short-time
    Fourier transform magnitude spectra. IEEE Trans. ASLP 15(5), 2007.
    https://doi.org/10.1109/TASL.2007.899236

    See Also
    --------
    griffin_lim : takes this as its start with ``init="align"``. Notebook 02, "Slide and add".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> S = np.abs(at.stft(y, n_fft=1024, hop_length=256))
    >>> y_hat = at.invert_spectrogram(S, n_fft=1024, hop_length=256)
    >>> at.spectral_convergence(np.abs(at.stft(y_hat, n_fft=1024, hop_length=256)), S) < -8
    True
    """
    grid = Grid.of_spectrum(S, n_fft, hop_length, win_length, window, center)
    n_fft, hop_length, window, _ = grid
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
    return grid.join_frames(aligned, grid.weight(length, S.shape[1], S.dtype, guess=True))


@each
def phase_gradient(
    S, *, n_fft=None, hop_length=None, win_length=None, window="hann", center=True, seed=0
):
    """Returns phases that fit the magnitudes `S`, with no iteration.

    Where a bell-shaped window glides over a sound, phase and magnitude hang together: how
    steeply the logarithm of `S` rises along frequency tells how fast the phase turns along
    time, and the other way round. These slopes are added up from the loudest cell outwards,
    always on from the loudest cell reached so far (phase gradient heap integration, here
    with a queue of eighths of a decibel). Cells 60 dB
    below the loudest of the whole sound get random phases. With hops longer than a quarter of
    the window, where a frame's two neighbours share too little to tell a slope, each of them
    says by how loud it is where in the frame the sound lies.

    Parameters
    ----------
    S : ndarray (..., 1 + n_fft//2, n_frames)
        Magnitudes.
    n_fft, hop_length, win_length, window, center
        The grid of the way down, as in `istft`. The more the window looks like a bell, the
        better: Hann and its like do, "boxcar" hardly.
    seed : int
        Of the random phases.

    Returns
    -------
    ndarray, shape of `S`
        Radians, -pi ... pi. Each island of sound has a phase of its own to begin with: what no
        magnitude tells.

    References
    ----------
    Průša, Balazs & Søndergaard 2017, https://doi.org/10.1109/TASLP.2017.2678166

    See Also
    --------
    griffin_lim : starts here. Notebook 02, "Start from the phase's gradient".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> S = np.abs(at.stft(y, n_fft=1024, hop_length=256))
    >>> y_hat = at.istft(S * np.exp(1j * at.phase_gradient(S, hop_length=256)), hop_length=256)
    >>> at.spectral_convergence(np.abs(at.stft(y_hat, n_fft=1024, hop_length=256)), S) < -20
    True
    """
    grid = Grid.of_spectrum(S, n_fft, hop_length, win_length, window, center)
    phases = engine.gradient_phases(S.T, grid.window, grid.hop_length, seed)
    return np.concatenate([phase for _, phase in phases]).T.astype(S.dtype)


@each
def griffin_lim(
    S, *, n_iter=16, momentum=0.99, gamma=1.25, init="gradient", length=None, seed=0,
    n_fft=None, hop_length=None, win_length=None, window="hann", center=True,
):  # fmt: skip
    """Returns a waveform whose short-time magnitudes come close to `S`: guesses the phase.

    Keep the target magnitude, borrow the phase of the nearest real sound, repeat. Not every
    array of complex numbers is the STFT of a sound; `istft` finds the sound that is nearest,
    its `stft` has a better phase. Two tricks get there sooner: overshoot every step a little
    (`gamma`), and look ahead along it (`momentum`). And it need not start from nothing:
    `phase_gradient` reads a first guess off the magnitudes.

    Parameters
    ----------
    S : ndarray (..., 1 + n_fft//2, n_frames)
        Magnitudes (not decibels, not squared).
    n_iter : int
        Iterations; 0 gives the start itself.
    momentum : float
        0 ... 1: how far to look ahead, in steps.
    gamma : float
        Above 0, up to 1.3: how far to go, 1 being the nearest real sound. With 1 this is the
        fast algorithm of Perraudin and others; with momentum=0 as well the plain one of Griffin
        and Lim, whose error (over all n_fft rows) never rises.
    init : str or ndarray, shape of `S`
        The phases to start from: "gradient", those of `phase_gradient`; "random", the better
        one for smooth spectra, such as few mel bands or MFCCs leave; "zero"; "align", those of
        `invert_spectrogram`; or phases in radians.
    length : int, optional
        Samples to return: ``len(y)`` of the way down; None stops at the last frame's centre.
    seed : int
        Of random phases, which the faint cells of "gradient" have as well.
    n_fft, hop_length, win_length, window, center
        The grid of the way down, as in `stft`; an `n_fft` of None is read off the rows.

    Returns
    -------
    ndarray (..., length)
        What no magnitude tells cannot come back: the sign of the waveform may be flipped.

    Notes
    -----
    ``init="random", gamma=1`` gives what ``librosa.griffinlim`` gives with the generator
    ``np.random.default_rng(seed)``. Sounds of more than 2048 frames are iterated in segments, to
    need little memory; with ``gamma=1`` they are not, to stay equal to librosa's.

    References
    ----------
    Griffin & Lim 1984, https://doi.org/10.1109/TASSP.1984.1164317
    Perraudin, Balazs & Søndergaard 2013, https://doi.org/10.1109/WASPAA.2013.6701851
    Nenov, Nguyen, Balazs & Boţ 2023, https://arxiv.org/abs/2306.12504

    See Also
    --------
    griffin_lim_steps : the same, one iteration at a time. Notebook 02, "Iterate".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> S = np.abs(at.stft(y, n_fft=1024, hop_length=256))
    >>> y_hat = at.griffin_lim(S, n_fft=1024, hop_length=256, length=len(y))
    >>> S_hat = np.abs(at.stft(y_hat, n_fft=1024, hop_length=256))
    >>> y_hat.shape == y.shape, at.spectral_convergence(S_hat, S) < -30
    (True, True)
    """
    grid = Grid.of_spectrum(S, n_fft, hop_length, win_length, window, center)
    stage = keeping(S), dict(n_iter=n_iter, momentum=momentum, gamma=gamma)
    return solve([stage], S, init, grid, length, seed)


def keeping(S):
    """Returns fit_of(first, last), for `engine.solve`: these frames keep the magnitudes `S`."""
    return lambda first, last: engine.keep_magnitude(S.T[first:last])


def solve(stages, S, init, grid, length, seed):
    """Returns the waveform to which stages lead, from magnitudes `S` with the phases of `init`.

    A stage is what the frames are fitted to, and how: (fit_of, steps of `engine.solve`).
    """
    frames, y = _begin(S, init, grid, length, seed)
    for fit_of, steps in stages:
        y = engine.solve(frames, fit_of, y, **steps)
    return y[frames.sound]


@checked(S=Magnitude(alone="watch one sound (rows, frames) at a time"))
def griffin_lim_steps(
    S, *, n_iter=16, momentum=0.99, gamma=1.25, init="gradient", length=None, seed=0,
    n_fft=None, hop_length=None, win_length=None, window="hann", center=True,
):  # fmt: skip
    """Returns a generator of `griffin_lim`'s waveforms: the start, then one per iteration.

    Parameters
    ----------
    S : ndarray (1 + n_fft//2, n_frames)
        Magnitudes, of one sound, which is never cut into segments.
    n_iter, momentum, gamma, init, length, seed, n_fft, hop_length, win_length, window,
    center
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
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> S = np.abs(at.stft(y, n_fft=1024, hop_length=256))
    >>> steps = at.griffin_lim_steps(S, n_iter=4, momentum=0, gamma=1, hop_length=256)
    >>> errors = [error for _, error in steps]
    >>> len(errors), errors == sorted(errors, reverse=True)
    (5, True)
    """
    S = S.copy("K")  # the caller may change it before the last step
    grid = Grid.of_spectrum(S, n_fft, hop_length, win_length, window, center)
    frames, y = _begin(S, init, grid, length, seed)
    project = engine.projection(frames, engine.keep_magnitude(S.T))
    steps = engine.iterate(project, y, n_iter, momentum, gamma)
    guesses = (y[frames.sound].copy() for y in steps)
    return ((y, spectral_convergence(np.abs(stft(y, **grid._asdict())), S)) for y in guesses)


def _begin(S, init, grid, length, seed):
    """Returns the engine's picture of where the frames of `S` lie, and the first waveform."""
    if not isinstance(init, str) and init.shape != S.shape:
        cure = likely.swapped("init") if init.shape == S.shape[::-1] else "pass as many"
        raise ValueError(f"init has phases of shape {init.shape}, S has {S.shape}: {cure}")
    frames = engine.Frames(
        grid.window.astype(S.dtype),
        grid.hop_length,
        grid.weight(length, S.shape[1], S.dtype, guess=True),  # without a name it is not kept
        S.shape[1],
        grid.before,
    )
    phases = _first_phases(S, init, grid, length, seed)
    return frames, frames.join(engine.with_phases(S.T, phases))


def _first_phases(S, init, grid, length, seed):
    """Returns (block, phases) for all frames of `S`, from what `init` names or from itself."""
    if isinstance(init, str) and init == "gradient":
        return engine.gradient_phases(S.T, grid.window, grid.hop_length, seed)
    if isinstance(init, str) and init == "random":
        return engine.random_phases(S.shape, seed)
    if isinstance(init, str) and init == "align":
        aligned = invert_spectrogram(S, length=length, **grid._asdict())
        init = np.angle(stft(aligned, **grid._asdict()))
    elif isinstance(init, str):
        init = np.zeros(S.shape)
    return [(slice(0, S.shape[1]), init.T)]


@each(top_db=depth)
def invert_pretty_spectrogram(
    S_db, *, ref=1.0, top_db=80.0,
    n_iter=16, momentum=0.99, gamma=1.25, init="gradient", length=None, seed=0,
    n_fft=None, hop_length=None, win_length=None, window="hann", center=True,
):  # fmt: skip
    """Returns a waveform from the picture that `pretty_spectrogram` makes.

    Parameters
    ----------
    S_db : ndarray (..., 1 + n_fft//2, n_frames)
        Decibels; cells at the floor or below it are silent.
    ref : float
        The magnitude of 0 dB: what the way down took. With ``np.abs(stft(...)).max()`` the level
        comes back.
    top_db : float
        The floor of the way down lies at -`top_db`.
    n_iter, momentum, gamma, init, length, seed, n_fft, hop_length, win_length, window,
    center
        As in `griffin_lim`.

    Returns
    -------
    ndarray (..., length)

    See Also
    --------
    pretty_spectrogram : the way down. Notebook 02, "Invert the pretty picture".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> ref = np.abs(at.stft(y, n_fft=1024, hop_length=256)).max()
    >>> S_db = at.pretty_spectrogram(y, ref=ref, n_fft=1024, hop_length=256)
    >>> y_hat = at.invert_pretty_spectrogram(S_db, ref=ref, n_fft=1024, hop_length=256)
    >>> bool(abs(y_hat.std() / y.std() - 1) < 0.05)
    True
    """
    _refuse_other_than_pretty(S_db, top_db)
    S = np.where(S_db > -top_db, db_to_amplitude(S_db, ref=ref), S_db.dtype.type(0))
    return griffin_lim(
        S, n_iter=n_iter, momentum=momentum, gamma=gamma, init=init, length=length, seed=seed,
        n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=window,
    )  # fmt: skip


def _refuse_other_than_pretty(S_db, top_db):
    """Refuses what `pretty_spectrogram` does not make: no decibels, or a floor elsewhere."""
    if S_db.min() >= 0 and S_db.max() > 0:
        raise ValueError(
            f"S_db lies in {S_db.min():.3g} ... {S_db.max():.3g}, never below 0, as magnitudes "
            "do: pass decibels, as pretty_spectrogram and amplitude_to_db make them"
        )
    on_the_floor = np.mean(S_db == S_db.min())  # many there, far below the rest: a floor
    if -top_db < S_db.min() < S_db.max() - 20 and on_the_floor > 0.2:
        raise ValueError(
            f"{on_the_floor:.0%} of S_db lie on a floor of {S_db.min():.4g} dB, but top_db="
            f"{top_db:g}: pass the top_db of the way down, and what pretty_spectrogram made"
        )
