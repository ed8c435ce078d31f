// The pool: orders without a route, as a list from which they are dragged or assigned.

import { h, perFrame, setText } from "./dom.js";
import { orderLines, stateWord } from "./marks.js";
import { VirtualList } from "./virtual.js";
import * as words from "./words.js";

const ROW = 54; // pixels; board.css has the same

export class Pool extends HTMLElement {
  start(board) {
    this.board = board;
    this.store = board.store;
    this.count = h("span.badge-count");
    this.fresh = h("button.pill", { type: "button", hidden: true, onclick: () => { this.list.held = false; this.list.release(); } });
    this.scroller = h("div.pool-list", { role: "listbox", tabindex: "0", "aria-multiselectable": "true", "aria-label": words.pool.label, "data-drop": "pool" });
    this.nothing = h("p.nothing", { hidden: true });
    this.append(h("header.pane-head", { "data-drop": "pool" }, h("h2", {}, words.pool.title), this.count, h("span.grow"), this.fresh), this.scroller, this.nothing);
    this.list = new VirtualList(this.scroller, {
      size: ROW,
      make: (id) => h("div.row-order", { role: "option", id: `pool-${id}`, "data-order": id }),
      sign: (id) => {
        const order = this.store.orders.get(id);
        return `${order?.Version}${order?.Route ?? ""}${this.store.selected.has(id) ? "s" : ""}${this.store.isActive("order", id) ? "a" : ""}${this.store.pending.has(id) ? "p" : ""}`;
      },
      render: (node, id, at) => this.#render(node, id, at),
      onHeld: (fresh) => {
        this.fresh.hidden = fresh === 0;
        if (fresh) setText(this.fresh, words.pool.fresh(fresh));
      },
    });
    this.scroller.addEventListener("focus", () => board.focusPane(this));
    this.draw = perFrame(() => this.#draw());
  }

  update() {
    this.draw();
  }

  #draw() {
    const pool = this.store.pool();
    this.list.setKeys(pool.map((order) => order.Id));
    this.list.drawNow();
    const all = this.store.tally().pool + this.store.tally().earlier;
    setText(this.count, pool.length === all ? words.count(all) : `${words.count(pool.length)} / ${words.count(all)}`);
    this.count.classList.toggle("is-alarming", all > 0);
    this.nothing.hidden = pool.length > 0 || !this.store.loaded;
    setText(this.nothing, all ? words.pool.nothing : words.pool.empty);
    this.#mark();
  }

  #mark() {
    const active = this.store.active;
    const shown = active?.kind === "order" && document.getElementById(`pool-${active.id}`);
    shown ? this.scroller.setAttribute("aria-activedescendant", shown.id) : this.scroller.removeAttribute("aria-activedescendant");
  }

  #render(node, id, at) {
    const order = this.store.orders.get(id);
    if (!order) {
      node.classList.add("shadow-row");
      return;
    }
    const selected = this.store.selected.has(id);
    node.className = `row-order${selected ? " is-selected" : ""}${this.store.isActive("order", id) ? " is-active" : ""}${this.store.pending.has(id) ? " is-pending" : ""}`;
    node.setAttribute("aria-selected", selected);
    node.setAttribute("aria-posinset", at + 1);
    node.setAttribute("aria-setsize", this.list.keys.length);
    node.title = words.stopLabel(order, stateWord(order));
    node.replaceChildren(h("span.tick", { "data-tick": id, "aria-hidden": "true" }), h("div.lines", {}, ...orderLines(order)));
  }

  // For the keyboard.
  sequence() {
    return this.store.pool().map((order) => order.Id);
  }

  step(way) {
    const ids = this.sequence();
    const here = ids.indexOf(this.store.active?.id);
    const moves = { up: here < 0 ? 0 : here - 1, down: here + 1, first: 0, last: ids.length - 1, pageup: here - 8, pagedown: here + 8 };
    if (!(way in moves) || ids.length === 0) return null;
    return { kind: "order", id: ids[Math.max(0, Math.min(ids.length - 1, moves[way]))] };
  }

  reveal() {
    if (this.store.active?.kind === "order") this.list.reveal(this.store.active.id);
    this.#mark();
  }

  focusList() {
    this.scroller.focus({ preventScroll: true });
  }

  dropAt() {
    const box = this.getBoundingClientRect();
    return { route: null, at: null, name: words.pool.title, box };
  }
}

customElements.define("wb-pool", Pool);
