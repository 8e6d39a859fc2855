"""recipes: features of other tools, down as the tool makes them, and up as well as our own.

The oracles are the tools themselves. librosa, python_speech_features and Kaldi (without Kaldi) are
asked here; torchaudio, TensorFlow and transformers, which take gigabytes, were asked by
tools/ask_tools.py, and so were the published formulas of three vocoders: tools_say.npz.
"""

import csv
import dataclasses
import importlib
import inspect
import json
import re
from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.fft
from conftest import beside

import audiotools as at

TOOLS_SAY = np.load(Path(__file__).parent / "tools_say.npz")
# Ours and the tool's round in single precision, differently: their largest difference is a
# millionth to seven hundred-thousandths of the largest number, in levels 0.007 dB.
ALIKE = 1e-4


def same(ours, theirs):
    """Whether two arrays of features are equal but for rounding."""
    return ours.shape == theirs.shape and np.abs(ours - theirs).max() < ALIKE * np.abs(theirs).max()


def resampled(y, sr, recipe):
    """Returns a sound at the rate of a recipe."""
    return y if sr == recipe.sr else librosa.resample(y, orig_sr=sr, target_sr=recipe.sr)


# --- down -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", at.RECIPES)
def test_what_goes_down_is_what_the_tool_makes(name, slt):
    assert same(at.RECIPES[name].down(slt[0][8000:16000]), TOOLS_SAY[name])


def test_the_tools_are_named_with_their_versions():
    asked = json.loads(str(TOOLS_SAY["versions"]))
    assert {"torchaudio", "transformers", "tensorflow-cpu", "kaldi-native-fbank"} <= set(asked)
    assert set(TOOLS_SAY) == {"versions", *at.RECIPES}


def test_librosas_two_equal_librosa_here(voice):
    y, sr = voice
    mel, mfcc = at.RECIPES["librosa_mel"], at.RECIPES["librosa_mfcc"]
    y = resampled(y, sr, mel)
    assert same(mel.down(y), librosa.power_to_db(librosa.feature.melspectrogram(y=y)))
    assert same(mfcc.down(y), librosa.feature.mfcc(y=y))


@pytest.mark.parametrize("energy", [True, False])
def test_python_speech_features_equal_the_package_here(energy, voice):
    theirs = pytest.importorskip("python_speech_features", reason="an extra: make test-all")
    recipe = at.RECIPES["python_speech_features"]
    recipe = recipe if energy else dataclasses.replace(recipe, energy=None)
    y = voice[0].astype(float)
    for n in (len(y), 16000, 400, 401, 560, 561, 100):
        assert same(recipe.down(y[:n]), theirs.mfcc(y[:n], 16000, appendEnergy=energy))


def kaldi(y, kind, options):
    """Returns what Kaldi's own lines, packed without Kaldi, make of a sound."""
    knf = pytest.importorskip("kaldi_native_fbank", reason="an extra: make test-all")
    options = getattr(knf, f"{kind}Options")() if options is None else options
    options.frame_opts.dither = 0
    computer = getattr(knf, f"Online{kind}")(options)
    computer.accept_waveform(16000, (32768 * y).tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(t) for t in range(computer.num_frames_ready)])


@pytest.mark.parametrize("n_mels", [23, 40, 80])
def test_kaldis_filterbanks_equal_kaldis_here(n_mels, voice):
    knf = pytest.importorskip("kaldi_native_fbank", reason="an extra: make test-all")
    options = knf.FbankOptions()
    options.mel_opts.num_bins = n_mels
    recipe = dataclasses.replace(at.RECIPES["kaldi_fbank"], n_mels=n_mels)
    assert same(recipe.down(voice[0]), kaldi(voice[0], "Fbank", options))


@pytest.mark.parametrize("energy", [True, False])
@pytest.mark.parametrize("n_mfcc, n_mels", [(13, 23), (20, 40)])
def test_kaldis_mfccs_equal_kaldis_here(energy, n_mfcc, n_mels, voice):
    knf = pytest.importorskip("kaldi_native_fbank", reason="an extra: make test-all")
    options = knf.MfccOptions()
    options.num_ceps, options.mel_opts.num_bins, options.use_energy = n_mfcc, n_mels, energy
    changes = dict(n_mfcc=n_mfcc, n_mels=n_mels, energy="raw" if energy else None)
    recipe = dataclasses.replace(at.RECIPES["kaldi_mfcc"], **changes)
    assert same(recipe.down(voice[0]), kaldi(voice[0], "Mfcc", options))


