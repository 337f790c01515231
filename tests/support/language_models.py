"""Language models for tests: the real adapter, allowed to call loopback, with secrets of a test's choice."""

from __future__ import annotations

from app.adapters.llm import ExecutionModels, LanguageModels
from app.services.credentials import OpenedCredential
from app.services.model_keys import ExecutionKeys

KEY = OpenedCredential("KEY", "bearer", {"token": "sk-very-secret"})
TOKEN_MARKER = "[secret:0123:KEY]"


def loopback_models() -> LanguageModels:
    """Connections that may go to this machine."""
    return LanguageModels(("127.0.0.1",))


def lent(models: LanguageModels, base_url: str = "", api_key: str = "") -> ExecutionModels:
    """What an execution gets: a credential named KEY, and the operator's own model."""
    keys = ExecutionKeys({"KEY": KEY}, {TOKEN_MARKER: "KEY"}, {"model_base_url": base_url}, api_key)
    return models.lent_with(keys)
