"""A panel over the reader's own sound: a file or a recording, a report card, a result to save."""

import html
from base64 import b64encode

import ipywidgets as widgets

import audiotools as at
from show.panels import WRAP, Panel, show_live, status_line
from show.players import clip_path, encode
from show.sound_input import Part, SoundInput


class Workbench(widgets.VBox):
    """A panel over the reader's own sound, a report card, a file; built by `workbench`."""

    def __init__(self, compute, report, question, sr, clips, seconds, unused, controls, fmax, line):
        self.compute, self.report, self.sr = compute, report, sr
        self.unused, self.controls, self.clips = unused, controls, clips
        self.sounds = dict.fromkeys(clips)  # {name: waveform}, None until it is asked for
        self.sound = widgets.Dropdown(options=clips, description="Sound")
        self.input = SoundInput(sr=sr, seconds=seconds)
        self.part = Part(sr, seconds, lambda: self._go_on("is chosen"))
        self.source, self.card, self.download = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.button = widgets.Button(description="Write the report card")
        self.button.layout.width = "auto"
        self.part.of(self._clip(clips[0]))
        self.panel = Panel(
            self._walk, question, sr, lambda **values: self.y, controls, {}, fmax, line
        )
        self._describe(clips[0], "comes with the course")
        self.sound.observe(self._chosen, names="value")
        self.input.on_sound(self._taken, self._say)
        self.button.on_click(self._write)
        super().__init__(self._rows())

    def _rows(self):
        row = WRAP | dict(align_items="center")
        source = widgets.HBox([self.sound, self.input, self.part], layout=row)
        results = widgets.HBox([self.button, self.download], layout=row)
        return [source, self.source, self.panel, results, self.card]

    def __repr__(self):
        return f"Workbench: {self.panel.question}"

    def _ipython_display_(self):
        show_live(self, self.panel.twin())

    @property
    def y(self):
        """The seconds that are used."""
        return self.part.y

    def _clip(self, name):
        if self.sounds[name] is None:
            path, longest = clip_path(name), self.input.longest
            self.sounds[name], _ = at.load_wav(path, sr=self.sr, duration=longest)
        return self.sounds[name]

    def _chosen(self, change):
        self.input.forget()
        self._use(change.new, "is chosen")

    def _use(self, name, words):
        """Goes on with one of the sounds; the words say what was done to it."""
        self.part.of(self._clip(name))
        self._go_on(words)

    def _go_on(self, words):
        self.panel.update()
        self._describe(self.sound.value, words)

    def _describe(self, name, words):
        used = f"Used: {self.part.words}, {self.sr:,} samples per second, mono."
        old = "" if self.panel.possible else " Picture and players still have the last sound."
        self._say(f"{name} {words}. {used}{old}")

    def _say(self, words):
        self.words = words
        self.source.value = status_line(words)

    def take(self, name, data):
        """Goes on with the bytes of a sound file, as if uploaded; returns what is said."""
        self.input.take(name, data)
        return self.words

    def _taken(self, name, words, y):
        """Goes on with a sound that has come."""
        name += " (yours)" * (name in self.clips)
        self.sounds[name] = y
        self.sound.observe(self._chosen, names="value")  # if it was stopped below, last time
        try:
            self.sound.unobserve(self._chosen, names="value")  # new options choose the first
            self.sound.options, self.sound.value = [*self.sounds], name
        finally:
            self.sound.observe(self._chosen, names="value")
        self._use(name, words)

    def _walk(self, **values):
        """Greys what has no effect, computes, lays the file ready; the old report is gone."""
        idle = [name for value in values.values() for name in self.unused.get(value, ())]
        for name, control in self.controls.items():
            control.disabled = name in idle
        y = self.y
        pictures, z, words = self.compute(y, **values)
        self.result = dict(y=y, z=z, **values)
        data = b64encode(encode(at.match_level(z, y), self.sr, "WAV")).decode()
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
            self.card.value = status_line(f"not possible: {error}.")


def workbench(
    compute, report, *, question, sr, clips, seconds, unused, fmax=None, line=None, **controls
):
    """Returns a workbench: a panel over a sound that the reader chooses, uploads or records.

    Parameters
    ----------
    compute : function
        Takes the waveform `y` and the controls' values by name; returns ``{title: S_db}``,
        a waveform and one sentence on what to see and hear.
    report : function
        Takes `y`, the waveform `z` that came back and the values; returns ``{row: text}``.
    question : str
        As in `panel`.
    sr : int
        Samples per second, to which every sound is brought.
    clips : list of str
        Sounds to choose from; the first is shown at the beginning.
    seconds : float
        How much of a sound is used; of a longer one, from a start that the reader chooses.
    unused : dict
        The controls that do nothing at a value of another: ``{value: names}``.
    fmax, line : optional
        As in `panel`.
    **controls : widget
        From `choice`.
    """
    return Workbench(compute, report, question, sr, clips, seconds, unused, controls, fmax, line)
