// From sound to numbers and back, in a browser: the staircase of audiotools.py, read beside it.
//
//   down   y --stft--> D --magnitude--> S --make_mel--> M --mel_to_mfcc--> C
//   up     y <--istft-- D <--griffin_lim-- S <--mel_to_spectrogram-- M <--mfcc_to_mel-- C
//
// The names and their order are those of audiotools.py; each comment names the twin, where the idea
// is explained. Options come in one object; frames are of 1024 samples where nothing is said (there
// of 2048), 256 apart. Arguments are not checked: the page offers what works. No page is touched,
// nothing is drawn at random without a seed. An array of frames is a Matrix: {rows, frames, data}, one frame after the other in memory,
// so that row k of frame t is data[t * rows + k]. (In Python frames are columns.)

"use strict";

const matrix = (rows, frames, data = new Float64Array(rows * frames)) => ({ rows, frames, data });

// --- engine.py and scipy.fft: the transform of real numbers -------------------------------------

const plans = new Map();

// A plan for real transforms of n samples, a power of two, by complex ones of half the length.
function plan_fft(n) {
  if (plans.has(n)) return plans.get(n);
  const m = n >> 1,
    swapped = new Uint32Array(m);
  const cos = Float64Array.from({ length: m }, (_, i) => Math.cos((2 * Math.PI * i) / n));
  const sin = Float64Array.from({ length: m }, (_, i) => Math.sin((2 * Math.PI * i) / n));
  const re = new Float64Array(m),
    im = new Float64Array(m);
  for (let i = 1, j = 0; i < m; i++) {
    let bit = m >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    swapped[i] = j ^= bit;
  }

  function complex(sign) {
    // in place, on numbers in swapped order
    for (let half = 1, step = m; half < m; half *= 2, step >>= 1) {
      for (let j = 0; j < half; j++) {
        const k = j * step,
          wr = cos[k],
          wi = sign * sin[k];
        for (let a = j; a < m; a += 2 * half) {
          const b = a + half,
            xr = re[b] * wr - im[b] * wi,
            xi = re[b] * wi + im[b] * wr;
          re[b] = re[a] - xr;
          im[b] = im[a] - xi;
          re[a] += xr;
          im[a] += xi;
        }
      }
    }
  }

  const plan = {
    forward(x, outRe, outIm, at) {
      // n real samples to n/2 + 1 complex rows, written from `at` on
      for (let i = 0; i < m; i++) {
        re[swapped[i]] = x[2 * i];
        im[swapped[i]] = x[2 * i + 1];
      }
      complex(-1);
      for (let k = 0; k <= m; k++) {
        const a = k % m,
          b = (m - k) % m,
          wr = k < m ? cos[k] : -1,
          wi = k < m ? -sin[k] : 0;
        const er = (re[a] + re[b]) / 2,
          ei = (im[a] - im[b]) / 2;
        const or = (im[a] + im[b]) / 2,
          oi = (re[b] - re[a]) / 2;
        outRe[at + k] = er + or * wr - oi * wi;
        outIm[at + k] = ei + or * wi + oi * wr;
      }
    },
    backward(inRe, inIm, at, x) {
      // and back
      for (let k = 0; k < m; k++) {
        const a = at + k,
          b = at + m - k;
        const er = (inRe[a] + inRe[b]) / 2,
          ei = (inIm[a] - inIm[b]) / 2;
        const dr = (inRe[a] - inRe[b]) / 2,
          di = (inIm[a] + inIm[b]) / 2;
        re[swapped[k]] = er - (di * cos[k] + dr * sin[k]);
        im[swapped[k]] = ei + (dr * cos[k] - di * sin[k]);
      }
      complex(1);
      for (let i = 0; i < m; i++) {
        x[2 * i] = re[i] / m;
        x[2 * i + 1] = im[i] / m;
      }
    },
  };
  plans.set(n, plan);
  return plan;
}

