"""`waybell key`: API keys of programs."""

from typing import Annotated

import typer

from waybell.cli.common import AccountOption, DataDir, choose_account, open_database, print_table

app = typer.Typer(help="API keys: what programs send in the X-API-KEY header.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="The id of the key, from: waybell key list")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, such as the name of the program.")],
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it, this once: only its hash is kept."""
    from waybell.accounts import actions, audit, people

    with open_database(data_dir) as database, database.transaction() as tx:
        actor = people.in_terminal(choose_account(tx, account))
        key, text = actions.create_key(tx, actor.account, name)
        audit.record(tx, actor, f"made the key {key.name}", key.id, key.hint)
    typer.echo(f"Made key {key.id}. Its text, shown now and never again:\n{text}")


@app.command("list")
def list_(account: AccountOption = None, data_dir: DataDir = None) -> None:
    """List the keys of an account: their first characters, and when they were used last."""
    from waybell.accounts import actions

    with open_database(data_dir) as database, database.reading() as tx:
        found = actions.list_keys(tx, choose_account(tx, account))
    rows = [
        [key.id, key.name, key.hint + "…", "enabled" if key.enabled else "disabled", _when(key.last_used_at)]
        for key in found
    ]
    print_table(["Id", "Name", "Begins with", "State", "Last used (UTC)"], rows)


@app.command()
def enable(key_id: KeyId, account: AccountOption = None, data_dir: DataDir = None) -> None:
    """Let a disabled key in again."""
    _switch(key_id, account, data_dir, enabled=True)


@app.command()
def disable(key_id: KeyId, account: AccountOption = None, data_dir: DataDir = None) -> None:
    """Refuse a key from the next request on."""
    _switch(key_id, account, data_dir, enabled=False)


def _switch(key_id: str, account: str | None, data_dir: DataDir, *, enabled: bool) -> None:
    from waybell.accounts import actions, people

    with open_database(data_dir) as database, database.transaction() as tx:
        actions.enable_key(tx, people.in_terminal(choose_account(tx, account)), key_id, enabled=enabled)
    typer.echo(f"Key {key_id} is {'enabled' if enabled else 'disabled'}.")


def _when(instant: object) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else "never"
