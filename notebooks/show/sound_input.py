"""A sound comes in from the browser: a file or a recording, taken as it is or refused in a line."""

import io
from pathlib import Path

import anywidget
import ipywidgets as widgets
import numpy as np
import soundfile
import traitlets

from staircase.files import read
from staircase.parts import Foreign
from staircase.sound import resampled

SILENCE, LOUD = 1e-4, 1e3  # peaks as shares of full scale: −80 and 60 dB


class SoundInput(anywidget.AnyWidget):
    """A file chooser and a recorder in the browser: sends bytes to the kernel, keeps none.

    Of a file the first `longest` seconds are taken, of which a part may be chosen. A file that
    the kernel cannot read is asked back for, by the number that came with it, and the browser
    sends what it decodes. At most `max_bytes` are sent, because a Jupyter server drops the
    connection to a page that sends more than 10 MiB at once.
    """

    _esm = Path(__file__).with_name("sound_input.js")
    sr = traitlets.Int(16000).tag(sync=True)
    seconds = traitlets.Float(5).tag(sync=True)  # of a recording
    longest = traitlets.Float(300).tag(sync=True)
    max_bytes = traitlets.Int(8_000_000).tag(sync=True)

    def __init__(self, **traits):
        super().__init__(**traits)
        self.n_recordings = 0
        self.asked = None  # the number of the file that the browser is to decode
        self._taken = self._say = lambda *words: None
        self.on_msg(self._receive)

    def on_sound(self, taken, say):
        """Has ``taken(name, words, y)`` called for each sound, ``say(words)`` for a refusal."""
        self._taken, self._say = taken, say

    def take(self, name, data):
        """Takes the bytes of a sound file, as if they were uploaded."""
        self._receive(self, dict(name=name, size=len(data), recorded=False), [data])

    def forget(self):
        """Waits no longer for what the browser decodes: another sound has been chosen."""
        self.asked = None

    def _receive(self, _, content, buffers):
        """Takes a file or a recording from the browser, or says in one line why not."""
        if content.get("answers", self.asked) != self.asked:
            return  # another sound has been chosen since
        self.forget()
        try:
            found = self._read(content, buffers)
        except Exception as error:  # a panel never ends in a traceback
            if isinstance(error, Foreign) and "number" in content:
                self._ask(content, error)
            else:
                self._say(f"not possible: {error}. The sound stays as it was.")
            return
        self._taken(*found)

    def _ask(self, content, refusal):
        """Asks the browser to decode a file that the kernel does not read; it answers later."""
        self.asked = content["number"]
        self._say(f"{content['name']} is decoded by the browser …")
        self.send(dict(asked=self.asked, refusal=str(refusal)))

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
        _refuse_level(y, f"{name}, its channels averaged,")
        return name, words, y

    def _read_recording(self, samples):
        """Returns what `_read` does of what the browser recorded in one channel, at our rate."""
        self.n_recordings += 1
        y = np.frombuffer(samples, dtype="<f4")[: round(self.seconds * self.sr)]
        return f"recording {self.n_recordings}", "is taken", y

    def _read_file(self, name, data, size):
        """Returns the words and the waveform of a file, of whose `size` bytes `data` came."""
        found = read(_NamedBytes(data, name), duration=self.longest + 0.01)
        origin, is_all = f"{found.sr:,} samples per second", len(data) == size
        return self._beginning(found, origin, is_all, found.lost)

    def _read_decoded(self, name, channels, lasts, is_whole):
        """Returns the same of what the browser decoded, at our rate: it is read as a WAV.

        By its header the file lasts so many seconds, None if that does not say; `is_whole` says
        whether the browser was given all of it, and sent all that it found.
        """
        samples = np.stack([np.frombuffer(channel, "<f4") for channel in channels], axis=1)
        file = _NamedBytes(b"", name)
        soundfile.write(file, samples, self.sr, format="WAV", subtype="FLOAT")
        file.seek(0)
        found, lost = read(file, duration=self.longest + 0.01), ""
        if lasts and found.seconds < lasts - 0.1:
            lost = f"It lasts {lasts:.1f} s, and the browser finds sound in {found.seconds:.1f} s: "
            lost += "if there should be more, it is truncated or damaged, fetch it again"
        return self._beginning(found, "decoded by the browser", is_whole, lost)

    def _beginning(self, found, origin, is_all, lost):
        """Returns the words and the waveform of a `Recording`, and what is lost if it is all."""
        y = resampled(found, self.sr)[0][: round(self.longest * self.sr)]
        is_all = is_all and found.left * found.sr >= 0.5
        words = f"({origin}, {found.channels} channel(s))"
        words += " is read" if is_all else f": its first {len(y) / self.sr:.1f} s are read"
        return ". ".join(filter(None, [words, is_all and lost, found.cancels])), y


class _NamedBytes(io.BytesIO):
    """A file in memory that error messages call by its name."""

    def __init__(self, content, name):
        super().__init__(content)
        self._name = name

    def __repr__(self):
        return self._name


def _refuse_level(y, name, cure=""):
    """Refuses what is silent, or so loud that it can be no sound."""
    peak = np.abs(y).max()
    if not SILENCE < peak < LOUD:  # NaN is neither
        raise ValueError(
            f"{name} peaks at {peak:g} of full scale, and between "
            f"{SILENCE:g} (silence) and {LOUD:g} is needed{cure}"
        )


class Part(widgets.HBox):
    """Of a sound that lasts longer, the seconds that are used: from a start on, to be chosen."""

    def __init__(self, sr, seconds, moved):
        super().__init__()
        self.sr, self.seconds, self._moved = sr, seconds, moved

    def of(self, y):
        """Begins anew with a sound, at its start; a slider shows where there is a choice."""
        self.whole, self.start = y, 0.0
        latest = len(y) / self.sr - self.seconds
        self.children = [self._slider(latest)] if latest >= 0.1 else []

    def _slider(self, latest):
        step = 0.1 if latest < 10 else 0.5  # s
        options = dict(max=latest, step=step, readout_format=".1f", continuous_update=False)
        slider = widgets.FloatSlider(value=0, min=0, description="Start (s)", **options)
        slider.observe(self._choose, names="value")
        return slider

    def _choose(self, change):
        self.start = change.new
        self._moved()

    @property
    def y(self):
        """The waveform that is used; refused where it is silent."""
        first = round(self.start * self.sr)
        y = self.whole[first : first + round(self.seconds * self.sr)]
        _refuse_level(y, f"what begins at {self.start:.1f} s", ": move the start")
        return y

    @property
    def words(self):
        """What is used, in words."""
        used = min(self.seconds, len(self.whole) / self.sr - self.start)
        begin = f" from {self.start:.1f} s on" if self.children else ""
        return f"{used:.1f} s{begin}"
