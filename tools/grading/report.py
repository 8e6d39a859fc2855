"""Points, and where they are written: grades.csv, totals.csv, a page a student, a summary."""

import csv
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import jinja2
from assignment import POINTS, SENTENCE

from grading.answers import alike

COLUMNS = "student notebook exercise kind points of reason flags file".split()
HALF = "right on slt alone; on kal16: "


class Class(NamedTuple):
    """What was found out: what was graded, what was not, what the fences held back."""

    found: list
    refused: list
    fences: str


def points_of(exercise, result, elsewhere, flags):
    """Returns points and reason of an answer, the most that it could have, and whether on both.

    The letter of an Explain counts half after others were tried; what was built for one voice
    alone, a third.
    """
    most = POINTS[exercise.kind]
    if not result.right:
        return 0, result.words, most
    if elsewhere is not None and not elsewhere.right:
        return 1, HALF + elsewhere.words, most
    if any(flag.startswith("tried ") for flag in flags):
        return most / 2, result.words, most
    return most, result.words, most


def rows_of(one):
    """Yields the rows of a graded notebook; the last of an Explain waits for a reader."""
    for exercise in one["lesson"].exercises:
        n, answer = exercise.number, one["answers"][exercise.number]
        result, elsewhere = one["results"][n], one["elsewhere"].get(n)
        points, reason, most = points_of(exercise, result, elsewhere, answer.flags)
        flags = [*one["flags"], *answer.flags, *result.flags]
        flags += ["one voice alone"] if reason.startswith(HALF) else []
        at = dict(student=one["student"], notebook=one["lesson"].number, file=one["file"])
        yield at | dict(
            exercise=n, kind=exercise.kind, points=points, of=most, reason=reason,
            flags=flags, code="\n\n".join(answer.cells),
        )  # fmt: skip
        if exercise.kind == "Explain":
            yield at | dict(
                exercise=f"{n} sentence", kind="Sentence", points="" if answer.sentence else 0,
                of=SENTENCE, reason=answer.sentence or "no sentence", code="",
                flags=["to be read"] if answer.sentence else [],
            )  # fmt: skip


def table(graded):
    """Returns all rows, the best file of each student and notebook, and the students' totals."""
    by_notebook, totals = {}, {}
    for one in graded.found:
        key = one["student"].casefold(), one["lesson"].number
        by_notebook.setdefault(key, []).append(list(rows_of(one)))
    rows = [row for files in by_notebook.values() for row in best_of(files)]
    for row in rows:
        totals[row["student"]] = totals.get(row["student"], 0) + (row["points"] or 0)
    mark_copies(rows)
    for one in graded.refused:
        totals.setdefault(one["student"], 0)
        empty = dict.fromkeys(COLUMNS, "") | dict(code="")
        rows.append(empty | one | dict(flags=["not graded"]))
    rows.sort(key=lambda row: (row["student"].casefold(), row["notebook"], str(row["exercise"])))
    return rows, totals


def best_of(files):
    """Returns the rows of the file with most points; if there are others, its flags name them."""
    best = max(files, key=lambda rows: sum(row["points"] or 0 for row in rows))
    if len(files) > 1:
        names = f"{len(files)} files: {', '.join(rows[0]['file'] for rows in files)}"
        best[0]["flags"].append(names.replace("2 files", "two files"))
    return best


def mark_copies(rows):
    """Flags equal sentences of two students."""
    by_exercise = {}
    for row in rows:
        if row["kind"] == "Sentence" and row["points"] == "":
            by_exercise.setdefault((row["notebook"], row["exercise"]), {})[row["student"]] = row
    for of_one in by_exercise.values():
        same = alike({who: row["reason"] for who, row in of_one.items()})
        for who, others in same.items():
            of_one[who]["flags"].append(f"same sentence as {', '.join(others)}")


def safe(text):
    """Returns a text that no table program takes for a formula."""
    text = str(text)
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def slug(name, taken):
    """Returns a file's name for a student, which no other has.

    >>> slug("Anna Müller", {"anna-müller"})
    'anna-müller-2'
    """
    stem = plain = re.sub(r"[^\w]+", "-", name.casefold()).strip("-")[:60] or "student"
    for number in range(2, 2 + len(taken)):
        if stem in taken:
            stem = f"{plain}-{number}"
    return stem


def write(graded, output):
    """Writes the reports into a folder, made anew; returns in words what there is."""
    if output.exists() and any(output.iterdir()) and not (output / "grades.csv").exists():
        raise SystemExit(f"{output} holds other things than grades: name another with --output")
    shutil.rmtree(output, ignore_errors=True)
    (output / "students").mkdir(parents=True)
    rows, totals = table(graded)
    with open(output / "grades.csv", "w", newline="", encoding="utf-8-sig") as file:
        lines = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        lines.writeheader()
        for row in rows:
            texts = {name: safe(row[name]) for name in ("student", "reason", "file")}
            lines.writerow(row | texts | dict(flags=safe("; ".join(row["flags"]))))
    with open(output / "totals.csv", "w", newline="", encoding="utf-8-sig") as file:
        lines = csv.writer(file)
        lines.writerows([["student", "points"], *([safe(who), n] for who, n in totals.items())])
    write_pages(graded, rows, totals, output)
    unread = sum(map(is_unread, rows))
    return (
        f"{len(totals)} students, {len(graded.found)} notebooks graded, {len(graded.refused)} "
        f"files not, {unread} sentences to be read. See {output / 'index.html'}, and grades.csv"
    )


def write_pages(graded, rows, totals, output):
    """Writes a page for each student, which names no other, and the summary."""
    look = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
    )
    pages = {}
    for student in totals:
        own = of_one(rows, student)
        pages[student] = slug(student, set(pages.values()))
        told = dict(rows=own, total=out_of(own), unread=sum(map(is_unread, own)))
        html = look.get_template("student.html.j2").render(student=student, **told)
        (output / "students" / f"{pages[student]}.html").write_text(html, encoding="utf-8")
    html = look.get_template("index.html.j2").render(
        rows=rows,
        totals={who: out_of(of_one(rows, who)) for who in totals},
        pages=pages,
        fences=graded.fences,
        exercises=how_many(rows),
    )
    (output / "index.html").write_text(html, encoding="utf-8")


def of_one(rows, student):
    return [row for row in rows if row["student"] == student]


def is_unread(row):
    return "to be read" in row["flags"]


def out_of(rows):
    """Returns the points of some rows, and how many there are, as "3 of 8"."""
    return f"{sum(row['points'] or 0 for row in rows)} of {sum(row['of'] or 0 for row in rows)}"


def how_many(rows):
    """Returns how many were right, of how many: [(notebook, exercise, kind, right, of)]."""
    right, of = Counter(), Counter()
    for row in rows:
        if row["kind"] not in ("", "Sentence"):
            key = row["notebook"], row["exercise"], row["kind"]
            right[key] += row["points"] == row["of"]
            of[key] += 1
    return [(*key, right[key], of[key]) for key in sorted(of)]
