"""What of a notebook is an answer, and whether the notebook is one of the course's."""

import ast
import json
import re
from typing import NamedTuple

from assignment import PLACEHOLDER, kinds_of, numbered, read

MAGIC = re.compile(r"^(\s*)(%+\w+ ?|!.*)", re.M)  # what notebooks alone understand
TASK = re.compile(r"^\*\*(\d)\. (\w+)\.\*\*", re.M)
CLIP = re.compile(r"""^clip = ["'](\w+)["']""", re.M)
TAG = re.compile(r"(answer|check|sentence)-\d")  # of a cell of an exercise
TITLE = re.compile(r"^# (\d\d) · ", re.M)
TRIES = re.compile(r"\((\d+) letters tried\)")
FEWEST_WORDS = 5  # of a sentence that two students have by no accident


class Cell(NamedTuple):
    """A cell of a notebook, whatever version of the format it came in."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    tags: tuple = ()
    printed: str = ""


class Exercise(NamedTuple):
    """An exercise of the course."""

    number: int
    kind: str  # "Predict", "Change", "Build" or "Explain"
    open: str  # its cell as it is handed out
    check: str  # the call that checks it
    names: tuple  # what it is to leave


class Answer(NamedTuple):
    """What a student wrote into an exercise."""

    cells: tuple = ()  # of code, in order: what differs from the course's notebook
    sentence: str = ""
    why_none: str = ""
    flags: tuple = ()


class NoNotebook(ValueError):
    """A file that cannot be graded, and why."""


class Lesson:
    """A notebook of the course: its cells and its exercises."""

    def __init__(self, path):
        notebook, self.path, self.number = read(path), path, path.name[:2]
        self.cells = [Cell(c.cell_type, c.source, tuple(tags_of(c))) for c in notebook.cells]
        kinds, opened = kinds_of(notebook), numbered(notebook, "answer")
        self.exercises = [
            Exercise(n, kinds[n], opened[n].source, check.source, names_in(check.source))
            for n, check in numbered(notebook, "check").items()
        ]
        self.own = {squeezed(cell.source) for cell in self.cells}
        self.tasks = {m[0]: squeezed(c.source) for c in self.cells for m in [TASK.search(c.source)]
                      if m and c.kind == "markdown"}  # fmt: skip


def tags_of(cell):
    """Returns the tags of a cell, or none where its metadata is broken."""
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def names_in(check):
    """Returns the names of the answers that a check asks, those it takes by position."""
    return tuple(ast.unparse(answer) for answer in ast.parse(check, mode="eval").body.args)


def squeezed(text):
    """Returns a text without what editors change: blanks at ends of lines, empty lines."""
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


# ----------------------------------------------------------------------------------------
# Of a file: its cells
# ----------------------------------------------------------------------------------------


def cells_of(raw):
    """Returns the cells of a notebook's bytes; what is broken in a cell is left out."""
    try:
        notebook = json.loads(raw)  # in UTF-8, 16 or 32
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NoNotebook(f"no notebook: it is not JSON ({str(error)[:100]})") from None
    if not isinstance(notebook, dict):
        raise NoNotebook("no notebook: JSON, but none")
    cells = notebook.get("cells")
    if cells is None:  # before 2014
        sheets = [x for x in as_list(notebook.get("worksheets")) if isinstance(x, dict)]
        cells = [cell for sheet in sheets for cell in as_list(sheet.get("cells"))]
    found = [cell_of(cell) for cell in as_list(cells) if isinstance(cell, dict)]
    if not found:
        raise NoNotebook("a notebook without cells")
    return found


def as_list(x):
    return x if isinstance(x, list) else []


def cell_of(cell):
    """Returns a `Cell` of whatever a cell is."""
    printed = ""
    for output in as_list(cell.get("outputs")):
        if isinstance(output, dict) and output.get("output_type") == "stream":
            printed += joined(output.get("text"))[:2000]
    source = joined(cell.get("source", cell.get("input")))
    return Cell(str(cell.get("cell_type")), source, tuple(tags_of(cell)), printed)


def joined(text):
    """Returns a text that may be in lines."""
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""


def lesson_of(cells, lessons):
    """Returns the lesson that a notebook is, by its checks, else its tasks, else its title."""
    sources = "\n".join(cell.source for cell in cells)

    def likeness(lesson):
        calls = [exercise.check.partition("(")[0] + "(" for exercise in lesson.exercises]
        tasks = [task for task in lesson.tasks.values() if task in map(squeezed, sources_of(cells))]
        titled = TITLE.search(cells[0].source)
        return (
            sum(call in sources for call in calls) + len(tasks),
            bool(titled) and titled[1] == lesson.number,
        )

    best = max(lessons, key=likeness)
    if not any(likeness(best)):
        raise NoNotebook("another notebook: no exercise of this course is in it")
    return best


def sources_of(cells):
    return [cell.source for cell in cells if cell.kind == "markdown"]


# ----------------------------------------------------------------------------------------
# Of its cells: the answers
# ----------------------------------------------------------------------------------------


