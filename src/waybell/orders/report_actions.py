"""Actions on single orders that drivers, recipients and the office report. Each records the events of its change."""

import secrets

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.directory import entry_store
from waybell.orders import actions, correction, outcome, scanning
from waybell.orders.event_types import ORDER_STATUS_UPDATED, ORDER_UPDATED
from waybell.orders.model import Order, OrderKey
from waybell.orders.requests import CorrectOrder, OrderInstructions, OrderPin, OrderScan

_PIN_DIGITS = 4


def scan(tx: Tx, actor: Actor, key: OrderKey, request: OrderScan) -> Order:
    """Record a scanned barcode, or why none was scanned.

    Raise `NotFound` for an unknown order, and `Invalid` as `scanning.scanned` does.
    """
    return actions.apply(tx, actor, key, lambda order, _: scanning.scanned(order, request))


def instruct(tx: Tx, actor: Actor, key: OrderKey, request: OrderInstructions) -> Order:
    """Record what the recipient asks for.

    Raise `NotFound` for an unknown order, and `Invalid` for one with an outcome.
    """
    return actions.apply(tx, actor, key, lambda order, _: outcome.instructed(order, request.delivery_instructions))


def set_pin(tx: Tx, actor: Actor, key: OrderKey, request: OrderPin) -> Order:
    """Set the number by which the recipient confirms the delivery, and choose one when none was sent.

    A number that the server chose stays when it is asked again. Raise `NotFound` for an unknown order.
    """
    chosen = "".join(secrets.choice("0123456789") for _ in range(_PIN_DIGITS))
    return actions.apply(
        tx, actor, key, lambda order, _: order.model_copy(update={"pin": request.pin or order.pin or chosen})
    )


def correct(tx: Tx, actor: Actor, key: OrderKey, request: CorrectOrder) -> Order:
    """Replace the outcome of an order, and keep the old one.

    Raise `NotFound` for an unknown order, and `Invalid` as `correction.corrected` does.
    """
    reasons = entry_store.reject_reasons(tx, actor.account.id)
    before = actions.lock(tx, actor, key)
    span = actions.span_of(tx, actor, before)
    after = correction.corrected(before, request, actions.moment_of(tx, actor), actor.name, reasons, span=span)
    status_changed = after.status_id != before.status_id
    actions.save(tx, actor, before, after, ORDER_STATUS_UPDATED if status_changed else ORDER_UPDATED)
    return after
