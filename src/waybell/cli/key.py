"""`waybell key`: API keys of programs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

from waybell.accounts.grants import KINDS, METHODS
from waybell.cli.common import AccountOption, DataDir, choose_account, open_database, print_table

app = typer.Typer(help="API keys: what programs send in the X-API-KEY header.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="The id of the key, from: waybell key list")]


@dataclass(frozen=True, slots=True)
class GrantOptions:
    """The restrictions that options of a command name; None stands for an option that was not given."""

    method: Annotated[
        list[str] | None,
        typer.Option("--method", metavar="METHOD", help=f"Only this method: {', '.join(METHODS)}. May be repeated."),
    ] = None
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help=f"Only this kind of object: {', '.join(KINDS)}. May be repeated. Keys is never implied.",
        ),
    ] = None
    shipper: Annotated[
        list[str] | None,
        typer.Option("--shipper", metavar="ID", help="Only what is of this shipper. May be repeated."),
    ] = None
    depot: Annotated[
        list[str] | None, typer.Option("--depot", metavar="ID", help="Only what is of this depot. May be repeated.")
    ] = None
    network: Annotated[
        list[str] | None,
        typer.Option("--network", metavar="CIDR", help="Only from this address or range. May be repeated."),
    ] = None
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], metavar="DATE", help="When the key ends, in UTC."),
    ] = None
    per_second: Annotated[int | None, typer.Option(help="Calls a second.", show_default="as in the settings")] = None
    per_minute: Annotated[int | None, typer.Option(help="Calls a minute.", show_default="as in the settings")] = None
    pdf_per_second: Annotated[int | None, typer.Option(help="PDFs a second.", show_default="as in the settings")] = None
    label_per_second: Annotated[
        int | None, typer.Option(help="Labels a second.", show_default="as in the settings")
    ] = None

    def applied_to(self, grant: Any) -> Any:
        """Return the grant with the restrictions that the options name."""
        from waybell.accounts.grants import read_networks

        lists = {
            "methods": [method.upper() for method in self.method or ()],
            "kinds": [kind.capitalize() for kind in self.kind or ()],
            "shippers": self.shipper,
            "depots": self.depot,
            "networks": read_networks(self.network) if self.network else None,
        }
        named: dict[str, Any] = {name: tuple(given) for name, given in lists.items() if given}
        if self.expires:
            named["expires_at"] = self.expires.replace(tzinfo=UTC)
        names = ("per_second", "per_minute", "pdf_per_second", "label_per_second")
        rates = {name: value for name in names if (value := getattr(self, name)) is not None}
        return replace(grant, **named, rates=replace(grant.rates, **rates))


def takes_grant_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for each of `GrantOptions`; its parameter `options` receives them together."""
    hints = get_type_hints(GrantOptions, include_extras=True)
    parameters = [*signature(command).parameters.values()]
    place = [parameter.name for parameter in parameters].index("options")
    parameters[place : place + 1] = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=hint) for name, hint in hints.items()
    ]

    @wraps(command)
    def with_options(**given: Any) -> None:
        command(options=GrantOptions(**{name: given.pop(name) for name in hints}), **given)

    with_options.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options


@app.command()
@takes_grant_options
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, such as the name of the program.")],
    *,
    options: GrantOptions,
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it once; only its hash is stored. Without restrictions it may do all but manage keys."""
    from waybell.accounts import keys, people
    from waybell.accounts.grants import FULL

    with open_database(data_dir) as database, database.transaction() as tx:
        key, text = keys.create(tx, people.in_terminal(choose_account(tx, account)), name, options.applied_to(FULL))
    typer.echo(f"Made key {key.id}. Its text, shown now and never again:\n{text}")


@app.command("list")
def list_(account: AccountOption = None, data_dir: DataDir = None) -> None:
    """List the keys of an account with their beginnings, their restrictions and their last use."""
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
@takes_grant_options
def restrict(
    key_id: KeyId,
    full: Annotated[
        bool, typer.Option("--full", help="First take away all restrictions, the end and the rates it has.")
    ] = False,
    *,
    options: GrantOptions,
    account: AccountOption = None,
    data_dir: DataDir = None,
) -> None:
    """Change the restrictions of a key, from the next request on. Restrictions that no option names stay."""
    from waybell.accounts import keys, people
    from waybell.accounts.grants import FULL, in_words

    with open_database(data_dir) as database, database.transaction() as tx:
        actor = people.in_terminal(choose_account(tx, account))
        now = FULL if full else keys.find(tx, actor.account, key_id).grant
        key = keys.change(tx, actor, key_id, grant=options.applied_to(now))
    typer.echo(f"Key {key_id} may do: {in_words(key.grant)}.")


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
