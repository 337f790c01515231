"""The people of a workspace, invitations, and the workspaces of a person."""

from __future__ import annotations

from litestar import get, post
from litestar.response import Redirect, Response

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.permissions import ROLES
from app.web.auth import needs
from app.web.pages.context import AnyRequest, base_url, page, posted_texts, see_other


@get("/members", opt=needs("members.read"))
async def members_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    return await _members(request, actor, services)


@post("/members", opt=needs("members.write"), status_code=200)
async def invite(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    """Answers with the link itself: it is shown this once."""
    form = await posted_texts(request)
    try:
        invitation, token = await services.people.invite(actor, form.get("email", ""), form.get("role", ""))
    except ServiceError as error:
        return await _members(request, actor, services, error=error)
    mailed = await services.mailed.invitation(invitation, actor.username, token)
    link = f"{base_url(request, services)}/invitation?token={token}"
    return await _members(request, actor, services, link=link, mailed_to=invitation.email if mailed else "")


@post("/members/{member:str}/role", opt=needs("members.write"))
async def set_role(member: str, request: AnyRequest, actor: Actor, services: Services) -> Redirect:
    await services.members.set_role(actor, member, (await posted_texts(request)).get("role", ""))
    return see_other("/members?done=role-changed")


@post("/members/{member:str}/remove", opt=needs("members.write"))
async def remove(member: str, actor: Actor, services: Services) -> Redirect:
    await services.members.remove(actor, member)
    return see_other("/members?done=member-removed")


@post("/members/invitations/{invitation:str}/withdraw", opt=needs("members.write"))
async def withdraw(invitation: str, actor: Actor, services: Services) -> Redirect:
    await services.people.withdraw(actor, invitation)
    return see_other("/members?done=invitation-withdrawn")


@get("/workspaces", opt=needs("workspaces.read"))
async def workspaces_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    return await _workspaces(request, actor, services)


@post("/workspaces", opt=needs("workspaces.write"))
async def create_workspace(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes] | Redirect:
    try:
        made = await services.members.create_workspace(actor, (await posted_texts(request)).get("name", ""))
    except ServiceError as error:
        return await _workspaces(request, actor, services, error)
    if actor.session_id:
        await services.members.switch(actor, made.id)
    return see_other("/?done=workspace-made")


@post("/workspaces/rename", opt=needs("workspaces.write"))
async def rename_workspace(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes] | Redirect:
    try:
        await services.members.rename_workspace(actor, (await posted_texts(request)).get("name", ""))
    except ServiceError as error:
        return await _workspaces(request, actor, services, error)
    return see_other("/workspaces?done=workspace-renamed")


@post("/workspaces/{workspace:str}/switch", opt=needs("account.write"))
async def switch_workspace(workspace: str, actor: Actor, services: Services) -> Redirect:
    await services.members.switch(actor, workspace)
    return see_other("/")


async def _members(
    request: AnyRequest,
    actor: Actor,
    services: Services,
    *,
    link: str = "",
    mailed_to: str = "",
    error: ServiceError | None = None,
) -> Response[bytes]:
    return page(
        request,
        "pages/members.html",
        actor,
        status_code=error.status if error else 200,
        error=error.message if error else "",
        members=await services.members.list(actor),
        invitations=await services.people.invitations(actor),
        roles=ROLES,
        link=link,
        mailed_to=mailed_to,
        sends_mail=services.mailed.is_on,
    )


async def _workspaces(
    request: AnyRequest, actor: Actor, services: Services, error: ServiceError | None = None
) -> Response[bytes]:
    return page(
        request,
        "pages/workspaces.html",
        actor,
        status_code=error.status if error else 200,
        error=error.message if error else "",
        workspaces=await services.members.workspaces(actor),
    )


ROUTES = (
    members_page,
    invite,
    set_role,
    remove,
    withdraw,
    workspaces_page,
    create_workspace,
    rename_workspace,
    switch_workspace,
)
