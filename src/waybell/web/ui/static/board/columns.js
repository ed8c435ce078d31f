// Columns: one column a route, its stops as cards in their sequence, over the whole width.

import { h, icon, perFrame, setText } from "./dom.js";
import { loadBar, orderLines, routeName, routeTag, stateWord, warningsOf } from "./marks.js";
import { has, isDone, lateBy, stateOf } from "./rows.js";
import { VirtualList } from "./virtual.js";
import * as words from "./words.js";

const COLUMN = 264; // pixels; board.css has the same
const CARD = 58;

export class Columns extends HTMLElement {
  start(board) {
    this.board = board;
    this.store = board.store;
    this.scroller = h("div.columns-scroll", { tabindex: "0", role: "group", "aria-label": words.columns.label });
    this.nothing = h("p.nothing", { hidden: true });
    this.append(this.scroller, this.nothing);
    this.list = new VirtualList(this.scroller, {
      size: COLUMN,
      axis: "x",
      make: (id) => this.#make(id),
      sign: (id) => this.#sign(id),
      render: (node, id) => this.#render(node, id),
      drop: (node) => node.cards.observer.disconnect(),
    });
    this.scroller.addEventListener("focusin", () => board.focusPane(this));
    this.draw = perFrame(() => this.#draw());
  }

  update() {
    this.draw();
  }

  #draw() {
    const ids = this.store.shownRoutes().map((route) => route.Id);
    this.list.setKeys(ids);
    this.list.drawNow();
    this.nothing.hidden = ids.length > 0 || !this.store.loaded;
    setText(this.nothing, this.store.routes.size ? words.lanes.none : words.lanes.noRoutes);
    this.#mark();
  }

