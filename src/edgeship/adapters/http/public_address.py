"""Which IP addresses are on the public Internet.

Source: https://www.iana.org/assignments/iana-ipv4-special-registry/ and
https://www.iana.org/assignments/iana-ipv6-special-registry/
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given out (https://www.iana.org/assignments/ipv6-unicast-address-assignments/)."""
_NAT64 = IPv6Network("64:ff9b::/96")
"""The last 32 bits are an IPv4 address (https://www.rfc-editor.org/rfc/rfc6052#section-2.1)."""
_ASSIGNMENTS = IPv4Network("192.0.0.0/24")
_DOCUMENTATION = IPv6Network("3fff::/20")
"""Not global, which the `ipaddress` of some versions of Python doesn't know."""
_LOOPBACK = (IPv4Address("127.0.0.1"), IPv6Address("::1"))


def is_loopback(address: str) -> bool:
    """Whether it is 127.0.0.1 or ::1."""
    return ip_address(address) in _LOOPBACK


def is_public(address: str) -> bool:
    """Whether packets to it go to the public Internet: an IPv6 address that carries IPv4 ones is judged by these."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return _is_public_v4(found)
    carried = _carried(found)
    if carried:
        return all(_is_public_v4(inner) for inner in carried)
    return found in _GLOBAL_UNICAST and found not in _DOCUMENTATION and found.is_global


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address in _ASSIGNMENTS)


def _carried(address: IPv6Address) -> tuple[IPv4Address, ...]:
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address.sixtofour:
        return (address.sixtofour,)
    if address.teredo:
        return address.teredo
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()
