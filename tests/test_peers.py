"""What librosa's and scipy's own tests ask of their STFTs, mels and MFCCs, asked of ours.

Read were scipy 1.17.1 (scipy/signal/tests: test_spectral.py, class TestSTFT, and
test_short_time_fft.py) and librosa's tests/test_core.py, test_filters.py, test_features.py and
test_multichannel.py, of several versions from 0.6 to after 0.11. The settings they try are kept as
facts; what is asserted here was written afresh, about our functions. Where the peers warn and go
on, ours refuse, and that is asserted too. They are sorted by the rooms of the module; what our own
tests ask more sharply (of batches, bad values, mel filters, decibels) is not asked here again.
"""

import io
import itertools

import librosa
import numpy as np
import pytest
import scipy.signal
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

import audiotools as at

pytestmark = pytest.mark.filterwarnings("ignore:no frame reaches the last")


@pytest.fixture(autouse=True)
def counted(trust):
    yield
    trust(peers=1)


def over(**choices):
    """Runs a test for every combination of these choices."""
    cases = list(itertools.product(*choices.values()))
    names = ["-".join(map(str, case)) for case in cases]
    return pytest.mark.parametrize(",".join(choices), cases, ids=names)


def noise(n, seed=1234):
    return 10 * np.random.default_rng(seed).normal(size=n)


# --- sound: librosa ---------------------------------------------------------------------


def loudest_hz(y, sr=22050):
    return np.abs(np.fft.rfft(y * np.hanning(len(y)))).argmax() * sr / len(y)


def test_a_stretch_of_so_many_samples_is_read_exactly():
    file = io.BytesIO()
    soundfile.write(file, np.stack([noise(9000), noise(9000, 1)], axis=1) / 99, 44100, format="WAV")
    whole, _ = at.load_wav(io.BytesIO(file.getvalue()))
    for n in (1, 2003, 2048, 4410):
        y, sr = at.load_wav(io.BytesIO(file.getvalue()), duration=n / 44100)
        assert sr == 44100
        assert_array_equal(y, whole[:n])


@over(rate=[44100, 22050, 8000], sr=[8000, 22050, 16000, 11025])
def test_a_resampled_sound_has_its_length_and_its_pitch(rate, sr):
    file, tone = io.BytesIO(), librosa.tone(1000, sr=rate, duration=1.5)
    soundfile.write(file, 0.5 * tone, rate, format="WAV", subtype="FLOAT")
    y, its_sr = at.load_wav(io.BytesIO(file.getvalue()), sr=sr)
    assert its_sr == sr and y.dtype == np.float32
    assert abs(len(y) - 1.5 * sr) <= 1
    assert abs(loudest_hz(y, sr) - 1000) < 1
    if rate == sr:
        assert_array_equal(y, np.float32(0.5 * tone))


# --- frames: scipy ----------------------------------------------------------------------

TUKEY = ("tukey", 0.5)
COLA = [  # window, samples, per frame, overlap: the squares or the windows add up to a constant
    ("boxcar", 100, 10, 0),
    ("boxcar", 100, 10, 9),
    ("bartlett", 101, 51, 26),
    ("hann", 1024, 256, 128),
    ("hann", 1024, 256, 192),
    ("blackman", 900, 300, 200),
    (TUKEY, 1152, 256, 64),
    ("hann", 1024, 256, 255),
]
NOLA = [  # they do not, but nowhere to nothing
    ("boxcar", 100, 10, 7),
    ("boxcar", 100, 10, 3),
    ("bartlett", 101, 51, 37),
    ("bartlett", 101, 51, 10),
    ("hann", 1024, 256, 127),
    ("hann", 1024, 256, 37),
    ("blackman", 900, 300, 123),
    (TUKEY, 1152, 256, 14),
    (TUKEY, 1152, 256, 38),
    ("hann", 1024, 256, 5),
    ("hann", 1024, 256, 39),
]
rows = pytest.mark.parametrize("window, n, n_fft, overlap", COLA + NOLA)


