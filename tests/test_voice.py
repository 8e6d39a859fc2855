"""voice: the pitch of a sound, what 20 MFCCs leave of it, and speaking with it.

More of it, drawn at random and from the tests of others, stands in test_properties.py and
test_peers.py, under "voice".
"""

import inspect

import librosa
import numpy as np
import pytest
import scipy.stats

import audiotools as at
from staircase.pyin import likeliest_path, probabilities, pyin, troughs
from staircase.voice import _leap, source

GRID = dict(n_fft=1024, hop_length=256)
SPOKEN = dict(n_fft=512, hop_length=256)
NOTES_HZ = [131, 165, 196, 262, 294, 330, 392, 523, 659, 784]  # of data/melody.wav, 0.4 s each


# --- pitch -----------------------------------------------------------------------------


@pytest.mark.parametrize("hop_length", [256, 100])
def test_pitch_is_librosas_where_the_sound_is_loud(voice, hop_length):
    y, sr = voice[0][:32000].astype(float), voice[1]
    y -= y.mean()  # as pitch does first: a tiny constant can move a frame by a step of pyin's
    ours = at.pitch(y, sr, hop_length=hop_length)
    grid = dict(frame_length=1024, hop_length=hop_length)
    theirs, _, _ = librosa.pyin(y, sr=sr, fmin=65, fmax=420, **grid, **EXACT)
    assert ours.shape == theirs.shape and np.mean(ours > 0) > 0.3  # there is enough to compare
    assert np.allclose(ours[ours > 0], theirs[ours > 0])


LEAPS_HZ = [90, 400, 70, 300, 95, 180, 410, 66]
HEARD_BY_LIBROSA = {  # a sound, its lowest and highest pitch, samples between frames and per frame
    "speech": (lambda y: y, 65, 420, 256, 1024),
    "music": (lambda y: y, 65, 1000, 256, 1024),
    "whistles": (lambda y: y, 300, 7000, 256, 1024),  # more bins than librosa's frames have samples
    "one semitone": (lambda y: y, 200, 213, 256, 1024),
    "short steps": (lambda y: y[:8000], 65, 420, 40, 1024),
    "long steps": (lambda y: y, 65, 420, 1500, 2048),
    "faint noise": (lambda y: y + 0.05 * noise(len(y)), 65, 420, 256, 1024),
    "noise alone": (lambda y: noise(len(y)), 65, 420, 256, 1024),
    "silence around": (lambda y: np.pad(y[:8000], 4000), 65, 420, 256, 1024),
    "leaps": (lambda y: glide(np.repeat(LEAPS_HZ, 2000)), 65, 420, 256, 1024),
}


# librosa 1.0 leaves out moves of little probability unless it is told not to.
EXACT = dict(transition_min_prob=None)
EXACT = EXACT if EXACT.keys() <= inspect.signature(librosa.pyin).parameters.keys() else {}


def noise(n):
    return np.random.default_rng(0).normal(size=n)


def glide(hz):
    return np.sin(2 * np.pi * np.cumsum(hz) / 16000)


@pytest.mark.parametrize("case", HEARD_BY_LIBROSA)
def test_pyin_hears_in_every_frame_what_librosas_hears(case, voice):
    """To rounding; the path's scores are added in another order, and no tie is one bin off."""
    sound, fmin, fmax, hop_length, frame_length = HEARD_BY_LIBROSA[case]
    y, leap = sound(voice[0][8000:24000].astype(float)), _leap(fmin, fmax, hop_length / 16000)
    ours = pyin(y, 16000, hop_length, frame_length, fmin, fmax, leap)
    theirs, _, _ = librosa.pyin(
        y, sr=16000, hop_length=hop_length, frame_length=frame_length, fmin=fmin, fmax=fmax,
        max_transition_rate=leap / 12 / hop_length * 16000, center=False, **EXACT,
    )  # fmt: skip
    assert np.allclose(ours, np.nan_to_num(theirs), rtol=1e-9)


