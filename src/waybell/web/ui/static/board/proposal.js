// Optimise one route: ask for a proposal, compare it with what is there, and apply or discard it.

import { button, h, icon } from "./dom.js";
import { routeName } from "./marks.js";
import { has } from "./rows.js";
import * as words from "./words.js";

const MEASURES = ["Km", "Minutes", "Late", "Cost"];

async function fetchProposal(routeId, signal) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": crypto.randomUUID() };
  const answer = await fetch("/board/propose", { method: "POST", headers, body: JSON.stringify({ Route: routeId }), signal, redirect: "manual" });
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(body?.Detail ?? `${answer.status}`);
  return body;
}

// Answers {sequence, expected} to apply, or null.
export function askProposal(store, route) {
  return new Promise((done) => {
    let result = null;
    const aborter = new AbortController();
    const name = routeName(route);
    const body = h("div.plan-body", { "aria-live": "polite" }, h("p.minor", {}, h("span.spinner-border.spinner-border-sm", { "aria-hidden": "true" }), ` ${words.plan.searching}…`));
    const apply = button(words.plan.apply, { kind: "btn-primary", disabled: true, onclick: () => dialog.close("apply") });
    const discard = button(words.plan.discard, { onclick: () => dialog.close() });
    const dialog = h("dialog.plan", { "aria-labelledby": "plan-title" }, h("h2.h3", { id: "plan-title" }, words.plan.title(name)), body, h("footer", {}, h("span.minor", {}, words.plan.note), h("span.grow"), discard, apply));
    dialog.addEventListener("close", () => {
      aborter.abort();
      dialog.remove();
      done(dialog.returnValue === "apply" ? result : null);
    });
    document.body.append(dialog);
    dialog.showModal();
    discard.focus();
    fetchProposal(route.Id, aborter.signal).then(({ Proposal, Expected, Text }) => {
      const wanted = new Set(Proposal.Sequence);
      const now = store.stopsOf(route.Id).map((stop) => stop.Id).filter((id) => wanted.has(id));
      const same = now.join() === Proposal.Sequence.join();
      // Applying the same sequence still gives its stops their planned times.
      const timeless = store.stopsOf(route.Id).some((stop) => wanted.has(stop.Id) && (stop.Plan ?? null) === null && !has(stop, "noPlace"));
      body.replaceChildren(comparison(Proposal), same ? h("p", {}, timeless ? words.plan.sameTimeless : words.plan.same) : sequenceTable(store, now, Proposal.Sequence), Text ? h("p.minor", {}, Text) : "");
      result = { sequence: Proposal.Sequence, expected: Expected };
      apply.disabled = same && !timeless;
      if (!apply.disabled) apply.focus();
    }).catch((error) => {
      if (error.name !== "AbortError") body.replaceChildren(h("p.form-fault", { role: "alert" }, icon("alert-circle"), ` ${words.plan.failed(error.message)}`));
    });
  });
}

function comparison({ Before, After }) {
  const rows = MEASURES.filter((name) => Before?.[name] !== undefined && Before?.[name] !== null).map((name) => {
    const [before, after] = [Before[name], After[name]];
    const change = after - before;
    const kind = change < 0 ? "better" : change > 0 ? "worse" : "same";
    return h("tr", {}, h("th", { scope: "row" }, words.plan.measures[name]), h("td.number", {}, words.amount(before)), h("td.number", {}, words.amount(after)), h(`td.number.is-${kind}`, {}, change === 0 ? "–" : `${change > 0 ? "+" : "−"}${words.amount(Math.abs(change))}`));
  });
  return h("table.table.plan-table", {}, h("thead", {}, h("tr", {}, h("td"), h("th.number", { scope: "col" }, words.plan.before), h("th.number", { scope: "col" }, words.plan.after), h("td"))), h("tbody", {}, ...rows));
}

function sequenceTable(store, now, next) {
  const was = new Map(now.map((id, at) => [id, at + 1]));
  return h("ol.plan-sequence", {}, ...next.map((id, at) => {
    const order = store.orders.get(id);
    const moved = was.get(id) !== at + 1;
    return h(`li${moved ? ".is-moved" : ""}`, {}, h("span.cut", {}, [order?.Number, order?.Client].filter(Boolean).join(" · ") || id), moved ? h("span.minor", {}, `${words.plan.was} ${was.get(id)}`) : null);
  }));
}
