"""The links that an order shows. They are made anew whenever it is read or changed, because most of them end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from waybell.links import Links
from waybell.orders.model import Order

LINKED = ("track_link", "report_url", "has_photo", "photos", "has_signature_photo", "signature_photos")

_PICTURES_LAST = timedelta(hours=24)
_REPORTS_LAST = timedelta(hours=1)


def linked(order: Order, links: Links, now: datetime) -> Order:
    """The order with its tracking page, its pictures for a day and, once it is finished, its report for an hour."""
    shown: dict[str, object] = {"track_link": links.tracking(order.track_id)}
    if order.finished:
        shown["report_url"] = links.until(now + _REPORTS_LAST, report_path(order.track_id))
    if order.photo_ids:
        shown |= {"has_photo": True, "photos": _pictures(order.photo_ids, links, now)}
    if order.signature_ids:
        shown |= {"has_signature_photo": True, "signature_photos": _pictures(order.signature_ids, links, now)}
    return order.model_copy(update=shown)


def _pictures(ids: Sequence[str], links: Links, now: datetime) -> list[str]:
    return [links.until(now + _PICTURES_LAST, picture_path(one)) for one in ids]


def logo_link(picture_id: str, links: Links, now: datetime) -> str:
    """To the logo of an account, for a page of ours that is shown now."""
    return links.here_until(now + _PICTURES_LAST, f"/picture/{picture_id}.png")


def pictures_here(order: Order, links: Links, now: datetime) -> list[str]:
    """To all pictures of an order, for a page of ours that is shown now."""
    ids = [*(order.signature_ids or []), *(order.photo_ids or [])]
    return [links.here_until(now + _PICTURES_LAST, picture_path(one)) for one in ids]


def report_path(track_id: str) -> str:
    return f"/report/{track_id}.pdf"


def picture_path(picture_id: str) -> str:
    return f"/picture/{picture_id}.jpg"
