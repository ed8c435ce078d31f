// A long list of which only the visible rows are in the document.
//
// While the pointer is over it, no row moves: rows that left stay as shadows, new ones wait. When the pointer leaves, or
// after the person's own act, the list catches up, and the first visible row stays where it is.

import { perFrame } from "./dom.js";

const SPARE = 4; // rows beyond either edge

export class VirtualList {
  // `size` is of a row along the axis, in pixels. `make(key)` makes the node of a row, `render(node, key)` fills it, and
  // `sign(key)` changes when it must be filled anew.
  constructor(scroller, { size, axis = "y", make, render, sign, drop = () => {}, onHeld = () => {}, holds = true }) {
    Object.assign(this, { scroller, size, axis, make, render, sign, drop, onHeld });
    this.space = document.createElement("div");
    this.space.className = "virtual";
    this.space.setAttribute("role", "presentation");
    scroller.append(this.space);
    this.keys = [];
    this.index = new Map();
    this.nodes = new Map();
    this.wanted = null; // keys that wait until the pointer leaves
    this.held = false;
    this.draw = perFrame(() => this.drawNow());
    scroller.addEventListener("scroll", this.draw, { passive: true });
    this.observer = new ResizeObserver(this.draw);
    this.observer.observe(scroller);
    if (!holds) return;
    scroller.addEventListener("pointerenter", (event) => { this.held = event.pointerType === "mouse"; });
    scroller.addEventListener("pointerleave", () => {
      this.held = false;
      this.release();
    });
  }

  setKeys(keys) {
    const held = this.held && !this.freed && this.keys.length > 0;
    this.freed = false;
    if (held) {
      if (same(keys, this.keys)) this.wanted = null;
      else this.wanted = keys;
      this.#tellHeld();
      this.draw();
      return;
    }
    this.#take(keys);
  }

  // The person asked for other rows, so the next ones come at once.
  free() {
    this.freed = true;
  }

  // Catch up now.
  release() {
    if (this.wanted === null) return;
    this.#take(this.wanted);
  }

  isShadow(key) {
    if (this.wanted === null) return false;
    this.wantedSet ??= new Set(this.wanted);
    return !this.wantedSet.has(key);
  }

  #tellHeld() {
    this.wantedSet = this.wanted && new Set(this.wanted);
    const fresh = this.wanted ? this.wanted.filter((key) => !this.index.has(key)).length : 0;
    this.onHeld(fresh);
  }

  #take(keys) {
    this.wanted = null;
    this.#tellHeld();
    const scrolled = this.offset;
    const first = scrolled > 0 ? this.keys[Math.floor(scrolled / this.size)] : undefined;
    const into = scrolled % this.size;
    this.keys = keys;
    this.index = new Map(keys.map((key, at) => [key, at]));
    this.space.style[this.axis === "y" ? "height" : "width"] = `${keys.length * this.size}px`;
    if (first !== undefined && this.index.has(first)) {
      const to = this.index.get(first) * this.size + into;
      if (Math.abs(to - scrolled) >= 1) this.offset = to;
    }
    this.draw();
  }

  get offset() {
    return this.axis === "y" ? this.scroller.scrollTop : this.scroller.scrollLeft;
  }

  set offset(value) {
    if (this.axis === "y") this.scroller.scrollTop = value;
    else this.scroller.scrollLeft = value;
  }

  get extent() {
    return this.axis === "y" ? this.scroller.clientHeight : this.scroller.clientWidth;
  }

  drawNow() {
    const extent = this.extent;
    if (extent === 0) return; // it is not shown
    const from = Math.max(0, Math.floor(this.offset / this.size) - SPARE);
    const to = Math.min(this.keys.length, Math.ceil((this.offset + extent) / this.size) + SPARE);
    const wanted = new Set(this.keys.slice(from, to));
    for (const [key, node] of this.nodes) {
      if (wanted.has(key)) continue;
      this.drop(node, key);
      node.remove();
      this.nodes.delete(key);
    }
    for (let at = from; at < to; at++) {
      const key = this.keys[at];
      let node = this.nodes.get(key);
      if (!node) {
        node = this.make(key);
        this.nodes.set(key, node);
        this.space.append(node);
      }
      const place = `translate${this.axis.toUpperCase()}(${at * this.size}px)`;
      if (node.style.transform !== place) node.style.transform = place;
      const signature = `${this.sign(key, at)}|${this.isShadow(key) ? "shadow" : ""}`;
      if (node.signature !== signature) {
        node.signature = signature;
        this.render(node, key, at);
        node.classList.toggle("shadow-row", this.isShadow(key));
      }
    }
  }

  // Scroll so that the row can be seen.
  reveal(key) {
    const at = this.index.get(key);
    if (at === undefined) return;
    const [begin, end] = [at * this.size, (at + 1) * this.size];
    const margin = this.inset ?? 0; // what stands before the rows, such as a heading that stays
    if (begin < this.offset) this.offset = begin;
    else if (end > this.offset + this.extent - margin) this.offset = end - this.extent + margin;
    this.drawNow();
  }

  // The index of the row at this place of the screen.
  indexAt(x, y) {
    const box = this.space.getBoundingClientRect();
    return Math.floor((this.axis === "y" ? y - box.top : x - box.left) / this.size);
  }
}

function same(a, b) {
  return a.length === b.length && a.every((key, at) => key === b[at]);
}
