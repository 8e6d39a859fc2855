"""features: what is in a file of features, and what is refused."""

import io
import pickle
import time

import numpy as np
import pytest

import audiotools as at

X = np.random.default_rng(0).normal(size=(7, 3))
ROWS = [" ".join(f"{x:.17g}" for x in row) for row in X]
ARK = "utt-1  [\n  " + "\n  ".join(ROWS) + " ]\nutt/2  [\n  1 2 3\n  4 5 6 ]\n"


def saved(save, *arrays, **named):
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


def _pandas(X, *, index):
    """Returns what DataFrame(X).to_csv(index=index) writes."""
    lines = [",".join([""] * index + ["0", "1", "2"])]
    lines += [",".join([str(t)] * index + row.split()) for t, row in enumerate(ROWS)]
    return "\n".join(lines).encode()


WRITTEN = {
    "npy": saved(np.save, X),
    "npz": saved(np.savez, mel=X),
    "npz, packed": saved(np.savez_compressed, X),
    "commas": "\n".join(ROWS).replace(" ", ",").encode(),
    "semicolons": "\n".join(ROWS).replace(" ", "; ").encode(),
    "decimal commas": "\n".join(ROWS).replace(" ", ";").replace(".", ",").encode(),
    "of Excel": b"\xef\xbb\xbf" + "\r\n".join(ROWS).replace(" ", ",").encode(),
    "units in the heading": ("a [s],b [dB],c\n" + "\n".join(ROWS).replace(" ", ",")).encode(),
    "tabs and a heading": ("a\tb\tc\n" + "\n".join(ROWS).replace(" ", "\t")).encode(),
    "blanks, of Windows": "\r\n".join(ROWS).encode(),
    "of pandas": _pandas(X, index=False),
    "of pandas, with its index": _pandas(X, index=True),
    "with frames numbered": _pandas(X, index=True).replace(b",0,1,2", b"frame,c0,c1,c2"),
    "with comments": b"# mel\n" + "\n".join(ROWS).encode(),
    "in quotes": ('"a","b","c"\n' + "\n".join(ROWS).replace(" ", ",")).encode(),
    "an archive of one": ARK.split("utt/2")[0].encode(),
    "saved by numpy as text": saved(np.savetxt, X, fmt="%.17g"),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_numbers_come_back_as_they_were_saved(how, tmp_path):
    path = tmp_path / "x.bin"  # the name tells nothing
    path.write_bytes(WRITTEN[how])
    assert np.array_equal(at.load_features(path), X)
    assert np.array_equal(at.load_features(str(path)), X)
    assert np.array_equal(at.load_features(io.BytesIO(WRITTEN[how])), X)


def test_of_several_one_is_asked_for():
    several = {"ark": ARK.encode(), "npz": saved(np.savez, **{"utt-1": X, "utt/2": X[:2]})}
    for data in several.values():
        assert np.array_equal(at.load_features(io.BytesIO(data), name="utt-1"), X)
        with pytest.raises(ValueError, match="holds 2 arrays: pass name=, one of utt-1, utt/2"):
            at.load_features(io.BytesIO(data))
        with pytest.raises(ValueError, match="has no 'utt-3': pass name="):
            at.load_features(io.BytesIO(data), name="utt-3")


class Trap:
    """What runs a line of its own when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


REFUSED = {
    "a pickle": (pickle.dumps(Trap()), "is a pickle"),
    "numpy's pickle": (saved(np.save, np.array([Trap()])), "holds Python objects, a pickle"),
    "one in a zip": (saved(np.savez, x=np.array([Trap()])), "holds Python objects, a pickle"),
    "ragged": (saved(np.save, np.array([X, X[:2]], dtype=object)), "holds Python objects"),
    "torch's": (b"PK\x03\x04" + b"\0" * 40, "damaged"),
    "cut": (WRITTEN["npy"][:-9], "damaged"),
    "a cut zip": (WRITTEN["npz"][:-50], "damaged"),
    "a binary archive": (b"utt-1 \0BFM \x04\x01\0\0\0\x04\x01\0\0\0" + b"\0" * 9, "copy-feats"),
    "a sound": (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", "neither numpy's nor text"),
    "prose": (b"These are my features, and they are\nvery good ones.", "holds no table of numbers"),
    "ragged lines": (b"1 2 3\n4 5\n6 7 8", "every line needs as many"),
    "a heading alone": (b"a b c\n", "holds no table of numbers .there is none"),
    "an empty cell": (b"1,,3\n4,5,6", "has empty cells: fill them"),
    "one utterance twice": (b"a [ 1 2 ]\na [ 3 4 ]", "has 'a' twice"),
    "an archive cut off": (ARK.encode()[:-5], "is cut off: an utterance has no ]"),
    "numpy's print": (b"[[1. 2.]\n [3. 4.]]", "holds no table of numbers"),
    "an empty npz": (saved(np.savez), "holds no array"),
    "nothing": (b"", "is empty"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_holds_no_features_is_refused_with_the_cure(what, tmp_path):
    data, words = REFUSED[what]
    (tmp_path / "x.npy").write_bytes(data)
    for path in (tmp_path / "x.npy", io.BytesIO(data)):
        with pytest.raises(ValueError, match=words) as error:
            at.load_features(path)
        assert "\n" not in str(error.value) and len(str(error.value)) < 350


def test_a_file_that_is_not_there_or_too_large_is_named(tmp_path, monkeypatch):
    cure = "cannot be opened .*: give the path"
    with pytest.raises(FileNotFoundError, match=rf"none\.npy {cure}"):
        at.load_features(tmp_path / "none.npy")
    with pytest.raises(OSError, match=cure):  # Windows refuses to open a folder in other words
        at.load_features(tmp_path)
    (tmp_path / "large.npy").write_bytes(WRITTEN["npy"])
    monkeypatch.setattr("staircase.features._LARGEST", 2**7)
    for large in (tmp_path / "large.npy", io.BytesIO(WRITTEN["npy"])):
        with pytest.raises(ValueError, match="is larger than"):
            at.load_features(large)


def test_features_of_every_recipe_survive_every_way_of_saving(slt, tmp_path):
    for name, recipe in at.RECIPES.items():
        features = recipe.down(slt[0][:8000])
        np.savetxt(tmp_path / "x.csv", features, delimiter=",", fmt="%.9g")
        assert np.allclose(at.load_features(tmp_path / "x.csv"), features, rtol=1e-6), name


@pytest.mark.parametrize("path", ["", None, 3, [1, 2]])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(TypeError, match="must be the path of a file, or a binary file"):
        at.load_features(path)
    with pytest.raises(TypeError, match='open it with open.path, "rb"'):
        at.load_features(io.StringIO("1 2 3"))


def test_long_lines_are_read_in_a_moment():
    """A search that begins anew at each letter of a long word took minutes."""
    line = ",".join(["-0.123456789"] * 20_000).encode()
    start = time.perf_counter()
    assert at.load_features(io.BytesIO(line + b"\n" + line)).shape == (2, 20_000)
    assert time.perf_counter() - start < 5  # here 0.02 s