def test_silence_and_short_sounds_stay_finite():
    for name, recipe in at.RECIPES.items():
        X = recipe.down(np.zeros(2 * recipe.n_fft))
        assert np.all(np.isfinite(X)), name
        y = recipe.up(X, length=2 * recipe.n_fft)
        assert y.shape == (2 * recipe.n_fft,) and np.abs(y).max() < 1e-2, name


def test_a_sound_keeps_its_format_and_its_values(slt):
    y = slt[0][:4000].copy()
    for recipe in at.RECIPES.values():
        X = recipe.down(y)
        assert X.dtype == np.float32 and recipe.down(y.astype(float)).dtype == np.float64
        assert recipe.up(X).dtype == np.float32
        assert np.array_equal(y, slt[0][:4000])


# --- up ---------------------------------------------------------------------------------


def back(recipe, y, sr):
    """Returns how intelligible a sound is after it went down and up."""
    z = resampled(y, sr, recipe)
    z = recipe.up(recipe.down(z), length=len(z))
    z = librosa.resample(z, orig_sr=recipe.sr, target_sr=sr) if sr != recipe.sr else z
    return at.intelligibility(z[: len(y)], y[: len(z)], sr)


@pytest.mark.parametrize("name", at.RECIPES)
def test_what_comes_back_is_as_clear_as_from_ours_with_as_many_numbers(name, voice):
    """Ours: librosa's conventions, the same rate, frame, hop and numbers, 80 bands below MFCCs.

    Within 0.035; 0.06 where rectangular windows leak (python_speech_features), where 20
    coefficients must draw 128 bands instead of 80, and where magnitudes are summed from 80 Hz on.
    """
    y, sr = voice
    recipe = at.RECIPES[name]
    n_fft = 1 << (recipe.n_fft - 1).bit_length()
    size = dict(n_mels=80 if recipe.n_mfcc else recipe.n_mels, n_mfcc=recipe.n_mfcc)
    ours = at.Recipe(sr=recipe.sr, n_fft=n_fft, hop_length=recipe.hop_length, **size)
    cost = 0.06 if name in ("python_speech_features", "librosa_mfcc", "tf_mfcc") else 0.035
    assert back(recipe, y, sr) > back(ours, y, sr) - cost


@pytest.mark.parametrize("name", at.RECIPES)
def test_the_mel_comes_back_from_all_coefficients(name, slt):
    """Whatever transform, lifter, order and scale: with all of them nothing is lost but energy."""
    recipe = at.RECIPES[name]
    y = slt[0][8000:24000].astype(float)
    if recipe.n_mfcc:
        recipe = dataclasses.replace(recipe, n_mfcc=recipe.n_mels, lifter=2.0 * recipe.n_mels)
    M = recipe.to_mel(recipe.down(y))
    bands = dataclasses.replace(
        recipe, n_mfcc=None, energy=None, lifter=0.0, first_last=False, log=None
    )
    M_0 = bands.to_mel(bands.down(y))
    levels = [20 / recipe.power * np.log10(np.maximum(m, 1e-6)) for m in (M, M_0)]
    loud = levels[1] > levels[1].max() - 50
    limit = 6 if recipe.energy else 0.1  # energies stand for c0, and are no sum of these bands
    assert np.median(np.abs(levels[0] - levels[1])[loud]) < limit


