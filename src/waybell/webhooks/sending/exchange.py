"""One signed POST: it is prepared, sent by libcurl, and its result becomes an `Attempt`.

`transport.py` drives many `Exchange`s at once. All follow the same rules: no redirects, no proxy, no decompression; TLS
is verified; a socket is opened only to an address that `address.refusal` permits; a request is sent at most once.
"""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import certifi
import pycurl

from waybell import __version__
from waybell.ground.clock import SystemClock
from waybell.ground.trace import headers as trace_headers
from waybell.settings import Settings
from waybell.webhooks.address import Policy, refusal
from waybell.webhooks.model import Answered, Attempt, Cut, Endpoint, ErrorWord, Outcome, Timing, Unreachable
from waybell.webhooks.sending import answer, certificate
from waybell.webhooks.signing import hex_hmac, signature_header

KEPT_BODY_BYTES = 16 * 1024
KEPT_HEADER_BYTES = 16 * 1024
USER_AGENT = f"Waybell/{__version__}"

_OWN_HEADERS = (f"User-Agent: {USER_AGENT}", "Content-Type: application/json")
_ACCEPT = "Accept: */*"  # libcurl sends this by itself; a header of the account replaces it
# libcurl reads 44 times as much before it turns to other exchanges: 45 KB, or 200 KB of encrypted data.
_BUFFER_BYTES = 1024
_WAITING_BYTES = 64 * 1024  # the receive buffer of the system, which would otherwise take megabytes of a flood
_NO_EXPECT = "Expect:"  # makes libcurl send no such header
CLOSED = "The receiver closed the connection, which it had kept open, without an answer"
_TOO_LARGE = 100  # pycurl has no name for this code
_TLS_ERRORS = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_ISSUER_ERROR,
    pycurl.E_SSL_PINNEDPUBKEYNOTMATCH,
    pycurl.E_SSL_INVALIDCERTSTATUS,
}
_WORDS = {
    pycurl.E_COULDNT_RESOLVE_HOST: ErrorWord.DNS,
    pycurl.E_COULDNT_CONNECT: ErrorWord.REFUSED,
    pycurl.E_OPERATION_TIMEDOUT: ErrorWord.TIMEOUT,
} | dict.fromkeys(_TLS_ERRORS, ErrorWord.TLS)


def policy_of(settings: Settings) -> Policy:
    return Policy(settings.allow_http_endpoints, settings.allowed_networks, settings.inbox_url)


