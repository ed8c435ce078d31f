"""`waybell user`: people who sign in to the pages."""

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from waybell.cli.common import AccountOption, DataDir, choose_account, open_database, print_table

app = typer.Typer(help="Users: people who sign in to the pages.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The e-mail address of the user.")]


class RoleOption(StrEnum):
    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    VIEWER = "viewer"
    SHIPPER_MANAGER = "shipper-manager"
    CARRIER = "carrier"


Role = Annotated[RoleOption, typer.Option(help="What the user may do.")]
Teams = Annotated[list[str] | None, typer.Option("--team", help="A TeamCode that the user is limited to.")]
Depots = Annotated[list[str] | None, typer.Option("--depot", help="A DepotId that the user is limited to.")]
Shippers = Annotated[list[str] | None, typer.Option("--shipper", help="A ShipperId that the user is limited to.")]
Carriers = Annotated[list[str] | None, typer.Option("--carrier", help="A CarrierCode that the user is limited to.")]


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="The e-mail address: it is the login.")],
    name: Annotated[
        str | None, typer.Option(help="The name that others see.", show_default="the e-mail address")
    ] = None,
    role: Role = RoleOption.DISPATCHER,
    team: Teams = None,
    depot: Depots = None,
    shipper: Shippers = None,
    carrier: Carriers = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and print it once.")] = False,
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Make a user. The password is asked for, or read from a pipe, or made with --generate."""
    from waybell.accounts import actions, people

    with open_database(data_dir) as database:
        with database.reading() as tx:
            choose_account(tx, account)  # before the user types a password in vain
        chosen = people.made_up_password() if generate else _ask()
        kept = actions.new_password(chosen)
        with database.transaction() as tx:
            actor = people.in_terminal(choose_account(tx, account))
            scope = _scope(team, depot, shipper, carrier)
            people.add(tx, actor, email=email, name=name or email, role=role.value, password=kept, scope=scope)
    typer.echo(f"Made user {email} ({role.value}).")
    if generate:
        typer.echo(f"Password, shown now and never again: {chosen}")


@app.command("list")
def list_(account: AccountOption = None, data_dir: DataDir = None) -> None:
    """List the users of an account."""
    from waybell.accounts import actions
    from waybell.accounts.person_scopes import in_words

    with open_database(data_dir) as database, database.reading() as tx:
        found = actions.list_users(tx, choose_account(tx, account))
    rows = [[one.id, one.email, one.name, one.role, in_words(one.scope)] for one in found]
    print_table(["Id", "E-mail", "Name", "Role", "Sees"], rows)


@app.command()
def access(
    email: Email,
    role: Role,
    team: Teams = None,
    depot: Depots = None,
    shipper: Shippers = None,
    carrier: Carriers = None,
    data_dir: DataDir = None,
) -> None:
    """Change what a user may do and see. Without a team, depot, shipper or carrier the user sees the whole account."""
    from waybell.accounts import people
    from waybell.accounts.person_scopes import in_words

    scope = _scope(team, depot, shipper, carrier)
    with open_database(data_dir) as database, database.transaction() as tx:
        people.change_role_in_terminal(tx, _known(tx, email), role.value, scope)
    typer.echo(f"{email} is {role.value}, and sees {in_words(scope)}.")


@app.command()
def link(email: Email, data_dir: DataDir = None) -> None:
    """Print a link that signs a user in without the password: once, within the hour."""
    from waybell.accounts import people
    from waybell.running.server_socket import noted_url
    from waybell.settings import load

    with open_database(data_dir) as database, database.transaction() as tx:
        token = people.make_link(tx, _known(tx, email))
    typer.echo(f"{noted_url(load())}/sign-in/link?token={token}")


@app.command()
def password(
    email: Email,
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and print it once.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Set a user's password and sign them out everywhere. It is asked for, or read from a pipe, or made."""
    from waybell.accounts import actions, people

    with open_database(data_dir) as database:
        with database.reading() as tx:
            _known(tx, email)  # before the user types a password in vain
        new = people.made_up_password() if generate else _ask()
        kept = actions.new_password(new)
        with database.transaction() as tx:
            people.reset_password(tx, _known(tx, email), kept)
    typer.echo(f"Set the password of {email}, who is signed out everywhere.")
    if generate:
        typer.echo(f"Password, shown now and never again: {new}")


@app.command("sign-out")
def sign_out(email: Email, data_dir: DataDir = None) -> None:
    """End all sessions and sign-in links of a user; the password stays."""
    from waybell.accounts import people

    with open_database(data_dir) as database, database.transaction() as tx:
        people.sign_out_in_terminal(tx, _known(tx, email))
    typer.echo(f"{email} is signed out everywhere.")


def _scope(
    teams: list[str] | None, depots: list[str] | None, shippers: list[str] | None, carriers: list[str] | None
) -> Any:
    from waybell.accounts.person_scopes import read

    lists = {"teams": teams, "depots": depots, "shippers": shippers, "carriers": carriers}
    return read({name: ids or () for name, ids in lists.items()})


def _known(tx: Any, email: str) -> str:
    from waybell.accounts import actions
    from waybell.ground.errors import NotFound

    user_id = actions.user_of_email(tx, email)
    if user_id is None:
        raise NotFound(f"There is no user {email}. See: waybell user list")
    return user_id


def _ask() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True)).strip()
    return sys.stdin.readline().strip()  # as the sign-in form does
