"""Names for runs of other workflows, so that a repeated step finds again what it had started."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from app.sdk import Json


def call_key(block_id: str, number: int, workflow: str, variables: Mapping[str, Json]) -> str:
    """The key of a block's n-th call. A model may decide otherwise when asked again, so what is called belongs to the key."""
    called = json.dumps([workflow, variables], sort_keys=True, ensure_ascii=False)
    return f"{block_id}:{number}:{hashlib.sha256(called.encode()).hexdigest()[:24]}"
