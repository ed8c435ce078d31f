"""The demo: a delivery day through the public API, with every webhook received, verified and accounted for."""


def run(once: bool, port: int) -> int:  # noqa: FBT001 - the command passes its flag on
    """Play the day; return the exit code, 0 only if every change was received, verified and in order."""
    from waybell.demo.show import play  # noqa: PLC0415 - the process of the receiver needs none of it

    return play(once=once, port=port)
