"""Writes the course as a static site: pages to read and to listen to, without Python.

    python tools/make_site.py               # into build/site, from the notebooks as they are
    FOR=students python tools/make_site.py  # into build/site-for-students, without solutions

A page holds its style, pictures, sounds and one script, by which the sounds of a row share a
player; where scripts are off, each has its own. It asks nothing of a network. Formulas become
MathML, which browsers draw themselves, and bring the letters for it, which a phone has not; a
panel becomes a note that says what it shows. Links between files of the project lead to their
pages, or to copies of them. What has no place in the site, a link to nothing or a formula that
is no LaTeX, stops the build and is named.
"""

import io
import json
import os
import posixpath
import re
import shutil
import sys
from base64 import b64encode
from functools import cache
from html import escape, unescape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

import jinja2
import nbformat
from fontTools import subset
from math_core import LatexError, LatexToMathML
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

ROOT = Path(__file__).resolve().parent.parent
FOR_STUDENTS = os.environ.get("FOR") == "students"
SITE = ROOT / "build" / ("site-for-students" if FOR_STUDENTS else "site")
LOOK = Path(__file__).with_name("site")  # the template and the style
PLAYER = ROOT / "notebooks" / "show" / "player.js"  # once in a page, where a notebook has it often
LIMIT = 40_000_000  # bytes of the whole site

README, GUIDE, TEACHING = map(PurePosixPath, ("README.md", "notebooks/README.md", "TEACHING.md"))
SOLUTIONS = PurePosixPath("notebooks/solutions")
SECRET = {SOLUTIONS, TEACHING, PurePosixPath("notebooks/check.py")} if FOR_STUDENTS else set()
HOME, INDEX, TRY = map(PurePosixPath, ("index.html", "search.js", "try.html"))
ELSEWHERE = {"http", "https", "mailto"}  # where a link may lead, and a picture may not
SOUNDS = {".mp3", ".flac", ".ogg", ".wav"}

PANEL = "application/vnd.jupyter.widget-view+json"
SHOWN = {PANEL, "text/html", "text/plain"}
FOLDED = "jp-MarkdownHeadingCollapsed"  # in the metadata of a heading
NOTES = {
    "Panel": "<strong>In the live notebook this is a panel:</strong> controls, which pictures and "
    "sound answer, to the question <q>{says}</q>",
    "Workbench": "<strong>In the live notebook this is a workbench:</strong> a panel for sounds of "
    "your own, to the question <q>{says}</q>",
    "OwnVoice": "<strong>In the live notebook your voice is recorded here.</strong> <q>{says}</q>",
    "FeatureBench": "<strong>In the live notebook a file of features is heard here.</strong> It "
    "says <q>{says}</q>",
    "BlindTest": "<strong>In the live notebook a blind test stands here:</strong> a hidden sound, "
    "a button for each guess, a tally. It asks <q>{says}</q>",
    "Line": "<strong>In the live notebook a line moves here.</strong> It says <q>{says}</q>",
}
TWIN = 'class="panel-twin"'  # shows, before a panel, what it begins with
LIVE = 'To try it, <a href="{readme}">run the course</a> on a computer: <code>make lab</code>.'
ANSWER = "Open: in the live notebook your answer goes here."
CHECK = "The check, and what it says as long as nothing is answered."
END = """
## Beside the notebooks

{guides}
"""
SOLVED = """- Solutions of the exercises: {solutions}. Try them first.
"""
SLIDES = """- Slides for a lecture: {slides}. Keys turn them; `?` shows which.
"""
FOOT = """
[The project](README.md): how to run the course, and what became of the old code.
{law} [How to cite it](CITATION.cff).
"""
LAW = re.compile(r"^Code: MIT .+? 1\.1\.(?= |$)", re.M)  # the licences, said once in README.md


class Site:
    """What the site is to hold, and what is wrong with it."""

    def __init__(self, *, slides=False):
        self.slides = slides  # whether pages link slides
        self.lessons, self.solutions = (
            [PurePosixPath(path.relative_to(ROOT).as_posix()) for path in sorted(paths)]
            for paths in (ROOT.glob("notebooks/*.ipynb"), ROOT.glob("notebooks/solutions/*.ipynb"))
        )
        if SOLUTIONS in SECRET:
            self.solutions = []
        guides = (path for path in (GUIDE, TEACHING) if path not in SECRET)
        self.guides = [path for path in guides if (ROOT / path).exists()]
        self.sources = [HOME, *self.guides, *self.lessons, *self.solutions]  # links add more
        self.places = []  # what is searched
        self.files = set()  # to be copied, because a link leads to them
        self.problems = []