// Numbers from 0 to 1 that a seed decides (numpy has other ones).
function random(seed) {
  let state = (seed * 2654435761 + 1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// --- frames.py: y <-> D --------------------------------------------------------------------------

// Where the frames of `length` samples lie and how they are weighted: frames.Grid. The window is
// Hann's, periodic; frames are centred, and beyond its ends the sound is silent.
function grid({
  n_fft = 1024,
  hop_length = 256,
  length,
  n_frames = 1 + Math.floor(length / hop_length),
}) {
  const before = n_fft / 2,
    rows = 1 + n_fft / 2;
  const window = Float64Array.from(
    { length: n_fft },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n_fft),
  );
  const padded = Math.max(length + n_fft, hop_length * (n_frames - 1) + n_fft);
  const weight = new Float64Array(padded); // what the squared windows over a sample add up to
  for (let t = 0; t < n_frames; t++) {
    for (let i = 0; i < n_fft; i++) weight[t * hop_length + i] += window[i] ** 2;
  }
  const last = before + hop_length * (n_frames - 1); // the last centre: behind it a window fades out
  for (let i = last; i < padded; i++) weight[i] = Math.max(weight[i], 0.1);
  return {
    n_fft,
    hop_length,
    length,
    n_frames,
    rows,
    before,
    window,
    padded,
    weight,
    buffer: new Float64Array(n_fft),
  };
}

// The grid of spectra, or of other frames X.
const grid_of = (X, { hop_length = 256, length = hop_length * (X.frames - 1), ...rest }) =>
  grid({ ...rest, hop_length, length, n_frames: X.frames });

const framed = (y, g) => {
  const x = new Float64Array(g.padded);
  x.set(y.subarray(0, g.length), g.before);
  return x;
};
const heard = (x, g) => x.slice(g.before, g.before + g.length);
const blank_spectra = (g) => ({
  rows: g.rows,
  frames: g.n_frames,
  re: new Float64Array(g.rows * g.n_frames),
  im: new Float64Array(g.rows * g.n_frames),
});

// engine.Frames.spectra: of a sound with the silence before it, into D.
function transform(x, g, D) {
  const plan = plan_fft(g.n_fft);
  for (let t = 0; t < g.n_frames; t++) {
    for (let i = 0, at = t * g.hop_length; i < g.n_fft; i++) g.buffer[i] = x[at + i] * g.window[i];
    plan.forward(g.buffer, D.re, D.im, t * g.rows);
  }
  return D;
}

// frames.Grid.join: the sound whose frames come nearest to D, with the silence before it.
function join(D, g, x = new Float64Array(g.padded)) {
  const plan = plan_fft(g.n_fft),
    end = g.before + g.length;
  x.fill(0);
  for (let t = 0; t < g.n_frames; t++) {
    plan.backward(D.re, D.im, t * g.rows, g.buffer);
    for (let i = 0, at = t * g.hop_length; i < g.n_fft; i++) x[at + i] += g.buffer[i] * g.window[i];
  }
  for (let i = 0; i < g.padded; i++) x[i] = i >= g.before && i < end ? x[i] / g.weight[i] : 0;
  return x;
}

// audiotools.stft
const stft = (y, options = {}) => {
  const g = grid({ ...options, length: y.length });
  return transform(framed(y, g), g, blank_spectra(g));
};

// audiotools.istft (behind the last frame's centre, where one window fades out, a little softer)
const istft = (D, options = {}) => {
  const g = grid_of(D, { n_fft: 2 * (D.rows - 1), ...options });
  return heard(join(D, g), g);
};

// numpy.abs
function magnitude(D) {
  const S = matrix(D.rows, D.frames);
  for (let i = 0; i < S.data.length; i++) S.data[i] = Math.sqrt(D.re[i] ** 2 + D.im[i] ** 2);
  return S;
}

// --- decibels.py ---------------------------------------------------------------------------------

const largest = (x) => {
  let most = -Infinity;
  for (const v of x) if (v > most) most = v;
  return most;
};

// audiotools.power_to_db, of any array
function power_to_db(P, { top_db = 80 } = {}) {
  const dB = Float64Array.from(P, (p) => 10 * Math.log10(Math.max(p, 1e-10)));
  const floor = top_db === null ? -Infinity : largest(dB) - top_db;
  return dB.map((level) => Math.max(level, floor));
}

// audiotools.pretty_spectrogram
function pretty_spectrogram(y, options = {}) {
  const S = magnitude(stft(y, options)),
    peak = largest(S.data) || 1;
  return matrix(
    S.rows,
    S.frames,
    S.data.map((s) => Math.max(20 * Math.log10(Math.max(s / peak, 1e-5)), -80)),
  );
}

// --- phase.py and engine.py: S -> y --------------------------------------------------------------

// engine.iterate: overshoot every step by gamma, look ahead along it by momentum. P is `project`.
function iterate(project, x, { n_iter, momentum, gamma }, tell = () => {}) {
  let ahead = x.slice(),
    last = x.slice(),
    y = x.slice();
  for (let n = 0; n < n_iter; n++) {
    for (let i = 0; i < y.length; i++) {
      const t = ahead[i] + gamma * (y[i] - ahead[i]),
        before = last[i];
      last[i] = t;
      ahead[i] = t + momentum * (t - before);
    }
    y = project(ahead, y);
    tell((n + 1) / n_iter);
  }
  return y;
}

// engine.keep_magnitude
function keep_magnitude(S) {
  const faint = Number.MIN_VALUE * 2 ** 60 * Math.max(1, largest(S.data));
  return (D) => {
    for (let i = 0; i < S.data.length; i++) {
      const gain = S.data[i] / (Math.sqrt(D.re[i] ** 2 + D.im[i] ** 2) + faint);
      D.re[i] *= gain;
      D.im[i] *= gain;
    }
  };
}

// engine.projection
function projection(g, fit) {
  const D = blank_spectra(g);
  return (ahead, y) => {
    transform(ahead, g, D);
    fit(D);
    return join(D, g, y);
  };
}

// engine.with_phases
function with_phases(S, phase) {
  const D = {
    rows: S.rows,
    frames: S.frames,
    re: new Float64Array(S.data.length),
    im: new Float64Array(S.data.length),
  };
  for (let i = 0; i < S.data.length; i++) {
    D.re[i] = S.data[i] * Math.cos(phase[i]);
    D.im[i] = S.data[i] * Math.sin(phase[i]);
  }
  return D;
}

// engine.random_phases (other draws)
function random_phases(S, seed) {
  const next = random(seed);
  return Float64Array.from(S.data, () => 2 * Math.PI * next());
}

// engine.nearest_bell: the width of the bell nearest to Hann's window of n samples, measured there.
const BELL = 0.498868;

// audiotools.phase_gradient, for frames that overlap by three quarters or more
function phase_gradient(S, { seed = 0, ...options } = {}) {
  const { rows, frames } = S,
    g = grid_of(S, { n_fft: 2 * (rows - 1), ...options }),
    n = S.data.length,
    peak = Math.max(largest(S.data), 1e-300);
  const log = Float64Array.from(S.data, (s) => Math.log(Math.max(s / peak, 1e-10)));
  const width = BELL * g.n_fft,
    hop = g.hop_length;
  const time_step = new Float64Array(n),
    row_step = new Float64Array(n),
    level = new Int32Array(n);
  const LEVELS = 480,
    nepers = 3 * Math.log(10); // 60 dB in steps of an eighth of a decibel
  for (let t = 0; t < frames; t++) {
    for (let k = 0; k < rows; k++) {
      const i = t * rows + k,
        above = k + 1 < rows ? i + 1 : i - 1,
        below = k ? i - 1 : i + 1;
      const next = t + 1 < frames ? i + rows : i,
        before = t ? i - rows : i;
      time_step[i] =
        (2 * Math.PI * hop * k) / g.n_fft +
        (((hop * g.n_fft) / width ** 2) * (log[above] - log[below])) / 2;
      row_step[i] = -Math.PI - ((width ** 2 / (hop * g.n_fft)) * (log[next] - log[before])) / 2;
      level[i] = Math.floor(-log[i] * (LEVELS / nepers));
    }
  }
  const next = random(seed),
    phase = new Float64Array(n);
  for (let i = 0; i < n; i++)
    phase[i] = i % rows && i % rows < rows - 1 ? Math.PI * (2 * next() - 1) : 0;
  return spread(phase, level, time_step, row_step, rows, LEVELS);
}

// engine._spread: from the loudest cells outwards; cells wait in one stack for each level
function spread(phase, level, time_step, row_step, rows, levels) {
  const n = phase.length,
    done = new Uint8Array(n);
  const waiting = new Int32Array(levels).fill(-1),
    under = new Int32Array(n);
  const unseen = new Int32Array(levels).fill(-1),
    unseen_under = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    if (level[i] >= levels) done[i] = 1;
    else {
      unseen_under[i] = unseen[level[i]];
      unseen[level[i]] = i;
    }
  }
  let loudest = 0,
    fresh = 0;
  while (fresh < levels) {
    while (loudest < levels && waiting[loudest] < 0) loudest++;
    let cell;
    if (loudest < levels) {
      cell = waiting[loudest];
      waiting[loudest] = under[cell];
    } else {
      cell = unseen[fresh];
      if (cell < 0) {
        fresh++;
        continue;
      }
      unseen[fresh] = unseen_under[cell];
      if (done[cell]) continue;
      done[cell] = 1; // begins with its random phase
    }
    const row = cell % rows;
    for (const step of [1, -1, rows, -rows]) {
      const other = cell + step;
      if (other < 0 || other >= n || done[other]) continue;
      const along_time = step === rows || step === -rows;
      if (!along_time && (row + step < 0 || row + step >= rows)) continue;
      const steps = along_time ? time_step : row_step,
        change = (steps[cell] + steps[other]) / 2;
      const turned = phase[cell] + (step > 0 ? change : -change);
      phase[other] = turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI));
      done[other] = 1;
      under[other] = waiting[level[other]];
      waiting[level[other]] = other;
      loudest = Math.min(loudest, level[other]);
    }
  }
  return phase;
}

