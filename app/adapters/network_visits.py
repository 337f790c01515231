"""The way out for protocols that are not HTTP: a host is resolved and checked, and the address that was checked is called.

Client libraries open their connections themselves, to an address that `reach` has given them, never to a name.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

from app.adapters import network
from app.adapters.addresses import Address, AllowList
from app.sdk import BlockError, Reached

T = TypeVar("T")

Reach = Callable[[str, int], Awaitable[Reached]]
UNREACHABLE = (ConnectionRefusedError, BlockingIOError)


class EgressNetwork:
    """Permits public addresses and those the operator lists; makes a BlockError of every failure of a connection."""

    def __init__(self, allow: Sequence[str] = (), resolve: network.Resolve = network.resolve) -> None:
        self._backend = network.CheckedBackend(AllowList.parse(allow), resolve, trusted=False)

    async def visit(self, talk: Callable[[Reach], Awaitable[T]], seconds: float) -> T:
        """What `talk` returns, which calls other machines within this time."""
        visited: list[str] = []

        async def reach(host: str, port: int) -> Reached:
            visited.append(f"{host}:{port}")
            return await self._reach(host, port)

        try:
            async with asyncio.timeout(seconds):
                return await talk(reach)
        except BlockError:
            raise
        except Exception as error:
            trouble = _trouble(visited[-1] if visited else "the other side", error, seconds)
            if trouble is None:
                raise
            raise trouble from None

    async def _reach(self, host: str, port: int) -> Reached:
        if not 0 < port < 65536:
            raise BlockError("BAD_ADDRESS", f"{port} is not a port", retryable=False)
        addresses = await self._backend.addresses(host, port)
        return Reached(host, str(await _first_that_answers(addresses, port)), port)


async def _first_that_answers(addresses: Sequence[Address], port: int) -> Address:
    """Tried out only where a host has several addresses; whether the last one answers, its user finds out."""
    for address in addresses[:-1]:
        try:
            async with asyncio.timeout(network.ATTEMPT_SECONDS):
                _, writer = await asyncio.open_connection(str(address), port)
        except OSError:  # TimeoutError is one
            continue
        writer.close()
        return address
    return addresses[-1]


def _trouble(place: str, error: BaseException, seconds: float) -> BlockError | None:
    """What went wrong on the way to a machine, in words; None when it was something else."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = getattr(cause, "verify_message", "it is not valid")
            return BlockError("TLS", f"The certificate of {place} is not trusted: {reason}")
        if isinstance(cause, ssl.SSLError):
            return BlockError("TLS", f"No secure connection to {place} could be made")
        if isinstance(cause, TimeoutError):
            return BlockError("TIMEOUT", f"{place} did not answer within {seconds:g} seconds")
        if isinstance(cause, UNREACHABLE) or (isinstance(cause, OSError) and not isinstance(cause, ConnectionError)):
            return BlockError("CONNECTION", f"{place} could not be reached: the connection was refused or has no route")
        if isinstance(cause, (ConnectionError, EOFError)):
            return BlockError("CONNECTION", f"{place} ended the connection before it was done")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__]
        waiting += cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
