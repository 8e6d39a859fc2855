"""From a clip to a corpus: a folder of sound in, a store of features out.

The staircase of `audiotools` for a thousand hours, in four steps::

    recipe = Recipe(n_mfcc=20, n_fft=512, pitch=(65, 420))     # what is computed of each file
    report = build("LibriSpeech/dev-clean", "features", recipe, n_jobs=-1)
    store = open_store("features")
    y = store.sound("61/70968/61-70968-0000")                  # from the store alone

A *store* is a folder of Parquet files, one for each sound file, under the same names. It
was chosen over HDF5 and Zarr for three reasons. A file that is written under a hidden name
and then renamed is either whole or not there, whatever is killed when; an HDF5 file takes
one writer at a time, and one that dies can spoil all of it. pandas, DuckDB, Polars and
Spark read the folder as one table, a frame in each row, which is the way round that
scikit-learn wants; Zarr is made for large arrays of one shape, an item there is many files,
and Python 3.10 only gets its older format. And the recipe, its conventions and the checksum
of the source travel in the schema's metadata, so each file explains itself.

==========  ==============================================================================
``item``    path of the sound below its folder, without the suffix: "speaker/chapter/name"
``frame``   number of the frame, ``hop_length`` samples from the last one
``mel``     or ``mfcc``: the numbers of that frame, in dB, as float32
``f0``      pitch in Hz, 0 where there is none; only if the recipe asks for it
==========  ==============================================================================

Metadata is JSON under the key ``corpus``: of an item ``version``, ``recipe``, ``conventions``
and ``source`` (path, sha256, rate, channels, samples); in ``_common_metadata`` the scaling
instead of a source. Every page of an item carries a checksum, and reading compares it.

Table tools open every file before they answer, which of 100,000 items takes 10 to 30 s: `pack`
writes the same rows into a few large files, where they need none of that. The store stays what
is resumed and read item by item.

What works in parallel is joblib: in processes of this machine, or on a Dask cluster inside
``joblib.parallel_config(backend="dask")``, whose workers must see both folders and import
this module. One file is one task on one thread, so on processors of one kind the store is
the same to the last bit, whoever makes it. Memory does not grow with the number of files,
only with the longest: a worker takes some 15 MB for each of its minutes, with a pitch 50,
so cut what lasts hours first. Notebook 09 shows all of it.

On Linux Dask has its workers, and all that is started after them, give memory back at once,
and a pitch then takes half as long again. Say this before there is a client::

    dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None})
"""

import contextlib
import dataclasses
import datetime
import errno
import functools
import hashlib
import itertools
import json
import os
import shutil
import sys
import time
import unicodedata
import uuid
from concurrent.futures.process import BrokenProcessPool
from numbers import Real
from pathlib import Path

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import threadpoolctl
from sklearn.preprocessing import StandardScaler

import audiotools as at
from staircase.arguments import known_fields
from staircase.files import read as read_sound
from staircase.sound import resampled

VERSION = 3  # of the layout above: 2 has a convention, 3 a tracker; a later one is refused
SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au")
SUFFIXES += (".snd", ".caf", ".w64", ".sph", ".wave", ".bwf", ".rf64", ".bw64", ".mp2", ".aifc")
SUFFIXES += (".mp1", ".mpga", ".nist", ".voc", ".svx", ".8svx", ".iff", ".sf", ".paf", ".avr")
SUFFIXES += (".pvf", ".sds", ".wve", ".xi")
UNREAD = tuple(  # of sound that libsndfile does not read
    ".m4a .m4b .m4r .mp4 .m4v .mov .3gp .3g2 .aac .adts .webm .weba .mka .mkv .ogv .wma .wmv .asf "
    ".amr .awb .ape .wv .mpc .mp+ .tta .tak .shn .spx .ra .rm .ac3 .eac3 .dts .alac .dsf .dff "
    ".raw .pcm .ulaw .alaw .gsm .vox .sd2 .qcp .aa .aax .oma .at3 .adx .flv .f4a .f4v .ogx .ogm "
    ".avi .mpg .mpeg .vob .ts .mts .m2ts .mxf".split()
)
CONVENTIONS = dict(  # what no recipe changes, for those who read a store with other tools
    window="hann, periodic", center=True, mel="slaney, of unit area, 0 Hz to sr / 2", power=2,
    unit="dB re 1", dct="II, orthonormal",
)  # fmt: skip
SILENCE = 1e-4  # a file whose peak lies below, -80 dB of full scale, is silent

# ----------------------------------------------------------------------------------------
# 1. The recipe: a way down, and its way up
# ----------------------------------------------------------------------------------------


