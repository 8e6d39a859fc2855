"""What the teachers' and the learners' pages say is so."""

import doctest
import re
import sys

import numpy as np
import pytest
from conftest import NOTEBOOKS, ROOT
from in_the_kernel import solutions_of
from test_notebooks import read

sys.path.insert(0, str(ROOT / "tools"))
import assignment

import audiotools as at

LEARNERS, TEACHERS = ROOT / "notebooks/README.md", ROOT / "TEACHING.md"
CLIPS = (ROOT / "data/README.md").read_text("utf-8")
PAGE, README = TEACHERS.read_text("utf-8"), (ROOT / "README.md").read_text("utf-8")


def text_of(path):
    """Returns all words of a notebook."""
    return "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def test_every_wrong_idea_is_settled_by_its_line(monkeypatch):
    monkeypatch.chdir(ROOT)
    options = dict(encoding="utf-8", optionflags=doctest.ELLIPSIS)
    results = doctest.testfile(str(TEACHERS), module_relative=False, **options)
    assert results.failed == 0 and results.attempted > 40


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_its_row_for_learners_and_its_section_for_teachers(path):
    number, words = path.name[:2], text_of(path)
    title = re.match(rf"# {number} · (.+)", words)[1]
    minutes = re.search(r"^About (\d+) minutes", words, re.M)[1]
    row = rf"^\| \[{number} {title}\]\({path.name}\) \|.*\| {minutes} \|"
    assert re.search(row, LEARNERS.read_text("utf-8"), re.M)
    sections = re.split(r"^## ", TEACHERS.read_text("utf-8"), flags=re.M)
    (section,) = [text for text in sections if text.startswith(f"{number} {title}\n")]
    parts = "**Goal.** *Seen when*|*45 minutes.*|*90 minutes.*|**Answers|**To discuss.**"
    for part in re.split(r"[ |](?=\*)", parts):
        assert part in section, part


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_headings_that_a_plan_names_are_there(path):
    """Named as ("Heading") or under "Heading": the speaker's notes find the slide by them."""
    section = re.search(rf"^## {path.name[:2]} .*?(?=^## )", PAGE, re.M | re.S)[0]
    code = re.sub(r"^```.*?^```", "", section, flags=re.M | re.S)
    named = re.findall(r'(?:\(|under |, )"([^"]+)"(?=[,)])', code)
    headings = re.findall(r"^#+ (.+)$", text_of(path), re.M)
    assert not [name for name in named if name not in headings]


def minutes(plan):
    """Returns what the minutes of a plan add up to: each item begins with its own."""
    return sum(int(re.match(r"\d+", item)[0]) for item in plan.split(" · "))


def plans(length):
    return re.findall(rf"^\*{length} minutes[.,]\*(?:.*These, and:|.*?each\.)? (\d.+)$", PAGE, re.M)


def test_plans_add_up_and_leave_time_to_arrive_and_to_ask():
    assert len(plans(45)) == len(plans(90)) == len(NOTEBOOKS)
    for plan in plans(45):
        assert minutes(plan) == 45 and plan.startswith("5 arrive") and " · 5 questions" in plan
    for more in plans(90):
        assert minutes(more) == 45
    (hour,), (ten,) = plans(60), plans(10)
    assert minutes(hour) == 60 and minutes(ten) == 10
    phones = PAGE.partition("15 minutes.**")[2].partition("\n\nA link")[0]
    assert sum(map(int, re.findall(r"^\| (\d+) \|", phones, re.M))) == 15


def figures_in(words):
    """Returns the numbers in a text, without the commas and underscores of thousands."""
    return set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", re.sub(r"(?<=\d)[,_](?=\d{3})", "", words)))


def said_by(path):
    """Returns the figures in all that a notebook and its solutions say, code and prints as well."""
    said = []
    for cell in [*read(path).cells, *read(solutions_of(path)).cells]:
        said.append(cell.source)
        for output in cell.get("outputs", []):
            said.append(output.get("text", ""))
            said.append(str(output.get("data", {}).get("text/plain", "")))
    return figures_in("\n".join(said))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_figures_of_a_session_are_those_of_its_notebook(path):
    """In the words, beside the plans' minutes; the lines of code run in a test of their own."""
    number = path.name[:2]
    section = re.search(rf"^## {number} .*?(?=^## )", PAGE, re.M | re.S)[0]
    code = re.compile(r"^```.*?^```", re.M | re.S)
    lines = [
        line
        for line in code.sub("", section).splitlines()
        if not re.match(r"\*\d\d minutes|## ", line)
    ]
    said = said_by(path) | computed(number) | figures_in("".join(code.findall(section)))
    few = {f"{n:02}" for n in range(12)} | {str(n) for n in range(12)}  # notebooks, exercises
    unsaid = figures_in("\n".join(lines)) - said - few
    assert not unsaid, sorted(unsaid)


