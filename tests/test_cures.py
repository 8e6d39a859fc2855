"""Cures lead home: who follows the sentence of an error gets the right sound.

Features are passed as what they are not: as logarithms, with frames in rows, mel spectra as
spectrograms, MFCCs as mel spectra. The cure is read off the message and carried out. Right
features of all usual settings raise no doubt.
"""

import dataclasses
import inspect
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import audiotools as at
import corpus
from staircase import likely
from staircase.arguments import FOREIGN, FUNCTIONS_ELSEWHERE, NAMES
from staircase.frames import Grid

GRID = dict(n_fft=1024, hop_length=256)
README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
NOISE = 0.1 * np.random.default_rng(0).normal(size=48000)


class Voice:
    """A voice and its features."""

    def __init__(self, y, sr):
        self.y, self.sr = y, sr
        self.D = at.stft(y, **GRID)
        self.S = np.abs(self.D)
        self.W = at.mel_filterbank(sr, 1024, n_mels=80)
        self.M = at.make_mel(self.S, self.W)
        self.P = at.make_mel(self.S, self.W, power=2)
        self.C = at.mel_to_mfcc(self.P)
        self.up = dict(hop_length=256, length=len(y))


@pytest.fixture(scope="module")
def v(voice):
    return Voice(*voice)


def follow(words, **names):
    """Returns what the expression is worth that the message says to pass."""
    expression = re.search(r"pass (.+?)(, and| and |, or |, of |; |\. If| \(of| \(in|$)", words)[1]
    return eval(expression, vars(at) | dict(np=np) | names)


@pytest.fixture
def told(trust):
    """A function that returns in which words a call warns that goes on, "" if it does not."""

    def called(function, *args, **options):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            function(*args, **options)
        assert all(w.filename == __file__ and w.category is UserWarning for w in caught)
        words = "".join({str(w.message) for w in caught})
        assert len(words) < 300 and "\n" not in words
        trust(warned=bool(words))
        return words

    return called


# --- logarithms -------------------------------------------------------------------------

LOG_MELS = {  # who makes such, of magnitudes or powers, the features, what they are called
    "HiFi-GAN": (1, lambda M: np.log(np.maximum(M, 1e-5)), "natural logarithms"),
    "Vocos": (1, lambda M: np.log(np.maximum(M, 1e-7)), "natural logarithms"),
    "torchaudio": (2, lambda M: np.log(M + 1e-6), "natural logarithms"),
    "Parallel WaveGAN": (1, lambda M: np.log10(np.maximum(M, 1e-10)), "log10"),
    "log10 of powers": (2, lambda M: np.log10(np.maximum(M, 1e-10)), "log10"),
    "power_to_db": (2, lambda M: 10 * np.log10(M / M.max()), "decibels"),
    "Whisper": (2, lambda M: (np.maximum(np.log10(M), np.log10(M).max() - 8) + 4) / 4, "Whisper"),
}


@pytest.mark.parametrize("who", LOG_MELS)
def test_a_mel_of_logarithms_is_named_and_its_cure_gives_the_right_sound(who, v, attempt):
    power, down, called = LOG_MELS[who]
    right = v.M if power == 1 else v.P
    features = down(right)
    words = str(attempt(at.mel_to_audio, features, v.W, hop_length=256, names=["M"]))
    assert f"looks like {called}" in words or f"scaled by {called}" in words
    assert f"power={power}" in words
    level = right.max() if who == "power_to_db" else 1
    mended = level * follow(words, M=features)
    y = at.mel_to_audio(mended, v.W, power=power, **v.up)
    best = at.mel_to_audio(right, v.W, power=power, **v.up)
    assert at.intelligibility(y, v.y, v.sr) > at.intelligibility(best, v.y, v.sr) - 0.02
    again = at.make_mel(np.abs(at.stft(y, **GRID)), v.W, power=power)
    assert at.log_spectral_distance(again, right) < 4  # of powers twice as many dB


def test_decibels_of_magnitudes_have_their_own_cure(v):
    with pytest.raises(ValueError, match=r"of amplitude_to_db: db_to_amplitude\(M\) and power=1"):
        at.mel_to_audio(at.amplitude_to_db(v.M), v.W)


