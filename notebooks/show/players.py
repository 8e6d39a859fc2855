"""Finds clips, and plays: labelled players of compressed sound, all at one level."""

import html
import io
from base64 import b64encode
from pathlib import Path

import ipywidgets as widgets
import librosa
import numpy as np
import soundfile
from IPython.display import HTML, display

import audiotools as at

HERE = Path(__file__).resolve().parent.parent  # the folder of show/ and showtools.py
DATA = (HERE if (HERE / "data").exists() else HERE.parent) / "data"  # beside, in a handed-out set
OWN_CLIPS = ("slt", "kal16", "melody")
HEADROOM = 0.8  # of full scale: decoded MP3 overshoots the peaks that went in
MIME = {"MP3": "audio/mpeg", "FLAC": "audio/flac", "WAV": "audio/wav"}


def clip_path(clip):
    """Returns the file of a clip: "slt", "kal16", "melody", or any name `librosa.ex` knows.

    A file of your own is its own clip. librosa fetches its recordings from the network the first
    time they are asked for.
    """
    if clip in OWN_CLIPS:
        return DATA / f"{clip}.wav"
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


def player_widget(label):
    """Returns an empty player, and a box that shows it under its label."""
    audio = widgets.Audio(format="wav", autoplay=False, loop=False)
    return audio, widgets.VBox([widgets.Label(label), audio])
