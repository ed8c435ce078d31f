"""The base models of all documents: PascalCase members, lenient when read, plain when written.

`ApiModel` is the base of what the server answers, stores and sends. `Request` is the base of what callers send; it
accepts the habits of real clients: member names in another letter case, numbers as text, text as numbers, empty text
for an absent value, and unknown members.
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
    """Return the member name of a field, such as `CustomerId` for `customer_id`, `CODActual` for `cod_actual`."""
    return "".join(_UPPER.get(word, word.capitalize()) for word in field_name.split("_"))


def schema_name(class_name: str) -> str:
    """Return the outside name of a class: `NewOrder`; `PageOf[EndpointModel]` -> `PageOfEndpoint`."""
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
        """Return every member, null where it has no value; the web layer decides later whether to omit nulls."""
        return self.model_dump(by_alias=True, mode="json")

    def as_data(self) -> dict[str, Any]:
        """Return the members that are not null, as an event carries them."""
        return self.model_dump(by_alias=True, mode="json", exclude_none=True)


# True while reading a request whose unknown members are to be refused; by default they are ignored.
refuse_unknown: ContextVar[bool] = ContextVar("refuse_unknown", default=False)


# True while reading a request in which empty text clears a member; by default empty text stands for "absent".
clear_empty: ContextVar[bool] = ContextVar("clear_empty", default=False)


class Request(ApiModel):
    _emptied: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def emptied(self) -> frozenset[str]:
        """The fields that were sent as empty text in order to clear them."""
        return self._emptied

    # The model of GET's answer about the same object. Members missing in this request are read-only, and ignored when a
    # caller sends an answer back.
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
    """Raise `ValidationError` that names each unknown member and a similar known one."""
    names = _folded_names(model)
    # The names of fields count too, because directory entries are read from the database by them.
    known = {*names.values(), *model.model_fields}
    read_only = _folded_names(model.answered_as) if model.answered_as else {}
    unknown = (key for key in members if key not in known and str(key).lower() not in read_only)
    if faults := [_not_known(key, names) for key in islice(unknown, MAX_FAULTS)]:
        raise ValidationError.from_exception_data(model.__name__, faults)


MAX_FAULTS = 20  # the most that one answer names


def _not_known(key: str, names: dict[str, str]) -> InitErrorDetails:
    fault = PydanticCustomError("unknown", "is not known here. {instead}", {"instead": instead_of(key, names)})
    return InitErrorDetails(type=fault, loc=(key[:_LONGEST_NAME],), input=None)


_LONGEST_NAME = 100  # the most letters of an unknown name to compare and repeat


def instead_of(name: str, known: dict[str, str]) -> str:
    """Return a hint for an unknown name: the nearest known one, or all known ones.

    The keys of `known` are in lower case.
    """
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


# Control characters other than tab and line ends, and two noncharacters; neither XML nor PostgreSQL can hold them.
_UNSPEAKABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def speakable(value: str) -> str:
    """Return the text without surrounding blanks.

    Raise `ValueError` when it holds a control character.
    """
    if found := _UNSPEAKABLE.search(value):
        raise ValueError(f"must not hold the control character U+{ord(found[0]):04X}")
    return value.strip()


def without_controls(value: str) -> str:
    """Replace each character that XML cannot hold by U+FFFD."""
    return _UNSPEAKABLE.sub("\ufffd", value)


def text(value: Any) -> Any:
    """Strip blanks from text, and turn empty text into None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return (speakable(value) or None) if isinstance(value, str) else value


def absent(value: Any) -> Any:
    """Turn empty text into None, for members that are not text."""
    return None if isinstance(value, str) and not value.strip() else value


# The ways in which .NET writes a time that was never set, with or without fractions and a zone.
_NEVER = re.compile(r"0001-01-01([T ]00:00(:00(\.0+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)


def never(value: Any) -> Any:
    """Turn the first moment of the calendar into None."""
    return None if isinstance(value, str) and _NEVER.fullmatch(value.strip()) else value


def _wall_time(value: Any) -> Any:
    """Check that `local_time` can read the text, whatever the zone and the day."""
    value = never(absent(value))
    if value is not None:  # a number is no time, although it could be turned into text
        local_time(str(value), ZoneInfo("UTC"), date(2000, 1, 1))
    return value


# A limit stands inside the union with None; outside, pydantic would apply it to None as well.
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
Amount = Annotated[Annotated[float, Field(ge=0)] | None, BeforeValidator(absent)]  # a physical amount
Whole = Annotated[Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None, BeforeValidator(absent)]
Flag = Annotated[bool | None, BeforeValidator(absent)]
Latitude = Annotated[Annotated[float, Field(ge=-90, le=90)] | None, BeforeValidator(absent)]
Longitude = Annotated[Annotated[float, Field(ge=-180, le=180)] | None, BeforeValidator(absent)]
# The text stays as it was sent, because `local_time` needs the account's zone and the day.
WallTime = Annotated[
    str | None,
    BeforeValidator(_wall_time),
    Field(description="`yyyy-MM-dd`, `yyyy-MM-ddTHH:mm:ss`, also with a zone, or `HH:mm` on the day that is due."),
]


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # no time zone can shift these years past the ends of the calendar
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")


def is_time_of_day(value: str) -> bool:
    """Return whether a time that `local_time` can read is `HH:mm[:ss]`, without a day."""
    return _TIME.fullmatch(value.strip()) is not None


def local_time(value: str, zone: ZoneInfo, day: date) -> datetime:
    """Read a wall-clock time and convert it to the account's zone, to the second, as a `datetime` without a zone.

    Accept `yyyy-MM-dd`, `yyyy-MM-ddTHH:mm[:ss[.fff]]` with or without a zone, and `HH:mm[:ss]` on the given day. Raise
    `ValueError` for any other text.
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
