// Slides: lays the cells of a notebook out, as many slides as they need, and turns them.
// A slide has 1920 by 1080 points, however large the window, so all windows show the same.
// Where scripts are off, the cells are read one below the other.

const root = document.documentElement;
const stage = document.getElementById("stage");
const SIZES = [40, 34, 29, 25]; // of the words, the largest first
const LINES = [
  [12, 16],
  [7, 12],
  [4, 8],
  [2, 6],
]; // at most, of code and of what is printed
const GOALS = [1.5, 1.25, 1]; // how much larger than they must be pictures should be, and must
const PRINTED = { most: 28, least: 18 };

root.classList.add("deck");

function made(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// --- layout ----------------------------------------------------------------------------------

// Returns the width of a printed letter, in its own size.
function widthOfLetter() {
  const probe = made("pre", { style: "position: absolute; font-size: 100px" }, "0".repeat(100));
  stage.append(probe);
  const width = probe.offsetWidth / 10_000;
  probe.remove();
  return width;
}
const letter = widthOfLetter();

// The cells that belong together, in order.
function unitsOf(parts) {
  const units = new Map();
  for (const part of parts) {
    const key = part.dataset.unit;
    units.set(key, [...(units.get(key) ?? []), part]);
  }
  return [...units.values()];
}

// What is left of a unit that is too high for a slide: outputs, paragraphs, items.
function piecesOf(unit) {
  const inside = (element, children) =>
    children.map((child) => {
      const shell = element.cloneNode(false);
      shell.append(child);
      return shell;
    });
  return unit.flatMap((part) => {
    if (!part.matches(".words")) return [[part]];
    return [...part.children].flatMap((child) => {
      const items = child.matches("ul, ol") ? inside(child, [...child.children]) : [child];
      items.forEach((item, i) => child.matches("ol") && (item.start = child.start + i));
      return inside(part, items).map((piece) => [piece]);
    });
  });
}

// Shows of code, or of what was printed, the first lines and all that hold.
function shorten(part, n) {
  const lines = [...part.querySelectorAll(".line")];
  const kept = lines.filter((line) => /^[✓✗]/.test(line.textContent));
  let left = lines.length > n + 1 ? Math.max(1, n - kept.length) : lines.length;
  for (const line of lines) line.classList.toggle("cut", !kept.includes(line) && left-- <= 0);
  const cut = part.querySelectorAll(".cut").length;
  part.dataset.cut = cut || "";
  if (!cut) return;
  const words = `… ${cut} more line${cut > 1 ? "s" : ""}: in the notebook, or C`;
  const more = made("button", { type: "button", className: "more", textContent: words });
  if (part.matches(".answer")) more.classList.add("answer");
  more.onclick = showWhole;
  part.after(more);
}

// Makes what is printed as large as its longest row allows.
function sizePrinted(part, size) {
  const rows = [...part.querySelectorAll(".line")].map((line) => line.textContent.trimEnd());
  const longest = Math.max(1, ...rows.filter((row) => /\S {2,}\S/.test(row)).map((r) => r.length));
  const fits = (part.clientWidth - 42) / (longest * letter);
  const most = Math.min(PRINTED.most, Math.max(24, 0.8 * size));
  part.style.setProperty("--print", `${Math.max(PRINTED.least, Math.min(most, fits))}px`);
  return fits >= PRINTED.least;
}

const isWide = ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1;
const least = (width) => (width < 500 ? 1.6 : 1.18) * width; // then its letters have 18 points

// Puts the parts of a slide below each other, or what is seen beside what is told.
function arrange(slide, parts, { layout, size, lines: [ofCode, ofPrint] }) {
  const isSeen = (part) => part.matches(".shown, .printed");
  const columns = [made("div", { className: "column told" }, ...parts)];
  if (layout === "columns")
    columns.push(made("div", { className: "column" }, ...parts.filter(isSeen)));
  slide.querySelector(".body").replaceChildren(...columns);
  slide.style.setProperty("--size", `${size}px`);
  slide.classList.toggle("columns", layout === "columns");
  slide.classList.toggle("seeing", parts.some(isSeen));
  for (const part of parts) {
    if (part.matches(".code")) shorten(part, ofCode);
    if (part.matches(".printed")) shorten(part, ofPrint);
  }
  return columns;
}

// Gives pictures what is left of a slide, each row of them as much larger as the others; returns
// how much larger they are than they must be, 1 where there are none, and 0 where all is too high.
function fitPictures(slide, columns) {
  const pictures = [...slide.querySelectorAll(".shown img")];
  const height = () => Math.max(...columns.map((column) => column.offsetHeight));
  const room = slide.querySelector(".body").clientHeight;
  for (const picture of pictures) picture.style.width = 0;
  if (height() > room) return 0;
  if (!pictures.length) return 1;

  const rows = [...new Set(pictures.map((picture) => picture.parentElement))].map((row) =>
    pictures.filter((picture) => picture.parentElement === row),
  );
  const wide = (picture) => Number(picture.getAttribute("width")) || picture.naturalWidth;
  const high = (picture) => (wide(picture) * picture.naturalHeight) / picture.naturalWidth;
  const sum = (values) => values.reduce((all, value) => all + value, 0);
  const column = pictures[0].closest(".column");
  const widest = Math.max(...rows.map((row) => sum(row.map(wide)) / (1 - (row.length - 1) * 0.02)));
  const highest = sum(rows.map((row) => Math.max(...row.map(high))));
  let scale = Math.min(
    2.1,
    (column.clientWidth - 8) / widest,
    (room - column.offsetHeight) / highest,
  );
  const draw = () => {
    for (const picture of pictures) picture.style.width = `${Math.floor(scale * wide(picture))}px`;
    return height() <= room;
  };
  while (!draw() && scale > 0.1) scale *= 0.99;
  return Math.min(...pictures.map((picture) => (scale * wide(picture)) / least(wide(picture))));
}

// Returns how well a slide fits: 0 for not at all.
function tried(slide, parts, way) {
  const columns = arrange(slide, parts, way);
  const prints = parts.filter((part) => part.matches(".printed"));
  const isWhole = prints.map((part) => sizePrinted(part, way.size)).every(Boolean);
  if (!isWhole && way.layout === "columns") return 0;
  const fitted = fitPictures(slide, columns);
  return [...slide.querySelectorAll(".part, .table, .formula, pre, h1, h2")].some(isWide)
    ? 0
    : fitted;
}

// Finds the best way to show these parts on a slide, and takes it; returns whether there is one.
function fit(slide, parts, { sizes = SIZES, lines = LINES, goals = GOALS }) {
  const has = (kinds) => parts.some((part) => part.matches(kinds));
  if (!has(".shown:has(img)")) goals = [1];
  const layouts = has(".shown, .printed") && has(".words, .code") ? ["rows", "columns"] : ["rows"];
  if (!has(".code, .printed")) lines = lines.slice(-1);
  const best = (size, lines) => {
    const ways = layouts.map((layout) => ({ layout, size, lines }));
    const values = ways.map((way) => tried(slide, parts, way));
    const value = Math.max(...values);
    return { value, way: ways[values.indexOf(value)] };
  };
  if (best(sizes.at(-1), lines.at(-1)).value < goals.at(-1)) return false;
  for (const goal of goals) {
    for (const size of sizes) {
      for (const limits of lines) {
        const { value, way } = best(size, limits);
        if (value < goal) continue;
        tried(slide, parts, way);
        return true;
      }
    }
  }
  return tried(slide, parts, best(sizes.at(-1), lines.at(-1)).way) > 0;
}

const heading = (title) => made("h2", { className: "again", textContent: title });

// Makes a picture between words a part of its own.
function setApart(paragraph) {
  const words = paragraph.parentElement;
  const [picture, after] = [words.cloneNode(false), words.cloneNode(false)];
  while (paragraph.nextSibling) after.append(paragraph.nextSibling);
  picture.classList.replace("words", "shown");
  picture.append(...paragraph.children);
  words.after(picture, after);
  paragraph.remove();
}

// Returns the question that a section asks, to stand again over an answer that needs more room.
function questionOf(section) {
  const mark = [...section.querySelectorAll("p > strong")].find((strong) =>
    strong.textContent.startsWith("Predict:"),
  );
  if (!mark) return null;
  mark.closest("p").classList.add("asked");
  const question = made("p", {}, mark.cloneNode(true));
  for (let next = mark.nextSibling; next; next = next.nextSibling)
    question.append(next.cloneNode(true));
  return made("div", { className: "part words recall" }, question);
}

// Lays the cells of a section out, on as many slides as they need.
function pack(section) {
  const first = section.querySelector(":scope > .words:first-child > :is(h1, h2):first-child");
  let head = first ?? heading(section.dataset.title);
  head.remove();
  section.querySelectorAll(".words > p:has(> img:only-child)").forEach(setApart);
  const parts = [...section.children].filter(
    ({ textContent, children }) => textContent.trim() || children.length,
  );
  let rest = unitsOf(parts);
  let asked = questionOf(section);
  do {
    const slide = section.cloneNode(false);
    slide.append(head, made("div", { className: "body" }));
    section.before(slide);
    let before = [];
    if (asked && rest[0]?.[0].matches(".answer")) {
      before = [asked];
      asked = null;
    }
    const taken = most(slide, before, rest);
    const pieces = taken ? [] : piecesOf(rest[0]);
    if (pieces.length) rest.splice(0, 1, ...pieces);
    if (pieces.length > 1) {
      asked ??= before[0];
      slide.remove();
      continue;
    }
    if (!taken) fit(slide, [...before, ...rest[0]], { sizes: SIZES.slice(-1), goals: [0.1] });
    rest = rest.slice(taken || 1);
    if (slide.querySelector(".answer")) asked = null; // it stands beside its question already
    head = heading(section.dataset.title);
  } while (rest.length);
  section.remove();
}

// Returns how many of the units, after what comes before them, fit on a slide: rather one on a
// slide of its own than two with smaller words and pictures.
function most(slide, before, units) {
  for (let n = units.length; n > 0; n--) {
    const but = (list) => list.slice(0, n > 1 ? -1 : undefined);
    const limits = { sizes: but(SIZES), lines: but(LINES), goals: but(GOALS) };
    if (fit(slide, [...before, ...units.slice(0, n).flat()], limits)) return n;
  }
  return 0;
}

// --- turning ---------------------------------------------------------------------------------

let slides = [];
let here = -1; // the slide that is shown

const now = () => slides[here];
const mayAsk = (slide) => slide.querySelector(".open");
const hides = (slide) => mayAsk(slide) && slide.querySelector(".answer") && !isShown(slide);
const isShown = (slide) => slide.classList.contains("shown");

function show(i) {
  here = Math.max(0, Math.min(i, slides.length - 1));
  slides.forEach((slide, j) => slide.classList.toggle("now", j === here));
  for (const audio of document.querySelectorAll("audio")) audio.pause();
  document.getElementById("count").textContent = `${here + 1} / ${slides.length}`;
  history.replaceState(null, "", `#slide-${here + 1}`);
  player = null;
  tell();
}

function forward() {
  if (hides(now())) reveal();
  else show(here + 1);
}

function reveal() {
  now().classList.toggle("shown");
  tell();
}

function answer() {
  if (!mayAsk(now())) return;
  if (now().querySelector(".answer")) reveal();
  else show(here + 1); // it did not fit beside its question
}

function fromAddress() {
  const n = Number(location.hash.match(/^#slide-(\d+)$/)?.[1] ?? 1);
  if (n !== here + 1) show(n - 1);
}

// --- what lies over a slide --------------------------------------------------------------------

const keys = document.getElementById("keys");
const whole = document.getElementById("whole");

function lay(...contents) {
  whole.firstElementChild.replaceChildren(...contents);
  whole.showModal();
  whole.scrollTop = 0;
}

function showWhole() {
  const cut = [...now().querySelectorAll(".code, .printed")].filter(
    (part) => !part.matches(".answer") || !hides(now()),
  );
  const copies = cut.map((part) => part.cloneNode(true));
  for (const copy of copies)
    for (const line of copy.querySelectorAll(".cut")) line.classList.remove("cut");
  if (copies.length) lay(...copies);
}

function theme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme || dark) === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    /* read-only */
  }
}

