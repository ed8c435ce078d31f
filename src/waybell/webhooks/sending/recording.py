"""Record attempts: their results, and the consequences for their messages and endpoints."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from waybell.db.database import Tx
from waybell.ground.trace import trace_id
from waybell.settings import Settings
from waybell.webhooks.endpoints import hourly_counts, parking
from waybell.webhooks.endpoints.operational_events import record_disabled
from waybell.webhooks.messages import due_times, lanes, locks
from waybell.webhooks.messages.attempts import attempt_row, insert_attempts, last_attempts
from waybell.webhooks.messages.results import record, record_row
from waybell.webhooks.model import Claim, describe
from waybell.webhooks.sending import outage, retry, verdict
from waybell.webhooks.sending.agenda import Agenda
from waybell.webhooks.sending.endpoint_pace import EndpointPace
from waybell.webhooks.sending.event_contents import Contents
from waybell.webhooks.sending.transport import Result

log = structlog.get_logger()

_STREAK = 200  # attempts that are read to find failures from before this dispatcher served the endpoint

Act = Callable[[], None]  # something to do after the commit: remember or log a result


class Recording:
    def __init__(
        self, settings: Settings, contents: Contents, agenda: Agenda, paces: Mapping[str, EndpointPace]
    ) -> None:
        self._rules = verdict.Rules(
            retry.Schedule(settings.retry_pauses, settings.retry_jitter, settings.retry_after_max),
            outage.Limits(settings.park_after_failures, settings.park_after_messages, settings.probe_pauses),
        )
        self._random = random.Random()  # noqa: S311 - jitter is no secret
        self._contents = contents
        self._agenda = agenda
        self._paces = paces

    def record(self, tx: Tx, results: Sequence[Result]) -> list[Act]:
        """Write the results of these attempts. Return the acts to run after the commit."""
        rows, attempts, freed = [], [], set()
        next_probes: dict[str, datetime] = {}
        after: list[Act] = self._remember(tx, {claim.endpoint_id for claim, attempt in results if attempt.succeeded})
        for claim, attempt in results:
            pace = self._paces[claim.endpoint_id]
            parked = pace.parked or claim.kind == "probe"
            judged = verdict.judge(
                claim,
                attempt,
                parked=parked,
                rules=self._rules,
                now=tx.now,
                chance=self._random.uniform(-1, 1),
            )
            rows.append(record_row(claim, attempt, judged, tx.now))
            attempts.append(
                attempt_row(claim.message_id, claim.attempt, claim.account_id, claim.endpoint_id, claim.kind, attempt)
            )
            if judged.due_at is not None:
                after.append(self._expecting(tx, claim.endpoint_id, judged.due_at))
            elif claim.lane is not None:
                freed.add((claim.endpoint_id, claim.lane))
            if judged.state == "failed":
                after.append(partial(pace.was_given_up, claim.message_id))
                after.append(partial(log.warning, "message.failed", error=describe(attempt), **self.keys(claim)))
            if judged.gone:
                after += self._disable(tx, claim, "gone")
            elif parked and attempt.succeeded:
                parking.resume(tx, claim.endpoint_id)
                after += [pace.was_resumed, partial(pace.hold, tx.now)]
                after.append(partial(log.info, "endpoint.resumed", **_endpoint_keys(claim)))
            elif claim.kind != "probe":
                after += self._pause_if_asked(tx, claim, judged.asked_to_wait)
            else:
                next_probes[claim.endpoint_id] = outage.next_probe(
                    pace.probes + 1, self._rules.outage, tx.now, judged.asked_to_wait
                )
        record(tx, rows)
        insert_attempts(tx, attempts)
        lanes.promote(tx, sorted(freed))
        parking.probes_failed(tx, next_probes)
        after += self._park_who_is_down(tx, {claim.endpoint_id for claim, _ in results})
        after += self._release(tx, {claim.endpoint_id for claim, attempt in results if attempt.succeeded})
        hourly_counts.count(tx, [(claim.endpoint_id, attempt) for claim, attempt in results])
        return after

    def keys(self, claim: Claim) -> dict[str, str]:
        """Return the keys of a log line about a message."""
        keys = _endpoint_keys(claim) | {"message": claim.message_id, "event_id": claim.event_id}
        found = trace_id(self._contents.trace_of(claim.event_id))
        return keys | {"trace_id": found} if found else keys

    def _expecting(self, tx: Tx, endpoint_id: str, due_at: datetime) -> Act:
        return partial(self._agenda.expect, endpoint_id, due_at, tx.now)

    def _park_who_is_down(self, tx: Tx, endpoint_ids: set[str]) -> list[Act]:
        down = {one: self._paces[one] for one in sorted(endpoint_ids) if self._is_down(self._paces[one])}
        if not down:
            return []
        # A publisher may wait for our locks, so a message that it has locked is given back after the next failure.
        held = locks.held_by_others(tx, [message_id for pace in down.values() for message_id in pace.streak.failures])
        down = {one: pace for one, pace in down.items() if held.isdisjoint(pace.streak.failures)}
        probe_at = outage.next_probe(0, self._rules.outage, tx.now)
        newly = parking.park(tx, {one: pace.last_error for one, pace in down.items()}, probe_at)
        given_back: Counter[str] = Counter()
        after: list[Act] = []
        for endpoint_id, pace in down.items():
            after += [pace.was_parked, self._expecting(tx, endpoint_id, probe_at)]
            if endpoint_id in newly:
                given_back.update(pace.streak.failures)
                keys = {"account": pace.endpoint and pace.endpoint.account_id, "endpoint": endpoint_id}
                when = probe_at.isoformat()
                after.append(partial(log.warning, "endpoint.parked", error=pace.last_error, probe_at=when, **keys))
        due_times.give_back(tx, given_back)
        return after

    def _remember(self, tx: Tx, endpoint_ids: set[str]) -> list[Act]:
        """Read the past failures of endpoints that now succeed, once for each endpoint that this dispatcher serves."""
        new = {endpoint_id: self._paces[endpoint_id] for endpoint_id in endpoint_ids}
        new = {endpoint_id: pace for endpoint_id, pace in new.items() if not pace.remembers}
        for endpoint_id in due_times.put_off(tx, sorted(new)):
            new[endpoint_id].end_outage(outage.streak_of(last_attempts(tx, endpoint_id, _STREAK)))
        return [pace.has_remembered for pace in new.values()]

    def _release(self, tx: Tx, endpoint_ids: set[str]) -> list[Act]:
        """Make some messages due that an outage has put off, and give back their failures; a few after each success."""
        some = {one: self._paces[one].next_to_release() for one in sorted(endpoint_ids) if self._paces[one].to_release}
        if not some:
            return []
        # A publisher may wait for our locks, so a message that it has locked is released after a later success.
        held = locks.held_by_others(tx, [message_id for failures in some.values() for message_id in failures])
        free = {one: {m: count for m, count in failures.items() if m not in held} for one, failures in some.items()}
        due_times.give_back(
            tx, {message_id: count for failures in free.values() for message_id, count in failures.items()}
        )
        return [partial(self._paces[one].were_released, list(failures)) for one, failures in free.items()]

    def _is_down(self, pace: EndpointPace) -> bool:
        """Return whether the endpoint is failing as a whole and is not parked yet."""
        return not pace.parked and outage.is_outage(pace.streak, self._rules.outage)

    def _pause_if_asked(self, tx: Tx, claim: Claim, asked: timedelta) -> list[Act]:
        """Pause the whole endpoint when its receiver asked to wait, because that concerns all its messages."""
        until = tx.now + asked
        if not asked or not parking.pause(tx, claim.endpoint_id, until):
            return []
        logged = partial(log.info, "endpoint.paused", until=until.isoformat(), **_endpoint_keys(claim))
        return [self._expecting(tx, claim.endpoint_id, until), logged]

    def _disable(self, tx: Tx, claim: Claim, reason: str) -> list[Act]:
        if not parking.disable(tx, claim.endpoint_id, reason):
            return []
        record_disabled(tx, claim.account_id, claim.endpoint_id, reason)
        return [partial(log.warning, "endpoint.disabled", reason=reason, **_endpoint_keys(claim))]


def _endpoint_keys(claim: Claim) -> dict[str, str]:
    """Return the keys of a log line about an endpoint."""
    return {"account": claim.account_id, "endpoint": claim.endpoint_id}
