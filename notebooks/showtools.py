"""Draws, plays, claims and builds panels for the notebooks. It computes no signal.

Every figure ends with `caption`, every sound has a label, every claim is checked. This is the
door of six rooms in ``show/``, and of each it hands on what the notebooks ask for:

* figures: ``show_waveform``, ``show_spectrogram``, ``show_mel``, ``show_filterbank``,
  ``show_mfcc`` draw into an axes, with units; ``compare`` stacks spectrograms under one colour
  scale; ``caption`` shows a figure and, below it, one line of words;
* words: that line, computed from what is drawn;
* players: ``clip_path`` finds a sound; ``play``, ``play_row`` show labelled players of
  compressed, level-matched sound, made by ``level`` and ``encode``;
* claims: ``claim`` prints a statement that holds, or stops; ``check`` answers an exercise, of
  ``number`` too; ``seeded`` makes librosa repeat itself; a ``Line`` is rewritten while the
  reader waits;
* panels: a ``panel`` of ``choice`` controls answers when one is moved, ``blind_test`` hides
  which sound is heard;
* workbench: ``workbench`` is a panel over the reader's own sound.

Figures ask words, the workbench asks panels, both ask players; no arrow runs back.
"""

from show.claims import Line, check, claim, number, seeded
from show.figures import (
    caption,
    compare,
    show_filterbank,
    show_mel,
    show_mfcc,
    show_spectrogram,
    show_waveform,
    use_style,
)
from show.panels import BlindTest, Panel, blind_test, choice, panel
from show.players import DATA, OWN_CLIPS, clip_path, encode, level, play, play_row
from show.workbench import SoundInput, Workbench, workbench

__all__ = [
    # figures
    "use_style",
    "show_waveform",
    "show_spectrogram",
    "show_mel",
    "show_filterbank",
    "show_mfcc",
    "compare",
    "caption",
    # players
    "DATA",
    "OWN_CLIPS",
    "clip_path",
    "encode",
    "play",
    "play_row",
    "level",
    # claims
    "claim",
    "number",
    "check",
    "seeded",
    "Line",
    # panels
    "choice",
    "Panel",
    "panel",
    "BlindTest",
    "blind_test",
    # workbench
    "SoundInput",
    "Workbench",
    "workbench",
]
