"""`/api/RejectReason`: why a delivery can fail, in four lists of the account.

`directories.py` has the doors that change them.
"""

from fastapi import Response

from waybell.directory import entry_store
from waybell.directory.reject_reasons import RejectReasonsList
from waybell.web.api.answers import document
from waybell.web.api.door import Caller
from waybell.web.api.routing import router

api = router("RejectReason")


@api.get("/RejectReason", operation_id="GetRejectReasonsList", response_model=RejectReasonsList)
def list_all(call: Caller) -> Response:
    """Why a site, an order, goods or a scan can be rejected: four lists, with ids that are unique over all of them.

    Operation: GetRejectReasonsList.
    """
    with call.read() as tx:
        return document(entry_store.reject_reasons(tx, call.account.id))
