"""A Waybell under load: its programs, its receivers, whoever publishes, and who restarts what dies."""

import os
import random
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from support.certificates import Authority, SwitchedTls
from support.load import EVENT_TYPE, Publisher, post
from support.program import Program, free_port, is_running, run
from support.waiting import wait_for
from support.witness import Witness
from waybell.db.database import Database

RECEIVERS = ("/one", "/two", "/three")
_PUBLISHERS = 3
_SUBJECTS_EACH = 6
_QUICK = {
    # Quick to notice and to take over; the pauses of retries are short, so that a minute shows what takes hours.
    "ALLOW_HTTP_ENDPOINTS": "true",
    "ALLOWED_NETWORKS": "127.0.0.1/32",  # and nothing else of this machine
    "ATTEMPT_TIMEOUT": "2s",
    "CONNECT_TIMEOUT": "2s",
    "LEASE": "12s",
    "RETRY_PAUSES": "1s,1s,2s,4s,8s",
    "PROBE_PAUSES": "1s,2s",
}


@dataclass
class Installation:
    """`serve` on SQLite; three web servers and three dispatchers, each a program of its own, on PostgreSQL."""

    folder: Path  # its data lies below it, and its logs apart from them
    database_url: str | None
    extra: Mapping[str, str] = field(default_factory=dict)  # more settings
    environment: Mapping[str, str] = field(default_factory=dict)  # more of its programs' environment; {name} is theirs
    programs: dict[str, Program] = field(default_factory=dict)
    key: str = ""

    def __post_init__(self) -> None:
        self.witness = Witness()
        self.authority = Authority(self.folder / "tls")
        self.tls = SwitchedTls(self.authority.server())
        self._tls_port = self.witness.listen(tls=self.tls.context)
        self._endpoints: dict[str, str] = {}
        names = ["serve"] if self.database_url is None else [f"web{n}" for n in (1, 2, 3)]
        self._ports = {name: free_port() for name in names}
        self._names = names if self.database_url is None else [*names, *[f"dispatch{n}" for n in (1, 2, 3)]]

    @property
    def ports(self) -> list[int]:
        return list(self._ports.values())

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def _logs(self) -> Path:
        return self.folder / "logs"

    @property
    def settings(self) -> dict[str, str]:
        own = {"DATA_DIR": str(self.data), "CA_FILE": str(self.authority.file), **_QUICK, **self.extra}
        return own if self.database_url is None else own | {"DATABASE_URL": self.database_url}

    def begin(self) -> None:
        """An account, a key, the receivers; and everything runs."""
        self._logs.mkdir(parents=True)
        run(self._logs, "migrate", **self.settings)
        assert run(self._logs, "account", "create", "Faults", **self.settings).returncode == 0
        made = run(self._logs, "key", "create", "faults", **self.settings)
        assert made.returncode == 0, made.stderr
        self.key = next(word for word in made.stdout.split() if word.startswith("wb_"))
        self.start()
        self.ready()
        assert self._post("/api/EventType", {"Name": EVENT_TYPE, "Meaning": "A load"})[0] == 201
        for path in RECEIVERS:
            self._endpoints[path] = self.add_endpoint(self.url(path))

    def url(self, path: str) -> str:
        """Where this receiver lives: the last one behind TLS, the others by their address."""
        if path == RECEIVERS[-1]:
            return f"https://localhost:{self._tls_port}{path}"
        return f"http://127.0.0.1:{self.witness.port}{path}"

    def add_endpoint(self, url: str) -> str:
        status, answer = self._post("/api/Webhook", {"Url": url, "EventTypes": [EVENT_TYPE]})
        assert status == 201, answer
        return str(answer["Id"])

    def send_to(self, path: str, url: str) -> None:
        """Change the URL that this receiver is called by."""
        status, answer = post(self.ports[0], self.key, f"/api/Webhook/{self._endpoints[path]}", {"Url": url}, "PUT")
        assert status == 202, answer

    def _post(self, path: str, body: object) -> tuple[int, dict]:
        return post(self.ports[0], self.key, path, body)

    # -- programs ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start what does not run, as whoever supervises the host would."""
        for name in self._names:
            program = self.programs.get(name)
            if program is None or program.process.poll() is not None:
                settings: dict[str, Any] = {**self.settings}
                if name in self._ports:
                    settings["PORT"] = str(self._ports[name])
                command = name.rstrip("123")
                environment = {key: value.format(name=name) for key, value in self.environment.items()}
                self.programs[name] = Program(self._logs, command, environment=environment, **settings)

    def move_to(self, environment: Mapping[str, str]) -> None:
        """Start all programs anew in this environment."""
        for program in self.programs.values():
            program.stop()
        self.environment = environment
        self.start()
        self.ready()

    def ready(self, seconds: float = 60) -> None:
        wait_for(lambda: all(status_of(port) == 200 for port in self.ports), seconds)

    def pids(self, kind: str) -> list[int]:
        """The processes of this kind: `web` or `dispatch`."""
        if self.database_url is None:
            started = self.programs["serve"].events("process.started", name=kind)
            return [pid for pid in [line["pid"] for line in started[-1:]] if is_running(pid)]
        return [
            program.process.pid
            for name, program in self.programs.items()
            if name.startswith(kind) and program.process.poll() is None
        ]

    def kill(self, *pids: int) -> None:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def everything(self) -> list[int]:
        """All processes, the supervisor first."""
        programs = [program.process.pid for program in self.programs.values() if program.process.poll() is None]
        return programs + (self.pids("web") + self.pids("dispatch") if self.database_url is None else [])

    # -- the database, from outside ------------------------------------------------------------------------------------

    def unfinished(self) -> int:
        url = self.database_url or f"sqlite:///{self.data / 'waybell.db'}"
        database = Database(url)
        try:
            with database.reading() as tx:
                query = "SELECT count(*) FROM messages WHERE finished_at IS NULL"
                return int(tx.execute(text(query)).scalar_one())
        finally:
            database.close()

    def complaints(self) -> list[str]:
        """What was logged as an error, each kind once: for people who want to know what happened."""
        found: dict[str, int] = {}
        for program in self.programs.values():
            for line in program.logged.splitlines():
                if '"level": "error"' in line or "Traceback" in line:
                    found[line[:300]] = found.get(line[:300], 0) + 1
        return [f"{count} x {line}" for line, count in sorted(found.items(), key=lambda one: -one[1])][:10]

    def end(self) -> None:
        for program in self.programs.values():
            program.end()
        self.witness.close()


@contextmanager
def publishing(installation: Installation) -> Iterator[list[Publisher]]:
    """A steady load from several clients, each about subjects of its own."""
    with ExitStack() as stack:
        publishers = []
        for number in range(_PUBLISHERS):
            subjects = [f"load:{number}-{random.randrange(10**9)}-{n}" for n in range(_SUBJECTS_EACH)]
            publisher = Publisher(installation.ports, installation.key, subjects, pause=0.03)
            stack.callback(publisher.end)
            publishers.append(publisher)
        yield publishers


def status_of(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
