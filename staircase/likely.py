"""What an array probably is, where it cannot be what it was passed as.

Features come from many houses: as logarithms, scaled, with frames in rows. Ranges and shapes
tell which. What stands here returns words for an error or a warning: the likely cause in the
reader's terms, and the cure that leads home.
"""

import numpy as np

# ----------------------------------------------------------------------------------------
# Numbers below zero, where magnitudes are asked for
# ----------------------------------------------------------------------------------------

_LOGARITHMS = {  # how each is undone: that of a spectrum S, and that of a mel spectrum M
    "natural logarithms": ("np.exp({0}) (of powers np.exp({0} / 2))", "np.exp({0})"),
    "log10": ("10 ** {0} (of powers 10 ** ({0} / 2))", "10 ** {0}"),
    "decibels": (
        "db_to_amplitude({0})",
        "db_to_power({0}) and power=2 (of amplitude_to_db: db_to_amplitude({0}) and power=1)",
    ),
}
_POWER = ", and power=1 if of magnitudes (HiFi-GAN), power=2 if of powers"


def below_zero(x, name):
    """Returns what `x` probably is, whose values should be magnitudes, and how to make them so."""
    for cause in (_stretched_levels, _centred, _cepstrum, _half_or_few, _whispered):
        words = cause(x, name)
        if words:
            return words
    return _exponentiated(_logarithm(x), name)


def _stretched_levels(x, name):
    """Returns how to undo Tacotron's scaling of -80 ... 20 dB to -1 ... 1 or -4 ... 4.

    Cut off there, 6 to 11 % of our three clips lie on the floor.
    """
    low = float(x.min())
    if low not in (-1, -4) or x.max() > -low or np.mean(x == low) < 0.001:
        return ""
    return (
        f"it looks like levels scaled to {low:g} ... {-low:g}, as Tacotron's: pass "
        f"db_to_amplitude({-50 / low:g} * {name} - 30) and power=1, if {-low:g} is 20 dB and "
        f"{low:g} is -80; levels scaled otherwise need their own scaling undone first"
    )


def _centred(x, name):
    """Returns what to add to features whose mean was taken out, whole or of each band."""
    centre, spread = x.mean(dtype=float), x.std(dtype=float)
    if abs(centre) < 0.1 * spread and 0.9 < spread < 1.1:
        taken = "standardised (mean 0, spread 1)"
    elif x.ndim >= 2 and (_centred_rows(x) or _centred_rows(x.swapaxes(-1, -2))):
        taken = "as if the mean of each band was taken out"
    else:
        return ""
    return (
        f"it looks {taken}, and what was taken is gone: make it {name} * spread + mean again, "
        "those of the way down, then undo the logarithm, as by np.exp or db_to_amplitude "
        "(MFCCs: mfcc_to_audio)"
    )


def _centred_rows(x):
    """Whether each row has the mean 0: to rounding, as no feature of a sound has of itself."""
    means, spread = x.mean(axis=-1, dtype=float), x.std(dtype=float)
    return x.shape[-1] >= 10 and x.shape[-2] > 1 and np.abs(means).max() < 1e-4 * spread


def _cepstrum(x, name):
    """Returns where MFCCs should go, if `x` looks like some."""
    if x.ndim < 2:
        return ""
    if not _cepstral(x) and _cepstral(x.swapaxes(-1, -2)):
        return f"it looks like MFCCs with frames in rows: pass {name}.T to mfcc_to_audio"
    along_rows, along_columns = jumps(x)  # without their first, MFCCs have 0.54 ... 2.9 and 0.3
    rough = x.min() < -15 and along_rows > max(0.8, 3 * along_columns)
    if _cepstral(x) or rough or x.min() < -250:  # decibels hardly reach so low
        return (
            f"it looks like MFCCs: pass {name} to mfcc_to_audio, or go on with "
            f"mfcc_to_mel({name}, n_mels=...) and power=2"
        )
    return ""


