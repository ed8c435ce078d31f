"""`/api/RejectReason`: the reasons why a delivery can fail, in four lists of the account.

`directories.py` has the operations that change them.
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
    """Return the reasons to reject a site, an order, goods or a scan, as four lists. Ids are unique over all of them.

    Operation: GetRejectReasonsList.
    """
    with call.read() as tx:
        return document(entry_store.reject_reasons(tx, call.account.id))
