"""The dispatcher: claim, send, decide, record, in a loop of one thread.

The dispatcher waits for receivers, hints and its own timers. Whenever an attempt has finished or a message can start,
it takes a *turn*: one transaction that records results and claims the next messages. Endpoints are served round
robin, each with its own slots, so that none waits for the answers of another.

Its memory is a guess that reading the database corrects: which endpoints may have a message due (`agenda.py`), and how
each endpoint fares (`endpoint_pace.py`). Where several dispatchers share the work, each serves the endpoints of its own
shards (`shards.py`), so that the limits of an endpoint hold. A dispatcher that is killed leaves claims, which expire.
"""

import socket
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import psycopg
import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from waybell.db.chunks import chunks
from waybell.db.database import Database, Tx
from waybell.db.postgres import is_lock_wait
from waybell.ground.clock import SystemClock
from waybell.settings import Settings
from waybell.vault import Vault
from waybell.webhooks.endpoints import hourly_counts
from waybell.webhooks.messages import due_times, locks
from waybell.webhooks.model import Claim, Content
from waybell.webhooks.sending.agenda import Agenda
from waybell.webhooks.sending.attempt_tally import Tally
from waybell.webhooks.sending.claiming import Claiming
from waybell.webhooks.sending.clock_jumps import Jumps, catch_up, concerned
from waybell.webhooks.sending.conduct import Conduct, conduct_after
from waybell.webhooks.sending.endpoint_pace import EndpointPaces
from waybell.webhooks.sending.event_contents import Contents
from waybell.webhooks.sending.recording import Recording
from waybell.webhooks.sending.shards import AllShards, Shards, SharedShards
from waybell.webhooks.sending.slots import Slots
from waybell.webhooks.sending.transport import Result, Transport, sockets
from waybell.webhooks.sending.wakeup import EVERYTHING, LoopbackWakeup, PostgresWakeup, Wakeup, port_file

log = structlog.get_logger()

_PAUSE_WITHOUT_DATABASE = 1.0  # seconds
_BETWEEN_WAITS = 0.1  # seconds for attempts under way, between two waits for a lock
_BALANCE_EVERY = 1.0  # seconds
# After this many starts, quick attempts may end: libcurl is a third slower with 500 under way than with 50.
_START_AT_ONCE = 16
_GATHER = 0.0005  # seconds without a result after which gathering ends
_FAILURES_AT_ONCE = 16  # in one turn, so that a thousand timeouts hold up no success
# The time between two turns that also serve endpoints that are not QUICK. Such a turn takes longer, and a message for a
# QUICK endpoint may have to wait for it: one message in eight when a thousand endpoints begin to hang.
_OTHERS_EVERY = 0.02  # seconds
_SCAN_AT_ONCE = 200  # endpoints scanned between two turns; to scan a thousand takes as long as five turns


