// Lanes: one row a route on a time axis. Stops are blocks at their planned time, with a ghost at what is expected.

import { h, icon, perFrame, setText, svg } from "./dom.js";
import { loadBar, routeName, routeTag, stateWord, warningsOf } from "./marks.js";
import { has, isDone, stateOf } from "./rows.js";
import { clock } from "./time.js";
import { laneOf, positionAt, spanOf } from "./timeline.js";
import { VirtualList } from "./virtual.js";
import * as words from "./words.js";

const ROW = 48; // pixels; board.css has the same
const MIDDLE = 24;
const MIN_BLOCK = 15;
const LEAST_SCALE = 1.05; // pixels a minute: closer together, stops hide each other
const ALL_SLOTS = 2.4; // pixels a minute from which on every slot is drawn; below, they would hide each other
const ZOOMS = [0.5, 0.8, 1.2, 1.8, 2.6, 4, 6];
const SIGNS = { done: "✓", failed: "✕", partial: "◐" };

export class Lanes extends HTMLElement {
  start(board) {
    this.board = board;
    this.store = board.store;
    this.lanes = new Map();
    this.axis = h("div.lane-axis", { "aria-hidden": "true" });
    this.corner = h("div.lane-corner");
    this.ticks = h("div.lane-ticks");
    this.axis.append(this.corner, this.ticks);
    this.nowLine = h("div.now-line", { hidden: true, "aria-hidden": "true" });
    this.scroller = h("div.lanes-scroll", { role: "grid", tabindex: "0", "aria-multiselectable": "true", "aria-label": words.lanes.label }, this.axis);
    this.nothing = h("p.nothing", { hidden: true });
    this.append(this.scroller, this.nothing);
    this.list = new VirtualList(this.scroller, {
      size: ROW,
      make: (id) => this.#make(id),
      sign: (id, at) => this.#sign(id, at),
      render: (node, id, at) => this.#render(node, id, at),
    });
    this.list.inset = 30;
    this.list.space.append(this.nowLine);
    this.scroller.addEventListener("focus", () => board.focusPane(this));
    this.scroller.addEventListener("pointerover", (event) => this.#showSlot(event.target.closest(".stop")));
    this.draw = perFrame(() => this.#draw());
    this.ticker = setInterval(() => this.#now(), 10000);
    this.resized = new ResizeObserver(this.draw);
    this.resized.observe(this.scroller);
  }

  disconnectedCallback() {
    clearInterval(this.ticker);
    this.resized?.disconnect();
  }

  update() {
    this.draw();
  }

  zoom(step) {
    const here = ZOOMS.findIndex((scale) => scale >= this.scale - 0.01);
    const to = step === 0 ? null : ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, (here < 0 ? ZOOMS.length - 1 : here) + step))];
    const middle = this.minutesAt(this.scroller.getBoundingClientRect().left + this.labelWidth + 200);
    this.chosenScale = to;
    this.#draw();
    if (to) this.scroller.scrollLeft = (middle - this.begin) * this.scale - 200;
  }

