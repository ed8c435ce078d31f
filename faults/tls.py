"""A receiver whose TLS is not to be trusted for some seconds: it must not get a single request to read meanwhile."""

import ssl
import time
from collections.abc import Callable

from fault import Fault, Scene, Strike
from support.certificates import Authority

_SECONDS = 5.0
_UNDER_WAY = 16  # attempts to this receiver whose connections are cut when its certificate changes


def _showing(bad: Callable[[Scene], ssl.SSLContext | None]) -> Strike:
    def strike(scene: Scene) -> None:
        tls, witness = scene.installation.tls, scene.installation.witness
        good = tls.shows
        tls.shows = bad(scene)
        try:
            witness.hang_up()  # connections that are kept from before were to the right one
            seen = len(witness.requests_over_tls)
            time.sleep(_SECONDS)  # the fault itself: nothing could be waited for
            # A handshake that was under way when it began may still end well.
            sent = sum(shown is not good for shown in witness.requests_over_tls[seen:])
        finally:
            tls.shows = good
        assert not sent, f"{sent} requests were sent to one who could not show who it is"

    return strike


def _expired(scene: Scene) -> ssl.SSLContext:
    return scene.installation.authority.server(expired=True)


def _for_another_host(scene: Scene) -> ssl.SSLContext:
    return scene.installation.authority.server("elsewhere.example")


def _of_an_unknown_authority(scene: Scene) -> ssl.SSLContext:
    return Authority(scene.installation.folder / "tls" / "unknown").server()


FAULTS = [
    Fault("TLS: handshakes break", _showing(lambda _: None), repeats=_UNDER_WAY),
    Fault("TLS: the certificate has expired", _showing(_expired), repeats=_UNDER_WAY),
    Fault("TLS: the certificate is another host's", _showing(_for_another_host), repeats=_UNDER_WAY),
    Fault("TLS: the authority is unknown", _showing(_of_an_unknown_authority), repeats=_UNDER_WAY),
]