@known_fields
@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is computed of every sound: all that the way back needs to know.

    Parameters
    ----------
    sr : int
        Samples per second to which every file is brought, its channels averaged.
    n_fft, hop_length : int
        Samples per frame and between frames. With a pitch, a frame should hold two periods
        of the voice and hardly more: ``n_fft=512`` at 16 kHz.
    n_mels : int
        Mel bands.
    n_mfcc : int, optional
        Keep this many MFCCs instead of the bands.
    top_db : float or None
        Floor below the loudest cell of a file.
    pitch : (float, float), optional
        Also track a pitch, between these two frequencies in Hz: (65, 420) for speech.
    tracker : {"pyin", "swift"}
        Who hears the pitch: see `at.pitch`.
    convention : at.Recipe, optional
        Keep features of this convention, one of ``at.RECIPES`` or your own: all of the above is
        then what it says, and there can be no pitch. `build` takes an ``at.Recipe`` as it is.

    Raises
    ------
    TypeError, ValueError
        Values that do not go together, as soon as the recipe is written down.

    Examples
    --------
    >>> y, sr = at.load_wav("data/slt.wav")
    >>> recipe = Recipe(n_mels=80)
    >>> X, f0 = recipe.down(y)
    >>> X.shape, recipe.up(X, length=len(y)).shape == y.shape
    ((80, 265), True)
    """

    sr: int = 16000
    n_fft: int = 1024
    hop_length: int = 256
    n_mels: int = 80
    n_mfcc: int | None = None
    top_db: float | None = 80.0
    pitch: tuple[float, float] | None = None
    tracker: str = "pyin"
    convention: at.Recipe | None = None

    def __post_init__(self):
        """Goes down and up once: what a step cannot do, it refuses before the night begins."""
        if self.convention is not None:
            self._take_over()
            return
        for name in ("sr", "n_fft", "hop_length", "n_mels", "n_mfcc"):
            if name != "n_mfcc" or self.n_mfcc is not None:
                self._check_whole(name)
        if isinstance(self.top_db, np.number):  # numpy's numbers are no JSON
            object.__setattr__(self, "top_db", self.top_db.item())
        if self.pitch is not None:
            self._check_pitch()
        elif self.tracker != "pyin":
            raise ValueError(f"tracker={self.tracker!r} has nothing to hear: use pitch=(65, 420)")
        y = np.ones(min(self.hop_length, 2**18))  # two frames
        X, f0 = self.down(y)
        self.up(X, f0, **(dict(init="random", n_iter=0) if f0 is None else {}))

    def __repr__(self):
        """Returns the call that makes it."""
        if self.convention is not None:
            return f"Recipe(convention={self.convention!r})"
        own = {name: value for name, value in vars(self).items() if name != "convention"}
        if self.tracker == "pyin":  # as before there was a choice
            del own["tracker"]
        return f"Recipe({', '.join(f'{name}={value!r}' for name, value in own.items())})"

    def _take_over(self):
        """Takes the values of the convention, which was tried when it was written down."""
        if isinstance(self.convention, dict):  # as a store has it
            object.__setattr__(self, "convention", at.Recipe(**self.convention))
        if not isinstance(self.convention, at.Recipe):
            raise TypeError(f"convention={self.convention!r} must be an at.Recipe: see at.RECIPES")
        for field in dataclasses.fields(self):
            if field.name == "convention":
                continue
            said, here = getattr(self, field.name), getattr(self.convention, field.name, None)
            if said not in (here, field.default):
                raise ValueError(
                    f"{field.name}={said!r} beside a convention: leave it out, or change the "
                    "convention by dataclasses.replace (a pitch goes with our own features alone)"
                )
            object.__setattr__(self, field.name, here)

    def _check_whole(self, name):
        value = getattr(self, name)
        is_number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
        if not is_number or value % 1 != 0:
            raise TypeError(f"{name}={value!r} must be a whole number")
        object.__setattr__(self, name, int(value))

    def _check_pitch(self):
        try:
            fmin, fmax = map(float, np.asarray(self.pitch, dtype=float))
        except (TypeError, ValueError, OverflowError):
            message = f"pitch={self.pitch!r} must be two frequencies in Hz, as in (65, 420)"
            raise TypeError(message) from None
        if not 20 <= fmin <= fmax / 2 ** (1 / 12) or not fmax <= self.sr / 2:
            raise ValueError(
                f"pitch=({fmin:g}, {fmax:g}) Hz must rise by a semitone or more, from 20 Hz and "
                f"up to {self.sr / 2:g} Hz, half of sr={self.sr:g}"
            )
        object.__setattr__(self, "pitch", (fmin, fmax))

    @property
    def feature(self):
        """The name of the feature's column: "mel" or "mfcc"."""
        return "mel" if self.n_mfcc is None else "mfcc"

    @property
    def n_features(self):
        """Numbers per frame, the pitch not counted."""
        return self.n_mels if self.n_mfcc is None else self.n_mfcc

    @property
    def _mel_filter(self):
        return _mel_filter(self.sr, self.n_fft, self.n_mels)

    def down(self, y):
        """Returns the features of a sound, and its pitch.

        Parameters
        ----------
        y : ndarray (n,)
            Waveform at the recipe's `sr`.

        Returns
        -------
        X : ndarray (n_features, n_frames)
            Mel bands or MFCCs in dB (or as the convention has them), frames in columns.
        f0 : ndarray (n_frames,) or None
            Hz, 0 where there is none; None if the recipe has no pitch.
        """
        if self.convention is not None:
            X = self.convention.down(y)
            return (X.T if self.convention.in_rows else X), None
        S = np.abs(at.stft(y, n_fft=self.n_fft, hop_length=self.hop_length))
        M = at.make_mel(S, self._mel_filter, power=2)
        if self.n_mfcc is None:
            X = at.amplitude_to_db(np.sqrt(M), top_db=self.top_db)
        else:
            X = at.mel_to_mfcc(M, n_mfcc=self.n_mfcc, top_db=self.top_db)
        if self.pitch is None:
            return X, None
        fmin, fmax = self.pitch
        frame_length = 4  # four periods of the lowest pitch, and no shorter than a hop
        while frame_length < max(4 * self.sr / fmin, self.hop_length):
            frame_length *= 2
        grid = dict(hop_length=self.hop_length, frame_length=frame_length)
        f0 = at.pitch(y, self.sr, fmin=fmin, fmax=fmax, tracker=self.tracker, **grid)
        return X, f0[: X.shape[1]]

    def up(self, X, f0=None, *, length=None, **options):
        """Returns a sound with these features: also those that a model has made up.

        With a pitch the vocoder `at.speak` says them; without one the phase is guessed, by
        `at.mel_to_audio` or `at.mfcc_to_audio`.

        Parameters
        ----------
        X : ndarray (n_features, n_frames)
            As from `down`, unscaled.
        f0 : ndarray (n_frames,), optional
            Pitch in Hz, if the recipe has one.
        length : int, optional
            Samples to return.
        **options
            Of the function that makes the sound: seed, n_iter, init or n_passes.

        Returns
        -------
        ndarray (length,)

        Raises
        ------
        ValueError
            A pitch is missing, or there is one too many; X has other rows than the recipe; what
            those functions refuse.
        """
        if np.ndim(X) != 2 or len(X) != self.n_features:
            raise ValueError(
                f"X has shape {np.shape(X)}, the recipe {self.n_features} numbers a frame: "
                "pass them in rows, frames in columns"
            )
        if (f0 is None) != (self.pitch is None):
            cure = "pass no f0" if self.pitch is None else "pass f0, one number for each frame"
            raise ValueError(f"the recipe has pitch={self.pitch}: {cure}")
        for name in options:
            if hasattr(self, name):
                raise TypeError(f"{name}={options[name]!r}: leave it out, the recipe says it")
        if self.convention is not None:
            X = np.transpose(X) if self.convention.in_rows else X
            return self.convention.up(X, length=length, **options)
        options |= dict(n_fft=self.n_fft, hop_length=self.hop_length, length=length)
        is_mel = self.n_mfcc is None
        M = at.db_to_amplitude(X) ** 2 if is_mel else None
        if f0 is not None:
            C = at.mel_to_mfcc(M, n_mfcc=self.n_mels, top_db=None) if is_mel else X
            return at.speak(C, f0, self.sr, n_mels=self.n_mels, **options)
        if is_mel:
            return at.mel_to_audio(M, self._mel_filter, power=2, **options)
        return at.mfcc_to_audio(X, self.sr, n_mels=self.n_mels, **options)


