// The drawer: what is known of the order or route that was opened, taken from its own page, and the acts for it.

import { button, h } from "./dom.js";
import { routeName } from "./marks.js";
import * as words from "./words.js";

export class Drawer extends HTMLElement {
  start(board) {
    this.board = board;
    this.store = board.store;
    this.body = h("div.drawer-body");
    this.heading = h("h2");
    this.link = h("a.btn.btn-sm", {});
    this.acts = h("div.drawer-acts");
    this.setAttribute("role", "complementary");
    this.append(h("header.pane-head", {}, this.heading, h("span.grow"), button("", { symbol: "x", hint: words.drawer.close, onclick: () => this.close() })), this.acts, this.body);
    this.hidden = true;
  }

  get isOpen() {
    return !this.hidden;
  }

  update(what) {
    if (this.hidden || !this.shown) return;
    if (what === "active" && this.store.active && this.store.active.id !== this.shown.id) this.open(this.store.active.kind, this.store.active.id);
    if (what === "rows") {
      const version = this.#row()?.Version;
      if (version !== undefined && version !== this.version) this.#fetchSoon();
    }
  }

  #row() {
    return this.shown.kind === "order" ? this.store.orders.get(this.shown.id) : this.store.routes.get(this.shown.id);
  }

  open(kind, id) {
    this.shown = { kind, id };
    const row = this.#row();
    if (!row) return this.close();
    const name = kind === "order" ? words.drawer.order(row.Number ?? "") : words.drawer.route(routeName(row));
    this.setAttribute("aria-label", name);
    this.heading.textContent = name;
    this.link.textContent = kind === "order" ? words.drawer.open : words.drawer.openRoute;
    this.link.href = `/board/open/${encodeURIComponent(id)}`;
    this.acts.replaceChildren(...this.#acts(kind, id), this.link);
    this.hidden = false;
    this.body.replaceChildren(h("p.nothing", {}, words.drawer.loading));
    this.#fetchSoon(120);
    return undefined;
  }

  #acts(kind, id) {
    if (this.store.readOnly) return [];
    if (kind === "route") return [button(words.menu.more(routeName(this.store.routes.get(id))), { "data-menu": id })];
    return [button(words.selection.assign, { "data-act": "assign", kind: "btn-primary" }), button(words.selection.unassign, { "data-act": "unassign" })];
  }

  // Whoever runs through the rows with the keyboard must not make a request for each.
  #fetchSoon(after = 600) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#fetch(), after);
  }

  async #fetch() {
    const { kind, id } = this.shown;
    this.version = this.#row()?.Version;
    try {
      const answer = await fetch(`/board/open/${encodeURIComponent(id)}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const part = page.getElementById(kind);
      if (!part) throw new Error("There is no such part.");
      if (this.shown?.id !== id) return;
      for (const element of [part, ...part.querySelectorAll("*")]) {
        for (const { name } of [...element.attributes]) if (name.startsWith("hx-") || name === "id") element.removeAttribute(name);
      }
      const scrolled = this.body.scrollTop;
      this.body.replaceChildren(document.adoptNode(part));
      this.body.scrollTop = scrolled;
    } catch {
      if (this.shown?.id === id) this.body.replaceChildren(h("p.nothing", {}, words.drawer.failed));
    }
  }

  close() {
    const inside = this.contains(document.activeElement);
    this.hidden = true;
    this.shown = null;
    clearTimeout(this.timer);
    if (inside) this.board.focusBack();
  }
}

customElements.define("wb-drawer", Drawer);
