"""What a first visit of the editor fetches: everything from this server, compressed, and not too much of it."""

from __future__ import annotations

import re

from tests.support.graphs import block
from tests.support.server import Client

MOST_BYTES = 350_000


def test_the_editor_is_light_over_the_wire(client: Client) -> None:
    workflow = client.new(block("start", "starter"))
    page = client.get(f"/workflows/{workflow}")
    linked = {*re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text)}
    assert {"/static/editor/main.js", "/static/editor/model.js", "/static/css/editor.css"} <= linked
    answers = [page, *(client.get(path) for path in sorted(linked))]
    assert [answer.url.path for answer in answers if answer.status_code != 200] == []
    large = [answer for answer in answers if len(answer.content) > 2_000]
    assert [answer.url.path for answer in large if answer.headers.get("content-encoding") != "gzip"] == []
    assert sum(answer.num_bytes_downloaded for answer in answers) < MOST_BYTES
