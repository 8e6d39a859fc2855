"""Writes the notebooks as slides, beside the pages of the site: build/site/slides.

    python tools/make_slides.py

What becomes of a cell is its slide type, which JupyterLab shows and sets: *slide* and
*subslide* begin a slide, *skip* and *notes* leave the cell out, all else goes on. A heading
inside a cell begins a slide as well. What a notebook folds, the answer to a question, stays on
the question's slide and is hidden until it is asked for. Here the cells of a slide are put in
order; slides.js lays them out in the browser, which alone knows how high they are: it takes
more slides where one is too small. The speaker's notes are a notebook's section of TEACHING.md.
"""

import re

import nbformat
from make_site import (
    FOLDED,
    HOME,
    README,
    SITE,
    TEACHING,
    TRY,
    MarkdownWithMath,
    Words,
    cells_of,
    font_for,
    law,
    main,
    page_of,
    plain,
    prepare,
    slides_page,
    template_of,
    text_of,
    title_of,
    towards,
)

BEGIN, LEFT_OUT = ("slide", "subslide"), ("skip", "notes")
LIVE = '<p class="live">A picture of the panel: it moves in the live notebook.</p>'


def parts_of(cells):
    """Yields the cells in order, one that holds a heading cut in two before it."""
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell, None
            continue
        for text in re.split(r"^(?=## )", cell.source, flags=re.M):
            if text.strip():
                heading = re.match(r"#{1,2} (.+)", text)
                part = nbformat.v4.new_markdown_cell(text, metadata=cell.metadata)
                yield part, heading and heading[1]


def slides_of(cells):
    """Returns the slides, each a dict with its `title` and `cells`."""
    slides = [dict(title="", cells=[])]
    for cell, heading in parts_of(cells):
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind in LEFT_OUT:
            continue
        begins = heading or (kind in BEGIN and FOLDED not in cell.metadata)
        if begins and slides[-1]["cells"]:
            slides.append(dict(title=slides[-1]["title"], cells=[]))
        slides[-1]["title"] = heading or slides[-1]["title"]
        slides[-1]["cells"].append(cell)
    return slides


def mark_answers(cells):
    """Marks, in place, the cells that a notebook folds, once `prepare` has found the folds."""
    is_open = False
    for cell in cells:
        is_open = is_open and not cell.unfolds
        cell.answers = is_open
        is_open = is_open or bool(cell.folds)


def mark_units(cells):
    """Numbers, in place, what belongs together: code and what it shows; a question, its button."""
    unit, is_open = 0, False
    for cell in cells:
        is_code = cell.cell_type == "code"
        unit += not (cell.folds or (is_code and is_open))
        cell.unit = unit
        is_open = is_code and not cell.outputs


def joined(outputs):
    """Returns the outputs of a cell: what it printed in one piece, a panel with one sentence."""
    streams = [output.output_type == "stream" for output in outputs]
    kept = []
    for output, goes_on in zip(outputs, [False, *(a and b for a, b in zip(streams, streams[1:]))]):
        html = output.get("data", {}).get("text/html", "")
        if goes_on:
            kept[-1].text += output.text
        elif html.startswith("<aside>") and kept and "<img" in kept[-1].data["text/html"]:
            kept[-1].data["text/html"] += LIVE  # the picture before says what the note says
        else:
            kept.append(output)
    return kept


def in_lines(html):
    """Returns HTML for a <pre> with each line in an element, which hangs by its own indent."""
    before, inside, after = re.fullmatch(r"(.*<pre[^>]*>)?(.*?)(</pre>.*)?", html, re.S).groups("")
    lines = re.sub("\n{3,}", "\n\n", inside.replace("<span></span>", "").strip("\n")).split("\n")
    indents = [len(text) - len(text.lstrip()) for text in map(plain, lines)]
    spans = (
        f'<span class="line" style="--indent: {n}ch">{line}\n</span>'
        for n, line in zip(indents, lines)
    )
    return before + "".join(spans) + after


def notes_of(source, site, page):
    """Returns a notebook's section of TEACHING.md as HTML, its plan a list of steps."""
    text = text_of(TEACHING) if TEACHING in site.guides else ""
    section = re.search(rf"^## {source.stem[:2]} .*?\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if not section:
        return ""
    steps = re.sub(
        r"^(\*\d+ minutes\.\*) (.+)$",
        lambda plan: f"{plan[1]}\n\n- " + plan[2].replace(" · ", "\n- ") + "\n",
        section[1],
        flags=re.M,
    )
    return MarkdownWithMath(renderer=Words(site, TEACHING, page)).render(steps)


def prepared(source, words):
    """Returns the slides of a notebook, their words in HTML."""
    slides = slides_of(cells_of(source))
    cells = [cell for slide in slides for cell in slide["cells"]]
    prepare(cells, words)
    mark_answers(cells)
    for slide in slides:
        mark_units(slide["cells"])
    for cell in cells:
        if "outputs" in cell:
            cell.outputs = joined(cell.outputs)
    return slides


def write(source, site, template):
    """Writes the slides of a notebook."""
    page = slides_page(source)
    words = Words(site, source, page)
    html = template.render(
        slides=prepared(source, words),
        title=title_of(source),
        course=title_of(README),
        font=font_for(words.formulas),
        notes=notes_of(source, site, page),
        law=MarkdownWithMath(renderer=Words(site, README, page)).render(law()),
        home=towards(HOME, page),
        lesson=towards(page_of(source), page),
        try_it=towards(TRY, page) if TRY in site.files else "",
    )
    (SITE / page).parent.mkdir(exist_ok=True)
    (SITE / page).write_text(html, encoding="utf-8")


def write_slides(site):
    """Writes the slides of all notebooks, beside the pages."""
    template = template_of("slides.html.j2")
    template.environment.filters["in_lines"] = in_lines
    for source in site.lessons:
        write(source, site, template)


if __name__ == "__main__":
    main(write_slides)
