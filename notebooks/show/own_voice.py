"""The reader's own voice: five seconds, kept as the clip "mine", and what the law says of them."""

import ipywidgets as widgets
import numpy as np

import audiotools as at
from show.panels import WRAP, show_live, status_line
from show.players import MINE, Player, encode, level
from show.sound_input import Part, SoundInput

SR, SECONDS = 16000, 5
WHISPER = 0.15  # share of the frames: in noise the tracker finds a pitch in a tenth, in speech half
HEARD = "Your voice"
ASKED = 'Your own voice, if you like: five seconds of it become the clip "mine" of every notebook.'
TWIN = f"<p>{ASKED} They can be recorded here once the notebook runs.</p>"
USE = 'Write clip = "mine" in the cell above, and run all cells again.'


class OwnVoice(widgets.VBox):
    """Takes a recording or a part of a file, keeps and plays it, and forecasts; by `own_voice`."""

    def __init__(self):
        self.input = SoundInput(sr=SR, seconds=SECONDS)
        self.input.on_sound(self._taken, self._say)
        self.part = Part(SR, SECONDS, self._keep)
        self.player, self.status, self.words = Player([HEARD]), widgets.HTML(), ""
        if MINE.exists():
            self._welcome()
        row = widgets.HBox([self.input, self.part], layout=WRAP | dict(align_items="center"))
        super().__init__([widgets.HTML(ASKED), row, self.status, self.player])
        self.add_class("live-panel")

    def __repr__(self):
        return f"OwnVoice: {ASKED}"

    def _ipython_display_(self):
        show_live(self, TWIN)

    def _welcome(self):
        """Plays what was kept another day."""
        y, _ = at.load_wav(MINE, sr=SR)
        self._play(y)
        self._say(f"Kept from another day: {len(y) / SR:.1f} s. {_forecast(y)}")

    def _taken(self, name, words, y):
        """Keeps the beginning of a sound that has come."""
        self.came = f"{name} {words}"
        self.part.of(y)
        self._keep()

    def _keep(self):
        """Writes, plays and judges the seconds that are chosen, or says in one line why not."""
        try:
            y = self.part.y
            y = y / max(1, np.abs(y).max())  # a file holds no more than full scale
            at.save_wav(MINE, y, SR)
        except Exception as error:  # a panel never ends in a traceback
            self._say(f"not possible: {error}. What was kept stays.")
            return
        self._play(y)
        kept = f"Kept: {self.part.words}, as data/{MINE.name}"
        self._say(f"{self.came}. {kept}; it stays on this computer. {_forecast(y)} {USE}")

    def _play(self, y):
        (y,) = level({HEARD: y}).values()
        self.player.set(HEARD, encode(y, SR, "WAV"))

    def _say(self, words):
        self.words = words
        self.status.value = status_line(words)


def _forecast(y, n_mfcc=20):
    """Returns what the pitch law of notebook 04 says of a voice, before it has gone anywhere."""
    f0 = at.pitch(y, SR)
    if np.mean(f0 > 0) < WHISPER:
        return "Hardly any pitch of 65 to 420 Hz was found in it, so there is no tune to lose."
    hz, limit_hz = np.median(f0[f0 > 0]), at.pitch_limit(n_mfcc, SR)
    said = f"Your voice speaks at about {hz:.0f} Hz. {n_mfcc} MFCCs draw a comb only "
    said += f"above {limit_hz:.0f} Hz, so they will "
    if hz > limit_hz:
        return said + "draw your pitch (notebook 04)."
    enough = next(n for n in range(n_mfcc, 129) if at.pitch_limit(n, SR) < hz)
    return said + f"not draw your pitch; {enough} numbers would (notebook 04)."


def own_voice():
    """Returns a panel that keeps five seconds of the reader's voice as the clip "mine"."""
    return OwnVoice()
