"""Accounts cannot see each other: every operation and every page, with the ids of another account.

Operations and pages are asked of the application itself, so that a new one cannot be forgotten: one whose ids are not
known here fails until it is told where they come from.
"""

import re

from safety.conftest import DAY, MARK
from support.pictures import a_picture
from support.stored import all_rows
from support.walks import operations, page_routes, path_of
from waybell.web.ui import live


def snapshot(app, other_id: str) -> set[tuple]:
    """All rows but those of the other account, which may do with its own what it likes."""
    return {
        (table, *row.items())
        for table, row in all_rows(app.database)
        if other_id not in row.values() and table not in ("api_calls", "sessions", "heartbeats")
    }


def assert_untouched(before: set[tuple], after: set[tuple], ids: dict[str, str], account_id: str) -> None:
    """Nothing that was there is gone or changed, and nothing new is about the first account."""
    assert before <= after, before - after
    known = {account_id, *ids.values()}
    new = [row for row in after - before if any(one in str(value) for _, value in row[1:] for one in known)]
    assert new == []


# The API


def of_first(furnished, path: str, name: str) -> str:
    """What stands for this parameter of this path when it names something of the first account."""
    noun = path.split("/")[2]
    if name == "id":
        of_noun = {
            "Order": "zyx-O",
            "Route": "zyx-RI",
            "Driver": furnished.keys["driverId"],
            "Vehicle": furnished.keys["vehicleId"],
            "CustomField": "cf_17",
            "RejectReason": "1717",
        }
        return of_noun.get(noun, f"zyx-{noun}")
    if (noun, name) == ("VehicleCheck", "number"):
        return "ZYX 1"
    if name == "jobId" and "/Cancel/" in path:
        return furnished.ids["cancelId"]
    if (noun, name) == ("EventType", "name"):
        return "zyx.paid"
    return (furnished.keys | furnished.ids)[name]


def of_nobody(name: str, known: str) -> str:
    """Something of the same form that nobody has."""
    return known if name == "date" else re.sub(r"[1-9]", lambda digit: str(10 - int(digit[0])), known) + "9"


def bodies(furnished) -> dict[str, object]:
    """For operations whose document has no example, by noun and what they do."""
    keys = furnished.keys
    points = [{"Lat": 1, "Lng": 2, "Date": DAY}]
    return {
        "Status": {"Status": 2},
        "Load": {"GoodsList": []},
        "Feedback": {"Rating": 1},
        "CustomFields": [{"Id": "cf_17", "Value": "theirs"}],
        "Track": points,
        "Driver": {"Id": furnished.keys["driverId"], "Username": keys["username"], "Name": "theirs"},
        "Vehicle": {"Id": furnished.keys["vehicleId"], "Number": "ZYX 1"},
        "VehicleCheck": {"VehicleNumber": "ZYX 1", "DriverLogin": keys["username"]},
        "Address": {"Id": "zyx-Address", "FullAddress": "their street"},
        "Key": {"Name": "theirs"},
    } | {
        noun: {"Id": known, "Name": "theirs"}
        for noun, known in (
            *((noun, f"zyx-{noun}") for noun in ("Shipper", "Depot", "Client", "Team")),
            ("Goods", "zyx-Goods"),
            ("RejectReason", 1717),
            ("CustomField", "cf_17"),
        )
    }


RENAMED = {
    "Goods": {"Id": "GoodsId", "Name": "GoodsName"},
    "CustomField": {"Name": "Label"},
}
NAMES_OF_FIRST = {"Number": "zyx-N", "Code": "zyx-R", "Username": "zyx-driver", "Name": "zyx.paid", "Event": "zyx.paid"}


def body_of(furnished, path: str, content: dict) -> object:
    """What to send: the example with the first account's names in it, or one of `bodies`."""
    noun, *rest = [part for part in path.split("/")[2:] if not part.startswith("{")]
    example = content["application/json"].get("example")
    if example is not None:
        return _named(example, noun)
    known = bodies(furnished)
    body = known[next((part for part in reversed(rest) if part in known), noun)]
    if isinstance(body, dict):
        body = {RENAMED.get(noun, {}).get(name, name): value for name, value in body.items()}
    return [body] if rest and rest[-1] == "Bulk" else body


