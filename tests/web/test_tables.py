"""Data tables over HTTP: the API, files in and out, and the pages that edit them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.sdk import Json
from tests.support.keys import bearer, new_key
from tests.support.people import join
from tests.support.server import Client, ServerProcess

COLUMNS = [
    {"name": "email", "unique": True, "required": True},
    {"name": "age", "type": "number"},
    {"name": "since", "type": "date"},
]
PEOPLE = [{"email": "ada@example.com", "age": 36, "since": "2026-01-02"}, {"email": "bob@example.com", "age": 41}]


@pytest.fixture
def table(client: Client) -> str:
    """The address of a new table with two people."""
    body = {"name": f"people {uuid4().hex[:8]}", "columns": COLUMNS, "rows": PEOPLE}
    answer = client.post("/api/tables", json=body)
    assert answer.status_code == 201, answer.text
    return f"/api/tables/{answer.json()['id']}"


def emails(client: httpx.Client, table: str, **asked: Any) -> list[str]:
    params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}
    answer = client.get(f"{table}/rows", params=params)
    assert answer.status_code == 200, answer.text
    return [row["email"].partition("@")[0] for row in answer.json()["rows"]]


# -- the API ---------------------------------------------------------------------------------------------------------------


def test_a_table_is_made_changed_and_deleted(client: Client, table: str) -> None:
    made = client.get(table).json()
    assert (made["rows"], [column["type"] for column in made["columns"]]) == (2, ["text", "number", "date"])
    assert made["name"] in [found["name"] for found in client.get("/api/tables").json()["tables"]]
    assert client.get(f"/api/tables/{made['name']}").json()["id"] == made["id"]
    assert client.post("/api/tables", json={"name": made["name"], "columns": COLUMNS}).status_code == 409
    columns = [*made["columns"], {"name": "city", "default": "Bern"}]
    changed = client.put(table, json={"description": "Who we know", "columns": columns}, headers={"If-Match": "1"})
    assert (changed.json()["description"], changed.json()["revision"]) == ("Who we know", 2)
    assert client.put(table, json={"name": "x"}, headers={"If-Match": "1"}).status_code == 412
    assert client.get(f"{table}/rows/1").json()["city"] == "Bern"
    assert client.delete(table).json() == {"ok": True}
    assert client.get(table).status_code == 404


def test_rows_are_found_added_changed_and_removed(client: Client, table: str) -> None:
    assert emails(client, table, where=[{"column": "age", "operator": "greater", "value": 40}]) == ["bob"]
    assert emails(client, table, sort="-age", limit=1) == ["bob"]
    added = client.post(f"{table}/rows", json={"rows": [{"email": "eve@example.com"}]})
    assert (added.status_code, added.json()["rows"][0]["id"]) == (201, 3)
    again = client.post(f"{table}/rows", json={"rows": [{"email": "eve@example.com", "age": 5}], "column": "email"})
    assert (again.status_code, again.json()["rows"][0]["age"]) == (200, 5)
    changed = client.patch(f"{table}/rows/3", json={"age": 6}, headers={"If-Match": "2"})
    assert (changed.json()["age"], changed.headers["etag"]) == (6, '"3"')
    assert client.patch(f"{table}/rows/3", json={"age": 7}, headers={"If-Match": "2"}).status_code == 412
    young = [{"column": "age", "operator": "less", "value": 10}]
    assert client.patch(f"{table}/rows", json={"where": young, "values": {"since": "2026-02-03"}}).json() == {"changed": 1}
    assert client.request("DELETE", f"{table}/rows", json={"where": young}).json() == {"deleted": 1}
    assert client.delete(f"{table}/rows/1").json() == {"ok": True}
    assert emails(client, table) == ["bob"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/rows", {"rows": [{"email": "ada@example.com"}]}, 409),
        ("POST", "/rows", {"rows": [{"age": 5}]}, 400),
        ("POST", "/rows", {"rows": []}, 400),
        ("POST", "/rows", {"rows": [{}] * 1001}, 400),
        ("POST", "/rows", {"rows": PEOPLE, "column": "age"}, 400),
        ("PATCH", "/rows", {"where": [], "values": {"age": 1}}, 400),
        ("DELETE", "/rows", {}, 400),
        ("PATCH", "/rows/1", {"age": "old"}, 400),
        ("PATCH", "/rows/99", {"age": 1}, 404),
        ("GET", "/rows/1e3", None, 404),
        ("GET", "/rows?where=[1", None, 400),
        ("GET", "/rows?limit=x", None, 400),
        ("GET", "/rows?sort=salary", None, 400),
        ("GET", "/export?format=pdf", None, 400),
        ("POST", "/import?mode=merge", [], 400),
    ],
)
def test_what_makes_no_sense_is_refused(client: Client, table: str, method: str, path: str, body: Json, status: int) -> None:
    answer = client.request(method, f"{table}{path}", **({} if body is None else {"json": body}))
    assert answer.status_code == status, answer.text
    assert emails(client, table) == ["ada", "bob"]


def test_roles_keys_and_workspaces(client: Client, server: ServerProcess, table: str) -> None:
    viewer, executor = (join(server, f"tables-{role}-{uuid4().hex[:6]}", role) for role in ("viewer", "executor"))
    stranger = join(server, f"tables-stranger-{uuid4().hex[:6]}", "admin", elsewhere=True)
    row = {"rows": [{"email": "x@example.com"}]}
    assert emails(viewer, table) == ["ada", "bob"]
    assert viewer.post(f"{table}/rows", json=row).status_code == 403
    assert executor.post(f"{table}/rows", json=row).status_code == 201
    assert executor.put(table, json={"description": "x"}).status_code == 403
    assert stranger.get(f"{table}/rows").status_code == stranger.delete(table).status_code == 404
    assert bearer(server, new_key(client, "kv")).get(f"{table}/rows").status_code == 403
    assert bearer(server, new_key(client, "tables")).get(f"{table}/rows").status_code == 200
    deeds = client.get("/api/v1/audit").json()["data"]
    assert any(deed["action"] == "tables.write" for deed in deeds)


# -- files -----------------------------------------------------------------------------------------------------------------


def take_in(client: Client, table: str, content: str, **asked: str) -> httpx.Response:
    kind = "application/json" if content.startswith(("[", "{")) else "text/csv"
    return client.post(f"{table}/import", params=asked, content=content.encode(), headers={"Content-Type": kind})


def test_a_table_goes_out_and_comes_in_again(client: Client, table: str) -> None:
    for kind in ("csv", "json"):
        out = client.get(f"{table}/export", params={"format": kind})
        assert out.headers["content-disposition"].endswith(f'.{kind}"')
        before = client.get(f"{table}/rows").json()["rows"]
        assert take_in(client, table, out.text, mode="replace").json() == {"imported": 2, "rows": 2}
        after = client.get(f"{table}/rows").json()["rows"]
        assert [(row["email"], row["age"], row["since"]) for row in before] == [
            (row["email"], row["age"], row["since"]) for row in after
        ]
    csv = client.get(f"{table}/export").text.splitlines()
    assert csv[0] == "id,email,age,since"
    assert csv[1].endswith("ada@example.com,36,2026-01-02")


def test_files_are_added_and_merged(client: Client, table: str) -> None:
    assert take_in(client, table, "email;age\nzoe@example.com;1,5\n").status_code == 400
    assert take_in(client, table, "\ufeffemail;age\r\nzoe@example.com;1.5\r\n\r\n").json() == {"imported": 1, "rows": 3}
    lines = '{"email": "zoe@example.com", "age": 2}\n{"email": "yan@example.com"}\n'
    assert take_in(client, table, lines, mode="upsert", column="email", format="json").json() == {"imported": 2, "rows": 4}
    assert client.get(f"{table}/rows/3").json()["age"] == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no rows"),
        ("email\n", "no rows"),
        ("email,email\na,b\n", "another way"),
        ("email\na,b\n", "more values"),
        ('email\n"never closed\n', "no CSV"),
        ("email,salary\na@b.c,1\n", "no column"),
        ("email,age\nc@b.c,1\nd@b.c,old\n", "rows[1].age"),
        ("email\nc@b.c\nc@b.c\n", "unique"),
        ("[1, 2]", "list of objects"),
        ("[{", "malformed"),
        ("email\n" + "x@b.c\n" * 50_001, "50,000"),
    ],
    ids=lambda text: text[:20].replace("\n", "|"),
)
def test_a_file_that_does_not_fit_changes_nothing(client: Client, table: str, content: str, words: str) -> None:
    answer = take_in(client, table, content)
    assert answer.status_code in (400, 409, 413), answer.text
    assert words in answer.json()["message"]
    assert emails(client, table) == ["ada", "bob"]


def test_bytes_that_are_no_text_and_files_that_are_too_large(client: Client, table: str) -> None:
    for content, status in ((b"\xff\xfe\x00", 400), (b"email\n" + b"a" * 10_000_001, 413)):
        answer = client.post(f"{table}/import", content=content, headers={"Content-Type": "text/csv"})
        assert answer.status_code == status


# -- pages -----------------------------------------------------------------------------------------------------------------


def send(client: Client, path: str, files: Any = None, **fields: str) -> httpx.Response:
    return client.post(path, data={"_csrf": client.headers["X-CSRF-Token"], **fields}, files=files)


def test_a_table_is_made_from_typed_columns_and_from_a_file(client: Client) -> None:
    typed = send(client, "/tables", name=f"typed {uuid4().hex[:6]}", columns="email, age:number")
    assert typed.status_code == 303
    assert "age" in client.get(typed.headers["location"]).text
    content = "Order no.,id,Paid,When,Total,Zip\n1,x7,true,2026-01-02,9.5,08001\n2,x8,false,2026-01-03,10,08002\n"
    made = send(client, "/tables", {"file": ("orders.csv", content)}, name=f"orders {uuid4().hex[:6]}")
    found = client.get(f"/api{made.headers['location']}").json()
    assert [(column["name"], column["type"]) for column in found["columns"]] == [
        ("Order_no", "number"), ("Paid", "boolean"), ("When", "date"), ("Total", "number"), ("Zip", "text"),
    ]  # fmt: skip
    refused = send(client, "/tables", name="bad", columns="1st")
    assert (refused.status_code, "must begin with a letter" in refused.text) == (400, True)


def test_a_cell_saves_itself_or_says_what_is_wrong(client: Client, table: str) -> None:
    cell = f"{table.removeprefix('/api')}/rows/1/cell"
    saved = send(client, cell, column="age", value="37")
    assert (saved.status_code, 'value="37"' in saved.text, "data-saved" in saved.text) == (200, True, True)
    wrong = send(client, cell, column="age", value="<b>old")
    assert wrong.status_code == 400
    assert "must be a number" in wrong.text
    assert "&lt;b&gt;old" in wrong.text
    assert client.get(f"{table}/rows/1").json()["age"] == 37
    assert "must be unique" in send(client, cell, column="email", value="bob@example.com").text
    assert send(client, cell, column="age", value="").status_code == 200
    assert client.get(f"{table}/rows/1").json()["age"] is None


def test_rows_and_columns_by_forms(client: Client, table: str) -> None:
    page = table.removeprefix("/api")
    assert send(client, f"{page}/rows", **{"cell.email": "eve@example.com", "cell.age": ""}).status_code == 303
    assert "bob" in send(client, f"{page}/rows", **{"cell.email": "ada@example.com", "cell.age": "bob"}).text
    assert send(client, f"{page}/columns", name="city", type="text").status_code == 303
    assert send(client, f"{page}/columns", old="age", name="years", type="number", do="save").status_code == 303
    assert send(client, f"{page}/columns", old="since", do="remove").status_code == 303
    assert send(client, f"{page}/rows/2/delete").status_code == 303
    row = client.get(f"{table}/rows/1").json()
    assert {"years", "city"} < row.keys()
    assert "since" not in row
    shown = client.get(page, params={"column": "years", "operator": "at_least", "value": "30"}).text
    assert "ada@example.com" in shown
    assert "eve@example.com" not in shown
    assert client.get(page, params={"column": "years", "value": "x", "operator": "greater"}).status_code == 400
    imported = send(client, f"{page}/import", {"file": ("more.json", '[{"email": "new@example.com"}]')}, mode="append")
    assert imported.status_code == 303
    assert send(client, f"{page}/delete").status_code == 303
    assert client.get(page).status_code == 404
