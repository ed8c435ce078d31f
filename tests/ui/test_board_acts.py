"""The acts of a board: what they change, what they tell, what they refuse, and how they are undone."""

from itertools import count

import pytest

from support.boards import a_day, an_order
from waybell.accounts import actions as accounts
from waybell.accounts import people
from waybell.board.lean import PINNED
from waybell.ground.scope import Scope
from waybell.orders import actions as orders
from waybell.orders.model import OrderKey
from waybell.orders.requests import CompleteOrder, NewOrder, RejectOrder
from waybell.routes import actions as routes
from waybell.routes.model import RouteKey
from waybell.routes.requests import NewRoute

DAY = "2026-11-23"
_KEYS = count(1)


class Board:
    """A board as the browser keeps it: rows by the numbers and codes that people know."""

    def __init__(self, client):
        self.client = client
        self.load()

    def load(self):
        told = self.client.get("/board/day", params={"day": DAY}).json()
        self.columns, self.counts = told["Columns"], told["Counts"]
        self.orders = {row["Number"]: row for row in self.named(told, "Orders")}
        self.routes = {row["Code"]: row for row in self.named(told, "Routes")}

    def named(self, told, kind):
        columns = self.columns[kind]
        return [dict.fromkeys(columns) | dict(zip(columns, row, strict=False)) for row in told[kind]]

    def order(self, number):
        return self.orders[f"DL-{number:06}"]

    def send(self, *acts, expected=None, key=None):
        body = {"Day": DAY, "Acts": list(acts), "Expected": expected or {}}
        headers = {"Idempotency-Key": key or f"key-{next(_KEYS)}"}
        return self.client.post("/board/act", json=body, headers=headers)

    def act(self, *acts, **more):
        answer = self.send(*acts, **more)
        assert answer.status_code == 200, answer.text
        self.load()
        return answer.json()

    def refused(self, *acts, status=422, **more):
        answer = self.send(*acts, **more)
        assert answer.status_code == status, answer.text
        return answer.json()["Detail"]

    def undo(self, told):
        return self.act({"Act": "undo", "Undo": told["Undo"]})

    def stops(self, code):
        """The numbers of a route's orders by their stops."""
        route = self.routes[code]["Id"]
        found = [(row["Seq"], int(row["Number"][3:])) for row in self.orders.values() if row["Route"] == route]
        return sorted(found)

    def assign(self, numbers, code, at=None):
        ids = [self.order(number)["Id"] for number in numbers]
        return {"Act": "assign", "Orders": ids, "Route": self.routes[code]["Id"], "At": at}


@pytest.fixture
def board(db, actor, ui_as, told):
    """Two routes R-0 and R-1 of three stops each (0 to 5), and two orders in the pool (6 and 7)."""
    a_day(db, actor, many_routes=2, on_each=3, pool=2)
    told.news()
    return Board(ui_as("dispatcher"))


def state(db, actor):
    """All orders and routes as the API shows them, without what each change changes."""
    with db.reading() as tx:
        found = {}
        for code in ("R-0", "R-1"):
            found[code] = routes.get(tx, actor, RouteKey("Code", code)).as_answer()
        for number in range(8):
            found[str(number)] = orders.get(tx, actor, OrderKey("Number", f"DL-{number:06}")).as_answer()
    return without_stamps(found)


def without_stamps(value):
    if isinstance(value, dict):
        return {name: without_stamps(one) for name, one in value.items() if name not in ("ChangeDate", "ReportUrl")}
    return [without_stamps(one) for one in value] if isinstance(value, list) else value


def test_orders_are_assigned_at_a_place(board):
    done = board.act(board.assign([6, 7], "R-0", 2))
    assert done["Changed"] == 5  # two that come, two behind them, and the route
    assert board.stops("R-0") == [(1, 0), (2, 6), (3, 7), (4, 1), (5, 2)]
    assert board.counts == {"Day": 8, "OnRoutes": 8, "Pool": 0, "Earlier": 0}
    board.act(board.assign([3], "R-0", None))
    assert board.stops("R-0")[-1] == (6, 3)
    assert board.stops("R-1") == [(1, 4), (2, 5)]


