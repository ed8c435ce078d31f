// The table: all orders, stops or routes of the day, sorted by a column, with the columns that the person wants.

import { h, icon, perFrame, setText } from "./dom.js";
import { loadOf } from "./load.js";
import { loadBar, routeName, stateBadge, stateWord, routeTag, signsOf } from "./marks.js";
import { actualStart, isDone, lateBy } from "./rows.js";
import { clock, span } from "./time.js";
import { laneOf } from "./timeline.js";
import { VirtualList } from "./virtual.js";
import * as words from "./words.js";

const ROW = 32; // pixels; board.css has the same
const KEPT = "waybell-board-columns";
const compare = new Intl.Collator(undefined, { numeric: true }).compare;

// The columns: what they sort by, what they show when that differs, and how wide they are.
const ORDER = {
  Number: { of: (order) => order.Number, width: "minmax(8rem, 1fr)", show: (order) => [h("span.number", {}, order.Number ?? "–"), ...signsOf(order)] },
  State: { of: (order) => stateWord(order), width: "8rem", show: (order) => stateBadge(order) },
  Type: { of: (order) => (order.Type === 1 ? words.table.collection : words.table.delivery), width: "6rem", off: true },
  Client: { of: (order) => order.Client, width: "minmax(9rem, 2fr)" },
  Place: { of: (order) => order.Place, width: "minmax(9rem, 2fr)" },
  Slot: { of: (order) => order.From ?? order.To, width: "7rem", show: (order) => span(order.From, order.To), number: true },
  Route: { of: (order, store) => store.routeOf(order)?.Code, width: "minmax(6rem, 1fr)" },
  Driver: { of: (order, store) => store.routeOf(order)?.DriverName, width: "minmax(7rem, 1fr)" },
  Seq: { of: (order) => order.Seq, width: "3.5rem", number: true },
  Plan: { of: (order) => order.Plan, width: "5rem", show: (order) => clock(order.Plan), number: true },
  Eta: { of: (order) => order.Eta, width: "5rem", show: (order) => (isDone(order) ? "" : clock(order.Eta)), number: true },
  Arrived: { of: (order) => order.Arrived, width: "5rem", show: (order) => clock(order.Arrived), number: true, off: true },
  Done: { of: (order) => order.Done, width: "5rem", show: (order) => clock(order.Done), number: true },
  Late: { of: (order) => lateBy(order) || null, width: "6rem", show: (order) => (lateBy(order) ? h("span.when-late", {}, words.late(lateBy(order))) : ""), number: true },
  Weight: { of: (order) => order.Weight || null, width: "5rem", number: true, off: true },
  Volume: { of: (order) => order.Volume || null, width: "5rem", number: true, off: true },
  Pallets: { of: (order) => order.Pallets || null, width: "5rem", number: true, off: true },
};
const STOP = { ...ORDER, Orders: { of: (order, store, group) => group.length, width: "4.5rem", number: true } };
const ROUTE = {
  Code: { of: (route) => routeName(route), width: "minmax(7rem, 1fr)", show: (route) => [h("span.number", {}, routeName(route)), route.Locked ? h("span.sign", { title: words.lanes.locked }, icon("lock")) : ""] },
  Status: { of: (route) => words.ROUTE_STATES[route.Status], width: "7rem", show: (route) => routeTag(route) },
  Driver: { of: (route) => route.DriverName, width: "minmax(8rem, 1fr)" },
  Vehicle: { of: (route) => route.Vehicle, width: "minmax(6rem, 1fr)" },
  Depot: { of: (route) => route.Depot, width: "minmax(6rem, 1fr)", off: true },
  Stops: { of: (route, store) => store.stopsOf(route.Id).length, width: "6rem", number: true, show: (route, store) => `${store.stopsOf(route.Id).filter(isDone).length}/${store.stopsOf(route.Id).length}` },
  Late: { of: (route, store) => laneOf(route, store.stopsOf(route.Id)).late || null, width: "4.5rem", number: true },
  Start: { of: (route) => route.Start, width: "5rem", show: (route) => clock(route.Started ?? route.Start), number: true },
  End: { of: (route) => route.End, width: "7rem", show: (route) => clock(route.End), number: true },
  Finish: { of: (route, store) => finish(route, store), width: "7rem", show: (route, store) => clock(finish(route, store)), number: true },
  Load: { of: (route, store) => loadOf(route, store.stopsOf(route.Id))?.share, width: "6rem", show: (route, store) => loadBar(route, store.stopsOf(route.Id)) },
};

