"""phase: from magnitude back to sound. The oracles are librosa and what cannot be otherwise.

More of it, drawn at random and from the tests of others, stands in test_properties.py and
test_peers.py, under "phase".
"""

import librosa
import numpy as np
import pytest
import scipy.signal
from conftest import convergence

import audiotools as at
import showtools as st

GRID = dict(n_fft=1024, hop_length=256)


# --- librosa's way ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "grid",
    [
        dict(n_fft=2048, hop_length=512),
        dict(n_fft=512, hop_length=64, win_length=400, window="hamming"),
        dict(n_fft=400, hop_length=100, window="blackman"),
        dict(n_fft=513, hop_length=128),
    ],
    ids=lambda g: "-".join(map(str, g.values())),
)
@pytest.mark.parametrize("momentum", [0.0, 0.99])
def test_griffin_lim_equals_librosa(grid, momentum, slt):
    # Same start, same formula: 32 iterations apart only by rounding, which each pass amplifies.
    y = slt[0][4000:20001].astype(np.float64)
    S = np.abs(at.stft(y, **grid))
    options = dict(n_iter=32, momentum=momentum, init="random", seed=3, **grid)
    ours = at.griffin_lim(S, gamma=1, **options)
    theirs = st.seeded(librosa.griffinlim, S, **options)
    assert ours.shape == theirs.shape
    assert np.linalg.norm(ours - theirs) < 1e-8 * np.linalg.norm(theirs)


def test_griffin_lim_from_zero_phases_equals_librosa(slt):
    S = np.abs(at.stft(slt[0].astype(np.float64), **GRID))
    ours = at.griffin_lim(S, n_iter=32, gamma=1, init="zero", length=len(slt[0]), **GRID)
    theirs = librosa.griffinlim(S, n_iter=32, init=None, length=len(slt[0]), **GRID)
    assert np.linalg.norm(ours - theirs) < 1e-8 * np.linalg.norm(theirs)


# --- what must come back ---------------------------------------------------------------


def test_the_true_phases_give_the_sound_back(voice):
    y, _ = voice
    D = at.stft(y, **GRID)
    for n_iter in (0, 5):  # a fixed point: iterating does not move it
        back = at.griffin_lim(np.abs(D), n_iter=n_iter, init=np.angle(D), length=len(y), **GRID)
        assert np.abs(back - y).max() < 1e-5


def test_whole_turns_change_no_phase(slt):
    y, _ = slt
    D = at.stft(y, **GRID)
    for turns in (1, 10**7):  # of a phase that was summed up over hours
        phase = np.angle(D).astype(float) + 2 * np.pi * turns
        back = at.griffin_lim(np.abs(D), n_iter=0, init=phase, length=len(y), **GRID)
        assert np.abs(back - y).max() < 1e-5


def test_many_frames_of_few_rows_take_their_phases_too(slt):
    y, grid = slt[0][8000:9000], dict(n_fft=16, hop_length=4)
    D = at.stft(y, **grid)  # (9, 251)
    back = at.griffin_lim(np.abs(D), n_iter=0, init=np.angle(D), length=len(y), **grid)
    assert np.abs(back - y).max() < 1e-5  # float32


def test_frames_three_quarters_apart_keep_their_weights():
    # Here even the middle of the sound lies under little weight (0.04 of a full window).
    grid = dict(n_fft=1024, hop_length=768)
    y = np.random.default_rng(4).normal(size=10 * 768)
    D = at.stft(y, **grid)
    back = at.griffin_lim(np.abs(D), n_iter=0, init=np.angle(D), length=len(y), **grid)
    assert np.abs(back - y).max() < 1e-10


@pytest.mark.parametrize("init", ["gradient", "random", "zero", "align"])
def test_a_click_comes_back_where_it_was(init):
    y = np.zeros(16000)
    y[9000] = 1
    S = np.abs(at.stft(y, **GRID))
    back = at.griffin_lim(S, n_iter=32, init=init, length=len(y), **GRID)
    # Magnitudes place a click by comparing frames: to within a quarter of their distance,
    # and the gradient's slopes better.
    assert abs(int(np.abs(back).argmax()) - 9000) <= (8 if init == "gradient" else 64)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_tone_at_nyquist_comes_back(sign):
    y = sign * np.cos(np.pi * np.arange(8000))
    S = np.abs(at.stft(y, **GRID))
    assert convergence(at.griffin_lim(S, length=8000, **GRID), S, **GRID) < -60