# ----------------------------------------------------------------------------------------
# Words: Markdown to HTML
# ----------------------------------------------------------------------------------------


class Words(IPythonRenderer):
    """Renders the Markdown of one source for one page: links, players, anchors, formulas."""

    def __init__(self, site, source, page):
        super().__init__(escape=False)
        self.site, self.source, self.page = site, source, page
        self.contents = []  # (anchor, HTML) of the second level
        self.formulas = ""  # what they are written with
        self.latex = LatexToMathML(fancy_error=False)

    def problem(self, words):
        """Notes what stops the build."""
        self.site.problems.append(f"{self.source}: {words}")

    def lead(self, url):
        """Returns where a link leads in the site; None for what has no page, or is a secret."""
        parts = urlsplit(url)
        if parts.scheme or parts.netloc or not parts.path:
            return url
        target = PurePosixPath(posixpath.normpath(self.source.parent / unquote(parts.path)))
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        if target.parts[0] == ".." or not (ROOT / target).exists():
            self.problem(f"a link leads to {url}, and there is no {target}")
            return None
        if SECRET & {target, *target.parents}:
            return None
        if target == SOLUTIONS:
            target, anchor = HOME, "#beside-the-notebooks"
        elif (ROOT / target).is_dir():
            target /= "README.md"
            if not (ROOT / target).exists():
                return None
        if page_of(target) == target != HOME:
            self.site.files.add(target)
        elif target not in self.site.sources:
            self.site.sources.append(target)
        return towards(page_of(target), self.page) + anchor

    def link(self, text, url, title=None):
        """Leads into the site; a link to a sound becomes a player."""
        url = self.lead(url)
        if url is None:
            return text
        if not urlsplit(url).scheme and PurePosixPath(url).suffix in SOUNDS:
            return f'{text}<audio controls aria-label="{escape(text)}" src="{url}"></audio>'
        return super().link(text, url, title)

    def list_item(self, text):
        """Puts the players of an item behind its words."""
        words, players = text, re.findall("<audio.+?</audio>", text)
        for player in players:
            words = words.replace(player, "")
        return super().list_item(words + "".join(players))

    def image(self, text, url, title=None):
        """Leads to a copy of the picture."""
        return super().image(text, self.lead(url) or "", title)

    def heading(self, text, level, **_):
        """Anchors a heading as JupyterLab does in a notebook, and GitHub in a Markdown file."""
        anchor = plain(text)
        if self.source.suffix == ".md":
            anchor = re.sub(r"[^\w -]", "", anchor.lower())
        anchor = escape(anchor.replace(" ", "-"))
        if level == 2:
            self.contents.append((anchor, text))
        return f'<h{level} id="{anchor}">{text}</h{level}>\n'

    def table(self, text):
        """Lets a wide table scroll on a narrow screen."""
        return f'<div class="table" tabindex="0"><table>\n{text}</table></div>\n'

    def inline_math(self, body):
        """Draws a formula in a line."""
        return self._formula(body, displaystyle=False)

    def block_math(self, body):
        """Draws a formula in a line of its own."""
        return f'<span class="formula">{self._formula(body, displaystyle=True)}</span>'

    def latex_environment(self, name, body):
        """Draws a formula that comes without dollars."""
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def _formula(self, latex, *, displaystyle):
        try:
            mathml = self.latex.convert_with_local_state(latex, displaystyle=displaystyle)
        except LatexError as error:
            self.problem(f"the formula {latex.strip()} cannot be drawn, at character {error}")
            return ""
        mathml = mathml.replace("\u0332", "\u203e")  # an overline that stays above its letters
        self.formulas += plain(mathml)
        return mathml


def plain(html):
    """Returns HTML without its tags."""
    return unescape(re.sub("<[^>]+>", "", html))


def page_of(source):
    """Returns the file of a page, or of a copy, in the site."""
    return source.with_suffix(".html") if source.suffix in (".ipynb", ".md") else source


