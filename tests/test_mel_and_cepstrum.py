"""Sections 6, 7 and 8: mel, MFCC, pitch. The oracle is librosa."""

import librosa
import numpy as np
import pytest

import audiotools as at
import showtools as st

GRID = dict(n_fft=1024, hop_length=256)
RNG = np.random.default_rng(2)
NOTES_HZ = [131, 165, 196, 262, 294, 330, 392, 523, 659, 784]  # of data/melody.wav, 0.4 s each


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


def test_mel_equals_librosa(slt):
    y, sr = slt
    S = np.abs(at.stft(y.astype(np.float64), **GRID))
    for power in (1.0, 2.0):
        ours = at.make_mel(S, at.mel_filterbank(sr, 1024, n_mels=80), power=power)
        theirs = librosa.feature.melspectrogram(S=S**power, sr=sr, n_mels=80)
        # librosa rounds its filters to float32
        assert np.allclose(ours, theirs, rtol=1e-6)


def test_shortened_frames_are_averages_of_what_is_there():
    S = np.arange(14.0).reshape(2, 7)
    assert np.array_equal(at.make_mel(S, np.eye(2), shorten_factor=3), [[1, 4, 6], [8, 11, 13]])


def test_shortened_time_comes_back_on_straight_lines():
    ramp = np.arange(12.0) + np.zeros((2, 1))
    short = at.make_mel(ramp, np.eye(2), shorten_factor=4)
    back = at.mel_to_spectrogram(short, np.eye(2), shorten_factor=4, n_frames=12)
    # inside the first and last group's centre a straight line is exact; outside it is flat
    assert np.allclose(back[:, 2:10], ramp[:, 2:10]) and np.all(back[:, 0] == 1.5)
    assert at.mel_to_spectrogram(short, np.eye(2), shorten_factor=4, n_frames=9).shape == (2, 9)
    assert at.mel_to_spectrogram(short, np.eye(2), shorten_factor=2).shape == (2, 6)


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


def test_a_flat_spectrum_comes_back_flat_without_any_update():
    mel_filter = at.mel_filterbank(16000, 1024, n_mels=80)
    flat = at.mel_to_spectrogram(at.make_mel(np.ones((513, 2)), mel_filter), mel_filter, n_iter=0)
    assert np.allclose(flat[1:-1], 1)  # no filter hears the first and last row


def test_every_update_brings_the_mel_closer(slt):
    y, sr = slt
    mel_filter = at.mel_filterbank(sr, 1024, n_mels=80)
    M = at.make_mel(np.abs(at.stft(y.astype(np.float64), **GRID)), mel_filter)

    def divergence(n_iter):  # generalised Kullback-Leibler, which the update lessens
        again = at.make_mel(at.mel_to_spectrogram(M, mel_filter, n_iter=n_iter), mel_filter)
        return np.sum(M * np.log(M / again) - M + again)

    divergences = [divergence(n) for n in (0, 1, 2, 5, 10, 30)]
    assert np.all(np.diff(divergences) < 0) and divergences[-1] < 0.02 * divergences[0]


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


@pytest.mark.parametrize("n_mfcc", [1, 13, 20, 128])
@pytest.mark.parametrize("top_db", [80.0, 40.0, None])
def test_mel_to_mfcc_equals_librosa(slt, n_mfcc, top_db):
    y, sr = slt
    M = librosa.feature.melspectrogram(y=y.astype(np.float64), sr=sr, **GRID)
    ours = at.mel_to_mfcc(M, n_mfcc=n_mfcc, top_db=top_db)
    theirs = librosa.feature.mfcc(S=librosa.power_to_db(M, top_db=top_db), n_mfcc=n_mfcc)
    assert np.abs(ours - theirs).max() < 1e-9
    back, theirs_back = at.mfcc_to_mel(ours), librosa.feature.inverse.mfcc_to_mel(theirs)
    assert np.allclose(back, theirs_back, rtol=1e-9)


