"""Who asks, in which workspace, with which role (contract.md G23)."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.errors import ServiceError
from app.services.permissions import ANY_KEY, PERMISSIONS, RANK, SCOPES, Role

__all__ = ["RANK", "Actor", "Role"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, or a key of theirs, at work in one workspace."""

    user_id: str
    username: str
    email: str
    workspace_id: str
    role: Role
    csrf_token: str = ""
    session_id: str = ""
    operator: bool = False
    """Whether this person runs the server: the first account."""
    scopes: frozenset[str] | None = None
    """What the key is for; None for people, who may do what their role allows."""
    key_id: str = ""
    address: str = ""
    request_id: str = ""

    def may(self, role: str) -> bool:
        return RANK[self.role] >= RANK[role]

    def require(self, role: Role) -> None:
        """Raises ServiceError 403 when this actor's role is below `role`."""
        if not self.may(role):
            raise ServiceError("FORBIDDEN", f"This needs the role {role}; yours is {self.role}.", 403)

    def allows(self, action: str) -> bool:
        """Whether role and scopes permit an action of the permissions table."""
        permission = PERMISSIONS[action]
        return self.may(permission.role) and (self.scopes is None or permission.scope in (ANY_KEY, *self.scopes))

    def demand(self, action: str) -> None:
        """Raises ServiceError 403 when this actor may not do this."""
        permission = PERMISSIONS[action]
        self.require(permission.role)
        if not self.allows(action):
            needed = f"the scope {permission.scope}" if permission.scope in SCOPES else "a person who has signed in"
            raise ServiceError("FORBIDDEN", f"This needs {needed}; this key does not have it.", 403)
