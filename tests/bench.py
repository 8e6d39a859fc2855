"""Measures the engine beside librosa, the panels, a corpus: `make bench`, half an hour.

Contestants take turns in one process, on one thread; a time is the median of seven turns,
a ratio the median of the seven ratios. Nothing here is a test: machines differ. The longest
part is `scale`, eight minutes, of which the corpus of 100,000 sounds takes seven.
One part alone: `PYTHONPATH=.:notebooks .venv/bin/python tests/bench.py corpus`.
"""

import contextlib
import functools
import io
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from pathlib import Path

import joblib
import librosa
import matplotlib
import nbformat
import numpy as np
import scipy.fft
import scipy.signal
import soundfile
import threadpoolctl

import audiotools as at
import corpus
import showtools as st
from staircase.engine import (
    _BLOCK_SAMPLES,
    Frames,
    blocks,
    keep_magnitude,
    projection,
    random_phases,
    with_phases,
)
from staircase.frames import Grid

ROOT = Path(__file__).resolve().parent.parent

try:
    import pesq
except ImportError:
    pesq = None  # an extra: pip install pesq
try:
    import dask
    from dask.distributed import Client
except ImportError:
    Client = None  # an extra: make .venv/extras
try:
    import duckdb
except ImportError:
    duckdb = None  # the same
try:
    import parselmouth
except ImportError:
    parselmouth = None  # pip install praat-parselmouth
try:
    import pyworld
except ImportError:
    pyworld = None  # pip install pyworld
try:
    from swift_f0 import SwiftF0
except ImportError:
    SwiftF0 = None  # pip install swift-f0
try:
    import torch
    import torchaudio
except ImportError:
    torchaudio = None  # pip install torch torchaudio: gigabytes
try:
    import pyroomacoustics
except ImportError:
    pyroomacoustics = None  # pip install pyroomacoustics
try:
    import pghipy
except ImportError:
    pghipy = None  # pip install pghipy

TURNS = 7
GRIDS = [dict(n_fft=2048, hop_length=512), dict(n_fft=1024, hop_length=256)]
DATA = Path(__file__).resolve().parent.parent / "data"


def clips():
    """Returns {name: (y, sr)}: both voices, and librosa's recordings where they are at hand."""
    found = {name: at.load_wav(DATA / f"{name}.wav") for name in ("slt", "kal16")}
    if os.environ.get("LIBROSA_DATA_DIR"):
        found["libri1"] = librosa.load(librosa.ex("libri1"), duration=10)
        found["trumpet"] = librosa.load(librosa.ex("trumpet"))
    return found


def seconds(*contestants, turns=TURNS):
    """Returns for each contestant (a function without arguments) the seconds of its turns."""
    for run in contestants:
        run()  # compile, fill caches
    took = np.empty((turns, len(contestants)))
    for turn in range(turns):
        for i, run in enumerate(contestants):
            start = time.perf_counter()
            run()
            took[turn, i] = time.perf_counter() - start
    return took.T


def ratio(slow, fast):
    return statistics.median(slow / fast)


def ms(took):
    return f"{1e3 * statistics.median(took):8.1f} ms"


def listen(y, reference, sr):
    """Returns ESTOI and wide-band PESQ, as text."""
    heard = f"{at.intelligibility(y, reference, sr):6.3f}"
    if pesq is None:
        return heard + "     –"
    pair = (librosa.resample(x, orig_sr=sr, target_sr=16000) for x in (reference, y))
    return heard + f"  {pesq.pesq(16000, *pair, 'wb'):4.2f}"


def quality(y, reference, sr, S, grid):
    S_hat = np.abs(at.stft(y, **grid))
    distance = at.log_spectral_distance(S_hat, S)
    return f"{at.spectral_convergence(S_hat, S):6.1f} {distance:5.2f} {listen(y, reference, sr)}"


