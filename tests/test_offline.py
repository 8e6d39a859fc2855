"""Nothing reaches the network, nobody reaches in, and a stranger's file does no harm.

What keeps all tests at home, and the kernels in which the notebooks are tested, is
`at_home/stay_home.py`, which sees every attempt of Python's. Notebook 01 also runs, where the
system allows it (Linux), in a network of its own, which holds for all other code as well.
"""

import ast
import asyncio
import io
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tracemalloc
import urllib.error
import urllib.request

import nbformat
import numpy as np
import psutil
import pytest
import soundfile
from conftest import NOTEBOOKS, ROOT
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from test_notebooks import code_cells, named

import audiotools as at
import showtools

NAMES = ["audiotools.py", "staircase/*.py", "corpus.py", "notebooks/showtools.py"]
NAMES += ["notebooks/show/*.py"]
MODULES = [path for name in NAMES for path in sorted(ROOT.glob(name))]

# --- nothing goes out ---------------------------------------------------------------------

EXECUTE = """
import pathlib, socket, struct, sys
import nbformat
from nbclient import NotebookClient

if sys.argv[1] == "alone":  # a new network: its loopback must be switched on
    import fcntl
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x41))  # SIOCSIFFLAGS, up
path = pathlib.Path(sys.argv[2])
notebook = nbformat.read(path, as_version=4)
folder = {"metadata": {"path": path.parent}}
NotebookClient(notebook, timeout=300, kernel_name="python3", resources=folder).execute()
"""
ALONE = ["unshare", "--map-root-user", "--net"]


def network_of_its_own():
    """Returns the words that run a command in a network of its own, none where that is denied."""
    allowed = shutil.which("unshare") and subprocess.run([*ALONE, "true"]).returncode == 0
    return ALONE if allowed else []


def run_at_home(path, log):
    """Executes a notebook off the network; returns what it tried to reach."""
    alone = network_of_its_own()
    command = [*alone, sys.executable, "-c", EXECUTE, "alone" if alone else "", path]
    environment = os.environ | {"STAY_HOME": str(log)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return log.read_text() if log.exists() else ""


@pytest.mark.slow
def test_a_notebook_runs_off_the_network(tmp_path):
    (path,) = [path for path in NOTEBOOKS if path.name.startswith("01")]
    assert run_at_home(path, tmp_path / "log") == ""


def test_a_kernel_reaches_nobody():
    """nbval runs every notebook in one like this, so this holds for all of them."""
    call = "import socket; socket.create_connection(('192.0.2.1', 80))"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(call)])
    with pytest.raises(CellExecutionError, match="the tests stay off the network"):
        NotebookClient(notebook, kernel_name="python3").execute()


def run_python(code, log):
    paths = os.pathsep.join([os.environ["PYTHONPATH"], "notebooks"])
    environment = os.environ | {"STAY_HOME": str(log), "PYTHONPATH": paths}
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)


def test_importing_reaches_nobody(tmp_path):
    code = "import audiotools, corpus, showtools; print('here')"
    assert run_python(code, tmp_path / "log").stdout == "here\n"
    assert not (tmp_path / "log").exists()


ATTEMPTS = {
    "a name": "import socket; socket.getaddrinfo('example.invalid', 80)",
    "an address": "import socket; socket.create_connection(('192.0.2.1', 80))",
    "a datagram": "import socket; socket.socket(type=2).sendto(b'', ('192.0.2.1', 80))",
    "urllib": "import urllib.request; urllib.request.urlopen('http://example.invalid')",
    "requests": "import requests; requests.get('https://example.invalid')",
    "librosa's recordings": "import showtools; showtools.clip_path('fishin')",
}


@pytest.mark.parametrize("way", ATTEMPTS)
def test_every_attempt_is_noticed(way, tmp_path, monkeypatch):
    monkeypatch.setenv("LIBROSA_DATA_DIR", str(tmp_path))  # no recording lies there
    code = f"try:\n    {ATTEMPTS[way]}\nexcept OSError as error: print(error)"
    said = run_python(code, tmp_path / "log").stdout
    assert "stay off the network" in (tmp_path / "log").read_text() and said
    if "librosa" in way:  # the only way in which the course asks the network for something
        assert re.match("the network did not bring .*'fishin'.* connect, or take slt, kal16", said)


