"""Writes a text from a template: a mail, a web page, a report.

The template is in the Jinja language: `{{ input.name }}` puts a value in, `{% for line in input.lines %} ... {% endfor %}`
repeats, `{% if input.paid %} ... {% endif %}` decides. Filters change values: `{{ input.total | round(2) }}`. In scope
are `input`, `variables`, `blocks`, and your own values, by name.

For HTML, values are made harmless, so that a name with a `<` in it does not become a tag. For JSON, write `{{ x | tojson }}`;
the text is then read as JSON. A name that does not exist is an error. A template may take two seconds.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from app.sdk import Block, BlockError, Code, Config, Context, Example, Json, Output, kind, work

SECONDS = 2.0
NAMES = ("input", "variables", "blocks", "item", "index", "execution", "workflow")


class TemplateConfig(Config):
    """Configuration of the template."""

    template: Code = Field(
        title="Template",
        max_length=200_000,
        description="The text with {{ values }} and {% blocks %}.",
        json_schema_extra={"initial": "Hello {{ input.name }}"},
    )
    format: Literal["text", "html", "json"] = Field(
        "text", title="Makes", description="Plain text, HTML with values made harmless, or JSON that is then read."
    )
    values: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict,
        title="Own values",
        max_length=100,
        description='More names for the template, for example {"title": "News"}.',
    )


async def execute(context: Context, config: TemplateConfig, value: Json) -> Output:
    scope = context.names()
    mentioned = (name for name in NAMES if name in scope and name in config.template)  # the rest need not travel
    names = {name: _plain(scope[name]) for name in mentioned} | config.values
    text = await work("blocks.data._template_work:run", config.template, names, config.format == "html", seconds=SECONDS)
    if config.format != "json":
        return Output(text)
    try:
        return Output(json.loads(text))
    except (ValueError, RecursionError):
        raise BlockError("NOT_JSON", "field `template`: what it makes is not JSON", retryable=False) from None


def _plain(value: Json) -> Json:
    return dict(value) if hasattr(value, "keys") else value


BLOCK = Block(
    type="data.template",
    title="Template",
    category="Data",
    icon="file-text",
    description="Writes a text, a page or JSON from a template.",
    config=TemplateConfig,
    execute=execute,
    output_schema={"description": "The text; for JSON, what it says."},
    examples=(
        Example(
            "A letter",
            {"template": "Dear {{ input.name }},\n{% for line in input.lines %}\n- {{ line }}\n{% endfor %}\n"},
            input={"name": "Ada", "lines": ["one", "two"]},
            output="Dear Ada,\n- one\n- two\n",
        ),
        Example(
            "HTML made harmless",
            {"template": "<b>{{ input }}</b> {{ title }}", "format": "html", "values": {"title": "A & B"}},
            input="<script>",
            output="<b>&lt;script&gt;</b> A &amp; B",
        ),
        Example(
            "JSON",
            {"template": '{"names": {{ input | map(attribute="name") | list | tojson }}}', "format": "json"},
            input=[{"name": "Ada"}, {"name": "Bob"}],
            output={"names": ["Ada", "Bob"]},
        ),
    ),
)
