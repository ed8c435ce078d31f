"""How many files, and so sockets, this process may have open at once."""

from contextlib import suppress

try:
    import resource
except ImportError:  # Windows, where nothing limits sockets
    resource = None  # type: ignore[assignment]

_PLENTY = 65_536


def limit() -> int:
    if resource is None:
        return _PLENTY
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _PLENTY if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> None:
    """To what the system allows us, which is often far above the 1,024 that a process begins with."""
    if resource is None:
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = _PLENTY if hard == resource.RLIM_INFINITY else min(hard, _PLENTY)
    with suppress(OSError, ValueError):  # some systems say that they allow more than they do
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit(), wanted), hard))