class Dispatcher:
    def __init__(self, settings: Settings, clock: SystemClock, database: Database, vault: Vault) -> None:
        self._settings = settings
        self._clock = clock
        self._database = database
        self._contents = Contents()
        self._paces = EndpointPaces()
        self._slots = Slots(sockets(settings))
        self._agenda = Agenda(2 * settings.poll_interval, self._paces.place)
        self._results: list[Result] = []  # to record in the next turn
        self._failures: list[Result] = []  # failures at endpoints that are not QUICK, for a turn that serves these
        self._others_at = 0.0  # monotonic: when a turn may serve endpoints that are not QUICK again
        self._newest: set[str] = set()  # the messages that the last turn started and that are still under way
        self._serves_new = True  # whether it has to read how new endpoints fared at another dispatcher
        self._scan_at = 0.0  # monotonic: when to read all due messages again
        self._scanned_to: str | None = None  # the last endpoint that was read; None when no scan is under way
        self._shards: Shards = AllShards() if database.is_sqlite else SharedShards(settings.resolved_database_url)
        self._balance_at = 0.0  # monotonic: when to share the shards again
        self._claiming = Claiming(settings, vault, self._shards, self._agenda, self._paces, self._slots)
        self._recording = Recording(settings, self._contents, self._agenda, self._paces)
        self._jumps = Jumps(clock)
        self.tally = Tally()
        self.last_round_at = time.monotonic()  # when `run` last began a round: its sign of life
        self._transport = Transport(settings, clock)
        self._listening = False
        self._listen()
        self._nudge, nudged = socket.socketpair()
        nudged.setblocking(False)
        self._nudged = nudged
        self._transport.watch(nudged, self._was_nudged)

    # -- running -----------------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set (see `wake`), then wait for attempts under way, for `drain_timeout` at most."""
        while not stop.is_set():
            self.last_round_at = time.monotonic()
            self.step(self.idle_seconds())
        self._drain()

    def clock_was_at(self, instant: datetime) -> None:
        """Note that the clock has shown this time. If it shows an earlier time now, it was set back."""
        self._jumps.was_at(instant)

    def wake(self) -> None:
        """Make `run` check its `stop` now. Any thread may call this."""
        self._nudge.send(b"!")

    def _was_nudged(self) -> None:
        self._nudged.recv(4096)

    def step(self, wait: float) -> None:
        """Wait up to `wait` seconds for results, hints or timers, and take a turn if there is anything to do."""
        self._poll(wait)
        self._gather()
        self._note_times()
        if self._has_work(time.monotonic()):
            self._turn(claiming=True)

    def _has_work(self, at: float) -> bool:
        """Return whether a turn at this time of the monotonic clock has something to record or to claim."""
        others = at >= self._others_at
        return bool(self._results or (others and self._failures)) or self._claiming.may_claim(others=others)

    def _drain(self) -> None:
        deadline = time.monotonic() + self._settings.drain_timeout.total_seconds()
        while (self._transport.in_flight or self._results or self._failures) and time.monotonic() < deadline:
            self._poll(0 if self._results or self._failures else 0.1)
            self._results += self._failures
            self._failures = []
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
        """Return whether no attempt is under way and no message is known to be due."""
        return not (self._transport.in_flight or self._results or self._failures or self._agenda)

    def close(self) -> None:
        self._transport.close()
        self._shards.close()
        if self._listening:
            self._wakeup.close()
        self._nudge.close()
        self._nudged.close()

    # -- when ---------------------------------------------------------------------------------------------------------

    def idle_seconds(self) -> float:
        now = time.monotonic()
        if self._has_work(now) or self._scanned_to is not None:
            return 0
        next_turn = self._others_at if self._has_work(self._others_at) else self._scan_at
        wait = max(0.0, min(next_turn, self._scan_at, self._balance_at) - now)
        left = self._agenda.seconds_left(self._clock.now())
        return wait if left is None else min(wait, left)

    def _gather(self) -> None:
        """Wait for results as long as they keep coming: a turn costs little more for many results than for one.

        Once all messages of the last turn are back, take only results that are there already: other attempts may be
        under way for long.
        """
        while self._results and self._transport.in_flight and len(self._results) < self._settings.batch:
            if not self._poll(_GATHER if self._newest else 0):
                break

    def _poll(self, wait: float) -> int:
        """Let the transport work, and note the results. A later turn records them; return how many there were."""
        results = self._transport.poll(wait)
        now = time.monotonic()
        for claim, attempt in results:
            pace = self._paces[claim.endpoint_id]
            pace.ended(now)
            self._slots.give_back(pace)
            conduct = conduct_after(pace.conduct, attempt)
            if conduct is not pace.conduct:
                self._slots.judge(pace, conduct)
            self._newest.discard(claim.message_id)
            self.tally.count(attempt, pace.unhindered_since(claim))
            if attempt.succeeded:
                pace.succeeded(claim.message_id)
            else:
                pace.failed(claim.message_id, attempt)
            self._agenda.add([claim.endpoint_id])
            waits = not attempt.succeeded and pace.conduct is not Conduct.QUICK
            (self._failures if waits else self._results).append((claim, attempt))
        return len(results)

    def _note_times(self) -> None:
        """Make endpoints ready whose time has come. From time to time, share the shards and scan the database anew."""
        self._agenda.pass_to(self._clock.now())
        if self._jumps.note():
            self._scan_at = 0
        if time.monotonic() >= self._balance_at:
            self._balance()
        if self._scanned_to is None and time.monotonic() >= self._scan_at:
            self._begin_scan()
        if self._scanned_to is not None:
            self._scan_on()

    def _balance(self) -> None:
        """Share the endpoints with other dispatchers. An endpoint with attempts under way stays until they end.

        This also finds the endpoints that have been silent for a second.
        """
        now = time.monotonic()
        self._balance_at = now + _BALANCE_EVERY
        busy = {endpoint_id for endpoint_id, pace in self._paces.items() if pace.in_flight}
        for endpoint_id in busy:
            pace = self._paces[endpoint_id]
            if pace.conduct is Conduct.QUICK and pace.is_silent(now):
                self._slots.judge(pace, Conduct.UNSURE)
                self._agenda.correct(endpoint_id)
        busy.update(claim.endpoint_id for claim, _ in self._results + self._failures)
        if self._shards.balance(busy):
            self._serves_new = True
            self._scan_at, self._scanned_to = 0, None  # hints about the new endpoints went to another dispatcher
        for endpoint_id in self._paces.keys() - busy:
            if not self._shards.serves(endpoint_id):
                del self._paces[endpoint_id]  # another dispatcher counts for it from now on

    def scan(self) -> None:
        """Read from the database which endpoints have a message due: hints and timers may be lost, rows are not."""
        self._begin_scan()
        while self._scanned_to is not None:
            self._scan_on()

    def _begin_scan(self) -> None:
        self._scan_at = time.monotonic() + self._settings.poll_interval.total_seconds()
        self._scanned_to = None
        try:
            self._catch_up()
            if self._serves_new:
                with self._database.reading() as tx:
                    self._paces.known_good = hourly_counts.mostly_succeeding(tx)
                self._serves_new = False
        except SQLAlchemyError as error:
            self._database_failed(error)
            return
        self._scanned_to = ""
        if not self._listening:
            self._listen()

    def _scan_on(self) -> None:
        """Read when the next endpoints have a message due."""
        after, self._scanned_to = self._scanned_to or "", None
        try:
            with self._database.reading() as tx:
                due, self._scanned_to = due_times.next_due_after(tx, after, _SCAN_AT_ONCE)
        except SQLAlchemyError as error:
            self._database_failed(error)
            return
        now = self._clock.now()
        for endpoint_id, due_at in due.items():
            pace = self._paces.get(endpoint_id)
            # An endpoint without room becomes ready again when one of its attempts ends.
            if self._shards.serves(endpoint_id) and (pace is None or pace.room()):
                self._agenda.expect(endpoint_id, due_at, now)

    def _catch_up(self) -> None:
        back = self._jumps.set_back()
        if not back:
            return
        log.warning("clock.set_back", seconds=back.total_seconds())
        try:
            with self._database.transaction() as tx:
                catch_up(tx, filter(self._shards.serves, concerned(tx)), back)
        except SQLAlchemyError:
            self._jumps.not_caught_up(back)
            raise
        self._agenda.forget_times()
        for pace in self._paces.values():
            pace.must_be_read()

    # -- hints --------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        url = self._settings.resolved_database_url
        try:
            self._wakeup: Wakeup = (
                PostgresWakeup(url)
                if url.startswith("postgresql")
                else LoopbackWakeup(port_file(self._settings.data_dir))
            )
        except psycopg.Error as error:
            log.warning("dispatcher.not_listening", error=str(error))
            return
        self._transport.watch(self._wakeup, self._take_hints)
        self._listening = True

    def _take_hints(self) -> None:
        try:
            hinted = self._wakeup.read()
        except psycopg.Error as error:
            log.warning("dispatcher.not_listening", error=str(error))
            self._transport.unwatch(self._wakeup)
            self._wakeup.close()
            self._listening = False
            return
        if EVERYTHING in hinted:
            self._scan_at = 0
        self._agenda.add(filter(self._shards.serves, hinted - {EVERYTHING, ""}))

    # -- a turn -------------------------------------------------------------------------------------------------------

    def _turn(self, *, claiming: bool) -> None:
        """Record results and claim messages in one transaction; then send the claimed messages."""
        began = time.monotonic()
        others = claiming and began >= self._others_at
        results, self._results = self._results, []
        if others:
            self._others_at = began + _OTHERS_EVERY
            most = max(_FAILURES_AT_ONCE, len(results))
            results, self._failures = results + self._failures[:most], self._failures[most:]
        try:
            # A claim that a power cut loses is simply made again. A result must not be lost, so it is written durably.
            with self._database.transaction(durable=bool(results)) as tx:
                ours, put_off = _that_can_be_recorded(tx, results)
                acts = self._recording.record(tx, ours) if ours else []
                claims = self._claiming.claim(tx, others=others) if claiming else []
                contents = self._contents.of(tx, claims)
        except SQLAlchemyError as error:
            self._slots.recount(self._paces.values())
            self._turn_failed(results, error, claimed=claiming)
            return
        self._results = put_off + self._results
        for act in acts:
            act()
        self._note_started(claims)
        # A process that was frozen here must not send messages whose claims are about to expire, because another
        # dispatcher has sent them or will.
        latest = began + (self._settings.lease - self._settings.attempt_timeout).total_seconds()
        for some in chunks(claims, _START_AT_ONCE):
            if time.monotonic() > latest:
                self._let_run_out(some)
                continue
            self._start(some, contents)
            self._poll(0)

    def _note_started(self, claims: Sequence[Claim]) -> None:
        now = time.monotonic()
        newest = set()
        for claim in claims:
            pace = self._paces[claim.endpoint_id]
            pace.started(now)
            if pace.conduct is Conduct.QUICK:  # gathering waits for no slower attempt
                newest.add(claim.message_id)
        if newest:
            self._newest = newest

    def _let_run_out(self, claims: Sequence[Claim]) -> None:
        log.warning("dispatcher.claims_too_old", count=len(claims))
        for claim in claims:
            pace = self._paces[claim.endpoint_id]
            pace.was_dropped()
            self._slots.give_back(pace)
            self._newest.discard(claim.message_id)

    def _start(self, claims: Sequence[Claim], contents: Mapping[str, Content]) -> None:
        for claim in claims:
            endpoint = self._paces[claim.endpoint_id].endpoint
            assert endpoint is not None
            self._transport.start(claim, endpoint, contents.get(claim.event_id))

    def _turn_failed(self, results: list[Result], error: SQLAlchemyError, *, claimed: bool) -> None:
        """Keep the results for the next turn, unless one of them is at fault for the error."""
        if results and isinstance(error, DataError | IntegrityError):
            self._set_aside(results, error, claimed=claimed)
        elif is_lock_wait(error):  # the first result waited for a lock: put it last, so that another comes first
            log.warning("dispatcher.lock_not_free", results_kept=len(results))
            self._results = results[1:] + results[:1] + self._results
            self._poll(_BETWEEN_WAITS)
        else:
            self._results = results + self._results
            self._database_failed(error)

    def _set_aside(self, results: list[Result], error: Exception, *, claimed: bool) -> None:
        """Find the one of these results that the database refuses, so that it does not hold up the others."""
        if len(results) == 1 and not claimed:
            # The claim expires, and the message is sent again: twice is better than never.
            [(claim, _)] = results
            log.error("dispatcher.result_refused", error=str(error), **self._recording.keys(claim))
            return
        for result in results:
            self._results.append(result)
            self._turn(claiming=False)

    def _database_failed(self, error: Exception) -> None:
        """Pause and try again: results stay in memory, and claims of the failed turn expire by themselves."""
        log.error("dispatcher.database_unavailable", error=str(error), results_kept=len(self._results))
        deadline = time.monotonic() + _PAUSE_WITHOUT_DATABASE
        self._scan_at = deadline
        while (wait := deadline - time.monotonic()) > 0:
            self._poll(wait)


def _that_can_be_recorded(tx: Tx, results: list[Result]) -> tuple[list[Result], list[Result]]:
    """Lock the messages of these results; return the results to record now, and the results to try first next time.

    At least the message of the first result is locked.
    """
    if not results:
        return [], []
    held = locks.lock(tx, [claim.message_id for claim, _ in results])
    ours: list[Result] = []
    put_off: list[Result] = []
    for result in results:
        (ours if result[0].message_id in held else put_off).append(result)
    return ours, put_off
