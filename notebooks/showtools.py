"""Draws, plays, claims and builds panels for the notebooks. It computes no signal.

Every figure ends with `caption`, every sound has a label, every claim is checked:

* ``show_waveform``, ``show_spectrogram``, ``show_mel``, ``show_filterbank``, ``show_mfcc``
  draw into an axes, with units; ``compare`` stacks spectrograms under one colour scale;
* ``caption`` shows a figure and, below it, one line of words computed from what is drawn;
* ``play``, ``play_row`` show labelled players of compressed, level-matched sound;
* ``claim`` prints a statement that holds, or stops; ``check`` answers an exercise; a
  ``Line`` is rewritten while the reader waits;
* ``panel``, ``blind_test`` answer a question when a control is moved, ``workbench`` does so
  for the reader's own sound.
"""

import html
import inspect
import io
import numbers
from base64 import b64encode
from pathlib import Path

import anywidget
import ipywidgets as widgets
import librosa
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import soundfile
import traitlets
from IPython.display import HTML, Image, Markdown, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import audiotools as at

HERE = Path(__file__).resolve().parent
DATA = (HERE if (HERE / "data").exists() else HERE.parent) / "data"    # beside, in a handed-out set
OWN_CLIPS = ("slt", "kal16", "melody")


def clip_path(clip):
    """Returns the file of a clip: "slt", "kal16", "melody", or any name `librosa.ex` knows.

    librosa fetches its recordings from the network the first time they are asked for.
    """
    if clip in OWN_CLIPS:
        return DATA / f"{clip}.wav"
    own = ", ".join(OWN_CLIPS)
    try:
        return Path(librosa.ex(clip))
    except librosa.ParameterError:
        message = f"no clip {clip!r}: take {own}, or a name from librosa.util.list_examples()"
        raise ValueError(message) from None
    except OSError as error:
        reason = f"the network did not bring the clip {clip!r} ({type(error).__name__})"
        raise ConnectionError(f"{reason}: connect, or take {own}") from None


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


# Colours that colour-blind readers tell apart (Okabe and Ito, 2002), and dashes as well.
LOOKS = mpl.cycler(
    color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9"],
    linestyle=["-", "--", "-.", ":", (0, (1, 3)), (0, (8, 2, 1, 2, 1, 2))],
)


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
    if np.ptp(xs) == 0 or line.get_transform() != line.axes.transData:  # axvline, axhline
        return f"a line marks {name}"
    first = np.argmax(ys >= ys.max() - 1e-6 * np.ptp(ys))  # of a flat top, whatever the rounding
    low, high, top = _round(ys.min()), _round(ys.max()), _round(xs[first])
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
    """Returns a waveform within -1 ... 1 as the bytes of a sound file: "MP3", "FLAC" or "WAV"."""
    y, file = np.asarray(y), io.BytesIO()
    if y.dtype.kind != "f" or not np.abs(y).max() <= 1:  # NaN is not either
        raise ValueError(f"y, of dtype {y.dtype}, would be clipped: pass floats within -1 ... 1")
    try:
        soundfile.write(file, y.astype(np.float32), round(sr), format=codec)
    except soundfile.LibsndfileError:
        raise ValueError(
            f'no {codec} has sr={sr} samples per second: pass codec="FLAC", or resample to 48000'
        ) from None
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
    if not sounds:
        raise ValueError("there is nothing to play: pass {label: y}")
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
    if not _truth(holds):
        raise AssertionError(
            f"on this sound, or with these values, it is not so: {text} "
            "(claims are made for voices, at the values that stand here)"
        )
    print(f"✓ {text}")


