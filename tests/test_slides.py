"""The slides: what they hide, whether all is on them, their keys, notes, links and pages.

They are built once and opened in one browser. The tests skip where math-core or ziamath
(requirements-extra.txt) are missing, those in a browser also where playwright or Chromium are.
"""

import re
import shutil
from urllib.parse import unquote

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT
from test_site import make

NAMES = [path.stem for path in NOTEBOOKS]
SHORT = "05_pitch_vocoder"  # for what is alike in all
HALLS = [(1280, 720), (1920, 1080)]  # the projectors of lecture halls
LETTERS = dict(words=24, code=24, printed=18)  # pixels at 1080 rows, and in proportion


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    """The folder of the slides, beside the site, built in a copy of the project."""
    folder = tmp_path_factory.mktemp("slides")
    leave = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "corpus")
    for path in ROOT.iterdir():
        if path.is_dir() and path.name in ("tools", "notebooks", "data"):
            shutil.copytree(path, folder / path.name, ignore=leave)
        elif path.is_file():
            shutil.copy(path, folder)
    done = make(folder, "make_slides")
    assert done.returncode == 0, done.stderr
    return folder / "build/site/slides"


@pytest.fixture(scope="module")
def tab(browser):
    """A page in which all these tests open slides, the network off."""
    context = browser.new_context(viewport=dict(width=1920, height=1080))
    context.set_offline(True)
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("request", lambda r: r.url.startswith(("file:", "data:")) or page.wrong.append(r.url))
    yield page
    context.close()
    assert not page.wrong


@pytest.fixture(scope="module")
def show(slides, tab):
    """A function that opens the slides of a notebook at the first one."""

    def opened(name=SHORT, scheme="light"):
        tab.emulate_media(color_scheme=scheme)
        tab.goto("about:blank")
        tab.goto((slides / f"{name}.html").as_uri())
        tab.wait_for_selector(".ready")
        return tab

    return opened


@pytest.fixture(scope="module", params=NAMES)
def lesson(request, show):
    """The slides of each notebook: (its name, the page)."""
    return request.param, show(request.param)


def cells_of(name):
    """Returns the cells of a notebook."""
    return nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4).cells


def here(page):
    """Returns the number of the slide that is shown, as the foot says it."""
    return int(page.inner_text("#count").split(" / ")[0])


def count(page):
    """Returns the number of slides."""
    return page.locator(".slide").count()


def go(page, n):
    """Shows a slide by its address."""
    page.evaluate("n => { location.hash = `#slide-${n}`; }", n)
    page.wait_for_function("n => document.querySelector('.now').id === `slide-${n}`", arg=n)


def slides_with(page, selector):
    """Returns the numbers of the slides that hold such an element."""
    return page.evaluate(
        "s => [...document.querySelectorAll('.slide')].flatMap("
        "(slide, i) => slide.querySelector(s) ? [i + 1] : [])",
        selector,
    )


def go_to_the_first(page, what):
    """Goes to the first slide that has this and waits with no answer; returns its number."""
    n = next(n for n in slides_with(page, what) if n not in slides_with(page, ".open"))
    go(page, n)
    return n


# --- what is on them -----------------------------------------------------------------------

# What of a slide lies outside its body, is cut off, or lies under something else.
OUTSIDE = """(slide) => {
    const body = slide.querySelector(".body").getBoundingClientRect(), wrong = [];
    const tell = ({ className, tagName }, what) =>
        wrong.push(`${slide.id}: ${tagName}.${className} ${what}`);
    const isDrawn = (element) => element.getClientRects().length &&
        getComputedStyle(element).display !== "inline" &&
        !element.closest("math *, details > :not(summary), audio, style");
    for (const element of [...slide.querySelectorAll("*")].filter(isDrawn)) {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const isHead = element.closest(".slide > :is(h1, h2)");
        if (left < body.left - 1 || right > body.right + 1) tell(element, "is too wide");
        if (bottom > body.bottom + 1) tell(element, "is too low");
        if (!isHead && top < body.top - 1) tell(element, "lies under the title");
        if (isHead && bottom > body.top) tell(element, "lies over the words");
        if (getComputedStyle(element).overflow === "visible") continue;
        if (element.scrollWidth > element.clientWidth + 1) tell(element, "is cut at the right");
        if (element.scrollHeight > element.clientHeight + 1) tell(element, "is cut below");
    }
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = slide;
    if (scrollHeight > clientHeight || scrollWidth > clientWidth) tell(slide, "scrolls");
    for (const column of slide.querySelectorAll(".column")) {
        const boxes = [...column.children].map((part) => part.getBoundingClientRect());
        boxes.slice(1).forEach(({ top }, i) =>
            top < boxes[i].bottom - 1 && tell(column.children[i], "lies under the next"));
    }
    return wrong;
}"""
LETTER_SIZES = """(slide) => {
    const scale = slide.getBoundingClientRect().height / 1080;
    const sizes = { words: [], code: [], printed: [] };
    const small = "math, style, .sounds, audio, .more, kbd, .words code";
    const walk = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const { parentElement: element, data } = walk.currentNode;
        if (!data.trim() || element.closest(small)) continue;
        const kind = ["code", "printed"].find((kind) => element.closest(`.${kind}`)) ?? "words";
        sizes[kind].push(scale * parseFloat(getComputedStyle(element).fontSize));
    }
    return sizes;
}"""


