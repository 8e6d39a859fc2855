"""frames: cut into frames, the STFT and its inverse. The oracle is librosa.

More of it, drawn at random and from the tests of others, stands in test_properties.py and
test_peers.py, under "frames".
"""

import re

import librosa
import numpy as np
import pytest
from conftest import convergence

import audiotools as at

RNG = np.random.default_rng(1)
GRIDS = [
    dict(n_fft=n_fft, hop_length=hop, win_length=win, window=window)
    for n_fft, hop, win in [
        (2048, None, None),
        (1024, 256, None),
        (512, 128, 400),
        (513, 128, None),
        (400, 160, 399),
        (64, 1, 33),
        (1024, 512, None),
    ]
    for window in ("hann", "hamming", "blackman", ("kaiser", 8.0))
]


def grid_name(grid):
    return "-".join(str(v) for v in grid.values())


# --- cut and added ---------------------------------------------------------------------


def test_frames_are_columns_of_a_read_only_view():
    y = np.arange(10.0)
    frames = at.frame(y, 4, 3)
    assert frames.shape == (4, 3) and np.array_equal(frames[:, 1], y[3:7])
    assert np.shares_memory(frames, y) and not frames.flags.writeable


# --- down ------------------------------------------------------------------------------


@pytest.mark.parametrize("grid", GRIDS, ids=grid_name)
def test_stft_equals_librosa(grid, slt):
    y = slt[0][8000:17777].astype(np.float64)
    ours, theirs = at.stft(y, **grid), librosa.stft(y, **grid)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-12 * np.abs(theirs).max()  # double precision
    single = at.stft(y.astype(np.float32), **grid)
    assert single.dtype == np.complex64
    assert np.abs(single - theirs).max() <= 1e-6 * np.abs(theirs).max()


def test_a_tone_lies_in_the_row_of_its_frequency():
    t = np.arange(16000) / 16000
    S = np.abs(at.stft(np.sin(2 * np.pi * 1000 * t), n_fft=1024))
    assert np.all(S.argmax(axis=0)[3:-3] == 1000 * 1024 / 16000)


def test_few_samples_of_many_sounds_look_like_channels():
    assert at.stft(np.ones((34, 33)), n_fft=4).shape == (34, 3, 34)
    assert at.stft(np.ones((32, 32)), n_fft=4).shape == (32, 3, 33)
    for shape in [(33, 32), (4000, 8), (3, 4000, 2)]:
        with pytest.raises(ValueError, match=f"{re.escape(str(shape))}, which looks like channels"):
            at.stft(np.ones(shape), n_fft=4)
    assert at.pitch_accuracy(np.ones((50, 3)), np.ones((50, 3))).shape == (50,)  # no sound


