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
        "10 ** ({0} / 10) and power=2 (of amplitude_to_db: db_to_amplitude({0}) and power=1)",
    ),
}
_POWER = ", and power=1 if it is of magnitudes (HiFi-GAN, Tacotron 2), power=2 if of powers"


def below_zero(x, name):
    """Returns what `x` probably is, whose values should be magnitudes, and how to make them so."""
    upright = x.ndim >= 2 and _cepstral(x)
    if x.ndim >= 2 and not upright and _cepstral(x.swapaxes(-1, -2)):
        return f"it looks like MFCCs with frames in rows: pass {name}.T to mfcc_to_audio"
    if upright or x.min() < -250:  # decibels hardly reach so low
        return (
            f"it looks like MFCCs: pass {name} to mfcc_to_audio, or go on with "
            f"mfcc_to_mel({name}, n_mels=...) and power=2"
        )
    share, mean, spread = np.mean(x < 0), x.mean(dtype=float), x.std(dtype=float)
    if abs(mean) < 0.1 * spread and 0.1 < share < 0.9:
        if 0.9 < spread < 1.1:
            return (
                f"it looks standardised (mean 0, spread 1): make it {name} * spread + mean again, "
                "those of the way down, then undo the logarithm, as by np.exp or db_to_amplitude"
            )
        return (
            "about half of it is. Of a complex D pass np.abs(D), of a waveform np.abs(stft(y)), "
            "of decibels db_to_amplitude, of MFCCs mfcc_to_mel"
        )
    if share < 0.05 and not 3 < np.median(x) < 35:
        return (
            f"only {share:.2g} of it is. If a model or a subtraction did that, pass "
            f"np.maximum({name}, 0); if it holds decibels, db_to_amplitude({name})"
        )
    if _whispered(x):
        return (
            f"it looks like log10 scaled by Whisper: pass 10 ** (4 * {name} - 4) and power=2; "
            "levels scaled otherwise need their own scaling undone first"
        )
    return _exponentiated(_logarithm(x), name)


def _exponentiated(likely, name):
    """Returns how to undo the `likely` logarithm, and the others in case it is one of them."""
    is_mel = name == "M"
    cures = {words: cures[is_mel].format(name) for words, cures in _LOGARITHMS.items()}
    power = _POWER if is_mel and likely != "decibels" else ""
    others = "; ".join(f"{words}: {cure}" for words, cure in cures.items() if words != likely)
    return f"it looks like {likely}: pass {cures[likely]}{power}. If {others}"


def _logarithm(x):
    """Returns which logarithm `x` probably is: of sounds, each has its range."""
    low, high = float(x.min()), float(x.max())
    if low < -26 or high > 35:
        return "decibels"
    if np.count_nonzero(x == x.min()) > 1:  # a floor, such as log(1e-5)
        for words, decades in {"log10": low, "natural logarithms": low / np.log(10)}.items():
            if abs(decades - round(decades)) < 1e-3:
                return words
    # A sound's 50 ... 110 dB are 6 ... 13 in ln of magnitudes, 2.5 ... 5.6 in log10; log10 of
    # powers differs from ln of magnitudes by a factor of 1.15 alone.
    return "natural logarithms" if low < -10 or 6.5 < high - low < 9 else "log10"


def _whispered(x):
    """Whether `x` spans what is left of 8 decades after Whisper's (log10 + 4) / 4."""
    return x.min() > -2 and x.max() < 2 and abs(np.ptp(x) - 2) < 1e-3


def _cepstral(x):
    """Whether the first row stands apart and the others swing about zero, as those of MFCCs."""
    first, rest = (np.asarray(part, float) for part in (x[..., :1, :], x[..., 1:, :]))
    if rest.size == 0:
        return False
    swing = np.sqrt(np.mean(rest**2))
    return np.sqrt(np.mean(first**2)) > 2.5 * swing and abs(rest.mean()) < 0.7 * swing


def scaled(x, name):
    """Returns what to say of magnitudes in exactly 0 ... 1, if they spread there as levels do.

    Most magnitudes lie near 0, and the floor at 0 is reached by whole silent frames alone.
    """
    if x.ndim < 2 or x.size < 1000 or np.median(x) < 0.1:
        return ""
    zero = x == 0
    if np.array_equal(zero.any(axis=-2), zero.all(axis=-2)):
        return ""
    return (
        f"{name} lies in 0 ... 1 with a median of {np.median(x):.2g}, as scaled levels do, and "
        f"magnitudes hardly: undo the scaling, as in db_to_amplitude(80 * {name} - 80)"
    )


