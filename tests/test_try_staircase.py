"""try/staircase.js: the staircase in a browser. The oracle is audiotools, and Node runs it."""

import numpy as np
import pytest
from in_node import in_node

import audiotools as at

SR = 16000
GRIDS = [(1024, 256), (512, 128), (512, 256), (2048, 512)]


MORE = [pytest.param(name, marks=pytest.mark.slow) for name in ("kal16", "libri1")]


@pytest.fixture(params=["slt", "melody", *MORE])
def sound(request):
    """Four seconds of the voices, the melody and a recording."""
    name = request.param
    if name == "libri1":
        request.getfixturevalue("recordings")
        from conftest import beside

        folder = beside("LIBROSA_DATA_DIR", "librosa-data")
        return at.load_wav(folder / "5703-47212-0000.ogg", sr=SR, duration=4)[0].astype(float)
    return at.load_wav(f"data/{name}.wav", duration=4)[0].astype(float)


def close(ours, theirs):
    """Whether two arrays are equal to a hundred-thousandth of the largest number."""
    return ours.shape == theirs.shape and np.abs(ours - theirs).max() < 1e-5 * np.abs(theirs).max()


@pytest.mark.parametrize("n_fft, hop_length", GRIDS)
def test_what_goes_down_is_what_audiotools_has(n_fft, hop_length, sound, tmp_path):
    lines = """
        const y = load("y"), grid = given.grid, D = at.stft(y, grid), S = at.magnitude(D);
        const M = at.make_mel(S, at.mel_filterbank(given.sr, grid.n_fft, {n_mels: given.n_mels}));
        save("re", D.re); save("im", D.im); save("M", M.data);
        save("C", at.mel_to_mfcc(M, {n_mfcc: given.n_mfcc}).data);
        save("back", at.istft(D, {...grid, length: y.length}));
        save("picture", at.pretty_spectrogram(y, grid).data);
        results.shape = [S.rows, S.frames, M.rows];
    """
    grid, n_mels, n_mfcc = dict(n_fft=n_fft, hop_length=hop_length), 80, 20
    options = dict(grid=grid, sr=SR, n_mels=n_mels, n_mfcc=n_mfcc)
    found, array = in_node(tmp_path, lines, arrays=dict(y=sound), **options)
    D = at.stft(sound, **grid)
    M = at.make_mel(np.abs(D), at.mel_filterbank(SR, n_fft, n_mels=n_mels), power=2)
    assert found["shape"] == [*D.shape, n_mels]
    assert close(array("re", len(D)), D.real) and close(array("im", len(D)), D.imag)
    assert close(array("M", n_mels), M)
    assert close(array("C", n_mfcc), at.mel_to_mfcc(M, n_mfcc=n_mfcc))
    assert close(array("picture", len(D)), at.pretty_spectrogram(sound, **grid))
    heard = slice(0, hop_length * (D.shape[1] - 1))  # behind it one window fades out alone
    assert np.abs(array("back") - sound)[heard].max() < 1e-9


@pytest.mark.parametrize("n_mels, n_mfcc", [(128, 13), (128, 20), (128, 40), (80, 80), (24, 24)])
def test_steps_up_are_those_of_audiotools(n_mels, n_mfcc, sound, tmp_path):
    lines = """
        const filter = at.mel_filterbank(given.sr, 1024, {n_mels: given.n_mels});
        const M = at.mfcc_to_mel(frames_of("C", given.n_mfcc), {n_mels: given.n_mels});
        save("M", M.data);
        save("S", at.mel_to_spectrogram(M, filter, {n_fft: 1024}).data);
    """
    C = at.mfcc(sound, SR, n_mfcc=n_mfcc, n_mels=n_mels, n_fft=1024, hop_length=256)
    options = dict(sr=SR, n_mels=n_mels, n_mfcc=n_mfcc)
    _, array = in_node(tmp_path, lines, arrays=dict(C=C), **options)
    M = at.mfcc_to_mel(C, n_mels=n_mels)
    bank = at.mel_filterbank(SR, 1024, n_mels=n_mels)
    assert close(array("M", n_mels), M)
    assert close(array("S", 513), at.mel_to_spectrogram(M, bank, power=2))


