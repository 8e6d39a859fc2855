"""What an answer leaves, brought from one process to another: data, and only data.

To unpickle anything else would run what a student wrote, and whoever compares with a class of
his own is always right. A function stays where it is, and is called from afar.
"""

import functools
import io
import os
import pickle
import re
import traceback

from grading.fence import LONGEST_WORD

FILE = "your answer"
# What an answer may be made of, beside numbers, texts, lists and dicts.
DATA = {
    "builtins": {"complex", "range", "slice", "set", "frozenset", "bytearray"},
    "collections": {"OrderedDict"},
    "numpy": {"ndarray", "dtype"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
    "numpy._core.numeric": {"_frombuffer"},
    "sklearn.preprocessing._data": {
        "MaxAbsScaler",
        "MinMaxScaler",
        "RobustScaler",
        "StandardScaler",
    },
    "sklearn.decomposition._pca": {"PCA"},
    "staircase.recipes": {"Recipe"},
    "corpus": {"Recipe"},
}


class NoData(ValueError):
    """Something else came than data."""


class OnlyData(pickle.Unpickler):
    """Reads what was pickled, if it is data."""

    def find_class(self, module, name):
        """Refuses whatever is not in `DATA`."""
        if name in DATA.get(module, ()):
            return super().find_class(module, name)
        raise NoData(f"`{name}` is no data: answer with a number, a text, an array or a list")


def data(message):
    """Returns the data in a message.

    >>> data(pickle.dumps({"rows": 201}))
    {'rows': 201}
    >>> data(pickle.dumps(print))
    Traceback (most recent call last):
    grading.data.NoData: `print` is no data: answer with a number, a text, an array or a list
    """
    try:
        return OnlyData(io.BytesIO(message)).load()
    except NoData:
        raise
    except Exception as error:  # of what was forged
        raise NoData(f"what was left cannot be read: {type(error).__name__}") from None


# ----------------------------------------------------------------------------------------
# In the student's process
# ----------------------------------------------------------------------------------------


def left_by(cells, wanted, shell):
    """Runs cells; returns a message with the values of the wanted names, and the first error."""
    names, error, own = shell.user_ns, "", os.getpid()
    for source in cells:
        source = re.sub(r"^(\s*)!.*", r"\1pass", source, flags=re.M)  # no other programs
        try:
            exec(compile(shell.transform_cell(source), FILE, "exec"), names)
        except BaseException as raised:  # SystemExit as well: the next cell runs
            error = error or told(raised)
        if os.getpid() != own:  # a child that an answer has made: it has nothing to say
            os._exit(0)
    functions = [name for name in wanted if callable(names.get(name))]
    values = {name: pickled(names.get(name)) for name in wanted if name not in functions}
    return pickle.dumps(dict(values=values, functions=functions, error=error))


def pickled(value):
    """Returns a value in bytes; of one that cannot be pickled, what it is."""
    kind = type(value).__name__
    try:
        return pickle.dumps(value)
    except MemoryError:
        return f"`{kind}` is too large"
    except Exception:
        return f"`{kind}` is no data: answer with a number, a text, an array or a list"


def told(error):
    """Returns an error in one line, with the line of the answer where it arose."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == FILE]
    said = str(error)
    if isinstance(error, SyntaxError):
        lines, said = [error.lineno], error.msg
    where = f" (line {lines[-1]} of a cell)" if lines else ""
    return f"{type(error).__name__}: {' '.join(said.split())[:200]}{where}"


def serve(connection, names):
    """Answers for the student's functions until nobody asks any more."""
    while True:
        name, given = pickle.loads(connection.recv_bytes())  # from the course's process
        given = [
            functools.partial(call_back, connection, i) if is_function else value
            for i, (is_function, value) in enumerate(given)
        ]
        try:
            message = ("returned", names[name](*given))
        except Exception as error:
            message = ("failed", told(error))
        connection.send_bytes(pickle.dumps(message))


def call_back(connection, i, *given):
    """Calls a function of the course, which a student's function was given as argument `i`."""
    connection.send_bytes(pickle.dumps(("calls", (i, given))))
    return pickle.loads(connection.recv_bytes())


# ----------------------------------------------------------------------------------------
# In the course's process
# ----------------------------------------------------------------------------------------


def received(left, name, connection):
    """Returns the value of a name in what was `left`; a function asks the student's process."""
    if name in left["functions"]:
        return functools.partial(from_afar, connection, name)
    value = left["values"][name]
    if isinstance(value, str):
        raise NoData(value)
    return data(value)


def from_afar(connection, name, *given):
    """Calls a function in the student's process, and answers for those it is given."""
    told = [(callable(value), None if callable(value) else value) for value in given]
    connection.send_bytes(pickle.dumps((name, told)))
    while True:
        kind, what = data(connection.recv_bytes(LONGEST_WORD))
        if kind == "returned":
            return what
        if kind != "calls":
            raise RuntimeError(f"your function stops: {str(what)[:300]}")
        i, arguments = what
        connection.send_bytes(pickle.dumps(given[i](*arguments)))
