"""Names under which blocks remember something in the workspace."""

from __future__ import annotations

from app.sdk import Context


def workflow_key(context: Context, key: str) -> str:
    """A key that only this workflow uses."""
    return f"workflow:{context.names()['workflow']['id']}:{key}"


def own_key(context: Context) -> str:
    """A key that only this block of this workflow uses."""
    return f"block:{context.names()['workflow']['id']}:{context.block_id}"
