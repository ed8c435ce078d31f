"""`waybell doctor`: checks of everything that an installation needs, each with a remedy where it fails.

A check never raises and changes nothing. A check that needs what an earlier one found missing is left out, because the
first fault must be mended first. The functions `judge_...` are pure; the others read.
"""

import json
import os
import shutil
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import certifi
import pycurl
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from waybell.accounts import actions as accounts
from waybell.db.database import Database
from waybell.db.url import masked, without_secrets
from waybell.ground.errors import SetupError
from waybell.installation import heartbeats, key_check, rotation
from waybell.running.first_start import needs_folder, on_sqlite
from waybell.running.server_socket import listen
from waybell.schema import migrate
from waybell.schema.sealed import SEALED
from waybell.settings import Settings, certificates_in, load
from waybell.vault import key_file, open_vault
from waybell.webhooks.history import queue_metrics

Verdict = Literal["ok", "warning", "fault"]

_OLDEST_SQLITE = (3, 35)
_OLDEST_POSTGRES = (14,)
_LATE = timedelta(minutes=1)
_MOST_LATE = 10
_STARTING = 20.0  # seconds that a server may take to start
_BETWEEN_LOOKS = 0.2  # seconds
_ON_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_CLOCKS_APART = timedelta(seconds=5)
# A clock may show the years from this release to the limits of certificates and 32-bit clocks.
_SANE_YEARS = range(2026, 2038)
_LITTLE_DISK = 1024**3
_NO_DISK = 100 * 1024**2
_CURL_ASYNC_DNS = 1 << 7  # CURL_VERSION_ASYNCHDNS
_CURL_SSL = 1 << 2  # CURL_VERSION_SSL
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    verdict: Verdict
    detail: str
    remedy: str = ""  # a command or a setting, when something is to be done


def examine() -> list[Finding]:
    """Return all findings, in the order in which they are best mended."""
    try:
        settings = load()
    except SetupError as error:
        return [Finding("settings", "fault", str(error), "Correct it in the environment or in waybell.toml.")]
    source = os.environ.get("WAYBELL_CONFIG", "waybell.toml")
    file = f" and {source}" if Path(source).exists() else ""
    port = _port(settings)  # first, because it waits for a server that is starting
    return [
        Finding("settings", "ok", f"read from the environment{file}"),
        *_folder(settings),
        *_database(settings),
        *_key_file(settings),
        judge_clock(datetime.now(UTC)),
        port,
        judge_public_url(settings),
        *_proxy(settings),
        judge_bundle(settings.ca_file or Path(certifi.where())),
        judge_curl(pycurl.version_info()[1], pycurl.version_info()[4]),
        *_disk(settings),
    ]


def _folder(settings: Settings) -> Iterator[Finding]:
    if not needs_folder(settings):
        return
    folder = settings.data_dir.resolve()
    if not folder.exists():
        yield Finding("data folder", "warning", f"{folder} is not there yet", "The first start makes it: waybell serve")
    elif not folder.is_dir():
        yield Finding("data folder", "fault", f"{folder} is not a folder", "Name another one with WAYBELL_DATA_DIR.")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("data folder", "fault", f"{folder} is not writable", f"Run: chown -R $(id -u) {folder}")
    elif os.name == "posix" and folder.stat().st_mode & _OTHERS_MAY:
        yield Finding("data folder", "warning", f"{folder} is open to other users", f"Run: chmod 700 {folder}")
    else:
        yield Finding("data folder", "ok", str(folder))


def _key_file(settings: Settings) -> Iterator[Finding]:
    path = key_file(settings)
    if os.name == "posix" and settings.secret_key is None and path.exists() and path.stat().st_mode & _OTHERS_MAY:
        yield Finding("secret key file", "warning", f"{path} is open to other users", f"Run: chmod 600 {path}")


def _database(settings: Settings) -> Iterator[Finding]:
    url = settings.resolved_database_url
    where = masked(url)
    if on_sqlite(settings) and not Path(make_url(url).database or "").exists():
        yield Finding("database", "warning", f"{where} is not there yet", "The first start makes it: waybell serve")
        return
    try:
        with _opened(settings) as database:
            yield _version(database, where)
            yield from _contents(settings, database)
    except DBAPIError as error:
        yield Finding(
            "database",
            "fault",
            f"{where} does not answer: {without_secrets(url, str(error.orig).strip())}",
            "Give this user the file." if on_sqlite(settings) else "Start PostgreSQL, or correct WAYBELL_DATABASE_URL.",
        )


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    database = Database(settings.resolved_database_url, pool_size=1)
    try:
        yield database
    finally:
        database.close()


