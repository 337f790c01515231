"""The secrets of one execution for its model and MCP calls; implements the adapters' Keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.services.execution_secrets import ExecutionSecrets


@dataclass(frozen=True)
class ExecutionKeys:
    """What an execution may sign with."""

    secrets: ExecutionSecrets

    def signer(self, url: str, credential: str, key_header: str, trusted: bool) -> CallSigner:
        """Signs calls below `url`; trusted only where that is the operator's own address."""
        base = self.secrets.model_base
        return CallSigner(self.secrets, credential, key_header, trusted and bool(base) and url.rstrip("/") == base)


@dataclass
class CallSigner:
    """Signs the calls of one conversation and remembers which secrets it gave out."""

    secrets: ExecutionSecrets
    credential: str
    key_header: str
    trusted: bool
    used: set[str] = field(default_factory=set)

    async def ready(self, text: str) -> None:
        """Fetch the tokens that have ended, of the credential and of those that a text names. Raises BlockError."""
        await self.secrets.make_ready(self.credential, text)

    def headers(self) -> dict[str, str]:
        """The headers that sign a call. BlockError UNKNOWN_CREDENTIAL when there is no such credential."""
        return self.secrets.signature(self.credential, self.used, own_model=self.trusted, key_header=self.key_header)

    def reveal(self, text: str) -> str:
        """A text with its markers replaced by the secrets that they stand for."""
        return self.secrets.reveal(text, self.used)
