"""Commands that run the server: `serve` for all of it, `web` and `dispatch` for its halves."""

import os
import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from waybell.cli.common import DataDir, settings_with
from waybell.settings import Settings

if TYPE_CHECKING:
    from waybell.running.first_start import FirstAccount

Host = Annotated[str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")]
Port = Annotated[
    int | None, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535, show_default="8080")
]
AccountName = Annotated[str, typer.Option(help="At the first start: the name of the first account.")]
TimeZone = Annotated[str, typer.Option(help="At the first start: its time zone, such as Europe/Berlin.")]


def serve(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    account_name: AccountName = "My company",
    time_zone: TimeZone = "UTC",
) -> None:
    """Run Waybell: the web server and the dispatcher, supervised, on one data folder.

    The first start makes the database, an account, an admin user and an API key, and prints them once on a terminal.
    Where output is kept, it prints a link that signs in once instead. Stop with Ctrl-C: requests and attempts under
    way are finished first. A second Ctrl-C stops at once.
    """
    from waybell.running import log
    from waybell.running.first_start import prepare
    from waybell.running.serve import Supervisor
    from waybell.running.server_socket import listen

    settings = settings_with(host=host, port=port, data_dir=data_dir)
    log.configure(settings.log_format)
    listener = listen(settings)
    settings = _on_port_of(listener)
    _await_database(settings)
    made = prepare(settings, account_name=account_name, time_zone=time_zone, with_key=sys.stdout.isatty())
    if made:
        _print_first_start(settings, made)
    raise typer.Exit(Supervisor(settings.drain_timeout.total_seconds(), listener, os.environ).run())


def web(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Run the web server alone: the API and the pages. Several may share one PostgreSQL."""
    from waybell.app import build
    from waybell.running import log
    from waybell.running.first_start import prepare
    from waybell.running.processes import run_web
    from waybell.running.server_socket import listen
    from waybell.running.supervised import given_socket, is_supervised

    settings = settings_with(host=host, port=port, data_dir=data_dir)
    log.configure(settings.log_format)
    listener = given_socket() or listen(settings)
    settings = _on_port_of(listener)
    if not is_supervised():
        _await_database(settings)
        made = prepare(settings, with_key=sys.stdout.isatty())
        if made:
            _print_first_start(settings, made)
    app = build(settings)
    try:
        run_web(app, listener)
    finally:
        app.close()


def dispatch(data_dir: DataDir = None) -> None:
    """Run the dispatcher alone: it sends the webhooks. On PostgreSQL any number may run, on SQLite one."""
    from waybell.app import build
    from waybell.running import log
    from waybell.running.first_start import prepare
    from waybell.running.processes import run_dispatch
    from waybell.running.supervised import is_supervised

    settings = settings_with(data_dir=data_dir)
    log.configure(settings.log_format)
    if not is_supervised():
        _await_database(settings)
        prepare(settings, with_account=False)
    app = build(settings)
    try:
        run_dispatch(app)
    finally:
        app.close()


def _await_database(settings: Settings) -> None:
    from waybell.db.waiting import wait_for_postgres
    from waybell.running.first_start import on_sqlite

    if not on_sqlite(settings):
        wait_for_postgres(settings.resolved_database_url, settings.database_wait)


def _on_port_of(listener: socket.socket) -> Settings:
    """Return the settings with the port in use, because the pages and the inbox show their own URLs."""
    return settings_with(port=listener.getsockname()[1])


def _print_first_start(settings: Settings, made: "FirstAccount") -> None:
    """Print the first account's secrets to stdout only, because logs (stderr) are kept.

    The stdout of a service is kept as well, so there the key and the password are left out.
    """
    url, folder = settings.base_url, _folder_option(settings)
    link = f"{url}/sign-in/link?token={made.link_token}"
    account = f"{made.account.name} ({made.account.id}, {made.account.time_zone})"
    if not made.key_text:
        typer.echo(f"""
  Waybell is ready. This is no terminal: a password and a key that are shown here would be kept.

    Account    {account}
    Admin      {made.email}
    Pages      {link}
               (signs you in, once, within the hour; another: waybell user link {made.email}{folder})

  Next, in a terminal and as the user that this runs as:
    1. Choose a password:  waybell user password {made.email}{folder}
    2. Make an API key:    waybell key create NAME{folder}
    3. Check everything:   waybell doctor{folder}
""")
        return
    typer.echo(f"""
  Waybell is ready. These are shown now and never again: keep them.

    Account    {account}
    Admin      {made.email}
    Password   {made.password}
    API key    {made.key_text}
    Pages      {link}
               (signs you in, once, within the hour; afterwards {url} asks for the password)

  Next:
    1. Try the key:        curl -H 'X-API-KEY: {made.key_text}' {url}/api/Test
    2. Add a webhook:      curl -H 'X-API-KEY: {made.key_text}' --json '{{"Url": "https://..."}}' {url}/api/Webhook
    3. Check everything:   waybell doctor{folder}
""")


def _folder_option(settings: Settings) -> str:
    return "" if settings.data_dir == Path("waybell-data") else f" --data-dir {shlex.quote(str(settings.data_dir))}"
