"""Where a request comes from, for counting what somebody tries: one network of IPv6 is one place."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

_NEIGHBOURS = 64  # bits: whoever has one address of IPv6 has all that begin with these
_MAPPED = 96  # bits of ::ffff:0:0, before an address of IPv4


def address_of(request: HTTPConnection) -> str:
    """As the server knows it, or a proxy that is trusted says it; empty where there is none."""
    return request.client.host if request.client else ""


def place_of(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        if not known.ipv4_mapped:
            return str(ip_network((int(known), _NEIGHBOURS), strict=False))
        known = known.ipv4_mapped
    return str(known)


def trusted_hosts(proxies: Iterable[IPv4Network | IPv6Network]) -> list[str]:
    """As the server takes them. On a socket for both, IPv4 shows as a part of IPv6."""
    hosts = []
    for network in proxies:
        hosts.append(str(network))
        if isinstance(network, IPv4Network):
            hosts.append(f"::ffff:{network.network_address}/{_MAPPED + network.prefixlen}")
    return hosts
