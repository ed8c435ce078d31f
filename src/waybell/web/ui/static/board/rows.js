// The rows of the feed: arrays in the order of the columns, which become objects. No DOM here.

export const FLAGS = { noPlace: 1, pinned: 2, notLoaded: 4, loaded: 8, cod: 16, again: 32, late: 64, atRisk: 128, earlier: 256 };

export function has(order, flag) {
  return (order.Flags & FLAGS[flag]) !== 0;
}

// Nulls at the end of a row are left out on the way.
export function decode(columns, rows) {
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])));
}

// The status of an order as a word for the style sheet; words.js has the one for people.
export function stateOf(order) {
  switch (order.Status) {
    case 1: return "active";
    case 2: case 5: return "failed";
    case 3: return "done";
    case 4: return "partial";
    default: return order.Route ? "planned" : "unassigned";
  }
}

export function isDone(order) {
  return order.Status > 1;
}

// When it happened, or else when it is expected now: what the ghost of a planned block shows.
export function actualStart(order) {
  if (isDone(order)) return order.Arrived ?? order.Done;
  return order.Arrived ?? order.Eta;
}

// Minutes after the end of the time slot; 0 when it is in time or has no slot.
export function lateBy(order) {
  const at = actualStart(order) ?? order.Plan;
  return order.To === null || at === null ? 0 : Math.max(0, at - order.To);
}
