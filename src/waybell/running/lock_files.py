"""A lock that the operating system holds for a process and releases however the process ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt

_FAR = 1 << 30  # Windows locks bytes and hides locked bytes from readers, so the lock is on a byte behind the text


class Held(Exception):  # noqa: N818 - the name says what the lock is
    """Another process has the lock; `holder` is its process id, read from the file."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by process {holder}")
        self.holder = holder


@contextmanager
def lock_file(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock on this file while the block runs.

    Raise `Held` when another process has it, unless `wait` is set.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _take(descriptor, wait=wait)
        except OSError:
            raise Held(path.read_text().strip() or "unknown") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)  # this releases the lock


def _take(descriptor: int, *, wait: bool) -> None:
    if fcntl:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    else:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        os.lseek(descriptor, 0, os.SEEK_SET)
