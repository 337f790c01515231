"""From an OpenAPI description (3.0 or 3.1) to a manifest, with notes on what could not be taken over. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from app.presets.manifest import Manifest, is_base
from app.presets.openapi_operations import Operations
from app.presets.openapi_schemas import Schemas, identifier, words
from app.sdk import Json

METHODS = ("get", "post", "put", "patch", "delete")
MAX_OPERATIONS = 300


class NotOpenApi(Exception):
    """The description cannot become a preset; the message says why."""


@dataclass
class Imported:
    """A manifest, and what could not be taken over."""

    manifest: Manifest
    notes: list[str] = field(default_factory=list)


def is_openapi(document: Json) -> bool:
    return isinstance(document, dict) and ("openapi" in document or "swagger" in document)


def from_openapi(document: Json, *, id: str = "", base_url: str = "", only: str = "", auth: str = "") -> Imported:
    """The manifest of a description. Raises NotOpenApi.

    `only` names the beginning of the paths that are wanted, `auth` the way to sign in where the description names none.
    """
    if not is_openapi(document):
        raise NotOpenApi("This is no OpenAPI description: `openapi` is missing.")
    if not str(document.get("openapi", "")).startswith("3."):
        raise NotOpenApi("Only OpenAPI 3.0 and 3.1 can be imported; convert an older description first.")
    notes: list[str] = []
    info = document.get("info") if isinstance(document.get("info"), dict) else {}
    name = words(info.get("title"), "Imported service", 80)
    base = base_url or _base(document)
    if not is_base(base):
        raise NotOpenApi("`base_url` must be an address such as https://host/path, without query or user name.")
    schemas = Schemas(document)
    made = Operations(schemas, base, notes)
    for path, method, operation, shared in _listed(document, only, notes):
        made.add(path, method, operation, shared)
    if not made.found:
        raise NotOpenApi("The description has no operation that can be taken over." + (f" {notes[0]}" if notes else ""))
    raw: dict[str, Json] = {
        "id": id or identifier(name, "service"),
        "name": name,
        "description": f"{words(info.get('description'), name, 300).rstrip('. ')}.",
        "docs_url": _docs(document, base),
        "base_url": base,
        "auth": [{"kind": auth}] if auth else list(_auth(document, schemas, notes)),
        "errors": {"message": ["message", "error.message", "error_description", "error", "detail"]},
        "operations": made.found,
    }
    if not raw["auth"]:
        notes.append("The description names no way to sign in, so its blocks take no credential; name one with --auth.")
    if schemas.elsewhere:
        notes.append(f"References to other files are not followed: {', '.join(sorted(schemas.elsewhere)[:5])}")
    try:
        return Imported(Manifest.model_validate(raw), notes)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise NotOpenApi(f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}") from None


def _listed(document: Mapping[str, Json], only: str, notes: list[str]) -> Iterator[tuple[str, str, dict[str, Json], list[Json]]]:
    paths = document.get("paths")
    number = 0
    for path, item in paths.items() if isinstance(paths, dict) else ():
        if not isinstance(item, dict) or not str(path).startswith(only or "/"):
            continue
        for method, operation in item.items():
            if method not in METHODS or not isinstance(operation, dict):
                continue
            number += 1
            if number > MAX_OPERATIONS:
                notes.append(f"Only the first {MAX_OPERATIONS} operations were taken over; choose others by their path.")
                return
            shared = item.get("parameters")
            yield str(path), method, operation, shared if isinstance(shared, list) else []


def _base(document: Mapping[str, Json]) -> str:
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
    given = first.get("variables")
    variables: dict[str, Json] = given if isinstance(given, dict) else {}
    url = str(first.get("url", ""))
    for name, variable in variables.items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")) if isinstance(variable, dict) else "")
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotOpenApi("The description does not say where the service is; name its address with --base-url.")
    return url.rstrip("/")


def _docs(document: Mapping[str, Json], base: str) -> str:
    docs = document.get("externalDocs")
    url = str(docs.get("url", "")) if isinstance(docs, dict) else ""
    return url if re.match(r"https?://\S+$", url) else base


def _auth(document: Mapping[str, Json], schemas: Schemas, notes: list[str]) -> Iterator[dict[str, Json]]:
    """The ways to sign in that the description names, each once."""
    components = document.get("components")
    given = components.get("securitySchemes") if isinstance(components, dict) else None
    seen: list[dict[str, Json]] = []
    for name, raw in given.items() if isinstance(given, dict) else ():
        auth = _one_auth(schemas.found(raw))
        if auth is None:
            notes.append(f"The way to sign in `{name}` is not known to Blockyard.")
        elif auth not in seen:
            seen.append(auth)
            yield auth


def _one_auth(scheme: Mapping[str, Any]) -> dict[str, Json] | None:
    match scheme.get("type"), str(scheme.get("scheme", "")).lower():
        case "http", "bearer":
            return {"kind": "bearer"}
        case "http", "basic":
            return {"kind": "basic"}
        case "apiKey", _ if scheme.get("in") in ("header", "query"):
            return {"kind": "api_key", "place": scheme["in"], "name": scheme.get("name", "")}
        case "oauth2", _:
            flows = scheme.get("flows") or {}
            flow = flows.get("authorizationCode") or flows.get("clientCredentials") or {}
            urls = {"authorize_url": flow.get("authorizationUrl", ""), "token_url": flow.get("tokenUrl", "")}
            return (
                {"kind": "oauth2", **urls, "scopes": list(flow.get("scopes") or {})} if urls["token_url"] else {"kind": "bearer"}
            )
    return None
