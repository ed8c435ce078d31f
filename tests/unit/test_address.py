"""Which hosts may be called."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybell.ground.errors import Invalid
from waybell.webhooks.address import Policy, check_url, refusal

PUBLIC_ONLY = Policy()

FORBIDDEN = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::192.168.1.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:c0a8:101::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "fe80::5efe:10.0.0.1",
    "2606:4700::5efe:192.168.0.1",
    "2606:4700::200:5efe:10.0.0.1",
]

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "2606:4700::1111",
    "2a00:1450:4010::8a",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_is_not_public_is_refused(text):
    assert refusal(ip_address(text), PUBLIC_ONLY)


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public_passes(text):
    assert refusal(ip_address(text), PUBLIC_ONLY) is None


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "::{}", "64:ff9b::{}", "2606:4700::5efe:{}"]))
def test_an_address_in_disguise_is_judged_as_what_it_leads_to(inner: IPv4Address, disguise: str):
    if refusal(inner, PUBLIC_ONLY):
        assert refusal(IPv6Address(disguise.format(inner)), PUBLIC_ONLY)


def test_the_operator_can_allow_a_network_and_only_that():
    policy = Policy(allowed_networks=(ip_network("10.1.0.0/16"),))
    assert refusal(ip_address("10.1.2.3"), policy) is None
    assert refusal(ip_address("::ffff:10.1.2.3"), policy) is None
    assert refusal(ip_address("10.2.0.1"), policy)
    assert refusal(ip_address("127.0.0.1"), policy)


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://Example.COM", "https://example.com/"),
        (" https://example.com:8443/a?b=c ", "https://example.com:8443/a?b=c"),
        ("https://bücher.example/ü?q=ü", "https://xn--bcher-kva.example/%C3%BC?q=%C3%BC"),
        ("https://xn--fa-hia.de/hook", "https://xn--fa-hia.de/hook"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://example.com/a%2Fb", "https://example.com/a%2Fb"),
    ],
)
def test_a_good_url_is_stored_in_one_form(url, stored):
    assert check_url(url, PUBLIC_ONLY) == stored


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.com/", "https://"),
        ("ftp://example.com/", "https://"),
        ("//example.com/", "https://"),
        ("example.com", "https://"),
        ("", "https://"),
        ("https://", "no host"),
        ("https:///path", "no host"),
        ("https://user:secret@example.com/", "user or password"),
        ("https://example.com@10.0.0.1/", "user or password"),
        ("https://example.com/#part", "fragment"),
        ("https://example.com:0/", "port"),
        ("https://example.com:99999/", "not a URL"),
        ("https://exa mple.com/", "blanks"),
        ("https://example.com/\n", "example.com"),
        ("https://example.com\\@10.0.0.1/", "backslashes"),
        ("https://[::1/", "host name"),
        ("https://a..b/", "host name"),
        ("https://localhost/", "not a public address"),
        ("https://x.localhost./", "not a public address"),
        ("https://127.1/", "not a public address"),
        ("https://2130706433/", "not a public address"),
        ("https://0x7f.0.0.1/", "not a public address"),
        ("https://0177.0.0.1/", "not a public address"),
        ("https://017700000001/", "not a public address"),
        ("https://\uff11\uff12\uff17.0.0.1/", "not a public address"),
        ("https://[::ffff:7f00:1]/", "not a public address"),
        ("https://169.254.169.254/latest/meta-data", "not a public address"),
        ("https://256.1.1.1/", "not an address"),
        ("https://127.0.0.1.5/", "not an address"),
        ("https://[2606:4700::1111].example/", "host name"),
        ("https://example.com/" + "a" * 2000, "at most 2000"),
    ],
)
def test_a_bad_url_is_refused_with_the_reason(url, says):
    if url.endswith("\n"):
        assert says in check_url(url, PUBLIC_ONLY)  # blanks around it are forgiven
        return
    with pytest.raises(Invalid, match=r"^Url: ") as refused:
        check_url(url, PUBLIC_ONLY)
    assert says in str(refused.value)


def test_plain_http_is_for_the_operator_to_allow():
    assert check_url("http://example.com/x", Policy(allow_http=True)) == "http://example.com/x"


@given(st.text(max_size=60))
def test_no_url_is_too_odd_for_a_plain_answer(text):
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            stored = check_url(url, PUBLIC_ONLY)
        except Invalid:
            continue
        assert stored.startswith("https://")
        assert stored.isascii()
        assert check_url(stored, PUBLIC_ONLY) == stored


@given(st.ip_addresses(v=4))
def test_every_spelling_of_a_forbidden_literal_is_refused(address: IPv4Address):
    if refusal(address, PUBLIC_ONLY) is None:
        return
    value, octets = int(address), address.packed
    spellings = [
        str(value),
        hex(value),
        f"0{value:o}",
        ".".join(map(hex, octets)),
        f"{octets[0]}.{value & 0xFFFFFF}",
        f"{octets[0]}.{octets[1]}.{value & 0xFFFF}",
    ]
    for spelling in spellings:
        assert socket.inet_aton(spelling) == address.packed  # resolvers take it for that address
        with pytest.raises(Invalid):
            check_url(f"https://{spelling}/", PUBLIC_ONLY)


@pytest.mark.parametrize(
    ("host", "in_browsers"),
    [
        ("faß.de", "xn--fa-hia.de"),
        ("www.Βόλος.com", "www.xn--nxasmm1c.com"),
        ("a.faß.bücher.de", "a.xn--fa-hia.xn--bcher-kva.de"),
    ],
)
def test_a_name_that_is_another_owners_in_browsers_is_refused_with_the_way_to_write_it(host, in_browsers):
    with pytest.raises(Invalid, match=re.escape(in_browsers)):
        check_url(f"https://{host}/hook", Policy())
    assert check_url(f"https://{in_browsers}/hook", Policy()) == f"https://{in_browsers}/hook"