const first_phases = (S, init, g, seed) =>
  typeof init === "string"
    ? init === "gradient"
      ? phase_gradient(S, { n_fft: g.n_fft, hop_length: g.hop_length, seed })
      : random_phases(S, seed)
    : init;

// audiotools.griffin_lim; `init` is "gradient", "random" or phases
function griffin_lim(
  S,
  { n_iter = 16, momentum = 0.99, gamma = 1.25, init = "gradient", seed = 0, tell, ...rest } = {},
) {
  const g = grid_of(S, { n_fft: 2 * (S.rows - 1), ...rest });
  const x = join(with_phases(S, first_phases(S, init, g, seed)), g);
  return heard(iterate(projection(g, keep_magnitude(S)), x, { n_iter, momentum, gamma }, tell), g);
}

// --- mel.py: S <-> M -----------------------------------------------------------------------------

// audiotools.hz_to_mel and mel_to_hz: Slaney's scale
const hz_to_mel = (hz) =>
  hz < 1000 ? (hz * 3) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4);
const mel_to_hz = (mel) =>
  mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27);

// mel.band_edges
const band_edges = (n_mels, sr) =>
  Array.from({ length: n_mels + 2 }, (_, i) => mel_to_hz((i * hz_to_mel(sr / 2)) / (n_mels + 1)));

