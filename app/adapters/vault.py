"""Secrets at rest: AES-256-GCM under one master key, bound to the row that they belong to."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_VERSION = b"\x01"
NONCE_BYTES = 12


class VaultError(Exception):
    """The master key is unusable, or a sealed value is not from it."""


class Vault:
    """Seals and opens small secrets. `owner` is the id of the row that a secret belongs to."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise VaultError("The master key must be 32 bytes.")
        self._aead = AESGCM(key)
        self._key = key

    @classmethod
    def open(cls, secret_key: str, directory: Path) -> Vault:
        """From BLOCKYARD_SECRET_KEY, else from `secret.key` in the data directory, made at first start."""
        if secret_key:
            return cls(_decode(secret_key))
        path = directory / "secret.key"
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(base64.b64encode(os.urandom(32)))
        return cls(_decode(path.read_text().strip()))

    def seal(self, plain: str, owner: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return KEY_VERSION + nonce + self._aead.encrypt(nonce, plain.encode(), KEY_VERSION + owner.encode())

    def unseal(self, sealed: bytes, owner: str) -> str:
        """Raises VaultError when the value was sealed by another key or for another owner."""
        nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, rest, sealed[:1] + owner.encode()).decode()
        except InvalidTag:
            raise VaultError("A stored secret cannot be opened with this master key.") from None

    def fingerprint(self, text: str) -> str:
        """A short value that only the holder of the key can make from `text`."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise VaultError("The master key must be 32 bytes in base64.") from None
