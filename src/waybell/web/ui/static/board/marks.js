// The small signs of an order or a route that several views show.

import { h, icon } from "./dom.js";
import { loadOf } from "./load.js";
import { actualStart, has, isDone, lateBy, stateOf } from "./rows.js";
import { clock, span } from "./time.js";
import * as words from "./words.js";

export function stateWord(order) {
  return words.state(stateOf(order), order.Type);
}

export function stateBadge(order) {
  return h(`span.state-tag.st-${stateOf(order)}`, {}, stateWord(order));
}

const SIGNS = { noPlace: "map-pin", pinned: "pin", notLoaded: "package-off", cod: "key", again: "rotate", earlier: "history" };

export function signsOf(order) {
  const signs = [];
  for (const name of ["noPlace", "again", "earlier", "notLoaded", "pinned"]) {
    if (has(order, name)) signs.push(h(`span.sign.sign-${name}`, { title: words.MARKS[name], role: "img", "aria-label": words.MARKS[name] }, icon(SIGNS[name])));
  }
  if (has(order, "cod")) signs.push(h("span.sign.sign-cod", { title: words.MARKS.cod }, "COD"));
  if (order.Type === 1) signs.push(h("span.sign", { title: words.MARKS.collection, role: "img", "aria-label": words.MARKS.collection }, icon("arrow-back-up")));
  return signs;
}

// How it stands with time, in one short text: done 10:12, ETA 10:40 (5 min late), planned 09:30.
export function timing(order) {
  const late = lateBy(order);
  if (isDone(order)) return h(`span.when${late ? ".when-late" : ""}`, {}, `✓ ${clock(order.Done ?? actualStart(order))}`);
  const at = actualStart(order) ?? order.Plan;
  if (at === null) return null;
  const text = order.Arrived !== null ? `at stop ${clock(order.Arrived)}` : `ETA ${clock(at)}`;
  return h(`span.when${late ? ".when-late" : has(order, "atRisk") ? ".when-risk" : ""}`, {}, late ? `${text}, ${words.late(late)}` : text);
}

export function slotOf(order) {
  const text = span(order.From, order.To);
  return text ? h("span.slot", {}, text) : null;
}

// What stands on a card or a row of an order: two lines.
export function orderLines(order, { withState = false } = {}) {
  return [
    h("div.line", {}, h("span.number", {}, order.Number ?? "–"), ...signsOf(order), h("span.grow"), withState ? timing(order) : slotOf(order)),
    h("div.line.minor", {}, h("span.cut", {}, [order.Client, order.Place].filter(Boolean).join(" · ") || "–"), h("span.grow"), withState ? slotOf(order) : order.Weight ? h("span.amount", {}, `${words.amount(order.Weight)} kg`) : null),
  ];
}

export function loadBar(route, stops) {
  const load = loadOf(route, stops);
  if (!load) return h("span.load.load-none", { title: words.lanes.noLoad });
  const bar = h(`span.load${load.share > 1 ? ".load-over" : ""}`, { title: words.lanes.load(load), role: "img", "aria-label": words.lanes.load(load) });
  const peak = h("span.load-peak");
  const now = h("span.load-now");
  peak.style.width = `${Math.min(100, load.share * 100)}%`;
  now.style.width = `${Math.min(100, load.shareNow * 100)}%`;
  bar.append(peak, now);
  return bar;
}

export function routeName(route) {
  return route ? route.Code || route.DriverName || "–" : words.pool.title;
}

export function routeTag(route) {
  return h(`span.state-tag.rt-${route.Status}`, {}, words.ROUTE_STATES[route.Status] ?? route.Status);
}

// Over capacity and slots that are not met: allowed, but marked and counted.
export function warningsOf(route, stops) {
  const load = loadOf(route, stops);
  const late = stops.filter((stop) => !isDone(stop) && lateBy(stop) > 0).length;
  return { over: load !== null && load.share > 1, late, count: (load !== null && load.share > 1 ? 1 : 0) + late };
}
