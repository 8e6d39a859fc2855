"""Panels: a question, controls, and an answer in pictures, sound and words."""

import functools
import html
import io
from pathlib import Path

import ipywidgets as widgets
import matplotlib
import numpy as np
import PIL.Image
import threadpoolctl
from IPython.display import HTML, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.special import bdtrc

import audiotools as at
from show.figures import figure_html
from show.players import Player, encode, level, row_html

STYLE = Path(__file__).with_name("panel.css")
ORIGINAL, RESULT = "The original", "At these values"
WRAP = dict(flex_flow="row wrap", align_items="flex-start")


def choice(label, options, value):
    """Returns a control: a slider over numbers, buttons for words. The label names the unit."""
    options = dict(options=options, value=value, description=label)
    options |= dict(layout=widgets.Layout(flex="1 1 240px", width="auto", max_width="500px"))
    if isinstance(value, str):
        return widgets.ToggleButtons(**options, style=dict(button_width="auto"))
    return widgets.SelectionSlider(**options, continuous_update=False)


def status_line(words):
    """Returns the HTML of a status line."""
    look = "line-height:1.5;overflow-wrap:anywhere"
    return f'<div role="status" style="{look}">{html.escape(words)}</div>'


def show_live(widget, twin):
    """Shows what needs no kernel; then the widget, which takes its place wherever it lives."""
    style = f"<style>{STYLE.read_text('utf-8')}</style>"
    display(HTML(f'<div class="panel-twin">{style}{twin}</div>'))
    display(widget._repr_mimebundle_() | {"text/plain": repr(widget)}, raw=True)


class _Easel:
    """Axes up to `fmax` over so many seconds, on which pictures are drawn one after the other.

    What they share is drawn once. They are drawn for twice the pixels, in 256 colours: nobody
    sees the difference, and a file is written in a third of the time.
    """

    BOX, BAR = (0.112, 0.158, 0.732, 0.758), (0.851, 0.158, 0.023, 0.758)  # of the figure
    COLOURS = matplotlib.colormaps["magma"](np.linspace(0, 1, 224))[:, :3]
    GREYS = np.linspace((0, 0, 0), (1, 1, 1), 32)
    PALETTE = PIL.Image.new("P", (1, 1))
    PALETTE.putpalette(np.rint(255 * np.concatenate([COLOURS, GREYS])).astype(np.uint8).tobytes())

    def __init__(self, fmax, seconds):
        self.figure = Figure(figsize=(5, 3), dpi=200, layout="tight", facecolor="white")
        self.figure.set_layout_engine("none")  # for good; given above, until the first savefig
        self.canvas = FigureCanvasAgg(self.figure)
        self.ax = self.figure.add_axes(self.BOX)
        scale = dict(extent=(0, seconds, 0, 1), vmin=-80, vmax=0, cmap="magma", aspect="auto")
        nearest = dict(origin="lower", interpolation="nearest")
        self.image = self.ax.imshow(np.zeros((1, 1)), **scale, **nearest)
        self.figure.colorbar(self.image, cax=self.figure.add_axes(self.BAR), label="Level (dB)")
        self.law = self.ax.axhline(0, color="white", linestyle="--")
        dark = dict(labelcolor="white", facecolor="black", framealpha=0.7, edgecolor="none")
        self.legend = self.ax.legend([self.law], [""], loc="upper right", frameon=True, **dark)
        self.ax.set(xlabel="Time (s)", ylabel="Frequency (kHz)", ylim=(0, fmax / 1000))
        self.title = self.ax.set_title("", loc="left")
        self.moving = [self.image, self.law, *self.ax.spines.values(), self.title, self.legend]
        for artist in self.moving:
            artist.set_animated(True)  # left out by a canvas that draws, not by one that saves
        self.canvas.draw()
        self.ground = self.canvas.copy_from_bbox(self.figure.bbox)

    def hold(self, S_db, title, khz, line_hz):
        """Returns it with a spectrogram up to `khz`, and a line unless that is at 0 Hz."""
        self.image.set_data(S_db)
        self.image.set_extent((*self.ax.get_xlim(), 0, khz))
        self.title.set_text(title)
        self.law.set_ydata([line_hz / 1000] * 2)
        self.legend.get_texts()[0].set_text(f"lowest pitch by the law: {line_hz:.0f} Hz")
        for artist in (self.law, self.legend):
            artist.set_visible(line_hz > 0)
        return self

    def png(self):
        """Returns what it holds."""
        self.canvas.restore_region(self.ground)
        for artist in self.moving:
            self.ax.draw_artist(artist)
        picture = PIL.Image.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB")
        picture = picture.quantize(palette=self.PALETTE, dither=PIL.Image.Dither.NONE)
        file = io.BytesIO()
        picture.save(file, format="png", compress_level=1)  # the fastest
        return file.getvalue()


