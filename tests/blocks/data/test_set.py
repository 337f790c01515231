"""Setting, nesting and removing fields."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.sdk import BlockError
from blocks.data.set import SetConfig, execute

pytestmark = pytest.mark.anyio


async def changed(value: Any, **config: Any) -> Any:
    return (await execute(None, SetConfig(**config), value)).value  # type: ignore[arg-type]


async def test_fields_are_set_from_the_top_and_the_others_stay() -> None:
    fields = [{"name": "a", "value": 1}, {"name": "a", "value": 2}, {"name": "b.c", "value": [3]}]
    assert await changed({"z": 0}, fields=fields) == {"z": 0, "a": 2, "b": {"c": [3]}}


async def test_the_data_that_came_in_is_not_touched() -> None:
    came = {"deep": {"kept": 1}}
    assert await changed(came, fields=[{"name": "deep.new", "value": 2}]) == {"deep": {"kept": 1, "new": 2}}
    assert came == {"deep": {"kept": 1}}


async def test_others_can_be_dropped() -> None:
    assert await changed({"z": 0}, fields=[{"name": "a", "value": 1}], others="drop") == {"a": 1}
    assert await changed("text", fields=[{"name": "a", "value": 1}], others="drop") == {"a": 1}


async def test_removing_what_is_not_there_is_fine() -> None:
    assert await changed({"a": {"b": 1, "c": 2}}, remove=["a.b", "x", "a.x.y"]) == {"a": {"c": 2}}


async def test_nothing_counts_as_an_empty_object() -> None:
    assert await changed(None, fields=[{"name": "a", "value": 1}]) == {"a": 1}


@pytest.mark.parametrize(("value", "name"), [([1], "a"), ({"a": 5}, "a.b")])
async def test_what_is_no_object_is_refused_with_its_place(value: Any, name: str) -> None:
    with pytest.raises(BlockError) as error:
        await changed(value, fields=[{"name": name, "value": 1}])
    assert error.value.code == "NOT_AN_OBJECT"


@pytest.mark.parametrize("name", ["", ".a", "a..b", "a."])
def test_a_name_must_be_a_path(name: str) -> None:
    with pytest.raises(ValidationError):
        SetConfig(fields=[{"name": name, "value": 1}])