def _version(database: Database, where: str) -> Finding:
    with database.engine.connect() as connection:
        version: tuple[Any, ...] = connection.dialect.server_version_info or (0,)
    return judge_version(version, where, on_sqlite=database.is_sqlite)


def judge_version(version: tuple[int, ...], where: str, *, on_sqlite: bool) -> Finding:
    name = f"{'SQLite' if on_sqlite else 'PostgreSQL'} {'.'.join(map(str, version))}"
    oldest = _OLDEST_SQLITE if on_sqlite else _OLDEST_POSTGRES
    if version < oldest:
        needed = ".".join(map(str, oldest))
        remedy = (
            f"Use a Python built with SQLite {needed} or newer." if on_sqlite else f"Update it to {needed} or newer."
        )
        return Finding("database", "fault", f"{name} is too old", remedy)
    return Finding("database", "ok", f"{name}, {where}")


def _contents(settings: Settings, database: Database) -> Iterator[Finding]:
    try:
        migrate.check(database)
    except SetupError as error:
        detail, _, remedy = str(error).partition(" Run: ")
        how = f"Run: {remedy}" if remedy else "Start the version of Waybell that this database belongs to."
        yield Finding("schema", "fault", detail, how)
        return
    yield Finding("schema", "ok", migrate.newest())
    yield from _secret_key(settings, database)
    if not database.is_sqlite:
        yield _database_clock(database)
    yield _dispatcher(settings, database)
    yield from _late(settings, database)
    with database.reading() as tx:
        if accounts.is_empty(tx):
            yield Finding("account", "warning", "there is none yet", "The first start makes one: waybell serve")


def _secret_key(settings: Settings, database: Database) -> Iterator[Finding]:
    with database.reading() as tx:
        if not key_check.is_remembered(tx):
            yield Finding("secret key", "warning", "not in use yet", "The first start makes it: waybell serve")
            return
        try:
            vault = open_vault(settings)
            key_check.verify(tx, vault)
        except SetupError as error:
            remedy = f"Set WAYBELL_SECRET_KEY, or put {key_file(settings)} back from a backup."
            yield Finding("secret key", "fault", str(error), remedy)
            return
    source = "WAYBELL_SECRET_KEY" if settings.secret_key else str(key_file(settings))
    yield Finding("secret key", "ok", f"{source} is the one that this database was used with")
    if vault.key_count > 1:
        yield judge_old_keys(vault.key_count - 1, rotation.count_older(database, vault, SEALED))


def judge_old_keys(keys: int, secrets: int) -> Finding:
    """Judge the keys behind the newest one; `secrets` is the number of values that they still encrypt."""
    if secrets:
        detail = f"{secrets} secrets are still encrypted with an old key"
        return Finding("old secret keys", "warning", detail, "Run: waybell secret-key rotate")
    detail = f"{keys} behind the newest; no secret needs them, links of the last day may"
    return Finding("old secret keys", "warning", detail, "A day after the rotation: waybell secret-key retire")


def _database_clock(database: Database) -> Finding:
    apart = abs(database.clock_ahead())
    detail = f"this machine and the database are {apart.total_seconds():.1f} s apart"
    if apart > _CLOCKS_APART:
        return Finding("database clock", "fault", detail, "Let both follow NTP: timedatectl set-ntp true")
    return Finding("database clock", "ok", detail)


def _dispatcher(settings: Settings, database: Database) -> Finding:
    deadline = time.monotonic() + _STARTING
    while True:
        with database.reading() as tx:
            last = heartbeats.last_beat(tx, heartbeats.DISPATCHER)
        if last is not None and heartbeats.is_fresh(last, database.clock.now()):
            return Finding("dispatcher", "ok", f"{last.process} makes progress")
        if time.monotonic() >= deadline or _answer(settings) != "waybell":  # otherwise a server may be starting
            break
        time.sleep(_BETWEEN_LOOKS)
    if last is None:
        return Finding("dispatcher", "warning", "has never run here", "Run: waybell serve")
    return Finding(
        "dispatcher",
        "warning",
        f"{last.process} made its last progress at {last.at:%Y-%m-%d %H:%M:%S} UTC",
        "Run: waybell serve. If it does run, its log says what it waits for.",
    )


