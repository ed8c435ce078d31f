"""Why an order or a line of goods was not accepted: a fixed list, the same for every account.

Lists that accounts edit themselves would replace this file; the ids are kept apart by list so that they could move.
"""

from typing import NamedTuple


class RejectReason(NamedTuple):
    id: int
    name: str


SITE_ISSUE = (
    RejectReason(1, "Nobody there"),
    RejectReason(2, "Address not found"),
    RejectReason(3, "No access to the site"),
    RejectReason(4, "Site closed"),
)
ORDER_ISSUE = (
    RejectReason(101, "Refused by the customer"),
    RejectReason(102, "Canceled by the customer"),
    RejectReason(103, "Not ready"),
    RejectReason(104, "Wrong order"),
)
GOODS_ISSUE = (
    RejectReason(201, "Damaged"),
    RejectReason(202, "Missing"),
    RejectReason(203, "Wrong item"),
    RejectReason(204, "Refused"),
)
SCANNING_ISSUES = (
    RejectReason(301, "Barcode missing"),
    RejectReason(302, "Barcode unreadable"),
)


def name_of(reasons: tuple[RejectReason, ...], reason_id: int | None) -> str | None:
    """The name of the reason with this id, None when the list has no such id."""
    return next((reason.name for reason in reasons if reason.id == reason_id), None)
