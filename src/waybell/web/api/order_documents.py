"""The documents of an order: `/api/Order/.../Pdf`, its proof of delivery, and `/api/Order/.../Shipping-label`."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Response

from waybell.accounts.model import Account
from waybell.db.database import Tx
from waybell.errors import Invalid
from waybell.orders import actions, papers
from waybell.orders.model import Order, OrderKey
from waybell.web.api.answers import pdf
from waybell.web.api.door import Call, Caller
from waybell.web.api.routing import Key, router

api = router("Order")

_PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "The document.", "content": {"application/pdf": {"schema": {"type": "string"}}}}
}
PageTypeText = Annotated[
    str, Query(alias="pageType", description=f"{', '.join(papers.PAGE_TYPES)}: six on an A4 sheet, or centimetres.")
]


@api.get("/Order/Number/{number}/Pdf", operation_id="GetOrderPodByNumber", response_class=Response, responses=_PDF)
def proof_by_number(call: Caller, number: Key) -> Response:
    """The proof of delivery of the newest order with this Number; a delivery note until it is carried out."""
    return _paper(call, OrderKey("Number", number), "proof", papers.proof)


@api.get("/Order/Id/{id}/Pdf", operation_id="GetOrderPodById", response_class=Response, responses=_PDF)
def proof_by_id(call: Caller, id: Key) -> Response:  # noqa: A002 - the API's name
    """The proof of delivery of the newest order with this Id; a delivery note until it is carried out."""
    return _paper(call, OrderKey("Id", id), "proof", papers.proof)


@api.get(
    "/Order/Number/{number}/Shipping-label",
    operation_id="GetOrderShippingLabelByNumber",
    response_class=Response,
    responses=_PDF,
)
def label_by_number(call: Caller, number: Key, page_type: PageTypeText = papers.PAGE_TYPES[0]) -> Response:
    """The shipping label of the newest order with this Number."""
    return _label(call, OrderKey("Number", number), page_type)


@api.get(
    "/Order/Id/{id}/Shipping-label", operation_id="GetOrderShippingLabelById", response_class=Response, responses=_PDF
)
def label_by_id(call: Caller, id: Key, page_type: PageTypeText = papers.PAGE_TYPES[0]) -> Response:  # noqa: A002
    """The shipping label of the newest order with this Id."""
    return _label(call, OrderKey("Id", id), page_type)


def _label(call: Call, key: OrderKey, page_type: str) -> Response:
    wanted = next((one for one in papers.PAGE_TYPES if one.lower() == page_type.strip().lower()), None)
    if wanted is None:
        raise Invalid(f"pageType: must be one of {', '.join(papers.PAGE_TYPES)}")
    return _paper(call, key, "label", lambda tx, account, order: papers.label(tx, account, order, wanted))


def _paper(call: Call, key: OrderKey, name: str, make: Callable[[Tx, Account, Order], papers.Paper]) -> Response:
    with call.look() as tx:
        order = actions.get_live(tx, call.actor, key)
        paper = make(tx, call.account, order)
    return pdf(paper(), f"{name}-{order.number or order.id or order.track_id}")
