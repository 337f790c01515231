"""The developer console: contract.md A046-A050."""

from __future__ import annotations

import re

from tests.support.keys import bearer
from tests.support.peer import Peer
from tests.support.people import join
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import new_flow, unique


def sent(client: Client, path: str, **fields: object) -> str:
    """The page that answers a form."""
    answer = client.post(path, data={"_csrf": client.headers["X-CSRF-Token"], **fields}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def added(client: Client, url: str) -> tuple[str, str]:
    """A new endpoint: its id, and the secret that the page shows."""
    page = sent(client, "/developers/endpoints", url=url, events=["run.completed", "run.failed"], description="Shop")
    (secret,) = re.findall(r'id="new-secret">([^<]+)<', page)
    ids = re.findall(rf'href="/developers/endpoints/([\w-]+)">{re.escape(url)}<', page)
    return ids[0], secret


def test_a046_manage_webhook_endpoints(client: Client, peer: Peer) -> None:
    endpoint, secret = added(client, f"{peer.url}/{unique()}")
    assert secret.startswith("whsec_")
    assert secret not in client.get("/developers").text
    assert "Switch off" in client.get(f"/developers/endpoints/{endpoint}").text
    assert "Switch on" in sent(client, f"/developers/endpoints/{endpoint}/switch")
    assert "The endpoint was deleted." in sent(client, f"/developers/endpoints/{endpoint}/delete")
    refused = client.post("/developers/endpoints", data={"_csrf": client.headers["X-CSRF-Token"], "url": "nonsense"})
    assert (refused.status_code, "must be a whole address" in refused.text or "events" in refused.text) == (400, True)


def test_a046_only_admins_see_endpoints(server: ServerProcess, client: Client, peer: Peer) -> None:
    url = f"{peer.url}/{unique()}"
    endpoint, _ = added(client, url)
    editor = join(server, unique("editor"), "editor")
    assert url not in editor.get("/developers").text
    assert editor.get(f"/developers/endpoints/{endpoint}").status_code == 403
    sent(client, f"/developers/endpoints/{endpoint}/delete")


def test_a047_rotate_a_secret(client: Client, peer: Peer) -> None:
    endpoint, secret = added(client, f"{peer.url}/{unique()}")
    page = sent(client, f"/developers/endpoints/{endpoint}/rotate")
    (new,) = re.findall(r'id="new-secret">([^<]+)<', page)
    assert new != secret
    sent(client, f"/developers/endpoints/{endpoint}/delete")


def test_a048_send_a_test_delivery(client: Client, peer: Peer) -> None:
    endpoint, _ = added(client, f"{peer.url}/{unique()}")
    assert "The delivery is on its way." in sent(client, f"/developers/endpoints/{endpoint}/test")
    assert "endpoint.test" in client.get(f"/developers/endpoints/{endpoint}").text
    sent(client, f"/developers/endpoints/{endpoint}/delete")


def test_a049_create_a_scoped_key(server: ServerProcess, client: Client) -> None:
    page = sent(client, "/keys", name=unique("key"), scopes=["flows:read"], days="30")
    (token,) = re.findall(r'id="new-token">([^<]+)<', page)
    assert bearer(server, token).get("/api/v1/flows").status_code == 200
    assert bearer(server, token).post("/api/v1/flows", json={}).status_code == 403


def test_a050_ways_to_begin(client: Client) -> None:
    flow = new_flow(client)
    page = client.get("/developers").text
    assert "Build on Blockyard" in page
    assert 'href="/keys"' in page
    assert 'href="/developers/reference"' in page
    assert f"/api/v1/flows/{flow['id']}/runs" in page
    reference = client.get("/developers/reference").text
    assert "/api/v1/flows/{flow}/runs" in reference
    assert "Scope flows:run, role executor." in reference
    assert not re.findall(r'(?:src|href)="https?://', reference)


def test_a237_pages_explain_the_blocks_and_the_api(client: Client) -> None:
    blocks = client.get("/blocks").text
    kinds = [kind["type"] for kind in client.get("/api/blocks").json()["blocks"]]
    assert all(f'href="/blocks/{kind}"' in blocks for kind in kinds)
    assert all(kind in client.get(f"/blocks/{kind}").text for kind in ("starter", "agent", "webhook"))
    description = client.get("/api/openapi.json").json()
    tags = {operation["tags"][0] for methods in description["paths"].values() for operation in methods.values()}
    shown = "".join(client.get("/developers/reference", params={"part": tag}).text for tag in sorted(tags))
    missing = [
        f"{method} {path}"
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if f'id="{operation["operationId"]}"' not in shown
    ]
    assert missing == []


def test_the_reference_names_ones_own_things_and_can_be_searched(client: Client) -> None:
    flow = new_flow(client)
    run = client.post(f"/api/v1/flows/{flow['id']}/runs", json={}).json()["executionId"]
    client.wait_for(run)
    page = client.get("/developers/reference", params={"q": "executions retry"}).text
    assert f"/api/v1/executions/{run}/retry" in page
    assert "/api/v1/executions/{execution}/retry" in page
    assert "/api/groups" not in page
    assert "No call fits" in client.get("/developers/reference", params={"q": "no <such> call"}).text
    assert "<such>" not in client.get("/developers/reference", params={"q": "no <such> call"}).text
