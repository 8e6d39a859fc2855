"""The corpus: what lies in a store, what survives a kill, who may make it, and bad input."""

import contextlib
import errno
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
import soundfile
from conftest import ROOT
from joblib.externals.loky import get_reusable_executor
from sklearn.preprocessing import StandardScaler

import audiotools as at
import corpus
from corpus import Recipe
from staircase import voice

SR = 16000
MEL = Recipe(n_fft=512, n_mels=40)
SPEECH = (65, 420)


def encode(y, sr=SR, codec="WAV", subtype=None):
    file = io.BytesIO()
    soundfile.write(file, y, sr, format=codec, subtype=subtype)
    return file.getvalue()


def noise(seed, seconds=0.2):
    return 0.1 * np.random.default_rng(seed).normal(size=round(seconds * SR)).astype(np.float32)


def build(folder, store, recipe=MEL, **options):
    return corpus.build(folder, store, recipe, progress=False, **options)


def files_of(store):
    """Returns every file of a store, hidden ones too, as {path: bytes}."""
    paths = (path for path in sorted(store.rglob("*")) if path.is_file())
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """A folder of 60 sounds of 0.2 to 2 s in three folders."""
    folder = tmp_path_factory.mktemp("sounds")
    for i in range(60):
        path = folder / "abc"[i % 3] / f"{i:02}.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode(noise(i, 0.2 + 0.03 * i)))
    return folder


@pytest.fixture(scope="module")
def undisturbed(sounds, tmp_path_factory):
    """The store that one process makes of them, when nobody disturbs it."""
    store = tmp_path_factory.mktemp("stores") / "undisturbed"
    assert build(sounds, store).made == 60
    return store


# --- what lies in a store ---------------------------------------------------------------------


def taken_down(y, recipe):
    """Returns the features, by the functions of the staircase alone."""
    grid = dict(n_fft=recipe.n_fft, hop_length=recipe.hop_length)
    if recipe.n_mfcc:
        return at.mfcc(y, SR, n_mfcc=recipe.n_mfcc, n_mels=recipe.n_mels, **grid)
    bank = at.mel_filterbank(SR, recipe.n_fft, n_mels=recipe.n_mels)
    return at.amplitude_to_db(np.sqrt(at.make_mel(np.abs(at.stft(y, **grid)), bank, power=2)))


def brought_back(X, f0, recipe, length):
    """Returns the sound of features, by the functions of the staircase alone."""
    grid = dict(n_fft=recipe.n_fft, hop_length=recipe.hop_length, length=length)
    M = at.db_to_amplitude(X) ** 2
    if f0 is not None:
        C = X if recipe.n_mfcc else at.mel_to_mfcc(M, n_mfcc=recipe.n_mels, top_db=None)
        return at.speak(C, f0, SR, n_mels=recipe.n_mels, **grid)
    if recipe.n_mfcc:
        return at.mfcc_to_audio(X, SR, n_mels=recipe.n_mels, **grid)
    bank = at.mel_filterbank(SR, recipe.n_fft, n_mels=recipe.n_mels)
    return at.mel_to_audio(M, bank, power=2, **grid)


RECIPES = {
    "mel": (Recipe(), 0.8),  # and the ESTOI that comes back at least, from notebooks 04 and 06
    "mfcc": (Recipe(n_mfcc=20, n_mels=128), 0.5),
    "mel and pitch": (Recipe(n_fft=512, pitch=SPEECH), 0.8),
    "mfcc and pitch": (Recipe(n_fft=512, n_mfcc=20, n_mels=128, pitch=SPEECH), 0.75),
}


@pytest.mark.parametrize("recipe, clear", RECIPES.values(), ids=RECIPES)
def test_an_item_is_turned_back_into_sound_from_the_store_alone(recipe, clear, tmp_path, slt):
    folder, y = tmp_path / "voices", slt[0]
    folder.mkdir()
    (folder / "slt.wav").write_bytes(data := (ROOT / "data" / "slt.wav").read_bytes())
    build(folder, tmp_path / "features", recipe)
    (folder / "slt.wav").unlink()
    folder.rmdir()

    store = corpus.open_store(tmp_path / "features")
    assert store.items == ["slt"] and store.recipe == recipe
    source = store.source("slt")
    assert source["sha256"] == hashlib.sha256(data).hexdigest()
    about = dict(path="slt.wav", sr=SR, channels=1, n_samples=len(y))
    assert {key: source[key] for key in about} == about

    X, f0 = store.features("slt"), store.pitch("slt")
    # One thread or two round sums differently, by 1e-6 of a power: far below 0.001 dB.
    assert X.dtype == np.float32 and np.allclose(X, taken_down(y, recipe), atol=1e-3)
    assert (f0 is None) == (recipe.pitch is None)
    assert f0 is None or np.array_equal(f0, at.pitch(y, SR, hop_length=recipe.hop_length))
    back = store.sound("slt")
    assert np.array_equal(back, brought_back(X, f0, recipe, len(y)))
    assert at.intelligibility(back, y, SR) > clear
    assert not np.array_equal(back, store.sound("slt", seed=1))


@pytest.mark.parametrize("name", ["kaldi_mfcc", "whisper", "torchaudio_mel"])
def test_features_of_another_tool_are_kept_and_come_back(name, tmp_path, slt):
    recipe, y = at.RECIPES[name], slt[0]
    (tmp_path / "voices").mkdir()
    shutil.copy(ROOT / "data" / "slt.wav", tmp_path / "voices")
    build(tmp_path / "voices", tmp_path / "features", recipe)
    store = corpus.open_store(tmp_path / "features")
    X = store.features("slt")
    assert np.allclose(X.T if recipe.in_rows else X, recipe.down(y), rtol=1e-3, atol=1e-3)
    assert store.recipe == Recipe(convention=recipe) and store.recipe.sr == recipe.sr
    assert repr(store.recipe) == f"Recipe(convention={recipe!r})"
    back = store.sound("slt")
    assert back.shape == y.shape and at.intelligibility(back, y, SR) > 0.7
    again = build(tmp_path / "voices", tmp_path / "features", recipe)
    assert (again.made, again.kept) == (0, 1)
    assert corpus.fit_scaler(store).n_features_in_ == recipe.n_features


def test_a_store_from_before_conventions_opens_and_goes_on(undisturbed, sounds, tmp_path):
    """What version 1 wrote had no convention in its metadata; nor has what we write without one."""
    metadata = json.loads(pq.read_schema(undisturbed / "_common_metadata").metadata[b"corpus"])
    assert "convention" not in metadata["recipe"] and metadata["version"] == 1
    shutil.copytree(undisturbed, tmp_path / "features")
    again = build(sounds, tmp_path / "features", MEL)
    assert again.made == 0 and again.kept == len(corpus.open_store(undisturbed).items)


def test_a_store_says_who_heard_the_pitch(tmp_path, sounds):
    pytest.importorskip("swift_f0", reason="swift-f0 is not installed")
    for tracker, version in (("pyin", 1), ("swift", 3)):
        recipe = Recipe(n_mels=40, n_fft=512, pitch=SPEECH, tracker=tracker)
        build(sounds / "a", tmp_path / tracker, recipe)
        metadata = json.loads(
            pq.read_schema(tmp_path / tracker / "_common_metadata").metadata[b"corpus"]
        )
        assert metadata["conventions"]["tracker"] == tracker and metadata["version"] == version
        assert ("tracker" in metadata["recipe"]) == (tracker == "swift")
        assert corpus.open_store(tmp_path / tracker).recipe == recipe
    with pytest.raises(ValueError, match="another recipe"):
        build(sounds / "a", tmp_path / "pyin", recipe)