addEventListener("storage", ({ key, newValue }) => {
  if (key === "theme") root.dataset.theme = newValue || ""; // switched in a tab beside this one
});

function fullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.();
}

// --- the speaker's notes -----------------------------------------------------------------------

const desks = new Set(); // where notes are shown: a window of their own, or over the slide
let speaker; // that window
let began = Date.now();

function desk() {
  const clock = made("span", {});
  const reset = made("button", { type: "button", textContent: "reset" });
  reset.onclick = () => {
    began = Date.now();
    tick();
  };
  const parts = {
    clock,
    title: made("h1", {}),
    next: made("p", { className: "next" }),
    first: made("div", { className: "first" }),
  };
  const all = made("div", {}, document.getElementById("notes").content.cloneNode(true));
  const { title, next, first } = parts;
  const time = made("p", { className: "clock" }, clock, reset);
  parts.element = made("div", { className: "desk" }, time, title, next, first, all);
  return parts;
}

function titleOf(slide) {
  if (!slide) return "the end";
  const words =
    slide.querySelector(".body h3, .recall, .asked, .words > p, h1, h2")?.textContent ?? "";
  const title = slide.dataset.title || words;
  const more = words === title ? "" : `: ${words.slice(0, 90)}${words.length > 90 ? " …" : ""}`;
  return title + more;
}

