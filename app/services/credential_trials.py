"""Trying a credential: whether the other side is there, and takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from app.adapters.network_reach import Reach
from app.db.session import Database
from app.sdk import BlockError, Http, HttpRequest
from app.services.actors import Actor
from app.services.audit import record
from app.services.credentials import MASK, Credentials
from app.services.errors import invalid
from app.services.oauth import OAuth
from app.services.opened_credentials import OAUTH, OpenedCredential

MODELS: Final[Mapping[str, str]] = {
    "openai": "https://api.openai.com/v1/models",
    "anthropic": "https://api.anthropic.com/v1/models",
    "google": "https://generativelanguage.googleapis.com/v1beta/models",
}
DATABASE_PORTS: Final[Mapping[str, int]] = {
    "postgresql": 5432, "postgres": 5432, "mysql": 3306, "mariadb": 3306, "redis": 6379, "rediss": 6379,
    "amqp": 5672, "amqps": 5671, "mqtt": 1883, "mqtts": 8883, "nats": 4222, "tls": 4222, "ldap": 389, "ldaps": 636,
}  # fmt: skip
NEEDS_ADDRESS: Final = frozenset({"bearer", "basic", "header", "value"})
"""Types that do not say where they belong."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went, in words that hold no secret."""

    works: bool
    message: str


class CredentialTrials:
    def __init__(self, database: Database, credentials: Credentials, oauth: OAuth, http: Http, reach: Reach) -> None:
        self._database = database
        self._oauth = oauth
        self._credentials = credentials
        self._http = http
        self._reach = reach

    async def try_out(self, actor: Actor, credential_id: str, address: str = "") -> Trial:
        """Use a credential once. `address` is for types that fit any. Raises 400 when it is missing, 404."""
        opened = await self._credentials.open_one(actor, credential_id)
        async with self._database.write(counts=False) as connection:
            await record(connection, actor, "credential.try", opened.name)
        try:
            opened.usable()
            if opened.type in OAUTH:
                return await self._token_there(actor, opened)
            return await self._tried(opened, address.strip())
        except BlockError as error:
            return Trial(False, _masked(opened, error.message))

    async def _tried(self, opened: OpenedCredential, address: str) -> Trial:
        data = opened.data
        match opened.type:
            case "smtp":
                said = await self._reach.greeting(data["host"], int(data["port"]), tls=data["security"] == "tls")
                return Trial(said.startswith("220"), f"The mail server says: {said[:100]}")
            case "imap" | "ftp":
                begins = "* OK" if opened.type == "imap" else "220"
                said = await self._reach.greeting(data["host"], int(data["port"]), tls=data["security"] == "tls")
                return Trial(said.startswith(begins), f"The server says: {said[:100]}")
            case "ssh":
                _check_private_key(data)
                said = await self._reach.greeting(data["host"], int(data["port"]))
                return Trial(said.startswith("SSH-"), f"The key is readable, and the machine says: {said[:100]}")
            case "database" | "broker":
                return await self._database_there(data["url"])
            case "server":
                return await self._server_there(data["address"])
            case "s3":
                return await self._server_there(data["endpoint"])
            case "llm":
                base = data.get("base_url", "").rstrip("/")
                address = f"{base}/models" if base else MODELS.get(data["provider"], "")
        if not address:
            raise invalid("Enter an address to try it with.", [{"field": "address", "message": "Enter an address."}])
        return await self._called(opened, address)

    async def _token_there(self, actor: Actor, opened: OpenedCredential) -> Trial:
        if opened.needs_token:
            await self._oauth.renewed(actor.workspace_id, opened.name)
            return Trial(True, "The service gave a new token.")
        return Trial(True, "There is a token, and it has not ended.")

    async def _called(self, opened: OpenedCredential, address: str) -> Trial:
        answer = await self._http.send(HttpRequest("GET", address, headers=opened.headers(), timeout=15))
        host, status = urlsplit(address).hostname, answer.status_code
        if status in (401, 403):
            return Trial(False, f"{host} refuses it: status {status}.")
        if status >= 400:
            return Trial(False, f"{host} answers with status {status}.")
        return Trial(True, f"{host} takes it: status {status}.")

    async def _server_there(self, address: str) -> Trial:
        answer = await self._http.send(HttpRequest("GET", address, timeout=15))
        return Trial(True, f"{urlsplit(address).hostname} answers with status {answer.status_code}. The key is tried by a block.")

    async def _database_there(self, url: str) -> Trial:
        parts = urlsplit(url)
        port = parts.port or DATABASE_PORTS.get(parts.scheme.partition("+")[0])
        if port is None or not parts.hostname:
            raise invalid("This address names no port, and its kind of server has none that is usual.")
        await self._reach.greeting(parts.hostname, port, waits=False)
        return Trial(True, f"{parts.hostname} is there, at port {port}. User and password are tried when a block uses them.")


def _masked(opened: OpenedCredential, message: str) -> str:
    for value in opened.secrets():
        message = message.replace(value, MASK)
    return message


def _check_private_key(data: Mapping[str, str]) -> None:
    """Raises BlockError when the key cannot be read with this passphrase."""
    passphrase = data.get("passphrase", "").encode() or None
    try:
        load_ssh_private_key(data["private_key"].strip().encode() + b"\n", passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BlockError("PRIVATE_KEY", "The private key cannot be read, or the passphrase does not fit it") from None
