"""What every page is given, and the small helpers that the page handlers share."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request
from litestar.response import Redirect, Template

from app.services.actors import Actor
from app.services.container import Services
from app.web.translation import said

NOTICES: Final = {
    "deleted": "The workflow was deleted.",
    "credential-added": "The credential was added.",
    "credential-deleted": "The credential was deleted.",
    "cancelled": "The execution was cancelled.",
    "retried": "This is the new execution.",
    "ended": "The execution had already ended.",
    "password-changed": "The password was changed.",
    "sessions-ended": "You are signed out everywhere else.",
    "session-ended": "That session was ended.",
    "two-step-off": "The second step is off.",
    "key-revoked": "The key was revoked.",
    "role-changed": "The role was changed.",
    "member-removed": "The member was removed.",
    "invitation-withdrawn": "The invitation was withdrawn.",
    "workspace-made": "This is the new workspace.",
    "workspace-renamed": "The workspace was renamed.",
    "joined": "Welcome. You work in this workspace now.",
    "consent-given": "The service agreed.",
    "credential-changed": "The credential was changed.",
    "signed-out": "You are signed out.",
    "table-changed": "The table was changed.",
    "table-deleted": "The table was deleted.",
    "row-added": "The row was added.",
    "row-deleted": "The row was deleted.",
    "rows-imported": "The rows of the file are in the table.",
    "endpoint-deleted": "The endpoint was deleted.",
    "model-saved": "The copilot uses this model now.",
    "model-forgotten": "The model was taken away.",
    "settings-changed": "The settings were changed.",
    "shelf-changed": "Group and tags were changed.",
    "language-chosen": "The language was changed.",
    "value-kept": "The value was kept.",
    "value-deleted": "The value was deleted.",
    "delivery-queued": "The delivery is on its way.",
}
"""What `?done=` may say; anything else in the address is not shown."""

AnyRequest = Request[Any, Any, Any]


def page(request: AnyRequest, template: str, actor: Actor | None, *, status_code: int = 200, **context: Any) -> Template:
    """A page or fragment with what all of them need."""
    shared = {
        "actor": actor,
        "csrf_token": actor.csrf_token if actor else "",
        "no_auth": bool(request.app.state.get("no_auth")),
        "path": request.url.path,
        "notice": said(NOTICES.get(request.query_params.get("done", ""), "")),
        "may_edit": actor is not None and actor.may("editor"),
        "may_run": actor is not None and actor.may("executor"),
    }
    return Template(template, context=shared | context, status_code=status_code)


def see_other(path: str) -> Redirect:
    """Where a browser goes after a form was sent."""
    return Redirect(path, status_code=303)


async def posted(request: AnyRequest) -> list[tuple[str, str]]:
    """The text fields of a form, in order."""
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def posted_texts(request: AnyRequest) -> dict[str, str]:
    """The text fields of a form by name."""
    return dict(await posted(request))


def base_url(request: AnyRequest, services: Services) -> str:
    """The address that callers from outside use; how this browser came here where the server knows no better."""
    url = services.public_url
    unusable = "//0.0.0.0" in url or "//[::]" in url or url.endswith(":0")
    return (str(request.base_url) if unusable else url).rstrip("/")


def local_path(text: str) -> str:
    """A path of this site that a browser may be sent to; the home page for anything else."""
    ends_elsewhere = text.startswith("//") or not text.startswith("/")
    return "/" if ends_elsewhere or not text.isprintable() or "\\" in text else text


def client_address(request: AnyRequest) -> str:
    return request.client.host if request.client else ""
