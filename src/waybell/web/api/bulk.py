"""The items of a bulk: each is judged by itself, and the answer has a result for each, in the order of the request."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from waybell.ground.errors import Invalid
from waybell.web.api.answers import JsonAnswer
from waybell.wire.model import ApiModel, Request
from waybell.wire.validation_words import explain

AnyRequest = TypeVar("AnyRequest", bound=Request)
Outcome = TypeVar("Outcome")


def carry_out(
    items: Sequence[Any],
    shape: type[AnyRequest],
    act: Callable[[list[AnyRequest]], Iterable[Outcome | Invalid]],
    result: Callable[[Any, Outcome | str], ApiModel],
    status: int,
) -> JsonAnswer:
    """Give the requests that can be read to `act`, and answer a `result` for each item: its outcome, or its fault.

    The answer has this status when all items were accepted, else 200.
    """
    read = [_read(shape, item) for item in items]
    outcomes = iter(act([request for request in read if not isinstance(request, str)]))
    judged = [request if isinstance(request, str) else next(outcomes) for request in read]
    outcomes_or_faults = [str(outcome) if isinstance(outcome, Invalid) else outcome for outcome in judged]
    results = [result(item, outcome).as_answer() for item, outcome in zip(items, outcomes_or_faults, strict=True)]
    refused = any(isinstance(outcome, str) for outcome in outcomes_or_faults)
    return JsonAnswer(results, status_code=200 if refused else status)


def _read(shape: type[AnyRequest], item: Any) -> AnyRequest | str:
    """Return the request that an item holds, or what is wrong with it."""
    try:
        return shape.model_validate(item)
    except ValidationError as error:
        return explain(error.errors(include_url=False, include_input=False))


def sent_text(item: Any, member: str) -> str | None:
    """Return a member by which the sender recognises the item; None if the item, which may be any JSON, lacks it."""
    sent = {key.lower(): value for key, value in item.items()} if isinstance(item, dict) else {}
    value = sent.get(member.lower())
    return str(value) if isinstance(value, str | int) else None