def _late(settings: Settings, database: Database) -> Iterator[Finding]:
    """Yield the endpoints behind the alerts on late messages, because metrics do not name endpoints."""
    with database.reading() as tx:
        found = queue_metrics.latest(tx, _LATE, _MOST_LATE)
    for one in found:
        yield Finding(
            "late endpoint",
            "warning",
            f"{one.endpoint_id} ({urlsplit(one.url).netloc}) of {one.account_id}: its oldest message has been due for "
            f"{one.seconds / 60:.0f} min",
            f"It may take less than it is sent: {settings.base_url}/settings/web-api/webhooks/{one.endpoint_id}",
        )


def judge_clock(now: datetime) -> Finding:
    if now.year not in _SANE_YEARS:
        return Finding("clock", "fault", f"it is not {now:%Y-%m-%d}", "Set the clock: timedatectl set-ntp true")
    if not time.get_clock_info("monotonic").monotonic:
        return Finding("clock", "fault", "this system has no monotonic clock", "Use another operating system.")
    return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    try:
        listen(settings).close()
    except SetupError as error:
        deadline = time.monotonic() + _STARTING
        while (answer := _answer(settings)) == "nothing" and time.monotonic() < deadline:
            time.sleep(_BETWEEN_LOOKS)
        if answer == "waybell":
            return Finding("port", "ok", f"a Waybell answers at {where}")
        return Finding("port", "fault", str(error), "Set WAYBELL_PORT to a free port, or stop the program that has it.")
    return Finding("port", "ok", f"{where} is free")


def judge_public_url(settings: Settings) -> Finding:
    if settings.public_url:
        return Finding("public URL", "ok", settings.base_url)
    detail = f"WAYBELL_PUBLIC_URL is not set, so links lead to {settings.base_url}"
    if settings.trusted_proxies or settings.host not in _ON_THIS_MACHINE:
        remedy = "Set WAYBELL_PUBLIC_URL to the URL by which browsers and drivers reach this server."
        return Finding("public URL", "warning", detail, remedy)
    return Finding("public URL", "ok", f"{detail}; set it where a proxy stands before this server")


def _proxy(settings: Settings) -> Iterator[Finding]:
    if not settings.base_url.startswith("https:"):
        return
    # Waybell does not speak TLS itself, so there must be a proxy.
    if settings.trusted_proxies:
        yield Finding("proxy", "ok", f"believed about callers: {', '.join(map(str, settings.trusted_proxies))}")
    else:
        yield Finding(
            "proxy",
            "warning",
            "none is trusted, so all callers count as one place, and keys that are held to networks know one address",
            "Set WAYBELL_TRUSTED_PROXIES to its address, and let it set X-Forwarded-For.",
        )


def _answer(settings: Settings) -> Literal["waybell", "another", "nothing"]:
    """Return which program answers on our port; a server that is starting holds the port without answering."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # our own port is not behind a proxy
    try:
        with opener.open(f"http://{host}:{settings.port}/healthz", timeout=3) as answer:
            return "waybell" if "Waybell" in json.load(answer).get("Detail", "") else "another"
    except (urllib.error.HTTPError, ValueError, AttributeError):
        return "another"
    except OSError:
        return "nothing"


def judge_bundle(bundle: Path) -> Finding:
    try:
        count = certificates_in(bundle)
    except OSError:
        count = 0
    if count == 0:
        return Finding(
            "TLS bundle",
            "fault",
            f"{bundle} holds no certificates",
            "Run: python -m pip install --force-reinstall certifi",
        )
    return Finding("TLS bundle", "ok", f"{count} certificates, {bundle}")


def judge_curl(version: str, features: int) -> Finding:
    remedy = "Run: python -m pip install --force-reinstall pycurl"
    if not features & _CURL_SSL:
        return Finding("libcurl", "fault", f"{version} cannot do TLS", remedy)
    if not features & _CURL_ASYNC_DNS:
        return Finding("libcurl", "fault", f"{version} waits for DNS, which would hold up all endpoints", remedy)
    return Finding("libcurl", "ok", f"{version} with TLS and asynchronous DNS")


def _disk(settings: Settings) -> Iterator[Finding]:
    if needs_folder(settings) and settings.data_dir.exists():
        yield judge_disk(shutil.disk_usage(settings.data_dir).free)


def judge_disk(free: int) -> Finding:
    detail = f"{free / 1024**3:.1f} GiB free beside the database"
    if free < _NO_DISK:
        return Finding("disk", "fault", detail, "Free some space: without it no order and no message can be stored.")
    if free < _LITTLE_DISK:
        return Finding(
            "disk", "warning", detail, "Free some space, or keep less: WAYBELL_KEEP_EVENTS, WAYBELL_KEEP_ATTEMPTS."
        )
    return Finding("disk", "ok", detail)
