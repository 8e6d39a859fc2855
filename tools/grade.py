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
from multiprocessing import connection, get_context
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", MPLBACKEND="Agg")  # two rooms, one thread each

from assignment import ROOT, numbered, read
from grading import report
from grading.answers import Answer, Lesson, NoNotebook, answers_of, cells_of, lesson_of
from grading.collect import collect
from grading.fence import held_back
from grading.room import Result, Room

VOICES = ("slt", "kal16")  # the one that students had, and another
ASKED_TWICE = {"01": 3, "02": 3, "04": 3, "05": 3, "06": 3, "07": 3, "09": 3, "10": 3}
# These build something that must hold on any voice. 03, 08 and 11 build for the one they had.
MOST_FILES = 3  # of one student and one notebook that are graded


def submissions(folder, lessons):
    """Returns what is to be graded, and what cannot be: two lists of dicts."""
    found, refused = [], []
    for handed in collect(folder, [lesson.path.stem for lesson in lessons]):
        own = []
        for file in handed.notebooks:
            at = dict(student=handed.student, file=str(file.path))
            try:
                if file.reason:
                    raise NoNotebook(file.reason)
                cells = cells_of(file.read())
                lesson = lesson_of(cells, lessons)
                answers, flags = answers_of(cells, lesson)
                own.append(at | dict(lesson=lesson, answers=answers, flags=flags))
            except NoNotebook as error:
                refused.append(at | dict(reason=str(error)))
            except Exception as error:  # of a file that nobody has thought of
                reason = f"cannot be read: {type(error).__name__}: {str(error)[:100]}"
                refused.append(at | dict(reason=reason))
        kept, more = fewest(own)
        found += kept
        refused += more
        if not handed.notebooks:
            refused.append(dict(student=handed.student, file="", reason=nothing_in(handed)))
    return found, refused


def nothing_in(handed):
    """Returns in words what was handed in where there is no notebook."""
    names = [file.path.name + (f", {file.reason}" if file.reason else "") for file in handed.others]
    return f"no notebook: {'; '.join(names[:3]) if names else 'an empty folder'}"


def fewest(own):
    """Returns the files of a student that are graded, equal answers once, and the others."""
    kept, more = [], []
    for one in own:
        rivals = [other for other in kept if other["lesson"] is one["lesson"]]
        if any(other["answers"] == one["answers"] for other in rivals):
            more.append(one | dict(reason="the same answers as in another file"))
        elif len(rivals) == MOST_FILES:
            more.append(one | dict(reason=f"not graded: {MOST_FILES} files of it were"))
        else:
            kept.append(one)
    return kept, more


# ----------------------------------------------------------------------------------------
# Rooms
# ----------------------------------------------------------------------------------------


def solutions_of(lesson):
    """Returns the course's own answers to a lesson, ``{number: Answer}``."""
    (path,) = (lesson.path.parent / "solutions").glob(f"{lesson.number}_*.ipynb")
    return {n: Answer((cell.source,)) for n, cell in numbered(read(path), "answer").items()}


def work_in_room(lesson, clip, jobs, ours):
    """In a process: makes a room, sends which answers of the course are right in it, grades."""
    room = Room(lesson, clip)
    ours.send(("right", room.learn_from(solutions_of(lesson))))
    for key, answers in jobs:
        ours.send((key, room.grade(answers)))


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
                tell(room["clip"], key)
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
    tell(room["clip"], key)
    return [begin(room["lesson"], room["clip"], left)] if left else []


# ----------------------------------------------------------------------------------------
# All of it
# ----------------------------------------------------------------------------------------


class Progress:
    """A line that says how far it is."""

    def __init__(self, total):
        self.total, self.done, self.began = total, 0, time.monotonic()

    def __call__(self, clip, key):
        """Counts one submission on one voice; a room that has become ready is told as well."""
        self.done += key != "right"
        share = int(30 * self.done / max(self.total, 1))
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        bar = "#" * share + "." * (30 - share)
        print(f"\r{bar} {self.done} of {self.total}, {minutes}:{seconds:02} min", end=" ", flush=True)


def grade(folder, lessons, progress=Progress):
    """Returns all that was found out about the submissions in a folder: a `report.Class`."""
    found, refused = submissions(folder, lessons)
    jobs = {lesson.number: jobs_for(lesson, found) for lesson in lessons}
    tell = progress(sum(len(some) for of in jobs.values() for some in of.values()))
    for lesson in lessons:
        results = graded(lesson, jobs[lesson.number], tell)
        twice = ASKED_TWICE.get(lesson.number)
        for key, one in enumerate(found):
            if one["lesson"] is lesson:
                one["results"] = results[VOICES[0]][key]
                other = results[VOICES[1]].get(key, {})
                one["elsewhere"] = {n: r for n, r in other.items() if n == twice}
    print()
    return report.Class(found, refused, held_back())


def jobs_for(lesson, found):
    """Returns ``{clip: [(key, answers)]}``: all on one voice, on the other what is asked twice."""
    own = [(key, one["answers"]) for key, one in enumerate(found) if one["lesson"] is lesson]
    twice = ASKED_TWICE.get(lesson.number, 0)
    again = [
        (key, {n: answer for n, answer in answers.items() if n <= twice})
        for key, answers in own
        if twice and answers[twice].cells
    ]
    return dict(zip(VOICES, (own, again)))


def main():
    """Grades, and says where the grades are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what was handed in, as it came")
    parser.add_argument("names", nargs="*", help="notebooks by their two digits; all if none")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "grades")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        sys.exit(f"{arguments.folder} is no folder: make grade SUBMISSIONS=path/to/folder")
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    lessons = [Lesson(path) for path in paths if not arguments.names or path.name[:2] in arguments.names]
    if not lessons:
        sys.exit(f"no notebook {' '.join(arguments.names)}: take two digits, such as 01 04")
    print(report.write(grade(arguments.folder.resolve(), lessons), arguments.output))


if __name__ == "__main__":
    main()