@pytest.mark.parametrize("reach", [5, 12, 40])
def test_the_likeliest_path_is_as_likely_as_that_of_librosas_viterbi(reach):
    """Over its dense table of moves; leaps out of reach are as dear as an impossible sight.

    Where nothing is voiced several paths are equally likely, and rounding takes one of them.
    """
    rng, n_bins = np.random.default_rng(reach), 81
    chances = rng.random((200, n_bins)) * (rng.random((200, n_bins)) < 0.04)
    chances *= 0.7 / np.maximum(chances.sum(axis=1, keepdims=True), 0.7)
    chances[20:24] = np.eye(n_bins)[[3, 70, 3, 75]]  # certain, and out of reach of one another
    local = librosa.sequence.transition_local(n_bins, 2 * reach + 1, window="triangle")
    moves = np.kron(librosa.sequence.transition_loop(2, 0.99), local)
    unvoiced = (1 - chances.sum(axis=1, keepdims=True)) / n_bins
    seen = np.hstack([chances, np.broadcast_to(unvoiced, chances.shape)]).T
    paths = likeliest_path(chances, reach), librosa.sequence.viterbi(seen, moves, **EXACT)
    seen, moves = (np.log(x + np.finfo(float).tiny) for x in (seen, moves))
    ours, theirs = (seen[p, range(200)].sum() + moves[p[:-1], p[1:]].sum() for p in paths)
    assert ours == pytest.approx(theirs, abs=1e-9)
    voiced = paths[1] < n_bins
    assert voiced.sum() > 10 and np.array_equal(paths[0] < n_bins, voiced)
    assert np.array_equal(paths[0][voiced], paths[1][voiced])


def test_a_trough_is_as_likely_as_a_hundred_thresholds_say():
    """pYIN's words, one by one: a beta distribution of thresholds, a Boltzmann one of troughs."""
    rng, n_rows = np.random.default_rng(0), 30
    row = np.sort(rng.integers(0, n_rows, 120))
    height = rng.uniform(0, 1.3, 120)
    worth = np.diff(scipy.stats.beta.cdf(np.linspace(0, 1, 101), 2, 18))
    expected = np.zeros(120)
    for threshold, weight in zip(np.arange(1, 101) / 100, worth):
        for k in np.unique(row):
            (all_of_it,) = np.nonzero(row == k)
            below = all_of_it[height[all_of_it] < threshold]
            ranks = scipy.stats.boltzmann.pmf(np.arange(len(below)), 2, max(1, len(below)))
            expected[below] += weight * ranks
            lowest = all_of_it[np.argmin(height[all_of_it])]
            expected[lowest] += 0.01 * weight * (height[lowest] >= threshold)
    assert np.allclose(probabilities(row, height, n_rows), expected, rtol=1e-9, atol=1e-15)


def test_a_trough_lies_where_its_parabola_does_and_at_an_edge_where_it_is():
    x = np.arange(8)
    curves = 0.1 + 0.01 * (x - np.array([[3.3], [0.2], [6.8]])) ** 2
    row, place, _ = troughs(curves)
    assert [*row] == [0, 1, 2] and place == pytest.approx([3.3, 0, 7])


@pytest.fixture(params=["pyin", "swift"])
def tracker(request):
    """Who listens."""
    if request.param == "swift":
        pytest.importorskip("swift_f0", reason="swift-f0 is not installed")
    return request.param


def test_pitch_hears_every_note_of_the_melody(tracker):
    y, sr = at.load_wav("data/melody.wav")
    f0 = at.pitch(y, sr, fmax=1000, tracker=tracker)
    for i, hz in enumerate(NOTES_HZ):
        middle = f0[int((0.4 * i + 0.1) * sr / 256) : int((0.4 * i + 0.3) * sr / 256)]
        assert abs(1200 * np.log2(np.median(middle) / hz)) < 10  # cents


def test_pitch_of_silence_and_faint_hum_is_zero(tracker):
    assert not at.pitch(np.zeros(8000), 16000, tracker=tracker).any()
    t = np.arange(16000) / 16000
    tone = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 20))  # as a voice has
    tone *= np.where(t < 0.5, 1.0, 0.01)  # 40 dB softer
    f0 = at.pitch(tone, 16000, tracker=tracker)
    assert f0.shape == (63,) and np.all(f0[4:28] > 0) and not f0[36:].any()


@pytest.mark.parametrize("level", [0.1, 0.3, 0.4, 0.7])
def test_a_constant_has_no_pitch(level, tracker):
    y = np.full(16000, level, dtype=np.float32)
    assert not at.pitch(y, 16000, fmax=1000, tracker=tracker).any()


@pytest.mark.parametrize("below_db, heard", [(33.5, True), (34.5, False)])
def test_the_gate_of_the_pitch_lies_34_dB_below_the_loudest_frame(below_db, heard):
    t = np.arange(16000) / 16000
    tone = np.sin(2 * np.pi * 200 * t) * np.where(t < 0.5, 1, 10 ** (-below_db / 20))
    assert np.all((at.pitch(tone, 16000)[38:58] > 0) == heard)


