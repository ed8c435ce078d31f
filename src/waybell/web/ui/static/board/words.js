// Every text of the board that does not stand in its template. Another language is another module like this one.

import { clock, duration } from "./time.js";

const number = new Intl.NumberFormat("en");
const fraction = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const count = (amount) => number.format(amount);
export const amount = (value) => fraction.format(value);
export const orders = (amount) => `${count(amount)} ${amount === 1 ? "order" : "orders"}`;
export const stops = (amount) => `${count(amount)} ${amount === 1 ? "stop" : "stops"}`;

export const STATES = {
  unassigned: "Unassigned", planned: "Planned", active: "In progress", done: "Delivered", partial: "Partially", failed: "Not delivered",
};
const COLLECTED = { done: "Collected", failed: "Not collected" };
export const state = (word, type) => (type === 1 && COLLECTED[word]) || STATES[word];

export const ROUTE_STATES = { Draft: "Draft", Ready: "Ready", Loaded: "Loaded", InProgress: "In progress", Closed: "Closed" };

export const SHOWS = {
  all: "Every state", unassigned: "Unassigned", planned: "Planned", active: "In progress", done: "Completed", failed: "Failed", late: "Late", risk: "At risk",
};

export const MARKS = {
  noPlace: "No position: it cannot be planned",
  pinned: "Pinned: planning does not move it",
  notLoaded: "Not loaded",
  cod: "Cash on delivery",
  again: "Failed before: reschedule it",
  earlier: "Of an earlier day, and still without a route",
  late: "Late",
  atRisk: "At risk: at most 10 minutes to the end of its time slot",
  collection: "Collection",
};

export const late = (minutes) => `${duration(minutes)} late`;
export const earlier = (amount) => (amount ? `, and ${count(amount)} of earlier days` : "");
export const sum = (tally) => `${count(tally.onRoutes)} on routes + ${count(tally.pool)} unassigned = ${count(tally.day)} of the day${earlier(tally.earlier)}`;
export const SUM_WRONG = "The rows here do not add up to the orders of the day. They are being fetched anew.";

export const liveWords = {
  live: "Live",
  connecting: "Connecting",
  stale: (since) => (since ? `Not live since ${since}. What you see may be old, and acts are off until the connection is back.` : "The server does not answer. Trying again."),
  ended: "Your session has ended, or you may not see this any more.",
  back: "Live again.",
};

// The wall clock is the same on a page of another day.
export const clockOf = (zone, minutes) => `${clock(((minutes % 1440) + 1440) % 1440)} ${zone}`;

export const pool = {
  title: "Unassigned",
  label: "Unassigned orders",
  empty: "No order waits for a route.",
  nothing: "No unassigned order matches the filter.",
  fresh: (amount) => `${count(amount)} new`,
};

export const lanes = {
  label: "Routes on a time axis",
  none: "No route matches the filter.",
  noRoutes: "No routes on this day yet. Add one with “+ Route”, or select orders and press a to put them on a new one.",
  untimed: "No times yet: optimise the route (o)",
  over: "Over capacity",
  locked: "Locked",
  lateStops: (amount) => `${count(amount)} late`,
  violations: (amount) => `${count(amount)} ${amount === 1 ? "warning" : "warnings"}`,
  load: (load) => `${load.measure}: ${amount(load.now)} now, ${amount(load.peak)} at most, of ${amount(load.capacity)}`,
  noLoad: "The vehicle has no capacity given",
  progress: (done, all) => `${count(done)} of ${stops(all)} done`,
  noDriver: "No driver",
};

export const stopLabel = (stop, stateWord) => {
  const parts = [stop.Seq ? `Stop ${stop.Seq}` : "Order", stop.Number, stop.Client, stop.Place, stateWord];
  if (stop.From !== null || stop.To !== null) parts.push(`slot ${clock(stop.From)} to ${clock(stop.To)}`);
  if (stop.Plan !== null) parts.push(`planned ${clock(stop.Plan)}`);
  if (stop.Done !== null) parts.push(`done ${clock(stop.Done)}`);
  else if (stop.Eta !== null) parts.push(`ETA ${clock(stop.Eta)}`);
  return parts.filter(Boolean).join(", ");
};