def _half_or_few(x, name):
    """Returns what numbers are that swing about zero, or of which a few alone lie below."""
    share, centre, spread = np.mean(x < 0), x.mean(dtype=float), x.std(dtype=float)
    # Neighbours in a real part are unlike (1.1 ... 3.4 of our sounds), in logarithms alike (< 1).
    alike = x.ndim >= 2 and min(jumps(x)) < 0.5 and max(jumps(x)) < 1
    if abs(centre) < 0.1 * spread and 0.1 < share < 0.9 and not alike:
        return (
            "about half of it is. Of a complex D pass np.abs(D), of a waveform np.abs(stft(y)), "
            "of decibels db_to_amplitude, of MFCCs mfcc_to_mel"
        )
    if share < 0.05 and not 3 < np.median(x) < 35:  # so high lie logarithms of 16-bit samples
        return (
            f"only {share:.2g} of it is. If a model or a subtraction did that, pass "
            f"np.maximum({name}, 0); if it holds decibels, db_to_amplitude({name})"
        )
    return ""


def _whispered(x, name):
    """Returns how to undo Whisper's (log10 + 4) / 4, if `x` spans what is left of 8 decades."""
    if x.min() <= -2 or x.max() >= 2 or abs(np.ptp(x) - 2) >= 1e-3:
        return ""
    return (
        f"it looks like log10 scaled by Whisper: pass 10 ** (4 * {name} - 4) and power=2; "
        "levels scaled otherwise need their own scaling undone first"
    )


def _exponentiated(likely, name):
    """Returns how to undo the `likely` logarithm, and the others in case it is one of them."""
    is_mel = name == "M"
    cures = {words: cures[is_mel].format(name) for words, cures in _LOGARITHMS.items()}
    power = _POWER if is_mel and likely != "decibels" else ""
    others = "; ".join(f"{words}: {cure}" for words, cure in cures.items() if words != likely)
    whose = f"; guess_recipe({name}) tells whose" if is_mel else ""
    return f"it looks like {likely}: pass {cures[likely]}{power}. If {others}{whose}"


def _logarithm(x):
    """Returns which logarithm `x` probably is: of sounds, each has its range."""
    low, high = float(x.min()), float(x.max())
    if min(abs(low - np.log(np.finfo(format).eps)) for format in (np.float32, float)) < 1e-2:
        return "natural logarithms"  # on Kaldi's floor, or that of python_speech_features
    # Spreads of our three clips: 18 ... 28 of decibels, 2.3 ... 5.8 of natural logarithms.
    if low < -26 or high > 35 or x.std(dtype=float) > 10:
        return "decibels"
    if np.count_nonzero(x == x.min()) > 1:  # a floor, such as log(1e-5)
        for words, decades in {"log10": low, "natural logarithms": low / np.log(10)}.items():
            if abs(decades - round(decades)) < 1e-3:
                return words
    if high > 7:  # 20 ... 29 of powers of 16-bit samples; a log10 of 7 is 140 dB
        return "natural logarithms"
    # A sound's 50 ... 110 dB are 6 ... 13 in ln of magnitudes, 2.5 ... 5.6 in log10; log10 of
    # powers differs from ln of magnitudes by a factor of 1.15 alone.
    return "natural logarithms" if low < -10 or 6.5 < high - low < 9 else "log10"


def _cepstral(x):
    """Whether the first row stands apart and the others swing about zero, as those of MFCCs."""
    first, rest = (np.asarray(part, float) for part in (x[..., :1, :], x[..., 1:, :]))
    if rest.size == 0:
        return False
    swing = np.sqrt(np.mean(rest**2))
    return np.sqrt(np.mean(first**2)) > 2.5 * swing and abs(rest.mean()) < 0.7 * swing


def jumps(x):
    """Returns how far neighbours differ in energy, along rows and along columns: noise has 2.

    MFCCs have 0.38 ... 2.6 along rows and 0 ... 0.09 along columns, of 23 sounds with 13 to 80
    coefficients; decibels of mel spectra mostly below 0.4 and 0.07.
    """
    x = np.asarray(x, float) / (float(np.abs(x).max()) or 1)
    return [float(np.sum(np.diff(x, axis=axis) ** 2) / np.sum(x**2)) for axis in (-2, -1)]


def no_magnitudes(x, name, lowest, highest):
    """Returns what to say of magnitudes that spread as levels do, and which levels they are."""
    if x.ndim < 2 or x.size < 1000:
        return ""
    if lowest == 0 and 0.3 < highest <= 1:
        return _scaled(x, name)
    if lowest > 0 and 12 < highest < 35:
        return _logarithms_above_zero(x, name, lowest, highest)
    return ""