function finish(route, store) {
  const stops = store.stopsOf(route.Id);
  const ends = stops.map((stop) => (actualStart(stop) === null ? null : actualStart(stop) + (stop.Service || 0))).filter((at) => at !== null);
  return ends.length ? Math.max(...ends) : null;
}

const KINDS = { orders: ORDER, stops: STOP, routes: ROUTE };

export class Table extends HTMLElement {
  start(board) {
    this.board = board;
    this.store = board.store;
    this.chosen = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    this.tabs = h("div.segments", { role: "group" });
    this.amount = h("span.minor");
    this.chooser = h("details.chooser", {}, h("summary.btn.btn-sm", {}, words.table.choose), h("div.chooser-list"));
    this.head = h("div.table-head", { role: "row", "aria-rowindex": "1" });
    this.scroller = h("div.table-scroll", { role: "grid", tabindex: "0", "aria-multiselectable": "true" }, this.head);
    this.nothing = h("p.nothing", { hidden: true }, words.table.none);
    this.append(h("div.pane-head", {}, this.tabs, this.amount, h("span.grow"), this.chooser), this.scroller, this.nothing);
    this.list = new VirtualList(this.scroller, {
      size: ROW,
      make: (id) => h("div.table-row", { role: "row", id: `row-${id}` }),
      sign: (id, at) => this.#sign(id, at),
      render: (node, id, at) => this.#render(node, id, at),
    });
    this.list.inset = ROW;
    this.scroller.addEventListener("focus", () => board.focusPane(this));
    this.head.addEventListener("click", (event) => {
      const column = event.target.closest("[data-sort]")?.dataset.sort;
      if (column) this.store.ask({ sort: this.store.asked.sort === column ? `-${column}` : column });
    });
    this.draw = perFrame(() => this.#draw());
  }

  get kind() {
    return this.store.asked.table;
  }

  get columns() {
    const all = KINDS[this.kind];
    const wanted = this.chosen[this.kind] ?? Object.keys(all).filter((name) => !all[name].off);
    return Object.keys(all).filter((name) => wanted.includes(name));
  }

  update() {
    this.draw();
  }

  #draw() {
    const columns = this.columns;
    this.style.setProperty("--cells", columns.map((name) => KINDS[this.kind][name].width).join(" "));
    this.#tabs();
    this.#heads(columns);
    const ids = this.rows();
    setText(this.amount, words.table.rows(ids.length));
    this.scroller.setAttribute("aria-rowcount", ids.length + 1);
    this.scroller.setAttribute("aria-label", words.table.kinds[this.kind]);
    this.list.setKeys(ids);
    this.list.drawNow();
    this.nothing.hidden = ids.length > 0 || !this.store.loaded;
    this.#mark();
  }

  #tabs() {
    const stamp = this.kind + JSON.stringify(this.chosen[this.kind] ?? null);
    if (this.tabStamp === stamp) return;
    this.tabStamp = stamp;
    this.tabs.replaceChildren(...Object.keys(KINDS).map((kind) => h("button.btn.btn-sm", { type: "button", "aria-pressed": String(kind === this.kind), onclick: () => this.store.ask({ table: kind, sort: "" }) }, words.table.kinds[kind])));
    const all = KINDS[this.kind];
    this.chooser.lastChild.replaceChildren(...Object.keys(all).map((name) => h("label", {}, h("input", { type: "checkbox", checked: this.columns.includes(name), onchange: () => this.#choose(name) }), ` ${words.table.headings[name]}`)));
  }

  #choose(name) {
    const now = this.columns;
    const next = now.includes(name) ? now.filter((one) => one !== name) : [...now, name];
    if (next.length) this.chosen[this.kind] = next;
    localStorage.setItem(KEPT, JSON.stringify(this.chosen));
    this.tabStamp = null;
    this.draw();
  }

  #heads(columns) {
    const { sort } = this.store.asked;
    const stamp = `${this.kind}|${columns}|${sort}`;
    if (this.headStamp === stamp) return;
    this.headStamp = stamp;
    this.head.replaceChildren(...columns.map((name) => {
      const way = sort === name ? "ascending" : sort === `-${name}` ? "descending" : null;
      return h(`div.cell${KINDS[this.kind][name].number ? ".cell-number" : ""}`, { role: "columnheader", "aria-sort": way },
        h("button.sorter", { type: "button", tabindex: "-1", "data-sort": name }, words.table.headings[name], way ? h("span", { "aria-hidden": "true" }, way === "ascending" ? " ▲" : " ▼") : ""));
    }));
  }

  // Ids in the order of the table. A stop is the orders that a route serves one after the other at one place.
  rows() {
    const { sort } = this.store.asked;
    const down = sort.startsWith("-");
    const name = down ? sort.slice(1) : sort;
    this.groups = new Map();
    let rows;
    if (this.kind === "routes") rows = this.store.shownRoutes();
    else if (this.kind === "orders") rows = this.store.shownOrders();
    else rows = this.#stops();
    const column = KINDS[this.kind][name];
    if (!column) {
      if (this.kind === "orders") rows = [...rows].sort((a, b) => compare(this.store.routeOf(a)?.Code ?? "", this.store.routeOf(b)?.Code ?? "") || (a.Seq ?? 0) - (b.Seq ?? 0) || compare(a.Number ?? "", b.Number ?? ""));
      return rows.map((row) => row.Id);
    }
    const keyed = rows.map((row) => [column.of(row, this.store, this.groups.get(row.Id) ?? [row]), row.Id]);
    keyed.sort(([a], [b]) => {
      if (a === b) return 0;
      if (a === null || a === undefined || a === "") return 1; // what has none stands at the end, either way
      if (b === null || b === undefined || b === "") return -1;
      return (typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b))) * (down ? -1 : 1);
    });
    return keyed.map(([, id]) => id);
  }

