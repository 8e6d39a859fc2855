"""What the teachers' and the learners' pages say is so."""

import doctest
import re

import pytest
from conftest import NOTEBOOKS, ROOT
from test_notebooks import read

LEARNERS, TEACHERS = ROOT / "notebooks/README.md", ROOT / "TEACHING.md"


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
    for part in ("**Goal.**", "*45 minutes.*", "*90 minutes.*", "**Answers"):
        assert part in section, part


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
