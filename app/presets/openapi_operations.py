"""The operations of an OpenAPI description as those of a manifest. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from app.presets.manifest import RESERVED, Operation
from app.presets.openapi_schemas import Schemas, choices, field_type, identifier, sample_of, sentence, words
from app.presets.samples import recorded
from app.sdk import Config, Json

OWN_HEADERS = ("accept", "content-type", "authorization")
JOINS = {"spaceDelimited": "space", "form": "comma", "simple": "comma"}


@dataclass
class _Made:
    """One operation while it is put together: its parameters, and values that fit them."""

    path: str
    params: dict[str, dict[str, Json]] = field(default_factory=dict)
    values: dict[str, Json] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    encoding: str = "json"

    def add(
        self, wire: str, into: str, schema: Mapping[str, Json], *, required: bool, help: Json, at: str = "", **more: Json
    ) -> None:
        name = self._free(identifier(wire, "value"))
        kind = field_type(schema)
        if into != "body" and kind in ("json", "object", "file"):
            kind = "text"
        parameter: dict[str, Json] = {
            "in": into,
            "type": kind,
            "help": words(help or schema.get("description"), f"The {wire}."),
            **more,
        }
        if kind == "choice":
            parameter["choices"] = list(choices(schema))
        default = schema.get("default")
        if isinstance(default, str | int | float | bool) and kind in ("text", "integer", "number", "boolean", "choice"):
            parameter["default"] = default if kind != "text" else str(default)
        if required:
            parameter["required"] = True
        elif into == "header":
            parameter["advanced"] = True
        if into == "path":
            self.path = self.path.replace(f"{{{wire}}}", f"{{{name}}}")
        elif (at or wire) != name:
            parameter["at"] = at or wire
        self.params[name] = parameter
        if required:
            value = sample_of(schema)
            self.values[name] = value if kind != "text" or isinstance(value, str) else "text"

    def _free(self, name: str) -> str:
        if name in RESERVED or hasattr(Config, name) or name.startswith("model_"):
            name = f"{name[:50]}_value" if not name.startswith("model_") else f"the_{name[:50]}"
        plain, number = name, 2
        while name in self.params:
            name, number = f"{plain[:55]}_{number}", number + 1
        return name


class Operations:
    """Collects operations; one that cannot be taken over becomes a note."""

    def __init__(self, schemas: Schemas, base: str, notes: list[str]) -> None:
        self._schemas = schemas
        self._base = base
        self._notes = notes
        self.found: dict[str, Json] = {}

    def add(self, path: str, method: str, operation: Mapping[str, Json], shared: Iterable[Json]) -> None:
        """Take over one operation."""
        place = f"{method.upper()} {path}"
        made = _Made(re.sub(r"\{([^{}]*)\}", lambda found: "{" + found[1] + "}", path))
        problem = self._parameters(made, operation, shared) or self._body(made, method, operation)
        if problem:
            self._notes.append(f"{place} was left out: {problem}.")
            return
        self._declare(made, method, operation, place)

    def _parameters(self, made: _Made, operation: Mapping[str, Json], shared: Iterable[Json]) -> str | None:
        given = operation.get("parameters")
        own = [self._schemas.found(raw) for raw in (given if isinstance(given, list) else ())]
        named = {(one.get("name"), one.get("in")) for one in own}
        others = [one for one in map(self._schemas.found, shared) if (one.get("name"), one.get("in")) not in named]
        for parameter in (*others, *own):
            wire, into, required = str(parameter.get("name", "")), parameter.get("in"), parameter.get("required") is True
            if into not in ("path", "query", "header") or (into == "header" and wire.lower() in OWN_HEADERS):
                if required and into == "cookie":
                    return f"it needs the cookie `{wire}`"
                continue
            content = parameter.get("content")
            schema = self._schemas.whole({} if content else parameter.get("schema"))
            if parameter.get("style") == "deepObject":
                if required:
                    return f"the parameter `{wire}` is an object in the query"
                continue
            if "example" in parameter:
                schema["example"] = parameter["example"]
            more: dict[str, Json] = {}
            if field_type(schema) == "list" and parameter.get("explode", parameter.get("style", "form") == "form") is False:
                more["join"] = JOINS.get(str(parameter.get("style", "form")), "comma")
            made.add(wire, str(into), schema, required=required or into == "path", help=parameter.get("description"), **more)
        return None

    def _body(self, made: _Made, method: str, operation: Mapping[str, Json]) -> str | None:
        body = self._schemas.found(operation.get("requestBody"))
        content = body.get("content")
        if method == "get" or not isinstance(content, dict) or not content:
            return None
        media = next((one for one in content if "json" in one), None) or next(iter(content))
        schema = self._schemas.whole(self._schemas.found(content[media]).get("schema"))
        made.encoding = _encoding(media)
        if made.encoding == "raw":
            made.headers["Content-Type"] = media
        properties = schema.get("properties") or {}
        if made.encoding == "raw" or not properties or any("." in name for name in properties):
            if made.encoding in ("form", "multipart"):
                return None
            whole = {"type": "string", "format": "binary"} if made.encoding == "raw" else {**schema, "properties": {}}
            at = "" if made.encoding == "raw" else "."
            made.add("body", "body", whole, required=body.get("required") is True, help=body.get("description"), at=at)
            return None
        needed = set(schema.get("required") or ())
        for name in sorted(properties, key=lambda name: name not in needed):
            more: dict[str, Json] = {} if name in needed or len(properties) <= 12 else {"advanced": True}
            made.add(name, "body", properties[name], required=name in needed, help=None, **more)
        return None

    def _declare(self, made: _Made, method: str, operation: Mapping[str, Json], place: str) -> None:
        title = words(operation.get("summary") or operation.get("operationId"), place, 80).rstrip(".")
        answer, status, value = self._answer(operation)
        paging = _paging(made.params, operation, value)
        for counted in [key for key, one in made.params.items() if paging and one.get("at", key) == paging.get("param")]:
            made.params.pop(counted)
        name = identifier(str(operation.get("operationId") or f"{method} {made.path}"))
        while name in self.found:
            name = f"{name[:57]}_2"
        raw: dict[str, Json] = {
            "title": title,
            "description": sentence(operation.get("description") or operation.get("summary"), title),
            "effect": "read" if method == "get" else "write",
            "method": method.upper(),
            "path": made.path,
            "params": made.params,
            "headers": made.headers,
            "encoding": made.encoding,
            "answer": answer,
            "paging": paging,
            "sample": {"params": made.values, "path": "/", "status": status, "answer": value},
        }
        try:
            checked = Operation.model_validate(raw)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            self._notes.append(f"{place} was left out: {'.'.join(map(str, first['loc']))}: {first['msg']}")
            return
        sample = recorded(checked, self._base)
        if sample is None:
            self._notes.append(f"{place}: its sample does not fit, so nothing was recorded for it.")
        self.found[name] = raw | {"sample": raw["sample"] | (sample or {"params": {}})}

    def _answer(self, operation: Mapping[str, Json]) -> tuple[str, int, Json]:
        """Kind, status and a sample of the answer that means success."""
        responses = operation.get("responses")
        listed = responses.items() if isinstance(responses, dict) else ()
        good = [(str(code), self._schemas.found(raw)) for code, raw in listed if str(code).startswith("2") or code == "default"]
        code, response = next(iter(sorted(good, key=lambda one: one[0])), ("200", {}))
        status = int(code) if code.isdigit() else 200
        content = response.get("content")
        if not isinstance(content, dict) or not content:
            leads_on = not good and any(str(code).startswith("3") for code, _ in listed)
            return ("file" if leads_on else "none"), status, "content" if leads_on else None
        media = next((one for one in content if "json" in one), None)
        if media is None:
            return ("text" if next(iter(content)).startswith("text/") else "file"), status, "text"
        described = self._schemas.found(content[media])
        given = described.get("example")
        if given is None and isinstance(described.get("examples"), dict):
            given = next((self._schemas.found(one).get("value") for one in described["examples"].values()), None)
        return "json", status, sample_of(self._schemas.whole(described.get("schema"))) if given is None else given


def _encoding(media: str) -> str:
    plain = media.partition(";")[0].strip().lower()
    known = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}
    return known.get(plain, "json" if "json" in plain or plain == "*/*" else "raw")


def _paging(params: Mapping[str, Mapping[str, Json]], operation: Mapping[str, Json], answer: Json) -> dict[str, Json] | None:
    """How the list comes in pages, where that is certain: by cursors like Stripe's, or by the Link header."""
    query = {str(one.get("at", name)) for name, one in params.items() if one["in"] == "query"}
    if isinstance(answer, dict) and isinstance(answer.get("data"), list) and "has_more" in answer and "starting_after" in query:
        return {"mode": "cursor", "items": "data", "next": "data.-1.id", "more": "has_more", "param": "starting_after"}
    responses = operation.get("responses")
    good = responses.get("200") if isinstance(responses, dict) else None
    headers = good.get("headers") if isinstance(good, dict) else None
    if isinstance(headers, dict) and "Link" in headers and isinstance(answer, list):
        return {"mode": "link"}
    return None
