// What a page remembers and finds: the theme, whether code is hidden, links to its places, copies
// of its code, and words in all pages. Where scripts are off, the page is read as it stands.

const remembered = {
  get: (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  set: (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      /* read-only */
    }
  },
};

function made(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// --- light or dark ---------------------------------------------------------------------------

const root = document.documentElement;
const isDark = () =>
  (root.dataset.theme ||
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const theme = document.getElementById("theme");

function showTheme() {
  theme.textContent = isDark() ? "light" : "dark";
  theme.ariaLabel = `switch to ${theme.textContent} colours`;
}

if (theme) {
  theme.hidden = false;
  theme.onclick = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remembered.set("theme", root.dataset.theme);
    showTheme();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
  showTheme();
}

// --- the code: hidden, or copied -------------------------------------------------------------

const noCode = document.getElementById("no-code");
if (noCode) {
  noCode.checked = remembered.get("no-code") === "true";
  noCode.onchange = () => remembered.set("no-code", noCode.checked);
}

// Another page may have changed them, in a tab beside this one or just before this one opened.
addEventListener("storage", ({ key, newValue }) => {
  if (key === "theme" && theme) {
    root.dataset.theme = newValue || "";
    showTheme();
  }
  if (key === "no-code" && noCode) noCode.checked = newValue === "true";
});

function copied(text) {
  if (navigator.clipboard?.writeText) return navigator.clipboard.writeText(text);
  const area = made("textarea", { value: text }); // a page from the disk may have no clipboard
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done ? Promise.resolve() : Promise.reject();
}

for (const wide of document.querySelectorAll("pre, .highlight")) {
  if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0; // so that arrows scroll it
}

for (const code of document.querySelectorAll(".highlight")) {
  const button = made("button", { type: "button", className: "copy", textContent: "copy" });
  button.onclick = () =>
    copied(code.querySelector("pre").textContent.trimEnd())
      .then(
        () => (button.textContent = "copied"),
        () => (button.textContent = "select it, please"),
      )
      .finally(() => setTimeout(() => (button.textContent = "copy"), 2000));
  code.before(made("div", { className: "copies" }, button));
}

// --- places: a link to each, and where one is -------------------------------------------------

for (const heading of document.querySelectorAll("main h2[id], main h3[id]")) {
  const link = made("a", {
    className: "place",
    href: `#${encodeURIComponent(heading.id)}`,
    textContent: "#",
  });
  link.ariaLabel = `link to: ${heading.textContent}`;
  heading.append(" ", link);
}

const contents = document.querySelector(".contents");
if (contents) {
  const wide = matchMedia("(min-width: 80rem)"); // where it stands beside the text
  const unfold = () => (contents.open = wide.matches);
  wide.addEventListener("change", unfold);
  unfold();
  const links = new Map(
    [...contents.querySelectorAll('a[href^="#"]')].map((link) => [
      decodeURIComponent(link.hash.slice(1)),
      link,
    ]),
  );
  const headings = [...document.querySelectorAll("main h2[id]")];
  const mark = () => {
    const here = headings.filter((heading) => heading.getBoundingClientRect().top < 120).pop();
    for (const [id, link] of links) {
      if (here && id === here.id) link.ariaCurrent = "location";
      else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", () => requestAnimationFrame(mark), { passive: true });
  mark();
}

// --- words, in all pages -----------------------------------------------------------------------

const search = document.getElementById("search");
const MOST = 12;

// The index is a script of its own, which pages from the disk may load, and only who searches does.
function index() {
  window.searchIndex ??= new Promise((found, failed) => {
    const script = made("script", { src: search.dataset.index, onerror: failed });
    script.onload = () => found(window.searchPlaces);
    document.head.append(script);
  });
  return window.searchIndex;
}

const folded = (text) =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();

function excerpt(text, word) {
  const at = folded(text).indexOf(word),
    from = at > 40 ? text.indexOf(" ", at - 40) + 1 : 0;
  const to = text.indexOf(" ", from + 110);
  return `${from ? "… " : ""}${text.slice(from, to < 0 ? undefined : to)}${to < 0 ? "" : " …"}`;
}

// Titles come first, then lessons before what stands beside them.
const rank = ({ page, title }, word) => 2 * folded(title).includes(word) + /^\d\d /.test(page);

async function find() {
  const words = folded(search.value).split(/\s+/).filter(Boolean),
    list = document.getElementById("found");
  const count = document.getElementById("n-found");
  if (!words.length) {
    list.replaceChildren();
    count.textContent = "";
    return;
  }
  const hits = (await index())
    .map((place) => ({ ...place, all: folded(`${place.page} ${place.title} ${place.text}`) }))
    .filter(({ all }) => words.every((word) => all.includes(word)))
    .sort((a, b) => rank(b, words[0]) - rank(a, words[0]));
  const first = hits
    .slice(0, MOST)
    .map(({ url, page, title, text }) =>
      made(
        "li",
        {},
        made("a", { href: search.dataset.home + url }, title === page ? page : `${page}: ${title}`),
        made("p", {}, excerpt(text, words[0])),
      ),
    );
  list.replaceChildren(...first);
  count.textContent =
    hits.length > MOST
      ? `${hits.length} places, the first ${MOST}`
      : `${hits.length} place${hits.length === 1 ? "" : "s"}`;
}

if (search) {
  search.closest("form").hidden = false;
  search.closest("form").onsubmit = (event) => event.preventDefault();
  search.oninput = () =>
    find().catch(() => (document.getElementById("n-found").textContent = "the index is missing"));
  search.onkeydown = ({ key }) => {
    if (key !== "Escape") return;
    search.value = "";
    find();
  };
}