LOG_SPECTRA = {
    "np.log": (np.log, lambda S: np.exp(S)),
    "np.log of powers": (lambda S: 2 * np.log(S), lambda S: np.exp(S / 2)),
    "np.log10": (np.log10, lambda S: 10**S),
    "log10 of powers": (lambda S: 2 * np.log10(S), lambda S: 10 ** (S / 2)),
    "amplitude_to_db": (at.amplitude_to_db, at.db_to_amplitude),
}


@pytest.mark.parametrize("kind", LOG_SPECTRA)
@pytest.mark.parametrize("function", [at.griffin_lim, at.make_mel, at.log_spectral_distance])
def test_a_spectrum_of_logarithms_finds_its_cure_in_the_message(kind, function, v, attempt):
    down, up = LOG_SPECTRA[kind]
    features = down(np.maximum(v.S, 1e-5))
    second = {at.make_mel: [v.W], at.log_spectral_distance: [v.S]}.get(function, [])
    words = str(attempt(function, features, *second))
    name = next(iter(inspect.signature(function).parameters))
    cures = re.findall(r"(?:np\.exp|db_to_amplitude)\([^()]+\)|10 \*\* (?:\w+|\(.+?\))", words)
    with np.errstate(over="ignore"):  # by the others
        values = [eval(cure, vars(at) | {"np": np, name: features}) for cure in cures]
    assert any(np.allclose(value, up(features)) for value in values)
    if not kind.endswith("powers"):  # the first that is named is the right one
        assert np.allclose(follow(words, **{name: features}), up(features))


def test_standardised_features_are_undone_first(v, attempt):
    log_M = np.log(np.maximum(v.M, 1e-5))
    mean, spread = log_M.mean(axis=1, keepdims=True), log_M.std(axis=1, keepdims=True)
    words = str(attempt(at.mel_to_audio, (log_M - mean) / spread, v.W))
    assert "looks standardised" in words
    undone = eval("M * spread + mean", dict(M=(log_M - mean) / spread, spread=spread, mean=mean))
    assert "M * spread + mean" in words and np.allclose(undone, log_M, atol=1e-4)
    again = str(attempt(at.mel_to_audio, undone, v.W))
    assert np.allclose(follow(again, M=undone), np.maximum(v.M, 1e-5), rtol=1e-4)


@pytest.mark.parametrize("name", ["M", "S"])
def test_levels_scaled_to_one_raise_a_doubt(name, v, told):
    level = at.amplitude_to_db(getattr(v, name), ref=getattr(v, name).max(), top_db=80) / 80 + 1
    level.flat[-1] = 0
    function, *second = (at.mel_to_spectrogram, v.W) if name == "M" else (at.make_mel, v.W)
    words = told(function, level, *second)
    right = np.maximum(getattr(v, name) / getattr(v, name).max(), 1e-4)
    assert np.allclose(eval(f"db_to_amplitude(80 * {name} - 80)", vars(at) | {name: level}), right)
    assert f"db_to_amplitude(80 * {name} - 80)" in words
    assert not told(function, getattr(v, name) / getattr(v, name).max(), *second)


def test_powers_scaled_to_one_raise_no_doubt_though_bands_are_unheard_or_frames_silent(told):
    P = np.abs(at.stft(NOISE, **GRID)) ** 2
    W = at.mel_filterbank(16000, 1024, n_mels=20)
    M = at.make_mel(P, W)
    M[3], M[:, :5] = 0, 0  # a filter between two bins, and silence
    M /= M.max()
    assert M.min() == 0 and np.median(M) > 0.1
    assert not told(at.mel_to_spectrogram, M, W)


TACOTRON = {(-4, 4): "12.5 * M - 30", (-1, 1): "50 * M - 30", (0, 1): "100 * M - 80"}


