// The board: it puts the state, the feed, the acts, the views, the keyboard and the pointer together.

import { Acts } from "./acts.js";
import "./columns.js";
import { h, icon, perFrame, setText, useSprite } from "./dom.js";
import { Drag } from "./drag.js";
import "./drawer.js";
import "./exceptions.js";
import { Feed } from "./feed.js";
import { START, fromQuery, isNarrow, toQuery } from "./filter.js";
import { listenToKeys } from "./keys.js";
import "./lanes.js";
import { routeName } from "./marks.js";
import { askMenu } from "./menu.js";
import { MOST_ORDERS, assign, movable, ofRoute, refusalOf, shift, unassign } from "./moves.js";
import { pick } from "./picker.js";
import "./pool.js";
import { askProposal } from "./proposal.js";
import { isDone, has } from "./rows.js";
import { Store } from "./store.js";
import "./table.js";
import { clock, minutesSince, otherDay } from "./time.js";
import * as words from "./words.js";

const ELEMENTS = { lanes: "wb-lanes", columns: "wb-columns", table: "wb-table" };
const KEPT_VIEW = "waybell-board-view";
const GOOD_STAYS = 7000; // milliseconds

class Board {
  constructor(root) {
    this.root = root;
    this.store = new Store(this.#asked());
    this.store.readOnly = root.dataset.mayAct !== "yes";
    this.at = (name) => root.querySelector(`[data-part="${name}"]`);
    this.acts = new Acts(this.store, (told) => this.#told(told));
    this.feed = new Feed(this.store, { onEnded: () => this.#ended(), onStale: (since) => this.#stale(since) });
    this.pool = root.querySelector("wb-pool");
    this.drawer = root.querySelector("wb-drawer");
    this.exceptions = root.querySelector("wb-exceptions");
    for (const part of [this.pool, this.drawer, this.exceptions]) part.start(this);
    this.pane = this.pool;
    this.drag = new Drag(this);
    listenToKeys(this);
    this.#listen();
    this.store.subscribe((what) => this.#changed(what));
    const stop = this.store.subscribe(() => {
      if (!this.store.loaded) return; // what is under way still can only be told when there are rows
      stop();
      this.acts.resume();
    });
    this.drawFrame = perFrame(() => this.#drawFrame());
    setInterval(() => this.#clock(), 1000);
    this.show(this.store.asked.view);
    this.feed.open(this.store.asked.day);
  }

  #asked() {
    const asked = fromQuery(location.search);
    const kept = localStorage.getItem(KEPT_VIEW);
    if (!new URLSearchParams(location.search).has("view") && kept in ELEMENTS) asked.view = kept;
    return asked;
  }

  // ---- what the store tells

  #changed(what) {
    if (what === "asked") for (const part of [this.pool, this.view]) part?.list?.free();
    this.#views(what === "asked" ? "rows" : what);
    if (what === "asked") history.replaceState(null, "", location.pathname + toQuery(this.store.asked));
    if (what === "live" && this.store.live) this.#live();
    this.drawFrame();
  }

  #views(what) {
    for (const part of [this.pool, this.view, this.drawer, this.exceptions]) part?.update?.(what);
  }

  #drawFrame() {
    const { store } = this;
    const tally = store.tally();
    for (const name of ["pool", "active", "done", "late"]) {
      const tile = this.root.querySelector(`[data-tile="${name}"]`);
      setText(tile.querySelector("strong"), words.count(tally[name]));
      tile.classList.toggle("is-zero", tally[name] === 0);
      tile.setAttribute("aria-pressed", String(store.asked.show === tile.dataset.shows));
    }
    setText(this.at("sum"), store.loaded ? words.sum(tally) : "");
    this.root.classList.toggle("is-stale", !store.live);
    this.root.classList.toggle("is-loading", !store.loaded);
    const off = !this.acts.mayAct;
    for (const element of this.root.querySelectorAll("[data-acts] button, .drawer-acts button")) element.disabled = off;
    for (const [name, steps] of [["undo", this.acts.undoable], ["redo", this.acts.redoable]]) {
      const step = this.root.querySelector(`[data-${name}]`);
      if (!step) continue; // a person who may only look has none
      step.title = words.acts[name](steps.at(-1)?.label);
      step.disabled = off || steps.length === 0;
    }
    this.at("empty").hidden = !store.loaded || store.orders.size > 0 || store.routes.size > 0;
    this.#bulk();
    this.#form();
    this.#clock();
  }

  #bulk() {
    const { selected } = this.store;
    const bar = this.at("bulk");
    bar.hidden = selected.size === 0;
    if (bar.hidden) return;
    const hidden = this.store.hiddenSelected();
    setText(this.at("bulk-count"), words.selection.bar(selected.size - hidden));
    setText(this.at("bulk-hidden"), hidden ? words.selection.hidden(hidden) : "");
  }

  #form() {
    const { asked } = this.store;
    const form = this.at("filter");
    const day = this.at("day");
    if (this.store.day && day.value !== this.store.day && document.activeElement !== day) day.value = this.store.day;
    if (document.activeElement !== form.q && form.q.value !== asked.q) form.q.value = asked.q;
    form.show.value = asked.show;
    const depots = [...new Set((this.store.depots ?? []).map(([, name]) => name).filter(Boolean))];
    if (form.depot.options.length !== depots.length + 1) form.depot.replaceChildren(form.depot.options[0], ...depots.map((name) => h("option", { value: name }, name)));
    form.depot.hidden = depots.length < 2;
    form.depot.value = asked.depot;
    this.at("unfilter").hidden = !isNarrow(asked);
  }

  #clock() {
    const now = this.store.now();
    if (now !== null) setText(this.at("clock"), words.clockOf(this.store.zone, now));
  }