// audiotools.mel_filterbank: of each band the first row that it hears, and the weights from there on
function mel_filterbank(sr, n_fft, { n_mels = 128 } = {}) {
  const edges = band_edges(n_mels, sr),
    hz = sr / n_fft;
  return edges.slice(1, -1).map((centre, b) => {
    const low = edges[b],
      high = edges[b + 2],
      from = Math.floor(low / hz) + 1,
      weights = [];
    for (let k = from; k * hz < high && k <= n_fft / 2; k++) {
      weights.push(
        (2 / (high - low)) *
          Math.min((k * hz - low) / (centre - low), (high - k * hz) / (high - centre)),
      );
    }
    return { from, weights: Float64Array.from(weights) };
  });
}

// audiotools.make_mel with power=2: of powers
function make_mel(S, mel_filter) {
  const n_mels = mel_filter.length,
    M = matrix(n_mels, S.frames);
  for (let t = 0; t < S.frames; t++) {
    for (let b = 0; b < n_mels; b++) {
      const { from, weights } = mel_filter[b],
        at = t * S.rows + from;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * S.data[at + k] ** 2;
      M.data[t * n_mels + b] = sum;
    }
  }
  return M;
}

// mel._correction: by what powers P must be multiplied to approach M (Richardson and Lucy)
function correction(M, mel_filter, rows) {
  const per_row = new Float64Array(rows),
    faint = 1e-30 * Math.max(1, largest(M.data)),
    n = mel_filter.length;
  for (const { from, weights } of mel_filter)
    weights.forEach((w, k) => {
      per_row[from + k] += w;
    });
  const least = 1e-9 * largest(per_row);
  return (P, at, t, factor) => {
    // of frame t, whose rows begin at `at`
    factor.fill(0);
    for (let b = 0; b < n; b++) {
      const { from, weights } = mel_filter[b];
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * P[at + from + k];
      const ratio = M.data[t * n + b] / Math.max(sum, faint);
      for (let k = 0; k < weights.length; k++) factor[from + k] += weights[k] * ratio;
    }
    for (let k = 0; k < rows; k++) factor[k] = per_row[k] > least ? factor[k] / per_row[k] : 0;
  };
}

