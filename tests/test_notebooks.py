"""The notebooks as they are committed: their form.

That their outputs are the ones the code prints, and that panels and exercises answer, is tested
where they run: see lessons.py.
"""

import json
import re
import statistics

import nbformat
import pytest
from conftest import NOTEBOOKS, SOLUTIONS
from in_the_kernel import tagged, tags

ALL = NOTEBOOKS + SOLUTIONS


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


# --- hygiene ----------------------------------------------------------------------------


@named(ALL)
def test_it_was_executed_top_to_bottom_without_error(path):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")


@named(ALL)
def test_it_is_small_and_carries_no_state_and_no_local_path(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) <= 2_500_000
    assert "widgets" not in json.loads(text)["metadata"]
    assert not re.search(r"/(home|root|work|tmp|Users)/", text)


@named(ALL)
def test_cells_are_short(path):
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= 15, cell.source


@named(NOTEBOOKS)
def test_a_cell_is_one_step(path):
    """Half of the cells have six lines or fewer."""
    assert statistics.median(len(cell.source.splitlines()) for cell in code_cells(path)) <= 6


def parts(path):
    """Returns the cells of the lesson, with its closing table, and those of the exercises."""
    cells = read(path).cells
    (first,) = [i for i, cell in enumerate(cells) if cell.source.startswith("## Exercises\n")]
    assert cells[-1].source.startswith("## What we saw\n")
    return cells[:first] + cells[-1:], cells[first:-1]


@named(NOTEBOOKS)
def test_it_has_the_size_of_a_lesson(path):
    lesson, exercises = parts(path)
    prose = [cell.source for cell in lesson if cell.cell_type == "markdown"]
    read_aloud = re.sub(r"^(!\[|#### Guessed).*$", "", "\n".join(prose), flags=re.M)
    words = len(read_aloud.split())
    assert 25 <= len(lesson) <= 100 and 800 <= words <= 2000
    assert len(exercises) <= 15


@named(NOTEBOOKS)
def test_exercises_are_graded_and_have_hints(path):
    """The bold words that begin an exercise: its number and its grade."""
    _, cells = parts(path)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    _, *texts = re.split(r"^\*\*(?=\d\. )", text, flags=re.M)
    heads = [re.match(r"(\d)\. (Predict|Change|Build|Explain)\.\*\* ", text) for text in texts]
    assert [int(head[1]) for head in heads] == list(range(1, len(heads) + 1))
    assert (2 if path.name[:2] in ("08", "09") else 3) <= len(heads) <= 5
    if path.name < "07":
        assert [head[2] for head in heads] == ["Predict", "Change", "Build", "Explain"]
    assert all("<details><summary>Hint</summary>" in text for text in texts)
    in_order = [f"{kind}-{head[1]}" for head in heads for kind in ("answer", "check")]
    assert list(tagged(cells)) == in_order


@named(ALL)
def test_every_figure_is_shown_and_says_in_words_what_it_shows(path):
    for cell in code_cells(path):
        draws = re.search(r"plt\.subplots|st\.(show_|compare)", cell.source)
        assert not draws or "st.show(" in cell.source, cell.source
        shown = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
        assert shown.count("<img") == len(
            re.findall('<img src="data:[^"]+" alt="[^"]{20,}"', shown)
        )


@named(NOTEBOOKS)
def test_what_answers_a_question_is_folded_until_it_is_guessed(path):
    """JupyterLab and Notebook 7 fold what follows such a heading; the site does as well."""
    cells = read(path).cells
    for before, cell in zip([None, *cells], cells):
        folded = "jp-MarkdownHeadingCollapsed" in cell.metadata
        asked = before is not None and "**Predict:**" in before.source
        aside = cell.source.startswith("#### Behind the panel: its code")
        assert folded == (asked or aside), cell.source
        assert not asked or re.fullmatch("#### Guessed\\? Open: .+", cell.source)


