// One player for the sounds of a row: a button for each goes on at the same position.
// A row is stored as labelled <audio>s, which play without this script; where it runs, it
// joins them. In a panel the same player is a widget, whose sounds come from the kernel.

const STYLE = `.sounds.joined {
  --accent: var(--jp-brand-color1, var(--link, #1565c0));
  max-width: 480px; margin: 8px 0; font-size: max(14px, 0.85em); line-height: 1.4;
  font-family: var(--jp-ui-font-family, inherit);
  > div { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin: 6px 0; }
  button {
    box-sizing: border-box; min-height: 2.2em; margin: 0; padding: 0.2em 0.7em; font: inherit;
    color: inherit; background: none; text-align: left; cursor: pointer; border-radius: 6px;
    border: 1px solid color-mix(in srgb, currentColor 40%, transparent);
  }
  button:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
  button[aria-pressed=true] {
    border-color: var(--accent); background: color-mix(in srgb, var(--accent) 18%, transparent);
  }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .key { margin-right: 0.5em; font-size: 13px; opacity: 0.8; }
  .play { width: 3em; }
  .play::before {
    content: ""; display: block; width: 0.9em; height: 0.9em; margin: auto;
    background: currentColor; forced-color-adjust: none;
    clip-path: polygon(10% 0, 100% 50%, 10% 100%);
  }
  .play[aria-label=pause]::before {
    clip-path: polygon(5% 0, 37% 0, 37% 100%, 63% 100%, 63% 0, 95% 0, 95% 100%, 5% 100%);
  }
  input { flex: 1; min-width: 5em; margin: 0 4px; accent-color: var(--accent); }
  .time { font-variant-numeric: tabular-nums; }
  audio { display: none; }
}`;
const SEEKS = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1 }; // seconds

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function button(properties, ...children) {
  return element("button", { type: "button", ...properties }, ...children);
}

// Makes a group one player of labelled audios, of which one at a time is chosen.
function join(group, labels, audios) {
  let chosen = audios[0];
  let frame; // the next redraw

  const toggle = () => (chosen.paused ? chosen.play().catch(show) : chosen.pause());
  const choose = (next) => {
    if (next !== chosen) {
      chosen.pause(); // first, as its clock runs on while the next one is set
      const position = chosen.ended ? 0 : chosen.currentTime;
      next.currentTime = Math.min(position, next.duration || Infinity);
      chosen = next;
    }
    chosen.play().catch(show); // refused where there is no sound yet
  };
  const seek = (seconds) => {
    chosen.currentTime = Math.max(0, Math.min(seconds, chosen.duration || 0));
    show();
  };
  const repeat = () => {
    for (const audio of audios) audio.loop = !audio.loop;
    show();
  };

  const choices = labels.map((label, i) => {
    const key = element("span", { className: "key", ariaHidden: "true" }, i < 9 ? i + 1 : "");
    return button({ onclick: () => choose(audios[i]) }, key, label);
  });
  const play = button({ className: "play", title: "space", onclick: toggle });
  const slider = element("input", { type: "range", min: 0, step: "any", ariaLabel: "position" });
  slider.oninput = () => seek(slider.valueAsNumber);
  const time = element("span", { className: "time" });
  const loop = button({ title: "L", onclick: repeat }, "loop");

  function show() {
    cancelAnimationFrame(frame);
    const { currentTime, duration, paused } = chosen;
    slider.max = duration || 0;
    slider.value = currentTime;
    time.textContent = `${currentTime.toFixed(1)} / ${(duration || 0).toFixed(1)} s`;
    slider.ariaValueText = time.textContent;
    play.ariaLabel = paused ? "play" : "pause";
    loop.ariaPressed = String(chosen.loop);
    choices.forEach((choice, i) => (choice.ariaPressed = String(audios[i] === chosen)));
    if (!paused) frame = requestAnimationFrame(show);
  }

  // Takes a key that was pressed within the group; the page below has no use of it.
  group.take = (event) => {
    const digit = event.code.match(/^(?:Digit|Numpad)([1-9])$/); // the place, on any keyboard
    if (event.key in SEEKS) seek(chosen.currentTime + SEEKS[event.key]);
    else if (event.key === " ") toggle();
    else if (event.key.toLowerCase() === "l") repeat();
    else if (digit && audios[digit[1] - 1]) choose(audios[digit[1] - 1]);
    else return;
    event.preventDefault();
  };
  group.onkeyup = (event) => event.key === " " && event.preventDefault(); // presses no button

  for (const audio of audios) {
    audio.controls = false;
    audio.preload = "auto";
    for (const change of ["play", "pause", "emptied", "durationchange", "seeked"])
      audio.addEventListener(change, show);
  }
  const what = choices.length > 1 ? choices : labels; // one sound needs no button
  const transport = element("div", { className: "transport" }, play, slider, time, loop);
  group.replaceChildren(element("div", {}, ...what), transport, ...audios);
  group.removeAttribute("style");
  group.className = "sounds joined";
  group.role = "group";
  group.ariaLabel = `player: ${labels.join(", ")}`;
  show();
}

// Does what a page needs once: the look, one sound at a time, and keys before a notebook or
// slides, which listen to the same, take them for theirs.
function furnish() {
  if (window.soundsAreFurnished) return;
  window.soundsAreFurnished = true;
  document.head.append(element("style", {}, STYLE));
  const hush = ({ target }) => {
    for (const audio of document.querySelectorAll("audio")) if (audio !== target) audio.pause();
  };
  document.addEventListener("play", hush, true);
  const take = (event) => {
    const group = event.target.closest?.(".sounds.joined");
    const others = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
    if (!group || others || /^(Tab|Escape|Page)/.test(event.key)) return;
    event.stopPropagation();
    group.take(event);
  };
  window.addEventListener("keydown", take, true);
}

function joinRows() {
  for (const group of document.querySelectorAll(".sounds:not(.joined)")) {
    const labels = [...group.querySelectorAll("figcaption")].map((label) => label.textContent);
    join(group, labels, [...group.querySelectorAll("audio")]);
  }
}

// As a widget: a sound is loaded when its version changes, and stops if it is playing.
function render({ model, el }) {
  const labels = model.get("labels");
  const audios = labels.map(() => element("audio", {}));
  const seen = labels.map(() => 0);
  const load = () =>
    model.get("versions").forEach((version, i) => {
      if (version === seen[i]) return;
      seen[i] = version;
      URL.revokeObjectURL(audios[i].src);
      const sound = new Blob([model.get("sounds")[i]], { type: model.get("mime") });
      audios[i].src = URL.createObjectURL(sound);
    });
  const hear = ({ target }) => {
    const version = model.get("versions")[audios.indexOf(target)];
    if (target.currentTime < 0.5 || model.get("heard") === version) return;
    model.set("heard", version);
    model.save_changes();
  };
  for (const audio of audios) audio.addEventListener("timeupdate", hear);
  const group = element("div", {});
  el.append(group);
  join(group, labels, audios);
  model.on("change:versions", load);
  load();
  return () => {
    model.off("change:versions", load);
    for (const audio of audios) {
      audio.pause();
      URL.revokeObjectURL(audio.src);
    }
  };
}

furnish();
joinRows();
export default { render };
