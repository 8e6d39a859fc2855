"""What a person meets: every notebook and every panel in JupyterLab, in a real browser.

These tests skip where playwright (requirements-extra.txt) or Chromium is missing. With the
name of a folder in SCREENSHOTS they leave a picture of every panel there; THEME=Dark does it
in the dark theme.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import NOTEBOOKS, ROOT
from sounds import SR, decode, loudest_hz, sound_file, tone

import audiotools as at

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (apt install chromium)"),
]

SWITCHES = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --disable-dev-shm-usage --autoplay-policy=no-user-gesture-required --mute-audio
    --use-fake-device-for-media-stream --use-fake-ui-for-media-stream""".split()
SCREENSHOTS = os.environ.get("SCREENSHOTS")
LAPTOP = dict(width=1366, height=1600 if SCREENSHOTS else 768)
PATIENCE = 60_000  # ms, for an answer of a busy machine: a panel waits until Run All is done


@pytest.fixture(scope="module")
def page_of():
    """A function that opens an address in a browser at laptop width."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = browser.new_context(viewport=LAPTOP, permissions=["microphone"])
        context.set_default_timeout(PATIENCE)
        sync_api.expect.set_options(timeout=PATIENCE)

        def open_page(address):
            page = context.new_page()
            page.goto(address)
            return page

        yield open_page
        browser.close()


def serve(tmp_path, module, *options):
    """Starts a server on loopback in a copy of the project; returns its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("notebooks", "data", "staircase", "tools"):
        leave = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave)
    for path in [*ROOT.glob("*.py"), ROOT / "try.html"]:
        shutil.copy(path, tmp_path)
    settings = tmp_path / "settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    theme = {"theme": f"JupyterLab {os.environ.get('THEME', 'Light')}"}
    (settings / "themes.jupyterlab-settings").write_text(json.dumps(theme))
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    folders = "JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR JUPYTERLAB_WORKSPACES_DIR"
    own = {name: str(tmp_path / "own") for name in [*folders.split(), "IPYTHONDIR"]}
    own["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    process = subprocess.Popen(
        [sys.executable, "-m", module, *(option.replace("PORT", str(port)) for option in options)],
        cwd=tmp_path,
        env=os.environ | own,
        stdout=(tmp_path / "log").open("w"),
        stderr=subprocess.STDOUT,
    )
    for _ in range(120):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return f"http://127.0.0.1:{port}", process
        except OSError:
            time.sleep(0.5)
    process.kill()
    raise RuntimeError(f"{module} did not start:\n{(tmp_path / 'log').read_text()}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that shows a copy of the project."""
    address, process = serve(
        tmp_path_factory.mktemp("lab"),
        "jupyterlab",
        "--no-browser",
        "--ip=127.0.0.1",
        "--port=PORT",
        "--ServerApp.port_retries=0",
        "--ServerApp.root_dir=.",
        "--IdentityProvider.token=",
        "--expose-app-in-browser",
        "--allow-root",
    )
    yield address
    process.terminate()
    process.wait()


NOTEBOOK = "jupyterapp.shell.currentWidget"
ERRORS = f"""() => [...{NOTEBOOK}.content.widgets]
    .flatMap((cell) => cell.model.toJSON().outputs ?? [])
    .filter((output) => output.output_type === "error" || output.name === "stderr")
    .map((output) => output.text ?? `${{output.ename}}: ${{output.evalue}}`)"""


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request, lab, page_of):
    """A notebook's page after Run All: (its number, page)."""
    page = page_of(f"{lab}/lab/tree/notebooks/{request.param.name}?reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    kernel = f"{NOTEBOOK}?.sessionContext?.session?.kernel"
    page.wait_for_function(f"globalThis.jupyterapp && {kernel}?.status === 'idle'")
    page.set_default_timeout(180_000)
    page.evaluate("async () => { await jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.set_default_timeout(PATIENCE)
    yield request.param.stem[:2], page
    page.evaluate(f"async () => {{ await {NOTEBOOK}.sessionContext.shutdown() }}")
    page.close()


def panels(page):
    """Returns the outputs that hold controls, a picture and players."""
    outputs = page.locator(".jp-OutputArea-child", has=page.locator("img.widget-image"))
    return [outputs.nth(i) for i in range(outputs.count())]


def plays(audio):
    """Returns whether a player has a sound, whose time passes when it is played."""
    return audio.evaluate(
        """async (audio) => {
            for (let i = 0; i < 100 && audio.currentTime < 0.05; i++) {
                if (audio.paused) await audio.play().catch(() => {});  // a new sound has come
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
            audio.pause();
            return audio.src.length > 0 && audio.duration > 0.4 && audio.currentTime >= 0.05;
        }"""
    )


def look(locator, name):
    """Leaves a picture of what the locator shows, where SCREENSHOTS names a folder."""
    if SCREENSHOTS:
        locator.screenshot(path=Path(SCREENSHOTS, f"{name}.png"))


def sliders(panel):
    """Returns the rows of a slider that is not grey: its label, its handle, its value."""
    return panel.locator(".widget-slider", has_not=panel.page.locator("[disabled]")).all()


def move(panel, row, act):
    """Moves a slider; waits until its new value is shown and answered with another picture."""
    readout, picture = row.locator(".widget-readout"), panel.locator("img.widget-image").last
    before, drawn = readout.inner_text(), picture.get_attribute("src")
    act()
    sync_api.expect(readout).not_to_have_text(before)
    sync_api.expect(picture).not_to_have_attribute("src", drawn)
    sync_api.expect(panel.get_by_role("status").last).not_to_contain_text("computing")


def of_notebook(number):
    """Runs a test with one notebook only."""
    (path,) = [path for path in NOTEBOOKS if path.name.startswith(number)]
    return pytest.mark.parametrize("notebook", [path], ids=[path.stem], indirect=True)


def test_run_all_shows_no_error(notebook):
    number, page = notebook
    assert page.evaluate(ERRORS) == []
    page.evaluate(f"async () => {{ await {NOTEBOOK}.content.scrollToItem(0) }}")
    look(page.locator(".jp-NotebookPanel"), f"{number}_top")


# Pressed, or greyed meanwhile by the answer to the button before.
OBEYS = "(button) => button.disabled || button.classList.contains('mod-active')"


def test_every_panel_obeys_the_keyboard(notebook):
    number, page = notebook
    assert panels(page)
    for i, panel in enumerate(panels(page), start=1):
        panel.scroll_into_view_if_needed()
        pictures, status = panel.locator("img.widget-image"), panel.get_by_role("status").last
        look(panel, f"{number}_panel_{i}")
        for row in sliders(panel):
            handle = row.get_by_role("slider")
            at_the_left = float(handle.get_attribute("aria-valuenow")) == 0
            handle.focus()
            key = "ArrowRight" if at_the_left else "ArrowLeft"
            move(panel, row, lambda key=key: page.keyboard.press(key))
        for button in panel.locator(".widget-toggle-button").all():
            if button.is_enabled():
                button.focus()
                page.keyboard.press("Enter")
                page.wait_for_function(OBEYS, arg=button.element_handle())
                sync_api.expect(status).not_to_contain_text("computing")
        sync_api.expect(panel).not_to_contain_text("not possible")
        widths = [image.evaluate("(image) => image.naturalWidth") for image in pictures.all()]
        n = 1 if panel.locator(".widget-upload").count() else 2  # features have no original
        assert widths == [1000] * n  # for 500 on the page
        assert all(plays(audio) for audio in panel.locator("audio").all())


FITS = """(output) => {
    const cell = output.closest(".jp-Cell-outputWrapper").getBoundingClientRect();
    return [...output.querySelectorAll("img, audio, button, .slider-container, [role=status]")]
        .filter((part) => part.getBoundingClientRect().right > cell.right + 1)
        .map((part) => part.outerHTML.slice(0, 200));
}"""


@of_notebook("01")
def test_a_panel_asks_stands_alone_and_fits_a_laptop_and_a_phone(notebook):
    _, page = notebook
    panel, *_ = panels(page)
    page.set_viewport_size(LAPTOP)
    panel.scroll_into_view_if_needed()
    sync_api.expect(panel.locator("strong")).to_contain_text("From which frame length on")
    assert page.locator(".panel-twin").count() and not page.locator(".panel-twin:visible").count()
    boxes = [image.bounding_box() for image in panel.locator("img.widget-image").all()]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]
    try:
        page.evaluate("jupyterapp.shell.collapseLeft()")
        page.set_viewport_size(dict(width=390, height=844))
        panel.scroll_into_view_if_needed()
        assert panel.evaluate(FITS) == []
        boxes = [image.bounding_box() for image in panel.locator("img.widget-image").all()]
        assert boxes[0]["y"] < boxes[1]["y"] and boxes[0]["x"] == boxes[1]["x"]
        handle = panel.get_by_role("slider").first.bounding_box()
        assert 0 <= handle["x"] < 390
        look(page, "01_phone")
    finally:
        page.evaluate("jupyterapp.shell.expandLeft()")
        page.set_viewport_size(LAPTOP)


SHOW_PANEL = f"""async (trusted) => {{
    const {{ content }} = {NOTEBOOK};
    if (trusted) for (const cell of content.widgets) cell.model.trusted = true;
    const of_panel = (cell) => cell.model.sharedModel.source.includes("st.panel(");
    await content.scrollToItem(content.widgets.findIndex(of_panel));
}}"""


def test_a_stored_panel_shows_its_twin_and_no_error(lab, page_of):
    """Before anything runs, trusted or not: there is no widget yet, or no more."""
    page = page_of(f"{lab}/lab/tree/notebooks/{NOTEBOOKS[0].name}?reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    kernel = f"{NOTEBOOK}?.sessionContext?.session?.kernel"
    page.wait_for_function(f"globalThis.jupyterapp && {kernel}?.status === 'idle'")
    missing = page.get_by_text("model not found")
    for trusted in (False, True):
        page.evaluate(SHOW_PANEL, trusted)
        twin = page.locator(".panel-twin", has=page.locator("img")).first
        sync_api.expect(twin.locator("img").first).to_be_visible()
        assert twin.locator("img, audio").count() == 4
        if trusted:
            sync_api.expect(missing.first).to_be_attached()
        assert page.locator(":text('model not found'):visible").count() == 0
    page.close()


@of_notebook("02")
def test_a_move_stops_the_result_and_not_the_original(notebook):
    _, page = notebook
    panel, *_ = panels(page)
    panel.scroll_into_view_if_needed()
    player, row = panel.locator(".joined"), sliders(panel)[0]
    for name, is_stopped in {"The original": False, "At these values": True}.items():
        player.get_by_role("button", name=name).click()
        sync_api.expect(player.get_by_role("button", name="pause")).to_be_visible()
        row.get_by_role("slider").focus()
        at_the_left = float(row.get_by_role("slider").get_attribute("aria-valuenow")) == 0
        key = "ArrowRight" if at_the_left else "ArrowLeft"
        move(panel, row, lambda key=key: page.keyboard.press(key))
        page.wait_for_timeout(300)
        assert player.get_by_role("button", name="play", exact=True).is_visible() == is_stopped


@of_notebook("01")
def test_a_panel_obeys_the_mouse(notebook):
    _, page = notebook
    panel = panels(page)[1]
    panel.scroll_into_view_if_needed()
    row = sliders(panel)[0]
    sound = panel.locator("audio").last.get_attribute("src")
    move(panel, row, lambda: row.locator(".noUi-base").click(position=dict(x=3, y=3)))
    assert row.locator(".widget-readout").inner_text() == "50"
    sync_api.expect(panel.locator("audio").last).not_to_have_attribute("src", sound)


ROWS = ".jp-RenderedHTML .joined:visible"
STATE = """(row) => [...row.querySelectorAll("audio")]
    .map((audio) => [!audio.paused, audio.currentTime, audio.loop])"""
# How far the second sound is from where the first one was stopped, before it plays on.
GAPS = """async (row) => {
    const [first, second] = row.querySelectorAll("audio");
    const [one, two] = row.querySelectorAll("button");
    const gaps = [];
    second.currentTime = 0;
    while (gaps.length < 15) {
        one.click();
        await new Promise((wake) => setTimeout(wake, 60));
        two.click();
        gaps.push(second.currentTime - first.currentTime);
    }
    return gaps;
}"""
CELLS = f"""() => [{NOTEBOOK}.content.mode, document.querySelectorAll(".cm-lineNumbers").length,
    ...{NOTEBOOK}.content.widgets.map((cell) => cell.model.type)]"""


@of_notebook("02")
def test_a_row_is_one_player_that_goes_on_where_it_is(notebook):
    _, page = notebook
    row = page.locator(ROWS, has=page.get_by_role("button", name="original")).first
    row.scroll_into_view_if_needed()
    before = page.evaluate(CELLS)
    row.get_by_role("button", name="original").click()
    page.wait_for_function(
        "(row) => row.querySelector('audio').currentTime > 0.5", arg=row.element_handle()
    )
    page.keyboard.press("2")
    (first, left, _), (second, position, _), *_ = row.evaluate(STATE)
    assert (first, second) == (False, True) and left >= 0.5
    assert -2e-6 <= position - left < 0.2  # as long as the question took; a player counts µs
    pressed = row.locator("button[aria-pressed=true]")
    assert pressed.all_inner_texts()[0].startswith("2")
    look(row, "02_row")
    assert row.evaluate(GAPS) == pytest.approx([0] * 15, abs=2e-6)
    for key, of_all in {"l": (True, True), " ": (False, True), "L": (False, False)}.items():
        page.keyboard.press(key)
        assert (row.evaluate(STATE)[1][0], row.evaluate(STATE)[0][2]) == of_all, key
    stopped = row.evaluate(STATE)[1][1]
    page.keyboard.press("ArrowRight")
    assert row.evaluate(STATE)[1][1] == pytest.approx(stopped + 0.1, abs=2e-6)
    page.keyboard.press("x")  # would cut the cell
    page.keyboard.press("1")
    assert row.evaluate(STATE)[0][0] and page.evaluate(CELLS) == before


@of_notebook("02")
def test_one_sound_is_heard_at_a_time(notebook):
    _, page = notebook
    playing = "() => [...document.querySelectorAll('audio')].filter((a) => !a.paused).length"
    page.evaluate("document.body.append(new Audio())")
    for row in page.locator(ROWS).all()[:2]:
        row.scroll_into_view_if_needed()
        row.get_by_role("button", name="play").click()
        sync_api.expect(row.get_by_role("button", name="pause")).to_be_visible()
        assert page.evaluate(playing) == 1
    page.evaluate("""() => {
        const plain = [...document.querySelectorAll("audio")].at(-1);
        plain.src = document.querySelector(".joined audio").src;
        return plain.play();
    }""")
    assert page.evaluate(playing) == 1


def test_a_notebook_that_is_not_trusted_yet_shows_labelled_players(lab, page_of):
    page = page_of(f"{lab}/lab/tree/notebooks/solutions/02_solutions.ipynb?reset")
    row = page.locator(".jp-RenderedHTML", has=page.locator("audio[controls]")).first
    row.scroll_into_view_if_needed()
    assert page.locator(".joined").count() == 0
    assert row.locator("figcaption").count() == row.locator("audio:visible").count() > 1
    page.close()


@of_notebook("04")
def test_the_blind_test_is_played_and_answered_by_keyboard(notebook):
    _, page = notebook
    test = page.locator(".jp-OutputArea-child", has=page.get_by_text("One of these, which?")).first
    test.scroll_into_view_if_needed()
    button, status = test.get_by_role("button", name="20 coeff"), test.get_by_role("status")
    sync_api.expect(button).to_be_disabled()
    test.get_by_role("button", name="play").focus()
    page.keyboard.press(" ")
    sync_api.expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")
    sync_api.expect(button).to_be_disabled()  # the next one is not heard yet
    sync_api.expect(status).to_contain_text(re.compile("^(Right: that was 20|No: that was 40)"))
    look(test, "04_blind")


# --- notebook 08: the reader's own sound -----------------------------------------------------


def upload(panel, name, content):
    """Chooses a file; returns the line about the source."""
    file = dict(name=name, mimeType="audio/wav", buffer=content)
    panel.scroll_into_view_if_needed()  # what is out of sight has no text
    panel.locator("input[type=file]").set_input_files(file)
    status = panel.get_by_role("status").first
    sync_api.expect(status).to_contain_text(name)
    sync_api.expect(status).not_to_contain_text("is decoded by")
    return status.inner_text()


@of_notebook("08")
def test_an_uploaded_file_goes_down_and_up_and_is_reported_and_saved(notebook, tmp_path):
    _, page = notebook
    (panel,) = panels(page)
    panel.scroll_into_view_if_needed()
    original = panel.locator("audio").first.get_attribute("src")
    stereo = np.stack([tone(880)] * 2, axis=1).repeat(8, axis=0)  # two channels
    said = upload(panel, "a tone é.wav", sound_file(stereo, 8 * SR))
    assert "128,000 samples per second, 2 channel(s)" in said and "Used: 1.0 s" in said
    sync_api.expect(panel.locator("audio").first).not_to_have_attribute("src", original)

    panel.get_by_role("button", name="spectrogram").click()
    sync_api.expect(panel.get_by_role("status").last).to_contain_text("The law has nothing to say")
    with page.expect_download() as saved:
        panel.get_by_role("link", name="Save the result as WAV").click()
    saved.value.save_as(tmp_path / "result.wav")
    y, sr = decode((tmp_path / "result.wav").read_bytes())
    assert sr == SR and abs(loudest_hz(y, sr) - 880) < 5

    panel.get_by_role("button", name="Write the report card").click()
    sync_api.expect(panel.locator("table")).to_contain_text("Numbers per second")
    look(panel, "08_report")


@of_notebook("08")
def test_a_file_that_is_no_sound_gets_one_line_and_a_huge_one_its_beginning(notebook):
    _, page = notebook
    (panel,) = panels(page)
    original = panel.locator("audio").first.get_attribute("src")
    for name, content in {"list.txt": b"eggs, milk", "empty.wav": b""}.items():
        said = upload(panel, name, content)
        assert said.startswith("not possible") and "stays as it was" in said
    assert panel.locator("audio").first.get_attribute("src") == original
    minutes = np.tile(tone(440), 600)  # 10 minutes, 19 MB
    said = upload(panel, "huge.wav", sound_file(minutes, SR))
    assert ": its first 250.0 s are read" in said and "Used: 5.0 s from 0.0 s on" in said


RECORD = """async (wav) => {
    const context = new AudioContext();
    const buffer = await context.decodeAudioData(new Uint8Array(wav).buffer);
    const source = new AudioBufferSourceNode(context, { buffer });
    const recorded = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    source.connect(recorded);
    const recorder = new MediaRecorder(recorded.stream, { mimeType: "audio/webm" });
    const event = new Promise((resolve) => recorder.ondataavailable = resolve);
    source.onended = () => recorder.stop();
    recorder.onstart = () => source.start();
    recorder.start();
    return [...new Uint8Array(await (await event).data.arrayBuffer())];
}"""
PLAYS_AAC = "() => document.createElement('audio').canPlayType('audio/mp4; codecs=mp4a.40.2')"
EXECUTE = f"""async (code) => {{
    const {{ kernel }} = {NOTEBOOK}.sessionContext.session;
    return (await kernel.requestExecute({{ code }}).done).content.status;
}}"""


def memo(page, kind):
    """Returns the voice slt as no libsndfile reads it, or skips.

    The WebM is made by the browser. tests/slt.m4a was made of data/slt.wav by
    ffmpeg -i slt.wav -ar 44100 -b:a 48k -movflags +faststart slt.m4a
    """
    if kind == "webm":
        return bytes(page.evaluate(RECORD, list((ROOT / "data/slt.wav").read_bytes())))
    if not page.evaluate(PLAYS_AAC):
        pytest.skip("this Chromium was built without AAC")
    return (ROOT / "tests/slt.m4a").read_bytes()


@of_notebook("08")
@pytest.mark.parametrize("kind", ["webm", "m4a"])
def test_what_the_kernel_cannot_read_the_browser_decodes(notebook, kind, tmp_path, slt):
    _, page = notebook
    (panel,) = panels(page)
    said = upload(panel, f"memo.{kind}", memo(page, kind))
    origin = re.escape("(decoded by the browser, 1 channel(s))")
    assert re.match(rf"memo\.{kind} {origin} is read\. Used: 4\.[23] s", said), said
    assert plays(panel.locator("audio").first)
    look(panel, f"08_{kind}")

    path = tmp_path / "arrived.npy"
    assert page.evaluate(EXECUTE, f"np.save({str(path)!r}, bench.y)") == "ok"
    y, y_hat = slt[0], np.load(path)
    assert abs(len(y_hat) - len(y)) < 0.1 * SR
    late = -at.xcorr_offset(y, y_hat, max_lag=1600)  # samples: the recorder starts before it plays
    assert late == 0 or kind == "webm" and late > 0
    y_hat = y_hat[late : late + len(y)]
    y = y[: len(y_hat)]
    assert np.corrcoef(y, y_hat)[0, 1] > 0.99
    assert abs(20 * np.log10(y_hat.std() / y.std())) < 0.5
    assert at.pitch_accuracy(at.pitch(y_hat, SR), at.pitch(y, SR)) > 0.95


@of_notebook("08")
def test_half_a_memo_is_told_and_the_last_of_two_choices_stays(notebook):
    _, page = notebook
    (panel,) = panels(page)
    whole = memo(page, "m4a")
    said = upload(panel, "half.m4a", whole[: len(whole) // 2])
    assert re.search(r"It lasts 4\.2 s, and the browser finds sound in [12]\.\d s: ", said), said
    said = upload(panel, "header.m4a", whole[:500])
    assert said.startswith("not possible: header.m4a is an MPEG-4 file (M4A): convert it to WAV")
    assert "the browser cannot decode it either" in said
    chooser = panel.locator("input[type=file]")
    for name, content in {"first.m4a": whole, "last.wav": sound_file(tone(880), SR)}.items():
        chooser.set_input_files(dict(name=name, mimeType="", buffer=content))
    status = panel.get_by_role("status").first
    sync_api.expect(status).to_contain_text("last.wav (16,000 samples per second")
    page.wait_for_timeout(2000)  # an answer about the first would have come
    assert status.inner_text().startswith("last.wav")


@of_notebook("08")
def test_a_recording_arrives(notebook):
    _, page = notebook
    (panel,) = panels(page)
    button = panel.get_by_role("button", name="Record 5 s")
    button.focus()
    page.keyboard.press("Enter")
    sync_api.expect(panel.get_by_text("press to stop")).to_be_visible()
    status = panel.get_by_role("status").first
    sync_api.expect(status).to_contain_text("recording 1 is taken")
    assert re.search(r"Used: (4\.\d|5\.0) s", status.inner_text())
    assert plays(panel.locator("audio").first)


@pytest.fixture
def app(tmp_path):
    """The app as `make app` serves it: (its address, its process)."""
    pytest.importorskip("voila", reason="voila is not installed")
    command = ["make", "--dry-run", "--silent", "app"]
    recipe = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    options = shlex.split(recipe[recipe.index("-m tools.app") :])[2:]
    address, process = serve(tmp_path, "tools.app", *options, "--port=PORT", "--no-browser")
    yield address, psutil.Process(process.pid)
    process.terminate()
    process.wait()


CUT_OFF = """() => [...document.querySelectorAll("img, audio, button, a, input, .noUi-target, p")]
    .filter((part) => part.checkVisibility())
    .filter((part) => {
        const { left, right } = part.getBoundingClientRect();
        return left < 0 || right > innerWidth;
    })
    .map((part) => part.outerHTML.slice(0, 200))"""


def test_the_app_shows_the_panel_first_stays_at_home_and_ends_its_kernel(app, page_of):
    (address, process), page, outside = app, page_of("about:blank"), []
    page.set_viewport_size(dict(width=390, height=844))
    page.on("requestfinished", lambda request: outside.append(request.url))
    page.goto(address, timeout=90_000)
    panel = page.locator(".jp-Cell", has=page.locator("img.widget-image"))
    sync_api.expect(panel).to_be_visible()
    assert panel.get_by_text("Record 5 s").bounding_box()["y"] < 400  # on the first screen
    assert page.evaluate(CUT_OFF) == []
    assert not page.get_by_text("import numpy as np").is_visible()
    row = sliders(panel)[0]
    row.get_by_role("slider").focus()
    move(panel, row, lambda: page.keyboard.press("ArrowLeft"))
    look(page, "08_app_phone")
    with page.expect_download():  # does not leave the page
        panel.get_by_text("Save the result as WAV").click()
    kernels = process.children()
    row.get_by_role("slider").focus()
    move(panel, row, lambda: page.keyboard.press("ArrowRight"))
    page.set_viewport_size(LAPTOP)
    look(page, "08_app")
    (beside,) = page.get_by_role("link", name="try.html").all()
    assert page.request.get(f"{address}{beside.get_attribute('href')}").ok
    page.close(run_before_unload=True)
    for _ in range(100):
        if not all(kernel.is_running() for kernel in kernels):
            break
        time.sleep(0.1)
    assert sum(kernel.is_running() for kernel in kernels) < len(kernels)  # one is kept warm
    assert all(url.startswith((address, "data:", "blob:")) for url in outside), outside
