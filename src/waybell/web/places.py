"""Where a request comes from, for counting what somebody tries: one network of IPv6 is one place."""

from ipaddress import IPv6Address, ip_address, ip_network

_NEIGHBOURS = 64  # bits: whoever has one address of IPv6 has all that begin with these


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
