"""Workspaces and their members: `/api/workspaces` (contract.md G2)."""

from __future__ import annotations

from litestar import Response, delete, get, post, put

from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.members import Workspace
from app.web import presenters
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_object, text_field


@get("/api/workspaces", opt=needs("workspaces.read"))
async def list_workspaces(actor: Actor, services: Services) -> Response[bytes]:
    found = [_workspace(workspace) for workspace in await services.members.workspaces(actor)]
    return answer({"data": found, "total": len(found), "page": 0, "size": len(found), "pages": 1})


@post("/api/workspaces", opt=needs("workspaces.write"))
async def create_workspace(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    body = await read_object(request, "name")
    return answer(_workspace(await services.members.create_workspace(actor, text_field(body, "name"))), 201)


@post("/api/workspaces/{workspace:str}/switch", opt=needs("account.write"), status_code=200)
async def switch_workspace(workspace: str, actor: Actor, services: Services) -> Response[bytes]:
    """The session works there from now on; for single calls there is the header `X-Workspace`."""
    await services.members.switch(actor, workspace)
    return answer({"ok": True})


@get("/api/workspaces/{workspace:str}/members", opt=needs("members.read"))
async def list_members(workspace: str, actor: Actor, services: Services) -> Response[bytes]:
    there = await services.accounts.at_work_in(actor, workspace)
    found: list[Json] = [
        {
            "id": row.user_id,
            "username": row.username,
            "email": row.email,
            "role": row.role,
            "disabled": row.disabled_at is not None,
            "two_step": row.two_step,
        }
        for row in await services.members.list(there)
    ]
    return answer({"data": found, "total": len(found), "page": 0, "size": len(found), "pages": 1})


@post("/api/workspaces/{workspace:str}/members", opt=needs("members.write"))
async def add_member(workspace: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    """A new user; people who have an account are invited."""
    there = await services.accounts.at_work_in(actor, workspace)
    body = await read_object(request, "username", "email", "password", "role")
    role = text_field(body, "role", "viewer")
    username, password = text_field(body, "username"), text_field(body, "password")
    user = await services.members.add(there, text_field(body, "email", ""), username, password, role)
    return answer({"id": user.id, "username": user.username, "email": user.email, "role": role}, 201)


@put("/api/workspaces/{workspace:str}/members/{member:str}", opt=needs("members.write"))
async def set_role(workspace: str, member: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    there = await services.accounts.at_work_in(actor, workspace)
    body = await read_object(request, "role")
    await services.members.set_role(there, member, text_field(body, "role"))
    return answer({"ok": True})


@delete("/api/workspaces/{workspace:str}/members/{member:str}", opt=needs("members.write"), status_code=200)
async def remove_member(workspace: str, member: str, actor: Actor, services: Services) -> Response[bytes]:
    await services.members.remove(await services.accounts.at_work_in(actor, workspace), member)
    return answer({"ok": True})


@post("/api/workspaces/{workspace:str}/invitations", opt=needs("members.write"))
async def invite(workspace: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    """The link is in the answer, once."""
    there = await services.accounts.at_work_in(actor, workspace)
    body = await read_object(request, "email", "role")
    invitation, token = await services.people.invite(there, text_field(body, "email", ""), text_field(body, "role", "viewer"))
    link = f"{services.public_url}/invitation?token={token}"
    told: dict[str, Json] = {"expiresAt": presenters.moment(invitation.expires_at), "link": link}
    told["mailed"] = await services.mailed.invitation(invitation, there.username, token)
    return answer({"id": invitation.id, "role": invitation.role, "email": invitation.email, **told}, 201)


def _workspace(workspace: Workspace) -> dict[str, Json]:
    return {
        "id": workspace.id,
        "name": workspace.name,
        "role": workspace.role,
        "current": workspace.is_current,
        "createdAt": presenters.moment(workspace.created_at),
    }


ROUTES = [
    list_workspaces,
    create_workspace,
    switch_workspace,
    list_members,
    add_member,
    set_role,
    remove_member,
    invite,
]
