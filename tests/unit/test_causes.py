"""What came of an attempt in words of ours, whatever a library says about it."""

from types import SimpleNamespace

import pytest

from waybell.webhooks.history.causes import cause, in_a_word, in_short, timing, why_down
from waybell.webhooks.model import ErrorWord
from waybell.webhooks.sending.answer import Head, find_head, why_cut
from waybell.webhooks.sending.certificate import NAMELESS, UNREADABLE
from waybell.webhooks.sending.exchange import CLOSED
from waybell.webhooks.sending.transport import TOO_LONG

# As libcurl 8.23 with OpenSSL 3.6 said them, each to a receiver that behaves like this.
SAID = [
    ("dns", "Could not resolve host: no-such.invalid", "The name no-such.invalid was not found (DNS)"),
    (
        "refused",
        "Failed to connect to a.example:1 after 0 ms: Could not connect to server",
        "Nobody listens at a.example:1",
    ),
    (
        "refused",
        "Failed to connect to a.example port 81 after 2 ms: Could not connect",
        "Nobody listens at a.example:81",
    ),
    (
        "refused",
        "Immediate connect fail for 1.2.3.4: Network is unreachable",
        "No network leads to its address from here",
    ),
    (
        "tls",
        "TLS connect error: error:0A00010B:SSL routines::wrong version number",
        "It speaks no TLS there: plain HTTP, perhaps",
    ),
    (
        "tls",
        "TLS connect error: error:0A000126:SSL routines::unexpected eof while reading",
        "It closed the connection during the TLS handshake",
    ),
    ("tls", "Recv failure: Connection reset by peer", "It closed the connection during the TLS handshake"),
    (
        "tls",
        "SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)",
        "Its certificate comes from an authority that is not known here, or an intermediate certificate is missing",
    ),
    ("tls", "SSL certificate OpenSSL verify result: certificate has expired (10)", "Its certificate has expired"),
    (
        "tls",
        "SSL certificate OpenSSL verify result: certificate is not yet valid (9)",
        "Its certificate is not valid yet",
    ),
    (
        "tls",
        "SSL certificate OpenSSL verify result: self-signed certificate (18)",
        "Its certificate is self-signed: no authority that is known here vouches for it",
    ),
    (
        "tls",
        "SSL: no alternative certificate subject name matches target hostname 'a'",
        "Its certificate is for another name",
    ),
    (
        "tls",
        "TLS connect error: error:0A00042E:SSL routines::tlsv1 alert protocol version",
        "It offers old versions of TLS only; 1.2 is needed",
    ),
    (
        "tls",
        "TLS connect error: error:0A000410:SSL routines::ssl/tls alert handshake failure",
        "It refused the TLS handshake",
    ),
    (
        "tls",
        "TLS connect error: error:0A000458:SSL routines::tlsv1 unrecognized name",
        "Its server knows no site of this name",
    ),
    ("connection", "Received HTTP/0.9 when not allowed", "What it answered is no HTTP: is it the right port?"),
    ("connection", "Unsupported HTTP/1 subversion in response", "What it answered is no HTTP: is it the right port?"),
    (
        "connection",
        "The answer begins with 'SSH-2.0', which is no status line",
        "What it answered is no HTTP: is it the right port?",
    ),
    (
        "connection",
        "The answer begins with 'HTTP/1.1 2000', which is no status line",
        "Its answer breaks the rules of HTTP",
    ),
    ("connection", "No answer came", "It closed the connection without an answer"),
    (
        "connection",
        "SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required",
        "It asks for a client certificate, which is not supported",
    ),
    ("connection", "Invalid Content-Length: value", "Its answer breaks the rules of HTTP"),
    ("connection", "chunk hex-length char not a hex digit: 0x7a", "Its answer breaks the rules of HTTP"),
    ("connection", "Too large response headers: 308109 > 307200", "The headers of its answer are too large"),
    ("connection", "end of response with 97 bytes missing", "Its answer broke off half-way"),
    ("connection", "transfer closed with outstanding read data remaining", "Its answer broke off half-way"),
    ("connection", "Recv failure: Connection reset by peer", "It closed the connection without an answer"),
    ("connection", "Empty reply from server", "It closed the connection without an answer"),
    ("connection", "Send failure: Connection reset by peer", "It closed the connection before it had read the request"),
    (
        "forbidden_address",
        "10.0.0.1 is not a public address (10.0.0.0/8)",
        "Blocked: 10.0.0.1 is not a public address (10.0.0.0/8)",
    ),
    # What we say ourselves.
    ("tls", NAMELESS, "Its certificate names it in no subjectAltName, and a common name does not count"),
    ("tls", UNREADABLE, "Its certificate, or one that vouches for it, breaks the rules and cannot be read"),
    ("connection", CLOSED, "It closed the connection, which it had kept open, without an answer"),
    (
        "connection",
        TOO_LONG,
        "Its answer is too large: chunk extensions, interim answers or headers without end",
    ),
    ("connection", "A line of its head is too long", "The headers of its answer are too large"),
    ("connection", find_head([b"HTTP/1.1 2000 OK\r\n"]), "Its answer breaks the rules of HTTP"),
    ("connection", why_cut(Head(200, b"", is_whole=False)).detail, "Its answer broke off half-way"),
    # What is not known here is said in general.
    ("dns", "getaddrinfo() thread failed", "Its name was not found (DNS)"),
    ("tls", "error:FFFFFFFF:lib(255)::reason(1)", "TLS with it failed"),
    ("connection", "nghttp2: stream 7", "The connection broke off"),
    ("refused", "", "No connection: nobody listens there, or no network leads to it"),
    ("internal", "The request could not be made: embedded NUL", "It could not be sent"),
]