@functools.lru_cache(maxsize=8)
def _mel_filter(sr, n_fft, n_mels):
    return at.mel_filterbank(sr, n_fft, n_mels=n_mels)


# ----------------------------------------------------------------------------------------
# 2. Building a store
# ----------------------------------------------------------------------------------------


@dataclasses.dataclass
class Report:
    """What a run of `build` did; printed, it names every file that was skipped."""

    made: int = 0  # items computed in this run
    kept: int = 0  # items that were finished before
    without_source: list = dataclasses.field(default_factory=list)  # items whose file is gone
    seconds: float = 0.0  # of sound in those that were made
    skipped: dict = dataclasses.field(default_factory=dict)  # {file: reason}
    unread: list = dataclasses.field(default_factory=list)  # sounds in formats of `UNREAD`

    def __str__(self):
        """Returns one line, one for each file that was skipped, one for those of other formats."""
        lines = [f"{self.made} made, {self.kept} kept, {len(self.skipped)} skipped"]
        lines += [f"  {file} {why}" for file, why in self.skipped.items()]
        if self.unread:
            lines += [f"  {_unread(self.unread)}"]
        if self.without_source:
            first = ", ".join(self.without_source[:3])
            lines += [
                f"  {len(self.without_source)} more are kept, but their file is gone: {first}"
            ]
        return "\n".join(lines).encode(errors="replace").decode()


def _unread(sounds):
    """Returns what is to be said about sounds that cannot be read."""
    one = len(sounds) == 1
    what = "1 file is of a format" if one else f"{len(sounds)} files are of formats"
    return f"{what} that cannot be read: {', '.join(sounds)} (ffmpeg makes FLAC of them)"


def find_sounds(folder):
    """Yields the sound files in a folder and below it, as paths from there, in fixed order.

    What counts is the suffix, in either case (`SUFFIXES`; those of `UNREAD` are named by `build`).
    Hidden files and folders are passed over, and links to folders are not followed.

    Examples
    --------
    >>> list(find_sounds("data"))[:3]
    ['kal16.wav', 'melody.wav', 'slt.wav']
    """
    return _walk(_folder(folder), SUFFIXES)


def _folder(folder):
    """Returns a folder that is there, as a path."""
    folder = _as_path(folder)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise NotADirectoryError(f"{folder} {what}: give the folder that holds the sounds")
    return folder


def _as_path(path):
    """Returns `path`, with ``~`` filled in; no text stands for the folder we happen to be in."""
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise TypeError(f"{path!r} must be the path of a folder, as text or a Path")
    return Path(os.path.expanduser(path))


def _unlisted(error):
    """Refuses a folder that cannot be listed: os.walk by itself takes it for an empty one."""
    raise OSError(f"{error.filename} {_closed(error)}") from None


def _closed(error):
    why = error.strerror
    return f"cannot be listed ({why}): make it readable, or see whether its disk is there"


def _walk(folder, suffixes, unlisted=_unlisted):
    """Yields the files with these suffixes below `folder`; two of one name are neighbours.

    `unlisted` is called with the error of a folder that cannot be listed.
    """
    for path, folders, files in os.walk(folder, onerror=unlisted):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        below = Path(path).relative_to(folder)
        for name in sorted(files, key=lambda name: (_folded(name), name)):
            if name[0] != "." and name.lower().endswith(suffixes):
                yield (below / name).as_posix()


def _item(source):
    """Returns the name of the item that a file becomes."""
    return os.path.splitext(source)[0]


def _folded(source):
    """Returns what is alike in names that some disk (of macOS, of Windows) takes for one."""
    return unicodedata.normalize("NFC", _item(source)).casefold()


