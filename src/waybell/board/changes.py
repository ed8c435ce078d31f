"""What has changed on a board since a cursor: pure, in memory, and shared by all who look at the same day.

Each row carries the number of the snapshot in which it last changed. So a cursor is the name of this memory and the
number of a snapshot, and every cursor can be answered as long as the memory lives: nothing is stored, and nobody can
miss a change. A cursor of another memory (another process, or from before a restart) is answered with all rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Literal

from pydantic_core import to_json

from waybell.board.lean import EXCEPTION_COLUMNS, ORDER_COLUMNS, ROUTE_COLUMNS
from waybell.board.rows import Snapshot

RowKind = Literal["Orders", "Routes", "Exceptions"]
KINDS: tuple[RowKind, ...] = ("Orders", "Routes", "Exceptions")
COLUMNS = {"Orders": ORDER_COLUMNS, "Routes": ROUTE_COLUMNS, "Exceptions": EXCEPTION_COLUMNS}
_MOST_GONE = 20_000  # rows that are remembered to be gone; older cursors are answered with all rows


@dataclass(frozen=True, slots=True)
class Delta:
    """Rows that are new or have changed, and the ids of those that are gone."""

    rows: Mapping[RowKind, list[bytes]]
    gone: Mapping[RowKind, list[str]]

    def __bool__(self) -> bool:
        return any(self.rows.values()) or any(self.gone.values())


class Changes:
    """The newest snapshot of a day, with the number at which each of its rows changed."""

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self._name = token_hex(6)
        self._number = 0
        self._floor = 0  # rows that went before this number are forgotten
        self._changed: dict[RowKind, dict[str, int]] = {kind: {} for kind in KINDS}
        self._gone: dict[RowKind, dict[str, int]] = {kind: {} for kind in KINDS}
        self._answers: dict[int, Delta] = {}  # since each number that somebody asked for; most boards ask for the same

    @property
    def cursor(self) -> str:
        return f"{self._name}.{self._number}"

    def take(self, snapshot: Snapshot) -> bool:
        """Take over a newer snapshot, and return whether anything differs from the one before."""
        number, differs = self._number + 1, False
        for kind in KINDS:
            before, after = _rows(self.snapshot, kind), _rows(snapshot, kind)
            changed = [key for key, row in after.items() if before.get(key) != row]
            gone = before.keys() - after.keys()
            differs = differs or bool(changed or gone)
            self._changed[kind] |= dict.fromkeys(changed, number)
            for key in changed:
                self._gone[kind].pop(key, None)
            for key in gone:
                del self._changed[kind][key]
                self._gone[kind][key] = number
            self._forget(kind)
        self.snapshot = snapshot
        self._number += differs
        self._answers.clear()
        return differs

    def _forget(self, kind: RowKind) -> None:
        gone = self._gone[kind]
        while len(gone) > _MOST_GONE:
            oldest = next(iter(gone))
            self._floor = max(self._floor, gone.pop(oldest))

    def since(self, cursor: str) -> Delta | None:
        """Return what has changed since the cursor; None for a cursor that this memory cannot answer."""
        name, _, text = cursor.rpartition(".")
        if name != self._name or not (text.isascii() and text.isdigit() and self._floor <= int(text) <= self._number):
            return None
        number = int(text)
        if number not in self._answers:
            self._answers[number] = self._since(number)
        return self._answers[number]

    def _since(self, number: int) -> Delta:
        return Delta(
            {
                kind: [_rows(self.snapshot, kind)[key] for key, at in self._changed[kind].items() if at > number]
                for kind in KINDS
            },
            {kind: [key for key, at in self._gone[kind].items() if at > number] for kind in KINDS},
        )

    def all(self) -> Delta:
        return Delta({kind: list(_rows(self.snapshot, kind).values()) for kind in KINDS}, {kind: [] for kind in KINDS})


def _rows(snapshot: Snapshot, kind: RowKind) -> dict[str, bytes]:
    return {"Orders": snapshot.orders, "Routes": snapshot.routes, "Exceptions": snapshot.exceptions}[kind]


def written(delta: Delta, head: Mapping[str, object]) -> bytes:
    """Return the answer as JSON: the members of `head`, the rows by kind, and the ids of those that are gone."""
    parts = [to_json(key) + b":" + to_json(value) for key, value in head.items()]
    parts += [to_json(kind) + b":[" + b",".join(delta.rows[kind]) + b"]" for kind in KINDS]
    parts.append(b'"Gone":' + to_json(delta.gone))
    return b"{" + b",".join(parts) + b"}"
