"""Changes a text: capital letters, spaces, length, encodings and more.

Choose what to do. `slug` makes a name for an address, such as `my-first-post`; `plain` takes accents away; `squeeze`
leaves one space between words; `truncate` cuts a text to a length and puts the filling, such as `…`, at its end;
`before` and `after` give what stands on one side of a text; `similarity` tells from 0 to 1 how alike two texts are.

The encodings are those for addresses (url), base64, hex and html, in both directions. A list of texts is changed entry by
entry, except that `join` makes one text of it.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output
from blocks.core._fields import LongText, Text, as_text, when
from blocks.data._source import SourceConfig
from blocks.data._texts import OPERATIONS
from blocks.flow._items import MAX_ITEMS

LONGEST = 1_000_000


class TextConfig(SourceConfig):
    """Configuration of the block."""

    operation: Literal[
        "trim", "squeeze", "upper", "lower", "title", "capitalize", "slug", "plain", "truncate", "pad_left", "pad_right",
        "replace", "before", "after", "split", "join", "lines", "words", "length", "reverse", "similarity", "url_encode",
        "url_decode",
        "base64_encode", "base64_decode", "hex_encode", "hex_decode", "html_escape", "html_unescape",
    ] = Field("trim", title="Do", description="What becomes of the text.")  # fmt: skip
    find: str = Field(
        "",
        title="Find",
        max_length=10_000,
        description="For replace, before, after and split: the text to look for.",
        json_schema_extra=when(operation=["replace", "before", "after", "split"]),
    )
    replacement: Text = Field(
        "",
        title="Replacement",
        max_length=10_000,
        description="For replace: what is put in its place.",
        json_schema_extra=when(operation=["replace"]),
    )
    length: int = Field(
        0,
        title="Length",
        ge=0,
        le=100_000,
        description="For truncate, pad and slug: how many characters. 0: no limit for slug.",
        json_schema_extra=when(operation=["truncate", "pad_left", "pad_right", "slug"]),
    )
    fill: str = Field(
        "",
        title="Filling",
        max_length=100,
        description="For pad: what fills up. For truncate: the ending. For join: what stands between.",
        json_schema_extra=when(operation=["truncate", "pad_left", "pad_right", "join"]),
    )
    other: LongText = Field(
        "",
        title="Other text",
        description="For similarity: the text to compare with.",
        json_schema_extra=when(operation=["similarity"]),
    )


async def execute(context: Context, config: TextConfig, value: Json) -> Output:
    data = config.data(value)
    if config.operation == "join":
        return Output(config.fill.join(as_text(item) for item in (data if isinstance(data, list) else [data])))
    if isinstance(data, list):
        if len(data) > MAX_ITEMS:
            raise BlockError("TOO_MANY_ITEMS", f"at most {MAX_ITEMS:,} texts are allowed", retryable=False)
        return Output(await asyncio.to_thread(lambda: [_changed(item, config) for item in data]))
    text = as_text(data)
    slow = config.operation == "similarity" or len(text) > LONGEST // 10
    return Output(await asyncio.to_thread(_changed, text, config) if slow else _changed(text, config))


def _changed(value: Json, config: TextConfig) -> Json:
    text = as_text(value)
    if len(text) > LONGEST:
        raise BlockError("TEXT_TOO_LONG", f"a text may have {LONGEST:,} characters", retryable=False)
    return OPERATIONS[config.operation](text, config)


BLOCK = Block(
    type="data.text",
    title="Text",
    category="Data",
    icon="type",
    description="Changes a text: letters, spaces, length, encodings.",
    config=TextConfig,
    execute=execute,
    output_schema={"description": "The changed text; a list for split, lines and words; a number for length and similarity."},
    examples=(
        Example("A name for an address", {"operation": "slug"}, input="Größe & Länge!", output="groesse-laenge"),
        Example(
            "A number with leading zeros",
            {"operation": "pad_left", "length": 6, "fill": "0", "source": "{{ input.n }}"},
            input={"n": 42},
            output="000042",
        ),
        Example("Every entry", {"operation": "upper"}, input=["a", "b"], output=["A", "B"]),
        Example("One text", {"operation": "join", "fill": ", "}, input=["a", 2, True], output="a, 2, true"),
    ),
)