// Returns the items of the notes that name a heading of the slide, or its exercise.
function itemsFor(slide) {
  const headings = [
    slide.dataset.title,
    ...[...slide.querySelectorAll("h1, h2, h3")].map((h) => h.textContent),
  ];
  const exercise = slide.textContent.match(/\b(\d)\. (Predict|Change|Build|Explain)\./);
  const items = document.getElementById("notes").content.querySelectorAll("li, p, tr");
  const belongs = (item) =>
    headings.some((title) => item.textContent.includes(`("${title}")`)) ||
    (exercise && item.firstElementChild?.textContent === `${exercise[1]} ${exercise[2]}`);
  return [...items].filter(belongs).flatMap((item) => {
    const line = item.nextElementSibling;
    const found = item.matches("tr")
      ? [...item.cells].map((c) => made("p", {}, ...c.cloneNode(true).childNodes))
      : [item.cloneNode(true)];
    return line?.matches("pre, .highlight") ? [...found, line.cloneNode(true)] : found;
  });
}

function tell() {
  for (const { title, next, first } of desks) {
    title.textContent = `${here + 1}. ${titleOf(now())}`;
    next.textContent = hides(now()) ? "next: the answer" : `next: ${titleOf(slides[here + 1])}`;
    first.replaceChildren(...itemsFor(now()));
  }
}

