"""One request whose result a person waits for: a test send."""

from waybell.ground.clock import SystemClock
from waybell.settings import Settings
from waybell.webhooks.model import Attempt, Claim, Content, Endpoint
from waybell.webhooks.sending.transport import Transport

_POLL_EVERY = 1.0  # seconds


class Sender:
    """A sender of single requests, with a transport of its own and the same rules as for all attempts."""

    def __init__(self, settings: Settings, clock: SystemClock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()

    def send_one(self, endpoint: Endpoint, event_id: str, body: bytes) -> Attempt:
        """POST these bytes now and return the attempt. A failure of the network is a result, not an exception."""
        transport = Transport(self._settings, self._clock)
        claim = Claim("", endpoint.account_id, endpoint.id, event_id, None, 1, 0, "test")
        try:
            transport.start(claim, endpoint, Content(body, None))
            while not (results := transport.poll(_POLL_EVERY)):
                pass
        finally:
            transport.close()
        return results[0][1]
