"""The catalog finds every block once and knows it by all its names."""

from typing import Any

import pytest

from app import catalog
from app.catalog import Catalog, CatalogError
from app.sdk import Block, Config, Context, Json, Output


async def execute(context: Context, config: Config, value: Json) -> Output:
    return Output(value)


def block(type: str, category: str = "Flow", aliases: tuple[str, ...] = ()) -> Block:
    return Block(type, type.title(), category, "circle", "A block.", Config, execute, aliases=aliases)


CANONICAL = [
    "agent", "code", "condition", "general_api", "orchestration", "platform_api", "response", "split", "starter", "webhook",
]  # fmt: skip


def test_the_canonical_blocks_and_the_wait_are_found() -> None:
    loaded = Catalog.load()
    types = {block.type for block in loaded}
    assert {*CANONICAL, "flow.wait"} <= types
    assert len(loaded) == len(types)


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("function", "code"),
        ("api_call", "general_api"),
        ("http.request", "general_api"),
        ("starter", "starter"),
        ("flow.wait", "flow.wait"),
    ],
)
def test_a_block_is_known_by_its_type_and_its_aliases(name: str, type: str) -> None:
    loaded = Catalog.load()
    found = loaded.get(name)
    assert found is not None
    assert (found.type, loaded.canonical(name)) == (type, type)


def test_an_unknown_type_is_none() -> None:
    assert Catalog.load().get("teleport") is None
    assert Catalog.load().canonical("teleport") is None


def test_documentation_is_the_docstring_of_the_module() -> None:
    starter = Catalog.load().get("starter")
    assert starter is not None
    assert starter.documentation.startswith("Starts the workflow when somebody presses Run")


def test_palette_order_is_by_category_then_as_declared() -> None:
    shuffled = Catalog.of(
        block("z", "Zoo"),
        block("answer", "Answer"),
        block("b", "Flow"),
        block("a", "Flow"),
        block("s", "Start"),
        block("q", "Aquarium"),
    )
    assert [found.type for found in shuffled] == ["s", "b", "a", "answer", "q", "z"]


@pytest.mark.parametrize("other", [block("one"), block("two", aliases=("one",)), block("two", aliases=("uno",))])
def test_two_blocks_of_one_name_are_refused(other: Block) -> None:
    with pytest.raises(CatalogError, match="Two blocks are named"):
        Catalog.of(block("one", aliases=("uno",)), other)


class EntryPoint:
    """An installed package's offer of a block."""

    name = "extra"
    module = "blocks.flow.wait"

    def __init__(self, offered: Any) -> None:
        self._offered = offered

    def load(self) -> Any:
        return self._offered


def offer(monkeypatch: pytest.MonkeyPatch, offered: Any) -> None:
    monkeypatch.setattr(catalog, "entry_points", lambda group: [EntryPoint(offered)] if group == "blockyard.blocks" else [])


def test_installed_packages_add_blocks_by_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, block("extra"))
    found = Catalog.load().get("extra")
    assert found is not None
    assert found.documentation.startswith("Waits for a while")


def test_an_entry_point_that_is_no_block_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "text")
    with pytest.raises(CatalogError, match="extra"):
        Catalog.load()