@pytest.mark.parametrize(
    "options",
    [
        dict(),
        dict(n_mfcc=13, n_mels=40, n_fft=400, hop_length=160, htk=True),
        dict(n_fft=1024, hop_length=256, win_length=800, window="hamming", fmin=50, fmax=7000),
        dict(n_mfcc=30, n_mels=64, n_fft=512, hop_length=128, norm=None),
    ],
    ids=str,
)
def test_mfcc_equals_librosa(voice, options):
    y, sr = voice
    theirs_options = dict(options)
    if "norm" in options:
        theirs_options["mel_norm"] = theirs_options.pop("norm")
    theirs = librosa.feature.mfcc(y=y.astype(np.float64), sr=sr, **theirs_options)
    ours = at.mfcc(y.astype(np.float64), sr, **options)
    # librosa's float32 filters: 6e-8 relative is 3e-7 dB a band, times sqrt(128)
    assert ours.shape == theirs.shape and np.abs(ours - theirs).max() < 1e-5
    single = at.mfcc(y, sr, **options)
    assert single.dtype == np.float32 and np.abs(single - theirs).max() < 5e-2  # soft cells


def test_the_cosine_transform_loses_nothing(voice):
    y, sr = voice
    M = at.make_mel(np.abs(at.stft(y.astype(float), **GRID)), at.mel_filterbank(sr, 1024), power=2)
    back = at.mfcc_to_mel(at.mel_to_mfcc(M, n_mfcc=128, top_db=None))
    assert np.allclose(back, np.maximum(M, 1e-10), rtol=1e-9)


def test_row_zero_is_the_mean_level():
    M = 10 ** RNG.uniform(-4, 2, size=(128, 5))
    c0 = at.mel_to_mfcc(M)[0]
    assert np.allclose(c0, np.sqrt(128) * np.mean(10 * np.log10(M), axis=0))
    # a tenth of the amplitude is 20 dB less
    assert np.allclose(at.mel_to_mfcc(M / 100)[0] - c0, -20 * np.sqrt(128))


def test_every_item_of_a_batch_has_its_own_floor(slt, kal16):
    n = 40000
    y = np.stack([slt[0][:n], 0.01 * kal16[0][:n]])
    both = at.mfcc(y, 16000, **GRID)
    assert both.shape == (2, 20, 157)
    assert np.array_equal(both[1], at.mfcc(y[1], 16000, **GRID))
    back = at.mfcc_to_audio(both, 16000, n_iter=2, length=n, **GRID)
    assert np.array_equal(back[1], at.mfcc_to_audio(both[1], 16000, n_iter=2, length=n, **GRID))


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


def test_mfcc_to_audio_takes_phases_for_a_batch(slt):
    y, sr = slt[0][:8000], slt[1]
    C = at.mfcc(np.stack([y, 0.5 * y]), sr, **GRID)
    phases = np.random.default_rng(0).uniform(-3, 3, size=(2, 513, C.shape[-1]))
    both = at.mfcc_to_audio(C, sr, n_iter=1, init=phases, **GRID)
    alone = at.mfcc_to_audio(C[1], sr, n_iter=1, init=phases[1], **GRID)
    assert np.array_equal(both[1], alone)


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


@pytest.mark.parametrize("n_mfcc", [13, 20])
def test_mfcc_to_audio_has_its_mfccs_more_nearly_than_librosas(voice, n_mfcc):
    y, sr = voice
    C = at.mfcc(y, sr, n_mfcc=n_mfcc, **GRID)
    inverse = librosa.feature.inverse
    rows = inverse.mel_to_stft(inverse.mfcc_to_mel(C, n_mels=128), sr=sr, n_fft=1024)
    theirs = st.seeded(librosa.griffinlim, rows, n_iter=32, length=len(y), **GRID)
    ours = at.mfcc_to_audio(C, sr, length=len(y), **GRID)
    again, theirs_again = (at.mfcc(z, sr, n_mfcc=n_mfcc, **GRID) for z in (ours, theirs))
    assert np.linalg.norm(again - C) < np.linalg.norm(theirs_again - C)
    assert at.intelligibility(ours, y, sr) > at.intelligibility(theirs, y, sr)


def test_mfcc_to_audio_keeps_the_envelope_and_the_level(voice):
    y, sr = voice
    settings = dict(n_mels=80, fmin=50.0, htk=True, **GRID)
    C = at.mfcc(y, sr, n_mfcc=40, **settings)
    back = at.mfcc_to_audio(C, sr, length=len(y), **settings)
    again = at.mfcc(back, sr, n_mfcc=40, **settings)
    rms = np.sqrt(np.mean(np.square(again - C)))
    assert rms < 6  # measured 3 to 4; the coefficients' own standard deviation is above 30
    assert abs(20 * np.log10(back.std() / y.std())) < 3


