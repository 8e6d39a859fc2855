"""What cannot be done is refused with the value and the cure; inputs are never changed.

And what can be done, however short, soft or silent, gives finite numbers without a warning.
"""

import inspect
import io
import os

import numpy as np
import pytest
import soundfile

import audiotools as at

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

SR = 16000
GRID = dict(n_fft=256, hop_length=64)
Y = 0.1 * np.random.default_rng(0).normal(size=8000)
D = at.stft(Y, **GRID)
S = np.abs(D)  # (129, 126)
W = at.mel_filterbank(SR, 256, n_mels=20)
M = at.make_mel(S, W, power=2)  # (20, 126)
C = at.mel_to_mfcc(M)
F0 = np.array([0.0, 100.0, 110.0])

FILTERS = "mel_filterbank create_mel_filter get_filterbanks"
DISTANCES = "spectral_convergence log_spectral_distance"

# Every public function with arguments that work; the rows below spoil one of them.
GOOD = {
    "load_wav": dict(path="data/slt.wav", duration=0.1),
    "save_wav": dict(path=os.devnull, y=Y, sr=SR),
    "match_level": dict(y=Y, reference=Y),
    "butter_bandpass": dict(lowcut=500, highcut=7500, sr=SR),
    "butter_bandpass_filter": dict(y=Y, lowcut=500, highcut=7500, sr=SR),
    **dict.fromkeys(["frame", "overlap"], dict(y=Y, frame_length=256, hop_length=64)),
    "overlap_add": dict(frames=S, hop_length=3),
    "stft": dict(y=Y, n_fft=256),
    "istft": dict(D=D, n_fft=256),
    "amplitude_to_db": dict(S=S),
    "db_to_amplitude": dict(S_db=S),
    "pretty_spectrogram": dict(y=Y, n_fft=256),
    "xcorr_offset": dict(reference=Y, candidate=Y[:500]),
    "invert_spectrogram": dict(S=S, n_fft=256),
    "phase_gradient": dict(S=S, n_fft=256),
    **dict.fromkeys(["griffin_lim", "griffin_lim_steps"], dict(S=S, init=S, **GRID, n_iter=1)),
    "iterate_invert_spectrogram": dict(S=S, n_fft=256, n_iter=1),
    "invert_pretty_spectrogram": dict(S_db=S, n_fft=256, n_iter=1),
    **dict.fromkeys(["hz_to_mel", "hz2mel"], dict(hz=F0)),
    **dict.fromkeys(["mel_to_hz", "mel2hz"], dict(mel=F0)),
    **dict.fromkeys(FILTERS.split(), dict(sr=SR, n_fft=256, n_mels=20)),
    "make_mel": dict(S=S, mel_filter=W),
    "mel_to_spectrogram": dict(M=M, mel_filter=W),
    "mel_to_audio": dict(M=M, mel_filter=W, init=S, **GRID, n_iter=1),
    "mel_to_mfcc": dict(M=M),
    "mfcc_to_mel": dict(C=C, n_mels=20),
    "mfcc": dict(y=Y, sr=SR, n_mels=20, n_fft=256),
    "mfcc_to_audio": dict(C=C, sr=SR, n_mels=20, n_fft=256, n_iter=1),
    "pitch": dict(y=Y, sr=SR),
    "speak": dict(C=C, f0=np.full(C.shape[1], 110.0), sr=SR, n_mels=20, **GRID),
    "pitch_limit": dict(n_numbers=20, sr=SR),
    **dict.fromkeys(DISTANCES.split(), dict(estimate=S, target=2 * S)),
    "pitch_accuracy": dict(f0=F0, reference=F0),
    "intelligibility": dict(y=Y, reference=Y, sr=SR),
}


def call(name, **options):
    result = getattr(at, name)(**{**GOOD[name], **options})
    return [y for y, _ in result] if inspect.isgenerator(result) else result


def arrays(name):
    return {arg: value for arg, value in GOOD[name].items() if isinstance(value, np.ndarray)}


