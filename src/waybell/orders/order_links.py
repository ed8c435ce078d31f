"""The links that an order shows. They are made anew at each reading and change, because most of them expire."""

from datetime import datetime, timedelta

from waybell.ground.links import Links
from waybell.orders.model import Goods, Order
from waybell.pictures.links import to_pictures, to_pictures_here

LINKED = (
    "track_link",
    "report_url",
    "has_photo",
    "photos",
    "has_signature_photo",
    "signature_photos",
    "load_signature_photos",
)

_REPORTS_LAST = timedelta(hours=1)


def linked(order: Order, links: Links, now: datetime) -> Order:
    """Return the order with links to the tracking page, to pictures and, for a finished order, to the report.

    Picture links are valid for a day, report links for an hour.
    """
    shown: dict[str, object] = {"track_link": links.tracking(order.track_id)}
    if order.finished:
        shown["report_url"] = links.until(now + _REPORTS_LAST, report_path(order.track_id))
    if order.photo_ids:
        shown |= {"has_photo": True, "photos": to_pictures(order.photo_ids, links, now)}
    if order.signature_ids:
        shown |= {"has_signature_photo": True, "signature_photos": to_pictures(order.signature_ids, links, now)}
    if order.load_signature_ids:
        shown["load_signature_photos"] = to_pictures(order.load_signature_ids, links, now)
    if any(line.photo_ids for line in order.goods_list or ()):
        shown["goods_list"] = [_line(line, links, now) for line in order.goods_list or ()]
    return order.model_copy(update=shown)


def _line(line: Goods, links: Links, now: datetime) -> Goods:
    if not line.photo_ids:
        return line
    return line.model_copy(update={"has_photo": True, "photos": to_pictures(line.photo_ids, links, now)})


def pictures_here(order: Order, links: Links, now: datetime) -> list[str]:
    """Return links without a host to all pictures of an order, for our own pages."""
    ids = [*(order.signature_ids or []), *(order.load_signature_ids or []), *photo_ids(order)]
    return to_pictures_here(ids, links, now)


def photo_ids(order: Order) -> list[str]:
    """Return the ids of the order's photos, including those of its goods."""
    of_goods = [one for line in order.goods_list or () for one in line.photo_ids or ()]
    return [*(order.photo_ids or []), *of_goods]


def report_path(track_id: str) -> str:
    return f"/report/{track_id}.pdf"
