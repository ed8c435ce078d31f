"""Every setting with its default. Environment variables `WAYBELL_*` override a TOML file, which overrides the defaults.

The TOML file is `waybell.toml` in the current folder, or the file that `WAYBELL_CONFIG` names. An unknown key in either
place stops the start, so that a misspelt setting does not silently keep its default.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import time, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from waybell.ground.errors import SetupError
from waybell.ground.rates import MAX_RATE, Rates
from waybell.wire.sizes import MAX_GOODS_LINES

_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - addresses to listen on, which nobody can connect to
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# These variables begin like settings but are read elsewhere: the path of the file, the test run, a parent process.
_NOT_SETTINGS = ("WAYBELL_CONFIG", "WAYBELL_LISTEN_SECRET", "WAYBELL_TEST_", "WAYBELL_SUPERVISED")


def _duration(value: object) -> object:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*", value) if isinstance(value, str) else None
    if match:
        return timedelta(**{_UNITS[match[2]]: float(match[1])})
    if isinstance(value, timedelta):
        return value
    raise ValueError("write a number with a unit, such as 500ms, 15s, 5m, 2h or 1d")


def _list(value: object) -> object:
    """Accept a list written as comma-separated text, as in the environment."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _pairs(value: object) -> object:
    """Accept pairs written as `one=other,one=other`."""
    parts = _list(value)
    if not isinstance(parts, list):
        return parts
    if any(not isinstance(part, str) or part.count("=") != 1 for part in parts):
        raise ValueError("write pairs with commas between them, such as RouteStarted=RouteDispatched")
    return {name.strip(): other.strip() for name, _, other in (part.partition("=") for part in parts)}


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Network = IPv4Network | IPv6Network