class Exchange:
    """A libcurl handle with what it receives. It carries one POST at a time and is used again for the next."""

    def __init__(
        self,
        settings: Settings,
        clock: SystemClock,
        opened: Callable[[socket.socket], None],
        ended: set[int] | None = None,
    ) -> None:
        """Make a handle that can send.

        `opened` is called with each socket that is opened. libcurl works on a duplicate, so the caller closes the
        socket once libcurl has returned. `ended` holds the local ports of kept connections that are known to have
        ended; the exchange removes a port when it meets that connection.
        """
        self._opened = opened
        self._ended = set() if ended is None else ended
        self._clock = clock
        self._policy = policy_of(settings)
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.PROXY, "")  # no proxy, not even one that the environment names
        curl.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
        curl.setopt(pycurl.CAINFO, str(settings.ca_file or certifi.where()))
        curl.unsetopt(pycurl.CAPATH)  # pycurl may have found the authorities of the machine
        curl.setopt(pycurl.SSL_VERIFYPEER, 1)
        curl.setopt(pycurl.SSL_VERIFYHOST, 2)
        curl.setopt(pycurl.OPT_CERTINFO, 1)
        curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)  # a resumed session shows no certificate
        curl.setopt(pycurl.TIMEOUT_MS, int(settings.attempt_timeout.total_seconds() * 1000))
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(settings.connect_timeout.total_seconds() * 1000))
        # With HTTP/1.1 a connection carries one exchange at a time, so the bytes that it receives belong to that one.
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.BUFFERSIZE, _BUFFER_BYTES)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        curl.setopt(pycurl.PREREQFUNCTION, self._before_request)
        curl.setopt(pycurl.WRITEFUNCTION, self._take_body)
        curl.exchange = self
        self._go(to_inbox=False)
        self._share(connections=True)
        self._reset()

    def _go(self, *, to_inbox: bool) -> None:
        """Direct the exchange to the built-in inbox, or to the outside."""
        self._to_inbox = to_inbox
        plain = pycurl.PROTO_HTTP if to_inbox or self._policy.allow_http else 0
        self.curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS | plain)

    def _share(self, *, connections: bool) -> None:
        """Use a kept connection and keep it for later exchanges, or use one for this exchange alone."""
        self._shares = connections
        self.curl.setopt(pycurl.FRESH_CONNECT, not connections)
        self.curl.setopt(pycurl.FORBID_REUSE, not connections)

    def _reset(self) -> None:
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._headers: list[bytes] = []
        # libcurl itself stops at 300 KB of headers, so a plain append will do: it is called for every line.
        self.curl.setopt(pycurl.HEADERFUNCTION, self._headers.append)
        self._refusal: str | None = None
        self.found_it_ended = False  # before the request was sent: start again
        self._has_connected = False  # otherwise a kept connection, which was checked when new
        self._distrust: str | None = None  # the fault of the certificate
        self._was_asked = False  # the request may have been sent
        self._asks_again = False  # libcurl wanted to send the request again

    def prepare(
        self, endpoint: Endpoint, event_id: str, body: bytes, trace: str | None = None, *, alone: bool = False
    ) -> None:
        """Sign the request and prepare the handle, which can then be performed or added to a multi handle.

        With `alone` the exchange uses no kept connection.
        """
        self._reset()
        self._started_at = now = self._clock.now()
        own = {name.lower() for name, _ in endpoint.headers} | {(endpoint.hex_header or "").lower()}
        lines = [
            *_OWN_HEADERS,
            f"webhook-id: {event_id}",
            f"webhook-timestamp: {int(now.timestamp())}",
            f"webhook-signature: {signature_header(endpoint.secrets, event_id, now, body)}",
        ]
        if "accept" not in own:
            lines.append(_ACCEPT)
        if trace:
            lines += trace_headers(trace)
        if endpoint.hex_header:
            newest = next((secret.value for secret in endpoint.secrets if secret.scheme == "v1"), "")
            lines.append(f"{endpoint.hex_header}: {hex_hmac(newest, body)}")
        # The stored request hides the values of the account's own headers, because they may carry a token.
        self._request_headers = (*lines, *[f"{name}: ***" for name, _ in endpoint.headers])
        curl = self.curl
        to_inbox = self._policy.is_own_inbox(endpoint.url)
        if self._to_inbox is not to_inbox:
            self._go(to_inbox=to_inbox)
        shares = not (alone or to_inbox)  # no other exchange may use a connection to this server itself
        if self._shares is not shares:
            self._share(connections=shares)
        self._is_secured = endpoint.url[:6].lower() == "https:"
        curl.setopt(pycurl.URL, endpoint.url)
        curl.setopt(pycurl.HTTPHEADER, [*lines, *[f"{name}: {value}" for name, value in endpoint.headers], _NO_EXPECT])
        curl.setopt(pycurl.POSTFIELDS, body)

    @property
    def was_on_kept_connection(self) -> bool:
        return self._was_asked and not self._has_connected

    def attempt(self, error: int | None, detail: str) -> Attempt:
        """Return the result of the exchange. `error` is the code of libcurl, or None when the exchange succeeded."""
        return Attempt(self._started_at, self._request_headers, self._outcome(error, detail), self._timing())

    def close(self) -> None:
        self.curl.close()

    def _outcome(self, error: int | None, detail: str) -> Outcome:
        head, failure = answer.find_head(self._headers), self._failure(error, detail)
        if isinstance(head, answer.Head):
            body = b"".join(self._body)[:KEPT_BODY_BYTES] if self._body else b""
            return Answered(head.status, head.text[:KEPT_HEADER_BYTES], body, failure or answer.why_cut(head))
        return Unreachable(*(failure or Cut(ErrorWord.CONNECTION, head)))

    def _failure(self, error: int | None, detail: str) -> Cut | None:
        """Return why the exchange ended too early, or None. A body that our own limit ended is no failure."""
        if error is None or (error == pycurl.E_WRITE_ERROR and self._body_bytes > KEPT_BODY_BYTES):
            return None
        if self._distrust:
            return Cut(ErrorWord.TLS, self._distrust)
        if self._asks_again:
            return Cut(ErrorWord.CONNECTION, CLOSED)
        if self._refusal and not self._was_asked:
            return Cut(ErrorWord.FORBIDDEN_ADDRESS, self._refusal)
        told = detail or ("A line of its head is too long" if error == _TOO_LARGE else f"libcurl's error {error}")
        return Cut(_WORDS.get(error, ErrorWord.CONNECTION), told)

    def _timing(self) -> Timing:
        ask = self.curl.getinfo
        dns, connect, tls = ask(pycurl.NAMELOOKUP_TIME_T), ask(pycurl.CONNECT_TIME_T), ask(pycurl.APPCONNECT_TIME_T)
        first, sent = ask(pycurl.STARTTRANSFER_TIME_T), ask(pycurl.PRETRANSFER_TIME_T)
        return Timing(
            dns_us=dns,
            connect_us=max(connect - dns, 0),
            tls_us=max(tls - connect, 0),
            wait_us=max(first - sent, 0),
            total_us=ask(pycurl.TOTAL_TIME_T),
        )

    def _take_body(self, part: bytes) -> int | None:
        self._body_bytes += len(part)
        if self._body_bytes - len(part) < KEPT_BODY_BYTES:
            self._body.append(part)
        # The status is known, and enough of the body is kept: end the exchange rather than read a gigabyte.
        return None if self._body_bytes <= KEPT_BODY_BYTES else -1

    def _before_request(self, _there: str, _here: str, _port_there: int, port_here: int) -> int:
        """Let libcurl send the request once, and only to a server whose certificate names its host.

        When a kept connection ends without an answer, libcurl sends the request again by itself. The receiver may have
        read the first request, so the second would be an attempt that is recorded nowhere.
        """
        if self._was_asked:
            self._asks_again = True
            return int(pycurl.PREREQFUNC_ABORT)
        if port_here in self._ended:
            self._ended.discard(port_here)
            self.found_it_ended = not self._has_connected  # otherwise the port is in use again
        if self.found_it_ended:
            return int(pycurl.PREREQFUNC_ABORT)
        if self._is_secured and self._has_connected:
            self._distrust = self._certificate_fault()
        if self._distrust:
            return int(pycurl.PREREQFUNC_ABORT)
        self._was_asked = True
        return int(pycurl.PREREQFUNC_OK)

    def _certificate_fault(self) -> str | None:
        try:
            certificates = self.curl.getinfo(pycurl.INFO_CERTINFO)
        except UnicodeDecodeError:  # pycurl parses what OpenSSL prints, and no exception may pass through libcurl
            return certificate.UNREADABLE
        return certificate.fault(dict(certificates[0]).get("Cert", "")) if certificates else certificate.UNREADABLE

    def _open_socket(self, _purpose: int, target: Any) -> socket.socket | int:
        """Open a socket if its address may be called. Only here is it certain which address libcurl calls."""
        if self._was_asked:  # libcurl wants to send the request again
            self._asks_again = True
            return int(pycurl.SOCKET_BAD)
        family, kind, protocol, address = target
        try:
            target_address = ip_address(address[0].partition("%")[0])
            self._refusal = None if self._to_inbox else refusal(target_address, self._policy)
        except (ValueError, TypeError, IndexError):
            self._refusal = f"{address} is not an internet address"
        if self._refusal:
            return int(pycurl.SOCKET_BAD)
        self._has_connected = True
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WAITING_BYTES)
        self._opened(opened)
        return opened