def test_every_public_function_stands_in_the_table():
    own = [f for f in vars(at).values() if getattr(f, "__module__", "") == "audiotools"]
    assert set(GOOD) == {f.__name__ for f in own if f.__name__[0] != "_"}


def with_one(value):
    return lambda a: np.where(np.arange(a.size).reshape(a.shape) == 1, value, a)


V, T, EITHER = ValueError, TypeError, (ValueError, TypeError)
# Where two arrays must agree that is said first.
PAIR = "|batches do not match|use one grid|one hop_length"
SPOILS = [  # what is wrong, for which arguments, how to make it, the error, the value, the cure
    ("text", "", lambda a: np.array("abc"), EITHER, r"<U3|\(\)", "array of numbers" + PAIR),
    ("nothing", "", lambda a: np.array(None), EITHER, r"object|\(\)", "array of numbers" + PAIR),
    ("one number", "", lambda a: a.flat[0], V, r"\(\)", "dimension" + PAIR),
    ("empty", "", lambda a: a[..., :0], V, r"\((\d+, )?0,?\)", "empty" + PAIR),
    ("empty batch", "", lambda a: np.stack([a, a])[..., :0], V, r"\(2, .*0\)", "empty" + PAIR),
    ("no time", "matrix", lambda a: a[0], V, r"\(\d+,\)", "dimension" + PAIR),
    ("NaN", "", with_one(np.nan), V, r"1 of \d+", "nan_to_num"),
    ("infinity", "", with_one(-np.inf), V, r"1 of \d+", "nan_to_num"),
    ("complex", "real", lambda a: a * (1 + 0j), T, "complex128", "pass"),
    ("negative", "S M mel_filter estimate target hz mel f0", with_one(-2.5), V, "-2.5", "never"),
    ("int16", "y candidate", lambda a: (2e3 * a).astype("i2"), T, "int16", "32768"),
]
ANY_SHAPE = "amplitude_to_db db_to_amplitude hz_to_mel mel_to_hz hz2mel mel2hz"


def array_rows():
    for name in GOOD:
        for arg, good in arrays(name).items():
            is_a = {arg, "matrix" if good.ndim == 2 else "list", "real" if arg != "D" else ""}
            for wrong, where, spoil, *row in SPOILS:
                works = wrong in ("one number", "no time") and name in ANY_SHAPE.split()
                if (not where or is_a & set(where.split())) and not works:
                    options = {arg: spoil(good)}
                    yield pytest.param(name, options, *row, id=f"{name}: {arg} is {wrong}")