def _scaled(x, name):
    """Returns how to undo the scaling of levels to 0 ... 1, if `x` has their floor.

    Most magnitudes lie near 0, and reach it where a whole frame is silent, or a whole band unheard.
    """
    middle, zero = np.median(x), x == 0
    whole = zero.all(axis=-2, keepdims=True) | zero.all(axis=-1, keepdims=True)
    if middle < 0.1 or np.array_equal(zero, zero & whole):  # of our clips 0.3 ... 0.5, M below 0.01
        return ""
    return (
        f"{name} lies in 0 ... {x.max():.2g} with a median of {middle:.2g}, as scaled levels do, "
        f"and magnitudes hardly: undo the scaling, as in db_to_amplitude(80 * {name} - 80), or "
        f"db_to_amplitude(100 * {name} - 80) of Tacotron's"
    )


def _logarithms_above_zero(x, name, lowest, highest):
    """Returns how to undo logarithms all of which lie above zero: Kaldi's, or log1p of powers.

    They spread as far below their median as above it (1.4 times at most), and over time: their
    frames by 0.1 of the maximum. Right mel spectra of 23 sounds that spread so have 0.04 at most.
    A log1p of small numbers is as good as linear: that the data do not tell.
    """
    middle = np.median(x)
    balanced = middle > 0.4 * highest and highest - middle < 1.4 * (middle - lowest)
    if not balanced or lowest > 0.3 * highest or x.mean(axis=-2).std() < 0.06 * highest:
        return ""
    sixteen_bit = f"np.exp({name}) / 32768**2 and power=2"
    return (
        f"{name} lies in {lowest:.2g} ... {highest:.2g} as logarithms do, and magnitudes hardly: "
        f"if of Kaldi, ln of powers of 16-bit samples, pass {sixteen_bit}; if np.log1p(a * M), "
        f"use np.expm1({name}) / a"
    )


# ----------------------------------------------------------------------------------------
# Frames in rows, and other shapes
# ----------------------------------------------------------------------------------------

BAND_COUNTS = (13, 20, 23, 24, 26, 32, 40, 64, 80, 96, 100, 128, 160, 229, 256)  # or of MFCCs


def swapped(*names):
    """Returns what to say where the transposed shapes would fit."""
    batch = "" if names[-1] == "mel_filter" else f" (in a batch {names[-1]}.swapaxes(-1, -2))"
    where = "Bands lie in rows" if batch == "" else "Frames lie in columns"
    return f"did you swap axes? {where}: pass {' and '.join(f'{n}.T' for n in names)}{batch}"


def misfit(mel_filter, x, name):
    """Returns what to do where a filter fits neither the spectrum "S" nor the mel spectrum "M"."""
    turned = mel_filter.shape[0] > mel_filter.shape[1]  # a filter has fewer bands than rows
    bands, rows = sorted(mel_filter.shape)
    if name == "S":
        wanted, cure = rows, "make the filter with the sr and n_fft of the spectrum"
        mistaken = {bands: "S looks like a mel spectrum already, use it as M"}
    else:
        wanted, cure = bands, "use the filter of the way down"
        mistaken = {rows: "M looks like a spectrogram, use griffin_lim, or make_mel first"}
    if len(x) == wanted:
        return swapped("mel_filter")
    if len(x) in mistaken:
        return mistaken[len(x)]
    return swapped(*["mel_filter"] * turned, name) if x.shape[1] == wanted else cure


def no_spectrum(S, hop_length):
    """Returns why `S` is hardly a spectrum, if no n_fft was named: any number of rows makes one.

    A right spectrum must raise no doubt, and one on its side should. Tried were 29 n_fft of
    256 ... 8192 with their usual hops, and 23 voices, instruments and synthetic sounds of
    0.3 ... 10 s, cut to frame counts that make an n_fft themselves. Of 8,656 right ones none is
    doubted, with hop or without. On their side 93 ... 97 % of the voices are told with the hop,
    81 ... 89 % without; of a bird 82 and 49 %, of synthetic sounds fewer, for sizes alone tell.
    """
    rows, columns = S.shape
    name, n_fft = "D" if S.dtype.kind == "c" else "S", 2 * (rows - 1)
    name_it = f"if the shape is right, pass n_fft={n_fft}"
    if _on_its_side(S, hop_length):
        mel = ", or is it a mel spectrum for mel_to_audio?" if rows in BAND_COUNTS else ""
        return (
            f"the spectrum has {rows} rows, which make n_fft={n_fft}, and {columns} columns, "
            f"which would make {2 * (columns - 1)}: {swapped(name)}{mel}; {name_it}"
        )
    few = 10 <= rows <= 128 or rows % 32 == 0
    aside = rows > columns and columns in BAND_COUNTS
    if (few or aside) and not _usual(rows) and _hop_speaks(rows, hop_length) <= 0:
        return (
            f"the spectrum has {rows} rows, which make n_fft={n_fft}, as hardly an STFT has: is it "
            "a mel spectrum? Use mel_to_audio(M, mel_filter) (MFCCs: mfcc_to_audio); if frames lie "
            f"in rows, pass {name}.T; {name_it}"
        )
    return ""


