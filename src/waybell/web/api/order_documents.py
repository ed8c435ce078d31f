"""The documents of an order: `/api/Order/.../Pdf`, its proof of delivery, and `/api/Order/.../Shipping-label`."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Response

from waybell.accounts.model import Account
from waybell.db.database import Tx
from waybell.documents import order_documents
from waybell.ground.errors import Invalid
from waybell.orders import actions
from waybell.orders.model import Order, OrderKey
from waybell.web.api.answers import pdf
from waybell.web.api.door import Call, Caller
from waybell.web.api.path_keys import NAMED_ORDER, each
from waybell.web.api.routing import router

api = router("Order")

_PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "The document.", "content": {"application/pdf": {"schema": {"type": "string"}}}}
}
PageTypeText = Annotated[
    str,
    Query(
        alias="pageType", description=f"{', '.join(order_documents.PAGE_TYPES)}: six on an A4 sheet, or centimetres."
    ),
]


_AS_PDF: dict[str, Any] = {"response_class": Response, "responses": _PDF}


@each(api.get, "/Order/{order}/Pdf", "GetOrderPodBy{order}", NAMED_ORDER, **_AS_PDF)
def proof(call: Caller, order: OrderKey) -> Response:
    """Return the proof of delivery (PDF) of the newest order with this {order}; a delivery note before its outcome.

    Operations: GetOrderPodByNumber, GetOrderPodById.
    """
    return _paper(call, order, "proof", order_documents.proof)


@each(api.get, "/Order/{order}/Shipping-label", "GetOrderShippingLabelBy{order}", NAMED_ORDER, **_AS_PDF)
def label(call: Caller, order: OrderKey, page_type: PageTypeText = order_documents.PAGE_TYPES[0]) -> Response:
    """Return the shipping label (PDF) of the newest order with this {order}.

    Operations: GetOrderShippingLabelByNumber, GetOrderShippingLabelById.
    """
    wanted = next((one for one in order_documents.PAGE_TYPES if one.lower() == page_type.strip().lower()), None)
    if wanted is None:
        raise Invalid(f"pageType: must be one of {', '.join(order_documents.PAGE_TYPES)}")
    return _paper(call, order, "label", lambda tx, account, order: order_documents.label(tx, account, order, wanted))


def _paper(
    call: Call, key: OrderKey, name: str, make: Callable[[Tx, Account, Order], order_documents.Paper]
) -> Response:
    with call.read() as tx:
        order = actions.get_live(tx, call.actor, key)
        paper = make(tx, call.account, order)
    return pdf(paper(), f"{name}-{order.number or order.id or order.track_id}")
