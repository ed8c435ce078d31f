// What is shown: the filter and the view, and how they stand in the URL. No DOM here.

import { has, isDone, lateBy, stateOf } from "./rows.js";
import { isDay } from "./time.js";

export const VIEWS = ["lanes", "columns", "table", "map", "pool"];
export const SHOWS = ["all", "unassigned", "planned", "active", "done", "failed", "late", "risk"];

export const START = Object.freeze({ day: null, view: "lanes", q: "", show: "all", depot: "", table: "orders", sort: "" });

export function fromQuery(query) {
  const params = new URLSearchParams(query);
  const asked = { ...START };
  const take = (name, allowed) => {
    const value = params.get(name);
    if (value !== null && (!allowed || allowed(value))) asked[name] = value;
  };
  take("day", isDay);
  take("view", (value) => VIEWS.includes(value));
  take("q");
  take("show", (value) => SHOWS.includes(value));
  take("depot");
  take("table", (value) => ["orders", "stops", "routes"].includes(value));
  take("sort");
  return asked;
}

// What is as at the start need not stand in the URL.
export function toQuery(asked) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) if (value && value !== START[name]) params.set(name, value);
  const query = params.toString();
  return query ? `?${query}` : "";
}

export function isNarrow(asked) {
  return asked.q !== "" || asked.show !== "all" || asked.depot !== "";
}

const TESTS = {
  all: () => true,
  unassigned: (order) => !order.Route,
  planned: (order) => stateOf(order) === "planned",
  active: (order) => stateOf(order) === "active",
  done: (order) => order.Status === 3 || order.Status === 4,
  failed: (order) => stateOf(order) === "failed" || has(order, "again"),
  late: (order) => has(order, "late") || (!isDone(order) && lateBy(order) > 0),
  risk: (order) => has(order, "atRisk"),
};

// A function that tells of an order with its route (or null) whether it is shown.
export function matcher(asked) {
  const words = asked.q.toLowerCase().split(/\s+/).filter(Boolean);
  const test = TESTS[asked.show];
  return (order, route) => {
    if (!test(order)) return false;
    if (asked.depot && route?.Depot !== asked.depot) return false;
    if (words.length === 0) return true;
    const text = `${order.Number} ${order.Client} ${order.Place} ${routeText(route)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

export function routeText(route) {
  return route ? `${route.Code} ${route.DriverName ?? ""} ${route.Driver ?? ""} ${route.Vehicle ?? ""}` : "";
}
