"""The program `waybell`: one module for each group of commands; this one joins them and prints errors."""

import os
import sys
from typing import Annotated

import typer

from waybell import __version__
from waybell.cli import account, backup, config, demo, doctor, key, listen, migrate, secret_key, server, simulate, user
from waybell.ground import collector
from waybell.ground.errors import SetupError, WaybellError

app = typer.Typer(
    name="waybell",
    help="Waybell: delivery management that tells your systems of every change by webhooks.",
    epilog="Begin with: waybell serve. Settings come from WAYBELL_* variables or waybell.toml: waybell config show",
    no_args_is_help=True,
    add_completion=False,
    # Local variables in a traceback may hold keys and passwords.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(server.serve)
app.command()(server.web)
app.command()(server.dispatch)
app.command()(migrate.migrate)
app.command()(doctor.doctor)
app.command()(backup.backup)
app.command()(backup.restored)
app.command()(demo.demo)
app.command()(simulate.simulate)
app.command()(listen.listen)
app.add_typer(account.app, name="account")
app.add_typer(user.app, name="user")
app.add_typer(key.app, name="key")
app.add_typer(secret_key.app, name="secret-key")
app.add_typer(config.app, name="config")


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer passes it by position
    if wanted:
        typer.echo(f"waybell {__version__}")
        raise typer.Exit


@app.callback()
def _waybell(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the program.

    The exit code is 0 when all went well, 1 when the installation is wrong or a check failed, and 2 when the call is
    wrong.
    """
    collector.spare()
    os.umask(0o077)  # the database, the keys and their copies are for this user only, whatever the folder allows
    try:
        app(prog_name="waybell")
    except SetupError as error:
        _complain(error)
        sys.exit(1)
    except WaybellError as error:
        _complain(error)
        sys.exit(2)


def _complain(error: WaybellError) -> None:
    typer.secho("Error: ", fg="red", bold=True, err=True, nl=False)
    typer.echo(str(error), err=True)
