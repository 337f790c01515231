"""Calls an address on the web and passes on what it answers.

Choose a method, enter the address, and fill in the body when something is to be sent. The answer has the status,
the headers and the body; JSON is already read, so `blocks.fetch.output.body.name` works at once. Passwords and keys
belong in a credential, not in the address.

A list that comes in pages is collected when you say under More settings how: by the Link header, by a cursor, by an offset
or by page numbers. When the other side is busy and says how long (Retry-After), the block waits and tries again.

A status of 400 or more stops the workflow, unless the error output is connected or this is switched off. Addresses
inside your own network are refused unless the operator lists them in BLOCKYARD_EGRESS_ALLOW.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from app.sdk import (
    AnyJson,
    Block,
    BlockError,
    Code,
    Config,
    Context,
    CredentialName,
    Example,
    File,
    HttpRequest,
    HttpResponse,
    Json,
    Output,
    Pace,
    Route,
    is_file,
)
from blocks.core._bodies import read_body
from blocks.core._fields import ADVANCED, Text, as_text, cut
from blocks.core._paging import MAX_ITEMS, Paging, collect
from blocks.net._answers import FIRST_ERROR, can_help, patient, retry_after

Method = Annotated[
    Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
    BeforeValidator(lambda method: method.upper() if isinstance(method, str) else method),
]


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
    paging: Paging = Field(
        default_factory=Paging,
        title="Pages",
        description="Collects a list that comes in pages; the body is then the whole list.",
        json_schema_extra=ADVANCED,
    )
    most: int = Field(
        1_000,
        title="At most so many entries",
        ge=1,
        le=MAX_ITEMS,
        description="When pages are collected.",
        json_schema_extra=ADVANCED,
    )
    patience_s: int = Field(
        10,
        title="Wait when asked to",
        ge=0,
        le=250,
        description="Seconds that it waits and tries again when the other side is busy and says for how long (Retry-After).",
        json_schema_extra=ADVANCED,
    )
    per_second: float = Field(
        0,
        title="Requests in a second",
        ge=0,
        le=1_000,
        description="How many may go to this host, by all workflows that say so; 0 is any number.",
        json_schema_extra=ADVANCED,
    )
    at_once: int = Field(
        0,
        title="Requests at a time",
        ge=0,
        le=100,
        description="How many may be under way to this host; 0 is any number.",
        json_schema_extra=ADVANCED,
    )
    proxy: str = Field(
        "",
        title="Proxy",
        max_length=500,
        description="The address of a proxy that the call goes through.",
        json_schema_extra={"placeholder": "http://proxy.example.com:3128", **ADVANCED},
    )
    certificate: Code = Field(
        "",
        title="Trusted certificate",
        max_length=100_000,
        description="PEM of your own authority, when the other side's certificate was made by it.",
        json_schema_extra=ADVANCED,
    )
    check_certificate: bool = Field(
        True,
        title="Check the certificate",
        description="Switched off, anybody between you and the other side can read and change what is sent.",
        json_schema_extra=ADVANCED,
    )
    send_idempotency_key: bool = Field(
        False,
        title="Send an Idempotency-Key",
        json_schema_extra=ADVANCED,
        description="Sends the same key whenever this step is repeated, so that a careful service acts once.",
    )


async def execute(context: Context, config: GeneralApiConfig, value: Json) -> Output:
    request = replace(request_for(config, context.idempotency_key), pace=_pace(config, context.workspace))

    async def ask(request: HttpRequest) -> tuple[HttpResponse, Json]:
        response = await patient(context, request, config.patience_s)
        context.log(f"{config.method} {urlsplit(config.url).hostname} answered {response.status_code}")
        if config.fail_on_status and response.status_code >= FIRST_ERROR:
            raise _status_error(config, response)
        return response, read_body(response, config.response_type)

    if config.paging.mode == "none":
        response, body = await ask(request)
        return Output({"status_code": response.status_code, "headers": dict(response.headers), "body": body})
    found = await collect(ask, request, config.paging, config.most)
    head = {"status_code": found.last.status_code, "headers": dict(found.last.headers)}
    return Output({**head, "body": found.items, "pages": found.pages, "more": found.more})


def _pace(config: GeneralApiConfig, workspace: str) -> Pace | None:
    if not (config.per_second or config.at_once):
        return None
    key = f"{workspace}/{urlsplit(config.url).netloc.lower()}"
    return Pace(key, config.per_second, max(1, int(config.per_second)), config.at_once)


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
                form = _fields(config.body)
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
        route=_route(config),
    )


def _route(config: GeneralApiConfig) -> Route | None:
    plain = config.check_certificate and not (config.proxy or config.certificate)
    return None if plain else Route(config.proxy, config.certificate, config.check_certificate)


def _fields(body: Json) -> dict[str, str | list[str]]:
    """The fields of a form; one with a list of values is sent once for each of them."""
    return {name: [as_text(one) for one in item] if isinstance(item, list) else as_text(item) for name, item in _object(body)}


def _parts(body: Json) -> dict[str, str | File]:
    """The fields of a form, of which some are files."""
    return {name: File.of(item, f"body.{name}") if is_file(item) else as_text(item) for name, item in _object(body)}


def _object(body: Json) -> Iterable[tuple[str, Json]]:
    if not isinstance(body, dict):
        message = "field `body`: a form must be an object of names and values"
        raise BlockError("CONFIG_INVALID", message, details={"field": "body"}, retryable=False)
    return body.items()


def _status_error(config: GeneralApiConfig, response: HttpResponse) -> BlockError:
    host = urlsplit(config.url).hostname
    details = {
        "status_code": response.status_code,
        "body": cut(response.text),
        "retry_after": response.headers.get("retry-after"),
    }
    message = f"{config.method} {host} answered {response.status_code}: {cut(response.text, 200)}"
    seconds = retry_after(response.headers.get("retry-after"))
    return BlockError("HTTP_STATUS", message, details=details, retryable=can_help(response.status_code), retry_after=seconds)


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
        "properties": {
            "status_code": {"type": "integer"},
            "headers": {"type": "object", "description": "By name, in small letters."},
            "body": {},
            "pages": {"type": "integer", "description": "When pages are collected: how many."},
            "more": {"type": "boolean", "description": "When pages are collected: whether there are more entries."},
        },
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
