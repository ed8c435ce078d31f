"""`waybell simulate`: a whole delivery day, and a verdict on it."""

from typing import Annotated

import typer

_HERE = "of a server that is started here"


def simulate(
    url: Annotated[
        str,
        typer.Option(help="The server. Without it, one is started on a throw-away folder.", show_default=False),
    ] = "",
    key: Annotated[
        str, typer.Option(help="A full API key of that server.", envvar="WAYBELL_SIMULATE_KEY", show_default=False)
    ] = "",
    sign_in: Annotated[
        str,
        typer.Option(
            "--sign-in",
            help="A sign-in link of that server (waybell user link), by which the board is looked at.",
            show_default=False,
        ),
    ] = "",
    drivers: Annotated[int, typer.Option(help="Drivers, each with a route.", min=1, max=500)] = 100,
    orders: Annotated[int, typer.Option(help="Orders of the day.", min=1, max=20_000)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same day.")] = 1,
    speed: Annotated[
        str, typer.Option(help="Simulated seconds in a second, such as 1 or 60; or max: as fast as possible.")
    ] = "max",
    until: Annotated[
        str, typer.Option(help="Stop at this time of the simulated day, such as 12:30.", show_default=False)
    ] = "",
    faults: Annotated[
        str,
        typer.Option(
            help="Troubles, joined by commas: offline (phones report late), cut (answers are not read), duplicates "
            "(requests are sent twice), endpoint (the receiver is slow, fails and goes down), kill (kill -9 "
            f"{_HERE}).",
            show_default=False,
        ),
    ] = "",
    connections: Annotated[int, typer.Option(help="Connections to the server.", min=1, max=64)] = 8,
    port: Annotated[int, typer.Option(help=f"The port {_HERE}; 0 takes a free one.", min=0, max=65535)] = 0,
    database_url: Annotated[
        str,
        typer.Option(
            "--database-url",
            help=f"An empty PostgreSQL database {_HERE}, instead of SQLite; the day stays in it.",
            show_default=False,
        ),
    ] = "",
    beside_others: Annotated[
        bool, typer.Option("--beside-others", help="Go on although the account has other orders on this day.")
    ] = False,
) -> None:
    """Play a delivery day through the public API, and judge what webhooks told and what the board showed.

    The office imports and plans; drivers load, drive, serve and report; things go wrong; and a stub of an ERP follows
    by webhooks alone. At the end it must know of each order what GET /api/Order/Date shows.

    The clock of the server is real. Only the times that phones report belong to the simulated day, which begins at
    05:00 today. So at any speed but 1 the server sees reports from its past or future, and the times that it notes
    itself (such as ChangeDate) lie closer together than in life.

    The exit code is 0 only when the verdict is good. Orders and routes stay in the account; the endpoint is removed.
    """
    from waybell.simulating.asked import Asked
    from waybell.simulating.show import run

    asked = Asked.read(
        url=url.rstrip("/"),
        key=key,
        sign_in=sign_in,
        drivers=drivers,
        orders=orders,
        seed=seed,
        speed=speed,
        until=until,
        faults=faults,
        connections=connections,
        port=port,
        database_url=database_url,
        beside_others=beside_others,
    )
    raise typer.Exit(run(asked))
