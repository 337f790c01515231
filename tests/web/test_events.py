"""Events by name and resume addresses: what waits goes on, what listens starts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from app.sdk import Json
from tests.support.graphs import block
from tests.support.people import join
from tests.support.server import Client, ServerProcess
from tests.support.waiting import gate, resume_urls, start


def wait_event(id: str = "wait", event: str = "", **config: Json) -> dict[str, Json]:
    return block(id, "flow.wait_event", {"event": event, **config})


def waiting(client: Client, event: str = "", **config: Json) -> tuple[str, str]:
    """An execution that waits for an event, and the address by which it goes on."""
    execution = start(client, wait_event(event=event, **config))
    return execution, resume_urls(client, execution)["wait", ""]


def send(client: Client, name: str, payload: Json = None) -> httpx.Response:
    return client.post("/api/events", json={"name": name, "payload": payload})


def unique(name: str) -> str:
    return f"{name}.{uuid4().hex}"


# -- resume addresses ------------------------------------------------------------------------------------------------


def test_a_resume_address_works_once(client: Client) -> None:
    execution, url = waiting(client)
    first = httpx.post(url, json={"amount": 12.5, "name": "Zoë"})
    assert (first.status_code, first.json()["execution_id"]) == (200, execution)
    assert client.wait_for(execution)["output"] == {"amount": 12.5, "name": "Zoë"}
    second = httpx.post(url, json={"amount": 99})
    assert (second.status_code, second.json()["error"]) == (410, "ADDRESS_USED")
    assert client.get(f"/api/executions/{execution}").json()["output"] == {"amount": 12.5, "name": "Zoë"}
    assert resume_urls(client, execution) == {}


def test_ten_calls_at_once_answer_once(client: Client) -> None:
    execution, url = waiting(client)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: httpx.post(url, json={"n": n}), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + 9 * [410]
    (winner,) = [n for n, answer in enumerate(answers) if answer.status_code == 200]
    assert client.wait_for(execution)["output"] == {"n": winner}


def test_looking_at_a_resume_address_does_not_use_it_up(client: Client) -> None:
    execution, url = waiting(client, unique("payment"), data="Has <b>Ada</b> paid?")
    for _ in range(2):
        page = httpx.get(url, headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert "Has &lt;b&gt;Ada&lt;/b&gt; paid?" in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
    assert client.get(f"/api/executions/{execution}").json()["status"] == "waiting"
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "null"}
    assert "goes on" in httpx.post(url, headers=form).text
    assert client.wait_for(execution)["output"] == {}
    for call in (httpx.get, httpx.post):
        gone = call(url, headers=form)
        assert (gone.status_code, "works once" in gone.text) == (410, True)


@pytest.mark.parametrize("change", ["last letter", "first letter", "cut", "upper case", "empty signature", "nonsense"])
def test_a_forged_address_is_not_found(client: Client, change: str) -> None:
    execution, url = waiting(client)
    base, _, token = url.rpartition("/")
    forged = {
        "last letter": token[:-1] + ("0" if token[-1] != "0" else "1"),
        "first letter": ("0" if token[0] != "0" else "1") + token[1:],
        "cut": token[:-1],
        "upper case": token.upper() if token != token.upper() else token.lower() + "0",
        "empty signature": token[:32],
        "nonsense": "ä" * 64,
    }[change]
    for call in (httpx.get, httpx.post):
        assert call(f"{base}/{forged}").status_code == 404
    assert client.get(f"/api/executions/{execution}").json()["status"] == "waiting"


def test_an_approval_has_no_resume_address(client: Client) -> None:
    assert resume_urls(client, start(client, gate())) == {}


def test_a_body_that_is_no_json_leaves_the_address_unused(client: Client) -> None:
    execution, url = waiting(client)
    assert httpx.post(url, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert httpx.post(url, content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    assert httpx.post(url, json={"ok": 1}).status_code == 200
    assert client.wait_for(execution)["output"] == {"ok": 1}


def test_an_address_is_over_when_the_time_is(client: Client) -> None:
    execution, url = waiting(client, timeout_seconds=0.6)
    done = client.wait_for(execution)
    assert [step["ports"] for step in done["steps"] if step["block_id"] == "wait"] == [["timeout"]]
    late = httpx.post(url, json={})
    assert (late.status_code, late.json()["error"]) == (410, "ADDRESS_OVER")


def test_an_address_is_over_when_its_execution_is_cancelled(client: Client) -> None:
    execution, url = waiting(client)
    client.post(f"/api/executions/{execution}/cancel")
    assert httpx.post(url, json={}).status_code == 410


def test_what_does_not_fit_the_schema_leaves_the_step_waiting_at_a_new_address(client: Client) -> None:
    execution, url = waiting(client, payload_schema={"type": "object", "required": ["amount"]})
    assert httpx.post(url, json={"wrong": 1}).status_code == 200
    fresh = resume_urls_after(client, execution, url)
    assert httpx.post(fresh, json={"amount": 1}).status_code == 200
    assert client.wait_for(execution)["output"] == {"amount": 1}


def resume_urls_after(client: Client, execution: str, old: str) -> str:
    for _ in range(500):
        found = resume_urls(client, execution).get(("wait", ""), old)
        if found != old:
            return found
    raise AssertionError("no other address came")


def test_every_round_of_a_loop_has_its_own_address(client: Client) -> None:
    workflow = client.new(
        block("start", "starter"),
        block("loop", "flow.loop", {"items": "{{ ['a', 'b'] }}", "concurrency": 2}),
        wait_event(),
        edges=["start>loop", "loop:item>wait"],
    )
    accepted = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False})
    execution = accepted.json()["execution_id"]
    client.wait_for(execution, "waiting")
    urls = resume_urls(client, execution)
    assert set(urls) == {("wait", "0"), ("wait", "1")}
    assert httpx.post(urls["wait", "1"], json="second").status_code == 200
    assert httpx.post(urls["wait", "0"], json="first").status_code == 200
    assert client.wait_for(execution)["output"] == ["first", "second"]


def test_only_those_who_may_run_see_addresses_and_send_events(client: Client, server: ServerProcess) -> None:
    viewer = join(server, f"v{uuid4().hex[:10]}", "viewer")
    execution, url = waiting(client, "seen")
    assert resume_urls(viewer, execution) == {}
    assert url not in viewer.get(f"/executions/{execution}").text
    assert url in client.get(f"/executions/{execution}").text
    assert send(viewer, "seen").status_code == 403


# -- events by name --------------------------------------------------------------------------------------------------


def test_an_event_reaches_everything_that_waits_for_it_and_nothing_else(client: Client) -> None:
    name = unique("payment")
    two = [waiting(client, name)[0] for _ in range(2)]
    other, _ = waiting(client, unique("payment"))
    sent = send(client, name, {"amount": 7})
    assert (sent.status_code, sent.json()["name"], sorted(sent.json()["resumed"])) == (202, name, sorted(two))
    for execution in two:
        assert client.wait_for(execution)["output"] == {"amount": 7}
    assert client.get(f"/api/executions/{other}").json()["status"] == "waiting"
    assert send(client, name).json() == {"name": name, "resumed": [], "started": []}


def test_an_event_starts_the_deployed_workflows_that_listen_for_it(client: Client) -> None:
    name = unique("order")
    listens = block("on", "trigger.event", {"event": f"{name}.*"})
    deployed = client.deployed(listens, block("by_hand", "starter"))
    client.new(listens)
    client.deployed(block("on", "trigger.event", {"event": name}))
    client.deployed(listens | {"enabled": False}, block("by_hand", "starter"))
    switched_off = client.deployed(listens)
    client.put(f"/api/workflows/{switched_off}", json={"enabled": False})
    (execution,) = send(client, f"{name}.paid", {"total": 250}).json()["started"]
    done = client.wait_for(execution)
    assert (done["workflow_id"], done["trigger"], done["status"]) == (deployed, "event", "completed")
    assert (done["output"]["type"], done["output"]["data"]) == (f"{name}.paid", {"total": 250})
    assert done["output"]["timestamp"].endswith("Z")
    client.post(f"/api/workflows/{deployed}/undeploy")
    assert send(client, f"{name}.paid").json()["started"] == []


def test_a_workflow_that_is_full_does_not_hold_up_the_others(client: Client) -> None:
    name = unique("order")
    full = client.deployed(block("on", "trigger.event", {"event": name}), gate(), edges=["on>gate"])
    free = client.deployed(block("on", "trigger.event", {"event": name}))
    settings = {"concurrency": {"limit": 1, "when_full": "skip"}}
    assert client.put(f"/api/workflows/{full}/settings", json=settings).status_code == 200
    first = send(client, name).json()["started"]
    waits, _ = waiting(client, name)
    second = send(client, name).json()
    workflows = [client.get(f"/api/executions/{execution}").json()["workflow_id"] for execution in second["started"]]
    assert (len(first), workflows, second["resumed"]) == (2, [free], [waits])


def test_an_event_stays_within_its_workspace(client: Client, server: ServerProcess) -> None:
    name = unique("payment")
    stranger = join(server, f"s{uuid4().hex[:10]}", "admin", elsewhere=True)
    execution, _ = waiting(client, name)
    client.deployed(block("on", "trigger.event", {"event": name}))
    assert send(stranger, name).json() == {"name": name, "resumed": [], "started": []}
    assert client.get(f"/api/executions/{execution}").json()["status"] == "waiting"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201, " padded", None, 7])
def test_an_event_needs_a_name(client: Client, name: Json) -> None:
    assert client.post("/api/events", json={"name": name}).status_code == 400


def test_a_step_that_waits_for_its_address_only_hears_no_event(client: Client) -> None:
    execution, url = waiting(client, "")
    send(client, unique("other"))
    assert client.get(f"/api/executions/{execution}").json()["status"] == "waiting"
    assert httpx.post(url).status_code == 200
    assert client.wait_for(execution)["output"] == {}
