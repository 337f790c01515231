"""Anthropic's models, and those of servers that speak its protocol."""

from __future__ import annotations

import httpx2
from anthropic import AsyncAnthropic
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from app.adapters.llm_clients import NO_KEY, address
from app.sdk import ModelRequest


def model(request: ModelRequest, http: httpx2.AsyncClient) -> Model:
    """The model that a request names."""
    anthropic = AsyncAnthropic(api_key=NO_KEY, base_url=address(request), http_client=http, max_retries=0)
    return AnthropicModel(request.model, provider=AnthropicProvider(anthropic_client=anthropic))