  #draw() {
    const routes = this.store.shownRoutes();
    const ids = routes.map((route) => route.Id);
    this.#measure(routes);
    this.list.setKeys(ids);
    this.list.drawNow();
    this.nothing.hidden = ids.length > 0 || !this.store.loaded;
    setText(this.nothing, this.store.routes.size ? words.lanes.none : words.lanes.noRoutes);
    this.scroller.setAttribute("aria-rowcount", ids.length);
    this.#now();
    this.#mark();
  }

  laneOfRoute(route) {
    if (this.checkedFor !== this.store.derived) [this.checkedFor, this.checked] = [this.store.derived, new Set()];
    if (this.checked.has(route.Id)) return this.lanes.get(route.Id);
    this.checked.add(route.Id);
    const stops = this.store.stopsOf(route.Id);
    const version = `${route.Version}|${stops.map((stop) => `${stop.Id}${stop.Version}`).join()}`;
    let lane = this.lanes.get(route.Id);
    if (lane?.version !== version) {
      lane = { version, stops, ...laneOf(route, stops) };
      this.lanes.set(route.Id, lane);
    }
    return lane;
  }

  // The scale fits the day into the width, unless it was chosen. It grows, and never shrinks under the eyes by an update.
  #measure(routes) {
    const [begin, end] = spanOf(routes.map((route) => this.laneOfRoute(route)), this.store.now());
    if (this.day !== this.store.day) [this.begin, this.end, this.day] = [begin, end, this.store.day];
    this.begin = Math.min(this.begin ?? begin, begin);
    this.end = Math.max(this.end ?? end, end);
    this.labelWidth = parseFloat(getComputedStyle(this).getPropertyValue("--lane-label")) || 230;
    const room = this.scroller.clientWidth - this.labelWidth - 8;
    this.scale = this.chosenScale ?? Math.max(LEAST_SCALE, room / (this.end - this.begin));
    const stamp = `${this.begin}|${this.end}|${this.scale}`;
    if (this.stamp === stamp) return;
    this.stamp = stamp;
    const width = (this.end - this.begin) * this.scale;
    this.scroller.style.setProperty("--track", `${width}px`);
    this.scroller.style.setProperty("--hour", `${60 * this.scale}px`);
    const every = this.scale * 60 < 34 ? 120 : 60;
    const ticks = [];
    for (let at = Math.ceil(this.begin / every) * every; at <= this.end; at += every) {
      const tick = h("span.tick-hour", {}, clock(at));
      tick.style.left = `${(at - this.begin) * this.scale}px`;
      ticks.push(tick);
    }
    setText(this.corner, this.store.zone ?? "");
    this.nowTag = h("span.now-tag", { hidden: true });
    this.ticks.replaceChildren(...ticks, this.nowTag);
  }

  #now() {
    const now = this.store.now();
    const shown = now !== null && this.begin !== undefined && now >= this.begin && now <= this.end;
    this.nowLine.hidden = !shown;
    if (this.nowTag) this.nowTag.hidden = !shown;
    if (!shown) return;
    const x = (now - this.begin) * this.scale;
    this.nowLine.style.left = `${this.labelWidth + x}px`;
    this.nowTag.style.left = `${x}px`;
    setText(this.nowTag, clock(now));
  }

  #make(id) {
    const head = h("div.lane-head", { role: "rowheader", id: `lane-${id}`, "data-route": id, "data-drop": "head" });
    const track = h("div.lane-track", { role: "presentation", "data-track": id, "data-drop": "track" });
    return h("div.lane", { role: "row" }, head, track);
  }

  #sign(id, at) {
    const route = this.store.routes.get(id);
    if (!route) return "gone";
    const lane = this.laneOfRoute(route);
    let own = "";
    for (const stop of lane.stops) {
      own += `${this.store.selected.has(stop.Id) ? "s" : ""}${this.store.pending.has(stop.Id) ? "p" : ""}${this.store.isActive("order", stop.Id) ? "a" : ""},`;
    }
    return `${lane.version}|${own}|${this.stamp}|${this.store.isActive("route", id)}|${this.store.pending.has(id)}|${JSON.stringify(this.store.asked)}|${at}`;
  }

  #render(node, id, at) {
    const route = this.store.routes.get(id);
    if (!route) return;
    const lane = this.laneOfRoute(route);
    const [head, track] = node.children;
    node.setAttribute("aria-rowindex", at + 1);
    node.classList.toggle("is-locked", Boolean(route.Locked));
    node.classList.toggle("is-closed", route.Status === "Closed");
    this.#head(head, route, lane);
    track.replaceChildren(this.#lines(lane), ...lane.blocks.map((block) => this.#stop(route, block)));
    if (lane.untimed && lane.untimed === lane.stops.length) track.append(h("span.track-note", {}, words.lanes.untimed));
  }

  #head(head, route, lane) {
    const done = lane.stops.filter(isDone).length;
    const warnings = warningsOf(route, lane.stops);
    const name = routeName(route);
    head.className = `lane-head${this.store.isActive("route", route.Id) ? " is-active" : ""}${this.store.pending.has(route.Id) ? " is-pending" : ""}`;
    head.setAttribute("aria-label", [name, route.DriverName || words.lanes.noDriver, words.ROUTE_STATES[route.Status], words.lanes.progress(done, lane.stops.length),
      route.Locked ? words.lanes.locked : "", warnings.over ? words.lanes.over : "", warnings.late ? words.lanes.lateStops(warnings.late) : ""].filter(Boolean).join(", "));
    head.replaceChildren(
      h("div.line", {}, h("span.number.cut", { title: name }, name), route.Locked ? h("span.sign", { title: words.lanes.locked }, icon("lock")) : null,
        h("span.grow"), warnings.count ? h("span.warn", { title: warningText(warnings) }, `! ${warnings.count}`) : null, routeTag(route)),
      h("div.line.minor", {}, h("span.cut", { title: route.DriverName ?? "" }, route.DriverName || words.lanes.noDriver), h("span.grow"), h("span.done-of", {}, `${done}/${lane.stops.length}`), loadBar(route, lane.stops)),
      h("button.more", { type: "button", tabindex: "-1", "data-menu": route.Id, "aria-label": words.menu.more(name), title: words.menu.more(name) }, icon("dots-vertical")),
    );
  }

  x(minutes) {
    return (minutes - this.begin) * this.scale;
  }

  // Driving, slots and ghosts are lines of one drawing: the stops alone are elements.
  #lines(lane) {
    const drive = [], slot = [], slotLate = [], ghost = [], ghostLate = [], ghostDone = [];
    for (const [from, to] of lane.drives) drive.push(`M${this.x(from).toFixed(1)} ${MIDDLE}H${this.x(to).toFixed(1)}`);
    for (const [at, block] of lane.blocks.entries()) {
      const chosen = this.store.selected.has(block.stop.Id) || this.store.isActive("order", block.stop.Id);
      if (chosen || this.scale >= ALL_SLOTS) (block.late ? slotLate : slot).push(this.#bracket(block.stop, chosen ? 0 : at % 3));
      if (block.late && !isDone(block.stop)) slotLate.push(`M${this.x(block.stop.To).toFixed(1)} ${ROW - 13}v6m0 -3H${this.x(block.ghost ?? block.at).toFixed(1)}`);
      if (block.ghost === null) continue;
      const left = this.x(block.ghost);
      const width = Math.max(5, this.x(block.ghostEnd) - left);
      const into = isDone(block.stop) ? ghostDone : block.late ? ghostLate : ghost;
      into.push(`M${left.toFixed(1)} 6h${width.toFixed(1)}v5h-${width.toFixed(1)}z`);
      into.push(`M${this.x(block.at).toFixed(1)} 14V${11}H${left.toFixed(1)}`);
    }
    const path = (kind, parts) => (parts.length ? svg("path", { class: kind, d: parts.join("") }) : "");
    return svg("svg", { class: "lane-lines", "aria-hidden": "true", height: ROW, width: "100%" },
      path("drive", drive), path("slot-line", slot), path("slot-line slot-late", slotLate), path("ghost", ghost), path("ghost ghost-late", ghostLate), path("ghost ghost-done", ghostDone));
  }

  // The time slot below the stop; several stand on levels of their own.
  #bracket({ From, To }, level) {
    if (From === null && To === null) return "";
    const [left, right] = [this.x(Math.max(From ?? this.begin, this.begin)), this.x(Math.min(To ?? this.end, this.end))];
    const y = ROW - 12 + level * 4;
    return `M${left.toFixed(1)} ${y}v3H${right.toFixed(1)}v-3`;
  }

  #stop(route, block) {
    const { stop } = block;
    const state = stateOf(stop);
    const width = Math.max(MIN_BLOCK, (block.end - block.at) * this.scale);
    const kinds = [`st-${state}`];
    if (!block.timed) kinds.push("is-untimed");
    if (block.late && !isDone(stop)) kinds.push("is-late");
    else if (has(stop, "atRisk")) kinds.push("is-risk");
    if (has(stop, "pinned")) kinds.push("is-pinned");
    if (this.store.selected.has(stop.Id)) kinds.push("is-selected");
    if (this.store.isActive("order", stop.Id)) kinds.push("is-active");
    if (this.store.pending.has(stop.Id)) kinds.push("is-pending");
    if (!this.store.isShown(stop)) kinds.push("is-faint");
    const text = width >= MIN_BLOCK ? SIGNS[state] ?? String(stop.Seq ?? "") : "";
    const node = h("div", {
      class: `stop ${kinds.join(" ")}`, role: "gridcell", id: `stop-${stop.Id}`, "data-order": stop.Id,
      "aria-selected": String(this.store.selected.has(stop.Id)), "aria-label": words.stopLabel(stop, stateWord(stop)), title: words.stopLabel(stop, stateWord(stop)),
    }, text);
    node.style.left = `${this.x(block.at).toFixed(1)}px`;
    node.style.width = `${(width - 1).toFixed(1)}px`;
    return node;
  }

  // The slot of the stop under the pointer.
  #showSlot(node) {
    const order = node && this.store.orders.get(node.dataset.order);
    this.slotMark ??= svg("path", { class: "slot-line slot-hover" });
    this.slotMark.remove();
    if (!order || (order.From === null && order.To === null)) return;
    this.slotMark.setAttribute("d", this.#bracket(order, 0));
    node.parentElement.querySelector(".lane-lines").append(this.slotMark);
  }

  minutesAt(clientX) {
    const box = this.list.space.getBoundingClientRect();
    return (clientX - box.left - this.labelWidth) / this.scale + this.begin;
  }

  dropAt(zone, x) {
    const id = zone.dataset.route ?? zone.dataset.track;
    const route = this.store.routes.get(id);
    if (!route) return null;
    const name = routeName(route);
    if (zone.dataset.drop === "head") return { route: id, at: "best", name, box: zone.getBoundingClientRect() };
    const lane = this.laneOfRoute(route);
    const at = positionAt(lane, this.minutesAt(x));
    const box = zone.getBoundingClientRect();
    const edge = at < lane.blocks.length ? lane.blocks[at].at : lane.blocks.at(-1)?.end ?? this.minutesAt(x) ;
    return { route: id, at, name, line: { left: box.left + this.x(edge) - 2, top: box.top + 3, height: box.height - 6 } };
  }

  // For the keyboard: left and right along the route, up and down to the stop that is nearest in time.
  sequence() {
    return this.store.sequenceOnRoutes();
  }

  step(way) {
    const routes = this.store.shownRoutes();
    if (routes.length === 0) return null;
    const { active } = this.store;
    const order = active?.kind === "order" ? this.store.orders.get(active.id) : null;
    const routeId = order?.Route ?? (active?.kind === "route" ? active.id : null);
    const row = routes.findIndex((route) => route.Id === routeId);
    if (row < 0) return { kind: "route", id: routes[0].Id };
    const stops = this.store.stopsOf(routeId);
    const at = order ? stops.findIndex((stop) => stop.Id === order.Id) : -1;
    if (way === "left" || way === "right") {
      const to = Math.min(stops.length - 1, at + (way === "left" ? -1 : 1));
      return to < 0 ? { kind: "route", id: routeId } : { kind: "order", id: stops[to].Id };
    }
    if (way === "first") return { kind: "route", id: routeId };
    if (way === "last") return stops.length ? { kind: "order", id: stops.at(-1).Id } : null;
    const step = { up: -1, down: 1, pageup: -8, pagedown: 8 }[way];
    const next = routes[Math.max(0, Math.min(routes.length - 1, row + step))];
    if (next.Id === routeId) return null;
    if (!order) return { kind: "route", id: next.Id };
    const time = this.#blockOf(routes[row], order.Id)?.at ?? 0;
    const blocks = this.laneOfRoute(next).blocks;
    if (blocks.length === 0) return { kind: "route", id: next.Id };
    return { kind: "order", id: blocks.reduce((best, block) => (Math.abs(block.at - time) < Math.abs(best.at - time) ? block : best)).stop.Id };
  }

  #blockOf(route, id) {
    return this.laneOfRoute(route).blocks.find((block) => block.stop.Id === id);
  }

  #mark() {
    const { active } = this.store;
    const id = active && (active.kind === "order" ? `stop-${active.id}` : `lane-${active.id}`);
    id && document.getElementById(id) ? this.scroller.setAttribute("aria-activedescendant", id) : this.scroller.removeAttribute("aria-activedescendant");
  }

  reveal() {
    const { active } = this.store;
    const order = active?.kind === "order" ? this.store.orders.get(active.id) : null;
    const route = this.store.routes.get(order ? order.Route : active?.id);
    if (!route) return;
    this.list.reveal(route.Id);
    const block = order && this.#blockOf(route, order.Id);
    if (block) {
      const [left, right] = [this.x(block.at) - 20, this.x(block.end) + 20];
      const room = this.scroller.clientWidth - this.labelWidth;
      if (left < this.scroller.scrollLeft) this.scroller.scrollLeft = Math.max(0, left);
      else if (right > this.scroller.scrollLeft + room) this.scroller.scrollLeft = right - room;
    }
    this.#mark();
  }

  focusList() {
    this.scroller.focus({ preventScroll: true });
  }
}

const warningText = (warnings) => [warnings.over ? words.lanes.over : "", warnings.late ? words.lanes.lateStops(warnings.late) : ""].filter(Boolean).join(", ");

customElements.define("wb-lanes", Lanes);
