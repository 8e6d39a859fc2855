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

* Names of arguments are librosa's where it has them, and so are the results of the steps
  down, to float precision. MFCCs are made of powers: ``make_mel(S, mel_filter, power=2)``,
  and ``power=2`` on the way back up; `make_mel` alone sums magnitudes unless told otherwise.
* Frequency runs along rows, time along columns; options come by keyword.
* Leading dimensions are batches: a batch gives what a loop over its items gives.
* float32 in, float32 out; float64 in, float64 out. Inputs are never changed.
* What happens by chance takes a `seed`; the same seed gives the same result.
* What a function cannot do it refuses, naming the values and the cure.

The *grid* is the set ``n_fft, hop_length, win_length, window, center``. Whoever goes up must
pass the grid that was used on the way down; one dict, passed both ways, remembers it::

    import numpy as np, audiotools as at

    y, sr = at.load_wav("data/slt.wav")
    settings = dict(n_fft=1024, hop_length=256)      # 64 ms frames, 16 ms apart at 16 kHz
    S = np.abs(at.stft(y, **settings))
    y_hat = at.griffin_lim(S, **settings)

This file is the door: every public name, in reading order (help() sorts them). Behind it, in
``staircase/``, is a room for each step, which reads beside its notebook:

==================  =================================================  =====================
``sound.py``        a sound in and out, levels, a band of frequencies  01
``files.py``        reads a file whole, or says what is missing        called by ``sound.py``
``containers.py``   one file behind the other: splits what was joined  called by ``files.py``
``chunks.py``       WAV and other files that say how long they are     by ``containers.py``
``streams.py``      FLAC, Ogg and MP3, frame by frame                  by ``containers.py``
``parts.py``        what these are made of: parts and gaps             by all four
``frames.py``       y <-> D: frames, the transform and its inverse     01
``decibels.py``     levels, and the pretty picture                     01
``phase.py``        S -> y: slide, gradient, Griffin-Lim               02
``mel.py``          S <-> M: the filters, both ways                    03
``cepstrum.py``     M <-> C, and the whole staircase                   04
``pyin.py``         y -> the pitch of each frame                       05
``voice.py``        C and a pitch -> y; the pitch law                  05, 04
``recipes.py``      what a feature is, whoever made it: y <-> X        11
``features.py``     a file of features in                              11
``guess.py``        which recipe an array may be of                    11
``measures.py``     how far from the original                          all
``arguments.py``    what every argument may be, and how it is refused  the ground of all
``likely.py``       what an array probably is, if it is doubted        arguments and others
``engine.py``       where phases are guessed fast                      called by its neighbours
==================  =================================================  =====================

The last names below keep those of the notebook that this course grew from: Tim Sainburg's and
Marvin Thielk's, with functions by Kyle Kastner (https://gist.github.com/kastnerkyle/179d6e9a88202ab0a2fe).
"""

from staircase.arguments import checked, no_such_name as __getattr__  # noqa: F401 librosa's
from staircase.sound import load_wav, save_wav, match_level
from staircase.sound import butter_bandpass, butter_bandpass_filter
from staircase.frames import frame, overlap_add, stft, istft
from staircase.decibels import amplitude_to_db, db_to_amplitude, power_to_db, db_to_power
from staircase.decibels import pretty_spectrogram
from staircase.phase import xcorr_offset, invert_spectrogram, phase_gradient
from staircase.phase import griffin_lim, griffin_lim_steps, invert_pretty_spectrogram
from staircase.mel import hz_to_mel, mel_to_hz, mel_filterbank, create_mel_filter
from staircase.mel import make_mel, mel_to_spectrogram, mel_to_audio
from staircase.cepstrum import mel_to_mfcc, mfcc_to_mel, mfcc, mfcc_to_audio
from staircase.voice import pitch, speak, pitch_limit
from staircase.recipes import Recipe, RECIPES
from staircase.features import load_features
from staircase.guess import guess_recipe
from staircase.measures import spectral_convergence, log_spectral_distance
from staircase.measures import pitch_accuracy, intelligibility

# ----------------------------------------------------------------------------------------
# Names from the gist
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


@checked
def get_filterbanks(sr, n_fft, *, n_mels=20, fmin=0.0, fmax=None):
    """Returns HTK mel filters of peak 1: ``mel_filterbank(..., htk=True, norm=None)``."""
    return mel_filterbank(sr, n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=True, norm=None)


@checked
def overlap(y, frame_length, hop_length):
    """Returns the frames of `y` as rows, a read-only view: `frame` turned on its side."""
    return frame(y, frame_length, hop_length).swapaxes(-1, -2)


def iterate_invert_spectrogram(S, *, n_iter=10, **options):
    """Returns ``griffin_lim(S, init="align", momentum=0, gamma=1)``: slide, then iterate."""
    options = dict(init="align", momentum=0.0, gamma=1.0) | options
    return griffin_lim(S, n_iter=n_iter, **options)


__all__ = [
    "load_wav", "save_wav", "match_level", "butter_bandpass", "butter_bandpass_filter",
    "frame", "overlap_add", "stft", "istft",
    "amplitude_to_db", "db_to_amplitude", "power_to_db", "db_to_power", "pretty_spectrogram",
    "xcorr_offset", "invert_spectrogram", "phase_gradient",
    "griffin_lim", "griffin_lim_steps", "invert_pretty_spectrogram",
    "hz_to_mel", "mel_to_hz", "mel_filterbank", "create_mel_filter",
    "make_mel", "mel_to_spectrogram", "mel_to_audio",
    "mel_to_mfcc", "mfcc_to_mel", "mfcc", "mfcc_to_audio",
    "pitch", "speak", "pitch_limit",
    "Recipe", "RECIPES", "load_features", "guess_recipe",
    "spectral_convergence", "log_spectral_distance", "pitch_accuracy", "intelligibility",
    "hz2mel", "mel2hz", "get_filterbanks", "overlap", "iterate_invert_spectrogram",
]  # fmt: skip
