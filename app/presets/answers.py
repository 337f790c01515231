"""What an answer of a service means: its output, or a failure in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.presets.manifest import Errors, Failure, Manifest, Operation
from app.sdk import BlockError, HttpResponse, Json
from blocks.core._bodies import read_body
from blocks.core._downloads import downloaded
from blocks.core._fields import as_text, cut
from blocks.core._paging import look
from blocks.net._answers import FIRST_ERROR, can_help, retry_after

CODES: Mapping[str, tuple[str, str, bool]] = {
    "auth": ("SERVICE_AUTH", "does not accept the credential", False),
    "user": ("SERVICE_REFUSED", "refuses this", False),
    "missing": ("SERVICE_NOT_FOUND", "does not find this", False),
    "limit": ("SERVICE_LIMIT", "asks for fewer requests", True),
    "again": ("SERVICE_FAILED", "could not do this now", True),
}
"""Code, words and whether trying again can help, by kind of failure."""
AUTH, MISSING, LIMIT = Failure(kind="auth"), Failure(kind="missing"), Failure(kind="limit")
AGAIN_LATER, REFUSED = Failure(kind="again"), Failure(kind="user")
KIND_OF_STATUS = {401: AUTH, 403: AUTH, 404: MISSING, 410: MISSING, 429: LIMIT}


def check(manifest: Manifest, response: HttpResponse, body: Json) -> None:
    """BlockError when an answer is a failure: by its status, or by what the manifest says of its body."""
    failure = _failure(manifest.errors, response.status_code, body)
    if failure is None:
        return
    code, words, retryable = CODES[failure.kind]
    told = _message(manifest.errors, body) or f"status {response.status_code}"
    text = f"{manifest.name} {words}: {cut(told, 300)}"
    raise BlockError(
        code,
        f"{text}. {failure.help}" if failure.help else text,
        details={"status_code": response.status_code, "body": cut(as_text(body))},
        retryable=retryable,
        retry_after=retry_after(response.headers.get("retry-after")),
    )


def read(operation: Operation, response: HttpResponse) -> Json:
    """The body of an answer; what is not JSON although it should be stays text."""
    if response.status_code >= FIRST_ERROR or operation.answer == "json":
        return read_body(response, "auto")
    return read_body(response, "text") if operation.answer == "text" else None


def output(operation: Operation, response: HttpResponse, body: Json) -> Json:
    """What the block gives on."""
    match operation.answer:
        case "file":
            return downloaded(response.headers, response.content).value()
        case "none":
            return {"done": True}
    return look(body, operation.result)


def _failure(errors: Errors, status: int, body: Json) -> Failure | None:
    for failure in errors.failed:
        if failure.status and status not in failure.status:
            continue
        if failure.at and look(body, failure.at) != failure.equals:
            continue
        return failure
    if status < FIRST_ERROR:
        return None
    return KIND_OF_STATUS.get(status) or (AGAIN_LATER if can_help(status) else REFUSED)


def _message(errors: Errors, body: Json) -> str:
    if isinstance(body, str):
        return body.strip()
    found = (look(body, place) for place in errors.message)
    return next((as_text(value) for value in found if value not in (None, "", [], {})), "")
