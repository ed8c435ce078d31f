"""The scope of a transaction: the orders and routes that it may see and write.

The caller's key sets the scope of each transaction, either to everything in its account or to certain shippers and
depots. The stores of orders and routes apply the scope to every read and write, so no action can forget it. The same
rule is applied to documents here and to rows in `db/scoped.py`:

- An order is inside when its ShipperId is one of the shippers (if the scope names any) and its DepotId is one of the
  depots (if the scope names any).
- A route is inside when its DepotId is one of the depots (if the scope names any) and all its orders are inside.
- An event is inside when the document that it carries is inside.
- A shipper in the directory is inside when the scope names it or names no shippers; the same holds for depots. All
  keys share the other directories.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waybell.ground.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of shippers and of depots; an empty set stands for all."""

    shippers: tuple[str, ...] = ()
    depots: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        return not (self.shippers or self.depots)

    def check_order(self, shipper_id: str | None, depot_id: str | None) -> None:
        """Raise `Forbidden` for an order that would be outside."""
        if self.shippers and shipper_id not in self.shippers:
            raise Forbidden(f"ShipperId: this key may write what is of {_listed('shipper', self.shippers)} only.")
        self.check_route(depot_id)

    def check_route(self, depot_id: str | None) -> None:
        """Raise `Forbidden` for a route whose depot is outside; its orders are not checked."""
        if self.depots and depot_id not in self.depots:
            raise Forbidden(f"DepotId: this key may write what is of {_listed('depot', self.depots)} only.")

    def entries_of(self, kind: str) -> tuple[str, ...]:
        """Return the ids of directory entries of this kind inside the scope; an empty tuple stands for all."""
        return {"shipper": self.shippers, "depot": self.depots}.get(kind, ())

    def check_entry(self, kind: str, ext_id: str | None) -> None:
        """Raise `Forbidden` for a directory entry that would be outside."""
        ids = self.entries_of(kind)
        if ids and ext_id not in ids:
            raise Forbidden(f"Id: this key may write {_listed(kind, ids)} only.")

    def covers(self, document: Mapping[str, Any], *, route: bool = False) -> bool:
        """Return whether a document is inside: an order, a route, or any document with a ShipperId or DepotId."""
        if self.depots and document.get("DepotId") not in self.depots:
            return False
        if route:
            return all(self.covers(order) for order in document.get("Orders") or ())
        return not self.shippers or document.get("ShipperId") in self.shippers


EVERYTHING = Scope()


def _listed(kind: str, ids: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f"the {kind}{'s' if len(ids) > 1 else ''} {', '.join(ids[:most])}{more}"