@pytest.mark.parametrize("init", ["gradient", "random"])
@pytest.mark.parametrize(
    "dtype, n_iter, tolerance",
    [
        # The gain rounds S (6e-8 in float32), and every pass amplifies it: 4e-6 after four,
        (np.float32, 4, 1e-5),
        (np.float32, 16, 5e-4),  # up to 8e-5 after sixteen,
        (np.float64, 16, 1e-11),  # and 3e-13 where S is rounded by 1e-16.
    ],
)
def test_the_level_comes_back_and_does_not_matter(voice, dtype, n_iter, tolerance, init):
    S = np.abs(at.stft(voice[0][8000:24000].astype(dtype), **GRID))
    reference = at.griffin_lim(S, n_iter=n_iter, init=init, **GRID)
    for gain in (1e-20, 1e-3, np.pi, 1e15):
        y = at.griffin_lim((S * gain).astype(dtype), n_iter=n_iter, init=init, **GRID)
        assert np.linalg.norm(y / gain - reference) < tolerance * np.linalg.norm(reference)


@pytest.mark.parametrize("init", ["gradient", "random", "zero", "align"])
def test_silence_in_silence_out(init):
    y = at.griffin_lim(np.zeros((513, 9), dtype=np.float32), init=init)
    assert y.shape == (2048,) and not y.any()
    assert not at.invert_pretty_spectrogram(np.full((513, 9), -80.0)).any()


@pytest.mark.parametrize("init", ["gradient", "random", "zero", "align"])
def test_one_frame_alone_comes_back_with_its_length(init):
    y = np.sin(np.arange(100))
    S = np.abs(at.stft(y, **GRID))
    assert S.shape == (513, 1)
    assert at.griffin_lim(S, init=init, length=100, **GRID).shape == (100,)
    with pytest.raises(ValueError, match=r"pass length=len\(y\)"):
        at.griffin_lim(S, init=init, **GRID)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_format_stays(dtype):
    S = np.abs(at.stft(np.random.default_rng(0).normal(size=3000).astype(dtype)))
    assert at.griffin_lim(S, n_iter=1).dtype == dtype
    assert at.invert_spectrogram(S).dtype == dtype
    assert at.invert_pretty_spectrogram(at.amplitude_to_db(S), n_iter=1).dtype == dtype


def test_a_seed_fixes_the_result_and_another_changes_it(slt):
    S = np.abs(at.stft(slt[0][:8000], **GRID))
    a, b, c = (at.griffin_lim(S, n_iter=3, seed=s, **GRID) for s in (5, 5, 6))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_a_batch_equals_a_loop(slt):
    S = np.abs(at.stft(slt[0][:24000].reshape(2, 12000), **GRID))
    for init in ("random", "align", np.ones(S.shape)):
        both = at.griffin_lim(S, n_iter=3, init=init, length=12000, **GRID)
        one = init if isinstance(init, str) else init[1]
        alone = at.griffin_lim(S[1], n_iter=3, init=one, length=12000, **GRID)
        assert both.shape == (2, 12000) and np.array_equal(both[1], alone)


# --- how near it comes -----------------------------------------------------------------


def test_momentum_gets_further(voice):
    S = np.abs(at.stft(voice[0], **GRID))
    plain, fast = (convergence(at.griffin_lim(S, momentum=m, **GRID), S, **GRID) for m in (0, 0.99))
    assert fast < plain - 2  # dB; measured 4 to 6


def test_overshooting_helps(voice):
    S = np.abs(at.stft(voice[0], **GRID))
    fast, accelerated = (
        convergence(at.griffin_lim(S, n_iter=8, gamma=g, **GRID), S, **GRID) for g in (1, 1.25)
    )
    assert accelerated < fast - 0.2  # dB; measured 0.3 to 0.5