ACTS = {
    "assign": lambda b: [b.assign([6, 7], "R-0", 2)],
    "assign best": lambda b: [b.assign([6, 7], "R-0", "best")],
    "from route to route": lambda b: [b.assign([3, 4], "R-0", 1)],
    "unassign": lambda b: [{"Act": "unassign", "Orders": [b.order(1)["Id"], b.order(4)["Id"]]}],
    "move": lambda b: [{"Act": "move", "Order": b.order(2)["Id"], "At": 1}],
    "swap": lambda b: [{"Act": "swap", "Routes": [b.routes["R-0"]["Id"], b.routes["R-1"]["Id"]]}],
    "give": lambda b: [{"Act": "give", "Route": b.routes["R-0"]["Id"], "Driver": "driver1", "Vehicle": "V 1"}],
    "give to none": lambda b: [{"Act": "give", "Route": b.routes["R-0"]["Id"], "Driver": None}],
    "split": lambda b: [{"Act": "split", "Route": b.routes["R-0"]["Id"], "At": 2, "Driver": "driver1"}],
    "breakdown": lambda b: [{"Act": "breakdown", "Route": b.routes["R-0"]["Id"], "To": b.routes["R-1"]["Id"]}],
    "breakdown to a driver": lambda b: [
        {"Act": "breakdown", "Route": b.routes["R-0"]["Id"], "To": {"Driver": "driver1"}}
    ],
    "breakdown to the pool": lambda b: [{"Act": "breakdown", "Route": b.routes["R-0"]["Id"], "To": None}],
    "lock": lambda b: [{"Act": "lock", "Route": b.routes["R-0"]["Id"]}],
    "pin": lambda b: [{"Act": "pin", "Order": b.order(1)["Id"]}],
    "draft": lambda b: [{"Act": "draft", "Route": b.routes["R-0"]["Id"]}],
    "new route with orders": lambda b: [
        {"Act": "newRoute", "Driver": "driver1"},
        {"Act": "assign", "Orders": [b.order(6)["Id"], b.order(0)["Id"]], "Route": "$0"},
    ],
    "sequence with times": lambda b: [
        {
            "Act": "sequence",
            "Route": b.routes["R-0"]["Id"],
            "Orders": [b.order(number)["Id"] for number in (2, 0, 1)],
            "Plan": True,
        }
    ],
}


@pytest.mark.parametrize("name", ACTS)
def test_each_act_is_undone_and_redone_exactly(board, db, actor, told, name):
    """Each act tells once of each object, its undo brings back all members, and the undo of that does it again."""
    before = state(db, actor)
    done = board.act(*ACTS[name](board))
    after = state(db, actor)
    counts_after = board.counts
    each = [(one.type, one.subject) for one in told.news()]
    assert len(each) == len(set(each))
    undone = board.undo(done)
    assert state(db, actor) == before
    board.undo(undone)
    assert state(db, actor) == after
    assert board.counts == counts_after


def test_one_event_tells_of_each_route_and_order(board, told):
    board.act(board.assign([6, 7], "R-0", 2), {"Act": "lock", "Route": board.routes["R-1"]["Id"]})
    news = told.news()
    assert [one.type for one in news] == ["RouteUpdated"] + ["OrderUpdated"] * 4
    assert [order["Number"] for order in news[0].data["Orders"]] == [f"DL-{one:06}" for one in (0, 6, 7, 1, 2)]


def test_a_route_is_readied_started_and_closed(board, told):
    route = board.routes["R-0"]["Id"]
    board.act({"Act": "draft", "Route": route})
    told.news()
    board.act({"Act": "ready", "Route": route})
    assert [one.type for one in told.news(opt_in=True)] == ["RouteReady"]
    started = board.act({"Act": "start", "Route": route})
    assert [one.type for one in told.news()] == ["RouteStarted"] + ["OrderStatusUpdated"] * 3
    assert started["Undo"] is None
    assert board.routes["R-0"]["Started"] == 14 * 60  # noon in UTC is two o'clock there
    assert board.order(0)["Status"] == 1
    closed = board.act({"Act": "close", "Route": route})
    assert [one["Kind"] for one in closed["Warnings"]] == ["open orders"]
    assert "R-0 is Closed" in board.refused(board.assign([6], "R-0"))
    assert "Closed already" in board.refused({"Act": "close", "Route": route})


