"""What a dispatch process does beside dispatching: each chore on a thread of its own, again and again until the end."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from waybell.db.failures import AWAY

log = structlog.get_logger()

_PATIENCE_SECONDS = 5.0  # for the round that is under way at the end; it is one short transaction


@dataclass(frozen=True, slots=True)
class Chore:
    """`run_once` does one round and answers whether there is more to do at once."""

    name: str
    every: timedelta
    run_once: Callable[[], bool]


@contextmanager
def chores_of(chores: Sequence[Chore]) -> Iterator[None]:
    """Do these chores for as long as the block lasts. A round that fails is logged and tried again at its time."""
    ended = threading.Event()
    threads = [threading.Thread(target=_repeat, args=(one, ended), name=one.name, daemon=True) for one in chores]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(_PATIENCE_SECONDS)


def _repeat(chore: Chore, ended: threading.Event) -> None:
    pause = 0.0
    while not ended.wait(pause):
        more = False
        try:
            more = chore.run_once()
        except AWAY as error:  # for as long as it takes: a line each time is enough
            log.error("chore.failed", name=chore.name, error=str(error))  # noqa: TRY400
        except Exception:  # a row may be odd, and may not end the chore
            log.exception("chore.failed", name=chore.name)
        pause = 0.0 if more else chore.every.total_seconds()
