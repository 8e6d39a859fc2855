"""The engine: phases from slopes, long sounds in segments, and what it does without numba."""

import subprocess
import sys
import tracemalloc

import librosa
import numpy as np
import pytest
import scipy.signal

import audiotools as at
import phase_engine
import showtools as st

GRID = dict(n_fft=1024, hop_length=256)


def convergence(y, S, **grid):
    return at.spectral_convergence(np.abs(at.stft(y, **grid)), S)


@pytest.mark.parametrize(
    "grid",
    [
        dict(n_fft=1024, hop_length=256),
        dict(n_fft=2048, hop_length=512),
        dict(n_fft=1024, hop_length=128, win_length=512),
        dict(n_fft=1023, hop_length=100, win_length=501, window="hamming"),
        dict(n_fft=600, hop_length=150, window="blackman"),
    ],
    ids=lambda g: "-".join(map(str, g.values())),
)
def test_phases_from_slopes_alone_are_better_than_17_dB(voice, grid):
    # Measured -18.5 to -30. With a sign flipped, the window's centre forgotten or its width
    # taken from n_fft it is -13 or worse, and random phases are at -4: see the mutants below.
    S = np.abs(at.stft(voice[0], **grid))
    assert convergence(at.griffin_lim(S, n_iter=0, **grid), S, **grid) < -17


@pytest.mark.parametrize("f0", [440.0, 3003.0])
def test_the_phase_of_a_tone_advances_with_its_frequency(f0):
    grid = dict(n_fft=1024, hop_length=128)
    S = np.abs(at.stft(np.sin(2 * np.pi * f0 / 16000 * np.arange(16000)), **grid))
    row = int(S[:, 60].argmax())
    advance = np.diff(at.phase_gradient(S, **grid)[row - 1 : row + 2, 30:90], axis=1)
    error = np.angle(np.exp(1j * (advance - 2 * np.pi * f0 * 128 / 16000)))
    # The bin's own frequency is off by up to pi/8; the slope tells the rest. A flipped sign
    # doubles that.
    assert np.abs(error).max() < 0.04


@pytest.mark.parametrize("where", [8000, 8050, 7900])
def test_the_phase_of_a_click_falls_with_its_place_in_the_frame(where):
    grid = dict(n_fft=1024, hop_length=128)
    y = np.zeros(16000)
    y[where] = 1
    S = np.abs(at.stft(y, **grid))
    frame = where // 128  # centred 64 to 114 samples before the click
    step = np.diff(at.phase_gradient(S, **grid)[20:490, frame])
    place = where - (frame * 128 - 512)  # samples from the frame's first one
    error = np.angle(np.exp(1j * (step + 2 * np.pi * place / 1024)))
    # Up to 0.2: the window's flank is steeper than a bell's. A flipped sign puts the click on
    # the other side of the centre, off by 0.8 and more, and a forgotten centre is off by pi.
    assert np.abs(error).max() < 0.4


@pytest.mark.parametrize("sigma", [60, 100, 140])
def test_the_bell_nearest_to_a_bell_is_itself(sigma):
    window = scipy.signal.get_window(("gaussian", sigma), 1024, fftbins=False)
    centre, width = phase_engine.nearest_bell(window)
    # exp(-i^2 / 2 sigma^2) = exp(-pi i^2 / width^2)
    assert centre == pytest.approx(511.5) and width**2 == pytest.approx(2 * np.pi * sigma**2, 1e-4)


