"""The static site: what it holds, what it refuses, and how it looks in a real browser.

The tests skip where math-core or ziamath (requirements-extra.txt) are missing, those in a
browser also where playwright or Chromium are. With the name of a folder in SCREENSHOTS the
latter leave pictures of the pages there, light and dark, as wide as a laptop and a phone.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
import numpy as np
import pytest
from conftest import NOTEBOOKS, ROOT, SOLUTIONS
from sounds import SR, tone

from show import players

pytest.importorskip("math_core", reason="math-core is not installed")
pytest.importorskip("ziamath", reason="ziamath is not installed")

SCREENSHOTS = os.environ.get("SCREENSHOTS")
PAGES = [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in NOTEBOOKS + SOLUTIONS]
PANEL = "application/vnd.jupyter.widget-view+json"
PLAYER = (ROOT / "notebooks/show/player.js").read_text(encoding="utf-8")
FORMULAS = r"""# 01 · Formulas

Inline: the frame $t$, $\hat{S}_{k,t}$, $20\log_{10}\frac{a}{b}$ dB, $\sqrt{128}\,v$.

$$D_{k,t} = \sum_{n=0}^{N-1} w_n\, y_{n+tH}\, e^{-2\pi i\,kn/N}$$

Between two lines:

$$
\begin{aligned}
\mathbf{M} &= \mathbf{F}\,\mathbf{S} \\
E &= 20 \log_{10} \frac{\lVert |\hat D| - S \rVert}{\lVert S \rVert}
\end{aligned}
$$

In a table, and no formulas:

| number | $\sqrt{2}$ |
|---|---|
| `$a$` | \$5 and \$6 |