@pytest.mark.browser
def test_nothing_overflows_and_letters_are_read_from_the_last_row(lesson):
    name, page = lesson
    for size in HALLS:
        page.set_viewport_size(dict(width=size[0], height=size[1]))
        wrong = page.evaluate(f"[...document.querySelectorAll('.slide')].flatMap({OUTSIDE})")
        assert not wrong, (size, wrong)
        for sizes in page.evaluate(f"[...document.querySelectorAll('.slide')].map({LETTER_SIZES})"):
            for kind, least in LETTERS.items():
                assert min(sizes[kind], default=99) >= least * size[1] / 1080 - 0.1, (kind, size)


@pytest.mark.browser
def test_all_that_no_slide_type_leaves_out_is_on_a_slide(lesson):
    name, page = lesson
    cells = cells_of(name)
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in cells]
    kept = [cell for cell, kind in zip(cells, kinds) if kind not in ("skip", "notes")]
    html = "".join(
        output.get("data", {}).get("text/html", "")
        for cell in kept
        for output in cell.get("outputs", [])
    )
    assert page.locator(".slide .part img[src^='data:']").count() == html.count("<img")
    assert page.locator(".slide audio").count() == html.count("<audio controls")
    printed = "\n".join(o.get("text", "") for cell in kept for o in cell.get("outputs", []))
    claims = [line for line in printed.splitlines() if line.startswith("✓")]
    assert page.locator(".slide .holds").count() == len(claims)
    assert page.locator(".slide .cut .holds").count() == 0
    said = " ".join(" ".join(page.locator(".slide").all_text_contents()).split())
    for cell in kept:
        text = re.sub(r"!\[.*?\]\(.*?\)|\]\(.*?\)|<[^>]*>", "|", cell.source)
        for words in re.findall(r"[\w ,.:;?]{12,}", text):  # between marks of Markdown
            assert cell.cell_type == "code" or " ".join(words.split()) in said
    for heading in re.findall(r"^#{1,2} (.+)$", "\n".join(cell.source for cell in kept), re.M):
        assert re.sub("[`*]", "", heading) in said


# --- what they hide ------------------------------------------------------------------------

VISIBLE = "(e) => e.checkVisibility({ visibilityProperty: true })"


@pytest.mark.browser
def test_an_answer_is_hidden_until_it_is_asked_for(lesson):
    name, page = lesson
    asking = slides_with(page, ".open")
    folds = [cell for cell in cells_of(name) if cell.source.startswith("#### Guessed?")]
    assert len(asking) == len(folds) == page.locator(".open button").count() > 0
    assert page.locator(".asked").count() == len(folds)
    for i, n in enumerate(asking):
        way = ("a", "ArrowRight", "click")[i % 3]
        go(page, n)
        slide = page.locator(".slide.now")
        assert slide.locator(".asked").evaluate(VISIBLE)
        # what comes after the button, on this slide: all that the notebook folds
        later = slide.locator(".open ~ *").or_(slide.locator(".column ~ .column > *"))
        answers = slide.locator(".answer")
        hidden = answers.count()
        assert not any(each.evaluate(VISIBLE) for each in answers.all())
        assert all("answer" in each.get_attribute("class") for each in later.all())
        if way == "click":
            slide.locator(".open button").click()
        else:
            page.keyboard.press(way)
        shown = page.locator(".slide.now .answer")
        assert here(page) == (n if hidden else n + 1)
        assert shown.count() and all(each.evaluate(VISIBLE) for each in shown.all())
        if hidden:  # and again
            page.keyboard.press("a")
            assert not any(each.evaluate(VISIBLE) for each in answers.all())
        else:  # the question stands over the answer
            assert page.locator(".now .recall").inner_text().startswith("Predict:")


# --- keys ----------------------------------------------------------------------------------


