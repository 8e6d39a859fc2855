"""sound: files, level, the band-pass filter.

More of it, drawn at random and from the tests of others, stands in test_properties.py and
test_peers.py, under "sound".
"""

import io
import os
import subprocess
import sys
from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.signal
import soundfile

import audiotools as at
from staircase.sound import resample

ROOT = Path(__file__).resolve().parent.parent
SR = 16000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(SR) / SR)


# --- files -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subtype, step",
    # Rounding to b bits may be off by one step of 2 / 2^b; a float file is float32.
    [("PCM_U8", 2 / 2**8), ("PCM_16", 2 / 2**16), ("PCM_24", 2 / 2**24), ("FLOAT", 1e-7)],
)
def test_every_sample_format_comes_in_at_full_scale_one(tmp_path, subtype, step):
    soundfile.write(tmp_path / "tone.wav", TONE, SR, subtype=subtype)
    y, sr = at.load_wav(tmp_path / "tone.wav")
    assert sr == SR and y.dtype == np.float32 and y.shape == TONE.shape
    assert np.abs(y - TONE).max() <= step + 1e-7


def test_stereo_becomes_the_mean_of_its_channels(tmp_path):
    soundfile.write(tmp_path / "two.wav", np.stack([TONE, np.zeros(SR)], axis=1), SR)
    y, _ = at.load_wav(str(tmp_path / "two.wav"))
    assert np.abs(y - TONE / 2).max() < 2 / 2**16


def test_load_reads_from_memory_and_stops_at_duration(slt):
    file = io.BytesIO()
    soundfile.write(file, slt[0], SR, format="FLAC")
    file.seek(0)
    y, sr = at.load_wav(file, duration=0.25)
    assert len(y) == 4000 and np.array_equal(y, slt[0][:4000])


def test_resampling_keeps_pitch_and_level(tmp_path):
    soundfile.write(tmp_path / "tone.wav", TONE, SR)
    y, sr = at.load_wav(tmp_path / "tone.wav", sr=22050)
    assert sr == 22050 and len(y) == 22050
    peak_hz = np.abs(np.fft.rfft(y * np.hanning(len(y)))).argmax() * sr / len(y)
    assert abs(peak_hz - 440) < 1  # one bin
    assert abs(y.std() / TONE.std() - 1) < 0.01  # the edges ring a little


def test_one_sample_is_a_sound_and_the_shortest_duration_reads_it(tmp_path):
    soundfile.write(tmp_path / "one.wav", TONE[100:101], SR)
    assert at.load_wav(tmp_path / "one.wav")[0].shape == (1,)
    soundfile.write(tmp_path / "tone.wav", TONE, SR)
    assert at.load_wav(tmp_path / "tone.wav", duration=1e-9)[0].shape == (1,)
    assert at.load_wav(tmp_path / "tone.wav", duration=1.6 / SR)[0].shape == (2,)


def test_save_rounds_to_the_nearest_step(tmp_path):
    steps = np.linspace(-20.3, 20.2, 1000)  # of 16 bits
    at.save_wav(tmp_path / "soft.wav", steps / 2**15, SR)
    assert np.array_equal(at.load_wav(tmp_path / "soft.wav")[0] * 2**15, np.round(steps))
    at.save_wav(tmp_path / "full.wav", np.array([-1.0, 1.0]), SR)
    assert np.array_equal(at.load_wav(tmp_path / "full.wav")[0], [-1, 1 - 2**-15])


def test_save_refuses_to_clip(tmp_path):
    with pytest.raises(ValueError, match="peaks at 3, above full scale 1.0"):
        at.save_wav(tmp_path / "loud.wav", np.array([0.0, 3.0]), SR)
    assert not (tmp_path / "loud.wav").exists()


# --- level -----------------------------------------------------------------------------


def test_match_level_gives_the_reference_level_and_never_clips(voice):
    y, _ = voice
    soft = 0.1 * TONE  # so soft that no peak of a voice at its level reaches 1
    matched = at.match_level(1e-4 * y, soft)
    assert np.sqrt(np.mean(matched**2)) == pytest.approx(np.sqrt(np.mean(soft**2)), rel=1e-4)
    assert np.abs(matched).max() < 1
    click = np.r_[np.zeros(1000), 0.1]
    assert np.abs(at.match_level(click, TONE)).max() == 1  # its RMS can not get there
    assert not at.match_level(np.zeros(9), TONE).any()


def test_match_level_works_at_extreme_levels():
    for gain in (1e-30, 1e-20, 1e15):
        matched = at.match_level((gain * TONE).astype(np.float32), TONE)
        assert np.abs(matched - TONE).max() < 1e-5
    matched = at.match_level(1e-310 * TONE, TONE)
    assert np.abs(matched - TONE).max() < 1e-5  # so small a number has 14 digits left


# --- band-pass -------------------------------------------------------------------------


def test_bandpass_is_three_decibels_down_at_its_edges():
    for order in (1, 2, 5):
        sections = at.butter_bandpass(500, 4000, SR, order=order)
        assert sections.shape == (order, 6)
        _, gain = scipy.signal.sosfreqz(sections, worN=[500, 1500, 4000], fs=SR)
        gain_db = 20 * np.log10(np.abs(gain))
        assert gain_db[[0, 2]] == pytest.approx([-3.01, -3.01], abs=0.01)  # 10 log10(1/2)
        assert gain_db[1] == pytest.approx(0, abs=0.7)  # order 1 is not flat inside


# --- another rate -----------------------------------------------------------------------


@pytest.mark.parametrize("sr", [8000, 11025, 16001, 22050.5, 48000])
def test_another_rate_is_librosas(sr, slt):
    y, native_sr = slt
    for x in (y, y[:5].astype(np.float64)):
        theirs = librosa.resample(x, orig_sr=native_sr, target_sr=sr)
        assert np.array_equal(resample(x, native_sr, sr), theirs)


# --- where numba may keep nothing, or where a library is missing ------------------------

USES = {
    "load_wav": "at.load_wav('data/slt.wav', sr=8000)",
    "pitch": "at.pitch(np.sin(np.arange(4000) / 10), 16000)",
    "intelligibility": "y = np.sin(np.arange(20011.)); at.intelligibility(y, y, 16001)",
}


def run(code, **environment):
    command = [sys.executable, "-c", "import numpy as np, audiotools as at; " + code]
    environment = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)


def test_nothing_waits_for_numba_or_librosa():
    """They take seconds to load, half a minute the first time, and need a place to keep it."""
    uses = "; ".join(USES.values())
    said = run(f"import sys; {uses}; print({{'numba', 'librosa'}} & set(sys.modules))")
    assert said.stdout == "set()\n", said.stderr


@pytest.mark.parametrize("library, use", [("soxr", "load_wav"), ("pystoi", "intelligibility")])
def test_a_library_that_is_missing_is_named_with_its_cure(library, use):
    last = run(f"import sys; sys.modules[{library!r}] = None; " + USES[use]).stderr.splitlines()[-1]
    assert last.startswith(f"ModuleNotFoundError: {library}.")
    assert last.endswith(f"pip install {library}")


def test_what_a_library_itself_misses_is_told_by_its_own_name():
    missing = "import sys; sys.modules['soxr.soxr_ext'] = None; "
    last = run(missing + USES["load_wav"]).stderr.splitlines()[-1]
    assert "soxr_ext" in last and "pip install" not in last


def test_the_table_of_failures_knows_it():
    table = (ROOT / "README.md").read_text().partition("## When something fails")[2]
    assert "no locator available" in table and "export NUMBA_CACHE_DIR=" in table
