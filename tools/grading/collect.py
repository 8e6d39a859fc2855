"""Finds submissions: which files are whose, whatever their names and folders."""

import io
import os
import re
import unicodedata
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

LARGEST = 200_000_000  # bytes of one file, unpacked
MOST = 20_000  # files of one zip
DEPTH = 3  # zips in zips
UNSEEN = re.compile(r"^(\.|__MACOSX$|__pycache__$|Thumbs\.db$|desktop\.ini$)", re.I)  # of systems
MOODLE = re.compile(r"^(.+)_(\d+)_assignsubmission_")  # a name, and the participant's number
COPY = re.compile(
    r"^(copy of|kopie von|copie de|copia de)\b"
    r"|[\s_-]*(\(\d+\)|-\d+|[\s_-](copy|kopie|copie|copia)\d*)$",
    re.IGNORECASE,
)


class File(NamedTuple):
    """A file of a submission; `read` returns its bytes, `reason` says why it cannot."""

    path: PurePosixPath
    read: object
    reason: str = ""


class Handed(NamedTuple):
    """What one student handed in: notebooks, and the other files, which are not read."""

    student: str
    number: str  # Moodle's, or none
    notebooks: list
    others: list


def files_in(folder):
    """Yields the files of a folder, or a zip, and of the zips in it; a link is not followed."""
    if folder.is_file():
        yield from unpacked(File(PurePosixPath(folder.name), folder.read_bytes))
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not UNSEEN.match(name))
        for name in sorted(name for name in names if not UNSEEN.match(name)):
            path = Path(here, name)
            relative = PurePosixPath(path.relative_to(folder).as_posix())
            if path.is_symlink() or not path.is_file():
                yield File(relative, None, "a link or a device, which is not followed")
            elif path.stat().st_size > LARGEST:
                yield File(relative, None, f"more than {LARGEST / 1e6:.0f} MB")
            else:
                yield from unpacked(File(relative, path.read_bytes))


def unpacked(file, depth=DEPTH):
    """Yields a file, or the files in it if it is a zip."""
    if file.path.suffix.lower() != ".zip":
        yield file
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.read()))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        yield File(file.path, None, f"a zip that cannot be opened: {error}")
        return
    size = sum(member.file_size for member in members)
    if depth == 0 or len(members) > MOST or size > 5 * LARGEST:
        what = f"a zip of {len(members):,} files, {size / 1e6:,.0f} MB, or in too many zips"
        yield File(file.path, None, what)
        return
    for member in members:
        yield from member_of(archive, member, file.path.with_suffix(""), depth)


def member_of(archive, member, folder, depth):
    """Yields the file, or files, that a member of a zip is. Nothing is written to the disk."""
    inside = PurePosixPath(member.filename.replace("\\", "/"))
    parts = [part for part in inside.parts if part not in ("/", "..")]
    if any(UNSEEN.match(part) for part in parts):
        return
    path = folder.joinpath(*parts)
    if member.flag_bits & 1:
        yield File(path, None, "in a zip with a password")
    elif member.file_size > LARGEST:
        yield File(path, None, f"more than {LARGEST / 1e6:.0f} MB when unpacked")
    else:
        yield from unpacked(File(path, lambda: archive.read(member)), depth - 1)


def student_of(path, stems):
    """Returns whose file this is, and the number that Moodle gave: ("Anna Li", "77").

    The name is that of the topmost folder, or of the folder that Moodle made; of a loose file,
    what its name says beside a notebook's, or all of it.

    >>> stems = ["01_spectrograms", "04_mfcc_reversal"]
    >>> student_of(PurePosixPath("all/Anna Li_77_assignsubmission_file_/a.ipynb"), stems)
    ('Anna Li', '77')
    >>> student_of(PurePosixPath("01_spectrograms-Jörg (2).ipynb"), stems)
    ('Jörg', '')
    >>> student_of(PurePosixPath("homework of Eve.ipynb"), stems)
    ('homework of Eve', '')
    """
    moodle = [match for match in map(MOODLE.match, path.parts) if match]
    if moodle:
        name, number = moodle[0].groups()
    else:
        name, number = path.parts[0] if len(path.parts) > 1 else loose(path.stem, stems), ""
    return " ".join(unicodedata.normalize("NFC", name).split()), number


def loose(stem, stems):
    """Returns the student's name in a loose file's, or all of it if there is none."""
    name = COPY.sub("", stem)
    for known in stems:
        name = re.sub(re.escape(known), "", name, flags=re.IGNORECASE)
    return COPY.sub("", name).strip(" _-.()+") or stem


def without_wrapper(files, stems):
    """Returns the files without the folders that hold them all, such as that of a zip of all."""
    while files and len({file.path.parts[0] for file in files}) == 1:
        if any(len(file.path.parts) == 1 for file in files):
            break
        inner = [file._replace(path=PurePosixPath(*file.path.parts[1:])) for file in files]
        books = [file.path for file in inner if file.path.suffix == ".ipynb"]
        deep = {path.parts[0] for path in books if len(path.parts) > 1}
        flat = {loose(path.stem, stems) for path in books if len(path.parts) == 1} - set(stems)
        if len(deep) + len(flat) < 2:  # it is the folder of the only student
            break
        files = inner
    return files


def collect(folder, stems):
    """Returns what each student handed in, a list of `Handed`, by their names.

    A folder is a student, with all below it; so is a zip; a file beside folders is its own. Two
    of one name are two students if Moodle numbers them.

    Parameters
    ----------
    folder : Path
        Or a zip.
    stems : list of str
        The names of the course's notebooks, without suffix.
    """
    handed = {}
    for file in without_wrapper(list(files_in(folder)), stems):
        who = student_of(file.path, stems)
        own = handed.setdefault(who, Handed(*who, [], []))
        (own.notebooks if file.path.suffix.lower() == ".ipynb" else own.others).append(file)
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:  # it may be empty
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            who = student_of(PurePosixPath(path.name, "x"), stems)
            handed.setdefault(who, Handed(*who, [], []))
    names = [name for name, _ in handed]
    return [
        own._replace(student=f"{name} ({number})") if names.count(name) > 1 and number else own
        for (name, number), own in sorted(handed.items())
    ]