@rows
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_comes_back_wherever_scipy_says_it_can(window, n, n_fft, overlap, dtype):
    assert scipy.signal.check_NOLA(window, n_fft, overlap)
    y = noise(n).astype(dtype)
    grid = dict(n_fft=n_fft, hop_length=n_fft - overlap, window=window)
    back = at.istft(at.stft(y, **grid), length=n, **grid)
    assert back.dtype == dtype
    heard = n_fft // 2 + grid["hop_length"] * ((n - n_fft % 2) // grid["hop_length"])
    scarce = (window, overlap) in [("hann", 5), ("hann", 37), ("hann", 39)] or "bla" in str(window)
    if dtype == np.float64:
        assert_allclose(back[:heard], y[:heard], atol=1e-7 if scarce else 1e-11)
    else:  # where frames hardly overlap a sample has a millionth of the weight: 6e-8 becomes 0.1
        assert_allclose(back[: heard - 9], y[: heard - 9], atol=0.3 if scarce else 1e-3)


COMB = np.tile([0.0, 1.0], 8)


@pytest.mark.parametrize(
    "window, n_fft, overlap", [(COMB, 16, 8), ("hann", 64, 0)], ids=["comb", "hann"]
)
def test_where_scipy_says_it_cannot_it_is_refused(window, n_fft, overlap):
    assert not scipy.signal.check_NOLA(window, n_fft, overlap)
    grid = dict(n_fft=n_fft, hop_length=n_fft - overlap, window=window)
    D = at.stft(noise(256), **grid)
    with pytest.raises(ValueError, match="samples that hardly any frame hears"):
        at.istft(D, **grid)


@rows
def test_stft_is_scipys_but_for_its_scale(window, n, n_fft, overlap):
    y, hop = noise(n), n_fft - overlap
    frames = dict(nperseg=n_fft, noverlap=overlap, boundary="zeros", padded=False, detrend=False)
    _, _, theirs = scipy.signal.stft(y, window=window, **frames)
    theirs = theirs * scipy.signal.get_window(window, n_fft).sum()
    ours = at.stft(y, n_fft=n_fft, hop_length=hop, window=window)
    assert ours.shape == theirs.shape
    assert_allclose(ours, theirs, atol=1e-9)


@pytest.mark.skipif(not hasattr(scipy.signal, "ShortTimeFFT"), reason="this scipy is older")
@rows
def test_stft_is_the_newer_scipys(window, n, n_fft, overlap):
    y, values = noise(n), scipy.signal.get_window(window, n_fft)
    hop = n_fft - overlap
    ours = at.stft(y, n_fft=n_fft, hop_length=hop, window=window)
    peer = scipy.signal.ShortTimeFFT(values, hop, fs=1, phase_shift=None)
    assert_allclose(ours, peer.stft(y, p0=0, p1=ours.shape[1]), atol=1e-9)
    # Where all frames have their say, the sound comes back.
    back = at.istft(ours, n_fft=n_fft, hop_length=hop, window=window, length=n)
    inner = slice(n_fft, n - n_fft)
    assert_allclose(back[inner], y[inner], atol=1e-6)


@pytest.mark.parametrize(
    "window, n, win_length, overlap, n_fft",
    [
        ("hann", 1024, 256, 128, 512),
        ("hann", 1024, 256, 128, 501),
        ("boxcar", 100, 10, 0, 33),
        (TUKEY, 1152, 256, 64, 1024),
        ("boxcar", 101, 10, 0, 10),
        ("hann", 1000, 256, 128, 256),
    ],
)
def test_it_comes_back_through_frames_longer_than_the_window(window, n, win_length, overlap, n_fft):
    grid = dict(n_fft=n_fft, hop_length=win_length - overlap, win_length=win_length, window=window)
    y = noise(n)
    D = at.stft(y, **grid)
    assert D.shape[0] == 1 + n_fft // 2
    back = at.istft(D, length=n, **grid)
    heard = grid["hop_length"] * (D.shape[1] - 1) + win_length // 2 - 1
    assert back.shape == y.shape
    assert_allclose(back[:heard], y[:heard], atol=1e-11)
    # zeros around the window change phases, not magnitudes on the rows that both have
    if n_fft == 2 * win_length:
        short = at.stft(y, **{**grid, "n_fft": win_length})
        assert_allclose(np.abs(D[::2]), np.abs(short), atol=1e-9)


def test_the_mean_of_all_frames_is_welchs_spectrum():
    y = noise(1024)
    D = at.stft(y, n_fft=16, hop_length=8)[:, 1:-1]  # those that reach over no end
    mean = np.mean(np.abs(D) ** 2, axis=1) / scipy.signal.get_window("hann", 16).sum() ** 2
    options = dict(return_onesided=False, scaling="spectrum", detrend=False)
    _, theirs = scipy.signal.welch(y, 1.0, "hann", 16, 8, **options)
    assert_allclose(mean, theirs[:9])


