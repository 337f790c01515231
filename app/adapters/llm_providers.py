"""From a request to a model object of pydantic-ai, talking through our own transport whatever the provider."""

from __future__ import annotations

import httpx2
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles import merge_profile
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from app.adapters.llm_transport import CONNECT_SECONDS, SILENCE_SECONDS
from app.sdk import ModelRequest

NO_KEY = "none"
"""The libraries insist on a key; the transport drops it and signs by itself."""

OFFICIAL = {"anthropic": "https://api.anthropic.com", "google": "https://generativelanguage.googleapis.com"}
VERSIONS = {"anthropic": "/v1", "google": "/v1beta"}
KEY_HEADERS = {"anthropic": "x-api-key", "google": "x-goog-api-key"}


def address(request: ModelRequest) -> str:
    """Where the model is served: as given, or the provider's own address; without the version that its library adds."""
    given = (request.base_url or OFFICIAL.get(request.provider, "")).rstrip("/")
    return given.removesuffix(VERSIONS.get(request.provider, "")).rstrip("/")


def key_header(request: ModelRequest) -> str:
    """Where the provider wants a bare key; empty for a bearer token."""
    return KEY_HEADERS.get(request.provider, "")


def client(transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncClient:
    """A client that goes nowhere but through this transport."""
    timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    return httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False)


def model(request: ModelRequest, http: httpx2.AsyncClient) -> Model:
    """The model that a request names."""
    match request.provider:
        case "anthropic":
            anthropic = AsyncAnthropic(api_key=NO_KEY, base_url=address(request), http_client=http, max_retries=0)
            return AnthropicModel(request.model, provider=AnthropicProvider(anthropic_client=anthropic))
        case "google":
            google = GoogleProvider(api_key=NO_KEY, http_client=http, base_url=address(request))
            return GoogleModel(request.model, provider=google)
    openai = AsyncOpenAI(api_key=NO_KEY, base_url=address(request), http_client=http, max_retries=0)
    provider = OpenAICompatibleProvider("openai-compatible", openai_client=openai)
    # A stream that ends without a reason was cut off: it must not pass for an answer.
    whole = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    profile = merge_profile(provider.model_profile(request.model), whole)
    return OpenAIChatModel(request.model, provider=provider, profile=profile)
