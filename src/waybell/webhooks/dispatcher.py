"""The dispatcher: claim -> send -> decide -> record, round and round.

One thread does it all. It waits for receivers, hints and its own timers; whenever something has finished or something
can start, it takes a *turn*: one transaction that records what came back and claims what may go out next. Endpoints
are served in turns too, each with its own slots, so that none waits for another's answers.

What it keeps in memory is a guess that any look at the database corrects: which endpoints may have something due
(`_ready`, `_later`), and how each fares (`Line`). Where several share the work, each serves the endpoints of its own
shards (`shards.py`), so that the limits of an endpoint hold. One that is killed leaves claims behind, which run out.
"""

import heapq
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from waybell.clock import SystemClock
from waybell.db.chunks import chunks
from waybell.db.database import Database, Tx
from waybell.settings import Settings
from waybell.trace import trace_id
from waybell.vault import Vault
from waybell.webhooks import endpoint_store, hours, outage, retry, store, verdict
from waybell.webhooks.contents import Contents
from waybell.webhooks.jumps import Jumps, catch_up, concerned
from waybell.webhooks.line import Line
from waybell.webhooks.model import Attempt, Claim, Content, describe
from waybell.webhooks.operational import record_disabled
from waybell.webhooks.shards import AllShards, Shards, SharedShards
from waybell.webhooks.tally import Tally
from waybell.webhooks.transport import Result, Transport
from waybell.webhooks.wakeup import EVERYTHING, LoopbackWakeup, PostgresWakeup, Wakeup, port_file

log = structlog.get_logger()

_SHARE_OF_LOOKING = 0.02  # of the time, at the most: it takes longer the more endpoints have something due
_RELOAD = timedelta(seconds=30)  # a secret that has expired signs no longer than this
_PAUSE_WITHOUT_DATABASE = 1.0  # seconds
_BALANCE_EVERY = 1.0  # seconds
# Between so many starts, what is quick may already end: libcurl is a third slower with 500 under way than with 50.
_START_AT_ONCE = 16
# Few endpoints that claim some messages each cost less than many that claim one: what is read and counted of an
# endpoint serves them all.
_LEAST_SHARE = 4
_GATHER = 0.0005  # seconds without a result that end a gathering


