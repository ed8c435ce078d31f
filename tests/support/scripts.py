"""The scripts that people run by hand (`bench/`, `faults/`), imported by a test: their modules have short names."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def modules_of(folder: str) -> Iterator[None]:
    """Within it, the modules of this folder can be imported; afterwards none of them is known any more."""
    place = str(ROOT / folder)
    before = set(sys.modules)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(place):
                del sys.modules[name]
