"""Writes the notebooks as slides, beside the pages of the site: build/site/slides.

    python tools/make_slides.py

What becomes of a cell is its slide type, which JupyterLab shows and sets: *slide* and
*subslide* begin a slide, *skip* and *notes* leave the cell out, all else goes on. A heading
inside a cell begins a slide as well. Words and code stand on the left, what they show on the
right. A slide fills the window; page-down, the space bar or a presenter go on.
"""

import re
from pathlib import PurePosixPath

import nbformat
from make_site import (
    HOME,
    SITE,
    TRY,
    Site,
    Words,
    cells_of,
    check,
    font_for,
    main,
    prepare,
    template_of,
    title_of,
    towards,
)

BEGIN, LEFT_OUT = ("slide", "subslide"), ("skip", "notes")


def parts_of(cells):
    """Yields the cells in order, one that holds a heading cut in two before it."""
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell, None
            continue
        for text in re.split(r"^(?=## )", cell.source, flags=re.M):
            if text.strip():
                heading = re.match(r"## (.+)", text)
                part = nbformat.v4.new_markdown_cell(text, metadata=cell.metadata)
                yield part, heading and heading[1]


def slides_of(cells):
    """Returns the slides, each a dict with its `title` and `cells`."""
    slides = [dict(title="", cells=[])]
    for cell, heading in parts_of(cells):
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind in LEFT_OUT:
            continue
        if heading or (kind in BEGIN and slides[-1]["cells"]):
            slides.append(dict(title=heading or slides[-1]["title"], cells=[]))
        slides[-1]["cells"].append(cell)
    return slides


def write(source, site, template):
    """Writes the slides of a notebook; returns their number."""
    page = PurePosixPath("slides") / f"{source.stem}.html"
    words, slides = Words(site, source, page), slides_of(cells_of(source))
    for before, slide in zip([{}, *slides], slides):
        begins = slide["cells"][0].source.startswith("#")
        slide["again"] = not begins and slide["title"] == before.get("title")
    prepare([cell for slide in slides for cell in slide["cells"]], words)
    html = template.render(
        slides=slides,
        title=title_of(source),
        font=font_for(words.formulas),
        home=towards(HOME, page),
        try_it=towards(TRY, page) if (SITE / TRY).exists() else "",
    )
    (SITE / page).parent.mkdir(exist_ok=True)
    (SITE / page).write_text(html, encoding="utf-8")
    return len(slides)


def make_slides():
    """Writes the site and the slides in it."""
    main()
    site, template = Site(), template_of("slides.html.j2")
    n_slides = [write(source, site, template) for source in site.lessons]
    problems = [*site.problems, *check(SITE)]
    if problems:
        raise SystemExit("\n".join(["The slides are not right:", *problems]))
    print(f"{sum(n_slides)} slides of {len(n_slides)} notebooks: {SITE.name}/slides")


if __name__ == "__main__":
    make_slides()
