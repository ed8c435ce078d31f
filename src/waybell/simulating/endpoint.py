"""The endpoint of the simulated ERP, and the events of the account, as an integrator sees them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from waybell.ground.errors import SetupError
from waybell.simulating.client import Client, Refused, segment
from waybell.simulating.inbox import Inbox
from waybell.simulating.judge import Fact

_PAGE = 500
_NO_NEWS = 60.0  # seconds without a further webhook after which the missing ones count as lost
_NUDGE = 5.0  # seconds without news after which retries are not waited for


class Endpoint:
    """An endpoint that gets all event types, also those that an endpoint must ask for."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._types = [one["Name"] for one in client.call("GET", "/api/EventType")["Items"]]
        body = {"Url": url, "Description": "A simulated day", "EventTypes": self._types}
        try:
            self.id: str = client.call("POST", "/api/Webhook", body)["Id"]
        except Refused as error:
            raise SetupError(
                f"{error}\nThe receiver of the day listens on this machine. Allow that for the trial with "
                "WAYBELL_ALLOW_HTTP_ENDPOINTS=true and WAYBELL_ALLOWED_NETWORKS=127.0.0.0/8."
            ) from None
        self._path = f"/api/Webhook/{segment(self.id)}"
        self._begin = self._read_to_the_end("", lambda _event: None)

    @property
    def secret(self) -> str:
        (secret,) = self._client.call("GET", f"{self._path}/Secret")["Items"]
        text: str = secret["Secret"]
        return text

    def events(self, prefix: str) -> list[Fact]:
        """Return the events of orders and routes whose names begin with the prefix, since the endpoint was made."""
        found: list[Fact] = []

        def note(event: Any) -> None:
            fact = Fact.read(event)
            if fact.subject[1].startswith(prefix):
                found.append(fact)

        self._read_to_the_end(self._begin, note)
        return found

    def _read_to_the_end(self, cursor: str, note: Callable[[Any], None]) -> str:
        types = "&".join(f"Event={segment(name)}" for name in self._types)
        while True:
            after = f"&After={segment(cursor)}" if cursor else ""
            page = self._client.call("GET", f"/api/Event?Limit={_PAGE}&{types}{after}")
            for event in page["Items"]:
                note(event)
            if not page["Items"]:
                end: str = page["Cursor"]
                return end
            cursor = page["Cursor"]

    def drain(self, have_arrived: Callable[[], bool], arrived: Callable[[], int]) -> bool:
        """Wait until all events have arrived, and as long as further ones arrive; return whether all have."""
        before, since, nudged = arrived(), time.monotonic(), False
        while not have_arrived():
            if (now := arrived()) != before:
                before, since, nudged = now, time.monotonic(), False
            waited = time.monotonic() - since
            if waited > _NO_NEWS:
                return False
            if waited > _NUDGE and not nudged:
                # A retry may be due in hours; it is sent now.
                self._client.call("POST", f"{self._path}/Retry", {"WaitingSince": "2000-01-01T00:00:00Z"})
                nudged = True
            time.sleep(0.05)
        return True

    def remove(self) -> None:
        self._client.call("DELETE", self._path)


@contextmanager
def registered(client: Client, inbox: Inbox) -> Iterator[Endpoint]:
    """Add an endpoint for the receiver, and remove it at the end."""
    endpoint = Endpoint(client, f"http://127.0.0.1:{inbox.wait_for_port()}/waybell")
    try:
        inbox.tell(f"secret {endpoint.secret}")
        yield endpoint
    finally:
        with suppress(OSError):  # the server may have ended
            endpoint.remove()
