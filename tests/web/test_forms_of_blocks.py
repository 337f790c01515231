"""Every example of every block can be typed into the block's form: what comes out is what the example says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from pydantic import ValidationError

from app.catalog import Catalog
from app.describe import form
from app.sdk import Block, Example, Json
from app.web.form_views import FieldView, field_views, surroundings
from app.web.forms import read_config

EXAMPLES = [(block, example) for block in Catalog.load() for example in block.examples]
IDS = [f"{block.type}: {example.title}" for block, example in EXAMPLES]


def sent(views: Iterable[FieldView]) -> Iterator[tuple[str, str]]:
    """What a browser sends of a form that is drawn so: hidden fields too, and line ends as CR LF."""
    for view in views:
        match view.control:
            case "switch":
                yield from [(view.path, "true")] if view.text == "true" else []
                yield view.path, "false"
            case "object":
                yield from sent(view.views)
            case "list" | "pairs":
                for row in view.rows:
                    if view.control == "pairs":
                        yield from ((f"{row.path}.key", row.key), (f"{row.path}.value", row.value))
                    elif row.views:
                        yield from sent(row.views)
                    else:
                        yield row.path, row.value
                yield view.path, ""
            case _:
                yield view.path, view.text.replace("\n", "\r\n")


@pytest.mark.parametrize(("block", "example"), EXAMPLES, ids=IDS)
def test_an_example_survives_its_form(block: Block, example: Example) -> None:
    fields = form(block)
    typed = list(sent(field_views(fields, example.config, surroundings(()))))
    assert read_config(fields, typed, example.config) == example.config


@pytest.mark.parametrize(("block", "example"), EXAMPLES, ids=IDS)
def test_an_example_can_be_typed_into_an_empty_form(block: Block, example: Example) -> None:
    fields = form(block)
    typed = list(sent(field_views(fields, example.config, surroundings(()))))
    assert meant(block, read_config(fields, typed, {})) == meant(block, example.config)


def meant(block: Block, config: dict[str, Json]) -> Json:
    """The configuration with all defaults. Nothing, an empty text and an empty list are one to whoever fills in a form."""
    try:
        whole = block.config.model_validate(config).model_dump()
    except ValidationError:  # a placeholder stands where a number or a list will be
        whole = {field.name: field.default for field in form(block)} | config
    return {name: None if value in ("", [], {}) else value for name, value in whole.items()}