def test_a_pitch_is_read_and_spoken_without_who_heard_it(tmp_path, slt, monkeypatch):
    pytest.importorskip("swift_f0", reason="swift-f0 is not installed")
    recipe = Recipe(n_mels=40, n_fft=512, pitch=SPEECH, tracker="swift")
    (tmp_path / "sounds").mkdir()
    at.save_wav(tmp_path / "sounds/words.wav", slt[0][:16000], 16000)
    build(tmp_path / "sounds", tmp_path / "store", recipe)
    corpus._tried.cache_clear()  # as in a new process, of somebody who has no swift-f0
    voice._swift.cache_clear()
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    store = corpus.open_store(tmp_path / "store")
    assert store.recipe == recipe and store.pitch("words").max() > 65
    assert np.abs(store.sound("words")).max() > 0.01
    assert corpus.pack(store, tmp_path / "packed").is_dir()
    with pytest.raises(ImportError, match="pip install swift_f0"):  # it is still needed to hear
        Recipe(n_mels=40, n_fft=512, pitch=SPEECH, tracker="swift")


def test_a_tracker_needs_a_pitch_to_hear():
    with pytest.raises(ValueError, match="tracker='swift' has nothing to hear: use pitch="):
        Recipe(tracker="swift")
    with pytest.raises(ValueError, match='tracker=.*praat.* is unknown: use "pyin" or "swift"'):
        Recipe(tracker="praat", pitch=SPEECH, n_fft=512)


def test_a_convention_says_everything():
    whisper = at.RECIPES["whisper"]
    with pytest.raises(ValueError, match="n_mels=40 beside a convention: leave it out"):
        Recipe(convention=whisper, n_mels=40)
    with pytest.raises(ValueError, match="pitch=.* beside a convention"):
        Recipe(convention=whisper, pitch=(65, 420))
    with pytest.raises(TypeError, match="convention='whisper' must be an at.Recipe"):
        Recipe(convention="whisper")


def test_frames_are_rows_and_each_file_explains_itself(undisturbed, sounds):
    table = pq.read_table(undisturbed / "a" / "00.parquet", partitioning=None)
    assert table.column_names == ["item", "frame", "mel"]
    assert table["frame"].to_pylist() == list(range(len(table)))
    assert set(table["item"].to_pylist()) == {"a/00"}
    assert table.schema.field("mel").type == pa.list_(pa.float32(), 40)
    metadata = json.loads(table.schema.metadata[b"corpus"])
    assert Recipe(**metadata["recipe"]) == MEL and metadata["version"] == 1
    data = (sounds / metadata["source"]["path"]).read_bytes()
    assert metadata["source"]["sha256"] == hashlib.sha256(data).hexdigest()


def test_arrow_reads_the_folder_as_one_table(undisturbed):
    store = corpus.open_store(undisturbed)
    table = pyarrow.dataset.dataset(undisturbed).to_table()
    assert set(table["item"].to_pylist()) == set(store.items) and len(store.items) == 60
    assert len(table) == sum(store.features(item).shape[1] for item in store)


def test_duckdb_reads_it_too(undisturbed):
    """A second reader of Parquet, written by others than the one that wrote the store."""
    duckdb = pytest.importorskip("duckdb")
    query = f"select item, frame, mel from '{undisturbed}/**/*.parquet' where item = 'b/01'"
    rows = sorted(duckdb.sql(query).fetchall(), key=lambda row: row[1])
    X = corpus.open_store(undisturbed).features("b/01")
    assert np.array_equal(np.array([mel for _, _, mel in rows], np.float32).T, X)


def test_librispeechs_layout_is_understood(tmp_path, kal16):
    folder, pieces = tmp_path / "LibriSpeech", np.split(kal16[0][:64000], 4)
    for (speaker, chapter), piece in zip([(61, 70968), (61, 70970), (121, 1), (84, 7)], pieces):
        path = folder / f"{speaker}/{chapter}"
        path.mkdir(parents=True)
        for k in range(2):
            name = f"{speaker}-{chapter}-{k:04}"
            (path / f"{name}.flac").write_bytes(encode(np.roll(piece, k), codec="FLAC"))
        (path / f"{speaker}-{chapter}.trans.txt").write_text(f"{name} THIS IS A TEST\n")
    (folder / "SPEAKERS.TXT").write_text(";ID |SEX\n")
    report = build(folder, tmp_path / "features")
    assert (report.made, report.skipped) == (8, {})
    store = corpus.open_store(tmp_path / "features")
    assert store.items[:2] == ["121/1/121-1-0000", "121/1/121-1-0001"]
    assert {item.split("/")[0] for item in store} == {"61", "84", "121"}
    held_out = [item for item in store if item.split("/")[0] == "61"]
    scaler = corpus.fit_scaler(store, [item for item in store if item not in held_out])
    frames = sum(store.features(item).shape[1] for item in store if item not in held_out)
    assert len(held_out) == 4 and scaler.n_samples_seen_ == frames


def test_mixed_rates_and_channels_become_one(tmp_path, slt):
    folder = tmp_path / "mixed"
    folder.mkdir()
    for sr, channels, name in [(8000, 1, "a.wav"), (44100, 2, "b.FLAC"), (48000, 6, "c.wav")]:
        tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * sr) / sr)
        codec = "WAV" if name.endswith("wav") else "FLAC"
        (folder / name).write_bytes(encode(np.stack([tone] * channels, axis=1), sr, codec))
    assert build(folder, tmp_path / "features").made == 3
    store = corpus.open_store(tmp_path / "features")
    loudest = {store.features(item).mean(axis=1).argmax() for item in store}
    assert len(loudest) == 1, "the tone is in one band, whatever the file's rate"
    assert [store.source(item)["channels"] for item in store] == [1, 2, 6]
    assert {len(store.sound(item)) for item in store} == {2 * SR}


# --- scaling ------------------------------------------------------------------------------


def test_the_scaler_is_the_one_fitted_to_all_frames_at_once(sounds, tmp_path):
    build(sounds, tmp_path / "features")
    store = corpus.open_store(tmp_path / "features")
    with pytest.raises(ValueError, match="no scaler yet: call fit_scaler"):
        _ = store.scaler
    corpus.fit_scaler(store)
    frames = np.concatenate([store.features(item).T for item in store]).astype(float)
    oracle, scaler = StandardScaler().fit(frames), corpus.open_store(store.path).scaler
    assert scaler.n_features_in_ == 40 and scaler.n_samples_seen_ == len(frames)
    # Sums in another order, in double precision.
    assert np.allclose(scaler.mean_, oracle.mean_, rtol=1e-9)
    assert np.allclose(scaler.scale_, oracle.scale_, rtol=1e-9)
    X = store.features("c/59")
    scaled = scaler.transform(X.T)
    assert np.allclose(scaled, oracle.transform(X.T), atol=1e-5)
    assert np.allclose(scaler.inverse_transform(scaled).T, X, atol=1e-4)
    # What is built later leaves it alone, and it is no item.
    assert build(sounds, store.path).kept == 60 and len(store.items) == 60
    assert np.array_equal(store.scaler.mean_, scaler.mean_)


