"""What a board asks to be done: a list of acts, each small, and all carried out or none."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from waybell.wire.model import member_name

MOST_ACTS = 500
MOST_ORDERS = 1_000  # named in all acts together

Id = Annotated[str, Field(min_length=2, max_length=20)]
Text = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
StopNumber = Annotated[int, Field(ge=1, le=100_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(alias_generator=member_name, extra="forbid", frozen=True)


class Assign(_Strict):
    """Put orders on a route: at its end, at a stop, or each where it makes the tour cheapest."""

    act: Literal["assign"]
    orders: list[Id]
    route: Id
    at: StopNumber | Literal["best"] | None = None


class Unassign(_Strict):
    act: Literal["unassign"]
    orders: list[Id]


class Move(_Strict):
    """Move the stop of an order to another place of its route."""

    act: Literal["move"]
    order: Id
    at: StopNumber


class Sequence(_Strict):
    """Put all open orders of a route in this sequence; with `plan` they also get planned times."""

    act: Literal["sequence"]
    route: Id
    orders: list[Id]
    plan: bool = False


class Swap(_Strict):
    """Exchange the open stops of two routes."""

    act: Literal["swap"]
    routes: Annotated[list[Id], Field(min_length=2, max_length=2)]


class Give(_Strict):
    """Give a route to another driver, or to none; the vehicle stays when it is left out."""

    act: Literal["give"]
    route: Id
    driver: Text | None = None
    vehicle: Text | None = None


class Split(_Strict):
    """Move the open stops from a place on to a new route."""

    act: Literal["split"]
    route: Id
    at: StopNumber
    driver: Text | None = None
    vehicle: Text | None = None


class NewDriver(_Strict):
    driver: Text | None = None
    vehicle: Text | None = None


class Breakdown(_Strict):
    """Move the open stops of a route to another, to a new one of this driver, or off all routes."""

    act: Literal["breakdown"]
    route: Id
    to: Id | NewDriver | None = None


class NewRoute(_Strict):
    act: Literal["newRoute"]
    code: Annotated[Text, Field(max_length=50)] | None = None
    driver: Text | None = None
    vehicle: Text | None = None
    depot: Text | None = None


class OnOrder(_Strict):
    act: Literal["pin", "unpin"]
    order: Id


class OnRoute(_Strict):
    act: Literal["lock", "unlock", "ready", "draft", "start", "close"]
    route: Id


class Undo(_Strict):
    """Undo what an earlier request did. The text is that of its answer."""

    act: Literal["undo"]
    undo: Annotated[str, Field(min_length=1, max_length=900_000)]


Act = Annotated[
    Assign | Unassign | Move | Sequence | Swap | Give | Split | Breakdown | NewRoute | OnOrder | OnRoute | Undo,
    Field(discriminator="act"),
]


class Acts(_Strict):
    """A request of a board. `expected` holds the versions of the rows that the person relied on."""

    day: Annotated[str, Field(max_length=10)] | None = None
    acts: Annotated[list[Act], Field(min_length=1, max_length=MOST_ACTS)]
    expected: Annotated[dict[Id, int], Field(max_length=2 * MOST_ORDERS)] = Field(default_factory=dict)
    after: Annotated[str, Field(max_length=100)] | None = None

    @model_validator(mode="after")
    def _within_limits(self) -> "Acts":
        named = sum(len(getattr(one, "orders", None) or ()) for one in self.acts)
        if named > MOST_ORDERS:
            raise ValueError(f"the acts name {named} orders, and {MOST_ORDERS} at a time are the most")
        if len(self.acts) > 1 and any(isinstance(one, Undo) for one in self.acts):
            raise ValueError("an undo is sent alone")
        return self


class Proposing(_Strict):
    route: Id


def order_ids(act: Any) -> list[str]:
    """Return the short ids of the orders that an act names."""
    one = getattr(act, "order", None)
    return [one] if one else list(getattr(act, "orders", None) or ())


def route_ids(act: Any) -> list[str]:
    """Return the short ids of the routes that an act names."""
    named = [getattr(act, "route", None), getattr(act, "to", None), *(getattr(act, "routes", None) or ())]
    return [one for one in named if isinstance(one, str)]
