"""Compiles what librosa and the module compile at first use; they keep the result.

    python -W ignore -m tools.warm_up     in the project; make lab does it
    python -W ignore warm_up.py           in a student set

It takes half a minute, which the first notebook, or forty at once, need not wait for.
"""

import librosa

import audiotools as at

y, sr = at.load_wav("data/slt.wav", duration=1)
at.pitch(y, sr)
S = abs(at.stft(y))
at.griffin_lim(S)
librosa.griffinlim(S, n_iter=1)
