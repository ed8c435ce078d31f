"""Parameters that several operations share: days in paths, flags and times in queries."""

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
    """Make the document name the flag. `routing.py` reads it, before the body."""
    return flag


CLEARING = [Depends(_clear_empty)]  # the dependencies of an operation that changes the sent members of an object


def day(call: Call, tx: Tx, text: str) -> str:
    """Return a day of a path as midnight in the zone of the account. Raise `Invalid` for other text."""
    moment = Moment(tx.now, call.account.zone)
    try:
        return midnight(local_time(text, moment.zone, moment.today).date())
    except ValueError as error:
        raise Invalid(f"date: {error}") from None


def utc_instant(tx: Tx, text: str) -> datetime:
    """Return a time of a path, which is in UTC unless it names an offset. Raise `Invalid` for other text."""
    try:
        return local_time(text, ZoneInfo("UTC"), tx.now.date()).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid(f"date: {error}") from None
