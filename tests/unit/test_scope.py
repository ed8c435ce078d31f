"""Which documents lie in the scope of a key."""

import pytest

from waybell.ground.errors import Forbidden
from waybell.ground.scope import EVERYTHING, Scope

SHIPPERS, DEPOTS, BOTH = Scope(("S1", "S2")), Scope((), ("D1",)), Scope(("S1",), ("D1",))


def order(shipper: str | None = None, depot: str | None = None) -> dict:
    return {"ShipperId": shipper, "DepotId": depot}


@pytest.mark.parametrize(
    ("scope", "document", "inside"),
    [
        (EVERYTHING, {}, True),
        (SHIPPERS, order("S2"), True),
        (SHIPPERS, order("S3"), False),
        (SHIPPERS, {}, False),
        (DEPOTS, order("S3", "D1"), True),
        (DEPOTS, order("S3"), False),
        (BOTH, order("S1", "D1"), True),
        (BOTH, order("S1", "D2"), False),
        (BOTH, order("S2", "D1"), False),
        (Scope(teams=("T1",)), {"TeamCode": "T1"}, True),
        (Scope(teams=("T1",)), order("S1", "D1"), False),
        (Scope(carriers=("C1",)), order("S1", "D1"), False),  # no document names the carrier
    ],
)
def test_an_order_is_inside_by_its_shipper_and_its_depot(scope, document, inside):
    assert scope.covers(document) == inside


@pytest.mark.parametrize(
    ("scope", "route", "inside"),
    [
        (SHIPPERS, {}, True),
        (SHIPPERS, {"Orders": [order("S1"), order("S2")]}, True),
        (SHIPPERS, {"Orders": [order("S1"), order("S3")]}, False),
        (DEPOTS, {"Orders": []}, False),
        (DEPOTS, {"DepotId": "D1", "Orders": [order("S9", "D1")]}, True),
        (DEPOTS, {"DepotId": "D1", "Orders": [order("S9")]}, False),
    ],
)
def test_a_route_is_inside_with_all_its_orders(scope, route, inside):
    assert scope.covers(route, route=True) == inside


def test_a_refusal_names_the_member_and_what_may_stand_there():
    with pytest.raises(Forbidden, match=r"^ShipperId: .* the shippers S1, S2 only"):
        SHIPPERS.check_order("S3", None)
    with pytest.raises(Forbidden, match=r"^DepotId: .* the depot D1 only"):
        DEPOTS.check_route(None)
    EVERYTHING.check_order(None, None)
