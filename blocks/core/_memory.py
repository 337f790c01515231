"""What an agent remembers of earlier conversations: the last messages under a key."""

from __future__ import annotations

from app.sdk import BlockError, Context, Json, ModelTurn

KEPT_SECONDS = 90 * 86_400
MAX_TEXT = 20_000
MOST_COLLISIONS = 100
"""So often may others be faster in adding to the same conversation."""


def _namespace(context: Context) -> str:
    return f"agent-memory:{context.block_id}"


async def remembered(context: Context, key: str, most: int) -> tuple[ModelTurn, ...]:
    """The last messages of the conversation with this key, the oldest first."""
    kept = await context.state.get(_namespace(context), key) if key else None
    return tuple(ModelTurn(turn["role"], turn["text"]) for turn in (kept or ())[-most:])


async def remember(context: Context, key: str, most: int, prompt: str, answer: str) -> None:
    """Add a question and its answer, and let go of what is older than the last `most` messages.

    Executions that add at the same time all are kept, in the order in which they came to it.
    """
    if not key:
        return
    said: list[Json] = [_turn("user", prompt), _turn("assistant", answer)]
    for _ in range(MOST_COLLISIONS):
        kept = await context.state.get(_namespace(context), key)
        turns = [*(kept or ()), *said][-most:]
        if await context.state.swap(_namespace(context), key, kept, turns, KEPT_SECONDS):
            return
    raise BlockError("MEMORY_BUSY", "field `memory_key`: too many executions add to this conversation at the same time")


def _turn(role: str, text: str) -> dict[str, Json]:
    return {"role": role, "text": text[:MAX_TEXT]}
