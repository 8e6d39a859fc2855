"""The words about a figure are computed from what is drawn in it, and draw nothing themselves.

(That they change with the figure is tested where a caption shows them: test_show_figures.py.)
"""

import os
import subprocess
import sys

from conftest import ROOT
from matplotlib.figure import Figure

from show.words import describe


def words(draw):
    """Returns what is said about a figure with one axes, on which `draw` draws."""
    figure = Figure()
    ax = figure.subplots()
    draw(ax)
    figure.canvas.draw()
    return describe(figure)


def test_a_line_is_told_by_its_range_and_its_highest_place():
    def draw(ax):
        ax.plot([0, 1, 2], [-1.04, 5, 3], label="hill")
        ax.set(title="A hill", xlabel="Time (s)", ylabel="Level (dB)")

    told = "A hill: time 0 to 2 s; level −1 to 5 dB; hill from −1 to 5 dB, highest at 1 s."
    assert words(draw) == told


def test_marks_are_told_by_their_names():
    def draw(ax):
        ax.plot([0, 4], [0, 1], label="slope")
        ax.plot([2], [0.5], "o", label="middle")
        ax.axvline(3, label="the end")

    said = words(draw)
    assert "; middle at 2, 0.5; a line marks the end." in said


def test_bars_are_told_one_by_one():
    def draw(ax):
        ax.bar([0, 1], [3, 14.26], tick_label=["MFCC", "mel"])
        ax.set(ylabel="Distance (dB)")

    assert words(draw).endswith("; MFCC: 3, mel: 14.")


def test_rows_that_carry_frequencies_are_told_in_kilohertz():
    def draw(ax):
        ax.imshow([[1], [1]], extent=(0, 1, 10, 30), vmin=0)
        ax.set_yticks([0, 20, 40], ["0", "1", "4"])
        ax.set(ylabel="Frequency (kHz)")

    said = words(draw)
    assert "frequency 0.5 to 2.5 kHz;" in said and "the weight lies around 0.5 and 1 kHz" in said


def test_so_are_the_lines_and_marks_on_them():
    def draw(ax):
        ax.plot([0, 1], [10, 30], label="glide")
        ax.plot([1], [40], "o", label="end")
        ax.set_yticks([0, 20, 40], ["0", "1", "4"])
        ax.set(ylabel="Frequency (kHz)")

    assert words(draw).endswith("; glide from 0.5 to 2.5 kHz, highest at 1; end at 1, 4 kHz.")


def test_the_words_need_neither_pyplot_nor_a_notebook():
    code = "import sys, show.words; print({'matplotlib', 'IPython'} & set(sys.modules))"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "notebooks")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