WAYS = [  # what is kept, how many rounds, where they start
    ("spectrogram", 0, 16, "gradient"),
    ("spectrogram", 0, 32, "given"),
    ("mel", 80, 8, "gradient"),
    ("mel", 24, 8, "random"),
    ("mfcc", 20, 8, "random"),
    ("mfcc", 20, 32, "random"),
    ("mfcc", 80, 8, "gradient"),
]


@pytest.mark.parametrize("kept, n, n_iter, init", WAYS)
def test_the_way_back_is_as_good_as_pythons(kept, n, n_iter, init, sound, request, tmp_path):
    """Within 0.5 dB and 0.02 of ESTOI, from the same phases; or the mean of three random starts."""
    lines = """
        const options = {n_fft: 1024, hop_length: 256, length: given.length};
        const X = frames_of("X", given.rows), n_mels = given.rows;
        const filter = at.mel_filterbank(given.sr, 1024, {n_mels});
        for (let seed = 0; seed < given.seeds; seed++) {
          const init = given.init === "given" ? load("phases") : given.init;
          const how = {...options, n_iter: given.n_iter, init, seed};
          const y = given.kept === "spectrogram" ? at.griffin_lim(X, how)
            : given.kept === "mel" ? at.mel_to_audio(X, filter, how)
            : at.mfcc_to_audio(X, given.sr, {...how, n_mels: 128});
          save(`y${seed}`, y);
        }
    """
    grid = dict(n_fft=1024, hop_length=256)
    S = np.abs(at.stft(sound, **grid))
    bank = at.mel_filterbank(SR, 1024, n_mels=n or 128)
    M = at.make_mel(S, bank, power=2)
    C = at.mfcc(sound, SR, n_mfcc=n or 20, **grid)
    X = dict(spectrogram=S, mel=M, mfcc=C)[kept]
    tune = request.node.callspec.params["sound"] == "melody"  # ESTOI is made for words
    seeds = 3 if init == "random" or tune else 1
    options = dict(sr=SR, rows=len(X), length=len(sound), kept=kept, n_iter=n_iter, init=init)
    options |= dict(seeds=seeds)
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, S.shape)
    _, array = in_node(tmp_path, lines, arrays=dict(X=X, phases=phases), **options)

    def python(seed):
        start = phases if init == "given" else init
        how = dict(n_iter=n_iter, init=start, length=len(sound), seed=seed, **grid)
        if kept == "spectrogram":
            return at.griffin_lim(S, **how)
        if kept == "mel":
            return at.mel_to_audio(M, bank, power=2, **how)
        return at.mfcc_to_audio(C, SR, **how)

    def judged(y):
        if kept == "spectrogram":
            target, found = S, np.abs(at.stft(y, **grid))
        else:
            wide = at.mel_filterbank(SR, 1024, n_mels=n if kept == "mel" else 128)
            found = np.sqrt(at.make_mel(np.abs(at.stft(y, **grid)), wide, power=2))
            target = np.sqrt(M if kept == "mel" else at.mfcc_to_mel(C))
        return at.spectral_convergence(found, target), at.intelligibility(y, sound, SR)

    theirs = np.mean([judged(array(f"y{seed}")) for seed in range(seeds)], axis=0)
    ours = np.mean([judged(python(seed)) for seed in range(seeds)], axis=0)
    assert abs(theirs[0] - ours[0]) < 0.5 and abs(theirs[1] - ours[1]) < 0.02, (theirs, ours)


def test_its_pitch_is_that_of_pyin_where_both_hear_one(sound, request, tmp_path):
    lines = 'save("f0", at.pitch(load("y"), given.sr, {fmax: given.fmax}));'
    fmax = 1000 if request.node.callspec.params["sound"] == "melody" else 420
    _, array = in_node(tmp_path, lines, arrays=dict(y=sound), sr=SR, fmax=fmax)
    f0, reference = array("f0"), at.pitch(sound, SR, fmax=fmax)
    both = (f0 > 0) & (reference > 0)
    cents = 1200 * np.abs(np.log2(f0[both] / reference[both]))
    assert f0.shape == reference.shape and both.sum() > 0.7 * (reference > 0).sum()
    assert np.mean(cents <= 50) >= 0.95