def test_silence_has_finite_mfccs_and_comes_back_silent():
    C = at.mfcc(np.zeros(4000), 16000, **GRID)
    assert np.allclose(C[0], -100 * np.sqrt(128)) and np.allclose(C[1:], 0)
    back = at.mfcc_to_audio(C, 16000, **GRID)
    # the floor is 1e-10 in power per band, about 1e-5 in amplitude
    assert np.abs(back).max() < 1e-4


def test_pitch_hears_every_note_of_the_melody():
    y, sr = at.load_wav("data/melody.wav")
    f0 = at.pitch(y, sr, fmax=1000)
    for i, hz in enumerate(NOTES_HZ):
        middle = f0[int((0.4 * i + 0.1) * sr / 256) : int((0.4 * i + 0.3) * sr / 256)]
        assert abs(1200 * np.log2(np.median(middle) / hz)) < 10  # cents


def test_pitch_of_silence_and_faint_hum_is_zero():
    assert not at.pitch(np.zeros(8000), 16000).any()
    t = np.arange(16000) / 16000
    tone = np.sin(2 * np.pi * 150 * t) * np.where(t < 0.5, 1.0, 0.01)  # 40 dB softer
    f0 = at.pitch(tone, 16000)
    assert f0.shape == (63,) and np.all(f0[4:28] > 0) and not f0[36:].any()
    assert not at.pitch(np.full(8000, 0.3), 16000).any()  # a constant has no pitch


def test_pitch_does_not_know_the_level(slt):
    y = slt[0][8000:16000].astype(float)
    f0 = at.pitch(y, 16000)
    for power in (-600, 600):  # squared, these are 0 and infinity
        assert np.array_equal(at.pitch(np.ldexp(y, power), 16000), f0)


def test_pitch_takes_a_range_that_a_voice_could_leap_across_between_two_frames():
    y = np.sin(2 * np.pi * 100 * np.arange(16000) / 16000)
    f0 = at.pitch(y, 16000, fmin=80, fmax=160, hop_length=1024, frame_length=2048)
    assert np.allclose(f0[2:-2], 100, atol=1)  # pyin's steps are a tenth of a semitone


SPOKEN = dict(n_fft=512, hop_length=256)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25, 1.5])
def test_a_spoken_pitch_measures_back(voice, factor):
    y, sr = voice
    f0 = at.pitch(y, sr)
    spoken = at.speak(at.mfcc(y, sr, **SPOKEN), factor * f0, sr, length=len(y))
    measured = at.pitch(spoken, sr, fmax=640)
    both = (measured > 0) & (f0 > 0)
    # pyin's own grid is a tenth of a semitone (0.6 %); measured within 0.007
    assert np.median(measured[both] / f0[both]) == pytest.approx(factor, abs=0.02)
    assert at.pitch_accuracy(measured, factor * f0) > 0.8  # measured .87 to .95


def test_without_a_pitch_it_whispers(voice):
    y, sr = voice
    f0 = at.pitch(y, sr)
    whisper = at.speak(at.mfcc(y, sr, **SPOKEN), 0 * f0, sr, length=len(y))
    assert np.mean(at.pitch(whisper, sr) > 0) < 0.02
    # Half of a voice's ESTOI is its envelope, which is still there.
    assert at.intelligibility(whisper, y, sr) > 0.6


@pytest.mark.parametrize("n_mfcc, error", [(13, 7), (20, 7), (40, 9)])
def test_what_is_spoken_has_the_mfccs_asked_for(voice, n_mfcc, error):
    y, sr = voice
    C = at.mfcc(y, sr, n_mfcc=n_mfcc, **SPOKEN)
    f0 = at.pitch(y, sr)
    one, two = (at.speak(C, f0, sr, n_passes=n, length=len(y)) for n in (1, 2))
    off = [at.mfcc(z, sr, n_mfcc=n_mfcc, **SPOKEN) - C for z in (one, two)]
    off = [np.sqrt(np.mean(np.square(x))) for x in off]
    assert off[1] < off[0] and off[1] < error  # measured 4 to 7; they range over hundreds
    assert abs(20 * np.log10(two.std() / y.std())) < 3  # dB: the level comes back, nearly


