"""`waybell serve`: web and dispatch as two processes, restarted when they die and stopped together.

The supervisor does nothing that could fail: it waits for the next notice (a child ended, a signal came), or until a
restart is due.
"""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from waybell.running.supervised import SUPERVISED, SUPERVISED_SOCKET

log = structlog.get_logger()

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_HEALTHY_AFTER_SECONDS = 60.0  # a child that ran for so long restarts with the shortest pause
_MARGIN_SECONDS = 5.0  # for a child to stop, on top of its own drain

_STOP = "stop"


@dataclass(slots=True)
class _Child:
    name: str
    pause: float = _FIRST_PAUSE_SECONDS
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float | None = None


class Supervisor:
    def __init__(self, drain_seconds: float, listener: socket.socket, environment: Mapping[str, str]) -> None:
        """Make a supervisor that keeps the web server's socket open, so that callers wait while web restarts."""
        self._patience = drain_seconds + _MARGIN_SECONDS
        self._listener = listener
        self._environment = {**environment, SUPERVISED: "1"}
        self._children = [_Child("web"), _Child("dispatch")]
        self._notices: queue.SimpleQueue[_Child | str] = queue.SimpleQueue()

    def run(self) -> int:
        """Run until a signal asks to stop; return the exit code, 0 when every child stopped by itself."""
        with _signals_to(self._notices):
            for child in self._children:
                self._start(child)
            while True:
                notice = self._next(min((c.restart_at for c in self._children if c.restart_at), default=None))
                if notice == _STOP:
                    return self._stop()
                if isinstance(notice, _Child):
                    self._plan_restart(notice)
                for child in self._children:
                    if child.restart_at and child.restart_at <= time.monotonic():
                        self._start(child)

    def _start(self, child: _Child) -> None:
        child.restart_at = None
        child.started = time.monotonic()
        environment = self._environment
        sockets: list[int] = []
        if child.name == "web" and os.name == "posix":
            sockets = [self._listener.fileno()]
            environment = {**environment, SUPERVISED_SOCKET: str(sockets[0])}
        elif child.name == "web":
            self._listener.close()  # Windows cannot pass sockets on, so web opens it anew
        try:
            child.process = subprocess.Popen(  # noqa: S603 - it runs our own interpreter
                # -P: do not import modules from the current folder
                [sys.executable, "-P", "-m", "waybell", child.name],
                stdin=subprocess.PIPE,  # its end tells the child that the supervisor is gone
                env=environment,
                pass_fds=sockets,
                # Ctrl-C in a terminal reaches the whole process group; in their own sessions the children hear it once,
                # from us.
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:  # memory or processes may be exhausted for a while
            log.warning("process.not_started", name=child.name, error=str(error), restart_in_seconds=child.pause)
            self._pause(child)
            return
        threading.Thread(target=self._watch, args=(child, child.process), daemon=True).start()

    def _watch(self, child: _Child, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        self._notices.put(child)

    def _next(self, until: float | None) -> _Child | str | None:
        seconds = None if until is None else max(0.0, until - time.monotonic())
        if os.name != "posix":  # Ctrl-C does not interrupt a wait there
            seconds = min(seconds or 0.5, 0.5)
        try:
            return self._notices.get(timeout=seconds)
        except queue.Empty:
            return None

    def _plan_restart(self, child: _Child) -> None:
        now = time.monotonic()
        if now - child.started >= _HEALTHY_AFTER_SECONDS:
            child.pause = _FIRST_PAUSE_SECONDS
        code = self._reap(child)
        log.error("process.died", name=child.name, exit_code=code, restart_in_seconds=child.pause)
        self._pause(child)

    def _pause(self, child: _Child) -> None:
        child.restart_at = time.monotonic() + child.pause
        child.pause = min(child.pause * 2, _LONGEST_PAUSE_SECONDS)

    def _stop(self) -> int:
        """Stop the children and wait for them; a second signal or the time limit kills them."""
        log.info("serve.stopping")
        self._listener.close()
        running = {child.name for child in self._children if child.process}
        for child in self._children:
            if child.process:
                assert child.process.stdin
                child.process.stdin.close()
                if os.name == "posix":  # elsewhere this would kill the child; the end of its stdin also stops it
                    child.process.terminate()
        deadline = time.monotonic() + self._patience
        code = 0
        while running:
            notice = self._next(deadline)
            if isinstance(notice, _Child):
                running.discard(notice.name)
                # A child that was just starting has no handler yet and dies of the signal.
                code = code if self._reap(notice) in {0, -signal.SIGTERM} else 1
            elif notice == _STOP or time.monotonic() >= deadline:
                log.error(
                    "serve.killing", names=sorted(running), why="asked twice" if notice else "did not stop in time"
                )
                for child in self._children:
                    if child.process:
                        child.process.kill()
                        child.process.wait()
                return 1
        log.info("serve.stopped")
        return code

    def _reap(self, child: _Child) -> int:
        assert child.process
        code = child.process.wait()
        if child.process.stdin:
            child.process.stdin.close()
        child.process = None
        return code


@contextmanager
def _signals_to(notices: "queue.SimpleQueue[_Child | str]") -> Iterator[None]:
    # SimpleQueue.put may be called from a signal handler at any point of the program.
    before = {
        number: signal.signal(number, lambda *_: notices.put(_STOP)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
