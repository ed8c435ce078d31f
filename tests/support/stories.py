"""Asynchronous stories in synchronous tests, also beside a browser, which leaves an event loop in the main thread."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(story: Callable[[], Coroutine[Any, Any, T]], seconds: float = 60) -> T:
    """Return what the story returns; run it in a thread of its own, which has no event loop yet."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(asyncio.wait_for(story(), seconds))).result()
