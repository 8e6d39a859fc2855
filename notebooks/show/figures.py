"""Draws: each figure into an axes, with units, and `show` to show it, sharp, with its words."""

import html
import io
from base64 import b64encode

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
from IPython.display import HTML, display

import audiotools as at
from show.words import describe

# Colours that colour-blind readers tell apart (Okabe and Ito, 2002), and dashes as well.
LOOKS = mpl.cycler(
    color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9"],
    linestyle=["-", "--", "-.", ":", (0, (1, 3)), (0, (8, 2, 1, 2, 1, 2))],
)

DPI = 200  # a figure of 9 in is drawn 1,800 pixels wide and shown at half of that


def use_style():
    """Sets the look of all figures: 9 x 3 in, white in light and dark themes."""
    mpl.rcParams.update(
        {
            "figure.figsize": (9, 3),
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "image.cmap": "magma",
            "image.interpolation": "nearest",
            "image.aspect": "auto",
            "image.origin": "lower",
            "legend.frameon": False,
            "lines.linewidth": 1.5,
            "axes.prop_cycle": LOOKS,
        }
    )


def show_waveform(y, sr, *, ax=None, title=""):
    """Draws a waveform over time; returns the axes."""
    ax = ax or plt.subplots()[1]
    ax.plot(np.arange(len(y)) / sr, y, linewidth=0.7)
    ax.set(xlabel="Time (s)", ylabel="Amplitude (of full scale)", title=title)
    ax.set_xlim(0, len(y) / sr)
    return ax


def show_spectrogram(
    S_db, sr, *, hop_length, ax=None, title="", vmin=None, vmax=None, cmap=None, label="Level (dB)"
):
    """Draws a spectrogram, usually decibels, over time and frequency; returns the axes."""
    half_row = sr / 4000 / (len(S_db) - 1)  # kHz: each row is centred on its frequency
    edges = (-half_row, sr / 2000 + half_row)
    colours = dict(vmin=vmin, vmax=vmax, cmap=cmap)
    ax = _draw_over_time(S_db, edges, sr, hop_length, ax, title, label, **colours)
    ax.set(ylabel="Frequency (kHz)", ylim=(0, sr / 2000))
    return ax


def _draw_over_time(values, edges, sr, hop_length, ax, title, label, **colours):
    """Draws an array (rows, frames), each frame centred on its time; returns the axes.

    `edges` are the lower edge of the first and the upper edge of the last row.
    """
    ax = ax or plt.subplots()[1]
    seconds = hop_length / sr
    extent = (-seconds / 2, (values.shape[1] - 0.5) * seconds, *edges)
    image = ax.imshow(values, extent=extent, **colours)
    ax.set(xlabel="Time (s)", title=title, xlim=(0, None))
    ax.figure.colorbar(image, ax=ax, label=label, pad=0.01)
    return ax


def show_mel(M_db, sr, *, hop_length, ax=None, title="", fmin=0.0, fmax=None, htk=False):
    """Draws a mel spectrum, one band per row, with its frequencies in kHz; returns the axes."""
    n_mels = len(M_db)
    ax = _draw_over_time(M_db, (0.5, n_mels + 0.5), sr, hop_length, ax, title, "Level (dB)")
    low, high = at.hz_to_mel(np.array([fmin, fmax or sr / 2]), htk=htk)
    ticks_khz = np.array([fmin / 1000] + [k for k in (0.25, 0.5, 1, 2, 4, 8) if 750 * k > fmin])
    rows = (at.hz_to_mel(1000 * ticks_khz, htk=htk) - low) / (high - low) * (n_mels + 1)
    inside = rows <= n_mels + 1  # the edges lie half a row beyond the first and the last
    rows = np.clip(rows, 0.5, n_mels + 0.5)
    ax.set_yticks(rows[inside], [f"{khz:g}" for khz in ticks_khz[inside]])
    ax.set_ylabel(f"Frequency (kHz)\nof {n_mels} mel bands")
    return ax


def show_filterbank(mel_filter, sr, *, ax=None, title="", highlight=None):
    """Draws mel filters over frequency, one of them highlighted; returns the axes."""
    ax = ax or plt.subplots()[1]
    khz = np.linspace(0, sr / 2000, mel_filter.shape[1])
    ax.plot(khz, mel_filter.T, "-", color="0.6", linewidth=0.7)
    if highlight is not None:
        ax.plot(khz, mel_filter[highlight], "-", color="C1", lw=2.5, label=f"band {highlight}")
        ax.legend(loc="upper right")
    ax.set(xlabel="Frequency (kHz)", ylabel="Weight", title=title)
    ax.set_xlim(0, sr / 2000)
    return ax


