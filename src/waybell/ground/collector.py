"""The garbage collector of Python, which searches for cycles far less often in our processes.

They make many objects and hardly any cycles. The usual search took a quarter of the time in which the web server
starts, a twentieth of a dispatcher's time, and a quarter of the time for which a request with thousands of lines holds
the write lock.
"""

import gc


def spare() -> None:
    """Let the collector search far less often. A program calls this before it imports what it needs."""
    gc.set_threshold(100_000, 20, 50)


def keep_what_is_there() -> None:
    """Leave out of all later searches what exists now, which stays as long as the process."""
    gc.collect()
    gc.freeze()
