"""Secrets at rest: AES-256-GCM under a master key, bound to the row that they belong to.

A master key has a version, which every sealed value begins with, so that values of an older key can still be opened while
they are sealed anew. A second key, which stays when the master key is changed, makes fingerprints.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32
LAST_VERSION = 255
FILE = "secret.key"
SIGNING = "signing"


class VaultError(Exception):
    """The master key is unusable, or a sealed value is not from it."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Master keys by version, and the key of fingerprints. As text: `1:<base64>`, `2:<base64>`, `signing:<base64>`."""

    keys: dict[int, bytes]
    signing: bytes

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """From one key alone, which is version 1, or several with their versions. Raises VaultError."""
        keys: dict[int, bytes] = {}
        signing = b""
        for part in text.replace(",", " ").split():
            name, colon, coded = part.rpartition(":")
            if name == SIGNING:
                signing = _decode(coded)
            else:
                keys[_version(name) if colon else 1] = _decode(coded)
        if not keys:
            raise VaultError("There is no master key.")
        return cls(keys, signing or hmac.new(keys[min(keys)], b"blockyard fingerprints", hashlib.sha256).digest())

    @classmethod
    def new(cls) -> Keyring:
        return cls({1: os.urandom(KEY_BYTES)}, os.urandom(KEY_BYTES))

    @property
    def newest(self) -> int:
        return max(self.keys)

    def text(self) -> str:
        lines = [f"{version}:{base64.b64encode(key).decode()}" for version, key in sorted(self.keys.items())]
        return "\n".join([*lines, f"{SIGNING}:{base64.b64encode(self.signing).decode()}"]) + "\n"

    def with_new_key(self) -> Keyring:
        if self.newest == LAST_VERSION:
            raise VaultError(f"The master key was changed {LAST_VERSION} times; there is no further version.")
        return replace(self, keys={**self.keys, self.newest + 1: os.urandom(KEY_BYTES)})

    def newest_only(self) -> Keyring:
        return replace(self, keys={self.newest: self.keys[self.newest]})


class Vault:
    """Seals and opens small secrets. `owner` is the id of the row that a secret belongs to.

    The file may be changed by a command while the server runs: it is read again before a value is sealed, and when a value
    turns up that a newer key has sealed. Keys that were read once are kept in memory.
    """

    def __init__(self, keys: Keyring | bytes, path: Path | None = None) -> None:
        self._ring = keys if isinstance(keys, Keyring) else Keyring.parse(base64.b64encode(keys).decode())
        self._path = path
        self._seen = _mark(path)
        self._ciphers = {version: AESGCM(key) for version, key in self._ring.keys.items()}

    @classmethod
    def open(cls, secret_key: str, directory: Path) -> Vault:
        """From BLOCKYARD_SECRET_KEY, else from `secret.key` in the data directory, made at first start."""
        if secret_key:
            return cls(Keyring.parse(secret_key))
        path = directory / FILE
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(Keyring.new().text())
        return cls(read_keyring(path), path)

    @property
    def version(self) -> int:
        """Of the key that seals."""
        self._look_again()
        return self._ring.newest

    def seal(self, plain: str, owner: str) -> bytes:
        self._look_again()
        version = bytes([self._ring.newest])
        nonce = os.urandom(NONCE_BYTES)
        return version + nonce + self._ciphers[self._ring.newest].encrypt(nonce, plain.encode(), version + owner.encode())

    def unseal(self, sealed: bytes, owner: str) -> str:
        """Raises VaultError when the value was sealed by another key or for another owner."""
        version, nonce, rest = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        cipher = self._cipher(version[0] if version else 0)
        try:
            return cipher.decrypt(nonce, rest, version + owner.encode()).decode()
        except (InvalidTag, ValueError):
            raise VaultError("A stored secret cannot be opened with this master key.") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key has sealed this."""
        return sealed[:1] == bytes([self.version])

    def fingerprint(self, text: str) -> str:
        """A short value that only the holder of the key can make from `text`; it stays when the master key is changed."""
        return hmac.new(self._ring.signing, text.encode(), hashlib.sha256).hexdigest()[:32]

    def _cipher(self, version: int) -> AESGCM:
        if version not in self._ciphers:
            self._look_again()
        found = self._ciphers.get(version)
        if found is None:
            raise VaultError("A stored secret cannot be opened with this master key.")
        return found

    def _look_again(self) -> None:
        mark = _mark(self._path)
        if self._path is None or mark == self._seen or mark is None:
            return
        self._ring, self._seen = read_keyring(self._path), mark
        self._ciphers |= {version: AESGCM(key) for version, key in self._ring.keys.items()}


def read_keyring(path: Path) -> Keyring:
    return Keyring.parse(path.read_text())


def write_keyring(path: Path, ring: Keyring) -> None:
    """Replace the file in one step, so that nobody ever reads half of it."""
    draft = path.with_name(f"{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(ring.text())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _mark(path: Path | None) -> tuple[int, int] | None:
    """Changes whenever the file does."""
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ino) if status else None


def _version(name: str) -> int:
    if not (name.isascii() and name.isdigit() and 0 < int(name) <= LAST_VERSION):
        raise VaultError(f"The version of a master key is a number from 1 to {LAST_VERSION}.")
    return int(name)


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise VaultError("The master key must be 32 bytes in base64.") from None
    if len(key) != KEY_BYTES:
        raise VaultError("The master key must be 32 bytes.")
    return key
