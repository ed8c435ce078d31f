// A question with a type-ahead: which route, which driver, which stop. A combobox with a list, in a dialog.

import { h } from "./dom.js";
import * as words from "./words.js";

const SHOWN = 60;

// Options with every word that was typed; those that begin with all of it come first, then those that hold it as it is.
export function matching(options, typed) {
  const phrase = typed.trim().toLowerCase().replace(/\s+/g, " ");
  const parts = phrase.split(" ");
  const ranked = [];
  for (const option of options) {
    const text = `${option.text} ${option.note ?? ""} ${option.search ?? ""}`.toLowerCase();
    if (!parts.every((word) => text.includes(word))) continue;
    ranked.push([text.startsWith(phrase) ? 0 : text.includes(phrase) ? 1 : 2, option]);
  }
  return ranked.sort(([a], [b]) => a - b).map(([, option]) => option);
}

// `options` are {key, text, note, search}. Answers {key, atEnd} or null when it was canceled.
export function pick({ title, hint, options, place = words.ask.search }) {
  return new Promise((done) => {
    let found = [];
    let at = 0;
    let answer = null;
    const list = h("ul.picker-list", { role: "listbox", id: "picker-list", "aria-label": title });
    const input = h("input.form-control", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "picker-list", "aria-autocomplete": "list", "aria-label": title, placeholder: place, autocomplete: "off", spellcheck: "false" });
    const dialog = h("dialog.picker", { "aria-labelledby": "picker-title" }, h("h2.h3", { id: "picker-title" }, title), input, hint ? h("p.minor", {}, hint) : null, list);

    const mark = () => {
      [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
      const current = list.children[at];
      current?.id ? input.setAttribute("aria-activedescendant", current.id) : input.removeAttribute("aria-activedescendant");
      current?.scrollIntoView({ block: "nearest" });
    };
    const show = () => {
      found = matching(options, input.value).slice(0, SHOWN);
      at = 0;
      list.replaceChildren(...found.map((option, index) => h("li", { role: "option", id: `picker-${index}`, "data-at": index }, h("b", {}, option.text), option.note ? h("span.minor", {}, option.note) : null)));
      if (found.length === 0) list.append(h("li.minor", { role: "option", "aria-disabled": "true" }, words.ask.none));
      mark();
    };
    const take = (index, atEnd) => {
      if (!found[index]) return;
      answer = { key: found[index].key, atEnd };
      dialog.close();
    };
    input.addEventListener("input", show);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
      if (step) {
        event.preventDefault();
        at = Math.max(0, Math.min(found.length - 1, at + step));
        mark();
      } else if (event.key === "Enter") {
        event.preventDefault();
        take(at, event.shiftKey);
      }
    });
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-at]");
      if (item) take(Number(item.dataset.at), event.shiftKey);
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(answer);
    });
    document.body.append(dialog);
    show();
    dialog.showModal();
    input.focus();
  });
}
