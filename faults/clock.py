"""The clock jumps by an hour, forward and back: with libfaketime, which all programs are started with.

A machine's programs jump together. On PostgreSQL one program may also jump alone, as machines do that differ.
"""

import random
import time
from collections.abc import Mapping
from pathlib import Path

from fault import Fault, NotHere, Scene, Strike
from support.witness import Manner, takes_its_time, unavailable, well

_HOUR = 3600
_READ_AGAIN_SECONDS = 1  # how soon the programs notice
_FAILING_SECONDS = 4.0  # long enough for retries to be put off by either clock
_UNDER_WAY = 16 * 3 * 2  # of a dispatcher whose clock is behind that of all others; twice, for there and back
_PLACES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime")


def _library() -> Path:
    """Of programs with threads."""
    for place in _PLACES:
        for found in Path("/").glob(f"{place[1:]}/libfaketimeMT.so.1"):
            return found
    raise NotHere("libfaketime (on Debian: apt-get install faketime)")


def _environment(folder: Path) -> Mapping[str, str]:
    library = _library()
    clocks = folder / "clocks"
    clocks.mkdir(exist_ok=True)
    for name in ("serve", *[f"{kind}{number}" for kind in ("web", "dispatch") for number in (1, 2, 3)]):
        _set(clocks / name, 0)
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clocks / "{name}"),
        "FAKETIME_CACHE_DURATION": str(_READ_AGAIN_SECONDS),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # that one only goes forward, on every machine
        "DONT_FAKE_MONOTONIC": "1",  # as older versions call it
    }


def _set(file: Path, ahead_seconds: int) -> None:
    """All at once: nobody may read half of it."""
    new = file.with_name(f".{file.name}")
    new.write_text(f"{ahead_seconds:+d}\n")
    new.replace(file)


def _jumps(first: int, *, alone: str = "", manner: Manner = unavailable) -> Strike:
    """By so many seconds, and back again after a while. `alone` is the kind of the one program that does so.

    With the usual manner there are retries and probes that wait for their time.
    """

    def strike(scene: Scene) -> None:
        clocks = sorted((scene.installation.folder / "clocks").glob(f"{alone}[a-z1-3]*"))
        chosen = [random.choice(clocks)] if alone else clocks
        receiver = scene.installation.witness
        receiver.manner = manner
        for ahead in (first, 0):
            time.sleep(_FAILING_SECONDS)  # the fault itself, as below: nothing could be waited for
            for clock in chosen:
                _set(clock, ahead)
        time.sleep(_READ_AGAIN_SECONDS + _FAILING_SECONDS)
        receiver.manner = well

    return strike


def _fault(name: str, strike: Strike, *databases: str, times: int = 2, repeats: int = 0) -> Fault:
    return Fault(name, strike, times, databases, repeats, _environment)


_BOTH = ("SQLite", "PostgreSQL")
FAULTS = [
    _fault("the clock jumps an hour forward and back", _jumps(_HOUR), *_BOTH),
    _fault("the clock jumps an hour back and forward", _jumps(-_HOUR), *_BOTH),
    _fault("the clock jumps while answers are awaited", _jumps(_HOUR, manner=takes_its_time), *_BOTH, times=5),
    _fault("one dispatcher's clock jumps forward", _jumps(_HOUR, alone="dispatch"), "PostgreSQL"),
    _fault("one dispatcher's clock jumps back", _jumps(-_HOUR, alone="dispatch"), "PostgreSQL", repeats=_UNDER_WAY),
    _fault("one web server's clock jumps forward", _jumps(_HOUR, alone="web"), "PostgreSQL"),
]
