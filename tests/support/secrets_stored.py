"""The secrets that a data directory holds: its master keys, and what they open."""

from __future__ import annotations

import base64
import binascii
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from msgspec import DecodeError

from app.adapters.vault import FILE, Keyring, Vault, VaultError, read_keyring
from app.db.sealed import GRAPHS, SealedColumn, sealed_columns
from app.db.tables.base import Content
from app.engine.values import decode, decode_stored
from app.services.credential_sources import STORED
from app.services.credential_types import TYPES
from tests.support.secrets_noted import Secret, password_in

KINDS = {
    "users.totp_secret": "a seed of the second step",
    "endpoints.sealed_secret": "a secret of an endpoint",
    "endpoints.sealed_old_secret": "a secret of an endpoint",
    "channels.sealed_token": "a token of a channel",
    "triggers.sealed_key": "a key of a trigger",
}
"""Columns that hold one secret and nothing else."""
WHOLE_TEXTS = frozenset(
    {
        "operations.content",
        "copilot_sessions.sealed_title",
        "copilot_messages.sealed_content",
        "copilot_snapshots.sealed_graph",
        "copilot_proposals.sealed_content",
    }
)
"""Columns that hold texts in which secrets may stand; those are known from where they are kept."""
TOKENS = ("access_token", "refresh_token")
"""What is kept in a credential beside the fields of its form."""


def read_only(database: Path) -> sqlite3.Connection:
    """Leaves the files as they are, the write-ahead log too."""
    return sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=5)


def plain(value: bytes) -> bytes:
    """A stored value as it was before it was compressed; what only looks so, or is damaged, as it is."""
    try:
        return Content().process_result_value(value, None) or b""
    except zlib.error:
        return value


def stored_in(directory: Path) -> Iterator[Secret]:
    """Everything secret in a data directory whose key is there."""
    try:
        ring = read_keyring(directory / FILE)
    except (OSError, VaultError, binascii.Error):
        return
    yield from _keys(ring)
    database = directory / "blockyard.db"
    if database.is_file():
        vault = Vault(ring)
        try:
            with closing(read_only(database)) as connection:
                for place in (GRAPHS, *sealed_columns()):
                    yield from _opened(connection, place, vault)
        except sqlite3.OperationalError:
            return


def _keys(ring: Keyring) -> Iterator[Secret]:
    for key in (*ring.keys.values(), ring.signing):
        yield Secret("a master key", base64.b64encode(key).decode())


def _opened(connection: sqlite3.Connection, place: SealedColumn, vault: Vault) -> Iterable[Secret]:
    """Nothing where the database is older than this column, or the value is from another key."""
    if str(place) in WHOLE_TEXTS:
        return
    more = ", type, source" if place.table.name == "credentials" else ""
    try:
        rows = connection.execute(f"SELECT {place.owner}, {place.column}{more} FROM {place.table.name}").fetchall()
    except sqlite3.DatabaseError:
        return
    for owner, sealed, *about in rows:
        if sealed is None:
            continue
        try:
            yield from _secrets(place, vault, owner, sealed, about)
        except (VaultError, DecodeError, KeyError):
            continue


def _secrets(place: SealedColumn, vault: Vault, owner: str, sealed: bytes, about: list[str]) -> Iterable[Secret]:
    if place is GRAPHS:
        content = decode_stored(plain(sealed))
        for _, path, text in content["secrets"]:
            yield Secret(f"a block's {path[-1]}", vault.unseal(base64.b64decode(text), owner))
    elif place.table.name == "credentials":
        type, source = about
        for name, text in decode(vault.unseal(sealed, owner)).items():
            if source == STORED and name in (*TOKENS, *(field.name for field in TYPES[type].fields if field.secret)):
                yield from _credential(f"{name} of a credential of type {type}", text)
    else:
        yield Secret(KINDS[str(place)], vault.unseal(sealed, owner))


def _credential(kind: str, text: object) -> Iterable[Secret]:
    if isinstance(text, str):
        yield Secret(kind, text)
        if "://" in text:
            yield Secret(f"the password in {kind}", password_in(text))
