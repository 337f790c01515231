"""Which addresses count as public: the edges of every special network, and what the operator lists."""

from ipaddress import ip_address

import pytest

from app.adapters.addresses import AllowList, refusal

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255",
    "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450::1",
]  # fmt: skip

SPECIAL = [
    ("0.0.0.0", "unspecified"), ("10.255.255.255", "private"), ("100.64.0.0", "shared by a carrier"),
    ("100.127.255.255", "shared by a carrier"), ("127.255.255.254", "loopback"), ("169.254.169.254", "link-local"),
    ("172.16.0.0", "private"), ("172.31.255.255", "private"), ("192.168.0.0", "private"), ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"), ("192.0.2.1", "reserved"),
    ("198.18.0.1", "reserved"), ("203.0.113.1", "reserved"), ("::", "unspecified"), ("::1", "loopback"),
    ("::ffff:8.8.8.8", "an IPv4 address inside IPv6"), ("::8.8.8.8", "an IPv4 address inside IPv6"),
    ("64:ff9b::808:808", "an IPv4 address behind NAT64"), ("2002:808:808::1", "a 6to4 tunnel"), ("2001::1", "a Teredo tunnel"),
    ("fd00::1", "private"), ("fe80::1", "link-local"), ("fe80::1%eth0", "link-local"), ("fec0::1", "private"),
    ("ff0e::1", "multicast"), ("2001:db8::1", "reserved"), ("100::1", "reserved"),
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert refusal(ip_address(address)) is None


@pytest.mark.parametrize(("address", "reason"), SPECIAL)
def test_a_special_address_is_refused_with_its_reason(address: str, reason: str) -> None:
    assert refusal(ip_address(address)) == reason


@pytest.mark.parametrize(
    ("entries", "host", "address", "admitted"),
    [
        (["10.1.0.0/16"], "x", "10.1.2.3", True),
        (["10.1.0.0/16"], "x", "10.2.2.3", False),
        (["10.1.2.3/16"], "x", "10.1.9.9", True),
        (["[fd00::5]"], "x", "fd00::5", True),
        (["fd00::/8"], "x", "10.0.0.1", False),
        ([" Printer.Local. "], "printer.local", "10.0.0.1", True),
        (["printer.local"], "other.printer.local", "10.0.0.1", False),
        (["", " "], "x", "10.0.0.1", False),
    ],
)
def test_the_operators_list(entries: list[str], host: str, address: str, admitted: bool) -> None:
    assert AllowList.parse(entries).admits(host, ip_address(address)) is admitted


@pytest.mark.parametrize("entry", ["http://host", "host:80", "10.0.0.0/99", "a b", "*.local"])
def test_an_entry_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="BLOCKYARD_EGRESS_ALLOW"):
        AllowList.parse([entry])
