"""Every operation of every service sends exactly what its recorded exchange says, and reads what comes back."""

from __future__ import annotations

import base64
import json
import re
from email import message_from_bytes
from email.policy import SMTP
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from app.presets.library import BUILT_IN, Presets, compiled
from app.presets.manifest import Manifest, Operation
from app.presets.operation import sample_output
from app.sdk import Json
from scripts.compile_presets import manifests
from tests.presets.conftest import KEY, SECRET, World, server_credential

pytestmark = pytest.mark.anyio
SERVICES = list(Presets.load().manifests())


def credential_of(manifest: Manifest) -> str:
    if not manifest.auth:
        return ""
    if manifest.server is not None:
        return "SERVER"
    return {"basic": "BASIC", "oauth2": "OAUTH"}.get(manifest.auth[0].kind, "BEARER")


def server_of(manifest: Manifest) -> str:
    ends = manifest.server.hosts if manifest.server is not None else ()
    return f"https://own.{ends[0]}" if ends else "https://own.example.com/base"


def expected_path(manifest: Manifest, operation: Operation) -> str:
    base = urlsplit(manifest.base_url or server_of(manifest)).path.rstrip("/")
    within = manifest.server.path if manifest.server is not None else ""
    filled = {"{secret}": quote(SECRET, safe=":"), "{username}": "ada", "{idempotency_key}": KEY}
    path = f"{base}{within}{operation.sample.path}"
    for name, text in filled.items():
        path = path.replace(name, text)
    return path


def sent_body(operation: Operation, seen: dict[str, Any]) -> Json:
    """The body as a sample writes it."""
    content: bytes = seen["body"]
    match operation.encoding:
        case _ if not content:
            return None
        case "json":
            assert seen["headers"]["content-type"] == "application/json"
            return json.loads(content)
        case "form":
            assert seen["headers"]["content-type"] == "application/x-www-form-urlencoded"
            found = parse_qs(content.decode(), keep_blank_values=True)
            return {name: values if len(values) > 1 else values[0] for name, values in found.items()}
        case "multipart":
            boundary = re.search(r"boundary=(\S+)", seen["headers"]["content-type"])
            assert boundary is not None
            parts = re.findall(r'name="([^"]+)"[^\r]*(?:\r\n[^\r]+)*\r\n\r\n(.*?)\r\n--', content.decode(), re.DOTALL)
            return dict(parts)
        case "related":
            about, _, file = content.partition(b"\r\n\r\n")[2].partition(b"\r\n--")
            return {**json.loads(about), "file": file.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0].decode()}
        case "mail":
            mail = message_from_bytes(content, policy=SMTP)
            text = mail.get_body(("plain",))
            return {**{name.lower(): str(value) for name, value in mail.items() if name in ("To", "Cc", "Subject")}, "text":
                    text.get_content().strip() if text is not None else ""}  # fmt: skip
    return content.decode()


def differences(manifest: Manifest, operation: Operation, seen: dict[str, Any], output: Json) -> dict[str, Json]:
    sample = operation.sample
    query = {name: value for name, value in seen["query"].items() if not _is_signature(manifest, "query", name)}
    wanted: dict[str, Any] = {
        "method": operation.method,
        "path": expected_path(manifest, operation),
        "query": dict(sample.query),
        "body": sample.body,
        "headers": {**sample.headers, **({operation.idempotency.lower(): KEY} if operation.idempotency else {})},
        "output": sample_output(operation),
    }
    found = {
        "method": seen["method"],
        "path": seen["path"],
        "query": query,
        "body": sent_body(operation, seen),
        "headers": {name: seen["headers"].get(name) for name in wanted["headers"]},
        "output": output if operation.answer != "file" else sample_output(operation),
    }
    return {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}


def _is_signature(manifest: Manifest, place: str, name: str) -> bool:
    return any(auth.place == place and auth.name == name for auth in manifest.auth)


def is_signed(manifest: Manifest, seen: dict[str, Any]) -> bool:
    """Whether the secret stands where the service wants it."""
    auth = manifest.auth[0]
    if auth.place == "query":
        return bool(seen["query"].get(auth.name) == SECRET)
    if auth.place == "url":
        return quote(SECRET, safe=":") in seen["path"]
    pair = base64.b64encode(f"ada:{SECRET}".encode()).decode()
    usual = {"basic": "Basic {basic}", "api_key": "{secret}"}.get(auth.kind, "Bearer {secret}")
    wanted = (auth.template or usual).replace("{basic}", pair).replace("{secret}", SECRET).replace("{username}", "ada")
    return bool(seen["headers"].get(auth.name.lower()) == wanted)


@pytest.mark.parametrize("manifest", SERVICES, ids=lambda manifest: manifest.id)
async def test_every_operation_sends_what_was_recorded(manifest: Manifest, presets: Presets, world: World) -> None:
    wrong: dict[str, Json] = {}
    for name, operation in manifest.operations.items():
        block = presets.get(f"{manifest.id}.{name}")
        assert block is not None
        world.service.seen.clear()
        world.service.says(operation.sample.answer, operation.sample.status)
        credential = {"credential": credential_of(manifest)} if manifest.auth else {}
        output = await world.run(block, {**credential, **operation.sample.params}, SERVER=server_credential(server_of(manifest)))
        (seen,) = world.service.seen
        found = differences(manifest, operation, seen, output)
        if manifest.auth and not is_signed(manifest, seen):
            found["signature"] = (seen["headers"], manifest.auth[0].name)
        if found:
            wrong[name] = found
    assert wrong == {}
    assert set(world.detour.meant) == {_origin(manifest)}


def _origin(manifest: Manifest) -> str:
    parts = urlsplit(manifest.base_url or server_of(manifest))
    return f"{parts.scheme}://{parts.netloc}"


def test_the_compiled_file_is_current() -> None:
    assert BUILT_IN.read_bytes() == compiled(manifests()), "run python scripts/compile_presets.py"


def test_built_in_services_are_called_with_tls() -> None:
    assert [
        manifest.id for manifest in SERVICES if manifest.server is None and not manifest.base_url.startswith("https://")
    ] == []
