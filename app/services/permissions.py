"""What may be done, by whom: one table that routes, pages and tests read (contract.md G1, G23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["viewer", "executor", "editor", "admin"]
RANK: Final[Mapping[str, int]] = {"viewer": 0, "executor": 1, "editor": 2, "admin": 3}
ROLES: Final[tuple[Role, ...]] = ("viewer", "executor", "editor", "admin")

SCOPES: Final[Mapping[str, str]] = {
    "flows:read": "Read workflows and block types",
    "flows:write": "Create, change, deploy and delete workflows",
    "flows:run": "Run workflows and send events",
    "executions:read": "Read executions and approvals",
    "executions:write": "Cancel and retry executions, decide approvals",
    "credentials:write": "List, add, change and delete credentials",
    "kv": "Read and write stored values",
    "tables": "Read and change data tables",
    "admin": "Manage members, keys and settings, read the audit log",
    "mcp": "Connect agents by MCP",
}
"""What an API key can be given, in words."""

ANY_KEY: Final = "any"
PEOPLE_ONLY: Final = "people"


@dataclass(frozen=True, slots=True)
class Permission:
    """`scope` is what an API key needs; `audited`: the door writes down that it was done, because no service does."""

    role: Role
    scope: str
    audited: bool = False


PERMISSIONS: Final[Mapping[str, Permission]] = {
    "account.read": Permission("viewer", ANY_KEY),
    "account.write": Permission("viewer", PEOPLE_ONLY),
    "workflows.read": Permission("viewer", "flows:read"),
    "workflows.preview": Permission("viewer", "flows:read"),
    "workflows.write": Permission("editor", "flows:write", audited=True),
    "workflows.draft": Permission("editor", "flows:write"),
    "workflows.run": Permission("executor", "flows:run", audited=True),
    "blocks.read": Permission("viewer", "flows:read"),
    "executions.read": Permission("viewer", "executions:read"),
    "executions.write": Permission("executor", "executions:write", audited=True),
    "approvals.read": Permission("viewer", "executions:read"),
    "approvals.decide": Permission("executor", "executions:write", audited=True),
    "events.read": Permission("viewer", "executions:read"),
    "events.send": Permission("executor", "flows:run", audited=True),
    "state.read": Permission("viewer", "kv"),
    "state.write": Permission("executor", "kv", audited=True),
    "tables.read": Permission("viewer", "tables"),
    "tables.write": Permission("executor", "tables", audited=True),
    "tables.design": Permission("editor", "tables", audited=True),
    "credentials.read": Permission("viewer", "credentials:write"),
    "credentials.write": Permission("editor", "credentials:write"),
    "keys.read": Permission("admin", "admin"),
    "keys.write": Permission("admin", "admin"),
    "members.read": Permission("admin", "admin"),
    "members.write": Permission("admin", "admin"),
    "workspaces.read": Permission("viewer", ANY_KEY),
    "workspaces.write": Permission("admin", "admin"),
    "settings.write": Permission("admin", "admin", audited=True),
    "endpoints.read": Permission("admin", "admin"),
    "endpoints.write": Permission("admin", "admin", audited=True),
    "audit.read": Permission("admin", "admin"),
    "operator.read": Permission("admin", "admin"),
    "metrics.read": Permission("admin", "admin"),
    "mcp.use": Permission("viewer", "mcp"),
    "copilot.ask": Permission("viewer", "flows:read"),
}
"""Every route names one of these. A key may do what its scopes say and its owner's role allows.

`workflows.draft` changes a drawing, whose own log keeps who did it; `workflows.preview` answers a form and stores nothing;
`copilot.ask` writes into a conversation of one's own.
"""


def role_named(text: str) -> Role:
    """Raises KeyError for a word that is no role."""
    roles: dict[str, Role] = {role: role for role in ROLES}
    return roles[text]