def build(folder, store, recipe, *, n_jobs=None, progress=True):
    """Writes the features of every sound below a folder into a store; goes on where it ended.

    A file that cannot be used (no sound, truncated, silent, another of the same name) is
    skipped and named in the report; so are sounds of formats that cannot be read. An item that
    is there is kept if it is whole and its source still has the same checksum. So after a
    crash, or when files were added, call it again. Nothing is deleted: an item whose file is
    gone, or has become bad, stays as it was.

    Parameters
    ----------
    folder : str or path
        Where the sounds are: files with one of `SUFFIXES`, rates and channels mixed.
    store : str or path
        A new folder, or a store of the same recipe. One build at a time.
    recipe : Recipe or at.Recipe
        What to compute: our own features, or those of another tool, ``at.RECIPES["whisper"]``.
    n_jobs : int, optional
        Processes; -1 is one for each core. None is one process, or all that the surrounding
        ``joblib.parallel_config`` has.
    progress : bool or function
        True rewrites a line on the terminal: files, rate, time left. A function is given
        that line, at most five times a second.

    Returns
    -------
    Report

    Raises
    ------
    NotADirectoryError, ValueError
        No folder; no sound in it; a store of another recipe (both are shown) or from a
        later version of this module.
    OSError
        The store cannot be written, as on a full disk. What it holds stays whole.
    RuntimeError
        A worker was killed from outside, as by a lack of memory.

    Examples
    --------
    >>> print(build("data", getfixture("tmp_path") / "features", Recipe(), progress=False))
    65 made, 0 kept, 0 skipped
    """
    folder, store, closed = _folder(folder), _as_path(store).absolute(), {}

    def skip(error):
        closed[Path(error.filename).relative_to(folder).as_posix()] = _closed(error)

    n_files = sum(1 for _ in _walk(folder, SUFFIXES, skip))
    unread = [*_walk(folder, UNREAD, skip)]
    if not n_files:
        others = f". {_unread(unread)}" if unread else ""
        others += "".join(f". {name} {why}" for name, why in closed.items())
        suffixes = " ".join(SUFFIXES)
        raise ValueError(f"{folder} holds no sound, nor does a folder in it: {suffixes}{others}")
    recipe = Recipe(convention=recipe) if isinstance(recipe, at.Recipe) else recipe
    if not isinstance(recipe, Recipe):
        raise TypeError(f"recipe={recipe!r} must be a Recipe, or one of at.RECIPES")
    if n_jobs is not None and (type(n_jobs) is not int or n_jobs == 0):
        raise TypeError(f"n_jobs={n_jobs!r} must be a number of processes, or -1 for all cores")
    if not (callable(progress) or isinstance(progress, bool)):
        raise TypeError(f"progress={progress!r} must be True, False or a function")
    _begin(store, recipe)
    say = progress if callable(progress) else _say if progress else None
    report, n_done, busy, said, last = Report(unread=unread), 0, 0.0, 0.0, time.monotonic()
    make = functools.partial(_make, folder.absolute(), store, recipe)  # a worker stands elsewhere
    sounds = _walk(folder, SUFFIXES, skip)
    tasks = (list(sources) for _, sources in itertools.groupby(sounds, key=_folded))
    try:
        with threadpoolctl.threadpool_limits(1):
            for sources, made, seconds, why in _results(make, tasks, n_jobs):
                report.made += made
                report.kept += not made and not why
                report.seconds += seconds
                report.skipped.update(dict.fromkeys(sources, why) if why else {})
                now, n_done = time.monotonic(), n_done + len(sources)
                busy += now - last if made or why else 0  # what is kept takes hardly any time
                last, n_files = now, max(n_files, n_done)  # files may be added meanwhile
                if say and (now - said > 0.2 or n_done == n_files):
                    say(_line(report, n_done, n_files, busy))
                    said = now
    except BrokenProcessPool as error:
        near = ", ".join(itertools.islice(_walk(folder, SUFFIXES, skip), n_done, n_done + 4))
        raise RuntimeError(
            f"a worker was killed after {n_done} files, as by a lack of memory. What the store "
            f"holds is whole. It was near {near}: cut long files, or take fewer n_jobs"
        ) from error
    _clear(store)  # of a cluster's workers some may have been killed
    report.skipped |= closed
    report.skipped = dict(sorted(report.skipped.items()))  # a cluster answers in any order
    if sum(1 for _ in _items(store)) > report.made + report.kept:  # some were not asked for
        gone = (item for item in _items(store) if not _has_source(folder, store, item))
        report.without_source = [*gone]
    if progress is True:
        print(file=sys.stderr)
    return report


def _results(make, tasks, n_jobs):
    """Yields what `make` returns for each task, as many at once as the surroundings have."""
    backend, _ = joblib.parallel.get_active_backend()
    if not hasattr(backend, "client"):
        return joblib.Parallel(n_jobs, return_as="generator")(map(joblib.delayed(make), tasks))
    return _loss_named(_by_dask(make, tasks, backend.client, backend.submit_kwargs))


def _loss_named(results):
    """Yields results from a Dask cluster, or says what to do if it is gone."""
    from distributed import CancelledError, TimeoutError
    from distributed.comm import CommClosedError

    try:
        yield from results
    except (CancelledError, CommClosedError, TimeoutError):
        raise RuntimeError(
            "the Dask cluster is gone, or has had no worker for a minute. What the store holds is "
            "whole: start the cluster again, then make the call again"
        ) from None


