"""Reading and writing YAML and TOML in a worker process. Aliases are refused: a few lines of them can be gigabytes."""

from __future__ import annotations

import io
import math
import tomllib
from datetime import date, datetime, time
from typing import Any

import tomli_w
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from app.sdk import BlockError, File, Json

MAX_SOURCE = 500_000
MAX_DOCUMENTS = 1_000
LONGEST_MESSAGE = 200


def parse(language: str, source: Json, documents: bool) -> Json:
    text = File.of(source, "source").text("source")
    if len(text) > MAX_SOURCE:
        raise BlockError("FILE_TOO_LARGE", f"field `source`: at most {MAX_SOURCE:,} characters are allowed")
    return _toml(text) if language == "toml" else _yaml(text, documents)


def _toml(text: str) -> Json:
    try:
        return _plain(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BlockError("NOT_TOML", f"field `source`: {str(error)[:LONGEST_MESSAGE]}") from None


def _yaml(text: str, documents: bool) -> Json:
    reader = YAML(typ="safe", pure=True)
    reader.allow_duplicate_keys = False
    try:
        for event in reader.parse(io.StringIO(text)):
            if isinstance(event, AliasEvent):
                line = event.start_mark.line + 1
                raise BlockError("NOT_YAML", f"field `source`: line {line}: aliases (*name) are not allowed")
        found = list(YAML(typ="safe", pure=True).load_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise BlockError("NOT_YAML", f"field `source`: {place}{str(error.problem)[:LONGEST_MESSAGE]}") from None
    except (YAMLError, ValueError, TypeError) as error:
        raise BlockError("NOT_YAML", f"field `source`: this cannot be read as YAML ({type(error).__name__})") from None
    if not documents and len(found) > 1:
        raise BlockError("NOT_YAML", "field `source`: there are several documents; ask for all of them")
    if len(found) > MAX_DOCUMENTS:
        raise BlockError("TOO_MANY_ITEMS", f"field `source`: more than {MAX_DOCUMENTS:,} documents")
    values = [_plain(document) for document in found]
    return values if documents else (values[0] if values else None)


def _plain(value: Any) -> Json:
    """As JSON: times as texts, names of fields as texts."""
    if isinstance(value, dict):
        return {str(name): _plain(child) for name, child in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(child) for child in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise BlockError("NOT_JSON", "field `source`: infinity and not-a-number cannot be used")
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def build(language: str, data: Json, documents: bool) -> str:
    if language == "toml":
        if not isinstance(data, dict):
            raise BlockError("ROOT_INVALID", "field `source`: TOML needs an object")
        try:
            return tomli_w.dumps(_without_null(data))
        except (TypeError, ValueError):
            raise BlockError("NOT_TOML", "field `source`: this cannot be written as TOML") from None
    writer: Any = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.sort_base_mapping_type_on_output = False
    writer.representer.ignore_aliases = lambda _: True
    text = io.StringIO()
    if documents and isinstance(data, list):
        writer.explicit_start = True
        writer.dump_all(data, text)
    else:
        writer.dump(data, text)
    return text.getvalue().removesuffix("...\n")


def _without_null(value: Json) -> Json:
    """TOML knows no null; such fields are left out."""
    if isinstance(value, dict):
        return {name: _without_null(child) for name, child in value.items() if child is not None}
    return [_without_null(child) for child in value if child is not None] if isinstance(value, list) else value
