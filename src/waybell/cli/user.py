"""`waybell user`: people who sign in to the pages."""

import secrets
import sys
from enum import StrEnum
from typing import Annotated

import typer

from waybell.cli.common import AccountOption, DataDir, choose_account, open_database, print_table

app = typer.Typer(help="Users: people who sign in to the pages.", no_args_is_help=True)


class RoleOption(StrEnum):
    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    VIEWER = "viewer"


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="The e-mail address: it is the login.")],
    name: Annotated[
        str | None, typer.Option(help="The name that others see.", show_default="the e-mail address")
    ] = None,
    role: Annotated[RoleOption, typer.Option(help="What the user may do.")] = RoleOption.DISPATCHER,
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and print it once.")] = False,
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Make a user. The password is asked for, or read from a pipe, or made with --generate."""
    from waybell.accounts import actions

    with open_database(data_dir) as database:
        with database.reading() as tx:
            choose_account(tx, account)  # before anybody types a password in vain
        password = secrets.token_urlsafe(12) if generate else _ask()
        with database.transaction() as tx:
            actions.create_user(
                tx, choose_account(tx, account), email=email, name=name or email, role=role.value, password=password
            )
    typer.echo(f"Made user {email} ({role.value}).")
    if generate:
        typer.echo(f"Password, shown now and never again: {password}")


@app.command("list")
def list_(account: AccountOption = None, data_dir: DataDir = None) -> None:
    """List the users of an account."""
    from waybell.accounts import actions

    with open_database(data_dir) as database, database.reading() as tx:
        found = actions.list_users(tx, choose_account(tx, account))
    print_table(["Id", "E-mail", "Name", "Role"], [[one.id, one.email, one.name, one.role] for one in found])


@app.command()
def link(
    email: Annotated[str, typer.Argument(help="The e-mail address of the user.")], data_dir: DataDir = None
) -> None:
    """Print a link that signs a user in without the password: once, within the hour."""
    from waybell.accounts import actions, sessions
    from waybell.errors import NotFound
    from waybell.settings import load

    with open_database(data_dir) as database, database.transaction() as tx:
        user_id = actions.user_of_email(tx, email)
        if user_id is None:
            raise NotFound(f"There is no user {email}. See: waybell user list")
        token = sessions.make_link(tx, user_id)
    typer.echo(f"{load().base_url}/sign-in/link?token={token}")


def _ask() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