def test_a_locked_route_and_a_pinned_stop_are_left_alone(board, db, actor, api):
    """A lock is for the board and the optimiser: other doors, such as the API, go on."""
    route = board.routes["R-0"]["Id"]
    board.act({"Act": "lock", "Route": route})
    assert board.routes["R-0"]["Locked"] == 1
    for act in (
        board.assign([6], "R-0"),
        board.assign([0], "R-1"),
        {"Act": "unassign", "Orders": [board.order(0)["Id"]]},
        {"Act": "move", "Order": board.order(0)["Id"], "At": 2},
        {"Act": "swap", "Routes": [route, board.routes["R-1"]["Id"]]},
        {"Act": "breakdown", "Route": route, "To": None},
        {"Act": "give", "Route": route, "Driver": "driver1"},
        {"Act": "pin", "Order": board.order(0)["Id"]},
    ):
        assert "R-0 is locked" in board.refused(act)
    assert "locked" in board.client.post("/board/propose", json={"Route": route}).json()["Detail"]
    assert api.put("/api/Route/Optimize/Code/R-0").status_code == 405
    with db.transaction() as tx:
        routes.put_order(tx, actor, RouteKey("Code", "R-0"), OrderKey("Number", "DL-000006"))
    board.load()
    board.act({"Act": "unlock", "Route": route}, {"Act": "pin", "Order": board.order(1)["Id"]})
    assert board.order(1)["Flags"] & PINNED
    assert "pinned" in board.refused({"Act": "unassign", "Orders": [board.order(1)["Id"]]})
    board.act(board.assign([7], "R-0", 1))
    assert board.order(1)["Flags"] & PINNED


def test_a_done_stop_keeps_its_number_and_its_route(board, db, actor):
    route = board.routes["R-0"]["Id"]
    board.act({"Act": "start", "Route": route})
    with db.transaction() as tx:
        orders.complete(tx, actor, OrderKey("Number", "DL-000001"), CompleteOrder())
        orders.reject(tx, actor, OrderKey("Number", "DL-000000"), RejectOrder())
    assert "already" in board.refused(board.assign([1], "R-1"))
    assert "outcome" in board.refused({"Act": "unassign", "Orders": [board.order(0)["Id"]]})
    board.act(board.assign([6, 7], "R-0", 1))
    assert board.stops("R-0") == [(1, 0), (2, 1), (3, 6), (4, 7), (5, 2)]
    board.act({"Act": "breakdown", "Route": route, "To": board.routes["R-1"]["Id"]})
    assert board.stops("R-0") == [(1, 0), (2, 1)]
    again = board.act(board.assign([0], "R-0", 1))  # another attempt on the same route
    assert (board.order(0)["Status"], board.stops("R-0")) == (1, [(2, 1), (3, 0)])
    board.undo(again)
    failed = board.act(board.assign([0], "R-1", 1))  # another attempt
    assert board.order(0)["Status"] is None
    board.undo(failed)
    assert board.order(0)["Status"] == 5


def test_the_loser_is_told_whose_change_won(board, ui_as, db, actor):
    """The version of a row that somebody has re-planned is outdated; one that only got a note is not."""
    mine, theirs = board.order(6), Board(ui_as("admin"))
    with db.transaction() as tx:
        orders.change(tx, actor, NewOrder.model_validate({"Number": "DL-000006", "Note": "Mind the dog"}))
    theirs.act(theirs.assign([6], "R-1"))
    answer = board.send(board.assign([6, 7], "R-0"), expected={mine["Id"]: mine["Version"]})
    assert answer.status_code == 409
    told = answer.json()
    assert told["Conflicts"] == [
        {
            "Order": mine["Id"],
            "By": "Admin",
            "At": "2026-11-23T14:00:00",
            "Text": "Order DL-000006 was changed by Admin at 14:00.",
        }
    ]
    assert "Nothing was done" in told["Detail"]
    assert [row[1] for row in told["Orders"]] == ["DL-000006"]
    board.load()
    assert board.order(7)["Route"] is None
    with db.transaction() as tx:
        orders.change(tx, actor, NewOrder.model_validate({"Number": "DL-000007", "Note": "Mind the cat"}))
    board.act(board.assign([7], "R-0"), expected={board.order(7)["Id"]: board.order(7)["Version"]})