def peers(S, length, n_fft, hop_length):
    """Returns {name: function} of other libraries' ways from magnitudes to a waveform."""
    window, grid = scipy.signal.get_window("hann", n_fft), dict(n_fft=n_fft, hop_length=hop_length)
    frames, found = np.ascontiguousarray(S.T, dtype=float), {}
    if torchaudio:
        S_torch = torch.from_numpy(np.ascontiguousarray(S))
        options = dict(n_iter=32, power=1.0, length=length)
        up = torchaudio.transforms.GriffinLim(n_fft, hop_length=hop_length, **options)
        found["torchaudio, 32"] = lambda: up(S_torch).numpy()
    if pyroomacoustics:
        lead = n_fft // 2 - hop_length  # it does not centre frames

        def griffin_lim():
            z = pyroomacoustics.phase.griffin_lim(frames, hop_length, window, n_fft, n_iter=32)
            return np.pad(z, (lead, n_fft))[:length]

        found["pyroomacoustics, 32"] = griffin_lim
    if pghipy:
        bell = 0.25645 * n_fft**2  # Hann's

        def gradient():
            phase = pghipy.pghi(frames, n_fft, hop_length, gamma=bell).T
            return at.istft(S * np.exp(1j * phase), length=length, **grid)

        found["pghipy, no iteration"] = gradient
    return found