// audiotools.mel_to_spectrogram with power=2
function mel_to_spectrogram(M, mel_filter, { n_fft = 1024, n_iter = 10 } = {}) {
  const rows = 1 + n_fft / 2,
    P = new Float64Array(rows * M.frames).fill(1);
  const correct = correction(M, mel_filter, rows),
    factor = new Float64Array(rows);
  for (let t = 0; t < M.frames; t++) {
    for (let n = 0; n <= n_iter; n++) {
      correct(P, t * rows, t, factor);
      for (let k = 0; k < rows; k++) P[t * rows + k] *= factor[k];
    }
  }
  return matrix(rows, M.frames, P.map(Math.sqrt));
}

// mel.best_start
const best_start = (n_numbers, n_fft) => (16 * n_numbers >= n_fft ? "gradient" : "random");

// audiotools.mel_to_audio with power=2
function mel_to_audio(M, mel_filter, { n_iter = 8, init, n_fft = 1024, seed = 0, tell, ...rest }) {
  const g = grid_of(M, { ...rest, n_fft });
  init = init || best_start(M.rows, n_fft);
  const S = mel_to_spectrogram(M, mel_filter, { n_fft, n_iter: init === "random" ? 0 : 10 });
  const correct = correction(M, mel_filter, g.rows),
    factor = new Float64Array(g.rows),
    P = new Float64Array(g.rows);
  const fit = (D) => {
    for (let t = 0; t < g.n_frames; t++) {
      const at = t * g.rows;
      for (let k = 0; k < g.rows; k++) P[k] = D.re[at + k] ** 2 + D.im[at + k] ** 2;
      correct(P, 0, t, factor);
      for (let k = 0; k < g.rows; k++) {
        const gain = Math.sqrt(factor[k]);
        D.re[at + k] *= gain;
        D.im[at + k] *= gain;
      }
    }
  };
  const x = join(with_phases(S, first_phases(S, init, g, seed)), g);
  return heard(iterate(projection(g, fit), x, { n_iter, momentum: 0.9, gamma: 1.25 }, tell), g);
}