@pytest.mark.parametrize("low, high", TACOTRON)
def test_tacotrons_scaling_is_named_and_its_cure_gives_the_right_mel(low, high, v, attempt, told):
    scaled = low + (high - low) * (at.amplitude_to_db(v.M, top_db=None) - 20 + 100) / 100
    scaled = np.clip(scaled, low, high)
    if low < 0:
        words = str(attempt(at.mel_to_audio, scaled, v.W, hop_length=256))
        assert f"scaled to {low} ... {high}, as Tacotron's" in words and "power=1" in words
        mended = follow(words, M=scaled)
    else:
        words = told(at.mel_to_spectrogram, scaled, v.W, n_iter=0)
        cure = re.search(r"or (db_to_amplitude\(.+?\)) of Tacotron's", words)[1]
        mended = eval(cure, vars(at) | dict(M=scaled))
    assert TACOTRON[low, high] in words
    assert np.allclose(mended, np.clip(v.M, 1e-4, 10), rtol=1e-4)  # -80 ... 20 dB is what was kept


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("feature", ["M", "C"])
def test_what_was_standardised_in_each_band_is_told_what_it_lacks(feature, axis, v, attempt, told):
    x = np.log(np.maximum(v.M, 1e-5)) if feature == "M" else v.C
    mean, spread = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    standard = (x - mean) / spread
    words = str(attempt(at.mel_to_audio, standard if axis else standard.T, v.W))
    assert "looks standardised" in words and "MFCCs: mfcc_to_audio" in words
    again = eval("M * spread + mean", dict(M=standard, spread=spread, mean=mean))
    assert "M * spread + mean" in words and np.allclose(again, x, atol=1e-3)  # of up to 500
    for lacking, its_spread in ((standard, spread), (x - mean, 1)):
        words = told(at.mfcc_to_mel, lacking)
        again = eval("C * spread + mean", dict(C=lacking, spread=its_spread, mean=mean))
        assert "C * spread + mean" in words and np.allclose(again, x, atol=1e-3)
    assert "mean of each band was taken out" in str(attempt(at.mel_to_audio, x - mean, v.W))


def test_kaldis_logarithms_are_named_and_undone(v, told, attempt):
    """Natural logarithms of powers of 16-bit samples, above zero or not."""
    P = at.make_mel(32768 * v.S, v.W, power=2)
    above = np.log(np.maximum(P, 10))
    words = told(at.mel_to_spectrogram, above, v.W, n_iter=0)
    assert "Kaldi" in words and "power=2" in words
    assert np.allclose(follow(words, M=above), np.maximum(v.P, 10 / 32768**2), rtol=1e-3)
    for below in (np.log(P / 512), np.log(np.maximum(P, 1) / 32768**2 + 2.0**-52)):
        assert "looks like natural log" in str(attempt(at.mel_to_audio, below, v.W))
    silent = np.log(np.maximum(P * (np.arange(P.shape[1]) > 20), 2.0**-52))  # -36.04
    assert "looks like natural log" in str(attempt(at.mel_to_audio, silent, v.W))


def test_a_log1p_that_shows_is_named(told):
    y, sr = at.load_wav("data/melody.wav")
    W = at.mel_filterbank(sr, 1024, n_mels=80)
    P = at.make_mel(np.abs(at.stft(y, **GRID)), W, power=2)
    compressed = np.log1p(1e4 * P)
    words = told(at.mel_to_spectrogram, compressed, W, n_iter=0)
    assert "np.expm1(M) / a" in words
    assert np.allclose(eval("np.expm1(M) / a", dict(np=np, M=compressed, a=1e4)), P, rtol=1e-3)


def test_what_is_no_logarithm_is_called_what_it_is(v, attempt):
    few = np.where(np.arange(v.S.size).reshape(v.S.shape) % 99 == 3, -0.1, v.S)
    words = str(attempt(at.griffin_lim, few, hop_length=256))
    assert np.array_equal(follow(words, S=few), np.maximum(few, 0))
    words = str(attempt(at.griffin_lim, v.D.real, hop_length=256))
    assert np.array_equal(follow(words, D=v.D), v.S)
    words = str(attempt(at.mel_to_spectrogram, v.M, np.linalg.pinv(v.W).T))
    assert "mel_filterbank" in words and "not its inverse" in words
    words = str(attempt(at.pitch_accuracy, [-1.0, 100.0], [0.0, 100.0]))
    assert "np.maximum(f0, 0) makes 0 of what is below" in words  # 0 is: no pitch


# --- MFCCs, mel spectra and spectra in each other's place -------------------------------


