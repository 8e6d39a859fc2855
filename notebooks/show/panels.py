"""Panels: a question, controls, and an answer in a picture, sound and words."""

import html
import io

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import audiotools as at
from show.players import encode, level, player_widget


def choice(label, options, value):
    """Returns a control: a slider over numbers, buttons for words. The label names the unit."""
    options = dict(options=options, value=value, description=label)
    options |= dict(layout=widgets.Layout(width="95%"))
    look = dict(description_width="190px")
    if isinstance(value, str):
        return widgets.ToggleButtons(**options, style=look | dict(button_width="auto"))
    return widgets.SelectionSlider(**options, style=look, continuous_update=False)


def status_line(words):
    """Returns the HTML of a status line."""
    look = "line-height:1.5;overflow-wrap:anywhere"
    return f'<div role="status" style="{look}">{html.escape(words)}</div>'


class Panel(widgets.VBox):
    """Controls above a status line, a picture and two players; built by `panel`."""

    def __init__(self, compute, sr, reference, controls, fmax=None, line=None):
        self.compute, self.sr, self.reference, self.controls = compute, sr, reference, controls
        self.fmax, self.line = fmax or sr / 2, line
        self.n_encoded = 0
        self.status = widgets.HTML(layout=widgets.Layout(min_height="3.5em"))
        self.picture = widgets.Image(format="png", layout=widgets.Layout(width="648px"))
        self.original, original = player_widget("The original:")
        self.audio, here = player_widget("At these values:")
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
        self.status.value = status_line(self.words)

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
        self.audio, player = player_widget("One of these, which?")
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
        self.status.value = status_line(words)


def blind_test(sounds, sr, *, seed=None):
    """Returns a listening test over ``{label: y}``: a hidden sound, a button for each, a tally."""
    return BlindTest(sounds, sr, seed)
