"""The secrets of one execution for its model and MCP calls; implements the adapters' Keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.sdk import BlockError
from app.services.credentials import OpenedCredential


@dataclass(frozen=True)
class ExecutionKeys:
    """What an execution may sign with. `markers` maps the marker of a secret to its credential's name."""

    credentials: Mapping[str, OpenedCredential]
    markers: Mapping[str, str]
    settings: Mapping[str, str]
    model_api_key: str

    def signer(self, url: str, credential: str, key_header: str, trusted: bool) -> CallSigner:
        """Signs calls below `url`; trusted only where that is the operator's own address."""
        base = self.settings.get("model_base_url", "").rstrip("/")
        own = trusted and bool(base) and url.rstrip("/") == base
        return CallSigner(self, credential, key_header, own)


@dataclass
class CallSigner:
    """Signs the calls of one conversation and remembers which secrets it gave out."""

    keys: ExecutionKeys
    credential: str
    key_header: str
    trusted: bool
    used: set[str] = field(default_factory=set)

    def headers(self) -> dict[str, str]:
        """The headers that sign a call. BlockError UNKNOWN_CREDENTIAL when there is no such credential."""
        if self.credential:
            return self._signed(self.credential)
        if self.trusted and self.keys.model_api_key:
            self.used.add(self.keys.model_api_key)
            return {"Authorization": f"Bearer {self.keys.model_api_key}"}
        return {}

    def reveal(self, text: str) -> str:
        """A text with its markers replaced by the secrets that they stand for."""
        for marker, name in self.keys.markers.items() if "[secret:" in text else ():
            if marker in text:
                secret = self.keys.credentials[name].secret
                self.used.add(secret)
                text = text.replace(marker, secret)
        return text

    def _signed(self, name: str) -> dict[str, str]:
        credential = self.keys.credentials.get(name)
        if credential is None:
            message = f"there is no credential `{name}` in this workspace"
            raise BlockError("UNKNOWN_CREDENTIAL", message, retryable=False)
        self.used.add(credential.secret)
        if self.key_header and credential.type in ("bearer", "value"):
            return {self.key_header: credential.secret}
        return credential.headers()
