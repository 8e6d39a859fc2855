// The page: what is chosen, asked of the worker, shown, played and said.

"use strict";

const HIGHEST = 4000; // Hz, that is shown
const SR = 16000,
  LONGEST = 5,
  SHORTEST = 0.5,
  LARGEST = 300e6; // samples a second; seconds; bytes
const CLIPS = JSON.parse(document.getElementById("clips").textContent);
const VOICES = { slt: "a high voice", kal16: "a low voice", melody: "a tune" };
const NUMBERS = [13, 20, 24, 30, 40, 60, 80, 128];
const KEEPS = {
  spectrogram: "the spectrogram",
  mel: "mel bands",
  mfcc: "MFCCs",
  pitch: "MFCCs and the pitch",
};
const SCALE = [
  // magma, from -80 to 0 dB
  [0, 0, 4],
  [28, 16, 68],
  [79, 18, 123],
  [129, 37, 129],
  [181, 54, 122],
  [229, 80, 100],
  [251, 135, 97],
  [254, 194, 135],
  [252, 253, 191],
];
const QUESTIONS = [
  // what they set, and what they ask
  [
    { sound: "slt", keep: "spectrogram", rounds: 16, phase: "guessed" },
    "No phase is kept. Can you hear that?",
  ],
  [
    { sound: "slt", keep: "mfcc", n: 20, rounds: 32, phase: "guessed" },
    "20 numbers a frame: where did the tune go?",
  ],
  [
    { sound: "slt", keep: "pitch", n: 20, rounds: 32, phase: "guessed" },
    "One more number, the pitch: what came back?",
  ],
  [
    { sound: "kal16", keep: "mel", n: 40, rounds: 32, phase: "guessed" },
    "How many bands does this low voice need?",
  ],
  [
    { sound: "melody", keep: "mfcc", n: 20, rounds: 32, phase: "guessed" },
    "Which notes come back?",
  ],
  [
    { keep: "mfcc", n: 20, rounds: 32, phase: "guessed" },
    "Your turn: record five seconds. How many numbers does your voice need?",
  ],
];

const $ = (id) => document.getElementById(id);
const settings = { sound: "slt", keep: "mfcc", n: 20, rounds: 32, phase: "guessed" };
const sounds = {}; // {name: samples at SR}, the three clips when they are decoded, and yours
let worker, recorder;
let asked = 0; // of the last request
let taken = 0; // of the last file or recording: what was chosen since is not overridden
let busy = false,
  waiting = null; // whether the worker is at work, and what is to come next
let sent = null; // the sound and its beginning that the worker knows

// --- what is chosen ------------------------------------------------------------------------------

function read() {
  settings.sound = $("sound").value;
  settings.keep = document.querySelector("[name=keep]:checked").value;
  settings.phase = document.querySelector("[name=phase]:checked").value;
  settings.n = NUMBERS[$("n").valueAsNumber];
  settings.rounds = $("rounds").valueAsNumber;
  settings.start = $("start").valueAsNumber || 0;
}

function write() {
  $("sound").value = settings.sound;
  document.querySelector(`[name=keep][value=${settings.keep}]`).checked = true;
  document.querySelector(`[name=phase][value=${settings.phase}]`).checked = true;
  $("n").value = NUMBERS.indexOf(settings.n);
  $("rounds").value = settings.rounds;
  $("start").value = settings.start || 0;
  show_choices();
}

function show_choices() {
  const { keep, n, rounds, phase } = settings,
    of_bands = keep === "mel";
  $("n").disabled = keep === "spectrogram";
  $("rounds").disabled = keep === "pitch" || phase === "true";
  for (const radio of document.querySelectorAll("[name=phase]")) radio.disabled = keep === "pitch";
  $("n-value").textContent =
    keep === "spectrogram" ? "all 513 rows" : `${n} ${of_bands ? "bands" : "coefficients"}`;
  $("rounds-value").textContent =
    keep === "pitch"
      ? "none: no phase is guessed"
      : phase === "true"
        ? "none: it is told"
        : `${rounds}`;
  $("n").setAttribute("aria-valuetext", $("n-value").textContent);
  $("rounds").setAttribute("aria-valuetext", $("rounds-value").textContent);
}

// A link holds the settings: #sound=kal16&keep=mfcc&n=20&rounds=32&phase=guessed
function from_link() {
  const link = new URLSearchParams(location.hash.slice(1)),
    n = Number(link.get("n"));
  const rounds = link.get("rounds") ? Number(link.get("rounds")) : NaN;
  if (Object.hasOwn(VOICES, link.get("sound"))) settings.sound = link.get("sound");
  if (Object.hasOwn(KEEPS, link.get("keep"))) settings.keep = link.get("keep");
  if (["guessed", "true"].includes(link.get("phase"))) settings.phase = link.get("phase");
  if (NUMBERS.includes(n)) settings.n = n;
  if (rounds >= 0 && rounds <= 64) settings.rounds = 4 * Math.round(rounds / 4);
}

