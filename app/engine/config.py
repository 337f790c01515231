"""A block's configuration compiled once per revision: which texts are templates, and how they become a typed Config."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from app.engine.expressions import (
    ExpressionError,
    Scope,
    Template,
    compile_expression,
    compile_template,
)
from app.sdk import LITERAL_KINDS, Block, BlockError, Config, Json

Schema = dict[str, Json]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One text of a configuration that the expression language reads, and where it stands."""

    path: Path
    text: str
    is_condition: bool

    @property
    def place(self) -> str:
        return ".".join(str(part) for part in self.path)


@dataclass(frozen=True, slots=True)
class CompiledConfig:
    """Either a Config that is the same for every execution, or a tree of templates to render before each run."""

    block: Block
    raw: dict[str, Json]
    static: Config | None
    problem: BlockError | None
    templates: tuple[tuple[Path, Template], ...] = ()

    def resolve(self, scope: Callable[[], Scope]) -> Config:
        """The typed configuration for one run. Raises BlockError that names the field."""
        if self.static is not None:
            return self.static
        if self.problem is not None:
            raise self.problem
        rendered = _copy(self.raw)
        names = scope()
        for path, template in self.templates:
            try:
                _place(rendered, path, template.render(names))
            except ExpressionError as error:
                raise field_error(path, error.message, error.code) from error
        return _typed(self.block, rendered)


def compile_config(block: Block, raw: dict[str, Json]) -> CompiledConfig:
    """Compile every template of a configuration; a bad one is kept as the problem that its run will raise."""
    templates: list[tuple[Path, Template]] = []
    try:
        for source in sources(block, raw):
            template = None if source.is_condition else compile_template(source.text)
            if template is not None and template.is_template:
                templates.append((source.path, template))
        if templates:
            return CompiledConfig(block, raw, None, None, tuple(templates))
        return CompiledConfig(block, raw, _typed(block, raw), None)
    except ExpressionError as error:
        return CompiledConfig(block, raw, None, field_error(source.path, error.message, error.code))
    except BlockError as error:
        return CompiledConfig(block, raw, None, error)


def names_secret(config: CompiledConfig) -> bool:
    """Whether any text of a configuration could name a secret; never false for one that does."""
    return any("secrets" in text or "${" in text for _, text, _ in texts(config.block, config.raw))


def sources(block: Block, raw: dict[str, Json]) -> Iterator[Source]:
    """Every template and every condition in a configuration, with its path."""
    for path, text, kinds in texts(block, raw):
        if "expression" in kinds:
            yield Source(path, text, True)
        elif not kinds & LITERAL_KINDS and compile_is_needed(text):
            yield Source(path, text, False)


def check_source(source: Source) -> ExpressionError | None:
    """Why a template or condition does not compile, or None."""
    try:
        compile_expression(source.text) if source.is_condition else compile_template(source.text)
    except ExpressionError as error:
        return error
    return None


def source_references(source: Source) -> frozenset[tuple[str, ...]]:
    """The dotted paths that a source which compiles names, for example ("blocks", "fetch", "output")."""
    compiled = compile_expression(source.text) if source.is_condition else compile_template(source.text)
    return compiled.references


@cache
def schema_of(model: type[Config]) -> Schema:
    return model.model_json_schema()


def texts(block: Block, raw: dict[str, Json]) -> Iterator[tuple[Path, str, frozenset[str]]]:
    """Every text in a configuration with its path and the kinds that its field may have."""
    root = schema_of(block.config)
    stack: list[tuple[list[Schema], Json, Path]] = [([root], raw, ())]
    while stack:
        schemas, value, path = stack.pop()
        if isinstance(value, str):
            yield path, value, frozenset(str(schema["kind"]) for schema in schemas if "kind" in schema)
        elif isinstance(value, dict):
            for key, child in value.items():
                stack.append((_children(root, schemas, str(key)), child, (*path, str(key))))
        elif isinstance(value, list):
            for number, child in enumerate(value):
                stack.append((_children(root, schemas, None), child, (*path, number)))


def compile_is_needed(text: str) -> bool:
    """Whether a text could hold a placeholder at all; cheap, and never false for one that does."""
    return "{{" in text or "${" in text or "<" in text


def _children(root: Schema, schemas: list[Schema], key: str | None) -> list[Schema]:
    """The schemas that a child can have: of property `key`, or of an item where key is None."""
    found: list[Schema] = []
    for schema in schemas:
        child = schema.get("items") if key is None else schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        if isinstance(child, dict):
            found.extend(_variants(root, child))
    return found


def _variants(root: Schema, schema: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        yield from _variants(root, root["$defs"][name])
        schema = {key: value for key, value in schema.items() if key != "$ref"}
    yield schema
    for union in ("anyOf", "oneOf", "allOf"):
        for member in schema.get(union, ()):
            yield from _variants(root, member)


def _typed(block: Block, raw: dict[str, Json]) -> Config:
    try:
        return block.config.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise field_error(first["loc"], first["msg"], "CONFIG_INVALID") from None


def field_error(path: Path | tuple[Any, ...], message: str, code: str) -> BlockError:
    place = ".".join(str(part) for part in path)
    text = f"field `{place}`: {message}" if place else message
    return BlockError(code, text, details={"field": place}, retryable=False)


def _copy(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copy(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_copy(child) for child in value]
    return value


def _place(tree: Json, path: Path, value: Json) -> None:
    for part in path[:-1]:
        tree = tree[part]
    tree[path[-1]] = value