HOPS = "stft istft griffin_lim griffin_lim_steps invert_spectrogram invert_pretty_spectrogram "
HOPS += "iterate_invert_spectrogram mfcc mfcc_to_audio phase_gradient mel_to_audio"
MOVES = "griffin_lim griffin_lim_steps invert_pretty_spectrogram"
UP_FROM_MEL = "mel_to_spectrogram mel_to_audio"
ITERATES = f"{MOVES} mfcc_to_audio mel_to_audio"
RATED = f"load_wav save_wav butter_bandpass {FILTERS} mfcc mfcc_to_audio pitch pitch_limit "
RATED += "intelligibility speak"
FRAMES = "frame overlap overlap_add"
OPTIONS = [  # functions, what is wrong, the error, the value, the cure
    (f"{HOPS} pretty_spectrogram", dict(hop_length=300), V, "300.*n_fft=256", "overlap.* 64"),
    (f"{HOPS} pretty_spectrogram {FRAMES}", dict(hop_length=0), V, "hop_length=0", "at least 1"),
    (f"{HOPS} pretty_spectrogram {FRAMES}", dict(hop_length=64.0), T, "hop_length=64.0", "//"),
    (f"{HOPS} pretty_spectrogram {FILTERS}", dict(n_fft=256.0), T, "n_fft=256.0", "//"),
    ("stft mfcc pretty_spectrogram", dict(n_fft=None), T, "n_fft=None", "whole number"),
    (HOPS, dict(win_length=512), V, "win_length=512.*n_fft=256", "fit inside"),
    (HOPS, dict(window="no"), V, "window='no'", "'hann'"),
    (HOPS, dict(window=np.ones(255)), V, "255", "256"),
    (HOPS, dict(window=np.zeros(256)), V, "zero everywhere", "hear"),
    ("stft", dict(window=("kaiser",)), V, "'kaiser'", "'hann'"),
    ("stft", dict(window=()), V, r"window=\(\)", "'hann'"),
    ("istft griffin_lim invert_spectrogram", dict(n_fft=1000), V, "129 .*n_fft=1000", "way down"),
    (ITERATES, dict(length=0), V, "length=0", "at least 1"),
    (ITERATES, dict(init="no"), V, "init='no'", '"align"'),
    (ITERATES, dict(init=S[1:]), V, r"\(128, 126\).*\(129, 126\)", "shape"),
    ("griffin_lim", dict(init=D), T, "complex128", "np.angle"),
    (ITERATES, dict(init=None), T, "init has dtype object", "array of numbers"),
    (MOVES, dict(momentum=1.5), V, "momentum=1.5", r"0 \.\.\. 1"),
    (MOVES, dict(momentum=-0.5), V, "momentum=-0.5", r"0 \.\.\. 1"),
    (MOVES, dict(gamma=1.6), V, "gamma=1.6", "up to 1.3"),
    (MOVES, dict(gamma=0), V, "gamma=0", "above 0"),
    (f"{ITERATES} mel_to_spectrogram", dict(n_iter=-1), V, "n_iter=-1", "at least 0"),
    (f"{ITERATES} phase_gradient", dict(seed=-1), V, "seed=-1", "at least 0"),
    (RATED, dict(sr=0), V, "sr=0", "above zero|at least 1"),
    (RATED, dict(sr="fast"), T, "sr='fast'", "number"),
    (RATED, dict(sr=np.nan), V, "sr=nan", "finite"),
    ("save_wav", dict(sr=0.3), V, "sr=0", "at least 1"),
    ("save_wav", dict(y=Y[None]), V, r"\(1, 8000\)", "one waveform"),
    ("load_wav", dict(path=None), T, "None", "path"),
    ("butter_bandpass", dict(highcut=8000), V, "highcut=8000.* 8000", "lower highcut"),
    ("butter_bandpass", dict(lowcut=600, highcut=500), V, "=600.*highcut=500", "below"),
    (f"{FILTERS} mfcc mfcc_to_audio pitch", dict(fmax=9000), V, "fmax=9000.* 8000", "up to 8000"),
    (f"{FILTERS} mfcc pitch", dict(fmin=400, fmax=400), V, "fmin=400.*fmax=400", "below"),
    (f"{FILTERS} mfcc", dict(n_mels=100), V, "n_mels=100.*n_fft=256", "fewer bands or a longer"),
    ("get_filterbanks", dict(n_mels=1, n_fft=2), V, "n_mels=1", "longer frame"),
    ("mfcc mel_to_mfcc", dict(n_mfcc=21), V, "n_mfcc=21.* 20 bands", "lower n_mfcc"),
    ("mfcc_to_mel mfcc_to_audio", dict(n_mels=10), V, "n_mels=10.* 20 rows", "way down"),
    ("mfcc_to_mel", dict(C=np.full((20, 3), 3e38, "f4")), V, "dB.* float32", "unscaled"),
    ("make_mel", dict(mel_filter=W[:, 1:]), V, r"\(20, 128\).* 129 rows", "n_fft"),
    (UP_FROM_MEL, dict(mel_filter=W[1:]), V, "19 bands.* 20", "way down"),
    (UP_FROM_MEL, dict(mel_filter=np.stack([W, W])), V, r"\(2, 20, 129\)", "one bank"),
    ("mel_to_spectrogram", dict(shorten_factor=2, n_frames=9), V, "n_frames=9", r"251 \.\.\. 252"),
    ("make_mel mel_to_spectrogram", dict(shorten_factor=0), V, "shorten_factor=0", "at least 1"),
    ("amplitude_to_db db_to_amplitude pretty_spectrogram", dict(ref=0), V, "ref=0", "above zero"),
    ("amplitude_to_db pretty_spectrogram mel_to_mfcc", dict(top_db=-5), V, "top_db=-5", "above"),
    ("db_to_amplitude", dict(S_db=np.float32(700), ref=1e9), V, "700.*ref=1e\\+09|880 dB", "hold"),
    ("speak", dict(f0=F0), V, "C has 126 frames, f0 has 3", "one hop_length"),
    ("speak", dict(f0=np.full(126, 9000.0)), V, "f0=9000 Hz.* 8000", "up to 8000"),
    ("speak", dict(n_passes=0), V, "n_passes=0", "at least 1"),
    ("speak", dict(n_mels=1), V, "n_mels=1", "at least 2"),
    ("speak", dict(n_mels=10), V, "n_mels=10.* 20 rows", "way down"),
    ("speak", dict(hop_length=128, length=8000), V, "length=8000 .* 126 frames", "hop_length"),
    ("speak", dict(seed=-1), V, "seed=-1", "at least 0"),
    ("frame overlap", dict(frame_length=9000), V, "8000.*frame_length=9000", "shorter frame"),
    ("pitch", dict(fmin=30), V, "frame_length=1024.*fmin=30", "at least 1069"),
    ("pitch", dict(hop_length=2000), V, "hop_length=2000.*1024", "overlap"),
    ("pitch", dict(fmin=400, fmax=401), V, "fmin=400.*fmax=401", "wider|further|semitone"),
    (DISTANCES, dict(target=S[1:]), V, "129.*128", "one grid"),
    ("log_spectral_distance", dict(target=0 * S), V, "target is silent", "compare"),
    ("log_spectral_distance", dict(floor_db="x"), T, "floor_db='x'", "number"),
    ("pitch_accuracy", dict(reference=0 * F0), V, "no voiced frame", "compare"),
    ("pitch_accuracy intelligibility", dict(reference=abs(Y[1:])), V, r"\(7999,\)", "shapes"),
    ("intelligibility", dict(y=Y[:50], reference=Y[:50]), V, r"0\.00", "at least 0.4 s"),
    ("intelligibility", dict(reference=0 * Y), V, r"0\.50 s", "not silent"),
    ("stft", dict(y=Y * 1j), T, "complex128", "real"),
    ("stft mfcc pitch", dict(y=np.ones((4000, 2))), V, r"\(4000, 2\)", r"mean\(axis=1\)"),
    ("butter_bandpass", dict(lowcut="500"), T, "lowcut='500'", "number"),
    ("save_wav", dict(path="no/such/folder.wav"), FileNotFoundError, "no/such", "make it first"),
    ("stft", dict(y=np.full(9, 128, "u1")), T, "uint8", "load_wav"),
]


