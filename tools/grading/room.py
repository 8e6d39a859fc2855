"""The course's own notebook, run once, and the answers of many in it.

A room is a process in which a notebook of the course has run, on one voice, without its
exercises. For each submission it forks a fence, in which the answers run, and for each answer
another, in which the course's check meets what the first has left: data. What a submission
does to numpy, to a check or to the notebook's names ends with its own process.
"""

import functools
import os
import shutil
import sys
import tempfile
import time
import warnings
from typing import NamedTuple

from grading.answers import CLIP, TAG
from grading.data import NoData, data, left_by, received, serve
from grading.fence import Ended, Fenced, give_to_nobody

PATIENCE, TIMES = 10, 5  # an answer has 10 seconds, and 5 times what the course's own takes


class Result(NamedTuple):
    """What became of an answer."""

    right: bool
    words: str
    flags: tuple = ()


class Room:
    """A notebook of the course that has run on a clip."""

    def __init__(self, lesson, clip):
        """Runs it, in this process: it takes as long as the notebook does."""
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        self.exercises = {exercise.number: exercise for exercise in lesson.exercises}
        self.seconds = dict.fromkeys(self.exercises, PATIENCE)
        without_history = Config({"HistoryManager": {"enabled": False}})
        self.shell = InteractiveShell.instance(config=without_history)
        self.shell.enable_gui = lambda *gui: None  # %matplotlib asks for it
        self.kept = tempfile.mkdtemp(prefix="room_")
        self.place = tempfile.tempdir = tempfile.mkdtemp(prefix="room_")  # what the notebook writes
        os.chdir(lesson.path.parent)
        sys.path.insert(0, str(lesson.path.parent))  # as in a kernel that was started there
        for cell in lesson.cells:
            if cell.kind == "code" and not any(map(TAG.fullmatch, cell.tags)):
                self.run(CLIP.sub(f'clip = "{clip}"', cell.source))
        shutil.copytree(self.place, self.kept, dirs_exist_ok=True)

    def tidy(self):
        """Puts back what the notebook had written, whoever was here."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.kept, self.place)
        give_to_nobody(self.place)

    def leave(self):
        """Takes away what was written."""
        for folder in (self.place, self.kept):
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, source):
        """Runs a cell of the course; what it shows and prints goes nowhere."""
        from IPython.utils.capture import capture_output

        with capture_output(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.shell.run_cell(source, silent=True).raise_error()

    def learn_from(self, solutions):
        """Learns from ``{number: Answer}`` how long answers take; returns which are right here."""
        right = []
        for number, answer in solutions.items():
            began = time.monotonic()
            (result,) = self.grade({number: answer}).values()
            self.seconds[number] = PATIENCE + TIMES * (time.monotonic() - began)
            right += [number] if result.right else []
        return right

    def grade(self, answers):
        """Returns ``{number: Result}`` of ``{number: Answer}``.

        An answer that ends its process, or never ends, is taken out, and the rest runs again.
        """
        results = {n: Result(False, a.why_none) for n, a in answers.items() if not a.cells}
        left = {n: a for n, a in answers.items() if a.cells}
        while left:
            seconds, messages = sum(self.seconds[number] for number in left), {}
            self.tidy()
            fence = Fenced(functools.partial(self.answer, left), seconds)
            try:
                for number in left:
                    messages[number] = fence.receive(self.seconds[number])
                checked = {n: self.check(n, m, fence.connection) for n, m in messages.items()}
                return results | checked
            except Ended as ended:
                stopped = next(number for number in left if number not in messages)
                words = f"the answer was stopped: {ended}"
                results[stopped] = Result(False, words, ("stopped",))
                left = {n: answer for n, answer in left.items() if n != stopped}
            finally:
                fence.close()
        return results

    def answer(self, answers, connection):
        """In the student's fence: runs the answers, sends what each leaves, and serves."""
        for number, answer in answers.items():
            exercise = self.exercises[number]
            cells = (exercise.open, *answer.cells)
            connection.send_bytes(left_by(cells, exercise.names, self.shell))
        serve(connection, self.shell.user_ns)

    def check(self, number, message, connection):
        """Returns the `Result` of an answer, from what it left; asks in a fence of its own."""

        def ask(ours):
            ours.send(tuple(self.verdict(number, message, connection)))

        seconds = self.seconds[number]
        self.tidy()
        fence = Fenced(ask, seconds)
        try:
            return Result(*data(fence.receive(seconds)))
        except Ended as ended:
            return Result(False, f"its check was stopped: {ended}", ("stopped",))
        finally:
            fence.close()

    def verdict(self, number, message, connection):
        """In the check's fence: returns the `Result` of what an answer left."""
        exercise = self.exercises[number]
        try:
            left = data(message)
            given = {name: received(left, name, connection) for name in exercise.names}
        except NoData as error:
            return Result(False, str(error), ("no data",))
        verdict = eval(exercise.check.strip(), self.shell.user_ns | given)
        words = str(verdict)
        if not verdict and left["error"]:  # what the check says of an open cell would mislead
            is_elsewhere = left["error"].startswith("NameError")
            flags = ("may be answered elsewhere",) if is_elsewhere else ()
            return Result(False, left["error"], flags)
        return Result(bool(verdict), words)
