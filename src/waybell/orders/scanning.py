"""Scanning the barcodes of an order and of its goods, when it is loaded and at the stop. Pure."""

from typing import Any

from waybell.ground.errors import Invalid
from waybell.orders.goods_lines import Lines
from waybell.orders.model import Goods, Order
from waybell.orders.requests import GoodsLine, OrderScan

# The member that says why nothing was scanned, by the stage.
_REASON = {"load": "load_check_scan_reject_reason", "stop": "scan_reject_reason"}


def scanned(order: Order, request: OrderScan) -> Order:
    """Return the order with its barcode, or that of a line of its goods, scanned, or not scanned for a reason.

    A barcode is the order's own, or that of a line, or of goods; of alike lines the first counts that was not scanned.
    Repeating a scan changes nothing. Raise `Invalid` when the order has no such barcode or line.
    """
    at = _line(order, request)
    if at is None:
        return order.model_copy(update=_marks(request))
    lines = list(order.goods_list or ())
    more = {"load_status": "not-loaded" if request.reason else "loaded"} if _stage(request) == "load" else {}
    lines[at] = lines[at].model_copy(update=_marks(request) | more)
    return order.model_copy(update={"goods_list": lines})


def _stage(request: OrderScan) -> str:
    return request.stage or "stop"


def _marks(request: OrderScan) -> dict[str, Any]:
    return {"scanned": request.reason is None, _REASON[_stage(request)]: request.reason}


def _line(order: Order, request: OrderScan) -> int | None:
    """Return the position of the line that is meant, or None for the order itself."""
    lines = order.goods_list or []
    if request.order_line_id is not None:
        found = Lines(lines).alike(GoodsLine(order_line_id=request.order_line_id))
        if not found:
            raise Invalid(f"OrderLineId: {order} has no line {request.order_line_id}")
        if request.barcode and request.barcode not in _barcodes(lines[found[0]]):
            raise Invalid(f"Barcode: {request.barcode} is not on line {request.order_line_id} of {order}")
        return found[0]
    if request.barcode is None or request.barcode == order.barcode:
        return None
    found = [at for at, line in enumerate(lines) if request.barcode in _barcodes(line)]
    if not found:
        raise Invalid(f"Barcode: {request.barcode} is not of {order}, nor of its goods")
    return next((at for at in found if not _is_done(lines[at], _stage(request))), found[-1])


def _barcodes(line: Goods) -> tuple[str | None, ...]:
    return line.order_line_barcode, line.goods_barcode


def _is_done(line: Goods, stage: str) -> bool:
    return line.load_status == "loaded" if stage == "load" else bool(line.scanned)
