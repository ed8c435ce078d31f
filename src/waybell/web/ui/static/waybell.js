// What pages do in the browser beside following links and sending forms. Without it they still work.
"use strict";

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-copy], [data-theme-toggle], [data-opens], [data-closes], [data-select-all]");
  if (!target) return;
  if (target.dataset.copy !== undefined) copy(target);
  else if (target.dataset.themeToggle !== undefined) toggleTheme();
  else if (target.dataset.opens) document.getElementById(target.dataset.opens).showModal();
  else if (target.dataset.closes !== undefined) target.closest("dialog").close();
});

// Browsers give the clipboard to HTTPS and to this machine only; elsewhere the older way still works.
async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

async function copy(button) {
  await toClipboard(button.dataset.copy);
  button.classList.add("copied");
  button.setAttribute("aria-label", "Copied");
  setTimeout(() => {
    button.classList.remove("copied");
    button.setAttribute("aria-label", button.title);
  }, 1500);
}

function toggleTheme() {
  const root = document.documentElement;
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  document.cookie = `waybell-theme=${root.dataset.bsTheme}; path=/; max-age=31536000; samesite=lax`;
}

// A link to a part that is folded unfolds it.
function unfold() {
  const part = location.hash && document.getElementById(location.hash.slice(1));
  if (part && part.matches("details")) part.open = true;
}
addEventListener("hashchange", unfold);
unfold();

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (button) button.classList.add("btn-loading");
});

// The browser shows a page from its memory: what was sent then may be sent anew.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll(".btn-loading")) button.classList.remove("btn-loading");
  }
});

// Filters apply as they are chosen.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && !isBeingTyped(event.target)) form.requestSubmit();
  if (event.target.matches("[data-select-all]")) {
    for (const box of document.querySelectorAll(event.target.dataset.selectAll)) box.checked = event.target.checked;
  }
  // Who picks one of a list means the list.
  if (event.target.dataset.chooses && event.target.checked) document.getElementById(event.target.dataset.chooses).checked = true;
  countSelected();
});

// A date has a value from the first digit of its year on, a time from the first of its minutes: those have a button.
function isBeingTyped(input) {
  return input.type === "datetime-local" || (input.type === "date" && input.value.startsWith("0"));
}

// What is empty need not stand in the URL.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-auto]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

function countSelected() {
  for (const bar of document.querySelectorAll("[data-counts]")) {
    const count = document.querySelectorAll(`${bar.dataset.counts}:checked`).length;
    bar.hidden = count === 0;
    const shown = bar.querySelector("[data-count]");
    if (shown) shown.textContent = count;
  }
}

// A list that is searched as one types: `data-searches` names its items, which are found by their text.
document.addEventListener("input", (event) => {
  const items = event.target.dataset.searches;
  if (!items) return;
  const wanted = event.target.value.trim().toLowerCase();
  let found = 0;
  for (const item of document.querySelectorAll(items)) {
    item.hidden = wanted !== "" && !item.textContent.toLowerCase().includes(wanted);
    found += item.hidden ? 0 : 1;
  }
  const none = document.getElementById(event.target.dataset.none);
  if (none) none.hidden = found > 0;
});

// Such a search may stand inside a form, which Enter must not send.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset.searches) event.preventDefault();
});

// `3 s ago` goes on counting.
const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

function ago(instant) {
  const seconds = (Date.now() - instant) / 1000;
  const amount = Math.abs(seconds);
  for (const [unit, size] of UNITS) {
    if (amount >= size) return seconds > 0 ? `${Math.floor(amount / size)} ${unit} ago` : `in ${Math.floor(amount / size)} ${unit}`;
  }
  return "now";
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago(Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}, 1000);

// Keys: `/` goes to the search, `g` and a letter to a page, `j` and `k` along the rows of a list; see the dialog.
const PLACES = { b: "/board", o: "/orders", r: "/routes", e: "/events", w: "/settings/web-api/webhooks", i: "/inbox" };
let afterG = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (afterG && PLACES[event.key]) location.href = PLACES[event.key];
  afterG = event.key === "g";
  if (event.key === "?") document.getElementById("keys")?.showModal();
  if (event.key === "j") goToRow(1);
  if (event.key === "k") goToRow(-1);
  if (event.key === "x") document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click();
  const search = event.key === "/" && document.querySelector("input[type=search]");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

function goToRow(step) {
  const rows = [...document.querySelectorAll("main tbody tr")].filter((row) => row.querySelector("a"));
  const here = rows.indexOf(document.activeElement.closest("tr"));
  const next = rows[here < 0 ? 0 : Math.min(Math.max(here + step, 0), rows.length - 1)];
  next?.querySelector("a").focus();
}

// While rows are chosen or the list is stopped, it must not move away under the hand: a pill says that there is news.
// The list may be stopped while an answer is on its way, so the answer is held back too.
for (const moving of ["htmx:before:request", "htmx:before:swap"]) {
  document.addEventListener(moving, (event) => {
    const part = event.target.closest?.("[data-stops]");
    if (!part) return;
    const stopped = document.querySelector(part.dataset.stops) !== null;
    if (stopped) event.preventDefault();
    showNews(stopped);
  });
}

function showNews(shown) {
  const pill = document.getElementById("news");
  if (pill) pill.hidden = !shown;
}

// When nothing holds the list any more, it shows what it has missed meanwhile.
document.addEventListener("change", () => {
  const pill = document.getElementById("news");
  const part = pill && !pill.hidden && document.querySelector("[data-stops]");
  if (part && !document.querySelector(part.dataset.stops)) document.body.dispatchEvent(new Event("changed"));
});

document.addEventListener("htmx:after:swap", countSelected);

// What was typed comes back into its form: after a sign-in from the server's draft, after Back from what was sent.
function fillIn(form, pairs) {
  const left = new Map();
  for (const [name, value] of pairs) left.set(name, [...(left.get(name) ?? []), value]);
  for (const input of form.elements) {
    const values = left.get(input.name) ?? [];
    if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
    else if (input.type !== "hidden" && values.length) input.value = values.shift();
  }
  countSelected();
}

const draft = document.getElementById("draft");
if (draft) {
  const form = document.querySelector(`form[method=post][action="${CSS.escape(draft.dataset.action)}"]`);
  if (form) fillIn(form, JSON.parse(draft.dataset.fields));
}

const kept = () => `typed ${location.pathname}${location.search}`;
const keeper = document.querySelector("form[data-keeps]");
if (keeper) {
  const stored = sessionStorage.getItem(kept());
  if (stored && performance.getEntriesByType("navigation")[0]?.type === "back_forward") fillIn(keeper, JSON.parse(stored));
  keeper.addEventListener("submit", () => sessionStorage.setItem(kept(), JSON.stringify([...new FormData(keeper)])));
}

// A paper is printed by the browser.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-prints]")) print();
});
