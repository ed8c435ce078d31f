"""The permissions of a key: pure rules, the same for the API, the pages and the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Literal, get_args

from waybell.ground.errors import Forbidden, Invalid
from waybell.ground.rates import Rates
from waybell.ground.scope import Scope

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Kind = Literal["Orders", "Routes", "Directories", "Webhooks", "Events", "Keys"]
Network = IPv4Network | IPv6Network

METHODS: tuple[Method, ...] = get_args(Method)
KINDS: tuple[Kind, ...] = get_args(Kind)
_MOST = 500  # ids or networks
_MAX_ID = 50  # characters, as for the ids of orders
_LAST_YEAR = 2199


@dataclass(frozen=True, slots=True)
class Grant:
    """The permissions of a key. An empty field allows everything, a filled field only the listed values.

    Some permissions must be listed. Without Keys among the listed kinds a key manages no other keys, because a leaked
    key could otherwise make further keys and outlive its deletion. A key of certain shippers or depots never has
    Webhooks, because webhooks cover the whole account. A read-only key sees no secrets, because a secret allows forging
    webhooks.
    """

    methods: tuple[Method, ...] = ()
    kinds: tuple[Kind, ...] = ()
    shippers: tuple[str, ...] = ()  # ShipperIds
    depots: tuple[str, ...] = ()  # DepotIds
    networks: tuple[Network, ...] = ()
    expires_at: datetime | None = None
    rates: Rates = field(default_factory=Rates)

    @property
    def is_restricted(self) -> bool:
        return bool(self.methods or self.kinds or self.shippers or self.depots or self.networks)

    @property
    def scope(self) -> Scope:
        return Scope(self.shippers, self.depots)

    @property
    def allowed_methods(self) -> tuple[Method, ...]:
        return self.methods or METHODS

    @property
    def allowed_kinds(self) -> tuple[Kind, ...]:
        return self.kinds or tuple(kind for kind in KINDS if kind not in _never_implied(self))

    def check(self, method: str, kind: Kind | None, address: str) -> None:
        """Raise `Forbidden` when the key does not allow this call from this address.

        `kind` is None for calls that every key may make.
        """
        if self.networks and not _within(address, self.networks):
            raise Forbidden(f"This key is not accepted from the address {address}.")
        if kind is not None and kind not in self.allowed_kinds:
            raise Forbidden(f"This key may not use {kind}. It may use {', '.join(self.allowed_kinds)}.")
        if self.methods and method not in self.methods:
            raise Forbidden(f"This key may not use {method}. It may use {', '.join(self.methods)}.")

    def check_secrets(self) -> None:
        """Raise `Forbidden` when the key may not see secrets, which takes permission to change webhooks."""
        if not {"POST", "PUT"} & set(self.allowed_methods):
            raise Forbidden(
                "This key may not see secrets: for that it must be able to change webhooks, by POST or PUT."
            )


FULL = Grant()


def _never_implied(grant: Grant) -> tuple[Kind, ...]:
    return ("Keys",) if grant.scope.is_all else ("Keys", "Webhooks")


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        known: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:  # the address of a socket file, or empty
        return False
    if isinstance(known, IPv6Address):
        known = known.ipv4_mapped or known
    return any(known in network for network in networks)


def checked(wanted: Grant, now: datetime) -> Grant:
    """Return the grant as it is stored: without duplicates, and with full lists replaced by empty ones.

    Raise `Invalid` when the grant is unusable.
    """
    methods = tuple(one for one in METHODS if one in _known(wanted.methods, METHODS, "Methods"))
    kinds = tuple(one for one in KINDS if one in _known(wanted.kinds, KINDS, "Kinds"))
    shippers, depots = checked_ids(wanted.shippers, "Shippers"), checked_ids(wanted.depots, "Depots")
    if set(kinds) == set(FULL.allowed_kinds):
        kinds = ()
    if "Webhooks" in kinds and (shippers or depots):
        raise Invalid("Kinds: webhooks tell of the whole account. A key of some shippers or depots has none.")
    if len(wanted.networks) > _MOST:
        raise Invalid(f"Networks: at most {_MOST}.")
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise Invalid("ExpiresAt: this moment has passed.")
    if wanted.expires_at is not None and wanted.expires_at.year > _LAST_YEAR:
        raise Invalid(f"ExpiresAt: must lie before the year {_LAST_YEAR + 1}.")
    return replace(
        wanted,
        methods=() if methods == METHODS else methods,
        kinds=kinds,
        shippers=shippers,
        depots=depots,
        networks=tuple(dict.fromkeys(wanted.networks)),
        expires_at=wanted.expires_at and wanted.expires_at.astimezone(UTC),
        rates=wanted.rates.checked(),
    )


def _known(wanted: Iterable[str], all_there_are: Sequence[str], name: str) -> Iterable[str]:
    for one in wanted:
        if one not in all_there_are:
            raise Invalid(f"{name}: {one[:_MAX_ID]!r} is none. Choose of {', '.join(all_there_are)}.")
    return wanted


def checked_ids(wanted: Sequence[str], name: str, longest: int = _MAX_ID) -> tuple[str, ...]:
    """Return the ids stripped and without duplicates. Raise `Invalid` for unusable or too many ids."""
    ids = tuple(dict.fromkeys(one.strip() for one in wanted if one.strip()))
    if len(ids) > _MOST:
        raise Invalid(f"{name}: at most {_MOST}.")
    for one in ids:
        if len(one) > longest or not one.isprintable():
            raise Invalid(f"{name}: an id has at most {longest} characters, all of them printable.")
    return ids


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read IP addresses and CIDR ranges as people write them.

    Raise `Invalid` for a text that is neither.
    """
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ip_network(text.strip()))
        except ValueError:
            raise Invalid(
                f"Networks: {text.strip()[:_MAX_ID]!r} is no address and no range. Write 203.0.113.7 or 10.0.0.0/8."
            ) from None
    return tuple(found)


