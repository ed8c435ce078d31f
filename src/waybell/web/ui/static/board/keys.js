// The keyboard: everything without a mouse. The list for people stands in the template, in the dialog that ? opens.

const WAYS = {
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", k: "up", j: "down", Home: "first", End: "last", PageUp: "pageup", PageDown: "pagedown",
};

export function listenToKeys(board) {
  let afterG = false;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.target.closest("dialog")) return;
    const typing = event.target.closest("input, textarea, select");
    if (typing) {
      if (event.key === "Escape" && typing.type === "search") board.leaveSearch();
      else if (event.key === "Enter" && typing.type === "search") board.leaveSearch({ keep: true });
      return;
    }
    const wasG = afterG;
    afterG = event.key === "g" && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (wasG || afterG) return; // g and a letter lead to other pages: waybell.js
    const act = find(event);
    if (!act) return;
    const pressable = event.target.closest("button, a, summary");
    if (pressable && ["Enter", " "].includes(event.key)) return;
    if (act(board, event) !== false) event.preventDefault();
  });
}

function find(event) {
  const { key } = event;
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey) return null;
    const letter = key.toLowerCase();
    if (letter === "z") return (board) => (event.shiftKey ? board.redo() : board.undo());
    if (letter === "y") return (board) => board.redo();
    if (letter === "a") return (board) => board.selectAll();
    return null;
  }
  if (event.altKey) {
    const way = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" }[key];
    return way ? (board) => board.moveStop(way) : null;
  }
  if (WAYS[key] && !(event.shiftKey && key.length === 1)) return (board) => board.step(WAYS[key], { extend: event.shiftKey });
  return PLAIN[key] ?? null;
}

const PLAIN = {
  "/": (board) => board.focusSearch(),
  x: (board) => board.toggleActive(),
  " ": (board) => board.toggleActive(),
  a: (board) => board.askAssign(),
  Delete: (board) => board.unassign(),
  Backspace: (board) => board.unassign(),
  "[": (board) => board.shiftStop(-1),
  "]": (board) => board.shiftStop(1),
  l: (board) => board.toggleLock(),
  L: (board) => board.togglePin(),
  o: (board) => board.optimise(),
  u: (board) => board.undo(),
  U: (board) => board.redo(),
  e: (board) => board.nextException(1),
  E: (board) => board.nextException(-1),
  r: (board) => board.openMenu(),
  n: (board) => board.newRoute(),
  m: (board) => board.show("map"),
  t: (board) => board.show(board.store.asked.view === "table" ? "lanes" : "table", { focus: true }),
  b: (board) => board.show(board.store.asked.view === "columns" ? "lanes" : "columns", { focus: true }),
  p: (board) => board.focusPool(),
  v: (board) => board.focusView(),
  ",": (board) => board.goDay(-1),
  ".": (board) => board.goDay(1),
  "+": (board) => board.zoom(1),
  "=": (board) => board.zoom(1),
  "-": (board) => board.zoom(-1),
  0: (board) => board.zoom(0),
  Enter: (board) => board.openActive(),
  Escape: (board) => board.escape(),
};
