"""The ways in which paths name an order or a route. An operation is written once and registered for each way.

    @each(api.put, "/Order/{order}/Complete", "CompleteOrderBy{order}", ANY_ORDER)
    def complete(call: Caller, order: OrderKey) -> Response:
        '''Say that the order with this {order} was carried out.'''

is `PUT /Order/Number/{number}/Complete`, and so on: in the path `{order}` stands for the way, in the operation's id and
its docstring for the member, and the parameter `order` gets the key.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from itertools import product
from typing import Annotated, Any, TypeVar

from fastapi import Path
from pydantic import AfterValidator

from waybell.orders.model import OrderKey
from waybell.routes.model import RouteKey
from waybell.web.api.routing import clean_key

Operation = TypeVar("Operation", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Way:
    """A way of naming an object: its member, and the name of the path's parameter."""

    kind: Callable[[Any, str], Any]
    member: str
    parameter: str
    shape: dict[str, Any] | None = None

    @property
    def path(self) -> str:
        return f"{self.member}/{{{self.parameter}}}"

    @property
    def annotation(self) -> Any:
        """The annotation that makes FastAPI read the key from the path."""
        read = Path(alias=self.parameter, json_schema_extra=self.shape)
        return Annotated[str, read, AfterValidator(clean_key), AfterValidator(partial(self.kind, self.member))]


Ways = dict[str, tuple[Way, ...]]

_NUMBER, _ID = Way(OrderKey, "Number", "number"), Way(OrderKey, "Id", "id")
_TRACK_ID = Way(OrderKey, "TrackId", "trackId", {"format": "uuid"})

ANY_ORDER: Ways = {"order": (_NUMBER, _ID, _TRACK_ID)}
NAMED_ORDER: Ways = {"order": (_NUMBER, _ID)}  # by the names that its creator gave it
TRACKED_ORDER: Ways = {"order": (_TRACK_ID,)}
ANY_ROUTE: Ways = {"route": (Way(RouteKey, "Code", "code"), Way(RouteKey, "Id", "id"))}
ROUTE_AND_ORDER: Ways = ANY_ROUTE | {"order": (_NUMBER, Way(OrderKey, "Id", "orderId"))}


def each(
    method: Callable[..., Any], path: str, operation_id: str, ways: Ways, **options: Any
) -> Callable[[Operation], Operation]:
    """Register an operation with `method` (such as `api.put`) for each way, or each pair of ways."""

    def register(operation: Operation) -> Operation:
        for chosen in product(*ways.values()):
            by = dict(zip(ways, chosen, strict=True))
            members = {name: way.member for name, way in by.items()}
            method(
                path.format(**{name: way.path for name, way in by.items()}),
                operation_id=operation_id.format(**members),
                description=inspect.cleandoc(operation.__doc__ or "").format(**members),
                **options,
            )(_reading(operation, by))
        return operation

    return register


def _reading(operation: Callable[..., Any], by: Mapping[str, Way]) -> Callable[..., Any]:
    """Return the operation with its keys read from the path in these ways."""
    signature = inspect.signature(operation)
    kinds = [
        parameter.replace(annotation=by[name].annotation) if name in by else parameter
        for name, parameter in signature.parameters.items()
    ]

    @wraps(operation)
    def named(*args: Any, **members: Any) -> Any:
        return operation(*args, **members)

    named.__signature__ = signature.replace(parameters=kinds)  # type: ignore[attr-defined]
    return named