```
echo $HOME $$ $a$
```
"""


def make(folder, tool="make_site", **shell):
    """Builds the site of a copy of the project; returns what the command did."""
    command = [sys.executable, folder / f"tools/{tool}.py"]
    shell = os.environ | shell
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=shell)


def course_of(folder, *cells):
    """Makes a small course of one notebook with these cells; returns its site when built."""
    for name in ("tools", "data/minute"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("LICENSE", "CITATION.cff", "data/LICENSE-flite.txt"):
        shutil.copy(ROOT / name, folder / name)
    readme = "# A small course\n\n## The map\n\n[01](notebooks/01_small.ipynb)\n"
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / "notebooks/show").mkdir(parents=True)
    shutil.copy(ROOT / "notebooks/show/player.js", folder / "notebooks/show")
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    nbformat.write(notebook, folder / "notebooks/01_small.ipynb")


text_cell = nbformat.v4.new_markdown_cell


def shows(**data):
    """Returns a code cell whose only output has these data."""
    data = {name.replace("_", "/"): value for name, value in data.items()}
    output = nbformat.v4.new_output("display_data", data)
    return nbformat.v4.new_code_cell("show()", outputs=[output])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of the course, built in a copy of the project."""
    folder = tmp_path_factory.mktemp("course")
    for path in ROOT.iterdir():
        leave = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "corpus")
        if path.is_dir() and path.name in ("tools", "notebooks", "data"):
            shutil.copytree(path, folder / path.name, ignore=leave)
        elif path.is_file():
            shutil.copy(path, folder)
    done = make(folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and len(done.stdout.splitlines()) == 1
    return folder / "build/site"


@pytest.fixture(scope="module")
def formulas(tmp_path_factory):
    """The page of a notebook with formulas."""
    folder = tmp_path_factory.mktemp("formulas")
    course_of(folder, text_cell(FORMULAS), nbformat.v4.new_code_cell("price = '$5 and $6'"))
    assert make(folder).returncode == 0
    return folder / "build/site/notebooks/01_small.html"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The site, and the slides, of a notebook that plays two rows of sounds."""
    outputs, patch = [], pytest.MonkeyPatch()
    patch.setattr(players, "display", lambda shown: outputs.append(shown.data))
    high, low = np.concatenate([tone(880)] * 4), np.concatenate([tone(220)] * 2)
    players.play_row({"high": high, "low, and <soft>": 0.1 * low}, SR)
    players.play(high, SR, "alone")
    patch.undo()
    folder = tmp_path_factory.mktemp("rows")
    cells = [shows(text_html=row) for row in outputs]
    course_of(folder, text_cell("# 01 · Rows"), *cells, text_cell("## Then\n\nThe end."))
    done = make(folder, "make_slides")
    assert done.returncode == 0, done.stderr
    return folder / "build/site"


class Page(HTMLParser):
    """The tags of a page, as (name, attributes), and its words."""

    def __init__(self, path):
        super().__init__()
        self.path, self.tags, self.words = path, [], ""
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words += data

    def all(self, name, attribute=None):
        """Returns the attributes of all tags of a name, or one of the attributes."""
        found = [attributes for tag, attributes in self.tags if tag == name]
        return [a[attribute] for a in found if attribute in a] if attribute else found

    def target(self, url):
        """Returns the file and the anchor that a link leads to."""
        place, _, anchor = url.partition("#")
        file = (self.path.parent / unquote(place)).resolve() if place else self.path.resolve()
        return file, unquote(anchor)


@pytest.fixture(scope="module")
def pages(site):
    """All pages of the course: {file: Page}. (try.html has tests of its own.)"""
    return {path.resolve(): Page(path) for path in site.rglob("*.html") if path.name != "try.html"}


def outputs_of(name):
    """Returns the outputs of the notebook behind a page."""
    notebook = nbformat.read(ROOT / name.replace(".html", ".ipynb"), as_version=4)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


# --- what it holds -------------------------------------------------------------------------


def test_every_notebook_and_every_solution_has_its_page(site, pages):
    assert {site.resolve() / name for name in [*PAGES, "index.html"]} <= set(pages)


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_player_print_and_claim_of_the_notebook_is_there(site, pages, name):
    page, outputs = pages[(site / name).resolve()], outputs_of(name)
    data = [output.get("data", {}) for output in outputs]
    plain = [d["text/plain"] for d in data if set(d) == {"text/plain"}]
    printed = "\n".join([o.text for o in outputs if o.output_type == "stream"] + plain)
    shown = "".join(d.get("text/html", "") for d in data)
    pictures = [src for src in page.all("img", "src") if src.startswith("data:image/png;")]
    assert pictures == re.findall('src="(data:image[^"]+)', shown)
    assert page.all("audio", "src") == re.findall('src="(data:audio[^"]+)', shown)
    assert all("aria-label" in audio and "controls" in audio for audio in page.all("audio"))
    in_page = "".join(re.findall(r'<pre class="printed">(.*?)</pre>', page.html, re.S))
    without_tags = unescape(re.sub("</?span[^>]*>", "", in_page))
    assert sorted(without_tags.split()) == sorted(printed.split())
    claims = [line for line in printed.splitlines() if line.startswith("✓")]
    assert page.html.count('<span class="holds">') == len(claims)


@pytest.mark.parametrize("name", PAGES)
def test_every_panel_became_a_note_that_says_what_it_shows(site, pages, name):
    page = pages[(site / name).resolve()]
    reprs = [o.data["text/plain"] for o in outputs_of(name) if PANEL in o.get("data", {})]
    notes = re.findall("<aside>(.*?)</aside>", page.html, re.S)
    assert len(notes) == len(reprs) and "model_id" not in page.html
    for text, note in zip(reprs, notes):
        says = unescape(re.search("<q>(.*?)</q>", note)[1])
        whole = text.partition(": ")[2]
        if whole.endswith("…"):  # Jupyter has cut it in the middle of a word
            assert says.endswith((".", " …")) and whole.startswith(says.removesuffix(" …"))
        else:
            assert says == whole
        assert len(says) >= 20 and "make lab" in note
    panels = [text for text in reprs if text.startswith(("Panel", "Workbench", "FeatureBench"))]
    twins = page.html.split('<div class="panel-twin">')[1:]
    twins = [twin for twin in twins if "<img" in twin.partition("<aside>")[0]]  # others: a sentence
    assert len(twins) == len(panels)
    for text, twin in zip(panels, twins):
        before_note = unescape(twin[: twin.index("<aside>")])
        assert text.partition(": ")[2] in before_note
        n = 1 if text.startswith("FeatureBench") else 2  # beside a panel stands the original
        assert before_note.count("<img") == before_note.count("<audio controls") == n


def test_the_listening_minute_plays_on_the_first_page(site, pages):
    players = pages[(site / "index.html").resolve()].all("audio", "src")
    minute = sorted((ROOT / "data/minute").glob("*.mp3"))
    assert [(site / src).read_bytes() for src in players] == [p.read_bytes() for p in minute]


def test_without_its_script_a_row_plays_in_labelled_players(rows):
    page = Page(rows / "notebooks/01_small.html")
    labels = ["high", "low, and <soft> (raised by 20 dB)", "alone"]
    assert page.all("audio", "aria-label") == labels
    assert all("controls" in audio for audio in page.all("audio"))
    shown = re.findall("<figcaption>(.*?)</figcaption>", page.html)
    assert [unescape(label) for label in shown] == labels


def test_every_picture_has_words(pages):
    for page in pages.values():
        assert all(len(image.get("alt", "")) > 20 for image in page.all("img")), page.path


# --- where its links lead ----------------------------------------------------------------


def test_every_link_and_every_anchor_leads_somewhere(pages):
    n_anchors = 0
    for page in pages.values():
        for url in page.all("a", "href"):
            if url.startswith("https://"):
                continue
            file, anchor = page.target(url)
            assert file.is_file(), (page.path, url)
            if anchor and file.suffix == ".html":
                ids = [attributes.get("id") for _, attributes in pages[file].tags]
                assert ids.count(anchor) == 1, (page.path, url)
                n_anchors += 1
    assert n_anchors > 100


def test_nothing_comes_from_a_network(site, pages):
    for page in pages.values():
        assert page.all("script") == [{}, {"type": "module"}] and not page.all("iframe")
        assert page.html.count(PLAYER) == 1
        for tag, attributes in page.tags:
            for name in {"src", "srcset", "poster", "data", "href"} & set(attributes):
                url = attributes[name]
                if tag != "a" and not url.startswith("data:"):
                    assert (page.path.parent / unquote(url)).is_file(), (page.path, url)
        style = re.search("<style>(.*?)</style>", page.html, re.S)[1]
        assert "@import" not in style and not re.search(r"url\((?!data:)", style)


def test_one_walks_through_the_course_and_back(site, pages):
    """The last link before the foot leads on, the one before it back, solutions lie between."""

    def where_next(page):
        nav = re.search('<nav aria-label="Where next">(.*?)</nav>', page.html, re.S)[1]
        links = re.findall('href="([^"]+)">(.*?)<', nav)
        return {words: page.target(url)[0] for url, words in links}

    def one(ways, arrow):
        return next((file for words, file in ways.items() if arrow in words), None)

    file, seen = (site / "index.html").resolve(), []
    while file := one(where_next(pages[file]), "→"):
        ways = where_next(pages[file])
        assert one(ways, "←") == (seen[-1] if seen else (site / "index.html").resolve())
        seen.append(file)
        solutions = one(ways, "Solutions")
        assert solutions.name.startswith(file.name[:2] + "_sol")
        assert one(where_next(pages[solutions]), "←") == file
    assert [file.stem for file in seen] == [path.stem for path in NOTEBOOKS]


def test_a_site_without_slides_links_none(pages):
    for page in pages.values():
        assert not [url for url in page.all("a", "href") if "slides/" in url], page.path


def test_contents_are_the_sections(site, pages):
    for path in NOTEBOOKS:
        page = pages[(site / f"notebooks/{path.stem}.html").resolve()]
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        contents = re.search('<nav aria-label="Contents">(.*?)</nav>', page.html, re.S)[1]
        anchors = [unescape(anchor) for anchor in re.findall('href="#([^"]+)"', contents)]
        assert anchors == page.all("h2", "id")
        assert len(anchors) == len(re.findall("^## ", text, re.M)) > 5


def test_headings_are_a_tree_and_the_language_is_named(pages):
    for page in pages.values():
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1, page.path
        assert all(below <= above + 1 for above, below in zip(levels, levels[1:])), page.path
        assert page.all("html", "lang") == ["en"]


def test_the_site_is_below_40_mb(site):
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 40e6


# --- formulas ------------------------------------------------------------------------------


def test_formulas_are_mathml(formulas):
    page = Page(formulas)
    assert len(page.all("math")) == 7 and len(page.all("math", "display")) == 2
    for tag in ("msqrt", "mfrac", "munderover", "mover", "msub", "msup", "mtable"):
        assert page.all(tag), tag
    assert "𝐌" in page.words and "‖" in page.words and "∑" in page.words
    formulas = "".join(re.findall("<math.*?</math>", page.html, re.S))
    assert "\\" not in formulas and "$" not in formulas


def test_dollars_that_are_no_formula_stay(formulas):
    page = Page(formulas)
    assert "<code>$a$</code>" in page.html and "$5 and $6</td>" in page.html
    assert "echo $HOME $$ $a$" in page.words and "'$5 and $6'" in page.words


# --- what it refuses -----------------------------------------------------------------------


def test_what_has_no_place_stops_the_build_and_is_named(tmp_path):
    wrong = {
        r"$\fourier{y}$": r"01_small.ipynb: the formula \fourier{y} cannot be drawn",
        r"$$\frac{a}{b$$": r"01_small.ipynb: the formula \frac{a}{b cannot be drawn",
        "[there](02_none.ipynb)": "02_none.ipynb, and there is no notebooks/02_none.ipynb",
        "[there](#nowhere)": "01_small.html: #nowhere has no such place",
        "![a picture](https://example.org/a.png)": "https://example.org/a.png is not in the site",
        "![](../data/minute/1_original.mp3)": "1 picture(s) without alternative text",
        '<script src="//example.org/a.js"></script>': "//example.org/a.js is not in the site",
        "## Twice\n\n## Twice": "#Twice is there twice",
    }
    outputs = {
        "a panel without a twin": ({PANEL: {}, "text_plain": "Panel: Rows 1."}, "Rows 1."),
        "another widget": ({PANEL: {}, "text_plain": "IntSlider(value=0)"}, "IntSlider(value=0)"),
        "a script": ({"application_javascript": "alert()"}, "application/javascript"),
        "a script in HTML": ({"text_html": "<script>alert()</script>"}, "holds a script"),
    }
    cells = [text_cell(source) for source in ["# 01 · Wrong", *wrong]]
    cells += [shows(**data) for data, _ in outputs.values()]
    course_of(tmp_path, *cells)
    (tmp_path / "build/site").mkdir(parents=True)
    done = make(tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    expected = [*wrong.values(), *(words for _, words in outputs.values())]
    for words in expected:
        assert done.stderr.count(words) == 1, (words, done.stderr)
    assert len(done.stderr.splitlines()) == 1 + len(expected)
    assert not (tmp_path / "build/site").exists()


# --- what one finds -------------------------------------------------------------------------


def test_every_notebook_can_be_fetched_without_its_outputs(site):
    for path in NOTEBOOKS:
        fetched = nbformat.read(site / "notebooks" / path.name, as_version=4)
        own = nbformat.read(path, as_version=4)
        assert [cell.source for cell in fetched.cells] == [cell.source for cell in own.cells]
        assert not any(cell.get("outputs") for cell in fetched.cells)


def test_the_index_holds_the_words_of_every_section_and_no_code(site, pages):
    text = (site / "search.js").read_text("utf-8")
    places = json.loads(text.removeprefix("window.searchPlaces = ").rstrip(";\n"))
    urls = [place["url"] for place in places]
    assert len(set(urls)) == len(urls)
    for name in PAGES:
        anchors = pages[(site / name).resolve()].all("h2", "id")
        assert {unquote(url) for url in urls} >= {f"{name}#{anchor}" for anchor in anchors}
    assert not any("st.claim(" in place["text"] for place in places)


# --- in a real browser ---------------------------------------------------------------------


@pytest.fixture
def open_page(browser):
    """A function that opens a file with the network off; asserts what was asked for."""
    asked, failed, contexts = [], [], []

    def open_file(path, *, width=1280, scheme="light"):
        context = browser.new_context(viewport=dict(width=width, height=900), color_scheme=scheme)
        context.set_offline(True)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert asked and not failed
    assert all(url.startswith(("file:", "data:")) for url in asked)


AUDIOS_ARE_READY = """() => Promise.all([...document.querySelectorAll("audio")].map(
    (audio) => new Promise((done) => {
        const tell = () => done(audio.readyState >= 1 ? audio.duration : 0);
        if (audio.readyState >= 1 || audio.error) return tell();
        audio.onloadedmetadata = audio.onerror = tell;
    })))"""
IMAGES = "() => [...document.images].map((image) => image.naturalWidth)"
CONTRAST = """() => {
    const parse = (colour) => {
        const numbers = colour.match(/[\\d.]+/g).map(Number);
        const unit = colour.startsWith("color(srgb") ? 255 : 1;
        return numbers.map((v, i) => i < 3 ? unit * v : v);
    };
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (element) => {
        const [r, g, b, alpha = 1] = parse(getComputedStyle(element).backgroundColor);
        if (alpha === 1) return [r, g, b];
        const below = behind(element.parentElement);
        return [r, g, b].map((v, i) => alpha * v + (1 - alpha) * below[i]);
    };
    const words = "main p, main a, .said, .holds, th, td, figcaption, aside q, " +
        ".highlight span, summary, footer p, header label, pre, code, #theme, .copy, " +
        ".sounds div, .sounds button, .sounds span";
    return [...document.querySelectorAll(words)].map((element) => {
        const pair = [parse(getComputedStyle(element).color), behind(element)].map(light);
        return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    });
}"""


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", *PAGES])
def test_opened_from_disk_it_plays_and_shows_all_and_fits_a_phone(site, open_page, name):
    from test_browser import plays

    page = open_page(site / name)
    seconds = page.evaluate(AUDIOS_ARE_READY)
    assert len(seconds) == page.locator("audio").count() and all(s > 0.4 for s in seconds), seconds
    assert all(width > 0 for width in page.evaluate(IMAGES))
    if seconds:
        assert plays(page.locator("audio").first) and plays(page.locator("audio").last)
    page.set_viewport_size(dict(width=400, height=800))
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out(site, open_page, scheme):
    page = open_page(site / PAGES[0], scheme=scheme)
    for kind in (".said", ".holds", "aside", "th", ".highlight .c1"):
        assert page.locator(kind).count(), kind
    assert min(page.evaluate(CONTRAST)) >= 4.5  # what WCAG asks for


@pytest.mark.browser
def test_formulas_are_drawn_with_the_font_they_bring(formulas, open_page):
    page = open_page(formulas)
    loaded = "async () => (await document.fonts.ready, [...document.fonts].map((f) => f.status))"
    assert page.evaluate(loaded) == ["loaded"]
    heights = [math.bounding_box()["height"] for math in page.locator("math").all()]
    line = page.locator("p").first.evaluate("(p) => parseFloat(getComputedStyle(p).fontSize)")
    assert all(height > 0.4 * line for height in heights)
    total, system = (math.bounding_box() for math in page.locator("math[display]").all())
    assert total["height"] > 2 * line and system["height"] > 3 * line
    rows = [row.bounding_box() for row in page.locator("mtd:nth-child(2)").all()]
    assert len({row["x"] for row in rows}) == 1, "the equations are not aligned"


@pytest.mark.browser
def test_hints_open_by_keyboard_and_the_focus_is_seen(site, open_page):
    page = open_page(site / PAGES[0])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    hint = page.locator("details:not(.contents) summary").first
    inside = page.locator("details:not(.contents)").first
    words = inside.evaluate("(details) => details.textContent")
    assert len(words) > 20 and inside.evaluate("(details) => details.open") is False
    hint.focus()
    page.keyboard.press("Enter")
    assert inside.evaluate("(details) => details.open") is True
    for element in (hint, page.locator("main a").first):
        element.focus()
        assert element.evaluate("(e) => getComputedStyle(e).outlineStyle") == "solid"


@pytest.mark.browser
def test_without_code_the_sounds_and_figures_stay(site, open_page):
    page = open_page(site / PAGES[0])
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    count = page.locator("img:visible").count()
    assert page.locator(".code:visible").count() > 10
    page.get_by_label("hide the code").press("Space")
    assert page.locator(".code:visible").count() == 0
    assert page.locator("img:visible").count() == count > 10
    assert page.locator(".shown:visible").count() == page.locator(".shown").count() > 0


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", "README.html", "TEACHING.html", *PAGES])
def test_nothing_serious_is_violated_that_axe_knows(site, open_page, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="an extra")
    found = axe.Axe().run(open_page(site / name))
    violated = {
        v["id"]: len(v["nodes"])
        for v in found.response["violations"]
        if v["impact"] in ("serious", "critical")
    }
    assert not violated, found.generate_report()


@pytest.mark.browser
def test_words_are_found_in_all_pages(site, open_page):
    page = open_page(site / PAGES[3])
    page.get_by_role("searchbox").fill("phase gradient")
    page.wait_for_function("document.querySelectorAll('#found a').length > 0")
    links = page.locator("#found a")
    assert any("02 · " in words for words in links.all_inner_texts())
    assert re.match(r"\d+ places?", page.inner_text("#n-found"))
    links.first.click()
    page.wait_for_load_state()
    place = page.evaluate("decodeURIComponent(location.hash.slice(1))")
    assert not place or page.evaluate("(id) => document.getElementById(id) !== null", place)
    page.get_by_role("searchbox").fill("no such words anywhere")
    page.wait_for_function("document.getElementById('n-found').textContent === '0 places'")
    page.get_by_role("searchbox").press("Escape")
    assert page.inner_text("#n-found") == ""


@pytest.mark.browser
def test_the_theme_and_hidden_code_are_remembered_on_every_page(site, open_page):
    page = open_page(site / PAGES[0], scheme="light")
    ink = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ink)
    page.get_by_role("button", name="switch to dark colours").click()
    dark = page.evaluate(ink)
    page.get_by_label("hide the code").check()
    page.goto((site / PAGES[1]).as_uri())
    # a click's last word may reach a page just after it opened: it is told then
    page.wait_for_function("document.getElementById('no-code').checked")
    assert page.evaluate(ink) == dark != light
    assert page.locator(".code:visible").count() == 0
    assert min(page.evaluate(CONTRAST)) >= 4.5
    page.get_by_role("button", name="switch to light colours").click()
    assert page.evaluate(ink) == light


@pytest.mark.browser
def test_code_is_copied_and_places_have_links(site, open_page):
    page = open_page(site / PAGES[0])
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    button = page.get_by_role("button", name="copy", exact=True).first
    button.click()
    page.wait_for_function("document.querySelector('.copy').textContent === 'copied'")
    assert page.evaluate("window.copied").startswith("import sys")
    place = page.locator("h2 .place").first
    place.click(force=True)
    heading = page.locator("h2").first.get_attribute("id")
    assert page.evaluate("decodeURIComponent(location.hash.slice(1))") == heading


COVERED = """() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    const buttons = [...document.querySelectorAll(".copy")].map((b) => b.getBoundingClientRect());
    const covers = (b, t) =>
        b.left < t.right && t.left < b.right && b.top + 1 < t.bottom && t.top < b.bottom - 1;
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const range = document.createRange(), covered = [];
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (!text.data.trim() || text.parentElement.closest(".copy")) continue;
        range.selectNodeContents(text);
        const lines = [...range.getClientRects()];
        if (lines.some((line) => buttons.some((b) => covers(b, line)))) covered.push(text.data);
    }
    return [buttons.filter((b) => b.width).length, covered];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [1366, 390])
