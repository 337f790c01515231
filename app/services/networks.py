"""Pure: whether an address lies in a list of networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(text: str) -> Network:
    """An address or a range such as `192.0.2.0/24`. Raises ValueError."""
    return ipaddress.ip_network(text.strip(), strict=False)


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of these; an IPv4 address that is written as IPv6 counts as what it is."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found.version == network.version and found in network for network in networks)
