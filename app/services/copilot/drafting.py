"""From what a model writes to operations that fit the graph: what it left out is filled in, what it must not touch refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from app.catalog import Catalog
from app.describe import palette_entry
from app.engine.config import texts
from app.engine.graph import Graph, GraphBlock
from app.engine.operations import (
    OPERATIONS,
    AddBlock,
    Conflict,
    Operation,
    RenameWorkflow,
    SetField,
    apply,
)
from app.engine.values import depth_exceeds, encode
from app.sdk import Block, Json
from app.services.copilot.data import hides
from app.services.copilot.layout import placed
from app.services.copilot.notes import arranged, completed
from app.services.copilot.operation_schema import KINDS
from app.services.errors import ServiceError
from app.services.refusals import checked_name

MOST_OPERATIONS = 200
MOST_BYTES = 200_000
DEEPEST = 40


class Refused(Exception):
    """A draft cannot be proposed; the message tells the model why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Operations in their final form, and the graph that they lead to."""

    operations: tuple[Operation, ...]
    after: Graph


class Drafting:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def draft(self, before: Graph, raw: Sequence[Json]) -> Draft:
        """Raises Refused naming the operation that does not fit."""
        if not raw:
            raise Refused("There is no operation in it.")
        if len(raw) > MOST_OPERATIONS or len(encode(list(raw))) > MOST_BYTES:
            raise Refused(f"That is too much at once: at most {MOST_OPERATIONS} operations and {MOST_BYTES:,} bytes.")
        if depth_exceeds(list(raw), DEEPEST):
            raise Refused(f"A value in it is nested deeper than {DEEPEST} levels.")
        edges = {edge.id for edge in before.edges}
        around: dict[str, list[str]] = {}
        operations: list[Operation] = []
        for index, item in enumerate(raw):
            operations.append(self._operation(index, item, before, edges, around))
        if sum(isinstance(operation, RenameWorkflow) for operation in operations) > 1:
            raise Refused("The workflow can be renamed only once.")
        self._keep_secrets_out(before, operations)
        try:
            after = apply(before, operations)
        except Conflict as conflict:
            raise Refused(f"operations[{conflict.index}]: {conflict.message}") from None
        unplaced = {
            str(item["block"]["id"])
            for item in raw
            if isinstance(item, dict) and item.get("type") == "add_block" and not _has_place(item.get("block"))
        }
        operations = placed(operations, after, unplaced)
        operations = arranged(operations, apply(before, operations), around)
        return Draft(tuple(operations), apply(before, operations))

    def _operation(
        self, index: int, item: Json, before: Graph, edges: set[str], around: dict[str, list[str]]
    ) -> Operation:
        """One operation, whole. What a new note or frame without a place belongs to is added to `around`."""
        if not isinstance(item, dict):
            raise Refused(f"operations[{index}] must be an object with a `type`.")
        if hides(item):
            raise Refused(f"operations[{index}]: `***` stands for a value that is hidden from you. Leave that field out.")
        raw = dict(item)
        if raw.get("type") not in KINDS:
            raise Refused(f"operations[{index}]: `type` must be one of {', '.join(KINDS)}.")
        match raw["type"]:
            case "add_block":
                raw["block"] = self._block(index, raw.get("block"))
            case "connect":
                raw = {"type": "connect", "edge": _edge(index, raw, edges)}
            case "set_field" if isinstance(raw.get("path"), str):
                raw["path"] = raw["path"].split(".")
            case "disconnect" if "edge_id" not in raw:
                raw = {"type": "disconnect", "edge_id": _found_edge(index, raw, before)}
            case "add_annotation":
                raw = {"type": "add_annotation", "annotation": _annotation(index, raw, around)}
            case "rename_workflow":
                raw = {"type": "rename_workflow", "name": _workflow_name(index, raw.get("name"))}
        try:
            return OPERATIONS.validate_python([raw])[0]
        except ValidationError as error:
            raise Refused(f"operations[{index}]: {_words(error)}") from None

    def _block(self, index: int, raw: Json) -> dict[str, Json]:
        """A new block with the name that a person would get who drags it in; ids and secrets of webhooks are minted here."""
        if not isinstance(raw, dict) or not isinstance(raw.get("type"), str) or not isinstance(raw.get("id"), str):
            raise Refused(f"operations[{index}]: `block` must be an object with `id`, `type` and `config`.")
        declared = self._catalog.get(raw["type"])
        if declared is None:
            raise Refused(
                f"operations[{index}]: there is no block type `{raw['type'][:80]}`. Use search_block_types to find the right one."
            )
        given = raw.get("config", {})
        if not isinstance(given, dict):
            raise Refused(f"operations[{index}]: `config` must be an object.")
        for name in given:
            _refuse_unknown_field(index, declared, name)
        minted = {field: str(uuid4()) for field in palette_entry(declared)["mint"]}
        config = {**given, **minted}
        own = {"type": declared.type, "name": _name(raw, declared.title), "config": config}
        return {"position": {"x": 0.0, "y": 0.0}, **raw, **own}

    def _keep_secrets_out(self, before: Graph, operations: Sequence[Operation]) -> None:
        """Secrets are typed by people: a model may neither choose nor remove one."""
        types = {block.id: block.type for block in before.blocks}
        for index, operation in enumerate(operations):
            if isinstance(operation, AddBlock):
                types[str(operation.block["id"])] = str(operation.block["type"])
                self._refuse_typed_secrets(index, operation)
            if isinstance(operation, SetField):
                declared = self._catalog.get(types.get(operation.block_id, ""))
                if declared and not operation.remove:
                    _refuse_unknown_field(index, declared, operation.path[0])
                minted = palette_entry(declared)["mint"] if declared else ()
                if operation.path[0] in minted or (declared and self._is_secret(declared.type, operation)):
                    field = ".".join(operation.path)
                    raise Refused(
                        f"operations[{index}]: `{field}` is a secret, or identifies the block to others. "
                        "Only a person may change it; tell them if it has to be changed."
                    )

    def _refuse_typed_secrets(self, index: int, operation: AddBlock) -> None:
        declared = self._catalog.get(str(operation.block["type"]))
        if declared is None:
            return
        minted = palette_entry(declared)["mint"]
        for path, text, kinds in texts(declared, operation.block["config"]):
            if "secret" in kinds and text and path[0] not in minted and "${" not in text:
                field = ".".join(str(part) for part in path)
                raise Refused(f"operations[{index}]: `{field}` is a secret: name a credential as ${{NAME}}, or leave it out.")

    def _is_secret(self, type: str, operation: SetField) -> bool:
        declared = self._catalog.get(type)
        config: Json = "x" if operation.value is None or isinstance(operation.value, str) else operation.value
        for name in reversed(operation.path):
            config = {name: config}
        if declared is None or (isinstance(operation.value, str) and "${" in operation.value):
            return False
        return any("secret" in kinds for _, _, kinds in texts(declared, config))


def _refuse_unknown_field(index: int, declared: Block, name: str) -> None:
    """A misspelt field would only be noticed when the block runs."""
    fields = declared.config.model_fields
    if declared.config.model_config.get("extra") != "allow" and name not in fields:
        known = ", ".join(fields)
        raise Refused(f"operations[{index}]: `{declared.type}` has no field `{name[:80]}` in its config; it has {known}.")


def _annotation(index: int, raw: Mapping[str, Json], around: dict[str, list[str]]) -> dict[str, Json]:
    given = raw.get("annotation", {name: value for name, value in raw.items() if name != "type"})
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise Refused(f"operations[{index}]: `annotation` must be an object with `kind` (note or frame) and `text`.")
    annotation, held = completed(given)
    if not _has_place(given):
        around[str(annotation["id"])] = held
    return annotation


def _workflow_name(index: int, name: Json) -> str:
    try:
        return checked_name(name if isinstance(name, str) else "")
    except ServiceError as error:
        raise Refused(f"operations[{index}]: {error.message}") from None


def _has_place(block: Json) -> bool:
    return isinstance(block, dict) and isinstance(block.get("position"), dict)


def _name(raw: Mapping[str, Json], title: str) -> str:
    name = raw.get("name")
    return name.strip()[:200] or title if isinstance(name, str) else title


def _edge(index: int, raw: Mapping[str, Json], taken: set[str]) -> dict[str, Json]:
    edge = raw.get("edge", {name: value for name, value in raw.items() if name != "type"})
    if not isinstance(edge, dict) or not isinstance(edge.get("source"), str) or not isinstance(edge.get("target"), str):
        raise Refused(f"operations[{index}]: an edge needs `source` and `target`, the ids of two blocks.")
    edge_id = edge.get("id")
    if not isinstance(edge_id, str) or not edge_id or edge_id in taken:
        number = len(taken) + 1
        while f"edge_{number}" in taken:
            number += 1
        edge_id = f"edge_{number}"
    taken.add(edge_id)
    return {**edge, "id": edge_id}


def _found_edge(index: int, raw: Mapping[str, Json], before: Graph) -> str:
    """The edge between two blocks, for who does not know its id."""
    ends = raw.get("edge", raw)
    if isinstance(ends, dict):
        handle = ends.get("sourceHandle")
        for edge in before.edges:
            if (edge.source, edge.target) == (ends.get("source"), ends.get("target")) and handle in (None, edge.source_handle):
                return edge.id
    raise Refused(f"operations[{index}]: there is no such edge. Read the graph for the ids of its edges.")


def _words(error: ValidationError) -> str:
    found: list[dict[str, Any]] = [dict(item) for item in error.errors(include_url=False, include_input=False)[:3]]
    places = [(".".join(str(part) for part in item["loc"][2:]), item["msg"]) for item in found]
    return "; ".join(f"`{place}`: {message}" if place else message for place, message in places) + "."


def names_credentials(block: GraphBlock) -> set[str]:
    """The credentials that a block's configuration names."""
    return {name for text in _all_texts(block.config) for name in _credentials_in(text)} | _named(block.config)


def _named(config: Mapping[str, Json]) -> set[str]:
    name = config.get("credential")
    return {name} if isinstance(name, str) and name else set()


def _all_texts(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [text for child in value.values() for text in _all_texts(child)]
    if isinstance(value, list):
        return [text for child in value for text in _all_texts(child)]
    return [value] if isinstance(value, str) else []


def _credentials_in(text: str) -> list[str]:
    found = [part.partition("}")[0] for part in text.split("${")[1:]]
    found += [part.split("}")[0].split()[0].strip("()[]") for part in text.split("secrets.")[1:] if part.strip()]
    return [name for name in found if name.isidentifier()]