def check_gives(given: Grant, own: Grant) -> None:
    """Raise `Forbidden` when `given` allows more than `own`; a key never grants more than it has."""
    for name, theirs, ours in (
        ("Methods", given.allowed_methods, own.allowed_methods),
        ("Kinds", given.allowed_kinds, own.allowed_kinds),
    ):
        if more := [one for one in theirs if one not in ours]:
            raise Forbidden(f"{name}: your own key has no {', '.join(more)}.")
    for name, ids, own_ids in (("Shippers", given.shippers, own.shippers), ("Depots", given.depots, own.depots)):
        if own_ids and not (ids and set(ids) <= set(own_ids)):
            raise Forbidden(f"{name}: your own key is restricted to {', '.join(own_ids)}.")
    if own.networks and not (given.networks and all(_inside(one, own.networks) for one in given.networks)):
        raise Forbidden(f"Networks: your own key is accepted from {', '.join(map(str, own.networks))} only.")
    if own.expires_at is not None and (given.expires_at is None or given.expires_at > own.expires_at):
        raise Forbidden(f"ExpiresAt: your own key ends at {own.expires_at:%Y-%m-%dT%H:%M:%SZ}.")
    if rate := given.rates.exceeds(own.rates):
        raise Forbidden(f"{rate}: your own key has a lower limit.")


def _inside(network: Network, others: Sequence[Network]) -> bool:
    return any(network.version == other.version and network.subnet_of(other) for other in others)  # type: ignore[arg-type]


def as_stored(grant: Grant) -> dict[str, Any] | None:
    """Return the restrictions of the key as a JSON document, or None for a full key."""
    stored: dict[str, Any] = {name: getattr(grant, name) for name in _LISTS}
    stored |= {
        "networks": [str(network) for network in grant.networks],
        "expires_at": grant.expires_at and grant.expires_at.isoformat(),
        "rates": {name: rate for name, rate in asdict(grant.rates).items() if rate is not None},
    }
    return {name: value for name, value in stored.items() if value} or None


def from_stored(stored: Mapping[str, Any] | None) -> Grant:
    if not stored:
        return FULL
    until = stored.get("expires_at")
    return Grant(
        **{name: tuple(stored.get(name, ())) for name in _LISTS},
        networks=read_networks(stored.get("networks", ())),
        expires_at=datetime.fromisoformat(until) if until else None,
        rates=Rates(**stored.get("rates", {})),
    )


_LISTS = ("methods", "kinds", "shippers", "depots")


def in_words(grant: Grant) -> str:
    """Describe the grant for lists and the audit trail: `GET; Orders, Routes; shippers S1, S2; until 2027-01-31 …`."""
    parts = [
        ", ".join(grant.methods),
        ", ".join(grant.kinds),
        named("shippers", grant.shippers),
        named("depots", grant.depots),
        named("from", [str(one) for one in grant.networks]),
        f"until {grant.expires_at:%Y-%m-%d %H:%M} UTC" if grant.expires_at else "",
        grant.rates.in_words(),
    ]
    return "; ".join(part for part in parts if part) or "full"


def named(word: str, things: Sequence[str], most: int = 3) -> str:
    """Return the word with the first of the things, or an empty text when there are none."""
    if not things:
        return ""
    return f"{word} {', '.join(things[:most])}" + (f" and {len(things) - most} more" if len(things) > most else "")
