"""Who asks, in which workspace, with which role (contract.md G23)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.services.errors import ServiceError

Role = Literal["viewer", "executor", "editor", "admin"]
RANK: dict[str, int] = {"viewer": 0, "executor": 1, "editor": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person (or later a key) at work in one workspace."""

    user_id: str
    username: str
    email: str
    workspace_id: str
    role: Role
    csrf_token: str = ""
    session_hash: bytes = b""

    def may(self, role: str) -> bool:
        return RANK[self.role] >= RANK[role]

    def require(self, role: Role) -> None:
        """Raises ServiceError 403 when this actor's role is below `role`."""
        if not self.may(role):
            raise ServiceError("FORBIDDEN", f"This needs the role {role}; yours is {self.role}.", 403)