function to_link() {
  const { keep, n, rounds, phase } = settings,
    sound = Object.hasOwn(VOICES, settings.sound) ? settings.sound : "slt";
  history.replaceState(null, "", `#${new URLSearchParams({ sound, keep, n, rounds, phase })}`);
}

// --- sounds --------------------------------------------------------------------------------------

function say(words) {
  $("status").textContent = words;
}

// Samples at SR of whatever the browser decodes: channels averaged, or the first if they cancel.
async function decoded(bytes) {
  const context = new OfflineAudioContext(1, SR, SR),
    found = await context.decodeAudioData(bytes);
  const channels = Array.from({ length: found.numberOfChannels }, (_, c) =>
    found.getChannelData(c),
  );
  const y = new Float64Array(found.length);
  for (let i = 0; i < y.length; i++) {
    for (const channel of channels)
      y[i] += (Number.isFinite(channel[i]) ? channel[i] : 0) / channels.length;
  }
  return is_silent(y) ? Float64Array.from(channels[0], (v) => (Number.isFinite(v) ? v : 0)) : y;
}

const is_silent = (y) => !y.some((v) => Math.abs(v) > 1e-4);

async function clip(name) {
  if (!sounds[name]) {
    const bytes = Uint8Array.from(atob(CLIPS[name]), (letter) => letter.charCodeAt(0));
    sounds[name] = await decoded(bytes.buffer);
  }
  return sounds[name];
}

// The part of a sound that is used, or what is wrong with it.
function part(y) {
  const seconds = y.length / SR,
    start = Math.min(settings.start || 0, Math.max(0, seconds - LONGEST));
  const used = y.slice(Math.round(start * SR), Math.round((start + LONGEST) * SR));
  if (seconds < SHORTEST)
    throw new Error(`It lasts ${seconds.toFixed(2)} s: take half a second or more.`);
  if (is_silent(y)) throw new Error("It is silent: take another sound.");
  if (is_silent(used)) throw new Error("This part is silent: begin elsewhere.");
  return used;
}

// Goes on with a file or a recording, unless something else was chosen while it was read.
async function take(name, read_bytes, size = 0) {
  const mine = ++taken;
  const refuse = (words) => mine === taken && stop(`${name}: ${words}`);
  if (size > LARGEST) return refuse("larger than 300 MB, cut it first.");
  stop(`Reading ${name} …`);
  let y;
  try {
    y = await decoded(await read_bytes());
  } catch {
    return refuse("this is no sound that this browser reads: WAV, MP3 or FLAC will do.");
  }
  if (mine !== taken) return;
  try {
    const first = y.findIndex((v) => Math.abs(v) > 1e-3) / SR; // s, of what can be heard
    settings.start = y.length > LONGEST * SR ? Math.max(0, Math.floor(2 * first) / 2) : 0;
    part(y);
  } catch (error) {
    return refuse(error.message);
  }
  const key = `yours: ${name}`; // no clip's name
  sounds[key] = y;
  if (![...$("sound").options].some((option) => option.value === key))
    $("sound").add(new Option(key, key));
  settings.sound = key;
  $("asked").textContent = "";
  write();
  await ask();
}

async function record() {
  if (recorder) return recorder.stop?.();
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    return say(
      "No microphone here: a browser records on https and on localhost only. A file will do.",
    );
  }
  recorder = {}; // asked for
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    recorder = null;
    return say(`No microphone (${error.name}): allow it for this page, or take a file.`);
  }
  const pieces = [];
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  recorder.onstop = async () => {
    for (const track of stream.getTracks()) track.stop();
    recorder = null;
    $("record").textContent = "Record 5 s";
    await take("recording", () => new Blob(pieces).arrayBuffer());
  };
  recorder.start();
  $("record").textContent = "Stop";
  say("Recording: speak for up to five seconds.");
  const this_one = recorder;
  setTimeout(() => this_one.state === "recording" && this_one.stop(), LONGEST * 1000);
}

// --- asked of the worker -------------------------------------------------------------------------

function begin_worker() {
  const source = ["staircase", "worker"].map((id) => $(id).textContent).join("\n");
  worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  worker.onmessage = ({ data }) => answer(data);
  worker.onerror = (error) =>
    stop(`It cannot be done here: ${error.message || "the browser forbids Workers"}.`);
}

