"""The slots of a dispatcher, shared so that an endpoint that answers always finds a free one.

Three limits hold. Endpoints of one conduct together leave some slots to the others, so that any number of hanging
endpoints leaves slots to endpoints that answer within milliseconds. An account may hold eight times the number of
slots that it leaves free, and an endpoint an eighth of the free slots. So a lone endpoint gets nearly all slots, and
where many take slots, each takes fewer and some stay free. (Network switches share buffers by such dynamic
thresholds.)
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from waybell.webhooks.sending.conduct import Conduct
from waybell.webhooks.sending.endpoint_pace import EndpointPace

_TIMES_FREE = 8  # an account may hold this many times the free slots


class Held(NamedTuple):
    """The number of slots that the endpoints of each conduct hold, or may hold, in the order of `Conduct`."""

    quick: int
    unsure: int
    failing: int


def limits(slots: int) -> Held:
    """Return how many of the slots the endpoints of each conduct may hold together.

    The limit of UNSURE includes the slots of FAILING, because either may hang. QUICK leaves some slots too: a new
    endpoint shows its conduct only by an attempt, and endpoints that were QUICK may all begin to hang at once.
    """
    return Held(quick=max(1, slots - slots // 16), unsure=max(1, slots * 3 // 4), failing=max(1, slots // 2))


def free_for(conduct: Conduct, slots: int, most: Held, held: Sequence[int]) -> int:
    """Return how many more slots endpoints of this conduct may take; `most` are the limits, `held` as in `Held`."""
    quick, unsure, failing = held
    free = slots - quick - unsure - failing
    if conduct is Conduct.QUICK:
        return max(0, min(free, most.quick - quick))
    free = min(free, most.unsure - unsure - failing)
    if conduct is Conduct.FAILING:
        free = min(free, most.failing - failing)
    return max(0, free)


def account_share(free: int, held: int) -> int:
    """Return how many more of the free slots an account may take whose endpoints hold `held` already."""
    return max(0, min(free, _TIMES_FREE * free - held))


def fair_share(free: int, held: int) -> int:
    """Return how many more of the free slots an endpoint may take that holds `held` already: at least a first one."""
    return max(0, min(free, max(1, free // 8) - held))


class Slots:
    """The slots that are held now. Each counts by the present conduct of its endpoint."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._limits = limits(slots)
        self._held = [0] * len(Conduct)
        self._of_account: Counter[str] = Counter()

    @property
    def free(self) -> int:
        return self._slots - sum(self._held)

    def free_for(self, conduct: Conduct) -> int:
        return free_for(conduct, self._slots, self._limits, self._held)

    def may_take(self, conduct: Conduct, account_id: str) -> bool:
        """Return whether an endpoint of this conduct and account may take a slot."""
        return account_share(self.free_for(conduct), self._of_account[account_id]) > 0

    def share(self, pace: EndpointPace) -> int:
        """Return how many more slots this endpoint may take."""
        free = self.free_for(pace.conduct)
        return min(fair_share(free, pace.in_flight), account_share(free, self._of_account[pace.account_id]))

    def take(self, pace: EndpointPace, count: int) -> None:
        self._held[pace.conduct] += count
        left = self._of_account[pace.account_id] + count
        if left:
            self._of_account[pace.account_id] = left
        else:
            del self._of_account[pace.account_id]

    def give_back(self, pace: EndpointPace, count: int = 1) -> None:
        self.take(pace, -count)

    def judge(self, pace: EndpointPace, conduct: Conduct) -> None:
        """Change the conduct of the endpoint, and count its slots by it from now on."""
        self._held[pace.conduct] -= pace.in_flight
        pace.conduct = conduct
        self._held[conduct] += pace.in_flight

    def recount(self, paces: Iterable[EndpointPace]) -> None:
        """Forget the slots taken for a turn that failed: only attempts under way hold slots."""
        self._held = [0] * len(Conduct)
        self._of_account.clear()
        for pace in paces:
            self.take(pace, pace.in_flight)