def _truth(value):
    """Returns `value` if it is True or False: NaN, or the text "False", would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{value!r} is neither True nor False: compare it with something")
    return bool(value)


def number(answer):
    """Returns an answer that is one real number; nan for all else, on which no check stumbles."""
    is_number = isinstance(answer, numbers.Real) and not isinstance(answer, bool)
    return answer if is_number else np.nan


def check(right, why, *, proof=""):
    """Prints whether an exercise is solved; `why` says what is wrong, `proof` what shows it."""
    good = f"✓ Right: {proof}" if proof else "✓ Right."
    print(good if _truth(right) else f"✗ Not yet: {why}")


class Line(widgets.Label):
    """A line of words below its cell; calling it with others rewrites it while we wait."""

    def __call__(self, words):
        self.value = words

    def __repr__(self):
        return "Line: how far it is, how fast, and how long it will take."


# ----------------------------------------------------------------------------------------
# Panels
# ----------------------------------------------------------------------------------------


def choice(label, options, value):
    """Returns a control: a slider over numbers, buttons for words. The label names the unit."""
    options = dict(options=options, value=value, description=label)
    options |= dict(layout=widgets.Layout(width="95%"))
    look = dict(description_width="190px")
    if isinstance(value, str):
        return widgets.ToggleButtons(**options, style=look | dict(button_width="auto"))
    return widgets.SelectionSlider(**options, style=look, continuous_update=False)


def _status(words):
    """Returns the HTML of a status line."""
    look = "line-height:1.5;overflow-wrap:anywhere"
    return f'<div role="status" style="{look}">{html.escape(words)}</div>'


def _player_widget(label):
    """Returns an empty player, and a box that shows it under its label."""
    audio = widgets.Audio(format="wav", autoplay=False, loop=False)
    return audio, widgets.VBox([widgets.Label(label), audio])


class Panel(widgets.VBox):
    """Controls above a status line, a picture and two players; built by `panel`."""

    def __init__(self, compute, sr, reference, controls, fmax=None, line=None):
        self.compute, self.sr, self.reference, self.controls = compute, sr, reference, controls
        self.fmax, self.line = fmax or sr / 2, line
        self.n_encoded = 0
        self.status = widgets.HTML(layout=widgets.Layout(min_height="3.5em"))
        self.picture = widgets.Image(format="png", layout=widgets.Layout(width="648px"))
        self.original, original = _player_widget("The original:")
        self.audio, here = _player_widget("At these values:")
        self._figure = Figure(figsize=(9, 3), dpi=72, layout="constrained", facecolor="white")
        FigureCanvasAgg(self._figure)
        self._sounds = {}
        for control in controls.values():
            control.observe(self.update, names="value")
        self.update()
        if len(controls) > 3:  # sliders side by side, to leave room for the picture
            for control in controls.values():
                wide = isinstance(control, widgets.ToggleButtons) and len(control.options) > 3
                control.layout.width = "95%" if wide else "48%"
        row = widgets.Layout(flex_flow="row wrap")
        box = widgets.HBox([*controls.values()], layout=row)
        players = widgets.HBox([original, here], layout=row)
        super().__init__([box, self.status, self.picture, players])

    def __repr__(self):
        return f"Panel: {self.words}"

    def update(self, change=None):
        """Computes, draws and plays what the controls ask for."""
        values = {name: control.value for name, control in self.controls.items()}
        named = ", ".join(f"{c.description} {c.value}" for c in self.controls.values())
        try:
            pictures, y, words = self.compute(**values)
            pictures = pictures if isinstance(pictures, dict) else {"": pictures}
            fixed = not callable(self.reference)
            reference = self.reference if fixed else self.reference(**values)
            sounds = self._level(reference, y)
            self._draw(pictures, len(y) / self.sr, self.line and self.line(**values))
            self._play(sounds)
        except Exception as error:  # a panel never ends in a traceback
            words = f"not possible: {error}. Picture and sound stay as they were."
            self.possible = False
        else:
            self.possible = True
        self.words = f"{named}. {words}"
        self.status.value = _status(self.words)

    def _draw(self, pictures, seconds, line_hz):
        if not self._figure.axes:
            self._prepare(len(pictures))
        for (title, S_db), image in zip(pictures.items(), self._images):
            image.set_data(S_db)
            image.set_extent((0, seconds, 0, self.sr / 2000))
            image.axes.set(ylim=(0, self.fmax / 1000))
            image.axes.set_title(title, loc="left")
        if self.line:
            label = f"lowest pitch by the law: {line_hz:.0f} Hz"
            self._law.set(ydata=[line_hz / 1000] * 2, label=label)
            dark = dict(labelcolor="white", facecolor="black", framealpha=0.7, frameon=True)
            legend = self._law.axes.legend(loc="upper right", edgecolor="none", **dark)
            for artist in (self._law, legend):
                artist.set_visible(line_hz > 0)
        file = io.BytesIO()
        self._figure.canvas.print_png(file)
        self.picture.value = file.getvalue()

    def _prepare(self, n_pictures):
        """Draws the axes once; afterwards only the data changes, which is faster."""
        axes = self._figure.subplots(1, n_pictures, sharey=True, squeeze=False)[0]
        scale = dict(extent=(0, 1, 0, 1), vmin=-80, vmax=0, cmap="magma", aspect="auto")
        nearest = dict(origin="lower", interpolation="nearest")
        self._images = [ax.imshow(np.zeros((1, 1)), **scale, **nearest) for ax in axes]
        for ax in axes:
            ax.set_xlabel("Time (s)")
        axes[0].set_ylabel("Frequency (kHz)")
        self._figure.colorbar(self._images[-1], ax=axes, label="Level (dB)", pad=0.01)
        if self.line:
            self._law = axes[-1].axhline(0, color="white", linestyle="--")

    @staticmethod
    def _level(reference, y):
        """Returns both at one level that leaves the result 6 dB to peak, so it need not move."""
        original = reference * min(1, 0.5 / max(np.abs(reference).max(), 1e-9))
        return {"original": original, "here": at.match_level(y, original)}

    def _play(self, sounds):
        """Gives the players what changed: a new value would stop what is playing."""
        players = {"original": self.original, "here": self.audio}
        for name, sound in sounds.items():
            if not np.array_equal(sound, self._sounds.get(name)):
                self._sounds[name] = None  # stopped on the next line, it is played anew
                players[name].value = encode(sound, self.sr, "WAV")
                self._sounds[name] = sound
                self.n_encoded += 1


def panel(compute, *, sr, reference, fmax=None, line=None, **controls):
    """Returns a panel: moving a control draws and plays what `compute` makes of the values.

    Parameters
    ----------
    compute : function
        Takes the controls' values by name; returns a spectrogram in dB (0 the loudest) or
        ``{title: spectrogram}``, a waveform and one sentence on what to see and hear.
    sr : number
        Samples per second.
    reference : ndarray (n,) or function
        The original, at whose level results are played; or what returns it for the values.
    fmax : float, optional
        The upper end of the picture in Hz; None is sr / 2.
    line : function, optional
        Takes the same values; returns the lowest pitch in Hz that the law lets through, at
        which a line is drawn. 0 draws none.
    **controls : widget
        From `choice`.
    """
    return Panel(compute, sr, reference, controls, fmax, line)


class BlindTest(widgets.VBox):
    """Plays one of several sounds without its name and counts the right guesses."""

    def __init__(self, sounds, sr, seed):
        self._sounds, self._sr = level(sounds), sr
        self._draws = np.random.default_rng(seed)
        self.right = self.asked = 0
        self.status = widgets.HTML()
        self.audio, player = _player_widget("One of these, which?")
        self.buttons = {label: widgets.Button(description=label) for label in sounds}
        for label, button in self.buttons.items():
            button.layout.width = "auto"
            button.on_click(lambda _, label=label: self._guess(label))
        self._say("Listen, then press the button of what you believe you hear.")
        self._next()
        super().__init__([player, widgets.HBox(list(self.buttons.values())), self.status])

    def __repr__(self):
        return f"BlindTest: {' or '.join(self._sounds)}?"

    def _next(self):
        hidden = str(self._draws.choice(list(self._sounds)))
        sound = encode(self._sounds[hidden], self._sr, "WAV")
        self.audio.value, self.hidden = sound, hidden  # both or, if it is stopped, neither

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
        self.status.value = _status(words)


def blind_test(sounds, sr, *, seed=None):
    """Returns a listening test over ``{label: y}``: a hidden sound, a button for each, a tally."""
    return BlindTest(sounds, sr, seed)


SILENCE, LOUD = 1e-4, 1e3  # peaks as shares of full scale: −80 and 60 dB


class SoundInput(anywidget.AnyWidget):
    """A file chooser and a recorder in the browser: sends bytes to the kernel, keeps none.

    At most `max_bytes` of a file are sent, because a Jupyter server drops the connection to
    a page that sends more than 10 MiB at once.
    """

    _esm = Path(__file__).with_name("sound_input.js")
    sr = traitlets.Int().tag(sync=True)
    seconds = traitlets.Float().tag(sync=True)
    max_bytes = traitlets.Int(8_000_000).tag(sync=True)


class _NamedBytes(io.BytesIO):
    """A file in memory that error messages call by its name."""

    def __init__(self, content, name):
        super().__init__(content)
        self._name = name

    def __repr__(self):
        return self._name


class Workbench(widgets.VBox):
    """A panel over the reader's own sound, a report card, a file; built by `workbench`."""

    def __init__(self, compute, report, sr, clips, seconds, unused, controls, fmax, line):
        self.compute, self.report, self.sr, self.seconds = compute, report, sr, seconds
        self.unused, self.controls = unused, controls
        self.clips, self.n_recordings = clips, 0
        self.sounds = dict.fromkeys(clips)  # {name: waveform}, None until it is asked for
        self.sound = widgets.Dropdown(options=clips, description="Sound")
        self.input = SoundInput(sr=sr, seconds=seconds)
        self.source, self.card, self.download = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.button = widgets.Button(description="Write the report card")
        self.button.layout.width = "auto"
        self.y = self._clip(clips[0])
        self.panel = Panel(self._walk, sr, lambda **values: self.y, controls, fmax, line)
        self._describe(clips[0], "comes with the course")
        self.sound.observe(self._chosen, names="value")
        self.input.on_msg(self._receive)
        self.button.on_click(self._write)
        row = widgets.Layout(flex_flow="row wrap", align_items="center")
        source = widgets.HBox([self.sound, self.input], layout=row)
        results = widgets.HBox([self.button, self.download], layout=row)
        super().__init__([source, self.source, self.panel, results, self.card])

    def __repr__(self):
        return f"Workbench: {self.panel.words}"

    def _clip(self, name):
        if self.sounds[name] is None:
            path = clip_path(name)
            self.sounds[name], _ = at.load_wav(path, sr=self.sr, duration=self.seconds)
        return self.sounds[name]

    def _chosen(self, change):
        self._use(change.new, "is chosen")

    def _use(self, name, words):
        """Goes on with one of the sounds; the words say what was done to it."""
        self.y = self._clip(name)
        self.panel.update()
        self._describe(name, words)

    def _describe(self, name, words):
        used = f"Used: {len(self.y) / self.sr:.1f} s, {self.sr:,} samples per second, mono."
        old = "" if self.panel.possible else " Picture and players still have the last sound."
        self._say(f"{name} {words}. {used}{old}")

    def _say(self, words):
        self.words = words
        self.source.value = _status(words)

    def take(self, name, data):
        """Goes on with the bytes of a sound file, as if uploaded; returns what is said."""
        self._receive(self.input, dict(name=name, size=len(data), recorded=False), [data])
        return self.words

    def _receive(self, _, content, buffers):
        """Takes a file or a recording from the browser, or says in one line why not."""
        try:
            name, words, y = self._read(content, buffers)
        except Exception as error:  # a panel never ends in a traceback
            self._say(f"not possible: {error}. The sound stays as it was.")
            return
        self.sounds[name] = y
        self.sound.observe(self._chosen, names="value")  # if it was stopped below, last time
        try:
            self.sound.unobserve(self._chosen, names="value")  # new options choose the first
            self.sound.options, self.sound.value = [*self.sounds], name
        finally:
            self.sound.observe(self._chosen, names="value")
        self._use(name, words)

    def _read(self, content, buffers):
        """Returns the name of what came, what is to be said about it, and the waveform."""
        if "problem" in content:
            raise ValueError(content["problem"])
        if content["recorded"]:  # by the browser, in one channel, at our rate
            self.n_recordings += 1
            name, words = f"recording {self.n_recordings}", "is taken"
            y = np.frombuffer(buffers[0], dtype="<f4")[: round(self.seconds * self.sr)]
        else:
            name, file = content["name"], _NamedBytes(buffers[0], content["name"])
            if not content["size"]:
                raise ValueError(f"{name} is empty, it holds no bytes")
            y, _ = at.load_wav(file, sr=self.sr, duration=self.seconds)
            file.seek(0)
            about = soundfile.info(file)
            words = f"({about.samplerate:,} samples per second, {about.channels} channel(s))"
            whole = len(buffers[0]) == content["size"] and about.duration <= self.seconds
            words += f": its first {len(y) / self.sr:.1f} s are read" * (not whole) or " is read"
        if len(y) < self.sr / 2:
            raise ValueError(f"{name} lasts {len(y) / self.sr:.3f} s, and 0.5 s are needed")
        peak = np.abs(y).max()
        if not SILENCE < peak < LOUD:  # NaN is neither
            raise ValueError(
                f"{name}, its channels averaged, peaks at {peak:g} of full scale, and between "
                f"{SILENCE:g} (silence) and {LOUD:g} is needed"
            )
        return name + " (yours)" * (name in self.clips), words, y

    def _walk(self, **values):
        """Greys what has no effect, computes, lays the file ready; the old report is gone."""
        idle = [name for value in values.values() for name in self.unused.get(value, ())]
        for name, control in self.controls.items():
            control.disabled = name in idle
        pictures, z, words = self.compute(self.y, **values)
        self.result = dict(y=self.y, z=z, **values)
        data = b64encode(encode(at.match_level(z, self.y), self.sr, "WAV")).decode()
        look = 'class="jupyter-widgets jupyter-button widget-button" style="width:auto"'
        link = f'<a {look} download="result.wav" href="data:audio/wav;base64,{data}">'
        self.download.value = f"{link}Save the result as WAV</a>"
        self.card.value = ""
        return pictures, z, words

    def _write(self, _):
        """Shows the report on what is heard."""
        try:
            rows = self.report(**self.result).items()
            head = '<th style="text-align:left">'
            cells = (f"{head}{html.escape(k)}</th><td>{html.escape(v)}</td>" for k, v in rows)
            self.card.value = f"<table><tr>{'</tr><tr>'.join(cells)}</tr></table>"
        except Exception as error:  # a panel never ends in a traceback
            self.card.value = _status(f"not possible: {error}.")


def workbench(compute, report, *, sr, clips, seconds, unused, fmax=None, line=None, **controls):
    """Returns a workbench: a panel over a sound that the reader chooses, uploads or records.

    Parameters
    ----------
    compute : function
        Takes the waveform `y` and the controls' values by name; returns ``{title: S_db}``,
        a waveform and one sentence on what to see and hear.
    report : function
        Takes `y`, the waveform `z` that came back and the values; returns ``{row: text}``.
    sr : int
        Samples per second, to which every sound is brought.
    clips : list of str
        Sounds to choose from; the first is shown at the beginning.
    seconds : float
        How much of a sound is used.
    unused : dict
        The controls that do nothing at a value of another: ``{value: names}``.
    fmax, line : optional
        As in `panel`.
    **controls : widget
        From `choice`.
    """
    return Workbench(compute, report, sr, clips, seconds, unused, controls, fmax, line)
