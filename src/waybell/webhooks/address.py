"""The check of the hosts that Waybell may call.

A URL is checked when it is stored, and the address is checked again when a socket connects to it. Only the second check
protects: a name can resolve to any address, and to another one a moment later. The first check tells the user at once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urlsplit, urlunsplit

from waybell.ground.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL = 2000  # characters
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+")
_AUTHORITY = re.compile(r"[^/?#]*//(?:[^/?#]*@)?([^/?#]*)")
_IN_BRACKETS = re.compile(r"\[[0-9A-Fa-f:.]+\](:[0-9]*)?")
_ENDS_AS_NUMBER = re.compile(r"(^|\.)([0-9]+|0x[0-9a-f]*)$")  # no top-level domain is a number
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")
_SAFE = "/%:?@!$&'()*+,;=~-._[]"  # characters that a path or query holds unescaped

# IDNA 2008 keeps these letters. The codec of the standard library speaks IDNA 2003, which replaces or drops them.
_DEVIATE = set("\u00df\u03c2\u200c\u200d")  # sharp s, final sigma, zero-width joiner and non-joiner

_FORBIDDEN_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a public address, but within Azure it is the host of the machine
        "169.254.0.0/16",  # link-local, and the clouds' metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_FORBIDDEN_V6 = tuple(
    IPv6Network(network)
    for network in (
        "::/128",  # unspecified
        "::1/128",  # loopback
        "::/96",  # IPv4-compatible (deprecated)
        "::ffff:0:0:0/96",  # IPv4-translated: its end may be any IPv4 address
        "64:ff9b:1::/48",  # local NAT64: its end may be any IPv4 address
        "100::/64",  # discard
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local (deprecated)
        "ff00::/8",  # multicast
        "::/3",  # all addresses outside 2000::/3: only those within it are assigned
        "4000::/2",
        "8000::/1",
    )
)
# These IPv6 forms (IPv4-mapped and NAT64) are another way to write an IPv4 address; only that address is judged.
_DISGUISES = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
# These IPv6 forms lead through a tunnel to the IPv4 address that they carry; both addresses are judged.
_SIX_TO_FOUR = IPv6Network("2002::/16")
_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class Policy:
    """The hosts and ports that the operator allows.

    `own_inbox` is the prefix of the URLs of the built-in inbox. Such a URL may lead to this server, at any address;
    no other URL may lead there.
    """

    allow_http: bool = False
    allowed_networks: tuple[Network, ...] = ()
    own_inbox: str | None = None

    def is_own_inbox(self, url: str) -> bool:
        """Return whether the URL is that of an inbox, without dots or a query that would lead elsewhere."""
        beginning = self.own_inbox
        return (
            bool(beginning) and url.startswith(beginning or "") and bool(_TOKEN.fullmatch(url[len(beginning or "") :]))
        )


def refusal(address: Address, policy: Policy) -> str | None:
    """Return why a socket may not connect to the address, or None when it may.

    An IPv6 address that carries an IPv4 address is judged together with it.
    """
    for form in _forms(address):
        forbidden = _FORBIDDEN_V4 if form.version == 4 else _FORBIDDEN_V6  # noqa: PLR2004 - IP's own
        network = next((network for network in forbidden if form in network), None)
        allowed = any(form in network for network in policy.allowed_networks if network.version == form.version)
        if network and not allowed:
            return f"{address} is not a public address ({network})"
    return None


def _forms(address: Address) -> Iterator[Address]:
    if isinstance(address, IPv4Address):
        yield address
        return
    value = int(address)
    address = IPv6Address(value)  # without its zone
    if any(address in network for network in _DISGUISES):
        yield IPv4Address(value & 0xFFFFFFFF)
        return
    yield address
    if address in _SIX_TO_FOUR:
        yield IPv4Address(value >> 80 & 0xFFFFFFFF)
    if value >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(value & 0xFFFFFFFF)


def check_url(url: str, policy: Policy) -> str:
    """Return the URL in the form in which it is stored.

    Raise `Invalid`, which says what is wrong with the URL and what to write instead.
    """
    url = url.strip()
    if policy.is_own_inbox(url):
        return url
    if len(url) > MAX_URL:
        raise Invalid(f"Url: at most {MAX_URL} characters.")
    if not url.isprintable() or any(character.isspace() for character in url) or "\\" in url:
        raise Invalid("Url: holds blanks, backslashes or control characters. Percent-encode them.")
    _refuse_brackets(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid(f"Url: not a URL ({error}). Write it like https://example.com/webhooks.") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and policy.allow_http):
        allowed = "https:// or http://" if policy.allow_http else "https://"
        raise Invalid(f"Url: must begin with {allowed}.")
    if not parts.hostname:
        raise Invalid("Url: has no host. Write it like https://example.com/webhooks.")
    if "@" in parts.netloc:
        raise Invalid("Url: must not hold a user or password. Send them in a custom header.")
    if "#" in url:
        raise Invalid("Url: must not hold a fragment (#...): it would never reach the receiver.")
    if port == 0:
        raise Invalid("Url: port 0 is not a port.")
    host = _ascii_host(parts.hostname)
    _refuse_literal(host, policy)
    netloc = f"[{host}]" if ":" in host else host
    path, query = (quote(part, safe=_SAFE) for part in (parts.path or "/", parts.query))
    return urlunsplit((parts.scheme, netloc if port is None else f"{netloc}:{port}", path, query, ""))


def _refuse_brackets(url: str) -> None:
    """Refuse brackets before the URL is parsed: versions of the standard library differ in how they treat them."""
    found = _AUTHORITY.match(url)
    if found and set("[]") & set(found[1]) and not _IN_BRACKETS.fullmatch(found[1]):
        raise Invalid(f"Url: {found[1]} is not a host name. Only an IPv6 address stands in brackets, without a zone.")


def _ascii_host(host: str) -> str:
    host = host.rstrip(".").lower()
    if set(host) & _DEVIATE:
        raise Invalid(
            f"Url: {host} is one name in browsers and another one, perhaps of another owner, in older programs. Write "
            f"it in letters that all read alike: {_of_2008(host)}."
        )
    try:
        # The codec also maps look-alikes: full-width digits become digits, and a lone accent becomes a blank.
        # The codec may have turned another kind of dot at the end into a full stop.
        ascii_host = host if ":" in host else host.encode("idna").decode().rstrip(".")
    except UnicodeError:
        ascii_host = ""
    if not _HOST.fullmatch(ascii_host):
        raise Invalid(f"Url: {host or 'an empty name'} is not a host name.")
    return ascii_host


def _of_2008(host: str) -> str:
    labels = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in host.split(".")]
    return ".".join(labels)


def _refuse_literal(host: str, policy: Policy) -> None:
    """Refuse a forbidden literal address, in each spelling that a resolver takes (`127.1`, `0x7f000001`)."""
    if host == "localhost" or host.endswith(".localhost"):
        address: Address | None = ip_address("127.0.0.1")
    else:
        address = _literal(host)
    reason = refusal(address, policy) if address is not None else None
    if reason:
        raise Invalid(
            f"Url: {reason}. Webhooks go to public addresses; the operator can allow others with "
            "WAYBELL_ALLOWED_NETWORKS."
        )


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        pass
    if not _ENDS_AS_NUMBER.search(host):
        return None
    try:
        *octets, last = [_number(part) for part in host.split(".")]
    except ValueError:
        raise Invalid(f"Url: {host} is not an address.") from None
    if len(octets) > 3 or any(octet > 255 for octet in octets) or last >= 256 ** (4 - len(octets)):  # noqa: PLR2004 - octets
        raise Invalid(f"Url: {host} is not an address.")
    value = last
    for position, octet in enumerate(octets):
        value |= octet << 8 * (3 - position)
    return IPv4Address(value)


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") and part != "0" else int(part)