// Asks for what is chosen now; while the worker is at work, the last wish waits.
async function ask() {
  const id = ++asked,
    name = settings.sound;
  show_choices();
  to_link();
  try {
    const whole = await (Object.hasOwn(CLIPS, name) ? clip(name) : sounds[name]);
    if (id !== asked) return;
    $("part").hidden = whole.length <= (LONGEST + 0.1) * SR;
    $("start").max = Math.max(0, whole.length / SR - LONGEST);
    $("start").value = settings.start;
    $("start-value").textContent =
      `${settings.start.toFixed(1)} s of ${(whole.length / SR).toFixed(1)} s`;
    waiting = { id, whole, y: part(whole), settings: { ...settings } };
    $("bar").hidden = false;
    send();
  } catch (error) {
    stop(error.message);
  }
}

function send() {
  if (busy || !waiting) return;
  const { id, whole, y, settings: wish } = waiting,
    known = sent && sent.whole === whole && sent.start === wish.start;
  const fmax = ["slt", "kal16"].includes(wish.sound) ? 420 : 1000;
  if (!known) hear("The original", y);
  sent = { whole, start: wish.start };
  busy = true;
  waiting = null;
  $("bar").value = 0;
  worker.postMessage({ id, given: known ? null : { y, sr: SR, fmax }, settings: wish });
}

// Says something, and that nothing is at work.
function stop(words) {
  waiting = null;
  $("bar").hidden = true;
  $("measured").textContent = "";
  say(words);
}

function answer(data) {
  if (data.share !== undefined) return void ($("bar").value = data.share);
  busy = false;
  send();
  if (data.id !== asked) return; // something else was asked since
  if (data.error) return stop(`It cannot be done: ${data.error}`);
  $("bar").hidden = true;
  const seconds = data.z.length / data.rate;
  draw($("original"), data.original, seconds, 0);
  draw($("result"), data.result, seconds, data.limit);
  hear("What came back", data.z);
  say(kept(data));
  $("measured").textContent = measured(data);
  document.body.dataset.answered = data.id; // for the tests
}

// What is kept, and what to do with it: the answer waits until it is guessed.
function kept({ numbers, settings: { keep, n, phase } }) {
  const of = Math.round(numbers).toLocaleString("en");
  const what = {
    spectrogram: "All 513 magnitudes of a frame",
    mel: `${n} mel bands`,
    mfcc: `${n} MFCCs`,
    pitch: `${n} MFCCs and the pitch`,
  }[keep];
  const told = phase === "true" && keep !== "pitch" ? " and all 513 true phases" : "";
  return `${what}${told}: ${of} numbers a second; the sound has 16,000. Listen, look, and guess: what came back of the words, what of the tune?`;
}

function measured({ hz, limit, right, settings: { keep, n, phase } }) {
  if (!hz) return "No pitch was found in this sound: is it a voice?";
  const lies = `this sound's pitch lies around ${Math.round(hz)} Hz`;
  const expects =
    hz < 0.8 * limit ? "no tune" : hz > 1.25 * limit ? "its tune" : "part of its tune";
  const law = {
    pitch: `The pitch was told: ${lies}.`,
    told: `The phases were told, and they carry a pitch too: ${lies}.`,
    spectrogram: `The stripes are all kept: ${lies}.`,
    drawn: `The law of the course: ${n} numbers draw a pitch only above ${Math.round(limit)} Hz, and ${lies}. So it expects ${expects}.`,
  }[keep === "pitch" ? keep : phase === "true" ? "told" : keep === "spectrogram" ? keep : "drawn"];
  return `${law} Measured: the pitch is right in ${Math.round(100 * right)} % of the frames that have one.`;
}

// --- shown and played ----------------------------------------------------------------------------

function colour(dB) {
  const place = Math.min(Math.max((dB + 80) / 80, 0), 1) * (SCALE.length - 1),
    i = Math.min(Math.floor(place), SCALE.length - 2);
  return SCALE[i].map((v, c) => v + (place - i) * (SCALE[i + 1][c] - v));
}
const COLOURS = Array.from({ length: 256 }, (_, i) => colour((i / 255) * 80 - 80));

