"""Laws that hold whatever the sound and the grid: hypothesis draws them, librosa is the oracle.

A law is a test with @holds(...): it runs on every example that hypothesis draws. The same ones
each time; HYPOTHESIS_PROFILE=deep draws many more, and new ones. They are sorted by the rooms
of the module, each of which has a file of its own tests as well. At the end: many calls at once,
and calls that were stopped half-way.
"""

import functools
import hashlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal
import scipy.special
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some
from numpy.testing import assert_allclose, assert_array_equal

import audiotools as at
from staircase import engine

QUIET = dict(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("course", max_examples=40, derandomize=True, **QUIET)
settings.register_profile("deep", max_examples=1000, **QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "course"))

held = 0  # examples of the law at hand


@pytest.fixture(autouse=True)
def counted(request, trust):
    global held
    held = 0
    yield
    if getattr(request.function, "is_a_law", False):
        trust(properties=1, examples=held)


def holds(examples=None, **strategies):
    """Makes a test of a law: it must hold on every example drawn from the strategies."""

    def decorate(law):
        @functools.wraps(law)
        def on_one_example(**drawn):
            global held
            law(**drawn)
            held += 1

        test = given(**strategies)(on_one_example)
        if examples and settings().max_examples == 40:  # of a slow one not so many
            test = settings(max_examples=examples)(test)
        test.is_a_law = True
        return test

    return decorate


SR = 16000
seeds = some.integers(0, 2**32 - 1)
gains = some.floats(-6, 6).map(lambda x: 10**x)
dtypes = some.sampled_from([np.float32, np.float64])
windows = some.sampled_from(["hann", "hamming", "blackman", "bartlett", "boxcar", ("kaiser", 6.0)])


def roundings(dtype):
    """Returns how far, relative to the largest number, some dozen roundings may lead."""
    return 300 * np.finfo(dtype).eps


def close(a, b, tolerance, size=None):
    """Fails unless a and b differ by less than tolerance, relative to the largest value."""
    assert np.shape(a) == np.shape(b)
    assert_allclose(a, b, rtol=0, atol=tolerance * (np.abs(b).max() if size is None else size))


UP = dict(n_fft=128, hop_length=32)


def picture(y):
    return np.abs(at.stft(y, **UP))


@some.composite
def sounds(draw, shortest=1, longest=3000):
    """Draws a waveform: noise, tones and clicks, partly silent, of any level."""
    n, seed = draw(some.integers(shortest, longest)), draw(seeds)
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    y = rng.normal(size=n) * rng.choice([0, 0.1, 1])
    y += rng.choice([0, 1]) * np.sin(2 * np.pi * rng.uniform(0, 0.5) * t)
    y[rng.integers(n)] += rng.choice([0, 1])
    y[rng.integers(n) :] *= rng.choice([0, 1])
    return (y * draw(gains)).astype(draw(dtypes))