  #make(id) {
    const head = h("div.column-head", { id: `column-${id}`, "data-route": id, "data-drop": "head" });
    const cards = h("div.column-cards", { role: "listbox", "aria-multiselectable": "true", tabindex: "0", "data-track": id, "data-drop": "cards" });
    const node = h("section.column", {}, head, cards);
    node.cards = new VirtualList(cards, {
      size: CARD,
      make: (key) => h("div.card-order", { role: "option", id: `card-${key}`, "data-order": key }),
      sign: (key) => {
        const stop = this.store.orders.get(key);
        return `${stop?.Version}|${stop?.Seq}|${this.store.selected.has(key)}${this.store.isActive("order", key)}${this.store.pending.has(key)}${stop && this.store.isShown(stop)}`;
      },
      render: (card, key, at) => this.#card(card, key, at, node),
    });
    return node;
  }

  #stamp(id) {
    return this.store.stopsOf(id).map((stop) => `${stop.Id}${stop.Version}${this.store.selected.has(stop.Id) ? "s" : ""}${this.store.isActive("order", stop.Id) ? "a" : ""}${this.store.pending.has(stop.Id) ? "p" : ""}`).join();
  }

  #sign(id) {
    const route = this.store.routes.get(id);
    return `${route?.Version}|${this.store.isActive("route", id)}|${this.store.pending.has(id)}|${this.#stamp(id)}|${JSON.stringify(this.store.asked)}`;
  }

  #render(node, id) {
    const route = this.store.routes.get(id);
    if (!route) return;
    const stops = this.store.stopsOf(id);
    const done = stops.filter(isDone).length;
    const warnings = warningsOf(route, stops);
    const name = routeName(route);
    const [head, cards] = node.children;
    node.setAttribute("aria-label", `${words.menu.title(name)}, ${route.DriverName || words.lanes.noDriver}`);
    cards.setAttribute("aria-label", `${name}, ${words.lanes.progress(done, stops.length)}`);
    head.className = `column-head${this.store.isActive("route", id) ? " is-active" : ""}${this.store.pending.has(id) ? " is-pending" : ""}${route.Locked ? " is-locked" : ""}`;
    head.replaceChildren(
      h("div.line", {}, h("span.number.cut", {}, name), route.Locked ? h("span.sign", { title: words.lanes.locked }, icon("lock")) : null, h("span.grow"),
        warnings.count ? h("span.warn", {}, `! ${warnings.count}`) : null, routeTag(route)),
      h("div.line.minor", {}, h("span.cut", {}, route.DriverName || words.lanes.noDriver), h("span.grow"), h("span.done-of", {}, `${done}/${stops.length}`), loadBar(route, stops)),
      h("button.more", { type: "button", "data-menu": id, "aria-label": words.menu.more(name), title: words.menu.more(name) }, icon("dots-vertical")),
    );
    node.cards.setKeys(stops.map((stop) => stop.Id));
    node.cards.drawNow();
  }

  #card(card, id, at, column) {
    const stop = this.store.orders.get(id);
    if (!stop) return;
    const selected = this.store.selected.has(id);
    card.className = ["card-order", `st-${stateOf(stop)}`, lateBy(stop) ? "is-late" : has(stop, "atRisk") ? "is-risk" : "", selected ? "is-selected" : "",
      this.store.isActive("order", id) ? "is-active" : "", this.store.pending.has(id) ? "is-pending" : "", this.store.isShown(stop) ? "" : "is-faint"].filter(Boolean).join(" ");
    card.setAttribute("aria-selected", selected);
    card.setAttribute("aria-posinset", at + 1);
    card.setAttribute("aria-setsize", column.cards.keys.length);
    card.title = words.stopLabel(stop, stateWord(stop));
    card.replaceChildren(h("span.seq", {}, String(stop.Seq ?? at + 1)), h("div.lines", {}, ...orderLines(stop, { withState: true })));
  }

  dropAt(zone, x, y) {
    const id = zone.dataset.route ?? zone.dataset.track;
    const route = this.store.routes.get(id);
    if (!route) return null;
    const name = routeName(route);
    if (zone.dataset.drop === "head") return { route: id, at: "best", name, box: zone.getBoundingClientRect() };
    const list = this.list.nodes.get(id).cards;
    const box = zone.getBoundingClientRect();
    const top = list.space.getBoundingClientRect().top;
    const at = Math.max(0, Math.min(list.keys.length, Math.round((y - top) / CARD)));
    return { route: id, at, name, line: { left: box.left + 4, top: Math.min(box.bottom, Math.max(box.top, top + at * CARD)) - 2, width: box.width - 8 } };
  }

  sequence() {
    return this.store.sequenceOnRoutes();
  }

  step(way) {
    const routes = this.store.shownRoutes();
    if (routes.length === 0) return null;
    const { active } = this.store;
    const order = active?.kind === "order" ? this.store.orders.get(active.id) : null;
    const routeId = order?.Route ?? (active?.kind === "route" ? active.id : null);
    const column = routes.findIndex((route) => route.Id === routeId);
    if (column < 0) return { kind: "route", id: routes[0].Id };
    const stops = this.store.stopsOf(routeId);
    const at = order ? stops.findIndex((stop) => stop.Id === order.Id) : -1;
    if (way === "left" || way === "right") {
      const next = routes[Math.max(0, Math.min(routes.length - 1, column + (way === "left" ? -1 : 1)))];
      if (next.Id === routeId) return null;
      const there = this.store.stopsOf(next.Id);
      return at < 0 || there.length === 0 ? { kind: "route", id: next.Id } : { kind: "order", id: there[Math.min(at, there.length - 1)].Id };
    }
    const to = { up: at - 1, down: at + 1, first: -1, last: stops.length - 1, pageup: at - 8, pagedown: at + 8 }[way];
    if (to < 0) return { kind: "route", id: routeId };
    return stops.length ? { kind: "order", id: stops[Math.min(to, stops.length - 1)].Id } : null;
  }

  #mark() {
    for (const node of this.list.nodes.values()) {
      const { active } = this.store;
      const cards = node.children[1];
      const id = active?.kind === "order" && `card-${active.id}`;
      id && cards.querySelector(`#${CSS.escape(id)}`) ? cards.setAttribute("aria-activedescendant", id) : cards.removeAttribute("aria-activedescendant");
    }
  }

  reveal() {
    const { active } = this.store;
    const order = active?.kind === "order" ? this.store.orders.get(active.id) : null;
    const routeId = order ? order.Route : active?.id;
    if (!this.store.routes.has(routeId)) return;
    this.list.reveal(routeId);
    if (order) this.list.nodes.get(routeId)?.cards.reveal(order.Id);
    this.#mark();
    if (this.contains(document.activeElement)) this.focusList();
  }

  focusList() {
    const { active } = this.store;
    const order = active?.kind === "order" ? this.store.orders.get(active.id) : null;
    const node = this.list.nodes.get(order ? order.Route : active?.id);
    (order && node ? node.children[1] : this.scroller).focus({ preventScroll: true });
  }
}

customElements.define("wb-columns", Columns);
