"""Which network addresses may be called: public ones, and those that the operator lists. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# From the special-purpose registries of RFC 6890 and its successors. An IPv6 address that carries an IPv4 one is refused
# whatever it carries: such an address is never needed to reach a public host, and it is the classic way round a filter.
SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "an IPv4 address inside IPv6"),
    ("::/96", "an IPv4 address inside IPv6"),
    ("64:ff9b::/96", "an IPv4 address behind NAT64"),
    ("64:ff9b:1::/48", "an IPv4 address behind NAT64"),
    ("2001::/32", "a Teredo tunnel"),
    ("2002::/16", "a 6to4 tunnel"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private"),
    ("ff00::/8", "multicast"),
)
_SPECIAL: tuple[tuple[Network, str], ...] = tuple((ipaddress.ip_network(text), reason) for text, reason in SPECIAL)


def refusal(address: Address) -> str | None:
    """Why an address is not public, in a word or two; None for a public one."""
    for network, reason in _SPECIAL:
        if address in network:
            return reason
    return None if address.is_global else "reserved"


@dataclass(frozen=True, slots=True)
class AllowList:
    """Hosts, addresses and networks that may be called although they are not public."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> AllowList:
        """Read the operator's entries; ValueError names the first that is no host, address or network."""
        hosts: set[str] = set()
        networks: list[Network] = []
        for entry in filter(None, (text.strip().strip("[]") for text in entries)):
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                if not _is_host_name(entry):
                    raise ValueError(f"BLOCKYARD_EGRESS_ALLOW: {entry!r} is not a host name, an address or a network") from None
                hosts.add(entry.lower().rstrip("."))
        return cls(frozenset(hosts), tuple(networks))

    def admits(self, host: str, address: Address) -> bool:
        """True when the operator listed this host by name, or this address."""
        if host.lower().rstrip(".") in self.hosts:
            return True
        return any(address in network for network in self.networks)


def _is_host_name(text: str) -> bool:
    return bool(text) and all(label.replace("-", "").replace("_", "").isalnum() for label in text.rstrip(".").split("."))
