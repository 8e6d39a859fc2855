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

COLUMNS = "student number notebook exercise kind points of reason flags file".split()
NO_SENTENCE, UNREAD = "no sentence", "to be read"
HALF = "right on one voice alone; on the other: "


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
        at = {name: one[name] for name in ("student", "number", "file")}
        at["notebook"] = one["lesson"].number
        yield at | dict(
            exercise=n, kind=exercise.kind, points=points, of=most, reason=reason,
            flags=flags, code="\n\n".join(answer.cells),
        )  # fmt: skip
        if exercise.kind == "Explain":
            yield at | dict(
                exercise=f"{n} sentence", kind="Sentence", points="" if answer.sentence else 0,
                of=SENTENCE, reason=answer.sentence or NO_SENTENCE, code="",
                flags=[UNREAD] if answer.sentence else [],
            )  # fmt: skip


def table(graded, by_hand):
    """Returns all rows, of each student and notebook those of the best file, in order."""
    by_notebook = {}
    for one in graded.found:
        key = one["student"], one["lesson"].number
        by_notebook.setdefault(key, []).append(list(rows_of(one)))
    rows = [row for files in by_notebook.values() for row in best_of(files)]
    mark_copies(rows)
    for row in rows:
        if is_unread(row) and key_of(row) in by_hand:
            row["points"] = by_hand.pop(key_of(row))
            row["flags"].remove(UNREAD)
    for one in graded.refused:
        empty = dict.fromkeys(COLUMNS, "") | dict(code="")
        rows.append(empty | one | dict(flags=["not graded"]))
    rows.sort(key=lambda row: (row["student"].casefold(), row["notebook"], str(row["exercise"])))
    return rows


def key_of(row):
    """Returns what a sentence is known by: whose, which, and its words."""
    return tuple(str(row[name]) for name in ("student", "notebook", "exercise", "reason"))


def given_by_hand(path):
    """Returns the points that somebody has given to sentences in a grades.csv: {key: points}."""
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [{k: unsafe(v or "") for k, v in row.items()} for row in csv.DictReader(file)]
    found = {}
    for row in rows:
        if row.get("kind") == "Sentence" and row["points"] and row["reason"] != NO_SENTENCE:
            try:
                found[key_of(row)] = float(row["points"].replace(",", "."))
            except ValueError:
                raise SystemExit(
                    f"{path}: {row['student']}, {row['notebook']}-{row['exercise']}: points are "
                    f"{row['points']!r}, and must be a number, or empty"
                ) from None
    return found


def best_of(files):
    """Returns the rows of the file with most points; if there are others, its flags name them."""
    best = max(files, key=points_in)
    if len(files) > 1:
        told = (f"{rows[0]['file']} ({out_of(rows)})" for rows in files)
        best[0]["flags"].append(f"{len(files)} files, the better one counts: {', '.join(told)}")
    return best


def mark_copies(rows):
    """Flags equal sentences of two students."""
    by_exercise = {}
    for row in rows:
        if is_unread(row):
            by_exercise.setdefault((row["notebook"], row["exercise"]), {})[row["student"]] = row
    for of_one in by_exercise.values():
        same = alike({who: row["reason"] for who, row in of_one.items()})
        for who, others in same.items():
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            of_one[who]["flags"].append(f"same sentence as {', '.join(others[:3])}{more}")


def safe(text):
    """Returns a text that no table program takes for a formula."""
    text = str(text)
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def unsafe(text):
    """Returns a text as it was before `safe`."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r") else text


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
    """Writes the reports into a folder, made anew; returns in words what there is.

    Points that were given to sentences by hand, in the grades.csv that lies there, are kept.
    """
    if output.exists() and any(output.iterdir()) and not (output / "grades.csv").exists():
        raise SystemExit(f"{output} holds other things than grades: name another with OUTPUT=")
    by_hand = given_by_hand(output / "grades.csv")
    rows = table(graded, by_hand)
    if by_hand:
        raise SystemExit(
            f"{output / 'grades.csv'} has points for {len(by_hand)} sentences that are not among "
            "these submissions: name another folder with OUTPUT=, or move it away"
        )
    shutil.rmtree(output, ignore_errors=True)
    (output / "students").mkdir(parents=True)
    write_tables(rows, output)
    write_pages(graded, rows, output)
    unread = sum(map(is_unread, rows))
    return (
        f"{len(students_in(rows))} students, {len(graded.found)} notebooks graded, "
        f"{len(graded.refused)} files not, {unread} sentences to be read. See "
        f"{output / 'index.html'}, and grades.csv"
    )


def students_in(rows):
    """Returns ``{student: rows}``, in order."""
    found = {}
    for row in rows:
        found.setdefault(row["student"], []).append(row)
    return found


def write_tables(rows, output):
    """Writes grades.csv, a line an exercise, and totals.csv, a line a student, for an LMS."""
    with open(output / "grades.csv", "w", newline="", encoding="utf-8-sig") as file:
        lines = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        lines.writeheader()
        for row in rows:
            texts = {name: safe(row[name]) for name in ("student", "reason", "file")}
            lines.writerow(row | texts | dict(flags=safe("; ".join(row["flags"]))))
    notebooks = sorted({row["notebook"] for row in rows} - {""})
    with open(output / "totals.csv", "w", newline="", encoding="utf-8-sig") as file:
        lines = csv.writer(file)
        lines.writerow(["Identifier", "Full name", "Grade", "Maximum grade", *notebooks])
        for student, own in students_in(rows).items():
            number = own[0]["number"]
            each = [points_in(r for r in own if r["notebook"] == name) for name in notebooks]
            identifier = f"Participant {number}" if number else ""
            most = sum(row["of"] or 0 for row in own)
            lines.writerow([identifier, safe(student), points_in(own), most, *each])


def points_in(rows):
    return sum(row["points"] or 0 for row in rows)


def write_pages(graded, rows, output):
    """Writes a page for each student, which names no other, and the summary."""
    look = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
    )
    pages, totals = {}, {student: out_of(own) for student, own in students_in(rows).items()}
    for student, own in students_in(rows).items():
        pages[student] = slug(student, set(pages.values()))
        told = dict(rows=own, total=totals[student], unread=sum(map(is_unread, own)))
        html = look.get_template("student.html.j2").render(student=student, **told)
        (output / "students" / f"{pages[student]}.html").write_text(html, encoding="utf-8")
    html = look.get_template("index.html.j2").render(
        rows=rows, totals=totals, pages=pages, fences=graded.fences, exercises=how_many(rows)
    )
    (output / "index.html").write_text(html, encoding="utf-8")


def is_unread(row):
    return UNREAD in row["flags"]


def out_of(rows):
    """Returns the points of some rows, and how many there are, as "3 of 8"."""
    return f"{points_in(rows)} of {sum(row['of'] or 0 for row in rows)}"


def how_many(rows):
    """Returns how many were right, of how many: [(notebook, exercise, kind, right, of)]."""
    right, of = Counter(), Counter()
    for row in rows:
        if row["kind"] not in ("", "Sentence"):
            key = row["notebook"], row["exercise"], row["kind"]
            right[key] += row["points"] == row["of"]
            of[key] += 1
    return [(*key, right[key], of[key]) for key in sorted(of)]
