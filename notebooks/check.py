"""The exercises' checks: what is right, and what a slip tells. One function an exercise.

A function takes the answers, and by keyword what it needs of the notebook. An answer that is to be
a number is declared a `float`, or an `int` if it must be whole, and the function gets no other.
What it returns says "✓ Right …" or "✗ Not yet: …", and is true or false. Read on only when you
have tried.
"""

import functools
import inspect
import json
import math
import numbers
import re
import reprlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import audiotools as at
from showtools import truth

SR, HOP = 16000, 256  # of the course: samples per second, samples between frames
LONG = dict(n_fft=1024, hop_length=HOP)
SHORT = dict(n_fft=512, hop_length=HOP)
TRIES = Path(__file__).with_name("tries.json")  # a student set brings it, the course has none
OURS = ("slt", "kal16")  # the voices that the exercises were made for


class Verdict:
    """Whether an answer is right, and what is said of it."""

    def __init__(self, right, why="", *, proof="", clip="slt"):
        """`why` says what is wrong, `proof` what shows that it is right, measured on `clip`."""
        self.letter = ""  # of the reason that was judged, if one was
        self.right = truth(right)
        self.words = "✗ Not yet: " + " ".join(why.split())  # what was answered may have lines
        if right:
            self.words = f"✓ Right: {proof}" if proof else "✓ Right."
        if clip not in OURS:
            self.words += f" (Measured on {clip}. This was made for slt and kal16: there it may be"
            self.words += " otherwise.)"

    def __bool__(self):
        return self.right

    def __repr__(self):
        return self.words

    def _ipython_display_(self):  # as a line that is printed
        print(self.words)


def exercise(check):
    """Makes a check that answers whatever it is given, in one friendly line."""
    asked = inspect.signature(check).parameters.values()

    @functools.wraps(check)
    def answers_anything(*answers, **given):
        try:
            verdict = check(*map(as_asked, asked, answers), **given)
            verdict.words += tries(check.__name__, verdict.letter)
            return verdict
        except NoNumber as error:
            return Verdict(False, str(error))
        except Exception as error:  # of an answer that is no array, no scaler, no function ...
            kind = ", ".join(type(answer).__name__ for answer in answers)
            why = f"this is no answer that can be checked ({kind}): {type(error).__name__}: {error}"
            return Verdict(False, why)

    return answers_anything


class NoNumber(ValueError):
    """Something else was answered where a number is asked."""


def as_asked(parameter, answer):
    """Returns an answer; where the check declares a number, it is one, or refused."""
    if parameter.annotation not in (float, int):
        return answer
    n, whole = number(answer), parameter.annotation is int
    if not math.isfinite(n) or (whole and n != int(n)):
        kind = "whole number" if whole else "number"
        quotes = ", without quotes" if isinstance(answer, str) else ""
        raise NoNumber(f"`{parameter.name}` is {reprlib.repr(answer)}: one {kind} is asked{quotes}")
    return int(n) if whole else n


def number(answer):
    """Returns an answer that is one real number, or an array of one; nan for all else."""
    answer = answer.flat[0] if isinstance(answer, np.ndarray) and answer.size == 1 else answer
    is_number = isinstance(answer, numbers.Real) and not isinstance(answer, bool)
    return answer if is_number else np.nan


def all_met(needs, *, proof="", clip="slt"):
    """Returns the verdict on ``{what is wrong: whether it is not}``: the first that is."""
    unmet = [why for why, met in needs.items() if not met]
    return Verdict(not unmet, *unmet[:1], proof=proof, clip=clip)


def by_letter(because, facts, *, clip="slt", slip=""):
    """Returns the verdict on a reason, ``{letter: (holds, why)}``, from what was measured.

    On another sound than the course's none may hold, or more than one: then it cannot tell.
    A `slip` in what else was asked comes first.
    """
    letter = re.sub(r"^(\w)\b.*", r"\1", str(because).strip().lower(), flags=re.S)  # "b) They"
    right, why = facts.get(letter, (False, "choose one of the letters"))
    if sum(bool(holds) for holds, _ in facts.values()) != 1:
        right, why = False, "on this sound the reasons cannot be told apart"
    if slip:
        right, why = False, slip
    verdict = Verdict(right, why, proof=why, clip=clip)
    verdict.letter = letter if letter in facts and not slip else ""
    return verdict


def tries(exercise, letter):
    """Returns in words how many letters were tried, where a student set counts them: once."""
    try:
        count = json.loads(TRIES.read_text(encoding="utf-8"))
        tried = {*count.get(exercise, ""), letter} - {""}
        TRIES.write_text(json.dumps(count | {exercise: sorted(tried)}), encoding="utf-8")
    except (OSError, ValueError, AttributeError, TypeError):  # none is there, or what is no count
        return ""
    return f" ({len(tried)} letters tried)" if letter and len(tried) > 1 else ""


# --- 01 See a sound ---------------------------------------------------------------------------


@exercise
def rows_and_frames(rows: float, columns: float, *, y):
    """01-1: the shape of an STFT with n_fft=400 and hop_length=160."""
    expected = at.stft(y, n_fft=400, hop_length=160).shape
    row_slips = {
        400: "the upper half of 400 frequencies only mirrors the lower",
        200: "0 Hz has a row, and so has half the sampling rate",
    }
    column_slips = {
        1 + (len(y) - 400) // 160: "so many lie inside the sound; half a frame is added at both "
        "ends",
        len(y) // 160: "the first frame stands over sample 0 and counts as well",
    }
    why = column_slips.get(columns, "count the middles of the frames, from sample 0 on")
    if rows != expected[0]:
        why = "a row for each frequency, 0 Hz and half the sampling rate included"
        why = row_slips.get(rows, why)
    return Verdict((rows, columns) == expected, f"{rows} rows and {columns} frames: {why}")


