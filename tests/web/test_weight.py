"""What a first visit of the editor fetches: everything from this server, compressed, not too much, and nothing twice."""

from __future__ import annotations

import re

import pytest

from tests.support.graphs import block
from tests.support.server import Client

MOST_BYTES = 350_000
VERSIONED = re.compile(r"^/static/v[0-9a-f]{16}/")


@pytest.fixture(scope="module")
def linked(client: Client) -> set[str]:
    """The addresses of what the editor's page asks for."""
    page = client.get(f"/workflows/{client.new(block('start', 'starter'))}")
    return {*re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text)}


def test_the_editor_is_light_over_the_wire(client: Client, linked: set[str]) -> None:
    names = {VERSIONED.sub("", path) for path in linked}
    assert {"editor/main.js", "editor/model.js", "css/editor.css"} <= names
    page = client.get(f"/workflows/{client.new(block('start', 'starter'))}")
    answers = [page, *(client.get(path) for path in sorted(linked))]
    assert [answer.url.path for answer in answers if answer.status_code != 200] == []
    large = [answer for answer in answers if len(answer.content) > 2_000]
    assert [answer.url.path for answer in large if answer.headers.get("content-encoding") != "gzip"] == []
    assert sum(answer.num_bytes_downloaded for answer in answers) < MOST_BYTES


def test_what_a_page_asks_for_has_the_version_in_its_address_and_is_kept_for_good(client: Client, linked: set[str]) -> None:
    assert [path for path in linked if not VERSIONED.match(path)] == []
    answer = client.get(next(path for path in linked if path.endswith("editor/main.js")))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert 'from "./actions.js"' in answer.text, "relative, so that modules import from the same version"


@pytest.mark.parametrize("path", ["/static/editor/main.js", f"/static/v{'0' * 16}/editor/main.js"], ids=["none", "another"])
def test_without_the_right_version_a_file_is_asked_for_each_time(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = client.get(path, headers={"If-None-Match": answer.headers["etag"], "Accept-Encoding": "identity"})
    assert (plain.status_code, plain.text) == (200, answer.text)
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize("name", ["", "editor", "..%2fREADME.md", "none.js", "%00", "x" * 3000])
def test_only_files_are_served(client: Client, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_the_head_of_a_file_tells_what_it_is(client: Client) -> None:
    answer = client.head("/static/favicon.svg")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("image/svg+xml")