def _by_dask(make, tasks, client, options):
    """Yields the same from a Dask cluster, in the order in which it comes.

    By Dask's own client: a task whose workers were killed, which Dask gives up after the fourth,
    joblib waits for without an end. A task is 0.2 s of work, if not a longer file, since to hand
    it over takes some milliseconds.
    """
    from distributed import KilledWorker, as_completed

    batches, waiting, size = {}, as_completed(loop=client.loop), 1
    tasks, ahead = iter(tasks), 2 * max(8, sum(client.nthreads().values()))

    def submit(batch):
        future = client.submit(_make_all, make, batch, pure=False, **options)
        batches[future.key] = batch
        waiting.add(future)

    while True:
        while waiting.count() < ahead and (batch := [*itertools.islice(tasks, size)]):
            submit(batch)
        if waiting.is_empty():
            return
        future = _patiently(client, functools.partial(_next, waiting))
        batch = batches.pop(future.key)
        try:
            results, seconds = _patiently(client, future.result)
        except KilledWorker:  # by one of them: which?
            if len(batch) == 1:
                yield batch[0], 0, 0.0, KILLED
            else:
                for task in batch:
                    submit([task])
            continue
        size = max(1, min(2 * size, round(len(batch) * 0.2 / seconds)))
        yield from results


def _patiently(client, ask):
    """Returns an answer, however long it takes, while there are workers: Dask waits for some.

    Results too: one that is lost with its worker is computed again.
    """
    from distributed import TimeoutError

    while True:
        try:
            return ask(timeout=PATIENCE)
        except TimeoutError:
            client.wait_for_workers(1, timeout=PATIENCE)


def _next(waiting, timeout):
    """Returns the next future that has ended, or raises TimeoutError."""
    from distributed import TimeoutError

    asked = time.monotonic()
    while not waiting.has_ready():
        if time.monotonic() - asked > timeout:
            raise TimeoutError
        time.sleep(0.005)
    return next(waiting)


PATIENCE = 60  # seconds without a worker


def _make_all(make, batch):
    """Returns what `make` returns for each of a batch, and the seconds that it took."""
    start = time.perf_counter()
    return [make(task) for task in batch], time.perf_counter() - start


KILLED = (
    "was on several workers that were killed, as by a lack of memory: cut it if it is long, or "
    "give each worker more memory, then call build again"
)


def _line(report, n_done, n_files, busy):
    """Returns how far it is, how fast, and how long it will take."""
    bar = "#" * (20 * n_done // n_files)
    n_new = report.made + len(report.skipped)
    left = datetime.timedelta(seconds=round(busy / max(1, n_new) * (n_files - n_done)))
    rate = report.seconds / busy if busy else 0
    return (
        f"[{bar:20}] {n_done} of {n_files} files, {rate:,.0f} s of sound a second, "
        f"{left if n_new or n_done == n_files else 'unknown'} left, {len(report.skipped)} skipped"
    )


def _say(line):
    print(line.ljust(100), end="\r", file=sys.stderr, flush=True)


def _has_source(folder, store, item):
    """Returns whether the file that an item was made of is still there."""
    try:
        return (folder / _metadata(_path(store, item))["source"]["path"]).exists()
    except ValueError:  # damaged, and its file was skipped, or it would have been made again
        return True


@functools.cache
def _one_thread():
    """Keeps this process to one thread from now on: with more, sums are rounded otherwise."""
    threadpoolctl.threadpool_limits(1)


def _make(folder, store, recipe, sources):
    """Writes one item, if need be; returns its files, 1 if so, its seconds, why it was not."""
    _one_thread()
    item = _item(sources[0])
    target = _path(store, item)
    try:
        source = _only(sources)
        if not (folder / source).is_file():
            raise ValueError("is no file, but a folder, a pipe or a link to nothing: remove it")
        data = (folder / source).read_bytes()
        about = dict(path=source, sha256=hashlib.sha256(data).hexdigest())
        if _is_finished(target, recipe, about["sha256"]):
            return sources, 0, 0.0, ""
        y, native = _sound(folder / source, recipe.sr)
        table = _table(recipe, item, *recipe.down(y), about | native | dict(n_samples=len(y)))
    except Exception as error:  # whatever it is, the night goes on
        why = str(error).replace(f"{folder}{os.sep}", "").removeprefix(f"{sources[0]} ")
        known = isinstance(error, (ValueError, OSError))
        return sources, 0, 0.0, why if known else f"made {type(error).__name__}: {why}"
    _write(table, target)
    return sources, 1, len(y) / recipe.sr, ""


def _only(sources):
    """Returns the file that an item is made of, if its name will do."""
    if len(sources) > 1:
        raise ValueError(
            f"is one of {', '.join(sources)}, one item by name (upper case or lower): rename "
            "all but one"
        )
    (source,) = sources
    try:
        source.encode()
    except UnicodeEncodeError:
        raise ValueError("has a name that is no text (UTF-8): rename it") from None
    if any(part[0] == "_" for part in source.split("/")):
        raise ValueError("has a name with _ in front, which readers of Parquet hide: rename it")
    if "\\" in source:
        raise ValueError("has a name with a backslash, which DuckDB takes for a folder: rename it")
    return source


def _is_finished(target, recipe, sha256):
    """Returns whether an item is there, whole, and made so, of a file with this checksum."""
    try:
        table = _read(target)  # all of it: a power cut may leave a hole
        about = _said(target, table.schema)
        return _recipe(about) == recipe and about["source"]["sha256"] == sha256
    except (FileNotFoundError, pa.ArrowInvalid):
        return False


def _sound(path, sr):
    """Returns a sound at the rate `sr` if the file is all there, and what the file says of it."""
    found = read_sound(path)
    if found.lost:
        raise ValueError(found.lost)
    y, _ = resampled(found, sr)
    peak = np.abs(y).max()
    if peak < SILENCE:
        mixed = " when its channels are averaged" if found.channels > 1 else ""
        raise ValueError(f"{path} is silent: it peaks at {peak:.2g} of full scale{mixed}")
    if found.cancels:
        raise ValueError(f"{found.cancels}: save one of them as a file of its own")
    return y, dict(sr=found.sr, channels=found.channels)


def _layout(recipe):
    """Returns the version and the values of a recipe, so that an older corpus.py reads what it can.

    What it does not know stands there only where it is used.
    """
    values = dataclasses.asdict(recipe)
    if recipe.tracker == "swift":
        del values["convention"]
        return 3, values
    del values["tracker"]
    if recipe.convention is None:
        del values["convention"]
        return 1, values
    return 2, values


def _schema(recipe, **metadata):
    """Returns the columns, and the metadata beside version and recipe."""
    columns = [("item", pa.string()), ("frame", pa.int32())]
    columns += [(recipe.feature, pa.list_(pa.float32(), recipe.n_features))]
    columns += [("f0", pa.float32())] if recipe.pitch else []
    conventions = "those of the recipe" if recipe.convention else CONVENTIONS
    if recipe.pitch:
        conventions = conventions | {"tracker": recipe.tracker}
    version, values = _layout(recipe)
    metadata |= dict(recipe=values, conventions=conventions, version=version)
    return pa.schema(columns, {"corpus": json.dumps(metadata)})


def _table(recipe, item, X, f0, source):
    """Returns the table of one item, a frame in each row."""
    n_frames = X.shape[1]
    schema = _schema(recipe, source=source)
    columns = [pa.repeat(item, n_frames), np.arange(n_frames, dtype=np.int32)]
    columns += [pa.FixedSizeListArray.from_arrays(pa.array(X.T.ravel()), len(X))]
    columns += [] if f0 is None else [f0]
    return pa.table(columns, schema=schema)


def _write(table, path):
    """Writes a Parquet file that is whole from the moment it has its name."""
    unfinished = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, unfinished, **FORMAT)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())  # on the disk, before it gets its name
        os.replace(unfinished, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise OSError(
            f"{path} cannot be written ({error}). What the store holds is whole: "
            f"{_cure(error)}, then make the call again"
        ) from None


def _cure(error):
    return CURES.get(error.errno, "see whether the disk is well")


FORMAT = dict(
    compression="zstd", write_page_checksum=True,
    use_dictionary=["item", "f0"],  # of the columns that are there
    use_byte_stream_split=["mel.list.element", "mfcc.list.element"],  # floats pack better so
)  # fmt: skip
CURES = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EACCES: "make it writable",
    errno.EROFS: "make it writable",
    errno.ENOENT: "is another build at work there? Let it end",
    errno.ENAMETOOLONG: "give the sound a shorter name",
    errno.ENOTDIR: "a file stands where a folder must be, name another",
}


