"""`waybell backup` copies the database; `waybell restored` must be run after a copy was put back."""

from pathlib import Path
from typing import Annotated

import typer

from waybell.cli.common import DataDir, open_database, settings_with
from waybell.ground.errors import SetupError

File = Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")]


def backup(file: File, data_dir: DataDir = None) -> None:
    """Copy the SQLite database into a file, while the server runs.

    The copy holds everything but the secret key: keep secret.key (or WAYBELL_SECRET_KEY) in another safe place. To put
    it back: docs/operating.md.
    """
    from waybell.running.backup import back_up

    with open_database(data_dir) as database:
        size = back_up(database, file)
    typer.echo(f"{file}: {size} bytes, checked. It needs the secret key of this installation, which is not in it.")


def restored(data_dir: DataDir = None) -> None:
    """Begin a new epoch in a database that was restored from a back-up. Run this once, before Waybell starts on it.

    Receivers may have seen events that the back-up does not hold. The new epoch makes all later events new to them. A
    copy made by `waybell backup` does not need this command.
    """
    from waybell.installation import epoch
    from waybell.running.first_start import on_sqlite
    from waybell.running.lock_files import Held, lock_file

    settings = settings_with(data_dir=data_dir)
    with open_database(data_dir) as database:
        try:
            if on_sqlite(settings):
                with lock_file(settings.data_dir / "dispatch.lock"), database.transaction() as tx:
                    epoch.begin(tx)
            else:
                with database.transaction() as tx:
                    epoch.begin(tx)
        except Held as held:
            raise SetupError(f"Waybell runs on this folder (process {held.holder}). Stop it first.") from None
    typer.echo("Noted. Start Waybell now: events go on with new versions and new places in the feed.")
