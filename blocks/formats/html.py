"""Takes values out of web pages, makes text of them, or makes them harmless.

`extract` looks for what you name by CSS selectors: `h1` is the heading, `.price` what is marked as price, `a` with the
attribute `href` an address. With a selector under For each, such as `li.product`, you get a list with one object for each.
`text` gives what a reader sees; `links` and `tables` give all of these.

`sanitise` keeps ordinary formatting and removes everything that could run: scripts, styles, event handlers, dangerous
addresses. Use it before HTML from strangers is shown anywhere.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import Block, Config, Context, Example, Json, Output, work
from blocks.core._fields import ADVANCED, when
from blocks.formats._files import FileConfig

WORK = "blocks.formats._html_work"


class Wanted(Config):
    """One value to find."""

    name: str = Field(
        title="Name", min_length=1, max_length=200, description="What the value is called.", json_schema_extra={"initial": ""}
    )
    selector: str = Field("", title="Selector", max_length=500, description="CSS. Left empty: the element itself.")
    take: Literal["text", "attribute", "html", "inner_html"] = Field("text", title="Take", description="What of the element.")
    attribute: str = Field("href", title="Attribute", max_length=100, description="When an attribute is taken.")
    all: bool = Field(False, title="All", description="A list of everything that is found, instead of the first.")


class HtmlConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["extract", "text", "links", "tables", "sanitise"] = Field(
        "extract", title="Do", description="Find values, make text, list links or tables, or make harmless."
    )
    each: str = Field(
        "",
        title="For each",
        max_length=500,
        description="For extract: a selector; one object for every element that it finds.",
        json_schema_extra=when(operation=["extract"]),
    )
    fields: list[Wanted] = Field(
        default_factory=list,
        title="Values",
        max_length=100,
        validate_default=True,
        description="For extract: what to find.",
        json_schema_extra=when(operation=["extract"]) | {"initial": [{"name": "title", "selector": "h1"}]},
    )
    base_url: str = Field(
        "",
        title="Address of the page",
        max_length=2_000,
        description="Makes whole addresses of links.",
        json_schema_extra=ADVANCED | when(operation=["extract", "links"]),
    )
    tags: list[Annotated[str, Field(max_length=50)]] = Field(
        default_factory=list,
        title="Allowed tags",
        max_length=100,
        description="For sanitise: only these. None: the usual ones.",
        json_schema_extra=ADVANCED | when(operation=["sanitise"]),
    )

    @field_validator("fields")
    @classmethod
    def _something_is_wanted(cls, fields: list[Wanted], info: ValidationInfo) -> list[Wanted]:
        if info.data.get("operation") == "extract" and not fields:
            raise ValueError("at least one value is needed")
        return fields


async def execute(context: Context, config: HtmlConfig, value: Json) -> Output:
    data = config.data(value)
    match config.operation:
        case "extract":
            wanted = [field.model_dump() for field in config.fields]
            if config.each:
                return Output(await work(f"{WORK}:items", data, config.each, wanted, config.base_url))
            return Output(await work(f"{WORK}:extract", data, wanted, config.base_url))
        case "links":
            return Output(await work(f"{WORK}:links", data, config.base_url))
        case "sanitise":
            return Output(await work(f"{WORK}:sanitise", data, config.tags))
        case name:
            return Output(await work(f"{WORK}:{name}", data))


BLOCK = Block(
    type="fmt.html",
    title="HTML",
    category="Formats",
    icon="file-code",
    description="Finds values in web pages, makes text of them, makes them harmless.",
    config=HtmlConfig,
    execute=execute,
    output_schema={"description": "For extract an object, or a list of them; for links and tables lists; else a text."},
    examples=(
        Example(
            "Products of a shop",
            {
                "each": "li",
                "fields": [{"name": "name", "selector": "b"}, {"name": "link", "selector": "a", "take": "attribute"}],
                "base_url": "https://shop.example.com/all",
            },
            input="<ul><li><b>Pen</b> <a href='/pen'>more</a></li><li><b>Book</b></li></ul>",
            output=[{"name": "Pen", "link": "https://shop.example.com/pen"}, {"name": "Book", "link": None}],
        ),
        Example(
            "What a reader sees", {"operation": "text"}, input="<p>Hello<br>you</p><script>x()</script>", output="Hello\nyou"
        ),
        Example(
            "Harmless",
            {"operation": "sanitise"},
            input="<p onclick='x()'>Hi <script>x()</script><b>you</b></p>",
            output="<p>Hi <b>you</b></p>",
        ),
    ),
)