class Settings(BaseModel):
    """The settings. Durations are written with a unit (`15s`, `5m`, `2h`, `5d`), lists with commas."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    data_dir: Path = Field(Path("waybell-data"), description="The folder that holds the database and the keys.")
    database_url: str | None = Field(
        None, description="`postgresql://user:password@host/name`; without it SQLite in the data folder."
    )
    database_wait: Duration = Field(
        timedelta(minutes=1),
        description="How long `serve`, `web` and `dispatch` wait at their start for a PostgreSQL that does not answer "
        "yet.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Encrypts secrets at rest; several keys by commas, newest first. Default: a file in data_dir.",
    )
    host: str = Field("127.0.0.1", description="The address that the web server listens on.")
    port: int = Field(8080, ge=0, le=65535, description="The port that the web server listens on.")
    public_url: str | None = Field(
        None, description="The address at which the outside reaches this server, for links; default http://host:port."
    )
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_list)] = Field(
        (),
        description="Addresses and networks (CIDR) of reverse proxies, which are believed where a caller comes from "
        "(`X-Forwarded-For`); `127.0.0.1` for one on this machine.",
    )
    log_format: Annotated[str, Field(pattern="^(auto|console|json)$")] = Field(
        "auto", description="`console`, `json`, or `auto`: console on a terminal, json elsewhere."
    )

    api_at_root: bool = Field(
        default=True,
        description="The operations of the Track-POD API answer at the root too, `/Order` as well as `/api/Order`; "
        "`false` where a proxy guards `/api` alone.",
    )
    new_route_status: Annotated[str, Field(pattern="^(Ready|Draft)$")] = Field(
        "Ready", description="What a new route is: `Ready`, or `Draft` until somebody makes it Ready."
    )
    not_loaded_orders: Annotated[str, Field(pattern="^(reject|keep)$")] = Field(
        "reject",
        description="What becomes of an order on a route that is noted as not-loaded: `reject` makes it Not delivered, "
        "so that it cannot be completed; `keep` leaves its status.",
    )
    event_names: Annotated[dict[str, str], BeforeValidator(_pairs)] = Field(
        {},
        description="Other names for built-in event types, `RouteStarted=RouteDispatched`: webhooks carry and "
        "endpoints ask for these. Endpoints that asked before a type was renamed still get it.",
    )
    null_members: Annotated[str, Field(pattern="^(omit|send)$")] = Field(
        "omit",
        description="Members that are null in JSON answers of the Track-POD API's operations: `omit` them, as XML and "
        "webhooks do, or `send` them. Waybell's own operations send them.",
    )
    unknown_members: Annotated[str, Field(pattern="^(ignore|refuse)$")] = Field(
        "ignore",
        description="Members of requests of the Track-POD API that are not known: `ignore` them, or `refuse` with "
        "400, to test a client strictly. Waybell's own operations always refuse them.",
    )

    max_body_bytes: int = Field(1024 * 1024, ge=1024, description="The largest request body.")
    max_import_bytes: int = Field(
        20 * 1024 * 1024, ge=1024, description="The largest file of orders that can be imported."
    )
    max_bulk_bytes: int = Field(
        10 * 1024 * 1024, ge=1024, description="The largest body of a bulk request, or picture."
    )

    max_goods_lines: int = Field(
        MAX_GOODS_LINES,
        ge=1,
        le=10_000,
        description="The most lines of goods of an order. All orders of a request together have five times as many at "
        "the most, all orders of a route three times as many.",
    )

    calls_per_second: int = Field(20, ge=1, le=MAX_RATE, description="API calls of a key that has no rates of its own.")
    calls_per_minute: int = Field(400, ge=1, le=MAX_RATE, description="API calls of such a key in a minute.")
    pdf_calls_per_second: int = Field(2, ge=1, le=MAX_RATE, description="Calls of such a key for PDF documents.")
    label_calls_per_second: int = Field(10, ge=1, le=MAX_RATE, description="Calls of such a key for shipping labels.")

    allow_http_endpoints: bool = Field(default=False, description="Endpoints may be plain http://.")
    allowed_networks: Annotated[tuple[Network, ...], BeforeValidator(_list)] = Field(
        (), description="Networks (CIDR) that endpoints may lie in although they are not public."
    )

    ca_file: Path | None = Field(
        None,
        description="A PEM file of the authorities that receivers' certificates are verified against, instead of the "
        "built-in ones: a company's own.",
    )

    attempt_timeout: Duration = Field(
        timedelta(seconds=15), description="The longest time for a whole exchange with a receiver."
    )
    connect_timeout: Duration = Field(
        timedelta(seconds=5), description="The longest time for name look-up, connect and TLS of an attempt."
    )
    retry_pauses: Annotated[tuple[Duration, ...], BeforeValidator(_list)] = Field(
        (timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5)),
        description="The pause before each automatic retry; there are as many retries as pauses.",
    )
    retry_jitter: float = Field(0.2, ge=0, lt=1, description="Pauses vary by this share, both ways.")
    retry_after_max: Duration = Field(
        timedelta(hours=24), description="The longest Retry-After of a receiver that is honoured."
    )
    lease: Duration = Field(
        timedelta(seconds=60),
        description="The lease of a claimed message, after which it is due again; longer than a timeout.",
    )

    park_after_failures: int = Field(
        10, ge=2, description="Failures in a row, without a success, that park an endpoint."
    )
    park_after_messages: int = Field(
        3, ge=1, description="The failures that park an endpoint cover at least so many messages."
    )
    probe_pauses: Annotated[tuple[Duration, ...], BeforeValidator(_list)] = Field(
        (
            timedelta(seconds=5),
            timedelta(seconds=15),
            timedelta(seconds=30),
            timedelta(minutes=1),
            timedelta(minutes=2),
            timedelta(minutes=5),
            timedelta(minutes=15),
        ),
        description="The pauses between probes of a parked endpoint; the last one repeats.",
    )
    disable_after: Duration = Field(timedelta(days=5), description="An endpoint parked for so long is disabled.")

    max_in_flight: int = Field(
        1024,
        ge=1,
        description="Attempts under way at once in one dispatcher, if so many files may be open. An endpoint holds up "
        "to an eighth of what is free, an account up to eight times what it leaves free, and some are kept for "
        "endpoints that answer.",
    )
    batch: int = Field(500, ge=1, description="The most messages that one transaction claims or records.")
    endpoint_concurrency: int = Field(
        16, ge=1, le=256, description="Attempts at once to an endpoint that sets no limit of its own."
    )
    poll_interval: Duration = Field(
        timedelta(seconds=1),
        description="How often a dispatcher looks for due messages when no hint wakes it.",
    )
    drain_timeout: Duration = Field(timedelta(seconds=20), description="How long a stop waits for attempts under way.")

    secret_overlap: Duration = Field(
        timedelta(hours=24), description="How long the old secret signs too after a rotation."
    )
    session_idle: Duration = Field(timedelta(days=7), description="A session of a user ends after so long without use.")
    optimize_limit: Duration = Field(
        timedelta(seconds=2), description="How long the search for a route's best sequence may take."
    )
    road_factor: float = Field(
        1.35,
        ge=1,
        le=10,
        description="Planned routes and estimates: the length of a road relative to the straight line.",
    )
    average_speed: float = Field(
        40, ge=1, le=200, description="Planned routes and estimates: km/h on the road, without stops."
    )
    unassigned_cut_off: time = Field(
        time(9),
        description="An order of today that is on no route by this time, in its account's zone, is an exception.",
    )

    keep_events: Duration = Field(
        timedelta(days=30),
        description="How long events and messages are kept; events on PostgreSQL up to 25 hours longer.",
    )
    keep_attempts: Duration = Field(
        timedelta(days=15), description="How long attempts are kept; on PostgreSQL up to 25 hours longer."
    )
    keep_imports: Duration = Field(
        timedelta(days=30), description="How long imports are kept with their files; the orders stay."
    )
    keep_deleted: Duration = Field(
        timedelta(days=365),
        description="How long tombstones of deleted orders and routes are kept; an order answers 410 until then.",
    )

    @field_validator("database_url")
    @classmethod
    def _a_database_we_speak(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not re.match(r"(postgresql|sqlite)(\+\w+)?://", value):
            raise ValueError("write postgresql://user:password@host/name, or leave it out for SQLite")
        return value

    @field_validator("ca_file")
    @classmethod
    def _a_file_of_certificates(cls, value: Path | None) -> Path | None:
        """Refuse a file without certificates at the start; otherwise every later attempt would fail its TLS check."""
        if value is None:
            return None
        try:
            if not certificates_in(value):
                raise ValueError(f"{value} holds no certificates; write them in PEM, one below the other")
        except OSError as error:
            raise ValueError(f"{value} cannot be read: {error.strerror}") from None
        return value

    @model_validator(mode="after")
    def _lease_outlives_timeout(self) -> "Settings":
        if self.lease < self.attempt_timeout + timedelta(seconds=10):
            raise ValueError("lease must be at least 10s longer than attempt_timeout, or messages are sent twice")
        return self

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'waybell.db').resolve()}"

    @property
    def default_rates(self) -> Rates:
        """The rate limits of an API key that has no rates of its own."""
        seconds = (self.pdf_calls_per_second, self.label_calls_per_second)
        return Rates(self.calls_per_second, self.calls_per_minute, *seconds)

    @property
    def base_url(self) -> str:
        """The address at which the outside reaches this server, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in _WILDCARDS else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def inbox_url(self) -> str:
        """The beginning of the URLs of the built-in inbox."""
        return f"{self.base_url}/in/"


