// The state of the board: rows by id, selection, filter, and what follows from them. No DOM here.

import { START, isNarrow, matcher, routeText } from "./filter.js";
import { decode, has, isDone, lateBy, stateOf } from "./rows.js";
import { minutesSince } from "./time.js";

const KINDS = ["Orders", "Routes", "Exceptions"];
const NUMBER = new Intl.Collator(undefined, { numeric: true }).compare;

export class Store {
  constructor(asked = START) {
    this.asked = { ...asked };
    this.live = false;
    this.loaded = false;
    this.selected = new Set();
    this.active = null; // {kind: "order" | "route", id}
    this.anchor = null; // where a range of the selection begins
    this.pending = new Set(); // ids of rows on which an act is under way
    this.listeners = new Set();
    this.rows = { Orders: new Map(), Routes: new Map(), Exceptions: new Map() };
    this.#forget();
  }

  get orders() { return this.rows.Orders; }
  get routes() { return this.rows.Routes; }
  get exceptions() { return this.rows.Exceptions; }

  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(what) {
    for (const listener of this.listeners) listener(what);
  }

  // An answer of the feed or of an act: all rows when it is `Full` or the first, or else those that changed.
  apply(answer) {
    this.columns = answer.Columns ?? this.columns;
    const full = answer.Full || answer.Columns !== undefined;
    for (const kind of KINDS) {
      const rows = this.rows[kind];
      const fresh = decode(this.columns[kind], answer[kind] ?? []);
      if (full) rows.clear();
      for (const row of fresh) if (!(rows.get(row.Id)?.Version > row.Version)) rows.set(row.Id, row);
      for (const id of answer.Gone?.[kind] ?? []) rows.delete(id);
    }
    if (full) {
      this.day = answer.Day ?? this.day;
      this.zone = answer.Zone ?? this.zone;
      for (const [member, name] of [["Drivers", "drivers"], ["Vehicles", "vehicles"], ["Depots", "depots"]]) this[name] = answer[member] ?? this[name];
    }
    if (answer.Counts) this.counts = answer.Counts;
    if (answer.Now) this.nowBase = minutesSince(this.day, answer.Now) - performance.now() / 60000;
    this.loaded = true;
    for (const id of this.selected) if (!this.orders.has(id)) this.selected.delete(id);
    this.#forget();
    this.tell("rows");
  }

  now() {
    return this.nowBase === undefined ? null : this.nowBase + performance.now() / 60000;
  }