def test_an_undo_is_refused_when_somebody_has_changed_the_rows(board, ui_as):
    done = board.act(board.assign([6], "R-0"))
    other = Board(ui_as("admin"))
    other.act({"Act": "unassign", "Orders": [other.order(6)["Id"]]})
    detail = board.refused({"Act": "undo", "Undo": done["Undo"]}, status=409)
    assert "changed by Admin" in detail
    assert board.refused({"Act": "undo", "Undo": "made up"}, status=400)


def test_steps_on_the_same_rows_are_undone_one_after_the_other_and_done_again(board, db, actor):
    states, undos = [state(db, actor)], []
    for route, at in (("R-0", 2), ("R-1", 1), ("R-0", None)):
        undos.append(board.act(board.assign([6], route, at)))
        states.append(state(db, actor))
    redos = []
    for done, before in zip(reversed(undos), reversed(states[:-1]), strict=True):
        redos.append(board.undo(done))
        assert state(db, actor) == before
    for undone, after in zip(reversed(redos), states[1:], strict=True):
        board.undo(undone)
        assert state(db, actor) == after


def test_an_undo_of_another_account_is_refused(board, other_ui):
    done = board.act(board.assign([6], "R-0"))
    answer = other_ui.post("/board/act", json={"Day": DAY, "Acts": [{"Act": "undo", "Undo": done["Undo"]}]})
    assert answer.status_code == 400


def test_a_broken_constraint_warns_and_is_counted(board, db, actor):
    """Too much for the vehicle, too late for the slots, a driver on two routes: done, and said."""
    with db.transaction() as tx:
        late = an_order(8, TimeSlotFrom="06:00", TimeSlotTo="06:30", Weight=5000)
        orders.add_many(tx, actor, [NewOrder.model_validate(late)])
        vehicle = {"Number": "V 9", "Weight": 100, "Volume": 9, "Pallets": 9}
        request = NewRoute.model_validate({"Vehicle": vehicle})
        routes.change(tx, actor, RouteKey("Code", "R-0"), request)
    board.load()
    done = board.act(board.assign([8], "R-0"), {"Act": "give", "Route": board.routes["R-0"]["Id"], "Driver": "driver1"})
    assert [(one["Kind"], one["Count"]) for one in done["Warnings"]] == [
        ("driver busy", 1),
        ("capacity", 1),
        ("slot", 1),
    ]


def test_all_or_nothing(board, db, actor, told):
    before = state(db, actor)
    route = board.routes["R-1"]["Id"]
    acts = [board.assign([6], "R-0"), {"Act": "newRoute"}, {"Act": "close", "Route": route}, board.assign([7], "R-1")]
    assert board.refused(*acts).startswith("Act 4 of 4: ")
    assert state(db, actor) == before
    assert told.news() == []


def test_a_viewer_reads_and_a_stranger_does_neither(board, ui_as, stranger):
    act = {"Day": DAY, "Acts": [board.assign([6], "R-0")]}
    assert ui_as("viewer").post("/board/act", json=act).status_code == 403
    assert ui_as("viewer").post("/board/propose", json={"Route": board.routes["R-0"]["Id"]}).status_code == 403
    assert stranger.post("/board/act", json=act).status_code == 401
    foreign = board.client.post("/board/act", json=act, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_the_ids_of_another_account_are_unknown(board, other_ui):
    act = {"Day": DAY, "Acts": [board.assign([6], "R-0")]}
    answer = other_ui.post("/board/act", json=act)
    assert answer.status_code == 404
    assert other_ui.post("/board/propose", json={"Route": board.routes["R-0"]["Id"]}).status_code == 404


def test_an_act_that_is_sent_again_is_done_once(board, told):
    act = board.assign([6], "R-0")
    first = board.send(act, key="once").json()
    told.news()
    again = board.send(act, key="once")
    assert again.json() == first
    assert told.news() == []


RUBBISH = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"Acts": []}',
    b'{"Acts": [{"Act": "explode"}]}',
    b'{"Acts": [{"Act": "assign", "Orders": "o1", "Route": "r1"}]}',
    b'{"Acts": [{"Act": "assign", "Orders": ["o1"], "Route": "r1", "At": -1}]}',
    b'{"Acts": [{"Act": "assign", "Orders": ["o1"], "Route": "r1", "At": 1e400}]}',
    b'{"Acts": [{"Act": "give", "Route": "r1", "Driver": "\\u0000"}]}',
    b'{"Acts": [{"Act": "lock", "Route": "r1"}], "Day": "someday"}',
    b'{"Acts": [{"Act": "lock", "Route": "r1"}], "Expected": {"o1": "x"}}',
    b'{"Acts": [{"Act": "lock", "Route": "r1", "More": 1}]}',
    b'{"Acts": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"Acts": [' + b",".join([b'{"Act":"pin","Order":"o1"}'] * 37_000) + b"]}",
    b'{"Acts": [{"Act":"unassign","Orders":[' + b",".join([b'"o1"'] * 200_000) + b"]}]}",
]


