"""Draws, plays, claims and builds panels for the notebooks. It computes no signal.

Every figure ends with `caption`, every sound has a label, every claim is checked:

* ``show_waveform``, ``show_spectrogram``, ``show_mel``, ``show_filterbank``, ``show_mfcc``
  draw into an axes, with units; ``compare`` stacks spectrograms under one colour scale;
* ``caption`` shows a figure and, below it, one line of words computed from what is drawn;
* ``play``, ``play_row`` show labelled players of compressed, level-matched sound;
* ``claim`` prints a statement that holds, or stops; ``check`` answers an exercise;
* ``panel``, ``blind_test`` answer a question when a control is moved.
"""

import html
import inspect
import io
from base64 import b64encode
from pathlib import Path

import ipywidgets as widgets
import librosa
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import soundfile
from IPython.display import HTML, Image, Markdown, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import audiotools as at

DATA = Path(__file__).resolve().parent.parent / "data"
OWN_CLIPS = ("slt", "kal16", "melody")


def clip_path(clip):
    """Returns the file of a clip: "slt", "kal16", "melody", or any name `librosa.ex` knows.

    librosa fetches its recordings from the network the first time they are asked for.
    """
    if clip in OWN_CLIPS:
        return DATA / f"{clip}.wav"
    try:
        return Path(librosa.ex(clip))
    except librosa.ParameterError:
        own = ", ".join(OWN_CLIPS)
        message = f"no clip {clip!r}: take {own}, or a name from librosa.util.list_examples()"
        raise ValueError(message) from None


def seeded(librosa_function, *args, seed=0, **kwargs):
    """Returns ``librosa_function(*args, **kwargs)`` with its random numbers fixed.

    librosa 0.11 calls the keyword `random_state`, librosa 1.0 `rng`.
    """
    names = inspect.signature(librosa_function).parameters
    keyword = "rng" if "rng" in names else "random_state"
    return librosa_function(*args, **kwargs, **{keyword: np.random.default_rng(seed)})


# ----------------------------------------------------------------------------------------
# Figures
# ----------------------------------------------------------------------------------------