def _begin(store, recipe):
    """Makes a store, or opens one for more of the same; clears what a killed run left."""
    marker, there = store / "_common_metadata", None
    if not marker.exists():
        _refuse_packed(store)
    first = itertools.islice(_items(store), 9) if store.is_dir() else ()
    items = [_path(store, item) for item in first]
    for path in [marker, *items]:  # if the marker is lost or damaged, the items know the recipe
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, pa.ArrowInvalid):
            there = _recipe(_metadata(path))
            break
    if items and there not in (None, recipe):
        raise ValueError(
            f"{store} holds features of another recipe: name a new folder, or pass the first\n"
            f"  there: {there}\n  asked: {recipe}"
        )
    if there is None and (
        store.is_file() or store.is_dir() and any(map(_is_seen, store.iterdir()))
    ):
        raise FileExistsError(f"{store} is there, and no store of features: name a new folder")
    if there != recipe or path != marker:
        _write(_schema(recipe).empty_table(), marker)
    _clear(store)


def _clear(store):
    """Removes what a process that was killed had not finished."""
    for unfinished in store.rglob(".*.tmp"):
        unfinished.unlink(missing_ok=True)


def _refuse_packed(folder):
    """Refuses what `pack` wrote: it has the frames of a store, not its items."""
    if (folder / "items.parquet").exists() and (folder / "frames/part-00000.parquet").exists():
        raise ValueError(
            f"{folder} was written by pack, for table tools: name the store that it was packed from"
        )


def _is_seen(path):
    return path.name[0] != "."


# ----------------------------------------------------------------------------------------
# 3. Reading a store
# ----------------------------------------------------------------------------------------


def _path(store, item):
    return store / f"{item}.parquet"


def _items(store):
    return (name.removesuffix(".parquet") for name in _walk(store, (".parquet",)))


def _metadata(path):
    """Returns the metadata of an item or a store, if this module can read it."""
    with _damage_named(path):
        schema = pq.read_schema(path)
    return _said(path, schema)


def _said(path, schema):
    """Returns what the schema of an item or a store says, if this module can read it."""
    with _damage_named(path):
        metadata = json.loads((schema.metadata or {}).get(b"corpus") or "{}")
        version = metadata.get("version", 0)
        is_later = version > VERSION
    if not version or "recipe" not in metadata:
        raise ValueError(f"{path} was not written by corpus.py: other tools may read it")
    if is_later:
        raise ValueError(
            f"{path} is of version {version} of the store, and this corpus.py reads "
            f"up to {VERSION}: take a newer corpus.py"
        )
    return metadata


def _recipe(metadata):
    """Returns the recipe of an item or a store; what an older one does not say is as it was."""
    return _tried(json.dumps(metadata["recipe"]))


