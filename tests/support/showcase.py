"""An account with a bit of everything, for looking at pages: a day's orders and routes, endpoints in every state."""

import re
from dataclasses import dataclass

from support import imports
from support.files import HEADERS, text_file
from support.pictures import a_picture
from support.waiting import wait_for
from waybell.accounts import keys
from waybell.accounts.grants import FULL, Grant, read_networks
from waybell.accounts.model import Actor
from waybell.app import App
from waybell.demo.orders import read_orders
from waybell.demo.story import Change, day
from waybell.inbox import actions as inbox
from waybell.orders import actions as orders
from waybell.orders.model import OrderKey, PictureKind
from waybell.pictures import actions as pictures
from waybell.pictures import encoding
from waybell.simulating.client import Client
from waybell.webhooks.endpoints import actions
from waybell.webhooks.endpoints.tools import WebhookTools

WEBHOOKS = "/settings/web-api/webhooks"
DAY = "2026-11-23"
SCRIPT = "<script>document.title = 'taken over'</script>"


@dataclass(frozen=True)
class Showcase:
    """The paths of every page, by a name for a file."""

    pages: dict[str, str]


def furnish(app: App, tools: WebhookTools, actor: Actor, port: int, key: str, *, acts: int = 10_000) -> Showcase:
    """Fill the account through the API, and wait until what can be sent is sent. The server must be running.

    `acts` bounds how much of the day is played.
    """
    rows = [("I1", DAY, SCRIPT, "Pikk 1"), ("I2", "soon", "Cafe", "Pikk 2"), ("I3", "2020-01-01", "Cafe", "Pikk 3")]
    uploaded, imported = (imports.prepare(app, actor, text_file(HEADERS, *some)) for some in (rows, rows[2:]))
    imports.begin(app, actor, imported)
    with app.database.transaction() as tx:
        pictures.set_logo(tx, actor, encoding.logo(a_picture(300, 90, "navy", "PNG")))
        box = inbox.open_inbox(tx, actor)
        to_inbox = {"url": app.settings.inbox_url + box.token, "description": "Built-in inbox"}
        healthy = actions.add(tx, tools, actor, to_inbox)
        dead = {"url": "http://127.0.0.1:9/hooks", "description": "The warehouse", "event_types": ("OrderCreated",)}
        parked = actions.add(tx, tools, actor, dead | {"schemes": ("v1", "v1a"), "headers": {"X-Token": "abc"}})
        lost = {"url": "http://127.0.0.1:9/lost", "description": "The old CRM", "event_types": ("RouteStarted",)}
        failing = actions.add(tx, tools, actor, lost)
        off = actions.add(tx, tools, actor, {"url": "https://crm.example.com/waybell", "event_types": ("RouteClosed",)})
        actions.disable(tx, tools, actor, off)
        narrow = Grant(("GET", "PUT"), ("Orders", "Keys"), ("S1", "S2"), networks=read_networks(["10.0.0.0/8"]))
        made, _ = keys.create(tx, actor, "The warehouse", narrow)
        keys.enable(tx, actor, keys.create(tx, actor, "An old ERP", FULL)[0].id, enabled=False)
    with Client(f"http://127.0.0.1:{port}", key) as client:
        changes = [act for act in day(read_orders()) if isinstance(act, Change)]
        for change in changes[:acts]:
            client.call(change.method, change.path, change.body)
        planned = [{**order, "Number": f"T{order['Number']}"} for order in reversed(read_orders()[:9])]
        client.call("POST", "/api/Route", {"Code": "TLN-NEXT", "Orders": planned, "StartTimePlan": "08:30"})
        client.call("PUT", "/api/Route/Optimize/Code/TLN-NEXT")
        client.call("POST", "/api/Order", {"Number": "<b>1</b>", "Client": SCRIPT, "Address": SCRIPT, "Note": SCRIPT})
        for endpoint_id in (healthy, parked):
            client.call("POST", f"/api/Webhook/{endpoint_id}/Test", {"EventType": "OrderCreated"})

        def settled() -> bool:
            newest = client.call("GET", f"/api/Webhook/{healthy}/Message?Limit=5")["Items"]
            return all(message["State"] == "succeeded" for message in newest)

        wait_for(settled, 180)
        wait_for(lambda: client.call("GET", f"/api/Webhook/{parked}")["ParkedAt"], 60)
        message = client.call("GET", f"/api/Webhook/{parked}/Attempt?Limit=1")["Items"][0]
        next_one = client.call("GET", f"/api/Webhook/{parked}/Message?State=waiting&Limit=1")["Items"][0]
        order = client.call("GET", "/api/Order/Number/1001")
        with app.database.transaction() as tx:
            of_order = OrderKey("TrackId", order["TrackId"])
            kinds: tuple[tuple[PictureKind, str], ...] = (("signature", "white"), ("photo", "teal"), ("photo", "tan"))
            for kind, colour in kinds:
                orders.add_picture(tx, actor, of_order, kind, encoding.photo(a_picture(colour=colour)))
        client.call("POST", "/api/Order", {"Number": "W-17", "Client": "Cafe", "Address": "Kalasadama 4", "Date": DAY})
        waiting = client.call("GET", "/api/Order/Number/W-17")
        happened = [event["Metadata"] for event in client.items("/api/Event")]
        event = happened[0]["Id"]
        of_a_route = next(one["Id"] for one in happened if one["Event"] == "RouteCreated")
        date = re.match(r"\d+-\d+-\d+", order["Date"])
        routes = client.call("GET", f"/api/Route/Date/{date[0] if date else ''}")
    with app.database.reading() as tx:
        route_id = _route_id(tx, actor, routes[0]["Code"])
        planned_id = _route_id(tx, actor, "TLN-NEXT")
        [arrived] = inbox.requests(tx, box, 1)
    return Showcase(
        {
            "sign-in": "/sign-in",
            "welcome": "/welcome",
            "board": "/board?day=" + DAY,
            "board-columns": f"/board?day={DAY}&view=columns",
            "board-table": f"/board?day={DAY}&view=table",
            "orders": "/orders?date=all",
            "orders-sorted": "/orders?q=tallinn&sort=-client",
            "orders-none": "/orders?q=no-such-order",
            "order": f"/orders/{order['TrackId']}",
            "track": f"/track?id={order['TrackId']}",
            "track-waiting": f"/track?id={waiting['TrackId']}",
            "import": "/import",
            "import-columns": f"/import/{uploaded}/columns",
            "import-check": f"/import/{uploaded}",
            "import-done": f"/import/{imported}",
            "routes": "/routes?date=all",
            "route": f"/routes/{route_id}",
            "route-planned": f"/routes/{planned_id}",
            "events": "/events",
            "events-waiting": f"/events?outcome=waiting&endpoint={parked}&period=24h",
            "event-why": f"/events/{event}",
            "event-why-not-sent": f"/events/{of_a_route}",
            "event-why-waiting": f"/events/{message['EventId']}",
            "webhooks": WEBHOOKS,
            "webhooks-new": f"{WEBHOOKS}/new",
            "endpoint": f"{WEBHOOKS}/{healthy}",
            "endpoint-failed": f"{WEBHOOKS}/{parked}?outcome=failed",
            "endpoint-failed-messages": f"{WEBHOOKS}/{failing}?state=failed",
            "endpoint-waiting": f"{WEBHOOKS}/{parked}?state=waiting",
            "endpoint-cancel": f"{WEBHOOKS}/{parked}/cancel?state=waiting",
            "message-skip": f"{WEBHOOKS}/{parked}/messages/{next_one['Id']}/cancel",
            "endpoint-disabled": f"{WEBHOOKS}/{off}",
            "endpoint-test": f"{WEBHOOKS}/{healthy}/test",
            "endpoint-settings": f"{WEBHOOKS}/{parked}/settings",
            "endpoint-verify": f"{WEBHOOKS}/{healthy}/verify",
            "endpoint-retry": f"{WEBHOOKS}/{parked}/retry?What=missed",
            "message": f"{WEBHOOKS}/{parked}/messages/{message['MessageId']}",
            "inbox": "/inbox",
            "inbox-request": f"/inbox/{arrived.id}",
            "web-api": "/settings/web-api",
            "key": f"/settings/web-api/keys/{made.id}",
            "users": "/settings/users",
            "account": "/settings/account",
            "audit": "/settings/audit",
            "reference": "/api/docs",
            "reference-drivers": "/api/docs/Driver",
            "not-found": "/nothing/here",
        }
    )


def _route_id(tx, actor: Actor, code: str) -> str:
    from waybell.routes import store  # noqa: PLC0415
    from waybell.routes.model import RouteKey  # noqa: PLC0415

    found = store.find(tx, actor.account.id, RouteKey("Code", code))
    assert found
    return found
