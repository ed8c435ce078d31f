import assert from "node:assert/strict";
import { test } from "node:test";
import { Acts } from "./board/acts.js";
import { Store } from "./board/store.js";

const Columns = { Orders: ["Id", "Route", "Flags", "Version"], Routes: ["Id", "Version"], Exceptions: ["Id"] };

// A server that answers what the test says, and remembers what it was sent.
function playing(answers) {
  const store = new Store();
  store.apply({ Columns, Day: "2026-11-30", Orders: [["o1", null, 0, 1], ["o2", null, 0, 1]], Routes: [["r1", 1]], Exceptions: [] });
  store.setLive(true);
  const sent = [];
  const told = [];
  const kept = new Map();
  const send = async (one) => {
    sent.push(structuredClone(one));
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const storage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) };
  return { store, sent, told, kept, acts: new Acts(store, (one) => told.push(one), { kept: storage, send }) };
}

const done = (more = {}) => ({ status: 200, body: { Changed: 1, Undo: null, Orders: [], Routes: [], ...more } });
const move = { acts: [{ Act: "assign", Orders: ["o1"], Route: "r1", At: "best" }], expected: { o1: 1 }, orders: ["o1"] };

test("an act whose answer was lost is sent again with the same key, and kept until there is an answer", async () => {
  const { acts, sent, told, kept } = playing([new Error("cut"), { status: 503, body: null }, done({ Undo: "back" })]);
  assert.equal(await acts.do(move, "moved"), true);
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent.map((one) => one.key)).size, 1);
  assert.deepEqual(told.map((one) => one.kind), ["unsure", "done"]);
  assert.equal(kept.size, 0);
});

test("a reload sends what was under way with the key that it had", async () => {
  const { acts, sent, told, kept } = playing([done()]);
  const one = { key: "the key", label: "moved", body: { Day: "2026-11-30", Acts: move.acts, Expected: {} } };
  kept.set("waybell-board-act", JSON.stringify(one));
  await acts.resume();
  assert.deepEqual(sent, [one]);
  assert.deepEqual([told[0].kind, told[0].label], ["done", "moved"]);
  assert.equal(kept.size, 0);
});

test("undo and redo hand over what the server gave, and a new act ends the redo", async () => {
  const { acts, sent } = playing([done({ Undo: "u1" }), done({ Undo: "r1" }), done({ Undo: "u2" }), done({ Undo: "r2" }), done({ Undo: "u3" })]);
  await acts.do(move, "moved");
  await acts.undo();
  await acts.redo();
  await acts.undo();
  assert.deepEqual(sent.slice(1).map((one) => one.body.Acts[0].Undo), ["u1", "r1", "u2"]);
  await acts.do(move, "moved again");
  assert.equal(acts.redoable.length, 0);
  assert.equal(acts.undoable.length, 1);
});

test("the last twenty steps can be undone", async () => {
  const { acts } = playing(Array.from({ length: 25 }, (_, at) => done({ Undo: `u${at}` })));
  for (let at = 0; at < 25; at++) await acts.do(move, "moved");
  assert.equal(acts.undoable.length, 20);
  assert.equal(acts.undoable[0].undo, "u5");
});

test("a conflict is told, brings the fresh rows, and leaves nothing to undo", async () => {
  const { acts, store, told } = playing([{ status: 409, body: { Detail: "", Conflicts: [{ Order: "o1", By: "Mari" }], Orders: [["o1", "r1", 0, 2]] } }]);
  assert.equal(await acts.do(move, "moved"), false);
  assert.deepEqual([told[0].kind, told[0].conflicts[0].By, acts.undoable.length], ["conflict", "Mari", 0]);
  assert.equal(store.orders.get("o1").Route, "r1");
});

test("an act that waited behind one of the same person does not conflict with it", async () => {
  const { acts, sent } = playing([done({ Orders: [["o1", "r1", 0, 2]] }), done()]);
  await Promise.all([acts.do(move, "first"), acts.do(move, "second")]);
  assert.deepEqual(sent.map((one) => one.body.Expected.o1), [1, 2]);
});

test("while the board is not live, nothing is sent", async () => {
  const { acts, store, sent } = playing([]);
  store.setLive(false);
  assert.equal(await acts.do(move, "moved"), false);
  assert.equal(sent.length, 0);
});