def test_16_iterations_from_the_gradient_beat_librosa_with_32(voice):
    y, sr = voice
    S = np.abs(at.stft(y, **GRID))
    ours = at.griffin_lim(S, length=len(y), **GRID)
    theirs = st.seeded(librosa.griffinlim, S, n_iter=32, length=len(y), **GRID)
    assert convergence(ours, S, **GRID) < convergence(theirs, S, **GRID) - 4  # measured 5, 13
    assert at.intelligibility(ours, y, sr) > at.intelligibility(theirs, y, sr)


def test_a_boxcar_still_tells_more_than_chance(voice):
    # Its slopes are poor, but -11 dB is a better start than -4: 1.5 dB are left after 16.
    grid = dict(window="boxcar", **GRID)
    S = np.abs(at.stft(voice[0], **grid))
    gradient, random = (
        convergence(at.griffin_lim(S, init=init, **grid), S, **grid)
        for init in ("gradient", "random")
    )
    assert gradient < random - 1


@pytest.mark.parametrize("offset", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("n_fft", [1024, 1023])
def test_a_constant_in_the_sound_does_no_harm(slt, offset, n_fft):
    # Where the spectrum is mirrored, at 0 Hz, its slope is zero: the phase must stand still.
    grid = dict(n_fft=n_fft, hop_length=256)
    S = np.abs(at.stft(slt[0] + np.float32(offset), **grid))
    y = at.griffin_lim(S, length=len(slt[0]), **grid)
    assert convergence(y, S, **grid) < -34  # dB, as without it; measured -35 to -52


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "grid",
    [
        dict(n_fft=2, hop_length=1),
        dict(n_fft=3, hop_length=1),
        dict(n_fft=17, hop_length=5),
        dict(n_fft=64, hop_length=64, window="boxcar"),
        dict(n_fft=255, hop_length=64),
        dict(n_fft=256, hop_length=100, win_length=200),
        dict(n_fft=257, hop_length=64, win_length=201, window="hamming"),
        dict(n_fft=400, hop_length=1, win_length=3),
        dict(n_fft=1000, hop_length=333, window=("kaiser", 6.0)),
        dict(n_fft=1024, hop_length=256, window=np.bartlett(1024)),
        dict(n_fft=4096, hop_length=1000),
        dict(n_fft=256, hop_length=256),  # from here on refused: Hann frames that touch
        dict(n_fft=512, hop_length=200, win_length=200),
    ],
    ids=lambda g: "-".join(str(v)[:8] for v in g.values()),
)
def test_every_grid_works_or_is_refused_by_name(slt, grid, dtype):
    y = slt[0][8000:11001].astype(dtype)
    S = np.abs(at.stft(y, **grid))
    if grid["hop_length"] >= grid.get("win_length", grid["n_fft"]) and "window" not in grid:
        with pytest.raises(ValueError, match=f"hop_length={grid['hop_length']} leaves .* half"):
            at.griffin_lim(S, length=len(y), **grid)
        return
    for init in ("gradient", "random"):
        start, end = (
            at.griffin_lim(S, n_iter=n, init=init, length=len(y), **grid) for n in (0, 16)
        )
        assert end.shape == y.shape and end.dtype == dtype
        # Iterating helps: on the poorest of these grids by 1 dB, on usual ones by 10 and more.
        assert convergence(end, S, **grid) < convergence(start, S, **grid) + 0.1


def test_a_ragged_end_does_not_click(slt):
    # Half-overlapping frames: the last samples hang on the flank of a single window.
    grid = dict(n_fft=1024, hop_length=512)
    y = slt[0][8000 : 8000 + 40 * 512 - 1]
    back = at.griffin_lim(np.abs(at.stft(y, **grid)), length=len(y), **grid)
    assert np.abs(back[-512:]).max() < 2 * np.abs(y).max()


@pytest.mark.filterwarnings("ignore:no frame reaches the last")
def test_a_guess_is_not_divided_by_almost_nothing(slt):
    # Hann frames 1000 of 1024 samples apart: between them a sample weighs a millionth.
    grid = dict(n_fft=1024, hop_length=1000)
    D = at.stft(slt[0].astype(float), **grid)
    with pytest.raises(ValueError, match="hop_length=1000 leaves .* at most half the window"):
        at.griffin_lim(np.abs(D), length=len(slt[0]), **grid)
    true_spectra = at.istft(D, length=len(slt[0]), **grid)  # may be: they agree with each other
    assert np.abs(true_spectra - slt[0])[:67000].max() < 1e-6