@pytest.mark.parametrize("name", at.RECIPES)
@pytest.mark.parametrize("beyond", [0, 1, 77, 159])
def test_the_length_of_the_way_down_is_given_back(name, beyond, slt):
    recipe = at.RECIPES[name]
    y = slt[0][: 9 * recipe.n_fft + beyond]
    X = recipe.down(y)
    assert recipe.up(X, length=len(y), n_iter=0).shape == y.shape
    shortest = recipe.up(X, n_iter=0)
    assert recipe.down(shortest).shape == X.shape and len(shortest) <= len(y) + recipe.hop_length
    n_frames = X.shape[0 if recipe.in_rows else 1]
    with pytest.raises(
        ValueError, match=f"length={2 * len(y)} does not make {n_frames} frames"
    ) as e:
        recipe.up(X, length=2 * len(y))
    first, last = map(int, re.search(r"in (\d+) \.\.\. (\d+)$", str(e.value)).groups())
    for n in (first, last):
        assert recipe.down(np.resize(y, n)).shape == X.shape and len(recipe.up(X, length=n)) == n
    for n in (first - 1, last + 1):
        assert recipe.down(np.resize(y, n)).shape != X.shape


def test_what_comes_back_lies_where_it_was(voice):
    """Within a sixteenth of a hop or so, also where frames are not centred."""
    y, sr = voice
    for name in ("hifigan", "whisper", "kaldi_fbank"):
        recipe = at.RECIPES[name]
        z = resampled(y, sr, recipe)
        z_hat = recipe.up(recipe.down(z), length=len(z))
        envelopes = [np.convolve(np.abs(x), np.ones(200) / 200, "same") for x in (z, z_hat)]
        assert abs(at.xcorr_offset(*envelopes, max_lag=400)) <= 20, name
        level = np.std(z_hat) / np.std(z)
        assert 0.85 < level < 1.15, name  # and as loud: no gain is left in


# --- the recipe itself ------------------------------------------------------------------


def test_every_field_is_said_in_the_docstring_in_its_order():
    said = inspect.getdoc(at.Recipe).split("Parameters")[1].split("Raises")[0]
    names = [n for x in said.splitlines() if " : " in x for n in x.split(" : ")[0].split(", ")]
    named = [
        n for x in said.splitlines() if x and x[0] != " " for n in x.split(" : ")[0].split(", ")
    ]
    fields = [field.name for field in dataclasses.fields(at.Recipe)]
    assert [n for n in named if n in fields] == fields and set(names) <= set(fields)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(log="loge"), "log='loge' is unknown: use 'ln', 'log10', 'dB', None"),
        (dict(n_mfcc=90), "n_mfcc=90 needs as many bands"),
        (dict(n_mfcc=13, log=None), "and their logarithm"),
        (dict(lifter=22), "pass n_mfcc as well"),
        (dict(energy="raw"), "pass n_mfcc as well"),
        (dict(floor=0), "floor=0 leaves log='dB' minus infinity"),
        (dict(pad=384), "pad=384 is for frames that are not centred"),
        (dict(tail="pad"), 'tail="pad" is for frames that are not centred'),
        (dict(hop_length=2000), "exceeds n_fft=1024"),
        (dict(window="none"), "window='none' is unknown"),
        (dict(preemphasis=1.0), "preemphasis=1 must lie in 0 ... 1"),
        (dict(fmax=9000), "above the Nyquist frequency 8000 Hz"),
        (dict(window=np.ones(1024)), "window=<array of shape (1024,)>: name it"),
        (dict(sr=None), "sr=None: pass a value, 16000 is usual"),
        (dict(n_mfcc=13, lifter=2), "lifter=2 makes one of 13 coefficients 0"),
        (dict(n_mels=10**7), "are more bands than n_fft=1024 has bins"),
        (dict(in_rows=1), "in_rows=1 must be True or False"),
        (dict(n_mels=2.5), "n_mels=2.5 is not a whole number"),
        (dict(gain=0), "gain=0 must be above zero"),
        (dict(dct_norm="l2"), "dct_norm='l2' is unknown"),
        (dict(win_length=2000), "win_length=2000 exceeds n_fft=1024"),
    ],
)
def test_what_does_not_go_together_is_refused_at_once(wrong, words):
    with pytest.raises((ValueError, TypeError)) as error:
        at.Recipe(**wrong)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_recipe_shows_what_differs_and_can_be_read_again():
    assert repr(at.Recipe()) == "Recipe()"
    for recipe in at.RECIPES.values():
        assert eval(repr(recipe), dict(Recipe=at.Recipe)) == recipe
        assert at.Recipe(**json.loads(json.dumps(dataclasses.asdict(recipe)))) == recipe


