"""A credential with its values, as executions and trials use it."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.sdk import BlockError
from app.services.credential_types import TYPES

OAUTH = ("oauth2_client", "oauth2_code")
TOKEN_MARGIN = 60
"""A token that ends within these seconds is renewed before it is used."""
KEY_HEADERS = {"anthropic": "x-api-key", "google": "x-goog-api-key"}
"""Where these providers of models want their key; the others want a bearer token."""
NO_WEB_CALLS = frozenset({"smtp", "imap", "ftp", "s3", "broker", "database", "ssh", "server"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a credential cannot be used, for whoever tries."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class OpenedCredential:
    """A credential with its values, for the egress client only."""

    name: str
    type: str
    data: Mapping[str, str] = field(repr=False)
    failure: Failure | None = None

    def usable(self) -> OpenedCredential:
        """Itself. Raises BlockError when it cannot be used."""
        if self.failure is not None:
            raise BlockError(self.failure.code, self.failure.message, retryable=self.failure.code == "CREDENTIAL_SOURCE")
        return self

    @property
    def secret(self) -> str:
        """What `${NAME}` stands for: with OAuth the token of today. Raises BlockError when it cannot be used."""
        self.usable()
        return self.data.get("access_token" if self.type in OAUTH else TYPES[self.type].secret_field, "")

    def secrets(self) -> list[str]:
        """Every value of it that nobody may see."""
        plain = {field.name for field in TYPES[self.type].fields if not field.secret} | {"token_ends"}
        return [value for field, value in self.data.items() if field not in plain and value]

    @property
    def needs_token(self) -> bool:
        """Whether a token has to be fetched before this can be used."""
        return self.type in OAUTH and not self.failure and int(self.data.get("token_ends", "0")) - TOKEN_MARGIN < time.time()

    def headers(self) -> dict[str, str]:
        """What a request signed with this credential carries. BlockError when it is for something else than web calls."""
        self.usable()
        if self.type in NO_WEB_CALLS:
            title = TYPES[self.type].title
            raise BlockError("CREDENTIAL_TYPE", f"`{self.name}` ({title}) cannot sign a web call", retryable=False)
        match self.type:
            case "bearer":
                return {"Authorization": f"Bearer {self.data['token']}"}
            case "basic":
                pair = f"{self.data['username']}:{self.data['password']}".encode()
                return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
            case "header":
                return {self.data["header"]: self.data["value"]}
            case "llm" if self.data["provider"] in KEY_HEADERS:
                return {KEY_HEADERS[self.data["provider"]]: self.secret}
        return {"Authorization": f"Bearer {self.secret}"}
