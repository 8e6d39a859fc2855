"""Draws, plays, claims and builds panels for the notebooks. It computes no signal.

Every figure ends with `show`, every sound has a label, every claim is checked. This is the
door of ten rooms in ``show/``; of each it hands on what the notebooks, or their tests, ask for:

* figures: ``show_waveform``, ``show_spectrogram``, ``show_mel``, ``show_filterbank``,
  ``show_mfcc``, ``show_curves``, ``show_bars`` draw into an axes, with units, in one look,
  ``use_style``; ``compare`` stacks spectrograms under one colour scale; ``show`` shows a figure;
* words: what it shows, said in its alternative text, computed from what is drawn;
* players: ``clip_path`` finds a sound, ours and yours in ``DATA``; ``play``, ``play_row`` show
  labelled sounds in one player, which ``encode`` compresses and ``level`` brings to one level;
* sentences: ``sentences`` reads those of one speaker, of ours or of your folder, or says that a
  recording is ``TooShort``; ``hold_out`` keeps every fourth from the models; ``first_seconds``
  is how a voice begins;
* claims: ``claim`` prints a statement, what was measured, and whether it holds; ``some_pitch``
  is for a sound that has none; ``truth`` refuses what is neither True nor False; ``interval``
  says how sure a mean is; ``seeded`` makes librosa repeat itself; a ``Line`` is rewritten while
  the reader waits;
* panels: ``panel`` asks a question, which is answered when a ``choice`` is moved, and has a twin
  where no kernel runs; ``blind_test`` hides which sound is played, and ends with a verdict;
* sound_input: ``SoundInput`` takes a file or a recording from the browser;
* workbench: ``workbench`` does as a panel does, for the reader's own sound;
* own_voice: ``own_voice`` keeps five seconds of the reader's voice as the clip "mine";
* feature_bench: ``feature_bench`` takes a file of features, says whose they may be, and plays them.

Figures ask words, sentences ask players, panels ask figures and players, the last three ask panels
and players, and two of them the sound input: no arrow runs back.
"""

from show.claims import Line, claim, interval, seeded, some_pitch, truth
from show.feature_bench import FeatureBench, feature_bench
from show.figures import (
    compare,
    show,
    show_bars,
    show_curves,
    show_filterbank,
    show_mel,
    show_mfcc,
    show_spectrogram,
    show_waveform,
    use_style,
)
from show.own_voice import OwnVoice, own_voice
from show.panels import BlindTest, Panel, blind_test, choice, panel
from show.players import DATA, OWN_CLIPS, clip_path, encode, level, play, play_row
from show.sentences import TooShort, first_seconds, hold_out, sentences
from show.sound_input import SoundInput
from show.workbench import Workbench, workbench

__all__ = [
    # figures
    "use_style",
    "show_waveform",
    "show_spectrogram",
    "show_mel",
    "show_filterbank",
    "show_mfcc",
    "compare",
    "show_curves",
    "show_bars",
    "show",
    # players
    "DATA",
    "OWN_CLIPS",
    "clip_path",
    "encode",
    "play",
    "play_row",
    "level",
    # sentences
    "TooShort",
    "sentences",
    "first_seconds",
    "hold_out",
    # claims
    "claim",
    "some_pitch",
    "truth",
    "interval",
    "seeded",
    "Line",
    # panels
    "choice",
    "Panel",
    "panel",
    "BlindTest",
    "blind_test",
    # sound input
    "SoundInput",
    # workbench
    "Workbench",
    "workbench",
    # own voice
    "OwnVoice",
    "own_voice",
    # feature bench
    "FeatureBench",
    "feature_bench",
]
