"""A dispatcher on a thread of its own, as it runs in a process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waybell.webhooks.sending.dispatcher import Dispatcher


@contextmanager
def running(dispatcher: Dispatcher) -> Iterator[None]:
    """It runs meanwhile, and has stopped afterwards; closing it is left to whoever made it."""
    stop = threading.Event()
    thread = threading.Thread(target=dispatcher.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        dispatcher.wake()
        thread.join(60)