@some.composite
def grids(draw, longest=600, overlap=2):
    """Draws a grid whose windows overlap at least so many times."""
    n_fft = draw(some.integers(8, longest))
    win_length = draw(some.integers(max(4, n_fft // 2), n_fft))
    hop_length = draw(some.integers(max(1, win_length // 16), win_length // overlap))
    window = draw(windows)
    return dict(n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=window)


@some.composite
def spectra(draw, rows=None, lowest=-6):
    """Draws magnitudes whose cells differ by many orders, some of them 0."""
    rng = np.random.default_rng(draw(seeds))
    shape = rows or draw(some.integers(2, 40)), draw(some.integers(1, 20))
    S = 10 ** rng.uniform(lowest, 2, size=shape) * (rng.random(shape) < 0.9)
    return S.astype(draw(dtypes))


# --- sound ------------------------------------------------------------------------------


@holds(samples=some.lists(some.integers(-(2**15), 2**15 - 1), min_size=1, max_size=400))
def test_every_16_bit_sample_survives_a_file(samples):
    y = np.float32(samples) / 2**15
    with tempfile.TemporaryDirectory() as folder:
        at.save_wav(f"{folder}/x.wav", y, SR)
        back, sr = at.load_wav(f"{folder}/x.wav")
    assert sr == SR
    assert_array_equal(back, y)


@holds(y=sounds(), sr=some.integers(200, 10**7))
def test_a_file_keeps_rate_and_samples_to_half_a_step(y, sr):
    y = y / max(1, np.abs(y).max())
    with tempfile.TemporaryDirectory() as folder:
        at.save_wav(f"{folder}/x.wav", y, sr)
        back, its_sr = at.load_wav(io.BytesIO(open(f"{folder}/x.wav", "rb").read()))
    assert its_sr == sr and len(back) == len(y)
    near = np.abs(back - y) <= 2**-16
    assert np.all(near | (y > 1 - 2**-15) & (back == 1 - 2**-15))  # full scale has no code


@holds(y=sounds(), reference=sounds())
def test_matching_a_level_twice_is_matching_it_once(y, reference):
    once = at.match_level(y, reference)
    rms, wanted = (np.sqrt(np.mean(np.square(x.astype(float)))) for x in (once, reference))
    assert np.abs(once).max() <= 1 + 1e-6 and once.dtype == y.dtype
    assert rms <= wanted * (1 + 1e-5) + 1e-300
    if y.any() and np.abs(once).max() < 0.999:
        assert_allclose(rms, wanted, rtol=1e-5)
    close(at.match_level(once, reference), once, 1e-5)


bands = some.tuples(some.floats(1, 7900), some.floats(1.01, 50)).map(
    lambda band: (band[0], min(band[0] * band[1], 7990.0))
)


@holds(band=bands, order=some.integers(1, 12))
def test_a_band_pass_is_three_decibels_down_at_its_edges(band, order):
    assume(band[1] >= 20 and band[1] > 1.005 * band[0])
    sections = at.butter_bandpass(*band, SR, order=order)
    _, gain = scipy.signal.sosfreqz(sections, worN=[*band, np.sqrt(band[0] * band[1])], fs=SR)
    assert_allclose(np.abs(gain[:2]), np.sqrt(0.5), rtol=1e-2)
    assert np.abs(gain[2]) <= 1.001


@holds(x=sounds(300, 300), y=sounds(300, 300), a=some.floats(-9, 9), k=some.integers(0, 99))
def test_a_filter_is_linear_causal_and_the_same_at_all_times(x, y, a, k):
    def band(z):
        return at.butter_bandpass_filter(z, 300, 5000, SR)

    x, y = x.astype(float), y.astype(float)
    size = abs(a) * np.abs(x).max() + np.abs(y).max()
    close(band(a * x + y), a * band(x) + band(y), 1e-11, size)
    later = band(np.concatenate([np.zeros(k), y]))
    assert not later[:k].any()
    assert_array_equal(later[k:], band(y))


# --- frames -----------------------------------------------------------------------------


@holds(y=sounds(), grid=grids())
def test_stft_equals_librosa(y, grid):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that n_fft is long for so short a sound
        theirs = librosa.stft(y.astype(float), **grid)
    size = np.abs(y).max() * grid["win_length"]
    close(at.stft(y, **grid), theirs, roundings(y.dtype), size)


@holds(x=sounds(300, 300), y=sounds(300, 300), a=some.floats(-9, 9), grid=grids())
def test_stft_is_linear(x, y, a, grid):
    x, y = x.astype(float), y.astype(float)
    both = at.stft(a * x + y, **grid)
    size = (abs(a) * np.abs(x).max() + np.abs(y).max()) * grid["win_length"]
    close(both, a * at.stft(x, **grid) + at.stft(y, **grid), roundings(float), size)


@holds(y=sounds(), k=some.integers(0, 5), grid=grids())
def test_silence_before_a_sound_shifts_its_frames(y, k, grid):
    later = np.concatenate([np.zeros(k * grid["hop_length"], y.dtype), y])
    assume(len(y) >= grid["n_fft"] % 2)
    assert_array_equal(at.stft(later, **grid)[:, k:], at.stft(y, **grid))


@holds(n=some.integers(1, 5000), grid=grids(), dtype=dtypes)
def test_the_number_of_frames(n, grid, dtype):
    n_fft, hop = grid["n_fft"], grid["hop_length"]
    assume(n >= n_fft % 2)
    D = at.stft(np.ones(n, dtype), **grid)
    assert D.shape == (1 + n_fft // 2, 1 + (n - n_fft % 2) // hop)
    if n >= n_fft:
        assert at.frame(np.ones(n), n_fft, hop).shape == (n_fft, 1 + (n - n_fft) // hop)
    if hop * (D.shape[1] - 1) + n_fft % 2 > 0:
        back = at.istft(D, **grid)
        assert len(back) == hop * (D.shape[1] - 1) + n_fft % 2


def window_of(grid):
    """Returns the window of a grid, in the middle of n_fft samples."""
    values = scipy.signal.get_window(grid["window"], grid["win_length"])
    return librosa.util.pad_center(values, size=grid["n_fft"])


@holds(y=sounds(), grid=grids())
def test_every_frame_keeps_its_energy(y, grid):
    n_fft = grid["n_fft"]
    frames = at.frame(np.pad(y.astype(float), n_fft // 2), n_fft, grid["hop_length"])
    energy = np.sum((frames.T * window_of(grid)) ** 2, axis=1)
    twice = np.full(1 + n_fft // 2, 2.0)  # all rows but 0 and Nyquist stand for two
    twice[0 if n_fft % 2 else [0, -1]] = 1
    S = np.abs(at.stft(y.astype(float), **grid))
    close(twice @ S**2 / n_fft, energy, roundings(float))


def heard(n, grid):
    """Returns how much of each of n samples the frames hear, relative to the window's peak."""
    window = window_of(grid) ** 2
    n_frames = 1 + (n + 2 * (grid["n_fft"] // 2) - grid["n_fft"]) // grid["hop_length"]
    weight = np.zeros(n + 2 * grid["n_fft"])
    for t in range(n_frames):
        start = t * grid["hop_length"]
        weight[start : start + grid["n_fft"]] += window
    return weight[grid["n_fft"] // 2 :][:n] / window.max()


@holds(y=sounds(shortest=8), grid=grids())
def test_istft_undoes_stft(y, grid):
    assume(len(y) >= grid["n_fft"] % 2 + 1)
    back = at.istft(at.stft(y, **grid), length=len(y), **grid)
    assert back.dtype == y.dtype
    # A sample that is hardly heard, at the end, is divided by little: rounding grows as much.
    weight = heard(len(y), grid)
    close((back - y) * weight, 0 * y, 10 * roundings(y.dtype), np.abs(y).max())


@holds(seed=seeds, n_frames=some.integers(2, 12), grid=grids(overlap=3))
def test_istft_equals_librosa_on_what_is_no_sound(seed, n_frames, grid):
    rng = np.random.default_rng(seed)
    shape = 1 + grid["n_fft"] // 2, n_frames
    D = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    n = grid["hop_length"] * (n_frames - 1) + grid["n_fft"] % 2
    weight = heard(n, grid)  # librosa divides by other little weights than we do
    ours, theirs = at.istft(D, **grid), librosa.istft(D, **grid)[:n]
    close((ours * weight)[: len(theirs)], theirs * weight[: len(theirs)], 1e-12)


@holds(seed=seeds, size=some.tuples(*[some.integers(1, 40)] * 3))
def test_overlap_add_is_the_adjoint_of_frame(seed, size):
    frame_length, hop, n_frames = size
    rng = np.random.default_rng(seed)
    y = rng.normal(size=frame_length + hop * (n_frames - 1))
    F = rng.normal(size=(frame_length, n_frames))
    there, back = at.frame(y, frame_length, hop), at.overlap_add(F, hop)
    assert_allclose(np.sum(there * F), y @ back, atol=1e-9)
    assert_array_equal(at.overlap(y, frame_length, hop), at.frame(y, frame_length, hop).T)


# --- decibels ---------------------------------------------------------------------------


@holds(S=spectra(), ref=gains, top_db=some.one_of(some.none(), some.floats(1, 200)))
def test_decibels_equal_librosas(S, ref, top_db):
    ours = at.amplitude_to_db(S, ref=ref, top_db=top_db)
    theirs = librosa.amplitude_to_db(S, ref=ref, top_db=top_db)
    assert ours.dtype == S.dtype
    assert_allclose(ours, theirs, rtol=0, atol=300 * roundings(S.dtype))


@holds(S=spectra(), ref=gains)
def test_decibels_come_back_as_amplitudes(S, ref):
    back = at.db_to_amplitude(at.amplitude_to_db(S, ref=ref, top_db=None), ref=ref)
    assume(ref > 1e-5)
    assert_allclose(back, np.maximum(S, 1e-5), rtol=10 * roundings(S.dtype))


@holds(S=spectra(lowest=-2), gain=some.floats(0.1, 1000), top_db=some.floats(10, 80))
def test_a_gain_adds_decibels_and_the_floor_goes_along(S, gain, top_db):
    S = S.astype(float) + 0.01  # above the absolute floor
    louder = at.amplitude_to_db(gain * S, top_db=top_db)
    close(louder, at.amplitude_to_db(S, top_db=top_db) + 20 * np.log10(gain), 1e-12)


@holds(S=spectra(), top_db=some.floats(1, 80))
def test_a_floor_that_is_there_stays(S, top_db):
    S_db = at.amplitude_to_db(S, top_db=top_db)
    assert S_db.max() - S_db.min() <= top_db * (1 + 1e-6)
    again = at.amplitude_to_db(at.db_to_amplitude(S_db), top_db=top_db)
    assert_allclose(again, S_db, rtol=0, atol=300 * roundings(S.dtype))


@holds(y=sounds(), gain=some.integers(-20, 20), top_db=some.floats(1, 120))
def test_the_pretty_picture_does_not_know_the_level(y, gain, top_db):
    grid = dict(n_fft=64, hop_length=16)
    S_db = at.pretty_spectrogram(y, top_db=top_db, **grid)
    assert S_db.dtype == y.dtype and S_db.min() >= -y.dtype.type(top_db) and S_db.max() <= 0
    louder = y * y.dtype.type(2.0**gain)
    assert_array_equal(at.pretty_spectrogram(louder, top_db=top_db, **grid), S_db)


# --- phase ------------------------------------------------------------------------------

inits = some.sampled_from(["gradient", "random", "zero", "align"])


@holds(y=sounds(400, 1200), init=inits, gain=some.integers(-20, 20), seed=seeds, examples=60)
def test_an_inversion_scales_with_its_picture(y, init, gain, seed):
    S = picture(y)
    options = dict(n_iter=3, init=init, seed=seed, length=len(y), **UP)
    once = at.griffin_lim(S, **options)
    assert once.shape == y.shape and once.dtype == y.dtype
    louder = at.griffin_lim(S * y.dtype.type(2.0**gain), **options)
    close(louder, once * 2.0**gain, 1e-3 if y.dtype == np.float32 else 1e-9)
    assert_array_equal(at.griffin_lim(S, **options), once)  # the same seed, the same sound


@holds(y=sounds(400, 1200), init=inits, seed=seeds)
def test_error_never_rises_without_momentum(y, init, seed):
    S = picture(y).astype(float)
    twice = np.sqrt(np.r_[1, np.full(63, 2), 1])[:, None]  # rows that stand for two
    steps = at.griffin_lim_steps(S, n_iter=6, momentum=0, gamma=1, init=init, seed=seed, **UP)
    (start, _), *_, (last, error) = every = list(steps)
    errors = [np.linalg.norm(twice * (picture(y) - S)) for y, _ in every]
    assert len(errors) == 7 and np.all(np.diff(errors) <= 1e-9 * np.linalg.norm(S))
    options = dict(momentum=0, gamma=1, init=init, seed=seed, **UP)
    assert_array_equal(last, at.griffin_lim(S, n_iter=6, **options))
    assert_array_equal(start, at.griffin_lim(S, n_iter=0, **options))
    assert error == at.spectral_convergence(picture(last), S)


@holds(y=sounds(400, 1200))
def test_the_true_phases_are_a_fixed_point(y):
    D = at.stft(y.astype(float), **UP)
    for n_iter in (0, 3):
        back = at.griffin_lim(np.abs(D), n_iter=n_iter, init=np.angle(D), length=len(y), **UP)
        n = len(y) - 64  # behind the last centre a guess is softened
        close(back[:n], y[:n].astype(float), 1e-9, np.abs(y).max())


@holds(y=sounds(400, 1200), gain=some.integers(-20, 20), seed=seeds)
def test_phases_do_not_know_the_level(y, gain, seed):
    S = picture(y)
    phases = at.phase_gradient(S, seed=seed, **UP)
    assert phases.shape == S.shape and np.abs(phases).max() <= np.float32(np.pi)
    assert_array_equal(at.phase_gradient(S * y.dtype.type(2.0**gain), seed=seed, **UP), phases)


@holds(y=sounds(400, 1200), gain=some.integers(-9, 9))
def test_sliding_scales_and_needs_no_chance(y, gain):
    S = picture(y).astype(float)
    slid = at.invert_spectrogram(S, **UP)
    assert_array_equal(at.invert_spectrogram(2.0**gain * S, **UP), 2.0**gain * slid)


@holds(seed=seeds, delay=some.integers(-60, 60), gain=gains, offset=some.floats(-9, 9))
def test_an_offset_is_found_at_any_level_and_about_any_mean(seed, delay, gain, offset):
    noise = np.random.default_rng(seed).normal(size=600)
    reference, candidate = noise[100:400], noise[100 + delay : 400 + delay]
    assert at.xcorr_offset(reference, gain * (candidate + offset)) == delay
    assert at.xcorr_offset(candidate, reference) == -delay
    assert abs(at.xcorr_offset(reference, candidate, max_lag=20)) <= 20


@holds(y=sounds(400, 1200), top_db=some.floats(30, 100), ref=gains)
def test_a_picture_inverts_at_its_level(y, top_db, ref):
    y = y.astype(float)
    D = at.stft(y, **UP)
    assume(np.abs(D).max() > 0)
    ref = np.abs(D).max() * ref
    S_db = at.pretty_spectrogram(y, ref=ref, top_db=top_db, **UP)
    assume(S_db.max() > -top_db + 10 and S_db.min() < 0)
    options = dict(ref=ref, top_db=top_db, init=np.angle(D), n_iter=0, length=len(y), **UP)
    try:
        back = at.invert_pretty_spectrogram(S_db, **options)
    except ValueError as error:
        assert "floor" in str(error)  # of a sound that hardly stands out of it
        assume(False)
    n = len(y) - 64
    lost = 10 ** (-top_db / 20) * ref * np.sqrt(D.size)  # all that can lie below the floor
    assert np.linalg.norm((back - y)[:n]) <= lost + 1e-9 * np.linalg.norm(y)


# --- mel --------------------------------------------------------------------------------


@holds(seed=seeds, htk=some.booleans(), dtype=dtypes)
def test_the_mel_scale_equals_librosas_rises_and_comes_back(seed, htk, dtype):
    hz = np.sort(np.random.default_rng(seed).uniform(0, 30000, size=50)).astype(dtype)
    mel = at.hz_to_mel(hz, htk=htk)
    assert_allclose(mel, librosa.hz_to_mel(hz.astype(float), htk=htk), rtol=roundings(dtype))
    assert np.all(np.diff(mel[np.r_[True, np.diff(hz) > 1]]) > 0)
    assert_allclose(at.mel_to_hz(mel, htk=htk), hz, rtol=30 * roundings(dtype), atol=1e-3)


@some.composite
def banks(draw):
    """Draws what a mel filter bank is asked for."""
    sr = draw(some.sampled_from([8000, 16000, 22050, 44100, 48000]))
    fmin = draw(some.floats(0, sr / 5))
    return dict(
        sr=sr,
        n_fft=draw(some.integers(16, 1500)),
        n_mels=draw(some.integers(1, 90)),
        fmin=fmin,
        fmax=draw(some.floats(fmin + 100, sr / 2)),
        htk=draw(some.booleans()),
        norm=draw(some.sampled_from([None, "slaney"])),
    )


@holds(bank=banks(), examples=200)
def test_mel_filters_equal_librosas_or_one_of_them_hears_nothing(bank):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of empty ones, we refuse
        theirs = librosa.filters.mel(dtype=np.float64, **bank)
    empty = theirs.max(axis=1) < 1e-9 * (theirs.max() or 1)
    try:
        ours = at.mel_filterbank(**bank)
    except ValueError as error:
        assert empty.any() and "Take fewer bands or a longer frame" in str(error)
    else:
        assert not empty.any()
        close(ours, theirs, 1e-12)


@holds(seed=seeds, n_mels=some.integers(1, 40), n_fft=some.sampled_from([512, 1024]))
def test_the_gists_pair_averages_and_peaks_at_one(seed, n_mels, n_fft):
    forward, inverse = at.create_mel_filter(SR, n_fft, n_mels=n_mels)
    assert_allclose(forward.sum(axis=1), 1)
    assert inverse.max() <= 1 and np.array_equal(forward > 0, inverse > 0)
    level = np.random.default_rng(seed).uniform(0.1, 9)
    flat = np.full((1 + n_fft // 2, 2), level)
    close(at.make_mel(flat, forward), flat[:n_mels], 1e-9)


W = at.mel_filterbank(SR, 256, n_mels=20)
mels = spectra(rows=20, lowest=-2)
rows_129 = spectra(rows=129)


@holds(S=rows_129, power=some.sampled_from([0.5, 1, 2, 3]), gain=some.floats(0.01, 100))
def test_mel_of_a_louder_sound_is_louder(S, power, gain):
    M = at.make_mel(S.astype(float), W, power=power)
    assert M.min() >= 0
    close(at.make_mel(gain * S.astype(float), W, power=power), gain**power * M, 1e-12)


@holds(S=rows_129, seed=seeds, factor=some.integers(1, 25))
def test_mel_looks_at_each_frame_alone_and_shortening_averages(S, seed, factor):
    S = S.astype(float)
    M, order = at.make_mel(S, W), np.random.default_rng(seed).permutation(S.shape[1])
    close(at.make_mel(S[:, order], W), M[:, order], 1e-12)
    short = at.make_mel(S, W, shorten_factor=factor)
    groups = np.arange(0, S.shape[1], factor)
    assert short.shape == (20, len(groups))
    means = [M[:, g : g + factor].mean(axis=1) for g in groups]
    close(short, np.stack(means, axis=1), 1e-12)
    back = at.mel_to_spectrogram(short, W, shorten_factor=factor, n_frames=S.shape[1])
    assert back.shape == S.shape and back.min() >= 0


@holds(M=mels, power=some.sampled_from([1, 2]), gain=some.floats(1e-3, 1e3))
def test_the_way_back_from_mel_scales_and_looks_at_each_frame_alone(M, power, gain):
    M = M.astype(float)
    S = at.mel_to_spectrogram(M, W, power=power)
    assert S.shape == (129, M.shape[1]) and S.min() >= 0
    close(at.mel_to_spectrogram(gain * M, W, power=power), gain ** (1 / power) * S, 1e-9)
    close(at.mel_to_spectrogram(M[:, :1], W, power=power), S[:, :1], 1e-9)


@holds(M=mels, n_iter=some.integers(0, 30))
def test_an_update_never_leads_away_from_the_mel(M, n_iter):
    M = M.astype(float)

    def divergence(n):
        again = at.make_mel(at.mel_to_spectrogram(M, W, n_iter=n), W)
        return np.sum(scipy.special.rel_entr(M, again) - M + again)  # 0 log 0 is 0

    assert divergence(n_iter + 1) <= divergence(n_iter) + 1e-9 * M.sum()


@holds(y=sounds(400, 1200), power=some.sampled_from([1, 2]), gain=some.integers(-6, 6), seed=seeds)
def test_from_mel_a_louder_picture_gives_a_louder_sound(y, power, gain, seed):
    mel_filter = at.mel_filterbank(SR, 128, n_mels=10)
    M = at.make_mel(picture(y).astype(float), mel_filter, power=power)
    options = dict(power=power, n_iter=3, seed=seed, length=len(y), **UP)
    once = at.mel_to_audio(M, mel_filter, **options)
    louder = at.mel_to_audio(M * 2.0 ** (power * gain), mel_filter, **options)
    close(louder, 2.0**gain * once, 1e-6)
    assert_array_equal(at.mel_to_audio(M, mel_filter, **options), once)


# --- cepstrum ---------------------------------------------------------------------------


@holds(M=mels, n_mfcc=some.integers(1, 20), top_db=some.one_of(some.none(), some.floats(1, 90)))
def test_mfccs_equal_librosas(M, n_mfcc, top_db):
    M = M.astype(float)
    C = at.mel_to_mfcc(M, n_mfcc=n_mfcc, top_db=top_db)
    theirs = librosa.feature.mfcc(S=librosa.power_to_db(M, top_db=top_db), n_mfcc=n_mfcc)
    close(C, theirs, 1e-12, 100)
    close(at.mfcc_to_mel(C, n_mels=20), librosa.feature.inverse.mfcc_to_mel(C, n_mels=20), 1e-9)


@holds(M=mels, gain=some.floats(0.1, 1000))
def test_row_zero_is_the_mean_level_and_the_others_do_not_know_it(M, gain):
    M = M.astype(float) + 1e-3
    C = at.mel_to_mfcc(M, n_mfcc=20, top_db=None)
    close(C[0], np.sqrt(20) * np.mean(10 * np.log10(M), axis=0), 1e-12, 100)
    louder = at.mel_to_mfcc(gain * M, n_mfcc=20, top_db=None)
    close(louder[0] - C[0], np.full(M.shape[1], np.sqrt(20) * 10 * np.log10(gain)), 1e-9, 100)
    close(louder[1:], C[1:], 1e-11, 100)


@holds(M=mels, k=some.integers(1, 20))
def test_the_cosines_keep_the_energy_and_a_cut_is_final(M, k):
    M = M.astype(float) + 1e-3
    M_db = 10 * np.log10(M)
    C = at.mel_to_mfcc(M, n_mfcc=20, top_db=None)
    assert_allclose(np.sum(C**2), np.sum(M_db**2), rtol=1e-9)  # Parseval
    close(at.mfcc_to_mel(C, n_mels=20), M, 1e-9)
    cut = at.mfcc_to_mel(C[:k], n_mels=20)  # once cut, cutting again changes nothing
    assume(cut.min() > 1e-10)
    close(at.mel_to_mfcc(cut, n_mfcc=k, top_db=None), C[:k], 1e-9, 100)
    # what is left comes as near in dB as k cosines can
    lost = np.sum((10 * np.log10(cut) - M_db) ** 2)
    assert_allclose(lost, np.sum(C[k:] ** 2), rtol=1e-6, atol=1e-6)


@some.composite
def settings_of_mfcc(draw):
    bank = draw(banks())
    n_fft = bank.pop("n_fft")
    grid = dict(n_fft=n_fft, hop_length=draw(some.integers(n_fft // 8 + 1, n_fft // 2)))
    return dict(n_mfcc=draw(some.integers(1, bank["n_mels"])), **bank, **grid)


@holds(y=sounds(200, 2000), options=settings_of_mfcc(), top_db=some.floats(20, 90))
def test_mfcc_equals_librosa_with_any_settings(y, options, top_db):
    y = y.astype(float)
    try:
        ours = at.mfcc(y, **options, top_db=top_db)
    except ValueError as error:
        assert "Take fewer bands or a longer frame" in str(error)
        assume(False)
    sr, n_mfcc = options.pop("sr"), options.pop("n_mfcc")
    options["n_mels"], norm = options["n_mels"], options.pop("norm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        S = librosa.feature.melspectrogram(y=y, sr=sr, norm=norm, **options)
    theirs = librosa.feature.mfcc(S=librosa.power_to_db(S, top_db=top_db), n_mfcc=n_mfcc)
    # librosa's filters are float32: 6e-8 of a band are 3e-7 dB, more where much was cancelled
    close(ours, theirs, 1e-5, 100)


@holds(y=sounds(400, 1200), n_mfcc=some.integers(1, 10), seed=seeds)
def test_mfccs_go_up_with_the_keywords_they_came_down_with(y, n_mfcc, seed):
    options = dict(n_mels=10, **UP)
    C = at.mfcc(y, SR, n_mfcc=n_mfcc, **options)
    back = at.mfcc_to_audio(C, SR, n_iter=2, length=len(y), seed=seed, **options)
    assert back.shape == y.shape and back.dtype == y.dtype and np.isfinite(back).all()
    again = at.mfcc_to_audio(C, SR, n_iter=2, length=len(y), seed=seed, **options)
    assert_array_equal(back, again)


# --- voice ------------------------------------------------------------------------------


@holds(hz=some.floats(70, 400), gain=some.integers(-40, 40), dtype=dtypes, examples=8)
def test_the_pitch_of_a_tone_is_its_frequency_at_any_level(hz, gain, dtype):
    y = sum(np.sin(2 * np.pi * k * hz * np.arange(4000) / SR) / k for k in (1, 2, 3)).astype(dtype)
    f0 = at.pitch(y, SR)
    assert f0.shape == (1 + 4000 // 256,) and f0.dtype == dtype
    middle = f0[3:-3]
    off = np.abs(1200 * np.log2(middle / hz))
    # pyin's grid is 10 cents, and a frame may lie one step beside: librosa's own, up to 16 off
    assert np.median(off) < 12 and off.max() < 20
    assert_array_equal(at.pitch(y * dtype(2.0**gain), SR), f0)


@holds(
    semitones=some.floats(1.01, 30),
    fmin=some.floats(65, 90),
    hop=some.integers(32, 512),
    examples=6,
)
def test_pitch_takes_a_narrow_range_and_a_long_hop(semitones, fmin, hop):
    fmax = min(fmin * 2 ** (semitones / 12), 400)
    hz = np.sqrt(fmin * fmax)
    y = np.sin(2 * np.pi * hz * np.arange(6000) / SR)
    f0 = at.pitch(y, SR, fmin=fmin, fmax=fmax, hop_length=hop)
    middle = f0[f0 > 0]
    assert len(middle) and np.median(np.abs(1200 * np.log2(middle / hz))) < 12


@holds(n=some.integers(1, 200), sr=some.floats(4000, 48000), htk=some.booleans())
def test_twice_the_numbers_draw_half_the_pitch(n, sr, htk):
    limit = at.pitch_limit(n, sr, htk=htk)
    assert_allclose(at.pitch_limit(2 * n, sr, htk=htk), limit / 2)
    assert at.pitch_limit(n, sr * 1.1, htk=htk) > limit


@holds(f0=some.floats(60, 400), db=some.floats(-30, 30), seed=seeds, examples=10)
def test_what_is_spoken_scales_with_row_zero(f0, db, seed):
    rng = np.random.default_rng(seed)
    C = np.zeros((13, 30))
    C[0], C[1:] = -20 * np.sqrt(40), 10 * rng.normal(size=(12, 1))
    pitch = np.full(30, f0) * (rng.random(30) < 0.8)
    options = dict(n_mels=40, n_fft=512, hop_length=128, seed=seed)
    once = at.speak(C, pitch, SR, **options)
    assert_array_equal(at.speak(C, pitch, SR, **options), once)
    C[0] += db * np.sqrt(40)
    close(at.speak(C, pitch, SR, **options), 10 ** (db / 20) * once, 1e-2)


# --- measures ---------------------------------------------------------------------------


@some.composite
def tunes(draw):
    rng = np.random.default_rng(draw(seeds))
    n = draw(some.integers(1, 60))
    return rng.uniform(60, 400, size=n) * (rng.random(n) < 0.8)


@holds(f0=tunes(), semitones=some.floats(-12, 12), transposed=some.floats(0.5, 2))
def test_pitch_accuracy_counts_frames_and_knows_no_key(f0, semitones, transposed):
    assume(f0.any())
    assert at.pitch_accuracy(f0, f0) == 1
    other = f0 * 2 ** (semitones / 12)
    assume(abs(abs(100 * semitones) - 50) > 1e-6)
    expected = float(abs(100 * semitones) < 50)
    assert at.pitch_accuracy(other, f0) == expected
    assert at.pitch_accuracy(transposed * other, transposed * f0) == expected
    assert at.pitch_accuracy(0 * f0, f0) == 0


@holds(S=spectra(lowest=-2), gain=some.floats(1.001, 100), level=some.integers(-30, 30))
def test_distances_know_no_level(S, gain, level):
    S = S.astype(float) + 0.01
    assert at.spectral_convergence(S, S) == -np.inf and at.log_spectral_distance(S, S) == 0
    assert_allclose(at.spectral_convergence(gain * S, S), 20 * np.log10(gain - 1), atol=1e-6)
    assert_allclose(at.log_spectral_distance(gain * S, S, floor_db=-120), 20 * np.log10(gain))
    for distance in (at.spectral_convergence, at.log_spectral_distance):
        other = S[::-1]
        once = distance(other, S)
        assert_allclose(distance(other * 2.0**level, S * 2.0**level), once, atol=1e-9)
    assert at.spectral_convergence(0 * S, S) == 0


# --- all rooms: batches, threads, stops -------------------------------------------------

CLIP = 0.1 * np.random.default_rng(0).normal(size=(2, 3, 1500))
WHOLE = {  # name: what to compute of a waveform or of a batch of them
    "stft": lambda y: at.stft(y, **UP),
    "istft": lambda y: at.istft(at.stft(y, **UP), **UP),
    "pretty_spectrogram": lambda y: at.pretty_spectrogram(y, **UP),
    "amplitude_to_db": lambda y: at.amplitude_to_db(picture(y), top_db=30),
    "griffin_lim": lambda y: at.griffin_lim(picture(y), n_iter=3, **UP),
    "phase_gradient": lambda y: at.phase_gradient(picture(y), **UP),
    "invert_spectrogram": lambda y: at.invert_spectrogram(picture(y), **UP),
    "mfcc": lambda y: at.mfcc(y, SR, n_mels=10, n_mfcc=5, **UP),
    "mfcc_to_audio": lambda y: at.mfcc_to_audio(
        at.mfcc(y, SR, n_mels=10, n_mfcc=5, **UP), SR, n_mels=10, n_iter=3, **UP
    ),
    "make_mel": lambda y: at.make_mel(picture(y), at.mel_filterbank(SR, 128, n_mels=10), power=2),
    "match_level": lambda y: at.match_level(y, CLIP[0, 0]),
    "butter_bandpass_filter": lambda y: at.butter_bandpass_filter(y, 300, 3000, SR),
    "frame": lambda y: at.frame(y, 100, 30),
    "overlap_add": lambda y: at.overlap_add(at.frame(y, 100, 30), 20),
    "pitch": lambda y: at.pitch(y, SR),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_batch_equals_a_loop(name, trust):
    trust(properties=1, examples=6)
    both = WHOLE[name](CLIP)
    for i in np.ndindex(2, 3):
        assert_array_equal(both[i], WHOLE[name](CLIP[i]))


LONG = [at.load_wav(f"data/{name}.wav", duration=2)[0] for name in ("slt", "kal16")]
GRID = dict(n_fft=512, hop_length=128)
PICTURES = [np.abs(at.stft(y, **GRID)) for y in LONG]
F0 = np.full(PICTURES[0].shape[1], 150.0)
BANK = at.mel_filterbank(SR, 512, n_mels=40)
JOBS = {
    "griffin_lim": lambda i: at.griffin_lim(PICTURES[i], seed=i, **GRID),
    "griffin_lim, random": lambda i: at.griffin_lim(PICTURES[i], init="random", seed=i, **GRID),
    "griffin_lim_steps": lambda i: [y for y, _ in at.griffin_lim_steps(PICTURES[i], **GRID)][-1],
    "mel_to_audio": lambda i: at.mel_to_audio(at.make_mel(PICTURES[i], BANK), BANK, **GRID),
    "mfcc_to_audio": lambda i: at.mfcc_to_audio(at.mfcc(LONG[i], SR, **GRID), SR, **GRID),
    "pitch": lambda i: at.pitch(LONG[i], SR),
    "speak": lambda i: at.speak(at.mfcc(LONG[i], SR, **GRID), F0, SR, seed=i, **GRID),
    "intelligibility": lambda i: at.intelligibility(LONG[i] + 0.01 * LONG[1 - i], LONG[i], SR),
}


@pytest.mark.parametrize("name", JOBS)
def test_two_threads_give_what_one_after_the_other_gives(name, trust):
    trust(properties=1, examples=4)
    one_by_one = [JOBS[name](i) for i in (0, 1)]
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(JOBS[name], [0, 1, 0, 1]))
    for i, result in enumerate(at_once):
        assert_array_equal(result, one_by_one[i % 2])
    assert_array_equal(np.random.get_state()[1], before)  # the reader's own chance is untouched


STOPS = [
    (name, where, n)
    for name in ("griffin_lim", "griffin_lim, random", "griffin_lim_steps", "mel_to_audio", "speak")
    for where in ("rfft", "irfft")
    for n in ((1, 2) if name == "speak" else (1, 2, 7))
]


@pytest.mark.parametrize("name, where, n", STOPS)
def test_a_call_stopped_half_way_leaves_nothing_behind(name, where, n, monkeypatch, trust):
    trust(properties=1, examples=1)
    expected, inputs = JOBS[name](0), [PICTURES[0].copy(), BANK.copy(), F0.copy()]
    transform, calls = getattr(scipy.fft, where), 0

    def stop_at_the_nth(*args, **options):
        nonlocal calls
        calls += 1
        if calls == n:
            raise KeyboardInterrupt
        return transform(*args, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(scipy.fft, where, stop_at_the_nth)
        JOBS[name](0)
    assert all(map(np.array_equal, [PICTURES[0], BANK, F0], inputs))
    assert_array_equal(JOBS[name](0), expected)


def test_stopped_while_it_compiles_it_compiles_the_next_time(monkeypatch, trust):
    trust(properties=1, examples=1)
    expected = JOBS["griffin_lim"](0)
    engine.compiled_spread.cache_clear()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("numba.njit", lambda *args, **options: ctrl_c())
        JOBS["griffin_lim"](0)
    assert_array_equal(JOBS["griffin_lim"](0), expected)


def ctrl_c(*args, **options):
    raise KeyboardInterrupt


def test_stopped_while_it_judges_it_gives_the_generator_back(monkeypatch, trust):
    trust(properties=1, examples=1)
    expected = JOBS["intelligibility"](0)
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pystoi.stoi", ctrl_c)
        JOBS["intelligibility"](0)
    assert_array_equal(np.random.get_state()[1], before)
    assert JOBS["intelligibility"](0) == expected


@pytest.mark.skipif(os.name != "posix", reason="signals work otherwise there")
def test_ctrl_c_stops_a_long_inversion_and_the_next_one_is_as_in_a_fresh_process(trust):
    trust(properties=1, examples=1)
    code = """if True:
        import hashlib, signal, numpy as np, audiotools as at
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has none
        y, _ = at.load_wav("data/slt.wav", duration=2)
        S = np.abs(at.stft(y, n_fft=512, hop_length=128))
        at.griffin_lim(S, n_iter=0)
        print("begins", flush=True)
        try:
            at.griffin_lim(S, n_iter=100_000, hop_length=128)  # takes a quarter of an hour
        except KeyboardInterrupt:
            print("stopped", flush=True)
        y = at.griffin_lim(S, seed=0, n_fft=512, hop_length=128)
        print(hashlib.sha256(y.tobytes()).hexdigest())
    """
    pipe = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with subprocess.Popen([sys.executable, "-c", code], **pipe) as process:
        try:
            assert process.stdout.readline() == "begins\n"
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    digest = hashlib.sha256(JOBS["griffin_lim"](0).tobytes()).hexdigest()
    assert rest.split() == ["stopped", digest], errors