  #stops() {
    const firsts = [];
    for (const route of this.store.shownRoutes()) {
      let group = null;
      for (const order of this.store.stopsOf(route.Id)) {
        if (!this.store.isShown(order)) continue;
        const place = order.Lat === null ? order.Place : `${order.Lat},${order.Lon}`;
        if (group?.place === place) group.orders.push(order);
        else {
          group = { place, orders: [order] };
          firsts.push(order);
          this.groups.set(order.Id, group.orders);
        }
      }
    }
    return firsts;
  }

  #row(id) {
    return this.kind === "routes" ? this.store.routes.get(id) : this.store.orders.get(id);
  }

  #sign(id, at) {
    const row = this.#row(id);
    const route = this.kind === "routes" ? this.store.stopsOf(id).reduce((sum, stop) => sum + stop.Version, 0) : this.store.routeOf(row ?? {})?.Version;
    return `${at}|${row?.Version}|${route}|${this.columns}|${this.kind}|${this.store.selected.has(id)}${this.store.active?.id === id}${this.store.pending.has(id)}${(this.groups.get(id) ?? []).length}`;
  }

  #render(node, id, at) {
    const row = this.#row(id);
    if (!row) return;
    const selected = this.store.selected.has(id);
    node.className = `table-row${selected ? " is-selected" : ""}${this.store.active?.id === id ? " is-active" : ""}${this.store.pending.has(id) ? " is-pending" : ""}${at % 2 ? " odd" : ""}`;
    node.setAttribute("aria-rowindex", at + 2);
    node.setAttribute("aria-selected", selected);
    node.removeAttribute("data-order");
    node.removeAttribute("data-route");
    node.dataset[this.kind === "routes" ? "route" : "order"] = id;
    const all = KINDS[this.kind];
    node.replaceChildren(...this.columns.map((name) => {
      const column = all[name];
      const shown = column.show ? column.show(row, this.store) : column.of(row, this.store, this.groups.get(id) ?? [row]);
      return h(`div.cell${column.number ? ".cell-number" : ""}`, { role: "gridcell" }, ...[shown ?? ""].flat().map((part) => (typeof part === "number" ? words.amount(part) : part)));
    }));
  }

  dropAt() {
    return null;
  }

  sequence() {
    return this.kind === "routes" ? [] : this.list.keys;
  }

  step(way) {
    const ids = this.list.keys;
    const here = this.list.index.get(this.store.active?.id) ?? -1;
    const to = { up: here - 1, down: here + 1, first: 0, last: ids.length - 1, pageup: here - 20, pagedown: here + 20 }[way];
    if (to === undefined || ids.length === 0) return null;
    return { kind: this.kind === "routes" ? "route" : "order", id: ids[Math.max(0, Math.min(ids.length - 1, to))] };
  }

  #mark() {
    const id = this.store.active && `row-${this.store.active.id}`;
    id && document.getElementById(id) ? this.scroller.setAttribute("aria-activedescendant", id) : this.scroller.removeAttribute("aria-activedescendant");
  }

  reveal() {
    if (this.store.active) this.list.reveal(this.store.active.id);
    this.#mark();
  }

  focusList() {
    this.scroller.focus({ preventScroll: true });
  }
}

customElements.define("wb-table", Table);