def test_mfccs_given_as_a_mel_go_on_as_mfccs(v, attempt):
    words = str(attempt(at.mel_to_audio, v.C, v.W))
    assert "looks like MFCCs: pass M to mfcc_to_audio, or go on with mfcc_to_mel(M, n_mel" in words
    assert "power=2" in words
    M = at.mfcc_to_mel(v.C, n_mels=80)
    y = at.mel_to_audio(M, v.W, power=2, init="random", **v.up)
    best = at.mfcc_to_audio(v.C, v.sr, n_mels=80, length=len(v.y), **GRID)
    assert at.intelligibility(y, v.y, v.sr) > at.intelligibility(best, v.y, v.sr) - 0.05
    assert "MFCCs with frames in rows: pass M.T" in str(attempt(at.mel_to_audio, v.C.T, v.W))
    assert "looks like MFCCs: pass S to" in str(attempt(at.griffin_lim, v.C))


def test_a_mel_given_as_a_spectrogram_is_told(v, attempt, told):
    assert "mel_to_audio(M, mel_filter)" in told(at.griffin_lim, v.M, n_iter=0)
    refused = attempt(at.griffin_lim, v.M, hop_length=256)  # a hop that no frame of 158 has
    assert "mel_to_audio(M, mel_filter)" in str(refused)
    assert "mel spectrum to mel_to_audio" in str(attempt(at.griffin_lim, v.M, **GRID))
    assert "use it as M" in str(attempt(at.make_mel, v.M, v.W))
    assert "use griffin_lim" in str(attempt(at.mel_to_audio, v.S, v.W))


@pytest.mark.parametrize("n_mels", [20, 40, 64, 80, 96, 100, 128, 160, 256])
@pytest.mark.parametrize("hop", [None, 256, 512])
def test_a_mel_of_any_size_is_no_spectrogram(n_mels, hop, trust):
    M = np.ones((n_mels, 50))
    assert "mel_to_audio" in likely.no_spectrum(M, hop)
    assert "S.T" in likely.no_spectrum(np.ones((529, n_mels)), hop)
    trust(warned=2)


@pytest.mark.parametrize("levels", [lambda M: M, lambda M: 10 * np.log10(M / M.max())])
def test_a_mel_given_as_mfccs_is_told(levels, v, told):
    assert "use mel_to_audio" in told(at.mfcc_to_mel, levels(v.P))


def test_decibels_of_a_mel_given_to_mfcc_to_audio_name_the_cause_and_the_cure_sounds(v, told):
    decibels = 10 * np.log10(np.maximum(v.P, 1e-10))
    words = told(at.mfcc_to_mel, decibels)
    assert "as in a mel spectrum" in words and "10 ** (C / 10) if they are decibels" in words
    mended = eval("10 ** (C / 10)", dict(C=decibels))
    assert np.allclose(mended, np.maximum(v.P, 1e-10), rtol=1e-4)
    assert np.allclose(at.mel_to_mfcc(mended), v.C, atol=1e-3)


def test_mfccs_without_their_first_are_mfccs_still(v, attempt):
    for C in (v.C[1:], v.C[1:13]):
        assert "looks like MFCCs" in str(attempt(at.mel_to_audio, C, v.W))


# --- frames in rows ---------------------------------------------------------------------

CERTAIN = {  # the call with its axes swapped, and what the message says to pass
    "mel_to_audio: M": (lambda v: at.mel_to_audio(v.M.T, v.W), "M.T"),
    "mel_to_spectrogram: M": (lambda v: at.mel_to_spectrogram(v.M.T, v.W), "M.T"),
    "mel_to_spectrogram: filter": (lambda v: at.mel_to_spectrogram(v.M, v.W.T), "mel_filter.T"),
    "mel_to_audio: both": (lambda v: at.mel_to_audio(v.M.T, v.W.T), "mel_filter.T and M.T"),
    "make_mel: filter": (lambda v: at.make_mel(v.S, v.W.T), "mel_filter.T"),
    "make_mel: S": (lambda v: at.make_mel(v.S.T, v.W), "S.T"),
    "make_mel: both": (lambda v: at.make_mel(v.S.T, v.W.T), "mel_filter.T and S.T"),
    "make_mel: a batch": (lambda v: at.make_mel(np.stack([v.S.T] * 2), v.W), "S.T"),
    "griffin_lim: S": (lambda v: at.griffin_lim(v.S.T, **GRID), "S.T"),
    "istft: D": (lambda v: at.istft(v.D.T, **GRID), "D.T"),
    "griffin_lim: init": (lambda v: at.griffin_lim(v.S, init=v.S.T), "init.T"),
    "mfcc_to_mel: C": (lambda v: at.mfcc_to_mel(v.C.T), "C.T"),
    "mfcc_to_audio: C": (lambda v: at.mfcc_to_audio(v.C.T, v.sr), "C.T"),
    "speak: C": (lambda v: at.speak(v.C.T[:50], np.full(50, 99.0), v.sr), "C.T"),
    "distance": (lambda v: at.spectral_convergence(v.S.T, v.S), "estimate.T"),
}


