"""What a person may set of an endpoint."""

from dataclasses import replace

import pytest

from waybell.ground.errors import Invalid
from waybell.webhooks.address import Policy
from waybell.webhooks.endpoints.settings import EndpointSettings, check

GOOD = EndpointSettings(
    url="https://example.com/hook",
    description="",
    event_types=("OrderCreated",),
    headers={"X-Token": "t"},
    ordered=True,
    concurrency=16,
    rate_limit=None,
    schemes=("v1",),
    hex_header=None,
)


def checked(**changes) -> EndpointSettings:
    return check(replace(GOOD, **changes), Policy(), {"OrderCreated", "OrderUpdated"})


def test_good_settings_are_kept_as_they_are():
    assert checked() == GOOD


RESERVED = [
    "webhook-id",
    "Webhook-Signature",
    "webhook-x",
    "content-length",
    "Content-Type",
    "HOST",
    "transfer-encoding",
    "connection",
    "expect",
    "proxy-authorization",
    "user-agent",
    "accept-encoding",
    "traceparent",
    "Content_Length",
    "webhook_id",
]


@pytest.mark.parametrize("name", RESERVED)
def test_headers_of_our_own_and_of_the_connection_are_refused(name):
    with pytest.raises(Invalid, match=r"Headers: .* is set by Waybell"):
        checked(headers={name: "x"})
    with pytest.raises(Invalid, match="HexHeader"):
        checked(hex_header=name)


@pytest.mark.parametrize("name", ["Accept", "ACCEPT", "accept"])
def test_an_own_accept_replaces_ours_and_a_signature_does_not(name):
    assert checked(headers={name: "text/plain"}).headers == {name: "text/plain"}
    with pytest.raises(Invalid, match="HexHeader"):
        checked(hex_header=name)


@pytest.mark.parametrize("name", ["", "X Token", "X-T\u00f6ken", "X:Token", "X\r\nY", "x" * 101])
def test_a_header_name_is_a_token(name):
    with pytest.raises(Invalid, match="Headers: a header name"):
        checked(headers={name: "x"})


@pytest.mark.parametrize(
    "value", ["", "  ", "a\r\nX-Evil: 1", "a\nb", "a\0b", "snow \u2603", "Se\u00f1or", "a\x7f", "x" * 2001]
)
def test_a_header_value_is_one_line_of_ascii(value):
    with pytest.raises(Invalid, match="Headers: X-Token"):
        checked(headers={"X-Token": value})


def test_blanks_around_a_header_value_are_dropped():
    assert checked(headers={"X-Name": " a\tb \t"}).headers == {"X-Name": "a\tb"}


def test_header_names_differ_in_more_than_letter_case():
    with pytest.raises(Invalid, match="twice"):
        checked(headers={"X-A": "1", "x-a": "2"})
    with pytest.raises(Invalid, match="twice"):
        checked(headers={"X-Sig": "1"}, hex_header="x-sig")


def test_there_is_an_end_to_headers():
    with pytest.raises(Invalid, match="at most 20"):
        checked(headers={f"X-{number}": "1" for number in range(21)})


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("EventTypes", {"event_types": ("OrderCreated", "OrderEaten")}),
        ("Concurrency", {"concurrency": 0}),
        ("Concurrency", {"concurrency": 257}),
        ("RateLimit", {"rate_limit": 0.0}),
        ("RateLimit", {"rate_limit": -1.0}),
        ("RateLimit", {"rate_limit": 1e9}),
        ("RateLimit", {"rate_limit": float("nan")}),
        ("Schemes", {"schemes": ()}),
        ("Schemes", {"schemes": ("v2",)}),
        ("HexHeader", {"hex_header": "X-Hmac", "schemes": ("v1a",)}),
        ("Url", {"url": "http://example.com/"}),
        ("Url", {"url": "https://user:pw@example.com/"}),
        ("Url", {"url": "https://example.com/#part"}),
        ("Url", {"url": "https://10.0.0.1/"}),
        ("Url", {"url": "https://[::1]/"}),
        ("Url", {"url": "https://2130706433/"}),
    ],
)
def test_what_is_wrong_is_named(field, change):
    with pytest.raises(Invalid, match=f"^{field}: "):
        checked(**change)


def test_event_types_and_schemes_are_listed_once():
    found = checked(event_types=("OrderUpdated", "OrderCreated", "OrderUpdated"), schemes=("v1a", "v1", "v1"))
    assert found.event_types == ("OrderUpdated", "OrderCreated")
    assert found.schemes == ("v1", "v1a")
