"""How the smaller AI blocks ask a language model: which one, with which limits, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from app.sdk import (
    BlockError,
    Config,
    Context,
    CredentialName,
    Json,
    ModelAnswer,
    ModelLimits,
    ModelRequest,
    ModelUsage,
)
from blocks.core._fields import ADVANCED, as_text
from blocks.core._models import Provider, choose_model, usage_json

USAGE_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "input_tokens": {"type": "integer"},
        "output_tokens": {"type": "integer"},
        "requests": {"type": "integer"},
    },
}
NO_USAGE: dict[str, Json] = {"input_tokens": 0, "output_tokens": 0, "requests": 0}


class ModelConfig(Config):
    """Which model is asked. Named first among the bases of a configuration, its fields come last in the form."""

    model: str = Field("", title="Model", description="The model's name. Left empty, it is the operator's.")
    base_url: str = Field(
        "",
        title="Address",
        json_schema_extra={"placeholder": "https://api.openai.com/v1"},
        description="Where the model is served, up to /v1. Left empty, it is the operator's, or Anthropic's or Google's own.",
    )
    credential: CredentialName = Field("", title="Credential", description="The key for the address above.")
    provider: Provider = Field(
        "openai-compatible",
        title="Provider",
        description="How the model is spoken to. Nearly every server, also your own, is OpenAI-compatible.",
        json_schema_extra=ADVANCED,
    )
    temperature: float | None = Field(
        None, title="Temperature", ge=0, le=2, description="0 is sober, 1 is inventive.", json_schema_extra=ADVANCED
    )
    max_tokens: int | None = Field(
        None,
        title="Longest answer",
        ge=1,
        description="In tokens, about three quarters of a word each.",
        json_schema_extra=ADVANCED,
    )
    max_tokens_total: int | None = Field(
        None, title="Most tokens", ge=1, description="Of all questions and answers in one run.", json_schema_extra=ADVANCED
    )


def text_of(source: Json, value: Json, given: bool, place: str = "text") -> str:
    """The text that a block works on. BlockError TEXT_EMPTY when there is none."""
    text = as_text(source if given else value)
    if not text.strip():
        message = f"field `{place}`: there is no text, and the block before gave none"
        raise BlockError("TEXT_EMPTY", message, details={"field": place}, retryable=False)
    return text


def spent(*usages: ModelUsage) -> ModelUsage:
    """What several conversations cost together."""
    return ModelUsage(
        sum(usage.input_tokens for usage in usages),
        sum(usage.output_tokens for usage in usages),
        sum(usage.requests for usage in usages),
    )


def usage_of(*usages: ModelUsage) -> dict[str, Any]:
    """The same as blocks answer it."""
    return dict(usage_json(spent(*usages), priced=False))


async def ask(
    context: Context,
    config: ModelConfig,
    prompt: str,
    system_prompt: str = "",
    schema: Mapping[str, Json] | None = None,
    repairs: int = 1,
    **more: Any,
) -> ModelAnswer:
    """What the model answers, with data when there is a schema. Every failure is a BlockError."""
    chosen = choose_model(context.settings, config.provider, config.base_url, config.model, config.credential)
    request = ModelRequest(
        provider=chosen.provider,
        base_url=chosen.base_url,
        model=chosen.model,
        credential=chosen.credential,
        trusted=chosen.trusted,
        prompt=prompt,
        system_prompt=system_prompt,
        output_schema=schema,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        limits=ModelLimits(max_steps=repairs + 1, max_tokens_total=config.max_tokens_total),
        repairs=repairs,
        log=context.log,
    )
    return await context.models.converse(replace(request, **more))