def answers_of(cells, lesson):
    """Returns ``{number: Answer}`` and flags that concern the whole notebook.

    An answer is what lies in the cell tagged for it, and what was added between the words of
    the exercise and the next; where the tag is gone, the words alone tell.
    """
    tasks = {m[0]: squeezed(said) for said in sources_of(cells) for m in [TASK.search(said)] if m}
    changed = [task for task, said in tasks.items() if lesson.tasks.get(task) != said]
    flags = ("another version of the notebook",) if changed or not tasks else ()
    places = list(zip(cells, places_of(cells)))
    code = [cell for cell in cells if cell.kind == "code"]
    written = [cell for cell in code if squeezed(cell.source) not in lesson.own]
    return {e.number: answer_of(e, places, lesson, written) for e in lesson.exercises}, flags


def clip_of(cells):
    """Returns the clip on which a student worked, or none."""
    found = [CLIP.search(cell.source) for cell in cells if cell.kind == "code"]
    return next((match[1] for match in found if match), "")


def places_of(cells):
    """Returns for each cell the number of the exercise under which it stands, or 0."""
    places, here = [], 0
    for cell in cells:
        if cell.kind == "markdown":
            task = TASK.search(cell.source)
            ends = re.search(r"^# |^## (?!Exercises)", cell.source, re.M)
            here = int(task[1]) if task else 0 if ends else here
        places.append(here)
    return places


def answer_of(exercise, places, lesson, written):
    """Returns the answer to an exercise, from ``[(cell, number of the exercise)]``.

    Of the cells that the student has `written`, others may set what is asked here: a flag.
    """
    n, opened = exercise.number, squeezed(exercise.open)
    here = [cell for cell, place in places if belongs(cell, place, n)]
    candidates = [cell for cell in here if may_answer(cell, exercise, lesson)]
    own = [cell for cell in candidates if squeezed(cell.source) not in ("", opened)]
    flags = (f"{len(own)} cells in answer {n}",) if len(own) > 1 else ()
    why_none = "" if own else "not answered: the open cell is as it was handed out"
    if not candidates:
        why_none = "not answered: its cell is gone"
    elif own and not set(exercise.names) & names_set(own):
        why_none = f"not answered: {told(exercise.names)} not set in its cell"
    elsewhere = [cell for cell in written if cell not in candidates]
    if why_none and set(exercise.names) & names_set(elsewhere):
        flags += ("may be answered elsewhere",)
    cells = () if why_none else tuple(cell.source for cell in own)
    if exercise.kind == "Explain" and cells:
        flags += tries_in(here)
    return Answer(cells, sentence_in(here, n, lesson), why_none, flags)


def told(names):
    """Returns names in a sentence: "`rows` and `columns` are"."""
    return " and ".join(f"`{name}`" for name in names) + (" is" if len(names) == 1 else " are")


def belongs(cell, place, number):
    """Whether a cell is of an exercise: by its tag, or by its place where it has no other's."""
    tagged = [tag for tag in cell.tags if TAG.fullmatch(tag)]
    return any(tag.endswith(f"-{number}") for tag in tagged) if tagged else place == number


def may_answer(cell, exercise, lesson):
    """Whether a cell under an exercise is its answer: the open one, or one that was written.

    What somebody writes into the cell of the check counts as well, if it sets what is asked.
    """
    if cell.kind != "code" or f"sentence-{exercise.number}" in cell.tags:
        return False
    if f"answer-{exercise.number}" in cell.tags or squeezed(cell.source) == squeezed(exercise.open):
        return True
    if squeezed(cell.source) in lesson.own:
        return False
    if is_check(cell) or f"check-{exercise.number}" in cell.tags:
        return bool(set(exercise.names) & names_set([cell]))
    return True


def names_set(cells):
    """Returns the names that cells set, as far as their code can be read."""
    names = set()
    for cell in cells:
        source = MAGIC.sub(r"\1", cell.source)
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except (SyntaxError, ValueError, RecursionError):
            names |= set(re.findall(r"\b[a-z_]\w*\b", cell.source))  # all that it may be
            continue
        names |= {x.id for x in nodes if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
        names |= {x.name for x in nodes if isinstance(x, (ast.FunctionDef, ast.ClassDef))}
    return names


def tries_in(cells):
    """Returns the flag on how many letters were tried, as the check has printed it."""
    printed = "".join(cell.printed for cell in cells)
    tries = TRIES.search(printed)
    if not printed:
        return ("outputs cleared, tries not seen",)
    return (f"tried {tries[1]} letters",) if tries else ()


def sentence_in(cells, number, lesson):
    """Returns the sentence below an exercise: its cell, of whatever kind, and words added."""
    words = [
        cell.source
        for cell in cells
        if f"sentence-{number}" in cell.tags
        or (cell.kind in ("markdown", "raw") and squeezed(cell.source) not in lesson.own)
    ]
    said = "\n".join(word for word in words if not TASK.search(word))
    return said.replace(PLACEHOLDER, "").strip()


def is_check(cell):
    return re.match(r"\s*(print\()?check\.\w+\(", cell.source) is not None


def alike(sentences):
    """Returns ``{student: others with the same sentence}`` of ``{student: sentence}``."""
    plain = {who: re.sub(r"\W+", " ", said).casefold().strip() for who, said in sentences.items()}
    found = {}
    for who, said in plain.items():
        others = [x for x, same in plain.items() if x != who and same == said]
        if others and len(said.split()) >= FEWEST_WORDS:
            found[who] = others
    return found