def option_rows():
    for names, options, *row in OPTIONS:
        shown = " ".join(f"{k}={v if np.size(v) < 4 else np.shape(v)}" for k, v in options.items())
        for name in names.split():
            yield pytest.param(name, options, *row, id=f"{name}: {shown}")


@pytest.mark.parametrize("name, options, error, value, cure", [*array_rows(), *option_rows()])
def test_what_cannot_be_done_is_refused_with_value_and_cure(name, options, error, value, cure):
    with pytest.raises(error, match=value) as caught:
        call(name, **options)
    caught.match(cure)


def wav(y):
    file = io.BytesIO()
    soundfile.write(file, y, SR, format="WAV", subtype="FLOAT")
    return file.getvalue()


FILES = [  # name, content, the error, the value, the cure
    ("missing.wav", None, FileNotFoundError, "missing.wav does not exist", "give the path"),
    (".", None, FileNotFoundError, "is a folder", "give the path"),
    ("zero.wav", b"", V, "zero.wav", "convert it to WAV"),
    ("text.wav", b"not a sound\n" * 99, V, "text.wav", "convert it to WAV"),
    ("samples.raw", bytes(100), V, "samples.raw", "convert it to WAV"),
    ("no_data.wav", wav(Y)[:36], V, "no_data.wav", "convert it to WAV"),
    ("header.wav", wav(Y[:0]), V, "header.wav holds no samples", "empty"),
    ("nan.wav", wav(Y * np.nan), V, "nan.wav.*8000 of 8000", "repair"),
]


