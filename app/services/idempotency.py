"""Keys by which a repeated call finds the execution that the first one started (contract.md G3)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import idempotency as queries
from app.db.idempotency import KeyRow
from app.db.workflows import WorkflowRow
from app.engine.expressions import ExpressionError, Scope, compile_expression
from app.journal.records import NewExecution
from app.sdk import Json
from app.services.errors import ServiceError, invalid
from app.services.texts import is_line

KEPT = timedelta(hours=24)
MAX_HEADER = 255


@dataclass(frozen=True, slots=True)
class Key:
    """`fingerprint` tells what came with the key; empty where the key alone says that two calls are the same."""

    digest: str
    fingerprint: str = ""


def header_key(text: str, request: Json) -> Key:
    """The key in an `Idempotency-Key` header over the request that came with it. Raises 400."""
    if not text.strip() or len(text) > MAX_HEADER or not is_line(text):
        message = f"`Idempotency-Key` must have 1 to {MAX_HEADER} printable characters."
        raise invalid(message, [{"field": "Idempotency-Key", "message": "must be a short text"}])
    return Key(f"header:{_digest(text)}", _digest(request))


def expression_key(expression: str, row: WorkflowRow, new: NewExecution) -> Key | None:
    """The value of a workflow's expression over what a call brought; null means that this call has no key. Raises 400."""
    if not expression:
        return None
    variables = new.input if isinstance(new.input, dict) else {"body": new.input}
    execution = {"trigger": new.trigger, "mode": new.mode, "request": new.request}
    workflow = {"id": row.id, "name": row.name, "revision": new.revision}
    names = {"variables": variables, "input": variables, "execution": execution, "workflow": workflow}
    try:
        value = compile_expression(expression).evaluate(Scope(names, datetime.now(UTC)))
    except ExpressionError as error:
        message = f"This workflow's idempotency key cannot be computed from what was sent: {error.message}"
        raise ServiceError("IDEMPOTENCY_KEY_FAILED", message, 400) from None
    return None if value is None else Key(f"expression:{_digest(value)}")


async def known(connection: AsyncConnection, row: WorkflowRow, key: Key, execution_id: str) -> str | None:
    """The execution that a key stands for already; None when it stands for this one from now on. Raises 422."""
    now = datetime.now(UTC)
    found = await queries.take(connection, KeyRow(row.id, key.digest, execution_id, key.fingerprint, now), now - KEPT)
    if found is None:
        return None
    if found.fingerprint != key.fingerprint:
        message = "This Idempotency-Key has come with another request before."
        raise ServiceError("IDEMPOTENCY_KEY_REUSED", message, 422, data={"execution_id": found.execution_id})
    return found.execution_id


def _digest(value: Json) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
