"""What the operations on orders and routes read alike: days in paths, flags and times in queries."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from waybell.db.database import Tx
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid
from waybell.orders.model import midnight
from waybell.web.api.door import Call
from waybell.wire.model import WallTime, local_time

UpdateGps = Annotated[
    bool, Query(alias="updateAddressGps", description="Known addresses take over the coordinates that are sent.")
]
MergeAddresses = Annotated[bool, Query(alias="mergeAddresses", description="Orders with one address share a stop.")]
UpdateGoodsPrice = Annotated[
    bool, Query(alias="updateGoodsPrice", description="Known goods take over the price that is sent.")
]
ClearEmpty = Annotated[
    bool, Query(alias="clearEmpty", description='Members that are sent as `""` are emptied; else they stay.')
]
StatusDate = Annotated[
    WallTime, Query(alias="statusDate", description="When it happened (local); now in UTC when it is not sent.")
]


def _clear_empty(*, flag: ClearEmpty = False) -> bool:
    """Let the document name the flag. It is read in `routing.py`, before the body is."""
    return flag


CLEARING = [Depends(_clear_empty)]  # the dependencies of an operation that changes what is sent of an object


def day(call: Call, tx: Tx, text: str) -> str:
    """A day in a path, as midnight in the account's zone. Raises `Invalid`."""
    moment = Moment(tx.now, call.account.zone)
    try:
        return midnight(local_time(text, moment.zone, moment.today).date())
    except ValueError as error:
        raise Invalid(f"date: {error}") from None


def utc_instant(tx: Tx, text: str) -> datetime:
    """A moment in a path, in UTC unless it says otherwise. Raises `Invalid`."""
    try:
        return local_time(text, ZoneInfo("UTC"), tx.now.date()).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid(f"date: {error}") from None
