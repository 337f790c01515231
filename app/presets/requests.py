"""From an operation and its values to a request. The host is the manifest's, and every value is escaped for its place. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote

from app.presets.mail import message
from app.presets.manifest import KEY, PLACEHOLDER, Auth, Manifest, Operation, Parameter
from app.presets.models import empty_of
from app.sdk import BlockError, File, HttpRequest, Json, Pace, Signing, is_file
from blocks.core._fields import as_text

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
WHOLE = "."
"""A body parameter at this place is the body itself."""
KEYS = ("bearer", "value", "llm")
CREDENTIALS: Mapping[str, tuple[str, ...]] = {
    "bearer": KEYS,
    "api_key": KEYS,
    "basic": ("basic",),
    "oauth2": ("oauth2_code", "oauth2_client"),
}
"""The types of credential that each kind of signing in takes."""
USUAL: Mapping[str, str] = {
    "bearer": "Bearer {secret}",
    "oauth2": "Bearer {secret}",
    "basic": "Basic {basic}",
    "api_key": "{secret}",
}


@dataclass
class _Parts:
    """What goes where."""

    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str | list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Json] = field(default_factory=dict)


def request_for(
    manifest: Manifest, operation: Operation, values: Mapping[str, Json], workspace: str = "", key: str = ""
) -> HttpRequest:
    """The request that these values make; `key` is the same whenever a step is repeated.

    BlockError CONFIG_INVALID names the parameter that does not fit its place.
    """
    parts = _Parts(query=dict(operation.query), headers={"Accept": "application/json", **manifest.headers, **operation.headers})
    parts.path[KEY] = key
    if operation.idempotency is not None:
        parts.headers[operation.idempotency] = key
    for name, parameter in operation.params.items():
        value = values.get(name)
        if not parameter.required and (value is None or value == empty_of(parameter)):
            continue
        _put(parts, name, parameter, value)
    path = PLACEHOLDER.sub(lambda found: parts.path.get(found[1], found[0]), operation.path)
    credential = str(values.get("credential", ""))
    base = manifest.base_url.rstrip("/") if manifest.server is None else manifest.server.path
    return HttpRequest(
        operation.method,
        f"{base}{path}",
        params=parts.query,
        headers=parts.headers,
        timeout=float(operation.timeout_seconds),
        credential=credential,
        signings=tuple(_signing(manifest, auth) for auth in manifest.auth),
        server=None if manifest.server is None else manifest.server.hosts,
        pace=_pace(manifest, f"{workspace}/{manifest.id}/{credential}"),
        **_body(operation, parts),
    )


def _signing(manifest: Manifest, auth: Auth) -> Signing:
    types = CREDENTIALS[auth.kind] if manifest.server is None else ("server",)
    return Signing(types, auth.place, auth.name, auth.template or USUAL[auth.kind])


def _pace(manifest: Manifest, key: str) -> Pace | None:
    limit = manifest.rate_limit
    return None if limit is None else Pace(key, limit.requests / limit.seconds, limit.requests, limit.at_once)


def _put(parts: _Parts, name: str, parameter: Parameter, value: Json) -> None:
    wire = parameter.at or name
    match parameter.into:
        case "path":
            parts.path[name] = _segments(name, as_text(value)) if parameter.slashes else _segment(name, as_text(value))
        case "query":
            parts.query[wire] = _joined(parameter, value)
        case "header":
            joined = _joined(parameter, value)
            parts.headers[wire] = joined if isinstance(joined, str) else ", ".join(joined)
        case "body":
            parts.body[wire] = value


def _segment(name: str, text: str) -> str:
    """A text as one part of a path: it can neither leave its place nor begin a query or another host."""
    if not text or text in (".", "..") or CONTROL.search(text):
        raise _invalid(name, "this cannot stand in an address")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise _invalid(name, "this cannot stand in an address") from None


def _segments(name: str, text: str) -> str:
    return "/".join(_segment(name, part) for part in text.strip("/").split("/"))


def _joined(parameter: Parameter, value: Json) -> str | list[str]:
    if not isinstance(value, list):
        return as_text(value)
    texts = [as_text(item) for item in value]
    match parameter.join:
        case "comma":
            return ",".join(texts)
        case "space":
            return " ".join(texts)
        case "json":
            return as_text(value)
    return texts


def _body(operation: Operation, parts: _Parts) -> dict[str, Json]:
    """The body as arguments of HttpRequest."""
    has_fields = any(parameter.into == "body" for parameter in operation.params.values())
    if operation.method == "GET" or not (has_fields or operation.body is not None):
        return {}
    match operation.encoding:
        case "json":
            return {"json": _object(operation, parts.body)}
        case "form":
            return {"form": dict(_pairs("", _object(operation, parts.body)))}
        case "multipart":
            return {"multipart": {name: _field(name, value) for name, value in _object(operation, parts.body).items()}}
        case "related":
            return {"content": _related(operation, parts)}
        case "mail":
            parts.headers.setdefault("Content-Type", "message/rfc822")
            return {"content": message(parts.body)}
        case _:
            return _raw(operation, parts)


def _raw(operation: Operation, parts: _Parts) -> dict[str, Json]:
    if not parts.body:
        return {"content": b""}
    ((name, value),) = parts.body.items()
    file = File.of(value, name) if is_file(value) else File.of(as_text(value), name)
    parts.headers.setdefault("Content-Type", file.media_type)
    return {"content": file.content}


def _related(operation: Operation, parts: _Parts) -> bytes:
    """A JSON object and a file after it, as multipart/related (RFC 2387)."""
    files = {name for name, parameter in operation.params.items() if parameter.type == "file"}
    file = next((File.of(parts.body[name], name) for name in parts.body if name in files), File("file", "text/plain", b""))
    about = _object(operation, {name: value for name, value in parts.body.items() if name not in files})
    boundary = sha256(file.content + repr(about).encode(errors="replace")).hexdigest()
    if CONTROL.search(file.media_type):
        raise _invalid("file", "its media type is not valid")
    parts.headers["Content-Type"] = f"multipart/related; boundary={boundary}"
    first = f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(about)}\r\n"
    second = f"--{boundary}\r\nContent-Type: {file.media_type}\r\n\r\n"
    return first.encode() + second.encode() + file.content + f"\r\n--{boundary}--".encode()


def _object(operation: Operation, values: Mapping[str, Json]) -> Json:
    """The body with every value at its place."""
    if WHOLE in values:
        whole = values[WHOLE]
        return {**operation.body, **whole} if isinstance(operation.body, dict) and isinstance(whole, dict) else whole
    body: dict[str, Json] = deepcopy(dict(operation.body or {}))
    for place, value in values.items():
        inner: Json = body
        *way, last = place.split(".")
        for part in way:
            inner = inner[int(part)] if isinstance(inner, list) else inner.setdefault(part, {})
        inner[int(last) if isinstance(inner, list) else last] = value
    return body


def _pairs(name: str, value: Json) -> Iterator[tuple[str, str | list[str]]]:
    """An object as fields of a form; what is nested is named `outer[inner]`."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _pairs(f"{name}[{key}]" if name else key, child)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, child in enumerate(value):
            yield from _pairs(f"{name}[{number}]", child)
    else:
        yield name, [as_text(item) for item in value] if isinstance(value, list) else as_text(value)


def _field(name: str, value: Json) -> str | File:
    return File.of(value, name) if is_file(value) else as_text(value)


def _invalid(name: str, message: str) -> BlockError:
    return BlockError("CONFIG_INVALID", f"field `{name}`: {message}", details={"field": name}, retryable=False)