// --- cepstrum.py: M <-> C ------------------------------------------------------------------------

// scipy.fft.dct(type=2, norm="ortho"): the first `keep` cosines of n bands, one after the other
function cosines(n, keep) {
  const rows = new Float64Array(n * keep);
  for (let q = 0; q < keep; q++) {
    for (let b = 0; b < n; b++)
      rows[q * n + b] = Math.sqrt((q ? 2 : 1) / n) * Math.cos((Math.PI * q * (b + 0.5)) / n);
  }
  return rows;
}

// audiotools.mel_to_mfcc
function mel_to_mfcc(M, { n_mfcc = 20, top_db = 80 } = {}) {
  const n = M.rows,
    basis = cosines(n, n_mfcc),
    C = matrix(n_mfcc, M.frames),
    dB = power_to_db(M.data, { top_db });
  for (let t = 0; t < M.frames; t++) {
    for (let q = 0; q < n_mfcc; q++) {
      let sum = 0;
      for (let b = 0; b < n; b++) sum += basis[q * n + b] * dB[t * n + b];
      C.data[t * n_mfcc + q] = sum;
    }
  }
  return C;
}

// cepstrum.smooth_levels: in dB
function smooth_levels(C, n_mels) {
  const basis = cosines(n_mels, C.rows),
    L = matrix(n_mels, C.frames);
  for (let t = 0; t < C.frames; t++) {
    for (let q = 0; q < C.rows; q++) {
      const c = C.data[t * C.rows + q];
      for (let b = 0; b < n_mels; b++) L.data[t * n_mels + b] += basis[q * n_mels + b] * c;
    }
  }
  return L;
}

// audiotools.mfcc_to_mel
function mfcc_to_mel(C, { n_mels = 128 } = {}) {
  const L = smooth_levels(C, n_mels);
  return matrix(
    n_mels,
    C.frames,
    L.data.map((level) => 10 ** (level / 10)),
  );
}

// audiotools.mfcc
function mfcc(y, sr, { n_mfcc = 20, n_mels = 128, n_fft = 1024, hop_length = 256 } = {}) {
  const S = magnitude(stft(y, { n_fft, hop_length }));
  return mel_to_mfcc(make_mel(S, mel_filterbank(sr, n_fft, { n_mels })), { n_mfcc });
}

// audiotools.mfcc_to_audio
function mfcc_to_audio(C, sr, { n_mels = 128, n_fft = 1024, init, ...rest }) {
  const mel_filter = mel_filterbank(sr, n_fft, { n_mels });
  return mel_to_audio(mfcc_to_mel(C, { n_mels }), mel_filter, {
    ...rest,
    n_fft,
    init: init || best_start(C.rows, n_fft),
  });
}

// --- voice.py: C and a pitch -> y ----------------------------------------------------------------

// audiotools.pitch, by YIN instead of pyin (de Cheveigné and Kawahara 2002, doi:10.1121/1.1458024):
// how little a frame differs from itself a period later. Dips of that are candidates; the path
// through them, or through silence, that costs least is the pitch (as pyin's, but by costs).
const UNVOICED = 0.6,
  TURN = 0.2,
  LEAP = 1.3,
  LONGER = 0.08; // costs: none, on or off, an octave, one lower
const CANDIDATES = 8;

