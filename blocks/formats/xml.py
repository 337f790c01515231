"""Reads and writes XML.

When reading, elements become fields, attributes fields with an `@` in front, and text next to them `#text`. Elements of the
same name become a list. With a path, such as `.//item[@id='1']/name`, you get the list of the elements it finds, which is
the sure way when there may be one or several.

When writing, the same rules go the other way; the data is an object with one name, the root. Document types and entities are
refused, because they are used for attacks.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Context, Example, Json, Output, work
from blocks.core._fields import ADVANCED, when
from blocks.formats._files import FileConfig


class XmlConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["parse", "build"] = Field("parse", title="Do", description="Read or write.")
    path: str = Field(
        "",
        title="Path",
        max_length=500,
        description="For reading: which elements. Left empty: the whole document.",
        json_schema_extra=when(operation=["parse"]) | {"placeholder": ".//item"},
    )
    namespaces: bool = Field(
        False,
        title="Keep namespaces",
        description="Whether names keep their namespace, as {address}name.",
        json_schema_extra=ADVANCED | when(operation=["parse"]),
    )
    indent: int = Field(
        2,
        title="Indentation",
        ge=0,
        le=8,
        description="For writing: spaces for each level. 0: none.",
        json_schema_extra=when(operation=["build"]),
    )
    declaration: bool = Field(
        True,
        title="First line",
        description="For writing: whether it begins with <?xml ... ?>.",
        json_schema_extra=ADVANCED | when(operation=["build"]),
    )


async def execute(context: Context, config: XmlConfig, value: Json) -> Output:
    data = config.data(value)
    if config.operation == "parse":
        return Output(await work("blocks.formats._xml_work:parse", data, config.path, config.namespaces))
    return Output(await work("blocks.formats._xml_work:build", data, config.indent, config.declaration))


BLOCK = Block(
    type="fmt.xml",
    title="XML",
    category="Formats",
    icon="code-xml",
    description="Reads and writes XML.",
    config=XmlConfig,
    execute=execute,
    output_schema={"description": "For parse an object, or a list of what the path finds; for build a text."},
    examples=(
        Example(
            "Read",
            {},
            input='<order id="7"><line>book</line><line qty="2">pen</line></order>',
            output={"order": {"@id": "7", "line": ["book", {"@qty": "2", "#text": "pen"}]}},
        ),
        Example(
            "Find", {"path": ".//line[@qty]"}, input="<o><line qty='2'>pen</line></o>", output=[{"@qty": "2", "#text": "pen"}]
        ),
        Example(
            "Write",
            {"operation": "build", "declaration": False, "indent": 0},
            input={"order": {"@id": 7, "line": ["a & b", None]}},
            output='<order id="7"><line>a &amp; b</line><line /></order>',
        ),
    ),
)
