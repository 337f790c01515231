"""The secrets of one execution: what stands for them in texts, what signs a call with them, and what was given out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass

from app.sdk import BlockError, Json
from app.services.opened_credentials import OpenedCredential

BARE_TYPES = ("bearer", "value", "llm")
"""Types of credential that hold a key and nothing else that is sent."""

Renew = Callable[[str], Awaitable[OpenedCredential]]
"""Fetches a new token for the credential with this name; raises BlockError when none can be had."""


@dataclass(frozen=True)
class ExecutionSecrets:
    """`markers` maps what stands for a secret in texts to its credential's name.

    Everything that is given out is added to `used`, so that it can be taken out of what comes back.
    """

    credentials: MutableMapping[str, OpenedCredential]
    markers: Mapping[str, str]
    settings: Mapping[str, str]
    model_api_key: str
    renew: Renew | None = None

    async def make_ready(self, credential: str, call: object) -> None:
        """Fetch the tokens that a call needs and that have ended. Raises BlockError when one cannot be had."""
        if self.renew is None or not any(one.needs_token for one in self.credentials.values()):
            return
        text = repr(call)
        named = {name for marker, name in self.markers.items() if marker in text} | {credential}
        for name in [name for name, one in self.credentials.items() if name in named and one.needs_token]:
            self.credentials[name] = await self.renew(name)

    @property
    def model_base(self) -> str:
        """The operator's own address of models; empty without one."""
        return self.settings.get("model_base_url", "").rstrip("/")

    def reveal(self, text: str, used: set[str]) -> str:
        """A text with its markers replaced by the secrets that they stand for."""
        for marker, name in self.markers.items() if "[secret:" in text else ():
            if marker in text:
                secret = self.credentials[name].secret
                used.add(secret)
                text = text.replace(marker, secret)
        return text

    def reveal_in(self, value: Json, used: set[str]) -> Json:
        """The same for every text in a value, the names of fields included."""
        if isinstance(value, str):
            return self.reveal(value, used)
        if isinstance(value, dict):
            return {self.reveal(key, used): self.reveal_in(child, used) for key, child in value.items()}
        return [self.reveal_in(child, used) for child in value] if isinstance(value, list) else value

    def signature(self, credential: str, used: set[str], *, own_model: bool, key_header: str = "") -> dict[str, str]:
        """The headers that sign a call. BlockError UNKNOWN_CREDENTIAL when there is no such credential.

        `own_model`: it goes to the operator's own model. `key_header`: where a bare key belongs instead of a bearer token.
        """
        if credential:
            return self._signed(credential, used, key_header)
        if own_model and self.model_api_key:
            used.add(self.model_api_key)
            return {"Authorization": f"Bearer {self.model_api_key}"}
        return {}

    def opened(self, name: str) -> OpenedCredential:
        """A credential with its values. BlockError UNKNOWN_CREDENTIAL when there is none of that name."""
        credential = self.credentials.get(name)
        if credential is None:
            message = f"there is no credential `{name}` in this workspace"
            raise BlockError("UNKNOWN_CREDENTIAL", message, retryable=False)
        return credential.usable()

    def _signed(self, name: str, used: set[str], key_header: str) -> dict[str, str]:
        credential = self.opened(name)
        used.add(credential.secret)
        if key_header and credential.type in BARE_TYPES:
            return {key_header: credential.secret}
        headers = credential.headers()
        used.update(text.rpartition(" ")[2] for text in headers.values())  # a pair is sent encoded, and may come back so
        return headers