def test_the_pitch_is_not_scaled(tmp_path, slt):
    (tmp_path / "in").mkdir()
    at.save_wav(tmp_path / "in" / "slt.wav", slt[0][:SR], SR)
    build(tmp_path / "in", tmp_path / "features", RECIPES["mfcc and pitch"][0])
    store = corpus.open_store(tmp_path / "features")
    assert corpus.fit_scaler(store).n_features_in_ == 20
    assert np.any(store.pitch("slt") == 0) and np.any(store.pitch("slt") > 100)


# --- who makes it, and what stops it ------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_the_store_does_not_depend_on_the_workers(n_jobs, sounds, undisturbed, tmp_path):
    with joblib.parallel_config("loky", inner_max_num_threads=2):  # as a large machine may
        report = build(sounds, tmp_path / "features", n_jobs=n_jobs)
    assert report.made == 60
    assert files_of(tmp_path / "features") == files_of(undisturbed)


signals = pytest.mark.skipif(os.name != "posix", reason="signals work otherwise there")


@pytest.fixture
def cluster(request, tmp_path):
    """A client of two Dask workers, each a process that its nanny starts again."""
    dask, distributed = map(pytest.importorskip, ("dask", "distributed"))
    options = dict(processes=True, threads_per_worker=1, dashboard_address=None, silence_logs=50)
    if hasattr(request, "param"):  # what every worker runs before it begins
        (tmp_path / "preload.py").write_text(request.param)
        options["preload"] = [str(tmp_path / "preload.py")]
    # After 15 s without a worker that died Dask closes its nanny, who may have been slow.
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"}):
        with distributed.Client(n_workers=2, **options) as client:
            with joblib.parallel_config(backend="dask"):
                yield client


