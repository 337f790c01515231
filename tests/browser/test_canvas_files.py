"""A workflow leaves as a file: from the editor and from the list, as JSON, YAML and as a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import card, open_editor, person
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess

PNG = b"\x89PNG\r\n"


@pytest.fixture
def workflow(client: Client) -> str:
    start = block("start", "starter", name="Begin <here> & now", position={"x": 0, "y": 0})
    return client.new(start, block("end", "response", name="End", position={"x": 400, "y": 90}), edges=["start>end"])


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with person(browser, server, accept_downloads=True) as page:
        yield page


def saved(page: Page, choice: str, tmp_path: Path) -> tuple[str, bytes]:
    """The name and content of the file that a choice of the menu gives."""
    page.get_by_role("button", name="Import and export").click()
    with page.expect_download() as download:
        page.get_by_role("option", name=choice).click()
    file = tmp_path / "file"
    download.value.save_as(file)
    return download.value.suggested_filename, file.read_bytes()


def test_the_editor_gives_files_and_pictures(page: Page, server: ServerProcess, workflow: str, tmp_path: Path) -> None:
    open_editor(page, server, workflow)
    expect(card(page, "end")).to_be_visible()
    name, content = saved(page, "Export as JSON", tmp_path)
    assert name.endswith(".json")
    assert {one["id"] for one in json.loads(content)["blocks"]} == {"start", "end"}
    name, content = saved(page, "Export as YAML", tmp_path)
    assert name.endswith(".yaml")
    assert b"response" in content
    name, content = saved(page, "Save as a picture (SVG)", tmp_path)
    assert name.endswith(".svg")
    drawn = ElementTree.fromstring(content)
    texts = [one.text for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["Begin <here> & now", "Start", "End", "Response"]
    name, content = saved(page, "Save as a picture (PNG)", tmp_path)
    assert name.endswith(".png")
    assert content.startswith(PNG)


def test_the_list_gives_files_that_can_be_read_again(
    page: Page, server: ServerProcess, client: Client, workflow: str, tmp_path: Path
) -> None:
    name = client.get(f"/api/workflows/{workflow}").json()["name"]
    page.goto(f"{server.url}/?q={name}")
    files = {}
    for ending in ("YAML", "JSON"):
        page.get_by_label(f"Actions for {name}").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Export as {ending}").click()
        files[ending] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[ending])
        page.keyboard.press("Escape")
    assert (files["YAML"].suffix, files["JSON"].suffix) == (".yaml", ".json")
    assert "Begin <here> & now" in files["YAML"].read_text()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import", exact=True).click()
    chooser.value.set_files(files["JSON"])
    expect(page.locator("html")).to_have_attribute("data-editor-ready", "true")
    expect(card(page, "start")).to_contain_text("Begin <here> & now")
    assert workflow not in page.url
