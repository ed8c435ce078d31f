"""The scope of a person: checking it against the role, storing it, and telling it in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from waybell.accounts import grants
from waybell.accounts.model import Role
from waybell.ground.errors import Invalid
from waybell.ground.scope import EVERYTHING, Scope

_LONGEST = {"teams": 255, "depots": 50, "shippers": 50, "carriers": 255}  # characters, as for the members of orders
LISTS = tuple(_LONGEST)


def checked(role: Role, wanted: Scope) -> Scope:
    """Return the scope as it is stored. Raise `Invalid` when it does not suit the role, or an id is unusable."""
    lists = asdict(wanted)
    scope = Scope(**{name: grants.checked_ids(lists[name], name.title(), most) for name, most in _LONGEST.items()})
    if role == "admin" and not scope.is_all:
        raise Invalid("Role: an admin sees and changes the whole account, so an admin cannot be limited.")
    if role == "carrier" and not scope.carriers:
        raise Invalid("Carriers: name the CarrierCode of the vehicles that this user is to see.")
    if role == "shipper-manager" and not scope.shippers:
        raise Invalid("Shippers: name the ShipperId of the orders that this user is to enter.")
    return scope


def read(texts: Mapping[str, Sequence[str]]) -> Scope:
    """Return the scope that a person has written down: a list for each of `shippers`, `depots`, `teams`, `carriers`."""
    return Scope(**{name: tuple(one for one in texts.get(name, ()) if one.strip()) for name in _LONGEST})


def as_stored(scope: Scope) -> dict[str, Any] | None:
    return {name: list(ids) for name, ids in asdict(scope).items() if ids} or None


def from_stored(stored: Mapping[str, Any] | None) -> Scope:
    return Scope(**{name: tuple(stored.get(name, ())) for name in _LONGEST}) if stored else EVERYTHING


def in_words(scope: Scope) -> str:
    """Describe the scope for lists and the audit trail: `teams T001, T002; carriers C1`."""
    lists = asdict(scope)
    parts = [grants.named(name, lists[name]) for name in LISTS]
    return "; ".join(part for part in parts if part) or "everything"