def test_dask_workers_make_the_same_store(cluster, sounds, undisturbed, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.get_task_stream(cluster) as stream:
        assert build(sounds, tmp_path / "features").made == 60
    assert len(workers := {task["worker"] for task in stream.data}) == 2
    with distributed.get_task_stream(cluster) as stream:
        with joblib.parallel_config(backend="dask", workers=[min(workers)]):  # and Dask's options
            again = build(sounds, tmp_path / "features")
    assert {task["worker"] for task in stream.data} == {min(workers)}
    assert (again.made, again.kept) == (0, 60)
    assert files_of(tmp_path / "features") == files_of(undisturbed)


def meanwhile(act, store, least):
    """Starts a thread that acts once a store has so many items."""

    def wait():
        while len([*store.rglob("*.parquet")]) < least:
            time.sleep(0.001)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@signals
def test_a_dask_worker_killed_in_the_middle_loses_nothing(cluster, sounds, undisturbed, tmp_path):
    store, workers = tmp_path / "features", cluster.run(os.getpid)
    (address, victim), _ = workers.items()
    thread = meanwhile(lambda: os.kill(victim, signal.SIGKILL), store, 20)
    report = build(sounds, store)
    thread.join()
    # What it had made and not yet told of is found finished by the worker that is asked next.
    assert report.made + report.kept == 60 and report.made >= 20 and not report.skipped
    assert address not in cluster.run(os.getpid), "it came in the middle, and another took over"
    assert files_of(store) == files_of(undisturbed)


TRAP = """
import os
import corpus
def trap(recipe, item, *rest, table=corpus._table):
    if item == "b/01":
        os._exit(1)  # as if the kernel had ended it for lack of memory
    return table(recipe, item, *rest)
corpus._table = trap
"""


@pytest.mark.slow
@pytest.mark.parametrize("cluster", [TRAP], indirect=True, ids=["trap"])
def test_a_sound_that_kills_every_dask_worker_is_named_and_the_rest_goes_on(
    cluster, sounds, undisturbed, tmp_path
):
    report = build(sounds, tmp_path / "features")
    assert report.skipped.pop("b/01.wav").startswith("was on several workers that were killed")
    assert len(report.skipped) <= 4, "and at most those that waited on the same workers"
    with joblib.parallel_config("loky"):  # of this machine, and no trap
        again = build(sounds, tmp_path / "features")
    # A worker may have written an item, and was killed before it said so: then that is kept.
    assert 1 <= again.made <= len(report.skipped) + 1 and not again.skipped
    assert files_of(tmp_path / "features") == files_of(undisturbed)


def test_a_dask_cluster_without_workers_is_not_waited_for_without_an_end(
    cluster, sounds, tmp_path, monkeypatch
):
    monkeypatch.setattr(corpus, "PATIENCE", 2)
    thread = meanwhile(lambda: cluster.cluster.scale(0), tmp_path / "features", 9)
    with pytest.raises(RuntimeError, match="no worker for a minute.*start the cluster again"):
        build(sounds, tmp_path / "features")
    thread.join()


def test_a_dask_cluster_that_is_gone_is_said_with_its_cure(cluster, sounds, tmp_path):
    store = tmp_path / "features"
    thread = meanwhile(cluster.cluster.close, store, 9)
    with pytest.raises(RuntimeError, match="the Dask cluster is gone.*start the cluster again"):
        build(sounds, store)
    thread.join()
    with pytest.raises(RuntimeError, match="the Dask cluster is gone"):
        build(sounds, store)
    with joblib.parallel_config("loky"):
        assert build(sounds, store).kept >= 9


def start(folder, store, n_jobs, prelude=""):
    """Starts a process, leader of a group of its own, that builds a store."""
    script = f"""
    import corpus
    {prelude}
    recipe = corpus.Recipe(n_fft=512, n_mels=40)
    corpus.build({str(folder)!r}, {str(store)!r}, recipe, n_jobs={n_jobs}, progress=False)
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    return subprocess.Popen(command, env=environment, start_new_session=True)


@signals
@pytest.mark.parametrize(
    "victim", ["all of them", pytest.param("the first process", marks=pytest.mark.slow)]
)
def test_killed_in_the_middle_it_goes_on_where_it_was(victim, sounds, undisturbed, tmp_path):
    store, n_kills = tmp_path / "features", 0
    moments = (5, 20)
    for least in moments:
        process = start(sounds, store, n_jobs=2)
        while process.poll() is None and len(list(store.rglob("*.parquet"))) < least:
            time.sleep(0.001)
        if process.poll() is None:
            kill = os.killpg if victim == "all of them" else os.kill
            kill(process.pid, signal.SIGKILL)
            n_kills += process.wait() == -signal.SIGKILL
    assert n_kills == len(moments)
    time.sleep(0.5)  # workers without a parent finish what they hold: at most, all that is left
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*.parquet")}
    at_most = 59 if victim == "all of them" else 60
    assert moments[-1] <= len(before) <= at_most, "the last kill came in the middle"
    for path in before:  # each of them is whole
        assert len(pq.read_table(path, partitioning=None)) > 0
    report = build(sounds, store)
    assert (report.made, report.kept) == (60 - len(before), len(before))
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    assert files_of(store) == files_of(undisturbed)


HALF = """
    import os, signal
    import pyarrow.parquet as pq
    write, count = pq.write_table, []
    def write_half(table, path, **options):
        write(table, path, **options)
        count.append(path)
        if len(count) == 9:
            os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
    pq.write_table = write_half
"""


@signals
def test_an_item_killed_half_way_through_writing_is_not_there(sounds, undisturbed, tmp_path):
    store = tmp_path / "features"
    assert start(sounds, store, 1, HALF).wait() == -signal.SIGKILL
    assert len(list(store.rglob(".*.tmp"))) == 1, "the half that was written"
    assert len(corpus.open_store(store).items) == 7  # the first file is _common_metadata
    assert len(pyarrow.dataset.dataset(store).to_table()) > 0, "other tools do not see it either"
    report = build(sounds, store)
    assert (report.made, report.kept) == (53, 7)
    assert files_of(store) == files_of(undisturbed)


def test_what_a_power_cut_left_without_an_end_is_made_again(sounds, undisturbed, tmp_path):
    build(sounds, tmp_path / "features")
    os.truncate(tmp_path / "features" / "a" / "00.parquet", 1000)
    os.truncate(tmp_path / "features" / "b" / "01.parquet", 0)
    report = build(sounds, tmp_path / "features")
    assert (report.made, report.kept) == (2, 58)
    assert files_of(tmp_path / "features") == files_of(undisturbed)


def spoil(path, first, last):
    """Makes a hole of zeros, as a power cut may leave one."""
    data = bytearray(path.read_bytes())
    data[first:last] = bytes(last - first)
    path.write_bytes(data)


def test_a_spoilt_item_is_named_and_made_again(sounds, undisturbed, tmp_path):
    store = tmp_path / "features"
    build(sounds, store)
    size = (store / "a" / "00.parquet").stat().st_size
    spoil(store / "a" / "00.parquet", size // 4, size // 3)  # among the numbers
    spoil(store / "a" / "03.parquet", size - 400, size - 8)  # in what describes them
    for item in ("a/00", "a/03"):
        with pytest.raises(ValueError, match=f"{item}.parquet is damaged.*call build"):
            corpus.open_store(store).features(item)
    other = Recipe(n_fft=512, n_mels=20)
    build(sounds / "b", tmp_path / "other", other)
    (store / "b" / "01.parquet").write_bytes((tmp_path / "other" / "01.parquet").read_bytes())
    report = build(sounds, store)
    assert (report.made, report.kept, report.skipped) == (3, 57, {})
    assert files_of(store) == files_of(undisturbed)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: os.truncate(path, 100)])
def test_a_store_that_has_lost_its_marker_gets_a_new_one(damage, sounds, undisturbed, tmp_path):
    build(sounds, tmp_path / "features")
    damage(tmp_path / "features" / "_common_metadata")
    with pytest.raises((FileNotFoundError, ValueError), match="build"):
        corpus.open_store(tmp_path / "features")
    with pytest.raises(ValueError, match="another recipe"):
        build(sounds, tmp_path / "features", Recipe(n_mfcc=13))
    assert build(sounds, tmp_path / "features").kept == 60
    assert files_of(tmp_path / "features") == files_of(undisturbed)


def test_an_item_whose_file_is_gone_is_kept_and_named(tmp_path):
    folder, store = tmp_path / "in", tmp_path / "features"
    folder.mkdir()
    for i in range(4):
        (folder / f"{i}.wav").write_bytes(encode(noise(i)))
    build(folder, store)
    (folder / "0.wav").unlink()
    (folder / "3.wav").rename(folder / "three.wav")
    report = build(folder, store)
    assert (report.made, report.kept, report.without_source) == (1, 2, ["0", "3"])
    assert str(report).endswith("2 more are kept, but their file is gone: 0, 3")


def test_a_new_file_is_added_and_a_changed_one_made_again(tmp_path):
    folder, store = tmp_path / "in", tmp_path / "features"
    folder.mkdir()
    for i in range(3):
        (folder / f"{i}.wav").write_bytes(encode(noise(i)))
    build(folder, store)
    (folder / "1.wav").write_bytes(changed := encode(noise(1, 0.3)))
    (folder / "3.wav").write_bytes(encode(noise(3)))
    report = build(folder, store)
    assert (report.made, report.kept) == (2, 2)
    source = corpus.open_store(store).source("1")
    assert source["sha256"] == hashlib.sha256(changed).hexdigest()


def test_the_progress_tells_the_rate_and_the_time_left(sounds, tmp_path, capfd):
    lines = []
    corpus.build(sounds, tmp_path / "features", MEL, progress=lines.append)
    assert "60 of 60 files" in lines[-1] and lines[-1].startswith("[####################]")
    assert "s of sound a second" in lines[-1] and "0:00:00 left" in lines[-1]
    out, err = capfd.readouterr()
    assert out == err == ""
    corpus.build(sounds, tmp_path / "features", MEL)
    out, err = capfd.readouterr()
    assert out == "" and "60 of 60 files" in err and err.endswith("\n")


def test_what_was_kept_does_not_count_in_the_time_that_is_left():
    report = corpus.Report(kept=1000)
    assert "unknown left" in corpus._line(report, 1000, 3000, 0.0)
    report.made, report.seconds = 10, 50.0
    assert "25 s of sound a second, 0:06:38 left" in corpus._line(report, 1010, 3000, 2.0)


def test_when_a_worker_is_killed_the_files_that_it_was_near_are_named(sounds, tmp_path):
    store, errors = tmp_path / "features", []

    def run():
        try:
            build(sounds, store, n_jobs=2)
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=run)
    get_reusable_executor().shutdown(wait=True)  # workers of its own
    thread.start()
    while thread.is_alive() and not errors:
        if len([*store.rglob("*.parquet")]) > 3:
            for child in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):  # it has ended by itself
                    if "popen_loky" in " ".join(child.cmdline()):
                        child.kill()
        time.sleep(0.01)
    thread.join()
    assert "a worker was killed after" in errors[0] and ".wav: cut long files" in errors[0]
    assert build(sounds, store).kept > 3


# --- packed for table tools -----------------------------------------------------------------


@pytest.fixture
def packed(undisturbed, tmp_path, monkeypatch):
    """That store, packed into many small parts of many small groups of rows."""
    monkeypatch.setattr(corpus, "GROUP_ROWS", 200)
    monkeypatch.setattr(corpus, "PART_BYTES", 100_000)
    return corpus.pack(corpus.open_store(undisturbed), tmp_path / "packed")


def test_packed_frames_are_those_of_the_items_bit_for_bit_in_order(undisturbed, packed):
    store = corpus.open_store(undisturbed)
    parts = sorted((packed / "frames").iterdir())
    assert len(parts) > 3 and parts[1].name == "part-00001.parquet"
    read = [pq.ParquetFile(part, page_checksum_verification=True).read() for part in parts]
    items = [pq.read_table(undisturbed / f"{item}.parquet", partitioning=None) for item in store]
    assert pa.concat_tables(read).equals(pa.concat_tables(items))
    assert pyarrow.dataset.dataset(packed / "frames").to_table().equals(pa.concat_tables(items))
    about = json.loads(read[0].schema.metadata[b"corpus"])
    assert Recipe(**about["recipe"]) == MEL and about["conventions"] == corpus.CONVENTIONS
    assert about["version"] == 1 and "source" not in about


def test_a_reader_that_asks_for_one_item_may_skip_the_other_rows(packed):
    found = 0
    for part in (packed / "frames").iterdir():
        about = pq.read_metadata(part)
        groups = [about.row_group(k) for k in range(about.num_row_groups)]
        assert all(group.num_rows >= 200 for group in groups[:-1])
        within = [group.column(0).statistics for group in groups]
        found += sum(item.min <= "b/01" <= item.max for item in within)
    assert found == 1


def test_the_table_of_packed_items_says_what_they_were_made_of(undisturbed, packed):
    store, table = corpus.open_store(undisturbed), pq.read_table(packed / "items.parquet")
    assert table.column_names == "item n_frames path sha256 sr channels n_samples".split()
    rows = table.to_pylist()
    assert [row.pop("item") for row in rows] == store.items
    assert [row.pop("n_frames") for row in rows] == [store.features(i).shape[1] for i in store]
    assert rows == [store.source(item) for item in store]


def test_duckdb_reads_what_is_packed(undisturbed, packed):
    duckdb = pytest.importorskip("duckdb")
    query = f"select mel from '{packed}/frames/*.parquet' where item = 'b/01' order by frame"
    X = corpus.open_store(undisturbed).features("b/01")
    assert np.array_equal(np.array(duckdb.sql(query).fetchall(), np.float32)[:, 0].T, X)
    query = f"select item, n_frames from '{packed}/items.parquet' join (select item, count(*) as n"
    query += f" from '{packed}/frames/*.parquet' group by item) using (item) where n = n_frames"
    assert len(duckdb.sql(query).fetchall()) == 60


def test_a_store_with_a_pitch_is_packed_with_it(sounds, tmp_path):
    build(sounds / "a", tmp_path / "features", Recipe(n_fft=512, n_mfcc=13, pitch=SPEECH))
    packed = corpus.pack(corpus.open_store(tmp_path / "features"), tmp_path / "packed")
    table = pq.read_table(packed / "frames")
    assert table.column_names == ["item", "frame", "mfcc", "f0"]
    items = [pq.read_table(path) for path in sorted((tmp_path / "features").glob("*.parquet"))]
    assert table.equals(pa.concat_tables(items))


def test_packing_stopped_half_way_leaves_nothing_and_killed_nothing_seen(
    undisturbed, tmp_path, monkeypatch
):
    store, n_items = corpus.open_store(undisturbed), []
    script = """
    import os, signal, sys
    import corpus
    whole, count = corpus._whole, []
    def kill(store, item):
        count.append(item)
        if len(count) == 30:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(store, item)
    corpus._whole = kill
    corpus.pack(corpus.open_store(sys.argv[1]), sys.argv[2])
    """
    command = [sys.executable, "-c", textwrap.dedent(script), undisturbed, tmp_path / "packed"]
    killed = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)})
    if os.name == "posix":
        assert killed.returncode == -signal.SIGKILL
    (hidden,) = tmp_path.iterdir()
    assert hidden.name == ".packed.tmp"
    with pytest.raises(FileExistsError, match="packed.tmp is there: another .* remove it"):
        corpus.pack(store, tmp_path / "packed")  # or it could be the folder of one at work
    shutil.rmtree(hidden)

    def interrupt(*args):
        n_items.append(args)
        if len(n_items) == 30:
            raise KeyboardInterrupt
        return whole(*args)

    whole = corpus._whole
    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(corpus, "_whole", interrupt)
        corpus.pack(store, tmp_path / "packed")
    assert not [*tmp_path.iterdir()]
    assert corpus.pack(store, tmp_path / "packed") == tmp_path / "packed"
    assert [path.name for path in tmp_path.iterdir()] == ["packed"]


def test_what_cannot_be_packed_is_said_with_its_cure(sounds, tmp_path):
    build(sounds / "a", tmp_path / "features")
    store = corpus.open_store(tmp_path / "features")
    (tmp_path / "there").mkdir()
    for folder, error, words in [
        ("there", FileExistsError, "there is there already: remove it, or name a new folder"),
        ("features", ValueError, "features lies in the store, as its items do: name a folder"),
        ("features/packed", ValueError, "lies in the store"),
        ("features/../features/x", ValueError, "lies in the store"),
    ]:
        with pytest.raises(error, match=words):
            corpus.pack(store, tmp_path / folder)
    with pytest.raises(TypeError, match="store=.* must be a Store: open_store"):
        corpus.pack(tmp_path / "features", tmp_path / "packed")
    with pytest.raises(TypeError, match="'' must be the path of a folder"):
        corpus.pack(store, "")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot be written.*a file stands where a folder must be"):
        corpus.pack(store, tmp_path / "file" / "packed")
    (tmp_path / "file").unlink()
    build(sounds / "b", tmp_path / "other", Recipe(n_fft=512, n_mels=20))
    for spoilt in (lambda path: spoil(path, 500, 600), lambda path: os.truncate(path, 300)):
        spoilt(tmp_path / "features" / "06.parquet")
        with pytest.raises(ValueError, match="06.parquet is damaged.*call build, it is made"):
            corpus.pack(store, tmp_path / "packed")
    shutil.copy(tmp_path / "other" / "01.parquet", tmp_path / "features" / "06.parquet")
    with pytest.raises(ValueError, match="06.parquet is damaged .it is of another recipe.: call"):
        corpus.pack(store, tmp_path / "packed")
    assert build(sounds / "a", tmp_path / "features").made == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["features", "other", "there"]
    packed = corpus.pack(store, tmp_path / "packed")
    for call in (corpus.open_store, lambda folder: build(sounds / "a", folder)):
        with pytest.raises(ValueError, match="packed was written by pack.*name the store that it"):
            call(packed)


@pytest.fixture
def closed(monkeypatch):
    """A function that closes a folder: it can no longer be listed, not even by root."""
    listed = os.scandir

    def close(folder):
        def scan(path):
            if not isinstance(path, int) and Path(path) == folder:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return listed(path)

        monkeypatch.setattr(os, "scandir", scan)

    return close


def test_a_folder_that_cannot_be_listed_is_named_and_is_no_empty_one(sounds, tmp_path, closed):
    build(sounds, tmp_path / "features")
    store = corpus.open_store(tmp_path / "features")
    closed(sounds / "a")
    report = build(sounds, tmp_path / "more")
    assert 0 < report.made < 60 and [*report.skipped] == ["a"]
    assert "a cannot be listed (Permission denied): make it readable" in str(report)
    closed(store.path / "b")
    for ask in (lambda: store.items, lambda: corpus.pack(store, tmp_path / "packed")):
        with pytest.raises(OSError, match="features/b cannot be listed .Permission denied.: make"):
            ask()
    gone = corpus.Store(store.path)
    gone.path = tmp_path / "gone"  # as a disk that is no longer there
    with pytest.raises(OSError, match="gone cannot be listed .No such file or directory"):
        corpus.pack(gone, tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


def test_an_item_that_goes_while_it_is_packed_is_named(sounds, tmp_path, monkeypatch):
    build(sounds / "a", tmp_path / "features")
    store, whole = corpus.open_store(tmp_path / "features"), corpus._whole

    def late(store, item):
        (store.path / f"{item}.parquet").unlink()
        return whole(store, item)

    monkeypatch.setattr(corpus, "_whole", late)
    with pytest.raises(
        ValueError, match="parquet cannot be read .*still there, then make the call"
    ):
        corpus.pack(store, tmp_path / "packed")


# --- a thousand files ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def thousand(tmp_path_factory):
    """A thousand sounds of 0.1 s in ten folders."""
    folder = tmp_path_factory.mktemp("thousand")
    for i in range(1000):
        path = folder / f"{i // 100}" / f"{i:03}.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode(noise(i, 0.1)))
    return folder


@pytest.mark.slow
def test_a_thousand_files_and_one_more(thousand, tmp_path):
    assert build(thousand, tmp_path / "features", n_jobs=2).made == 1000
    extra = thousand / "5" / "extra.wav"
    extra.write_bytes(encode(noise(0, 0.1)))
    try:
        report = build(thousand, tmp_path / "features", n_jobs=2)
    finally:
        extra.unlink()
    assert (report.made, report.kept, report.skipped) == (1, 1000, {})
    store = corpus.open_store(tmp_path / "features")
    assert store.items == sorted(store.items) and len(store.items) == 1001


PEAK = """
import sys
import corpus
recipe = corpus.Recipe(n_fft=512, n_mels=40)
report = corpus.build(sys.argv[1], sys.argv[2], recipe, progress=False)
store = corpus.open_store(sys.argv[2])
corpus.fit_scaler(store)
corpus.GROUP_TABLES = 50  # a hundred fill it too
corpus.pack(store, sys.argv[2] + " packed")
status = dict(line.split(":") for line in open("/proc/self/status"))
print(report.made, int(status["VmHWM"].split()[0]) // 1024)  # ru_maxrss would be pytest's own
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="it tells the peak")
def test_memory_does_not_grow_with_the_corpus(thousand, tmp_path):
    peaks = {}
    for name in ("3", ""):  # a hundred files, or all thousand
        command = [sys.executable, "-c", PEAK, str(thousand / name), str(tmp_path / f"f{name}")]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        made, megabytes = map(int, run.stdout.split())
        peaks[made] = megabytes
    assert set(peaks) == {100, 1000}
    # 900 more waveforms or feature arrays would be 8 MB and more; what Python itself moves is 4.
    assert peaks[1000] - peaks[100] <= 6, peaks


# --- bad input ------------------------------------------------------------------------------


Y = noise(0, 1.0)
WAV, FLAC, MP3 = (encode(Y, codec=codec) for codec in ("WAV", "FLAC", "MP3"))
OGG = encode(noise(0, 4.0), codec="OGG")  # pages, some of them before the middle
BAD = {  # the file, what is in it, and the reason that must be given
    "notes.wav": (b"eggs, milk, bread", "cannot be read as sound"),
    "nothing.flac": (b"", "is empty: it holds no bytes"),
    "header.wav": (encode(Y[:0]), "holds no samples"),
    "silent.wav": (encode(0 * Y), "is silent: it peaks at 0 of full scale"),
    "nan.wav": (encode(np.where(Y > 0.2, np.nan, Y), subtype="FLOAT"), "holds NaN"),
    "half_1.wav": (WAV[: len(WAV) // 2], "is truncated"),
    "half_2.flac": (FLAC[: len(FLAC) // 2], "is truncated"),
    "half_3.ogg": (OGG[: len(OGG) // 2], "is truncated"),
    "half_4.mp3": (MP3[: len(MP3) // 2], "is truncated"),
    "nearly_1.wav": (WAV[:-2000], "is truncated"),
    "nearly_2.flac": (FLAC[:-2000], "is truncated"),
    "nearly_3.ogg": (OGG[:-200], "is truncated"),
    "_hidden.wav": (WAV, "_ in front"),
    "back\\slash.wav": (WAV, "a backslash"),
    "hole_1.mp3": (MP3[:2000] + bytes(1500) + MP3[3500:], "is truncated or damaged.* are no sound"),
    "hole_2.ogg": (OGG[:9000] + bytes(1500) + OGG[10500:], "is truncated or damaged.* are missing"),
    "rates.flac": (FLAC + encode(Y, 8000, "FLAC"), "changes from 16000 to 8000 samples per second"),
    "apart.wav": (encode(np.stack([Y, -Y], axis=1)), "is silent.*averaged"),
    "nearly_apart.wav": (encode(np.stack([Y, -0.8 * Y], axis=1)), "that cancel.*save one of them"),
}
GOOD = {  # what is unusual and right
    "flow.flac": FLAC[:21] + bytes([FLAC[21] & 0xF0]) + bytes(4) + FLAC[26:],  # nor here
    "rate.wav": WAV[:28] + (4 * SR).to_bytes(4, "little") + WAV[32:],  # of bytes: nobody asks
    "header_counted.wav": WAV[:40] + (len(WAV)).to_bytes(4, "little") + WAV[44:],
    "telephone.wav": encode(Y, 8000, subtype="IMA_ADPCM"),
    "stream.wav": WAV[:4] + b"\xff" * 4 + WAV[8:40] + b"\xff" * 4 + WAV[44:],  # no length known
    "one.wav": encode(Y[:1]),
    "whole.OGG": OGG,
    "no_index.mp3": MP3[MP3.find(MP3[:2], 4) :],  # without the frame that tells the length
    "naïve 中 file.flac": FLAC,
}


def test_a_bad_file_is_named_with_its_reason_and_the_rest_goes_on(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, data in [(name, data) for name, (data, _) in BAD.items()] + [*GOOD.items()]:
        (folder / name).write_bytes(data)
    report = build(folder, tmp_path / "features")
    assert report.made == len(GOOD) and set(report.skipped) == set(BAD)
    for name, (_, reason) in BAD.items():
        assert re.search(reason, report.skipped[name])
        assert f"  {name} {report.skipped[name]}" in str(report).splitlines()
    assert str(tmp_path) not in str(report), "files are named as they lie below the folder"
    store = corpus.open_store(tmp_path / "features")
    assert set(store.items) == {os.path.splitext(name)[0] for name in GOOD}
    again = build(folder, tmp_path / "features", n_jobs=2)
    assert (again.made, again.kept) == (0, len(GOOD))
    assert [*again.skipped.items()] == [*report.skipped.items()], "in the same order"


@pytest.mark.parametrize("suffix", "ogg opus mp3 flac wav aiff au caf w64".split())
def test_streams_that_were_joined_are_one_item_of_all_their_length(suffix, tmp_path):
    codec = dict(opus="OGG").get(suffix, suffix.upper())
    subtype = "OPUS" if suffix == "opus" else None
    data = [encode(noise(i, 1 + i), codec=codec, subtype=subtype) for i in range(2)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"x.{suffix}").write_bytes(b"".join(data))
    assert build(tmp_path / "in", tmp_path / "features").made == 1
    assert corpus.open_store(tmp_path / "features").source("x")["n_samples"] == 3 * SR


def test_sounds_of_formats_that_cannot_be_read_are_named(tmp_path):
    folder = tmp_path / "in"
    (folder / "phone").mkdir(parents=True)
    for name in ("a.m4a", "b.WMA", "phone/c.amr", "d.txt", ".e.m4a"):
        (folder / name).write_bytes(b"no matter what")
    with pytest.raises(ValueError, match="holds no sound.*3 files are of formats.*: a.m4a, b.WMA"):
        build(folder, tmp_path / "features")
    for name in ("x.wave", "y.rf64", "z.bwf"):
        (folder / name).write_bytes(WAV)
    report = build(folder, tmp_path / "features")
    assert (report.made, report.unread) == (3, ["a.m4a", "b.WMA", "phone/c.amr"])
    said = "3 files are of formats that cannot be read: a.m4a, b.WMA, phone/c.amr (ffmpeg"
    assert said in str(report)
    assert "1 file is of a format that" in str(corpus.Report(unread=["a.m4a"]))
    assert not set(corpus.UNREAD) & set(corpus.SUFFIXES)


OLDER = dict(
    nist="NIST", voc="VOC", svx="SVX", sf="IRCAM", paf="PAF", avr="AVR", pvf="PVF", sds="SDS"
)


@pytest.mark.parametrize("suffix", OLDER)
def test_older_formats_are_found_by_their_names_and_read(suffix, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"a.{suffix}").write_bytes(encode(noise(0, 1), codec=OLDER[suffix]))
    assert build(tmp_path / "in", tmp_path / "features").made == 1


KINDS = {"flac": "FLAC", "mp3": "MP3", "aiff": "AIFF", "au": "AU", "w64": "W64", "caf": "CAF"}
KINDS |= {"wav": "WAV", "ogg": "OGG"}


@pytest.mark.parametrize("share", [0.995, 1])
@pytest.mark.parametrize("subtype", [None, "PCM_24", "FLOAT"])
def test_a_file_that_lacks_its_last_tenth_of_a_second_or_two_is_truncated(share, subtype, tmp_path):
    folder, long = tmp_path / "in", noise(0, 30)
    folder.mkdir()
    for suffix, codec in KINDS.items():
        if soundfile.check_format(codec, subtype):
            data = encode(long, codec=codec, subtype=subtype)
            (folder / f"{suffix}.{suffix}").write_bytes(data[: int(share * len(data))])
    names = [path.name for path in folder.iterdir()]
    report = build(folder, tmp_path / "features")
    assert len(names) >= 4 and len(report.skipped if share < 1 else names) == len(names)
    assert share < 1 or report.made == len(names), report
    assert all("is truncated" in why for why in report.skipped.values()), report


@pytest.mark.skipif(sys.platform != "linux", reason="a pipe")
def test_a_pipe_is_left_alone(tmp_path):
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe.wav")  # to open it would be to wait for ever
    assert "pipe.wav is no file" in str(build(tmp_path / "in", tmp_path / "features"))


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_a_name_that_is_no_text_is_reported_in_text(tmp_path):
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/\xff.wav")).write_bytes(WAV)
    assert "?.wav has a name that is no text" in str(build(tmp_path / "in", tmp_path / "features"))


def test_two_files_of_one_name_are_both_left_out_and_named(tmp_path):
    for name in ("a/1.wav", "a/1.flac", "a/2.wav", "b/1.wav"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(WAV if name.endswith("wav") else FLAC)
    report = build(tmp_path / "in", tmp_path / "features")
    assert report.made == 2 and corpus.open_store(tmp_path / "features").items == ["a/2", "b/1"]
    assert set(report.skipped) == {"a/1.flac", "a/1.wav"}
    assert all("a/1.flac, a/1.wav, one item by name" in why for why in report.skipped.values())


@pytest.mark.skipif(sys.platform != "linux", reason="a disk that tells them apart")
@pytest.mark.parametrize("names", [("Take.wav", "take.flac"), ("\u00e9.wav", "e\u0301.wav")])
def test_names_that_some_disk_takes_for_one_are_left_out_too(names, tmp_path):
    (tmp_path / "in").mkdir()
    for name in (*names, "tb.wav"):
        (tmp_path / "in" / name).write_bytes(WAV if name.endswith("wav") else FLAC)
    report = build(tmp_path / "in", tmp_path / "features")
    assert report.made == 1 and set(report.skipped) == set(names)
    assert all("rename all but one" in why for why in report.skipped.values())


def test_a_home_and_a_colon_in_a_path(sounds, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME" if os.name == "posix" else "USERPROFILE", str(tmp_path))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.wav").write_bytes(WAV)
    assert build("~/in", "~/features").made == 1
    assert corpus.open_store("~/features").items == ["1"]
    monkeypatch.chdir(tmp_path)
    if os.name == "posix":
        assert build("in", "x:y").made == 1 and corpus.open_store("x:y").items == ["1"]
    assert not list(tmp_path.rglob("~*"))


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(folder=""), "'' must be the path of a folder"),
        (dict(folder=None), "None must be the path of a folder"),
        (dict(store=b"features"), "b'features' must be the path of a folder"),
        (dict(store=None), "None must be the path of a folder"),
        (dict(n_jobs=0), "n_jobs=0 must be a number of processes, or -1"),
        (dict(n_jobs="2"), "n_jobs='2' must be a number of processes"),
        (dict(n_jobs=1.5), "n_jobs=1.5 must be a number of processes"),
        (dict(n_jobs=True), "n_jobs=True must be a number of processes"),
        (dict(progress="x"), "progress='x' must be True, False or a function"),
        (dict(progress=None), "progress=None must be True, False or a function"),
    ],
    ids=repr,
)
def test_what_build_cannot_take_is_refused_before_anything_is_written(
    wrong, words, sounds, tmp_path
):
    right = dict(folder=sounds, store=tmp_path / "features", recipe=MEL, progress=False)
    with pytest.raises(TypeError, match=re.escape(words)):
        corpus.build(**(right | wrong))
    assert not list(tmp_path.iterdir())


def test_what_no_one_foresaw_is_a_reason_too(sounds, tmp_path, monkeypatch):
    monkeypatch.setattr(at, "make_mel", lambda *args, **options: 1 / 0)
    report = build(sounds, tmp_path / "features")
    assert report.made == 0 and len(report.skipped) == 60
    assert report.skipped["a/00.wav"] == "made ZeroDivisionError: division by zero"


def test_a_folder_without_sound_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "readme.txt").write_text("no sound")
    (tmp_path / "texts" / ".hidden.wav").write_bytes(WAV)
    for name, error, words in [
        ("empty", ValueError, "empty holds no sound"),
        ("texts", ValueError, "texts holds no sound.*[.]wav"),
        ("texts/readme.txt", NotADirectoryError, "readme.txt is a file"),
        ("nowhere", NotADirectoryError, "nowhere does not exist: give the folder"),
    ]:
        with pytest.raises(error, match=words):
            build(tmp_path / name, tmp_path / "features")
    assert not (tmp_path / "features").exists()


def test_a_store_of_another_recipe_is_refused_and_both_are_shown(sounds, undisturbed):
    before = files_of(undisturbed)
    with pytest.raises(ValueError, match="another recipe") as refusal:
        build(sounds, undisturbed, Recipe(n_mfcc=13))
    assert f"there: {MEL}" in str(refusal.value)
    assert f"asked: {Recipe(n_mfcc=13)}" in str(refusal.value)
    assert files_of(undisturbed) == before


def test_a_store_of_a_newer_version_is_refused_by_name(sounds, tmp_path, monkeypatch):
    with monkeypatch.context() as later:
        later.setattr(corpus, "VERSION", 4)
        later.setattr(corpus, "_layout", lambda recipe: (4, {}))
        build(sounds, tmp_path / "features", at.RECIPES["whisper"])
    with pytest.raises(ValueError, match="features.* version 4 .* reads up to 3: take a newer"):
        corpus.open_store(tmp_path / "features")
    with pytest.raises(ValueError, match="is of version 4"):
        build(sounds, tmp_path / "features")


def test_what_is_no_store_is_left_alone(sounds, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear reader")
    for name in ("letters", "letters/dear.txt"):
        with pytest.raises(FileExistsError, match="no store of features: name a new folder"):
            build(sounds, tmp_path / name)
    with pytest.raises(FileNotFoundError, match="is no store.*build makes one"):
        corpus.open_store(tmp_path / "letters")
    marker = pa.table({"a": [1]}).replace_schema_metadata({"corpus": '{"version": 1}'})
    pq.write_table(marker, tmp_path / "letters" / "_common_metadata")
    with pytest.raises(ValueError, match="was not written by corpus.py"):
        corpus.open_store(tmp_path / "letters")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "letters" / "_common_metadata")
    with pytest.raises(ValueError, match="was not written by corpus.py"):
        corpus.open_store(tmp_path / "letters")
    with pytest.raises(TypeError, match="must be a Recipe"):
        corpus.build(sounds, tmp_path / "features", dict(sr=16000))
    assert not (tmp_path / "features").exists()


def test_an_item_that_is_not_there_is_named(undisturbed):
    with pytest.raises(KeyError, match="no item 'a/01'; it begins with a/00, a/03, a/06"):
        corpus.open_store(undisturbed).features("a/01")


@pytest.mark.parametrize(
    "values, words",
    [
        (dict(n_mfcc=100), "n_mfcc=100 exceeds the 80 bands"),
        (dict(n_mels=400), "n_mels=400 hear nothing"),
        (dict(hop_length=2000), "hop_length=2000 exceeds n_fft=1024"),
        (dict(n_fft=512, hop_length=512), "hop_length=512.*at most half the window"),
        (dict(n_fft=512, hop_length=512, pitch=SPEECH), "hop_length=512.*at most half the window"),
        (dict(sr=22050.5), "sr=22050.5 must be a whole number"),
        (dict(sr=True), "sr=True must be a whole number"),
        (dict(hop_length=None), "hop_length=None must be a whole number"),
        (dict(n_mfcc=True), "n_mfcc=True must be a whole number"),
        (dict(n_fft=np.array(512)), "must be a whole number"),
        (dict(top_db=-80), "top_db=-80"),
        (dict(top_db=True), "top_db=True"),
        (dict(top_db=np.True_), "top_db="),
        (dict(top_db="80"), "top_db='80'"),
        (dict(top_db=10**400), "top_db=1000"),
        (dict(sr=10**400), "sr=1000"),
        (dict(sr=np.nan), "sr=nan must be a whole number"),
        (dict(n_fft=2**30), "n_fft=1073741824"),
        (dict(hop_length=2**30), "hop_length=1073741824"),
        (dict(pitch="12"), "pitch='12' must be two frequencies"),
        (dict(pitch=(1, 420)), "from 20 Hz"),
        (dict(pitch=(65, 10**400)), "must be two frequencies"),
        (dict(pitch=True), "pitch=True must be two frequencies in Hz, as in .65, 420."),
        (dict(pitch=(420, 65)), "must rise by a semitone"),
        (dict(pitch=(65, 9000)), "up to 8000 Hz, half of sr=16000"),
    ],
    ids=lambda x: "" if isinstance(x, str) else " ".join(f"{k}={v}" for k, v in x.items()),
)
def test_a_recipe_that_cannot_be_cooked_is_refused_when_it_is_written(values, words):
    with pytest.raises((TypeError, ValueError), match=words):
        Recipe(**values)


@pytest.mark.parametrize(
    "hop_length, pitch", [(1024, (80, 400)), (256, (65, 70)), (512, (99, 200))]
)
def test_a_recipe_that_is_accepted_works(hop_length, pitch, slt):
    recipe = Recipe(n_fft=2 * hop_length, hop_length=hop_length, pitch=pitch)
    X, f0 = recipe.down(slt[0][:SR])
    assert X.shape[1] == len(f0) and np.all((f0 == 0) | (f0 >= pitch[0]) & (f0 <= pitch[1]))
    assert np.abs(recipe.up(X, f0, length=SR)).max() > 0.01


def test_a_recipe_survives_numpys_numbers_and_its_store(sounds, tmp_path):
    recipe = Recipe(sr=16000.0, n_mels=np.int64(40), n_fft=512, top_db=np.float32(60))
    build(sounds / "a", tmp_path / "features", recipe)
    assert corpus.open_store(tmp_path / "features").recipe == recipe


def test_a_pitch_goes_with_a_recipe_that_has_one():
    X, f0 = np.zeros((80, 9)), np.zeros(9)
    with pytest.raises(ValueError, match="pitch=None: pass no f0"):
        Recipe().up(X, f0)
    with pytest.raises(ValueError, match="pass f0, one number for each frame"):
        Recipe(pitch=SPEECH).up(X)
    for wrong in (X.T, X[:40], X[0]):
        with pytest.raises(ValueError, match="X has shape .*the recipe 80 numbers a frame"):
            Recipe().up(wrong)


def test_the_recipe_says_what_the_way_up_is_to_keep(undisturbed):
    with pytest.raises(TypeError, match="n_fft=5: leave it out"):
        Recipe().up(np.zeros((80, 9)), n_fft=5)
    with pytest.raises(TypeError, match="hop_length=5: leave it out"):
        corpus.open_store(undisturbed).sound("a/00", hop_length=5)


def test_a_scaler_wants_a_store_and_a_list(undisturbed):
    with pytest.raises(TypeError, match="store='s' must be a Store"):
        corpus.fit_scaler("s")
    with pytest.raises(TypeError, match="items='a/00' must be a list"):
        corpus.fit_scaler(corpus.open_store(undisturbed), "a/00")


@pytest.mark.parametrize(
    "number, cure",
    [
        (errno.ENOSPC, "make room"),
        (errno.EROFS, "make it writable"),
        (errno.EIO, "see whether the disk is well"),
    ],
)
def test_what_cannot_be_written_is_said_with_its_cure(number, cure, sounds, tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise OSError(number, os.strerror(number))

    build(sounds / "a", tmp_path / "features")
    monkeypatch.setattr(pq, "write_table", refuse)
    with pytest.raises(OSError, match=f"cannot be written.*{cure}, then make the call again"):
        corpus.fit_scaler(corpus.open_store(tmp_path / "features"))
    with pytest.raises(OSError, match=f"cannot be written.*{cure}, then make the call again"):
        build(sounds, tmp_path / "features")
    assert len(corpus.open_store(tmp_path / "features").items) == 20


def mount(*arguments):
    return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_disk_too_small_for_what_is_packed_is_said_and_left_as_it_was(undisturbed, tmp_path):
    store, disk = corpus.open_store(undisturbed), tmp_path / "disk"
    disk.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)):
        pytest.skip("only root can make a small disk")
    try:
        with pytest.raises(OSError, match="packed cannot be written.*No space left.*make room, th"):
            corpus.pack(store, disk / "packed")
        assert not [*disk.iterdir()]
        assert mount("-o", "remount,size=50m", str(disk))
        assert len(pq.read_table(corpus.pack(store, disk / "packed") / "items.parquet")) == 60
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_full_disk_is_said_and_the_store_stays_whole(n_jobs, sounds, undisturbed, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=500k", "tmpfs", str(disk)):
        pytest.skip("only root can make a small disk")
    try:
        with pytest.raises(OSError, match="No space left on device.*make room, then"):
            build(sounds, disk / "features", n_jobs=n_jobs)
        store = corpus.open_store(disk / "features")
        assert 0 < len(store.items) < 60
        assert all(store.features(item).shape[0] == 40 for item in store)
        assert mount("-o", "remount,size=50m", str(disk))
        report = build(sounds, disk / "features", n_jobs=n_jobs)
        assert report.kept >= 1 and report.made + report.kept == 60
        assert files_of(disk / "features") == files_of(undisturbed)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