def _on_its_side(S, hop_length):
    """Whether frames lie in rows: what speaks for it, in points, minus what speaks against."""
    rows, columns = S.shape
    points = _usual(columns) - _usual(rows)
    points += _hop_speaks(columns, hop_length) - _hop_speaks(rows, hop_length)
    if abs(points - _ENOUGH) <= _MOST_OF_LEVELS:  # else they change nothing
        points += _levels_speak(np.abs(S))
    return points >= _ENOUGH


_ENOUGH = 3  # points; right spectra of 25,522 (another draw) reached 2.5
_MOST_OF_LEVELS = 4  # points; with 3.4 at most a tenth of the voices on their side go unseen
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)  # Hz
_SPANS = (10, 12.5, 16, 20, 25, 30, 32, 40, 50, 60, 64, 80, 100, 125)  # ms
_ROUND = {int(sr * ms / 1000 + up) // 2 + 1 for sr in _RATES for ms in _SPANS for up in (0, 0.99)}
_ROUND |= {3 * 2**k + 1 for k in range(4, 12)}  # rows that a usual span or 96 ... 12288 makes
_ROUND |= {9, 17, 33}  # n_fft is 16, 32 or 64, as in lessons


def _usual(rows):
    """Returns 4 points if so many rows make a power of two, 3 if a usual span, 0 if an odd one."""
    n_fft = 2 * (rows - 1)
    if n_fft >= 128 and n_fft & (n_fft - 1) == 0:
        return 4
    return 3 * (rows in _ROUND)


def _hop_speaks(rows, hop_length):
    """Returns the points for an n_fft of so many rows: -3 if the hop leaves gaps, 1.5 if it fits.

    Usual hops are a half, third, quarter or eighth of n_fft, and the like of 10 ms.
    """
    n_fft = 2 * (rows - 1)
    if hop_length is None:
        return 0
    if not n_fft / 64 <= hop_length <= n_fft / 2:
        return -3
    return 1.5 * any(-k / 2 <= n_fft - k * hop_length < k for k in (2, 3, 4, 8))


def _levels_speak(S):
    """Returns the points for frames in rows that the levels of `S` give, below zero against it.

    The energy of most sounds lies low (of voices in the first 3 ... 15 % of the rows) and is
    spread over time; and levels differ more along frequency. For frames in rows speaks that
    only where both axes vary and neighbours differ, as in a tone, a click or steady noise hardly.
    """
    S = S / (S.max() or 1)
    levels = np.log(np.maximum(S, 1e-5))
    spreads = [levels.mean(axis=axis).std() for axis in (1, 0)]  # of rows, of columns
    centres = [_centre(np.sum(S * S, axis=axis)) for axis in (1, 0)]
    ratio = np.log((spreads[1] + 0.1) / (spreads[0] + 0.1))
    points = np.clip(11 * (centres[0] - centres[1]) + 2 * ratio, -_MOST_OF_LEVELS, _MOST_OF_LEVELS)
    if max(spreads) < 0.2:  # steady white noise
        return 0
    # Of 7 synthetic sounds (drum, clicks, gated noise ...) the smaller spread is up to 0.4 where
    # the roughness is above 0.001; voices have 0.5 ... 2. Fewer than 80 frames misled three
    # times in 42,000.
    if points < 0 or min(S.shape) < 80 or min(spreads) < 0.45:
        return min(points, 0)
    return points if min(_roughness(levels), _roughness(levels.T)) > 0.01 else 0


def _centre(energy):
    """Returns where the centre of some energies lies, from 0 at the first to 1."""
    return energy @ np.arange(len(energy)) / (energy.sum() or 1) / len(energy)


def _roughness(levels):
    """Returns by how much a level usually leaves the line between its neighbours in a column."""
    return np.median(np.abs(np.diff(levels, 2, axis=0)))


def no_mel(M):
    """Returns what to say of a mel spectrum whose frames probably lie in rows."""
    rows, columns = M.shape
    if rows <= 256 or not (rows - 1) & (rows - 2) or columns not in BAND_COUNTS:
        return ""
    return f"M has {rows} rows and {columns} columns: {swapped('M')}"


def no_cepstrum(C, *, one_sign):
    """Returns what MFCCs `C` probably are, if they hardly are any; `one_sign` if all are.

    Where the first was left out, the second stands in its place, and as far apart as many a
    right one: that the data do not tell.
    """
    if min(C.shape[-2:]) < 5 or not C.any():
        return ""
    if _centred_rows(C):
        return (
            "each row of C has mean 0, as if that was taken out, and the level with it: make it "
            "C * spread + mean again (or C + mean), those of the way down"
        )
    along_rows, along_columns = jumps(C)
    if along_rows < 0.15 and along_columns > 0.35 and C.shape[-1] >= 10:  # see jumps
        return f"the first column of C stands apart, as the first row of MFCCs does: {swapped('C')}"
    first, all_ = (np.linalg.norm(np.asarray(part, float)) for part in (C[..., 0, :], C))
    if one_sign and first < 0.7 * all_ or max(along_rows, along_columns) < 0.3:
        alike = "all of C have one sign" if one_sign else "neighbouring rows of C are alike"
        return (
            f"{alike}, as in a mel spectrum and not in MFCCs: use mel_to_audio, or mel_to_mfcc(M) "
            "of powers, 10 ** (C / 10) if they are decibels"
        )
    return ""


# ----------------------------------------------------------------------------------------
# Features of whatever recipe
# ----------------------------------------------------------------------------------------


def refuse_no_features(X):
    """Returns the array `X` if it can be features of one sound: finite floats in a table."""
    if X.dtype.kind == "O":
        raise TypeError(
            f"X has dtype object and shape {X.shape}, as utterances of several lengths have, or a "
            "pickle: pass one utterance, an array of floats"
        )
    if X.dtype.kind != "f":
        raise TypeError(
            f"X has dtype {X.dtype}, and features are floats: undo a quantisation first, and of a "
            "waveform make features by recipe.down(y)"
        )
    if X.ndim != 2 or not X.size:
        one = "one utterance at a time, as in X[0]" if X.ndim > 2 else "frames and their numbers"
        raise ValueError(f"X has shape {X.shape}: pass {one}, in two dimensions, none empty")
    bad = X.size - np.count_nonzero(np.isfinite(X))
    if bad:
        raise ValueError(
            f"X holds NaN or infinity in {bad} of {X.size} values, as the logarithm of 0 does: put "
            "them on the floor of the recipe, as in np.where(np.isfinite(X), X, X[np.isfinite(X)]"
            ".min())"
        )
    return X


def scaled_features(X, *, linear):
    """Returns how to undo a scaler, if features of levels (or `linear` ones) look like its work.

    Of eight sounds no recipe has a mean so near 0 at a deviation so near 1.
    """
    ends, centre, spread = (float(X.min()), float(X.max())), X.mean(dtype=float), X.std(dtype=float)
    to_one = not linear and ends in ((0, 1), (-1, 1))
    if to_one or _unit_columns(X) or _unit_columns(X.T):
        return (
            f"X lies in {ends[0]:.3g} ... {ends[1]:.3g}, as a MinMaxScaler leaves it: undo that "
            "first, by the scaler of the way down, as in scaler.inverse_transform(X)"
        )
    standard = abs(centre) < 0.25 * spread and 0.7 < spread < 1.5
    if standard or _centred_rows(X) or _centred_rows(X.T):
        whose = "all of X has" if standard else "each band or coefficient has"
        return (
            f"{whose} a mean near 0, as after a normalisation by mean and variance: make it X * "
            "spread + mean again, those of the way down (of Kaldi's cmvn, or of a scaler by "
            "inverse_transform)"
        )
    return ""


def _unit_columns(X):
    """Whether each column of `X` spans 0 ... 1 exactly, or -1 ... 1."""
    low, high = X.min(axis=0), X.max(axis=0)
    spans = np.abs(high - 1) < 1e-6
    return (
        X.shape[0] >= 10
        and X.shape[1] > 1
        and bool(np.all(spans & (np.abs(low) < 1e-6)) or np.all(spans & (np.abs(low + 1) < 1e-6)))
    )