export const columns = {
  label: "Routes as columns",
  best: "Drop here for the best position",
};

export const table = {
  label: "Orders",
  headings: {
    Number: "Number", State: "Status", Type: "Type", Client: "Client", Place: "Address", Slot: "Time slot", Route: "Route", Driver: "Driver", Seq: "Stop",
    Plan: "Planned", Eta: "ETA", Done: "Done", Late: "Late", Weight: "Weight", Volume: "Volume", Pallets: "Pallets",
    Code: "Route", Vehicle: "Vehicle", Depot: "Depot", Status: "Status", Stops: "Stops", Start: "Start", End: "Planned end", Finish: "Expected end", Load: "Load", Locked: "Locked", Orders: "Orders", Arrived: "Arrived", Departed: "Departed",
  },
  kinds: { orders: "Orders", stops: "Stops", routes: "Routes" },
  collection: "Collection", delivery: "Delivery",
  rows: (amount) => `${count(amount)} ${amount === 1 ? "row" : "rows"}`,
  none: "Nothing matches the filter.",
  choose: "Columns",
};

export const selection = {
  bar: (amount) => `${count(amount)} selected`,
  hidden: (amount) => `${count(amount)} more are hidden by the filter: nothing happens to them`,
  assign: "Assign", unassign: "Unassign", clear: "Clear",
  moved: (amount, name) => `${orders(amount)} to ${name}`,
};

export const acts = {
  assigned: (amount, name) => `${orders(amount)} put on ${name}`,
  unassigned: (amount) => `${orders(amount)} taken off ${amount === 1 ? "its route" : "their routes"}`,
  moved: (name) => `${name} moved`,
  status: { ready: (name) => `${name} is ready`, draft: (name) => `${name} is a draft again`, start: (name) => `${name} started`, close: (name) => `${name} closed` },
  lock: (name) => `${name} locked`, unlock: (name) => `${name} unlocked`,
  pin: (name) => `${name} pinned`, unpin: (name) => `${name} unpinned`,
  given: (name, driver) => `${name} given to ${driver}`,
  swapped: (a, b) => `${a} and ${b} have swapped their undone stops`,
  split: (name, at) => `${name} split from stop ${at} on`,
  broke: (name, to) => `The undone stops of ${name} went to ${to}`,
  sequenced: (name) => `The new sequence of ${name} applied`,
  newRoute: (driver) => (driver ? `New route for ${driver} added` : "New route added"),
  done: (label) => `${label}.`,
  undone: (label) => `Undone: ${label}.`,
  redone: (label) => `Done again: ${label}.`,
  warnings: (texts) => `But note: ${texts.map((text) => text.replace(/\.$/, "")).join("; ")}.`,
  unsure: "The answer did not arrive. It is being asked again, and nothing is done twice.",
  gone: "Your session has ended, or you may not do this any more. Nothing was done.",
  refused: (detail) => `Nothing was done: ${detail}`,
  conflict: (texts) => `Nothing was done, somebody else was quicker. ${texts.join(" ")}`,
  conflictOf: (name, by, at, text) => text || `${name} was changed by ${by ?? "somebody"}${at ? ` at ${at}` : ""}.`,
  nothingToUndo: "There is nothing to undo.",
  nothingToRedo: "There is nothing to do again.",
  tooMany: (most) => `At most ${count(most)} orders can be moved at once. Nothing was done.`,
  notMovable: {
    done: (names) => `${names} ${SAID_DONE}`,
    locked: (names) => `${names}: the route is locked. Unlock it with l first.`,
    closed: (names) => `${names}: the route is closed.`,
    shared: (names) => `${names}: the route also serves others, beyond what you may see.`,
  },
  routeRefused: { locked: (name) => `Route ${name} is locked. Unlock it with l first.`, closed: (name) => `Route ${name} is closed.`, shared: (name) => `Route ${name} also serves others, beyond what you may see.` },
  stale: "The board is not live: acts are off until the connection is back.",
  readOnly: "Your role may look, not act.",
  undo: (label) => (label ? `Undo: ${label} (u)` : "Undo (u)"),
  redo: (label) => (label ? `Do again: ${label} (U)` : "Do again (U)"),
  names: (names, most = 3) => (names.length > most ? `${names.slice(0, most).join(", ")} and ${count(names.length - most)} more` : names.join(", ")),
  working: "Working",
};
const SAID_DONE = "has an outcome already and stays where it is.";