@pytest.mark.browser
def test_keys_turn_slides_and_the_address_keeps_the_place(show):
    page = show()
    last = count(page)
    plain = [n for n in range(1, last) if n not in slides_with(page, ".open")]
    n = next(n for n in plain if n + 1 in plain)
    for on, back in zip(
        ("ArrowRight", "ArrowDown", "PageDown", "Space"),
        ("ArrowLeft", "ArrowUp", "PageUp", "Shift+Space"),
    ):
        go(page, n)
        page.keyboard.press(on)
        assert here(page) == n + 1
        page.keyboard.press(back)
        assert here(page) == n
    page.keyboard.press("End")
    assert here(page) == last and page.url.endswith(f"#slide-{last}")
    page.keyboard.press("ArrowRight")
    assert here(page) == last
    page.reload()
    page.wait_for_selector(".ready")
    assert here(page) == last
    page.keyboard.press("Home")
    assert here(page) == 1
    page.get_by_role("button", name="on", exact=True).click()
    assert here(page) == 2


@pytest.mark.browser
def test_a_key_shows_the_keys_and_escape_closes_them(show):
    page = show()
    page.keyboard.press("?")
    assert page.locator("#keys[open]").count() == 1
    page.keyboard.press("ArrowRight")
    assert here(page) == 1
    page.keyboard.press("Escape")
    assert page.locator("#keys[open]").count() == 0
    page.keyboard.press("ArrowRight")
    assert here(page) == 2


@pytest.mark.browser
def test_full_screen_and_colours_have_keys(show):
    page = show()
    ink = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ink)
    page.keyboard.press("d")
    assert page.evaluate(ink) != light
    page.keyboard.press("d")
    assert page.evaluate(ink) == light
    page.evaluate("document.documentElement.requestFullscreen = () => { window.asked = true; }")
    page.keyboard.press("f")
    assert page.evaluate("window.asked")


@pytest.mark.browser
def test_a_player_with_the_focus_has_space_and_digits_and_slides_the_rest(show):
    page = show()
    n = go_to_the_first(page, ".sounds")
    row = page.locator(".now .sounds").first
    play = row.locator(".play")
    play.focus()
    page.keyboard.press("Space")
    page.wait_for_function("[...document.querySelectorAll('audio')].some((a) => !a.paused)")
    assert here(page) == n
    page.keyboard.press("Space")
    assert page.evaluate("[...document.querySelectorAll('audio')].every((a) => a.paused)")
    page.keyboard.press("Shift+ArrowRight")
    assert here(page) == n
    for on, back in (("ArrowRight", "ArrowLeft"), ("PageDown", "PageUp")):
        play.focus()
        page.keyboard.press(on)
        assert here(page) == n + 1
        page.keyboard.press(back)
        assert here(page) == n
    play.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    assert here(page) == n + 1


@pytest.mark.browser
def test_after_a_click_on_a_player_space_goes_on_and_p_and_digits_play(show):
    page = show("04_mfcc_reversal")
    n = go_to_the_first(page, ".sounds")
    playing = "[...document.querySelectorAll('.now audio')].findIndex((a) => !a.paused)"
    page.locator(".now .play").first.click()
    page.wait_for_function(f"{playing} >= 0")
    page.keyboard.press("p")
    page.wait_for_function(f"{playing} < 0")
    page.keyboard.press("1")
    page.wait_for_function(f"{playing} === 0")
    page.keyboard.press("Space")
    assert here(page) == n + 1
    assert page.evaluate("[...document.querySelectorAll('audio')].every((a) => a.paused)")


@pytest.mark.browser
def test_code_that_is_cut_is_whole_by_a_key_and_by_a_click(show):
    page = show()
    go_to_the_first(page, ".code .cut")
    cut = page.locator(".now .code:has(.cut)").first
    source = cut.locator(".line").all_text_contents()
    assert (
        f"{cut.locator('.cut').count()} more line" in page.locator(".now .more").first.inner_text()
    )
    for opens in (lambda: page.keyboard.press("c"), page.locator(".now .more").first.click):
        opens()
        whole = page.locator("#whole[open] .code .line")
        assert all(line in whole.all_text_contents() for line in source)
        assert whole.last.evaluate("(line) => line.getClientRects().length") > 0
        page.keyboard.press("Escape")
        assert page.locator("dialog[open]").count() == 0


@pytest.mark.browser
def test_a_hint_lies_over_its_slide(show):
    page = show()
    go(page, slides_with(page, "details")[0])
    page.locator(".now summary").click()
    assert len(page.locator("#whole[open]").inner_text()) > 20
    assert not page.locator(".now details").evaluate("(details) => details.open")


# --- notes ---------------------------------------------------------------------------------