@pytest.mark.parametrize("case", CERTAIN)
@pytest.mark.filterwarnings("ignore:the first column of C")
def test_swapped_axes_are_refused_where_the_other_shape_fits(case, v, attempt):
    call, cure = CERTAIN[case]
    words = str(attempt(call, v))
    assert "did you swap axes? " in words and f" pass {cure}" in words
    if case == "make_mel: a batch":
        mended = eval(re.search(r"in a batch (.+)\)", words)[1], dict(S=np.stack([v.S.T] * 2)))
        assert at.make_mel(mended, v.W).shape == (2, *v.M.shape)


UP = [at.griffin_lim, at.invert_spectrogram, at.phase_gradient, at.iterate_invert_spectrogram]


@pytest.mark.parametrize("function", UP)
def test_a_spectrum_on_its_side_is_told_and_turned_it_sounds(function, v, told):
    S = v.S[:, :100]
    words = told(function, S.T, hop_length=24)
    assert "did you swap axes?" in words and " n_fft=198" in words
    assert np.array_equal(follow(words, S=S.T), S)
    assert not told(function, S, hop_length=256)
    assert not told(function, S.T, n_fft=198, hop_length=24)  # who names it means it


def test_other_spectra_on_their_side_are_told(v, told):
    assert "pass D.T" in told(at.istft, v.D.T, hop_length=66)
    assert "swap axes" in told(at.invert_pretty_spectrogram, at.pretty_spectrogram(v.y, **GRID).T)
    assert "M.T" in told(at.mel_to_mfcc, v.P.T[:, :80])