def test_pitch_does_not_know_the_level(slt, tracker):
    y = slt[0][8000:16000].astype(float)
    f0 = at.pitch(y, 16000, tracker=tracker)
    for power in (-600, 600):  # squared, these are 0 and infinity
        assert np.array_equal(at.pitch(np.ldexp(y, power), 16000, tracker=tracker), f0)


@pytest.mark.parametrize("sr, hop_length", [(16000, 256), (16000, 100), (22050, 512), (48000, 480)])
def test_swift_follows_a_glide_on_any_grid(sr, hop_length):
    pytest.importorskip("swift_f0", reason="swift-f0 is not installed")
    t = np.arange(2 * sr) / sr
    hz = 110 * 2 ** (t / 2)  # an octave in two seconds
    phase = 2 * np.pi * np.cumsum(hz) / sr
    y = sum(np.sin(k * phase) / k for k in range(1, 20))
    f0 = at.pitch(y, sr, hop_length=hop_length, frame_length=2048, tracker="swift")
    assert f0.shape == (1 + len(y) // hop_length,)
    inside = slice(len(f0) // 10, -len(f0) // 10)
    true = hz[::hop_length][: len(f0)][inside]
    assert np.abs(1200 * np.log2(f0[inside][: len(true)] / true)).max() < 50  # measured: 12 cents


def glides(y, sr):
    """Yields voices that say `y` on rising lines, and their pitch."""
    f0, short = at.pitch(y, sr), dict(n_fft=512, hop_length=256)
    C = at.mfcc(y, sr, **short)
    for low, high in ((80, 160), (120, 300)):
        line = np.where(f0 > 0, np.linspace(low, high, len(f0)), 0)
        yield at.speak(C, line, sr, length=len(y), **short), line


def heard(voices, tracker, snr_db):
    """Returns shares: right within half a semitone, voiced frames heard, unvoiced called so."""
    noise, off, voiced, false = np.random.default_rng(0), [], [], []
    for y, sr in voices:
        for z, line in glides(y, sr):
            if snr_db:
                z = z + noise.normal(size=len(z)) * np.std(z) * 10 ** (-snr_db / 20)
            f0 = at.pitch(z, sr, tracker=tracker)
            both = (line > 0) & (f0 > 0)
            off += [*np.abs(1200 * np.log2(f0[both] / line[both]))]
            voiced += [*both[line > 0]]
            false += [*(f0[line == 0] > 0)]
    return np.mean(np.array(off) < 50), np.mean(voiced), np.mean(false)


# Measured in two voices on two glides: pyin right in 98.3 % (98.1 % in noise), voiced 98 (92) %,
# false 15 (6) %; swift 100 (99.7) %, 94 (91) %, 1 (1) %.
@pytest.mark.parametrize("snr_db", [None, 10])
def test_swift_is_right_of_a_voice_that_was_told_its_pitch_and_more_often_than_pyin(
    slt, kal16, snr_db
):
    pytest.importorskip("swift_f0", reason="swift-f0 is not installed")
    right, voiced, false = heard([slt, kal16], "swift", snr_db)
    assert right > 0.99 and voiced > 0.85 and false < 0.04
    right_by_pyin, _, false_by_pyin = heard([slt, kal16], "pyin", snr_db)
    assert right > right_by_pyin > 0.95 and false < false_by_pyin


def test_what_swift_cannot_hear_is_refused_with_its_range(slt):
    pytest.importorskip("swift_f0", reason="swift-f0 is not installed")
    for options in (dict(fmin=30, frame_length=2048), dict(fmax=3000)):
        with pytest.raises(ValueError, match='hears 46.875 to 2093.75 Hz.*use tracker="pyin"'):
            at.pitch(slt[0], 16000, tracker="swift", **options)
    with pytest.raises(ValueError, match="sr=16000.5 is no whole rate"):
        at.pitch(slt[0], 16000.5, tracker="swift")
    with pytest.raises(ValueError, match='unknown: use "pyin" or "swift"'):
        at.pitch(slt[0], 16000, tracker="praat")


def test_pitch_takes_a_range_that_a_voice_could_leap_across_between_two_frames():
    y = np.sin(2 * np.pi * 100 * np.arange(16000) / 16000)
    f0 = at.pitch(y, 16000, fmin=80, fmax=160, hop_length=1024, frame_length=2048)
    assert np.allclose(f0[2:-2], 100, atol=1)  # pyin's steps are a tenth of a semitone


# --- from fmin to fmax ------------------------------------------------------------------

RANGES = [  # sr, fmin, fmax, frame_length: what a voice needs, music, birds, and odd ones
    (16000, 65, 420, 1024),
    (16000, 84, 420, 1024),
    (16000, 65, 400, 1024),
    (16000, 100, 1000, 1023),
    (8000, 65, 419, 512),
    (22050, 100, 1000, 1024),
    (44100, 65, 420, 2048),
    (16000, 400, 913, 256),  # 17.52 samples: half a sample is a quarter-tone here
    (16000, 65, 1999, 1024),
    (22050, 500, 11000, 301),
    (96000, 1000, 8670, 512),
]


def steady(kind, period, n):
    """Returns `n` samples of a steady tone of so many samples a period."""
    if kind == "clicks":
        return (np.arange(n) % period == 0).astype(float)
    k = np.arange(1, dict(sine=1, tone=6, voice=1000)[kind] + 1)
    k = k[k < max(1.1, 0.499 * period)]  # up to sr/2, but the first
    return np.sin(2 * np.pi / period * np.outer(np.arange(n), k) + k) @ (1 / k)


@pytest.mark.parametrize("kind", ["sine", "tone", "voice", "clicks"])
@pytest.mark.parametrize("sr, fmin, fmax, frame_length", RANGES)
def test_the_pitch_of_a_steady_tone_is_right_from_fmin_to_fmax(sr, fmin, fmax, frame_length, kind):
    # pyin alone takes what lies at its edge, half a sample or a bin below fmax, an octave lower.
    span = dict(fmin=fmin, fmax=fmax, frame_length=frame_length, hop_length=frame_length // 2)
    for below in (0, 0.002, 0.006, 0.01, 0.015, 0.03, 0.3, 0.99, 1):
        period = sr / (fmax + below * (fmin - fmax))
        if kind == "clicks":  # whole samples, within the range
            period = np.clip(round(period), np.ceil(sr / fmax), np.floor(sr / fmin))
        f0 = at.pitch(steady(kind, period, 4 * frame_length), sr, **span)
        assert np.median(f0) == pytest.approx(sr / period, rel=0.03)
        assert f0.max() <= fmax


@pytest.mark.parametrize("above", [0.001, 0.005, 0.01])
@pytest.mark.parametrize("fmin, fmax", [(65, 420), (84, 420), (100, 1000), (65, 1999)])
def test_a_tone_a_little_above_fmax_is_given_as_fmax(fmin, fmax, above):
    f0 = at.pitch(steady("sine", 16000 / fmax / (1 + above), 8192), 16000, fmin=fmin, fmax=fmax)
    assert np.allclose(f0[2:-2], fmax, rtol=0.003) and f0.max() <= fmax


@pytest.mark.parametrize("frame_length", [1023, 1024])
@pytest.mark.parametrize("fmax", [420, 3000])
@pytest.mark.parametrize("n", [4096, 4097, 4351])
def test_frames_of_odd_length_are_as_many(frame_length, fmax, n):
    f0 = at.pitch(steady("sine", 80, n), 16000, fmax=fmax, frame_length=frame_length)
    assert f0.shape == (17,) and np.allclose(f0[2:-2], 200, rtol=0.01)


def test_a_glide_is_followed_at_hops_of_a_millisecond():
    hz = 150 * 2 ** (np.arange(8000) / 16000)  # an octave a second
    f0 = at.pitch(np.sin(2 * np.pi * np.cumsum(hz) / 16000), 16000, hop_length=16)
    assert np.allclose(f0[40:-40], hz[640:-624:16], rtol=0.02)


# --- up to the highest frequency, and the gate ------------------------------------------

FINE_SR = 48000


def tone(hz, sr=FINE_SR, seconds=0.5):
    return np.sin(2 * np.pi * hz / sr * np.arange(round(seconds * sr)))


@pytest.mark.parametrize("hz", [2500, 5000, 9000, 11000, 15952, 19142, 21753, 23000])
@pytest.mark.parametrize("sr", [FINE_SR, 44100, 16000])
def test_the_pitch_of_a_whistle_is_right_up_to_nyquist(hz, sr):
    hz *= sr / FINE_SR
    span = dict(fmin=hz / 3, fmax=min(1.4 * hz, sr / 2), frame_length=2048, hop_length=512)
    f0 = at.pitch(tone(hz, sr), sr, **span)
    # pyin alone, in whole samples of few, is 2 % off at sr/3, 10 % at sr/2.2, an octave between.
    assert np.mean(f0 > 0) > 0.9 and np.abs(f0[f0 > 0] / hz - 1).max() < 0.03


def test_the_pitch_of_a_chirp_of_a_bird_is_followed():
    hz = np.linspace(3000, 14000, FINE_SR)
    f0 = at.pitch(np.sin(2 * np.pi * np.cumsum(hz) / FINE_SR), FINE_SR, fmin=2000, fmax=16000)
    at_frames = hz[np.arange(0, FINE_SR, 256)]
    heard = f0[: len(at_frames)] > 0
    assert heard.mean() > 0.9
    assert np.median(np.abs(f0[: len(at_frames)] / at_frames - 1)[heard]) < 0.03


def test_a_faint_tone_is_silent_below_top_db_and_heard_without_a_gate():
    loud, faint = tone(300, 16000), 0.003 * tone(200, 16000)  # 50 dB
    y = np.concatenate([loud, faint])
    later = slice(40, 60)  # frames of the faint one
    assert not at.pitch(y, 16000)[later].any()
    for top_db in (60, None):
        assert np.allclose(at.pitch(y, 16000, top_db=top_db)[later], 200, rtol=0.01)


def test_constants_and_silence_have_no_pitch_without_a_gate():
    for y in (np.zeros(8000), np.full(8000, 0.5)):
        assert not at.pitch(y, 16000, top_db=None).any()


# --- its limit -------------------------------------------------------------------------


def test_pitch_limit_follows_the_mel_scale():
    # span: librosa's own mel axis, measured in Hz at its low end by a small step
    for sr in (16000, 22050, 44100):
        for htk in (False, True):
            hz_per_mel = 1e-3 / librosa.hz_to_mel(1e-3, htk=htk)
            span = librosa.hz_to_mel(sr / 2, htk=htk) * hz_per_mel
            expected = 2 * span * 128 / 129 / 20
            assert at.pitch_limit(20, sr, htk=htk) == pytest.approx(expected, rel=1e-5)
    # 80 bands up to 8 kHz, as neural vocoders take them; up to sr/2 they would draw 83 Hz
    bands = dict(n_mels=80, fmax=8000)
    assert at.pitch_limit(80, 22050, **bands) == pytest.approx(74.5, abs=0.1)
    assert [round(at.pitch_limit(k, 16000)) for k in (13, 20, 40)] == [460, 299, 150]


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


# --- speaking --------------------------------------------------------------------------


@pytest.mark.parametrize("n_passes", [1, 2])
def test_speaking_is_a_source_through_what_the_mfccs_lack(slt, n_passes):
    # As one would write it down, in librosa's words where it has them.
    y, sr = slt[0][8000:24000].astype(float), 16000
    C, f0 = at.mfcc(y, sr, n_mfcc=20, n_mels=64, **SPOKEN), at.pitch(y, sr)
    centres = librosa.mel_frequencies(66, fmin=0, fmax=sr / 2)[1:-1]
    z = source(f0, sr, 256, 62 * 256, seed=4)
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


def test_pulses_and_noise_have_power_one():
    f0 = np.repeat([200.0, 0.0], 100)
    y = source(f0, 16000, 256, 200 * 256, seed=0)
    assert np.mean(y[:25000] ** 2) == pytest.approx(1, abs=0.02)
    assert np.mean(y[26000:] ** 2) == pytest.approx(1, abs=0.05)
    assert np.count_nonzero(y[:16000]) in (199, 200, 201)  # pulses in a second


def test_the_last_frame_has_a_source_of_its_own():
    for f0, silent in [([0.0, 0.0, 100.0], True), ([100.0, 100.0, 0.0], False)]:
        y = source(np.array(f0), 16000, 256, 3 * 256, seed=0)
        assert (np.count_nonzero(y[-256:]) < 5) == silent  # pulses are rare, noise is not


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


def test_speaking_keeps_format_seed_and_batches(slt):
    y, sr = slt
    C, f0 = at.mfcc(y, sr, **SPOKEN)[:, :60], at.pitch(y, sr)[:60]
    a, b, c = (at.speak(C, f0, sr, seed=s) for s in (0, 0, 1))
    assert a.dtype == np.float32 and a.shape == (59 * 256,)
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    both = at.speak(np.stack([C, C]), np.stack([f0, 2 * f0]), sr)
    assert np.array_equal(both[1], at.speak(C, 2 * f0, sr))