@pytest.mark.parametrize(
    "name, c", [("hann", 0.25645), ("hamming", 0.29794), ("blackman", 0.17954)]
)
@pytest.mark.parametrize("win_length, n_fft", [(1024, 1024), (401, 1024)])
def test_the_bells_of_usual_windows_are_those_of_the_paper(name, c, win_length, n_fft):
    window = at._grid(n_fft, 100, win_length, name).window
    centre, width = phase_engine.nearest_bell(window)
    assert centre == pytest.approx((n_fft - win_length) // 2 + win_length / 2, abs=0.01)
    assert width**2 == pytest.approx(c * win_length**2, rel=0.04)  # theirs fits by another norm


def test_a_boxcar_still_tells_more_than_chance(voice):
    # Its slopes are poor, but -11 dB is a better start than -4: 1.5 dB are left after 16.
    grid = dict(window="boxcar", **GRID)
    S = np.abs(at.stft(voice[0], **grid))
    gradient, random = (
        convergence(at.griffin_lim(S, init=init, **grid), S, **grid)
        for init in ("gradient", "random")
    )
    assert gradient < random - 1


def test_faint_cells_have_random_phases_and_seeds_repeat(slt):
    S = np.abs(at.stft(slt[0], **GRID))
    a, b, c = (at.phase_gradient(S, seed=seed, **GRID) for seed in (0, 0, 1))
    faint = S < 0.9e-3 * S.max()
    assert np.array_equal(a, b) and np.mean(a[faint] == c[faint]) < 1e-3
    assert np.abs(a).max() <= np.float32(np.pi)
    assert np.mean(np.abs(np.diff(np.sort(a[faint])))) < 1e-3  # spread over the whole circle


def test_the_highest_row_has_no_neighbour_in_the_next_frame():
    S = np.full((33, 9), 1e-6)
    S[32, 4] = S[0, 5] = 1.0  # side by side in memory, far apart in sound: each its own island
    differ = {
        round(float(phase[0, 5] - phase[32, 4]), 3)
        for phase in (at.phase_gradient(S, hop_length=16, seed=seed) for seed in range(5))
    }
    assert len(differ) == 5


def test_16_iterations_from_the_gradient_beat_librosa_with_32(voice):
    y, sr = voice
    S = np.abs(at.stft(y, **GRID))
    ours = at.griffin_lim(S, length=len(y), **GRID)
    theirs = st.seeded(librosa.griffinlim, S, n_iter=32, length=len(y), **GRID)
    assert convergence(ours, S, **GRID) < convergence(theirs, S, **GRID) - 4  # measured 5, 13
    assert at.intelligibility(ours, y, sr) > at.intelligibility(theirs, y, sr)


def test_overshooting_helps(voice):
    S = np.abs(at.stft(voice[0], **GRID))
    fast, accelerated = (
        convergence(at.griffin_lim(S, n_iter=8, gamma=g, **GRID), S, **GRID) for g in (1, 1.25)
    )
    assert accelerated < fast - 0.2  # dB; measured 0.3 to 0.5


@pytest.fixture
def everything_is_long(monkeypatch):
    """Makes the engine cut a clip of the course into two or three segments."""
    monkeypatch.setattr(phase_engine, "LONG", 100)
    monkeypatch.setattr(phase_engine, "_SEGMENT", 100)


@pytest.mark.parametrize("hop_length", [256, 200, 512])
@pytest.mark.parametrize("init", ["gradient", "random"])
def test_segments_are_as_good_as_the_whole(voice, init, hop_length, request):
    grid = dict(n_fft=1024, hop_length=hop_length)
    S = np.abs(at.stft(voice[0], **grid))

    def error_over_time():
        y = at.griffin_lim(S, init=init, **grid)
        return np.linalg.norm(np.abs(at.stft(y, **grid)) - S, axis=0)

    whole = error_over_time()
    request.getfixturevalue("everything_is_long")
    pieces = error_over_time()
    # Within 4 % (0.3 dB), often better: segments iterate their edges twice.
    assert np.linalg.norm(pieces) < 1.04 * np.linalg.norm(whole)
    # No click where segments meet: frames there are no worse than they were.
    seams = (np.arange(100, S.shape[1] - 4, 100)[:, None] + np.arange(-4, 4)).ravel()
    assert np.linalg.norm(pieces[seams]) < 1.3 * np.linalg.norm(whole[seams])


def test_gamma_1_is_never_cut_and_equals_librosa(slt, everything_is_long):
    S = np.abs(at.stft(slt[0].astype(np.float64), **GRID))
    options = dict(n_iter=8, init="random", seed=5, **GRID)
    ours = at.griffin_lim(S, gamma=1, **options)
    theirs = st.seeded(librosa.griffinlim, S, **options)
    assert np.linalg.norm(ours - theirs) < 1e-8 * np.linalg.norm(theirs)


def test_mel_is_solved_in_segments_too(slt, everything_is_long):
    y, sr = slt
    mel_filter = at.mel_filterbank(sr, 1024, n_mels=80)
    M = at.make_mel(np.abs(at.stft(y, **GRID)), mel_filter)
    back = at.mel_to_audio(M, mel_filter, length=len(y), **GRID)
    M_hat = at.make_mel(np.abs(at.stft(back, **GRID)), mel_filter)
    assert at.log_spectral_distance(M_hat, M) < 1.5  # dB, as in one piece


def test_random_phases_made_in_blocks_are_those_of_one_draw(monkeypatch):
    monkeypatch.setattr(phase_engine, "_DRAW_SAMPLES", 70)  # 7 frames of 5 rows
    phases = np.concatenate([phase for _, phase in phase_engine.random_phases((5, 30), 3)])
    assert np.array_equal(phases.T, 2 * np.pi * np.random.default_rng(3).random((5, 30)))


def peak_and_output(n_frames, **options):
    S = np.random.default_rng(0).random((n_frames, 513), dtype=np.float32).T
    tracemalloc.start()
    y = at.griffin_lim(S, n_iter=1, hop_length=256, **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return np.array([peak, y.nbytes])


@pytest.mark.parametrize("options", [dict(), dict(init="random"), dict(gamma=1)], ids=repr)
def test_memory_grows_with_the_output(options):
    peak_and_output(3000, **options)  # what is loaded and compiled once
    peak, output = peak_and_output(9000, **options) - peak_and_output(3000, **options)
    # The output itself, its weights, and one look at S for NaN. Iterated as a whole, gamma=1
    # keeps four waveforms more. A complex spectrogram alone would be 4 outputs.
    assert peak < (7 if "gamma" in options else 3) * output  # measured 6 and 2


def small_picture():
    S = np.abs(at.stft(np.random.default_rng(1).normal(size=900), n_fft=64, hop_length=16))
    return S * np.geomspace(1, 1e-4, S.shape[1])  # down to what is faint


def test_without_numba_the_same_phases_come_slowly_with_a_warning(monkeypatch):
    compiled = at.phase_gradient(small_picture(), hop_length=16)
    phase_engine.compiled_spread.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)  # importing it now fails
    with pytest.warns(RuntimeWarning, match="without numba: pip install numba"):
        plain = at.phase_gradient(small_picture(), hop_length=16)
    phase_engine.compiled_spread.cache_clear()
    assert np.allclose(np.exp(1j * plain), np.exp(1j * compiled), atol=1e-4)


def test_where_nothing_can_be_kept_it_compiles_anew(monkeypatch):
    import numba

    njit = numba.njit

    def nowhere_to_write(*function, cache=False):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*function)

    expected = at.phase_gradient(small_picture(), hop_length=16)
    phase_engine.compiled_spread.cache_clear()
    monkeypatch.setattr(numba, "njit", nowhere_to_write)
    assert np.array_equal(at.phase_gradient(small_picture(), hop_length=16), expected)
    phase_engine.compiled_spread.cache_clear()


def test_importing_audiotools_does_not_load_numba():
    code = "import sys, audiotools; print('numba' in sys.modules, 'librosa' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.split() == ["False", "False"]
