"""What a key may do, and what it may give to others."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic_core import from_json, to_json

from waybell.accounts.grants import (
    FULL,
    KINDS,
    METHODS,
    Grant,
    as_stored,
    check_gives,
    checked,
    from_stored,
    in_words,
    read_networks,
)
from waybell.ground.errors import Forbidden, Invalid
from waybell.ground.rates import Rates
from waybell.ground.scope import Scope

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
OWN_RATES = Rates(20, 400, 2, 10)


def may(grant: Grant, method: str = "GET", kind: Any = "Orders", address: str = "192.0.2.1") -> bool:
    try:
        grant.check(method, kind, address)
    except Forbidden:
        return False
    return True


def test_a_full_key_may_do_all_but_manage_keys():
    assert all(may(FULL, method, kind) for method in METHODS for kind in KINDS if kind != "Keys")
    assert not may(FULL, "GET", "Keys")


def test_a_key_of_some_shippers_or_depots_has_no_webhooks():
    assert not may(Grant(shippers=("S1",)), kind="Webhooks")
    assert not may(Grant(depots=("D1",)), kind="Webhooks")
    assert may(Grant(depots=("D1",)), kind="Events")


def test_what_is_named_is_all_that_there_is():
    grant = Grant(methods=("GET", "PUT"), kinds=("Orders",))
    assert may(grant, "PUT", "Orders")
    assert not may(grant, "DELETE", "Orders")
    assert not may(grant, "GET", "Routes")
    assert may(grant, "GET", None)
    assert not may(grant, "POST", None)


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("2001:db8::5", True),
        ("11.1.2.3", False),
        ("2001:db9::5", False),
        ("", False),
        ("testclient", False),
    ],
)
def test_a_key_is_accepted_from_its_networks_only(address, accepted):
    grant = Grant(networks=read_networks(["10.0.0.0/8", "2001:db8::/32"]))
    assert may(grant, address=address) == accepted


def test_a_refusal_says_which_of_them_it_is():
    grant = Grant(methods=("GET",), kinds=("Orders",), networks=read_networks(["10.0.0.0/8"]))
    for asked, said in (
        (("GET", "Orders", "11.0.0.1"), "address 11.0.0.1"),
        (("GET", "Routes", "10.0.0.1"), "may not use Routes. It may use Orders."),
        (("PUT", "Orders", "10.0.0.1"), "may not use PUT. It may use GET."),
    ):
        with pytest.raises(Forbidden, match=said):
            grant.check(*asked)  # type: ignore[arg-type]


def test_all_that_there_is_named_is_nothing_named():
    assert checked(Grant(methods=METHODS[::-1], kinds=KINDS[:-1]), NOW) == FULL
    assert checked(Grant(kinds=KINDS), NOW).kinds == KINDS  # Keys is never implied


def test_a_grant_is_stored_with_each_thing_once_and_without_blanks():
    wanted = replace(LESS, methods=("PUT", "GET", "PUT"), shippers=(" S1", "S1", ""), depots=("D",))
    grant = checked(wanted, NOW)
    assert (grant.methods, grant.shippers) == (("GET", "PUT"), ("S1",))
    again = from_stored(from_json(to_json(as_stored(grant))))
    assert again == grant
    assert again.scope == Scope(("S1",), ("D",))


@pytest.mark.parametrize(
    ("grant", "field"),
    [
        (Grant(methods=("TRACE",)), "Methods"),  # type: ignore[arg-type]
        (Grant(kinds=("Everything",)), "Kinds"),  # type: ignore[arg-type]
        (Grant(kinds=("Webhooks",), shippers=("S1",)), "Kinds"),
        (Grant(shippers=("x" * 51,)), "Shippers"),
        (Grant(shippers=("a\nb",)), "Shippers"),
        (Grant(depots=tuple(map(str, range(501)))), "Depots"),
        (Grant(expires_at=NOW), "ExpiresAt"),
        (Grant(rates=Rates(per_second=0)), "PerSecond"),
        (Grant(rates=Rates(label_per_second=1_000_001)), "LabelPerSecond"),
    ],
)
def test_what_cannot_be_granted_names_its_field(grant, field):
    with pytest.raises(Invalid, match=f"^{field}: "):
        checked(grant, NOW)


OWN = Grant(
    methods=("GET", "POST"),
    kinds=("Orders", "Keys"),
    shippers=("S1", "S2"),
    networks=read_networks(["10.0.0.0/8"]),
    expires_at=LATER,
    rates=OWN_RATES,
)
LESS = replace(OWN, methods=("GET",), shippers=("S1",), networks=read_networks(["10.1.0.0/16"]), rates=Rates(5))


def test_a_key_gives_what_it_has_and_less():
    check_gives(OWN, OWN)
    check_gives(LESS, OWN)
    check_gives(Grant(kinds=("Orders",)), Grant(kinds=("Orders", "Keys")))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"methods": ()}, "Methods"),
        ({"methods": ("PUT",)}, "Methods"),
        ({"kinds": ()}, "Kinds"),
        ({"kinds": ("Events",)}, "Kinds"),
        ({"shippers": ()}, "Shippers"),
        ({"shippers": ("S1", "S3")}, "Shippers"),
        ({"networks": ()}, "Networks"),
        ({"networks": read_networks(["0.0.0.0/0"])}, "Networks"),
        ({"networks": read_networks(["::/0"])}, "Networks"),
        ({"expires_at": None}, "ExpiresAt"),
        ({"expires_at": datetime(2027, 1, 2, tzinfo=UTC)}, "ExpiresAt"),
        ({"rates": Rates(21)}, "PerSecond"),
        ({"rates": Rates(label_per_second=11)}, "LabelPerSecond"),
    ],
)
def test_a_key_gives_nothing_that_it_has_not(more, field):
    with pytest.raises(Forbidden, match=f"^{field}: "):
        check_gives(replace(LESS, **more), OWN)


def test_a_full_key_with_keys_does_not_give_webhooks_away_that_it_has_not():
    own = Grant(kinds=("Orders", "Events", "Keys"))
    with pytest.raises(Forbidden, match="Routes, Directories, Webhooks"):
        check_gives(FULL, own)


def test_a_grant_in_words():
    assert in_words(FULL) == "full"
    assert in_words(LESS) == "GET; Orders, Keys; shippers S1; from 10.1.0.0/16; until 2027-01-01 00:00 UTC; 5 a second"
