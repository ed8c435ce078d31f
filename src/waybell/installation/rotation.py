"""Rotation of the secret key: stored secrets are encrypted again with the newest key while the servers run.

It works in small batches, each in a transaction of its own. Values under the newest key are skipped, so an interrupted
rotation can simply be started again. A value that a server changes meanwhile is left as the server wrote it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Row, bindparam, select, update

from waybell.accounts import actions as accounts
from waybell.accounts import audit, people
from waybell.db.database import Database, Tx
from waybell.installation import key_check
from waybell.installation.tables import installation
from waybell.vault import Vault, keep_newest

Sealed = Sequence[Column[str]]  # the columns that hold encrypted values, except the key check
BATCH = 100


def is_complete(tx: Tx, vault: Vault) -> bool:
    """Return whether everything is encrypted with the newest key."""
    sealed = tx.execute(select(installation.c.key_check)).scalar_one()
    return vault.is_of_newest(sealed)


def count_older(database: Database, vault: Vault, sealed: Sealed) -> int:
    """Return how many values still need an older key. It decrypts each value: a second for some 20,000."""
    with database.reading() as tx:
        in_keys = int(not is_complete(tx, vault))
    return in_keys + sum(
        not vault.is_of_newest(row.sealed) for column in sealed for rows in _batches(database, column) for row in rows
    )


def reseal(database: Database, vault: Vault, sealed: Sealed) -> int:
    """Encrypt every remaining value with the newest key, and return how many values that were.

    Raise `SetupError` when the key of a value is missing; the batches before it stay converted.
    """
    done = 0
    for column in sealed:
        for rows in _batches(database, column):
            older = [row for row in rows if not vault.is_of_newest(row.sealed)]
            if older:
                done += _reseal(database, vault, column, older)
    with database.transaction() as tx:
        if not is_complete(tx, vault):
            key_check.renew(tx, vault)
            _put_on_record(tx, "rotated the secret key of this installation")
    return done


def retire(database: Database, file: Path) -> None:
    """Drop the older keys from the key file, with an audit entry.

    Raise `OSError` when the file cannot be written, and then keep everything as it was.
    """
    with database.transaction() as tx:
        _put_on_record(tx, "retired the old secret keys of this installation")
        keep_newest(file)


def _put_on_record(tx: Tx, act: str) -> None:
    for account in accounts.list_accounts(tx):
        audit.record(tx, people.in_terminal(account), act, account.id)


def _batches(database: Database, column: Column[str]) -> Iterator[list[Row[Any]]]:
    """Yield batches of ids and encrypted values of a column, ordered by id."""
    key = column.table.c.id
    last = ""
    while True:
        query = select(key, column.label("sealed")).where(key > last, column.is_not(None)).order_by(key).limit(BATCH)
        with database.reading() as tx:
            rows = list(tx.execute(query))
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _reseal(database: Database, vault: Vault, column: Column[str], rows: list[Row[Any]]) -> int:
    values = [{"row": row.id, "before": row.sealed, "after": vault.seal(vault.open(row.sealed))} for row in rows]
    unchanged = (column.table.c.id == bindparam("row")) & (column == bindparam("before"))
    statement = update(column.table).where(unchanged).values({column: bindparam("after")})
    with database.transaction() as tx:
        return sum(tx.execute(statement, value).rowcount for value in values)
