"""engine: phases from slopes, long sounds in segments, and what it does without numba."""

import os
import platform
import subprocess
import sys
import tracemalloc

import librosa
import numpy as np
import pytest
import scipy.signal
from conftest import ROOT, convergence

import audiotools as at
import showtools as st
from staircase import engine

GRID = dict(n_fft=1024, hop_length=256)


# --- phases from slopes ----------------------------------------------------------------


@pytest.mark.parametrize(
    "grid",
    [
        dict(n_fft=1024, hop_length=256),
        dict(n_fft=2048, hop_length=512),
        dict(n_fft=1024, hop_length=128, win_length=512),
        dict(n_fft=1023, hop_length=100, win_length=501, window="hamming"),
        dict(n_fft=1200, hop_length=200, window="blackman"),
    ],
    ids=lambda g: "-".join(map(str, g.values())),
)
def test_phases_from_slopes_alone_are_better_than_17_dB(voice, grid):
    # Measured -18.5 to -31; random phases are at -4. With the sign of the slope along
    # frequency flipped, or the window's centre forgotten, it is -13 and worse on all grids;
    # with the width taken from n_fft on the grids whose window is shorter; the sign of the
    # slope along time is the click's to watch, below.
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


@pytest.mark.parametrize("n_fft", [1024, 1023])
def test_the_phase_of_a_tone_at_nyquist_advances_with_it(n_fft):
    # Where n_fft is odd no row is at Nyquist: the highest one and its mirror lie beside it.
    y, grid = np.cos(np.pi * np.arange(12000)), dict(n_fft=n_fft, hop_length=127)
    phase = at.phase_gradient(np.abs(at.stft(y, **grid)), **grid)[-1, 10:-10]
    error = np.angle(np.exp(1j * (np.diff(phase) - np.pi * 127)))
    assert np.abs(error).max() < 0.04  # measured 0.01; without the mirror pi/8


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