def test_the_buttons_that_copy_cover_no_words(site, open_page, width):
    page = open_page(site / PAGES[9], width=width)
    n_buttons, covered = page.evaluate(COVERED)
    assert n_buttons > 50 and not covered


@pytest.mark.browser
def test_beside_a_notebook_stand_all_and_where_one_is(site, open_page):
    page = open_page(site / PAGES[1])
    contents = page.get_by_role("navigation", name="Contents")
    assert contents.locator("> ol > li").count() == len(NOTEBOOKS)
    assert contents.locator("[aria-current=page]").inner_text().startswith("02 · ")
    last = page.locator("main h2").last
    last.evaluate("(heading) => heading.scrollIntoView()")
    here = contents.locator("[aria-current=location]")
    here.wait_for()
    page.wait_for_function(
        "words => document.querySelector('[aria-current=location]')?.textContent === words",
        arg=last.evaluate("(heading) => heading.firstChild.textContent.trim()"),
    )
    page.set_viewport_size(dict(width=390, height=800))
    page.reload()
    assert not page.locator(".contents").evaluate("(details) => details.open")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["notebooks", "slides"])
def test_without_a_kernel_a_row_is_one_player(rows, open_page, name, scheme):
    page = open_page(rows / name / "01_small.html", scheme=scheme)
    row, alone = page.get_by_role("group").all()
    assert row.get_attribute("aria-label") == "player: high, low, and <soft> (raised by 20 dB)"
    assert row.get_by_role("button").all_inner_texts() == [
        *("1high", "2low, and <soft> (raised by 20 dB)", "", "loop")
    ]
    assert "alone" in alone.inner_text() and alone.get_by_role("button").count() == 2
    assert page.locator("audio:visible").count() == 0 and min(page.evaluate(CONTRAST)) >= 4.5
    size = "(letters) => parseFloat(getComputedStyle(letters).fontSize)"
    assert min(letters.evaluate(size) for letters in row.locator("*:not(audio)").all()) >= 13
    page.set_viewport_size(dict(width=390, height=800))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS, f"rows_{name}_{scheme}.png"))


@pytest.mark.browser
@pytest.mark.skipif(not SCREENSHOTS, reason="SCREENSHOTS names no folder")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_leave_pictures(site, formulas, open_page, width, scheme):
    for path in [site / "index.html", *(site / name for name in PAGES), formulas]:
        page = open_page(path, width=width, scheme=scheme)
        page.screenshot(path=Path(SCREENSHOTS, f"site_{path.stem}_{width}_{scheme}.png"))


@pytest.mark.slow
def test_the_students_site_has_all_notebooks_and_neither_solutions_nor_the_teachers_page(site):
    done = make(site.parent.parent, FOR="students")
    assert done.returncode == 0, done.stderr
    theirs = site.with_name("site-for-students")
    files = {path.relative_to(theirs).as_posix() for path in theirs.rglob("*") if path.is_file()}
    ours = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    secret = {f for f in ours if "solutions" in f} | {"TEACHING.html", "notebooks/check.py"}
    assert ours - files == secret and not files - ours
    for page in theirs.rglob("*.html"):
        words = page.read_text(encoding="utf-8")
        assert "_solutions" not in words and "TEACHING.html" not in words, page.name
    assert "_solutions" not in (theirs / "search.js").read_text(encoding="utf-8")
