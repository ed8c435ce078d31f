"""One request that somebody waits for: a test that a person asks for."""

from waybell.ground.clock import SystemClock
from waybell.settings import Settings
from waybell.webhooks.model import Attempt, Claim, Content, Endpoint
from waybell.webhooks.sending.transport import Transport

_LOOK_EVERY = 1.0  # seconds


class Sender:
    """Sends one request and waits for the answer, on a transport of its own: by the rules that hold for all."""

    def __init__(self, settings: Settings, clock: SystemClock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()

    def send_one(self, endpoint: Endpoint, event_id: str, body: bytes) -> Attempt:
        """POST these bytes now; never raises for what the network does."""
        transport = Transport(self._settings, self._clock)
        claim = Claim("", endpoint.account_id, endpoint.id, event_id, None, 1, 0, "test")
        try:
            transport.start(claim, endpoint, Content(body, None))
            while not (results := transport.poll(_LOOK_EVERY)):
                pass
        finally:
            transport.close()
        return results[0][1]
