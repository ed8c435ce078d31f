// How full a vehicle is along its route. No DOM here.

import { isDone } from "./rows.js";

const COLLECTION = 1;
const MEASURES = ["Weight", "Volume", "Pallets"];
const FAILED = [2, 5];

// The share of the capacity that is taken now and at the fullest moment, of the measure that is fullest.
export function loadOf(route, stops) {
  let fullest = null;
  for (const [at, name] of MEASURES.entries()) {
    const capacity = route.Capacity?.[at];
    if (!capacity) continue;
    const amounts = along(stops, name);
    const load = { measure: name, capacity, now: amounts.now, peak: amounts.peak, share: amounts.peak / capacity, shareNow: amounts.now / capacity };
    if (fullest === null || load.share > fullest.share) fullest = load;
  }
  return fullest;
}

// Deliveries are aboard from the start until they are handed over, collections from the stop on; what could not be
// handed over stays aboard.
export function along(stops, name) {
  let aboard = 0;
  for (const stop of stops) if (stop.Type !== COLLECTION) aboard += stop[name] ?? 0;
  let peak = aboard;
  let now = aboard;
  for (const stop of stops) {
    const failed = FAILED.includes(stop.Status);
    const change = (stop.Type === COLLECTION ? 1 : -1) * (failed ? 0 : stop[name] ?? 0);
    aboard += change;
    peak = Math.max(peak, aboard);
    if (isDone(stop)) now += change;
  }
  return { now, peak };
}
