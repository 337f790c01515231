"""Files from outside, through blocks, and out again: an upload becomes a workbook, over a real server."""

from __future__ import annotations

import io

import httpx
import openpyxl

from tests.support.graphs import block, webhook
from tests.support.hooks import hook_url
from tests.support.server import Client, ServerProcess


def test_a_table_that_is_uploaded_comes_back_as_a_workbook(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    blocks = [
        hook,
        block("table", "fmt.csv", {"source": "{{ variables.file }}", "convert": True}),
        block("large", "data.filter", {"rules": [{"field": "total", "comparison": "greater", "value": 10}]}),
        block("book", "fmt.xlsx", {"operation": "write", "sheet": "Large"}),
        block("answer", "response"),
    ]
    client.deployed(*blocks, edges=["hook>table", "table>large", "large>book", "book>answer"])
    table = "id;total\r\n1;5\r\n2;12,5\r\n3;99\r\n".replace(",", ".")
    headers = {"Authorization": f"Bearer {hook['config']['webhook_secret']}"}
    answer = httpx.post(hook_url(server, hook), headers=headers, files={"file": ("t.csv", table, "text/csv")}, timeout=60)
    assert (answer.status_code, answer.headers["content-type"].partition(".")[0]) == (200, "application/vnd")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content))["Large"].values)
    assert rows == [("id", "total"), (2, 12.5), (3, 99)]