_easel = functools.lru_cache(8)(_Easel)  # one for all pictures up to there, of so many seconds


class Picture(widgets.Image):
    """A spectrogram up to `fmax`, drawn anew only when something changes."""

    def __init__(self, fmax):
        layout = widgets.Layout(flex="1 1 300px", max_width="500px", min_width="0")
        super().__init__(format="png", layout=layout)
        self.fmax, self.drawn = fmax, None

    def draw(self, seconds, S_db, title, khz, line_hz):
        """Draws a spectrogram of so many seconds up to `khz`; a line unless that is at 0 Hz."""
        wanted = (seconds, np.array(S_db), title, khz, line_hz)
        if self.drawn and all(map(np.array_equal, wanted, self.drawn)):
            return
        self.drawn = None  # stopped below, it is drawn anew
        self.value, self.drawn = self.held(wanted).png(), wanted

    def held(self, wanted):
        """Returns the easel that holds it."""
        seconds, *what = wanted
        return _easel(self.fmax, seconds).hold(*what)

    def html(self):
        """Returns it smaller, with words for those who do not see it."""
        return figure_html(self.held(self.drawn).figure, dpi=144)


class Panel(widgets.VBox):
    """A question, controls, a status line, pictures and a player; built by `panel`."""

    def __init__(self, compute, question, sr, reference, controls, settings, fmax, line):
        self.compute, self.sr, self.reference, self.controls = compute, sr, reference, controls
        self.question, self.settings = question, settings
        self.fmax, self.line = fmax or sr / 2, line
        self.n_encoded, self.words, self._sounds = 0, "", {}
        asked = widgets.HTML(f"<strong>{html.escape(question)}</strong>")
        self.status = widgets.HTML(layout=widgets.Layout(min_height="3.5em"))
        self.player = Player([ORIGINAL, RESULT])
        rows = [list(controls.values()), []]
        box, self.row = (widgets.HBox(row, layout=widgets.Layout(**WRAP)) for row in rows)
        for control in controls.values():
            control.observe(self.update, names="value")
        self.update()
        super().__init__([asked, box, self.status, self.row, self.player])
        self.add_class("live-panel")

    def __repr__(self):
        return f"Panel: {self.question}"

    def _ipython_display_(self):
        show_live(self, self.twin())

    @property
    def pictures(self):
        """The pictures; the last is the result's."""
        return self.row.children

    def twin(self):
        """Returns as HTML what it asks, says, shows and plays at these values."""
        sounds = {name: self._sounds[name] for name in (ORIGINAL, RESULT)}
        return (
            f"<p><strong>{html.escape(self.question)}</strong><br>{html.escape(self.words)}</p>"
            f"<p>{' '.join(picture.html() for picture in self.pictures)}</p>"
            f"{row_html(sounds, self.sr)}"
        )

    def update(self, change=None):
        """Computes, draws and plays what the controls ask for."""
        self.status.value = status_line("computing …")
        try:
            with threadpoolctl.threadpool_limits(1):  # two wait for each other in small steps
                self.words, self.possible = self._answer(), True
        except Exception as error:  # a panel never ends in a traceback
            self.words = f"not possible: {error}. Picture and sound stay as they were."
            self.possible = False
        finally:  # stopped, it still has its last words
            self.status.value = status_line(self.words)

    def _answer(self):
        """Draws and plays what is computed; returns its words."""
        values = {name: control.value for name, control in self.controls.items()}
        pictures, y, words = self.compute(**values)
        fixed = not callable(self.reference)
        reference = self.reference if fixed else self.reference(**values)
        if not isinstance(pictures, dict):
            original = at.pretty_spectrogram(reference, **self.settings)
            pictures = {ORIGINAL: original, RESULT: pictures}
        sounds = self._level(reference, y)
        self._draw(pictures, len(y) / self.sr, self.line(**values) if self.line else 0)
        self._play(sounds)
        return words

    def _draw(self, pictures, seconds, line_hz):
        """Draws side by side, the line on the last, which is the result."""
        while len(self.row.children) < len(pictures):
            self.row.children += (Picture(self.fmax),)
        for picture, (title, S_db) in zip(self.row.children, pictures.items()):
            is_last = picture is self.row.children[-1]
            picture.draw(seconds, S_db, title, self.sr / 2000, line_hz if is_last else 0)

    @staticmethod
    def _level(reference, y):
        """Returns both at the level of rows; or softer, so that the result has 6 dB to peak."""
        (original,) = level({ORIGINAL: reference}).values()
        original = original * min(1, 0.5 / max(np.abs(original).max(), 1e-9))
        return {ORIGINAL: original, RESULT: at.match_level(y, original)}

    def _play(self, sounds):
        """Gives the player what changed: a new sound would stop what is playing."""
        for name, sound in sounds.items():
            if not np.array_equal(sound, self._sounds.get(name)):
                self._sounds[name] = None  # stopped on the next line, it is played anew
                self.player.set(name, encode(sound, self.sr, "WAV"))
                self._sounds[name] = sound
                self.n_encoded += 1


