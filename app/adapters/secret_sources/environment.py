"""Secrets in environment variables of the server, of those whose names begin as the operator says."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.adapters.secret_sources.base import SourceError

OWN_PREFIX = "BLOCKYARD_"
"""Our own settings, the master key among them, can be read by nobody."""


class EnvironmentSource:
    """Implements SecretSource."""

    name = "environment"
    title = "Environment variable of the server"

    def __init__(self, prefix: str, variables: Mapping[str, str]) -> None:
        self._prefix = prefix
        self._variables = variables
        self.example = f"{prefix}SHOP_KEY"

    def check(self, reference: str, workspace_id: str) -> None:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,199}", reference):
            raise SourceError("this is no name of an environment variable")
        if not reference.startswith(self._prefix) or reference.upper().startswith(OWN_PREFIX):
            raise SourceError(f"only variables that begin with {self._prefix} can be read")

    async def read(self, reference: str, workspace_id: str) -> str:
        self.check(reference, workspace_id)
        value = self._variables.get(reference, "")
        if not value:
            raise SourceError(f"the server has no environment variable {reference}")
        return value