@pytest.mark.parametrize("name, content, error, value, cure", FILES, ids=[f[0] for f in FILES])
def test_files_that_are_no_sound_are_refused(name, content, error, value, cure, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=value) as caught:
        at.load_wav(tmp_path / name)
    caught.match(cure)


TAKES_ARRAYS = [name for name in GOOD if arrays(name) and name != "save_wav"]
LAYOUTS = dict(
    plain=lambda a: a.copy(),
    strided=lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    reversed=lambda a: a[..., ::-1].copy()[..., ::-1],
    fortran=lambda a: np.asfortranarray(a.copy()),
)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TAKES_ARRAYS)
def test_inputs_are_not_changed_and_their_layout_does_not_matter(name, dtype, layout):
    kept = {"D": np.result_type(dtype, np.complex64)}  # the complex of the same precision
    good = {k: v.astype(kept.get(k, dtype)) for k, v in arrays(name).items()}
    given = {k: LAYOUTS[layout](v) for k, v in good.items()}
    for a in given.values():
        a.flags.writeable = False  # writing raises
    result = call(name, **given)
    assert all(np.array_equal(given[k], good[k]) for k in good)
    # Another memory order may add in another order: a few roundings of float32, 6e-8 each.
    assert np.allclose(result, call(name, **good), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n_fft", [256, 255])
@pytest.mark.parametrize("n", [1, 2, 63, 64, 255, 256, 257, 1001])
@pytest.mark.parametrize("init", ["gradient", "random", "zero", "align"])
def test_silence_and_short_clips_pass_down_and_up(n, n_fft, init):
    grid, mels = dict(n_fft=n_fft, hop_length=64), dict(sr=SR, n_mels=20)
    mel_filter = at.mel_filterbank(n_fft=n_fft, **mels)
    for y in [(level * Y[:n]).astype(t) for level in (0, 1e-30, 1, 1e15) for t in ("f4", "f8")]:
        D = at.stft(y, **grid)
        S, S_db = np.abs(D), at.pretty_spectrogram(y, **grid)
        M, C = at.make_mel(S, mel_filter, power=2), at.mfcc(y, **mels, **grid)
        down = [S, S_db, M, C, at.amplitude_to_db(S), at.mfcc_to_mel(C, n_mels=20)]
        down += [at.mel_to_spectrogram(M, mel_filter, power=2)]
        up = dict(n_iter=2, init=init, length=n, **grid)
        sounds = [at.istft(D, length=n, **grid), at.butter_bandpass_filter(y, 500, 7500, SR)]
        sounds += [at.griffin_lim(S, **up), at.invert_pretty_spectrogram(S_db, **up)]
        sounds += [at.mfcc_to_audio(C, **mels, **up), at.match_level(y, Y)]
        sounds += [at.mel_to_audio(M, mel_filter, power=2, **up)]
        assert all(x.shape == (n,) for x in sounds)
        assert all(np.all(np.isfinite(x)) and x.dtype == y.dtype for x in down + sounds)


@pytest.mark.parametrize("name", TAKES_ARRAYS)
def test_deafening_sound_is_finite_or_refused_with_a_cure(name):
    loud = {k: (v * 1e30).astype("c8" if k == "D" else "f4") for k, v in arrays(name).items()}
    try:
        result = call(name, **loud)
    except ValueError as error:
        assert ": " in str(error)  # what is wrong: what to do
    else:
        assert np.all(np.isfinite(result))


@pytest.mark.parametrize("sr", [float(SR), np.float32(SR), np.int32(SR), 16000.5], ids=repr)
@pytest.mark.parametrize("name", [name for name in GOOD if "sr" in GOOD[name]])
def test_the_rate_may_be_any_number(name, sr):
    call(name, sr=sr)
