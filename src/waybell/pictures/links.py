"""Links to pictures. A link is valid for a day after it was made."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from waybell.ground.links import Links

_LAST = timedelta(hours=24)


def to_pictures(ids: Iterable[str], links: Links, now: datetime) -> list[str]:
    """Return links for documents that leave this server."""
    return [links.until(now + _LAST, _path(one)) for one in ids]


def to_pictures_here(ids: Iterable[str], links: Links, now: datetime) -> list[str]:
    """Return links without a host, for our own pages."""
    return [links.here_until(now + _LAST, _path(one)) for one in ids]


def to_logo_here(picture_id: str, links: Links, now: datetime) -> str:
    """Return a link without a host to the logo of an account, for our own pages."""
    return links.here_until(now + _LAST, f"/picture/{picture_id}.png")


def _path(picture_id: str) -> str:
    return f"/picture/{picture_id}.jpg"
