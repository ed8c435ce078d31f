"""The pages of orders: the list, and the page of each order with its timeline."""

from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import saved_views
from waybell.db.database import Tx
from waybell.documents import order_documents
from waybell.events import listing as happened
from waybell.events.subjects import Subject
from waybell.ground.clock import Moment
from waybell.ground.errors import NotFound
from waybell.orders import actions, listing, store
from waybell.orders.model import OrderKey
from waybell.orders.order_links import pictures_here
from waybell.routes import listing as route_listing
from waybell.web.api.answers import pdf
from waybell.web.ui import order_columns
from waybell.web.ui.first_request import first_request
from waybell.web.ui.forms import Asked, Fields
from waybell.web.ui.render import page
from waybell.web.ui.visit import Viewer, Visit
from waybell.webhooks.history import explain_facts

router = APIRouter()

_ON_A_PAGE = 50
_IN_TIMELINE = 100


@router.get("/orders")
def show(visit: Viewer, asked: Asked) -> Response:
    state: Any = asked.text("state") if asked.text("state") in listing.ORDER_STATES else None
    sort = asked.text("sort") if asked.text("sort").removeprefix("-") in listing.SORTS else ""
    with visit.read() as tx:
        day = day_asked(visit, tx, asked)
        after = asked.text("after") or None
        wanted = listing.Wanted(day.midnight, state, asked.text("q"), sort or None)
        found = listing.search(tx, visit.account.id, wanted, after, _ON_A_PAGE)
        views = saved_views.list_views(tx, visit.user.id, "/orders")
        open_routes = route_listing.search_open(tx, visit.account.id, day.midnight) if visit.may("dispatcher") else []
    facts: dict[str, Any] = {"found": found, "day": day, "state": state, "typed": asked.text("q")}
    facts |= {"sort": sort, "most": listing.COUNTED_AT_MOST, "open_routes": open_routes, "views": views}
    facts |= {"columns": order_columns.chosen(asked.all("cols")), "all_columns": order_columns.COLUMNS}
    facts["chose_columns"] = bool(asked.all("cols"))
    facts |= {
        "states": list(listing.ORDER_STATES),
        "on_first_page": not after,
        "curl": first_request(visit.settings.base_url),
    }
    return page(visit, "orders.html", nav="orders", live="events", **facts)


class Day:
    """The day of a list; without one, the list covers all days."""

    def __init__(self, today: date, asked: str) -> None:
        self.today = today
        self.tomorrow = today + timedelta(days=1)
        words = {"today": today, "tomorrow": self.tomorrow}
        self.word = asked if asked in words else ""
        self.date = words.get(asked) or _date(asked)

    @property
    def midnight(self) -> str | None:
        return f"{self.date.isoformat()}T00:00:00" if self.date else None


def day_asked(visit: Visit, tx: Tx, asked: Fields) -> Day:
    return Day(Moment(tx.now, visit.account.zone).today, asked.text("date"))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


@router.get("/orders/{track_id}")
def one(visit: Viewer, track_id: str) -> Response:
    with visit.read() as tx:
        found = store.of_track_id(tx, visit.account.id, track_id)
        if found is None:
            raise NotFound("There is no such order in this account.")
        timeline = timeline_of(tx, visit, Subject("order", found.order.track_id))
        pictures = [] if found.deleted_at else pictures_here(found.order, tx.links, tx.now)
    facts: dict[str, Any] = {"found": found, "order": found.order, "timeline": timeline, "pictures": pictures}
    facts["minutes_there"] = _minutes_between(found.order.arrived_date, found.order.departed_date)
    return page(visit, "order.html", nav="orders", live="events", **facts)


def _minutes_between(one: str | None, other: str | None) -> str | None:
    """Return the minutes between two wall-clock texts, or None when one of them is not known."""
    if not (one and other):
        return None
    return f"{(datetime.fromisoformat(other) - datetime.fromisoformat(one)).total_seconds() / 60:.0f}"


@router.get("/orders/{track_id}/proof.pdf")
def proof(visit: Viewer, track_id: str) -> Response:
    with visit.read() as tx:
        paper = order_documents.proof(
            tx, visit.account, actions.get_live(tx, visit.actor, OrderKey("TrackId", track_id))
        )
    return pdf(paper(), f"proof-{track_id}")


@router.get("/orders/{track_id}/label.pdf")
def label(visit: Viewer, track_id: str, asked: Asked) -> Response:
    wanted = next(
        (one for one in order_documents.PAGE_TYPES if one == asked.text("type")), order_documents.PAGE_TYPES[0]
    )
    with visit.read() as tx:
        order = actions.get_live(tx, visit.actor, OrderKey("TrackId", track_id))
        paper = order_documents.label(tx, visit.account, order, wanted)
    return pdf(paper(), f"label-{track_id}")


def timeline_of(tx: Tx, visit: Visit, subject: Subject) -> list[tuple[happened.ListedEvent, list[explain_facts.Sent]]]:
    """Return the events of an object, newest first, each with its messages, unless the user sees no webhooks."""
    rows = happened.about(tx, visit.account.id, str(subject), _IN_TIMELINE)
    sent = {} if visit.is_limited else explain_facts.sent_of(tx, [row.id for row in rows])
    return [(row, sent.get(row.id, [])) for row in rows]
