"""Parts that commands share: options, the settings in force, a database with the right schema."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from waybell.accounts.model import Account
from waybell.ground.errors import Invalid, SetupError
from waybell.settings import Settings, load

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="The folder of the database and the keys.", envvar=[], show_default=False),
]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="The id of the account; needed only when there are several.", show_default=False),
]


def settings_with(**options: Any) -> Settings:
    """Return the settings in force; options of the command line override them."""
    override(**options)
    return load()


def override(**options: Any) -> None:
    """Let options of the command line override all settings, also those of child processes."""
    for name, value in options.items():
        if value is not None:
            os.environ[f"WAYBELL_{name.upper()}"] = str(value)


@contextmanager
def open_database(data_dir: Path | None) -> Iterator[Any]:
    """Open the database of an existing installation with an up-to-date schema.

    Raise `SetupError` when there is none, or when its schema is old.
    """
    from waybell.running.first_start import connect, on_sqlite
    from waybell.schema import migrate

    settings = settings_with(data_dir=data_dir)
    if on_sqlite(settings) and not settings.database_url and not (settings.data_dir / "waybell.db").exists():
        raise SetupError(
            f"There is no Waybell in {settings.data_dir.resolve()} yet. Start one there with: waybell serve\n"
            "Or say where it is, with --data-dir or WAYBELL_DATA_DIR."
        )
    with connect(settings) as database:
        migrate.check(database)
        yield database


def choose_account(tx: Any, account_id: str | None) -> Account:
    from waybell.accounts import actions

    if account_id:
        return actions.get_account(tx, account_id)
    found = actions.list_accounts(tx)
    match found:
        case [only]:
            return only
        case []:
            raise Invalid("There is no account yet. Make one with: waybell account create NAME")
    listed = "\n".join(f"  {account.id}  {account.name}" for account in found)
    raise Invalid(f"There are several accounts. Say which one with --account:\n{listed}")


def print_table(columns: list[str], rows: list[list[Any]]) -> None:
    """Print aligned columns, however wide the terminal is; ids are meant to be copied, so nothing is cut or wrapped."""
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    for number, row in enumerate([columns, *texts]):
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        typer.secho(line, bold=number == 0)
