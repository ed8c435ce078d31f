"""What the events table holds, read as receivers read it."""

from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json
from sqlalchemy import func, select

from waybell.db.database import Database
from waybell.events.tables import events


@dataclass(frozen=True)
class Told:
    type: str
    subject: str
    data: dict[str, Any]


class Events:
    """What happened since one last looked."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen = 0

    def news(self, *, opt_in: bool = False) -> list[Told]:
        """Return the events that a reader who names no types gets, or else only those of opt-in types."""
        columns = (events.c.seq, events.c.subject, events.c.body)
        wanted = (events.c.seq > self._seen, events.c.opt_in.is_(opt_in))
        with self._db.reading() as tx:
            rows = tx.execute(select(*columns).where(*wanted).order_by(events.c.seq)).all()
            newest = tx.execute(select(func.max(events.c.seq))).scalar()
        self._seen = newest or self._seen
        bodies = [(row.subject, from_json(row.body)) for row in rows]
        return [Told(body["Metadata"]["Event"], subject, body["Data"]) for subject, body in bodies]

    def exactly(self, *types: str) -> list[Told]:
        """Return the news, which have these types in this order."""
        found = self.news()
        assert [one.type for one in found] == list(types), (
            "The events are not those that this test expects. If one more is meant, name it here, and in EVENTS of "
            "tests/facts/test_operations.py, which lists what each operation fires."
        )
        return found

    def types(self) -> list[str]:
        return [told.type for told in self.news()]
