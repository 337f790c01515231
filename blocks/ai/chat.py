"""Asks a language model once, and gives its words.

Write instructions, and the prompt: what comes from the block before, unless you write one. Earlier messages, when you have
them, are given as a list of `{"role": "user" or "assistant", "content": "..."}`. Images can be shown to models that see.

For a model that uses tools, remembers conversations or works in steps, take the agent instead.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, Example, File, Json, ModelTurn, Output
from blocks.ai._asking import NO_USAGE, USAGE_SCHEMA, ModelConfig, ask, text_of, usage_of
from blocks.core._fields import ADVANCED, LongText, as_text

MAX_MESSAGES = 200
MAX_IMAGES = 10


class ChatFields(Config):
    """What is asked."""

    system_prompt: LongText = Field("", title="Instructions", description="Who the model is and how it should answer.")
    prompt: LongText = Field("", title="Prompt", description="What to say now. Left empty, it is the input of the block.")
    messages: AnyJson = Field(
        None,
        title="Earlier messages",
        description="A list of objects with role (user or assistant) and content, the oldest first.",
        json_schema_extra=ADVANCED,
    )
    images: AnyJson = Field(
        None,
        title="Images",
        description="A file, or a list of files, for models that can see.",
        json_schema_extra=ADVANCED | {"placeholder": "{{ input.photo }}"},
    )
    stream: bool = Field(True, title="Show text as it comes", description="In the live view.", json_schema_extra=ADVANCED)


class ChatConfig(ModelConfig, ChatFields):
    """Configuration of the block."""


async def execute(context: Context, config: ChatConfig, value: Json) -> Output:
    prompt = text_of(config.prompt, value, bool(config.prompt), "prompt")
    answer = await ask(
        context,
        config,
        prompt,
        config.system_prompt,
        history=_turns(config.messages),
        images=_images(config.images),
        stream=context.stream if config.stream else None,
    )
    return Output({"text": answer.text, "usage": usage_of(answer.usage)})


def _turns(messages: Json) -> tuple[ModelTurn, ...]:
    if messages in (None, ""):
        return ()
    if not isinstance(messages, list) or len(messages) > MAX_MESSAGES:
        raise _wrong("messages", f"must be a list of at most {MAX_MESSAGES} messages")
    turns = []
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise _wrong("messages", f"message {number} must be an object whose role is user or assistant")
        turns.append(ModelTurn(message["role"], as_text(message.get("content"))))
    return tuple(turns)


def _images(images: Json) -> tuple[File, ...]:
    if images in (None, ""):
        return ()
    files = [File.of(image, "images") for image in (images if isinstance(images, list) else [images])]
    if len(files) > MAX_IMAGES or not all(file.media_type.startswith("image/") for file in files):
        raise _wrong("images", f"must be at most {MAX_IMAGES} files that are images")
    return tuple(files)


def _wrong(field: str, message: str) -> BlockError:
    return BlockError("CONFIG_INVALID", f"field `{field}`: {message}", details={"field": field}, retryable=False)


BLOCK = Block(
    type="ai.chat",
    title="Ask a model",
    category="AI",
    icon="sparkles",
    description="Asks a language model once.",
    config=ChatConfig,
    execute=execute,
    effect="read",
    needs=frozenset({"models"}),
    timeout_ms=300_000,
    sample={"text": "A sample answer.", "usage": NO_USAGE},
    output_schema={
        "type": "object",
        "properties": {"text": {"type": "string", "description": "What the model said."}, "usage": USAGE_SCHEMA},
        "required": ["text", "usage"],
    },
    examples=(
        Example(
            "A polite answer",
            {"system_prompt": "You answer customers in two friendly sentences.", "prompt": "{{ input.message }}"},
            input={"message": "Where is my parcel?"},
            output={"text": "We are looking for it.", "usage": {"input_tokens": 30, "output_tokens": 12, "requests": 1}},
            runnable=False,
        ),
        Example(
            "What is in the picture",
            {"prompt": "Describe this in one sentence.", "images": "{{ input.photo }}"},
            input={"photo": {"filename": "a.png", "content_type": "image/png", "size": 3, "base64": "AAAA"}},
            output={"text": "A desk with a lamp.", "usage": {"input_tokens": 300, "output_tokens": 8, "requests": 1}},
            runnable=False,
        ),
    ),
)