@exercise
def shortest_frame(shortest: float):
    """01-2: the shortest frame in which the teeth of a comb of 92 Hz do not overlap."""
    feet = {2**k: 4 * SR / 2**k for k in range(5, 14)}  # Hz: how wide a tooth is at its foot
    why = f"{shortest} is not a power of two from 32 to 8192"
    if shortest in feet:
        why = (
            f"at {shortest} samples a tooth is {feet[shortest]:.0f} Hz wide at its foot, and teeth "
        )
        why += "lie 92 Hz apart: "
        why += "they overlap" if feet[shortest] >= 92 else "they fit, as they do in half the frame"
    return Verdict(shortest == min(n_fft for n_fft, foot in feet.items() if foot < 92), why)


@exercise
def mirror(full, *, frame):
    """01-3: a whole spectrum out of half of it, from which the frame comes back."""
    n_fft, half = len(frame), np.fft.rfft(frame.astype(float))
    given = full if np.shape(full) == (n_fft,) else np.zeros(1)
    back = np.fft.ifft(given)
    why = f"its shape is {np.shape(full)}, ({n_fft},) is needed: two rows have no partner"
    if len(given) == n_fft and np.abs(back.imag).max() < 1e-12:
        why = "its inverse is real, but not the frame"
    elif len(given) == n_fft:
        like = np.abs(np.abs(half) - np.abs(given[-1])).argmin()
        why = f"an imaginary part of {np.abs(back.imag).max():.0e} is left; the last of your "
        why += f"values is made of row {like}, and must be row 1, conjugated"
    is_real = len(given) == n_fft and np.abs(back.imag).max() < 1e-12
    return Verdict(is_real and np.allclose(back.real, frame), why)


@exercise
def finer_teeth(because, *, comb_db, short, few, many, clip):
    """01-4: why more zeros do not part the teeth of a comb: (b) only more sound does."""
    more = comb_db(short, 65536) - few
    behind, around = (np.fft.rfft(np.pad(short, zeros)) for zeros in ((0, 3968), 1984))
    drawn = np.allclose(behind[::32], np.fft.rfft(short))
    moved_db = np.abs(np.diff(at.amplitude_to_db(np.abs([behind, around])), axis=0)).max()
    facts = {
        "a": (more > 3, f"with 65,536 samples the teeth stand {abs(more):.1f} dB higher"),
        "b": (
            drawn and many - few > 10,
            f"every 32nd new row is an old one; what helps is more sound, by {many - few:.0f} dB",
        ),
        "c": (few > 10, f"comb_db has no floor, top_db is None, and finds {few:.0f} dB"),
        "d": (
            moved_db > 0.1,
            f"zeros on both sides change no level by more than {moved_db:.1f} dB",
        ),
    }
    return by_letter(because, facts, clip=clip)


# --- 02 Guess the phase -----------------------------------------------------------------------


@exercise
def quarter_turn(turned, relative_error: float, *, y):
    """02-1: the Hilbert transform turns every arrow by a right angle, √2 away."""
    z = turned if np.shape(turned) == y.shape else y
    measured = np.linalg.norm(z - y) / np.linalg.norm(y)
    slips = {1: "silence is off by so much, and this is worse", 2: "−y is, and that is half a turn"}
    why = slips.get(relative_error, "how far apart are the tips of two arrows at a right angle?")
    why = f"{relative_error} is not it: {why}"
    if np.iscomplexobj(z):
        why = "`turned` is complex: its real part is y, its imaginary part is y with arrows turned"
    elif measured < 0.5:
        why = "`turned` is still nearly y: put its Hilbert transform there"
    turned_right = np.isrealobj(z) and np.isclose(measured, np.sqrt(2), atol=0.01)
    return Verdict(turned_right and abs(relative_error - measured) < 0.02, why)


@exercise
def rounds_saved(plain_rounds: float, momentum_rounds: float, *, S, up):
    """02-2: after how many rounds the error falls below −15 dB, plain and with momentum."""
    options = dict(n_iter=60, gamma=1, init="random", seed=0, **up)
    said, wanted, why = (plain_rounds, momentum_rounds), [], ""
    for momentum, rounds in zip((0, 0.99), said):
        errors = [error for _, error in at.griffin_lim_steps(S, momentum=momentum, **options)]
        wanted.append(next((n for n, error in enumerate(errors) if error < -15), np.nan))
        error_db = dict(enumerate(errors)).get(rounds, np.nan)
        why += f"{error_db:.1f} dB after {rounds} rounds with momentum {momentum}; "
    why += "the first below −15 counts"
    if said == tuple(n + 1 for n in wanted):
        why = "one too many each: the first error that the generator yields is that of no round"
    if np.isnan(wanted).any():
        why = "on this sound 60 rounds do not reach −15 dB, nothing to count: take the clip slt"
    return Verdict(said == tuple(wanted), why)


@exercise
def loop_with_momentum(mine, *, S, y, up, convergence):
    """02-3: eight rounds with a look ahead, equal to griffin_lim's."""
    options = dict(n_iter=8, gamma=1, init="random", seed=0, **up)
    target, plain_8 = (at.griffin_lim(S, momentum=momentum, **options) for momentum in (0.99, 0))
    own = mine if np.shape(mine) == y.shape else 0 * y
    ends = [convergence(z) for z in (own, plain_8, target)]
    why = "it ends at {:.1f} dB, plain rounds at {:.1f}, momentum at {:.1f}: ".format(*ends)
    if not np.any(own):
        why = "`mine` is still silence: put your loop there"
    elif np.abs(own - plain_8).max() < 1e-3:
        why += "this loop has no momentum"
    elif ends[0] > ends[1]:
        why += "yours looks back, not ahead; which sign has y_last?"
    else:
        why += "eight rounds from seed 0, momentum from the second on, istft last"
    return Verdict(np.abs(own - target).max() < 1e-3, why)


