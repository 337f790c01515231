"""Names for runs of other workflows, so that a repeated step finds again what it had started."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from app.sdk import Context, Json


def call_key(context: Context, number: int, called: str, given: Mapping[str, Json]) -> str:
    """The key of a step's n-th call, another one in each round of a loop.

    A model may decide otherwise when it is asked again, so what is called and what it is given belong to the key.
    """
    call = json.dumps([context.idempotency_key, called, given], sort_keys=True, ensure_ascii=False)
    return f"{context.block_id}:{number}:{hashlib.sha256(call.encode()).hexdigest()[:32]}"
