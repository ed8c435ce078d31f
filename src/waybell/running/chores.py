"""The chores of a dispatch process besides dispatching, each repeated on a thread of its own."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from waybell.db.failures import AWAY

log = structlog.get_logger()

_PATIENCE_SECONDS = 5.0  # the wait for rounds under way at the end; a round is one short transaction


@dataclass(frozen=True, slots=True)
class Chore:
    """A chore. `run_once` does one round and returns whether there is more to do at once.

    `rest` is how long it then rests, as a multiple of what the round took, so that others have their turn.
    """

    name: str
    every: timedelta
    run_once: Callable[[], bool]
    rest: float = 0.0


@contextmanager
def chores_of(chores: Sequence[Chore]) -> Iterator[None]:
    """Run these chores while the block runs. A round that fails is logged, and repeated at its usual time."""
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
        begun = time.monotonic()
        try:
            more = chore.run_once()
        except AWAY as error:  # the database may be away for long, so one line each time is enough
            log.error("chore.failed", name=chore.name, error=str(error))  # noqa: TRY400
        except Exception:  # a faulty row must not end the chore
            log.exception("chore.failed", name=chore.name)
        pause = chore.rest * (time.monotonic() - begun) if more else chore.every.total_seconds()
