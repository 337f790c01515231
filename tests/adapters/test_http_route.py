"""Calls through a proxy, and to servers whose certificates come from an authority of one's own."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.adapters.http import EgressClient
from app.sdk import BlockError, HttpRequest, Route

pytestmark = pytest.mark.anyio
KNOWN = {"shop.example": "93.184.216.34", "inside.example": "10.0.0.7", "127.0.0.1": "127.0.0.1", "10.0.0.8": "10.0.0.8"}


async def resolve(host: str, port: int) -> Sequence[str]:
    if host not in KNOWN:
        raise OSError(host)
    return [KNOWN[host]]


@pytest.fixture
async def client() -> AsyncIterator[EgressClient]:
    client = EgressClient(("127.0.0.1",), resolve=resolve)
    yield client
    await client.close()


class Listener:
    """Answers every request with a few bytes and keeps its first line."""

    def __init__(self, status: str = "200 OK") -> None:
        self.port = 0
        self.lines: list[str] = []
        self.headers: list[str] = []
        self._status = status

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            self.lines.append(first)
            self.headers += [line.lower() for line in rest]
            writer.write(f"HTTP/1.1 {self._status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def open(self, context: ssl.SSLContext | None = None) -> asyncio.Server:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        return server


def own_certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context, and the PEM of the authority that made its certificate: itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number()).add_extension(alternative, False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    certificate = (
        builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    (folder / "own.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    return context, pem.decode()


async def test_a_certificate_of_ones_own_is_trusted_by_whoever_names_it(client: EgressClient, tmp_path: Path) -> None:
    context, pem = own_certificate(tmp_path)
    listener = Listener()
    async with await listener.open(context):
        address = f"https://127.0.0.1:{listener.port}/a"
        with pytest.raises(BlockError, match="not trusted"):
            await client.send(HttpRequest("GET", address))
        assert (await client.send(HttpRequest("GET", address, route=Route(certificate=pem)))).text == "ok"
        assert (await client.send(HttpRequest("GET", address, route=Route(verify=False)))).text == "ok"
        with pytest.raises(BlockError, match="not trusted"):
            await client.send(HttpRequest("GET", address))


async def test_a_call_goes_through_the_proxy(client: EgressClient) -> None:
    proxy = Listener()
    async with await proxy.open():
        route = Route(proxy=f"http://ada:open%20sesame@127.0.0.1:{proxy.port}")
        answer = await client.send(HttpRequest("GET", "http://shop.example/orders?page=2", route=route))
    assert (answer.text, proxy.lines) == ("ok", ["GET http://shop.example/orders?page=2 HTTP/1.1"])
    assert "proxy-authorization: basic ywrhom9wzw4gc2vzyw1l" in proxy.headers


async def test_a_proxy_that_refuses_is_told(client: EgressClient) -> None:
    proxy = Listener("403 Forbidden")
    async with await proxy.open():
        with pytest.raises(BlockError) as caught:
            await client.send(HttpRequest("GET", "https://shop.example/", route=Route(proxy=f"http://127.0.0.1:{proxy.port}")))
    assert caught.value.code == "PROXY"
    assert proxy.lines == ["CONNECT shop.example:443 HTTP/1.1"]


@pytest.mark.parametrize("address", ["http://inside.example/", "http://10.0.0.8/"])
async def test_a_proxy_is_not_asked_for_what_is_private(client: EgressClient, address: str) -> None:
    proxy = Listener()
    async with await proxy.open():
        with pytest.raises(BlockError) as caught:
            await client.send(HttpRequest("GET", address, route=Route(proxy=f"http://127.0.0.1:{proxy.port}")))
    assert (caught.value.code, proxy.lines) == ("EGRESS_REFUSED", [])


async def test_a_private_proxy_is_refused(client: EgressClient) -> None:
    with pytest.raises(BlockError) as caught:
        await client.send(HttpRequest("GET", "http://shop.example/", route=Route(proxy="http://10.0.0.8:3128")))
    assert caught.value.code == "EGRESS_REFUSED"


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (Route(proxy="ftp://127.0.0.1"), "field `proxy`"),
        (Route(proxy="http://127.0.0.1:x"), "field `proxy`"),
        (Route(proxy="nonsense"), "field `proxy`"),
        (Route(proxy="http://127.0.0.1/path"), "field `proxy`"),
        (Route(certificate="no pem"), "field `certificate`"),
    ],
)
async def test_a_route_that_is_none_is_told(client: EgressClient, route: Route, words: str) -> None:
    with pytest.raises(BlockError, match=words):
        await client.send(HttpRequest("GET", "http://shop.example/", route=route))
