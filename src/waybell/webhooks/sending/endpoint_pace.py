"""The memory that a dispatcher has of an endpoint between claims: its window, rate, outage and conduct."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from waybell.db.schema import microseconds
from waybell.webhooks.endpoints.store import EndpointStatus
from waybell.webhooks.model import Attempt, Claim, Endpoint, describe
from waybell.webhooks.sending import outage
from waybell.webhooks.sending.agenda import Place
from waybell.webhooks.sending.conduct import QUICK_SECONDS, Conduct
from waybell.webhooks.sending.outage import Streak

_FIRST_WINDOW = 1  # so a thousand new endpoints that hang hold a thousand slots at most
_BURST = 0.1  # seconds of the rate that may go out at once


@dataclass(slots=True)
class EndpointPace:
    """The pace at which a dispatcher sends to one endpoint. Only its own methods change it, and `Slots` its conduct."""

    conduct: Conduct = Conduct.UNSURE
    account_id: str = ""  # known as soon as the endpoint was read
    endpoint: Endpoint | None = None
    loaded_at: datetime | None = None
    in_flight: int = 0
    heard_at: float = 0.0  # monotonic: when an attempt ended last, or began while none was under way
    parked: bool = False
    probes: int = 0
    window: int = _FIRST_WINDOW  # attempts at once: grows with successes, shrinks with failures
    streak: Streak = field(default_factory=Streak)
    remembers: bool = False  # whether the streak holds failures from before this dispatcher
    in_outages: set[str] = field(default_factory=set)  # messages that failed in an outage and may fail again
    to_release: dict[str, int] = field(default_factory=dict)  # messages that an outage has put off, with their failures
    last_error: str = ""
    held_until: int = 0  # in microseconds: messages made earlier may have waited for another reason
    _tokens: float = 1.0
    _counted_at: datetime | None = None

    def room(self) -> int:
        """Return how many further attempts the window permits."""
        limit = min(self.window, self.endpoint.concurrency) if self.endpoint else self.window
        return max(0, limit - self.in_flight)

    def is_silent(self, now: float) -> bool:
        """Return whether attempts are under way and none has ended for a second."""
        return self.in_flight > 0 and now - self.heard_at > QUICK_SECONDS

    def started(self, now: float) -> None:
        """Note that an attempt began; all times of this kind are on the monotonic clock."""
        if not self.in_flight:
            self.heard_at = now
        self.in_flight += 1

    def ended(self, now: float) -> None:
        """Note that an attempt ended."""
        self.in_flight -= 1
        self.heard_at = now

    def was_dropped(self) -> None:
        """Note that an attempt that had started in our count is not made."""
        self.in_flight -= 1

    def note_status(self, status: EndpointStatus, now: datetime) -> None:
        """Note the present state of the endpoint, which a person or another dispatcher may have changed."""
        if self.parked and status.parked_at is None:
            self.was_resumed()  # a person enabled it, or the dispatcher before us resumed it
        self.parked, self.probes = status.parked_at is not None, status.probes
        if self.endpoint and self.endpoint.revision != status.revision:
            self.hold(now)  # the endpoint may have been disabled until now

    def was_read(self, endpoint: Endpoint | None, now: datetime) -> None:
        """Note the endpoint as it was read from the database; None when its secrets cannot be opened."""
        self.endpoint, self.loaded_at = endpoint, now
        if endpoint:
            self.account_id = endpoint.account_id

    def must_be_read(self) -> None:
        """Make the next claim read the endpoint again."""
        self.loaded_at = None

    def succeeded(self, message_id: str) -> None:
        if self.streak.failures or self.in_outages:  # seldom true, and checked for each message
            self._has_answered(message_id)
        self.window = outage.widened(self.window, self.endpoint.concurrency if self.endpoint else self.window)

    def _has_answered(self, message_id: str) -> None:
        if not self.parked:  # parking has already given back the failures of such an outage
            self.end_outage(self.streak)
        self.to_release.pop(message_id, None)
        self.in_outages.discard(message_id)
        self.streak.succeeded()

    def failed(self, message_id: str, attempt: Attempt) -> None:
        against = outage.speaks_against_endpoint(attempt.error or "", attempt.status)
        self.streak.failed(message_id, against_endpoint=against)
        self.to_release.pop(message_id, None)  # the outage puts it off no longer
        self.last_error = describe(attempt)
        self.window = outage.narrowed(self.window)

    def end_outage(self, streak: Streak) -> None:
        """Note which messages to release, if these failures were an outage."""
        if outage.was_outage(streak, self.in_outages):
            self.to_release |= streak.failures
            self.in_outages |= streak.failures.keys()

    def has_remembered(self) -> None:
        self.remembers = True

    def next_to_release(self) -> dict[str, int]:
        """Return the next messages to release: as many as the window permits, so each round doubles them."""
        return dict(islice(self.to_release.items(), self.window))

    def was_given_up(self, message_id: str) -> None:
        self.in_outages.discard(message_id)

    def were_released(self, message_ids: Iterable[str]) -> None:
        for message_id in message_ids:
            self.to_release.pop(message_id, None)

    def was_parked(self) -> None:
        self.parked, self.probes, self.window = True, 0, 1
        self.streak.succeeded()

    def was_resumed(self) -> None:
        """Note that the endpoint is back: begin with one attempt at a time, and let successes widen the window."""
        self.parked, self.probes, self.window = False, 0, 1
        self.streak.succeeded()

    def hold(self, until: datetime) -> None:
        """Count no latency of messages made before this time, because they may have waited for another reason."""
        self.held_until = microseconds(until)

    def unhindered_since(self, claim: Claim) -> int | None:
        """Return when the message was stored, in microseconds; None if anything but this dispatcher delayed it."""
        since = claim.unhindered_since
        if since is None or since < self.held_until or (self.endpoint and self.endpoint.rate_limit):
            return None
        return since

    def is_stale(self, revision: int, before: datetime) -> bool:
        """Return whether the endpoint must be read again: it has changed, or was read before that moment."""
        if self.loaded_at is None or self.loaded_at < before:
            return True
        return self.endpoint is not None and self.endpoint.revision != revision

    def allowance(self, now: datetime) -> int | None:
        """Return how many attempts may start now by the rate limit (a token bucket); None without a limit."""
        rate = self.endpoint.rate_limit if self.endpoint else None
        if rate is None:
            return None
        if self._counted_at is not None:
            elapsed = max((now - self._counted_at).total_seconds(), 0)
            self._tokens = min(max(1.0, rate * _BURST), self._tokens + elapsed * rate)
        self._counted_at = now
        return int(self._tokens)

    def spend(self, count: int) -> None:
        self._tokens -= count

    def next_allowed(self, now: datetime) -> datetime:
        """Return when the rate limit permits the next attempt."""
        rate = self.endpoint.rate_limit if self.endpoint else None
        return now + timedelta(seconds=max(1 - self._tokens, 0) / rate) if rate else now


class EndpointPaces(dict[str, EndpointPace]):
    """The paces of a dispatcher, by endpoint. A pace is made when it is first asked for.

    The dispatcher owns this dict: it alone removes paces. Claiming and recording look paces up, and change them by
    calling their methods.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known_good: AbstractSet[str] = frozenset()  # endpoints at which attempts lately mostly succeeded

    def __missing__(self, endpoint_id: str) -> EndpointPace:
        pace = self[endpoint_id] = EndpointPace(conduct=self._first_conduct(endpoint_id))
        return pace

    def place(self, endpoint_id: str) -> Place:
        """Return the queue of the agenda in which the endpoint waits."""
        pace = self.get(endpoint_id)
        return (pace.conduct, pace.account_id) if pace else (self._first_conduct(endpoint_id), "")

    def _first_conduct(self, endpoint_id: str) -> Conduct:
        return Conduct.QUICK if endpoint_id in self.known_good else Conduct.UNSURE