def test_a_length_of_another_grid_is_refused_with_the_range():
    with pytest.raises(ValueError, match=r"length=9999 .* must lie in 2048 \.\.\. 2303"):
        at.griffin_lim(np.ones((513, 9)), length=9999)


@pytest.mark.parametrize("upward", [at.griffin_lim, at.istft, at.invert_spectrogram])
def test_a_forgotten_hop_is_noticed_by_the_length(upward, slt):
    S = np.abs(at.stft(slt[0], n_fft=1024, hop_length=128))
    with pytest.raises(ValueError, match="hop_length=256 .* hop_length and the length of the way"):
        upward(S, n_fft=1024, length=len(slt[0]))


# --- step by step ----------------------------------------------------------------------


def test_the_last_step_is_griffin_lim(slt):
    S = np.abs(at.stft(slt[0], **GRID))
    options = dict(n_iter=5, length=len(slt[0]), seed=7, **GRID)
    *_, (y, error) = at.griffin_lim_steps(S, **options)
    assert np.array_equal(y, at.griffin_lim(S, **options))
    assert error == convergence(y, S, **GRID)


def test_steps_do_not_follow_a_caller_who_changes_S(slt):
    S = np.abs(at.stft(slt[0], **GRID))
    steps = at.griffin_lim_steps(S, n_iter=2, **GRID)
    expected = [error for _, error in at.griffin_lim_steps(S.copy("K"), n_iter=2, **GRID)]
    errors = [next(steps)[1]]
    S[:] = 0
    assert errors + [error for _, error in steps] == expected


def test_steps_refuse_bad_values_at_once():
    with pytest.raises(ValueError, match="momentum=2 would not settle"):
        at.griffin_lim_steps(np.ones((513, 4)), momentum=2)


# --- one pass that slides --------------------------------------------------------------


