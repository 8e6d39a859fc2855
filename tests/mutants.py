"""Asks the tests whether they would notice: `make mutants`, a quarter of an hour.

A mutant is the module with one thing changed in one of its rooms: a sign, a number, a comparison,
an end of a slice, a keyword left out. The tests are run on 300 of them, drawn with a seed; a
mutant is killed if one fails, or runs for ever. One that survives shows what no test looks at:
it gets a test, or stands in EXPLAINED with the reason why none can tell the difference.

Each mutant meets the tests of the defaults and those that run its line, the quickest first,
up to BUDGET seconds of them, in a process forked from one in which all have already passed.
(Of the usual tools mutmut has no sample to draw and runs in-process, where compiled parts
stay as they were; cosmic-ray starts Python anew for each mutant and runs every test.)
"""

import argparse
import ast
import copy
import functools
import gc
import hashlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import coverage
import librosa
import numpy as np
import pytest
from matrix import MODULE_TESTS, ROOT

ROOMS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("staircase/[a-z]*.py"))
SOURCES = ["audiotools.py", *ROOMS]
TESTS = [*MODULE_TESTS, "tests/test_properties.py"]
TESTS += [f"tests/test_{name}.py" for name in "bad_files cures features guess recipes".split()]
TOO_SLOW = "broken_copy or compiles_anew"  # these compile again and again, and tell little more
TOO_SLOW += " or joblib_carries"  # and its workers, once begun, do not answer in a fork
BUDGET = 25  # seconds of tests for a mutant
WORKERS = 2
ENOUGH = 0.85

BLOCK = "how much is worked on at a time: another number gives the same sound"
ESTIMATE = "how much memory something takes is an estimate, and so is when it is refused"
SAFE = "what it keeps away from zero, or from rounding, is as far from what counts"

# (how the line of the source begins, how the change does, why no test can tell the difference)
EXPLAINED = [
    ("return engine.keep_magnitude(S.T[", "first:last", "nobody asks for the frame too many"),
    ("first * self.hop_length, (last + ", "1  ->  0", "the hop too many is silent"),
    ("hz=Array(0, ", "0  ->  -1", "nothing has fewer than 0 dimensions"),
    ("return [(slice(0, ", "1  ->  0", "a block ends where its phases do"),
    (
        "if n_mels > 2 * len(bins)",
        "n_mels > ",
        "so many are refused below as well: some hear nothing",
    ),
    ("above = np.searchsorted(bins, ", "1  ->  0", "every corner lies above 0 Hz, the first bin"),
    ("np.random.seed(0)", "0  ->  1", "of pystoi's dither, which lies 100 dB below: any seed"),
    ("affordable([n_samples]", "affordable", ESTIMATE),
    ("shape, cure = (frame_length, 1 + n ", "1  ->  0", ESTIMATE),
    ("size = min(n_samples - n_read, max(1, 2**20", "2**20  ->  (2 * 20)", BLOCK),
    ("size = min(n_samples - n_read, max(1, 2**20", "20  ->  19", BLOCK),
    ("for block in blocks(self.n_frames, max(1, _BLOCK", "max(1, _BLOCK", BLOCK),
    ("for block in blocks(n_frames, max(1, _DRAW_SAMPLES", "2  ->  1", BLOCK),
    ("for block in blocks(n_frames, max(1, _DRAW_SAMPLES", "1  ->  2", BLOCK),
    ("size = max(1, _BLOCK_SAMPLES // (2 * S", "", BLOCK),
    ("for block in blocks(len(frames), max(1, _BLOCK", "", BLOCK),
    ("_BLOCK_SAMPLES = ", "", BLOCK),
    ("np.empty(2**21)", "", "a process that has lived has seen as much go"),
    ("return not any(data.strip(", "2", BLOCK),
    ("_SEGMENT = 256", "256  ->  255", BLOCK),
    ("LONG = 2048", "2048  ->  2049", BLOCK),
    ("rounding = (1e-9 * peak)", "1e-9  ->  5e-10", SAFE),
    ("audible = heard > 1e-9", "1e-9  ->  5e-10", SAFE),
    ("faint = np.finfo(M.dtype).tiny * max(1, ", "1  ->  2", SAFE),
]


def explanation(mutant):
    """Returns why no test can tell a mutant from the module, if that is known."""
    for line, change, why in EXPLAINED:
        if mutant.code.startswith(line) and mutant.change.startswith(change):
            return why
    return None


