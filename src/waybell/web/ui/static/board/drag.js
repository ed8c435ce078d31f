// Dragging orders by pointer: one or all that are selected, onto a position or onto a name. Escape cancels.
//
// Moving the pointer only notes where it is; once a frame the place under it is looked for and marked.

import { h } from "./dom.js";
import { refusalOf } from "./moves.js";
import * as words from "./words.js";

const FAR = 5; // pixels from which on a press is a drag
const EDGE = 40; // pixels from the edge of a list in which it scrolls
const SPEED = 14;

export class Drag {
  constructor(board) {
    this.board = board;
    this.store = board.store;
    this.badge = h("div.drag-badge", { hidden: true });
    this.line = h("div.drop-line", { hidden: true });
    this.box = h("div.drop-box", { hidden: true });
    document.body.append(this.box, this.line, this.badge);
    board.root.addEventListener("pointerdown", (event) => this.#press(event));
    addEventListener("pointermove", (event) => this.#move(event), { passive: true });
    addEventListener("pointerup", (event) => this.#release(event));
    addEventListener("pointercancel", () => this.cancel());
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.ids) return;
      event.stopImmediatePropagation();
      this.cancel();
      this.board.announce(words.drag.canceled);
    }, { capture: true });
    // The click that ends a drag selects nothing.
    addEventListener("click", (event) => {
      if (!this.justDragged) return;
      this.justDragged = false;
      event.stopPropagation();
      event.preventDefault();
    }, { capture: true });
  }

  get isOn() {
    return Boolean(this.ids);
  }

  #press(event) {
    this.justDragged = false;
    if (event.button !== 0 || event.pointerType === "touch" || this.store.readOnly) return;
    const source = event.target.closest("[data-order]");
    if (!source || event.target.closest("button, a, input")) return;
    this.pressed = { id: source.dataset.order, x: event.clientX, y: event.clientY };
  }

  #move(event) {
    if (!this.pressed && !this.ids) return;
    [this.x, this.y] = [event.clientX, event.clientY];
    if (!this.ids) {
      if (Math.hypot(this.x - this.pressed.x, this.y - this.pressed.y) < FAR) return;
      this.#begin();
    }
    if (!this.frame && this.ids) this.frame = requestAnimationFrame(() => this.#frame());
  }

  #begin() {
    const { id } = this.pressed;
    const chosen = this.store.selected.has(id) ? this.store.chosen() : [id];
    const ids = this.board.mayDrag(chosen);
    if (!ids) {
      this.pressed = null;
      return;
    }
    this.ids = ids;
    document.documentElement.classList.add("is-dragging");
    getSelection().removeAllRanges();
    this.badge.textContent = words.orders(this.ids.length);
    this.badge.hidden = false;
    this.board.announce(words.drag.started(this.ids.length));
  }

  #frame() {
    this.frame = null;
    if (!this.ids) return;
    this.badge.style.transform = `translate(${this.x + 14}px, ${this.y + 10}px)`;
    const under = document.elementFromPoint(this.x, this.y);
    const zone = under?.closest("[data-drop]");
    const owner = under?.closest("wb-pool, wb-lanes, wb-columns, wb-table");
    const target = zone && owner?.dropAt(zone, this.x, this.y);
    const route = target?.route && this.store.routes.get(target.route);
    this.refused = route ? refusalOf(route) : null;
    this.target = target ?? null;
    this.#mark(target);
    if (this.#scrollEdges(under)) this.frame = requestAnimationFrame(() => this.#frame());
  }

  #mark(target) {
    const stamp = target ? `${target.route}|${target.at}|${this.refused}` : "";
    place(this.line, target?.line);
    place(this.box, target?.box);
    this.line.classList.toggle("is-refused", Boolean(this.refused));
    this.box.classList.toggle("is-refused", Boolean(this.refused));
    this.badge.classList.toggle("is-refused", Boolean(this.refused));
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    this.badge.textContent = !target ? words.orders(this.ids.length) : this.refused ? words.acts.routeRefused[this.refused](target.name) : words.drag.over(this.ids.length, target.name, target.at);
  }

  #scrollEdges(under) {
    const scroller = under?.closest(".lanes-scroll, .column-cards, .pool-list");
    const wide = under?.closest(".columns-scroll, .lanes-scroll");
    let moved = false;
    const push = (element, axis) => {
      if (!element) return;
      const box = element.getBoundingClientRect();
      const [at, low, high] = axis === "y" ? [this.y, box.top, box.bottom] : [this.x, box.left + (element.matches(".lanes-scroll") ? 240 : 0), box.right];
      const step = at < low + EDGE && at > low - 10 ? -SPEED : at > high - EDGE ? SPEED : 0;
      const name = axis === "y" ? "scrollTop" : "scrollLeft";
      const before = element[name];
      if (step) element[name] += step;
      moved ||= element[name] !== before;
    };
    push(scroller, "y");
    push(wide, "x");
    return moved;
  }

  #release() {
    this.pressed = null;
    if (!this.ids) return;
    if (this.frame) {
      cancelAnimationFrame(this.frame);
      this.#frame();
    }
    const { ids, target, refused } = this;
    this.#clear();
    this.justDragged = true;
    setTimeout(() => { this.justDragged = false; }, 50);
    if (!target) return;
    if (refused) this.board.tell(words.acts.routeRefused[refused](target.name), "bad");
    else this.board.drop(ids, target);
  }

  cancel() {
    this.pressed = null;
    if (this.ids) this.#clear();
  }

  #clear() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.ids = null;
    this.target = null;
    this.stamp = null;
    this.badge.hidden = this.line.hidden = this.box.hidden = true;
    document.documentElement.classList.remove("is-dragging");
    this.board.caughtUp();
  }
}

function place(element, box) {
  element.hidden = !box;
  if (!box) return;
  element.style.transform = `translate(${box.left}px, ${box.top}px)`;
  if (box.width) element.style.width = `${box.width}px`;
  else element.style.removeProperty("width");
  if (box.height) element.style.height = `${box.height}px`;
  else element.style.removeProperty("height");
}
