"""try.html: what a person meets who has a browser and nothing else."""

import importlib
import io
import re
import wave

import numpy as np
import pytest
from conftest import ROOT
from sounds import loudest_hz, sound_file, tone

import audiotools as at

PAGE = ROOT / "try.html"


def test_the_page_is_made_of_what_lies_in_try(monkeypatch):
    """But for the clips: an MP3 depends on who encodes it."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    made = importlib.import_module("make_try").page()
    without = [re.sub(r'(id="clips">).*', r"\1", text) for text in (made, PAGE.read_text("utf-8"))]
    assert without[0] == without[1], "run python tools/make_try.py"


def test_it_is_one_small_file_that_asks_nobody():
    text = PAGE.read_text("utf-8")
    assert len(text.encode()) <= 400_000
    outside = re.sub(r'xmlns="[^"]+"|doi:\S+|https://developer\S+', "", text)
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]+/|@import|url\((?!data:)", outside)


# --- in a browser -----------------------------------------------------------------------

in_a_browser = pytest.mark.browser
SIZES = {"a phone": dict(width=390, height=844), "a desk": dict(width=1280, height=800)}


@pytest.fixture(params=SIZES)
def page(request, browser):
    """The page, opened from the disk, with its first answer."""
    context = browser.new_context(viewport=SIZES[request.param], permissions=["microphone"])
    context.set_default_timeout(60_000)  # ms, of a machine where other tests run beside
    yield opened(context)
    context.close()


def opened(context, link="", before=""):
    page = context.new_page()
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on("request", lambda asked: page.troubles.append(asked.url) if _leaves(asked) else None)
    if before:
        page.add_init_script(before)
    page.goto(PAGE.as_uri() + link)
    if not before:
        page.wait_for_function("document.body.dataset.answered")
    return page


def _leaves(asked):
    return not asked.url.startswith(("file:", "blob:", "data:"))


def answered(page, act):
    """Acts, and returns what the page says when it has answered, and the answer in the fold."""
    last = page.evaluate("document.body.dataset.answered")
    act()
    page.wait_for_function(f"document.body.dataset.answered !== '{last}'")
    return page.inner_text("#status"), page.text_content("#measured")


def heard(page, which):
    """Returns the samples that the player holds: 0 is the original, 1 what came back."""
    script = """async (which) => {
        const audio = document.querySelectorAll(".sounds audio")[which];
        return [...new Uint8Array(await (await fetch(audio.src)).arrayBuffer())];
    }"""
    with wave.open(io.BytesIO(bytes(page.evaluate(script, which)))) as file:
        assert file.getframerate() == 16000
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


@in_a_browser
def test_six_questions_lead_through_it(page):
    """Each answer is measured by audiotools on what the player holds."""
    questions = page.locator("#questions button")
    assert questions.count() == 6
    shares = []
    for i in range(5):
        said, answer = answered(page, questions.nth(i).click)
        assert "numbers a second" in said and not page.locator("#measured").is_visible()
        said_share = int(re.search(r"right in (\d+) %", answer)[1]) / 100
        y, z = heard(page, 0), heard(page, 1)
        assert np.abs(z).max() < 1 and abs(20 * np.log10(z.std() / y.std())) < 2
        fmax = 1000 if i == 4 else 420
        measured = at.pitch_accuracy(at.pitch(z, 16000, fmax=fmax), at.pitch(y, 16000, fmax=fmax))
        shares.append(measured)
        assert abs(measured - said_share) < 0.2, (i, measured, answer)  # YIN and pYIN
    spectrogram, twenty, pitched, low, tune = shares
    assert spectrogram > 0.9 and pitched > 0.9 and twenty < 0.1 and low < 0.3 and 0.2 < tune < 0.8
    said, _ = answered(page, questions.nth(5).click)  # your turn, on whatever sound is there
    assert "20 MFCCs" in said and page.evaluate("document.activeElement.id") == "record"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not page.troubles


@in_a_browser
def test_nothing_is_violated_that_axe_knows(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="an extra")
    page.locator("#answer summary").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@in_a_browser
def test_it_is_used_by_the_keyboard_alone(page):
    """Tab to a question, to the slider, to the player; nothing is pressed by a mouse."""

    def to(element):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({element!r})"):
                return
        raise AssertionError(f"{element} is not reached by the tab key")

    page.evaluate("document.body.focus()")
    to("#questions li:nth-child(3) button")
    said, _ = answered(page, lambda: page.keyboard.press("Enter"))
    assert "20 MFCCs and the pitch" in said
    to("#n")
    said, _ = answered(page, lambda: page.keyboard.press("ArrowRight"))
    assert "24 MFCCs and the pitch" in said
    to(".sounds .play")
    ready = "[...document.querySelectorAll('.sounds audio')].every((audio) => audio.readyState > 2)"
    page.wait_for_function(ready)
    page.keyboard.press("2")
    page.wait_for_function("!document.querySelectorAll('.sounds audio')[1].paused")
    page.keyboard.press(" ")
    page.wait_for_function("document.querySelectorAll('.sounds audio')[1].paused")
    page.keyboard.press("1")
    page.wait_for_function("!document.querySelectorAll('.sounds audio')[0].paused")
    assert not page.troubles


def given(name, data):
    """Returns a file as a browser is given it."""
    return dict(name=name, mimeType="application/octet-stream", buffer=data)


@in_a_browser
def test_a_file_is_read_and_a_long_one_has_a_part(page):
    t = np.arange(7 * 44100) / 44100
    note = given("<b>note</b>.wav", sound_file(0.3 * np.sin(2 * np.pi * 440 * t), 44100))
    _, answer = answered(page, lambda: page.set_input_files("#file", note))
    assert "around 440 Hz" in answer
    assert page.locator("#part").is_visible() and page.locator("#sound b").count() == 0
    assert "yours: <b>note</b>.wav" in page.inner_text("#sound")
    assert len(heard(page, 0)) == 5 * 16000
    assert loudest_hz(heard(page, 0), 16000) == pytest.approx(440, abs=1)


@in_a_browser
def test_what_is_no_sound_gets_one_line_and_the_page_lives_on(page):
    files = {
        "prose.txt": (b"These are my features.", "this is no sound that this browser reads"),
        "short.wav": (sound_file(tone(440)[:1600], 16000), "It lasts 0.10 s: take half a second"),
        "silent.wav": (sound_file(np.zeros(32000), 16000), "It is silent"),
        "many.wav": (sound_file(np.stack([tone(330)] * 6, axis=1), 192000), "It lasts 0.08 s"),
        "good.wav": (sound_file(np.stack([tone(330)] * 6, axis=1), 16000), "20 MFCCs"),
    }
    for name, (data, words) in files.items():
        page.set_input_files("#file", given(name, data))
        says = "words => document.getElementById('status').textContent.includes(words)"
        page.wait_for_function(says, arg=words)
    page.wait_for_function("/around 33. Hz/.test(document.getElementById('measured').textContent)")
    assert not page.troubles


@in_a_browser
def test_a_recording_is_taken(page):
    def record():
        page.click("#record")
        page.wait_for_function("document.getElementById('record').textContent === 'Stop'")
        page.wait_for_timeout(1500)  # of the beeps of Chromium's false microphone
        page.click("#record")

    answered(page, record)
    assert "yours: recording" in page.inner_text("#sound") and np.abs(heard(page, 0)).max() > 0.05


@in_a_browser
def test_a_link_holds_the_settings(browser):
    context = browser.new_context(viewport=SIZES["a phone"])
    context.set_default_timeout(60_000)
    page = opened(context, "#sound=kal16&keep=mel&n=40&rounds=8&phase=guessed")
    assert "40 mel bands" in page.inner_text("#status")
    assert page.evaluate("document.querySelector('#sound').value") == "kal16"
    assert "rounds=8" in page.evaluate("location.hash")
    page = opened(context, "#sound=constructor&keep=constructor&phase=__proto__&n=7&rounds=")
    assert "20 MFCCs" in page.inner_text("#status") and "rounds=32" in page.url
    page = opened(context, "#sound=%3Cimg%20src=x%3E&keep=no&n=7&rounds=1e9")
    assert "20 MFCCs" in page.inner_text("#status") and not page.troubles
    context.close()


@in_a_browser
def test_what_is_missing_is_said(browser):
    context = browser.new_context(viewport=SIZES["a phone"])
    context.set_default_timeout(60_000)
    page = opened(context, before="delete window.Worker;")
    assert "no Workers" in page.inner_text("#status")
    page = opened(context, before="delete Navigator.prototype.mediaDevices;")
    page.wait_for_function("document.body.dataset.answered")
    page.click("#record")
    assert "records on https and on localhost only" in page.inner_text("#status")
    refusal = "Promise.reject(new DOMException('', 'NotAllowedError'))"
    refused = f"navigator.mediaDevices.getUserMedia = () => {refusal};"
    page = opened(context, before=refused)
    page.wait_for_function("document.body.dataset.answered")
    page.click("#record")
    page.wait_for_function("/allow it/.test(document.getElementById('status').textContent)")
    context.close()


@in_a_browser
def test_what_came_back_can_be_saved(page, tmp_path):
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "back.wav")
    y, sr = at.load_wav(tmp_path / "back.wav")
    assert sr == 16000 and np.allclose(y, heard(page, 1), atol=1e-4)


# --- what a person does in a hurry --------------------------------------------------------


@in_a_browser
def test_a_second_file_of_the_same_name_is_heard(page):
    for hz in (220, 330):
        note = given("same.wav", sound_file(tone(hz), 16000))
        answered(page, lambda note=note: page.set_input_files("#file", note))
        assert loudest_hz(heard(page, 0), 16000) == pytest.approx(hz, abs=2)


@in_a_browser
def test_of_many_quick_wishes_the_last_is_answered(page):
    n = page.locator("#n")
    n.focus()
    for key in ["End", "Home"] * 10 + ["End"]:
        page.keyboard.press(key)
    words = "() => document.getElementById('status').textContent.startsWith('128 MFCCs: 8,000 ')"
    page.wait_for_function(words, timeout=30_000)  # two or three answers, not twenty-one


@in_a_browser
def test_where_all_phases_are_told_the_law_is_silent_and_they_are_counted(page):
    answered(page, page.locator("#questions button").nth(4).click)  # the tune
    said, answer = answered(page, page.get_by_label("told, all of it").check)
    assert "33,313 numbers a second" in said and "law" not in answer
    assert int(re.search(r"right in (\d+) %", answer)[1]) > 70


@in_a_browser
def test_leading_silence_is_passed_over(page):
    y = np.concatenate([np.zeros(6 * 16000), np.tile(tone(330), 7)])
    answered(page, lambda: page.set_input_files("#file", given("late.wav", sound_file(y, 16000))))
    assert page.input_value("#start") == "6" and np.abs(heard(page, 0)).max() > 0.05
    answered(page, page.locator("#questions button").first.click)
    assert not page.locator("#part").is_visible() and not page.troubles


@in_a_browser
def test_a_long_name_makes_no_page_wider(page):
    page.set_viewport_size(dict(width=320, height=700))
    name = "recording_of_a_very_long_afternoon_" * 6 + ".wav"
    answered(page, lambda: page.set_input_files("#file", given(name, sound_file(tone(220), 16000))))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
