"""Says something over a WebSocket and hears the answers.

The messages are sent one after the other; what is no text is sent as JSON. Then the block listens: until so many messages
came, until one contains the text that you name, until nobody says anything for a while, or until the other side ends it;
`ended` says which. Messages that are JSON come as data if you like.

A credential signs the connection as it signs web calls. Needs a library that is installed with `pip install
'blockyard[websocket]'`.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from app.sdk import (
    AnyJson,
    Block,
    BlockError,
    Config,
    Context,
    CredentialName,
    Example,
    File,
    Json,
    Login,
    Output,
    Visit,
    library,
)
from blocks.core._fields import ADVANCED, Text

TYPES = ("bearer", "basic", "header")


class WebsocketConfig(Config):
    """Configuration of the block."""

    url: Text = Field(
        min_length=1,
        title="Address",
        max_length=8_000,
        description="Beginning with wss:// or ws://.",
        json_schema_extra={"initial": "", "placeholder": "wss://example.com/feed"},
    )
    messages: AnyJson = Field(None, title="Messages", description="A list of what to say, or one message. Left empty: nothing.")
    wanted: int = Field(1, title="Answers", ge=0, le=1_000, description="How many messages to wait for.")
    until: Text = Field("", title="Until", max_length=1_000, description="A text that the last message contains. May stay empty.")
    patience_ms: int = Field(
        5_000,
        title="Patience",
        ge=100,
        le=600_000,
        description="Milliseconds to wait for each message.",
        json_schema_extra=ADVANCED,
    )
    as_json: bool = Field(True, title="Read JSON", description="Whether messages that are JSON are read as such.")
    headers: dict[str, Text] = Field(
        default_factory=dict, title="Headers", max_length=50, description="Sent along.", json_schema_extra=ADVANCED
    )
    protocols: list[Text] = Field(
        default_factory=list,
        title="Protocols",
        max_length=10,
        description="Those that this side speaks.",
        json_schema_extra=ADVANCED,
    )
    credential: CredentialName = Field("", title="Credential", description="When a login is needed.", json_schema_extra=ADVANCED)
    timeout_ms: int = Field(
        60_000, title="Timeout", ge=100, le=600_000, description="Milliseconds for all of it.", json_schema_extra=ADVANCED
    )


async def execute(context: Context, config: WebsocketConfig, value: Json) -> Output:
    _check(config)
    client = await library("blocks.net._websocket_client", "websocket")

    async def talk(visit: Visit) -> Json:
        given = visit.reveal(config.messages)
        messages = given if isinstance(given, list) else [] if given is None else [given]
        headers = visit.reveal(config.headers) | (_signature(visit.login) if config.credential else {})
        heard, ended = await client.converse(
            visit,
            client.Talk(
                visit.reveal(config.url), headers, config.protocols, [_text(message) for message in messages], config.wanted,
                config.patience_ms / 1000, lambda message: _contains(message, config.until), "",
            ),
        )  # fmt: skip
        return {"messages": [_read(message, config.as_json) for message in heard], "ended": ended}

    seconds = config.timeout_ms / 1000
    return Output(await context.network.visit(talk, credential=config.credential, types=TYPES, seconds=seconds))


def _check(config: WebsocketConfig) -> None:
    try:
        parts = urlsplit(config.url)
        valid = parts.scheme in ("ws", "wss") and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise BlockError("CONFIG_INVALID", "field `url`: must begin with wss:// or ws:// and name a host", retryable=False)
    for name, text in config.headers.items():
        if any(mark in name + text for mark in "\r\n\0") or not name.strip():
            raise BlockError("CONFIG_INVALID", "field `headers`: every header has a name and is a single line", retryable=False)


def _signature(login: Login) -> dict[str, str]:
    match login.type:
        case "bearer":
            return {"Authorization": f"Bearer {login.get('token')}"}
        case "basic":
            pair = f"{login.get('username')}:{login.get('password')}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {login.get("header"): login.get("value")}


def _text(message: Json) -> str:
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)


def _contains(message: str | bytes, text: str) -> bool:
    return bool(text) and text in (message if isinstance(message, str) else message.decode("utf-8", "replace"))


def _read(message: Any, as_json: bool) -> Json:
    if isinstance(message, bytes):
        return File("message.bin", "application/octet-stream", message).value()
    try:
        return json.loads(message) if as_json else message
    except (ValueError, RecursionError):
        return message


BLOCK = Block(
    type="net.websocket",
    title="WebSocket",
    category="Connect",
    icon="radio",
    description="Says something over a WebSocket and hears the answers.",
    config=WebsocketConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=610_000,
    sample={"messages": [], "ended": "enough"},
    output_schema={
        "type": "object",
        "properties": {
            "messages": {"type": "array", "description": "What was heard, in order."},
            "ended": {"enum": ["enough", "silence", "closed"], "description": "Why it stopped listening."},
        },
        "required": ["messages", "ended"],
    },
    examples=(
        Example(
            "Subscribe, and take the first price",
            {"url": "wss://example.com/prices", "messages": [{"subscribe": "{{ input.article }}"}], "until": "price"},
            input={"article": "cup"},
            output={"messages": [{"article": "cup", "price": 12.5}], "ended": "enough"},
            runnable=False,
        ),
        Example(
            "Say something, and wait for nothing",
            {"url": "wss://example.com/log", "messages": "hello", "wanted": 0},
            output={"messages": [], "ended": "enough"},
            runnable=False,
        ),
    ),
)
