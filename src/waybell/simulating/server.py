"""A server of our own, for the demo and for a simulated day: a real `waybell serve` on a throw-away folder."""

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import inspect

from waybell.accounts import actions as accounts
from waybell.accounts import sessions
from waybell.ground.errors import SetupError
from waybell.running import first_start
from waybell.running.server_socket import listen
from waybell.schema import migrate
from waybell.settings import load
from waybell.simulating.client import Client, Refused, good

# Times are short, so that spectators see the end of an outage: of the outage in the story, and of an outage caused by
# killing a dispatcher, whose claims end with the lease.
_SETTINGS = {
    "WAYBELL_ALLOW_HTTP_ENDPOINTS": "true",
    "WAYBELL_ALLOWED_NETWORKS": "127.0.0.0/8",
    "WAYBELL_LOG_FORMAT": "json",
    # The story plays a day in minutes, and visitors shall try as much as they like.
    "WAYBELL_CALLS_PER_SECOND": "100000",
    "WAYBELL_CALLS_PER_MINUTE": "1000000",
    "WAYBELL_RETRY_PAUSES": "1s,2s,4s,8s,15s",
    "WAYBELL_PROBE_PAUSES": "500ms,1s,2s",
    "WAYBELL_ATTEMPT_TIMEOUT": "5s",
    "WAYBELL_LEASE": "15s",
}
ZONE = "Europe/Tallinn"  # of the account that is made here
_START = timedelta(seconds=40)
_STOP = timedelta(seconds=30)
_LOG_LINES, _LOG_COLUMNS = 12, 500


class ServerFailed(Exception):  # noqa: N818 - the name says what happened
    """The server did not start, or ended; the message holds the end of its log."""


class Server:
    """A Waybell server for a `with` block: it starts at the beginning of the block, and is stopped at the end."""

    def __init__(self, folder: Path, port: int = 0, database_url: str = "") -> None:
        """Take the port, or a free one when `port` is 0, and the database, or SQLite in the folder.

        Raise `SetupError` when another program has the port.
        """
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._log = folder / "server.log"
        self._cpu_of_killed = 0.0
        self._environment = clean_environment() | _SETTINGS
        self._environment |= {"WAYBELL_DATA_DIR": str(folder / "data"), "WAYBELL_PORT": str(self.port)}
        if database_url:
            self._environment["WAYBELL_DATABASE_URL"] = database_url
        self._settings = load(self._environment | {"WAYBELL_CONFIG": os.devnull})

    def __enter__(self) -> Self:
        listen(self._settings).close()
        if not first_start.on_sqlite(self._settings):
            self._make_tables()
        # The account is made here, so that the key need not be parsed from the output of the first start.
        made = first_start.prepare(
            self._settings,
            account_name="Tallinn Kitchen Supplies",
            time_zone=ZONE,
        )
        if made is None:
            raise SetupError("This needs a fresh folder, and this one is in use.")
        self.account = made
        self._launch()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def _make_tables(self) -> None:
        with first_start.connect(self._settings) as database:
            if inspect(database.engine).get_table_names():
                raise SetupError("The database has tables already. Make an empty one for this server.")
            migrate.upgrade(database)

    def _launch(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "waybell", "serve"],
                cwd=self._folder,  # a waybell.toml in the user's folder is not for this server
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we then stop the server in its own order
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise

    def kill_and_start_again(self) -> None:
        """Kill the server by kill -9, and start it again on the same folder; its child processes notice, and end."""
        self._cpu_of_killed += cpu_seconds(self._process.pid)
        self._process.kill()
        self._process.wait()
        self._launch()

    @property
    def cpu_seconds(self) -> float:
        """The seconds of processor time that the processes of the server have used; 0 where the system hides them."""
        return self._cpu_of_killed + cpu_seconds(self._process.pid)

    def client(self) -> Client:
        return Client(self.url, self.account.key_text)

    def sign_in_link(self) -> str:
        """Make a new sign-in link; each link signs in once."""
        with first_start.connect(self._settings) as database, database.transaction() as tx:
            user_id = accounts.user_of_email(tx, self.account.email)
            token = sessions.make_link(tx, user_id) if user_id else ""  # a visitor may have removed the user
        return f"{self.url}/sign-in/link?token={token}"

    def end_of_log(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(line[:_LOG_COLUMNS] for line in lines[-_LOG_LINES:]) or "(it is empty)"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START.total_seconds()
        with self.client() as client:
            while True:
                if self._process.poll() is not None:
                    raise ServerFailed(f"The server ended at its start. The end of its log:\n{self.end_of_log()}")
                try:
                    good("GET /readyz", client.send("GET", "/readyz"))
                except (OSError, Refused) as error:
                    if time.monotonic() > deadline:
                        raise ServerFailed(
                            f"The server does not answer ({error}). The end of its log:\n{self.end_of_log()}"
                        ) from None
                else:
                    return
                time.sleep(0.05)

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP.total_seconds())
        except subprocess.TimeoutExpired:
            self._process.kill()  # its child processes notice, and end too
            self._process.wait()


def cpu_seconds(root: int) -> float:
    """Return the seconds of processor time of a process and of all below it; 0 where /proc does not tell them."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):  # the process has ended meanwhile
            # The name of the program, in parentheses, may hold blanks.
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            process = int(stat.parent.name)
            parents[process] = int(fields[1])
            ticks[process] = sum(int(one) for one in fields[11:15])  # its own, and that of children which have ended
    family, found = {root}, 1
    while found:
        below = {process for process, parent in parents.items() if parent in family} - family
        family |= below
        found = len(below)
    return sum(ticks.get(process, 0) for process in family) / os.sysconf("SC_CLK_TCK") if ticks else 0.0


def clean_environment() -> dict[str, str]:
    """Return the environment without Waybell settings of the user."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WAYBELL_")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
