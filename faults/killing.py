"""kill -9, at random moments."""

import os
import random
import signal
import time

from fault import Fault, Scene, Strike
from support.waiting import wait_for

_WINDOW = 16  # attempts under way to one endpoint at the most, in one dispatcher
_RECEIVERS = 3


def _one(kind: str) -> Strike:
    def strike(scene: Scene) -> None:
        found = _running(scene, kind)
        scene.installation.kill(random.choice(found))

    return strike


def _all(kind: str) -> Strike:
    def strike(scene: Scene) -> None:
        scene.installation.kill(*_running(scene, kind))

    return strike


def _running(scene: Scene, kind: str) -> list[int]:
    return wait_for(lambda: scene.installation.pids(kind), 60)


def _everything(scene: Scene) -> None:
    _running(scene, "dispatch")
    scene.installation.kill(*scene.installation.everything())
    wait_for(lambda: not scene.installation.everything(), 30)


def _freeze(scene: Scene) -> None:
    """Long enough for the others to take over its endpoints; then it goes on as if nothing had happened."""
    pid = random.choice(_running(scene, "dispatch"))
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(_FROZEN_SECONDS)  # the fault itself: nothing could be waited for
    finally:
        os.kill(pid, signal.SIGCONT)


_FROZEN_SECONDS = 25.0  # longer than a silence is borne, and longer than a lease
_UNDER_WAY = _WINDOW * _RECEIVERS

FAULTS = [
    Fault("kill -9 a dispatcher", _one("dispatch"), 40, repeats=_UNDER_WAY),
    Fault("kill -9 all dispatchers", _all("dispatch"), 15, ("PostgreSQL",), repeats=_UNDER_WAY),
    Fault("a dispatcher is frozen for 25 s", _freeze, 2, repeats=_UNDER_WAY),
    Fault("kill -9 a web server", _one("web"), 30, repeats=0),
    Fault("kill -9 everything", _everything, 30, repeats=_UNDER_WAY),
]
