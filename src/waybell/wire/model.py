"""How documents look on the outside: PascalCase members, lenient on the way in, plain on the way out.

`ApiModel` is what we answer, store and send; `Request` is what callers send us, with the habits of real clients: other
letter case in member names, numbers as text, text as numbers, empty text for "absent", unknown members.
"""

import difflib
import re
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

_UPPER = {"cod": "COD", "eta": "ETA"}


def member_name(field_name: str) -> str:
    """`customer_reference_id` -> `CustomerReferenceId`, `cod_actual` -> `CODActual`."""
    return "".join(_UPPER.get(word, word.capitalize()) for word in field_name.split("_"))


def schema_name(class_name: str) -> str:
    """How the outside calls a class: `NewOrder`; `PageOf[EndpointModel]` -> `PageOfEndpoint`."""
    return re.sub(r"Model(?![a-z])|[\W_]", "", class_name)


class ApiModel(BaseModel):
    model_config = ConfigDict(
        alias_generator=member_name,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
        coerce_numbers_to_str=True,
    )

    def as_answer(self) -> dict[str, Any]:
        """Every member, null where there is nothing; whether nulls are left out is settled when it is sent."""
        return self.model_dump(by_alias=True, mode="json")

    def as_data(self) -> dict[str, Any]:
        """As an event carries it: null members left out."""
        return self.model_dump(by_alias=True, mode="json", exclude_none=True)


# Whether members that a request does not know are refused where it is being read; they are ignored by default.
refuse_unknown: ContextVar[bool] = ContextVar("refuse_unknown", default=False)


# Whether empty text clears a member of what is being read; by default it stands for "absent".
clear_empty: ContextVar[bool] = ContextVar("clear_empty", default=False)


class Request(ApiModel):
    _emptied: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def emptied(self) -> frozenset[str]:
        """Return the fields that were sent as empty text, where that is to clear them."""
        return self._emptied

    # What GET answers about the same thing: members that only it has are read-only, so they are passed over when a
    # caller sends back what was answered.
    answered_as: ClassVar[type[ApiModel] | None] = None

    @model_validator(mode="wrap")
    @classmethod
    def _fold_case(cls, value: Any, handler: ModelWrapValidatorHandler["Request"]) -> "Request":
        if isinstance(value, dict):
            names = _folded_names(cls)
            value = {names.get(key.lower(), key) if isinstance(key, str) else key: part for key, part in value.items()}
            if refuse_unknown.get():
                _check_known(cls, value)
        read = handler(value)
        if isinstance(value, dict) and clear_empty.get():
            aliases = {field.alias or name: name for name, field in cls.model_fields.items()}
            blank = (key for key, part in value.items() if isinstance(part, str) and not part.strip())
            read._emptied = frozenset(aliases[key] for key in blank if key in aliases)  # noqa: SLF001 - it is our own
        return read


def _check_known(model: type[Request], members: Iterable[str]) -> None:
    """Raise `ValidationError` that names the members which the model does not know, and what they are close to."""
    names = _folded_names(model)
    # By the names of fields too: that is how entries of directories are read from the database.
    known = {*names.values(), *model.model_fields}
    read_only = _folded_names(model.answered_as) if model.answered_as else {}
    unknown = (key for key in members if key not in known and str(key).lower() not in read_only)
    if faults := [_not_known(key, names) for key in islice(unknown, MAX_FAULTS)]:
        raise ValidationError.from_exception_data(model.__name__, faults)


MAX_FAULTS = 20  # that one answer names


def _not_known(key: str, names: dict[str, str]) -> InitErrorDetails:
    told = PydanticCustomError("unknown", "is not known here. {instead}", {"instead": instead_of(key, names)})
    return InitErrorDetails(type=told, loc=(key[:_LONGEST_NAME],), input=None)


_LONGEST_NAME = 100  # letters of an unknown name that are worth comparing and repeating


def instead_of(name: str, known: dict[str, str]) -> str:
    """What a caller may have meant by an unknown name: the nearest known one, or which there are; by lower case."""
    if not known:
        return "Nothing is."
    close = difflib.get_close_matches(name[:_LONGEST_NAME].lower(), known, 1)
    return f"Did you mean {known[close[0]]}?" if close else f"Known are {', '.join(known.values())}."


def _folded_names(model: type[BaseModel]) -> dict[str, str]:
    found: dict[str, str] | None = model.__dict__.get("_folded")
    if found is None:
        aliases = [field.alias or name for name, field in model.model_fields.items() if not field.exclude]
        found = {alias.lower(): alias for alias in aliases}
        type.__setattr__(model, "_folded", found)
    return found


