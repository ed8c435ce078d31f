"""`waybell secret-key`: the key that the secrets in the database are encrypted with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from waybell.cli.common import DataDir, open_database
from waybell.ground.errors import SetupError

app = typer.Typer(help="The key that secrets in the database are encrypted with.", no_args_is_help=True)


@app.command()
def rotate(
    one_machine: Annotated[
        bool, typer.Option("--one-machine", help="PostgreSQL: no other machine has a copy of this secret.key.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a new key and encrypt all secrets with it, while the servers run.

    The new key is put in front in secret.key. The old key stays behind it, for links that it signed, until you run:
    waybell secret-key retire. Run an interrupted rotation again to finish it. Where WAYBELL_SECRET_KEY is set, the
    first run prints the new value for it; restart all servers twice as it says, and the second run encrypts.
    """
    from waybell.installation import rotation
    from waybell.schema.sealed import SEALED
    from waybell.vault import key_file, new_key, put_in_front

    with _opened(data_dir) as (settings, database, vault):
        with database.reading() as tx:
            complete = rotation.is_complete(tx, vault)
        if complete and settings.secret_key:
            typer.echo(
                "Put a comma and this key, shown now and never again, behind what WAYBELL_SECRET_KEY holds:\n"
                f"{new_key()}\n"
                "Start all servers anew, so that each can read what it will encrypt. Then move it to the front, start "
                "them anew once more, and run again: waybell secret-key rotate"
            )
            return
        if complete:
            if not database.is_sqlite and not one_machine:
                raise SetupError(
                    "Other machines that share this database could not read what is encrypted with a key that only "
                    f"{key_file(settings)} holds. If there are none, say --one-machine. If there are, let all of them "
                    "have the key by WAYBELL_SECRET_KEY."
                )
            put_in_front(key_file(settings), new_key())
        count = rotation.reseal(database, vault, SEALED)
    typer.echo(f"{count} secrets are encrypted with the new key. Links that the old one signed are good until it goes.")
    typer.echo("In a day, when those have ended: waybell secret-key retire")


@app.command()
def retire(data_dir: DataDir = None) -> None:
    """Drop the keys behind the newest one, after encrypting with the newest all secrets that still need them.

    Links that an old key signed end with it. Wait a day after the rotation: links to pictures are valid for a day.
    """
    from waybell.installation import rotation
    from waybell.schema.sealed import SEALED
    from waybell.vault import key_file

    with _opened(data_dir) as (settings, database, vault):
        older = vault.key_count - 1
        if not older:
            typer.echo("There is one key only: nothing to retire. A new one: waybell secret-key rotate")
            return
        rotation.reseal(database, vault, SEALED)
        if settings.secret_key:
            typer.echo("No secret needs an old key any more. Now leave only the first one in WAYBELL_SECRET_KEY.")
            return
        rotation.retire(database, key_file(settings))
    typer.echo(f"Dropped {older} old key{'s' * (older > 1)}. A backup from before needs the secret.key from before.")


@contextmanager
def _opened(data_dir: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Open the settings, the database and its verified vault, while no other process starts or rotates.

    Raise `SetupError` when the installation has no secret key yet or another one.
    """
    from waybell.installation import key_check
    from waybell.running.first_start import alone
    from waybell.settings import load
    from waybell.vault import open_vault

    with open_database(data_dir) as database:
        settings = load()
        with alone(settings):
            with database.transaction() as tx:
                if not key_check.is_remembered(tx):
                    raise SetupError("No secret key is in use here yet: the first start makes it. Run: waybell serve")
                vault = open_vault(settings)
                key_check.verify(tx, vault)
            yield settings, database, vault
