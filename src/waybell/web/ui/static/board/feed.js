// The feed of changes: a long poll that goes on for as long as the page is open. No DOM here but the events of the page.
//
// The server answers at least every WAIT seconds, also when nothing has changed. So silence means that the connection is
// cut, and the board says that it is not live within SILENCE: nobody may take old rows for the present ones.

const WAIT = 2; // seconds
const WAIT_HIDDEN = 25; // while nobody looks at the page
const SILENCE = 3800; // milliseconds
const PAUSES = [250, 500, 1000, 2000]; // between attempts to reconnect

export class Feed {
  constructor(store, { onEnded = () => {}, onStale = () => {} } = {}) {
    this.store = store;
    this.onEnded = onEnded;
    this.onStale = onStale;
    this.cursor = null;
    this.heardAt = null; // the wall clock, because others stand still while a laptop sleeps
    this.failures = 0;
    this.round = 0; // a poll of an earlier round is not listened to
  }

  // Show a day: all its rows first, and from then on its changes.
  open(day) {
    this.day = day;
    this.cursor = null;
    this.#restart();
    if (this.ticker) return;
    this.ticker = setInterval(() => this.#watch(), 250);
    addEventListener("offline", () => this.#lose());
    addEventListener("online", () => this.#restart());
    document.addEventListener("visibilitychange", () => {
      this.#watch();
      if (!document.hidden) this.#restart();
    });
  }

  #restart() {
    this.round++;
    this.abort?.abort();
    this.failures = 0;
    if (!this.ended) this.#run(this.round);
  }

  async #run(round) {
    while (round === this.round && !this.ended) {
      try {
        const answer = await this.#fetch();
        if (round !== this.round) return;
        this.heard();
        this.failures = 0;
        this.cursor = answer.Cursor;
        this.store.apply(answer);
        this.store.setLive(true);
      } catch (error) {
        if (round !== this.round) return;
        if (error instanceof Ended) return this.#end(error);
        if (this.failures > 0 || this.heardAt === null) this.#lose();
        await pause(PAUSES[Math.min(this.failures++, PAUSES.length - 1)]);
      }
    }
  }

  async #fetch() {
    const params = new URLSearchParams(this.day ? { day: this.day } : {});
    const wait = document.hidden ? WAIT_HIDDEN : WAIT;
    if (this.cursor !== null) {
      params.set("after", this.cursor);
      params.set("wait", wait);
    }
    this.abort = new AbortController();
    const limit = setTimeout(() => this.abort.abort(), this.cursor === null ? 30000 : wait * 1000 + SILENCE);
    try {
      const path = this.cursor === null ? "/board/day" : "/board/changes";
      const answer = await fetch(`${path}?${params}`, { signal: this.abort.signal, headers: { Accept: "application/json" }, redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) throw new Ended(answer.status);
      if (!answer.ok) throw new Error(`The feed answered ${answer.status}.`);
      const body = await answer.json();
      if (this.cursor === null) this.day = body.Day;
      return body;
    } finally {
      clearTimeout(limit);
    }
  }

  // Every answer of the server tells that the connection is there.
  heard() {
    this.heardAt = Date.now();
  }

  #watch() {
    if (this.heardAt === null || this.ended) return;
    const limit = document.hidden ? WAIT_HIDDEN * 1000 + SILENCE : SILENCE;
    if (Date.now() - this.heardAt > limit) this.#lose();
  }

  #lose() {
    this.store.setLive(false);
    this.onStale(this.heardAt);
  }

  #end(error) {
    this.ended = true;
    this.store.setLive(false);
    this.onEnded(error.status);
  }
}

class Ended extends Error {
  constructor(status) {
    super();
    this.status = status;
  }
}

export function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
