"""What the processes write about themselves: events with keys, to stderr.

`log.info("process.started", name="web", pid=17)` is a coloured line on a terminal and one JSON object elsewhere. What
libraries write (uvicorn, alembic, SQLAlchemy) comes the same way, from WARNING upwards.
"""

import logging
import sys
from typing import Any

import structlog


def configure(log_format: str) -> None:
    """Call once, first thing in a process. `log_format` is `auto`, `console` or `json`."""
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # `exc_info` becomes text without the local variables: they hold what must not be logged.
    look: list[Any] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *look],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("waybell").setLevel(logging.INFO)
    # uvicorn sets levels of its own when it is configured; these say what we want of it.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