def show_mfcc(C, sr, *, hop_length, ax=None, title="", label="Coefficient (dB)"):
    """Draws cepstral coefficients; the loudness in row 0 may saturate. Returns the axes."""
    limit = np.abs(C[1:] if len(C) > 1 else C).max()
    signed = dict(cmap="coolwarm", vmin=-limit) if C.min() < 0 else dict(vmin=0)
    edges = (-0.5, len(C) - 0.5)
    ax = _draw_over_time(C, edges, sr, hop_length, ax, title, label, vmax=limit, **signed)
    ax.set_ylabel("Coefficient number")
    return ax


def compare(pictures, sr, *, hop_length, top_db=80.0, **limits):
    """Draws ``{label: S_db}`` below each other under one colour scale; returns the figure.

    `limits` are what ``ax.set`` takes: ylim=(0, 2) shows the lowest 2 kHz ...
    """
    fig, axes = plt.subplots(len(pictures), 1, sharex=True, figsize=(9, 0.6 + 2 * len(pictures)))
    vmax = max(S_db.max() for S_db in pictures.values())
    scale = dict(vmin=vmax - top_db, vmax=vmax)
    for ax, (label, S_db) in zip(np.atleast_1d(axes), pictures.items()):
        show_spectrogram(S_db, sr, hop_length=hop_length, ax=ax, title=label, **scale)
        ax.set(**limits)
        ax.xaxis.label.set_visible(ax is np.atleast_1d(axes)[-1])
    return fig


def show_curves(curves, *, xlabel, ylabel, ax=None, title="", behind=None, marker="", **limits):
    """Draws curves ``{label: (x, y)}``; returns the axes.

    The one called `behind` is drawn broad and grey, for the others to be held against it. An
    empty label is not in the legend. A `marker` shows the points, as "o". `limits` are what
    ``ax.set`` takes: xlim, xscale, xticks ...
    """
    ax = ax or plt.subplots()[1]
    grey = dict(color="0.6", linewidth=5, linestyle="-")
    for label, (x, y) in curves.items():
        ax.plot(x, y, marker=marker, label=label or "_", **(grey if label == behind else {}))
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, **limits)
    if any(curves):
        ax.legend()
    return ax


def show_bars(bars, names, *, ylabel, ax=None, title=""):
    """Draws a bar for each of the `names`, of each group ``{label: heights}``; returns the axes.

    A height may be a pair: a mean, and half of its interval, which becomes a line.
    """
    ax = ax or plt.subplots()[1]
    width = 0.8 / len(bars)
    for k, (label, heights) in enumerate(bars.items()):
        x, pairs = np.arange(len(names)) + k * width, np.asarray(heights, dtype=float)
        means, halves = pairs.T if pairs.ndim == 2 else (pairs, np.zeros(len(pairs)))
        ax.bar(x, means, 0.9 * width, label=label)
        ax.vlines(x[halves > 0], *(means + [[-1], [1]] * halves)[:, halves > 0], "black")
    ax.set_xticks(np.arange(len(names)) + 0.4 - width / 2, names)
    ax.set(ylabel=ylabel, title=title)
    if len(bars) > 1:
        ax.legend()
    return ax


def show(figure):
    """Shows a figure, or the figure of an axes, for eyes, ears and tests.

    It is drawn for twice the pixels. What it shows is said in words, computed from what is
    drawn (axes, ranges, where the weight lies): they are its alternative text.
    """
    fig = getattr(figure, "figure", figure)
    display(HTML(figure_html(fig)))
    plt.close(fig)


def figure_html(fig, dpi=DPI):
    """Returns what `show` shows, at half of the size that it is drawn for."""
    data = b64encode(_small_png(fig, dpi)).decode()
    words = html.escape(describe(fig))  # of what has been drawn
    width = round(fig.get_figwidth() * dpi / 2)
    return f'<img src="data:image/png;base64,{data}" alt="{words}" width="{width}">'


def _small_png(fig, dpi):
    """Returns the figure as PNG bytes of 128 colours: half the size, no visible difference."""
    file, small = io.BytesIO(), io.BytesIO()
    fig.savefig(file, format="png", dpi=dpi, pil_kwargs=dict(compress_level=0))  # read at once
    picture = PIL.Image.open(file).convert("RGB").quantize(128, dither=PIL.Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return small.getvalue()
