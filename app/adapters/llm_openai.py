"""Models of every server that speaks the OpenAI chat protocol."""

from __future__ import annotations

import httpx2
from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles import merge_profile
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from app.adapters.llm_clients import NO_KEY, address
from app.sdk import ModelRequest


def model(request: ModelRequest, http: httpx2.AsyncClient) -> Model:
    """The model that a request names."""
    openai = AsyncOpenAI(api_key=NO_KEY, base_url=address(request), http_client=http, max_retries=0)
    provider = OpenAICompatibleProvider("openai-compatible", openai_client=openai)
    # A stream that ends without a reason was cut off: it must not pass for an answer.
    whole = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    profile = merge_profile(provider.model_profile(request.model), whole)
    return OpenAIChatModel(request.model, provider=provider, profile=profile)
