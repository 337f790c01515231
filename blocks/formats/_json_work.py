"""JSON Patch in a worker process."""

from __future__ import annotations

from jsonpath import JSONPatch
from jsonpath.exceptions import JSONPatchError, JSONPointerError

from app.sdk import BlockError, Json

LONGEST_MESSAGE = 200


def patch(document: Json, operations: Json) -> Json:
    """The document after all operations, or BlockError PATCH_INVALID."""
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise BlockError("PATCH_INVALID", "field `change`: must be a list of operations")
    try:
        return JSONPatch(operations).apply(document)
    except (JSONPatchError, JSONPointerError) as error:
        reason = str(error).partition("\n")[0][:LONGEST_MESSAGE]
        raise BlockError("PATCH_INVALID", f"field `change`: {reason}") from None