@exercise
def phases_win(phases_win_from: float, because, *, y, D, votes, first, second, clip):
    """02-4: from which frame on phases carry the words, and why: (d) they tell when."""
    halves = np.split(y[:16384], 2)  # of a long frame
    spectra = [np.abs(np.fft.rfft(np.concatenate(pair))) for pair in (halves, halves[::-1])]
    (m, p), (m_back, p_back) = votes(16384, overlap=16), votes(16384, second, first)
    exchanged = np.allclose(*spectra, atol=1e-3)
    facts = {
        "a": (
            D.imag.size > np.abs(D).size,
            "every cell of an STFT has one phase and one magnitude",
        ),
        "b": (
            m_back > p_back,
            f"exchanged it is {m_back:.2f} to {p_back:.2f}: the phases win again",
        ),
        "c": (m > p, f"with 16 frames over each sample it is {m:.2f} to {p:.2f}: the phases win"),
        "d": (exchanged, "exchange the halves of a frame: no magnitude changes"),
    }
    size = phases_win_from if phases_win_from in [2**k for k in range(8, 15)] else 256
    wins = [np.argmax(votes(length)) for length in (size // 2, size)]
    slip = f"{phases_win_from} is not the shortest: ask votes of it and of its half"
    return by_letter(because, facts, clip=clip, slip="" if wins == [0, 1] else slip)


# --- 03 Squeeze with mel ----------------------------------------------------------------------


@exercise
def unseen_dimensions(unseen: float, *, mel_filter):
    """03-1: of how many dimensions of a spectrum the mel bands see nothing."""
    n_rows = mel_filter.shape[1]
    seen = np.linalg.matrix_rank(mel_filter)
    slips = {
        0: f"{seen} equations cannot fix {n_rows} unknowns",
        seen: f"{seen} dimensions are those that the mel does see",
        n_rows: f"some of the {n_rows} do move a band",
    }
    why = slips.get(unseen, f"{unseen} and the {seen} that are seen do not make {n_rows}")
    return Verdict(unseen == n_rows - seen, why)


@exercise
def most_bands_that_hear(most_bands: int):
    """03-2: the largest filter bank over 512 samples in which no band is deaf."""

    def refusal(n_mels):  # "" if every band hears something
        try:
            at.mel_filterbank(SR, 512, n_mels=n_mels)
            return ""
        except ValueError as error:
            return str(error)

    works = refusal(most_bands) == ""
    why = f"{most_bands} bands work, and so does one more" if works else refusal(most_bands)
    return Verdict(works and refusal(most_bands + 1) != "", why)


@exercise
def price_and_clarity(my_bands: int, my_factor: int, *, squeezed, y, clip):
    """03-3: bands and frames of a quarter of the price: neither every frame nor many bands."""
    if min(my_bands, my_factor) < 1:
        return Verdict(False, "two whole numbers above 0 are asked", clip=clip)
    spent, lasts = my_bands * SR / HOP / my_factor, 1000 * my_factor * HOP / SR
    if spent > 1250:
        why = f"{spent:,.0f} numbers per second are more than 1,250"
        return Verdict(False, why, clip=clip)
    score = at.intelligibility(squeezed(my_bands, my_factor), y, SR)
    why = f"{my_bands} bands every {lasts:.0f} ms are within the price and reach an ESTOI of "
    why += f"{score:.2f}, not 0.70: "
    why += "syllables smear" if my_factor > 2 else "there are too few bands to draw the vowels"
    return Verdict(score > 0.7, why, clip=clip)


@exercise
def wrong_ruler(because, *, up_by, mel_filter, M_htk, own_factor, mixed, voice):
    """03-4: why features of HTK's ruler sound too high on Slaney's: (a) bands lie elsewhere."""
    tops = [at.hz_to_mel(SR / 2, htk=htk) for htk in (True, False)]
    five = [at.mel_to_hz(5 / 81 * top, htk=htk) for top, htk in zip(tops, (True, False))]
    patient, f = up_by(mel_filter, n_iter=32)
    M_got = at.make_mel(np.abs(at.stft(patient, **LONG)), mel_filter, power=2)
    off_db = at.log_spectral_distance(np.sqrt(M_got), np.sqrt(M_htk))
    ruler = "band 5 lies at {:.0f} Hz on HTK's ruler, at {:.0f} Hz on Slaney's".format(*five)
    seconds = len(mixed) / SR
    facts = {
        "a": (five[1] > 1.1 * five[0], ruler),
        "b": (own_factor > 1.1, f"up by HTK's ruler, they give {own_factor:.2f} times the pitch"),
        "c": (len(mixed) < len(voice), f"at a higher rate it would not last {seconds:.1f} s"),
        "d": (
            off_db > 3,
            f"32 rounds: the mel is right to {off_db:.1f} dB, and {f:.1f} times as high",
        ),
    }
    return by_letter(because, facts)


# --- 04 Reverse an MFCC -----------------------------------------------------------------------


def fewest(n, hz, *, of, limit, above, below):
    """Returns the verdict on the smallest number that draws a pitch, by the law; in these words."""
    limits_hz = {k: at.pitch_limit(k, SR) for k in range(1, 129)}
    why = f"{n} is no number of {of} from 1 to 128"
    if n in limits_hz:
        side = above if limits_hz[n] >= hz else below
        why = f"with {n} {limit} is {limits_hz[n]:.1f} Hz: {side}"
    return Verdict(n == min(k for k, limit_hz in limits_hz.items() if limit_hz < hz), why)


@exercise
def fewest_for_kal16(smallest: float):
    """04-1: the smallest number of coefficients that draws 92 Hz."""
    words = dict(above="above 92", below="below 92, but with one fewer as well")
    return fewest(smallest, 92, of="coefficients", limit="the limit", **words)


@exercise
def rounds_or_numbers(by_rounds: float, by_numbers: float, *, clarity):
    """04-2: what 120 more rounds gain, and what 60 more coefficients."""
    base = clarity(20, 8)
    more_rounds, more_numbers = clarity(20, 128) - base, clarity(80, 8) - base
    needs = {
        "put the two gains there": by_rounds != 0 or by_numbers != 0,
        "these are ESTOIs: take clarity(20, 8) away": max(by_rounds, by_numbers) < 0.5,
        f"120 more rounds do not gain {by_rounds:.2f}; "
        "they only come nearer to the same 20 numbers": (abs(by_rounds - more_rounds) < 0.015),
        f"60 more coefficients, at 8 rounds, do not gain {by_numbers:.2f}": (
            abs(by_numbers - more_numbers) < 0.015
        ),
    }
    return all_met(needs)


@exercise
def scaler_turned_round(my_scaler, scaled_part, shorter, *, C):
    """04-3: a scaler whose features are coefficients, there and back on 100 frames."""
    known = getattr(my_scaler, "n_features_in_", 0)
    lowest = my_scaler.data_min_ if known == 20 else np.zeros(20)
    scaled_C = my_scaler.transform(C.T) if known == 20 else np.zeros((100, 20))
    rows, columns = np.shape(scaled_part), np.shape(shorter)
    made = rows == (100, 20) and np.allclose(scaled_part, scaled_C[:100], atol=1e-4)
    back = columns == (20, 100) and np.allclose(shorter, C[:, :100], atol=1e-3)
    needs = {
        "my_scaler is no fitted scaler": known > 0,
        f"the scaler takes {known} frames for features: coefficients are the features": known == 20,
        "it was fitted on a part of C, whose lowest values are others": np.allclose(
            lowest, C.min(1)
        ),
        f"scaled_part is {rows}, (100, 20) is asked": rows == (100, 20),
        "scaled_part is not what my_scaler makes of the first 100 frames": made,
        f"shorter is {columns}, (20, 100) is asked": columns == (20, 100),
        "shorter is not C[:, :100], there and back": back,
    }
    return all_met(needs)


@exercise
def a_tenth(change: float, because, *, y, C, pitch_left, clip):
    """04-4: a tenth of the amplitude moves coefficient 0 alone: (c) every band falls alike."""
    loudest = C[0].argmax()
    moved = at.mfcc(0.1 * y, SR, **LONG)[:, loudest] - C[:, loudest]
    bank = at.mel_filterbank(SR, 1024)
    soft, loud = (
        at.make_mel(np.abs(at.stft(z, **LONG)), bank, power=2)[:, loudest] for z in (0.1 * y, y)
    )
    fell = 10 * np.log10(soft / loud)  # dB
    facts = {
        "a": (abs(moved[0]) < 1, "then coefficient 0 would stay as well"),
        "b": (pitch_left > 0.5, f"of the pitch, 20 MFCCs keep {pitch_left:.0%}, as we saw above"),
        "c": (np.ptp(fell) < 0.1, f"all bands fall by {-fell.mean():.1f} dB: no waves in that"),
        "d": (abs(moved[1]) > 1, f"coefficient 1 is {C[1, loudest]:.0f} there, before and after"),
    }
    slip = ""
    if not abs(change - moved[0]) < 0.1:
        slip = {-20: "each band does"}.get(
            change, "coefficient 0 is the orthonormal sum of 128 bands"
        )
        slip = "it gets softer" if abs(change + moved[0]) < 0.1 else slip
        slip = "nearly: one decimal, please" if abs(change - moved[0]) < 1 else slip
        slip = f"not by {change}: {slip}"
    return by_letter(because, facts, clip=clip, slip=slip)


# --- 05 Give it its voice back ----------------------------------------------------------------


@exercise
def numbers_with_pitch(numbers_per_second: float):
    """05-1: how many numbers per second 20 MFCCs and a pitch take."""
    slips = {
        20 * SR / HOP: "those are the cosines, without the pitch",
        21 * SR / 512: f"a frame lasts 512 samples, but a new one begins every {HOP}",
        21: "so many has one frame",
        21 * SR: "so many there would be with a frame for every sample",
    }
    why = slips.get(numbers_per_second, "count the numbers of a frame and the frames of a second")
    right = abs(numbers_per_second - 21 * SR / HOP) <= 0.5
    return Verdict(right, f"{numbers_per_second} is not it: {why}")


@exercise
def longer_frames(long_frames, verdict, *, y, f0, usual, clip):
    """05-2: what frames of 2,048 samples do to the vocoder's ESTOI (`usual` with 512)."""
    made = np.shape(long_frames) == y.shape and np.abs(long_frames - y).max() > 0.01
    z, long = (long_frames if made else y), dict(n_fft=2048, hop_length=HOP)
    off = at.mfcc(z, SR, n_mfcc=20, **long) - at.mfcc(y, SR, n_mfcc=20, **long)
    louder_db = off[0].mean() / np.sqrt(128)  # coefficient 0 is the level of 128 bands
    change = at.intelligibility(z, y, SR) - usual
    rises = "rise" if change > 0 else "fall"
    listen = f"you say it {verdict or 'does neither'}; listen to this sound, then measure its ESTOI"
    needs = {
        "put the sound of long frames there, as long as y": made,
        f"it is {louder_db:.0f} dB off: mfcc and speak both need n_fft=2048": (abs(louder_db) < 5),
        "its pitch is not that of the clip": at.pitch_accuracy(at.pitch(z, SR), f0) > 0.5,
        listen: abs(change) > 0.05 and rises in str(verdict).lower(),
    }
    return all_met(needs, clip=clip)


@exercise
def rising_line(line, sung, *, f0, clip):
    """05-3: a sentence on a line that rises by an octave, where it is voiced."""
    fits, ruler = np.shape(line) == f0.shape, np.linspace(110, 220, len(f0))
    buzzing = np.sum(np.where(f0 > 0, 0, line) > 0) if fits else 0
    drawn = fits and np.allclose(line, np.where(f0 > 0, ruler, 0), atol=0.5)
    heard = drawn and np.ndim(sung) == 1 and np.any(sung)
    found = at.pitch_accuracy(at.pitch(sung, SR), line) if heard else 0.0
    needs = {
        "draw the line, one pitch for each frame of f0": fits and np.any(line),
        f"{buzzing} frames without a pitch were given one: consonants buzz": buzzing == 0,
        "where f0 is voiced, the line must run from 110 Hz in frame 0 to 220 Hz in the last": drawn,
        f"a tracker finds {found:.0%} of the line in `sung`": found > 0.8,
    }
    return all_met(needs, clip=clip)


@exercise
def why_a_person(because, *, y, C, f0, off_db, dalek, spoken, repeats, estoi, clip):
    """05-4: what the vocoder has that the Dalek has not: (d) periods that repeat."""
    up = dict(length=len(y), init="random", **SHORT)
    guess_64 = at.mfcc_to_audio(C, SR, n_iter=64, **up)
    guess_21 = at.mfcc_to_audio(at.mfcc(y, SR, n_mfcc=21, **SHORT), SR, n_iter=8, **up)
    later, wider = (at.intelligibility(z, y, SR) for z in (guess_64, guess_21))
    d, v = (off_db(z, f0 > 0) for z in (dalek, spoken))
    _, lost, again = repeats.values()  # 1: each period is like the last
    facts = {
        "a": (v < d, f"in voiced frames the Dalek is {d:.1f} dB off, the vocoder {v:.1f}"),
        "b": (wider > estoi - 0.05, f"21 MFCCs and a guess reach an ESTOI of {wider:.0%}"),
        "c": (later > estoi - 0.05, f"64 rounds reach an ESTOI of {later:.0%}"),
        "d": (
            again > 1.3 * lost,
            f"the Dalek's periodicity is {lost:.1f}, the vocoder's {again:.1f}",
        ),
    }
    return by_letter(because, facts, clip=clip)


# --- 06 Let a model predict it ----------------------------------------------------------------


@exercise
def frames_until_forgotten(forgotten: float, *, line):
    """06-1: after how many steps of 0.9 less than a hundredth of the beginning is left."""
    n, why = forgotten, f"{forgotten} is no whole number of frames"
    if n in range(1, 1000):
        why = f"after {n} frames {0.9**n:.1%} is left, after one less "
        why += f"{0.9 ** (n - 1):.1%}: each step takes a tenth of what is left"
    far = np.linalg.norm(line[31:] - line[-1], axis=1)  # how far from its end
    proof = f"the line above, with mel 80, is there after {np.argmax(far < 0.01 * far[0])}."
    return Verdict(n == next(k for k in range(200) if 0.9**k < 0.01), why, proof=proof)


@exercise
def anothers_shapes(
    other_shapes, *, pca, sentences, log_mel, mels, held_out, heard, mel_sound, ys, clip
):
    """06-2: twenty shapes learned from the other voice, which do not draw this one."""
    theirs = [log_mel(y).T for y in sentences("kal16" if clip == "slt" else "slt")]
    count, kept = len(getattr(other_shapes, "components_", [])), 1.0
    off_db = np.abs(getattr(other_shapes, "mean_", 0) - np.concatenate(theirs).mean(axis=0)).max()
    if count == 20 and other_shapes is not pca:
        coded = {i: other_shapes.transform(mels[i]) for i in held_out}
        back = {i: other_shapes.inverse_transform(coded[i]).T for i in held_out}
        kept = heard({i: mel_sound(back[i], len(ys[i])) for i in held_out})[1]
    whose = (
        f"right pitch {kept:.2f}, and a mean {off_db:.0f} dB off the other's: who else taught them?"
    )
    needs = {
        "these are still the shapes of this voice": other_shapes is not pca,
        f"{count} shapes; a PCA with 20 is asked": count == 20,
        whose: off_db < 0.1 and kept < 0.2,
    }
    return all_met(needs, clip=clip)


@exercise
def run_that_lives(alive, *, line, real, ridge, past, clip):
    """06-3: a run that draws from what its predictions leave over, and does not die."""
    fits = np.shape(alive) == line.shape and np.allclose(alive[:32], line[:32])
    run = np.asarray(alive) if fits else line
    drawn = (run[4:] - ridge.predict(past(run)))[28:]  # what is not predicted, by band
    wide = np.median(drawn.std(axis=0)) / np.std(ridge.predict(past(real)) - real[4:])
    alike = np.abs(np.corrcoef(drawn.T + 1e-9 * np.eye(80, len(drawn))) - np.eye(80)).mean()
    moves = np.std(np.diff(run[95:], axis=0)) / np.std(np.diff(real, axis=0))
    needs = {
        "125 frames of 80 bands are asked, the first 32 those of the voice": fits,
        "the run is still the line: nothing was drawn": wide > 0.01,
        f"draws {wide:.2f} times as wide as asked: do steps begin from them?": 0.8 < wide < 1.2,
        f"the bands move together (correlation {alike:.2f}): one draw for each": alike < 0.2,
        f"the end moves {moves:.2f} times as much as the voice": moves > 0.5,
    }
    return all_met(needs, clip=clip)


@exercise
def what_a_forest_blurs(
    envelope_predicted: float,
    pitch_predicted: float,
    because,
    *,
    clarity,
    scores,
    rows_by,
    ours,
    clip,
):
    """06-4: what a forest takes from ESTOI, by envelope and by pitch: (a) it smooths."""
    expected = clarity("trees", "copy", "copy"), clarity("copy", "trees", "trees")
    taken, hit = scores["copy", ours][0] - expected[1], scores["trees", ours][1]
    guessed, true = (np.vstack([*rows_by[way][ours].values()])[:, :20] for way in ("trees", "copy"))
    first, *rest = 1 - np.mean((guessed - true) ** 2, axis=0) / true.var(axis=0)
    moves = np.mean(np.divide(*(np.diff(rows, axis=0).std(axis=0) for rows in (guessed, true))))
    told = f"{first:.0%} of it are told, {np.mean(rest):.0%} of the others"
    facts = {
        "a": (moves < 0.9, f"a predicted coefficient moves {moves:.0%} as much as a true one"),
        "b": (hit > 0.5, f"its pitch is right in {hit:.0%} of the frames that have one"),
        "c": (taken < 0.01, f"a predicted pitch takes {taken:.2f} from ESTOI"),
        "d": (first < np.mean(rest), told),
    }
    said = [envelope_predicted, pitch_predicted]
    slip = "these are not the two ESTOIs, the one of the envelope first"
    slip = "" if np.allclose(said, expected, atol=0.01) else slip
    return by_letter(because, facts, clip=clip, slip=slip)


# --- 07 Autopsy of a gist ---------------------------------------------------------------------


@exercise
def how_early(early: float, *, click, there_and_back):
    """07-1: how early a click comes after three trips through half frames."""
    trip = click
    for _ in range(3):
        trip = there_and_back(trip, whole=False, n_fft=2048, hop_length=512)
    slips = {
        512: "that is one trip, and there are three",
        768: "that is a quarter of 1,024 on each trip, but these frames hold 2,048 samples",
        3072: "that is half a frame on each trip: half of it is used, but its middle half, which "
        "begins a quarter of a frame after its start",
    }
    share = (
        f"that is {early / 3 / 2048:.2f} of a frame on each trip: find where its middle half begins"
    )
    why = f"you gave {early} samples; {slips.get(early, share)}"
    return Verdict(early == click.argmax() - trip.argmax(), why)


@exercise
def filter_of_another_rate(fmin: float, fmax: float, *, sr):
    """07-2: what to tell a filter of 44,100 Hz so that it hears 300 to 8,000 Hz of our sound."""
    low_hz, high_hz = (hz * sr / 44100 for hz in (fmin, fmax))  # in our sound
    why = f"told {fmin} to {fmax} Hz, they hear {low_hz:.0f} to {high_hz:.0f} Hz of our sound: "
    if low_hz < 108:
        why += "you scaled down, and so the filter goes down twice"
    elif (fmin, fmax) == (300, 8000):
        why += "these are the Hz of a sound at 44,100, the rows we want have other Hz there"
    else:
        why += "300 to 8000 are wanted, and both edges scale by the same factor"
    return Verdict(abs(low_hz - 300) < 1 and abs(high_hz - 8000) < 20, why)


@exercise
def finds_every_defect(passes, *, there_and_back, spoils, names):
    """07-3: a test that lets the walk without a defect through, and no other."""
    if not callable(passes):
        return Verdict(False, "`passes` is no function: def passes(walk), which returns a bool")
    walks = {"no defect": there_and_back}
    walks |= {name: functools.partial(there_and_back, **spoils[name]) for name in names}
    through = [name for name, walk in walks.items() if np.all(passes(walk))]
    blind = {
        "mirror": "it blurs neighbouring rows: compare samples, or the pitch",
        "half frame": "all is there, only early: compare a sound that changes, place by place",
        "sum": "all is there, only softer: the level must count",
        "reversal": "your sound looks the same backwards, or only magnitudes are compared",
    }
    why = [f"{name} gets through ({blind[name]})" for name in through if name in blind]
    if "no defect" not in through:
        why = ["it refuses the walk without a defect: allow for rounding, 1e-3 or so"]
    return Verdict(through == ["no defect"], "; ".join(why))


@exercise
def clever_trick(because, *, back, forth, cost, clip):
    """07-4: why turning frames round helped: (b) they ran backwards."""
    gained, spoilt, summed = back[1] - back[2], forth[2] - forth[1], abs(cost["sum"])
    facts = {
        "a": (spoilt < 0, f"then it would help frames that run forwards: it costs {spoilt:.0f} dB"),
        "b": (
            gained > 0 < spoilt,
            f"it gains {gained:.0f} dB backwards, costs {spoilt:.0f} forwards",
        ),
        "c": (gained < 1, f"whole frames are never early, and backwards it gains {gained:.0f} dB"),
        "d": (
            summed > 1,
            f"the sum alone changes the error by {summed:.1f} dB: nothing to give back",
        ),
    }
    return by_letter(because, facts, clip=clip)


# --- 08 Bring your own sound ------------------------------------------------------------------


@exercise
def fewest_for_a_violin(violin: float):
    """08-1: the smallest number of MFCCs that draws 196 Hz."""
    words = dict(above="above the note", below="below it, and so with one fewer")
    return fewest(violin, 196, of="MFCCs", limit="the law's limit", **words)


@exercise
def clearest_frames(clearest: float, *, stairs, y, usual):
    """08-2: the frame length that keeps the words of a spectrogram best, half a frame apart."""
    n, words = clearest, {}
    for n_fft in (128, 256, 512, 1024, 2048):
        _, back = stairs(y, "spectrogram", **usual | {"n_fft": n_fft, "overlap": 2})
        words[n_fft] = at.intelligibility(back, y, SR)
    best = max(words, key=words.get)
    why = f"{clearest} is none of the five lengths"
    if n in words:
        why = f"frames of {n} reach {words[n]:.2f}; "
        why += ("longer" if n < best else "shorter") + " ones reach more, half a frame apart"
    return Verdict(n == best, why)


@exercise
def thrifty_stairs(my_stop, my_values, *, y, there_and_back, tune_of, limit_of, clip):
    """08-3: at most 1,500 numbers a second that keep the tune and the words."""
    if str(my_stop) not in ("spectrogram", "mel", "MFCC", "MFCC + pitch"):
        return Verdict(False, "`my_stop` is none of the panel's four lowest steps", clip=clip)
    if not isinstance(my_values, dict):
        return Verdict(False, "`my_values` is to be a dict, as `usual` is one", clip=clip)
    lowest, back = there_and_back(y, my_stop, **my_values)
    cost, words = lowest.size * SR / len(y), at.intelligibility(back, y, SR)
    f0 = tune_of(y.tobytes())
    kept = at.pitch_accuracy(at.pitch(back, SR, fmax=1000), f0) if f0.any() else 0.0
    limit_hz = limit_of(my_stop, **my_values)
    needs = {
        f"{cost:,.0f} numbers a second are more than 1,500": cost <= 1500,
        f"{kept:.0%} of the tune, 80 % are needed: the law's limit is {limit_hz:.0f} Hz": kept
        > 0.8,
        f"an ESTOI of {words:.2f}, not 0.83: shorter frames, or more of them?": words > 0.83,
    }
    return all_met(needs, clip=clip)


# --- 09 From a clip to a corpus ---------------------------------------------------------------


@exercise
def size_of_a_corpus(predicted: float):
    """09-1: the gigabytes of 1,000 hours of 80 mel bands, 160 samples apart, in float32."""
    gb = 80 * (SR / 160) * 3.6e6 * np.dtype(np.float32).itemsize / 1e9
    slips = {
        4: "that counts numbers, and each has four bytes",
        0.125: "those are bits",
        1.6: "those are frames of notebook 04's hop, 256 samples",
        1000: "that is one hour",
    }
    slip = [words for factor, words in slips.items() if abs(predicted * factor / gb - 1) < 0.01]
    why = slip[0] if slip else "go through the four factors"
    return Verdict(abs(predicted - gb) < 0.1, f"{predicted} GB are not it: {why}")


@exercise
def thrifty_recipe(thrifty, *, y):
    """09-2: a recipe with a pitch, of 700 numbers a second, that keeps the words."""
    if not hasattr(thrifty, "down"):
        return Verdict(False, "a recipe is asked, as `recipe` is one")
    X, hz = thrifty.down(y)
    per_second = (len(X) + (hz is not None)) * thrifty.sr / thrifty.hop_length
    clear = at.intelligibility(thrifty.up(X, hz, length=len(y)), y, SR)
    why = f"{per_second:,.0f} numbers a second (700 at most), ESTOI {clear:.2f} (above 0.70)"
    why += "" if thrifty.pitch else "; and it has no pitch: pitch=(65, 420)"
    why += (
        "" if thrifty.sr == SR else f"; and the sound has {SR} samples a second, not {thrifty.sr}"
    )
    fits = thrifty.pitch is not None and thrifty.sr == SR
    return Verdict(per_second <= 700 and clear > 0.7 and fits, why)


@exercise
def scaler_of_one_voice(own_scaler, scaled_other, *, store):
    """09-3: a scaler that has seen all of slt and nothing else, applied to kal16."""
    slts = [item for item in store if item.startswith("slt")]
    n_frames = sum(store.features(item).shape[1] for item in slts)
    n, n_seen = (getattr(own_scaler, f"n_{of}_", 0) for of in ("features_in", "samples_seen"))
    X = store.features("kal16/01").T
    scaled = own_scaler.transform(X) if n == 20 else np.zeros(1)
    shape = np.shape(scaled_other)
    needs = {
        f"it knows {n} features, 20 coefficients are meant: frames go into rows": n == 20,
        f"it has seen {n_seen} frames, slt has {n_frames}": n_seen == n_frames,
        f"scaled_other has shape {shape}, frames go into rows": shape == X.shape,
        "own_scaler is right, scaled_other is not made by it": (
            shape == scaled.shape and np.allclose(scaled_other, scaled, atol=1e-3)
        ),
    }
    return all_met(needs)


@exercise
def after_a_crash(half_written: float, taken_for_items: float, left: float):
    """09-4: what a build that was killed leaves behind."""
    whys = []
    if half_written != 16:
        whys.append("each worker writes its own item, one at a time")
    if taken_for_items != 0:
        whys.append("an item gets its name when it is whole, and hidden names are passed over")
    if left != 0:
        whys.append("the next build sweeps up before it begins")
    return Verdict(not whys, "; ".join(whys))


# --- 10 Drawn, told, guessed ------------------------------------------------------------------


@exercise
def seen_by_the_model(seen_ms: float):
    """10-1: how many milliseconds of sound lie in fifteen frames."""
    slips = {
        240: "between fifteen frames there are fourteen steps",
        480: "frames overlap: do not add up their lengths",
        224: "that is from centre to centre: the outer frames have ends",
        112: "seven frames on each side, not in all",
    }
    why = slips.get(seen_ms, "fourteen steps, and one frame; then from samples to milliseconds")
    if abs(1000 * seen_ms - 256) < 1:
        why = "that is in seconds; give milliseconds"
    return Verdict(abs(seen_ms - 256) < 1, f"{seen_ms} is not it: {why}")


@exercise
def held_out_or_not(by_sentence: float, by_frame: float, *, nearest, sentence_of, own):
    """10-2: the nearest neighbour's score, by held-out sentences and by held-out frames."""
    apart = np.isin(sentence_of, own.held_out)
    fourth = np.arange(len(sentence_of)) % 4 == 3
    shares = nearest(~apart, apart), nearest(~fourth, fourth)
    said = by_sentence, by_frame
    needs = {
        "these are not two shares": min(said) > 0,
        "shares are from 0 to 1, not percent": max(said) <= 1,
        "one of them is 1: it was asked what it had learned": max(said) < 0.999,
        "they are the wrong way round": said[0] < said[1],
        "the first is not that of held-out sentences": abs(said[0] - shares[0]) < 0.02,
        "the second is not that of every fourth frame": abs(said[1] - shares[1]) < 0.02,
    }
    proof = f"{shares[1]:.0%} by frame: its neighbours in time were learned, and look the same."
    return all_met(needs, proof=proof, clip=own.name)


@exercise
def two_rivals_one_team(team, *, own, rms, pitch_model):
    """10-3: ridge learns what the position leaves over, and both are added."""
    shapes = [np.shape(rows) for rows in own.semitones]
    fits = np.iterable(team) and [np.shape(rows) for rows in team] == shapes
    off = rms(own, team) if fits else np.inf
    place, ridge = own.guess["position only"], own.guess["ridge"]
    left = [tones - where for tones, where in zip(own.semitones, place)]
    rest = pitch_model(own.X, SimpleNamespace(voiced=own.voiced, semitones=left), own.learned)
    asked = [where + rest.predict(X) for where, X in zip(place, own.X)]
    best = min(rms(own, guess) for guess in (place, ridge))
    alike = fits and all(np.allclose(a, b, atol=0.05) for a, b in zip(team, asked))
    needs = {
        "an array of semitones for each sentence of own is asked": fits,
        "too good: it has learned from sentences that are held out": off > 0.9 * rms(own, asked),
        f"an error of {off:.2f} semitones, {best:.2f} alone: ridge must learn the rest": off < best,
        "better, but not what ridge learns of what is left over": alike,
    }
    return all_met(needs, clip=own.name)


@exercise
def right_and_alike(because, *, voice, near, context, pitch_model):
    """10-4: right to a semitone, yet deaf to an octave: (c) it knows this voice's habits."""
    know, flat = near(voice, voice.guess["ridge"]), near(voice, voice.guess["the mean"])
    dull = [context(C[1:]) for C in voice.C]  # without the loudness
    deaf = pitch_model(dull, voice, voice.learned)
    without = near(voice, [deaf.predict(X) for X in dull])
    moved, apart = f"{voice.moved:.1f}", f"{voice.told_apart:.0%}"
    facts = {
        "a": (voice.moved > 1, f"then an octave would move the answers, by more than {moved}"),
        "b": (flat > 0.95 * know, f"the mean is right in {flat:.0%}, the model in {know:.0%}"),
        "c": (voice.told_apart < 0.6, f"a model for nothing else tells the copies in {apart}"),
        "d": (without < 0.9 * know, f"without coefficient 0 it is right in {without:.0%}"),
    }
    return by_letter(because, facts)


# --- 11 Features from elsewhere ---------------------------------------------------------------


@exercise
def numbers_of_whisper(numbers_per_second: float):
    """11-1: Whisper's 128 bands, 100 frames a second."""
    slips = {
        8000: "that is the smaller model's, with 80 bands",
        128 * SR / 400: "frames of 400 samples overlap: they begin every 160",
        128 * SR / HOP: "that is our hop; Whisper has its own",
        128: "that is one frame's",
        100: "so many frames begin in a second; what does each of them hold?",
    }
    why = slips.get(numbers_per_second, "how many frames begin in a second, and what do they hold?")
    return Verdict(numbers_per_second == 12800, f"{numbers_per_second:g} is not it: {why}")


@exercise
def recipe_of_a_page(vocoder):
    """11-2: a vocoder's page, written down as a recipe."""
    if not isinstance(vocoder, at.Recipe):
        return Verdict(
            False, "a recipe is asked: dataclasses.replace(at.RECIPES['tacotron2'], ...)"
        )
    usual = at.RECIPES["tacotron2"]
    page = replace(usual, sr=24000, n_mels=100, fmax=12000, floor=1e-7)
    alike = vocoder if vocoder.fmax else replace(vocoder, fmax=vocoder.sr / 2)
    needs = {"it is still Tacotron 2's": vocoder != usual}
    for field, asked in vars(page).items():
        said = getattr(alike, field)
        needs[f"{field} is {said!r}: read the page again"] = said == asked
    return all_met(needs, proof=f"{vocoder.numbers_per_second:,.0f} numbers per second.")


@exercise
def the_mystery(voice, *, data):
    """11-3: Kaldi's filterbanks with 40 bands, laid on their side; the voice is kal16's."""
    mystery = at.load_features(data / "mystery.npy")
    reference, _ = at.load_wav(data / "kal16.wav", sr=SR, duration=mystery.shape[1] / 100)
    voice = np.asarray(voice, dtype=float)
    n = min(len(voice), len(reference))
    needs = {
        "one sound is asked, an array (n,)": voice.ndim == 1,
        "it is silent": voice.any(),
        f"{len(voice) / SR:.1f} s at {SR:,} samples per second are not the sound of "
        f"{mystery.shape[1]} frames: is it another recipe's?": abs(len(voice) - n) < 0.05 * n
        and n > 0.95 * len(reference),
    }
    fits = all(needs.values())
    words = at.intelligibility(voice[:n], reference[:n], SR) if fits else 0
    louder_db = 20 * np.log10(voice[:n].std() / reference[:n].std()) if fits else 0
    needs[f"its words come back to {words:.0%} only: another mel, another logarithm?"] = words > 0.8
    needs[f"its words are right, and it is {louder_db:+.0f} dB too loud"] = abs(louder_db) < 6
    return all_met(needs, proof=f"its words come back to {words:.0%}.")


@exercise
def energy_for_c0(because, *, y, words):
    """11-4: Kaldi's energy and coefficient 0 both say how loud a frame is (b)."""
    energy = at.RECIPES["kaldi_mfcc"]
    first = replace(energy, energy=None)
    X, X_first = energy.down(y), first.down(y)
    flat = X_first.copy()
    flat[:, 0] = flat[:, 0].mean()
    by_first, deaf = (
        at.intelligibility(first.up(x, length=len(y)), y, SR) for x in (X_first, flat)
    )
    apart = np.abs(X[:, 0] - X_first[:, 0]).mean()
    frames = [
        np.log(at.frame(z, 400, 160).std(axis=0) + 1e-4) for z in (y, energy.up(X, length=len(y)))
    ]
    follows = np.corrcoef(*frames)[0, 1]
    facts = {
        "a": (apart < 1, f"they differ by {apart:.0f} on average"),
        "b": (
            abs(by_first - words) < 0.05 and by_first - deaf > 0.05 and follows > 0.7,
            f"the words come back to {words:.0%}, with coefficient 0 to {by_first:.0%}",
        ),
        "c": (by_first - deaf < 0.05, f"with one value for all frames words fall to {deaf:.0%}"),
        "d": (follows < 0.7, f"the loudness of what comes back follows the voice to {follows:.0%}"),
    }
    return by_letter(because, facts)
