"""What a transaction sees and may write of its account's orders and routes: all, or those of some shippers and depots.

The door gives each transaction the scope of the key that called. The stores of orders and routes apply it to all that
they read and write, so no action can forget it. One rule, asked of documents here and of rows in `db/scoped.py`:

- an order is inside when its ShipperId is one of the shippers (if there are any) and its DepotId one of the depots
  (if there are any);
- a route is inside when its DepotId is one of the depots (if there are any) and all its orders are inside;
- an event is inside when the document that it carries is;
- of the directories, a shipper is inside when it is one of the shippers (if there are any), a depot likewise; the other
  directories are shared by all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waybell.ground.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Scope:
    """None of a kind stands for all of it."""

    shippers: tuple[str, ...] = ()
    depots: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        return not (self.shippers or self.depots)

    def check_order(self, shipper_id: str | None, depot_id: str | None) -> None:
        """Raises `Forbidden` for an order that would lie outside."""
        if self.shippers and shipper_id not in self.shippers:
            raise Forbidden(f"ShipperId: this key may write what is of {_listed('shipper', self.shippers)} only.")
        self.check_route(depot_id)

    def check_route(self, depot_id: str | None) -> None:
        """Raises `Forbidden` for a route that would lie outside, whatever its orders are."""
        if self.depots and depot_id not in self.depots:
            raise Forbidden(f"DepotId: this key may write what is of {_listed('depot', self.depots)} only.")

    def entries_of(self, kind: str) -> tuple[str, ...]:
        """The ids of this kind of a directory's entries that are inside; none stands for all."""
        return {"shipper": self.shippers, "depot": self.depots}.get(kind, ())

    def check_entry(self, kind: str, ext_id: str | None) -> None:
        """Raises `Forbidden` for an entry of a directory that would lie outside."""
        ids = self.entries_of(kind)
        if ids and ext_id not in ids:
            raise Forbidden(f"Id: this key may write {_listed(kind, ids)} only.")

    def covers(self, document: Mapping[str, Any], *, route: bool = False) -> bool:
        """Whether a document is inside: of an order, of a route, of whatever names its shipper or depot."""
        if self.depots and document.get("DepotId") not in self.depots:
            return False
        if route:
            return all(self.covers(order) for order in document.get("Orders") or ())
        return not self.shippers or document.get("ShipperId") in self.shippers


EVERYTHING = Scope()


def _listed(kind: str, ids: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f"the {kind}{'s' if len(ids) > 1 else ''} {', '.join(ids[:most])}{more}"
