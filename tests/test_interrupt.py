"""Stopping a cell, a panel or a long inversion breaks nothing, and cells may be run again."""

import io
import itertools
import re
import sys
import threading
import time
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import jupyter_client
import matplotlib
import pytest
from conftest import NOTEBOOKS, ROOT
from sounds import SR, decode, loudest_hz, sound_file, tone
from test_notebooks import code_cells, named

import audiotools as at
import showtools as st
from show import figures, players

# --- in a kernel --------------------------------------------------------------------------

PATIENCE = 120  # s for a cell on a busy machine
STOPS_WITHIN = 10  # s of a busy machine; mostly a tenth of one


class Kernel:
    """A kernel that runs cells and can be stopped."""

    def __init__(self):
        self.manager, self.client = jupyter_client.manager.start_new_kernel(
            kernel_name="python3", cwd=str(ROOT / "notebooks")
        )

    def run(self, code, *, stop=False):
        """Returns what a cell shows: its texts, and the name of its error or None.

        With `stop` it is interrupted half a second after it has printed "begun".
        """
        shown, timers = [], []

        def look(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                shown.append(content["text"])
                if stop and "begun" in content["text"] and not timers:
                    timers.append(threading.Timer(0.5, self.manager.interrupt_kernel))
                    timers[0].start()
            elif message["msg_type"] == "display_data":
                shown.append(content["data"].get("text/markdown", ""))

        reply = self.client.execute_interactive(code, timeout=PATIENCE, output_hook=look)
        return "".join(shown), reply["content"].get("ename")

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def committed(cell):
    """Returns what a committed cell shows, as `Kernel.run` does."""
    texts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            texts.append(output.text)
        elif output.output_type == "display_data":
            texts.append(output.data.get("text/markdown", ""))
    return "".join(texts)


CELLS = code_cells(NOTEBOOKS[1])  # of notebook 02, which iterates
BEFORE, AFTER = CELLS[:5], CELLS[5:14]
LONG = {
    "griffin_lim": "at.griffin_lim(S, n_iter=10**5, **up)",
    "griffin_lim in segments": "at.griffin_lim(np.tile(S, 20), n_iter=10**5, **settings)",
    "griffin_lim_steps": "list(at.griffin_lim_steps(S, n_iter=10**5, **up))",
    "invert_spectrogram": "at.invert_spectrogram(np.tile(S, 400), **settings)",
    "phase_gradient": "at.phase_gradient(np.tile(S, 400), **settings)",
    "mel_to_audio": "at.mel_to_audio(M, W, n_iter=10**5, **up)",
    "mel_to_spectrogram": "at.mel_to_spectrogram(M, W, n_iter=10**5)",
    "speak": "at.speak(np.tile(C, 9), np.tile(f0, 9), sr, n_passes=100)",
    "pitch": "at.pitch(np.tile(y, 60), sr)",
    "intelligibility": "at.intelligibility(np.tile(y, 400), np.tile(y, 400), sr)",
    "a cell's own loop": "[at.istft(at.stft(y)) for _ in range(10**6)]",
}
MORE = """
W = at.mel_filterbank(sr, n_fft, n_mels=40)
M, C, f0 = at.make_mel(S, W), at.mfcc(y, sr, n_fft=512, hop_length=256), at.pitch(y, sr)
def state():
    short = [at.griffin_lim(S, n_iter=2, **up), at.mel_to_audio(M, W, n_iter=2, **up)]
    short += [at.speak(C, f0, sr), y, S, M, C, f0, np.random.get_state()[1]]
    return [x.tobytes() for x in short]
before = state()
"""


@pytest.fixture(scope="module")
def kernel():
    """A kernel that has run the beginning of notebook 02."""
    kernel = Kernel()
    for cell in BEFORE:
        assert kernel.run(cell.source) == (committed(cell), None)
    assert kernel.run(MORE)[1] is None
    yield kernel
    kernel.close()


@pytest.mark.slow
@pytest.mark.parametrize("what", LONG)
def test_a_long_run_stops_and_leaves_everything_as_it_was(kernel, what):
    start = time.monotonic()
    _, error = kernel.run(f"print('begun', flush=True)\n{LONG[what]}", stop=True)
    assert error == "KeyboardInterrupt" and time.monotonic() - start < 1 + STOPS_WITHIN
    assert kernel.run("print(state() == before)") == ("True\n", None)


@pytest.mark.slow
def test_after_a_stop_the_notebook_goes_on_as_if_nothing_had_been(kernel):
    kernel.run(f"print('begun', flush=True)\n{LONG['griffin_lim']}", stop=True)
    for cell in AFTER:
        assert kernel.run(cell.source) == (committed(cell), None)


@pytest.mark.slow
def test_a_panel_that_is_stopped_answers_the_next_move(kernel):
    make = "rounds, cache = [0, 1, 2, 4], {'random': None}\n"
    make += """def after(n_iter, start):
    if n_iter == 4:
        print("begun", flush=True)
    z = at.griffin_lim(S, n_iter=10**5 if n_iter == 4 else n_iter, init=start, **up)
    return at.pretty_spectrogram(z, **settings), z, f"{n_iter} rounds."
options = dict(question="?", sr=sr, reference=y, settings=settings)
options |= dict(start=st.choice("Start", ["random", "zero"], "random"))
stopped, fresh = (st.panel(after, n_iter=st.choice("N", rounds, 0), **options) for _ in "12")
fresh.controls["n_iter"].value = 2
print(stopped.controls["n_iter"].model_id)"""
    model_id, error = kernel.run(make)
    assert error is None
    message = kernel.client.session.msg(
        "comm_msg",
        {
            "comm_id": model_id.strip(),
            "data": {"method": "update", "state": {"index": 3}, "buffer_paths": []},
        },
    )
    kernel.client.shell_channel.send(message)  # what a browser sends when a slider moves
    for _ in range(PATIENCE):
        content = kernel.client.get_iopub_msg(timeout=PATIENCE)["content"]
        if content.get("text") == "begun\n":
            break
    time.sleep(0.5)
    kernel.manager.interrupt_kernel()
    same = "[stopped.pictures[-1].value, stopped.player.sounds, stopped.words] == "
    same += "[fresh.pictures[-1].value, fresh.player.sounds, fresh.words]"
    assert kernel.run(f"stopped.controls['n_iter'].value = 2\nprint({same})") == ("True\n", None)


# --- wherever it happens to be ----------------------------------------------------------------


ROOMS = [str(path) for path in Path(st.__file__).with_name("show").glob("*.py")]


def stopped_at_line(number, action):
    """Runs `action`, stopped before the `number`-th line in the rooms of show/ it comes to.

    Returns whether it came so far.
    """
    seen = 0

    def look(frame, event, arg):
        nonlocal seen
        if frame.f_code.co_filename not in ROOMS:
            return None
        if event == "line":
            seen += 1
            if seen == number:
                sys.settrace(None)
                raise KeyboardInterrupt
        return look

    usual = sys.gettrace()
    sys.settrace(look)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(usual)
    return False


def picture(y):
    return at.pretty_spectrogram(y, n_fft=64)


def drawn_in_words(panel):
    """Returns `panel`, drawing what its pixels are made of instead: a hundredth of the time."""

    for picture in panel.pictures:

        def held(wanted, picture=picture):
            easel = type(picture).held(picture, wanted)
            array, title = easel.image.get_array().tobytes(), easel.title.get_text()
            words = repr((array, title, easel.ax.get_xlim(), easel.law.get_ydata()))
            return SimpleNamespace(png=words.encode)

        picture.held, picture.drawn = held, None
    panel.update()
    return panel


def small_panel():
    panel = st.panel(
        lambda hz, gain: (picture(tone(hz)[:2000]), gain * tone(hz)[:2000], f"{hz} Hz."),
        question="?",
        sr=SR,
        settings=dict(n_fft=256, hop_length=64),
        reference=lambda hz, gain: gain * tone(440)[:2000],
        line=lambda hz, gain: hz,
        hz=st.choice("Frequency", [440, 1000, 3000], 440),
        gain=st.choice("Gain", [0.1, 0.2], 0.1),
    )
    return drawn_in_words(panel)


def looks(panel):
    seen = [picture.value for picture in panel.pictures]
    return [*seen, *panel.player.sounds, panel.status.value]


def test_a_panel_stopped_at_any_line_is_put_right_by_the_next_move():
    def move(panel, hz, gain):
        panel.controls["gain"].value, panel.controls["hz"].value = gain, hz

    panel, fresh = small_panel(), small_panel()
    move(fresh, 3000, 0.2)
    for n in itertools.count(1):
        if not stopped_at_line(n, lambda: move(panel, 1000, 0.2)):
            break
        move(panel, 3000, 0.2)
        assert looks(panel) == looks(fresh), f"stopped at line {n}"
        move(panel, 440, 0.1)
    assert n > 40  # so many lines are in it


def small_bench():
    def compute(y, gain):
        return {"before": picture(y), "after": picture(y[::-1])}, gain * y[::-1], f"{gain}."

    bench = st.workbench(
        compute,
        lambda y, z, gain: {"gain": f"{gain}"},
        question="?",
        sr=SR,
        clips=["slt"],
        seconds=0.6,
        unused={},
        gain=st.choice("Gain", [0.1, 0.5], 0.5),
    )
    drawn_in_words(bench.panel)
    return bench


def test_a_workbench_stopped_at_any_line_takes_the_next_sound():
    first, second = (sound_file(tone(hz)[:9600], SR) for hz in (500, 900))
    bench, fresh = small_bench(), small_bench()
    fresh.take("second.wav", second)
    for n in itertools.count(1):
        if not stopped_at_line(n, lambda n=n: bench.take(f"{n}.wav", first)):
            break
        bench.take("second.wav", second)
        assert looks(bench.panel) == looks(fresh.panel) and bench.words == fresh.words, n
        bench.sound.value = "slt"  # the list of sounds still answers
        assert bench.words.startswith("slt is chosen"), n
    assert n > 40


def test_a_blind_test_stopped_at_any_line_still_tells_the_truth():
    test = st.blind_test({"low": tone(200), "high": tone(2000)}, SR, seed=1)
    for n in itertools.count(1):
        test.asked = 0  # it would end at ten
        test.audio.heard = test.audio.versions[0]
        if not stopped_at_line(n, test.buttons["low"].click):
            break
        heard = "low" if loudest_hz(*decode(test.audio.sounds[0])) < 1000 else "high"
        assert test.hidden == heard, f"stopped at line {n}"
        assert test.asked <= 1, n
    assert n > 5


# --- twice ------------------------------------------------------------------------------------


class Showing:
    """Runs cells in this process and returns what they show."""

    def __init__(self, patch):
        matplotlib.use("agg")
        self.names, self.shown = {"__name__": "__main__"}, io.StringIO()
        for room in (figures, players):
            patch.setattr(room, "display", self.display)

    def display(self, thing):
        print(*re.findall('alt="([^"]+)"', getattr(thing, "data", None) or ""))

    def run(self, cell, name):
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(cell.source, name, "exec"), self.names)
        return out.getvalue()


@pytest.mark.slow
@named(NOTEBOOKS)
def test_each_cell_run_twice_shows_the_same_twice(path, monkeypatch):
    showing = Showing(monkeypatch)
    for number, cell in enumerate(code_cells(path)):
        once, again = (showing.run(cell, f"cell {number}") for _ in range(2))
        assert again == once, f"cell {number} shows something else when it is run again"
