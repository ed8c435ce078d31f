"""Which orders and routes of its account a transaction sees and may write: all, or those of some shippers and depots.

The door gives each transaction the scope of the key that called. The stores of orders and routes apply it to all that
they read and write, so no action can forget it. One rule, asked of documents here and of rows in `db/scoped.py`:

- an order is inside when its ShipperId is one of the shippers (if there are any) and its DepotId one of the depots
  (if there are any);
- a route is inside when its DepotId is one of the depots (if there are any) and all its orders are inside;
- an event is inside when the document that it carries is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waybell.errors import Forbidden


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
