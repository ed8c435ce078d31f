"""Forms for objects that the API also writes: inputs named like the API's members, read into the API's own requests.

So a page obeys the same rules as the API, and its errors stand beside the inputs that they name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from waybell.ground.errors import Invalid
from waybell.web.ui.forms import Fields
from waybell.wire.model import Request, clear_empty
from waybell.wire.validation_words import explain

AnyRequest = TypeVar("AnyRequest", bound=Request)
Choices = tuple[tuple[str, str], ...]  # pairs of a value and its text


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a form."""

    name: str  # the member of the API
    label: str
    type: str = "text"  # of the HTML input; also textarea, select and flag
    hint: str = ""
    required: bool = False
    choices: Choices = ()  # of a select, or the suggestions for a text
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def with_choice(self, value: str) -> "Input":
        """Return the input, of whose choices this value is one: a select offers what is stored, known or not."""
        if self.type != "select" or not value or value in dict(self.choices):
            return self
        return replace(self, choices=(*self.choices, (value, value)))


def read(model: type[AnyRequest], members: Mapping[str, Any]) -> AnyRequest:
    """Return the request with these members, in which an empty text clears its member.

    Raise `Invalid` with a line for each member at fault.
    """
    clearing = clear_empty.set(True)
    try:
        return model.model_validate(members)
    except ValidationError as error:
        raise Invalid(explain(error.errors())) from None
    finally:
        clear_empty.reset(clearing)


def typed(sent: Fields, inputs: Sequence[Input]) -> dict[str, Any]:
    """Return the values of the inputs by their names. A flag is true or false; all others are texts."""
    return {one.name: sent.flag(one.name) if one.type == "flag" else sent.text(one.name) for one in inputs}


def as_fields(values: Mapping[str, Any], inputs: Sequence[Input]) -> Fields:
    """Return the fields of a form that shows these values."""
    return Fields([(one.name, as_text(values.get(one.name))) for one in inputs])


def as_text(value: object) -> str:
    """Return the text with which an input shows a value: nothing for None and false, no digits for a whole number."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def changed(sent: Fields, shown: Fields, inputs: Sequence[Input]) -> dict[str, Any]:
    """Return the values that differ from the shown ones. Members that nobody touched are not sent."""
    before = typed(shown, inputs)
    return {name: value for name, value in typed(sent, inputs).items() if value != before[name]}