function draw(figure, { rows, frames, data }, seconds, limit) {
  const canvas = figure.querySelector("canvas"),
    context = canvas.getContext("2d");
  const shown = 1 + (rows - 1) * (HIGHEST / (SR / 2)); // rows: where the stripes of a voice are
  canvas.width = frames;
  canvas.height = shown;
  const image = context.createImageData(frames, shown);
  for (let t = 0; t < frames; t++) {
    for (let k = 0; k < shown; k++) {
      const at = 4 * ((shown - 1 - k) * frames + t),
        [r, g, b] = COLOURS[Math.round(((data[t * rows + k] + 80) / 80) * 255)];
      image.data[at] = r;
      image.data[at + 1] = g;
      image.data[at + 2] = b;
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  figure.querySelector(".seconds").textContent = `${seconds.toFixed(1)} s`;
  const line = figure.querySelector(".law");
  line.hidden = !limit;
  line.style.bottom = `${(100 * limit) / HIGHEST}%`;
  line.dataset.words = `the law: ${Math.round(limit)} Hz`;
  const law = limit
    ? `; a dashed line marks the lowest pitch by the law, ${Math.round(limit)} Hz`
    : "";
  canvas.setAttribute(
    "aria-label",
    `Spectrogram, 0 to ${seconds.toFixed(1)} s, 0 to 4 kHz, -80 to 0 dB${law}`,
  );
}

// Samples as the bytes of a WAV file of 16 bits.
function wav(y) {
  const view = new DataView(new ArrayBuffer(44 + 2 * y.length)),
    text = (at, word) => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * y.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SR, true);
  view.setUint32(28, 2 * SR, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * y.length, true);
  y.forEach((v, i) =>
    view.setInt16(44 + 2 * i, Math.round(32767 * Math.min(Math.max(v, -1), 1)), true),
  );
  return new Blob([view.buffer], { type: "audio/wav" });
}

const rms = (y) => Math.sqrt(y.reduce((sum, v) => sum + v * v, 0) / y.length) || 1e-9;
const peak = (y) => y.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9);

let level = 0; // of both sounds: -23 dB of full scale, or softer where a peak has no room
let original = null;
function hear(label, y) {
  const first = label === "The original",
    room = (0.98 * rms(y)) / peak(y);
  if (first) {
    original = y;
    level = Math.min(10 ** (-23 / 20), room);
  } else if (level > room) {
    level = room;
    load(0, original);
  }
  load(first ? 0 : 1, y);
}

function load(which, y) {
  const audio = document.querySelectorAll(".sounds audio")[which],
    gain = level / rms(y);
  URL.revokeObjectURL(audio.src);
  audio.src = URL.createObjectURL(wav(y.map((v) => v * gain)));
  if (which === 1) $("save").href = audio.src;
}

// One of the six: sets all, closes the last answer, and shows where to listen, or to record.
function question(set, words) {
  taken++;
  Object.assign(settings, set);
  if (set.sound) settings.start = 0;
  $("answer").open = false;
  $("asked").textContent = words;
  write();
  ask();
  if (!set.sound) return $("record").focus();
  $("asked").scrollIntoView({ block: "start" });
  document.querySelector(".sounds .play").focus({ preventScroll: true }); // its keys: 1, 2, space
}

// --- from here on it runs ------------------------------------------------------------------------

// The site remembers the reader's theme; a browser that keeps nothing has none.
function remembered_theme() {
  try {
    document.documentElement.dataset.theme = localStorage.getItem("theme") || "";
  } catch {
    // as the system has it
  }
}

function begin() {
  remembered_theme();
  addEventListener("storage", remembered_theme); // switched in a tab beside this one
  if (!window.Worker || !window.OfflineAudioContext) {
    return say(
      "This browser has no Workers or no Web Audio, which this page needs: a newer one will do.",
    );
  }
  begin_worker();
  QUESTIONS.forEach(([set, words], i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${i + 1}. ${words}`;
    button.onclick = () => question(set, words);
    $("questions").append(document.createElement("li"));
    $("questions").lastChild.append(button);
  });
  for (const [value, words] of Object.entries(VOICES))
    $("sound").add(new Option(`${words} (${value})`, value));
  $("n").max = NUMBERS.length - 1;
  from_link();
  settings.start = 0;
  write();
  for (const id of ["n", "rounds", "start"])
    $(id).addEventListener("input", () => {
      read();
      show_choices();
    });
  $("controls").addEventListener("change", (event) => {
    if (event.target.id === "file") return;
    taken++;
    if (event.target.id === "sound") $("start").value = 0;
    $("asked").textContent = ""; // a question of your own
    read();
    ask();
  });
  $("file").addEventListener("change", async () => {
    const [file] = $("file").files;
    if (file) await take(file.name, () => file.arrayBuffer(), file.size);
    $("file").value = "";
  });
  $("record").onclick = record;
  window.addEventListener("hashchange", () => {
    $("asked").textContent = "";
    from_link();
    write();
    ask();
  });
  ask();
}

begin();