def from_magnitude(name, y, sr, grid):
    S = np.abs(at.stft(y, **grid))
    ours = functools.partial(at.griffin_lim, S, length=len(y), **grid)
    theirs = functools.partial(librosa.griffinlim, S, n_iter=32, length=len(y), **grid)
    same = functools.partial(ours, n_iter=32, gamma=1, init="random")
    n_fft, hop_length, window, _ = grid_ = Grid.of(*grid.values(), None, "hann")
    weight = grid_.weight(len(y), S.shape[1], S.dtype, guess=True)
    frames = Frames(window.astype(S.dtype), hop_length, weight, S.shape[1], n_fft // 2)
    project = projection(frames, keep_magnitude(S.T))
    start = frames.join(with_phases(S.T, random_phases(S.shape, 0)))
    pieces = at.frame(np.pad(y, n_fft // 2), n_fft, hop_length).T.copy()

    def bare():
        for block in blocks(len(pieces), _BLOCK_SAMPLES // n_fft):
            scipy.fft.irfft(scipy.fft.rfft(pieces[block]), n=n_fft)

    tried = [0, 2, 4, 8, 16, 32]
    runs = [functools.partial(ours, n_iter=n) for n in tried]
    others = peers(S, len(y), **grid)
    floor, one_pass, reference, twin, *took = seconds(
        bare, lambda: project(start), theirs, same, *others.values(), *runs
    )
    print(f"\n{name}, {grid}: one pass / bare rfft + irfft = {ratio(one_pass, floor):.2f}")
    print(f"{'':34}    time    faster    SC   LSD  ESTOI  PESQ")

    def row(label, took, z):
        print(f"{label:30}{ms(took)} {ratio(reference, took):7.1f}x {quality(z, y, sr, S, grid)}")

    row("librosa, 32", reference, st.seeded(theirs))
    for (label, run), t in zip(others.items(), took):
        row(label, t, run())
    row("same 32 iterations, same start", twin, same())
    took = took[len(others) :]
    for n, run, t in zip(tried, runs, took):
        row(f"gradient + {n}" + " (default)" * (n == 16), t, run())
    per_pass = (statistics.median(took[-1]) - statistics.median(took[0])) / 32
    n = int((statistics.median(reference) - statistics.median(took[0])) / per_pass)
    longest = functools.partial(ours, n_iter=n)
    row(f"gradient + {n}, in librosa's time", seconds(longest)[0], longest())


def from_mel(name, y, sr, grid):
    S = np.abs(at.stft(y, **grid))
    mel_filter = at.mel_filterbank(sr, grid["n_fft"], n_mels=128)
    M = at.make_mel(S, mel_filter, power=2)
    bands = dict(sr=sr, n_mels=128, **grid)
    C = at.mfcc(y, **bands)
    inverse = librosa.feature.inverse
    up = dict(length=len(y), **grid)

    def their_rows(M):
        return inverse.mel_to_stft(M, sr=sr, n_fft=grid["n_fft"])

    their_mel = functools.partial(inverse.mel_to_audio, M, sr=sr, **up)
    our_mel = functools.partial(at.mel_to_audio, M, mel_filter, power=2, **up)
    their_mfcc = functools.partial(inverse.mfcc_to_audio, C, sr=sr, **up)
    our_mfcc = functools.partial(at.mfcc_to_audio, C, n_mels=128, sr=sr, **up)

    def mel_error(S_hat):
        M_hat = at.make_mel(S_hat, mel_filter, power=2)
        return at.log_spectral_distance(np.sqrt(M_hat), np.sqrt(M))

    def mfcc_error(z):
        return np.sqrt(np.mean((at.mfcc(z, **bands) - C) ** 2))

    print(f"\n{name}, {grid}, 128 mel bands (power), 20 MFCCs")
    print(f"{'':34}    time    faster    SC  log-mel error (dB)")
    theirs, ours = seconds(
        lambda: their_rows(M), lambda: at.mel_to_spectrogram(M, mel_filter, power=2)
    )
    for label, took, S_hat in [
        ("librosa's mel_to_stft", theirs, their_rows(M)),
        ("mel_to_spectrogram, 10", ours, at.mel_to_spectrogram(M, mel_filter, power=2)),
    ]:
        error = at.spectral_convergence(S_hat, S)
        speed = f"{ratio(theirs, took):7.1f}x"
        print(f"{label:30}{ms(took)} {speed} {error:6.1f} {mel_error(S_hat):5.2f}")

    print(f"{'':34}    time    faster  error  ESTOI  PESQ")
    chain = st.seeded(librosa.griffinlim, their_rows(M), n_iter=32, **up)
    tried = [8, 16, 32]
    runs = [functools.partial(our_mel, n_iter=n) for n in tried]
    theirs, *took = seconds(their_mel, *runs)
    rows = [("librosa's mel_to_audio, 32", theirs, chain)]
    rows += [(f"mel_to_audio, {n}", t, run()) for n, t, run in zip(tried, took, runs)]
    for label, took, z in rows:
        error = mel_error(np.abs(at.stft(z, **grid)))
        print(f"{label:30}{ms(took)} {ratio(theirs, took):7.1f}x {error:6.2f} {listen(z, y, sr)}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows_of_C = their_rows(inverse.mfcc_to_mel(C))
    chain = st.seeded(librosa.griffinlim, rows_of_C, n_iter=32, **up)
    runs = [functools.partial(our_mfcc, n_iter=n) for n in tried]
    theirs, *took = seconds(their_mfcc, *runs)
    rows = [("librosa's mfcc_to_audio, 32", theirs, chain)]
    rows += [(f"mfcc_to_audio, {n}", t, run()) for n, t, run in zip(tried, took, runs)]
    for label, took, z in rows:
        error = mfcc_error(z)
        print(f"{label:30}{ms(took)} {ratio(theirs, took):7.1f}x {error:6.2f} {listen(z, y, sr)}")


def peak_megabytes(run):
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def growth(name, y, sr):
    grid = GRIDS[0]
    print(f"\nGrowth with length: {name} repeated, {grid}, gradient + 8 against librosa, 32")
    print("   length        ms per s of sound   faster     MB beyond the input and the output")
    print("               ours        librosa                  ours     librosa")
    for length in (1, 10, 60, 600):
        long = np.resize(y, length * sr)
        S = np.abs(librosa.stft(long, **grid))
        ours = functools.partial(at.griffin_lim, S, n_iter=8, length=len(long), **grid)
        theirs = functools.partial(librosa.griffinlim, S, n_iter=32, length=len(long), **grid)
        took, reference = seconds(ours, theirs)
        per_second = [1e3 * statistics.median(t) / length for t in (took, reference)]
        beyond = [peak_megabytes(run) - long.nbytes / 1e6 for run in (ours, theirs)]
        print(
            f"{length:7} s {per_second[0]:10.2f} {per_second[1]:14.2f} "
            f"{ratio(reference, took):13.1f}x {beyond[0]:11.0f} {beyond[1]:11.0f}",
            flush=True,
        )


def answers(panel):
    """Returns when picture and sound are there, in ms, for every option of every control (n, 2)."""
    took, drawn = [], []
    panel.pictures[-1].observe(lambda change: drawn.append(time.perf_counter()), names="value")
    for control in panel.controls.values():
        default = control.value
        for value in [v for v in control.options if v != default] + [default]:
            start = time.perf_counter()
            control.value = value
            ends = drawn[-1:] or [start], [time.perf_counter()]
            took.append([1e3 * max(0, end - start) for (end,) in ends])
    return np.array(took)


def panels():
    print("\nThe panels' answers: when the picture is there, and the sound, in ms (all threads).")
    print("Once 300 at most; wanted 100 and 150")
    print("                             picture: median  most    sound: median  most")
    for path in sorted((DATA.parent / "notebooks").glob("*.ipynb")):
        names = {}
        with contextlib.redirect_stdout(io.StringIO()):
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type == "code":
                    exec(compile(cell.source, path.name, "exec"), names)
        for name, widget in names.items():
            panel = widget.panel if isinstance(widget, st.Workbench) else widget
            if isinstance(panel, st.Panel):
                took = answers(panel)
                (picture, sound), (slowest, last) = np.median(took, axis=0), took.max(axis=0)
                row = f"{picture:10.0f} {slowest:10.0f} {sound:10.0f} {last:10.0f}"
                print(f"{path.stem[:2]} {name:25} {row}", flush=True)


def utterances(folder, percents):
    """Writes FLAC files of some 12 s: both voices' sentences, five joined, at these speeds.

    Returns their seconds and their bytes.
    """
    folder.mkdir()
    seconds = 0
    for voice in ("slt", "kal16"):
        ys = [at.load_wav(file)[0] for file in sorted((DATA / "corpus" / voice).glob("*.ogg"))]
        for percent in percents:
            for k in range(0, len(ys), 5):
                y = scipy.signal.resample_poly(0.9 * np.concatenate(ys[k : k + 5]), 100, percent)
                soundfile.write(folder / f"{voice}-{percent}-{k:02}.flac", y, 16000)
                seconds += len(y) / 16000
    return seconds, sum(file.stat().st_size for file in folder.iterdir())


SPOKEN = dict(n_fft=512, n_mels=128, n_mfcc=20, pitch=(65, 420))
RECIPES = {  # and the speeds at which the corpus is repeated, so that a turn takes some seconds
    "80 mel bands": (corpus.Recipe(), range(80, 125)),
    "20 MFCCs, pitch": (corpus.Recipe(**SPOKEN), range(80, 125, 2)),
}
if SwiftF0:
    RECIPES["20, swift's pitch"] = (corpus.Recipe(**SPOKEN, tracker="swift"), range(80, 125, 2))


def corpora():
    """Prints how fast `corpus.build` is, alone and with others, and how large the result."""
    print("\nA corpus in FLAC files of 12 s, to features and back on the disk (once, in hours per")
    print("core-hour: 523 of mel, 12 with the pitch; wanted: 100 with it, and 1.8 times by two)")
    print(f"{'':16}minutes  h of sound per  times faster:     MB per h   hours for 1,000 h on")
    print(f"{'':16}              core-hour  2 proc.  2 Dask   (of FLAC)  1 core 16 cores    256")
    print(f"{'':16}                        than 1  than 1")
    with tempfile.TemporaryDirectory() as work, contextlib.ExitStack() as stack:
        if Client:
            keep = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}
            dask.config.set(keep)  # memory: see corpus.py
            options = dict(n_workers=2, threads_per_worker=1, dashboard_address=None)
            client = stack.enter_context(Client(**options, silence_logs=50))
            workers = [*client.scheduler_info()["workers"]]
        for name, (recipe, percents) in RECIPES.items():
            sounds = Path(work) / name
            length, flac = utterances(sounds, percents)

            def build(n_jobs=1, sounds=sounds, recipe=recipe):
                store = Path(tempfile.mkdtemp(dir=work))
                corpus.build(sounds, store, recipe, n_jobs=n_jobs, progress=False)
                return store

            def on_dask(n_workers, build=build):
                with joblib.parallel_config(backend="dask", workers=workers[:n_workers]):
                    build(n_jobs=None)

            runs = [build, functools.partial(build, 2)]
            runs += [functools.partial(on_dask, n) for n in (1, 2)] if Client else []
            one, two, *others = seconds(*runs, turns=3)
            start = time.process_time()  # of a core, whoever else uses the machine
            store = build()
            rate = length / (time.process_time() - start)
            size = sum(file.stat().st_size for file in store.rglob("*.parquet"))
            by_dask = f"{ratio(*others):8.2f}" if others else "       –"
            hours = "".join(f"{1000 / rate / cores:9.3g}" for cores in (1, 16, 256))
            print(
                f"{name:16}{length / 60:7.1f} {rate:15.0f} {ratio(one, two):8.2f}{by_dask} "
                f"{size / length * 3.6e-3:7.1f} ({size / flac:3.0%}){hours}",
                flush=True,
            )


def short_sounds(folder, n_files):
    """Writes so many sounds of 0.1 s, each other noise, five hundred to a folder."""
    file, rng = io.BytesIO(), np.random.default_rng(0)
    soundfile.write(file, np.zeros(1600, np.int16), 16000, format="WAV")
    head = file.getvalue()[:-3200]
    for k in range(n_files):
        path = folder / f"{k // 500:03}" / f"{k:06}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(head + rng.bytes(3200))


SIZES = (1000, 10_000, 100_000)
BUILD = "corpus.build('sounds', 'store', recipe, n_jobs=2, progress=False); executor().shutdown()"
QUERY = """duckdb.sql("select count(*), avg(mel[1]) from '%s/**/*.parquet'").fetchall()"""
SCAN = "pc.mean(pc.list_element(pa.dataset.dataset('%s').to_table()['mel'], 0))"
STEPS = {  # each in a process of its own
    "build": BUILD,
    "resume": BUILD,
    "open": "corpus.open_store('store').items",
    "pack": "corpus.pack(corpus.open_store('store'), 'packed')",
    "DuckDB": QUERY % "store",
    "packed": QUERY % "packed/frames",
    "pyarrow": SCAN % "store",
    "its pack": SCAN % "packed/frames",
}
ALONE = """
import contextlib, json, resource, time
import pyarrow as pa, pyarrow.compute as pc, pyarrow.dataset
from joblib.externals.loky import get_reusable_executor as executor
import corpus
with contextlib.suppress(ImportError):
    import duckdb
recipe = corpus.Recipe(n_fft=512, n_mels=40)
start = time.perf_counter()
%s
took = time.perf_counter() - start
status = dict(line.split(":") for line in open("/proc/self/status"))  # ru_maxrss is the parent's
kilobytes = int(status["VmHWM"].split()[0]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([took, max(kilobytes) / 1024]))
"""


def scale():
    """Prints how the time and the memory of a store grow, and how long table tools wait for it."""
    print("\nA corpus of many sounds of 0.1 s: seconds, each in a process of its own, two workers;")
    print(
        "MB of the largest process; the first query, over all frames of items and of packed parts"
    )
    steps = {name: line for name, line in STEPS.items() if duckdb or "duckdb" not in line}
    print(f"{'items':>8}" + "".join(f"{name:>9}" for name in steps) + "  MB: build resume pack")
    for n_files in SIZES:
        with tempfile.TemporaryDirectory() as work:
            short_sounds(Path(work) / "sounds", n_files)
            options = dict(cwd=work, env=os.environ | {"PYTHONPATH": str(ROOT)})
            found = {
                name: json.loads(run(["-c", ALONE % line], **options).splitlines()[-1])
                for name, line in steps.items()
            }
        times = "".join(f"{took:9.2f}" for took, _ in found.values())
        sizes = "".join(f"{found[name][1]:6.0f}" for name in ("build", "resume", "pack"))
        print(f"{n_files:8}{times}    {sizes}", flush=True)


def killed():
    """Prints what is lost when one of two Dask workers is killed in the middle of a corpus."""
    options = dict(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50)
    with tempfile.TemporaryDirectory() as work, Client(**options) as client:
        sounds, store, alone = (Path(work) / name for name in ("sounds", "store", "alone"))
        short_sounds(sounds, SIZES[0])
        victims = [*client.run(os.getpid).values()][:1]

        def kill(line):
            if victims and int(line.split("] ")[1].split()[0]) > SIZES[0] / 3:
                os.kill(victims.pop(), signal.SIGKILL)

        with joblib.parallel_config(backend="dask"):
            report = corpus.build(sounds, store, RECIPES["80 mel bands"][0], progress=kill)
        corpus.build(sounds, alone, RECIPES["80 mel bands"][0], progress=False)
        made, undisturbed = (
            {
                path.relative_to(folder): path.read_bytes()
                for path in folder.rglob("*.*")
                if path.is_file()
            }
            for folder in (store, alone)
        )
    print(
        f"One of two Dask workers killed with -9: {report.made + report.kept} of {SIZES[0]} items"
        f" there, {'all' if made == undisturbed else 'NOT ALL'} byte for byte as undisturbed"
    )


def trackers():
    """Returns {name: function of a waveform at 16 kHz that returns its pitch, 0 for none}."""
    sr, fmin, fmax, hop = 16000, 65.0, 420.0, 256

    def gated(function):
        def track(y):
            times, hz = function(y)
            t = np.arange(1 + len(y) // hop) * hop / sr
            f0 = hz[np.abs(times - t[:, np.newaxis]).argmin(axis=1)]  # of the nearest frame
            power = np.mean(at.frame(np.pad(y, 512), 1024, hop) ** 2, axis=0)[: len(t)]
            return np.where(power > power.max() * 10 ** (-34 / 10), f0, 0.0)  # pitch's top_db

        return track

    def yin(y):
        hz = librosa.yin(y, fmin=fmin, fmax=fmax, sr=sr, frame_length=1024, hop_length=hop)
        return np.arange(len(hz)) * hop / sr, hz

    def praat(y):
        options = dict(time_step=hop / sr, pitch_floor=fmin, pitch_ceiling=fmax)
        found = parselmouth.Sound(y, sr).to_pitch_ac(**options)
        return found.xs(), found.selected_array["frequency"]

    def dio(y):
        options = dict(f0_floor=fmin, f0_ceil=fmax, frame_period=1000 * hop / sr)
        hz, times = pyworld.dio(y, sr, **options)
        return times, pyworld.stonemask(y, hz, times, sr)

    ours = functools.partial(at.pitch, sr=sr)
    some = {"pyin (at.pitch)": ours, "yin (librosa), gated": gated(yin)}
    some |= {"Praat (parselmouth)": gated(praat)} if parselmouth else {}
    some |= {"DIO (pyworld)": gated(dio)} if pyworld else {}
    return some | (
        {"swift (at.pitch)": functools.partial(ours, tracker="swift")} if SwiftF0 else {}
    )


def pitches(found):
    """Prints how fast other trackers are, and what they cost in accuracy and in words."""
    print("\nPitch trackers beside pyin: right within half a semitone in its voiced frames,")
    print("called voiced where pyin hears none, and ESTOI of 20 MFCCs spoken with that pitch")
    print(f"{'':10}{'':22}real time x    right   voiced   ESTOI")
    for name in [name for name in ("slt", "kal16", "libri1") if name in found]:
        y, sr = found[name]
        y = librosa.resample(y, orig_sr=sr, target_sr=16000).astype(float)
        C, reference = at.mfcc(y, 16000, n_fft=512, hop_length=256), at.pitch(y, 16000)
        for tracker, track in trackers().items():
            (took,) = seconds(functools.partial(track, y), turns=3)
            f0 = track(y)
            z = at.speak(C, f0, 16000, length=len(y))
            print(
                f"{name:10}{tracker:22}{len(y) / 16000 / statistics.median(took):11.0f} "
                f"{at.pitch_accuracy(f0, reference):8.3f} {np.mean(f0[reference == 0] > 0):8.2f} "
                f"{at.intelligibility(z, y, 16000):7.3f}",
                flush=True,
            )


def in_a_browser():
    """Prints how long the staircase of try.html takes in Node, beside audiotools."""
    if not shutil.which("node"):
        return
    print(f"\n{TRY_SECONDS} s of slt in Node, as in a browser, and here, in ms; the ratio")
    y = at.load_wav(DATA / "slt.wav", duration=TRY_SECONDS)[0].astype(float)
    long, short = dict(n_fft=1024, hop_length=256), dict(n_fft=512, hop_length=256)
    how = dict(length=len(y), **long)
    ours = {
        "spectrogram, 16 rounds": lambda: at.griffin_lim(np.abs(at.stft(y, **long)), **how),
        "20 MFCCs, 32 rounds": lambda: at.mfcc_to_audio(
            at.mfcc(y, 16000, **long), 16000, n_iter=32, **how
        ),
        "20 MFCCs and the pitch": lambda: at.speak(
            at.mfcc(y, 16000, **short), at.pitch(y, 16000), 16000, length=len(y)
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        y.tofile(f"{folder}/y")
        lines = TRY % (str(DATA.parent / "try" / "staircase.js"), folder)
        ran = subprocess.run(["node", "-e", lines], capture_output=True, text=True, check=True)
    for (name, run), theirs in zip(ours.items(), json.loads(ran.stdout)):
        (here,) = seconds(run, turns=5)
        took = 1000 * statistics.median(here)
        print(f"{name:26}{theirs:8.0f} {took:8.0f} {theirs / took:6.1f}")


TRY_SECONDS = 4
TRY = """
const fs = require("fs"), at = require("%s");
const y = new Float64Array(new Uint8Array(fs.readFileSync("%s/y")).buffer), length = y.length;
const long = {n_fft: 1024, hop_length: 256}, short = {n_fft: 512, hop_length: 256};
const runs = [
  () => at.griffin_lim(at.magnitude(at.stft(y, long)), {...long, length, n_iter: 16}),
  () => at.mfcc_to_audio(at.mfcc(y, 16000, long), 16000, {...long, length, n_iter: 32}),
  () => at.speak(at.mfcc(y, 16000, short), at.pitch(y, 16000), 16000, {...short, length}),
];
const median = (run) => {
  const took = [];
  for (let turn = 0; turn < 5; turn++) {
    const start = performance.now();
    run();
    took.push(performance.now() - start);
  }
  return took.sort((a, b) => a - b)[2];
};
process.stdout.write(JSON.stringify(runs.map(median)));
"""


EXECUTE = """
import pathlib, sys, nbformat, nbclient
path = pathlib.Path(sys.argv[1])
options = dict(kernel_name="python3", timeout=None)
options["resources"] = dict(metadata=dict(path=path.parent))
nbclient.NotebookClient(nbformat.read(path, 4), **options).execute()
"""
FIRST = {  # what runs, which arguments, what it took before this was measured (version 0.2.0)
    "import numpy, scipy.fft": ("import numpy, scipy.fft", "", None),
    "import audiotools": ("import audiotools", "", 2.1),
    "Run All of 01, nothing compiled": (EXECUTE, "01", 72),
    "Run All of 01, again": (EXECUTE, "01", 22),
    "Run All of 06": (EXECUTE, "06", 62),
    "Run All of 09": (EXECUTE, "09", 37),
}


def first_answers():
    """Prints what the first answers cost, with an empty cache of what numba compiles."""
    print("\nFirst answers, seconds of processor time on all cores, and once")
    with tempfile.TemporaryDirectory() as folder:
        shell = dict(os.environ, NUMBA_CACHE_DIR=folder)
        for name, (code, number, once) in FIRST.items():
            paths = sorted((ROOT / "notebooks").glob(f"{number}_*.ipynb")) if number else []
            before = os.times()
            command = [sys.executable, "-W", "ignore", "-c", code, *paths]
            subprocess.run(command, env=shell, cwd=ROOT, check=True, capture_output=True)
            after = os.times()
            took = sum(after[2:4]) - sum(before[2:4])  # of the children, user and system
            print(f"{name:34}{took:6.1f}{once or '':>6}", flush=True)


def a_class():
    """Prints how long it takes to make a student set, and to grade thirty submissions of 01."""
    print("\nA class, each command as a whole")
    with tempfile.TemporaryDirectory() as work:
        tools, sets = ROOT / "tools", Path(work) / "sets"
        began = time.monotonic()
        done = run([tools / "assignment.py", "01", "--output", sets])
        print(f"make assignment: {time.monotonic() - began:.0f} s. {done.splitlines()[-1]}")
        hand_in(Path(work, "handed in"), 30)
        began = time.monotonic()
        done = run([tools / "grade.py", Path(work, "handed in"), "--output", Path(work, "grades")])
        print(f"make grade: {time.monotonic() - began:.0f} s. {done.splitlines()[-1]}", flush=True)


def hand_in(folder, n_students):
    """Writes a notebook 01 for each student, who has answered one more than the one before."""
    lesson = json.loads((ROOT / "notebooks/01_spectrograms.ipynb").read_text("utf-8"))
    solved = json.loads((ROOT / "notebooks/solutions/01_solutions.ipynb").read_text("utf-8"))
    answers = {"".join(c["metadata"].get("tags", [])): c["source"] for c in solved["cells"]}
    for student in range(n_students):
        own = json.loads(json.dumps(lesson))
        for cell in own["cells"]:
            (tag,) = cell["metadata"].get("tags", [""])[:1]
            if tag in [f"answer-{n + 1}" for n in range(student % 5)]:
                cell["source"] = answers[tag]
        path = folder / f"student {student:02}" / "01.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(own), encoding="utf-8")


def run(command, **options):
    """Returns what a command of ours prints."""
    options |= dict(capture_output=True, text=True, encoding="utf-8", check=True)
    return subprocess.run([sys.executable, "-W", "ignore", *command], **options).stdout


def engine():
    print(f"One thread, medians of {TURNS} turns. SC spectral convergence in dB (less is better),")
    print("LSD log-spectral distance in dB, ESTOI 0 ... 1, PESQ 1 ... 4.6 (wide band, 16 kHz).")
    print("Once: to librosa's quality 16 to 21 times as fast, a pass 1.6, a way back from mel or")
    print("MFCCs 25 to 35 times. Wanted: 25 (the default 6.5), 1.3, 35.")
    found = clips()
    for name, (y, sr) in found.items():
        for grid in GRIDS:
            from_magnitude(name, y, sr, grid)
    for name, (y, sr) in found.items():
        for grid in GRIDS:
            from_mel(name, y, sr, grid)
    name = "libri1" if "libri1" in found else "kal16"
    growth(name, *found[name])


if __name__ == "__main__":
    matplotlib.use("agg")
    known = ["engine", "panels", "corpus", "scale", "browser", "class", "first"]
    parts = sys.argv[1:] or known
    if torchaudio:
        torch.set_num_threads(1)
    with threadpoolctl.threadpool_limits(1):
        if "engine" in parts:
            engine()
        if "browser" in parts:
            in_a_browser()
        if "corpus" in parts:
            corpora()
            pitches(clips())
        if "scale" in parts:
            scale()
            if Client and os.name == "posix":
                killed()
    if "class" in parts:
        a_class()
    if "first" in parts:
        first_answers()
    if "panels" in parts:
        panels()
