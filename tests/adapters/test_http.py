"""The egress client against a real server on loopback, and against every spelling of a private address."""

import asyncio
import gzip
import ssl
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.adapters.http import EgressClient
from app.sdk import BlockError, HttpRequest
from tests.adapters.http_peer import Peer, egress, refused, seen

pytestmark = pytest.mark.anyio


PRIVATE_URLS = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0/", "http://localhost/",
    "http://10.0.0.1/", "http://172.16.3.4/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data", "http://100.64.0.1/",
    "http://224.0.0.1/", "http://255.255.255.255/", "http://192.0.2.1/", "http://198.18.0.1/",
    "http://[::]/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[fe80::1]/",
    "http://[fc00::1]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/", "http://[64:ff9b:1::a00:1]/", "https://127.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE_URLS)
async def test_private_addresses_are_refused_in_every_spelling(url: str) -> None:
    async with egress() as client:
        error = await refused(client, url)
    assert error.code == "EGRESS_REFUSED"
    assert "BLOCKYARD_EGRESS_ALLOW" in error.message


BAD_URLS = [
    "", "example.com/x", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://", "http:///path",
    "http://user:pass@example.com/", "http://user@example.com/", "http://exa mple.com\r\nX: y/", "javascript:alert(1)", "http://[::1",
    "http://0177.0.0.1/", "http://１２７.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD_URLS)
async def test_other_schemes_user_names_and_broken_addresses_are_refused(url: str) -> None:
    async with egress("127.0.0.1") as client:
        error = await refused(client, url)
    assert error.code == "BAD_URL"
    assert "pass" not in error.message.replace("password", "")


async def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    async def mixed(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34", "169.254.169.254"]

    async with egress(resolve=mixed) as client:
        error = await refused(client, "http://mixed.example/")
    assert error.message.startswith("Address 169.254.169.254 of host mixed.example is link-local")


async def test_the_name_is_resolved_once_per_connection_so_rebinding_has_no_chance() -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async with egress("127.0.0.1", resolve=rebinding) as client:
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        assert (await refused(client, f"http://rebind.example:{port}/")).code == "CONNECTION"
        assert answers == [["10.0.0.1"]]
        assert (await refused(client, f"http://rebind.example:{port}/")).code == "EGRESS_REFUSED"
        server.close()


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "LocalHost"])
async def test_the_operator_can_allow_an_address_a_network_or_a_host(peer: Peer, entry: str) -> None:
    async with egress(entry) as client:
        response = await client.send(HttpRequest("GET", f"http://localhost:{peer.port}/hello"))
    assert response.status_code == 200


async def test_a_listed_host_does_not_open_its_address_to_other_names(peer: Peer) -> None:
    async with egress("localhost") as client:
        assert (await refused(client, peer.url)).code == "EGRESS_REFUSED"


def test_an_unreadable_entry_of_the_operator_is_named() -> None:
    with pytest.raises(ValueError, match="BLOCKYARD_EGRESS_ALLOW: 'http://x/'"):
        EgressClient(["http://x/"])


async def test_a_trusted_request_may_go_to_a_private_address_and_leaves_no_door_open(peer: Peer) -> None:
    async with egress() as client:
        assert (await client.send(HttpRequest("GET", peer.url, trusted=True))).status_code == 200
        assert (await refused(client, peer.url)).code == "EGRESS_REFUSED"


async def test_cookies_are_not_kept_between_requests(peer: Peer) -> None:
    async with egress("127.0.0.1") as client:
        await client.send(HttpRequest("GET", peer.url))
        response = await client.send(HttpRequest("GET", peer.url))
    assert "cookie" not in str(seen(response)["headers"])


async def test_connections_are_kept_alive(peer: Peer) -> None:
    async with egress("127.0.0.1") as client:
        for _ in range(3):
            await client.send(HttpRequest("GET", peer.url))
    assert peer.connections == 1


