"""Passwords are hashed with argon2id, and an unknown user costs as much as a known one."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from app.adapters.passwords import UNKNOWN, hash_password, verify_password

pytestmark = pytest.mark.anyio


async def test_only_the_right_password_fits() -> None:
    hashed = await hash_password("correct horse")
    assert hashed.startswith("$argon2id$")
    assert [await verify_password(hashed, text) for text in ("correct horse", "wrong horse")] == [True, False]


async def test_nothing_fits_an_unknown_user_or_a_damaged_hash() -> None:
    assert not await verify_password(None, "anything")
    assert not await verify_password("no hash", "anything")


def test_the_hash_for_unknown_users_takes_as_long_as_one_made_today() -> None:
    assert not PasswordHasher().check_needs_rehash(UNKNOWN)
