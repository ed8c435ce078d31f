"""`waybell listen`: a receiver on this machine, to watch webhooks arrive."""

from typing import Annotated

import typer


def listen(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)] = 9000,
    secret: Annotated[
        str | None,
        typer.Option(
            envvar="WAYBELL_LISTEN_SECRET",
            help="The endpoint's secret (whsec_...): every signature is checked with it. Better by the variable: what "
            "stands in a command is seen by all users of the machine.",
            show_default=False,
        ),
    ] = None,
    status: Annotated[int, typer.Option(help="The HTTP status to answer with.", min=200, max=599)] = 200,
) -> None:
    """Listen on this machine and print each webhook that arrives, with the result of checking its signature.

    The server must be allowed to call this machine: WAYBELL_ALLOW_HTTP_ENDPOINTS=true and
    WAYBELL_ALLOWED_NETWORKS=127.0.0.0/8.
    """
    from waybell.running.listen import run

    run(port, secret, status)
