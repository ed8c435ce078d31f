"""The rows of imports as typed values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from waybell.db.records import Records
from waybell.ground.scope import Scope
from waybell.importing.tables import import_changes, imports

State = Literal["uploaded", "checked", "running", "succeeded", "canceled", "undoing", "undone"]
UNDO_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Import:
    """An import, from the upload of its file to its end."""

    id: str
    account_id: str
    user_id: str
    who: str
    scope: Mapping[str, Any]
    file_name: str
    file_size: int
    file_hash: str
    look: Mapping[str, Any]
    columns: Mapping[str, Any] | None
    found: Mapping[str, Any] | None
    state: State
    all_or_nothing: bool
    rows: int
    orders: int
    parts: int
    created: int
    updated: int
    skipped: int
    refused: int
    warned: int
    position: int
    undone: int
    kept: int
    why: str | None
    created_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    undone_at: datetime | None

    @property
    def questions(self) -> list[str]:
        """The names of the questions that a person must answer first: `decimal` and `day_order`."""
        found = self.found or {}
        return [name for name in ("decimal", "day_order") if found.get(f"{name}_two_ways")]

    @property
    def is_over(self) -> bool:
        return self.state in ("succeeded", "canceled", "undone")

    def may_be_undone(self, now: datetime) -> bool:
        ended = self.finished_at if self.state in ("succeeded", "canceled") else None
        return ended is not None and now - ended <= UNDO_WITHIN and self.created + self.updated > 0

    @property
    def limits(self) -> Scope:
        """The scope in which the orders are written."""
        return Scope(**{name: tuple(value) for name, value in self.scope.items()})


@dataclass(frozen=True, slots=True)
class Change:
    """A change that an import has made."""

    import_id: str
    number: int
    row: int
    kind: Literal["created", "updated", "route"]
    about: str
    before: Mapping[str, Any] | None
    digest: str | None
    kept: str | None


IMPORTS = Records(Import, imports)
CHANGES = Records(Change, import_changes)