# What neither XML nor PostgreSQL can carry: control characters other than tab and line ends, and two that are none.
_UNSPEAKABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def speakable(value: str) -> str:
    """The text without blanks around it. Raises `ValueError` when it holds a control character."""
    if found := _UNSPEAKABLE.search(value):
        raise ValueError(f"must not hold the control character U+{ord(found[0]):04X}")
    return value.strip()


def without_controls(value: str) -> str:
    """The text with U+FFFD where a character stands that XML cannot carry."""
    return _UNSPEAKABLE.sub("\ufffd", value)


def text(value: Any) -> Any:
    """Text without blanks around it; empty text stands for "absent"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return (speakable(value) or None) if isinstance(value, str) else value


def absent(value: Any) -> Any:
    """Empty text where something else is due stands for "absent"."""
    return None if isinstance(value, str) and not value.strip() else value


# How .NET writes a time that was never set, with or without fractions and a zone.
_NEVER = re.compile(r"0001-01-01([T ]00:00(:00(\.0+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)


def never(value: Any) -> Any:
    """The first moment of the calendar stands for "absent"."""
    return None if isinstance(value, str) and _NEVER.fullmatch(value.strip()) else value


def _wall_time(value: Any) -> Any:
    """Text that `local_time` can read, whatever the zone and the day will be."""
    value = never(absent(value))
    if value is not None:  # a number is no time, although it could be made a text
        local_time(str(value), ZoneInfo("UTC"), date(2000, 1, 1))
    return value


# Limits stand inside the union with None: outside they would be put to None as well.
Text = Annotated[str | None, BeforeValidator(text)]
Text15 = Annotated[Annotated[str, Field(max_length=15)] | None, BeforeValidator(text)]
Text30 = Annotated[Annotated[str, Field(max_length=30)] | None, BeforeValidator(text)]
Text45 = Annotated[Annotated[str, Field(max_length=45)] | None, BeforeValidator(text)]
Text50 = Annotated[Annotated[str, Field(max_length=50)] | None, BeforeValidator(text)]
Text95 = Annotated[Annotated[str, Field(max_length=95)] | None, BeforeValidator(text)]
Text100 = Annotated[Annotated[str, Field(max_length=100)] | None, BeforeValidator(text)]
Text128 = Annotated[Annotated[str, Field(max_length=128)] | None, BeforeValidator(text)]
Text255 = Annotated[Annotated[str, Field(max_length=255)] | None, BeforeValidator(text)]
Text500 = Annotated[Annotated[str, Field(max_length=500)] | None, BeforeValidator(text)]
Text4000 = Annotated[Annotated[str, Field(max_length=4000)] | None, BeforeValidator(text)]
Number = Annotated[float | None, BeforeValidator(absent)]
Amount = Annotated[Annotated[float, Field(ge=0)] | None, BeforeValidator(absent)]  # of what was really there
Whole = Annotated[Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None, BeforeValidator(absent)]
Flag = Annotated[bool | None, BeforeValidator(absent)]
Latitude = Annotated[Annotated[float, Field(ge=-90, le=90)] | None, BeforeValidator(absent)]
Longitude = Annotated[Annotated[float, Field(ge=-180, le=180)] | None, BeforeValidator(absent)]
# Kept as sent: `local_time` needs the zone and the day.
WallTime = Annotated[
    str | None,
    BeforeValidator(_wall_time),
    Field(description="`yyyy-MM-dd`, `yyyy-MM-ddTHH:mm:ss`, also with a zone, or `HH:mm` on the day that is due."),
]


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # no zone can carry these over the ends of the calendar
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")


def is_time_of_day(value: str) -> bool:
    """Return whether a time that `local_time` can read names no day: `HH:mm[:ss]`."""
    return _TIME.fullmatch(value.strip()) is not None


def local_time(value: str, zone: ZoneInfo, day: date) -> datetime:
    """A wall-clock time as callers write it, in the account's zone, to the second and without zone.

    Takes `yyyy-MM-dd`, `yyyy-MM-ddTHH:mm[:ss[.fff]]` with or without a zone, and `HH:mm[:ss]` on the given day.
    Raises `ValueError` when it is none of these.
    """
    value = value.strip()
    try:
        if _TIME.fullmatch(value):
            return datetime.combine(day, time.fromisoformat(value.zfill(len(value) + (value.index(":") == 1))))
        read = datetime.fromisoformat(value) if _DATE.match(value) else None
    except ValueError:
        read = None
    if read is None:
        raise ValueError("must be a date (yyyy-MM-dd), a date and time (yyyy-MM-ddTHH:mm:ss) or a time (HH:mm)")
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise ValueError(f"must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    if read.tzinfo is not None:
        read = read.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    return read.replace(microsecond=0)
