"""Lists of executions go on after a place, whatever is added meanwhile: contract.md A129, A084, C1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.graphs import block
from tests.support.server import Client

LISTS = [
    ("/api/executions", "executions", "workflow_id"),
    ("/api/v1/executions", "data", "flowId"),
    ("/api/plays", "data", "flowId"),
]


def ran(client: Client, workflow: str, count: int) -> list[str]:
    return [client.execute(workflow)["execution_id"] for _ in range(count)]


def pages(client: Client, address: str, name: str, **query: Any) -> list[list[str]]:
    """The ids on every page, going on from one to the next."""
    found: list[list[str]] = []
    after = ""
    while not found or after:
        page = client.get(address, params={**query, "after": after}).json()
        found.append([item["id"] for item in page[name]])
        after = page["next"] or ""
    return found


@pytest.mark.parametrize(("address", "name", "filter"), LISTS)
def test_a_page_stays_the_same_when_executions_are_added(client: Client, address: str, name: str, filter: str) -> None:
    workflow = client.new(block("start", "starter"))
    old = ran(client, workflow, 5)
    query = {filter: workflow, "size": 2}
    first = client.get(address, params=query).json()
    new = ran(client, workflow, 3)
    second = client.get(address, params={**query, "after": first["next"]}).json()
    third = client.get(address, params={**query, "after": second["next"]}).json()
    seen = [item["id"] for page in (first, second, third) for item in page[name]]
    assert (seen, third["next"], third["total"]) == (old[::-1], None, 8)
    assert pages(client, address, name, **query, order="asc") == [[*old[:2]], [*old[2:4]], [old[4], new[0]], [*new[1:]]]


@pytest.mark.parametrize("after", ["x", "1", "1.", ".a", "99999999999999999999.a", "1.A", "1.a'--"])
def test_what_is_no_place_is_refused(client: Client, after: str) -> None:
    answer = client.get("/api/executions", params={"after": after})
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "after")


def link(execution: str) -> str:
    return f'href="/executions/{execution}"'


def test_the_page_for_people_leads_on(client: Client) -> None:
    workflow = client.new(block("start", "starter"))
    ids = ran(client, workflow, 3)
    path = f"/executions?workflow={workflow}&size=2"
    first = client.get(path, headers={"Accept": "text/html"}).text
    place = client.get("/api/executions", params={"workflow_id": workflow, "size": 2}).json()["next"]
    assert f"after={place}" in first
    assert link(ids[0]) not in first
    older = client.get(f"{path}&after={place}", headers={"Accept": "text/html"}).text
    assert link(ids[0]) in older
    assert link(ids[1]) not in older
    assert "Newest" in older
