"""Turns texts into vectors: lists of numbers that are near to each other when the texts mean something similar.

Give one text or a list of texts; each gets its vector. With a text to compare, every text also gets its likeness to that one,
from -1 to 1, and they are sorted by it: the nearest come first. This is how the best fitting answer is found in a list.

Vectors of different models cannot be compared. It works with servers that speak the OpenAI protocol.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, CredentialName, Example, HttpRequest, HttpResponse, Json, Output
from blocks.core._fields import ADVANCED, LongText, as_text
from blocks.core._models import choose_model
from blocks.net._answers import check

MAX_TEXTS = 500
BATCH = 64
LONGEST = 100_000


class EmbedConfig(Config):
    """Configuration of the block."""

    texts: AnyJson = Field(None, title="Texts", description="A text or a list of texts. Left out, it is the input of the block.")
    compare_with: LongText = Field(
        "", title="Compare with", description="A text; the others are then sorted by how near they are to it."
    )
    limit: int | None = Field(None, title="Only the nearest", ge=1, le=MAX_TEXTS, description="How many, when they are compared.")
    with_vectors: bool = Field(
        True,
        title="Give the vectors",
        description="Off, only the texts and their likeness are given.",
        json_schema_extra=ADVANCED,
    )
    model: str = Field("", title="Model", description="A model for embeddings. Left empty, it is the operator's model.")
    base_url: str = Field(
        "",
        title="Address",
        json_schema_extra={"placeholder": "https://api.openai.com/v1"},
        description="Where the model is served, up to /v1. Left empty, it is the operator's.",
    )
    credential: CredentialName = Field("", title="Credential", description="The key for the address above.")
    dimensions: int | None = Field(
        None,
        title="Length of a vector",
        ge=1,
        le=10_000,
        description="For models that can shorten it.",
        json_schema_extra=ADVANCED,
    )


async def execute(context: Context, config: EmbedConfig, value: Json) -> Output:
    texts = _texts(config.texts if "texts" in config.model_fields_set else value)
    wanted = [*texts, config.compare_with] if config.compare_with else texts
    vectors, tokens = await _vectors(context, config, wanted)
    found: list[dict[str, Json]] = [{"text": text} for text in texts]
    if config.with_vectors:
        for one, vector in zip(found, vectors, strict=False):
            one["vector"] = vector
    if config.compare_with:
        for one, vector in zip(found, vectors, strict=False):
            one["likeness"] = likeness(vector, vectors[-1])
        found = sorted(found, key=lambda one: -float(one["likeness"]))[: config.limit]
    return Output({"items": found, "dimensions": len(vectors[0]), "usage": {"input_tokens": tokens}})


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine between two vectors; 0 when one of them has no length."""
    length = math.sqrt(sum(number * number for number in one)) * math.sqrt(sum(number * number for number in other))
    return round(sum(a * b for a, b in zip(one, other, strict=True)) / length, 6) if length else 0.0


def _texts(source: Json) -> list[str]:
    texts = [as_text(text) for text in (source if isinstance(source, list) else [source])]
    if not 1 <= len(texts) <= MAX_TEXTS or not all(text.strip() for text in texts):
        raise _wrong(f"must be a text or a list of 1 to {MAX_TEXTS} texts, none of them empty")
    if any(len(text) > LONGEST for text in texts):
        raise _wrong(f"a text may have {LONGEST:,} characters")
    return texts


async def _vectors(context: Context, config: EmbedConfig, texts: list[str]) -> tuple[list[list[float]], int]:
    chosen = choose_model(context.settings, "openai-compatible", config.base_url, config.model, config.credential)
    vectors: list[list[float]] = []
    tokens = 0
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        asked: dict[str, Json] = {"model": chosen.model, "input": part, "encoding_format": "float"}
        if config.dimensions:
            asked["dimensions"] = config.dimensions
        address = f"{chosen.base_url}/embeddings"
        request = HttpRequest("POST", address, json=asked, timeout=60, credential=chosen.credential, trusted=chosen.trusted)
        found, used = _read(address, await context.http.send(request), len(part))
        vectors += found
        tokens += used
    if len({len(vector) for vector in vectors}) != 1:
        raise BlockError("MODEL_ANSWER", "the model's server answered vectors of different lengths")
    return vectors, tokens


def _read(address: str, response: HttpResponse, expected: int) -> tuple[list[list[float]], int]:
    check("POST", address, response)
    try:
        answer = json.loads(response.content)
        listed = sorted(answer["data"], key=lambda one: int(one["index"]))
        vectors = [[float(number) for number in one["embedding"]] for one in listed]
        if len(vectors) != expected or not all(vectors) or not all(math.isfinite(number) for one in vectors for number in one):
            raise ValueError
        return vectors, int((answer.get("usage") or {}).get("prompt_tokens") or 0)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise BlockError("MODEL_ANSWER", "the model's server answered something that is no list of embeddings") from None


def _wrong(message: str) -> BlockError:
    return BlockError("CONFIG_INVALID", f"field `texts`: {message}", details={"field": "texts"}, retryable=False)


BLOCK = Block(
    type="ai.embed",
    title="Embeddings",
    category="AI",
    icon="waypoints",
    description="Turns texts into vectors, and finds which are nearest to another text.",
    config=EmbedConfig,
    execute=execute,
    effect="read",
    needs=frozenset({"http"}),
    timeout_ms=300_000,
    sample={"items": [], "dimensions": 0, "usage": {"input_tokens": 0}},
    output_schema={
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string"},
                        "vector": {"type": "array", "items": {"type": "number"}},
                        "likeness": {"type": "number", "description": "From -1 to 1, when they are compared."},
                    },
                },
            },
            "dimensions": {"type": "integer", "description": "How long each vector is."},
            "usage": {"type": "object", "properties": {"input_tokens": {"type": "integer"}}},
        },
        "required": ["items", "dimensions", "usage"],
    },
    examples=(
        Example(
            "The nearest answer",
            {"texts": "{{ input.answers }}", "compare_with": "{{ input.question }}", "limit": 1, "with_vectors": False},
            input={"answers": ["We open at nine.", "Returns are free."], "question": "When do you open?"},
            output={"items": [{"text": "We open at nine.", "likeness": 0.91}], "dimensions": 384, "usage": {"input_tokens": 14}},
            runnable=False,
        ),
    ),
)