# --- and up ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-6), (np.float64, 1e-12)])
@pytest.mark.parametrize("grid", GRIDS, ids=grid_name)
def test_istft_undoes_stft(grid, dtype, tolerance):
    hop = grid["hop_length"] or grid["n_fft"] // 4
    # Half-overlapping frames: the last sample may lie where only the outermost flank of one
    # window reaches, with a weight near 0; stay a quarter of a hop away from there.
    length = 10 * hop + (hop // 4 if hop > grid["n_fft"] // 4 else hop - 1)
    y = RNG.uniform(-1, 1, length).astype(dtype)
    back = at.istft(at.stft(y, **grid), length=length, **grid)
    assert back.dtype == dtype and np.abs(back - y).max() < tolerance


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257, 1023, 1025])
def test_short_and_odd_lengths_come_back(n):
    y = RNG.normal(size=n)
    D = at.stft(y, n_fft=1024, hop_length=256)
    assert D.shape == (513, 1 + n // 256)
    assert np.abs(at.istft(D, n_fft=1024, hop_length=256, length=n) - y).max() < 1e-12


def test_a_click_keeps_its_place():
    y = np.zeros(16000)
    y[9000] = 1
    D = at.stft(y, n_fft=1024, hop_length=256)
    back = at.istft(D, n_fft=1024, hop_length=256, length=len(y))
    assert np.abs(back).argmax() == 9000
    assert np.abs(D).sum(axis=0).argmax() == round(9000 / 256)


def test_the_gain_of_a_window_comes_back_out():
    y = RNG.normal(size=2000)
    for gain in (1e-6, 1e6):
        grid = dict(n_fft=256, hop_length=64, window=gain * np.hanning(257)[:-1])
        assert np.abs(at.istft(at.stft(y, **grid), length=2000, **grid) - y).max() < 1e-12


def test_samples_that_no_frame_hears_are_refused():
    with pytest.raises(ValueError, match="samples that hardly any frame hears"):
        at.istft(np.ones((513, 9)), hop_length=1024)


@pytest.mark.parametrize("hop_length", [40, 64])
def test_the_length_is_kept_where_the_last_frame_ends_before_it(hop_length):
    # Boxcars side by side: the last frame is centred on 2944 or 3000 and ends 32 samples on.
    y = np.random.default_rng(3).normal(size=3000 + hop_length - 1)
    grid = dict(n_fft=64, hop_length=hop_length, window="boxcar")
    with pytest.warns(UserWarning, match=f"no frame reaches the last .* of {len(y)} samples"):
        back = at.istft(at.stft(y, **grid), length=len(y), **grid)
    heard = hop_length * (len(y) // hop_length) + 32
    assert back.shape == y.shape
    assert np.allclose(back[:heard], y[:heard]) and not back[heard:].any()


@pytest.mark.parametrize("bad", [np.inf, -np.inf, complex(0, np.inf), complex(-9, -np.inf)])
def test_infinity_is_found_in_either_part(bad):
    D = at.stft(RNG.normal(size=2000), n_fft=256)
    D[3, 4] = bad
    with pytest.raises(ValueError, match="infinity in 1 of"):
        at.istft(D, n_fft=256)


# --- frames that are not centred --------------------------------------------------------

OFF_CENTRE = [
    (1024, 256, None),
    (512, 160, 400),
    (400, 160, None),
    (501, 125, None),
    (256, 128, 200),
]


@pytest.mark.parametrize("n_fft, hop_length, win_length", OFF_CENTRE)
def test_frames_that_are_not_centred_are_librosas_and_come_back(
    n_fft, hop_length, win_length, voice
):
    y = voice[0]
    grid = dict(n_fft=n_fft, hop_length=hop_length, win_length=win_length, center=False)
    D = at.stft(y, **grid)
    assert np.allclose(D, librosa.stft(y, **grid), atol=1e-4)
    y_hat = at.istft(D, length=len(y), **grid)
    heard = slice(n_fft // 2, hop_length * (D.shape[1] - 1) + n_fft // 2)
    assert np.abs(y_hat - y)[heard].max() < 1e-5  # between the first centre and the last
    assert len(at.istft(D, **grid)) == hop_length * (D.shape[1] - 1) + n_fft
    with pytest.raises(ValueError, match="length=.* does not make"):
        at.istft(D, length=len(y) + hop_length, **grid)


@pytest.mark.parametrize("n_fft, hop_length, win_length", OFF_CENTRE[:3])
def test_a_phase_is_guessed_as_well_where_frames_are_not_centred(
    n_fft, hop_length, win_length, voice
):
    y = voice[0]
    grid = dict(n_fft=n_fft, hop_length=hop_length, win_length=win_length)
    errors = []
    for center in (True, False):
        S = np.abs(at.stft(y, center=center, **grid))
        y_hat = at.griffin_lim(S, length=len(y), center=center, **grid)
        errors.append(convergence(y_hat, S, center=center, **grid))
        assert np.abs(y_hat).max() < 2 * np.abs(y).max()  # also at the ends, which few frames hear
    assert errors[1] < errors[0] + 2  # dB: other frames of the same sound differ by 1.4


def test_every_function_of_the_grid_takes_frames_that_are_not_centred(slt):
    y, grid = slt[0][:8192], dict(n_fft=512, hop_length=128, center=False)
    S, W = np.abs(at.stft(y, **grid)), at.mel_filterbank(16000, 512, n_mels=40)
    M = at.make_mel(S, W, power=2)
    C = at.mfcc(y, 16000, n_mels=40, **grid)
    assert np.allclose(C, at.mel_to_mfcc(M), atol=1e-3)
    assert at.phase_gradient(S, **grid).shape == S.shape
    ways = [
        at.invert_spectrogram(S, length=len(y), **grid),
        at.griffin_lim(S, length=len(y), init="align", **grid),
        [y_hat for y_hat, _ in at.griffin_lim_steps(S, length=len(y), **grid)][-1],
        at.mel_to_audio(M, W, power=2, length=len(y), **grid),
        at.mfcc_to_audio(C, 16000, n_mels=40, length=len(y), **grid),
    ]
    for y_hat in ways:
        assert y_hat.shape == y.shape
        M_hat = at.make_mel(np.abs(at.stft(y_hat, **grid)), W, power=2)
        assert np.corrcoef(np.log(M_hat + 1e-3).ravel(), np.log(M + 1e-3).ravel())[0, 1] > 0.85
