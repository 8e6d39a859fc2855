"""Compiles what the module (one function) and librosa (many) compile at first use, and keep.

    python -W ignore -m tools.warm_up     in the project; make lab does it
    python -W ignore warm_up.py           in a student set

It takes half a minute, which the first notebook, or forty at once, need not wait for.
"""

import librosa

import audiotools as at

y, sr = at.load_wav("data/slt.wav", duration=1)
S = abs(at.stft(y))
at.griffin_lim(S)
librosa.griffinlim(S, n_iter=1)
librosa.yin(y, fmin=65, fmax=420, sr=sr)
