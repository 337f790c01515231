"""Finds, replaces or splits text by a pattern (a regular expression).

`\\d+` is a number, `[A-Z]{2}` two capital letters, `(?P<year>\\d{4})` four digits under the name year. `test` tells
whether the pattern is found; `first` and `all` give what was found, with its groups; `replace` puts something in its
place, where `\\1` stands for the first group; `split` cuts the text at every place.

Patterns are those of RE2, which is always quick: look-ahead, look-behind and references inside a pattern are not available.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Code, Context, Example, Json, Output, Port, work
from blocks.core._fields import ADVANCED, as_text, when
from blocks.data._source import SourceConfig


class RegexConfig(SourceConfig):
    """Configuration of the block."""

    operation: Literal["test", "first", "all", "replace", "split"] = Field(
        "first", title="Do", description="Test, find the first place, find all places, replace them, or split the text."
    )
    pattern: Code = Field(
        title="Pattern",
        min_length=1,
        max_length=5_000,
        description="The regular expression.",
        json_schema_extra={"initial": "", "placeholder": r"(?P<year>\d{4})-(?P<month>\d{2})"},
    )
    replacement: str = Field(
        "",
        title="Replacement",
        max_length=10_000,
        description=r"For replace. \1 is the first group, \g<name> a named one.",
        json_schema_extra=when(operation=["replace"]),
    )
    ignore_case: bool = Field(False, title="Ignore capital letters", description="Whether a and A are alike.")
    multiline: bool = Field(
        False, title="Line by line", description="Whether ^ and $ also stand for the ends of lines.", json_schema_extra=ADVANCED
    )
    dot_all: bool = Field(
        False, title="Dot is also a new line", description="Whether the dot stands for line ends too.", json_schema_extra=ADVANCED
    )
    limit: int = Field(
        0,
        title="At most",
        ge=0,
        le=10_000,
        description="How many places to find, replace or split at. 0: all.",
        json_schema_extra=ADVANCED | when(operation=["all", "replace", "split"]),
    )


async def execute(context: Context, config: RegexConfig, value: Json) -> Output:
    flags = {"ignore_case": config.ignore_case, "multiline": config.multiline, "dot_all": config.dot_all}
    text = as_text(config.data(value))
    found = await work(
        "blocks.data._regex_work:run", config.operation, config.pattern, text, config.replacement, flags, config.limit
    )
    if config.operation in ("replace", "split"):
        return Output(found)
    return Output(found, ports=("output", "found" if found else "not_found"))


BLOCK = Block(
    type="data.regex",
    title="Pattern",
    category="Data",
    icon="regex",
    description="Finds, replaces or splits text by a regular expression.",
    config=RegexConfig,
    execute=execute,
    outputs=(Port("output", "Always"), Port("found", "When it is found"), Port("not_found", "When it is not found")),
    output_schema={
        "description": "For first an object, for all a list of them; for test true or false; else text or a list of texts.",
        "properties": {
            "match": {"type": "string"},
            "start": {"type": "integer"},
            "end": {"type": "integer"},
            "groups": {"type": "array", "items": {"type": ["string", "null"]}},
            "named": {"type": "object", "description": "The named groups."},
        },
    },
    examples=(
        Example(
            "The first date",
            {"pattern": r"(?P<year>\d{4})-(?P<month>\d{2})"},
            input="due 2026-11-22",
            output={
                "match": "2026-11",
                "start": 4,
                "end": 11,
                "groups": ["2026", "11"],
                "named": {"year": "2026", "month": "11"},
            },
            ports=("output", "found"),
        ),
        Example(
            "Turn names round",
            {"operation": "replace", "pattern": r"(\w+), (\w+)", "replacement": r"\2 \1"},
            input="Lovelace, Ada",
            output="Ada Lovelace",
        ),
        Example("Split at commas", {"operation": "split", "pattern": r"\s*,\s*"}, input="a , b,c", output=["a", "b", "c"]),
        Example(
            "Is it there?", {"operation": "test", "pattern": "^ok$"}, input="no", output=False, ports=("output", "not_found")
        ),
    ),
)
