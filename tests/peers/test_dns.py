"""net.dns against a name server of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

pytestmark = pytest.mark.anyio

RECORDS = {
    ("example.com.", "A"): ["93.184.216.34", "93.184.216.35"],
    ("example.com.", "AAAA"): ["2606:2800::1"],
    ("example.com.", "MX"): ["10 mail.example.com.", "20 backup.example.com."],
    ("example.com.", "TXT"): ['"v=spf1 " "-all"'],
    ("example.com.", "NS"): ["ns.example.com."],
    ("example.com.", "CAA"): ['0 issue "ca.example"'],
    ("_imap._tcp.example.com.", "SRV"): ["1 5 993 mail.example.com."],
    ("34.216.184.93.in-addr.arpa.", "PTR"): ["example.com."],
}


class NameServer(asyncio.DatagramProtocol):
    """Knows RECORDS; refuses `refused.example`, and never answers for `silent.example`."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        name, kind = question.name.to_text().lower(), question.rdtype.name
        answer = dns.message.make_response(query)
        if name == "silent.example.":
            return
        if name == "refused.example.":
            answer.set_rcode(dns.rcode.REFUSED)
        elif (name, kind) in RECORDS:
            answer.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *RECORDS[name, kind]))
        elif not any(known == name for known, _ in RECORDS):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), address)


@pytest.fixture
async def look_up(run: Any, port: int) -> Any:
    async def look_up(name: str, record: str = "A") -> Any:
        return await run("net.dns", {"name": name, "record": record, "server": "127.0.0.1", "port": port})

    return look_up


@pytest.fixture
async def port() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


@pytest.mark.parametrize(
    ("name", "record", "values", "more"),
    [
        ("example.com", "A", ["93.184.216.34", "93.184.216.35"], {}),
        ("example.com", "AAAA", ["2606:2800::1"], {}),
        ("example.com", "TXT", ["v=spf1 -all"], {}),
        ("example.com", "NS", ["ns.example.com"], {}),
        ("example.com", "CAA", ['0 issue "ca.example"'], {}),
        ("_imap._tcp.example.com", "SRV", ["mail.example.com"], {"port": 993, "priority": 1, "weight": 5}),
        ("93.184.216.34", "PTR", ["example.com"], {}),
    ],
)
async def test_records(look_up: Any, name: str, record: str, values: list[str], more: dict[str, int]) -> None:
    told = await look_up(name, record)
    assert ([one["value"] for one in told["records"]], told["ttl"], told["reason"]) == (values, 300, None)
    assert more.items() <= told["records"][0].items()


async def test_mail_servers_have_priorities(look_up: Any) -> None:
    told = await look_up("example.com", "MX")
    assert sorted((one["priority"], one["value"]) for one in told["records"]) == [
        (10, "mail.example.com"), (20, "backup.example.com"),
    ]  # fmt: skip


async def test_what_is_not_there(look_up: Any) -> None:
    assert (await look_up("nowhere.example"))["reason"] == "there is no such name"
    assert (await look_up("_imap._tcp.example.com", "A"))["reason"] == "the name has no record of this type"


async def test_failures(refused: Any, port: int) -> None:
    server: dict[str, Any] = {"server": "127.0.0.1", "port": port, "timeout_ms": 300}
    assert (await refused("net.dns", {"name": "silent.example", **server})).code == "TIMEOUT"
    assert (await refused("net.dns", {"name": "refused.example", **server})).code == "NAME_SERVER"
    assert (await refused("net.dns", {"name": "a..b", **server})).code == "NAME_INVALID"
    assert (await refused("net.dns", {"name": "no address", "record": "PTR", **server})).code == "NAME_INVALID"
    assert (await refused("net.dns", {"name": " "})).code == "CONFIG_INVALID"
    assert (await refused("net.dns", {"name": "example.com", "server": "10.0.0.1"})).code == "EGRESS_REFUSED"