def test_rubbish_is_refused_in_a_sentence(board):
    """Also a megabyte of the smallest acts, and ids of nothing."""
    for body in RUBBISH:
        answer = board.client.post("/board/act", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, body[:80]
        assert answer.json()["Detail"]
        assert len(answer.content) < 5000
    for unknown in ("o0", "r77", "o999999", "x", "o-1", "$0", "o9223372036854775808"):
        act = {"Act": "unassign", "Orders": [unknown]}
        assert board.send(act).status_code in (400, 404)
        assert board.send(board.assign([6], "R-0") | {"Route": unknown}).status_code in (400, 404)


def test_a_proposal_changes_nothing_until_it_is_applied(board, db, actor, told):
    """Compare, then apply: the applied sequence has the times and figures that were proposed."""
    before = state(db, actor)
    route = board.routes["R-0"]["Id"]
    board.act(board.assign([6, 7], "R-0", 1), {"Act": "pin", "Order": board.order(0)["Id"]})
    told.news()
    before = state(db, actor)
    found = board.client.post("/board/propose", json={"Route": route}).json()
    assert state(db, actor) == before
    assert told.news() == []
    proposal = found["Proposal"]
    assert proposal["Sequence"][2] == board.order(0)["Id"]  # pinned in the third place
    assert proposal["After"]["Km"] <= proposal["Before"]["Km"]
    applied = {"Act": "sequence", "Route": route, "Orders": proposal["Sequence"], "Plan": True}
    board.act(applied, expected=found["Expected"])
    assert {one.type for one in told.news()} == {"RouteOptimized", "OrderUpdated"}
    assert board.routes["R-0"]["End"] is not None
    assert board.order(0)["Plan"] is not None
    board.refused(applied | {"Orders": proposal["Sequence"][1:]}, status=409)
    board.refused(applied, status=409, expected=found["Expected"])


def test_a_limited_dispatcher_acts_on_what_is_inside_the_limits(board, db, actor, account):
    """An order outside is unknown, and a route that serves others too is not changed."""
    with db.transaction() as tx:
        own, other = ({**an_order(10 + at), "DepotId": depot} for at, depot in enumerate(("D-1", "D-2")))
        routes.add(
            tx, actor, NewRoute.model_validate({"Code": "MIX", "Date": DAY, "DepotId": "D-1", "Orders": [own, other]})
        )
        orders.add_many(tx, actor, [NewOrder.model_validate({**an_order(12), "DepotId": "D-1"})])
        routes.add(tx, actor, NewRoute.model_validate({"Code": "OWN", "Date": DAY, "DepotId": "D-1"}))
    board.load()
    everything = {**board.orders}
    with db.transaction() as tx:
        [user] = [one for one in accounts.list_users(tx, account) if one.role == "dispatcher"]
        people.change_role(tx, actor, user.id, "dispatcher", Scope(depots=("D-1",)))
    board.load()
    assert sorted(board.orders) == ["DL-000010", "DL-000012"]
    assert {code: row["Locked"] for code, row in board.routes.items()} == {"MIX": 2, "OWN": 0}
    board.act(board.assign([12], "OWN"))
    outside = everything["DL-000006"]["Id"]
    board.refused({"Act": "assign", "Orders": [outside], "Route": board.routes["OWN"]["Id"]}, status=404)
    board.refused(board.assign([10], "OWN"), status=403)
    board.refused({"Act": "lock", "Route": board.routes["MIX"]["Id"]}, status=404)
