"""Password hashing: argon2id in a thread, few at a time, because each takes 64 MiB and a good part of a second."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_places = asyncio.Semaphore(2)
UNKNOWN = "$argon2id$v=19$m=65536,t=3,p=4$syyduOn3eVmhTaZC12dmIQ$SyYrLuEhBiSR+svpx7NSnmAAjpylhbyVUrRb9XbykPU"
"""The hash of a password that nobody knows, with the parameters of today: making one takes part of a second."""


async def hash_password(password: str) -> str:
    async with _places:
        return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(hashed: str | None, password: str) -> bool:
    """Whether the password fits. Takes as long for an unknown user (`hashed` None) as for a known one."""
    async with _places:
        fits = await asyncio.to_thread(_verify, hashed or UNKNOWN, password)
    return fits and hashed is not None


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
