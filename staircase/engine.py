"""The engine room: from magnitudes to a waveform, fast and in little memory.

Only its neighbours come in here, frames and phase, with arguments that are checked. (At the end
stands what keeps compiled code whole: show/ comes for that, as notebooks call librosa.)

**The layout.** A waveform is kept with the silence, if any, that centring puts before it
(n_fft//2 samples), cut into hops. Frame t begins at hop t and is R = ceil(n_fft / hop_length) hops
long. Spectra lie as frames in rows, one after the other in memory, and are made, changed
and added up a block of frames at a time, so that a block never leaves the processor's
cache, and no complex spectrogram is ever made as a whole::

    hop       0     1     2     3     4     5     6     7     8  ...
    frame 0   [---- r=0 .. R-1 ----]
    frame 1         [----------------------]              a block: frames 0 ... 2
    frame 2               [----------------------]
    frame 3                     [----------------------]  the next: frames 3 ... 5

All r-th hops of a block's frames are added to the waveform in one step, at hops shifted
by r.

**The iteration.** P takes a waveform to its spectra, gives these the wanted magnitudes
(`keep_magnitude`; mel.py has a fit of its own), and goes to the waveform that comes
nearest. Griffin and Lim repeat y = P(y). Nenov and others overshoot it by gamma and look
ahead by momentum (their alpha and beta, which are one number here); as the STFT is linear,
both steps can be taken on waveforms instead of spectra::

    t     = ahead + gamma * (P(ahead) - ahead)
    ahead = t + momentum * (t - last t)

gamma = 1 is the fast algorithm of Perraudin and others, momentum = 0 as well the plain one.

**The start.** Under a bell-shaped window the phase's slopes along time and frequency can be
read off the logarithm of the magnitude (`gradient_phases`; Průša and others). Where frames
share too little to show a slope along time, the window itself tells where sounds lie (`places`).

References
----------
D. Griffin, J. Lim: Signal estimation from modified short-time Fourier transform. IEEE
Trans. ASSP 32(2), 1984. https://doi.org/10.1109/TASSP.1984.1164317

N. Perraudin, P. Balazs, P. L. Søndergaard: A fast Griffin-Lim algorithm. WASPAA 2013.
https://doi.org/10.1109/WASPAA.2013.6701851

R. Nenov, D.-K. Nguyen, P. Balazs, R. I. Boţ: Accelerated Griffin-Lim algorithm: a fast and
provably converging numerical method for phase retrieval. 2023.
https://arxiv.org/abs/2306.12504

Z. Průša, P. Balazs, P. L. Søndergaard: A noniterative method for reconstruction of phase
from STFT magnitude. IEEE/ACM Trans. ASLP 25(5), 2017.
https://doi.org/10.1109/TASLP.2017.2678166
"""

import collections
import copy
import functools
import warnings
import zlib

import numpy as np
import scipy  # its parts load when they are named

_BLOCK_SAMPLES = 2**18  # a block: with its spectra it stays in the processor's cache
_DRAW_SAMPLES = 2**20  # a block whose starting phases are drawn at a time
_SEGMENT = 256  # frames of a long sound that are iterated at a time
LONG = 2048  # a sound of more frames is long

_AUDIBLE_DB = 60.0  # phases are integrated through cells so far below the loudest
_SILENCE = 1e-10  # of the loudest cell: what is fainter counts as that
_FAINT = 0.2  # of a cell: a neighbour in time so much fainter counts half
_LEVELS = 480  # into which the audible range is divided: an eighth of a decibel each

# Once glibc has seen an array of this size go, it keeps as much at hand. Until then it gives each
# block back to the system, which clears it before the next: half the time of an iteration.
np.empty(2**21)


# ----------------------------------------------------------------------------------------
# 1. Frames, forth and back
# ----------------------------------------------------------------------------------------


def blocks(n_frames, size):
    """Returns slices that cut `n_frames` frames into blocks of `size`; the last may be shorter."""
    return [slice(first, min(first + size, n_frames)) for first in range(0, n_frames, size)]


