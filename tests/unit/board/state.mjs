import assert from "node:assert/strict";
import { test } from "node:test";
import { fromQuery, START, toQuery } from "./board/filter.js";
import { loadOf } from "./board/load.js";
import { assign, movable, shift } from "./board/moves.js";
import { Store } from "./board/store.js";
import { clock, minutesSince, span } from "./board/time.js";
import { laneOf, positionAt } from "./board/timeline.js";

const Orders = ["Id", "Number", "Client", "Place", "Flags", "Version", "From", "To", "Route", "Seq", "Status", "Plan", "Eta", "Weight", "Type"];
const Columns = { Orders, Routes: ["Id", "Code", "Status", "Locked", "Start", "Capacity", "Version"], Exceptions: ["Id"] };
const order = (id, facts = {}) => Orders.map((name) => ({ Id: id, Number: id, Flags: 0, Version: 1, Type: 0, ...facts })[name] ?? null);
const route = (id, facts = {}) => Columns.Routes.map((name) => ({ Id: id, Code: id.toUpperCase(), Status: "Ready", Locked: 0, Version: 1, ...facts })[name] ?? null);

function aStore(orders, routes = []) {
  const store = new Store({ ...START });
  store.apply({ Columns, Day: "2026-11-30", Zone: "Europe/Tallinn", Orders: orders, Routes: routes, Exceptions: [] });
  return store;
}

test("orders on routes and in the pool are all orders of the day, and those of earlier days are counted apart", () => {
  const store = aStore([order("o1"), order("o2", { Route: "r1" }), order("o3", { Flags: 256 })], [route("r1")]);
  const { day, pool, onRoutes, earlier } = store.tally();
  assert.deepEqual([day, pool, onRoutes, earlier], [2, 1, 1, 1]);
  assert.deepEqual(store.pool().map((one) => one.Id), ["o1", "o3"]);
});

test("a row that arrives late never replaces a newer one, and rows that are gone leave the selection", () => {
  const store = aStore([order("o1"), order("o2")]);
  store.select(["o1", "o2"]);
  store.apply({ Orders: [order("o1", { Version: 5, Client: "new" })] });
  store.apply({ Orders: [order("o1", { Version: 4, Client: "old" })], Gone: { Orders: ["o2"] } });
  assert.equal(store.orders.get("o1").Client, "new");
  assert.deepEqual([...store.selected], ["o1"]);
});

test("what the filter hides is not acted on, although it stays selected", () => {
  const store = aStore([order("o1", { Client: "Bakery" }), order("o2", { Client: "Hotel" })]);
  store.select(["o1", "o2"]);
  store.ask({ q: "hotel" });
  assert.deepEqual(store.chosen(), ["o2"]);
  assert.equal(store.hiddenSelected(), 1);
  store.ask({ q: "nothing is like this" });
  store.setActive("order", "o1");
  assert.deepEqual(store.chosen(), []);
});

test("a stop moves to stop numbers, which orders of one address share", () => {
  const on = (id, seq) => order(id, { Route: "r1", Seq: seq });
  const store = aStore([on("o1", 1), on("o2", 2), on("o3", 2), on("o4", 3), order("o5")], [route("r1", { Version: 7 })]);
  assert.deepEqual(assign(store, ["o5"], "r1", 3).acts, [{ Act: "assign", Orders: ["o5"], Route: "r1", At: 3 }]);
  assert.deepEqual(assign(store, ["o5"], "r1", 4).acts[0].At, null);
  assert.deepEqual(assign(store, ["o1"], "r1", 3).acts, [{ Act: "move", Order: "o1", At: 2 }]); // before o4, after it has left
  assert.deepEqual(assign(store, ["o4"], "r1", 0).acts, [{ Act: "move", Order: "o4", At: 1 }]);
  assert.deepEqual(shift(store, "o1", 1), { acts: [{ Act: "move", Order: "o1", At: 2 }], expected: { o1: 1, r1: 7 }, orders: ["o1"] });
  assert.deepEqual(shift(store, "o4", 1).acts, []);
});

test("done stops and those of locked and closed routes stay where they are", () => {
  const store = aStore(
    [order("o1", { Route: "r1", Status: 3 }), order("o2", { Route: "r2" }), order("o3", { Route: "r3" }), order("o4", { Route: "r1", Status: 1 }), order("o5", { Status: 5 })],
    [route("r1"), route("r2", { Locked: 1 }), route("r3", { Status: "Closed" })],
  );
  const { orders, refused } = movable(store, ["o1", "o2", "o3", "o4", "o5"]);
  assert.deepEqual(orders.map((one) => one.Id), ["o4", "o5"]); // a failed order without a route may be planned anew
  assert.deepEqual(refused.map(([, why]) => why), ["done", "locked", "closed"]);
});

test("a lane has blocks at planned times, ghosts where the ETA differs, and says what is late", () => {
  const store = aStore([
    order("o1", { Route: "r1", Seq: 1, Plan: 500, Eta: 500, To: 520 }),
    order("o2", { Route: "r1", Seq: 2, Plan: 530, Eta: 560, To: 550 }),
    order("o3", { Route: "r1", Seq: 3 }),
  ], [route("r1", { Start: 480 })]);
  const lane = laneOf(store.routes.get("r1"), store.stopsOf("r1"));
  assert.deepEqual(lane.blocks.map((block) => [block.at, block.ghost, block.late, block.timed]), [[500, null, 0, true], [530, 560, 10, true], [537, null, 0, false]]);
  assert.deepEqual(lane.drives[0], [480, 500]);
  assert.deepEqual([0, 515, 9999].map((minutes) => positionAt(lane, minutes)), [0, 1, 3]);
});

test("the load is the fullest measure at the fullest moment, with collections coming aboard", () => {
  const stops = [{ Type: 0, Weight: 60, Status: 3 }, { Type: 1, Weight: 80, Status: null }, { Type: 0, Weight: 30, Status: null }];
  const load = loadOf({ Capacity: [100, 10, null] }, stops);
  assert.deepEqual([load.measure, load.now, load.peak, load.share], ["Weight", 30, 110, 1.1]);
  assert.equal(loadOf({ Capacity: null }, stops), null);
});

test("the filter and the view survive in the URL, and nonsense does not", () => {
  const asked = { ...START, day: "2026-11-30", view: "table", q: "a b&c", show: "late", sort: "-Eta" };
  assert.deepEqual(fromQuery(toQuery(asked)), asked);
  assert.equal(toQuery(START), "");
  assert.deepEqual(fromQuery("?view=evil&show=x&day=2026-99-99"), START);
});

test("times are minutes of the day in the account's zone, and say when they are of another day", () => {
  assert.deepEqual([clock(545), clock(1500), clock(-30), clock(null)], ["09:05", "01:00 +1", "23:30 −1", ""]);
  assert.deepEqual([span(540, 660), span(-720, -600), span(1320, 1560), span(null, null)], ["09:00–11:00", "12:00–14:00 −1", "22:00–02:00 +1", ""]);
  assert.equal(minutesSince("2026-11-30", "2026-12-01T00:30:00"), 1470);
});
