// What the page asks for, away from the page: down the staircase and up again. Behind it in one
// Worker stands staircase.js, whose functions are called here by their names.

"use strict";

const LONG = { n_fft: 1024, hop_length: 256 },
  SHORT = { n_fft: 512, hop_length: 256 },
  N_MELS = 128;
const median = (x) => {
  const sorted = x.slice().sort();
  return sorted[Math.floor(sorted.length / 2)];
};

let sound = null; // the sound that is asked about, with what is measured of it once

function measure(y, sr, fmax) {
  const f0 = pitch(y, sr, { fmax });
  return {
    y,
    sr,
    fmax,
    f0,
    voiced: f0.filter((hz) => hz > 0),
    picture: pretty_spectrogram(y, LONG),
  };
}

// Down to what is kept, and up: the result and how many numbers a second were kept.
function walk({ y, sr, f0 }, { keep, n, rounds, phase }, tell) {
  const length = y.length,
    how = { ...LONG, length, n_iter: rounds, tell };
  const per_second = sr / LONG.hop_length;
  if (keep === "pitch") {
    const C = mfcc(y, sr, { n_mfcc: n, n_mels: N_MELS, ...SHORT });
    return {
      z: speak(C, f0, sr, { n_mels: N_MELS, ...SHORT, length, tell }),
      numbers: (n + 1) * per_second,
    };
  }
  const D = stft(y, LONG),
    S = magnitude(D),
    phases = D.re.map((re, i) => Math.atan2(D.im[i], re));
  const told = phase === "true",
    numbers = ((keep === "spectrogram" ? S.rows : n) + (told ? S.rows : 0)) * per_second;
  const start = told ? { n_iter: 0, init: phases } : {};
  if (keep === "spectrogram") return { z: griffin_lim(S, { ...how, ...start }), numbers };
  const filter = mel_filterbank(sr, LONG.n_fft, { n_mels: keep === "mel" ? n : N_MELS });
  let M = make_mel(S, filter);
  if (keep === "mfcc") M = mfcc_to_mel(mel_to_mfcc(M, { n_mfcc: n }), { n_mels: N_MELS });
  const init = start.init || best_start(n, LONG.n_fft);
  return { z: mel_to_audio(M, filter, { ...how, ...start, init }), numbers };
}

onmessage = ({ data: { id, given, settings } }) => {
  try {
    if (given) sound = measure(given.y, given.sr, given.fmax);
    const tell = (share) => postMessage({ id, share });
    const { z, numbers } = walk(sound, settings, tell),
      y = sound.y,
      sr = sound.sr;
    const levelled = match_level(z, y),
      g0 = pitch(levelled, sr, { fmax: sound.fmax });
    const voiced = sound.voiced;
    const { keep, n, phase } = settings,
      drawn = keep === "mel" ? { n_mels: n } : { n_mels: N_MELS };
    const lawful = phase === "guessed" && (keep === "mfcc" || keep === "mel");
    postMessage({
      id,
      settings,
      z: Float32Array.from(levelled),
      numbers,
      rate: sr,
      original: sound.picture,
      result: pretty_spectrogram(levelled, LONG),
      hz: voiced.length ? median(voiced) : 0,
      limit: lawful ? pitch_limit(n, sr, drawn) : 0,
      right: pitch_accuracy(g0, sound.f0),
    });
  } catch (error) {
    postMessage({ id, error: String(error.message || error) });
  }
};