def test_a_pitch_beats_a_guessed_phase(voice):
    y, sr = voice
    f0, grid = at.pitch(y, sr), dict(length=len(y), **SPOKEN)
    C = at.mfcc(y, sr, **SPOKEN)
    spoken, guessed = at.speak(C, f0, sr, length=len(y)), at.mfcc_to_audio(C, sr, **grid)
    assert at.pitch_accuracy(at.pitch(spoken, sr), f0) > 0.7  # measured .94 and .92
    assert at.pitch_accuracy(at.pitch(guessed, sr), f0) < 0.2
    assert at.intelligibility(spoken, y, sr) > at.intelligibility(guessed, y, sr) + 0.05


def test_silence_is_spoken_silently():
    C = at.mfcc(np.zeros(8000), 16000, **SPOKEN)
    for f0 in (np.zeros(32), np.full(32, 100.0)):
        assert np.abs(at.speak(C, f0, 16000)).max() < 1e-3  # the floor is 1e-5 a band


@pytest.mark.parametrize("rest", [0, 100, 200, 240, 255])
def test_a_ragged_end_is_spoken_without_a_click(voice, rest):
    # Frames half apart: the last samples hang on the fading flank of a single window.
    y, sr = voice[0][8000 : 8000 + 128 * 256 + rest], voice[1]
    spoken = at.speak(at.mfcc(y, sr, **SPOKEN), at.pitch(y, sr), sr, length=len(y))
    assert np.abs(spoken[-300:]).max() < 1.5 * np.abs(spoken[:-300]).max()


def test_pulses_and_noise_have_power_one():
    f0 = np.repeat([200.0, 0.0], 100)
    y = at._source(f0, 16000, 256, 200 * 256, seed=0)
    assert np.mean(y[:25000] ** 2) == pytest.approx(1, abs=0.02)
    assert np.mean(y[26000:] ** 2) == pytest.approx(1, abs=0.05)
    assert np.count_nonzero(y[:16000]) in (199, 200, 201)  # pulses in a second


def test_speaking_keeps_format_seed_and_batches(slt):
    y, sr = slt
    C, f0 = at.mfcc(y, sr, **SPOKEN)[:, :60], at.pitch(y, sr)[:60]
    a, b, c = (at.speak(C, f0, sr, seed=s) for s in (0, 0, 1))
    assert a.dtype == np.float32 and a.shape == (59 * 256,)
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    both = at.speak(np.stack([C, C]), np.stack([f0, 2 * f0]), sr)
    assert np.array_equal(both[1], at.speak(C, 2 * f0, sr))


def test_pitch_limit_follows_the_mel_scale():
    # span: librosa's own mel axis, measured in Hz at its low end by a small step
    for sr in (16000, 22050, 44100):
        for htk in (False, True):
            hz_per_mel = 1e-3 / librosa.hz_to_mel(1e-3, htk=htk)
            span = librosa.hz_to_mel(sr / 2, htk=htk) * hz_per_mel
            expected = 2 * span * 128 / 129 / 20
            assert at.pitch_limit(20, sr, htk=htk) == pytest.approx(expected, rel=1e-5)
    assert [round(at.pitch_limit(k, 16000)) for k in (13, 20, 40)] == [460, 299, 150]


def test_64_bands_keep_the_high_voice_and_lose_the_low_one(slt, kal16):
    def kept(voice):
        y, sr = voice
        mel_filter = at.mel_filterbank(sr, 1024, n_mels=64)
        S = at.mel_to_spectrogram(at.make_mel(np.abs(at.stft(y, **GRID)), mel_filter), mel_filter)
        back = at.griffin_lim(S, n_iter=32, length=len(y), **GRID)
        return at.pitch_accuracy(at.pitch(back, sr), at.pitch(y, sr))

    assert kept(slt) > 0.8 and kept(kal16) < 0.5  # measured .97 and .2 at seed 0


@pytest.mark.parametrize("n_mfcc", [20, 30, 40])
def test_pitch_limit_tells_which_notes_survive(n_mfcc):
    y, sr = at.load_wav("data/melody.wav")
    C = at.mfcc(y, sr, n_mfcc=n_mfcc, **GRID)
    f0 = at.pitch(at.mfcc_to_audio(C, sr, length=len(y), **GRID), sr, fmax=1000)
    for i, hz in enumerate(NOTES_HZ):
        middle = f0[round((0.4 * i + 0.08) * sr / 256) :][:15]
        right = at.pitch_accuracy(middle, np.full(15, hz, dtype=middle.dtype))
        # the edge is soft: see the docstring
        assert hz < 1.2 * at.pitch_limit(n_mfcc, sr) or right > 0.8
        assert hz > 0.8 * at.pitch_limit(n_mfcc, sr) or right < 0.2


