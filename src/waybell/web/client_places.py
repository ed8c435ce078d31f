"""The place that a request comes from, for counting failed tries: one IPv6 network is one place."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

_NEIGHBOURS = 64  # bits: the owner of an IPv6 address owns all addresses that begin with them
_MAPPED = 96  # bits of ::ffff:0:0, before an address of IPv4


def address_of(request: HTTPConnection) -> str:
    """Return the address of the caller, as the server or a trusted proxy reports it; empty when there is none."""
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
    """Return the proxies in the form that the server takes. A socket for both families shows IPv4 as part of IPv6."""
    hosts = []
    for network in proxies:
        hosts.append(str(network))
        if isinstance(network, IPv4Network):
            hosts.append(f"::ffff:{network.network_address}/{_MAPPED + network.prefixlen}")
    return hosts