# ----------------------------------------------------------------------------------------
# Frames in rows, and other shapes
# ----------------------------------------------------------------------------------------

_BAND_COUNTS = (13, 20, 23, 24, 26, 32, 40, 64, 80, 96, 100, 128, 160, 229, 256)  # or of MFCCs


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
    """Returns why the shape of `S` is hardly that of a spectrum, if no n_fft was named.

    Rows make an n_fft, whatever they are. Few are in use, and columns rarely make one of them.
    """
    rows, columns = S.shape
    name, n_fft = "D" if S.dtype.kind == "c" else "S", 2 * (rows - 1)
    small = rows > 8 and (rows - 1) & (rows - 2) == 0  # n_fft is 16, 32 or 64, as in lessons
    usual, usual_swapped = _usual(rows) or int(small), _usual(columns)
    gaps = hop_length is not None and not n_fft / 64 <= hop_length <= n_fft / 2
    name_it = f"if the shape is right, pass n_fft={n_fft}"
    if usual_swapped and (gaps or usual_swapped > usual):
        falls = _falls(S)  # +1 along rows as in most sounds, -1 along columns alone
        if falls < 0 or falls == 0 and (gaps or not usual):
            return (
                f"the spectrum has {rows} rows, which make n_fft={n_fft}, and {columns} columns, "
                f"which would make {2 * (columns - 1)}: {swapped(name)}; {name_it}"
            )
    few = (gaps or hop_length is None) and 10 <= rows and (rows <= 128 or rows % 32 == 0)
    aside = rows > columns and columns in _BAND_COUNTS
    if (few or aside) and not usual:
        return (
            f"the spectrum has {rows} rows, which make n_fft={n_fft}, as hardly an STFT has: is it "
            "a mel spectrum? Use mel_to_audio(M, mel_filter) (MFCCs: mfcc_to_audio); if frames lie "
            f"in rows, pass {name}.T; {name_it}"
        )
    return ""


def _usual(rows):
    """Returns 2 if so many rows make a power of two, 1 if a round n_fft, 0 if an odd one."""
    n_fft = 2 * (rows - 1)
    if n_fft >= 128 and n_fft & (n_fft - 1) == 0:
        return 2
    return int(n_fft >= 160 and (n_fft % 20 == 0 or n_fft % 441 in (0, 220)))  # of 44,100 Hz


def _falls(S):
    """Returns 1 if levels fall along rows, as most sounds' do, -1 along columns alone, else 0."""
    S = np.abs(S)
    levels = np.log(np.maximum(S, 1e-5 * S.max() or 1))
    by_row, by_column = levels.mean(axis=1), levels.mean(axis=0)
    along_rows, along_columns = _trend(by_row), _trend(by_column)
    lively = by_row.std() > 0.5 and by_column.std() > 0.9  # 4 and 8 dB: no mere tone or noise
    if along_columns < -0.5 and along_rows > -0.3 and lively:
        return -1
    return int(along_rows < -0.6 and along_columns > -0.3)


def _trend(levels):
    """Returns the correlation of `levels` with their place."""
    levels = levels - levels.mean()
    place = np.arange(len(levels)) - (len(levels) - 1) / 2
    return levels @ place / (np.linalg.norm(levels) * np.linalg.norm(place) or 1)


def no_mel(M):
    """Returns what to say of a mel spectrum whose frames probably lie in rows."""
    rows, columns = M.shape
    if rows <= 256 or not (rows - 1) & (rows - 2) or columns not in _BAND_COUNTS:
        return ""
    return f"M has {rows} rows and {columns} columns: {swapped('M')}"


def no_cepstrum(C, *, one_sign):
    """Returns what MFCCs `C` probably are, if they hardly are any; `one_sign` if all are."""
    if min(C.shape[-2:]) < 5:
        return ""
    row, column = (float(np.vdot(part, part)) for part in (C[..., 0, :], C[..., 0]))
    if not one_sign and column < 1.6 * row:  # as almost always
        return ""
    all_ = float(np.vdot(C, C))
    if column > 0.4 * all_ and row < 0.25 * all_ and C.shape[-1] >= 10:
        return f"the first column of C stands apart, as the first row of MFCCs does: {swapped('C')}"
    if one_sign and row < 0.5 * all_:
        return (
            "all of C have one sign, as in a mel spectrum and not in MFCCs: use mel_to_audio, or "
            "mel_to_mfcc(M) of powers, 10 ** (C / 10) if they are decibels"
        )
    return ""