@pytest.mark.parametrize("grid", [GRID, dict(n_fft=256, hop_length=100, window="hamming")])
def test_invert_spectrogram_slides_as_one_would_by_hand(slt, grid):
    S = np.abs(at.stft(slt[0][8000:16000].astype(float), **grid))
    n_fft, hop = grid["n_fft"], grid["hop_length"]
    window = scipy.signal.get_window(grid.get("window", "hann"), n_fft)
    frames, laid = [], np.zeros(n_fft + hop * (S.shape[1] - 1))
    weight = np.zeros_like(laid)
    shifts = np.arange(-(n_fft // 8), n_fft // 8 + 1)
    for t, magnitudes in enumerate(S.T):
        pulse = np.fft.fftshift(np.fft.irfft(magnitudes, n_fft))
        here = slice(t * hop, t * hop + n_fft)
        so_far = laid[here] / np.maximum(weight[here], 1e-3)
        padded = np.pad(so_far - so_far.mean(), n_fft)
        fit = [padded[n_fft + s : 2 * n_fft + s] @ (pulse - pulse.mean()) for s in shifts]
        frames.append(np.roll(pulse, shifts[np.argmax(fit)] if t else 0))
        laid[here] += window * frames[-1]
        weight[here] += window**2
    inside = slice(n_fft // 2, n_fft // 2 + hop * (S.shape[1] - 1))
    assert np.allclose(at.invert_spectrogram(S, **grid), laid[inside] / weight[inside])


def test_one_aligned_pass_beats_a_random_and_a_zero_start(voice):
    # Measured on both voices: about -9 dB and better, against -4 and -1.
    S = np.abs(at.stft(voice[0], **GRID))
    aligned = convergence(at.invert_spectrogram(S, **GRID), S, **GRID)
    random, zero = (
        convergence(at.griffin_lim(S, n_iter=0, init=i, **GRID), S, **GRID)
        for i in ("random", "zero")
    )
    assert aligned < -8 and aligned < random - 3 and aligned < zero - 6


def test_offset_is_zero_for_equal_inputs_and_finds_a_delay(slt):
    y = slt[0][8000:9000]
    assert at.xcorr_offset(y, y) == 0
    assert at.xcorr_offset(np.zeros(50), np.zeros(50)) == 0
    assert at.xcorr_offset(slt[0][8000:9000], slt[0][8007:9007]) == 7
    assert at.xcorr_offset(slt[0][8007:9007], slt[0][8000:9000]) == -7
    click = np.eye(1, 400, 200)[0]
    assert at.xcorr_offset(np.roll(click, 50), click, max_lag=50) == 50
    assert abs(at.xcorr_offset(np.roll(click, 50), click, max_lag=40)) <= 40


def test_a_long_delay_is_found_up_to_half_of_the_stretch():
    click = np.eye(1, 400, 180)[0]
    assert at.xcorr_offset(np.roll(click, 190), click) == 190
    assert at.xcorr_offset(np.roll(click, 210), click) != 210


# --- from a picture --------------------------------------------------------------------


def test_the_pretty_picture_inverts_at_its_level(voice):
    y, _ = voice
    ref = np.abs(at.stft(y, **GRID)).max()
    S_db = at.pretty_spectrogram(y, ref=ref, **GRID)
    back = at.invert_pretty_spectrogram(S_db, ref=ref, length=len(y), **GRID)
    # Griffin-Lim's result is a little softer than its target: its frames do not quite agree.
    assert 20 * np.log10(back.std() / y.std()) == pytest.approx(0, abs=0.3)
    assert convergence(back, np.abs(at.stft(y, **GRID)), **GRID) < -18


def test_the_pretty_picture_goes_back_through_griffin_lim_with_every_option(slt):
    grid = dict(n_fft=256, hop_length=50, win_length=200, window="hamming")
    S_db = at.amplitude_to_db(np.abs(at.stft(slt[0][8000:12000], **grid)), ref=3.0)
    options = dict(n_iter=3, momentum=0.5, gamma=1.1, init="random", length=4000, seed=7, **grid)
    S = np.where(S_db > -90, at.db_to_amplitude(S_db, ref=3.0), 0)
    back = at.invert_pretty_spectrogram(S_db, ref=3.0, top_db=90, **options)
    assert np.array_equal(back, at.griffin_lim(S.astype(S_db.dtype), **options))


def test_what_lies_on_the_floor_is_silent():
    S_db = np.full((513, 20), -60.0)
    S_db[64] = 0.0  # 1 kHz
    y = at.invert_pretty_spectrogram(S_db, top_db=60, n_iter=8)
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y))))
    away = np.delete(spectrum, np.arange(280, 329))  # 304 is 1 kHz
    assert away.max() < 0.05 * spectrum.max()


def test_a_picture_with_another_floor_is_noticed(slt):
    S_db = at.pretty_spectrogram(slt[0], top_db=40, **GRID)
    with pytest.raises(ValueError, match="floor of -40 dB, but top_db=80: pass the top_db"):
        at.invert_pretty_spectrogram(S_db, **GRID)


def test_every_picture_of_a_batch_is_checked_for_its_floor(slt):
    low, high = (at.pretty_spectrogram(slt[0], top_db=top_db, **GRID) for top_db in (80, 60))
    with pytest.raises(ValueError, match="floor of -60 dB, but top_db=80"):
        at.invert_pretty_spectrogram(np.stack([low, high]), **GRID)


def test_a_picture_with_some_cells_at_its_lowest_level_is_taken_as_it_is():
    S_db = np.random.default_rng(0).uniform(-40, 0, size=(33, 40))
    S_db[:, :6] = -70  # 15 % of it: a short silence, no floor
    assert np.all(np.isfinite(at.invert_pretty_spectrogram(S_db, n_iter=1)))
    S_db[:, :10] = -70  # 25 %
    with pytest.raises(ValueError, match="25% of S_db lie on a floor of -70 dB"):
        at.invert_pretty_spectrogram(S_db, n_iter=1)


def test_magnitudes_in_place_of_decibels_are_noticed():
    with pytest.raises(ValueError, match="never below 0, as magnitudes do: pass decibels"):
        at.invert_pretty_spectrogram(np.eye(33, 40))  # its lowest value is 0
    assert at.invert_pretty_spectrogram(np.zeros((33, 40)), n_iter=1).any()  # 0 dB everywhere