class Mutant(NamedTuple):
    """One change of one source file."""

    path: str
    line: int
    function: str
    code: str  # the line, as it stands
    before: str
    after: str
    place: tuple  # (first, last) byte of what is changed
    seen_by: tuple  # (path, first, last): lines whose tests can notice

    @property
    def change(self):
        return f"{' '.join(self.before.split())}  ->  {self.after}"

    def __str__(self):
        return f"{self.path}:{self.line} {self.function}: {self.change}"

    def write(self, folder):
        """Changes the source file in `folder`."""
        path, (first, last) = folder / self.path, self.place
        source = path.read_bytes()
        path.write_bytes(source[:first] + self.after.encode() + source[last:])


# ----------------------------------------------------------------------------------------
# What can be changed
# ----------------------------------------------------------------------------------------

OTHER_OPERATORS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
OTHER_NAMES = dict(min="max", max="min", minimum="maximum", maximum="minimum")
OTHER_NAMES |= dict(floor="ceil", sin="cos", cos="sin")
COMPILED = dict(_spread="compiled_spread")  # no tracer sees these lines: who asks for them


def with_changes(node, **changes):
    """Returns a copy of `node` with other fields."""
    node = copy.copy(node)
    for name, value in changes.items():
        setattr(node, name, value)
    return node


def one_more(node):
    """Returns the expression `node` plus 1."""
    return ast.BinOp(left=node, op=ast.Add(), right=ast.Constant(1))


def changes(node):
    """Returns a generator of what could stand where `node` does."""
    if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)):
        for other in OTHER_OPERATORS.get(type(node.op), []):
            yield with_changes(node, op=other())
    elif isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            for other in OTHER_OPERATORS[type(operator)]:
                yield with_changes(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
    elif isinstance(node, ast.Constant) and type(node.value) is float:
        yield from (ast.Constant(node.value * 2 or 1.0), ast.Constant(node.value / 2 or -1.0))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield node.operand
    elif isinstance(node, ast.Slice):
        for end in ("lower", "upper"):
            if not isinstance(getattr(node, end), (ast.Constant, type(None))):
                yield with_changes(node, **{end: one_more(getattr(node, end))})
    elif isinstance(node, ast.Call):
        name = getattr(node.func, "attr", None) or name_of(node.func)
        if name == "range":
            yield with_changes(node, args=[*node.args[:-1], one_more(node.args[-1])])
        if name in OTHER_NAMES and isinstance(node.func, ast.Attribute):
            yield with_changes(node, func=with_changes(node.func, attr=OTHER_NAMES[name]))
        elif name in OTHER_NAMES:
            yield with_changes(node, func=ast.Name(OTHER_NAMES[name]))
        for i, keyword in enumerate(node.keywords):
            if keyword.arg:
                yield with_changes(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])


def only_words(node):
    """Returns whether changing `node` changes no more than what a message says."""
    if isinstance(node, ast.IfExp):
        return any(map(is_sentence, (node.body, node.orelse)))
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) == "warnings.warn"
    return isinstance(node, (ast.Raise, ast.JoinedStr))


def is_sentence(node):
    """Returns whether `node` is a text of several words, or none."""
    text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return isinstance(node, ast.JoinedStr) or (text and len(node.value.split()) != 1)


def body(path, function):
    """Returns the place of a function's body."""
    return (path, function.body[0].lineno, function.end_lineno)


def names_in(*nodes):
    """Returns the names that stand in these nodes."""
    return {name_of(n) for node in nodes for n in ast.walk(node)} - {None}


@functools.cache
def tree_of(path):
    return ast.parse((ROOT / path).read_bytes())


def users_of(names):
    """Returns the bodies of all functions, in any room, that use these names or what they make."""
    todo, done, places = set(names), set(), set()
    while todo - done:
        name = (todo - done).pop()
        done.add(name)
        for path in SOURCES:
            tree = tree_of(path)
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and name in names_in(node):
                    places.add(body(path, node))
            for node in tree.body:
                if isinstance(node, ast.Assign) and name in names_in(node.value):
                    todo |= names_in(*node.targets)
    return sorted(places)


