"""What an agent remembers of earlier conversations: the last messages under a key."""

from __future__ import annotations

from app.sdk import Context, ModelTurn

KEPT_SECONDS = 90 * 86_400
MAX_TEXT = 20_000


def _namespace(context: Context) -> str:
    return f"agent-memory:{context.block_id}"


async def remembered(context: Context, key: str, most: int) -> tuple[ModelTurn, ...]:
    """The last messages of the conversation with this key, the oldest first."""
    if not key:
        return ()
    kept = await context.state.get(_namespace(context), key)
    turns = [ModelTurn(turn["role"], turn["text"]) for turn in kept or ()]
    return tuple(turns[-most:])


async def remember(context: Context, key: str, most: int, prompt: str, answer: str) -> None:
    """Add a question and its answer, and let go of what is older than the last `most` messages."""
    if not key:
        return
    said = (ModelTurn("user", prompt), ModelTurn("assistant", answer))
    turns = [*await remembered(context, key, most), *said][-most:]
    kept = [{"role": turn.role, "text": turn.text[:MAX_TEXT]} for turn in turns]
    await context.state.set(_namespace(context), key, kept, KEPT_SECONDS)
