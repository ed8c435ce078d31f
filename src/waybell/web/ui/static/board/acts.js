// Acts: one after the other to the server, each with a key of its own, so that none is done twice; and back again.
//
// An act whose answer was lost is sent again with the same key until there is an answer. It is kept in the session of
// the tab meanwhile, so that a reload of the page does not forget it.

import { pause } from "./feed.js";

const MOST_STEPS = 20;
const ANSWER_WITHIN = 15000; // milliseconds
const PAUSES = [500, 1000, 2000];
const KEPT = "waybell-board-act";

export class Acts {
  // `told` is called with the result: {kind: "done" | "conflict" | "refused" | "unsure" | "gone", ...}
  constructor(store, told, { kept = globalThis.sessionStorage, send = sendAct } = {}) {
    this.store = store;
    this.told = told;
    this.kept = kept;
    this.send = send;
    this.undoable = [];
    this.redoable = [];
    this.last = Promise.resolve();
  }

  get mayAct() {
    return this.store.live && !this.store.readOnly;
  }

  // Do this. `label` says it in words, for the message and for undo. Answers whether it was done.
  do(move, label) {
    return this.#queue(move, label, (answer) => {
      this.redoable.length = 0;
      this.#remember(this.undoable, answer.Undo, label);
    });
  }

  // Another day has other rows: what was done there is not taken back from here.
  forget() {
    this.undoable.length = this.redoable.length = 0;
    this.store.tell("steps");
  }

  isBusyWith(id) {
    return this.store.pending.has(id);
  }

  undo() {
    return this.#step(this.undoable, this.redoable, "undo");
  }

  redo() {
    return this.#step(this.redoable, this.undoable, "redo");
  }

  // An act that a reload of the page interrupted: its key tells whether it was done already.
  async resume() {
    const stored = JSON.parse(this.kept?.getItem(KEPT) ?? "null");
    if (stored) this.told({ ...(await this.#deliver(stored)), label: stored.label ?? "", way: "do" });
  }

  // What undoes an act comes with its answer, and what does it again with the answer of the undo. The server looks whether
  // somebody has changed one of the rows since.
  #step(from, to, way) {
    if (!this.mayAct || from.length === 0) return Promise.resolve(false);
    const step = from.pop();
    const move = { acts: [{ Act: "undo", Undo: step.undo }], expected: {} };
    return this.#queue(move, step.label, (answer) => this.#remember(to, answer.Undo, step.label), way);
  }

  #remember(steps, undo, label) {
    if (undo) steps.push({ undo, label });
    if (steps.length > MOST_STEPS) steps.shift();
    this.store.tell("steps");
  }

  #queue(move, label, onDone, way = "do") {
    if (move.acts.length === 0 || !this.mayAct) return Promise.resolve(false);
    const ids = [...(move.orders ?? []), ...(move.routes ?? [])];
    this.store.setPending(ids, true);
    const expected = { ...move.expected };
    const job = async () => {
      for (const id of Object.keys(expected)) if (this.own?.has(id)) expected[id] = Math.max(expected[id], this.own.get(id));
      const one = { key: crypto.randomUUID(), label, body: { Day: this.store.day, Acts: move.acts, Expected: expected } };
      const result = await this.#deliver(one);
      this.store.setPending(ids, false);
      if (result.kind === "done") onDone(result.answer);
      this.told({ ...result, label, way });
      return result.kind === "done";
    };
    this.last = this.last.then(job, job);
    return this.last;
  }

  async #deliver(one) {
    try {
      this.kept?.setItem(KEPT, JSON.stringify(one));
    } catch {
      // There is no room for a large undo: it is still sent until there is an answer, but not after a reload.
    }
    for (let attempt = 0; ; attempt++) {
      const answer = await this.send(one).catch(() => null);
      const result = answer && this.#resultOf(answer);
      if (result) {
        this.kept?.removeItem(KEPT);
        return result;
      }
      if (attempt === 0) this.told({ kind: "unsure" });
      await pause(PAUSES[Math.min(attempt, PAUSES.length - 1)]);
    }
  }

  // What an answer means; null for one after which the same key is sent again.
  #resultOf({ status, body }) {
    if (status === 429 || status >= 500) return null;
    if (body?.Orders || body?.Routes) {
      if (status === 200) this.#noteOwn(body);
      this.store.apply({ ...body, Columns: undefined, Full: false });
    }
    if (status === 200) return { kind: "done", answer: body };
    if (status === 409) return { kind: "conflict", conflicts: body?.Conflicts ?? [], detail: body?.Detail };
    if (status === 401 || status === 403 || status === 0) return { kind: "gone", detail: body?.Detail };
    return { kind: "refused", detail: body?.Detail ?? `${status}` };
  }

  // Acts that wait behind this one saw the rows before it; what it changed itself is no conflict for them.
  #noteOwn(body) {
    this.own ??= new Map();
    const { Orders, Routes } = this.store.columns;
    for (const [rows, names] of [[body.Orders, Orders], [body.Routes, Routes]]) {
      for (const row of rows ?? []) this.own.set(row[names.indexOf("Id")], row[names.indexOf("Version")]);
    }
  }
}

async function sendAct({ key, body }) {
  const limit = AbortSignal.timeout(ANSWER_WITHIN);
  const headers = { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key };
  const answer = await fetch("/board/act", { method: "POST", headers, body: JSON.stringify(body), signal: limit, redirect: "manual" });
  if (answer.type === "opaqueredirect") return { status: 401, body: null };
  return { status: answer.status, body: await answer.json().catch(() => null) };
}