def mutants_of(path):
    """Returns every mutant of a source file."""
    source = (ROOT / path).read_bytes()
    starts = np.cumsum([0] + [len(line) for line in source.splitlines(True)])
    tree, found = ast.parse(source), []

    def visit(node, function, seen_by):
        if only_words(node) or isinstance(node, (ast.arg, ast.AnnAssign)):
            return
        for other in changes(node):
            first = int(starts[node.lineno - 1]) + node.col_offset
            last = int(starts[node.end_lineno - 1]) + node.end_col_offset
            after = ast.unparse(ast.fix_missing_locations(other))
            if isinstance(other, (ast.BinOp, ast.BoolOp, ast.Compare)):
                after = f"({after})"
            name = function.name if function else "(module)"
            lines = tuple(seen_by or [(path, node.lineno, node.end_lineno)])
            before = source[first:last].decode()
            code = source.splitlines()[node.lineno - 1].decode().strip()
            place = (first, last)
            found.append(Mutant(path, node.lineno, name, code, before, after, place, lines))
        for child in ast.iter_child_nodes(node):
            inside, lines = function, seen_by
            if isinstance(node, ast.FunctionDef):  # its defaults and decorators run at import
                inside = node
                lines = None if child in node.body else [body(path, node)]
                if node.name in COMPILED:
                    lines = users_of({COMPILED[node.name]})
            elif node is tree and isinstance(child, ast.Assign):  # a constant: where it is used
                lines = users_of(names_in(*child.targets))
            visit(child, inside, lines)

    visit(tree, None, None)
    return found


def name_of(node):
    """Returns the name that `node` is, if it is one."""
    return node.id if isinstance(node, ast.Name) else None


def sample(mutants, n, seed):
    """Returns `n` of the mutants; an edit of the sources leaves most of them the same."""
    seen, keys = Counter(), {}
    for mutant in mutants:
        what = (mutant.path, mutant.function, mutant.before, mutant.after)
        seen[what] += 1
        text = f"{seed} {what} {seen[what]}"
        keys[mutant] = hashlib.sha256(text.encode()).hexdigest()
    return sorted(sorted(mutants, key=keys.get)[:n], key=lambda m: (m.path, m.line))


# ----------------------------------------------------------------------------------------
# What the tests see
# ----------------------------------------------------------------------------------------


def cpu_seconds():
    """Returns the processor's time that this process and its finished children have taken."""
    return sum(os.times()[:4])


class Recorder:
    """Notes how long every test takes, and which lines of the sources it runs."""

    def __init__(self):
        self.coverage = coverage.Coverage(data_file=None, include=SOURCES, config_file=False)
        self.coverage.set_option("run:core", "ctrace")
        self.seconds = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        self.coverage.switch_context(item.nodeid)
        start = cpu_seconds()
        yield
        self.seconds[item.nodeid] = cpu_seconds() - start

    def tests_of_lines(self):
        """Returns {(path, line): the tests that run it}."""
        data = self.coverage.get_data()
        return {
            (Path(path).relative_to(Path.cwd()).as_posix(), line): set(tests) - {""}
            for path in data.measured_files()
            for line, tests in data.contexts_by_lineno(path).items()
        }


class Chosen:
    """Lets only these tests run, in this order, each for a limited time."""

    def __init__(self, seconds):
        self.seconds = seconds

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        here = {item.nodeid: item for item in items}
        items[:] = [here[name] for name in self.seconds if name in here]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        signal.setitimer(signal.ITIMER_PROF, 15 + 5 * self.seconds[item.nodeid])  # of its own


def run_pytest(files, plugin):
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--doctest-modules"]
    return pytest.main([*options, "-k", f"not ({TOO_SLOW})", *files], plugins=[plugin])


def forget(folder):
    """Forgets every module that was read below `folder`."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(folder)):
            del sys.modules[name]
    sys.path[:] = [path for path in sys.path if not path.startswith(str(folder))]


def warm_up():
    """Lets librosa compile, once and for all children, what it compiles at first use."""
    tone = np.sin(np.arange(8000) / 10)
    librosa.istft(librosa.stft(tone))
    librosa.griffinlim(np.abs(librosa.stft(tone)), n_iter=1)
    librosa.pyin(tone, sr=16000, fmin=65, fmax=420, frame_length=1024)  # an oracle


def be_a_mutant(mutant, tests, folder, base):
    """Runs the tests on a mutant; what comes of it is this process's end."""
    import resource  # not on Windows, where this file is read as well, for its examples

    os.setsid()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (6 * 2**30,) * 2)  # a mutant may ask for too much
    signal.alarm(600)
    shutil.copytree(base, folder)
    mutant.write(folder)
    with open(folder / "log", "w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(folder)
    forget(base)
    files = sorted({name.partition("::")[0] for name in tests})
    os._exit(run_pytest(files, Chosen(tests)))


def verdict(status):
    """Returns what a child's end means."""
    if os.WIFSIGNALED(status):
        late = os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM)
        return "ran for ever" if late else "crashed"
    known = {pytest.ExitCode.OK: "survived", pytest.ExitCode.NO_TESTS_COLLECTED: "survived"}
    return known.get(os.WEXITSTATUS(status), "killed")


