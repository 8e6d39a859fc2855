"""Finds clips, and plays: labelled sounds in one player, compressed, all at one level."""

import html
import io
from base64 import b64encode
from pathlib import Path

import anywidget
import librosa
import numpy as np
import soundfile
import traitlets
from IPython.display import HTML, display

import audiotools as at
from staircase.engine import keep_numbas_cache_whole

keep_numbas_cache_whole()  # for notebooks also call librosa, which compiles at first use
HERE = Path(__file__).resolve().parent.parent  # the folder of show/ and showtools.py
DATA = (HERE if (HERE / "data").exists() else HERE.parent) / "data"  # beside, in a handed-out set
OWN_CLIPS = ("slt", "kal16", "melody")
MINE = DATA / "mine.wav"  # the reader's own voice, kept by `own_voice`
LEVEL = -23  # dB, root mean square, of full scale: speech has room for its peaks, row for row
HEADROOM = 0.8  # of full scale: decoded MP3 overshoots the peaks that went in
RAISED = 6  # dB above the first sound of a row, from which on the label says so
MIME = {"MP3": "audio/mpeg", "FLAC": "audio/flac", "WAV": "audio/wav"}
SCRIPT = Path(__file__).with_name("player.js")  # joins the sounds of a row


def clip_path(clip):
    """Returns the file of a clip: "slt", "kal16", "melody", or any name `librosa.ex` knows.

    "mine" is the voice that you recorded in notebook 01. A file of your own is its own clip.
    librosa fetches its recordings from the network the first time they are asked for.
    """
    if clip in OWN_CLIPS:
        return DATA / f"{clip}.wav"
    if clip == "mine" and not MINE.exists():
        raise ValueError('no clip "mine" yet: record it in notebook 01, or take slt, kal16, melody')
    if clip == "mine":
        return MINE
    if Path(clip).expanduser().is_file():
        return Path(clip).expanduser()
    own = ", ".join(OWN_CLIPS)
    try:
        return Path(librosa.ex(clip))
    except librosa.ParameterError:
        message = f"no clip {clip!r}: take {own}, or a name from librosa.util.list_examples()"
        raise ValueError(message) from None
    except OSError as error:
        reason = f"the network did not bring the clip {clip!r} ({type(error).__name__})"
        raise ConnectionError(f"{reason}: connect, or take {own}") from None


def encode(y, sr, codec):
    """Returns a waveform within -1 ... 1 as the bytes of a sound file: "MP3", "FLAC" or "WAV"."""
    y, file = np.asarray(y), io.BytesIO()
    if y.ndim != 1 or y.size == 0:
        cure = "pass one waveform (n,)" if y.size else "it is empty, pass a waveform (n,)"
        mean = f", as y.mean(axis={np.argmin(y.shape)})" if y.size and y.ndim == 2 else ""
        raise ValueError(f"y has shape {y.shape}: {cure}{mean}")
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
    """Shows ``{label: y}`` as one player, in which a button for each goes on at the same place.

    All rows have one level, -23 dB; where that would clip a sound, its row is turned down
    together. A label says by how much its sound was raised over the first, from 6 dB on. A
    notebook that is not trusted yet runs no script and shows a player for each sound.
    """
    display(HTML(row_html(sounds, sr, codec)))


def row_html(sounds, sr, codec="MP3"):
    """Returns what `play_row` shows."""
    levelled = level(sounds)
    figures = [
        _figure(label + _raised(sounds, label), encode(y, sr, codec), codec)
        for label, y in levelled.items()
    ]
    row = f'<div class="sounds" style="display:flex;flex-wrap:wrap">{"".join(figures)}</div>'
    return f'{row}<script type="module">{SCRIPT.read_text("utf-8")}</script>'


def _figure(label, sound, codec):
    label, data = html.escape(label), b64encode(sound).decode()
    return (
        f'<figure style="margin:4px 16px 8px 0"><figcaption>{label}</figcaption>'
        f'<audio controls aria-label="{label}" src="data:{MIME[codec]};base64,{data}"></audio>'
        "</figure>"
    )


def _raised(sounds, label):
    """Returns what a label adds where its sound was much softer than the first; "" elsewhere."""
    first, soft = (
        np.sqrt(np.mean(np.square(y, dtype=float)))
        for y in (next(iter(sounds.values())), sounds[label])
    )
    gain_db = 20 * np.log10(first / soft) if first and soft else 0
    return f" (raised by {gain_db:.0f} dB)" if gain_db >= RAISED else ""


def level(sounds):
    """Returns ``{label: y}`` at one level: -23 dB of full scale, or the loudest that clips none."""
    if not sounds:
        raise ValueError("there is nothing to play: pass {label: y}")
    wanted = np.array([1e-3 * 10 ** (LEVEL / 20)])  # softer, which no peak forbids
    soft = {label: at.match_level(y, wanted) for label, y in sounds.items()}
    peak = max(np.abs(y).max() for y in soft.values())
    gain = min(1e3, HEADROOM / peak) if peak else 1.0
    return {label: gain * y for label, y in soft.items()}


class Player(anywidget.AnyWidget):
    """The player of a row as a widget, whose sounds `set` gives it one by one.

    A new sound stops the old one of its label if that is playing, and nothing else. `heard` is
    the version of the sound that was last heard for half a second.
    """

    _esm = SCRIPT
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    mime = traitlets.Unicode(MIME["WAV"]).tag(sync=True)
    sounds = traitlets.List(traitlets.Bytes()).tag(sync=True)
    versions = traitlets.List(traitlets.Int()).tag(sync=True)  # of each: how often it was set
    heard = traitlets.Int().tag(sync=True)

    def __init__(self, labels):
        n = len(labels)
        super().__init__(labels=list(labels), sounds=[b""] * n, versions=[0] * n)

    def get(self, label):
        """Returns the bytes of a sound."""
        return self.sounds[self.labels.index(label)]

    def set(self, label, sound):
        """Puts the bytes of a WAV file in the place of a sound, even if they are the same."""
        i = self.labels.index(label)
        with self.hold_sync():  # the page gets both at once
            self.sounds = [*self.sounds[:i], sound, *self.sounds[i + 1 :]]
            self.versions = [version + (k == i) for k, version in enumerate(self.versions)]
