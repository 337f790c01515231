"""Connections that are no web calls, as one execution sees them: credentials are opened for one visit, and masked after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from app.adapters.llm_masking import Mask
from app.adapters.network_visits import EgressNetwork, Reach
from app.sdk import BlockError, Json, Login, Reached, Visit
from app.services.credential_types import TYPES
from app.services.execution_secrets import ExecutionSecrets
from app.services.secret_http import masked_error


class SecretNetwork:
    """Implements the sdk's Network around the one way out."""

    def __init__(self, network: EgressNetwork, secrets: ExecutionSecrets) -> None:
        self._network = network
        self._secrets = secrets

    async def visit(
        self,
        talk: Callable[[Visit], Awaitable[Json]],
        *,
        credential: str = "",
        types: Sequence[str] = (),
        seconds: float = 30.0,
    ) -> Json:
        """Raises BlockError for an unknown credential and for every failure of the connection."""
        used: set[str] = set()
        await self._secrets.make_ready(credential, "")
        login = self._login(credential, types, used) if credential else None
        mask = Mask(used)

        async def begun(reach: Reach) -> Json:
            return await talk(SecretVisit(self._secrets, used, login, tuple(types), reach))

        try:
            return mask(await self._network.visit(begun, seconds))
        except BlockError as error:
            raise masked_error(error, mask) from None

    def _login(self, name: str, types: Sequence[str], used: set[str]) -> Login:
        found = self._secrets.opened(name)
        if types and found.type not in types:
            message = f"the credential `{name}` is a “{TYPES[found.type].title}”; needed is {_titles(types)}"
            raise BlockError("CREDENTIAL_TYPE", message, retryable=False)
        login = Login(name, found.type, dict(found.data))
        used.update(found.secrets(), login.secrets())
        return login


@dataclass(frozen=True, slots=True)
class SecretVisit:
    """The sdk's Visit."""

    _secrets: ExecutionSecrets
    _used: set[str]
    _login: Login | None
    _types: tuple[str, ...]
    _reach: Reach

    @property
    def login(self) -> Login:
        if self._login is None:
            raise BlockError("CREDENTIAL_NEEDED", f"field `credential`: choose {_titles(self._types)}", retryable=False)
        return self._login

    async def reach(self, host: str, port: int) -> Reached:
        return await self._reach(host, port)

    def reveal(self, value: Json) -> Json:
        return self._secrets.reveal_in(value, self._used)


def _titles(types: Sequence[str]) -> str:
    return " or ".join(f"a credential “{TYPES[type].title}”" for type in types) or "a credential"
