"""`waybell demo`: the main job, to watch."""

from typing import Annotated

import typer


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Play the story once, without waiting for keys, and end.")
    ] = False,
    port: Annotated[int, typer.Option(help="The port of the demo's server; 0 takes a free one.", min=0, max=65535)] = 0,
) -> None:
    """Play a delivery day through the API, and receive and verify every webhook. Uses a folder of its own."""
    from waybell.demo import run

    raise typer.Exit(run(once=once, port=port))
