// Where a route's stops stand on the time axis, in minutes. No DOM here.

import { actualStart, isDone, lateBy } from "./rows.js";

const SERVICE = 5; // minutes at a stop for which none are given, so that it can be seen
const UNTIMED = 12; // minutes for a stop without any time
const MOVED = 2; // minutes from which on a ghost tells something

// Blocks at planned times, ghosts at what is expected or happened, the driving between them, and the route's span.
export function laneOf(route, stops) {
  const blocks = [];
  const drives = [];
  let from = route.Start; // when the vehicle left the place before
  let untimed = 0;
  for (const stop of stops) {
    const actual = actualStart(stop);
    const planned = stop.Plan ?? actual;
    const at = planned ?? (from ?? 480) + 2;
    const service = stop.Service || SERVICE;
    const timed = planned !== null;
    if (!timed) untimed++;
    const end = at + (timed ? service : UNTIMED - 2);
    if (timed && from !== null && at > from) drives.push([from, at]);
    const ghost = timed && actual !== null && (Math.abs(actual - at) >= MOVED || isDone(stop)) ? actual : null;
    const ghostEnd = ghost === null ? null : isDone(stop) ? Math.max(stop.Departed ?? stop.Done ?? 0, ghost + 1) : ghost + service;
    blocks.push({ stop, at, end, timed, ghost, ghostEnd, late: lateBy(stop) });
    from = end;
  }
  const ends = blocks.flatMap((block) => [block.end, block.ghostEnd ?? block.end]);
  const starts = blocks.map((block) => Math.min(block.at, block.ghost ?? block.at));
  return {
    blocks, drives, untimed,
    begin: Math.min(route.Started ?? route.Start ?? Infinity, ...starts),
    finish: Math.max(route.End ?? -Infinity, ...ends),
    late: blocks.filter((block) => block.late > 0 && !isDone(block.stop)).length,
  };
}

// The span that shows all lanes, by whole hours; a working day when there is nothing to show.
export function spanOf(lanes, now) {
  let [begin, finish] = [Infinity, -Infinity];
  for (const lane of lanes) {
    begin = Math.min(begin, lane.begin);
    finish = Math.max(finish, lane.finish);
  }
  if (!Number.isFinite(begin)) begin = 7 * 60;
  if (!Number.isFinite(finish)) finish = 18 * 60;
  if (now !== null && now > begin - 180 && now < finish + 180) [begin, finish] = [Math.min(begin, now), Math.max(finish, now)];
  begin = Math.max(begin, -1440);
  finish = Math.min(finish, 2 * 1440);
  return [Math.floor((begin - 15) / 60) * 60, Math.ceil((finish + 15) / 60) * 60];
}

// Where in the sequence something belongs that is dropped at this time: before the first stop whose middle is later.
export function positionAt(lane, minutes) {
  const at = lane.blocks.findIndex((block) => (block.at + block.end) / 2 > minutes);
  return at < 0 ? lane.blocks.length : at;
}
