"""Secrets in the key-value store, version 2, of a HashiCorp Vault or OpenBao server."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from app.adapters.secret_sources.base import MAX_BYTES, SourceError
from app.sdk import BlockError, Http, HttpRequest, HttpResponse, Json

REFERENCE = re.compile(
    r"(?P<mount>[A-Za-z0-9_-]+)/(?P<path>[^#@]{1,400})#(?P<field>[^#@/]{1,200})(?:@(?P<version>[1-9][0-9]{0,8}))?"
)
PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. :=+-]{0,199}")
TIMEOUT = 10.0
MARGIN = 30
"""A token that ends within these seconds is replaced before it is used."""


@dataclass(frozen=True, slots=True)
class AppRole:
    """How a program signs in to the server. `mount` is where this way of signing in is mounted."""

    role_id: str
    secret_id: str
    mount: str = "approle"


class VaultSource:
    """Implements SecretSource. `prefix` begins every reference that may be read; `{workspace}` in it is the workspace's id."""

    name = "vault"
    title = "HashiCorp Vault (key-value store, version 2)"

    def __init__(
        self, http: Http, address: str, prefix: str, *, token: str = "", role: AppRole | None = None, namespace: str = ""
    ) -> None:
        self._http = http
        self._address = address.rstrip("/")
        self._prefix = f"{prefix.strip('/')}/"
        self._role = role
        self._namespace = namespace
        self._token = token
        self._ends = float("inf") if token else 0.0
        self._turn = asyncio.Lock()
        self.example = f"{self._prefix.replace('{workspace}', '…')}shop#api_key"

    def check(self, reference: str, workspace_id: str) -> None:
        self._parts(reference, workspace_id)

    async def read(self, reference: str, workspace_id: str) -> str:
        mount, path, field, version = self._parts(reference, workspace_id)
        place = "/".join(quote(part, safe="") for part in path.split("/"))
        address = f"{self._address}/v1/{mount}/data/{place}" + (f"?version={version}" if version else "")
        answer = await self._asked(address)
        if answer.status_code == 403 and self._role is not None:
            self._ends = 0.0  # the token may have been taken back before its time
            answer = await self._asked(address)
        return _field(answer, reference.partition("#")[0], field)

    def _parts(self, reference: str, workspace_id: str) -> tuple[str, str, str, str]:
        found = REFERENCE.fullmatch(reference)
        if found is None or not all(PART.fullmatch(part) for part in found["path"].split("/")):
            raise SourceError("this is no reference such as secret/shop#api_key, or with a version secret/shop#api_key@3")
        prefix = self._prefix.replace("{workspace}", workspace_id)
        if not reference.startswith(prefix):
            raise SourceError(f"only secrets below {prefix} can be read")
        return found["mount"], found["path"], found["field"], found["version"] or ""

    async def _asked(self, address: str) -> HttpResponse:
        return await self._send(HttpRequest("GET", address, headers=self._headers(await self._valid_token())))

    async def _valid_token(self) -> str:
        """The token of today. Raises SourceError when the server gives none."""
        async with self._turn:
            if self._role is not None and self._ends - MARGIN < time.monotonic():
                await self._sign_in(self._role)
            return self._token

    async def _sign_in(self, role: AppRole) -> None:
        answer = await self._send(
            HttpRequest(
                "POST",
                f"{self._address}/v1/auth/{quote(role.mount, safe='')}/login",
                headers=self._headers(""),
                json={"role_id": role.role_id, "secret_id": role.secret_id},
            )
        )
        if answer.status_code >= 400:
            raise SourceError(_refusal(answer, "does not let this server sign in"))
        auth = _dict(_dict(_body(answer)).get("auth"))
        token, lease = auth.get("client_token"), auth.get("lease_duration")
        if not isinstance(token, str) or not token:
            raise SourceError("the Vault server gave no token")
        self._token = token
        # A lease of 0 seconds means that the token does not end.
        self._ends = time.monotonic() + lease if isinstance(lease, int) and lease > 0 else float("inf")

    async def _send(self, request: HttpRequest) -> HttpResponse:
        try:
            return await self._http.send(replace(request, timeout=TIMEOUT, follow_redirects=False, trusted=True))
        except BlockError as error:
            raise SourceError(f"the Vault server cannot be asked: {error.message}") from None

    def _headers(self, token: str) -> dict[str, str]:
        own = {"X-Vault-Request": "true"}
        own |= {"X-Vault-Token": token} if token else {}
        return own | ({"X-Vault-Namespace": self._namespace} if self._namespace else {})


def _field(answer: HttpResponse, place: str, field: str) -> str:
    """One value of a secret. Raises SourceError that says what the server's answer means."""
    content = _dict(_dict(_body(answer)).get("data"))
    about = _dict(content.get("metadata"))
    if answer.status_code == 404 and about:
        state = "destroyed" if about.get("destroyed") else "deleted"
        raise SourceError(f"version {about.get('version')} of {place} is {state}")
    if answer.status_code == 404:
        raise SourceError(f"there is no secret {place}")
    if answer.status_code >= 400:
        raise SourceError(_refusal(answer, f"does not give {place}"))
    values = content.get("data")
    if not isinstance(values, dict):
        raise SourceError(f"{place} is in no key-value store of version 2")
    value = values.get(field)
    if value is None:
        raise SourceError(f"{place} has no field {field}")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not text or len(text.encode()) > MAX_BYTES:
        raise SourceError(f"the field {field} of {place} is empty or too long")
    return text


def _refusal(answer: HttpResponse, what: str) -> str:
    match answer.status_code:
        case 400 | 401 | 403:
            return f"the Vault server {what}: permission denied"
        case 429 | 472 | 473 | 503:
            return "the Vault server is sealed, in standby or overloaded"
        case status:
            return f"the Vault server {what}: status {status}"


def _body(answer: HttpResponse) -> Json:
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def _dict(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
