"""A panel over the reader's own sound: a file or a recording, a report card, a result to save."""

import html
import io
from base64 import b64encode
from pathlib import Path

import anywidget
import ipywidgets as widgets
import numpy as np
import soundfile
import traitlets

import audiotools as at
from show.panels import WRAP, Panel, show_live, status_line
from show.players import clip_path, encode
from staircase.files import read
from staircase.parts import Foreign
from staircase.sound import resampled

SILENCE, LOUD = 1e-4, 1e3  # peaks as shares of full scale: −80 and 60 dB


class SoundInput(anywidget.AnyWidget):
    """A file chooser and a recorder in the browser: sends bytes to the kernel, keeps none.

    Asked for a file by the number that came with it, it sends what the browser decodes of it.
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

    def __init__(self, compute, report, question, sr, clips, seconds, unused, controls, fmax, line):
        self.compute, self.report, self.sr, self.seconds = compute, report, sr, seconds
        self.unused, self.controls = unused, controls
        self.clips, self.n_recordings = clips, 0
        self.asked = None  # the number of the file that the browser is to decode
        self.sounds = dict.fromkeys(clips)  # {name: waveform}, None until it is asked for
        self.sound = widgets.Dropdown(options=clips, description="Sound")
        self.input = SoundInput(sr=sr, seconds=seconds)
        self.source, self.card, self.download = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.button = widgets.Button(description="Write the report card")
        self.button.layout.width = "auto"
        self.y = self._clip(clips[0])
        self.panel = Panel(
            self._walk, question, sr, lambda **values: self.y, controls, {}, fmax, line
        )
        self._describe(clips[0], "comes with the course")
        self.sound.observe(self._chosen, names="value")
        self.input.on_msg(self._receive)
        self.button.on_click(self._write)
        row = WRAP | dict(align_items="center")
        source = widgets.HBox([self.sound, self.input], layout=row)
        results = widgets.HBox([self.button, self.download], layout=row)
        super().__init__([source, self.source, self.panel, results, self.card])

    def __repr__(self):
        return f"Workbench: {self.panel.question}"

    def _ipython_display_(self):
        show_live(self, self.panel.twin())

    def _clip(self, name):
        if self.sounds[name] is None:
            path = clip_path(name)
            self.sounds[name], _ = at.load_wav(path, sr=self.sr, duration=self.seconds)
        return self.sounds[name]

    def _chosen(self, change):
        self.asked = None
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
        self.source.value = status_line(words)

    def take(self, name, data):
        """Goes on with the bytes of a sound file, as if uploaded; returns what is said."""
        self._receive(self.input, dict(name=name, size=len(data), recorded=False), [data])
        return self.words

    def _receive(self, _, content, buffers):
        """Takes a file or a recording from the browser, or says in one line why not."""
        if content.get("answers", self.asked) != self.asked:
            return  # another sound has been chosen since
        self.asked = None
        try:
            name, words, y = self._read(content, buffers)
        except Exception as error:  # a panel never ends in a traceback
            if isinstance(error, Foreign) and "number" in content:
                self._ask(content, error)
            else:
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

    def _ask(self, content, refusal):
        """Asks the browser to decode a file that the kernel does not read; it answers later."""
        self.asked = content["number"]
        self._say(f"{content['name']} is decoded by the browser …")
        self.input.send(dict(asked=self.asked, refusal=str(refusal)))

    def _read(self, content, buffers):
        """Returns the name of what came, what is to be said about it, and the waveform."""
        if "problem" in content:
            raise ValueError(content["problem"])
        name = content["name"]
        if "answers" in content:
            words, y = self._read_decoded(name, buffers, content["lasts"], content["whole"])
        elif content["recorded"]:
            name, words, y = self._read_recording(buffers[0])
        else:
            words, y = self._read_file(name, buffers[0], content["size"])
        if len(y) < self.sr / 2:
            raise ValueError(f"{name} lasts {len(y) / self.sr:.3f} s, and 0.5 s are needed")
        peak = np.abs(y).max()
        if not SILENCE < peak < LOUD:  # NaN is neither
            raise ValueError(
                f"{name}, its channels averaged, peaks at {peak:g} of full scale, and between "
                f"{SILENCE:g} (silence) and {LOUD:g} is needed"
            )
        return name + " (yours)" * (name in self.clips), words, y

    def _read_recording(self, samples):
        """Returns what `_read` does of what the browser recorded in one channel, at our rate."""
        self.n_recordings += 1
        y = np.frombuffer(samples, dtype="<f4")[: round(self.seconds * self.sr)]
        return f"recording {self.n_recordings}", "is taken", y

    def _read_file(self, name, data, size):
        """Returns the words and the waveform of a file, of whose `size` bytes `data` came."""
        if not size:
            raise ValueError(f"{name} is empty, it holds no bytes")
        found = read(_NamedBytes(data, name), duration=self.seconds + 0.01)
        origin, is_all = f"{found.sr:,} samples per second", len(data) == size
        return self._first_seconds(found, origin, is_all, found.lost)

    def _read_decoded(self, name, channels, lasts, is_whole):
        """Returns the same of what the browser decoded, at our rate: it is read as a WAV.

        By its header the file lasts so many seconds, None if that does not say; `is_whole` says
        whether the browser was given all of it.
        """
        samples = np.stack([np.frombuffer(channel, "<f4") for channel in channels], axis=1)
        file = _NamedBytes(b"", name)
        soundfile.write(file, samples, self.sr, format="WAV", subtype="FLOAT")
        file.seek(0)
        found, lost = read(file, duration=self.seconds + 0.01), ""
        if lasts and found.seconds < lasts - 0.1:
            lost = f"It lasts {lasts:.1f} s, and the browser finds sound in {found.seconds:.1f} s: "
            lost += "if there should be more, it is truncated or damaged, fetch it again"
        return self._first_seconds(found, "decoded by the browser", is_whole, lost)

    def _first_seconds(self, found, origin, is_all, lost):
        """Returns the words and the waveform of a `Recording`, and what is lost if it is all."""
        y = resampled(found, self.sr)[0][: round(self.seconds * self.sr)]
        is_all = is_all and found.left * found.sr >= 0.5
        words = f"({origin}, {found.channels} channel(s))"
        words += " is read" if is_all else f": its first {len(y) / self.sr:.1f} s are read"
        return ". ".join(filter(None, [words, is_all and lost, found.cancels])), y

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
        How much of a sound is used.
    unused : dict
        The controls that do nothing at a value of another: ``{value: names}``.
    fmax, line : optional
        As in `panel`.
    **controls : widget
        From `choice`.
    """
    return Workbench(compute, report, question, sr, clips, seconds, unused, controls, fmax, line)
