// What is asked of the server when orders are moved. No DOM here.

import { isDone } from "./rows.js";

export const MOST_ORDERS = 1000; // of one act

// The orders that may be moved, and those that may not with the reason: acts are all or nothing, so it is said before.
export function movable(store, ids) {
  const orders = ids.map((id) => store.orders.get(id)).filter(Boolean);
  const refused = orders.map((order) => [order, refusal(store, order)]).filter(([, why]) => why);
  return { orders: orders.filter((order) => !refusal(store, order)), refused };
}

function refusal(store, order) {
  const route = store.routeOf(order);
  if (isDone(order) && order.Route) return "done";
  return route ? refusalOf(route) : null;
}

const SHARED = 2; // of Locked: the route serves others too, beyond what this person may see

export function refusalOf(route) {
  if (route.Status === "Closed") return "closed";
  if (route.Locked === SHARED) return "shared";
  return route.Locked ? "locked" : null;
}

export function versionsOf(store, ids) {
  const expected = {};
  for (const id of ids) {
    const row = store.orders.get(id) ?? store.routes.get(id);
    if (row) expected[id] = row.Version;
  }
  return expected;
}

// To a route: to its end (null), to where it costs least ("best"), or before the stop that stands at this index. The server
// counts stops from 1, and several orders of one address are one stop.
export function assign(store, ids, routeId, at) {
  const inSequence = ordered(store, ids);
  const one = inSequence.length === 1 ? store.orders.get(inSequence[0]) : null;
  if (one && one.Route === routeId && typeof at === "number") return move(store, one, at);
  const place = typeof at === "number" ? store.stopsOf(routeId)[at]?.Seq ?? null : at;
  return { acts: [{ Act: "assign", Orders: inSequence, Route: routeId, At: place }], expected: versionsOf(store, inSequence), orders: inSequence };
}

export function unassign(store, ids) {
  const onRoutes = ids.filter((id) => store.orders.get(id)?.Route);
  return { acts: onRoutes.length ? [{ Act: "unassign", Orders: onRoutes }] : [], expected: versionsOf(store, onRoutes), orders: onRoutes };
}

const NOTHING = { acts: [], expected: {}, orders: [] };

// Within its route, before the order that stands at this index now. The stop leaves its place before it is put in.
function move(store, order, at) {
  const before = store.stopsOf(order.Route)[at];
  const last = store.stopsOf(order.Route).at(-1);
  const to = before ? (before.Seq > order.Seq ? before.Seq - 1 : before.Seq) : last.Seq;
  return moveTo(store, order, to);
}

// One stop earlier or later.
export function shift(store, id, step) {
  const order = store.orders.get(id);
  return order?.Route ? moveTo(store, order, order.Seq + step) : NOTHING;
}

function moveTo(store, order, to) {
  const last = store.stopsOf(order.Route).at(-1);
  if (to === order.Seq || to < 1 || to > last.Seq) return NOTHING;
  return { acts: [{ Act: "move", Order: order.Id, At: to }], expected: versionsOf(store, [order.Id, order.Route]), orders: [order.Id] };
}

export function ofRoute(store, act, routeIds, more = {}) {
  const routes = [routeIds].flat();
  const named = routes.length === 2 ? { Routes: routes } : { Route: routes[0] };
  return { acts: [{ Act: act, ...named, ...more }], expected: versionsOf(store, routes), orders: [], routes };
}

// Orders of several routes keep their sequence: route by route, then stop by stop; the pool's as the pool shows them.
function ordered(store, ids) {
  const place = new Map(store.pool().map((order, at) => [order.Id, at]));
  const key = (id) => {
    const order = store.orders.get(id);
    return [order.Route ?? "", order.Route ? order.Seq ?? 0 : place.get(id) ?? 0];
  };
  return [...ids].sort((a, b) => {
    const [routeA, atA] = key(a);
    const [routeB, atB] = key(b);
    return routeA < routeB ? -1 : routeA > routeB ? 1 : atA - atB;
  });
}