def test_no_test_reaches_the_network():
    """Not this one, and so, as conftest has it for all, no panel that a test tries either."""
    with pytest.raises(OSError, match="stay off the network"):
        socket.create_connection(("192.0.2.1", 80))


def test_loopback_is_free(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('localhost', {port}))"
        assert run_python(code, tmp_path / "log").returncode == 0


# --- nothing is run that came in a file ----------------------------------------------------

# Modules that read pickles, start programs or open connections. (numba keeps the machine code
# of `_spread` in a pickle of its own, beside the source, where whoever can write could change
# the source as well.)
RISKY = "pickle cPickle dill cloudpickle shelve marshal subprocess ctypes socket urllib "
RISKY += "http requests ftplib pooch audioread yaml runpy code pty"
CALLS = "eval exec compile __import__ os.system os.popen np.load joblib.load librosa.load"


def risks(source):
    """Returns what in a program could run what is in a file, or reach the network."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS.split():
            found += [] if "allow_pickle=False" in ast.unparse(node) else [ast.unparse(node.func)]
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            found += [] if ast.unparse(node.value) == "False" else [node.arg]
    called = [*CALLS.split(), "allow_pickle"]
    return [name for name in found if name in called or name.partition(".")[0] in RISKY.split()]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_runs_what_is_in_a_file_or_goes_out(path):
    assert risks(path.read_text(encoding="utf-8")) == []


@named(NOTEBOOKS)
def test_no_notebook_runs_what_is_in_a_file_or_goes_out(path):
    for cell in code_cells(path):
        assert not re.search(r"^\s*[!%]", cell.source, re.M)  # no commands of the shell
        allowed = {"librosa.load"}  # of the course's clips
        allowed |= {"subprocess"} if path.name.startswith("09") else set()  # a Python, to kill it
        assert set(risks(cell.source)) <= allowed, cell.source


def test_risks_are_seen():
    for source in (
        "import pickle",
        "from joblib import load",
        "import urllib.request as u",
        "eval('1')",
        "np.load('x.npy')",
        "np.load('x.npy', allow_pickle=True)",
        "f(x, allow_pickle=True)",
        "os.system('ls')",
    ):
        assert risks(source), source


def test_an_array_that_may_be_no_pickle_is_no_risk():
    assert not risks("np.load(file, allow_pickle=False)")


def test_pages_send_nothing():
    ways_out = r"fetch|XMLHttp|WebSocket|EventSource|sendBeacon|import\(|https?://|eval|innerHTML"
    for path in [*(ROOT / "try").glob("*.js"), ROOT / "tools/site/page.js"]:
        assert not re.search(ways_out, path.read_text(encoding="utf-8")), path.name


def test_the_recorder_and_the_player_in_the_browser_speak_to_the_kernel_alone():
    ways_out = r"fetch|XMLHttp|WebSocket|EventSource|sendBeacon|import\(|https?://|eval|innerHTML"
    for name in ("player.js", "sound_input.js"):
        source = (ROOT / "notebooks/show" / name).read_text(encoding="utf-8")
        assert not re.search(ways_out, source), name
    assert 'file.slice(0, model.get("max_bytes"))' in source


# --- a stranger's file ------------------------------------------------------------------------


def measured(function, *args, **options):
    """Returns the result, the seconds of processor time and the bytes that it took."""
    function(*args, **options)  # what is loaded once
    start = time.process_time()
    function(*args, **options)
    seconds = time.process_time() - start
    tracemalloc.start()  # makes it up to three times as slow
    result = function(*args, **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return result, seconds, peak


@pytest.fixture(scope="module")
def ten_hours(tmp_path_factory):
    """A FLAC file of ten hours of silence, a tone in its first second, in 0.1 MB."""
    path, sr = tmp_path_factory.mktemp("long") / "long.flac", 2000
    with soundfile.SoundFile(path, "w", samplerate=sr, channels=1) as file:
        file.write(0.3 * np.sin(np.arange(sr) / 5))
        for _ in range(10):
            file.write(np.zeros(3600 * sr, dtype="int16"))
    assert path.stat().st_size < 5e5
    return path


def test_the_beginning_of_ten_hours_takes_no_longer_than_that_of_ten_seconds(ten_hours):
    (y, sr), seconds, peak = measured(at.load_wav, ten_hours, duration=5)
    assert y.shape == (10000,) and sr == 2000 and y[:2000].any()
    assert seconds < 0.2 and peak < 1e6  # 5 s are 40 kB; the whole file would be 288 MB


def test_ten_hours_in_a_small_file_are_taken_as_their_beginning(ten_hours):
    gain = dict(gain=showtools.choice("Gain", [0.5, 1.0], 1.0))
    bench = showtools.workbench(
        lambda y, gain: ({"": at.pretty_spectrogram(y, n_fft=512)}, gain * y, ""),
        lambda y, z, gain: {},
        question="What is lost?",
        sr=16000,
        clips=["slt"],
        seconds=5,
        unused={},
        **gain,
    )
    said, seconds, peak = measured(bench.take, "long.flac", ten_hours.read_bytes())
    assert ": its first 300.0 s are read" in said and len(bench.y) == 80000
    assert seconds < 3 and peak < 50e6  # with the picture, the players and the file to save


def wav_that_claims(n_samples, sr=16000):
    """Returns a WAV file of one second whose header promises `n_samples` of 16 bit."""
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.sin(np.arange(sr) / 5), sr, format="WAV", subtype="PCM_16")
    content, size = bytearray(file.getvalue()), min(2 * n_samples, 2**32 - 1)
    content[40:44] = size.to_bytes(4, "little")
    content[4:8] = min(size + 36, 2**32 - 1).to_bytes(4, "little")
    return io.BytesIO(content)


@pytest.mark.parametrize("hours", [1, 1000])
@pytest.mark.parametrize("duration", [5, None])
def test_a_header_that_promises_hours_costs_nothing(hours, duration):
    def load():
        return at.load_wav(wav_that_claims(hours * 3600 * 16000), duration=duration)

    (y, sr), seconds, peak = measured(load)
    assert y.shape == (16000,) and seconds < 1 and peak < 2e6


def test_an_upload_is_cut_below_what_a_server_drops():
    assert showtools.SoundInput().max_bytes < 10 * 2**20  # tornado's limit of one message


# --- nobody comes in ---------------------------------------------------------------------------


def recipe(target, module, *values):
    """Returns the options that `make target` passes to a module."""
    if not shutil.which("make"):
        pytest.skip("there is no make")
    command = ["make", "--dry-run", "--silent", target, *values]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    said = said.replace("\\\n", "")
    return shlex.split(said[said.index(f"-m {module} ") :].partition("\n")[0])[2:]


OPENS = r"token|password|allow_remote|allow_origin|disable_check_xsrf|authenticate|autologin"


def test_the_lab_listens_to_this_machine_alone_and_no_option_opens_it():
    options = recipe("lab", "jupyterlab")
    ips = [option for option in options if re.match(r"--(\w+\.)?ip\b", option)]
    assert ips == ["--ip=127.0.0.1"]
    assert not [option for option in options if re.search(OPENS, option)]


def test_the_app_listens_to_this_machine_alone_unless_told_and_no_option_opens_it():
    pytest.importorskip("voila", reason="voila is not installed")
    from tools import app

    assert recipe("app", "tools.app")[0] == "--host=127.0.0.1"
    assert recipe("app", "tools.app", "HOST=0.0.0.0")[0] == "--host=0.0.0.0"
    assert not re.search(OPENS, repr(app.OPTIONS))


def listening(process):
    """Returns the addresses at which a process and its children can be reached."""
    family, found = [process, *process.children(recursive=True)], set()
    for member in family:
        find = getattr(member, "net_connections", None) or member.connections
        found |= {c.laddr for c in find("inet") if c.status == psutil.CONN_LISTEN}
    return found


def answer(address, **headers):
    """Returns the status with which a server answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_the_running_lab_asks_for_its_token_and_listens_to_loopback_alone(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folders = "JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR IPYTHONDIR"
    own = {name: str(tmp_path / "own") for name in folders.split()}
    command = [sys.executable, "-m", "jupyterlab", *recipe("lab", "jupyterlab")]
    command += ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    with (tmp_path / "log").open("w") as log:
        process = psutil.Popen(
            command, cwd=ROOT, env=os.environ | own, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        for _ in range(240):
            said = (tmp_path / "log").read_text()
            token = re.search(rf"http://127\.0\.0\.1:{port}/\S*\?token=(\w+)", said)
            if token or process.poll() is not None:
                break
            time.sleep(0.5)
        assert token and len(token[1]) >= 48, said
        contents = f"http://127.0.0.1:{port}/api/contents"
        right = f"token {token[1]}"
        assert answer(contents) == 403
        assert answer(contents, Authorization="token wrong") == 403
        assert answer(contents, Authorization=right) == 200
        # A page elsewhere whose name was made to mean this machine gets nothing either.
        assert answer(contents, Authorization=right, Host="elsewhere.example") == 403
        kernels = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/kernels",
            data=json.dumps({"name": "python3"}).encode(),
            headers={"Authorization": right, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(kernels) as reply:
            assert reply.status == 201
        for _ in range(60):
            heard_at = listening(process)
            if len(heard_at) >= 5:  # the server, and four doors of the kernel
                break
            time.sleep(0.5)
        assert len(heard_at) >= 5 and {place.ip for place in heard_at} == {"127.0.0.1"}
    finally:
        for member in [*process.children(recursive=True), process]:
            member.terminate()
        process.wait(20)


class Stay(urllib.request.HTTPRedirectHandler):
    """Answers with what sends elsewhere, and does not go there."""

    def redirect_request(self, *_):
        return None


def door(address, method="GET", opener=None):
    """Returns the status with which a server answers one who is sent nowhere."""
    opener = opener or urllib.request.build_opener(Stay)
    try:
        with opener.open(urllib.request.Request(address, method=method)) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


async def knock(address):
    """Returns the status with which a web socket is refused, 101 where it is opened."""
    from tornado.httpclient import HTTPClientError
    from tornado.websocket import websocket_connect

    try:
        (await websocket_connect(address)).close()
        return 101
    except HTTPClientError as error:
        return error.code


FILES = ["README.md", "tools/app.py", "data/slt.wav", "notebooks/figures/08.svg", "..%2ftry.html"]


@pytest.mark.slow
def test_the_app_of_a_room_lets_nobody_in_without_its_token(tmp_path):
    pytest.importorskip("voila", reason="voila is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folders = "JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR IPYTHONDIR"
    own = {name: str(tmp_path / "own") for name in folders.split()}
    options = recipe("app", "tools.app", "HOST=0.0.0.0", f"PORT={port}")
    with (tmp_path / "log").open("w") as log:
        process = psutil.Popen(
            [sys.executable, "-m", "tools.app", *options],
            cwd=ROOT, env=os.environ | own, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    here = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            if process.poll() is not None or port in {place.port for place in listening(process)}:
                break
            time.sleep(0.5)
        said = (tmp_path / "log").read_text()
        token = re.search(rf"http://\S+:{port}/\?token=(\w{{16}})\n", said)
        assert token, said
        assert door(f"{here}/") == door(f"{here}/?token=0123456789abcdef") == 302  # to a form
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with visitor.open(f"{here}/?token={token[1]}") as page:
            kernel = re.search(r'"kernelId": "([\w-]+)"', page.read().decode())[1]
        model = f"{here}/api/kernels/{kernel}"
        assert door(model) == door(model, "DELETE") == 403 and door(model, opener=visitor) == 200
        assert door(f"{here}/voila/api/shutdown/{kernel}", "POST") == 403
        for path in ("api/kernels/%s/channels", "voila/query/%s", "voila/execution/%s"):
            address = f"ws://127.0.0.1:{port}/{path % kernel}"
            assert asyncio.run(knock(address)) in (302, 403), path
        files = {f"voila/files/{name}": door(f"{here}/voila/files/{name}") for name in FILES}
        assert set(files.values()) == {403}, files
    finally:
        for member in [*process.children(recursive=True), process]:
            member.terminate()
        process.wait(20)