function pitch(
  y,
  sr,
  { hop_length = 256, frame_length = 1024, fmin = 65, fmax = 420, top_db = 34 } = {},
) {
  const n_frames = 1 + Math.floor(y.length / hop_length),
    power = new Float64Array(n_frames);
  const least = Math.max(2, Math.floor(sr / fmax)),
    most = Math.ceil(sr / fmin) + 1;
  const x = new Float64Array(y.length + 2 * frame_length),
    normal = new Float64Array(most + 1);
  const mean = y.reduce((sum, v) => sum + v, 0) / y.length;
  x.set(
    y.map((v) => v - mean),
    frame_length / 2,
  );
  for (let t = 0; t < n_frames; t++) {
    for (let i = 0, at = t * hop_length; i < frame_length; i++) power[t] += x[at + i] ** 2;
  }
  const silent = Math.max(largest(power) * 10 ** (-top_db / 10), 1e-12);
  const choices = Array.from(power, (loud, t) => {
    if (loud <= silent) return [];
    differences(x, t * hop_length, frame_length - most, normal);
    return dips(normal, least, most).map(({ lag, cost }) => ({ hz: sr / lag, cost }));
  });
  return cheapest(choices, fmax * 1.02);
}

// Of `span` samples from `at` on, how they differ from those each lag later, over the mean so far.
function differences(x, at, span, normal) {
  normal[0] = 1;
  for (let lag = 1, sum = 0; lag < normal.length; lag++) {
    let difference = 0;
    for (let i = at; i < at + span; i++) {
      const d = x[i] - x[i + lag];
      difference += d * d;
    }
    sum += difference;
    normal[lag] = sum ? (difference * lag) / sum : 1;
  }
}

// The dips that cost least, each refined between samples by a parabola.
function dips(normal, least, most) {
  const found = [];
  for (let lag = least; lag < most; lag++) {
    const [a, b, c] = [normal[lag - 1], normal[lag], normal[lag + 1]],
      bend = a - 2 * b + c;
    if (b > a || b >= c) continue;
    const deep = Math.max(0, b - (a - c) ** 2 / (8 * bend));
    found.push({ lag: lag + (a - c) / (2 * bend), cost: deep + LONGER * Math.log2(lag / least) });
  }
  return found.sort((a, b) => a.cost - b.cost).slice(0, CANDIDATES);
}

// The pitches on the path that costs least, 0 where it goes without one.
function cheapest(choices, fmax) {
  let paths = [{ cost: 0, hz: 0, before: null }];
  for (const candidates of choices) {
    const next = [
      { cost: candidates.length ? UNVOICED : 0, hz: 0 },
      ...candidates.filter(({ hz }) => hz <= fmax),
    ];
    paths = next.map(({ cost, hz }) => {
      let best = null;
      for (const path of paths) {
        const step =
          hz && path.hz ? LEAP * Math.abs(Math.log2(hz / path.hz)) : hz || path.hz ? TURN : 0;
        if (!best || path.cost + step < best.cost) best = { cost: path.cost + step, before: path };
      }
      return { cost: best.cost + cost, hz, before: best.before };
    });
  }
  const f0 = new Float64Array(choices.length);
  let path = paths.reduce((a, b) => (b.cost < a.cost ? b : a));
  for (let t = choices.length - 1; t >= 0; t--, path = path.before) f0[t] = path.hz;
  return f0;
}

// voice.source: a pulse for every period, noise where there is no pitch, both of power 1
function source(f0, sr, hop_length, length, seed) {
  const next = random(seed),
    y = new Float64Array(length),
    voiced = [];
  f0.forEach((hz, t) => {
    if (hz > 0) voiced.push(t);
  });
  for (let i = 0, turns = 0, v = 0; i < length; i++) {
    const frame = i / hop_length,
      noise = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    while (v + 1 < voiced.length && voiced[v + 1] <= frame) v++;
    const a = voiced[v],
      b = voiced[Math.min(v + 1, voiced.length - 1)];
    const part = b > a ? Math.min(Math.max((frame - a) / (b - a), 0), 1) : 0;
    const hz = voiced.length ? f0[a] + part * (f0[b] - f0[a]) : 0,
      turned = turns + hz / sr;
    const pulse = Math.floor(turned) - Math.floor(turns);
    turns = turned;
    y[i] = f0[Math.min(Math.round(frame), f0.length - 1)] > 0 ? pulse * Math.sqrt(sr / hz) : noise;
  }
  return y;
}

