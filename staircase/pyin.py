"""y -> the pitch that each frame may have, and the likeliest way through: pYIN.

Only voice comes in here, with arguments that are checked.

**What a frame may be.** Moved by one period, a voice looks nearly as before. So YIN measures
how unlike itself a frame is, moved by k samples, next to the mean of all shorter moves, and
takes the first k at which that falls below a threshold. Which threshold? pYIN asks a hundred,
each as often as it is right (a beta distribution): every trough of the curve is a pitch that
the frame may have, with a probability; what is left of 1 says that there is none.

**The way through.** Pitch goes in steps of a tenth of a semitone, voiced or not: the states
between which a sound moves from frame to frame. It seldom goes far, and seldom begins or ends
to be voiced. Viterbi's algorithm keeps for every state the score of the best way there.
A state is reached from its neighbours alone, those within a leap: the others, nine tenths,
are one candidate together, as improbable as a computer can say. That is librosa's pyin to the
last bin, without its dense table of moves: several times as fast, and nothing to compile.

References
----------
A. de Cheveigné, H. Kawahara: YIN, a fundamental frequency estimator for speech and music.
JASA 111(4), 2002. https://doi.org/10.1121/1.1458024

M. Mauch, S. Dixon: pYIN, a fundamental frequency estimator using probabilistic
threshold distributions. ICASSP 2014. https://doi.org/10.1109/ICASSP.2014.6853678
"""

import numpy as np
import scipy  # its parts load when they are named

from .engine import blocks
from .frames import frame

_BINS = 10  # of pitch in a semitone
_THRESHOLDS = np.arange(1, 101) / 100
_DECAY = 2.0  # of the troughs below a threshold each is e^2 times as likely as the next
_ALL_THE_SAME = 0.01  # how likely the lowest trough is a voice if no threshold lies above it
_TURNS = 0.01  # how likely a frame is voiced where the last was not, or the other way round
_TINY = np.finfo(np.float64).tiny  # how likely anything is
_NEVER = np.log(_TINY)  # the same, as a score
_BLOCK_SAMPLES = 2**16  # of frames that are looked at at once: noise has many troughs