@pytest.mark.parametrize("place", range(19))
def test_an_impulse_comes_back_wherever_it_was(place):
    y = np.eye(1, 19, place)[0]
    grid = dict(n_fft=8, hop_length=3, window="boxcar")
    assert_allclose(at.istft(at.stft(y, **grid), length=19, **grid), y, atol=1e-12)


@pytest.mark.parametrize("hop_length", [1, 7, 8])
def test_a_lopsided_window_can_be_undone(hop_length):
    window = np.minimum(np.arange(16) / 8, 1)
    grid = dict(n_fft=16, hop_length=hop_length, window=window)
    y = noise(64)
    back = at.istft(at.stft(y, **grid), length=64, **grid)
    assert_allclose(back, y, atol=1e-10)


@over(n_fft=[6, 7], n=[1, 2, 3, 4, 5, 6])
def test_the_shortest_sounds_come_back(n_fft, n):
    grid = dict(n_fft=n_fft, hop_length=n_fft // 2, window="boxcar")
    y = noise(n)
    assert_allclose(at.istft(at.stft(y, **grid), length=n, **grid), y, atol=1e-12)


@pytest.mark.parametrize("m, hop", [(16, 8), (16, 7), (17, 8), (17, 9), (16, 16)])
@pytest.mark.parametrize("periodic", [True, False])
def test_a_window_that_goes_below_zero_can_be_undone(m, hop, periodic):
    window = scipy.signal.get_window("flattop", m, fftbins=periodic)
    grid = dict(n_fft=m, hop_length=hop, window=window)
    y = np.cos(np.arange(2 * m) ** 2)
    back = at.istft(at.stft(y, **grid), length=len(y), **grid)
    heard = hop * ((len(y) - m % 2) // hop) + m // 2 - 1
    assert_allclose(back[:heard], y[:heard], atol=1e-9)


@pytest.mark.parametrize(
    "window", [("gaussian", 2.0), "triang", ("kaiser", 4.0), ("exponential", None, 1.0), 4.0]
)
@pytest.mark.parametrize("n_fft", [7, 9, 16])
def test_a_window_may_have_parameters(window, n_fft):
    values = scipy.signal.get_window(window, n_fft)
    by_name, by_value = (at.stft(noise(64), n_fft=n_fft, window=w) for w in (window, values))
    assert_array_equal(by_name, by_value)
    assert_array_equal(by_name, at.stft(noise(64), n_fft=n_fft, window=list(values)))


@over(n=[128, 129, 255, 256, 1337], n_fft=[128, 256], hop_length=[4, 64], hz=[7.0, 23.0])
def test_energy_is_kept_and_a_sine_lies_in_its_row(n, n_fft, hop_length, hz):
    window = np.sin(np.pi * np.arange(0.5, n_fft) / n_fft)  # its squares add up to a constant
    grid = dict(n_fft=n_fft, hop_length=hop_length, window=window)
    t = np.arange(max(n, n_fft))
    silence = np.zeros(n_fft)  # so that every sample lies under all of its frames
    for y in (np.sin(2 * np.pi * hz * t / 1000), noise(len(t))):
        S = np.abs(at.stft(np.concatenate([silence, y, silence]), **grid))
        twice = np.r_[1, np.full(n_fft // 2 - 1, 2), 1]
        energy = np.sum(twice @ S**2) / n_fft / (np.sum(window**2) / hop_length)
        assert_allclose(energy, np.sum(y**2))
    tone = np.sin(2 * np.pi * hz * 8 * np.arange(4 * n_fft) / 1000)  # high enough for the row
    loudest = np.abs(at.stft(tone, **grid)).sum(axis=1).argmax()
    assert abs(loudest - hz * 8 * n_fft / 1000) < 1


# --- frames: librosa --------------------------------------------------------------------


@over(n=[256, 1000, 4097], frame_length=[32, 256], hop_length=[1, 8, 256, 300])
def test_frames_are_what_they_say(n, frame_length, hop_length):
    y = noise(n)
    frames = at.frame(y, frame_length, hop_length)
    theirs = librosa.util.frame(y, frame_length=frame_length, hop_length=hop_length)
    assert_array_equal(frames, theirs)
    assert_array_equal(at.overlap(y, frame_length, hop_length), theirs.T)
    for t in range(0, frames.shape[1], 7):
        assert_array_equal(frames[:, t], y[t * hop_length :][:frame_length])


@pytest.mark.parametrize("frame_length, hop_length", [(0, 8), (-1, 8), (16, 0), (16, -1), (65, 8)])
def test_frames_that_cannot_be_are_refused(frame_length, hop_length):
    with pytest.raises(ValueError, match="frame_length|hop_length"):
        at.frame(noise(64), frame_length, hop_length)


CHIRPS = {sr: librosa.chirp(fmin=32, fmax=8192, sr=sr, duration=0.75) for sr in (22050, 44100)}


@over(
    sr=[22050, 44100],
    n_fft=[1024, 2048, 4096],
    window=["hann", "blackmanharris"],
    hop_length=[128, 256, 512],
)
def test_a_chirp_comes_back(sr, n_fft, window, hop_length):
    grid = dict(n_fft=n_fft, hop_length=hop_length, window=window)
    back = at.istft(at.stft(CHIRPS[sr], **grid), length=len(CHIRPS[sr]), **grid)
    assert np.isfinite(back).all()
    # The last samples lie under the flank of the last window alone: compared where the peers'
    # tolerance can hold, that is up to the last centre.
    n = hop_length * (len(back) // hop_length)
    assert_allclose(back[:n], CHIRPS[sr][:n], atol=1e-6)


@over(
    n_fft=[512, 2048],
    share=range(2, 9),
    window=["bartlett", "hann", "hamming", "blackman", "blackmanharris"],
    periodic=[True, False],
)
def test_noise_comes_back_at_any_overlap(n_fft, share, window, periodic):
    values = scipy.signal.get_window(window, n_fft, fftbins=periodic)
    grid = dict(n_fft=n_fft, hop_length=n_fft // share, window=values)
    y = noise(2**13) / 10
    back = at.istft(at.stft(y, **grid), **grid)
    assert np.isfinite(back).all()
    assert_allclose(back, y[: len(back)], atol=1e-6)


@over(n_fft=[256, 512, 1024], share=[8, 4, 2], sr=[8000, 22050], seconds=[1.0, 2.5])
def test_the_duration_can_be_read_off_a_spectrogram(n_fft, share, sr, seconds):
    y = np.zeros(int(sr * seconds))
    n_frames = at.stft(y, n_fft=n_fft, hop_length=n_fft // share).shape[1]
    assert abs((n_frames - 1) * (n_fft // share) / sr - seconds) <= n_fft // share / sr


# --- decibels: librosa ------------------------------------------------------------------

Y = librosa.chirp(fmin=55, fmax=55 * 2**7, sr=22050, length=22050 // 8)


def test_the_maximum_as_reference_is_zero_decibels():
    S = np.abs(noise(1000)) + 1
    S_db = at.amplitude_to_db(S, ref=S.max(), top_db=None)
    assert S_db.max() == 0
    assert_allclose(S_db, at.amplitude_to_db(S, top_db=None) - 20 * np.log10(S.max()))


def test_decibels_of_complex_spectra_are_refused_where_librosa_warns():
    with pytest.raises(TypeError, match="np.abs"):
        at.amplitude_to_db(at.stft(Y))


# --- phase: librosa ---------------------------------------------------------------------


@over(
    hop_length=[None, 1024],
    win_length=[None, 1024],
    window=["hann", "boxcar"],
    dtype=[np.float32, np.float64],
    use_length=[False, True],
    momentum=[0, 0.99],
    init=["zero", "random"],
    seed=[0, 7],
)
def test_griffin_lim_keeps_length_and_format(
    hop_length, win_length, window, dtype, use_length, momentum, init, seed
):
    grid = dict(n_fft=2048, hop_length=hop_length, win_length=win_length, window=window)
    S = np.abs(at.stft(Y.astype(dtype), **grid))
    options = dict(n_iter=3, momentum=momentum, init=init, seed=seed, **grid)
    options |= dict(length=len(Y)) if use_length else {}
    if hop_length == win_length == 1024 and window == "hann":
        with pytest.raises(ValueError, match="choose at most half the window"):
            at.griffin_lim(S, **options)  # side by side they hear nothing where they meet
        return
    y = at.griffin_lim(S, **options)
    hop_length = hop_length or (win_length or 2048) // 4
    assert len(y) == (len(Y) if use_length else hop_length * (len(Y) // hop_length))
    assert y.dtype == dtype and np.isfinite(y).all()


# --- mel: librosa -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "hz, mel", [(0, 0), (60, 0.9), (110, 1.65), (220, 3.3), (440, 6.6), (1000, 15), (6400, 42)]
)
def test_known_places_on_the_mel_scale(hz, mel):
    assert_allclose(at.hz_to_mel(hz), mel)
    assert_allclose(at.mel_to_hz(mel), hz, atol=1e-9)
    assert_allclose(at.hz_to_mel(hz, htk=True), 1127 * np.log(1 + hz / 700), rtol=1e-4)


@over(htk=[False, True], n_mels=[10, 40])
def test_slaneys_filters_have_one_area_and_the_others_one_height(htk, n_mels):
    areas = at.mel_filterbank(16000, 2**14, n_mels=n_mels, htk=htk).sum(axis=1) * 16000 / 2**14
    assert_allclose(areas, 1, rtol=0.01)  # bins are 1 Hz apart
    peaks = at.mel_filterbank(16000, 2**14, n_mels=n_mels, htk=htk, norm=None).max(axis=1)
    assert_allclose(peaks, 1, rtol=0.02)


def test_a_gap_between_bins_is_refused_where_librosa_warns():
    with pytest.warns(UserWarning, match="mpty filters"):
        librosa.filters.mel(sr=44100, n_fft=1024, n_mels=128, fmin=0, fmax=2000, htk=True)
    with pytest.raises(ValueError, match="hear nothing: n_fft=1024 has a bin only every 43.1 Hz"):
        at.mel_filterbank(44100, 1024, n_mels=128, fmin=0, fmax=2000, htk=True)


@pytest.mark.parametrize("norm", ["l2", 2, np.inf, "Slaney"])
def test_other_norms_are_refused(norm):
    with pytest.raises(ValueError, match="norm"):
        at.mel_filterbank(22050, 2048, norm=norm)


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-5), (np.float64, 1e-10)])
@pytest.mark.parametrize("n_fft, n_mels, n_frames", [(2048, 80, 257), (1024, 64, 199)])
def test_mel_is_a_product_with_the_filters(dtype, tolerance, n_fft, n_mels, n_frames):
    S = np.abs(noise((1 + n_fft // 2, n_frames))).astype(dtype)
    W = at.mel_filterbank(22050, n_fft, n_mels=n_mels)
    M = at.make_mel(S, W, power=2)
    assert M.dtype == dtype
    assert_allclose(M, np.einsum("ft,mf->mt", S.astype(float) ** 2, W), rtol=tolerance)


@over(power=[1, 2], dtype=[np.float32, np.float64], n_fft=[1024, 2048])
def test_mel_to_spectrogram_has_the_mel_it_was_made_from(power, dtype, n_fft):
    W = at.mel_filterbank(22050, n_fft)
    S = np.abs(noise((1 + n_fft // 2, 4)) / 10).astype(dtype)
    M = at.make_mel(S, W, power=power)
    back = at.mel_to_spectrogram(M, W, power=power)
    assert back.dtype == dtype and back.shape == S.shape and back.min() >= 0
    error = np.sqrt(np.mean((at.make_mel(back, W, power=power) - M) ** 2))
    assert error <= 5e-2 * min(1, M.std())  # the peers' bound, and of small mels a small one


TONE = librosa.tone(440.0, sr=22050, duration=1)


@pytest.mark.parametrize("power", [1, 2])
def test_a_tone_comes_back_from_mel_with_its_length_and_pitch(power):
    W = at.mel_filterbank(22050, 2048)
    M = at.make_mel(np.abs(at.stft(TONE)), W, power=power)
    back = at.mel_to_audio(M, W, power=power, length=len(TONE))
    assert back.shape == TONE.shape and np.isfinite(back).all()
    assert abs(loudest_hz(back) - 440) < 11  # a bin


# --- cepstrum: librosa ------------------------------------------------------------------


@over(n_mfcc=[13, 40], n_fft=[512, 2048], hop_length=[160, 256], htk=[False, True])
def test_mfccs_are_librosas(n_mfcc, n_fft, hop_length, htk):
    options = dict(n_mfcc=n_mfcc, n_mels=40, n_fft=n_fft, hop_length=hop_length, htk=htk)
    y = noise(8000) / 100
    theirs = librosa.feature.mfcc(y=y, sr=16000, **options)
    assert_allclose(at.mfcc(y, 16000, **options), theirs, atol=1e-5)


@over(n_mfcc=[13, 20], n_mels=[64, 128], top_db=[80.0, None])
def test_row_zero_goes_with_the_sum_of_the_decibels(n_mfcc, n_mels, top_db):
    M = noise((n_mels, 30)) ** 2
    C = at.mel_to_mfcc(M, n_mfcc=n_mfcc, top_db=top_db)
    assert C.shape == (n_mfcc, 30)
    total = librosa.power_to_db(M, top_db=top_db).sum(axis=0)
    assert np.var(C[0] / total) <= 1e-29
    assert_allclose(C[0] / total, 1 / np.sqrt(n_mels))


@over(n_mfcc=[13, 20], n_mels=[64, 128])
def test_mfccs_go_back_to_mel_as_librosas_do(n_mfcc, n_mels):
    theirs = librosa.feature.mfcc(y=TONE, sr=22050, n_mels=n_mels, n_mfcc=n_mfcc)
    C = at.mfcc(TONE, 22050, n_mels=n_mels, n_mfcc=n_mfcc)
    assert_allclose(C, theirs, atol=0.1)  # in single precision, of a tone: most cells are noise
    M = at.mfcc_to_mel(C, n_mels=n_mels)
    assert M.shape == (n_mels, C.shape[1]) and M.min() > 0
    assert_allclose(M, librosa.feature.inverse.mfcc_to_mel(C, n_mels=n_mels), rtol=1e-4)
    with pytest.raises(ValueError, match="unscaled"):  # where librosa warns of an overflow
        at.mfcc_to_mel(1000 * C, n_mels=n_mels)


@over(n_mfcc=[13, 20], n_mels=[64, 128])
def test_a_sound_comes_back_from_mfccs_with_its_length(n_mfcc, n_mels):
    C = at.mfcc(TONE, 22050, n_mels=n_mels, n_mfcc=n_mfcc)
    y = at.mfcc_to_audio(C, 22050, n_mels=n_mels, length=len(TONE))
    assert y.shape == TONE.shape and y.dtype == TONE.dtype and np.isfinite(y).all()


def test_all_cosines_of_a_tone_give_the_tone_back():
    settings = dict(n_mels=128, n_mfcc=128)
    C = at.mfcc(TONE, 22050, **settings)
    y = at.mfcc_to_audio(C, 22050, n_mels=128, length=len(TONE))
    assert abs(loudest_hz(y) - 440) < 11


# --- voice: librosa ---------------------------------------------------------------------


@pytest.mark.parametrize("hz", [110, 220, 440, 880])
def test_the_pitch_of_a_tone(hz):
    tone = librosa.tone(hz, sr=22050, duration=0.5)
    f0 = at.pitch(tone, 22050, fmin=100, fmax=1000, frame_length=2048)
    assert_allclose(np.log2(f0[4:-4]), np.log2(hz), atol=1e-2)


def test_the_pitch_of_a_chirp_follows_it():
    sr, seconds = 22050, 0.75
    y = librosa.chirp(fmin=220, fmax=640, sr=sr, duration=seconds)
    f0 = at.pitch(y, sr, fmin=110, fmax=880, hop_length=256, frame_length=1024)
    hz = 220 * (640 / 220) ** (np.arange(len(f0)) * 256 / sr / seconds)
    assert_allclose(np.log2(f0[4:-4]), np.log2(hz[4:-4]), atol=2e-2)


@pytest.mark.parametrize(
    "options",
    [
        dict(fmin=0),
        dict(fmax=0),
        dict(fmin=500, fmax=400),
        dict(fmax=12000),
        dict(frame_length=100),
        dict(hop_length=0),
        dict(fmin=None),
        dict(fmax=None),
    ],
    ids=str,
)
def test_a_range_without_pitch_is_refused(options):
    with pytest.raises((ValueError, TypeError), match="fmin|fmax|frame_length|hop_length"):
        at.pitch(Y, 22050, **options)
