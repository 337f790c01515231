"""A credential put into a request where its service wants it: a header, the query, the address, or the server itself."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import quote, urlsplit

from app.sdk import BlockError, HttpRequest, Signing
from app.services.credential_types import TYPES
from app.services.credentials import OpenedCredential

SERVER = "server"


def signed(request: HttpRequest, opened: OpenedCredential, used: set[str]) -> HttpRequest:
    """The request with the credential in it; whatever is given out is added to `used`.

    Raises BlockError CREDENTIAL_TYPE for a credential of a type that the service does not take.
    """
    signing = _fitting(request, opened)
    holds = {
        "{secret}": opened.secret,
        "{username}": opened.data.get("username", ""),
        "{basic}": _pair(opened.data.get("username", ""), opened.secret),
    }
    used.update((opened.secret, holds["{basic}"]) if opened.secret else ())
    if request.server is not None:
        request = replace(request, url=_at_server(request, opened))
    request = replace(request, url=request.url.replace("{username}", quote(holds["{username}"], safe="")))
    match signing.place:
        case "header":
            return replace(request, headers={**request.headers, signing.name: _filled(signing.template, holds)})
        case "query":
            return replace(request, params={**request.params, signing.name: _filled(signing.template, holds)})
    escaped = {name: quote(value, safe=":") for name, value in holds.items()}
    used.add(escaped["{secret}"])
    return replace(request, url=_filled(request.url, escaped))


def _fitting(request: HttpRequest, opened: OpenedCredential) -> Signing:
    found = next((signing for signing in request.signings if opened.type in signing.types), None)
    if found is None or (request.server is not None and opened.type != SERVER):
        taken = {type for signing in request.signings for type in signing.types}
        wanted = [SERVER] if request.server is not None else [name for name in TYPES if name in taken]
        titles = " or ".join(f"“{TYPES[name].title}”" for name in wanted)
        message = f"`{opened.name}` is a credential of another type than this service takes: {titles}"
        raise BlockError("CREDENTIAL_TYPE", message, retryable=False)
    return found


def _at_server(request: HttpRequest, opened: OpenedCredential) -> str:
    """The whole address of a path at the server that the credential names."""
    parts = urlsplit(opened.data["address"])
    host = (parts.hostname or "").lower()
    allowed = request.server or ()
    if allowed and not any(host == end or host.endswith(f".{end}") for end in allowed):
        message = f"the server of `{opened.name}` is not one of this service: it must end with {' or '.join(allowed)}"
        raise BlockError("CREDENTIAL_SERVER", message, retryable=False)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{request.url}"


def _filled(template: str, holds: dict[str, str]) -> str:
    for name, value in holds.items():
        template = template.replace(name, value)
    return template


def _pair(username: str, secret: str) -> str:
    return base64.b64encode(f"{username}:{secret}".encode()).decode()
