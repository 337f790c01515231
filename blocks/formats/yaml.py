"""Reads and writes YAML and TOML, the languages of settings files.

YAML is read by the rules of version 1.2, so `on` and `no` are texts. A file can hold several documents, with `---` between
them; you then get a list. Dates come as texts. Aliases are refused, and so are duplicate names.

TOML has no null; such fields are left out when writing.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Context, Example, Json, Output, work
from blocks.core._fields import when
from blocks.formats._files import FileConfig


class YamlConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["parse", "build"] = Field("parse", title="Do", description="Read or write.")
    language: Literal["yaml", "toml"] = Field("yaml", title="Language", description="YAML or TOML.")
    documents: bool = Field(
        False,
        title="Several documents",
        description="For YAML: whether the file holds a list of documents.",
        json_schema_extra=when(language=["yaml"]),
    )


async def execute(context: Context, config: YamlConfig, value: Json) -> Output:
    function = f"blocks.formats._yaml_work:{config.operation}"
    return Output(await work(function, config.language, config.data(value), config.documents))


BLOCK = Block(
    type="fmt.yaml",
    title="YAML and TOML",
    category="Formats",
    icon="file-cog",
    description="Reads and writes YAML and TOML.",
    config=YamlConfig,
    execute=execute,
    output_schema={"description": "For parse the data; for build a text."},
    examples=(
        Example(
            "Read settings",
            {},
            input="name: web\non: push\nports: [80, 443]\nsince: 2026-11-22\n",
            output={"name": "web", "on": "push", "ports": [80, 443], "since": "2026-11-22"},
        ),
        Example("Write", {"operation": "build"}, input={"b": [1, "no"], "a": None}, output="b:\n- 1\n- no\na: null\n"),
        Example(
            "Read TOML",
            {"language": "toml"},
            input='[server]\nport = 8080\nname = "a"\n',
            output={"server": {"port": 8080, "name": "a"}},
        ),
    ),
)
