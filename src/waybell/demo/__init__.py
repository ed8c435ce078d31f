"""The demo: a delivery day played through the public API, with every webhook received, verified and accounted for."""


def run(once: bool, port: int) -> int:  # noqa: FBT001 - the command's flag, passed on
    """Play the day; the exit code is 0 only if every change was received, verified and in order."""
    from waybell.demo.show import play  # noqa: PLC0415 - the receiver's process is in this package too, and wants little

    return play(once=once, port=port)
