"""Which model a block asks: its own, or where it names none the operator's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.sdk import BlockError, ModelUsage

Provider = Literal["openai-compatible", "anthropic", "google"]
NOT_CONFIGURED = (
    "No language model is set. Either fill in this block's Address and Model (with a Credential for its key), or have the "
    "operator start Blockyard with BLOCKYARD_MODEL_BASE_URL, BLOCKYARD_MODEL and BLOCKYARD_MODEL_API_KEY"
)


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """Which model is asked, where, and with which key. The names are those of ModelRequest."""

    provider: Provider
    base_url: str
    model: str
    credential: str
    trusted: bool


def choose_model(settings: Mapping[str, str], provider: Provider, base_url: str, model: str, credential: str) -> ChosenModel:
    """The model to ask. BlockError MODEL_NOT_CONFIGURED when neither the block nor the operator names one."""
    if provider != "openai-compatible":
        if not model:
            message = f"field `model`: a model of {provider} must be named"
            raise BlockError("MODEL_NOT_CONFIGURED", message, details={"field": "model"}, retryable=False)
        return ChosenModel(provider, base_url, model, credential, trusted=False)
    address = base_url or settings.get("model_base_url", "")
    chosen = model or settings.get("model", "")
    if not address or not chosen:
        raise BlockError("MODEL_NOT_CONFIGURED", NOT_CONFIGURED, retryable=False)
    return ChosenModel(provider, address.rstrip("/"), chosen, credential if base_url else "", trusted=not base_url)


def usage_json(usage: ModelUsage, priced: bool) -> dict[str, int | float]:
    """What a conversation cost, as blocks answer it; the money only where prices are known."""
    counts: dict[str, int | float] = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "requests": usage.requests,
    }
    return counts | ({"cost": usage.cost} if priced else {})