def pyin(y, sr, hop_length, frame_length, fmin, fmax, leap):
    """Returns the pitch of every frame of a sound in Hz, 0 for none (n_frames,).

    The first frame begins with the first sample. `leap` is how many semitones, up and down
    together, lie in reach of the next frame.
    """
    n_bins = int(12 * _BINS * np.log2(fmax / fmin)) + 1
    shortest, longest = int(sr / fmax), min(int(np.ceil(sr / fmin)), frame_length - 1)
    frames = frame(y, frame_length, hop_length).T
    chances = np.zeros((len(frames), n_bins))
    for block in blocks(len(frames), max(1, _BLOCK_SAMPLES // frame_length)):
        unlike = unlikeness(frames[block], longest)[:, shortest - 1 :]
        row, period, chance = troughs(unlike)
        steps = 12 * _BINS * np.log2(sr / (shortest + period) / fmin)
        steps = np.maximum(np.round(steps), 0).astype(int)
        inside = steps < n_bins
        chances[block][row[inside], steps[inside]] = chance[inside]  # of two in a bin the later
    path = likeliest_path(chances, leap * _BINS // 2)
    return np.where(path < n_bins, fmin * 2 ** (path % n_bins / (12 * _BINS)), 0)


def unlikeness(frames, longest):
    """Returns how unlike itself each frame is, moved by 1 to `longest` samples (n, longest).

    Next to the mean of all moves so far, which is 1: the curve begins there, and a whole
    period later comes down to nearly 0.
    """
    size = scipy.fft.next_fast_len(frames.shape[1] + longest, real=True)
    power = np.abs(scipy.fft.rfft(frames, size)) ** 2
    alike = scipy.fft.irfft(power, size)[:, : longest + 1]
    left_behind = np.cumsum(frames[:, :longest] ** 2, axis=1)
    left_behind[:, 0] = 0  # as librosa has it, by a slip of one sample
    unlike = 2 * (alike[:, :1] - alike[:, 1:]) - left_behind
    mean = np.cumsum(unlike, axis=1) / np.arange(1, longest + 1)
    return unlike / (mean + _TINY)


def troughs(unlike):
    """Returns of all troughs of curves (n, k) the row, the place in it and their probability.

    A place lies between columns: where the parabola through a trough and its neighbours has
    its lowest point.
    """
    falls = np.diff(unlike) < 0
    is_trough = np.pad(falls, ((0, 0), (1, 0)))
    is_trough[:, :-1] &= ~falls
    is_trough[:, 0] = unlike[:, 0] < unlike[:, 1]
    row, column = np.nonzero(is_trough)
    chance = probabilities(row, unlike[row, column], len(unlike))
    row, column, chance = (x[chance > 0] for x in (row, column, chance))
    inner = np.clip(column, 1, unlike.shape[1] - 2)
    before, here, after = (unlike[row, inner + k] for k in (-1, 0, 1))
    bend, slope = before + after - 2 * here, (after - before) / 2
    within = (inner == column) & (np.abs(slope) < np.abs(bend))
    return row, column - np.where(within, slope, 0) / np.where(within, bend, 1), chance


def probabilities(row, height, n_rows):
    """Returns how likely each trough is the period of its row; they lie row by row.

    Of the troughs below a threshold the first is the likeliest. Where a threshold has none, the
    lowest of the row gets a hundredth of what it would be worth.
    """
    worth = np.diff(scipy.special.betainc(2, 18, _THRESHOLDS), prepend=0)
    below = height[:, np.newaxis] < _THRESHOLDS
    first = np.searchsorted(row, np.arange(n_rows + 1))
    count = np.pad(np.cumsum(below, axis=0), ((1, 0), (0, 0)))
    before, until = count[first[:-1]], count[first[1:]]
    share = np.expm1(-_DECAY) / np.expm1(-_DECAY * np.maximum(until - before, 1)) * worth
    rank = count[1:] - before[row] - 1
    chance = np.sum(below * np.exp(-_DECAY * rank) * share[row], axis=1)
    by_height = np.lexsort((height, row))
    lowest = by_height[first[:-1][np.diff(first) > 0]]
    chance[lowest] += _ALL_THE_SAME * (~below[lowest] @ worth)
    return chance


def likeliest_path(chances, reach):
    """Returns the likeliest state of every frame: its bin, plus the number of bins if unvoiced.

    `chances` (n_frames, n_bins) says how likely each bin is; the next frame lies at most
    `reach` bins away, the farther the less likely.
    """
    n_frames, n_bins = chances.shape
    no_voice = (1 - np.clip(chances.sum(axis=1, keepdims=True), 0, 1)) / n_bins
    seen = np.stack([chances, np.broadcast_to(no_voice, chances.shape)], axis=1)
    seen = np.log(np.maximum(seen, _TINY, out=seen), out=seen)
    turn = np.log([[1 - _TURNS, _TURNS], [_TURNS, 1 - _TURNS]])
    bins = np.arange(n_bins)
    near = np.maximum(1 - np.abs(bins[:, np.newaxis] - bins) / (reach + 1), 0)
    total = near.sum(axis=1, keepdims=True)
    scores = forward(seen, turn, np.log(near[reach, : 2 * reach + 1]), np.log(total[:, 0]))
    with np.errstate(divide="ignore"):  # out of reach
        move = np.log(near / total)
    path = np.full(n_frames, np.argmax(scores[-1]))
    for t in range(n_frames - 2, -1, -1):
        unvoiced, place = divmod(path[t + 1], n_bins)
        arrives = scores[t] + turn[:, [unvoiced]] + move[:, place]
        path[t] = np.argmax(np.maximum(arrives, scores[t] + _NEVER))
    return path


def forward(seen, turn, move, total):
    """Returns the score of the best way to every state of every frame, in place of `seen`.

    Scores are logarithms, so they add up. `move` says how likely a step of -reach ... reach
    bins is, before it is divided by `total`, what all steps from a bin add up to.
    """
    reach, n_bins = len(move) // 2, seen.shape[2]
    around = np.full((2, n_bins + 2 * reach), -np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(around, n_bins, axis=1).swapaxes(0, 1)
    ways = np.empty(windows.shape)
    seen[0] -= np.log(2 * n_bins)
    for last, here in zip(seen, seen[1:]):
        stays, turns = last + turn[0, 0], last[::-1] + turn[0, 1]
        around[:, reach:-reach] = np.maximum(stays, turns) - total
        np.add(windows, move[:, np.newaxis, np.newaxis], out=ways)
        here += np.maximum(ways.max(axis=0), last.max() + _NEVER)
    return seen
