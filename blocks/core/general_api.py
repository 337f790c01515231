"""Calls an address on the web and passes on what it answers.

Choose a method, enter the address, and fill in the body when something is to be sent. The answer has the status,
the headers and the body; JSON is already read, so `blocks.fetch.output.body.name` works at once. Passwords and keys
belong in a credential, not in the address.

A status of 400 or more stops the workflow, unless the error output is connected or this is switched off. Addresses
inside your own network are refused unless the operator lists them in BLOCKYARD_EGRESS_ALLOW.
"""

from __future__ import annotations

import base64
import json
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from app.sdk import (
    AnyJson,
    Block,
    BlockError,
    Config,
    Context,
    CredentialName,
    Example,
    File,
    HttpRequest,
    HttpResponse,
    Json,
    Output,
    is_file,
)
from blocks.core._downloads import downloaded
from blocks.core._fields import ADVANCED, Text, as_text, cut

Method = Annotated[
    Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
    BeforeValidator(lambda method: method.upper() if isinstance(method, str) else method),
]
FIRST_ERROR_STATUS = 400


class GeneralApiConfig(Config):
    """Configuration of the API call."""

    method: Method = Field("GET", title="Method", description="GET reads, POST creates, PUT and PATCH change, DELETE removes.")
    url: str = Field(
        title="Address",
        min_length=1,
        max_length=8_000,
        description="The whole address, beginning with https://",
        json_schema_extra={"placeholder": "https://api.example.com/orders"},
    )
    params: dict[str, Text] = Field(
        default_factory=dict, title="Query", description="Added to the address after the question mark."
    )
    headers: dict[str, Text] = Field(default_factory=dict, title="Headers", description="HTTP headers to send.")
    body_type: Literal["json", "form", "multipart", "raw"] = Field(
        "json",
        title="Kind of body",
        description="How the body is sent. raw sends a text or a file as it is; multipart sends fields and files.",
    )
    body: AnyJson = Field(None, title="Body", description="What is sent. A form needs an object of names and values.")
    credential: CredentialName = Field("", title="Credential", description="Proves who you are to the other side.")
    timeout_ms: int = Field(30_000, title="Timeout", ge=1, le=300_000, description="Milliseconds to wait for the whole answer.")
    response_type: Literal["auto", "json", "text", "file", "bytes"] = Field(
        "auto",
        title="Kind of answer",
        description="auto decides by what comes back; file gives a file for other blocks; bytes gives base64 text.",
        json_schema_extra=ADVANCED,
    )
    fail_on_status: bool = Field(
        True,
        title="Stop on an error status",
        description="Whether a status of 400 or more is a failure.",
        json_schema_extra=ADVANCED,
    )
    follow_redirects: bool = Field(
        True, title="Follow redirects", description="Whether to go where the other side points to.", json_schema_extra=ADVANCED
    )
    send_idempotency_key: bool = Field(
        False,
        title="Send an Idempotency-Key",
        json_schema_extra=ADVANCED,
        description="Sends the same key whenever this step is repeated, so that a careful service acts once.",
    )


async def execute(context: Context, config: GeneralApiConfig, value: Json) -> Output:
    response = await context.http.send(request_for(config, context.idempotency_key))
    context.log(f"{config.method} {urlsplit(config.url).hostname} answered {response.status_code}")
    if config.fail_on_status and response.status_code >= FIRST_ERROR_STATUS:
        raise _status_error(config, response)
    body = read_body(response, config.response_type)
    return Output({"status_code": response.status_code, "headers": dict(response.headers), "body": body})


def request_for(config: GeneralApiConfig, idempotency_key: str) -> HttpRequest:
    """The request that a configuration describes."""
    headers = dict(config.headers)
    if config.send_idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    form = multipart = content = sent = None
    if config.body is not None:
        match config.body_type:
            case "json":
                sent = config.body
            case "form":
                form = _pairs(config.body)
            case "multipart":
                multipart = _parts(config.body)
            case "raw":
                file = File.of(config.body, "body") if is_file(config.body) else File.of(as_text(config.body), "body")
                content = file.content
                if not any(name.lower() == "content-type" for name in headers):
                    headers["Content-Type"] = file.media_type
    return HttpRequest(
        config.method,
        config.url,
        params=config.params,
        headers=headers,
        json=sent,
        form=form,
        multipart=multipart,
        content=content,
        timeout=config.timeout_ms / 1000,
        credential=config.credential,
        follow_redirects=config.follow_redirects,
    )


def read_body(response: HttpResponse, response_type: str) -> Json:
    """The body as the configuration asks for it. BlockError NOT_JSON when JSON was asked for and is not there."""
    if response_type == "file":
        return downloaded(response.headers, response.content).value()
    if response_type == "text":
        return response.text
    if response_type == "bytes":
        return base64.b64encode(response.content).decode()
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response_type == "json" or media_type == "application/json" or media_type.endswith("+json"):
        try:
            return json.loads(response.text, parse_constant=_refuse_constant) if response.content else None
        except (ValueError, RecursionError):
            if response_type == "json":
                raise BlockError("NOT_JSON", "The answer is not JSON, and `response_type` asks for JSON") from None
            return response.text
    if not response.content:
        return None
    return response.text if _is_text(media_type, response.content) else base64.b64encode(response.content).decode()


def _is_text(media_type: str, content: bytes) -> bool:
    if media_type.startswith("text/") or media_type.endswith("xml"):
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in content


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _pairs(body: Json) -> dict[str, str]:
    if not isinstance(body, dict):
        message = "field `body`: a form must be an object of names and values"
        raise BlockError("CONFIG_INVALID", message, details={"field": "body"}, retryable=False)
    return {name: as_text(item) for name, item in body.items()}


def _parts(body: Json) -> dict[str, str | File]:
    """The fields of a form, of which some are files."""
    texts = _pairs(body)
    return {name: File.of(item, f"body.{name}") if is_file(item) else texts[name] for name, item in body.items()}


def _status_error(config: GeneralApiConfig, response: HttpResponse) -> BlockError:
    host = urlsplit(config.url).hostname
    details = {
        "status_code": response.status_code,
        "body": cut(response.text),
        "retry_after": response.headers.get("retry-after"),
    }
    message = f"{config.method} {host} answered {response.status_code}: {cut(response.text, 200)}"
    return BlockError("HTTP_STATUS", message, details=details)


BLOCK = Block(
    type="general_api",
    title="API call",
    category="Connect",
    icon="globe",
    description="Calls any address on the web and reads the answer.",
    config=GeneralApiConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"http"}),
    aliases=("api_call", "http.request"),
    timeout_ms=310_000,
    output_schema={
        "type": "object",
        "properties": {"status_code": {"type": "integer"}, "headers": {"type": "object"}, "body": {}},
        "required": ["status_code", "headers", "body"],
    },
    examples=(
        Example(
            "Create an order",
            {"method": "POST", "url": "https://api.example.com/orders", "body": {"item": "book"}, "credential": "SHOP"},
            output={"status_code": 201, "headers": {"content-type": "application/json"}, "body": {"id": 7}},
            runnable=False,
        ),
    ),
)
