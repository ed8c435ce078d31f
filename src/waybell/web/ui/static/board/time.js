// Times of the board are minutes since the day's midnight in the zone of the account. No DOM here.

const DAY = 1440;
const MS_PER_DAY = 86400000;

// 545 is 09:05; on another day than the board's it says so: 09:05 +1.
export function clock(minutes) {
  if (minutes === null || minutes === undefined) return "";
  const rounded = Math.round(minutes);
  const days = Math.floor(rounded / DAY);
  const rest = rounded - days * DAY;
  const text = `${String(Math.floor(rest / 60)).padStart(2, "0")}:${String(rest % 60).padStart(2, "0")}`;
  return days === 0 ? text : `${text} ${days > 0 ? "+" : "−"}${Math.abs(days)}`;
}

export function span(from, to) {
  if (from === null && to === null) return "";
  // Both on the same other day: it is said once, 12:00–14:00 −1.
  if (from !== null && to !== null && Math.floor(from / DAY) === Math.floor(to / DAY)) return `${clock(from - Math.floor(from / DAY) * DAY)}–${clock(to)}`;
  return `${clock(from)}–${clock(to)}`;
}

// 95 is 1 h 35: for distances between times.
export function duration(minutes) {
  const rounded = Math.round(minutes);
  if (rounded < 60) return `${rounded} min`;
  return `${Math.floor(rounded / 60)} h ${String(rounded % 60).padStart(2, "0")}`;
}

// Local wall times carry no zone, so both are read as if they were UTC: only their distance counts.
export function minutesSince(day, wall) {
  return (Date.parse(`${wall.slice(0, 19)}Z`) - Date.parse(`${day}T00:00:00Z`)) / 60000;
}

export function otherDay(day, step) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + step * MS_PER_DAY).toISOString().slice(0, 10);
}

export function isDay(text) {
  return /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}
