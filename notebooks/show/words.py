"""Says in words what a figure shows, computed from what is drawn in it. It draws nothing.

A reader who cannot see the figure reads them, and the tests compare them.
"""

import numpy as np


def describe(fig):
    """Returns a sentence for each axes of a drawn figure, colour bars apart."""
    return " ".join(_describe_axes(ax) for ax in fig.axes if ax.get_label() != "<colorbar>")


def _describe_axes(ax):
    """Returns one sentence about an axes."""
    title = ax.get_title(loc="left") or ax.get_title()
    x, y = _quantity(ax.get_xlabel()), _quantity(ax.get_ylabel())
    parts = [] if ax.containers else [_range(x, _drawn(ax.dataLim.intervalx, ax.get_xlim()))]
    heights = _drawn(ax.dataLim.intervaly, ax.get_ylim())
    parts.append(_range(y, [_as_labelled(height, ax.yaxis) for height in heights]))
    for image in ax.images:
        parts += _describe_image(image, ax, x, y)
    parts += [_describe_bars(bars, ax, x) for bars in ax.containers]
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    parts += [_describe_line(line, x, y) for line in lines or ax.lines[:1]]
    return f"{title or 'Figure'}: {'; '.join(part for part in parts if part)}."


def _drawn(data, visible):
    """Returns the range of what is drawn and can be seen."""
    low, high = max(data[0], min(visible)), min(data[1], max(visible))
    return (low, high) if low <= high else sorted(visible)


def _as_labelled(value, axis):
    """Returns a place on an axis as its tick labels name it: kHz, where the rows are mel bands."""
    places, labels = axis.get_ticklocs(), axis.get_ticklabels()
    try:
        names = np.array([float(label.get_text().replace("−", "-")) for label in labels])
    except ValueError:  # words
        return value
    if len(names) < len(places) or np.allclose(places, names):  # hidden, or the places themselves
        return value
    return np.interp(value, places, names)


def _describe_image(image, ax, x, y):
    """Yields the range of the colours and where the weight of what is visible lies."""
    values = np.asarray(image.get_array(), dtype=float)
    low, high = image.get_clim()
    weight = np.abs(values) if low == -high else np.clip(values, low, high) - low
    left, right, bottom, top = image.get_extent()
    columns = np.linspace(left, right, 2 * weight.shape[1] + 1)[1::2]  # centres of the cells
    rows = np.linspace(bottom, top, 2 * weight.shape[0] + 1)[1::2]
    visible = ax.get_ylim()
    weight[(rows < visible[0]) | (rows > visible[1])] = 0
    total = max(weight.sum(), np.finfo(float).tiny)
    height = _as_labelled(weight.sum(1) @ rows / total, ax.yaxis)
    centre = [_round(weight.sum(0) @ columns / total), _round(height)]
    if image.colorbar:
        yield _range(_quantity(image.colorbar.ax.get_ylabel()), (low, high))
    yield f"the weight lies around {_with(centre[0], x)} and {_with(centre[1], y)}"


def _describe_bars(bars, ax, x):
    """Returns the heights of a group of bars, each with its name."""
    names = [tick.get_text().replace("\n", " ") for tick in ax.get_xticklabels()]
    heights = [f"{name}: {_round(bar.get_height())}" for name, bar in zip(names, bars)]
    group = "" if bars.get_label().startswith("_") else bars.get_label()
    return " ".join(filter(None, [group, x[0], ", ".join(heights)]))


def _describe_line(line, x, y):
    """Returns the range of a line and where it is highest; of a vertical one its name."""
    xs, ys = np.asarray(line.get_data(), dtype=float)
    xs, ys = xs[np.isfinite(ys)], ys[np.isfinite(ys)]
    if not len(ys):
        return ""
    name = "" if line.get_label().startswith("_") else line.get_label()
    if len(xs) == 1:
        height = _round(_as_labelled(ys[0], line.axes.yaxis))
        return f"{name} at {_with(_round(xs[0]), x)}, {_with(height, y)}".strip()
    if np.ptp(xs) == 0 or line.get_transform() != line.axes.transData:  # axvline, axhline
        return f"a line marks {name}" if name else ""
    first = np.argmax(ys >= ys.max() - 1e-6 * np.ptp(ys))  # of a flat top, whatever the rounding
    heights = ys.min(), ys.max()
    low, high = (_round(_as_labelled(height, line.axes.yaxis)) for height in heights)
    top = _round(xs[first])
    return f"{name} from {low} to {_with(high, y)}, highest at {_with(top, x)}".strip()


def _quantity(label):
    """Returns ("time", "s") for the label "Time (s)"."""
    name, _, rest = label.replace("\n", " ").partition("(")
    unit, _, more = rest.partition(")")
    name = name.strip() + more
    return name if name[1:2].isupper() else name[:1].lower() + name[1:], unit


def _with(value, quantity):
    return f"{value} {quantity[1]}".strip()


def _range(quantity, limits):
    low, high = (_round(limit) for limit in limits)
    return f"{quantity[0]} {low} to {_with(high, quantity)}" if quantity[0] else ""


def _round(value):
    """Returns two significant digits, so that the words hold on other machines."""
    text = f"{float(f'{value:.1e}'):g}"
    return "0" if abs(value) < 5e-3 else text.replace("-", "−")
