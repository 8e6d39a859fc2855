"""Serves the panel of notebook 08 as a page without code, to this machine or to a room.

    python -m tools.app
    python -m tools.app --host=0.0.0.0 --port=8866 --warm=10

The page is made of the notebook: what stands above the panel's cell and the cell itself, then
what its section says. Only that is executed, and once beforehand, so that a page is warm when
somebody opens it. Beyond this machine a token is asked for; voila, which serves the page,
lets nobody execute code. A kernel ends when its page is left, or when its phone has slept for
ten minutes.
"""

import argparse
import logging
import os
import secrets
import socket
from pathlib import Path

import nbformat
from jupyter_client.localinterfaces import public_ips
from traitlets.config import Config
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.tornado.handler import TornadoVoilaHandler

ROOT = Path(__file__).resolve().parent.parent
SOURCE, TRY = ROOT / "notebooks/08_your_own_sound.ipynb", "try.html"
PAGE = ROOT / "build/app/Bring your own sound.ipynb"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# voila's page asks a server on the network for icons: this tells the browser not to.
STAY_HOME = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ws:"
OPTIONS = {
    "Voila": dict(
        root_dir=str(ROOT),
        port_retries=0,
        log_level="ERROR",
        tornado_settings=dict(headers={"Content-Security-Policy": STAY_HOME}),
    ),
    "VoilaConfiguration": dict(file_allowlist=[TRY], preheat_kernel=True),
    # Of kernels whose page is gone without a word, or sleeps; one that is looked at stays.
    "MappingKernelManager": dict(cull_idle_timeout=600, cull_interval=30),
}
ELSEWHERE = f"""\
*Without a server:* <a href="/voila/files/{TRY}" target="_blank">{TRY}</a> does most of this in
the browser itself, answers sooner however many use it, and can be kept. Only here: a report
card, other vocoders, long sounds.

*No answer any more?* Reload the page. One that has slept for ten minutes is forgotten here, with
its sound.
"""


def cells_of(notebook):
    """Returns the cells of the page: a title and a question, the panel, then the words."""
    cells = notebook.cells
    bench = next(i for i, cell in enumerate(cells) if "st.workbench(" in cell.source)
    code = [cell for cell in cells[: bench + 1] if cell.cell_type == "code"]
    title = cells[0].source.partition("\n")[0].replace("08 · ", "")
    asked = cells[bench - 1].source.partition("\n")[2]
    ends = next(i for i in range(bench + 1, len(cells)) if cells[i].source.startswith("## "))
    top, bottom = map(nbformat.v4.new_markdown_cell, (title + "\n" + asked, ELSEWHERE))
    return [top, *code, *cells[bench + 1 : ends], bottom]


def write_page():
    """Writes the notebook that is served."""
    notebook = nbformat.read(SOURCE, as_version=4)
    notebook.cells = cells_of(notebook)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, PAGE)


class Page(TornadoVoilaHandler):
    """The page, with the cookie without which voila would refuse to end its kernel."""

    async def get(self, path=None):
        assert self.xsrf_token  # asked for, it is set
        await super().get(path)


class App(Voila):
    """Voila, whose kernels end with their pages."""

    def init_handlers(self):
        ours = {TornadoVoilaHandler: Page, RequestInfoSocketHandler: None}  # asks for no token
        routes = [
            (route, ours.get(handler, handler), *more)
            for route, handler, *more in super().init_handlers()
        ]
        return [route for route in routes if route[1]]


def addresses(host, port, token):
    """Returns the whole addresses under which the page is found."""
    hosts = public_ips() or [socket.gethostname()] if host in ("0.0.0.0", "::", "") else [host]
    query = f"?token={token}" if token else ""
    return [f"http://{host}:{port}/{query}" for host in hosts]


def refuse_taken(host, port):
    """Refuses a port at which somebody listens."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        cure = f"Free it, or name another: make app PORT={port + 1}"
        why = error.strerror.partition(" (")[0].lower()
        raise SystemExit(f"port {port} of {host}: {why}. {cure}") from None


def said(host, port, token):
    """Returns what is said at the start."""
    found = addresses(host, port, token)
    lines = [f"The app is here: {address}" for address in found]
    lines += [f"For many phones: {found[0].partition('?')[0]}voila/files/{TRY}"]
    if token:
        lines += [
            "Who has the address comes in, each with a kernel of 0.25 GB here. Nothing is",
            "encrypted, and by http browsers give no microphone: phones bring files. For a",
            f"hall, draw the code: make qr URL='{found[0]}'",
        ]
    return "\n".join([*lines, "Ctrl-C ends it."])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--host", default=LOOPBACK[0], help="0.0.0.0 serves the room")
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument("--warm", type=int, default=1, help="pages kept ready, 0.25 GB each")
    parser.add_argument("--no-browser", action="store_true")
    args = parser.parse_args()
    refuse_taken(args.host, args.port)
    token = "" if args.host in LOOPBACK else secrets.token_hex(8)
    write_page()
    paths = [str(ROOT / "notebooks"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))  # of the kernels
    logging.getLogger("tornado.general").setLevel("ERROR")  # a line for each page, of no use
    print(said(args.host, args.port, token), flush=True)
    config = Config(OPTIONS)
    config.Voila.update(ip=args.host, port=args.port, token=token)
    config.Voila.open_browser = not (args.no_browser or token)
    config.VoilaConfiguration.default_pool_size = args.warm
    App.launch_instance([str(PAGE)], config=config)


if __name__ == "__main__":
    main()
