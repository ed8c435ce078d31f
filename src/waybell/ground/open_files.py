"""The limit on open files, and so on sockets, of this process."""

from contextlib import suppress

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

_PLENTY = 65_536


def limit() -> int:
    if resource is None:
        return _PLENTY
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _PLENTY if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> None:
    """Raise the limit to the most that the system allows, often far above the default of 1,024."""
    if resource is None:
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = _PLENTY if hard == resource.RLIM_INFINITY else min(hard, _PLENTY)
    with suppress(OSError, ValueError):  # some systems refuse a limit that they report as allowed
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit(), wanted), hard))
