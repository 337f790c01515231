"""Connections that do not speak HTTP as they should."""

from __future__ import annotations

import socket

import pytest

from tests.support.server import Client, ServerProcess


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"\r\n" * 50],
    ids=repr,
)
def test_what_is_no_http_does_no_harm(server: ServerProcess, kept: str, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(100)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 5_000_000,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 400_000,
        b"GET /" + b"a" * 5_000_000 + b" HTTP/1.1\r\nHost: x\r\n",
    ],
    ids=["one header", "many headers", "address"],
)
def test_a_head_without_end_is_cut_off(server: ServerProcess, kept: str, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        try:
            connection.sendall(head + b"\r\n\r\n")
            answer = connection.recv(100)
        except (BrokenPipeError, ConnectionResetError):
            return  # the server hung up while we were still sending
    assert answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


def test_many_large_requests_on_one_connection_are_fine(client: Client) -> None:
    for _ in range(5):
        answer = client.post(
            "/api/workflows/nothing/execute", json={"variables": {"a": "x" * 900_000}}, headers={"X-Long": "h" * 20_000}
        )
        assert answer.status_code == 404
