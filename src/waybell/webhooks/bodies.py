"""The bytes of events, kept for a while: one event usually goes to several endpoints, and sometimes more than once."""

from collections import OrderedDict
from collections.abc import Sequence

from waybell.db.database import Tx
from waybell.webhooks import store
from waybell.webhooks.model import Claim

_MOST_BYTES = 64 * 1024 * 1024


class Bodies:
    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def of(self, tx: Tx, claims: Sequence[Claim]) -> dict[str, bytes]:
        """The body of each claim's event, by the event's id; an event that is not kept any more is missing."""
        wanted = dict.fromkeys(claim.event_id for claim in claims)
        found = {event_id: self._kept[event_id] for event_id in wanted if event_id in self._kept}
        read = store.bodies(tx, [event_id for event_id in wanted if event_id not in found])
        self._keep(read)
        return found | read

    def _keep(self, read: dict[str, bytes]) -> None:
        for event_id, body in read.items():
            self._kept[event_id] = body
            self._bytes += len(body)
        while self._bytes > _MOST_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped)