def row(error, detail="", status=None, times=(40, 300, 0, 0), total=15_001_000):
    names = ("dns_us", "connect_us", "tls_us", "wait_us")
    return SimpleNamespace(
        error=error, detail=detail, status=status, total_us=total, **dict(zip(names, times, strict=True))
    )


@pytest.mark.parametrize(("error", "detail", "text"), SAID)
def test_each_cause_is_told_in_words_of_ours_and_the_library_s_beside(error, detail, text):
    told = cause(row(error, detail))
    assert told.text == text
    assert told.raw == (None if error == "forbidden_address" else detail)


WAITED, BYTES = "Operation timed out after 15001 milliseconds", "bytes received"


@pytest.mark.parametrize(
    ("detail", "times", "words", "part"),
    [
        (f"{WAITED} with 0 {BYTES}", (40, 300, 0, 0), "waiting for its answer", "wait_us"),
        (f"{WAITED} with 0 {BYTES}", (30, 0, 0, 0), "waiting for its answer", "wait_us"),  # on a kept connection
        (f"{WAITED} with 0 {BYTES}", (40, 300, 9000, 0), "waiting for its answer", "wait_us"),
        (f"{WAITED} with 0 {BYTES}", (40, 300, 0, 128), "waiting for its answer", "wait_us"),  # after a 100
        (f"{WAITED} with 3 out of 100 {BYTES}", (40, 300, 0, 233), "in the middle of its answer", None),
        ("Connection timed out after 15001 milliseconds", (42, 0, 0, 0), "connecting", "connect_us"),
        ("Failed to connect to a:1 after 15001 ms: Timeout was reached", (42, 0, 0, 0), "connecting", "connect_us"),
        ("Connection timed out after 15001 milliseconds", (42, 300, 0, 0), "in the TLS handshake", "tls_us"),
        ("SSL connection timeout", (42, 300, 0, 0), "in the TLS handshake", "tls_us"),
        ("Resolving timed out after 15001 milliseconds", (0, 0, 0, 0), "looking up its name", "dns_us"),
        ("", (40, 300, 0, 0), "waiting for its answer", "wait_us"),
    ],
)
def test_a_timeout_says_in_which_part_and_that_part_took_the_rest(detail, times, words, part):
    tried = row("timeout", detail, times=times)
    assert cause(tried).text.startswith(f"Timed out after 15 s {words}")
    found = timing(tried)
    for name in ("dns_us", "connect_us", "tls_us", "wait_us"):
        others = sum(times) - getattr(tried, name)
        assert getattr(found, name) == (tried.total_us - others if name == part else getattr(tried, name))


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        ("http_status", (1, 2, 3, 4)),
        (None, (1, 2, 3, 4)),
        ("connection", (1, 2, 3, 4)),
        ("dns", (11, 2, 3, 4)),
        ("refused", (1, 12, 3, 4)),
        ("tls", (1, 2, 13, 4)),
    ],
)
def test_what_ended_in_one_part_took_the_rest_there_and_all_else_stays_as_it_was_measured(error, parts):
    found = timing(row(error, status=500, times=(1, 2, 3, 4), total=20))
    assert tuple(found) == (*parts, 20)


@pytest.mark.parametrize("detail", ["Recv failure: Connection reset by peer", "unexpected eof while reading, errno 0"])
def test_a_cut_answer_keeps_its_status(detail):
    times = (40, 300, 0, 200)
    assert cause(row("connection", detail, 200, times)).text == "Answered 200, but its answer broke off half-way"
    assert cause(row("connection", detail, None, times)).text == "Its answer broke off half-way"


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (None, 204, "Taken: answered 204"),
        ("http_status", 503, "Answered 503 Service Unavailable"),
        ("http_status", 301, "Answered 301: a redirect, which is not followed"),
        ("http_status", 799, "Answered 799"),
    ],
)
def test_an_answer_is_told_by_its_status(error, status, text):
    assert cause(row(error, None, status)).text == text


def test_every_error_has_its_words():
    for error in ErrorWord:
        assert bool(in_a_word(error)) is (error is not ErrorWord.HTTP_STATUS)
        assert in_short(error, 503)
        assert cause(row(error, "never heard of", 500 if error == "http_status" else None)).text
    assert (in_a_word(None), in_short(None, None)) == ("", "")
    assert why_down("http_status 503") == "it answers 503"
    assert why_down("timeout") == "it does not answer in time"
    assert why_down("connection 200") == "the connection breaks off"