  #live() {
    const wasStale = !this.at("stale").hidden;
    this.at("stale").hidden = true;
    this.at("live").className = "live-state is-live";
    setText(this.at("live").lastChild, words.liveWords.live);
    if (wasStale) this.announce(words.liveWords.back);
  }

  #stale(heardAt) {
    const since = heardAt && new Date(heardAt).toLocaleTimeString("en-GB", { timeZone: this.store.zone });
    setText(this.at("stale-text"), words.liveWords.stale(since));
    this.at("stale").hidden = false;
    this.at("live").className = "live-state is-stale";
    setText(this.at("live").lastChild, words.liveWords.connecting);
    this.drawFrame();
  }

  #ended() {
    setText(this.at("stale-text"), words.liveWords.ended);
    this.at("stale").hidden = false;
    this.at("sign-in").hidden = false;
    this.at("sign-in").href = `/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`;
    this.drawFrame();
  }

  // ---- views, panes and what is active

  show(view, { focus = false } = {}) {
    this.store.asked.view = view;
    const place = this.at("view");
    this.root.dataset.view = view;
    for (const tab of this.root.querySelectorAll("[data-view-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.viewTab === view));
    this.at("map").hidden = view !== "map";
    this.at("zoom").hidden = view !== "lanes";
    const name = ELEMENTS[view];
    if (this.view?.localName !== name) {
      this.view?.remove();
      this.view = null;
      if (name) {
        this.view = document.createElement(name);
        place.append(this.view);
        this.view.start(this);
        localStorage.setItem(KEPT_VIEW, view);
      }
    }
    if (this.view) this.pane = this.view;
    if (focus) this.view?.focusList();
    this.store.ask({ view });
    requestAnimationFrame(() => {
      this.view?.draw?.();
      requestAnimationFrame(() => this.view?.reveal?.());
    });
  }

  focusPane(pane) {
    this.pane = pane;
  }

  // Back to where the keyboard was.
  focusBack() {
    this.pane?.focusList?.();
  }

  focusPool() {
    if (getComputedStyle(this.pool).display === "none") this.show("pool");
    this.pane = this.pool;
    this.pool.focusList();
    if (!this.#activeIn(this.pool)) this.step("first");
  }

  focusView() {
    if (!this.view) this.show("lanes");
    this.pane = this.view;
    this.view.focusList();
    if (!this.#activeIn(this.view)) this.step("down");
  }

  #activeIn(pane) {
    const { active } = this.store;
    if (!active) return false;
    const inPool = active.kind === "order" && !this.store.orders.get(active.id)?.Route;
    return pane === this.pool ? inPool : !inPool;
  }

  step(way, { extend = false } = {}) {
    if (way === "right" && this.pane === this.pool) return this.focusView();
    if (way === "left" && this.pane === this.view && this.view.localName === "wb-lanes" && this.store.active?.kind === "route" && !extend) return this.focusPool();
    const before = this.store.active;
    const next = this.pane?.step(way);
    if (!next) return undefined;
    if (!this.pane.contains(document.activeElement)) this.pane.focusList();
    this.store.setActive(next.kind, next.id);
    if (extend && next.kind === "order") {
      if (before?.kind === "order" && (this.store.selected.size === 0 || this.store.anchor === null)) this.store.anchor = before.id;
      this.store.selectRange(this.pane.sequence(), next.id);
    } else if (!extend) this.store.anchor = next.kind === "order" ? next.id : null;
    this.pane.reveal();
    return undefined;
  }

  // Show an order or a route wherever it is; a filter that hides it gives way.
  goTo(kind, id) {
    const row = kind === "order" ? this.store.orders.get(id) : this.store.routes.get(id);
    if (!row) return;
    if (kind === "order" ? !this.store.isShown(row) : !this.store.shownRoutes().includes(row)) this.store.ask({ q: "", show: "all", depot: "" });
    const inPool = kind === "order" && !row.Route;
    if (inPool) this.focusPool();
    else if (!this.view) this.show("lanes");
    this.pane = inPool ? this.pool : this.view;
    this.store.setActive(kind, id);
    this.pane.focusList();
    requestAnimationFrame(() => requestAnimationFrame(() => this.pane.reveal()));
  }

  toggleActive() {
    const { active } = this.store;
    if (active?.kind === "order") return this.store.toggle(active.id);
    if (active?.kind === "route") return this.selectUndone(active.id);
    return undefined;
  }

  selectUndone(routeId) {
    this.store.select(this.store.stopsOf(routeId).filter((stop) => !isDone(stop) && this.store.isShown(stop)).map((stop) => stop.Id), { add: true });
  }

  // All that this pane shows; in the lanes and columns, all of the route that is active.
  selectAll() {
    const { active } = this.store;
    const order = active?.kind === "order" && this.store.orders.get(active.id);
    const routeId = active?.kind === "route" ? active.id : order?.Route;
    if (this.pane === this.pool || this.pane?.localName === "wb-table" || !routeId) this.store.select(this.pane.sequence());
    else this.selectUndone(routeId);
  }

  openActive() {
    const { active } = this.store;
    if (active) this.drawer.open(active.kind, active.id);
  }

  escape() {
    const chooser = this.root.querySelector("details[open]");
    if (chooser) chooser.open = false;
    else if (this.drawer.isOpen) this.drawer.close();
    else if (this.store.selected.size) this.store.select([]);
    else return false;
    return true;
  }

  focusSearch() {
    const { q } = this.at("filter");
    q.focus();
    q.select();
  }

  leaveSearch({ keep = false } = {}) {
    const { q } = this.at("filter");
    clearTimeout(this.typing);
    this.store.ask({ q: keep ? q.value.trim() : "" }); // at once: the field shows what is asked as soon as it is left
    this.focusBack();
    if (keep) this.step("down");
  }

  zoom(step) {
    this.view?.zoom?.(step);
  }

  nextException(step) {
    this.exceptions.next(step);
  }

  goDay(step) {
    this.openDay(otherDay(this.store.day, step));
  }

  openDay(day) {
    this.store.select([]);
    this.store.setActive(null, null);
    this.drawer.close();
    this.acts.forget();
    this.store.ask({ day });
    this.feed.open(day);
  }

  // ---- acts

  #mayAct() {
    if (this.store.readOnly) this.tell(words.acts.readOnly, "bad");
    else if (!this.store.live) this.tell(words.acts.stale, "bad");
    else return true;
    return false;
  }

  // The orders that a drag takes along, or null when one of them must stay where it is.
  mayDrag(ids) {
    return this.#mayAct() ? this.#movable(ids) : null;
  }

  // All of them or none: the first that may not be moved says why.
  #movable(ids) {
    if (ids.length > MOST_ORDERS) {
      this.tell(words.acts.tooMany(MOST_ORDERS), "bad");
      return null;
    }
    const { orders, refused } = movable(this.store, ids);
    if (refused.length) {
      const [, why] = refused[0];
      const names = refused.filter(([, other]) => other === why).map(([order]) => order.Number);
      this.tell(words.acts.notMovable[why](words.acts.names(names)), "bad");
      return null;
    }
    return orders.map((order) => order.Id);
  }

  drop(ids, target) {
    return target.route ? this.#assign(ids, target.route, target.at) : this.#unassign(ids);
  }

  async #assign(ids, routeId, at) {
    const route = this.store.routes.get(routeId);
    const refused = route && refusalOf(route);
    if (refused) return this.tell(words.acts.routeRefused[refused](routeName(route)), "bad");
    const next = this.#nextInPool(ids);
    const move = assign(this.store, ids, routeId, at);
    const label = move.acts[0]?.Act === "move" ? words.acts.moved(this.store.orders.get(ids[0]).Number) : words.acts.assigned(ids.length, routeName(route));
    if (await this.acts.do(move, label)) this.#after(ids, next);
    return undefined;
  }

  async #unassign(ids) {
    const move = unassign(this.store, ids);
    if (await this.acts.do(move, words.acts.unassigned(move.orders.length))) this.#after(ids, null);
  }

  // The next order of the pool becomes the active one, so that the pool can be emptied key by key.
  #nextInPool(ids) {
    if (this.pane !== this.pool) return null;
    const sequence = this.pool.sequence();
    const gone = new Set(ids);
    const last = Math.max(...ids.map((id) => sequence.indexOf(id)));
    return sequence.slice(last + 1).find((id) => !gone.has(id)) ?? sequence.slice(0, last).reverse().find((id) => !gone.has(id)) ?? null;
  }

  #after(ids, next) {
    for (const id of ids) this.store.selected.delete(id);
    this.store.tell("selection");
    if (next && this.store.orders.has(next)) this.store.setActive("order", next);
    requestAnimationFrame(() => requestAnimationFrame(() => this.pane?.reveal?.()));
  }

  caughtUp() {
    this.#views("rows");
  }

  async askAssign() {
    const { active } = this.store;
    if (active?.kind === "route" && this.store.selected.size === 0) return this.give(this.store.routes.get(active.id));
    if (!this.#mayAct()) return undefined;
    const ids = this.#movable(this.store.chosen());
    if (!ids?.length) return undefined;
    const onRoutes = ids.some((id) => this.store.orders.get(id).Route);
    const open = this.store.sortedRoutes().filter((route) => !refusalOf(route));
    const busy = new Set(open.map((route) => route.Driver));
    const options = [
      ...open.map((route) => ({ key: { route: route.Id }, text: routeName(route), note: this.#routeNote(route), search: `${route.Driver} ${route.Vehicle}` })),
      ...(onRoutes ? [{ key: { pool: true }, text: words.ask.pool }] : []),
      ...(this.store.drivers ?? []).filter(([login]) => !busy.has(login)).map(([login, name]) => ({ key: { driver: login }, text: name || login, note: words.ask.newRouteFor, search: login })),
      { key: { driver: null }, text: words.menu.newRoute, note: words.lanes.noDriver },
    ];
    const answer = await pick({ title: words.ask.assignTitle(ids.length), hint: words.ask.assignHint, options });
    this.focusBack();
    if (!answer) return undefined;
    const { key, atEnd } = answer;
    if (key.route) return this.#assign(ids, key.route, atEnd ? null : "best");
    if (key.pool) return this.#unassign(ids);
    return this.#newRoute(key.driver, ids);
  }

  #routeNote(route) {
    const stops = this.store.stopsOf(route.Id);
    return [route.DriverName || words.lanes.noDriver, words.stops(stops.length), words.ROUTE_STATES[route.Status]].join(" · ");
  }

  unassign() {
    if (!this.#mayAct()) return undefined;
    const ids = this.#movable(this.store.chosen().filter((id) => this.store.orders.get(id).Route));
    return ids?.length ? this.#unassign(ids) : undefined;
  }

  async #newRoute(driver, ids = []) {
    const acts = [{ Act: "newRoute", Code: null, Driver: driver }, ...(ids.length ? [{ Act: "assign", Orders: ids, Route: "$0", At: "best" }] : [])];
    const move = { acts, expected: Object.fromEntries(ids.map((id) => [id, this.store.orders.get(id).Version])), orders: ids };
    const name = this.#driverName(driver) || words.menu.newRoute;
    const next = this.#nextInPool(ids);
    if (await this.acts.do(move, ids.length ? words.acts.assigned(ids.length, name) : words.acts.newRoute(this.#driverName(driver)))) this.#after(ids, next);
  }

  async newRoute() {
    if (!this.#mayAct()) return;
    const driver = await this.#pickDriver(words.menu.newRoute, { none: true });
    this.focusBack();
    if (driver !== undefined) await this.#newRoute(driver);
  }

  #driverName(login) {
    return (this.store.drivers ?? []).find(([one]) => one === login)?.[1] || login;
  }

  // A login, null for nobody, undefined when it was canceled.
  async #pickDriver(title, { none = false } = {}) {
    const options = (this.store.drivers ?? []).map(([login, name]) => {
      const own = this.store.sortedRoutes().filter((route) => route.Driver === login && route.Status !== "Closed").map(routeName);
      return { key: login, text: name || login, note: own.join(", "), search: login };
    });
    if (none) options.unshift({ key: null, text: words.lanes.noDriver });
    const answer = await pick({ title, hint: words.ask.giveHint, options });
    return answer ? answer.key : undefined;
  }

  async give(route) {
    if (!this.#mayAct()) return;
    const driver = await this.#pickDriver(words.ask.giveTitle(routeName(route)));
    this.focusBack();
    if (driver !== undefined) await this.acts.do(ofRoute(this.store, "give", route.Id, { Driver: driver }), words.acts.given(routeName(route), this.#driverName(driver)));
  }

  shiftStop(step) {
    const { active } = this.store;
    if (active?.kind !== "order" || !this.#mayAct()) return undefined;
    const ids = this.#movable([active.id]);
    if (!ids) return undefined;
    const order = this.store.orders.get(active.id);
    if (this.acts.isBusyWith(active.id)) return undefined; // the position is not known before the answer
    return this.acts.do(shift(this.store, active.id, step), words.acts.moved(order.Number)).then((done) => {
      if (!done) return;
      const now = this.store.orders.get(active.id);
      this.announce(words.keyboard.row(now.Number, now.Seq, this.store.stopsOf(now.Route).length));
      this.pane.reveal();
    });
  }

  // Along the route it is earlier or later; across, it goes to the neighbour's best position.
  moveStop(way) {
    const { active } = this.store;
    if (active?.kind !== "order") return undefined;
    const along = this.view?.localName === "wb-columns" ? { up: -1, down: 1 } : { left: -1, right: 1 };
    if (way in along && this.pane !== this.pool) return this.shiftStop(along[way]);
    if (!this.#mayAct()) return undefined;
    const ids = this.#movable(this.store.chosen());
    if (!ids?.length) return undefined;
    const routes = this.store.shownRoutes();
    const here = routes.findIndex((route) => route.Id === this.store.orders.get(active.id).Route);
    const step = ["up", "left"].includes(way) ? -1 : 1;
    let to = here + step;
    while (routes[to] && refusalOf(routes[to])) to += step;
    if (routes[to]) return this.#assign(ids, routes[to].Id, "best");
    return to < 0 && here >= 0 ? this.#unassign(ids) : undefined;
  }

  #activeRoute() {
    const { active } = this.store;
    const order = active?.kind === "order" ? this.store.orders.get(active.id) : null;
    return this.store.routes.get(order ? order.Route : active?.id) ?? null;
  }

  toggleLock() {
    const route = this.#activeRoute();
    return route ? this.#ofRoute(route.Locked ? "unlock" : "lock", route) : undefined;
  }

  togglePin() {
    const { active } = this.store;
    const order = active?.kind === "order" ? this.store.orders.get(active.id) : null;
    if (!order?.Route || !this.#mayAct()) return undefined;
    const act = has(order, "pinned") ? "unpin" : "pin";
    return this.acts.do({ acts: [{ Act: act, Order: order.Id }], expected: { [order.Id]: order.Version }, orders: [order.Id] }, words.acts[act](order.Number));
  }

  #ofRoute(act, route) {
    if (!this.#mayAct()) return undefined;
    const name = routeName(route);
    const label = words.acts.status[act]?.(name) ?? words.acts[act](name);
    return this.acts.do(ofRoute(this.store, act, route.Id), label);
  }

  async openMenu(routeId, at) {
    const route = routeId ? this.store.routes.get(routeId) : this.#activeRoute();
    if (!route) return;
    const place = at ?? this.#placeOf(route);
    const act = await askMenu(route, place, { readOnly: this.store.readOnly });
    this.focusBack();
    const now = this.store.routes.get(route.Id);
    if (act && now) await this.#chosen(act, now);
  }

  #placeOf(route) {
    const element = document.getElementById(`lane-${route.Id}`) ?? document.getElementById(`column-${route.Id}`) ?? document.getElementById(`row-${route.Id}`);
    const box = (element ?? this.root).getBoundingClientRect();
    return { x: box.left + 40, y: box.bottom };
  }

  async #chosen(act, route) {
    const name = routeName(route);
    if (act === "open") location.href = `/board/open/${encodeURIComponent(route.Id)}`;
    else if (act === "select") this.selectUndone(route.Id);
    else if (act === "optimise") await this.optimise(route);
    else if (act === "give") await this.give(route);
    else if (["ready", "draft", "start", "close", "lock", "unlock"].includes(act)) await this.#ofRoute(act, route);
    else if (this.#mayAct()) await this[{ swap: "swap", split: "split", breakdown: "breakdown" }[act]](route, name);
  }

  #otherRoutes(route) {
    return this.store.sortedRoutes().filter((other) => other.Id !== route.Id && !refusalOf(other)).map((other) => ({ key: other.Id, text: routeName(other), note: this.#routeNote(other), search: `${other.Driver}` }));
  }

  async swap(route, name) {
    const answer = await pick({ title: words.ask.swapTitle(name), options: this.#otherRoutes(route) });
    this.focusBack();
    if (answer) await this.acts.do(ofRoute(this.store, "swap", [route.Id, answer.key]), words.acts.swapped(name, routeName(this.store.routes.get(answer.key))));
  }

  async split(route, name) {
    const undone = this.store.stopsOf(route.Id).filter((stop) => !isDone(stop));
    const active = this.store.active?.kind === "order" ? this.store.active.id : null;
    const options = undone.map((stop) => ({ key: stop.Seq, text: `${stop.Seq} · ${stop.Number}`, note: [stop.Client, clock(stop.Plan)].filter(Boolean).join(" · "), first: stop.Id === active }));
    options.sort((a, b) => b.first - a.first);
    const answer = await pick({ title: words.ask.splitTitle(name), options });
    if (answer) {
      const driver = await this.#pickDriver(words.ask.splitDriver, { none: true });
      if (driver !== undefined) await this.acts.do(ofRoute(this.store, "split", route.Id, { At: answer.key, Driver: driver }), words.acts.split(name, answer.key));
    }
    this.focusBack();
  }

  async breakdown(route, name) {
    const drivers = (this.store.drivers ?? []).filter(([login]) => login !== route.Driver).map(([login, driver]) => ({ key: { driver: login }, text: driver || login, note: words.ask.newRouteFor, search: login }));
    const routes = this.#otherRoutes(route).map((option) => ({ ...option, key: { route: option.key } }));
    const answer = await pick({ title: words.ask.breakTitle(name), options: [...routes, ...drivers, { key: {}, text: words.pool.title }] });
    this.focusBack();
    if (!answer) return;
    const { key } = answer;
    const to = { To: key.route ?? (key.driver ? { Driver: key.driver } : null) };
    await this.acts.do(ofRoute(this.store, "breakdown", route.Id, to), words.acts.broke(name, key.route ? routeName(this.store.routes.get(key.route)) : this.#driverName(key.driver) || words.pool.title));
  }

  async optimise(route = this.#activeRoute()) {
    if (!route || !this.#mayAct()) return;
    const refused = refusalOf(route);
    if (refused) return void this.tell(words.acts.routeRefused[refused](routeName(route)), "bad");
    const wanted = await askProposal(this.store, route);
    this.focusBack();
    if (!wanted || !this.#mayAct()) return;
    const orders = wanted.sequence.filter((id) => this.store.orders.has(id));
    await this.acts.do({ acts: [{ Act: "sequence", Route: route.Id, Orders: wanted.sequence, Plan: true }], expected: wanted.expected, orders, routes: [route.Id] }, words.acts.sequenced(routeName(route)));
  }

  async undo() {
    if (!this.#mayAct()) return;
    if (this.acts.undoable.length === 0) return void this.announce(words.acts.nothingToUndo);
    await this.acts.undo();
  }

  async redo() {
    if (!this.#mayAct()) return;
    if (this.acts.redoable.length === 0) return void this.announce(words.acts.nothingToRedo);
    await this.acts.redo();
  }

  // ---- what people are told

  #told(told) {
    const names = (ids) => ids.map((id) => this.store.orders.get(id)?.Number ?? routeName(this.store.routes.get(id)));
    if (told.kind === "unsure") return this.tell(words.acts.unsure, "wait");
    this.#forgetToast("wait");
    this.drawFrame();
    if (told.kind === "done") {
      for (const part of [this.pool, this.view]) part?.list?.free(); // the person's own act moves rows at once
      this.#views("rows");
      const text = { do: words.acts.done, undo: words.acts.undone, redo: words.acts.redone }[told.way](told.label);
      const warnings = (told.answer.Warnings ?? []).map((warning) => warning.Text ?? warning.text ?? warning.Kind);
      return this.tell(warnings.length ? `${text} ${words.acts.warnings(warnings)}` : text, warnings.length ? "mind" : "good", told.way === "do");
    }
    if (told.kind === "conflict") {
      const texts = told.conflicts.map((one) => words.acts.conflictOf(names([one.Order ?? one.Route])[0], one.By, one.At && this.#wallClock(one.At), one.Text));
      return this.tell(words.acts.conflict(texts.length ? texts : [told.detail ?? ""]), "bad");
    }
    if (told.kind === "gone") return this.tell(words.acts.gone, "bad");
    return this.tell(words.acts.refused(told.detail), "bad");
  }

  #wallClock(at) {
    return /^\d{4}-/.test(at) && !/[Z+]/.test(at) ? clock(minutesSince(this.store.day, at)) : at;
  }

  tell(text, kind = "good", withUndo = false) {
    const place = this.at("toasts");
    for (const old of place.querySelectorAll(".toast-good, .toast-mind")) old.remove();
    while (place.children.length > 2) place.firstChild.remove();
    const symbol = { good: "circle-check", bad: "alert-circle", mind: "alert-triangle", wait: "hourglass" }[kind];
    const toast = h(`div.board-toast.toast-${kind}`, {}, icon(symbol), h("span", {}, text),
      withUndo && this.acts.undoable.length ? h("button.btn.btn-sm.btn-link", { type: "button", onclick: () => { toast.remove(); this.undo(); } }, this.root.dataset.undoWord) : null,
      h("button.btn-close", { type: "button", "aria-label": this.root.dataset.closeWord, onclick: () => toast.remove() }));
    place.append(toast);
    if (kind !== "wait") setTimeout(() => { if (!toast.matches(":hover")) toast.remove(); }, kind === "good" ? GOOD_STAYS : 3 * GOOD_STAYS);
  }

  #forgetToast(kind) {
    for (const toast of this.at("toasts").querySelectorAll(`.toast-${kind}`)) toast.remove();
  }

  announce(text) {
    const region = this.at("announcer");
    region.textContent = "";
    requestAnimationFrame(() => { region.textContent = text; });
  }

  // ---- the pointer, and the forms of the page

  #listen() {
    const { root, store } = this;
    root.addEventListener("click", (event) => this.#click(event));
    root.addEventListener("dblclick", (event) => {
      const order = event.target.closest("[data-order]");
      const route = event.target.closest("[data-route]");
      if (order) this.drawer.open("order", order.dataset.order);
      else if (route && !event.target.closest("button")) this.drawer.open("route", route.dataset.route);
    });
    root.addEventListener("contextmenu", (event) => {
      const route = event.target.closest("[data-route], [data-track]");
      if (!route || event.target.closest("[data-order]")) return;
      event.preventDefault();
      this.openMenu(route.dataset.route ?? route.dataset.track, { x: event.clientX, y: event.clientY });
    });
    const form = this.at("filter");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => store.ask({ q: form.q.value.trim(), show: form.show.value, depot: form.depot.value }), 60);
    });
    this.at("day").addEventListener("change", (event) => { if (event.target.value && event.target.value !== store.day) this.openDay(event.target.value); });
    // What the library for menus does on other pages; the board does without it.
    const toggler = document.querySelector(".navbar-toggler");
    toggler?.addEventListener("click", () => toggler.setAttribute("aria-expanded", String(document.getElementById("menu").classList.toggle("show"))));
    addEventListener("popstate", () => store.ask({ ...START, ...fromQuery(location.search) }));
  }

  #click(event) {
    const { target } = event;
    const find = (selector) => target.closest(selector);
    const tab = find("[data-view-tab]");
    if (tab) return this.show(tab.dataset.viewTab);
    const tile = find("[data-tile]");
    if (tile) return this.store.ask({ show: this.store.asked.show === tile.dataset.shows ? "all" : tile.dataset.shows });
    const menu = find("[data-menu]");
    if (menu) {
      const box = menu.getBoundingClientRect();
      return this.openMenu(menu.dataset.menu, { x: box.left, y: box.bottom + 4 });
    }
    const does = find("[data-does]")?.dataset.does;
    if (does) return this.#does(does);
    const act = find("[data-act]");
    if (act) return act.dataset.act === "assign" ? this.askAssign() : this.unassign();
    if (find("button, a, input, select, summary")) return undefined;
    const order = find("[data-order]");
    if (order) return this.#clickOrder(order.dataset.order, event);
    const route = find("[data-route]");
    if (route) return this.store.setActive("route", route.dataset.route);
    return undefined;
  }

  #does(word) {
    const doing = {
      undo: () => this.undo(), redo: () => this.redo(), earlier: () => this.goDay(-1), later: () => this.goDay(1), today: () => this.openDay(null),
      unfilter: () => this.store.ask({ q: "", show: "all", depot: "" }), "zoom-in": () => this.zoom(1), "zoom-out": () => this.zoom(-1), "zoom-fit": () => this.zoom(0),
      clear: () => this.store.select([]), "new-route": () => this.newRoute(), details: () => this.openActive(),
    };
    return doing[word]?.();
  }

  #clickOrder(id, event) {
    const pane = event.target.closest("wb-pool, wb-lanes, wb-columns, wb-table");
    this.pane = pane;
    this.store.setActive("order", id);
    const touch = event.pointerType === "touch";
    if (event.shiftKey) this.store.selectRange(pane.sequence(), id);
    else if (event.ctrlKey || event.metaKey || touch || event.target.closest("[data-tick]")) this.store.toggle(id);
    else {
      this.store.anchor = id;
      this.store.select(this.store.selected.size === 1 && this.store.selected.has(id) ? [] : [id]);
    }
  }
}

const root = document.getElementById("board");
useSprite(root.dataset.sprite);
new Board(root);