class Dispatcher:
    def __init__(self, settings: Settings, clock: SystemClock, database: Database, vault: Vault) -> None:
        self._settings = settings
        self._clock = clock
        self._database = database
        self._vault = vault
        self._rules = verdict.Rules(
            retry.Schedule(settings.retry_pauses, settings.retry_jitter, settings.retry_after_max),
            outage.Limits(settings.park_after_failures, settings.park_after_messages, settings.probe_pauses),
        )
        self._random = random.Random()  # noqa: S311 - jitter is no secret
        self._contents = Contents()
        self._lines: dict[str, Line] = {}
        self._ready: dict[str, None] = {}  # endpoints that may have something due, in the order of their turns
        self._later: list[tuple[datetime, str]] = []  # a heap: when to look at an endpoint again
        self._results: list[Result] = []
        self._look_at = 0.0  # when to look through the whole database again, on the monotonic clock
        self._shards: Shards = AllShards() if database.is_sqlite else SharedShards(settings.resolved_database_url)
        self._balance_at = 0.0  # when to share the endpoints with other dispatchers again, on the monotonic clock
        self._jumps = Jumps(clock)
        self.tally = Tally()
        self._transport = Transport(settings, clock)
        self._listening = False
        self._listen()
        self._nudge, nudged = socket.socketpair()
        nudged.setblocking(False)
        self._nudged = nudged
        self._transport.watch(nudged, self._was_nudged)

    # -- running -----------------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set (see `wake`), then finish what is under way, within `drain_timeout`."""
        while not stop.is_set():
            self.step(self.idle_seconds())
        self._drain()

    def clock_was_at(self, instant: datetime) -> None:
        """The clock has shown this time before; if it is behind now, it was set back."""
        self._jumps.was_at(instant)

    def wake(self) -> None:
        """Let `run` look at its `stop` now; may be called from any thread."""
        self._nudge.send(b"!")

    def _was_nudged(self) -> None:
        self._nudged.recv(4096)

    def step(self, wait: float) -> None:
        """Wait up to `wait` seconds for something to happen, and do what is to be done then."""
        self._poll(wait)
        self._gather()
        self._note_times()
        if self._results or self._may_claim():
            self._turn(claiming=True)

    def _drain(self) -> None:
        deadline = time.monotonic() + self._settings.drain_timeout.total_seconds()
        while (self._transport.in_flight or self._results) and time.monotonic() < deadline:
            self._poll(0.1)
            if self._results:
                self._turn(claiming=False)
        log.info("dispatcher.drained", left=self._transport.in_flight)

    @property
    def in_flight(self) -> int:
        return self._transport.in_flight

    @property
    def shards_held(self) -> int:
        return self._shards.held

    def settled(self) -> bool:
        """Whether nothing is under way and nothing is known to be due now."""
        return not (self._transport.in_flight or self._results or self._ready)

    def close(self) -> None:
        self._transport.close()
        self._shards.close()
        if self._listening:
            self._wakeup.close()
        self._nudge.close()
        self._nudged.close()

    # -- when ---------------------------------------------------------------------------------------------------------

    def idle_seconds(self) -> float:
        if self._results or self._may_claim():
            return 0
        wait = max(0.0, min(self._look_at, self._balance_at) - time.monotonic())
        if self._later:
            wait = min(wait, max(0.0, (self._later[0][0] - self._clock.now()).total_seconds()))
        return wait

    def _may_claim(self) -> bool:
        return bool(self._ready) and self._transport.in_flight < self._settings.max_in_flight

    def _gather(self) -> None:
        """Under load, wait for results as long as they keep coming: a turn costs little more for many than for one."""
        while self._results and self._transport.in_flight and len(self._results) < self._settings.batch:
            if not self._poll(_GATHER):
                break

    def _poll(self, wait: float) -> int:
        """Let the network move, and note what came back: each result is noted once, and recorded in a later turn."""
        results = self._transport.poll(wait)
        for claim, attempt in results:
            line = self._lines[claim.endpoint_id]
            line.in_flight -= 1
            self.tally.count(attempt, line.unhindered_since(claim))
            if attempt.succeeded:
                line.succeeded()
            else:
                line.failed(claim.message_id, describe(attempt))
            self._ready[claim.endpoint_id] = None
            self._results.append((claim, attempt))
        return len(results)

    def _note_times(self) -> None:
        """Endpoints whose time has come get their turn; once in a while the database is asked for all of them."""
        now = self._clock.now()
        while self._later and self._later[0][0] <= now:
            self._ready[heapq.heappop(self._later)[1]] = None
        if time.monotonic() >= self._balance_at:
            self._balance()
        if time.monotonic() >= self._look_at:
            self.look()

    def _balance(self) -> None:
        """Share the endpoints with whoever else dispatches; those with something under way stay with us until then."""
        self._balance_at = time.monotonic() + _BALANCE_EVERY
        busy = {endpoint_id for endpoint_id, line in self._lines.items() if line.in_flight}
        busy.update(claim.endpoint_id for claim, _ in self._results)
        if self._shards.balance(busy):
            self._look_at = 0  # the hints about the new ones went to another
        for endpoint_id in self._lines.keys() - busy:
            if not self._shards.serves(endpoint_id):
                del self._lines[endpoint_id]  # what was counted here is counted elsewhere from now on

    def look(self) -> None:
        """Find out from the database itself who has something due: hints and timers may be lost, this is the truth."""
        began = time.monotonic()
        self._look_at = began + self._settings.poll_interval.total_seconds()
        back = self._jumps.set_back()
        try:
            if back:
                self._catch_up(back)
            with self._database.reading() as tx:
                due = store.next_due(tx)
        except SQLAlchemyError as error:
            self._database_failed(error)
            return
        for endpoint_id, due_at in due.items():
            if self._shards.serves(endpoint_id):
                self._expect(endpoint_id, due_at)
        if not self._listening:
            self._listen()
        now = time.monotonic()
        self._look_at = max(self._look_at, now + (now - began) / _SHARE_OF_LOOKING)

    def _catch_up(self, back: timedelta) -> None:
        log.warning("clock.set_back", seconds=back.total_seconds())
        with self._database.transaction() as tx:
            catch_up(tx, filter(self._shards.serves, concerned(tx)), back, self._settings.lease)
        self._later.clear()
        for line in self._lines.values():
            line.loaded_at = None

    def _expect(self, endpoint_id: str, due_at: datetime) -> None:
        """Look at the endpoint when something of it is due, if that is before we look at everything anyway."""
        now = self._clock.now()
        if due_at <= now:
            self._ready[endpoint_id] = None
        elif due_at <= now + 2 * self._settings.poll_interval:
            heapq.heappush(self._later, (due_at, endpoint_id))

    # -- hints --------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        url = self._settings.resolved_database_url
        try:
            self._wakeup: Wakeup = (
                PostgresWakeup(url)
                if url.startswith("postgresql")
                else LoopbackWakeup(port_file(self._settings.data_dir))
            )
        except psycopg.OperationalError as error:
            log.warning("dispatcher.not_listening", error=str(error))
            return
        self._transport.watch(self._wakeup, self._take_hints)
        self._listening = True

    def _take_hints(self) -> None:
        try:
            hinted = self._wakeup.read()
        except psycopg.OperationalError as error:
            log.warning("dispatcher.not_listening", error=str(error))
            self._transport.unwatch(self._wakeup)
            self._wakeup.close()
            self._listening = False
            return
        if EVERYTHING in hinted:
            self._look_at = 0
        self._ready.update(dict.fromkeys(filter(self._shards.serves, hinted - {EVERYTHING, ""})))

    # -- a turn -------------------------------------------------------------------------------------------------------

    def _turn(self, *, claiming: bool) -> None:
        """Record what came back, claim what may go out, in one transaction; then send what was claimed."""
        results, self._results = self._results, []
        began = time.monotonic()
        try:
            # A claim that a power cut forgets is only made again; what came of an attempt is kept for good.
            with self._database.transaction(durable=bool(results)) as tx:
                ours, put_off = _that_can_be_recorded(tx, results)
                acts = self._record(tx, ours) if ours else []
                claims = self._claim(tx) if claiming else []
                contents = self._contents.of(tx, claims)
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            self._results = results + self._results
            self._database_failed(error)
            return
        except DBAPIError as error:
            self._set_aside(results, error)
            return
        self._results = put_off + self._results
        for act in acts:
            act()
        for claim in claims:
            self._lines[claim.endpoint_id].in_flight += 1
        # Whoever was frozen on the way, and comes back when its claims are about to run out, sends none of them:
        # another has sent them already, or will.
        latest = began + (self._settings.lease - self._settings.attempt_timeout).total_seconds()
        for some in chunks(claims, _START_AT_ONCE):
            if time.monotonic() > latest:
                self._let_run_out(some)
                continue
            self._start(some, contents)
            self._poll(0)

    def _let_run_out(self, claims: Sequence[Claim]) -> None:
        log.warning("dispatcher.claims_too_old", count=len(claims))
        for claim in claims:
            self._lines[claim.endpoint_id].in_flight -= 1

    def _start(self, claims: Sequence[Claim], contents: Mapping[str, Content]) -> None:
        for claim in claims:
            endpoint = self._lines[claim.endpoint_id].endpoint
            assert endpoint is not None
            self._transport.start(claim, endpoint, contents.get(claim.event_id))

    def _set_aside(self, results: list[Result], error: Exception) -> None:
        """The database refuses one of these results: find it, so that it does not hold up the others."""
        if len(results) <= 1:
            # Its claim runs out and it is sent again: better twice than never.
            for claim, _ in results:
                log.error("dispatcher.result_refused", error=str(error), **self._keys(claim))
            return
        for result in results:
            self._results.append(result)
            self._turn(claiming=False)

    def _database_failed(self, error: Exception) -> None:
        """Keep what we know and try again soon: results are not lost, and claims of ours run out by themselves."""
        log.error("dispatcher.database_unavailable", error=str(error), results_kept=len(self._results))
        deadline = time.monotonic() + _PAUSE_WITHOUT_DATABASE
        self._look_at = deadline
        while (wait := deadline - time.monotonic()) > 0:
            self._poll(wait)

    # -- record -------------------------------------------------------------------------------------------------------

    def _record(self, tx: Tx, results: list[Result]) -> list[Callable[[], None]]:
        """Write what came of these attempts; answers what to remember once that is committed."""
        rows, attempts, freed = [], [], set()
        next_probes: dict[str, datetime] = {}
        after: list[Callable[[], None]] = []
        for claim, attempt in results:
            line = self._lines[claim.endpoint_id]
            parked = line.parked or claim.kind == "probe"
            judged = verdict.judge(
                claim,
                attempt,
                parked=parked,
                rules=self._rules,
                now=tx.now,
                chance=self._random.uniform(-1, 1),
            )
            rows.append(store.record_row(claim, attempt, judged, tx.now))
            attempts.append(
                store.attempt_row(
                    claim.message_id, claim.attempt, claim.account_id, claim.endpoint_id, claim.kind, attempt
                )
            )
            if judged.due_at is not None:
                after.append(partial(self._expect, claim.endpoint_id, judged.due_at))
            elif claim.lane is not None:
                freed.add((claim.endpoint_id, claim.lane))
            if judged.state == "failed":
                after.append(partial(log.warning, "message.failed", error=describe(attempt), **self._keys(claim)))
            if judged.gone:
                self._disable(tx, claim, "gone")
            elif parked and attempt.succeeded:
                endpoint_store.resume(tx, claim.endpoint_id)
                after += [line.was_resumed, partial(line.hold, tx.now)]
                keys = {"account": claim.account_id, "endpoint": claim.endpoint_id}
                after.append(partial(log.info, "endpoint.resumed", **keys))
            elif claim.kind != "probe":
                after += self._pause_if_asked(tx, claim, attempt)
            else:
                next_probes[claim.endpoint_id] = self._next_probe(line, attempt, tx.now)
        store.record(tx, rows)
        store.insert_attempts(tx, attempts)
        store.promote(tx, sorted(freed))
        endpoint_store.probes_failed(tx, next_probes)
        after += self._park_who_is_down(tx, {claim.endpoint_id for claim, _ in results})
        hours.count(tx, [(claim.endpoint_id, attempt) for claim, attempt in results])
        return after

    def _keys(self, claim: Claim) -> dict[str, str]:
        """What a log line says of a message."""
        keys = {"account": claim.account_id, "endpoint": claim.endpoint_id}
        keys |= {"message": claim.message_id, "event_id": claim.event_id}
        found = trace_id(self._contents.trace_of(claim.event_id))
        return keys | {"trace_id": found} if found else keys

    def _park_who_is_down(self, tx: Tx, endpoint_ids: set[str]) -> list[Callable[[], None]]:
        lines = {one: self._lines[one] for one in sorted(endpoint_ids)}
        down = {
            one: line
            for one, line in lines.items()
            if not line.parked and outage.is_outage(line.streak, self._rules.outage)
        }
        if not down:
            return []
        # What a publisher holds cannot be given back now, as it may wait for us: after the next failure.
        held = store.held_by_others(tx, [message_id for line in down.values() for message_id in line.streak.failures])
        down = {one: line for one, line in down.items() if held.isdisjoint(line.streak.failures)}
        probe_at = outage.next_probe(0, self._rules.outage, tx.now)
        newly = endpoint_store.park(tx, {one: line.last_error for one, line in down.items()}, probe_at)
        given_back: Counter[str] = Counter()
        after: list[Callable[[], None]] = []
        for endpoint_id, line in down.items():
            after += [line.was_parked, partial(self._expect, endpoint_id, probe_at)]
            if endpoint_id in newly:
                given_back.update(line.streak.failures)
                keys = {"account": line.endpoint and line.endpoint.account_id, "endpoint": endpoint_id}
                keys |= {"error": line.last_error, "probe_at": probe_at.isoformat()}
                after.append(partial(log.warning, "endpoint.parked", **keys))
        store.give_back(tx, given_back)
        return after

    def _pause_if_asked(self, tx: Tx, claim: Claim, attempt: Attempt) -> list[Callable[[], None]]:
        """A receiver that asks to be left alone means all that we would send there."""
        asked = retry.asked_to_wait(attempt, self._settings.retry_after_max, tx.now)
        until = tx.now + asked
        if not asked or not endpoint_store.pause(tx, claim.endpoint_id, until):
            return []
        log.info("endpoint.paused", account=claim.account_id, endpoint=claim.endpoint_id, until=until.isoformat())
        return [partial(self._expect, claim.endpoint_id, until)]

    def _next_probe(self, line: Line, attempt: Attempt, now: datetime) -> datetime:
        asked = retry.asked_to_wait(attempt, self._settings.retry_after_max, now)
        return outage.next_probe(line.probes + 1, self._rules.outage, now, asked)

    def _disable(self, tx: Tx, claim: Claim, reason: str) -> None:
        if endpoint_store.disable(tx, claim.endpoint_id, reason):
            log.warning("endpoint.disabled", account=claim.account_id, endpoint=claim.endpoint_id, reason=reason)
            record_disabled(tx, claim.account_id, claim.endpoint_id, reason)

    # -- claim --------------------------------------------------------------------------------------------------------

    def _claim(self, tx: Tx) -> list[Claim]:
        """Claim for the endpoints that are ready, in rounds, until most of what may start now is claimed.

        In a round each endpoint gets a share that is worth the asking. Many endpoints with little to send leave most of
        theirs to the next round; none is asked twice in a turn.
        """
        most = min(self._settings.max_in_flight - self._transport.in_flight, self._settings.batch)
        queue = self._whose_turn(most)
        claims: list[Claim] = []
        while queue and len(claims) * 4 <= most * 3:
            free = most - len(claims)
            share = max(min(_LEAST_SHARE, free), free // len(queue))  # so that whoever comes last finds slots too
            turn, queue = queue[: free // share], queue[free // share :]
            claims += self._claim_round(tx, turn, share, taken=len(claims))
        return claims

    def _claim_round(self, tx: Tx, turn: list[str], share: int, taken: int) -> list[Claim]:
        """Claim for each of these endpoints up to its share, as its own limits allow."""
        standings = self._prepare(tx, turn)
        slots = self._settings.max_in_flight - self._transport.in_flight - taken
        probing: list[str] = []
        shares: dict[str, int] = {}
        for endpoint_id in turn:
            del self._ready[endpoint_id]
            standing, line = standings.get(endpoint_id), self._lines[endpoint_id]
            if standing is None or not standing.enabled or line.endpoint is None:
                continue
            if standing.probe_at is not None and standing.probe_at > tx.now:
                self._expect(endpoint_id, standing.probe_at)
                continue
            if standing.probe_at is not None:
                probing.append(endpoint_id)
                continue
            if standing.paused_until is not None and standing.paused_until > tx.now:
                line.hold(standing.paused_until)
                self._expect(endpoint_id, standing.paused_until)
                continue
            most = min(line.room(), share, outage.fair_share(slots, line.in_flight))
            allowance = line.allowance(tx.now)
            if allowance is not None and allowance < most:
                most = allowance
                heapq.heappush(self._later, (line.next_allowed(tx.now), endpoint_id))
            if most > 0:
                shares[endpoint_id] = most
                slots -= most
        claims = store.claim(tx, shares, tx.now + self._settings.lease)
        for endpoint_id, count in Counter(claim.endpoint_id for claim in claims).items():
            line = self._lines[endpoint_id]
            line.spend(count)
            if count == shares[endpoint_id] < line.room():
                self._ready[endpoint_id] = None  # there may be more: at the end of the queue again
        return claims + self._probe(tx, probing)

    def _whose_turn(self, most: int) -> list[str]:
        """The next endpoints of ours that have a slot free. One that has none is ready when an attempt of its ends."""
        turn: list[str] = []
        for endpoint_id in list(self._ready):
            if len(turn) >= most:
                break
            if self._shards.serves(endpoint_id) and self._line(endpoint_id).room() > 0:
                turn.append(endpoint_id)
            else:
                del self._ready[endpoint_id]
        return turn

    def _probe(self, tx: Tx, endpoint_ids: list[str]) -> list[Claim]:
        """The one attempt that each of these parked endpoints gets now that its time has come."""
        lease_until = tx.now + self._settings.lease
        ours = endpoint_store.take_probes(tx, endpoint_ids, lease_until)
        claims = store.claim_probes(tx, sorted(ours), lease_until)
        for endpoint_id in ours - {claim.endpoint_id for claim in claims}:
            endpoint_store.set_probe(tx, endpoint_id, tx.now)  # nothing waits: the next message is the probe
        return claims

    def _prepare(self, tx: Tx, endpoint_ids: list[str]) -> dict[str, endpoint_store.Standing]:
        """How these endpoints stand now; those that have changed, or were not looked at for long, are read anew."""
        standings = endpoint_store.standings(tx, endpoint_ids)
        stale = []
        for endpoint_id, standing in standings.items():
            line = self._lines[endpoint_id]
            line.parked, line.probes = standing.parked_at is not None, standing.probes
            if line.endpoint and line.endpoint.revision != standing.revision:
                line.hold(tx.now)  # it may have been disabled until now
            if line.is_stale(standing.revision, tx.now - _RELOAD):
                stale.append(endpoint_id)
        for endpoint_id, endpoint in endpoint_store.load_endpoints(tx, self._vault, stale).items():
            self._lines[endpoint_id].endpoint, self._lines[endpoint_id].loaded_at = endpoint, tx.now
        return standings

    def _line(self, endpoint_id: str) -> Line:
        return self._lines.setdefault(endpoint_id, Line())


def _that_can_be_recorded(tx: Tx, results: list[Result]) -> tuple[list[Result], list[Result]]:
    """Those whose messages are ours until the commit, the first at least; and those that have to be first next time."""
    if not results:
        return [], []
    held = store.lock(tx, [claim.message_id for claim, _ in results])
    ours: list[Result] = []
    put_off: list[Result] = []
    for result in results:
        (ours if result[0].message_id in held else put_off).append(result)
    return ours, put_off