// audiotools.speak
function speak(
  C,
  f0,
  sr,
  { n_mels = 128, n_fft = 512, hop_length = 256, n_passes = 2, length, seed = 0, tell = () => {} },
) {
  const g = grid_of(C, { n_fft, hop_length, length }),
    D = blank_spectra(g);
  const centres = band_edges(n_mels, sr).slice(1, -1),
    mel_filter = mel_filterbank(sr, n_fft, { n_mels });
  const places = Array.from({ length: g.rows }, (_, k) => {
    // of each row: the band below, and how far above it
    const hz = Math.min(Math.max((k * sr) / n_fft, centres[0]), centres[n_mels - 1]);
    let b = 0;
    while (b < n_mels - 2 && centres[b + 1] <= hz) b++;
    return [b, (hz - centres[b]) / (centres[b + 1] - centres[b])];
  });
  let x = framed(source(f0, sr, hop_length, g.length, seed), g);
  for (let n = 0; n < n_passes; n++) {
    transform(x, g, D);
    const now = mel_to_mfcc(make_mel(magnitude(D), mel_filter), { n_mfcc: C.rows });
    const lacking = smooth_levels(
      matrix(
        C.rows,
        C.frames,
        C.data.map((c, i) => c - now.data[i]),
      ),
      n_mels,
    );
    for (let t = 0; t < g.n_frames; t++) {
      for (let k = 0; k < g.rows; k++) {
        const [b, part] = places[k],
          at = t * n_mels + b;
        const gain = 10 ** (((1 - part) * lacking.data[at] + part * lacking.data[at + 1]) / 20);
        D.re[t * g.rows + k] *= gain;
        D.im[t * g.rows + k] *= gain;
      }
    }
    x = join(D, g, x);
    tell((n + 1) / n_passes);
  }
  return heard(x, g);
}

// audiotools.pitch_limit
function pitch_limit(n_numbers, sr, { n_mels = 128 } = {}) {
  return (2 * hz_to_mel(sr / 2) * (200 / 3) * (n_mels / (n_mels + 1))) / n_numbers;
}

// --- measures.py ---------------------------------------------------------------------------------

// audiotools.spectral_convergence, in dB
function spectral_convergence(estimate, target) {
  let off = 0,
    all = 0;
  target.data.forEach((s, i) => {
    off += (estimate.data[i] - s) ** 2;
    all += s ** 2;
  });
  return 10 * Math.log10(off / all);
}

// audiotools.pitch_accuracy: of the frames in which the reference has a pitch
function pitch_accuracy(f0, reference, { cents = 50 } = {}) {
  let right = 0,
    voiced = 0;
  reference.forEach((hz, t) => {
    if (!(hz > 0)) return;
    voiced++;
    right += f0[t] > 0 && Math.abs(1200 * Math.log2(f0[t] / hz)) <= cents;
  });
  return voiced ? right / voiced : NaN;
}

// audiotools.match_level
function match_level(y, reference) {
  const rms = (x) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
  const peak = y.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const gain = Math.min(rms(reference) / (rms(y) || 1), 1 / (peak || 1)); // nothing clips
  return y.map((v) => v * gain);
}

const staircase = {
  stft,
  istft,
  magnitude,
  pretty_spectrogram,
  phase_gradient,
  griffin_lim,
  mel_filterbank,
  make_mel,
  mel_to_spectrogram,
  mel_to_audio,
  mel_to_mfcc,
  mfcc_to_mel,
  mfcc,
  mfcc_to_audio,
  pitch,
  speak,
  pitch_limit,
  spectral_convergence,
  pitch_accuracy,
  match_level,
};
if (typeof module !== "undefined") module.exports = staircase; // for the tests, in Node
