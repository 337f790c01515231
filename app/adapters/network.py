"""Connections of the egress client: resolve a host, check every address, connect to the very address that was checked."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cache
from typing import TypeAlias

import httpcore
import httpx
from httpcore import SOCKET_OPTION

from app.adapters.addresses import Address, AllowList, refusal
from app.sdk import BlockError

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to the texts of its addresses; OSError when there are none."""

ATTEMPT_SECONDS = 5.0
"""How long one of several addresses of a host is tried before the next one."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver. It also reads numeric spellings such as 0x7f.1, so these are checked by what they mean."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to permitted addresses only; `trusted` permits all of them."""

    def __init__(self, allow: AllowList, resolve: Resolve, trusted: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._allow = allow
        self._resolve = resolve
        self._trusted = trusted

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the host that answers, having checked all of them."""
        addresses = await self.addresses(host, port)
        attempt = timeout if len(addresses) == 1 else min(ATTEMPT_SECONDS, timeout or ATTEMPT_SECONDS)
        failure: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(str(address), port, attempt, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never: a local socket is no address of the network."""
        raise BlockError("EGRESS_REFUSED", "Local sockets cannot be called")

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts of httpcore."""
        await self._inner.sleep(seconds)

    async def addresses(self, host: str, port: int) -> list[Address]:
        """All addresses of a host, every one of them permitted. Raises BlockError."""
        try:
            texts = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise BlockError("CONNECTION", f"The host {host} is not known: its name has no address") from None
        addresses = [ipaddress.ip_address(text) for text in texts]
        if not self._trusted:
            for address in addresses:
                self._check(host, address)
        return addresses

    def _check(self, host: str, address: Address) -> None:
        reason = refusal(address)
        if reason is not None and not self._allow.admits(host, address):
            named = f"Address {address}" if host == str(address) else f"Address {address} of host {host}"
            raise BlockError("EGRESS_REFUSED", f"{named} is {reason}; the operator can allow it with BLOCKYARD_EGRESS_ALLOW")


@cache
def public_certificates() -> ssl.SSLContext:
    """Trusts the public authorities. One for all connections of the process: reading their certificates takes 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport on a pool whose connections a `CheckedBackend` opens; nothing from the environment."""

    def __init__(
        self, backend: CheckedBackend, certificates: ssl.SSLContext, limits: httpx.Limits, proxy: httpcore.Proxy | None = None
    ) -> None:
        super().__init__(verify=certificates, trust_env=False)
        # httpx has no argument for a network backend. A test calls a private address through this class, so a release of
        # httpx that keeps its pool elsewhere cannot go unnoticed.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=certificates,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=backend,
            proxy=proxy,
        )
