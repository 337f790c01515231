"""What the copilot hears from a conversation while it goes on: what was used, and tools that were used wrongly."""

from __future__ import annotations

import pytest

from app.sdk import BlockError, ModelLimits, ModelUsage
from tests.support.language_models import asking, lent, loopback_models, tool
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.anyio


async def test_usage_is_told_after_each_answer_also_when_the_budget_ends_it() -> None:
    told: list[ModelUsage] = []
    look, _ = tool("look")
    with ModelServer() as model:
        model.uses("look")
        model.uses("look")
        models = loopback_models()
        limits = ModelLimits(max_tokens_total=20, input_price=1_000_000.0)
        with pytest.raises(BlockError, match="budget"):
            await lent(models).converse(asking(model, tools=(look,), limits=limits, spent=told.append))
        await models.close()
    assert told == [ModelUsage(11, 7, 1, 11.0), ModelUsage(22, 14, 2, 22.0)]


async def test_a_tool_that_is_used_wrongly_is_told_with_the_reason() -> None:
    told: list[tuple[str, str]] = []
    look, used = tool("look", schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    with ModelServer() as model:
        model.uses_all(("look", "{broken"))
        model.uses("look", n="text")
        model.uses("look", n=1)
        model.says("Done")
        models = loopback_models()
        await lent(models).converse(asking(model, tools=(look,), misused=lambda name, reason: told.append((name, reason))))
        await models.close()
    assert [name for name, _ in told] == ["look", "look"]
    assert "json" in told[0][1].lower()
    assert "n: must be of type integer" in told[1][1]
    assert used == [{"n": 1}]
