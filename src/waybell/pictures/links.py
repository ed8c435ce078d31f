"""Links to pictures: good for a day from when they are shown."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from waybell.ground.links import Links

_LAST = timedelta(hours=24)


def to_pictures(ids: Iterable[str], links: Links, now: datetime) -> list[str]:
    """For documents that leave this server."""
    return [links.until(now + _LAST, _path(one)) for one in ids]


def to_pictures_here(ids: Iterable[str], links: Links, now: datetime) -> list[str]:
    """For a page of ours that is shown now."""
    return [links.here_until(now + _LAST, _path(one)) for one in ids]


def to_logo_here(picture_id: str, links: Links, now: datetime) -> str:
    """To the logo of an account, for a page of ours that is shown now."""
    return links.here_until(now + _LAST, f"/picture/{picture_id}.png")


def _path(picture_id: str) -> str:
    return f"/picture/{picture_id}.jpg"
