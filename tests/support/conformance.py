"""Whether answers are what the OpenAPI description says: statuses, content types, and schemas without unnamed fields."""

from __future__ import annotations

import re
from typing import Any

import httpx
import jsonschema_rs

Json = Any
PARAMETER = re.compile(r"\{(\w+)\}")


class Conformance:
    """Checks answers against a description."""

    def __init__(self, description: Json) -> None:
        self._components = {
            "schemas": {name: closed(schema) for name, schema in description["components"]["schemas"].items()}
        }
        self._refusals = description["components"]["responses"]
        self._paths = sorted(
            ((re.compile(PARAMETER.sub("[^/]+", path).replace("[^/]+$", ".+")), path) for path in description["paths"]),
            key=lambda pair: (pair[1].count("{"), -len(pair[1])),
        )
        self._operations = description["paths"]
        self._validators: dict[str, Any] = {}

    def problem(self, response: httpx.Response) -> str:
        """What is wrong with an answer; empty where nothing is, or where the call is not described."""
        method, path = response.request.method.lower(), response.request.url.path
        template = next((template for pattern, template in self._paths if pattern.fullmatch(path)), None)
        operation = self._operations.get(template, {}).get(method)
        if operation is None:
            return ""
        place = f"{method.upper()} {template} {response.status_code}"
        answers = operation["responses"]
        found = answers.get(str(response.status_code)) or answers.get("default")
        if found is None:
            return f"{place} is not described: {response.text[:200]}"
        found = self._refusals[found["$ref"].rpartition("/")[2]] if "$ref" in found else found
        kind = response.headers.get("content-type", "").partition(";")[0]
        content = found.get("content")
        if content is None or "default" in answers or kind == "text/event-stream":
            return ""
        if kind not in content:
            return f"{place} answers {kind or 'nothing'}, not {' or '.join(content)}"
        return "" if "json" not in kind else self._fits(place, content[kind]["schema"], response)

    def _fits(self, place: str, schema: Json, response: httpx.Response) -> str:
        if place not in self._validators:
            whole = {**closed(schema), "components": self._components}
            self._validators[place] = jsonschema_rs.Draft202012Validator(whole)
        try:
            self._validators[place].validate(response.json())
        except jsonschema_rs.ValidationError as error:
            return f"{place}: {'/'.join(str(part) for part in error.instance_path)}: {error.message[:300]}"
        return ""

    def check(self, response: httpx.Response) -> None:
        """As an event hook of a client."""
        if "text/event-stream" not in response.headers.get("content-type", ""):
            response.read()
            problem = self.problem(response)
            assert not problem, problem


def closed(schema: Json) -> Json:
    """The same, but an object has no other fields than those that are named."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(value) for name, value in schema.items()}
    names_fields = schema.get("type") == "object" and isinstance(schema.get("properties"), dict)
    return found | ({"additionalProperties": False} if names_fields and "additionalProperties" not in schema else {})
