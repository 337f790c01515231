"""What a conversation may cost, in requests, tokens and money."""

from __future__ import annotations

from pydantic_ai.usage import RunUsage

from app.sdk import BlockError, Json, ModelLimits, ModelUsage

MILLION = 1_000_000


def counted(usage: RunUsage, limits: ModelLimits) -> ModelUsage:
    """What was used, with its price."""
    cost = (usage.input_tokens * limits.input_price + usage.output_tokens * limits.output_price) / MILLION
    return ModelUsage(usage.input_tokens, usage.output_tokens, usage.requests, round(cost, 9))


def check_spent(usage: ModelUsage, limits: ModelLimits) -> None:
    """BlockError BUDGET_EXCEEDED when more was used than allowed."""
    tokens = usage.input_tokens + usage.output_tokens
    if limits.max_tokens_total is not None and tokens > limits.max_tokens_total:
        raise exceeded("max_tokens_total", f"{tokens} tokens were used, and the budget is {limits.max_tokens_total}", usage)
    if limits.max_cost is not None and usage.cost > limits.max_cost:
        raise exceeded("max_cost", f"it cost {usage.cost:.6g}, and the budget is {limits.max_cost:g}", usage)


def check_step(usage: ModelUsage, limits: ModelLimits) -> None:
    """BlockError BUDGET_EXCEEDED when the model must not be asked once more."""
    if usage.requests >= limits.max_steps:
        raise exceeded("max_steps", f"the model did not come to an answer within {limits.max_steps} steps", usage)


def exceeded(field: str, reason: str, usage: ModelUsage) -> BlockError:
    """The error that names the limit."""
    spent: Json = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "requests": usage.requests}
    message = f"The budget of this conversation is used up: {reason}"
    return BlockError("BUDGET_EXCEEDED", message, details={"field": field, "usage": spent}, retryable=False)
