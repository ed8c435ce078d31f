"""The causes of failed attempts as sentences for people.

Only this module knows the messages of libcurl and OpenSSL and what they mean. The message itself is kept as the
attempt's detail and shown beside the sentence, for experts. A message that this module does not know gets the general
sentence of its error.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple, Protocol

from waybell.webhooks.model import ErrorWord, Timing


class Tried(Protocol):
    """The members of an attempt that tell why it failed."""

    @property
    def error(self) -> str | None: ...

    @property
    def status(self) -> int | None: ...

    @property
    def detail(self) -> str | None: ...

    @property
    def dns_us(self) -> int: ...

    @property
    def connect_us(self) -> int: ...

    @property
    def tls_us(self) -> int: ...

    @property
    def wait_us(self) -> int: ...

    @property
    def total_us(self) -> int: ...


class Cause(NamedTuple):
    text: str  # a sentence without its full stop
    raw: str | None  # the message of the library, unless `text` holds it already


# The words that lists show in place of a status.
_IN_A_WORD = {
    ErrorWord.TIMEOUT: "Timed out",
    ErrorWord.DNS: "Name not found",
    ErrorWord.REFUSED: "Refused",
    ErrorWord.TLS: "TLS failed",
    ErrorWord.FORBIDDEN_ADDRESS: "Blocked",
    ErrorWord.CONNECTION: "Broke off",
    ErrorWord.INTERNAL: "Not sent",
}

# These clauses about the receiver stand behind a word such as "because" or between brackets.
_SHORT = {
    ErrorWord.TIMEOUT: "it does not answer in time",
    ErrorWord.DNS: "its name is not found",
    ErrorWord.REFUSED: "nobody listens there",
    ErrorWord.TLS: "TLS with it fails",
    ErrorWord.FORBIDDEN_ADDRESS: "its address is not public",
    ErrorWord.CONNECTION: "the connection breaks off",
    ErrorWord.INTERNAL: "it cannot be sent to",
}

_PHASES = {
    "dns": "looking up its name",
    "connect": "connecting: nothing answers at its address",
    "tls": "in the TLS handshake",
    "wait": "waiting for its answer",
    "answer": "in the middle of its answer",
}

# The phase in which an attempt with this error ended.
_ENDED_IN: dict[str, str] = {
    ErrorWord.DNS: "dns",
    ErrorWord.REFUSED: "connect",
    ErrorWord.FORBIDDEN_ADDRESS: "connect",
    ErrorWord.TLS: "tls",
}

_GENERAL = {
    ErrorWord.DNS: "Its name was not found (DNS)",
    ErrorWord.REFUSED: "No connection: nobody listens there, or no network leads to it",
    ErrorWord.TLS: "TLS with it failed",
    ErrorWord.CONNECTION: "The connection broke off",
    ErrorWord.INTERNAL: "It could not be sent",
}

_CLIENT_CERTIFICATE = r"certificate required|bad certificate"

# The first pattern that matches the message of the library gives the sentence.
_SENTENCES: dict[ErrorWord, Sequence[tuple[str, str]]] = {
    ErrorWord.DNS: ((r"resolve host: (\S+)", r"The name \1 was not found (DNS)"),),
    ErrorWord.REFUSED: (
        (r"unreachable|no route", "No network leads to its address from here"),
        (r"connect to (\S+) port (\d+)", r"Nobody listens at \1:\2"),
        (r"connect to (\S+)", r"Nobody listens at \1"),
    ),
    ErrorWord.TLS: (
        (r"has expired|\(10\)", "Its certificate has expired"),
        (r"not yet valid|\(9\)", "Its certificate is not valid yet"),
        (r"self.signed|\((18|19)\)", "Its certificate is self-signed: no authority that is known here vouches for it"),
        (
            r"local issuer|first certificate|\((2|20|21)\)",
            "Its certificate comes from an authority that is not known here, or an intermediate certificate is missing",
        ),
        (r"revoked|\(23\)", "Its certificate was revoked"),
        (r"too small|too weak|too short", "Its certificate is too weak"),
        (r"has no subjectAltName", "Its certificate names it in no subjectAltName, and a common name does not count"),
        (r"rules of X.509", "Its certificate, or one that vouches for it, breaks the rules and cannot be read"),
        (r"subject name|subjectAltName|host ?name|does not match", "Its certificate is for another name"),
        (r"wrong version number|http request|packet length|record", "It speaks no TLS there: plain HTTP, perhaps"),
        (r"protocol version|unsupported protocol|no protocols", "It offers old versions of TLS only; 1.2 is needed"),
        (r"unrecognized name", "Its server knows no site of this name"),
        (_CLIENT_CERTIFICATE, "It asks for a client certificate, which is not supported"),
        (r"eof|reset|closed|SYSCALL|Broken pipe", "It closed the connection during the TLS handshake"),
        (r"alert|cipher|handshake failure", "It refused the TLS handshake"),
    ),
    ErrorWord.CONNECTION: (
        (
            r"HTTP/0\.9|HTTP/1 sub|Unsupported HTTP|version in|begins with .(?!HTTP/)",
            "What it answered is no HTTP: is it the right port?",
        ),
        (_CLIENT_CERTIFICATE, "It asks for a client certificate, which is not supported"),
        (r"more than \d+ KiB", "Its answer is too large: chunk extensions, interim answers or headers without end"),
        (r"too large|too long|too many|headers? exceed", "The headers of its answer are too large"),
        (r"Content-Length|chunk|header|Transfer-Encoding|status", "Its answer breaks the rules of HTTP"),
        (r"missing|outstanding|transfer closed|ended within", "Its answer broke off half-way"),
        (r"kept open", "It closed the connection, which it had kept open, without an answer"),
        (r"Send failure|Broken pipe", "It closed the connection before it had read the request"),
        (r"reset|eof|Empty reply|No answer came", "It closed the connection without an answer"),
    ),
}
_HALF_WAY = "Its answer broke off half-way"


def in_a_word(error: str | None) -> str:
    """Return the words that lists show for an error, such as `Timed out`; empty where the status is shown instead."""
    return "" if error in (None, ErrorWord.HTTP_STATUS) else _IN_A_WORD.get(ErrorWord(error), "Failed")


def in_short(error: str | None, status: int | None) -> str:
    """Return the clause that says why an attempt failed, such as `it answers 503`; empty when it succeeded."""
    if error is None:
        return ""
    return f"it answers {status}" if error == ErrorWord.HTTP_STATUS else _SHORT[ErrorWord(error)]


def why_down(reason: str) -> str:
    """Return the clause that says why an endpoint is parked, for a reason such as `refused` or `http_status 503`."""
    error, _, status = reason.partition(" ")
    return in_short(error, int(status) if status.isdecimal() else None)


def cause(row: Tried) -> Cause:
    """Return the outcome of an attempt as a sentence, with the message of the library if it adds something."""
    if row.error is None:
        return Cause(f"Taken: answered {row.status}", None)
    if row.error == ErrorWord.HTTP_STATUS:
        return Cause(_answered(row.status or 0), row.detail)
    text = _sentence(ErrorWord(row.error), row)
    if row.status is not None:
        text = f"Answered {row.status}, but {text[0].lower()}{text[1:]}"
    return Cause(text, None if row.error == ErrorWord.FORBIDDEN_ADDRESS else row.detail)


_NAMES = {status.value: status.phrase for status in HTTPStatus}


def _answered(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own
        return f"Answered {status}: a redirect, which is not followed"
    name = _NAMES.get(status)
    return f"Answered {status}" + (f" {name}" if name else "")


def _sentence(error: ErrorWord, row: Tried) -> str:
    detail = row.detail or ""
    if error is ErrorWord.TIMEOUT:
        took = f"{row.total_us / 1_000_000:.1f} s".replace(".0 s", " s")
        return f"Timed out after {took} {_PHASES[_phase(row)]}"
    if error is ErrorWord.FORBIDDEN_ADDRESS:
        return f"Blocked: {detail}" if detail else "Blocked: its address is not public"
    for pattern, sentence in _SENTENCES.get(error, ()):
        found = re.search(pattern, detail, re.IGNORECASE)
        if found:
            broke_off = error is ErrorWord.CONNECTION and row.wait_us and "without an answer" in sentence
            return _HALF_WAY if broke_off else found.expand(sentence)
    return _GENERAL[error]


def _phase(row: Tried) -> str:
    """Return the phase in which a timed-out attempt ended, such as the TLS handshake."""
    detail = row.detail or ""
    if "Resolving" in detail:
        return "dns"
    received = re.search(r"with (\d+) (?:out of \S+ )?bytes received", detail)
    if received:
        return "answer" if row.wait_us and int(received[1]) else "wait"
    if "SSL" in detail or row.tls_us:
        return "wait" if row.tls_us else "tls"
    if re.search(r"Connection time", detail, re.IGNORECASE):
        return "tls" if row.connect_us else "connect"
    if "connect" in detail:
        return "connect"
    return "answer" if row.wait_us else "wait"


def timing(row: Tried) -> Timing:
    """Return how long each phase of an attempt took.

    libcurl reports only phases that succeeded. The rest of the duration belongs to the phase in which the attempt
    ended.
    """
    parts = {name: getattr(row, f"{name}_us") for name in ("dns", "connect", "tls", "wait")}
    phase = _phase(row) if row.error == ErrorWord.TIMEOUT else _ENDED_IN.get(row.error or "")
    if phase in parts:
        parts[phase] += max(row.total_us - sum(parts.values()), 0)
    return Timing(parts["dns"], parts["connect"], parts["tls"], parts["wait"], row.total_us)
