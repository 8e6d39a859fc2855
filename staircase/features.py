"""A file of features in: arrays of numpy, Kaldi's archives in text, tables. Notebook 11."""

import io
import os
import re
import zipfile
from pathlib import Path

import numpy as np

from .arguments import checked, shown

_LARGEST = 2**28  # bytes
_UTTERANCE = rb"^[ \t]*(\S+)[ \t]+\[(?=[-+.\d\s])"  # of an archive: its name, and [
_ARCHIVED = re.compile(_UTTERANCE + rb"([^\]\[]*)\]", re.M)


@checked
def load_features(path, *, name=None):
    r"""Returns the features in a file: an array of numpy, a Kaldi archive in text, or a table.

    What it is, the file's bytes tell, not its name. Pickles are refused, whatever they are
    called: to load one is to run what it says.

    Parameters
    ----------
    path : str, Path, or a binary file
        ``.npy``, ``.npz``, an archive as ``copy-feats ark:x.ark ark,t:x.txt`` writes it, or numbers
        in lines, with commas, semicolons, tabs or blanks between them. A heading, lines that
        begin with #, and a first row or column that counts 0, 1, 2 ... are left out.
    name : str, optional
        Which array of an ``.npz``, or which utterance of an archive, if there are several.

    Returns
    -------
    ndarray
        As it was saved: frames may lie in rows or in columns.

    Raises
    ------
    FileNotFoundError, ValueError
        No such file; a pickle; several arrays and no `name`; no numbers.

    See Also
    --------
    guess_recipe : what they may be. Notebook 11, "Bring your own".

    Examples
    --------
    >>> import io, audiotools as at
    >>> at.load_features(io.BytesIO(b"utt1  [ 1 2 3\n 4 5 6 ]"))
    array([[1., 2., 3.],
           [4., 5., 6.]])
    """
    data, called = _bytes(path)
    found = arrays_in(data, called)
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name not in found:
        first = ", ".join(list(found)[:5])
        wanted = f"has no {shown(name)}" if name is not None else f"holds {len(found)} arrays"
        raise ValueError(f"{called} {wanted}: pass name=, one of {first}")
    return found[name]


def _bytes(path):
    """Returns what a file holds, and what to call it."""
    if hasattr(path, "read"):
        data, called = path.read(_LARGEST + 1), "the file"
    elif isinstance(path, (str, os.PathLike)) and os.fspath(path):
        called = os.fspath(path)
        try:
            with Path(called).open("rb") as file:
                data = file.read(_LARGEST + 1)
        except OSError as error:
            cure = "give the path of a file of features that you may read"
            raise type(error)(f"{called} cannot be opened ({error.strerror}): {cure}") from None
    else:
        raise TypeError(f"path={shown(path)} must be the path of a file, or a binary file")
    if isinstance(data, str):
        raise TypeError('the file was opened as text: open it with open(path, "rb")')
    if len(data) > _LARGEST:
        raise ValueError(f"{called} is larger than {_LARGEST >> 20} MB: save one utterance of it")
    if not data:
        raise ValueError(f"{called} is empty: it holds no bytes")
    return data, called


def arrays_in(data, called):
    """Returns {name: array} of what the bytes of a file hold, which is `called` so in errors."""
    save_it = "save the array as .npy, by np.save(path, np.asarray(X))"
    if data[:1] == b"\x80":
        raise ValueError(f"{called} is a pickle, and to load one is to run what it says: {save_it}")
    if data[:2] == b"PK" and not all(n.endswith(".npy") for n in _members(data, called)):
        raise ValueError(f"{called} is a zip of other things, as torch.save writes: {save_it}")
    if data[:6] == b"\x93NUMPY" or data[:2] == b"PK":
        try:
            loaded = np.load(io.BytesIO(data), allow_pickle=False)
            found = dict(loaded) if data[:2] == b"PK" else {called: loaded}
        except Exception as error:  # whatever a damaged file makes of itself
            pickled = "pickle" in str(error)
            why = "holds Python objects, a pickle" if pickled else f"is damaged ({error})"
            raise ValueError(f"{called} {why}: {save_it}, of floats") from None
        if not found:
            raise ValueError(f"{called} holds no array: {save_it}")
        return found
    if b"\0" in data[:4096]:
        cure = "of Kaldi's archives take copy-feats ark:x.ark ark,t:x.txt"
        raise ValueError(f"{called} is neither numpy's nor text: {save_it}; {cure}")
    return _texts(data.removeprefix(b"\xef\xbb\xbf"), called)


def _texts(text, called):
    """Returns {utterance: array} of a Kaldi archive in text, or of a table."""
    archived = [(key.decode(errors="replace"), body) for key, body in _ARCHIVED.findall(text)]
    names = [key for key, _ in archived]
    if len(re.findall(_UTTERANCE, text, re.M)) > len(names):
        raise ValueError(f"{called} is cut off: an utterance has no ], fetch it again")
    if len(set(names)) < len(names):
        twice = next(key for key in names if names.count(key) > 1)
        raise ValueError(
            f"{called} has {shown(twice)} twice: give each utterance a name of its own"
        )
    if not archived:
        return {called: _table(text, called)}
    return {key: _table(body, f"{called}, {key},") for key, body in archived}


def _members(data, called):
    """Returns the names of what a zip holds."""
    try:
        return zipfile.ZipFile(io.BytesIO(data)).namelist()
    except zipfile.BadZipFile as error:
        raise ValueError(f"{called} is damaged ({error}): fetch it again") from None


def _table(text, called):
    """Returns numbers in lines, without a heading, comments and the numbers of lines."""
    if b";" in text:  # commas are then decimal
        text = text.replace(b",", b".").replace(b";", b",")
    lines = [line.strip() for line in text.replace(b'"', b"").splitlines()]
    lines = [line for line in lines if line and not line.startswith(b"#")]
    lines = lines[1:] if lines and _is_heading(lines[0]) else lines
    if any(re.search(rb"^,|,\s*,|,$", line) for line in lines):
        raise ValueError(f"{called} has empty cells: fill them, as with the recipe's floor")
    rows = [line.replace(b",", b" ").split() for line in lines]
    try:
        if rows:
            return _without_counts(np.array(rows, dtype=float))
        why = "there is none"
    except ValueError as error:
        why = " ".join(str(error).split())[:80]
    raise ValueError(f"{called} holds no table of numbers ({why}): every line needs as many")


def _without_counts(X):
    """Returns a table without a first row or column that only counts, as pandas writes them."""
    if X.ndim == 2 and min(X.shape) > 2:
        X = X[1:] if np.array_equal(X[0], np.arange(X.shape[1])) else X
        for first in (0, 1):
            X = X[:, 1:] if np.array_equal(X[:, 0], first + np.arange(len(X))) else X
    return X


def _is_heading(line):
    """Whether the first line of a table has no numbers, or a place for those of the lines."""
    return line[:1] == b"," or not any(map(_is_number, line.replace(b",", b" ").split()))


def _is_number(word):
    """Whether a word of a table is a number; nan and inf are."""
    try:
        float(word)
    except ValueError:
        return False
    return True
