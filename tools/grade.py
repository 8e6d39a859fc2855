"""Grades what a class has handed in, whatever its files and folders are called.

    python tools/grade.py FOLDER [--output build/grades] [01 04 ...]

Of each submission only the answers are taken and put into the course's own notebook, which has
run once, on both voices; each is run in a process with limits (grading/fence.py says what those
hold back, and what not). Writes `grades.csv`, `totals.csv`, a page for each student and a
summary, and changes nothing in the folder.
"""

import argparse
import os
import sys
import time
import zipfile
from multiprocessing import connection, get_context
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", MPLBACKEND="Agg")  # two rooms, one thread each

from assignment import ROOT, named, numbered, solutions_to
from grading import report
from grading.answers import (
    Answer,
    Lesson,
    NoNotebook,
    answers_of,
    cells_of,
    clip_of,
    lesson_of,
)
from grading.collect import collect
from grading.fence import held_back
from grading.room import Result, Room

VOICES = ("slt", "kal16")  # the one that students work on unless they change it, and the other
ASKED_TWICE = {"01": 3, "02": 3, "04": 3, "05": 3, "06": 3, "07": 3, "09": 3, "10": 3}
# These build something that must hold on any voice. 03, 08 and 11 build for the one they had.
DOUBT = "ours is not right here"
MOST_FILES = 3  # of one student and one notebook that are graded


def submissions(folder, lessons, wanted):
    """Returns what is to be graded, and what cannot be: two lists of dicts.

    Of the `lessons` those whose number is `wanted` are graded; the others are only known.
    """
    found, refused = [], []
    for handed in collect(folder, [lesson.path.stem for lesson in lessons]):
        own, why_not = [], []
        for file in handed.notebooks:
            one = dict(student=handed.student, number=handed.number, file=str(file.path))
            try:
                own.append(one | answered(file, lessons))
                if any(lesson.path.stem in handed.student for lesson in lessons):
                    own[-1]["flags"] += ("no name: whose is it?",)
            except NoNotebook as error:
                why_not.append(one | dict(reason=str(error)))
            except Exception as error:  # of a file that nobody has thought of
                reason = f"cannot be read: {type(error).__name__}: {str(error)[:100]}"
                why_not.append(one | dict(reason=reason))
        kept, more = to_be_graded(own, wanted)
        if not kept + more + why_not:
            reason = nothing_in(handed, own)
            more = [dict(student=handed.student, number=handed.number, file="", reason=reason)]
        found, refused = found + kept, refused + more + why_not
    return found, refused


def answered(file, lessons):
    """Returns what is in a file: lesson, answers and flags."""
    if file.reason:
        raise NoNotebook(file.reason)
    cells = cells_of(file.read())
    lesson = lesson_of(cells, lessons)
    answers, flags = answers_of(cells, lesson)
    clip = clip_of(cells) or VOICES[0]
    if clip not in VOICES:
        flags, clip = (*flags, f"clip = {clip}, graded on {VOICES[0]}"), VOICES[0]
    elif clip != VOICES[0]:
        flags += (f"graded on clip = {clip}",)
    return dict(lesson=lesson, answers=answers, flags=flags, clip=clip)


def nothing_in(handed, own):
    """Returns in words what was handed in where there is nothing to be graded."""
    if own:
        return f"none of the notebooks asked for, but {own[0]['lesson'].number}"
    names = [file.path.name + (f", {file.reason}" if file.reason else "") for file in handed.others]
    return f"no notebook: {'; '.join(names[:3]) if names else 'an empty folder'}"


def to_be_graded(own, wanted):
    """Returns the files of a student that are graded, and others that might have been."""
    kept, more = [], []
    touched = any(map(is_touched, own))
    for one in (one for one in own if one["lesson"].number in wanted):
        rivals = [other for other in kept if other["lesson"] is one["lesson"]]
        if any(other["answers"] == one["answers"] for other in rivals):
            more.append(one | dict(reason="the same answers as in another file"))
        elif touched and not is_touched(one):
            more.append(one | dict(reason="nothing is answered in it, as in the set"))
        elif len(rivals) == MOST_FILES:
            more.append(one | dict(reason=f"not graded: {MOST_FILES} files of it were"))
        else:
            kept.append(one)
    return kept, more


def is_touched(one):
    """Whether anything is answered in a notebook."""
    return any(answer.cells or answer.sentence for answer in one["answers"].values())


# ----------------------------------------------------------------------------------------
# Rooms
# ----------------------------------------------------------------------------------------


def solutions_of(lesson):
    """Returns the course's own answers to a lesson, ``{number: Answer}``."""
    answers = numbered(solutions_to(lesson.path), "answer")
    return {n: Answer((cell.source,)) for n, cell in answers.items()}


def work_in_room(lesson, clip, jobs, ours):
    """In a process: makes a room, sends which answers of the course are right in it, grades."""
    room = Room(lesson, clip)
    ours.send(("right", room.learn_from(solutions_of(lesson))))
    for key, answers in jobs:
        ours.send((key, room.grade(answers)))
    room.leave()


