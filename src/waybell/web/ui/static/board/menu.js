// The menu of a route: what can be done with it now.

import { h, icon } from "./dom.js";
import { routeName } from "./marks.js";
import * as words from "./words.js";

// Which acts a route has in its state.
export function entriesOf(route) {
  const entries = [];
  if (route.Status === "Draft") entries.push(["ready", "check"]);
  if (route.Status === "Ready") entries.push(["draft", "pencil"]);
  if (["Ready", "Loaded"].includes(route.Status)) entries.push(["start", "player-play"]);
  if (route.Status === "InProgress") entries.push(["close", "flag"]);
  if (route.Status !== "Closed") {
    entries.push([route.Locked ? "unlock" : "lock", route.Locked ? "lock-open" : "lock"]);
    entries.push(["optimise", "wand"], ["give", "user"], ["swap", "arrows-exchange"], ["split", "scissors"], ["breakdown", "alert-triangle"], ["select", "checks"]);
  }
  entries.push(["open", "external-link"]);
  return entries;
}

const KEYS = { lock: "l", unlock: "l", optimise: "o" };

// Answers the chosen act, or null.
export function askMenu(route, at, { readOnly = false } = {}) {
  return new Promise((done) => {
    let answer = null;
    const entries = readOnly ? [["open", "external-link"]] : entriesOf(route);
    const items = entries.map(([act, symbol]) => h("button.menu-item", { type: "button", role: "menuitem", "data-entry": act }, icon(symbol), h("span", {}, words.menu[act]), KEYS[act] ? h("kbd", {}, KEYS[act]) : null));
    const name = words.menu.title(routeName(route));
    const dialog = h("dialog.route-menu", { "aria-label": name }, h("div", { role: "menu", "aria-label": name }, ...items));
    dialog.addEventListener("click", (event) => {
      const item = event.target.closest("[data-entry]");
      if (item) answer = item.dataset.entry;
      if (item || event.target === dialog) dialog.close();
    });
    dialog.addEventListener("keydown", (event) => {
      const here = items.indexOf(document.activeElement);
      const to = { ArrowDown: (here + 1) % items.length, ArrowUp: (here - 1 + items.length) % items.length, Home: 0, End: items.length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        items[to].focus();
      } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
        const letter = event.key.toLowerCase();
        const order = [...items.slice(here + 1), ...items.slice(0, here + 1)];
        order.find((item) => item.textContent.toLowerCase().startsWith(letter))?.focus();
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    const box = dialog.getBoundingClientRect();
    dialog.style.left = `${Math.max(8, Math.min(at.x, innerWidth - box.width - 8))}px`;
    dialog.style.top = `${Math.max(8, Math.min(at.y, innerHeight - box.height - 8))}px`;
    items[0].focus();
  });
}
