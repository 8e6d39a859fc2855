"""mel: the scale, its filters, down to mel and back up. The oracle is librosa.

More of it, drawn at random and from the tests of others, stands in test_properties.py and
test_peers.py, under "mel".
"""

import librosa
import numpy as np
import pytest

import audiotools as at

GRID = dict(n_fft=1024, hop_length=256)


# --- scale and filters -----------------------------------------------------------------


@pytest.mark.parametrize("htk", [False, True])
def test_mel_scales_equal_librosa_and_undo_each_other(htk):
    hz = np.r_[0.0, np.geomspace(1, 24000, 200)]
    mel = at.hz_to_mel(hz, htk=htk)
    assert np.allclose(mel, librosa.hz_to_mel(hz, htk=htk), rtol=1e-12)
    assert np.allclose(at.mel_to_hz(mel, htk=htk), hz, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize("htk", [False, True])
@pytest.mark.parametrize(
    "sr, n_fft, n_mels, fmin, fmax",
    [
        (16000, 1024, 128, 0, None),
        (22050, 2048, 128, 0, None),
        (16000, 400, 40, 20, 7600),
        (44100, 2048, 64, 300, 8000),
        (8000, 513, 20, 0, 4000),
    ],
)
def test_mel_filterbank_equals_librosa(sr, n_fft, n_mels, fmin, fmax, htk, norm):
    options = dict(n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm)
    ours = at.mel_filterbank(sr, n_fft, **options)
    theirs = librosa.filters.mel(sr=sr, n_fft=n_fft, dtype=np.float64, **options)
    assert np.abs(ours - theirs).max() < 1e-12


@pytest.mark.parametrize("n_fft, most", [(256, 95), (512, 192), (1024, 385)])
def test_every_mel_filter_hears_something(n_fft, most):
    assert np.all(at.mel_filterbank(16000, n_fft, n_mels=most).sum(axis=1) > 0)
    with pytest.raises(ValueError, match=rf"mel filter \d+ .* n_mels={most + 1} hears? nothing"):
        at.mel_filterbank(16000, n_fft, n_mels=most + 1)


def test_the_gists_pair_averages_and_draws_straight_lines():
    forward, inverse = at.create_mel_filter(16000, 1024)
    assert forward.shape == inverse.shape == (64, 513)
    assert np.allclose(forward.sum(axis=1), 1)
    hz = np.arange(513) * 16000 / 1024
    mels = np.linspace(at.hz2mel(300), at.hz2mel(8000), 66)
    centres = at.mel2hz(mels)
    between = (hz > centres[1]) & (hz < centres[-2])
    assert np.allclose(inverse.T[between] @ np.ones(64), 1)  # a flat mel expands to a flat line
    assert at.create_mel_filter(8000, 1024)[0].shape == (64, 513)  # fmax falls to 4000 Hz


def test_the_gists_filters_are_the_filterbank_with_peak_one():
    options = dict(n_mels=30, fmin=200.0, fmax=6000.0)
    same = at.mel_filterbank(16000, 1024, htk=True, norm=None, **options)
    assert np.array_equal(at.get_filterbanks(16000, 1024, **options), same)
    assert np.array_equal(at.create_mel_filter(16000, 1024, **options)[1], same)


# --- down ------------------------------------------------------------------------------


def test_mel_equals_librosa(slt):
    y, sr = slt
    S = np.abs(at.stft(y.astype(np.float64), **GRID))
    for power in (1.0, 2.0):
        ours = at.make_mel(S, at.mel_filterbank(sr, 1024, n_mels=80), power=power)
        theirs = librosa.feature.melspectrogram(S=S**power, sr=sr, n_mels=80)
        # librosa rounds its filters to float32
        assert np.allclose(ours, theirs, rtol=1e-6)


# --- up to a spectrogram ---------------------------------------------------------------


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_kl_inverse_beats_librosas(voice, power):
    y, sr = voice
    S = np.abs(at.stft(y, **GRID))
    mel_filter = at.mel_filterbank(sr, 1024, n_mels=80)
    M = at.make_mel(S, mel_filter, power=power)
    ours = at.mel_to_spectrogram(M, mel_filter, power=power)
    theirs = librosa.feature.inverse.mel_to_stft(M, sr=sr, n_fft=1024, power=power)
    assert ours.min() >= 0
    assert at.spectral_convergence(ours, S) < at.spectral_convergence(theirs, S) - 0.1


def test_every_update_brings_the_mel_closer(slt):
    y, sr = slt
    mel_filter = at.mel_filterbank(sr, 1024, n_mels=80)
    M = at.make_mel(np.abs(at.stft(y.astype(np.float64), **GRID)), mel_filter)

    def divergence(n_iter):  # generalised Kullback-Leibler, which the update lessens
        again = at.make_mel(at.mel_to_spectrogram(M, mel_filter, n_iter=n_iter), mel_filter)
        return np.sum(M * np.log(M / again) - M + again)

    divergences = [divergence(n) for n in (0, 1, 2, 5, 10, 30)]
    assert np.all(np.diff(divergences) < 0) and divergences[-1] < 0.02 * divergences[0]


def test_a_flat_spectrum_comes_back_flat_without_any_update():
    mel_filter = at.mel_filterbank(16000, 1024, n_mels=80)
    flat = at.mel_to_spectrogram(at.make_mel(np.ones((513, 2)), mel_filter), mel_filter, n_iter=0)
    assert np.allclose(flat[1:-1], 1)  # no filter hears the first and last row


def test_the_mel_inverse_does_not_depend_on_the_level(slt):
    mel_filter = at.mel_filterbank(slt[1], 1024)
    M = at.make_mel(np.abs(at.stft(slt[0], **GRID)), mel_filter)
    once = at.mel_to_spectrogram(M, mel_filter)
    for gain in (1e-10, 1e10):
        scaled = at.mel_to_spectrogram((M * gain).astype(np.float32), mel_filter)
        assert np.allclose(scaled / gain, once, rtol=1e-3, atol=1e-6 * once.max())  # float32


def test_bins_that_no_filter_hears_come_back_silent():
    mel_filter = at.mel_filterbank(16000, 1024, n_mels=40, fmin=300, fmax=4000)
    S = at.mel_to_spectrogram(np.ones((40, 3)), mel_filter)
    heard = mel_filter.sum(axis=0) > 0
    assert np.all(S[heard] > 0) and not S[~heard].any()
    gists, _ = at.create_mel_filter(16000, 1024)  # its last triangle ends at 8000 Hz, the last row
    assert gists[-1, -1] < 1e-9 and at.mel_to_spectrogram(np.ones((64, 3)), gists)[-1].max() == 0
    assert not at.mel_to_spectrogram(np.zeros((40, 3)), mel_filter).any()


def test_shortened_time_comes_back_on_straight_lines():
    ramp = np.arange(12.0) + np.zeros((2, 1))
    short = at.make_mel(ramp, np.eye(2), shorten_factor=4)
    back = at.mel_to_spectrogram(short, np.eye(2), shorten_factor=4, n_frames=12)
    # inside the first and last group's centre a straight line is exact; outside it is flat
    assert np.allclose(back[:, 2:10], ramp[:, 2:10]) and np.all(back[:, 0] == 1.5)
    assert at.mel_to_spectrogram(short, np.eye(2), shorten_factor=4, n_frames=9).shape == (2, 9)
    assert at.mel_to_spectrogram(short, np.eye(2), shorten_factor=2).shape == (2, 6)


# --- up to a sound ---------------------------------------------------------------------


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("init", ["gradient", "random"])
def test_mel_to_audio_is_griffin_lim_with_the_mel_put_right(slt, power, init):
    # The loop as one would write it down: Richardson's update in place of the magnitude.
    y = slt[0][8000:24000].astype(np.float64)
    W = at.mel_filterbank(16000, 1024, n_mels=40)
    M = at.make_mel(np.abs(at.stft(y, **GRID)), W, power=power)
    options = dict(length=len(y), **GRID)
    updates = 10 if init == "gradient" else 0  # a random start needs no good rows
    S = at.mel_to_spectrogram(M, W, power=power, n_iter=updates)
    heard = np.maximum(W.sum(axis=0), 1e-12)[:, None]
    ahead = last = at.griffin_lim(S, n_iter=0, init=init, **options)
    for _ in range(5):
        D = at.stft(ahead, **GRID)
        D *= (W.T @ (M / (W @ np.abs(D) ** power)) / heard) ** (1 / power)
        y_hat = at.istft(D, **options)
        t = ahead + 1.25 * (y_hat - ahead)
        ahead, last = t + 0.9 * (t - last), t
    ours = at.mel_to_audio(M, W, power=power, n_iter=5, init=init, **options)
    # float64, five passes; the last frame's flank, which griffin_lim softens, left out
    assert np.allclose(ours[:-512], y_hat[:-512], atol=1e-8)


def test_together_beats_one_by_one_and_librosa(voice):
    y, sr = voice
    mel_filter = at.mel_filterbank(sr, 1024, n_mels=80)
    M = at.make_mel(np.abs(at.stft(y, **GRID)), mel_filter, power=2)

    def mel_error(y_hat):
        M_hat = at.make_mel(np.abs(at.stft(y_hat, **GRID)), mel_filter, power=2)
        return at.log_spectral_distance(np.sqrt(M_hat), np.sqrt(M))

    S = at.mel_to_spectrogram(M, mel_filter, power=2)
    rows = librosa.feature.inverse.mel_to_stft(M, sr=sr, n_fft=1024, power=2)
    together = at.mel_to_audio(M, mel_filter, power=2, length=len(y), **GRID)
    for others in (S, rows):
        one_by_one = at.griffin_lim(others, n_iter=32, init="random", length=len(y), **GRID)
        assert mel_error(together) < 0.8 * mel_error(one_by_one)  # measured .4 to .7
        words = [at.intelligibility(z, y, sr) for z in (together, one_by_one)]
        assert words[0] > words[1] + 0.01  # measured .02 to .07


@pytest.mark.parametrize(
    "n_fft, numbers, init",
    [(1024, 63, "random"), (1024, 64, "gradient"), (2048, 80, "random"), (512, 40, "gradient")],
)
def test_few_numbers_start_at_random_and_many_from_the_gradient(slt, n_fft, numbers, init):
    y, sr = slt
    grid = dict(n_fft=n_fft, hop_length=n_fft // 4)
    mel_filter = at.mel_filterbank(sr, n_fft, n_mels=numbers)
    M = at.make_mel(np.abs(at.stft(y, **grid)), mel_filter)
    C = at.mfcc(y, sr, n_mfcc=numbers, **grid)
    for back, *numbers in [(at.mel_to_audio, M, mel_filter), (at.mfcc_to_audio, C, sr)]:
        auto, named = (back(*numbers, n_iter=1, **o, **grid) for o in ({}, dict(init=init)))
        assert np.array_equal(auto, named)


def test_64_bands_keep_the_high_voice_and_lose_the_low_one(slt, kal16):
    def kept(voice):
        y, sr = voice
        mel_filter = at.mel_filterbank(sr, 1024, n_mels=64)
        S = at.mel_to_spectrogram(at.make_mel(np.abs(at.stft(y, **GRID)), mel_filter), mel_filter)
        back = at.griffin_lim(S, n_iter=32, length=len(y), **GRID)
        return at.pitch_accuracy(at.pitch(back, sr), at.pitch(y, sr))

    assert kept(slt) > 0.8 and kept(kal16) < 0.5  # measured .97 and .2 at seed 0