def computed(number):
    """Returns figures that follow from others, and no cell prints."""
    y, sr = at.load_wav(ROOT / "data/slt.wav")
    found = {
        "01": [at.stft(y, n_fft=400, hop_length=160).shape[1]],
        "03": [1250 * 3 * 256 // sr],  # bands, if three frames are one
        "04": [round(20 * np.log10(32768))],
        "10": [15 * 256 * 1000 // sr],
        "11": [128 * 16000 // 160],
    }
    return {str(figure) for figure in found.get(number, [])}


def test_figures_before_the_sessions_are_measured_somewhere():
    pitch = dict(re.findall(r"^\| `(\w+)\.wav` .* ([\d.]+) \| `\w+` \|$", CLIPS, re.M))
    assert f"a comb of {float(pitch['slt']):.0f} Hz" in PAGE
    assert f"`kal16` speaks at {float(pitch['kal16']):.0f} Hz" in PAGE
    nbgrader = re.search(r"^nbgrader==(\S+)", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    assert f"by a test with nbgrader {nbgrader[1]}." in PAGE


def test_what_the_points_are():
    kinds = {path.name[:2]: list(assignment.kinds_of(read(path)).values()) for path in NOTEBOOKS}
    points = {
        number: sum(
            assignment.POINTS[kind] + assignment.SENTENCE * (kind == "Explain") for kind in own
        )
        for number, own in kinds.items()
    }
    assert set(points.values()) == {8, 6} and points["08"] == 6
    four = sum(points[number] for number in ("01", "02", "03", "04"))
    assert f"the course, 01 to 04, has {four}, all eleven have {sum(points.values())}" in PAGE


def test_the_licences_are_said_once_and_the_same_everywhere():
    law = re.search(r"^Code: MIT .+? 1\.1\.", re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", README), re.M)[
        0
    ]
    assert " ".join((ROOT / "LICENSE").read_text("utf-8").split()).startswith(law)
    for file in re.findall(r"\((\S+LICENSE\S*|LICENSE\S*?)\)", law):
        assert (ROOT / file).exists()
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert re.search(r"^license: MIT ", citation, re.M) and "under CC BY 4.0." in citation
    version = re.search(r"^version: (\S+)", citation, re.M)[1]
    assert f"version {version}." in README and re.search(r"^date-released: 20\d\d-", citation, re.M)
    page = (ROOT / "try/page.html").read_text("utf-8")
    assert ". ".join(part.partition(" (")[0] for part in law.split(". ")[:3]) in page
    title = re.search(r'^title: "(.+)"', citation, re.M)[1]
    assert title in README


def glossary():
    words = LEARNERS.read_text("utf-8").partition("## Words")[2]
    return re.findall(r"^\| ([^|]+) \| ([^|]+) \| \[\d\d\]\((\S+?)#(\S+)\) \|$", words, re.M)


def test_every_term_has_one_line_and_one_link_that_leads_to_a_heading():
    rows = glossary()
    assert len(rows) > 40
    terms = [term.lower() for term, *_ in rows]
    assert terms == sorted(terms) and len(set(terms)) == len(terms)
    for term, _, file, anchor in rows:
        headings = re.findall(r"^## (.+)$", text_of(ROOT / "notebooks" / file), re.M)
        assert anchor.replace("-", " ") in [heading.replace("-", " ") for heading in headings], term


def test_terms_that_notebooks_print_in_bold_are_in_the_glossary():
    known = " ".join(term.lower() + " " + line.lower() for term, line, *_ in glossary())
    for path in NOTEBOOKS:
        lesson = text_of(path).partition("## Exercises")[0]
        for term in re.findall(r"\*\*([a-z]+?)s?\*\*", lesson):
            assert term in known, f"{path.name}: {term}"