@functools.lru_cache(maxsize=8)
def _tried(values):
    """Returns the recipe of these values, in JSON: it goes down and up once, not for each item.

    By the usual tracker: who reads a pitch, or says it, need not have installed another.
    """
    values = json.loads(values)
    tracker = values.pop("tracker", None)
    recipe = Recipe(**values)
    if tracker:
        object.__setattr__(recipe, "tracker", tracker)
    return recipe


def _read(path, columns=None):
    """Returns the table of an item, or some of its columns, if every page has its checksum."""
    with _damage_named(path), pq.ParquetFile(path, page_checksum_verification=True) as file:
        return file.read(columns)


@contextlib.contextmanager
def _damage_named(path):
    """Raises ArrowInvalid with the name and the cure, whatever a damaged file makes of itself."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, AttributeError) as error:
        why = str(error).splitlines()[0]
        message = f"{path} is damaged ({why}): call build, it is made again"
        raise pa.ArrowInvalid(message) from None


def open_store(path):
    """Returns a store that `build` made, to read from.

    Raises
    ------
    FileNotFoundError, ValueError
        There is none; it is from a later version of this module; it is what `pack` wrote.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "features"
    >>> report = build("data/minute", path, Recipe(n_mels=80), progress=False)
    >>> store = open_store(path)
    >>> X = store.features("1_original")
    >>> store.items[0], X.shape
    ('1_original', (80, 265))
    >>> scaler = fit_scaler(store)
    >>> scaled = scaler.transform(X.T)      # a frame in each row
    >>> scaled.shape, np.allclose(scaler.inverse_transform(scaled).T, X, atol=1e-3)
    ((265, 80), True)
    """
    path = _as_path(path).absolute()
    if not (path / "_common_metadata").exists():
        _refuse_packed(path)
        raise FileNotFoundError(f"{path} is no store, it has no _common_metadata: build makes one")
    return Store(path)


class Store:
    """Features of a corpus, and the way back to its sound; opened by `open_store`.

    Attributes
    ----------
    path : Path
    recipe : Recipe
        What the features are, and how to turn others like them into sound.
    """

    def __init__(self, path):
        self.path = path
        self.recipe = _recipe(_metadata(path / "_common_metadata"))

    def __repr__(self):
        """Returns where it is and what it holds."""
        return f"Store({str(self.path)!r}, {self.recipe})"

    def __iter__(self):
        """Yields the items in fixed order, without a list of them."""
        return _items(self.path)

    @property
    def items(self):
        """The names of all items, in fixed order."""
        return list(self)

    def _file(self, item):
        path = _path(self.path, item)
        if not path.exists():
            first = ", ".join(itertools.islice(self, 3)) or "nothing: it is empty"
            raise KeyError(f"{self.path} has no item {item!r}; it begins with {first}")
        return path

    def source(self, item):
        """Returns what an item was made of: path, sha256, sr, channels, n_samples at our rate."""
        return _metadata(self._file(item))["source"]

    def features(self, item):
        """Returns the features of an item, (n_features, n_frames); in dB, if they are our own."""
        column = self._column(item, self.recipe.feature).flatten()
        return column.to_numpy().reshape(-1, self.recipe.n_features).T.copy()

    def pitch(self, item):
        """Returns the pitch of an item in Hz, (n_frames,), or None if the recipe has none."""
        return None if self.recipe.pitch is None else self._column(item, "f0").to_numpy().copy()

    def _column(self, item, name):
        return _read(self._file(item), [name])[name].combine_chunks()

    def sound(self, item, **options):
        """Returns the sound of an item, (n_samples,), made from the store alone.

        `options` are those of `Recipe.up`: seed, n_iter, ...
        """
        length = self.source(item)["n_samples"]
        return self.recipe.up(self.features(item), self.pitch(item), length=length, **options)

    @property
    def scaler(self):
        """The scaler that `fit_scaler` stored last: a scikit-learn StandardScaler."""
        found = _metadata(self.path / "_common_metadata").get("scaler")
        if found is None:
            raise ValueError(f"{self.path} has no scaler yet: call fit_scaler(store)")
        scaler = StandardScaler()
        scaler.mean_, scaler.var_, scaler.scale_ = np.array(found["mean_var_scale"])
        scaler.n_samples_seen_, scaler.n_features_in_ = found["n_frames"], len(scaler.mean_)
        return scaler


def fit_scaler(store, items=None):
    """Returns a scaler fitted to a store, one item after the other; the store keeps the last.

    The right way round (notebook 04): coefficients are features, frames are samples, so it
    holds two numbers for each coefficient and takes sounds of any length. The pitch is left
    in Hz: its zeros mean "none", not a low pitch.

    Parameters
    ----------
    store : Store
    items : iterable of str, optional
        Those to learn from, so that held-out ones stay unseen; None is all.

    Returns
    -------
    StandardScaler
        ``scaler.transform(store.features(item).T)`` scales, `inverse_transform` undoes it;
        `store.scaler` finds it again.
    """
    if not isinstance(store, Store):
        raise TypeError(f"store={store!r} must be a Store: open_store(path) opens one")
    if isinstance(items, str):
        raise TypeError(f"items={items!r} must be a list of items, not one: put it in brackets")
    scaler, n_items = StandardScaler(), 0
    for item in store if items is None else items:
        scaler.partial_fit(store.features(item).T.astype(float))
        n_items += 1
    if not n_items:
        raise ValueError(f"no items to fit a scaler to: {store.path} has {len(store.items)}")
    rows = [scaler.mean_.tolist(), scaler.var_.tolist(), scaler.scale_.tolist()]
    found = dict(mean_var_scale=rows, n_frames=int(scaler.n_samples_seen_), n_items=n_items)
    _write(_schema(store.recipe, scaler=found).empty_table(), store.path / "_common_metadata")
    return scaler


# ----------------------------------------------------------------------------------------
# 4. Packing a store
# ----------------------------------------------------------------------------------------


def pack(store, folder):
    """Writes a store into a few large Parquet files, for table tools.

    They open every file before they answer, and of a hundred thousand small ones that takes
    them 10 to 30 s. The store stays what is resumed and read item by item; to pack it anew,
    remove the folder first. Memory does not grow with the number of items.

    ``folder/frames/part-00000.parquet`` and the next ones, of some 128 MB each, hold the columns
    of the items, a frame in each row, all items in fixed order. Statistics of every group of
    rows say between which items it lies, so a tool that asks for one reads hardly more. The
    recipe, but no source, is in the schema's metadata. ``folder/items.parquet`` holds a row for
    each item: item, n_frames, and its source, that is path, sha256, sr, channels, n_samples. Give
    a tool one of the two, not the folder above them. What `build` makes meanwhile is left out.

    Parameters
    ----------
    store : Store
    folder : str or path
        A new folder, not in the store. It is not there until all of it is; until then there is
        a hidden one beside it, ``.folder.tmp``, which a call that is killed leaves.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileExistsError, ValueError
        The folder is there; it lies in the store; an item is damaged (call `build`).
    OSError
        It cannot be written, as on a full disk.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "features"
    >>> report = build("data/minute", path, Recipe(), progress=False)
    >>> packed = pack(open_store(path), path.with_name("packed"))
    >>> items, frames = (pq.read_table(packed / name) for name in ("items.parquet", "frames"))
    >>> sum(items["n_frames"].to_pylist()) == len(frames)
    True
    """
    if not isinstance(store, Store):
        raise TypeError(f"store={store!r} must be a Store: open_store(path) opens one")
    folder = _as_path(folder).absolute()
    if folder.resolve().is_relative_to(store.path.resolve()):
        raise ValueError(f"{folder} lies in the store, as its items do: name a folder beside it")
    if os.path.lexists(folder):
        raise FileExistsError(f"{folder} is there already: remove it, or name a new folder")
    try:
        unfinished = _claimed(folder)
        try:
            _pack(store, unfinished)
            os.replace(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        if error.errno is None:  # our own words
            raise
        message = f"{folder} cannot be written ({error}): {_cure(error)}, then make the call again"
        raise OSError(message) from None
    return folder


def _claimed(folder):
    """Returns a hidden folder beside `folder`, new, in which this call alone is at work."""
    unfinished = folder.with_name(f".{folder.name}.tmp")
    try:
        unfinished.mkdir(parents=True)
    except FileExistsError:
        raise FileExistsError(
            f"{unfinished} is there: another call packs into it, so let it end; or one was killed, "
            "so remove it"
        ) from None
    return unfinished


GROUP_ROWS = 2**15  # nine minutes of frames: 10 MB of 80 bands, which a reader takes at once
GROUP_TABLES = 1000  # or so many: a small table takes twenty times its size in memory
PART_BYTES = 128 * 2**20
ITEMS = pa.schema(
    dict(item=pa.string(), n_frames=pa.int32(), path=pa.string(), sha256=pa.string())
    | dict.fromkeys(["sr", "channels", "n_samples"], pa.int64())
)


def _pack(store, folder):
    """Writes the frames of all items, in parts, and a table of the items."""
    schema = _schema(store.recipe)
    (folder / "frames").mkdir()
    names = (folder / "frames" / f"part-{k:05}.parquet" for k in itertools.count())
    with _Rows(folder / "items.parquet", ITEMS) as items, contextlib.ExitStack() as stack:
        part = stack.enter_context(_Rows(next(names), schema))
        for item in store:
            if part.n_bytes > PART_BYTES:
                stack.close()
                part = stack.enter_context(_Rows(next(names), schema))
            frames, source = _whole(store, item)
            part.add(frames.replace_schema_metadata(schema.metadata))
            row = dict(item=item, n_frames=len(frames)) | source
            items.add(pa.Table.from_pylist([row], ITEMS))


def _whole(store, item):
    """Returns the table of an item, and its source, if it is of the store's recipe."""
    path = _path(store.path, item)
    try:
        table = _read(path)
    except OSError as error:
        cure = "see whether it may be read, and is still there, then make the call again"
        raise ValueError(f"{path} cannot be read ({error}): {cure}") from None
    about = _said(path, table.schema)
    with _damage_named(path):
        if _recipe(about) != store.recipe:
            raise ValueError("it is of another recipe")
    return table, about["source"]


class _Rows:
    """A Parquet file that gathers the tables it is given into large groups of rows."""

    def __init__(self, path, schema):
        self.file = path.open("xb")
        self.writer = pq.ParquetWriter(self.file, schema, **FORMAT)
        self.tables, self.n_rows = [], 0

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        with self.file:
            try:
                if not failed:
                    self._write()
                    self.writer.close()
                    self.file.flush()
                    os.fsync(self.file.fileno())
            finally:
                self.writer.is_open = False  # or it writes its end when it is collected

    @property
    def n_bytes(self):
        """Bytes that are written."""
        return self.file.tell()

    def add(self, table):
        self.tables.append(table)
        self.n_rows += len(table)
        if self.n_rows >= GROUP_ROWS or len(self.tables) >= GROUP_TABLES:
            self._write()

    def _write(self):
        if self.n_rows:
            self.writer.write_table(pa.concat_tables(self.tables).combine_chunks())
        self.tables, self.n_rows = [], 0
