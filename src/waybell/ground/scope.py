"""The scope of a transaction: the orders and routes that it may see and write.

The caller, a key or a person, sets the scope of each transaction: everything in the account, or what is of certain
shippers, depots, teams and carriers. The stores of orders and routes apply the scope to every read and write, so no
action can forget it. The same rule is applied to documents here and to rows in `db/scoped.py` and `orders/scoped.py`.
For each kind that the scope names:

- An order is inside when its ShipperId, its DepotId and its TeamCode are named. It is a carrier's when its route is.
- A route is inside when its DepotId is named, its driver is in one of the teams or in none, its vehicle has one of the
  carriers, and all its orders are inside.
- An event is inside when the document that it carries is inside. No event is inside a scope of carriers, because no
  document names the carrier.
- An entry in the directories of shippers, depots and teams is inside when it is named; so is a vehicle of a carrier
  with its driver, and a driver in a team. All callers share the other directories.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from waybell.ground.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Scope:
    """Sets of shippers, depots, teams and carriers, by their ids and codes; an empty set stands for all."""

    shippers: tuple[str, ...] = ()
    depots: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        return not (self.shippers or self.depots or self.teams or self.carriers)

    def check_order(self, shipper_id: str | None, depot_id: str | None, team_code: str | None = None) -> None:
        """Raise `Forbidden` for an order that would be outside; its route is not checked."""
        if self.shippers and shipper_id not in self.shippers:
            raise Forbidden(f"ShipperId: you may write what is of {_listed('shipper', self.shippers)} only.")
        if self.teams and team_code not in self.teams:
            raise Forbidden(f"TeamCode: you may write what is of {_listed('team', self.teams)} only.")
        self.check_route(depot_id)

    def fill_order(self, document: MutableMapping[str, Any]) -> None:
        """Give a new order the only shipper, depot and team that it may have, where it names none."""
        for member, ids in (("ShipperId", self.shippers), ("DepotId", self.depots), ("TeamCode", self.teams)):
            if len(ids) == 1 and not document.get(member):
                document[member] = ids[0]

    def check_route(self, depot_id: str | None) -> None:
        """Raise `Forbidden` for a route whose depot is outside; its vehicle and its orders are not checked."""
        if self.depots and depot_id not in self.depots:
            raise Forbidden(f"DepotId: you may write what is of {_listed('depot', self.depots)} only.")

    def entries_of(self, kind: str) -> tuple[str, ...]:
        """Return the ids of directory entries of this kind inside the scope; an empty tuple stands for all."""
        return {"shipper": self.shippers, "depot": self.depots, "team": self.teams}.get(kind, ())

    def check_entry(self, kind: str, ext_id: str | None) -> None:
        """Raise `Forbidden` for a directory entry that would be outside."""
        ids = self.entries_of(kind)
        if ids and ext_id not in ids:
            raise Forbidden(f"Id: you may write {_listed(kind, ids)} only.")

    def covers(self, document: Mapping[str, Any], *, route: bool = False) -> bool:
        """Return whether a document is inside: an order, a route, or any document with members of an order."""
        if self.carriers:
            return False
        if self.depots and document.get("DepotId") not in self.depots:
            return False
        if route:
            return all(self.covers(order) for order in document.get("Orders") or ())
        if self.teams and document.get("TeamCode") not in self.teams:
            return False
        return not self.shippers or document.get("ShipperId") in self.shippers


EVERYTHING = Scope()


def _listed(kind: str, ids: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f"the {kind}{'s' if len(ids) > 1 else ''} {', '.join(ids[:most])}{more}"
