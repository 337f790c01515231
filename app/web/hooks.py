"""Pure: what a webhook's caller gets (contract.md G28)."""

from __future__ import annotations

import re
from contextlib import suppress

from app.engine.values import encode
from app.sdk import BlockError, File, Json, is_file
from app.services.hook_answers import HookAnswer

GUARD = {"content-security-policy": "sandbox", "x-content-type-options": "nosniff"}
NEVER_SENT = frozenset(
    {
        "clear-site-data",
        "connection",
        "content-length",
        "content-security-policy",
        "date",
        "keep-alive",
        "service-worker-allowed",
        "set-cookie",
        "strict-transport-security",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-content-type-options",
        "x-execution-id",
        "x-request-id",
    }
)
"""What a workflow cannot say: it is about the connection, or about the whole site that the studio lives on."""
WITHOUT_BODY = frozenset({204, 205, 304})
MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}(; ?charset=[\w-]{1,40})?", re.ASCII)


Parts = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def answer_parts(answer: HookAnswer) -> Parts:
    """What a webhook's caller gets: the response block's answer, or how the execution ended."""
    execution = {"x-execution-id": answer.execution_id} | ({"idempotent-replayed": "true"} if answer.replayed else {})
    if answer.ended is not None:
        body = {"execution_id": answer.execution_id, "status": answer.ended.status, "output": answer.ended.output}
        return 200, {"content-type": "application/json"} | GUARD | execution, encode(body)
    given = {name.lower(): _header_text(value) for name, value in (answer.response.get("headers") or {}).items()}
    headers = {name: value for name, value in given.items() if name not in NEVER_SENT} | GUARD | execution
    status = answer.response["status"]
    if status in WITHOUT_BODY:
        return status, {name: text for name, text in headers.items() if name != "content-type"}, b""
    content, default_type = _content(answer.response["body"], headers.get("content-type", ""))
    kind = headers.get("content-type", default_type)
    charset = "; charset=utf-8" if kind.startswith("text/") and "charset" not in kind.lower() else ""
    return status, headers | {"content-type": kind + charset}, content


def _header_text(value: Json) -> str:
    """Headers go out as Latin-1 characters that stand for the bytes; other letters are sent as UTF-8."""
    return str(value).encode().decode("latin-1")


def _content(body: Json, content_type: str) -> tuple[bytes, str]:
    """A text goes out as it is, unless its type says JSON, and a file as its bytes; everything else as JSON."""
    if isinstance(body, str) and "json" not in content_type.lower():
        return body.encode(), "text/plain"
    if is_file(body):
        with suppress(BlockError):  # what only looks like a file goes out as the object that it is
            file = File.of(body, "body")
            return file.content, file.media_type if MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
    return encode(body), "application/json"