def certificates_in(pem: Path) -> int:
    """Return how many certificates the file holds; 0 when it is not PEM.

    Raise `OSError` when the file cannot be read.
    """
    import ssl  # noqa: PLC0415 - rarely needed, and slow to import

    data = pem.read_bytes()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=data.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError):
        return 0
    return context.cert_store_stats()["x509"]


def load(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Return the settings in force.

    Raise `SetupError` when a key is wrong; its message lists each wrong key with what to write instead.
    """
    environment = os.environ if environment is None else environment
    values = _from_file(environment) | _from_environment(environment)
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = ["These settings are not usable:"]
        for part in error.errors():
            name = ".".join(map(str, part["loc"])) or "settings"
            lines.append(f"  {name}: {part['msg'].removeprefix('Value error, ')}")
        raise SetupError("\n".join(lines)) from None


def _from_file(environment: Mapping[str, str]) -> dict[str, Any]:
    path = Path(environment.get("WAYBELL_CONFIG", "waybell.toml"))
    if not path.exists():
        if "WAYBELL_CONFIG" in environment:
            raise SetupError(f"WAYBELL_CONFIG names {path}, which does not exist.")
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} is not TOML: {error}") from None
    for key in values:
        _check_known(key, key, f" in {path}")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for name, value in environment.items():
        if name.startswith("WAYBELL_") and not name.startswith(_NOT_SETTINGS):
            key = name.removeprefix("WAYBELL_").lower()
            _check_known(key, name, " in the environment")
            values[key] = value
    return values


def _check_known(key: str, written: str, where: str) -> None:
    if key not in Settings.model_fields:
        close = difflib.get_close_matches(key, Settings.model_fields, 1)
        hint = (
            f" Did you mean {written.replace(key, close[0]).replace(key.upper(), close[0].upper())}?" if close else ""
        )
        raise SetupError(f"Unknown setting {written}{where}.{hint}")


def sources(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the source of each setting that is not a default: the path of a file, or the name of a variable."""
    environment = os.environ if environment is None else environment
    path = environment.get("WAYBELL_CONFIG", "waybell.toml")
    return dict.fromkeys(_from_file(environment), path) | {
        key: f"WAYBELL_{key.upper()}" for key in _from_environment(environment)
    }


def as_text(settings: Settings, name: str) -> str:
    """Return the value of one setting as it is written in the file, with secrets masked."""
    value = getattr(settings, name)
    if name == "database_url" and value:
        from waybell.db.url import masked  # noqa: PLC0415 - only needed here, and SQLAlchemy is slow to import

        return masked(value)
    return _written(value)


def _written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case dict():
            return ",".join(f"{name}={other}" for name, other in value.items())
        case tuple():
            return ",".join(map(_written, value))
        case timedelta():
            return _written_duration(value)
    return str(value)


def _written_duration(value: timedelta) -> str:
    for unit in ("d", "h", "m", "s"):
        whole = timedelta(**{_UNITS[unit]: 1})
        if value >= whole and value % whole == timedelta():
            return f"{value // whole}{unit}"
    return f"{value / timedelta(milliseconds=1):g}ms"


def page() -> str:
    """Return the text of docs/settings.md: each setting with its default and its meaning."""
    settings = Settings()
    rows = [
        f"| `{name}` | `WAYBELL_{name.upper()}` | {f'`{default}`' if (default := as_text(settings, name)) else ''} "
        f"| {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return _PAGE_HEAD + "\n".join(rows) + "\n"


_PAGE_HEAD = """# Settings

Every setting has a default: `waybell serve` runs without any. Set one as a variable of the environment
(`WAYBELL_PORT=9000`) or in a file `waybell.toml` in the current folder (`port = 9000`); another file is named by
`WAYBELL_CONFIG`. The environment wins over the file. A name that is not listed here stops the start, and
`waybell config show` tells what is in force and where it comes from.

Durations are written with a unit (`500ms`, `15s`, `5m`, `2h`, `5d`), lists with commas. In the file everything may be
written as text.

| Name | Variable | Default | Meaning |
|---|---|---|---|
"""