export const menu = {
  title: (name) => `Route ${name}`,
  open: "Open its page", ready: "Ready for the driver", draft: "Back to draft", start: "Start", close: "Close",
  lock: "Lock", unlock: "Unlock", optimise: "Optimise the sequence", give: "Give to another driver", swap: "Swap stops with another route",
  split: "Split at a stop", breakdown: "Breakdown: move the undone stops", select: "Select its undone stops", newRoute: "New route",
  more: (name) => `Actions for route ${name}`,
};

export const ask = {
  assignTitle: (amount) => `Put ${orders(amount)} on a route`,
  assignHint: "Type a route, a driver or a vehicle. Enter puts the orders where they cost least, Shift+Enter at the end.",
  pool: "Unassigned (take off the route)",
  giveTitle: (name) => `Who drives ${name}?`,
  giveHint: "Type a driver's name or login.",
  swapTitle: (name) => `Swap the undone stops of ${name} with`,
  splitTitle: (name) => `Split ${name}: from which stop on does somebody else drive?`,
  splitDriver: "Who drives the rest?",
  breakTitle: (name) => `${name} broke down: who takes its undone stops?`,
  newRoute: (code) => `New route ${code}`,
  newRouteFor: "as a new route",
  none: "Nothing is like that.",
  search: "Search",
};

export const plan = {
  title: (name) => `The best sequence for ${name}`,
  searching: "Searching for the best sequence",
  before: "Now", after: "Proposed",
  measures: { Km: "Distance, km", Minutes: "Time, minutes", Late: "Late stops", Cost: "Cost" },
  same: "The sequence is the best already: there is nothing to apply.",
  sameTimeless: "The sequence is the best already. Apply it to give the stops their planned times.",
  note: "Nothing has been changed or told to anybody yet.",
  apply: "Apply", discard: "Discard",
  stop: "Stop", was: "was",
  failed: (detail) => `There is no proposal: ${detail}`,
};

export const exceptions = {
  label: "Exceptions",
  none: "No exceptions",
  more: (amount) => `${count(amount)} more`,
  kinds: {
    late: "Late", "at-risk": "At risk", "very-late": "Very late", "no-position": "No position from the vehicle", "standing-still": "Standing still", failed: "Failed", partial: "Partial",
    "not-loaded": "Not loaded", "over-capacity": "Over capacity", "no-coordinates": "No position", unassigned: "Unassigned at cut-off", "proof-incomplete": "Proof incomplete", "cod-differs": "Cash differs",
    "clock-off": "The phone's clock is off", "offline-conflict": "Offline report conflicts",
  },
  acts: { optimise: "Optimise", assign: "Assign", menu: "Acts", details: "Details" },
  since: (minutes) => `since ${clock(minutes)}`,
};

export const drawer = {
  loading: "Loading", failed: "The details could not be fetched.", open: "Open the order's page", openRoute: "Open the route's page", close: "Close (Esc)",
  order: (name) => `Order ${name}`, route: (name) => `Route ${name}`, none: "Nothing is chosen.",
};

export const drag = {
  started: (amount) => `Dragging ${orders(amount)}. Escape cancels.`,
  over: (amount, name, at) => `${orders(amount)}: ${at === "best" ? `${name}, best position` : at === null ? `end of ${name}` : typeof at === "number" ? `${name}, as stop ${at + 1}` : name}`,
  canceled: "Canceled. Nothing was moved.",
  none: "Drop on a route or on Unassigned.",
};

export const keyboard = {
  row: (text, at, all) => `${text}, ${at} of ${all}`,
};

export const empty = { title: (day) => `No orders on ${day}` };
export const mapComes = "map";