def test_the_gists_filters_are_the_filterbank_with_peak_one():
    options = dict(n_mels=30, fmin=200.0, fmax=6000.0)
    same = at.mel_filterbank(16000, 1024, htk=True, norm=None, **options)
    assert np.array_equal(at.get_filterbanks(16000, 1024, **options), same)
    assert np.array_equal(at.create_mel_filter(16000, 1024, **options)[1], same)


def test_mfcc_to_audio_is_its_two_steps_with_every_option(slt):
    mels = dict(n_mels=30, fmin=200.0, fmax=6000.0, htk=True, norm=None)
    grid = dict(n_fft=512, hop_length=100, win_length=400, window="hamming")
    C = at.mfcc(slt[0][8000:16000], 16000, n_mfcc=13, **mels, **grid)
    options = dict(n_iter=2, init="random", length=8000, seed=3, **grid)
    W = at.mel_filterbank(16000, 512, **mels)
    two_steps = at.mel_to_audio(at.mfcc_to_mel(C, n_mels=30), W, power=2, **options)
    assert np.array_equal(at.mfcc_to_audio(C, 16000, **mels, **options), two_steps)


@pytest.mark.parametrize("n_passes", [1, 2])
def test_speaking_is_a_source_through_what_the_mfccs_lack(slt, n_passes):
    # As one would write it down, in librosa's words where it has them.
    y, sr = slt[0][8000:24000].astype(float), 16000
    C, f0 = at.mfcc(y, sr, n_mfcc=20, n_mels=64, **SPOKEN), at.pitch(y, sr)
    centres = librosa.mel_frequencies(66, fmin=0, fmax=sr / 2)[1:-1]
    z = at._source(f0, sr, 256, 62 * 256, seed=4)
    for _ in range(n_passes):
        power = np.abs(librosa.stft(z, **SPOKEN)) ** 2
        power = librosa.feature.melspectrogram(S=power, sr=sr, n_mels=64)
        has = librosa.feature.mfcc(S=librosa.power_to_db(power), n_mfcc=20)
        lacks_db = librosa.feature.inverse.mfcc_to_mel(C - has, n_mels=64)
        lacks_db = librosa.power_to_db(lacks_db, amin=1e-300, top_db=None)
        bins = np.arange(257) * sr / 512
        gain_db = np.stack([np.interp(bins, centres, frame) for frame in lacks_db.T], axis=1)
        z = librosa.istft(at.stft(z, **SPOKEN) * 10 ** (gain_db / 20), length=62 * 256, **SPOKEN)
    spoken = at.speak(C, f0, sr, n_mels=64, n_passes=n_passes, seed=4, **SPOKEN)
    # librosa rounds its filters to float32, and a band's level is a logarithm.
    assert np.allclose(spoken[:-256], z[:-256], atol=1e-4 * np.abs(z).max())


def test_the_last_frame_has_a_source_of_its_own():
    for f0, silent in [([0.0, 0.0, 100.0], True), ([100.0, 100.0, 0.0], False)]:
        y = at._source(np.array(f0), 16000, 256, 3 * 256, seed=0)
        assert (np.count_nonzero(y[-256:]) < 5) == silent  # pulses are rare, noise is not


@pytest.mark.parametrize("hop_length", [256, 100])
def test_pitch_is_librosas_where_the_sound_is_loud(voice, hop_length):
    y, sr = voice[0][:32000].astype(float), voice[1]
    y -= y.mean()  # as pitch does first: a tiny constant can move a frame by a step of pyin's
    ours = at.pitch(y, sr, hop_length=hop_length)
    grid = dict(frame_length=1024, hop_length=hop_length)
    theirs, _, _ = librosa.pyin(y, sr=sr, fmin=65, fmax=420, **grid)
    assert ours.shape == theirs.shape and np.mean(ours > 0) > 0.3  # there is enough to compare
    assert np.allclose(ours[ours > 0], theirs[ours > 0])