function tick() {
  const seconds = Math.floor((Date.now() - began) / 1000);
  const two = (n) => String(n).padStart(2, "0");
  for (const { clock } of desks)
    clock.textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

function openNotes() {
  if (speaker && !speaker.closed) return speaker.focus();
  speaker = window.open("", "speaker", "width=1000,height=800");
  if (!speaker) return laysNotes(true); // it was blocked
  const notes = desk();
  const { document: page } = speaker;
  page.title = `Notes: ${document.title}`;
  page.documentElement.lang = "en";
  page.documentElement.style.setProperty("--scale", 0.7);
  page.head.replaceChildren(document.querySelector("style").cloneNode(true));
  page.body.replaceChildren(notes.element);
  speaker.addEventListener("keydown", onKey);
  speaker.addEventListener("pagehide", () => desks.delete(notes));
  desks.add(notes);
  tell();
  tick();
}

let over; // the notes over the slide
function laysNotes(always) {
  if (over) {
    over.element.remove();
    desks.delete(over);
    over = null;
    if (always !== true) return;
  }
  over = desk();
  over.element.id = "over";
  over.element.role = "complementary";
  over.element.ariaLabel = "notes";
  over.element.tabIndex = 0; // so that it scrolls by keys
  document.body.append(over.element);
  desks.add(over);
  tell();
  tick();
}

// --- keys ----------------------------------------------------------------------------------------

let player; // the player of this slide that was used last

const playerNow = () => player ?? [...now().querySelectorAll(".sounds.joined")].find(isSeen);
const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });
const back = () => show(here - 1);
const ACTIONS = {
  ArrowRight: forward,
  ArrowDown: forward,
  PageDown: forward,
  " ": forward,
  ArrowLeft: back,
  ArrowUp: back,
  PageUp: back,
  "shift ": back,
  Home: () => show(0),
  End: () => show(slides.length - 1),
  a: answer,
  c: showWhole,
  d: theme,
  f: fullscreen,
  m: laysNotes,
  n: openNotes,
  p: (event) => playerNow()?.take({ key: " ", code: "Space", preventDefault() {} }, event),
  "?": () => keys.showModal(),
};

