"""Sounds for the tests: tones, files of them, and what is heard in what a player got."""

import io

import numpy as np
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