def begin(lesson, clip, jobs):
    """Starts a room for jobs ``[(key, answers)]``; returns it as a dict."""
    theirs, ours = get_context("fork").Pipe(duplex=False)
    process = get_context("fork").Process(target=work_in_room, args=(lesson, clip, jobs, ours))
    process.start()
    ours.close()
    return dict(lesson=lesson, clip=clip, jobs=jobs, process=process, pipe=theirs)


def graded(lesson, jobs_of, tell):
    """Returns ``{clip: {key: {number: Result}}}`` of ``{clip: jobs}``, two rooms at a time."""
    results = {clip: {} for clip in jobs_of}
    rooms = [begin(lesson, clip, jobs) for clip, jobs in jobs_of.items() if jobs]
    while rooms:
        for pipe in connection.wait([room["pipe"] for room in rooms]):
            (room,) = [room for room in rooms if room["pipe"] is pipe]
            done = results[room["clip"]]
            try:
                key, result = pipe.recv()
                done[key] = result
                tell(key)
            except EOFError:
                rooms.remove(room)
                rooms += begun_again(room, done, tell)
    return results


def begun_again(room, done, tell):
    """Returns the rooms that go on where one has ended: none, if it had done its work."""
    room["process"].join()
    left = [(key, answers) for key, answers in room["jobs"] if key not in done]
    if not left:
        return []
    if "right" not in done:
        raise SystemExit(f"{room['lesson'].path.name} does not run here: try it in JupyterLab")
    (key, answers), *left = left
    words = "the grader itself was stopped by this submission: look at it, but do not run it"
    done[key] = {n: Result(False, words, ("stopped the grader",)) for n in answers}
    tell(key)
    return [begin(room["lesson"], room["clip"], left)] if left else []


# ----------------------------------------------------------------------------------------
# All of it
# ----------------------------------------------------------------------------------------


class Progress:
    """A line that says how far it is."""

    def __init__(self, total):
        self.total, self.done, self.began = total, 0, time.monotonic()

    def __call__(self, key):
        """Counts one submission on one voice; a room that has become ready is told as well."""
        self.done += key != "right"
        share = int(30 * self.done / max(self.total, 1))
        seconds = int(time.monotonic() - self.began)
        bar = "#" * share + "." * (30 - share)
        print(f"\r{bar} {self.done} of {self.total}, {seconds} s", end=" ", flush=True)


def grade(folder, lessons, wanted, progress=Progress):
    """Returns all that was found out about the submissions in a folder: a `report.Class`."""
    found, refused = submissions(folder, lessons, wanted)
    jobs = {lesson.number: jobs_for(lesson, found) for lesson in lessons}
    tell = progress(sum(len(some) for of in jobs.values() for some in of.values()))
    for lesson in lessons:
        results = graded(lesson, jobs[lesson.number], tell)
        for key, one in enumerate(found):
            if one["lesson"] is lesson:
                add_results(one, key, results)
    print()
    return report.Class(found, refused, held_back())


def add_results(one, key, results):
    """Adds to a notebook what became of its answers, on its clip and on the other voice.

    Where the course's own answer is not right on this machine, a flag says so.
    """
    twice, other = ASKED_TWICE.get(one["lesson"].number), the_other(one["clip"])
    right = results[one["clip"]].get("right", [])
    one["results"] = {
        n: result if n in right else result._replace(flags=(*result.flags, DOUBT))
        for n, result in results[one["clip"]][key].items()
    }
    one["elsewhere"] = {}
    if twice in results[other].get("right", []) and key in results[other]:
        one["elsewhere"] = {twice: results[other][key][twice]}


def the_other(clip):
    return VOICES[1 - VOICES.index(clip)]


def jobs_for(lesson, found):
    """Returns ``{clip: [(key, answers)]}``: on the student's all, on the other what it asks."""
    jobs, twice = {clip: [] for clip in VOICES}, ASKED_TWICE.get(lesson.number, 0)
    for key, one in enumerate(found):
        if one["lesson"] is lesson:
            answers = one["answers"]
            jobs[one["clip"]].append((key, answers))
            if twice and answers[twice].cells:
                again = {n: answer for n, answer in answers.items() if n <= twice}
                jobs[the_other(one["clip"])].append((key, again))
    return jobs


def main():
    """Grades, and says where the grades are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what was handed in, as it came; or a zip")
    parser.add_argument("names", nargs="*", help="notebooks by their two digits; all if none")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "grades")
    arguments = parser.parse_args()
    if not (arguments.folder.is_dir() or zipfile.is_zipfile(arguments.folder)):
        sys.exit(f"{arguments.folder} is no folder and no zip: make grade SUBMISSIONS=path/to/it")
    wanted = [path.name[:2] for path in named(arguments.names)]
    lessons = [Lesson(path) for path in named([])]
    print(report.write(grade(arguments.folder.resolve(), lessons, wanted), arguments.output))


if __name__ == "__main__":
    main()
