"""`waybell account`: companies that share this server without seeing each other."""

from typing import Annotated

import typer

from waybell.cli.common import DataDir, open_database, print_table

app = typer.Typer(
    help="Accounts: companies that share this server and see nothing of each other.", no_args_is_help=True
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The name of the company.")],
    time_zone: Annotated[str, typer.Option(help="Its time zone, such as Europe/Berlin.")] = "UTC",
    data_dir: DataDir = None,
) -> None:
    """Make an account. Give it a user and a key next."""
    from waybell.accounts import actions

    with open_database(data_dir) as database, database.transaction() as tx:
        account = actions.create_account(tx, name, time_zone)
    typer.echo(f"Made account {account.id}. Next: waybell key create --account {account.id} NAME")


@app.command("list")
def list_(data_dir: DataDir = None) -> None:
    """List the accounts."""
    from waybell.accounts import actions

    with open_database(data_dir) as database, database.reading() as tx:
        found = actions.list_accounts(tx)
    print_table(["Id", "Name", "Time zone"], [[one.id, one.name, one.time_zone] for one in found])
