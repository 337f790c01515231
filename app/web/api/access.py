"""What a route says about who may use it, from the one table of permissions."""

from __future__ import annotations

from app.sdk import Json
from app.services.permissions import PERMISSIONS


def needs(action: str) -> dict[str, Json]:
    """The `opt` of a route: who may use it is read from the table of permissions."""
    return {"auth": "session", "role": PERMISSIONS[action].role, "action": action}