def slides_page(source):
    """Returns the file of a notebook's slides in the site."""
    return PurePosixPath("slides") / f"{source.stem}.html"


def towards(file, page):
    """Returns the link from a page to a file of the site."""
    return quote(posixpath.relpath(file, page.parent))


# ----------------------------------------------------------------------------------------
# Pages: cells to HTML
# ----------------------------------------------------------------------------------------


def text_of(source):
    """Returns the text of a Markdown file."""
    return (ROOT / source).read_text(encoding="utf-8")


def cells_of(source):
    """Returns the cells of a notebook; a Markdown file is one cell."""
    if source.suffix == ".ipynb":
        return nbformat.read(ROOT / source, as_version=4).cells
    return [nbformat.v4.new_markdown_cell(text_of(source), id="all")]


@cache
def title_of(source):
    """Returns the first heading of a source; the first page has the project's."""
    source = README if source == HOME else source
    return re.search(r"^# (.+)$", cells_of(source)[0].source, re.M)[1]


def home(site):
    """Returns the first page as Markdown: the README's beginning, and what leads on."""
    beginning, *sections = re.split(r"^(?=## )", text_of(README), flags=re.M)
    the_map = [section for section in sections if "](notebooks/" in section]
    guides = "\n".join(f"- [{title_of(path)}]({path})" for path in site.guides)
    end = END.format(guides=guides)
    if site.solutions:
        solutions = ", ".join(f"[{path.stem[:2]}]({path})" for path in site.solutions)
        end += SOLVED.format(solutions=solutions)
    if site.slides:
        links = (f'<a href="{slides_page(path)}">{path.stem[:2]}</a>' for path in site.lessons)
        end += SLIDES.format(slides=", ".join(links))
    return "".join([beginning, *the_map, end])


def fold(cells):
    """Marks, in place, what JupyterLab folds under a heading: an answer, until it is asked for.

    `cell.folds` is that heading, `cell.unfolds` the next cell that begins with one.
    """
    is_open = False
    for cell in cells:
        heading = cell.cell_type == "markdown" and re.match("#{1,4} (.+)", cell.source)
        cell.unfolds = bool(is_open and heading)
        cell.folds = heading[1] if FOLDED in cell.metadata else ""
        is_open = bool(cell.folds) or (is_open and not heading)


def prepare(cells, words, *, exercises=False):
    """Turns Markdown into HTML and panels into notes, in place."""
    fold(cells)
    render = MarkdownWithMath(renderer=words).render
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = render(cell.source)
        tags = " ".join(cell.metadata.get("tags", [])) if exercises else ""
        cell.said = CHECK if "check" in tags else ANSWER if "answer" in tags else ""
        before = ""  # the HTML of the output before
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in set(data) - SHOWN:
                words.problem(f"an output is {kind}, and a page has no place for it")
            if PANEL in data:
                output.data = {"text/html": note(data["text/plain"], before, words)}
            elif "text/html" in data:
                data["text/html"] = without_player(data["text/html"], words)
            before = data.get("text/html", "")


def without_player(html, words):
    """Returns an output without the script that every row brings: the page has it once."""
    html = re.sub('<script type="module">.*?</script>', "", html, flags=re.S)
    if "<script" in html:
        words.problem("an output holds a script, and a page has no place for it")
    return html


def note(text, before, words):
    """Returns what stands in the place of a panel, from its text/plain and the output before."""
    kind, _, says = text.partition(": ")
    if kind not in NOTES:
        words.problem(f"a widget is no panel, and a page has no place for it: {text}")
        return ""
    if kind in ("Panel", "Workbench") and TWIN not in before:
        words.problem(f"nothing shows what the panel begins with: {text}")
        return ""
    said = NOTES[kind].format(says=escape(whole_clauses(says), quote=False))
    live = LIVE.format(readme=words.lead(posixpath.relpath(README, words.source.parent)))
    return f"<aside><p>{said}</p><p>{live}</p></aside>"


def whole_clauses(text):
    """Returns a text that Jupyter has cut (…) without the clause that is torn."""
    if not text.endswith("…"):
        return text
    kept = re.match(r"(.*[.,;:])(?: |$)", text[:-1])
    return re.sub("[,;:]$", " …", kept[1]) if kept else text


