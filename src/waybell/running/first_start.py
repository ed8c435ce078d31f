"""Prepare what every process needs: data folder, secret key, schema, and at the very first start an account.

Several processes may run `prepare` at once, on one folder or on several machines with one PostgreSQL: one makes what is
missing, and the others wait for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from waybell.accounts import actions as accounts
from waybell.accounts import keys, people, sessions
from waybell.accounts.model import Account
from waybell.db import day_partitions
from waybell.db.database import Database
from waybell.db.url import masked, without_secrets
from waybell.events import epoch_check
from waybell.ground.errors import SetupError
from waybell.installation import epoch, key_check
from waybell.running.lock_files import lock_file
from waybell.schema import migrate
from waybell.settings import Settings
from waybell.upkeep import retention
from waybell.vault import ensure_key_file, open_vault

log = structlog.get_logger()

ADMIN_EMAIL = "admin@localhost"


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """The account made by the first start. Password and key exist in clear only here, to be shown once.

    `key_text` is empty when no key was requested.
    """

    account: Account
    email: str
    password: str = field(repr=False)
    key_text: str = field(repr=False)
    link_token: str = field(repr=False)  # of a link that signs the user in once


def prepare(
    settings: Settings,
    *,
    account_name: str = "My company",
    time_zone: str = "UTC",
    with_account: bool = True,
    with_key: bool = True,
) -> FirstAccount | None:
    """Make all missing parts; return the first account if this call made it, with an API key if `with_key` is set.

    Raise `SetupError` with a remedy for an old schema on PostgreSQL, a wrong secret key or an unusable folder.
    """
    with alone(settings), connect(settings) as database:
        if database.is_sqlite:
            migrate.upgrade(database)
        migrate.check(database)
        day_partitions.make_ahead(database, retention.DIVIDED)
        with database.reading() as tx:
            new = not key_check.is_remembered(tx)
        if new:
            ensure_key_file(settings)
        vault = open_vault(settings)
        with database.transaction() as tx:
            key_check.remember(tx, vault)
            if epoch.begin_on_copy(tx):
                log.warning("installation.put_back")
            epoch_check.check(tx)
            if not with_account or not accounts.is_empty(tx):
                return None
            account = accounts.create_account(tx, account_name, time_zone)
            password = people.made_up_password()
            kept = accounts.new_password(password)  # in the transaction, because no other user waits yet
            user_id = accounts.create_user(
                tx, account, email=ADMIN_EMAIL, name="Administrator", role="admin", password=kept
            )
            link_token = sessions.make_link(tx, user_id)
            key_text = keys.create(tx, people.in_terminal(account), "First key")[1] if with_key else ""
    return FirstAccount(account, ADMIN_EMAIL, password, key_text, link_token)


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Lock the data folder, made if missing, while the block runs.

    An installation with PostgreSQL and a key from the settings needs no folder. Raise `SetupError` when the folder
    cannot be written.
    """
    if not needs_folder(settings):
        yield
        return
    folder = settings.data_dir
    try:
        make_folder(folder)
        lock = lock_file(folder / "start.lock", wait=True)
        with lock:
            yield
    except OSError as error:
        raise SetupError(
            f"The data folder {folder.resolve()} is not writable: {error}. Give this user the folder, or name another "
            "one with WAYBELL_DATA_DIR."
        ) from None


def needs_folder(settings: Settings) -> bool:
    return on_sqlite(settings) or settings.secret_key is None


def on_sqlite(settings: Settings) -> bool:
    return make_url(settings.resolved_database_url).get_backend_name() == "sqlite"


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError:
        raise SetupError(f"WAYBELL_DATA_DIR names {folder.resolve()}, which is a file and not a folder.") from None


@contextmanager
def connect(settings: Settings) -> Iterator[Database]:
    """Open the database while the block runs.

    Raise `SetupError` when it cannot be reached or written.
    """
    database = Database(settings.resolved_database_url)
    try:
        yield database
    except DBAPIError as error:
        raise SetupError(unreachable(settings, error)) from None
    except OSError as error:  # about the files beside a SQLite database
        raise SetupError(f"{error}. Let this user write that file and its folder.") from None
    finally:
        database.close()


def unreachable(settings: Settings, error: DBAPIError) -> str:
    url = settings.resolved_database_url
    what = without_secrets(url, str(error.orig).strip())
    if on_sqlite(settings):
        return (
            f"The database file {make_url(url).database} cannot be used: {what}. Let this user write it and its "
            "folder, and look whether the disk is full; a damaged file is replaced from a back-up."
        )
    return f"The database {masked(url)} does not answer: {what}\nCheck WAYBELL_DATABASE_URL."
