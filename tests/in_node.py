"""Runs lines of JavaScript in Node, with try/staircase.js at hand and arrays both ways."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from conftest import ROOT

PRELUDE = """
const fs = require("fs");
const at = require(%s);
const folder = %s;
const bytes = (name) => new Uint8Array(fs.readFileSync(`${folder}/${name}`));
const load = (name) => new Float64Array(bytes(name).buffer);
const given = JSON.parse(fs.readFileSync(`${folder}/given.json`));
const frames_of = (name, rows) => ({rows, frames: load(name).length / rows, data: load(name)});
const save = (name, array) =>
  fs.writeFileSync(`${folder}/${name}`, Buffer.from(Float64Array.from(array).buffer));
const results = {};
"""


def in_node(folder, lines, *, arrays=None, **given):
    """Returns ``(results, array)`` of lines that fill `results`, and save arrays by name.

    Arrays of frames are handed over as Node has them, one frame after the other; `array(name)` is
    flat, `array(name, rows)` has frames in columns again.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    for name, value in (arrays or {}).items():
        np.asarray(value, dtype=np.float64).T.tofile(folder / name)
    (folder / "given.json").write_text(json.dumps(given))
    head = PRELUDE % (json.dumps(str(ROOT / "try" / "staircase.js")), json.dumps(str(folder)))
    tail = "\nprocess.stdout.write(JSON.stringify(results));"
    ran = subprocess.run([node, "-e", head + lines + tail], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr

    def array(name, rows=None):
        flat = np.fromfile(folder / name)
        return flat if rows is None else flat.reshape(-1, rows).T

    return json.loads(ran.stdout), array
