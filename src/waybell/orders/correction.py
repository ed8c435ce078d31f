"""Correcting an outcome that was reported wrongly, with the old one kept. Pure."""

from typing import Any

from waybell.directory.reject_reasons import DEFAULT, RejectReasonsList
from waybell.ground.clock import Moment, utc_text
from waybell.ground.errors import Invalid
from waybell.orders import days, outcome
from waybell.orders.days import Span
from waybell.orders.model import FAILED, IN_PROGRESS, SUCCEEDED, Correction, GoodsOutcome, Order, Outcome
from waybell.orders.requests import CompleteOrder, CorrectOrder, RejectOrder

MOST_CORRECTIONS = 20  # of one order

_OUTCOME = ("status_id", "status", "status_date", "reject_reason", "cod_actual", "driver_comment", "signature_name")
_OPEN: dict[str, Any] = {"status_id": IN_PROGRESS, "reject_reason": None, "cod_actual": None}


def corrected(
    order: Order,
    request: CorrectOrder,
    moment: Moment,
    by: str,
    reasons: RejectReasonsList = DEFAULT,
    *,
    span: Span | None = None,
) -> Order:
    """Return the order with another outcome, judged by the rules of the first; what is not sent stays.

    Raise `Invalid` for an order without an outcome, without a reason, after too many corrections, and as
    `outcome.completed` and `outcome.rejected` do.
    """
    if not order.finished:
        raise Invalid(f"{order} has no outcome yet. Use Complete or Reject.")
    if request.reason is None:
        raise Invalid("Reason: is required, for those who read later what was corrected")
    after = _decided(order, request, moment, reasons, span)
    after = after.model_copy(update=_times(after, request, moment, span))
    if after == order:
        return order
    if len(order.corrections or ()) >= MOST_CORRECTIONS:
        raise Invalid(f"{order} was corrected {MOST_CORRECTIONS} times already; there cannot be more.")
    old = Correction(
        before=outcome_of(order), reason=request.reason, corrected_by=by, corrected_date=utc_text(moment.now)
    )
    return after.model_copy(update={"corrections": [*(order.corrections or ()), old.as_data()]})


def _decided(
    order: Order, request: CorrectOrder, moment: Moment, reasons: RejectReasonsList, span: Span | None
) -> Order:
    succeeded = order.status_id in SUCCEEDED
    again = order.model_copy(
        update=_OPEN
        | {
            "goods_list": order.goods_list
            and [line.model_copy(update={"quantity_fact": None, "reject_reason": None}) for line in order.goods_list]
        }
    )
    said = request.model_dump(include={"status_date", "driver_comment", "signature_name", "lat", "lon"})
    if (request.outcome or ("completed" if succeeded else "rejected")) == "completed":
        full = CompleteOrder(**said, goods_list=request.goods_list, cod_actual=request.cod_actual)
        after = outcome.completed(again, full, moment, reasons, span=span)
        if succeeded:
            kept = ["cod_actual"] if request.cod_actual is None else []
            kept += ["goods_list", "status_id", "status"] if request.goods_list is None else []
            after = after.model_copy(update={name: getattr(order, name) for name in kept})
        if order.load_status == "not-loaded":
            after = after.model_copy(update={"load_status": "loaded"})  # or it could not have been handed over
    else:
        failed = RejectOrder(**said, reject_reason_id=request.reject_reason_id)
        after = outcome.rejected(again, failed, moment, reasons, span=span)
        if request.reject_reason_id is None and order.status_id in FAILED:
            kept = ["status_id", "status", "reject_reason"]
            after = after.model_copy(update={name: getattr(order, name) for name in kept})
    return after if request.status_date else after.model_copy(update={"status_date": order.status_date})


def _times(order: Order, request: CorrectOrder, moment: Moment, span: Span | None) -> dict[str, str]:
    sent = {"arrived_date": request.arrived_date, "departed_date": request.departed_date}
    known = span or outcome.days_of(order)
    times = {name: days.fact_time(text, known, moment) for name, text in sent.items() if text}
    arrived = times.get("arrived_date", order.arrived_date)
    departed = times.get("departed_date", order.departed_date)
    if times and arrived and departed and departed < arrived:
        raise Invalid(f"DepartedDate: {departed} lies before the ArrivedDate, {arrived}")
    return times


def outcome_of(order: Order) -> Outcome:
    """Return the outcome of an order, as a correction keeps it and an event tells it."""
    goods = [
        GoodsOutcome(**{name: getattr(line, name) for name in GoodsOutcome.model_fields})
        for line in order.goods_list or ()
        if line.quantity_fact is not None or line.reject_reason is not None
    ]
    return Outcome(
        **{name: getattr(order, name) for name in _OUTCOME},
        arrived_date=order.arrived_date,
        departed_date=order.departed_date,
        goods_list=goods or None,
    )