@named(NOTEBOOKS)
def test_a_fold_ends_with_a_cell_that_begins_with_a_heading(path):
    """A cell with a heading in its middle ends it as well, and would show what it found."""
    folded = False
    for cell in read(path).cells:
        heading = cell.cell_type == "markdown" and re.search("^#{1,4} ", cell.source, re.M)
        assert not (folded and heading) or heading.start() == 0, cell.source
        folded = "jp-MarkdownHeadingCollapsed" in cell.metadata or (folded and not heading)


@named(NOTEBOOKS)
def test_the_bold_claim_comes_first_and_claims_are_printed(path):
    first = read(path).cells[0].source
    assert re.search(r"^\*\*.+\.\*\*$", first, re.M) and "you are here" in first
    printed = "".join(
        output.text
        for cell in code_cells(path)
        for output in cell.outputs
        if output.output_type == "stream"
    )
    assert printed.count("✓") == sum(cell.source.count("st.claim(") for cell in code_cells(path))
    assert printed.count("✓") >= 8


def unfolded(path):
    """Returns the cells of a notebook that a reader sees before opening anything."""
    seen, folded = [], False
    for cell in read(path).cells:
        heading = cell.cell_type == "markdown" and re.match("#{1,4} ", cell.source)
        seen += [] if folded and not heading else [cell]
        folded = "jp-MarkdownHeadingCollapsed" in cell.metadata or (folded and not heading)
    return seen


@named(NOTEBOOKS)
def test_the_first_sound_comes_within_five_cells(path):
    assert any(re.search(r"st\.(play|workbench)", cell.source) for cell in unfolded(path)[:6])


@named(NOTEBOOKS)
def test_every_panel_asks_and_has_a_twin_that_needs_no_kernel(path):
    """Readers without a kernel, and those who cannot hear or see, get the default case."""
    cells, n_panels = read(path).cells, 0
    for i, cell in enumerate(cells):
        if cell.cell_type == "code" and re.search(r"st\.(panel|workbench)\(", cell.source):
            n_panels += 1
            assert re.search(r'question="[A-Z][^"]+\?"', cell.source), cell.source
            words = [c.source for c in cells[max(0, i - 4) : i] if c.cell_type == "markdown"]
            assert any("panel" in text.lower() for text in words), cell.source
            twin, live = (output.get("data", {}) for output in cell.outputs)
            assert '<div class="panel-twin">' in twin["text/html"]
            assert twin["text/html"].count("<img") == 2
            assert twin["text/html"].count("<audio controls") == 2
            assert set(live) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert n_panels


REFERENCE = (
    r"- (?P<authors>[^:]+): (?P<title>.+?)[.,] .*?"
    r"\[(?P<label>[^\]]+)\]\((?P<link>https://[^)]+)\)"
)


@named(NOTEBOOKS)
def test_references_are_complete_and_stand_once(path):
    """Author, title, year, and a DOI or arXiv number that is the link; software has an address."""
    cells = read(path).cells
    last = cells[-1].source.partition("## References")[2].strip()
    assert sum(cell.source.count("## References") for cell in cells) == 1
    entries = [re.fullmatch(REFERENCE, line) for line in last.splitlines()]
    assert len(entries) >= 3 and all(entries), last
    links = [entry["link"] for entry in entries]
    assert len(set(links)) == len(links)
    for entry in entries:
        number = re.fullmatch(r"(doi|arXiv):(.+)", entry["label"])
        if number:
            home = {"doi": "https://doi.org/", "arXiv": "https://arxiv.org/abs/"}[number[1]]
            assert entry["link"] == home + number[2]
            assert re.search(r"\b(19|20)\d\d\. \[", entry[0]), entry[0]
        else:
            assert entry["label"].split()[0] in entry["link"]


def test_a_work_is_cited_in_the_same_words_everywhere():
    known = {}
    for path in NOTEBOOKS:
        for line in re.findall(r"^- .+\]\(https://.+\)$", read(path).cells[-1].source, re.M):
            words, link = re.fullmatch(r"- (.+) \[.+\]\((.+)\)", line).groups()
            assert known.setdefault(link, words) == words


@named(NOTEBOOKS)
def test_the_clip_cell_begins_with_one_assignment(path):
    (cell,) = [cell for cell in code_cells(path) if "clip" in tags(cell)]
    assert cell.source.startswith('clip = "slt"')