@pytest.mark.parametrize(
    ("request_parts", "content_type", "body"),
    [
        ({"json": {"a": 1}}, "application/json", '{"a":1}'),
        ({"form": {"a": "1 2"}}, "application/x-www-form-urlencoded", "a=1+2"),
        ({"multipart": {"a": "1"}}, "multipart/form-data", 'name="a"'),
        ({"content": b"raw"}, None, "raw"),
    ],
)
async def test_bodies(peer: Peer, request_parts: dict[str, object], content_type: str | None, body: str) -> None:
    async with egress("127.0.0.1") as client:
        received = seen(await client.send(HttpRequest("POST", f"{peer.url}/x?a=1", params={"b": "2"}, **request_parts)))  # type: ignore[arg-type]
    headers = received["headers"]
    assert isinstance(headers, dict)
    assert received["target"] == "/x?a=1&b=2"
    assert body in str(received["body"])
    assert str(headers.get("content-type")).startswith(str(content_type))


def compressed(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def test_answers_are_decompressed_and_bounded(peer: Peer) -> None:
    peer.answers["/small"] = compressed(gzip.compress("größe".encode() * 50_000))
    peer.answers["/bomb"] = compressed(gzip.compress(bytes(50_000_000)))
    peer.answers["/cut"] = compressed(gzip.compress(bytes(range(256)) * 9)[:-9])
    peer.answers["/odd"] = compressed(b"x").replace(b"gzip", b"gzip, gzip")
    peer.answers["/plain"] = b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n" + bytes(1_000_001)
    async with egress("127.0.0.1", max_response_bytes=1_000_000) as client:
        small = await client.send(HttpRequest("GET", f"{peer.url}/small"))
        assert small.text == "größe" * 50_000
        assert (await refused(client, f"{peer.url}/bomb")).code == "RESPONSE_TOO_LARGE"
        assert (await refused(client, f"{peer.url}/plain")).code == "RESPONSE_TOO_LARGE"
        assert (await refused(client, f"{peer.url}/cut")).code == "RESPONSE_ENCODING"
        assert (await refused(client, f"{peer.url}/odd")).code == "RESPONSE_ENCODING"


async def test_a_bomb_is_never_unpacked_in_memory(peer: Peer) -> None:
    peer.answers["/bomb"] = compressed(gzip.compress(bytes(60_000_000)))
    async with egress("127.0.0.1", max_response_bytes=1_000_000) as client:
        tracemalloc.start()
        assert (await refused(client, f"{peer.url}/bomb")).code == "RESPONSE_TOO_LARGE"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 10_000_000


async def test_only_a_compression_that_can_be_bounded_is_asked_for(peer: Peer) -> None:
    async with egress("127.0.0.1") as client:
        headers = seen(await client.send(HttpRequest("GET", peer.url)))["headers"]
    assert isinstance(headers, dict)
    assert headers["accept-encoding"] == "gzip"


async def test_a_slow_answer_is_a_timeout(peer: Peer) -> None:
    async with egress("127.0.0.1") as client:
        with pytest.raises(BlockError) as caught:
            await client.send(HttpRequest("GET", f"{peer.url}/silent", timeout=0.1))
    assert (caught.value.code, caught.value.message) == ("TIMEOUT", "127.0.0.1 did not answer within 0.1 seconds")


async def test_failures_to_connect_have_codes(peer: Peer) -> None:
    peer.answers["/broken"] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nabc"
    async with egress("127.0.0.1") as client:
        assert (await refused(client, "http://127.0.0.1:1/")).code == "CONNECTION"
        assert (await refused(client, "http://nowhere.invalid/")).code == "CONNECTION"
        assert (await refused(client, f"{peer.url}/broken")).code == "CONNECTION"


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    port = server.sockets[0].getsockname()[1]
    async with egress("127.0.0.1") as client:
        error = await refused(client, f"https://127.0.0.1:{port}/")
    server.close()
    assert error.code == "TLS"
    assert "127.0.0.1 is not trusted: self-signed certificate" in error.message


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    now = datetime.now(UTC)
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    (folder / "pair.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    return context


@pytest.mark.parametrize(
    "headers", [{"X-A": "1\r\nX-B: 2"}, {"Bad Name": "1"}, {"Host": "internal"}, {"Transfer-Encoding": "chunked"}]
)
async def test_headers_cannot_break_out_or_replace_the_clients_own(peer: Peer, headers: dict[str, str]) -> None:
    async with egress("127.0.0.1") as client:
        assert (await refused(client, peer.url, headers=headers)).code == "BAD_HEADER"
    assert peer.connections == 0


async def test_the_environments_proxy_is_not_used(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1/")
    async with egress("127.0.0.1") as client:
        assert (await client.send(HttpRequest("GET", peer.url))).status_code == 200