def mark_claims(printed):
    """Marks the lines of an output that say what holds."""
    return re.sub("^(✓.*)$", r'<span class="holds">\1</span>', printed, flags=re.M)


def font_for(characters):
    """Returns a font for formulas of these characters, in base64; nothing for none.

    It has a table of how to build formulas, without which roots and braces stay short. The
    browser itself draws roots and sets single letters in italics, so these are always in it.
    """
    if not characters:
        return ""
    options = subset.Options(layout_features=["ssty", "dtls", "flac"], name_IDs=["*"])
    options.flavor = "woff"
    font = subset.load_font(str(files("ziamath") / "fonts/STIXTwoMath-Regular.ttf"), options)
    italics = [0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]  # Latin, Greek
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="√" + characters, unicodes=italics)
    subsetter.subset(font)
    file = io.BytesIO()
    subset.save_font(font, file, options)
    return b64encode(file.getvalue()).decode()


def neighbours(source, site):
    """Returns the sources that come before and after, and the solutions; None for none."""
    before = after = solutions = None
    if source in site.solutions:
        before = next((s for s in site.lessons if s.stem[:2] == source.stem[:2]), None)
    elif source in site.lessons:
        i = site.lessons.index(source)
        before, after = [HOME, *site.lessons][i], [*site.lessons[1:], None][i]
        solutions = next((s for s in site.solutions if s.stem[:2] == source.stem[:2]), None)
    elif source == HOME:
        after = site.lessons[0]
    return dict(before=before, after=after, solutions=solutions)


def write(source, site, template):
    """Writes the page of a source."""
    page = page_of(source)
    if source == HOME:
        words = Words(site, README, page)
        cells = [nbformat.v4.new_markdown_cell(home(site), id="all")]
    else:
        words, cells = Words(site, source, page), cells_of(source)
    ways = {
        name: other and dict(url=towards(page_of(other), page), title=title_of(other))
        for name, other in neighbours(source, site).items()
    }
    prepare(cells, words, exercises=source in site.lessons)
    html = template.render(
        cells=cells,
        contents=words.contents,
        font=font_for(words.formulas),
        title=title_of(source),
        course=title_of(README),
        home=towards(HOME, page),
        root=towards(PurePosixPath("."), page) + "/",
        index=towards(INDEX, page),
        lessons=lessons_beside(source, site, page),
        download=download_of(source, site),
        slides=towards(slides_page(source), page) if site.slides and source in site.lessons else "",
        foot=MarkdownWithMath(renderer=Words(site, README, page)).render(FOOT.format(law=law())),
        **ways,
    )
    (SITE / page).parent.mkdir(parents=True, exist_ok=True)
    (SITE / page).write_text(html, encoding="utf-8")
    site.places += places_of(page, title_of(source), html)


def law():
    """Returns the sentences on licences, as README.md has them."""
    found = LAW.search(text_of(README))
    return found[0] if found else ""


def lessons_beside(source, site, page):
    """Returns the links to all notebooks, for the pages of notebooks."""
    if source not in site.lessons:
        return []
    return [
        dict(url=towards(page_of(lesson), page), title=title_of(lesson), here=lesson == source)
        for lesson in site.lessons
    ]


def download_of(source, site):
    """Writes a notebook without its outputs beside its page; returns the link to it."""
    if source not in site.lessons:
        return ""
    notebook = nbformat.read(ROOT / source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    (SITE / source).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, SITE / source)
    return quote(source.name)


# ----------------------------------------------------------------------------------------
# Search: the words of all pages, place by place
# ----------------------------------------------------------------------------------------


class Places(HTMLParser):
    """The words of a page, from each heading to the next, without code and what it prints."""

    LEFT_OUT = ("script", "style", "nav", "header", "footer", "math", "audio", "pre")

    def __init__(self, html):
        super().__init__()
        self.places, self.heading, self.outside = [["", "", ""]], False, 0
        self.feed(html[html.index("<main") :])

    def handle_starttag(self, tag, attributes):
        """Begins a place at a heading that has an anchor."""
        self.outside += tag in self.LEFT_OUT
        anchor = dict(attributes).get("id")
        if tag in ("h2", "h3") and anchor:
            self.places.append([anchor, "", ""])
        self.heading = tag in ("h1", "h2", "h3") or (self.heading and tag in ("code", "em"))

    def handle_endtag(self, tag):
        """Ends a heading, or what is left out."""
        self.outside -= tag in self.LEFT_OUT
        self.heading = self.heading and tag not in ("h1", "h2", "h3")

    def handle_data(self, words):
        """Adds words to the place, or to its title."""
        if not self.outside:
            self.places[-1][1 if self.heading else 2] += words


