"""`waybell key`: API keys of programs."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from waybell.accounts.grants import KINDS, METHODS
from waybell.cli.common import AccountOption, DataDir, choose_account, open_database, print_table

app = typer.Typer(help="API keys: what programs send in the X-API-KEY header.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="The id of the key, from: waybell key list")]
Methods = Annotated[
    list[str] | None,
    typer.Option("--method", metavar="METHOD", help=f"Only this method: {', '.join(METHODS)}. May be repeated."),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help=f"Only this kind of object: {', '.join(KINDS)}. May be repeated. Keys is never implied.",
    ),
]
Shippers = Annotated[
    list[str] | None,
    typer.Option("--shipper", metavar="ID", help="Only what is of this shipper. May be repeated."),
]
Depots = Annotated[
    list[str] | None, typer.Option("--depot", metavar="ID", help="Only what is of this depot. May be repeated.")
]
Networks = Annotated[
    list[str] | None,
    typer.Option("--network", metavar="CIDR", help="Only from this address or range. May be repeated."),
]
Expires = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], metavar="DATE", help="When the key ends, in UTC."),
]
PerSecond = Annotated[int | None, typer.Option(help="Calls a second.", show_default="as in the settings")]
PerMinute = Annotated[int | None, typer.Option(help="Calls a minute.", show_default="as in the settings")]
PdfPerSecond = Annotated[int | None, typer.Option(help="PDFs a second.", show_default="as in the settings")]
LabelPerSecond = Annotated[int | None, typer.Option(help="Labels a second.", show_default="as in the settings")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, such as the name of the program.")],
    method: Methods = None,
    kind: Kinds = None,
    shipper: Shippers = None,
    depot: Depots = None,
    network: Networks = None,
    expires: Expires = None,
    per_second: PerSecond = None,
    per_minute: PerMinute = None,
    pdf_per_second: PdfPerSecond = None,
    label_per_second: LabelPerSecond = None,
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it, this once: only its hash is kept. Without restrictions it may do all but manage keys."""
    from waybell.accounts import keys, people
    from waybell.accounts.grants import FULL

    lists = {"methods": method, "kinds": kind, "shippers": shipper, "depots": depot, "networks": network}
    rates = _rates(per_second, per_minute, pdf_per_second, label_per_second)
    grant = _changed(FULL, lists, expires, rates)
    with open_database(data_dir) as database, database.transaction() as tx:
        key, text = keys.create(tx, people.in_terminal(choose_account(tx, account)), name, grant)
    typer.echo(f"Made key {key.id}. Its text, shown now and never again:\n{text}")


@app.command("list")
def list_(account: AccountOption = None, data_dir: DataDir = None) -> None:
    """List the keys of an account: how they begin, what they may do, and when they were used last."""
    from waybell.accounts import keys
    from waybell.accounts.grants import in_words

    with open_database(data_dir) as database, database.reading() as tx:
        found = keys.list_keys(tx, choose_account(tx, account))
        rows = [
            [key.id, key.name, key.hint + "…", key.state(tx.now), _when(key.last_used_at), in_words(key.grant)]
            for key in found
        ]
    print_table(["Id", "Name", "Begins with", "State", "Last used (UTC)", "May do"], rows)


@app.command()
def restrict(
    key_id: KeyId,
    full: Annotated[
        bool, typer.Option("--full", help="First take away all restrictions, the end and the rates it has.")
    ] = False,
    method: Methods = None,
    kind: Kinds = None,
    shipper: Shippers = None,
    depot: Depots = None,
    network: Networks = None,
    expires: Expires = None,
    per_second: PerSecond = None,
    per_minute: PerMinute = None,
    pdf_per_second: PdfPerSecond = None,
    label_per_second: LabelPerSecond = None,
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Say anew what a key may do, from the next request on. What no option names stays as it is."""
    from waybell.accounts import keys, people
    from waybell.accounts.grants import FULL, in_words

    lists = {"methods": method, "kinds": kind, "shippers": shipper, "depots": depot, "networks": network}
    rates = _rates(per_second, per_minute, pdf_per_second, label_per_second)
    with open_database(data_dir) as database, database.transaction() as tx:
        actor = people.in_terminal(choose_account(tx, account))
        now = FULL if full else keys.find(tx, actor.account, key_id).grant
        key = keys.change(tx, actor, key_id, grant=_changed(now, lists, expires, rates))
    typer.echo(f"Key {key_id} may do: {in_words(key.grant)}.")


def _rates(*given: int | None) -> dict[str, int]:
    names = ("per_second", "per_minute", "pdf_per_second", "label_per_second")
    return {name: value for name, value in zip(names, given, strict=True) if value is not None}


def _changed(grant: Any, lists: dict[str, Any], expires: datetime | None, rates: dict[str, int]) -> Any:
    """The grant with what the options name."""
    from dataclasses import replace

    from waybell.accounts.grants import read_networks

    named: dict[str, Any] = {name: tuple(given) for name, given in lists.items() if given}
    for name, letters in (("methods", str.upper), ("kinds", str.capitalize)):
        named |= {name: tuple(map(letters, named[name]))} if name in named else {}
    if "networks" in named:
        named["networks"] = read_networks(named["networks"])
    if expires:
        named["expires_at"] = expires.replace(tzinfo=UTC)
    return replace(grant, **named, rates=replace(grant.rates, **rates))


@app.command()
def rename(
    key_id: KeyId,
    name: Annotated[str, typer.Argument(help="The new name.")],
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Give a key another name."""
    from waybell.accounts import keys, people

    with open_database(data_dir) as database, database.transaction() as tx:
        key = keys.change(tx, people.in_terminal(choose_account(tx, account)), key_id, name=name)
    typer.echo(f"Key {key_id} is named {key.name}.")


@app.command()
def enable(key_id: KeyId, account: AccountOption = None, data_dir: DataDir = None) -> None:
    """Let a disabled key in again."""
    _switch(key_id, account, data_dir, enabled=True)


@app.command()
def disable(key_id: KeyId, account: AccountOption = None, data_dir: DataDir = None) -> None:
    """Refuse a key from the next request on."""
    _switch(key_id, account, data_dir, enabled=False)


@app.command()
def delete(
    key_id: KeyId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Delete a key for good: it is refused from the next request on."""
    from waybell.accounts import keys, people

    with open_database(data_dir) as database:
        with database.reading() as tx:
            key = keys.find(tx, choose_account(tx, account), key_id)
        if not yes:
            typer.confirm(f"Delete the key {key.name} ({key.hint}…) for good?", abort=True)
        with database.transaction() as tx:
            keys.remove(tx, people.in_terminal(choose_account(tx, account)), key_id)
    typer.echo(f"Key {key_id} is deleted.")


def _switch(key_id: str, account: str | None, data_dir: DataDir, *, enabled: bool) -> None:
    from waybell.accounts import keys, people

    with open_database(data_dir) as database, database.transaction() as tx:
        keys.enable(tx, people.in_terminal(choose_account(tx, account)), key_id, enabled=enabled)
    typer.echo(f"Key {key_id} is {'enabled' if enabled else 'disabled'}.")


def _when(instant: object) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else "never"
