"""Names that cannot be looked up, are answered late, or lead to a private address all of a sudden.

The programs are started with a small library (names.c) that answers in the place of the system's resolver, for names
that exist nowhere else. Two receivers live at such names; a third one, at a good name, must not notice.
"""

import os
import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from fault import Fault, NotHere, Scene, Strike
from support.installation import RECEIVERS
from support.load import seconds_until
from support.witness import closes_after_each, well

_SOURCE = Path(__file__).parent / "names.c"
_SECONDS = 8.0
_CACHED_SECONDS = 60.0  # libcurl looks a name up again after that
_OTHERS_MAY_TAKE = 2.0  # seconds from the answer 201 to the arrival at a receiver whose name is well
_PATIENCE = 120.0  # seconds: a wrong answer is cached as long as a right one


def _environment(folder: Path) -> Mapping[str, str]:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if os.name != "posix" or compiler is None:
        raise NotHere("a C compiler (on Debian: apt-get install gcc libc6-dev)")
    library = folder / "names.so"
    if not library.exists():
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            raise NotHere("a C compiler that makes shared libraries for glibc")
    _say(folder, "well")
    return {"LD_PRELOAD": str(library), "FAULTY_NAMES": str(folder / "names.txt")}


def _say(folder: Path, word: str) -> None:
    new = folder / ".names.txt"
    new.write_text(word)
    new.replace(folder / "names.txt")


def _answering(word: str, *, at_first: str = "", seconds: float = _SECONDS) -> Strike:
    """`at_first` is how the names are answered when they are looked up for the first time, if otherwise."""

    def strike(scene: Scene) -> None:
        installation = scene.installation
        longest = 0.0
        with _trap(installation.witness.port) as trapped:
            _say(installation.folder, at_first or word)
            with _at_new_names(scene):
                if at_first:
                    _everyone_gets(scene, RECEIVERS, _PATIENCE)
                    _say(installation.folder, word)
                ends = time.monotonic() + seconds
                while time.monotonic() < ends:
                    longest = max(longest, _everyone_gets(scene, RECEIVERS[:1], _PATIENCE))
                _say(installation.folder, "well")
                _everyone_gets(scene, RECEIVERS, _PATIENCE)
        assert not trapped, f"{len(trapped)} connections were made to a private address"
        assert longest < _OTHERS_MAY_TAKE, f"a receiver whose name was well had to wait {longest:.1f} s"

    return strike


def _everyone_gets(scene: Scene, paths: tuple[str, ...], seconds: float) -> float:
    """How long the next event that is accepted takes to arrive there."""
    before = scene.accepted
    seconds_until(lambda: scene.accepted > before, seconds)
    fresh = {one.accepted[-1] for one in scene.publishers if one.accepted}
    return seconds_until(lambda: all(fresh <= scene.installation.witness.taken(path) for path in paths), seconds)


@contextmanager
def _at_new_names(scene: Scene) -> Iterator[None]:
    """All receivers live at names that nobody has looked up yet, and each webhook goes over a new connection."""
    installation = scene.installation
    installation.witness.manner = closes_after_each
    try:
        for path, name in zip(RECEIVERS, ("good", "bad", "bad"), strict=True):
            installation.send_to(
                path, f"http://{name}-{random.randrange(10**9)}.faults.test:{installation.witness.port}{path}"
            )
        yield
    finally:
        installation.witness.manner = well
        for path in RECEIVERS:
            installation.send_to(path, installation.url(path))


@contextmanager
def _trap(port: int) -> Iterator[list[object]]:
    """Where nobody may connect to: an address that the installation does not allow. Those who did."""
    came: list[object] = []
    with socket.create_server(("127.0.0.2", port)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, peer = listener.accept()
                    came.append(peer)
                    connection.close()

        waiting = threading.Thread(target=accept, daemon=True)
        waiting.start()
        try:
            yield came
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            waiting.join(5)


def _fault(name: str, strike: Strike, times: int = 2) -> Fault:
    # A promise to keep the connection that is not kept repeats attempts; that is another fault.
    return Fault(name, strike, times, repeats=None, environment=_environment)


_later_private = _answering("private", at_first="well", seconds=_CACHED_SECONDS + _SECONDS)

FAULTS = [
    _fault("DNS: names cannot be looked up", _answering("fail")),
    _fault("DNS: names are answered late", _answering("late")),
    _fault("DNS: names lead to a private address", _answering("private")),
    _fault("DNS: names lead there after a while", _later_private, 1),
]