@pytest.mark.parametrize("name", ["slt", "kal16"])
def test_the_vocoders_pitch_is_right(name, tmp_path):
    y = at.load_wav(f"data/{name}.wav", duration=4)[0].astype(float)
    lines = """
        const y = load("y"), short = {n_fft: 512, hop_length: 256};
        const C = at.mfcc(y, given.sr, {n_mfcc: 20, ...short}), f0 = at.pitch(y, given.sr);
        const start = process.hrtime.bigint();
        save("spoken", at.speak(C, f0, given.sr, {...short, length: y.length}));
        save("f0", f0);
        results.limit = at.pitch_limit(20, given.sr);
        results.right = at.pitch_accuracy(f0, f0);
    """
    found, array = in_node(tmp_path, lines, arrays=dict(y=y), sr=SR)
    spoken = array("spoken")
    assert at.pitch_accuracy(at.pitch(spoken, SR), at.pitch(y, SR)) > 0.8
    C, f0 = at.mfcc(y, SR, n_fft=512, hop_length=256), at.pitch(y, SR)
    ours = at.speak(C, f0, SR, length=len(y))
    words = [at.intelligibility(z, y, SR) for z in (spoken, ours)]
    assert words[0] > words[1] - 0.03  # another pitch, another noise
    assert found["limit"] == pytest.approx(at.pitch_limit(20, SR)) and found["right"] == 1
    level = 20 * np.log10(spoken.std() / ours.std())
    assert abs(level) < 2  # dB


def test_silence_and_one_frame_stay_finite(tmp_path):
    lines = """
        const y = new Float64Array(given.n), grid = {n_fft: 1024, hop_length: 256};
        const S = at.magnitude(at.stft(y, grid)), C = at.mfcc(y, 16000, {n_mfcc: 20, ...grid});
        const finite = (x) => x.every(Number.isFinite);
        results.finite = [at.griffin_lim(S, {...grid, length: given.n}), C.data,
          at.mfcc_to_audio(C, 16000, {...grid, length: given.n}), at.pitch(y, 16000),
          at.speak(C, new Float64Array(S.frames), 16000, {...grid, length: given.n}),
          at.pretty_spectrogram(y, grid).data].map(finite);
    """
    for n in (100, 1600):
        found, _ = in_node(tmp_path, lines, n=n)
        assert found["finite"] == [True] * 6, n


def test_what_is_left_out_is_read_off_what_is_given(tmp_path):
    lines = """
        const y = load("y"), S = at.magnitude(at.stft(y, {n_fft: 512, hop_length: 128}));
        const D = at.stft(y), M = at.make_mel(at.magnitude(D), at.mel_filterbank(16000, 1024));
        const C = at.mel_to_mfcc(M), f0 = new Float64Array(C.frames).fill(150);
        results.lengths = [at.istft(D), at.griffin_lim(S, {hop_length: 128}),
          at.mel_to_audio(M, at.mel_filterbank(16000, 1024), {}), at.mfcc_to_audio(C, 16000, {}),
          at.speak(C, f0, 16000, {})].map((z) => [z.length, z.every(Number.isFinite)]);
        results.phases = at.phase_gradient(S, {hop_length: 128}).every(Number.isFinite);
        const loud = at.match_level(y.map((v, i) => (i === 50 ? 9 : v)), y.map(() => 0.9));
        results.peak = loud.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    """
    y = 0.1 * np.random.default_rng(0).normal(size=16384)
    found, _ = in_node(tmp_path, lines, arrays=dict(y=y))
    assert found["lengths"] == [[16384, True]] * 5 and found["phases"]
    assert found["peak"] <= 1.0001