function actionFor({ key, code, shiftKey }) {
  if (/^Digit[1-9]$|^Numpad[1-9]$/.test(code) && /^\d$/.test(key))
    return (event) => playerNow()?.take(event);
  if (key === " " && shiftKey) return ACTIONS["shift "];
  return ACTIONS[key.length > 1 ? key : key.toLowerCase()];
}

// Slides take their keys before players, which listen to the same; a player that has the focus
// keeps space, digits and L, and seeks by shift and an arrow.
function onKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
    return;
  const inside = target.closest?.(".sounds.joined");
  if (key === "Escape") return target.blur?.();
  const arrow = key.startsWith("Arrow");
  if (inside && event.shiftKey && arrow) inside.take(event);
  else if (inside && /^([ 1-9lL]|Enter)$/.test(key) && !event.shiftKey) return;
  else if (target.matches?.("button, a, summary, audio") && key === " ") return;
  else if (target.id === "over" && /^(Arrow(Up|Down)|Page)/.test(key)) return;
  else {
    const act = actionFor(event);
    if (!act) return;
    event.preventDefault();
    act(event);
  }
  event.stopImmediatePropagation();
}

// A click gives the keys back to the slides: space then goes on, whatever was clicked.
function onClick(event) {
  const { detail, target } = event;
  const key = target.closest("[data-key]")?.dataset.key;
  if (key) ACTIONS[key](event);
  else if (target.closest(".open button")) answer();
  else if (target.closest("summary")) {
    event.preventDefault(); // a hint lies over the slide, where there is room
    lay(...[...target.closest("details").cloneNode(true).childNodes].slice(1));
  }
  player = target.closest(".sounds.joined") ?? player;
  if (detail > 0 && !document.querySelector("dialog[open]")) document.activeElement?.blur();
}

function resize() {
  const scale = Math.min(innerWidth / stage.offsetWidth, innerHeight / stage.offsetHeight);
  root.style.setProperty("--scale", scale);
}

async function start() {
  await document.fonts.ready;
  resize();
  document.querySelectorAll(".slide").forEach(pack);
  slides = [...document.querySelectorAll(".slide")];
  slides.forEach((slide, i) => {
    slide.id = `slide-${i + 1}`;
    slide.dataset.n = `${i + 1} / ${slides.length}`;
  });
  fromAddress();
  addEventListener("hashchange", fromAddress);
  addEventListener("resize", resize);
  addEventListener("click", onClick);
  addEventListener("pagehide", () => speaker?.close());
  for (const dialog of [keys, whole]) dialog.onclose = () => document.activeElement?.blur();
  setInterval(tick, 500);
  root.classList.add("ready");
}

addEventListener("keydown", onKey, true);
addEventListener("load", start);