def tests_for(mutant, tests_of_lines, seconds):
    """Returns {test: seconds} of those that can notice, the quickest first, within BUDGET."""
    names = {name for name in seconds if "defaults" in name.rpartition("::")[2]}
    for path, first, last in mutant.seen_by:
        for line in range(first, last + 1):
            names |= tests_of_lines.get((path, line), set())
    if mutant.function == "(module)":  # a table is looked at where its room is tested
        names |= {name for name in seconds if f"test_{Path(mutant.path).stem}.py" in name}
    chosen, total = {}, 0
    for name in sorted(names, key=seconds.get):
        total += seconds[name]
        if total <= BUDGET:
            chosen[name] = seconds[name]
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=300, help="how many mutants (default 300)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    parser.add_argument("--only", default="", help="a regular expression for their description")
    options = parser.parse_args()
    everything = [mutant for path in SOURCES for mutant in mutants_of(path)]
    drawn = sample(everything, options.sample, options.seed)
    drawn = [mutant for mutant in drawn if re.search(options.only, str(mutant))]
    print(f"{len(drawn)} of {len(everything)} mutants", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        ends = try_all(drawn, Path(folder).resolve())
    return report(drawn, ends)


def try_all(drawn, folder):
    """Returns {mutant: what came of it}."""
    base = folder / "base"
    leave = shutil.ignore_patterns(".*", "__pycache__", "*.ipynb", "corpus", "screenshots")
    shutil.copytree(ROOT, base, ignore=leave)
    os.chdir(base)
    warm_up()
    recorder = Recorder()
    recorder.coverage.start()
    passed = run_pytest(TESTS, recorder)
    recorder.coverage.stop()
    if passed != 0:
        raise SystemExit("the tests must pass before anything is changed")
    tests_of_lines = recorder.tests_of_lines()
    forget(base)
    gc.collect()
    gc.freeze()
    todo, children, ends, start = list(enumerate(drawn)), {}, {}, time.time()
    while todo or children:
        while todo and len(children) < WORKERS:
            number, mutant = todo.pop(0)
            tests = tests_for(mutant, tests_of_lines, recorder.seconds)
            own = folder / str(number)
            sys.stdout.flush()
            child = os.fork()
            if not child:
                be_a_mutant(mutant, tests, own, base)
            children[child] = mutant, own, time.time(), len(tests)
        child, status = os.wait()
        if child not in children:  # a process that one of the tests began
            continue
        mutant, own, began, n_tests = children.pop(child)
        ends[mutant] = verdict(status)
        shutil.rmtree(own, ignore_errors=True)
        took = f"{time.time() - began:.0f} s, {n_tests} tests"
        print(f"[{time.time() - start:4.0f} s] {ends[mutant]}: {mutant}  ({took})", flush=True)
    return ends


def report(drawn, ends):
    """Prints the survivors and the figures; returns 1 if the tests notice too little."""
    counts, unexplained = Counter(ends.values()), 0
    print("\nSurvivors:")
    for mutant in drawn:
        if ends[mutant] == "survived":
            why = explanation(mutant)
            unexplained += why is None
            print(f"{mutant}\n    in {mutant.code}\n    {why or 'NOT EXPLAINED'}")
    noticed = 1 - counts["survived"] / len(drawn)
    print("\n" + ", ".join(f"{n} {end}" for end, n in counts.most_common()), end="; ")
    print(f"{noticed:.1%} of {len(drawn)} noticed, {unexplained} survivors without explanation")
    print(f"{cpu_seconds() / 60:.0f} minutes of processor time on {WORKERS} workers")
    return int(noticed < ENOUGH or unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