@pytest.mark.parametrize("n_fft", [256, 400, 480, 512, 1024, 2048])
@pytest.mark.parametrize("n_frames", [5, 10, 100, 126, 265, 300])
def test_noise_on_its_side_is_told_by_its_shape_alone(n_fft, n_frames, trust):
    S = np.abs(at.stft(NOISE, n_fft=n_fft, hop_length=n_fft // 4))[:, :n_frames]
    assert "swap axes" in likely.no_spectrum(S.T, None) or S.shape[1] < n_frames
    trust(warned=1)


@pytest.mark.parametrize("n_frames", [201, 301])  # make a round n_fft themselves
def test_a_voice_on_its_side_is_told_by_its_levels(n_frames, v):
    S = np.abs(at.stft(v.y, n_fft=512, hop_length=160))[:, :n_frames]
    assert "swap axes" in likely.no_spectrum(S.T, 160)
    assert not likely.no_spectrum(S, 160)


ROUND_GRIDS = [(400, 160), (480, 160), (800, 200), (512, 160), (1024, 256), (2048, 512)]


@pytest.mark.parametrize("n_fft, hop_length", ROUND_GRIDS)
@pytest.mark.parametrize("seconds", [2, 3, 4])
def test_whole_seconds_on_their_side_are_told(n_fft, hop_length, seconds, v):
    """Of 2 s at a hop of 10 ms come 201 frames, which make an n_fft of 400: sizes say nothing."""
    y = v.y[: seconds * v.sr]
    S = np.abs(at.stft(y, n_fft=n_fft, hop_length=hop_length))
    assert "did you swap axes" in likely.no_spectrum(S.T, hop_length)
    assert not likely.no_spectrum(S, hop_length) and not likely.no_spectrum(S, None)


@pytest.mark.parametrize("n_mels", [40, 64, 80, 128])
@pytest.mark.parametrize("n_fft, hop_length", ROUND_GRIDS)
def test_a_mel_with_frames_in_rows_is_no_spectrogram_either(n_mels, n_fft, hop_length, v):
    W = at.mel_filterbank(v.sr, n_fft, n_mels=n_mels)
    M = at.make_mel(np.abs(at.stft(v.y, n_fft=n_fft, hop_length=hop_length)), W)
    assert "mel_to_audio" in likely.no_spectrum(M, hop_length)
    assert likely.no_spectrum(M.T, hop_length)


@pytest.mark.parametrize("n_frames", [10, 30, 100, 265])
def test_mfccs_on_their_side_are_told(n_frames, v, told):
    C = v.C[:, 20:][:, :n_frames]
    words = told(at.mfcc_to_mel, C.T.astype(float), n_mels=300)
    assert "did you swap axes?" in words and np.array_equal(follow(words, C=C.T), C)
    assert not told(at.mfcc_to_mel, C)


# --- right features raise no doubt ------------------------------------------------------

SOUNDS = {
    "slt": lambda: at.load_wav("data/slt.wav")[0],
    "kal16": lambda: at.load_wav("data/kal16.wav")[0],
    "melody": lambda: at.load_wav("data/melody.wav")[0],
    "noise": lambda: NOISE,
    "a drum": lambda: NOISE * np.exp(-np.arange(48000) / 8000),
    "a rumble": lambda: np.cumsum(NOISE) / 100,
    "a tone": lambda: np.sin(np.arange(48000)),
    "a note": lambda: np.sin(np.arange(48000)) * np.exp(-np.arange(48000) / 8000),
    "a click": lambda: np.eye(1, 48000, 1000)[0],
}
N_FFTS = (256, 300, 320, 384, 400, 441, 480, 512, 600, 662, 768, 800, 882, 1000, 1023, 1024, 1102)
N_FFTS += (1322, 1410, 1536, 2000, 2048, 2204, 3072, 4096, 6144)
SETTINGS = [(n_fft, n_fft // part) for n_fft in N_FFTS for part in (2, 3, 4, 8)]  # and hop_length
SETTINGS += [(512, 160), (400, 160), (2048, 275), (1024, 441)]
FRAMES = [1, 2, 3, 10, 33, 65, 80, 100, 101, 129, 201, 257, 301, 500, 513, 1000, 1025]


@pytest.mark.parametrize("sound", SOUNDS)
def test_right_features_raise_no_doubt(sound):
    y, tried = SOUNDS[sound](), 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n_fft, hop in SETTINGS:
            whole = np.abs(at.stft(y, n_fft=n_fft, hop_length=hop))
            for S in (whole[:, :n] for n in FRAMES if n <= whole.shape[1]):
                for given in {n_fft, n_fft if n_fft % 2 else None}:
                    for step in (hop, None):
                        Grid.of_spectrum(S, given, step, None, "hann")
                        tried += 1
        for n_mels, n_fft in ((10, 512), (40, 512), (80, 1024), (128, 2048), (256, 4096)):
            W = at.mel_filterbank(16000, n_fft, n_mels=n_mels, htk=n_mels == 80)
            M = at.make_mel(np.abs(at.stft(y, n_fft=n_fft)), W, power=2)
            for n_mfcc in {min(n, n_mels) for n in (13, 20, 80)}:
                for part in (M[:, :n] for n in FRAMES if n <= M.shape[1]):
                    at.mfcc_to_mel(at.mel_to_mfcc(part, n_mfcc=n_mfcc), n_mels=n_mels)
                    at.mel_to_spectrogram(part / (part.max() or 1), W, n_iter=0)
                    tried += 2
    assert tried > 1000


@pytest.mark.parametrize("n_frames", [1, 10, 100, 1000, 10_000])
@pytest.mark.parametrize("n_fft", [256, 512, 1024, 2048, 4096, 400, 1200])
def test_the_longest_spectrum_raises_no_doubt(n_fft, n_frames):
    S = np.broadcast_to(np.float32(1), (1 + n_fft // 2, n_frames))
    assert not any(likely.no_spectrum(S, hop) for hop in (None, n_fft // 2, n_fft // 4, n_fft // 8))


# --- names and keywords from elsewhere --------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS_ELSEWHERE)
def test_a_function_from_elsewhere_is_answered_by_ours(name):
    assert not hasattr(at, name)  # who asks whether it is there is told the truth
    with pytest.raises(AttributeError, match=f"no attribute '{name}': ") as error:
        getattr(at, name)
    words = str(error.value)
    ours = set(re.findall(r"\b[a-z]\w+", words)) & set(at.__all__)
    assert (ours or "librosa.resample" in words or "np.abs(D)" in words) and len(words) < 160


def test_the_answers_give_what_librosa_gives(slt):
    import librosa

    y, sr = slt
    names = vars(at) | dict(np=np, y=y, sr=sr, S=np.abs(at.stft(y)) ** 2)
    ours = eval(FUNCTIONS_ELSEWHERE["melspectrogram"][4:], names)
    assert np.allclose(ours, librosa.feature.melspectrogram(y=y, sr=sr), rtol=1e-3, atol=1e-5)


def test_a_name_that_nobody_has_gets_pythons_words():
    with pytest.raises(AttributeError, match="^module 'audiotools' has no attribute 'banana'$"):
        at.banana  # noqa: B018


FUNCTIONS = [f for f in map(vars(at).get, at.__all__) if inspect.isfunction(f)]
OWN = {f: inspect.signature(f).parameters for f in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_keyword_from_elsewhere_is_answered(function, attempt):
    for keyword in {*FOREIGN, *NAMES, "banana"} - set(OWN[function]):
        if function.__name__ in ("hz2mel", "mel2hz") or "options" in OWN[function]:
            continue  # plain functions: Python's own words, or those of griffin_lim
        result = attempt(function, **{keyword: 1}, names=[keyword])
        assert isinstance(result, TypeError), keyword
        named = re.search(r": use (\w+)$", str(result))
        assert not named or named[1] in OWN[function], result


def gist_keywords():
    """Returns (keyword, what README says of it) for each in its table of the gist's keywords."""
    table = README.split("| keyword in the gist | here |")[1].split("\n\n")[0]
    for row in table.splitlines()[2:]:
        _, left, right, _ = row.split("|")
        yield from ((keyword, right) for keyword in re.findall(r"`(\w+)", left))


@pytest.mark.parametrize("keyword, says", [*gist_keywords()])
def test_readme_and_errors_say_the_same_of_the_gists_keywords(keyword, says):
    answer = FOREIGN.get(keyword)
    if keyword == "mel_to_spectrogram":
        return  # a function in that table
    names = re.findall(r"`(\w+)", says)
    assert any(name in answer for name in names) or "call without it" in answer


@pytest.mark.parametrize("wrong", [dict(dct_type=3), dict(pad_mode="reflect"), dict(mono=True)])
def test_what_librosa_knows_is_not_swallowed(wrong):
    for function in (at.stft, at.griffin_lim, at.load_wav, at.mfcc):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{[*wrong][0]}': "):
            function("data/slt.wav", **wrong)


@pytest.mark.parametrize("recipe", [at.Recipe, corpus.Recipe])
def test_recipes_answer_foreign_keywords_as_functions_do(recipe):
    for foreign, ours in [("fft_size", "n_fft"), ("num_mels", "n_mels"), ("hop", "hop_length")]:
        with pytest.raises(TypeError, match=f"Recipe.*'{foreign}': use {ours}$"):
            recipe(**{foreign: 80})
    with pytest.raises(TypeError, match="'colour': ") as error:
        recipe(colour=3)
    assert len(str(error.value)) < 300
    assert dataclasses.replace(recipe(), n_mels=40).n_mels == 40  # all of it else works as before


def test_options_by_position_are_pointed_to_keywords():
    with pytest.raises(TypeError, match="positional arguments: pass options by keyword, y, n_fft"):
        at.stft(NOISE, 512, 128)


def test_the_way_to_do_it_here_gives_what_librosa_gives(slt):
    """Carries out what the table says of pad_mode, lifter and dct_type."""
    import librosa

    y, sr = slt
    D = at.stft(np.pad(y, 1024 // 2, mode="reflect"), center=False, **GRID)
    assert np.allclose(D, librosa.stft(y, **GRID, pad_mode="reflect"), atol=1e-3)

    grid = dict(sr=sr, **GRID, n_mels=128, n_mfcc=13)
    for ours, theirs in [
        (dict(lifter=22, lifter_from=1), dict(lifter=22)),
        (dict(dct_type=3), dict(dct_type=3)),
    ]:
        C = at.Recipe(**grid, **ours).down(y)
        assert np.allclose(
            C, librosa.feature.mfcc(y=y, sr=sr, n_mfcc=13, **GRID, **theirs), atol=0.02
        )
        all_of_them = at.Recipe(**grid | dict(n_mfcc=128), **ours)
        levels = at.power_to_db(all_of_them.to_mel(all_of_them.down(y)))
        assert np.allclose(levels, at.Recipe(**grid | dict(n_mfcc=None)).down(y), atol=0.02)