def places_of(page, title, html):
    """Returns the places of a page: {url, page, title, text}."""
    return [
        dict(
            url=quote(str(page)) + (f"#{quote(anchor)}" if anchor else ""),
            page=title,
            title=" ".join(heading.split()) or title,
            text=" ".join(text.split()),
        )
        for anchor, heading, text in Places(html).places
        if heading or text.strip()
    ]


def write_index(site):
    """Writes the words of all pages as a script, which a page from the disk may load."""
    words = json.dumps(site.places, ensure_ascii=False)
    (SITE / INDEX).write_text(f"window.searchPlaces = {words};\n", encoding="utf-8")


# ----------------------------------------------------------------------------------------
# Checks
# ----------------------------------------------------------------------------------------


class Seen(HTMLParser):
    """What a page refers to: its anchors, links, resources and pictures without words."""

    def __init__(self, html):
        super().__init__()
        self.anchors, self.links, self.resources, self.mute = [], [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        """Notes what a tag refers to."""
        attributes = dict(attributes)
        self.anchors += [attributes["id"]] if "id" in attributes else []
        if tag == "a":
            self.links.append(attributes.get("href", ""))
        else:
            names = ("src", "href", "srcset", "poster", "data", "action")
            self.resources += [attributes[name] for name in names if name in attributes]
        self.mute += tag == "img" and not attributes.get("alt")


def check(folder):
    """Yields what is wrong with the pages of a folder."""
    pages = {path: Seen(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    for path, page in pages.items():
        name = path.relative_to(folder)
        for anchor in {anchor for anchor in page.anchors if page.anchors.count(anchor) > 1}:
            yield f"{name}: #{anchor} is there twice"
        if page.mute:
            yield f"{name}: {page.mute} picture(s) without alternative text"
        links = [url for url in page.links if urlsplit(url).scheme not in ELSEWHERE]
        for url in links + page.resources:
            parts = urlsplit(url)
            target = Path(os.path.normpath(path.parent / unquote(parts.path)))
            target = target if parts.path else path
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc or not target.is_file():
                yield f"{name}: {url} is not in the site"
            elif parts.fragment and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{name}: {url} has no such place"
    size = size_of(folder)
    if size >= LIMIT:
        yield f"{size / 1e6:.1f} MB are more than the {LIMIT / 1e6:.0f} MB of a site"


def size_of(folder):
    """Returns the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def template_of(name):
    """Returns a template, with the filters and the script that pages and slides share."""
    look = jinja2.Environment(loader=jinja2.FileSystemLoader(LOOK), trim_blocks=True)
    look.filters.update(highlight=Highlight2HTML(), ansi2html=ansi2html, mark_claims=mark_claims)
    look.globals["player"] = PLAYER.read_text(encoding="utf-8")
    return look.get_template(name)


def main(write_slides=None):
    """Writes the site anew, and slides where a function does; checks all, says where it is."""
    shutil.rmtree(SITE, ignore_errors=True)
    site, template = Site(slides=bool(write_slides)), template_of("page.html.j2")
    for source in site.sources:  # grows on the way
        write(source, site, template)
    if write_slides:
        write_slides(site)
    write_index(site)
    for file in site.files:
        (SITE / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, SITE / file)
        if file == TRY:  # on its own it knows no other page
            text = (SITE / TRY).read_text(encoding="utf-8")
            course = title_of(README)
            (SITE / TRY).write_text(
                text.replace(f'<em id="course">{course}</em>', f'<a href="{HOME}">{course}</a>'),
                encoding="utf-8",
            )
    problems = [*dict.fromkeys(site.problems), *check(SITE)]
    if problems:
        shutil.rmtree(SITE)
        sys.exit("\n".join(["There is no site, because", *problems]))
    place = (SITE / HOME).relative_to(ROOT)
    print(f"{len(site.sources)} pages, {size_of(SITE) / 1e6:.1f} MB, to be opened: {place}")


if __name__ == "__main__":
    main()
