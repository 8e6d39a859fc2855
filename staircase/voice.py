"""C and a pitch -> y: track a pitch, and speak with it. Notebook 05.

Twenty MFCCs draw the words and not the tune; one pitch number per frame beside them gives it
back (`speak`). `pitch_limit` tells how low a pitch so few numbers can still draw.
"""

import functools

import numpy as np
import scipy  # its parts load when they are named

from . import likely
from .arguments import (
    AUDIBLE,
    COUNT,
    LONGEST_FRAME,
    Whole,
    affordable,
    below_nyquist,
    checked,
    each,
    or_none,
)
from .cepstrum import mfcc, mfcc_to_mel, smooth_levels
from .frames import Grid, frame, refuse_gaps, stft
from .mel import band_edges, highest, hz_to_mel, mel_to_hz
from .pyin import pyin
from .sound import borrowed

_PERIOD = 18  # samples: pyin counts whole ones, and half a sample must fit into the headroom
_HEADROOM = 2 ** (1 / 24)  # at the edge of its range pyin is blind, and hears an octave below
_SWIFT_HZ = 46.875, 2093.75  # what SwiftF0 has learned
_PITCH_LEAP = 35.92  # octaves a second, librosa's: further no voice leaps


@each(frame_length=Whole(1, LONGEST_FRAME), fmin=AUDIBLE)
def pitch(
    y, sr, *, hop_length=256, frame_length=1024, fmin=65.0, fmax=420.0, top_db=34.0, tracker="pyin"
):
    """Returns the pitch of a voice, one number per frame.

    pYIN, told to keep quiet about frames that are nearly silent. It hears periods of
    whole samples; where `fmax` leaves them less than eighteen, the sound is sampled more finely
    first. So the pitch of a steady tone is right within 3 % from `fmin` to `fmax`, if a frame
    holds three periods of it; a tone up to 1 % above is given as `fmax`, a higher one octaves
    lower. Only of clicks, sharper than any voice, must the period be whole samples. A sound
    shorter than two periods has no pitch to hear, and may be given one.

    ``tracker="swift"`` asks SwiftF0 instead, a small network that has learned voices: steadier
    in noise, but deaf to tones without harmonics (``pip install swift-f0``).

    Parameters
    ----------
    y : ndarray (..., n)
        Waveform of one voice or instrument.
    sr : number
        Samples per second.
    hop_length, frame_length : int
        Samples between frames and per frame; frame t is centred on ``t * hop_length``.
    fmin, fmax : float
        Range in Hz in which to look, up to sr/2. The default is for speech; music needs more,
        birds and whistles thousands (above sr/18 up to 9 times the samples are heard, and a wide
        range takes up to ten times as long).
    top_db : float or None
        Frames so far below the loudest count as silence, whatever is heard there; None: none do.
    tracker : {"pyin", "swift"}
        Who listens. "swift" has frames of its own, 16 ms apart, between which its pitch is drawn
        on a line; it takes whole rates, and hears 47 to 2,093 Hz.

    Returns
    -------
    ndarray (..., 1 + n // hop_length)
        Hz, 0 where the sound has no pitch or lies `top_db` below the loudest frame.

    References
    ----------
    M. Mauch, S. Dixon: pYIN, a fundamental frequency estimator using probabilistic
    threshold distributions. ICASSP 2014. https://doi.org/10.1109/ICASSP.2014.6853678

    L. Nieradzik: SwiftF0, fast and accurate monophonic pitch detection. 2025.
    https://github.com/lars76/swift-f0

    See Also
    --------
    pitch_accuracy : compares two of these. Notebook 03, "Hear the number of bands".

    Examples
    --------
    >>> import numpy as np, audiotools as at
    >>> t = np.arange(8000) / 16000
    >>> f0 = at.pitch(np.sin(2 * np.pi * 200 * t), 16000)
    >>> round(float(np.median(f0)))
    200
    """
    _refuse_untrackable(len(y), sr, hop_length, frame_length, fmin, fmax)
    track = {"pyin": _by_pyin, "swift": _by_swift}[tracker]
    peak, exponent = np.frexp(float(np.abs(y).max()))
    sound = np.ldexp(y.astype(np.float64), -exponent)  # double: librosa 1.0 warns when it meets
    sound -= sound.mean()  # both; and a peak near 1, for squares within range
    sound = np.pad(sound, (frame_length // 2, frame_length - frame_length // 2))
    f0 = np.minimum(track(sound, sr, hop_length, frame_length, fmin, fmax), fmax)
    power = np.mean(frame(sound, frame_length, hop_length) ** 2, axis=0)
    rounding = (1e-9 * peak) ** 2  # what is left of a constant without its mean
    silent = 0 if top_db is None else power.max() * 10 ** (-top_db / 10)
    loud = power > max(silent, rounding)
    return np.where(loud, f0, 0).astype(y.dtype)


def _by_pyin(sound, sr, hop_length, frame_length, fmin, fmax):
    """Returns the pitch in Hz of every frame of a padded sound, 0 for none, as pyin hears it."""
    finer, leap = _how_finely(fmax, sr), _leap(fmin, fmax, hop_length / sr)
    fine = scipy.signal.resample(sound, finer * len(sound)) if finer > 1 else sound
    grid = finer * sr, finer * hop_length, finer * frame_length
    return pyin(fine, *grid, fmin, _HEADROOM * fmax, leap)


def _by_swift(sound, sr, hop_length, frame_length, fmin, fmax):
    """The same as SwiftF0 hears it, whose frames are its own."""
    low, high = _SWIFT_HZ
    if sr % 1:
        raise ValueError(f'sr={sr} is no whole rate, which tracker="swift" needs: use "pyin"')
    if fmin < low or fmax > high:
        raise ValueError(
            f'tracker="swift" hears {low:g} to {high:g} Hz, not fmin={fmin:g} Hz, '
            f'fmax={fmax:g} Hz: choose others, or use tracker="pyin"'
        )
    heard = _swift().detect(sound, int(sr), fmin=fmin, fmax=fmax)
    n_frames = 1 + (len(sound) - frame_length) // hop_length
    seconds = (frame_length // 2 + hop_length * np.arange(n_frames)) / sr
    nearest = np.round(seconds / heard.timestamps[1]).astype(int)
    voiced = heard.confidence >= 0.5
    if not voiced.any():
        return np.zeros(n_frames)
    hz = np.exp2(np.interp(seconds, heard.timestamps[voiced], np.log2(heard.pitch_hz[voiced])))
    return np.where(voiced[np.minimum(nearest, len(voiced) - 1)], hz, 0)


@functools.cache
def _swift():
    """Returns the network; it is loaded once, and works in one thread, as pyin does."""
    return borrowed("swift_f0", "SwiftF0")(threads=1, spin=False)


def _refuse_untrackable(n, sr, hop_length, frame_length, fmin, fmax):
    """Refuses frames and ranges in which no pitch of `n` samples can be tracked."""
    refuse_gaps(hop_length, frame_length, "frame_length")
    if hop_length < frame_length // 64:
        raise ValueError(
            f"hop_length={hop_length} is hardly a step for frame_length={frame_length}: choose at "
            f"least {frame_length // 64}; a quarter of it, {frame_length // 4}, is usual"
        )
    if below_nyquist(fmax, "fmax", sr) < fmin * 2 ** (1 / 12):
        raise ValueError(
            f"fmin={fmin:g} Hz must lie below fmax={fmax:g} Hz by a semitone: choose a wider range"
        )
    if frame_length < 2 * sr / fmin + 2:
        raise ValueError(
            f"frame_length={frame_length} holds less than two periods of fmin={fmin:g} Hz: "
            f"use at least {int(2 * sr / fmin) + 3} samples, or a higher fmin"
        )
    shape = (_how_finely(fmax, sr) * frame_length, 1 + n // hop_length)
    cure = "choose a longer hop_length, or cut y"
    affordable(shape, np.float64, "pitch with frames", cure, copies=2)  # measured


def _how_finely(fmax, sr):
    """Returns how many times more samples pyin needs to hear `fmax` Hz: 1 to 9."""
    return max(1, int(np.ceil(_PERIOD * fmax / sr)))


def _leap(fmin, fmax, seconds):
    """Returns how many semitones a voice may leap, up and down together, between two frames.

    One at least, or it could not even glide, and no more than lie between fmin and fmax.
    """
    semitones = np.clip(12 * _PITCH_LEAP * seconds, 1, np.floor(12 * np.log2(fmax / fmin)))
    return int(np.rint(semitones))


@each(n_mels=Whole(2), hop_length=or_none(COUNT))
def speak(C, f0, sr, *, n_mels=128, n_fft=512, hop_length=256, n_passes=2, length=None, seed=0):
    """Returns a voice that says the MFCCs `C` at the pitch `f0`: a pitch vocoder.

    A voice is a source and a filter. The source is made from the pitch: where there is one,
    a pulse for every period, elsewhere noise. The filter is what `C` still draws of the
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
        Those of the way down (`hop_length` None is a quarter of `n_fft`). A frame should hold
        two periods of the voice, hardly more: with ten it speaks some 5 dB too loud.
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
    >>> import numpy as np, audiotools as at
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> f0 = at.pitch(y, sr)
    >>> higher = at.speak(at.mfcc(y, sr, n_fft=512, hop_length=256), 1.5 * f0, sr, length=len(y))
    >>> both = (f0 > 0) & (at.pitch(higher, sr) > 0)
    >>> round(float(np.median(at.pitch(higher, sr)[both] / f0[both])), 1)
    1.5
    """
    mfcc_to_mel(C, n_mels=n_mels)  # refuses what is no cepstrum
    _refuse_other_pitch(f0, C, sr)
    grid = Grid.of(n_fft, hop_length, None, "hann")
    weight = grid.weight(length, len(f0), C.dtype, guess=True)
    centres = band_edges(n_mels, 0.0, sr / 2, htk=False)[1:-1]
    bins = np.clip(np.fft.rfftfreq(grid.n_fft, 1 / sr), centres[0], centres[-1])
    y = source(f0, sr, grid.hop_length, len(weight), seed).astype(C.dtype)
    for _ in range(n_passes):
        lacking = C - mfcc(y, sr, n_mfcc=len(C), n_mels=n_mels, **grid._asdict())
        lacking_db = smooth_levels(lacking, n_mels)
        lacking_db = scipy.interpolate.make_interp_spline(centres, lacking_db, k=1)(bins)
        D = stft(y, **grid._asdict()) * 10 ** (lacking_db.astype(C.dtype) / 20)
        y = grid.join(D, weight)
    return y


def _refuse_other_pitch(f0, C, sr):
    """Refuses a pitch of other frames than `C`, or one that no sound at `sr` can have."""
    if C.shape[1] != len(f0):
        cure = likely.swapped("C") if len(C) == len(f0) else "compute both with one hop_length"
        raise ValueError(f"C has {C.shape[1]} frames, f0 has {len(f0)}: {cure}")
    if f0.any():
        below_nyquist(AUDIBLE(f0.max(), "f0"), "f0", sr)


def source(f0, sr, hop_length, length, seed):
    """Returns pulses at the pitch `f0`, noise where it is 0, both of power 1."""
    frames = np.arange(length) / hop_length  # where each sample lies
    noise = np.random.default_rng(seed).normal(size=length)
    voiced = f0 > 0
    if not voiced.any():
        return noise
    hz = np.interp(frames, np.flatnonzero(voiced), f0[voiced])
    turns = np.floor(np.cumsum(hz / sr))  # a new turn, a pulse
    pulses = np.diff(turns, prepend=0) * np.sqrt(sr / hz)
    return np.where(voiced[np.rint(frames).astype(int).clip(max=len(f0) - 1)], pulses, noise)


@checked
def pitch_limit(n_numbers, sr, *, n_mels=128, fmin=0.0, fmax=None, htk=False):
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
        Samples per second.
    n_mels, fmin, fmax, htk
        The mel filters of the way down, as in `mfcc`; of a mel spectrum itself, `n_mels` = K.
        Slaney's scale is straight below 1 kHz, as the formula assumes; HTK's bends from the
        start, and with it a voice needs more numbers than this says.

    Returns
    -------
    float
        Hz: ``2 * span * n/(n + 1) / K``, with n = `n_mels` and span the whole mel axis measured
        in Hz at its low end (mels from fmin to fmax, times Hz per mel at fmin).

    See Also
    --------
    pitch : measures. Notebook 04, "The pitch law".

    Examples
    --------
    >>> import audiotools as at
    >>> round(at.pitch_limit(20, 16000)), round(at.pitch_limit(40, 16000))
    (299, 150)
    """
    low, high = hz_to_mel(np.array([fmin, highest(fmin, fmax, sr)]), htk=htk)
    hz_per_mel = np.diff(mel_to_hz(low + np.array([0, 1e-3]), htk=htk))[0] / 1e-3
    span = (high - low) * hz_per_mel
    return float(2 * span * n_mels / (n_mels + 1) / n_numbers)