def test_a_window_may_be_any_that_scipy_knows():
    assert at.Recipe(window="blackman").down(np.ones(4000)).shape == (80, 16)
    kaiser = at.Recipe(window=("kaiser", 8.0))
    assert at.Recipe(**json.loads(json.dumps(dataclasses.asdict(kaiser)))) == kaiser
    assert kaiser.down(np.ones(4000)).shape == (80, 16)


# --- what is passed as features ---------------------------------------------------------

MEL, MFCC = at.RECIPES["tacotron2"], at.RECIPES["kaldi_mfcc"]


@pytest.fixture(scope="module")
def features():
    y = at.load_wav("data/slt.wav")[0]
    return MEL.down(y), MFCC.down(y)


def centred(X):
    return (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)


def to_one(X):
    low, high = X.min(axis=0, keepdims=True), X.max(axis=0, keepdims=True)
    return (X - low) / (high - low)


def with_logarithms_of_zero(X):
    X = X.copy()
    X[3, :5] = -np.inf
    return X


SPOILT = [  # what was done to it, how, the error, and the likely cause and the cure
    ("frames in rows", lambda X: X.T, ValueError, "frames in columns: pass X.T"),
    ("integers", lambda X: X.astype(int), TypeError, "int64.*undo a quantisation"),
    ("objects", lambda X: X.astype(object), TypeError, "object.*pass one utterance"),
    ("a batch", lambda X: np.stack([X, X]), ValueError, r"one utterance at a time, as in X\[0\]"),
    ("an empty axis", lambda X: X[:, :0], ValueError, r"\(80, 0\).*none empty"),
    ("logarithms of 0", with_logarithms_of_zero, ValueError, "5 of .*logarithm of 0.*floor"),
    ("a scaler", to_one, ValueError, "MinMaxScaler.*scaler.inverse_transform"),
    ("a scaler of all", lambda X: (X - X.min()) / np.ptp(X), ValueError, "MinMaxScaler"),
    ("mean and variance", centred, ValueError, r"mean and variance.*X \* spread \+ mean"),
    ("-1 to 1", lambda X: 2 * (X - X.min()) / np.ptp(X) - 1, ValueError, "MinMaxScaler"),
    ("standardised", lambda X: (X - X.mean()) / X.std(), ValueError, "all of X has a mean near 0"),
    ("by a corpus", lambda X: (X - 1.1 * X.mean()) / (1.1 * X.std()), ValueError, "mean near 0"),
    ("fewer bands", lambda X: X[:40], ValueError, r"replace\(recipe, n_mels=40\); guess_recipe"),
    ("decibels", lambda X: 9 * X + 100, ValueError, r"reaches 11\d,.*so loud: guess_recipe"),
    (
        "16 bits",
        lambda X: X + np.log(32768),
        ValueError,
        "of 16-bit samples take gain=32768; guess",
    ),
    ("bands in rows", lambda X: X[:40].T, ValueError, r"pass X.T, and take .*n_mels=40"),
]


@pytest.mark.parametrize("what, spoil, error, words", SPOILT, ids=[row[0] for row in SPOILT])
def test_what_is_no_feature_of_the_recipe_is_told_the_cause_and_the_cure(
    what, spoil, error, words, features
):
    with pytest.raises(error, match=words) as raised:
        MEL.up(spoil(features[0]))
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 300


def test_the_cures_lead_home(features, slt):
    """Who does what the sentence says has features that the recipe takes."""
    X, _ = features
    spoilt = with_logarithms_of_zero(X)
    cured = np.where(np.isfinite(spoilt), spoilt, spoilt[np.isfinite(spoilt)].min())
    assert np.allclose(MEL.to_mel(cured)[4:], MEL.to_mel(X)[4:])
    mean, spread = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True)
    assert np.allclose(MEL.to_mel(centred(X) * spread + mean), MEL.to_mel(X), rtol=1e-3)
    fewer = dataclasses.replace(MEL, n_mels=40)
    assert fewer.up(X[:40], n_iter=0).ndim == 1


def test_right_features_raise_no_doubt(voice):
    y, sr = voice
    for recipe in at.RECIPES.values():
        recipe.to_mel(recipe.down(y))
        recipe.to_mel(recipe.down(0.001 * y))