@pytest.mark.parametrize("n_fft", [64, 63])
def test_phases_are_real_where_a_spectrum_is_real(n_fft):
    # Row 0 always, the last one where n_fft is even: there a phase is 0 or pi. Faint cells,
    # which keep the phase that was drawn, show it.
    S = np.full((1 + n_fft // 2, 40), 1e-9)
    S[10, 20] = 1
    sine = np.abs(np.sin(at.phase_gradient(S, n_fft=n_fft, hop_length=16)))
    assert sine[0].max() < 1e-6 and sine[1].max() > 0.5 and sine[-2].max() > 0.5
    assert (sine[-1].max() < 1e-6) == (n_fft % 2 == 0)


def test_the_highest_row_has_no_neighbour_in_the_next_frame():
    S = np.full((33, 9), 1e-6)
    S[32, 4] = S[0, 5] = 1.0  # side by side in memory, far apart in sound: each its own island
    phase = at.phase_gradient(S, hop_length=16)
    assert phase[32, 4] == phase[0, 5] == 0  # real spectra, as each begins


def test_faint_cells_have_random_phases_and_seeds_repeat(slt):
    S = np.abs(at.stft(slt[0], **GRID))
    a, b, c = (at.phase_gradient(S, seed=seed, **GRID) for seed in (0, 0, 1))
    faint = S < 0.9e-3 * S.max()
    faint[[0, -1]] = False  # there the spectrum is real
    assert np.array_equal(a, b) and np.mean(a[faint] == c[faint]) < 1e-3
    assert np.abs(a).max() <= np.float32(np.pi)
    # All directions alike: the mean of so many arrows is short (one over the root of 90,000).
    assert abs(np.mean(np.exp(1j * a[faint].astype(float)))) < 0.02


@pytest.mark.parametrize("sigma", [60, 100, 140])
def test_the_bell_nearest_to_a_bell_is_itself(sigma):
    window = scipy.signal.get_window(("gaussian", sigma), 1024, fftbins=False)
    centre, width = engine.nearest_bell(window)
    # exp(-i^2 / 2 sigma^2) = exp(-pi i^2 / width^2)
    assert centre == pytest.approx(511.5) and width**2 == pytest.approx(2 * np.pi * sigma**2, 1e-4)


@pytest.mark.parametrize(
    "name, c", [("hann", 0.25645), ("hamming", 0.29794), ("blackman", 0.17954)]
)
@pytest.mark.parametrize("win_length, n_fft", [(1024, 1024), (401, 1024)])
def test_the_bells_of_usual_windows_are_those_of_the_paper(name, c, win_length, n_fft):
    window = librosa.util.pad_center(scipy.signal.get_window(name, win_length), size=n_fft)
    centre, width = engine.nearest_bell(window)
    assert centre == pytest.approx((n_fft - win_length) // 2 + win_length / 2, abs=0.01)
    assert width**2 == pytest.approx(c * win_length**2, rel=0.04)  # theirs fits by another norm


def test_a_window_turned_upside_down_is_as_good(slt):
    upside_down = -scipy.signal.get_window("hann", 1024)
    S = np.abs(at.stft(slt[0], **GRID))
    phases, same = (at.phase_gradient(S, window=w, **GRID) for w in ("hann", upside_down))
    assert np.array_equal(phases, same)


# --- in blocks and segments ------------------------------------------------------------


def test_a_block_of_phases_goes_on_from_the_one_before(voice, monkeypatch):
    S = np.abs(at.stft(voice[0], **GRID))
    whole = convergence(at.griffin_lim(S, n_iter=0, **GRID), S, **GRID)
    monkeypatch.setattr(engine, "_BLOCK_SAMPLES", 40 * 1024)
    cut = convergence(at.griffin_lim(S, n_iter=0, **GRID), S, **GRID)
    assert cut < whole + 1  # dB; 3 to 6 where blocks know nothing of each other


FAULTS = """
import resource, numpy as np, audiotools as at
S = np.abs(at.stft(np.random.default_rng(0).standard_normal(60_000), n_fft=1024))
before = [0]
for _ in range(4):
    at.griffin_lim(S, n_fft=1024)
    before.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(before[-1] - before[-2])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others keep memory as they like")
def test_a_new_process_asks_the_system_for_no_memory_in_each_round():
    """Of 9,400 pages that it asked for in a call, 16 rounds of 4 s, was half of its time."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-W", "ignore", "-c", FAULTS]
    done = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500  # pages of 4 kB: not even one block


@pytest.mark.parametrize("init", ["gradient", "random"])
def test_the_size_of_a_block_does_not_change_the_iteration(slt, init, monkeypatch):
    S = np.abs(at.stft(slt[0][:20000].astype(float), **GRID))
    phases = at.phase_gradient(S, **GRID) if init == "gradient" else init  # those depend on it
    whole = at.griffin_lim(S, n_iter=4, init=phases, **GRID)
    monkeypatch.setattr(engine, "_BLOCK_SAMPLES", 3000)  # two frames, or one
    monkeypatch.setattr(engine, "_DRAW_SAMPLES", 3000)
    assert np.abs(at.griffin_lim(S, n_iter=4, init=phases, **GRID) - whole).max() < 1e-12


def test_random_phases_made_in_blocks_are_those_of_one_draw(monkeypatch):
    monkeypatch.setattr(engine, "_DRAW_SAMPLES", 70)  # 7 frames of 5 rows
    phases = np.concatenate([phase for _, phase in engine.random_phases((5, 30), 3)])
    assert np.array_equal(phases.T, 2 * np.pi * np.random.default_rng(3).random((5, 30)))


@pytest.fixture
def everything_is_long(monkeypatch):
    """Makes the engine cut a clip of the course into two or three segments."""
    monkeypatch.setattr(engine, "LONG", 100)
    monkeypatch.setattr(engine, "_SEGMENT", 100)


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


def test_mel_is_solved_in_segments_too(voice, request):
    y, sr = voice
    mel_filter = at.mel_filterbank(sr, 1024, n_mels=80)
    M = at.make_mel(np.abs(at.stft(y, **GRID)), mel_filter)

    def error():
        back = at.mel_to_audio(M, mel_filter, length=len(y), **GRID)
        M_hat = at.make_mel(np.abs(at.stft(back, **GRID)), mel_filter)
        return at.log_spectral_distance(M_hat, M)

    whole = error()
    request.getfixturevalue("everything_is_long")
    assert error() < 1.05 * whole


def test_the_docstring_says_how_many_frames_are_a_long_sound():
    assert f"more than {engine.LONG} frames" in at.griffin_lim.__doc__


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


# --- compiled, or not ------------------------------------------------------------------


def small_picture():
    S = np.abs(at.stft(np.random.default_rng(1).normal(size=900), n_fft=64, hop_length=16))
    return S * np.geomspace(1, 1e-4, S.shape[1])  # down to what is faint


@pytest.fixture
def not_compiled_yet():
    """Lets a test compile in its own way, and the tests after it in the usual one."""
    engine.compiled_spread.cache_clear()
    yield
    engine.compiled_spread.cache_clear()


def test_without_numba_the_same_phases_come_slowly_with_a_warning(monkeypatch, not_compiled_yet):
    compiled = at.phase_gradient(small_picture(), hop_length=16)
    engine.compiled_spread.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)  # importing it now fails
    with pytest.warns(RuntimeWarning, match="without numba: pip install numba"):
        plain = at.phase_gradient(small_picture(), hop_length=16)
    assert np.allclose(np.exp(1j * plain), np.exp(1j * compiled), atol=1e-4)


@pytest.mark.parametrize("error", [RuntimeError("no locator"), OSError("disk full"), EOFError()])
def test_where_nothing_can_be_kept_it_compiles_anew(monkeypatch, not_compiled_yet, error):
    import numba

    njit = numba.njit

    def nowhere_to_write(types, cache=False):
        if cache:
            raise error
        return njit(types)

    expected = at.phase_gradient(small_picture(), hop_length=16)
    engine.compiled_spread.cache_clear()
    monkeypatch.setattr(numba, "njit", nowhere_to_write)
    assert np.array_equal(at.phase_gradient(small_picture(), hop_length=16), expected)


def test_a_broken_copy_on_disk_does_not_matter(tmp_path):
    code = (
        "import numpy as np, audiotools as at; "
        "print(at.phase_gradient(np.eye(33, 40), hop_length=16).shape)"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    for _ in range(2):
        command = [sys.executable, "-c", code]
        result = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert result.stdout == "(33, 40)\n", result.stderr
        for kept in tmp_path.rglob("*.nbc"):
            kept.write_bytes(kept.read_bytes()[:300])


AT_ONCE = """
import sys
from numba.core.caching import IndexDataCacheFile
if sys.argv[2] == "mended":
    from staircase.engine import keep_numbas_cache_whole
    keep_numbas_cache_whole()
one, other, later = (IndexDataCacheFile(sys.argv[1], "victim", "stamp") for _ in range(3))
other._load_index = dict  # both have read it before either wrote
write = one._save_data
one._save_data = lambda *data: (other.save("float64", "code for float64"), write(*data))
one.save("int64", "code for int64")
print(later.load("int64"), later.load("float64"), sep=", ")
"""


@pytest.mark.parametrize(
    "how, left",
    [
        ("as numba does", "None, code for int64"),  # wrong numbers, or a crash, ever after
        ("mended", "code for int64, code for float64"),
    ],
)
def test_two_processes_that_compile_at_once_keep_their_code_apart(tmp_path, how, left):
    pytest.importorskip("numba")
    command = [sys.executable, "-c", AT_ONCE, str(tmp_path), how]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout == f"{left}\n", ran.stderr


def test_a_notebook_that_calls_librosa_keeps_the_cache_whole():
    code = "import sys; sys.path.append('notebooks'); import showtools\n"
    code += "from numba.core.caching import IndexDataCacheFile as File; print(File.save.__module__)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout == "staircase.engine\n", ran.stderr
