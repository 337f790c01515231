"""Starts the workflow for every message of a conversation on a page of its own.

Deploy the workflow and give the address of the page to people, or choose that only members of the workspace may use it. Each
message starts the workflow with `variables.message`, the text; `variables.conversation`, a name that is the same for the whole
conversation; and `variables.history`, what was said before as a list of `{role, text}`.

For an agent, put `{{ variables.message }}` into its prompt and `{{ variables.conversation }}` into its memory key: then it
remembers what was said. What an agent writes appears while it is written. The answer is what a Response block answers, else
the text of the last block. An armed workflow takes exactly one message.

A conversation belongs to the browser it was begun in. People who come back there find it again for as many days as you say.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Multiline, Output
from blocks.core._fields import ADVANCED
from blocks.triggers._page import PageConfig

PAGE_ID = "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d31"
ROLES = ("user", "assistant")


class ChatConfig(PageConfig):
    """Configuration of the conversation."""

    greeting: Multiline = Field("", title="Greeting", max_length=2_000, description="What is said first. Nothing runs for it.")
    stream: bool = Field(
        True, title="Show text as it comes", description="What agents write, while they write it.", json_schema_extra=ADVANCED
    )
    history_messages: int = Field(
        20,
        title="Messages of before",
        ge=0,
        le=100,
        description="So many of the last messages the workflow gets as its history.",
        json_schema_extra=ADVANCED,
    )
    keep_days: int = Field(
        30,
        title="Kept for (days)",
        ge=1,
        le=365,
        description="After so long without a new message, a conversation is forgotten.",
        json_schema_extra=ADVANCED,
    )


async def execute(context: Context, config: ChatConfig, value: Json) -> Output:
    given = value if isinstance(value, dict) else {"message": value}
    message = given.get("message")
    if not isinstance(message, str) or not message.strip():
        raise BlockError("MESSAGE_NEEDED", "`message` must be a text", retryable=False)
    history = given.get("history")
    return Output(
        {
            "message": message,
            "conversation": given.get("conversation") or "",
            "history": history if isinstance(history, list) else [],
        }
    )


BLOCK = Block(
    type="trigger.chat",
    title="When somebody writes",
    category="Start",
    icon="message-circle",
    description="Starts for every message of a conversation on a page of its own.",
    config=ChatConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "conversation": {"type": "string", "description": "The same for the whole conversation."},
            "history": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"role": {"type": "string", "enum": list(ROLES)}, "text": {"type": "string"}},
                },
            },
        },
        "required": ["message", "conversation", "history"],
    },
    examples=(
        Example(
            "Questions to a shop",
            {"page_id": PAGE_ID, "title": "Ask the shop", "greeting": "Hello! What are you looking for?"},
            input={"message": "Do you have ink?", "conversation": "c1", "history": []},
            output={"message": "Do you have ink?", "conversation": "c1", "history": []},
        ),
        Example(
            "Only for colleagues, without history",
            {"page_id": PAGE_ID, "title": "Ask the handbook", "access": "members", "history_messages": 0},
            input={"message": "How many days off are left?"},
            output={"message": "How many days off are left?", "conversation": "", "history": []},
        ),
    ),
)