def use_style():
    """Sets the look of all figures: 9 x 3 in, 72 dpi, white in light and dark themes."""
    mpl.rcParams.update(
        {
            "figure.figsize": (9, 3),
            "figure.dpi": 72,
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
    """Draws mel filters over frequency, one of them in red; returns the axes."""
    ax = ax or plt.subplots()[1]
    khz = np.linspace(0, sr / 2000, mel_filter.shape[1])
    ax.plot(khz, mel_filter.T, color="0.6", linewidth=0.7)
    if highlight is not None:
        ax.plot(khz, mel_filter[highlight], color="tab:red", label=f"band {highlight}")
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


def compare(pictures, sr, *, hop_length, top_db=80.0):
    """Draws ``{label: S_db}`` below each other under one colour scale; returns the figure."""
    fig, axes = plt.subplots(len(pictures), 1, sharex=True, figsize=(9, 0.6 + 2 * len(pictures)))
    vmax = max(S_db.max() for S_db in pictures.values())
    scale = dict(vmin=vmax - top_db, vmax=vmax)
    for ax, (label, S_db) in zip(np.atleast_1d(axes), pictures.items()):
        show_spectrogram(S_db, sr, hop_length=hop_length, ax=ax, title=label, **scale)
        ax.xaxis.label.set_visible(ax is np.atleast_1d(axes)[-1])
    return fig


def caption(figure):
    """Shows a figure (or the figure of an axes), then one line of words about what it shows.

    The words are computed from what is drawn: axes, ranges, where the weight lies. A reader
    who cannot see the figure reads them, and the tests compare them.
    """
    fig = getattr(figure, "figure", figure)
    fig.canvas.draw()
    words = " ".join(_describe(ax) for ax in fig.axes if ax.get_label() != "<colorbar>")
    display(Image(data=_small_png(fig), alt=words))
    plt.close(fig)
    display(Markdown(f"*{words}*"))


def _small_png(fig):
    """Returns the figure as PNG bytes of 256 colours: half the size, no visible difference."""
    file, small = io.BytesIO(), io.BytesIO()
    fig.savefig(file, format="png", dpi=72)
    picture = PIL.Image.open(file).convert("RGB").quantize(256, dither=PIL.Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def _describe(ax):
    """Returns one sentence about an axes."""
    title = ax.get_title(loc="left") or ax.get_title()
    x, y = _quantity(ax.get_xlabel()), _quantity(ax.get_ylabel())
    parts = [] if ax.containers else [_range(x, _drawn(ax.dataLim.intervalx, ax.get_xlim()))]
    heights = _drawn(ax.dataLim.intervaly, ax.get_ylim())
    parts.append(_range(y, [_as_labelled(height, ax.yaxis) for height in heights]))
    for image in ax.images:
        parts += _describe_image(image, ax, x, y)
    for bars in ax.containers:
        names = [tick.get_text().replace("\n", " ") for tick in ax.get_xticklabels()]
        heights = [f"{name}: {_round(bar.get_height())}" for name, bar in zip(names, bars)]
        group = "" if bars.get_label().startswith("_") else bars.get_label()
        parts.append(" ".join(filter(None, [group, x[0], ", ".join(heights)])))
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    parts += [_describe_line(line, x, y) for line in lines or ax.lines[:1]]
    return f"{title or 'Figure'}: {'; '.join(part for part in parts if part)}."


def _drawn(data, visible):
    """Returns the range of what is drawn and can be seen."""
    low, high = max(data[0], min(visible)), min(data[1], max(visible))
    return (low, high) if low <= high else sorted(visible)


def _as_labelled(value, axis):
    """Returns a place on an axis as its tick labels name it: kHz, where the rows are mel bands."""
    places, labels = axis.get_ticklocs(), axis.get_ticklabels()
    try:
        names = np.array([float(label.get_text().replace("−", "-")) for label in labels])
    except ValueError:  # words
        return value
    if len(names) < len(places) or np.allclose(places, names):  # hidden, or the places themselves
        return value
    return np.interp(value, places, names)


def _describe_image(image, ax, x, y):
    """Yields the range of the colours and where the weight of what is visible lies."""
    values = np.asarray(image.get_array(), dtype=float)
    low, high = image.get_clim()
    weight = np.abs(values) if low == -high else np.clip(values, low, high) - low
    left, right, bottom, top = image.get_extent()
    columns = np.linspace(left, right, 2 * weight.shape[1] + 1)[1::2]  # centres of the cells
    rows = np.linspace(bottom, top, 2 * weight.shape[0] + 1)[1::2]
    visible = ax.get_ylim()
    weight[(rows < visible[0]) | (rows > visible[1])] = 0
    total = max(weight.sum(), np.finfo(float).tiny)
    height = _as_labelled(weight.sum(1) @ rows / total, ax.yaxis)
    centre = [_round(weight.sum(0) @ columns / total), _round(height)]
    if image.colorbar:
        yield _range(_quantity(image.colorbar.ax.get_ylabel()), (low, high))
    yield f"the weight lies around {_with(centre[0], x)} and {_with(centre[1], y)}"


def _describe_line(line, x, y):
    """Returns the range of a line and where it is highest; of a vertical one its name."""
    xs, ys = np.asarray(line.get_data(), dtype=float)
    xs, ys = xs[np.isfinite(ys)], ys[np.isfinite(ys)]
    if not len(ys):
        return ""
    name = "" if line.get_label().startswith("_") else line.get_label()
    if len(xs) == 1:
        return f"{name} at {_with(_round(xs[0]), x)}, {_with(_round(ys[0]), y)}".strip()
    if np.ptp(xs) == 0:
        return f"a line marks {name}"
    low, high, top = _round(ys.min()), _round(ys.max()), _round(xs[ys.argmax()])
    return f"{name} from {low} to {_with(high, y)}, highest at {_with(top, x)}".strip()


def _quantity(label):
    """Returns ("time", "s") for the label "Time (s)"."""
    name, _, rest = label.replace("\n", " ").partition("(")
    unit, _, more = rest.partition(")")
    name = name.strip() + more
    return name if name[1:2].isupper() else name[:1].lower() + name[1:], unit


def _with(value, quantity):
    return f"{value} {quantity[1]}".strip()


def _range(quantity, limits):
    low, high = (_round(limit) for limit in limits)
    return f"{quantity[0]} {low} to {_with(high, quantity)}" if quantity[0] else ""


def _round(value):
    """Returns two significant digits, so that the words hold on other machines."""
    text = f"{float(f'{value:.1e}'):g}"
    return "0" if abs(value) < 5e-3 else text.replace("-", "−")


# ----------------------------------------------------------------------------------------
# Sound
# ----------------------------------------------------------------------------------------

HEADROOM = 0.8  # of full scale: decoded MP3 overshoots the peaks that went in
MIME = {"MP3": "audio/mpeg", "FLAC": "audio/flac", "WAV": "audio/wav"}


def encode(y, sr, codec):
    """Returns a waveform as the bytes of a sound file: "MP3", "FLAC" or "WAV"."""
    file = io.BytesIO()
    soundfile.write(file, np.asarray(y, dtype=np.float32), sr, format=codec)
    return file.getvalue()


def play(y, sr, label, *, codec="MP3"):
    """Shows a labelled player. FLAC keeps artefacts exact, MP3 is small."""
    play_row({label: y}, sr, codec=codec)


def play_row(sounds, sr, *, codec="MP3"):
    """Shows the players of ``{label: y}`` in a row, all at the level of the first.

    Where that would clip one of them, all are turned down together.
    """
    players = [_player(label, encode(y, sr, codec), codec) for label, y in level(sounds).items()]
    display(HTML(f'<div style="display:flex;flex-wrap:wrap">{"".join(players)}</div>'))


def _player(label, sound, codec):
    label, data = html.escape(label), b64encode(sound).decode()
    return (
        f'<figure style="margin:4px 16px 8px 0"><figcaption>{label}</figcaption>'
        f'<audio controls aria-label="{label}" src="data:{MIME[codec]};base64,{data}"></audio>'
        "</figure>"
    )


def level(sounds):
    """Returns ``{label: y}`` at one level: the first one's, or the loudest that clips none."""
    reference = next(iter(sounds.values()))
    soft = {label: at.match_level(y, 1e-3 * reference) for label, y in sounds.items()}
    peak = max(np.abs(y).max() for y in soft.values())
    gain = min(1e3, HEADROOM / peak) if peak else 1.0
    return {label: gain * y for label, y in soft.items()}


# ----------------------------------------------------------------------------------------
# Claims and exercises
# ----------------------------------------------------------------------------------------


def claim(text, holds):
    """Prints "✓ text" if `holds`; stops the notebook if not."""
    if not holds:
        raise AssertionError(
            f"on this sound, or with these values, it is not so: {text} "
            "(claims are made for voices, at the values that stand here)"
        )
    print(f"✓ {text}")


def check(right, why):
    """Prints whether an exercise is solved; `why` says what is missing."""
    print("✓ Right." if right else f"✗ Not yet: {why}")


# ----------------------------------------------------------------------------------------
# Panels
# ----------------------------------------------------------------------------------------


def choice(label, options, value):
    """Returns a control: a slider over numbers, buttons for words. The label names the unit."""
    kind = widgets.ToggleButtons if isinstance(value, str) else widgets.SelectionSlider
    options = dict(options=options, value=value, description=label)
    if kind is widgets.SelectionSlider:
        options |= dict(continuous_update=False, layout=widgets.Layout(width="95%"))
    return kind(**options, style=dict(description_width="190px"))


class Panel(widgets.VBox):
    """Controls above a status line, a spectrogram and a player; built by `panel`."""

    def __init__(self, compute, sr, reference, controls):
        self.compute, self.sr, self.reference, self.controls = compute, sr, reference, controls
        self.n_encoded = 0
        self.status = widgets.HTML()
        self.picture = widgets.Image(format="png", layout=widgets.Layout(width="648px"))
        self.audio = widgets.Audio(format="wav", autoplay=False, loop=False)
        self._figure = Figure(figsize=(9, 3), dpi=72, layout="constrained", facecolor="white")
        FigureCanvasAgg(self._figure)
        self._image = self._sound = None
        for control in controls.values():
            control.observe(self._update, names="value")
        self._update()
        label = widgets.Label("The sound at these values:")
        super().__init__([*controls.values(), self.status, self.picture, label, self.audio])

    def __repr__(self):
        return f"Panel: {self.words}"

    def _update(self, change=None):
        values = {name: control.value for name, control in self.controls.items()}
        named = ", ".join(f"{c.description} {c.value}" for c in self.controls.values())
        try:
            S_db, y, words = self.compute(**values)
            self._draw(S_db, len(y) / self.sr)
            self._play(y)
        except Exception as error:  # a panel never ends in a traceback
            words = f"not possible: {error}. Picture and sound stay as they were."
        self.words = f"{named}. {words}"
        self.status.value = f'<div role="status">{html.escape(self.words)}</div>'

    def _draw(self, S_db, seconds):
        if self._image is None:
            ax = self._figure.add_subplot()
            extent = (0, seconds, 0, self.sr / 2000)
            self._image = ax.imshow(S_db, extent=extent, vmin=-80, vmax=0)
            ax.set(xlabel="Time (s)", ylabel="Frequency (kHz)")
            self._figure.colorbar(self._image, ax=ax, label="Level (dB)", pad=0.01)
        self._image.set_data(S_db)
        file = io.BytesIO()
        self._figure.canvas.print_png(file)
        self.picture.value = file.getvalue()

    def _play(self, y):
        if self._sound is not None and np.array_equal(y, self._sound):
            return  # a new value would stop what is playing
        self._sound = y
        self.audio.value = encode(level({"reference": self.reference, "y": y})["y"], self.sr, "WAV")
        self.n_encoded += 1


def panel(compute, *, sr, reference, **controls):
    """Returns a panel: moving a control draws and plays what `compute` makes of the values.

    Parameters
    ----------
    compute : function
        Takes the controls' values by name; returns a spectrogram in dB (0 the loudest), a
        waveform and one sentence on what to see and hear.
    sr : number
        Samples per second.
    reference : ndarray (n,)
        The waveform at whose level results are played.
    **controls : widget
        From `choice`.
    """
    return Panel(compute, sr, reference, controls)


class BlindTest(widgets.VBox):
    """Plays one of several sounds without its name and counts the right guesses."""

    def __init__(self, sounds, sr, seed):
        self._sounds, self._sr = level(sounds), sr
        self._draws = np.random.default_rng(seed)
        self.right = self.asked = 0
        self.status = widgets.HTML()
        self.audio = widgets.Audio(format="wav", autoplay=False, loop=False)
        self.buttons = {label: widgets.Button(description=label) for label in sounds}
        for label, button in self.buttons.items():
            button.layout.width = "auto"
            button.on_click(lambda _, label=label: self._guess(label))
        self._say("Listen, then press the button of what you believe you hear.")
        self._next()
        label = widgets.Label("One of these, which?")
        buttons = widgets.HBox(list(self.buttons.values()))
        super().__init__([label, self.audio, buttons, self.status])

    def __repr__(self):
        return f"BlindTest: {' or '.join(self._sounds)}?"

    def _next(self):
        self.hidden = str(self._draws.choice(list(self._sounds)))
        self.audio.value = encode(self._sounds[self.hidden], self._sr, "WAV")

    def _guess(self, label):
        self.asked += 1
        self.right += label == self.hidden
        verdict = "Right" if label == self.hidden else "No"
        self._say(
            f"{verdict}: that was {self.hidden}. {self.right} of {self.asked} right; "
            f"guessing gives {self.asked / len(self._sounds):g}. The next sound is ready."
        )
        self._next()

    def _say(self, words):
        self.status.value = f'<div role="status">{html.escape(words)}</div>'


def blind_test(sounds, sr, *, seed=None):
    """Returns a listening test over ``{label: y}``: a hidden sound, a button for each, a tally."""
    return BlindTest(sounds, sr, seed)
