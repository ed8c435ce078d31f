// The exceptions of the day in one strip, the worst first. Each leads to its order or route.

import { h, icon, perFrame, setText } from "./dom.js";
import { routeName } from "./marks.js";
import * as words from "./words.js";

const SHOWN = 24;
// What is done about an exception; for the others, its details are opened.
const ACTS = { late: "optimise", "very-late": "optimise", "at-risk": "optimise", unassigned: "assign", "over-capacity": "menu" };
const ICONS = { 3: "alert-circle", 2: "alert-triangle", 1: "info-circle" };

export class Exceptions extends HTMLElement {
  start(board) {
    this.board = board;
    this.store = board.store;
    this.setAttribute("aria-label", words.exceptions.label);
    this.setAttribute("role", "region");
    this.amount = h("span.strip-count");
    this.chips = h("div.strip-chips");
    this.append(this.amount, this.chips);
    this.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-exception]");
      if (!chip) return;
      this.go(chip.dataset.exception);
      if (event.target.closest(".chip-act")) this.#act(this.store.exceptions.get(chip.dataset.exception));
    });
    this.draw = perFrame(() => this.#draw());
  }

  update(what) {
    if (what === "rows" || what === "exception") this.draw();
  }

  #draw() {
    const all = this.store.sortedExceptions();
    setText(this.amount, all.length ? `${words.exceptions.label} ${words.count(all.length)}` : words.exceptions.none);
    this.classList.toggle("is-quiet", all.length === 0);
    const stamp = all.slice(0, SHOWN).map((one) => `${one.Id}${one.Version ?? ""}${one.Since}${one.Text}`).join() + all.length + (this.current ?? "");
    if (this.stamp === stamp) return;
    this.stamp = stamp;
    const scrolled = this.chips.scrollLeft;
    const focused = this.chips.contains(document.activeElement) ? document.activeElement : null;
    const chip = focused?.closest("[data-exception]")?.dataset.exception;
    this.chips.replaceChildren(...all.slice(0, SHOWN).map((one) => this.#chip(one)), all.length > SHOWN ? h("span.minor.more-chips", {}, words.exceptions.more(all.length - SHOWN)) : "");
    this.chips.scrollLeft = scrolled;
    if (chip) this.chips.querySelector(`[data-exception="${chip}"] .${focused.className}`)?.focus({ preventScroll: true });
  }

  #chip(one) {
    const about = [this.store.orders.get(one.Order)?.Number, this.store.routes.has(one.Route) ? routeName(this.store.routes.get(one.Route)) : null].filter(Boolean).join(" · ");
    const kind = words.exceptions.kinds[one.Kind] ?? one.Kind;
    const hint = [one.Text || kind, one.Since !== null ? words.exceptions.since(one.Since) : ""].filter(Boolean).join(", ");
    const act = this.store.readOnly ? "details" : this.#actOf(one);
    return h(`span.chip.severity-${one.Severity}${this.current === one.Id ? ".is-current" : ""}`, { "data-exception": one.Id },
      h("button.chip-main", { type: "button", title: hint }, icon(ICONS[one.Severity] ?? "info-circle"), h("b", {}, one.Text || kind), about ? h("span", {}, about) : null),
      h("button.chip-act", { type: "button", "aria-label": `${words.exceptions.acts[act]}: ${kind} ${about}` }, words.exceptions.acts[act]));
  }

  #actOf(one) {
    const act = ACTS[one.Kind] ?? "details";
    if (act === "assign") return this.store.orders.has(one.Order) ? act : "details";
    return this.store.routes.has(one.Route) ? act : "details";
  }

  #act(one) {
    if (!one) return;
    const act = this.store.readOnly ? "details" : this.#actOf(one);
    if (act === "assign") {
      this.store.select([one.Order]);
      this.board.askAssign();
    } else if (act === "optimise") this.board.optimise(this.store.routes.get(one.Route));
    else if (act === "menu") this.board.openMenu(one.Route);
    else this.board.openActive();
  }

  // To the next one after the one that was shown last; it wraps around.
  next(step) {
    const all = this.store.sortedExceptions();
    if (all.length === 0) return this.board.announce(words.exceptions.none);
    const here = all.findIndex((one) => one.Id === this.current);
    const to = here < 0 ? (step > 0 ? 0 : all.length - 1) : (here + step + all.length) % all.length;
    return this.go(all[to].Id);
  }

  go(id) {
    const one = this.store.exceptions.get(id);
    if (!one) return;
    this.current = id;
    this.update("exception");
    const kind = words.exceptions.kinds[one.Kind] ?? one.Kind;
    if (one.Order && this.store.orders.has(one.Order)) this.board.goTo("order", one.Order);
    else if (one.Route && this.store.routes.has(one.Route)) this.board.goTo("route", one.Route);
    this.board.announce(one.Text || kind);
    requestAnimationFrame(() => this.chips.querySelector(".is-current")?.scrollIntoView({ block: "nearest", inline: "nearest" }));
  }
}

customElements.define("wb-exceptions", Exceptions);
