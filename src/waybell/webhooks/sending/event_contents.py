"""A cache of the bodies of events: an event usually goes to several endpoints, and sometimes several times."""

from collections import OrderedDict
from collections.abc import Sequence

from sqlalchemy import Text, literal_column, select

from waybell.db.database import Tx
from waybell.db.prepared import Among, Prepared, each_row
from waybell.events.tables import events
from waybell.webhooks.model import Claim, Content

_MOST_BYTES = 32 * 1024 * 1024

_content = select(events.c.id, events.c.body, events.c.trace)
_contents_alike = Among(_content, events.c.id)
_id = each_row({"id": Text()})
# Each id is looked up by itself with a limit, so that PostgreSQL uses the index of the partition of its day. Without
# the limit it may join with whole partitions.
_found = _content.where(events.c.id == _id.c.id).limit(literal_column("1")).lateral("found")
_contents_by_day = Prepared(select(_found).select_from(_id))


def read_contents(tx: Tx, event_ids: Sequence[str]) -> dict[str, Content]:
    """Return the content of these events, by their ids; an event that was deleted is missing."""
    if not event_ids:
        return {}
    rows = _contents_by_day.run(tx, {"id": list(event_ids)}) if tx.on_postgres else _contents_alike.run(tx, event_ids)
    return {row.id: Content(row.body, row.trace) for row in rows}


class Contents:
    def __init__(self) -> None:
        self._kept: OrderedDict[str, Content] = OrderedDict()
        self._bytes = 0

    def of(self, tx: Tx, claims: Sequence[Claim]) -> dict[str, Content]:
        """Return the content to send for these claims, by event id. An event that was deleted is missing from it."""
        wanted = dict.fromkeys(claim.event_id for claim in claims)
        found = {event_id: self._kept[event_id] for event_id in wanted if event_id in self._kept}
        read = read_contents(tx, [event_id for event_id in wanted if event_id not in found])
        self._keep(read)
        return found | read

    def trace_of(self, event_id: str) -> str | None:
        """Return the trace of an event that was sent a short while ago, or None when it is not in the cache."""
        content = self._kept.get(event_id)
        return content.trace if content else None

    def _keep(self, read: dict[str, Content]) -> None:
        for event_id, content in read.items():
            self._kept[event_id] = content
            self._bytes += len(content.body)
        while self._bytes > _MOST_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.body)