  // What is derived is made when it is first asked for after a change.
  #forget() {
    this.derived = {};
  }

  #derive(name, make) {
    return this.derived[name] ??= make();
  }

  #stops() {
    return this.#derive("stops", () => {
      const stops = new Map();
      for (const order of this.orders.values()) {
        if (!order.Route) continue;
        if (!stops.has(order.Route)) stops.set(order.Route, []);
        stops.get(order.Route).push(order);
      }
      for (const list of stops.values()) list.sort((a, b) => (a.Seq ?? Infinity) - (b.Seq ?? Infinity) || NUMBER(a.Number, b.Number));
      return stops;
    });
  }

  stopsOf(routeId) {
    return this.#stops().get(routeId) ?? [];
  }

  routeOf(order) {
    return this.routes.get(order.Route) ?? null;
  }

  isShown(order) {
    return this.#derive("matches", () => matcher(this.asked))(order, this.routeOf(order));
  }

  // Orders without a route: the earliest slot first.
  pool() {
    return this.#derive("pool", () => [...this.orders.values()].filter((order) => !order.Route && this.isShown(order)).sort(byNeed));
  }

  sortedRoutes() {
    return this.#derive("sorted", () => [...this.routes.values()].sort((a, b) => NUMBER(a.Code ?? "", b.Code ?? "")));
  }

  // While the filter is narrow, only routes that match it themselves or by one of their orders.
  shownRoutes() {
    return this.#derive("shownRoutes", () => {
      if (!isNarrow(this.asked)) return this.sortedRoutes();
      const { q, show, depot } = this.asked;
      const words = q.toLowerCase().split(/\s+/).filter(Boolean);
      return this.sortedRoutes().filter((route) => {
        if (depot && route.Depot !== depot) return false;
        const named = show === "all" && words.every((word) => routeText(route).toLowerCase().includes(word));
        return named || this.stopsOf(route.Id).some((order) => this.isShown(order));
      });
    });
  }

  shownOrders() {
    return this.#derive("shownOrders", () => [...this.orders.values()].filter((order) => this.isShown(order)));
  }

  // Worst first, then the longest standing.
  sortedExceptions() {
    return this.#derive("exceptions", () => [...this.exceptions.values()].sort((a, b) => b.Severity - a.Severity || (a.Since ?? 0) - (b.Since ?? 0)));
  }

  // The ids of the orders that the views of routes show, route after route.
  sequenceOnRoutes() {
    return this.shownRoutes().flatMap((route) => this.stopsOf(route.Id)).filter((stop) => this.isShown(stop)).map((stop) => stop.Id);
  }

  tally() {
    return this.#derive("tally", () => {
      const tally = { day: 0, pool: 0, onRoutes: 0, earlier: 0, active: 0, done: 0, failed: 0, late: 0, risk: 0 };
      for (const order of this.orders.values()) {
        if (has(order, "earlier") && !order.Route) {
          tally.earlier++;
          continue;
        }
        tally.day++;
        order.Route ? tally.onRoutes++ : tally.pool++;
        const state = stateOf(order);
        if (state === "done" || state === "partial") tally.done++;
        if (state === "failed") tally.failed++;
        if (state === "active" || (state === "planned" && this.routeOf(order)?.Status === "InProgress")) tally.active++;
        if (!isDone(order) && (has(order, "late") || lateBy(order) > 0)) tally.late++;
        else if (!isDone(order) && has(order, "atRisk")) tally.risk++;
      }
      return tally;
    });
  }

  ask(change) {
    this.asked = { ...this.asked, ...change };
    this.#forget();
    this.tell("asked");
  }

  // What acts touch: never rows that the filter hides.
  chosen() {
    const shown = [...this.selected].filter((id) => this.isShown(this.orders.get(id)));
    if (shown.length) return shown;
    return this.active?.kind === "order" && this.orders.has(this.active.id) && this.isShown(this.orders.get(this.active.id)) && this.selected.size === 0 ? [this.active.id] : [];
  }

  hiddenSelected() {
    return [...this.selected].filter((id) => !this.isShown(this.orders.get(id))).length;
  }

  setActive(kind, id) {
    if (this.active?.kind === kind && this.active.id === id) return;
    this.active = id === null ? null : { kind, id };
    this.tell("active");
  }

  isActive(kind, id) {
    return this.active?.kind === kind && this.active.id === id;
  }

  select(ids, { add = false } = {}) {
    if (!add) this.selected.clear();
    for (const id of ids) this.selected.add(id);
    this.tell("selection");
  }

  toggle(id) {
    this.selected.has(id) ? this.selected.delete(id) : this.selected.add(id);
    this.anchor = id;
    this.tell("selection");
  }

  // From the anchor to this one, in the order of a list that a view shows.
  selectRange(ids, to) {
    const from = ids.includes(this.anchor) ? this.anchor : to;
    this.anchor = from;
    const [first, last] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
    this.select(ids.slice(first, last + 1));
  }

  setLive(live) {
    if (this.live === live) return;
    this.live = live;
    this.tell("live");
  }

  setPending(ids, pending) {
    for (const id of ids) pending ? this.pending.add(id) : this.pending.delete(id);
    this.tell("pending");
  }
}

function byNeed(a, b) {
  return (a.From ?? 9999) - (b.From ?? 9999) || (a.To ?? 9999) - (b.To ?? 9999) || NUMBER(a.Number, b.Number);
}
