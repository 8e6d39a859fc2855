"""Sounds for the tests: tones, files of them, no voices, and what is heard in what a player got."""

import io

import numpy as np
import scipy.signal
import soundfile

SR = 16000
T = np.arange(SR) / SR


def tone(hz, amplitude=0.3):
    """Returns a second of a sine."""
    return (amplitude * np.sin(2 * np.pi * hz * T)).astype(np.float32)


def sound_file(y, sr, **options):
    """Returns a waveform as the bytes of a sound file, WAV unless the options say otherwise."""
    file = io.BytesIO()
    soundfile.write(file, y, sr, **{"format": "WAV", **options})
    return file.getvalue()


def decode(data):
    """Returns the waveform and the rate of the bytes of a sound file."""
    return soundfile.read(io.BytesIO(data), dtype="float32")


def loudest_hz(y, sr):
    """Returns the frequency of the highest peak in the spectrum of a waveform."""
    return np.abs(np.fft.rfft(y * np.hanning(len(y)))).argmax() * sr / len(y)


def rumble(seconds):
    """Returns brown noise, as of wind or of the sea: no pitch, no words, next to no treble."""
    noise = np.random.default_rng(0).normal(size=seconds * SR)
    y = scipy.signal.lfilter([1], [1, -0.999], noise)
    return 0.9 * y / np.abs(y).max()


def glides(seconds):
    """Returns slow low glides with pauses over a faint noise, as of a whale: a pitch, no words."""
    t = np.arange(seconds * SR) / SR
    hz = 250 + 170 * np.sin(2 * np.pi * 0.3 * t)
    turns = 2 * np.pi * np.cumsum(hz) / SR
    song = sum(np.sin(k * turns) / k**2 for k in (1, 2, 3))
    calls = np.maximum(np.sin(2 * np.pi * t / 3.3), 0)  # as long a pause between two of them
    return 0.5 * song * calls + 1e-3 * np.random.default_rng(0).normal(size=len(t))
