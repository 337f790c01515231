"""Google's models, and those of servers that speak its protocol."""

from __future__ import annotations

import httpx2
from pydantic_ai.models import Model
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from app.adapters.llm_clients import NO_KEY, address
from app.sdk import ModelRequest


def model(request: ModelRequest, http: httpx2.AsyncClient) -> Model:
    """The model that a request names."""
    provider = GoogleProvider(api_key=NO_KEY, http_client=http, base_url=address(request))
    return GoogleModel(request.model, provider=provider)