def panel(compute, *, question, sr, reference, settings=None, fmax=None, line=None, **controls):
    """Returns a panel: moving a control draws and plays what `compute` makes of the values.

    Parameters
    ----------
    compute : function
        Takes the controls' values by name; returns a spectrogram in dB (0 the loudest) or
        ``{title: spectrogram}``, a waveform and one sentence on what to see and hear.
    question : str
        What the controls answer, in a sentence; it stands above them.
    sr : number
        Samples per second.
    reference : ndarray (n,) or function
        The original, beside which results are played; or what returns it for the values.
    settings : dict
        How the original is drawn beside a single spectrogram: of `pretty_spectrogram`.
    fmax : float, optional
        The upper end of the picture in Hz; None is sr / 2.
    line : function, optional
        Takes the same values; returns the lowest pitch in Hz that the law lets through, at
        which a line is drawn. 0 draws none.
    **controls : widget
        From `choice`.
    """
    return Panel(compute, question, sr, reference, controls, settings or {}, fmax, line)


ROUNDS, WHICH = 10, "One of these, which?"


class BlindTest(widgets.VBox):
    """Plays one of several sounds without its name, ten times, and judges the guesses."""

    def __init__(self, sounds, sr, seed):
        length = min(map(len, sounds.values()))  # no clock tells them apart
        levelled = level({label: y[:length] for label, y in sounds.items()})
        self.sounds = {label: encode(y, sr, "WAV") for label, y in levelled.items()}
        self._draws = np.random.default_rng(seed)
        self.status = widgets.HTML()
        self.audio = Player([WHICH])
        self.audio.observe(self._allow, names=["versions", "heard"])
        self.buttons = {label: widgets.Button(description=label) for label in sounds}
        for label, button in self.buttons.items():
            button.layout.width = "auto"
            button.on_click(lambda _, label=label: self._guess(label))
        self.again = widgets.Button(description="Once more")
        self.again.on_click(self._begin)
        self._begin()
        row = [*self.buttons.values(), self.again]
        super().__init__([self.audio, widgets.HBox(row, layout=WRAP), self.status])
        self.add_class("live-panel")

    def __repr__(self):
        return f"BlindTest: {' or '.join(self.sounds)}?"

    def _ipython_display_(self):
        show_live(self, "<p>A test for your ears: it begins when the notebook runs.</p>")

    @property
    def hidden(self):
        """The label of what the player holds."""
        held = self.audio.get(WHICH)
        return next(label for label, sound in self.sounds.items() if sound == held)

    @property
    def is_open(self):
        """Whether a guess may be made: the sound has been heard, and the test goes on."""
        return self.asked < ROUNDS and self.audio.heard == self.audio.versions[0]

    def _begin(self, _=None):
        self.right = self.asked = 0
        self.again.layout.display = "none"
        self._next()
        self._say(f"Round 1 of {ROUNDS}. Listen first, then press what you believe you hear.")

    def _next(self):
        """Hides a sound; the player begins anew even where it is the same again."""
        label = str(self._draws.choice(list(self.sounds)))
        self.audio.set(WHICH, self.sounds[label])

    def _allow(self, _=None):
        for button in self.buttons.values():
            button.disabled = not self.is_open

    def _guess(self, label):
        if not self.is_open:
            return
        hidden = self.hidden
        self.right, self.asked = self.right + (label == hidden), self.asked + 1
        said = f"{'Right' if label == hidden else 'No'}: that was {hidden}. "
        if self.asked < ROUNDS:
            self._next()
            said += f"{self.right} of {self.asked} right. Round {self.asked + 1}: listen first."
        else:
            self._allow()
            self.again.layout.display = None
            said += _verdict(self.right, self.asked, len(self.sounds))
        self._say(said)

    def _say(self, words):
        self.status.value = status_line(words)


def _verdict(right, asked, n_choices):
    """Returns in words how often somebody who guesses has so many right, or more."""
    chance = bdtrc(right - 1, asked, 1 / n_choices)  # the binomial distribution's tail
    often = f"once in {1 / chance:,.0f} tests" if chance < 0.1 else f"in {chance:.0%} of all tests"
    told = "you hear a difference" if chance < 0.05 else "this may have been chance"
    return f"{right} of {asked} right. By guessing so many, or more, come {often}: {told}."


def blind_test(sounds, sr, *, seed=None):
    """Returns a listening test over ``{label: y}``: ten hidden sounds, guesses and a verdict."""
    return BlindTest(sounds, sr, seed)
