"""Runs a notebook on another clip than its own: a voice, or a sound that is none.

A kernel takes seconds to begin. Here one process loads the libraries, and each run is a fork of
it, which ends as a process does that was started for it.
"""

import functools
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from in_the_kernel import cells_of, solutions_of, tagged, tags

LIBRARIES = ["IPython.core.interactiveshell", "ipywidgets", "librosa.feature.inverse"]
LIBRARIES += ["matplotlib.pyplot", "pystoi", "scipy.signal", "sklearn.linear_model"]
PATIENCE = 1800  # s: five minutes of a person, learned in one cell, may take ten beside a test
OTHER_SEED = """
for function in vars(at).values():
    defaults = getattr(function, "__kwdefaults__", None) or {{}}
    if "seed" in defaults:
        defaults["seed"] = {seed}
"""
READERS_OWN = """
import os, librosa
del os.environ["CLAIMS_MUST_HOLD"]
librosa.ex = lambda name: {file!r}
"""


@functools.cache
def server():
    """Starts the process that runs notebooks; it ends with this one."""
    command = [sys.executable, "-c", "import elsewhere; elsewhere.serve()"]
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "MPLBACKEND": "agg"}
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return subprocess.Popen(command, env=os.environ | paths, **pipes)


def serve():
    """Forks for each line of stdin, ``{folder, sources, go_on, answer}``, and tells its end."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        if not os.fork():
            signal.alarm(PATIENCE)
            asked = json.loads(line)
            answer = Path(asked.pop("answer"))
            answer.write_text(json.dumps(executed(**asked)), "utf-8")
            return
        print(os.wait()[1], flush=True)


def executed(folder, sources, go_on):
    """Executes cells; returns what stopped them, what went to stderr, and what was said."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from traitlets.config import Config

    os.chdir(folder)
    sys.path[0] = folder  # as in a kernel that was started there
    noise = tempfile.TemporaryFile("w+")  # what comes from below Python
    os.dup2(noise.fileno(), 1)
    os.dup2(noise.fileno(), 2)
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.display_formatter.active_types = ["text/plain", "text/markdown"]
    hook = shell.displayhook  # of a cell's last value
    hook.write_output_prompt = lambda: None
    hook.write_format_data = lambda data, *_: print(data.get("text/markdown", ""))
    stopped, complaints, words = [], "", ""
    for source in sources:
        with capture_output() as shown:
            ran = shell.run_cell(source)
        complaints += shown.stderr
        words += shown.stdout
        words += "\n".join(output.data.get("text/markdown", "") for output in shown.outputs)
        error = ran.error_before_exec or ran.error_in_exec
        if error:
            stopped.append(f"{type(error).__name__}: {error}")
        if error and not (go_on and isinstance(error, Exception)):
            break
    noise.seek(0)
    return stopped, complaints + noise.read(), words


def run_with(path, clip, before, *, seed=0, more=(), go_on=False):
    """Executes a notebook with another clip, these lines before it, and more cells behind."""
    cells = cells_of(path)
    (chosen,) = [cell for cell in cells if "clip" in tags(cell)]
    source, changed = re.subn(r'^clip = "\w+"', f'clip = "{clip}"', chosen.source)
    assert changed == 1, chosen.source
    chosen.source = before + re.sub(r"^seed = 0", f"seed = {seed}", source, flags=re.M)
    sources = [cell.source for cell in cells] + [*more]
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer")
        asked = dict(folder=str(path.parent), sources=sources, go_on=go_on)
        print(json.dumps(asked | dict(answer=str(answer))), file=server().stdin, flush=True)
        ended = server().stdout.readline() == "0\n" and answer.exists()
        assert ended, "the process that ran it has died"
        return json.loads(answer.read_text("utf-8"))


def run_on_a_voice(path, clip, seed=0):
    """Executes a notebook with another voice, and other seeds where it names none."""
    stopped, _, words = run_with(path, clip, OTHER_SEED.format(seed=seed), seed=seed)
    assert not stopped, stopped
    assert "✓" in words


def run_on_a_file(path, file):
    """Returns what a notebook, and its exercises solved, say on a reader's own sound.

    That is ``(errors, words)``: what stopped a cell, or went to stderr; what is printed and shown.
    """
    given, solved = tagged(cells_of(path)), tagged(cells_of(solutions_of(path)))
    more = []
    for number in [tag[-1] for tag in given if tag.startswith("check-")]:
        more += [solved[f"answer-{number}"], given[f"check-{number}"]]
    before = READERS_OWN.format(file=str(file))
    stopped, complaints, words = run_with(path, file.stem, before, more=more, go_on=True)
    return stopped + [complaints] * bool(complaints), words