@pytest.mark.browser
def test_notes_have_a_window_that_follows_and_leads(show):
    page = show("04_mfcc_reversal")
    with page.expect_popup() as opened:
        page.keyboard.press("n")
    notes = opened.value
    notes.wait_for_selector(".desk")
    assert "which step makes the Dalek" in notes.inner_text("body")  # the goal
    assert "More iterations will fix it" in notes.inner_text("body")  # a wrong idea
    assert notes.inner_text("h1").startswith("1. ")
    n = page.evaluate(
        "[...document.querySelectorAll('.slide')]"
        ".findIndex((slide) => slide.dataset.title === 'The scaler: what it did') + 1"
    )
    go(page, n)
    assert "The scaler: what it did" in notes.inner_text("h1")
    assert "the scaler, there and back" in notes.inner_text(".first")
    assert notes.inner_text(".next").startswith("next: ")
    notes.keyboard.press("ArrowRight")
    assert here(page) == n + 1
    assert re.fullmatch(r"\d\d:\d\d", notes.inner_text(".clock span"))
    notes.get_by_role("button", name="reset").click()
    assert notes.inner_text(".clock span") == "00:00"
    notes.close()


@pytest.mark.browser
def test_the_audience_sees_notes_only_where_the_speaker_lays_them_over(show):
    page = show("04_mfcc_reversal")
    goal = "which step makes the Dalek"
    assert goal not in page.inner_text("body") and goal not in page.locator("main").inner_text()
    page.keyboard.press("m")
    assert goal in page.inner_text("#over")
    page.keyboard.press("m")
    assert page.locator("#over").count() == 0
    page.evaluate("window.open = () => null")  # as a browser blocks it
    page.keyboard.press("n")
    assert goal in page.inner_text("#over")


@pytest.mark.browser
def test_every_notebook_has_notes_whose_headings_are_its_own(lesson):
    name, page = lesson
    notes = page.evaluate("document.getElementById('notes').content.textContent")
    assert "Goal." in notes and "45 minutes." in notes and "1 Predict" in notes
    sources = "\n".join(cell.source for cell in cells_of(name))
    headings = re.findall(r"^#+ (.+)$", sources, re.M)
    section = re.search(
        rf"^## {name[:2]} .*?(?=^## |\Z)", (ROOT / "TEACHING.md").read_text("utf-8"), re.M | re.S
    )
    outside_code = re.sub(r"```.*?```", "", section[0], flags=re.S)
    assert set(re.findall(r'\("([^"]+)"\)', outside_code)) <= set(headings)


# --- links, pages, looks ---------------------------------------------------------------------


@pytest.mark.slow
def test_pages_link_their_slides_and_slides_lead_back(slides):
    def links(file):
        urls = re.findall(r'<a href="([^":#]+)', file.read_text("utf-8"))
        return {(file.parent / unquote(url)).resolve() for url in urls}

    home = slides.parent / "index.html"
    for name in NAMES:
        file = slides / f"{name}.html"
        lesson = slides.parent / f"notebooks/{name}.html"
        assert file.resolve() in links(home) & links(lesson)
        assert {home.resolve(), lesson.resolve()} <= links(file)


@pytest.mark.browser
@pytest.mark.parametrize("name", [SHORT, NAMES[7]])
def test_a_printed_page_is_a_slide_with_its_answer(show, name):
    page = show(name)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == count(page)
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert boxes and all(float(wide) > 1.7 * float(high) for wide, high in boxes)
    page.emulate_media(media="print")
    assert all(each.evaluate(VISIBLE) for each in page.locator(".part.answer").all())
    assert not page.locator("#stage > footer").is_visible()
    page.emulate_media(media="null")


def serious(page):
    """Returns what axe finds on the page that is serious."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="an extra")
    found = axe.Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"]) for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(show, scheme):
    page = show("04_mfcc_reversal", scheme)
    assert page.get_by_role("main").count() == 1
    kinds = (".open", ".recall", ".sounds", "table", "details", ".formula")
    for n in sorted({n for kind in kinds for n in slides_with(page, kind)[:1]}):
        go(page, n)
        page.keyboard.press("a")
        assert not serious(page), n
    page.keyboard.press("m")
    page.keyboard.press("?")
    assert not serious(page)


@pytest.mark.browser
def test_what_is_switched_in_one_tab_is_switched_in_all(slides, browser):
    site, context = slides.parent, browser.new_context(color_scheme="light")
    context.set_offline(True)
    try:
        names = [f"notebooks/{SHORT}.html", f"notebooks/{NAMES[0]}.html", "try.html"]
        names += [f"slides/{SHORT}.html"]
        tabs = [context.new_page() for _ in names]
        for name, tab in zip(names, tabs):
            tab.goto((site / name).as_uri())
        first, second, *_ = tabs
        for here, scheme in [(first, "dark"), (second, "light")]:
            here.get_by_role("button", name=f"switch to {scheme} colours").click()
            for tab in tabs:
                tab.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        first.get_by_label("hide the code").check()
        second.wait_for_function("document.getElementById('no-code').checked")
    finally:
        context.close()