class Frames:
    """Where the frames of a waveform lie: the way to its spectra and back.

    Waveforms here are whole hops: the silence in front, the sound, and as many samples after
    it as the last frame needs.

    Parameters
    ----------
    window : ndarray (n_fft,)
    hop_length : int
    weight : ndarray (length,)
        What the squared windows over each sample of the sound add up to.
    n_frames : int
    before : int
        Samples of silence in front of the sound.
    """

    def __init__(self, window, hop_length, weight, n_frames, before):
        self.window, self.hop_length, self.n_frames = window, hop_length, n_frames
        self.hops_per_frame = -(-len(window) // hop_length)
        self.sound = slice(before, before + len(weight))
        n_hops = max(n_frames + self.hops_per_frame - 1, -(-self.sound.stop // hop_length))
        self.gain = np.zeros(n_hops * hop_length, weight.dtype)
        np.divide(1, weight, out=self.gain[self.sound])  # 0 in the silence around

    def spectra(self, y):
        """Returns a generator of (block, D): slices of frames, and their spectra (k, rows)."""
        frames = np.lib.stride_tricks.sliding_window_view(y, len(self.window))
        frames = frames[:: self.hop_length]
        for block in blocks(self.n_frames, max(1, _BLOCK_SAMPLES // len(self.window))):
            yield block, scipy.fft.rfft(frames[block] * self.window)

    def join(self, spectra):
        """Returns the waveform whose spectra come nearest to the (block, D) of `spectra`."""
        y = np.zeros_like(self.gain)
        hop_length, hops = self.hop_length, y.reshape(-1, self.hop_length)
        for block, D in spectra:
            frames = scipy.fft.irfft(D, n=len(self.window))
            frames *= self.window
            for r in range(self.hops_per_frame):
                piece = frames[:, r * hop_length : (r + 1) * hop_length]
                hops[block.start + r : block.stop + r, : piece.shape[1]] += piece
        y *= self.gain
        return y

    def part(self, first, last):
        """Returns the frames `first` up to `last` alone, and the slice of samples they span."""
        part = copy.copy(self)
        part.n_frames = last - first
        span = slice(first * self.hop_length, (last + self.hops_per_frame - 1) * self.hop_length)
        part.gain = self.gain[span]
        return part, span


# ----------------------------------------------------------------------------------------
# 2. What the spectra should be
# ----------------------------------------------------------------------------------------


def keep_magnitude(S):
    """Returns fit(block, D): the spectra D with the magnitudes `S` (n_frames, rows), in place."""
    S = np.ascontiguousarray(S)
    faint = np.finfo(S.dtype).tiny * max(1, float(S.max()))  # S / faint is still a number

    def fit(block, D):
        gain = np.abs(D)
        gain += faint
        np.divide(S[block], gain, out=gain)
        D *= gain
        return D

    return fit


# ----------------------------------------------------------------------------------------
# 3. The iteration
# ----------------------------------------------------------------------------------------


def iterate(project, y, n_iter, momentum, gamma):
    """Returns a generator of waveforms: `y`, then one per iteration; `project` is P.

    Copy a waveform that you want to keep: it changes when the next one is asked for.
    """
    yield y
    ahead, last, y = y.copy(), y.copy(), y.copy()
    for _ in range(n_iter):
        if gamma != 1:  # t = ahead + gamma * (y - ahead), in the place of y
            y -= ahead
            y *= gamma
            y += ahead
        last -= y  # ahead = t + momentum * (t - last), in the place of last
        last *= -momentum
        last += y
        ahead, last = last, y
        y = project(ahead)
        yield y


def projection(frames, fit):
    """Returns P: to the spectra, give them what they should have, to the nearest waveform."""
    return lambda y: frames.join((block, fit(block, D)) for block, D in frames.spectra(y))


def solve(frames, fit_of, y, n_iter, momentum, gamma):
    """Returns the last waveform of `iterate`, from `y`.

    `fit_of(first, last)` makes the fit function of these frames. A long sound is iterated a
    segment at a time, to need no more memory than a segment does, with 2 R frames of
    context on either side::

        finished before         a segment                  not begun
        ........[ held 2 R hops | free ............ | held R hops ]........

    What lies before the segment is finished and held as it is. After its context the next
    frames are missing, so the last hops, which they would share, are held as well; what is
    free between segment and held end is iterated again by the next segment. gamma = 1
    promises the result of other programs: it is always iterated as a whole.
    """
    if frames.n_frames <= LONG or gamma == 1:
        project = projection(frames, fit_of(0, frames.n_frames))
        return last_of(iterate(project, y, n_iter, momentum, gamma))
    context = 2 * frames.hops_per_frame
    for segment in blocks(frames.n_frames, max(_SEGMENT, 2 * context)):
        first = max(0, segment.start - context)
        last = min(frames.n_frames, segment.stop + context)
        part, span = frames.part(first, last)
        free = slice(
            (segment.start - first) * frames.hop_length,
            None if last == frames.n_frames else (last - first) * frames.hop_length,
        )
        project = held(projection(part, fit_of(first, last)), y[span], free)
        y[span] = last_of(iterate(project, y[span], n_iter, momentum, gamma))
    return y


def held(project, y, free):
    """Returns `project` with all but the samples `free` of its result put back to those of `y`."""

    def project_and_hold(ahead):
        z = y.copy()
        z[free] = project(ahead)[free]
        return z

    return project_and_hold


def last_of(iterable):
    """Returns the last item, keeping no other."""
    return collections.deque(iterable, maxlen=1).pop()


# ----------------------------------------------------------------------------------------
# 4. Where to start
# ----------------------------------------------------------------------------------------


def random_phases(shape, seed):
    """Returns a generator of (block, phases): librosa's draws, made a block of frames at a time.

    librosa draws a whole spectrogram `shape` = (rows, n_frames), row by row. The generator
    behind `numpy.random.default_rng` can jump to where a row's block begins.
    """
    rows, n_frames = shape
    for block in blocks(n_frames, max(1, _DRAW_SAMPLES // (2 * rows))):
        rng = np.random.default_rng(seed)
        rng.bit_generator.advance(block.start)
        draws = np.empty((rows, block.stop - block.start))
        elsewhere = n_frames - draws.shape[1]  # draws of a row that belong to other blocks
        for row in draws if elsewhere else [draws]:
            rng.random(out=row)
            rng.bit_generator.advance(elsewhere)
        draws *= 2 * np.pi
        yield block, draws.T


def with_phases(S, phases):
    """Returns a generator of (block, D): magnitudes `S` (n_frames, rows) with these phases."""
    size = max(1, _BLOCK_SAMPLES // (2 * S.shape[1]))
    for block, phase in phases:
        for part in blocks(len(phase), size):
            here = slice(block.start + part.start, block.start + part.stop)
            angle = phase[part].astype(S.dtype, order="C")
            D = np.empty(angle.shape, np.result_type(S.dtype, np.complex64))
            np.cos(angle, out=D.real)
            np.sin(angle, out=D.imag)
            D *= S[here]
            yield here, D


def nearest_bell(window):
    """Returns centre and width of the bell exp(-pi (i - centre)^2 / width^2) nearest to `window`.

    The bell that has the largest cosine with the window, over the samples i.
    """
    return _nearest_bell(np.asarray(window, float).tobytes())


@functools.lru_cache(16)  # it is looked for as long as an iteration takes
def _nearest_bell(window):
    window = np.abs(np.frombuffer(window))
    i = np.arange(len(window))
    centre = float(i @ window**2 / np.sum(window**2))

    def unlike(width):
        bell = np.exp(-np.pi * ((i - centre) / width) ** 2)
        return -(bell @ window) / np.linalg.norm(bell)

    widest = np.count_nonzero(window)
    best = scipy.optimize.minimize_scalar(unlike, bounds=(widest / 100, widest), method="bounded")
    return centre, float(best.x)


def gradient_phases(S, window, hop_length, seed):
    """Returns a generator of (block, phases): integrated from the slopes of log `S`.

    S is (n_frames, rows). For a bell of width w centred at c samples, with l = log S, frames
    counted by t and rows by k, the phase advances (Průša and others)

    * from frame to frame by 2 pi hop k / n_fft + (hop n_fft / w^2) dl/dk,
    * from row to row by -2 pi c / n_fft - (w^2 / (hop n_fft)) dl/dt,

    the term with c because a frame begins c samples before its centre. From the loudest
    cell the sums spread to its neighbours, always on from the loudest cell reached so far
    (`_spread`): where the sound is strong the slopes can be trusted. What lies 60 dB below
    the peak keeps a random phase. Each block goes on from the last frame before it. Beyond
    its first and last row the spectrum of a real sound is mirrored, and there it is real.

    The slope dl/dt compares the frames before and after. Where these two share less than half
    a window, at half overlap nothing at all, `places` stands in for it.
    """
    n_frames, rows = S.shape
    n_fft = len(window)
    centre, width = bell = nearest_bell(window)
    rng, spread = np.random.default_rng(seed), compiled_spread()
    apart = share_little(window, hop_length)
    peak = max(S.max(), np.finfo(S.dtype).tiny)  # silence is all floor
    nepers = _AUDIBLE_DB / 20 * np.log(10)  # the audible range, in units of log S
    time_step = 2 * np.pi * hop_length / n_fft * np.arange(rows)
    phase = np.empty((0, rows), np.float32)
    for block in blocks(n_frames, max(1, _BLOCK_SAMPLES // n_fft)):
        begin = max(block.start - 1, 0)  # the frame before, already known
        around = np.arange(begin - 1, block.stop + 1)
        there = np.clip(around, 0, n_frames - 1)  # beyond the ends of the sound: as at its ends
        log_S = np.log(np.maximum(S[there] / peak, _SILENCE)).astype(np.float32, copy=False)
        if apart:
            log_S[there != around] = 1.5 * np.log(_SILENCE)
        mirrored = log_S[:, [1]], log_S[:, [-2 if n_fft % 2 == 0 else -1]]
        log_S = np.concatenate([mirrored[0], log_S, mirrored[1]], axis=1)
        dl_dt = (log_S[2:, 1:-1] - log_S[:-2, 1:-1]) / 2
        dl_dk = (log_S[1:-1, 2:] - log_S[1:-1, :-2]) / 2
        row_step = -2 * np.pi * centre / n_fft - width**2 / (hop_length * n_fft) * dl_dt
        if apart:
            place, doubt = places(log_S, window, hop_length, bell)
            row_step = (-2 * np.pi / n_fft * place).astype(np.float32)
        known = phase[-1:]
        draws = rng.random((block.stop - block.start, rows))
        draws *= 2 * np.pi
        draws -= np.pi
        draws[:, 0 if n_fft % 2 else [0, -1]] = 0
        phase = np.empty((len(known) + len(draws), rows), np.float32)
        phase[: len(known)], phase[len(known) :] = known, draws
        spread(
            phase.reshape(-1),  # the same memory: it is filled in place
            (-log_S[1:-1, 1:-1] * (_LEVELS / nepers)).astype(np.int32).ravel(),
            (time_step + hop_length * n_fft / width**2 * dl_dk).astype(np.float32).ravel(),
            row_step.ravel(),
            rows,
            known.size,
            _LEVELS,
        )
        found = phase[len(known) :]
        if apart:
            found = found + (doubt[len(known) :] / n_fft * draws).astype(np.float32)
            found -= 2 * np.pi * np.round(found / (2 * np.pi))
        yield block, found


def share_little(window, hop_length):
    """Whether the frames before and after another share less than half a window."""
    return 4 * hop_length > np.count_nonzero(window) + 1  # periodic windows begin with 0


def places(log_S, window, hop_length, bell):
    """Returns where in its frame each cell's sound lies, and how doubtful that is, in samples.

    `log_S` has a frame and a row more on every side; a frame beyond the ends of the sound is
    fainter than silence, and counts for nothing. `bell` is the one nearest to the window.

    A click that two frames hear is louder in the one than in the other by what the window says
    at its two places: that difference tells where it lies, exactly. So each neighbour names a
    place, and a faint one counts less: beside a click one of them is silent.

    Of a tone, which lasts, they name two places, one to each side, and it lies in the middle,
    whichever is louder. Its rows bend as a bell's do, by -2 pi (width / n_fft)^2. Where they do
    not, two places may be two clicks far apart, and no magnitude tells which is which: their
    deviation is the doubt. Doubtful phases want some disorder. A pulse at a wrong place is a
    possible sound, which no iteration moves; what is no pulse yet can become one anywhere.
    """
    centre, width = bell
    level, here = log_S[:, 1:-1], log_S[1:-1, 1:-1]
    heard = hop_length + np.flatnonzero(window[hop_length:] * window[:-hop_length])  # by the next
    if not len(heard):
        return np.full_like(here, centre), np.zeros_like(here)
    louder = np.log(np.abs(window[heard - hop_length] / window[heard]))
    in_both = np.interp(np.diff(level, axis=0), np.maximum.accumulate(louder), heard)
    before, after = in_both[:-1] - hop_length, in_both[1:]
    count_before, count_after = (
        1 / (1 + (_FAINT * np.exp(here - neighbour)) ** 2) for neighbour in (level[:-2], level[2:])
    )
    bend = log_S[1:-1, 2:] - 2 * here + log_S[1:-1, :-2]
    tone = np.clip(-bend / (2 * np.pi * (width / len(window)) ** 2), 0, 1)
    share = tone / 2 + (1 - tone) * count_after / (count_before + count_after)
    doubt = (1 - tone) * np.sqrt(share * (1 - share)) * np.abs(after - before)
    return before + share * (after - before), doubt


def _spread(phase, level, time_step, row_step, rows, n_known, n_levels):
    """Integrates `phase` in place, from the first `n_known` cells and on from the loudest.

    All arrays are flat: cell + 1 is the next row, cell + rows the next frame. `time_step` is
    how far the phase turns to the next frame, `row_step` to the next row. `level` counts
    down from the loudest, 0; cells from `n_levels` on are left as they are. Cells wait in
    one stack per level to hand on their phase, which makes the loudest waiting one cheap to
    find. A second set of stacks holds all cells, to begin anew where nobody waits.
    """
    n_cells = len(phase)
    done = np.zeros(n_cells, np.bool_)
    waiting = np.full(n_levels, -1, np.int32)  # the top of each stack, -1 for an empty one
    waiting_under = np.empty(n_cells, np.int32)  # what lies under a cell in its stack
    unseen = np.full(n_levels, -1, np.int32)
    unseen_under = np.empty(n_cells, np.int32)
    for cell in range(n_cells):
        if level[cell] >= n_levels:
            done[cell] = True
        elif cell < n_known:
            done[cell] = True
            waiting_under[cell] = waiting[level[cell]]
            waiting[level[cell]] = cell
        else:
            unseen_under[cell] = unseen[level[cell]]
            unseen[level[cell]] = cell
    loudest = 0  # nobody waits above this level
    fresh = 0  # nobody is unseen above this one
    while fresh < n_levels:
        while loudest < n_levels and waiting[loudest] < 0:
            loudest += 1
        if loudest < n_levels:
            cell = waiting[loudest]
            waiting[loudest] = waiting_under[cell]
        else:
            cell = unseen[fresh]
            if cell < 0:
                fresh += 1
                continue
            unseen[fresh] = unseen_under[cell]
            if done[cell]:
                continue
            done[cell] = True  # begins with its random phase
        row = cell % rows
        for step in (1, -1, rows, -rows):
            other = cell + step
            if other < 0 or other >= n_cells or done[other]:
                continue
            if step == rows or step == -rows:
                change = (time_step[cell] + time_step[other]) / 2
            elif row + step < 0 or row + step >= rows:
                continue
            else:
                change = (row_step[cell] + row_step[other]) / 2
            turned = phase[cell] + (change if step > 0 else -change)
            phase[other] = turned - 2 * np.pi * np.round(turned / (2 * np.pi))
            done[other] = True
            waiting_under[other] = waiting[level[other]]
            waiting[level[other]] = other
            loudest = min(loudest, level[other])


@functools.cache
def compiled_spread():
    """Returns `_spread` as machine code, compiled at first use and kept on disk.

    Without numba the same lines run as they stand: the same result, a hundred times slower.
    """
    try:
        import numba
    except ImportError:
        warnings.warn(
            'init="gradient" is a hundred times slower without numba: '
            'pip install numba, or use init="random"',
            RuntimeWarning,
            stacklevel=2,
        )
        return _spread
    keep_numbas_cache_whole()
    types = "void(f4[::1], i4[::1], f4[::1], f4[::1], i8, i8, i8)"
    try:
        return numba.njit(types, cache=True)(_spread)
    except Exception:  # it can be kept nowhere, or what was kept is broken
        return numba.njit(types)(_spread)


@functools.cache
def keep_numbas_cache_whole():
    """Lets several processes fill numba's cache at once; what librosa compiles lies in it, too.

    numba numbers the files of a function's signatures, and each process counts by the index that
    it has read. Two that compile different signatures at the same moment take the same number:
    then the index leads one of them to the other's machine code, which crashes, or returns wrong
    numbers, in every later process. Here a signature's own checksum is its number. (numba 0.68
    does so still; what is replaced is all of its `save`.)
    """
    from numba.core.caching import IndexDataCacheFile

    def save(file, key, data):
        name = file._data_name(zlib.crc32(repr(key).encode()))
        file._save_data(name, data)
        file._save_index(file._load_index() | {key: name})

    IndexDataCacheFile.save = save
