"""A key of some shippers and depots finds these in the directories and no others; what all share it finds as all do."""

import pytest

from waybell.accounts.grants import Grant

OTHERS = ["Client", "Goods", "Team", "CustomField"]


@pytest.fixture(autouse=True)
def entries(api):
    for noun in ("Shipper", "Depot"):
        for at in (1, 2, 3):
            post(api, noun, {"Id": f"{noun[0]}{at}", "Name": f"{noun} {at}"})
    post(api, "Client", {"Id": "C1", "Name": "Client 1"})


@pytest.fixture
def mine(key_with):
    return key_with(Grant(shippers=("S1", "S3"), depots=("D1",)))


@pytest.fixture
def of_depot(key_with):
    return key_with(Grant(depots=("D1",)))


def post(api, noun, body, status=201):
    answer = api.post(f"/api/{noun}", json=body)
    assert answer.status_code == status, answer.text
    return answer


def ids(api, noun, **query):
    answer = api.get(f"/api/{noun}", params=query)
    assert answer.status_code == 200, answer.text
    return [one["Id"] for one in answer.json()]


def test_the_lists_hold_those_in_the_scope(api, mine, of_depot):
    assert (ids(mine, "Shipper"), ids(mine, "Depot"), ids(mine, "Client")) == (["S1", "S3"], ["D1"], ["C1"])
    assert ids(mine, "Shipper", limit=1) == ["S1"]
    assert ids(mine, "Shipper", limit=1, after="S1") == ["S3"]
    assert (ids(of_depot, "Shipper"), ids(of_depot, "Depot")) == (["S1", "S2", "S3"], ["D1"])
    assert ids(api, "Depot") == ["D1", "D2", "D3"]


@pytest.mark.parametrize(("noun", "own", "other"), [("Shipper", "S3", "S2"), ("Depot", "D1", "D2")])
def test_one_outside_is_not_found_and_not_deleted(api, mine, noun, own, other):
    assert mine.get(f"/api/{noun}/Id/{own}").json()["Id"] == own
    assert mine.get(f"/api/{noun}/Id/{other}").status_code == 404
    assert mine.delete(f"/api/{noun}/Id/{other}").status_code == 404
    assert api.get(f"/api/{noun}/Id/{other}").status_code == 200
    assert mine.delete(f"/api/{noun}/Id/{own}").status_code == 200
    assert api.get(f"/api/{noun}/Id/{own}").status_code == 404


@pytest.mark.parametrize(("noun", "own", "other"), [("Shipper", "S3", "S2"), ("Depot", "D1", "D2")])
def test_one_outside_is_not_written_also_not_among_others(api, mine, noun, own, other):
    post(mine, noun, {"Id": own, "Name": "mine"}, 202)
    for one in (other, "new"):
        refused = post(mine, noun, {"Id": one, "Name": "theirs"}, 403)
        assert refused.json()["Detail"].startswith("Id: you may write ")
    post(mine, f"{noun}/Bulk", [{"Id": own, "Name": "again"}, {"Id": other, "Name": "theirs"}], 403)
    names = {one["Id"]: one["Name"] for one in api.get(f"/api/{noun}").json()}
    assert (names[own], names[other], len(names)) == ("mine", f"{noun} 2", 3)


@pytest.mark.parametrize("noun", OTHERS)
def test_the_other_directories_are_shared(mine, of_depot, noun):
    key, own = ("GoodsId", "G1") if noun == "Goods" else ("Id", "cf_1" if noun == "CustomField" else "X1")
    name = {"Goods": "GoodsName", "CustomField": "Label"}.get(noun, "Name")
    kind = {"Kind": "text"} if noun == "CustomField" else {}
    post(mine, noun, {key: own, name: "n", **kind})
    assert own in [one[key] for one in of_depot.get(f"/api/{noun}").json()]


def test_orders_of_the_scope_are_filled_from_the_directory_as_before(mine):
    order = {"Number": "N-1", "ClientId": "C1", "Address": "A", "ShipperId": "S1", "DepotId": "D1"}
    post(mine, "Order", order)
    made = mine.get("/api/Order/Number/N-1").json()
    assert (made["Shipper"], made["Depot"], made["Client"]) == ("Shipper 1", "Depot 1", "Client 1")
