"""The tracking page of an order, for its recipient. The random id in its link is the permission."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from waybell.accounts.actions import get_account
from waybell.accounts.model import Account, Actor
from waybell.db.database import Tx
from waybell.documents.text import day, minute, window
from waybell.ground.errors import Conflict, NotFound
from waybell.orders import actions, store, tracking
from waybell.orders.model import Order, OrderKey
from waybell.orders.requests import OrderFeedback
from waybell.pictures import store as pictures
from waybell.pictures.links import to_logo_here
from waybell.web.ui.forms import Asked, Fields, Sent
from waybell.web.ui.public_limits import PublicLimits
from waybell.web.ui.render import go_to, plain_page

router = APIRouter()

_TRACK_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@router.get("/track")
def show(request: Request, asked: Asked) -> Response:
    with _reading(request, asked.text("id")) as (tx, account, order):
        return _page(tx, request, account, order)


@router.post("/track")
def give_feedback(request: Request, sent: Sent) -> Response:
    with _reading(request, sent.text("id")) as (tx, account, order):
        wanted = _feedback(sent)
        if wanted is None:
            fault = "Choose a rating from 1 to 5, and write no more than 500 characters."
            return _page(tx, request, account, order, fault=fault, text=sent.text("Text"))
    key = OrderKey("TrackId", order.track_id)
    try:
        with request.app.state.database.transaction() as tx:
            actions.give_feedback(tx, Actor(account, "the receiver"), key, wanted, only_first=True)
    except Conflict as error:
        return go_to(f"/track?id={order.track_id}", str(error), failed=True)
    return go_to(f"/track?id={order.track_id}", "Thank you for your feedback.")


def _feedback(sent: Fields) -> OrderFeedback | None:
    try:
        wanted = OrderFeedback.model_validate({"Rating": sent.text("Rating"), "Text": sent.text("Text")})
    except ValidationError:
        return None
    return wanted if wanted.rating is not None else None


@contextmanager
def _reading(request: Request, typed: str) -> Iterator[tuple[Tx, Account, Order]]:
    """Yield the live order with this id. Raise `NotFound`, with the same text for each unknown id."""
    limits: PublicLimits = request.app.state.public_limits
    limits.count(request)
    track_id = typed.lower()
    with request.app.state.database.reading() as tx:
        account_id = store.account_of(tx, track_id) if _TRACK_ID.fullmatch(track_id) else None
        found = store.of_track_id(tx, account_id, track_id) if account_id else None
        if account_id is None or found is None:
            limits.count_miss(request)
            raise NotFound("There is no order to be tracked here. Is the link complete?")
        account = get_account(tx, account_id)
        yield tx, account, tracking.with_local_status(found.order, found.status_at, account.zone)


def _page(tx: Tx, request: Request, account: Account, order: Order, *, fault: str = "", text: str = "") -> Response:
    logo = pictures.logo(tx, account.id)
    facts: dict[str, Any] = {
        "account": account,
        "logo": to_logo_here(logo.id, tx.links, tx.now) if logo else None,
        "order": order,
        "standing": tracking.status_in_words(order),
        "went_wrong": tracking.went_wrong(order),
        "steps": tracking.steps(order, account.zone),
        "may_be_rated": tracking.may_be_rated(order),
        "expected": minute(order.updated_eta or order.eta) if not order.finished else "",
        "late": tracking.lateness(order),
        "day": day(tracking.due(order)),
        "window": window(order.time_slot_from, order.time_slot_to),
        "minute": minute,
    }
    answer = plain_page(request, "track.html", 400 if fault else 200, fault=fault, text=text, **facts)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