def test_what_is_advised_of_other_shapes_is_possible():
    for recipe in at.RECIPES.values():
        for shape in ((40, 300), (300, 80), (300, 123)):
            if shape[recipe.in_rows] == recipe.n_features:
                continue
            with pytest.raises(ValueError, match="X has shape") as error:
                recipe.up(np.random.default_rng(0).normal(size=shape))
            change = re.search(r"replace\(recipe, (.+?)\)", str(error.value))
            if change:
                dataclasses.replace(recipe, **eval(f"dict({change[1]})"))


def test_a_sound_far_over_full_scale_is_doubted(features, slt):
    with pytest.warns(UserWarning, match="peaks .* dB over full scale: hear other recipes"):
        MEL.up(features[0] + 4)
    psf = at.RECIPES["python_speech_features"]
    with pytest.warns(UserWarning, match=r"of 16-bit samples take gain=1448\.15$"):
        psf.up(psf.down(32768 * slt[0]))
    mfcc = at.RECIPES["torchaudio_mfcc"]
    with pytest.raises(ValueError, match="of 16-bit samples take gain=32768; guess"):
        mfcc.up(mfcc.down(32768 * slt[0]))


def test_a_sound_of_too_few_samples_is_refused():
    for name, n in (("whisper", 100), ("hifigan", 1), ("kaldi_mfcc", 399)):
        with pytest.raises(ValueError, match=f"y has {n} samples, too few for a frame"):
            at.RECIPES[name].down(np.ones(n))
    assert at.RECIPES["kaldi_mfcc"].down(np.ones(400)).shape == (1, 13)


def test_a_name_that_no_recipe_has_is_answered():
    with pytest.raises(KeyError, match="no recipe is called 'Whisper'; there are librosa_mel, "):
        at.RECIPES["Whisper"]


def test_the_filters_of_a_recipe_cannot_be_spoilt():
    with pytest.raises(ValueError, match="read-only"):
        MEL.filters()[0] = 0


def test_a_lifter_left_in_is_not_the_same(features):
    wrong = dataclasses.replace(MFCC, lifter=0.0)
    right, left_in = MFCC.to_mel(features[1]), wrong.to_mel(features[1])
    assert at.log_spectral_distance(left_in, right) > 3


def test_orthonormal_or_htk_is_a_matter_of_the_first_row():
    L = np.random.default_rng(0).normal(size=(23, 5))
    plain = scipy.fft.dct(L, axis=0) / np.sqrt(2 * 23)  # sqrt(2 / N) in every row: HTK's, tf's
    recipe = dataclasses.replace(at.RECIPES["htk_mfcc"], lifter=0.0, first_last=False)
    assert np.allclose(recipe._cepstrum(L, None), plain[:13])


# --- what is said of them ---------------------------------------------------------------

ROOT = Path(__file__).resolve().parent.parent
KEPT = {row["recipe"]: row for row in csv.DictReader((ROOT / "data/recipes.csv").open())}
VOICES = ("slt", "kal16", "libri1")


def test_the_readme_says_of_each_recipe_what_was_measured():
    text = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .+ \| ([\d,]+) \| ([^|]+ · [^|]+) \| ([^|]+) \|", text, re.M)
    assert [name for name, *_ in rows] == list(at.RECIPES) == list(KEPT)
    for name, per_second, estoi, pitch in rows:
        assert per_second == f"{at.RECIPES[name].numbers_per_second:,.0f}"
        for said, what in ((estoi, "estoi"), (pitch, "pitch")):
            assert said.split(" · ") == [f"{float(KEPT[name][f'{what}_{v}']):.2f}" for v in VOICES]


@pytest.mark.slow
@pytest.mark.parametrize("name", at.RECIPES)
def test_what_was_measured_is_so(name, recordings, monkeypatch):
    """Within 0.03, a few frames of a pitch."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    measure_recipes = importlib.import_module("measure_recipes")
    libri1 = beside("LIBROSA_DATA_DIR", "librosa-data") / "5703-47212-0000.ogg"
    monkeypatch.setattr(librosa, "ex", lambda name: libri1)
    for key, value in measure_recipes.measured(name).items():
        assert key == "recipe" or abs(value - float(KEPT[name][key])) <= 0.03, key
