"""What the operator has imported stands beside what comes with Blockyard; what is broken is left out. Manifests are strict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.catalog import Catalog, CatalogError
from app.describe import palette_entry
from app.formats.text import NotReadable
from app.presets.library import BUILT_IN, Presets, compiled
from app.presets.reading import read_manifest
from app.sdk import Block
from tests.support.command import blockyard

SHOP = """
id: shop
name: Shop
description: A shop.
docs_url: https://shop.example/docs
base_url: https://shop.example/api
auth: [{kind: bearer}]
shared:
  order: {in: path, required: true, help: The order.}
operations:
  get_order:
    title: Read an order
    description: Reads one order.
    effect: read
    method: GET
    path: /orders/{order}
    use: [order]
    sample: {params: {order: "7"}, path: /orders/7, answer: {id: 7}}
"""


def changed(old: str, new: str) -> str:
    assert old in SHOP
    return SHOP.replace(old, new)


def test_at_least_twenty_five_services_come_with_blockyard() -> None:
    services = {manifest.id for manifest in Presets.load().manifests()}
    ranked = [
        "google_sheets",
        "gmail",
        "google_drive",
        "google_calendar",
        "google_docs",
        "telegram",
        "slack",
        "airtable",
        "notion",
    ]
    assert len(services) >= 25
    assert set(ranked) <= services
    assert len(Presets.load()) > 150


def test_an_operation_is_a_block_of_the_catalog() -> None:
    block = Catalog.load().get("github.create_issue")
    assert block is not None
    assert (block.title, block.category, block.effect) == ("GitHub: create an issue", "GitHub", "write")
    assert block.output_schema["properties"]["number"] == {"type": "integer"}
    assert block.sample["number"] == 1347


def test_a_trigger_becomes_a_webhook_block_that_is_set_up() -> None:
    catalog = Catalog.load()
    offered = catalog.get("shopify.on_event")
    assert offered is not None
    defaults = palette_entry(offered)["defaults"]
    assert catalog.canonical("shopify.on_event") == "webhook"
    assert (defaults["scheme"], defaults["signature_header"], defaults["encoding"]) == (
        "generic",
        "X-Shopify-Hmac-Sha256",
        "base64",
    )
    webhook = catalog.get("webhook")
    assert webhook is not None
    assert palette_entry(webhook)["defaults"]["scheme"] == "secret"


def test_an_imported_service_is_there(tmp_path: Path) -> None:
    (tmp_path / "shop.jsonl").write_bytes(compiled([read_manifest(SHOP)]))
    catalog = Catalog.load(tmp_path)
    assert catalog.get("shop.get_order") is not None
    assert catalog.get("slack.post_message") is not None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff", b"[]", b'{"shop": [["get_order"], []]}\n', b'{"shop": 5}\n{}\n', b"{" * 100_000, BUILT_IN.read_bytes(),
        b'{"shop": [["get_order"], []]}\n{"id": "shop"}\n', b'{"shop": [["get_order"], []]}\nnot json\n',
    ],
    ids=["empty", "no text", "list", "too short", "no names", "too deep", "taken", "no manifest", "no json"],
)  # fmt: skip
def test_a_broken_file_is_left_out(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "shop.jsonl").write_bytes(content)
    catalog = Catalog.load(tmp_path)
    assert catalog.get("shop.get_order") is None
    assert catalog.get("shop.get_order") is None
    assert "shop" not in {block.category for block in catalog}
    assert caplog.text


def test_a_block_and_a_preset_of_one_name_are_refused() -> None:
    slack = Presets.load().get("slack.post_message")
    assert isinstance(slack, Block)
    with pytest.raises(CatalogError, match=r"slack\.post_message"):
        Catalog([slack], Presets.load())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (changed("base_url: https://shop.example/api", "base_url: https://{shop}.example"), 2, "base_url must be"),
        (changed("base_url: https://shop.example/api", "base_url: https://a@shop.example"), 2, "base_url must be"),
        (changed("base_url: https://shop.example/api", "base_url: file:///etc"), 2, "base_url must be"),
        (changed("base_url: https://shop.example/api\n", ""), 2, "either base_url or server"),
        (changed("path: /orders/{order}", "path: /orders/{number}"), 12, "the path and its parameters differ"),
        (changed("path: /orders/{order}", "path: //evil.example/{order}?x"), 17, "match pattern"),
        (changed("method: GET", "method: TRACE"), 16, "'GET'"),
        (changed("use: [order]", "use: [customer]"), 18, "`customer` is not among the shared"),
        (changed("Reads one order.", "Reads one order"), 14, "full stop"),
        (changed("auth: [{kind: bearer}]", "auth: [{kind: oauth2}]"), 7, "token_url"),
        (changed("id: shop", "id: Shop"), 2, "match pattern"),
        (changed("effect: read", "effect: none"), 15, "'read'"),
        (changed("    effect: read\n", ""), 12, "is needed"),
        (changed("id: shop", "surprise: 1\nid: shop"), 2, "`surprise` is not a known field"),
        (changed('{params: {order: "7"}', "{params: {other: 1}"), 12, "which is no parameter"),
        (changed("  order: {in: path", "  order: {in: body"), 12, "differ"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_a_manifest_that_cannot_work_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(NotReadable) as caught:
        read_manifest(text)
    assert any(words in problem.message for problem in caught.value.problems), caught.value.problems
    assert abs(caught.value.problems[0].line - line) <= 1


def told(*arguments: str, data: Path) -> tuple[int, str, str]:
    ended: Any = blockyard(*arguments, data=data)
    return ended.returncode, ended.stdout, ended.stderr


def test_the_command_keeps_lists_and_removes(tmp_path: Path) -> None:
    file, data = tmp_path / "shop.yaml", tmp_path / "data"
    file.write_text(SHOP)
    code, out, err = told("presets", "import", str(file), data=data)
    assert (code, "shop.get_order" in out) == (0, True), err
    assert Presets.ids_in(data / "presets") == ["shop"]
    assert told("presets", "remove", "shop", data=data)[0] == 0
    assert Presets.ids_in(data / "presets") == []
    file.write_text(changed("id: shop", "id: github"))
    code, _, err = told("presets", "import", str(file), data=data)
    assert (code, "already" in err) == (2, True)


def test_every_icon_is_there() -> None:
    sprite = (BUILT_IN.parents[2] / "static" / "icons.svg").read_text()
    missing = {block.icon for block in Presets.load() if f'<symbol id="{block.icon}"' not in sprite}
    assert missing == set()


def test_the_manifest_in_the_documentation_is_valid() -> None:
    page = (BUILT_IN.parents[2] / "docs" / "presets.md").read_text()
    shown = page.partition("```yaml\n")[2].partition("```")[0]
    assert list(read_manifest(shown).operations) == ["add_line", "list_lines"]