def _named(example, noun: str):
    if isinstance(example, list):
        return [_named(one, noun) for one in example]
    if not isinstance(example, dict):
        return example
    named = {
        name: NAMES_OF_FIRST[name] if name in NAMES_OF_FIRST and isinstance(value, str) else _named(value, noun)
        for name, value in example.items()
    }
    if "Id" in named:
        named["Id"] = {"Route": "zyx-RI"}.get(noun, "zyx-O")
    return named


def test_no_operation_shows_or_changes_anything_of_another_account(app, almighty, other, furnished, api):
    stranger = almighty(other)
    before = snapshot(app, other.id)
    walked, wrong = 0, []
    for method, path, names, content, makes in operations(api):
        theirs = {name: of_first(furnished, path, name) for name in names}
        nobodys = {name: of_nobody(name, known) for name, known in theirs.items()}
        sent = {}
        if "application/json" in content:
            sent = {"json": body_of(furnished, path, content)}
        elif content:
            sent = {"content": a_picture(), "headers": {"Content-Type": "image/jpeg"}}
        answer = stranger.request(method, path.format_map(theirs), **sent)
        # What makes something of the stranger's own may find it the second time.
        like = answer if makes else stranger.request(method, path.format_map(nobodys), **sent)
        walked += 1
        seen = [MARK] if MARK in answer.text else []
        seen += [one for one in furnished.ids.values() if one in answer.text and one not in theirs.values()]
        if answer.status_code != like.status_code or answer.status_code >= 500 or seen:
            wrong.append((method, path, answer.status_code, like.status_code, seen))
    assert wrong == []
    assert walked > 140
    assert_untouched(before, snapshot(app, other.id), furnished.ids, furnished.account.id)


def test_the_walk_would_see_it(api, furnished):
    """With the first account's own key the same paths do show what is marked."""
    shown = 0
    for method, path, names, *_ in operations(api):
        if method == "GET":
            answer = api.get(path.format_map({name: of_first(furnished, path, name) for name in names}))
            assert answer.status_code == 200, (path, answer.text)
            shown += MARK in answer.text
    assert shown > 30


# The pages


# What a form sends, so that it is not refused before anything is looked up.
FORM = {
    "Name": "theirs",
    "Role": "viewer",
    "EventType": "OrderCreated",
    "Access": "full",
    "What": "missed",
    "OverlapHours": "24",
}


def test_no_page_shows_or_changes_anything_of_another_account(app, visitor, other, furnished):
    stranger = visitor(other)
    before = snapshot(app, other.id)
    walked = 0
    for method, path in page_routes():
        if path == "/sign-out":
            continue
        to = path_of(path, furnished.ids)
        answer = stranger.request(method, to, **({"data": FORM} if method == "POST" else {}))
        walked += 1
        assert answer.status_code < 500, (method, path, answer.text)
        if path == "/track":
            continue  # whoever has the link sees the order's page
        assert MARK not in answer.text, (method, path)
        if "_id}" in path or path.startswith(("/picture", "/report")):
            if answer.status_code == 303:  # back to where a form stands, which is not there either
                answer = stranger.get(answer.headers["location"])
            assert answer.status_code == 404, (method, path)
        for one in furnished.ids.values():
            assert one not in answer.text or one in to, (method, path, one)
    assert walked > 60
    assert_untouched(before, snapshot(app, other.id), furnished.ids, furnished.account.id)


def test_the_walk_of_the_pages_would_see_it(visitor, account, furnished):
    admin = visitor(account)
    shown = 0
    for method, path in page_routes():
        if method == "GET" and path not in ("/picture/{name}", "/report/{name}", "/sign-in/link"):
            answer = admin.get(path_of(path, furnished.ids))
            assert answer.status_code in (200, 303), (path, answer.status_code)
            shown += MARK in answer.text
    assert shown > 15


def test_what_an_open_page_follows_of_another_account_never_moves(app, other, furnished, api):
    with app.database.reading() as tx:
        for kind, look in live.KINDS.items():
            for one in ("", *furnished.ids.values()):
                assert look(tx, other.id, one) == look(tx, other.id, "nobody's"), (kind, one)
