"""Draws the staircase at the head of each notebook, as notebooks/figures/NN.svg.

    python tools/draw_staircase.py

The same figure stands on the site, in the slides and, as staircase.svg, in the README. What a
notebook is about is drawn in colour: steps, ways down, ways up, and the long ways from the foot
to the top that guess no phase.
"""

from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "notebooks" / "figures"
STEPS = {
    "y": "waveform",
    "D": "complex spectra",
    "S": "spectrogram",
    "M": "mel spectrum",
    "C": "MFCC",
}
DOWN = ["stft", "abs", "make_mel", "mel_to_mfcc"]
UP = ["istft", "griffin_lim", "mel_to_spectrogram", "mfcc_to_mel"]
LONG = "speak(C, f0)"

# What is coloured: letters of steps, and functions; and the step at which the flag stands.
HERE = {
    "01": (["y", "D", "S", "stft", "istft", "abs"], "D"),
    "02": (["y", "S", "griffin_lim", "istft"], "S"),
    "03": (["M", "make_mel", "mel_to_spectrogram"], "M"),
    "04": (["C", "mel_to_mfcc", "mfcc_to_mel"], "C"),
    "05": (["C", "y", LONG], "C"),
    "06": (["S", "M", "C"], "M"),
    "07": (["S", "griffin_lim", "make_mel", "mel_to_spectrogram"], "S"),
    "08": (["y", *DOWN, *UP], "y"),
    "09": (["M", "C", LONG], "C"),
    "10": (["C", "y", LONG], "C"),
    "11": (["y", "M", "C", *DOWN, *UP], "M"),
    "staircase": (list(STEPS), None),
}

WIDTH, HEIGHT, LEFT, ACROSS, DEEP = 592, 324, 40, 56, 66  # of the picture; of a step
BOX = (172, 36)
STYLE = (
    "text{font:15px system-ui,sans-serif;fill:#222}.f{font:14px ui-monospace,monospace}"
    ".q text,text.q{fill:#666}.here{fill:#fff;font-weight:600}"
    "path{fill:none;stroke:#888;stroke-width:1.6}.on path{stroke:#0072b2;stroke-width:3}"
    "rect{fill:#fff;stroke:#888}.on rect{fill:#dbeaf5;stroke:#0072b2;stroke-width:2.5}"
    ".on text{fill:#004b78;font-weight:600}"
)


def corner(k):
    """Returns the upper left corner of a step."""
    return LEFT + k * ACROSS, 12 + k * DEEP


def group(is_on, *parts):
    """Returns parts of the picture that are coloured, or not."""
    return f'<g class="{"on" if is_on else "q"}">{"".join(parts)}</g>'


def text(x, y, words, *, kind="", anchor="start"):
    """Returns a line of text."""
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def arrow(x, y, to_y):
    """Returns an upright arrow."""
    tip = 7 if to_y < y else -7
    return f'<path d="M{x} {y}V{to_y}m-5 {tip}l5 {-tip}l5 {tip}"/>'


def step(k, letter, name, is_on):
    """Returns a step: a box with its letter and its name."""
    (x, y), (wide, high) = corner(k), BOX
    box = f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="6"/>'
    return group(is_on, box, text(x + 12, y + 23, f"{letter}  {name}"))


def ways(k, coloured):
    """Returns the way down from a step to the next, and the way up."""
    (x, y), (wide, high) = corner(k), BOX
    top, foot = y + high + 3, y + DEEP - 3
    down = arrow(x + wide - 26, top, foot), text(x + wide - 14, y + 56, DOWN[k], kind="f")
    up = (
        arrow(x + ACROSS + 26, foot, top),
        text(x + ACROSS + 14, y + 56, UP[k], kind="f", anchor="end"),
    )
    return group(DOWN[k] in coloured, *down) + group(UP[k] in coloured, *up)


def long_way():
    """Returns the way from the foot to the top that passes by the others, on the left."""
    x, y, last = LEFT - 22, corner(0)[1] + 18, corner(4)[1] + 18
    path = f'<path d="M{corner(4)[0] - 3} {last}H{x}V{y}H{LEFT - 3}m-7 -5l7 5l-7 5"/>'
    return group(True, path, text(x + 12, last - 10, LONG, kind="f"))


def flag(letter):
    """Returns the flag that says where we are, beside a step."""
    x, y = corner(list(STEPS).index(letter))
    x += BOX[0] + 8
    shape = f'<path d="M{x} {y + 18}l10 -13h124v26h-124z" style="fill:#a33c00;stroke:none"/>'
    return shape + text(x + 17, y + 23, "you are here", kind="here")


def draw(coloured, here):
    """Returns the picture as SVG, on white: it is to be read in a dark theme too."""
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" style="stroke:none"/>']
    parts += [ways(k, coloured) for k in range(len(DOWN))]
    parts += [step(k, *pair, pair[0] in coloured) for k, pair in enumerate(STEPS.items())]
    parts += [long_way()] if LONG in coloured else []
    parts += [flag(here)] if here else []
    head = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
    return f"<svg {head}><style>{STYLE}</style>{''.join(parts)}</svg>\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, picture in HERE.items():
        (FOLDER / f"{name}.svg").write_text(draw(*picture), encoding="utf-8")
