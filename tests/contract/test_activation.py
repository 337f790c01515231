"""Deploying and arming: contract.md A206-A214, A224-A226, A266."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.data import set_armed_until
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.server import Client, ServerProcess


def hooked(client: Client) -> tuple[str, dict[str, Any]]:
    """A workflow that answers its webhook's body, and the webhook."""
    hook = webhook()
    return client.new(hook, block("end", "response"), edges=["hook>end"]), hook


def do(client: Client, workflow: str, action: str) -> dict[str, Any]:
    answer = client.post(f"/api/workflows/{workflow}/{action}")
    assert answer.is_success, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a206_deploy_opens_the_webhook(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    assert call_hook(server, hook).status_code == 403
    do(client, workflow, "deploy")
    assert call_hook(server, hook, {"n": 1}).json() == {"n": 1}


def test_a206_deploy_refuses_a_workflow_that_cannot_run(client: Client) -> None:
    workflow = client.new(webhook(), block("call", "general_api"), edges=["hook>call"])
    answer = client.post(f"/api/workflows/{workflow}/deploy")
    assert (answer.status_code, answer.json()["details"][0]["block_id"]) == (400, "call")
    assert client.get(f"/api/workflows/{workflow}").json()["state"] == "internal"


def test_a206_callers_get_the_deployed_revision_while_people_edit(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "deploy")
    drawn = {"blocks": [hook, block("end", "response", {"body": "new"})], "edges": [{"source": "hook", "target": "end"}]}
    assert client.put(f"/api/workflows/{workflow}/graph", json=drawn).status_code == 200
    assert call_hook(server, hook, {"n": 1}).json() == {"n": 1}
    do(client, workflow, "deploy")
    assert call_hook(server, hook, {"n": 1}).text == "new"


def test_a207_deploy_sets_the_state(client: Client) -> None:
    workflow, _ = hooked(client)
    assert client.get(f"/api/workflows/{workflow}").json()["state"] == "internal"
    do(client, workflow, "deploy")
    assert client.get(f"/api/workflows/{workflow}").json()["state"] == "deployed"


def test_a208_a_deployed_webhook_takes_calls_until_undeploy(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "deploy")
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: call_hook(server, hook, {"n": number}), range(60)))
    assert [answer.status_code for answer in answers] == [200] * 60
    assert [answer.json()["n"] for answer in answers] == list(range(60))
    do(client, workflow, "undeploy")
    assert call_hook(server, hook).status_code == 403


def test_a209_undeploy_takes_state_and_armed_window_back(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "deploy")
    do(client, workflow, "arm")
    assert do(client, workflow, "undeploy") == {"ok": True, "state": "internal"}
    found = client.get(f"/api/workflows/{workflow}").json()
    assert (found["state"], found["armed_until"]) == ("internal", None)
    assert call_hook(server, hook).status_code == 403


def test_a210_arm_lets_one_call_pass(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "arm")
    answer = call_hook(server, hook, {"n": 1})
    assert (answer.status_code, answer.json()) == (200, {"n": 1})


def test_a211_arm_leaves_the_state_internal(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "arm")
    assert client.get(f"/api/workflows/{workflow}").json()["state"] == "internal"
    call_hook(server, hook)
    assert client.get(f"/api/workflows/{workflow}").json()["state"] == "internal"


def test_a212_the_armed_window_is_ten_minutes(client: Client) -> None:
    workflow, _ = hooked(client)
    began = datetime.now(UTC)
    until = datetime.fromisoformat(do(client, workflow, "arm")["armed_until"])
    assert timedelta(minutes=10, seconds=-1) <= until - began <= timedelta(minutes=10, seconds=5)
    assert client.get(f"/api/workflows/{workflow}").json()["armed_until"] == until.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )


def test_a213_of_fifty_simultaneous_calls_exactly_one_passes(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "arm")
    with ThreadPoolExecutor(50) as threads:
        statuses = list(threads.map(lambda number: call_hook(server, hook, {"n": number}).status_code, range(50)))
    assert sorted(statuses) == [200] + [403] * 49
    assert client.get("/api/executions", params={"workflow_id": workflow}).json()["total"] == 1


def test_a213_a_wrong_secret_never_uses_up_the_arm(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "arm")
    assert call_hook(server, hook, secret="wrong").status_code == 401
    assert call_hook(server, hook, content=b"{bad", headers={"Content-Type": "application/json"}).status_code == 400
    assert call_hook(server, hook).status_code == 200


def test_a214_after_it_fired_it_must_be_armed_again(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "arm")
    assert [call_hook(server, hook).status_code for _ in range(2)] == [200, 403]
    assert client.get(f"/api/workflows/{workflow}").json()["armed_until"] is None
    do(client, workflow, "arm")
    assert call_hook(server, hook).status_code == 200


def test_a214_after_it_expired_it_must_be_armed_again(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "arm")
    set_armed_until(server, workflow, datetime.now(UTC) - timedelta(seconds=1))
    assert call_hook(server, hook).status_code == 403
    assert client.get(f"/api/workflows/{workflow}").json()["armed_until"] is None
    do(client, workflow, "arm")
    assert call_hook(server, hook).status_code == 200


def test_a224_the_answer_to_deploy_is_exact(client: Client) -> None:
    workflow, _ = hooked(client)
    assert do(client, workflow, "deploy") == {"ok": True, "state": "deployed"}


def test_a225_the_answer_to_arm_is_exact(client: Client) -> None:
    workflow, _ = hooked(client)
    answer = do(client, workflow, "arm")
    assert set(answer) == {"ok", "armed_until"}
    assert answer["ok"] is True
    assert datetime.fromisoformat(answer["armed_until"]).utcoffset() == timedelta(0)


def test_a226_neither_answer_holds_the_credentials(client: Client) -> None:
    workflow, hook = hooked(client)
    for action in ("deploy", "arm", "undeploy"):
        answer = client.post(f"/api/workflows/{workflow}/{action}")
        everything = answer.text + str(answer.headers)
        assert hook["config"]["webhook_id"] not in everything
        assert hook["config"]["webhook_secret"] not in everything


def test_a266_a_deployed_workflow_can_be_armed_and_calls_do_not_use_that_up(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "deploy")
    do(client, workflow, "arm")
    assert [call_hook(server, hook).status_code for _ in range(3)] == [200] * 3
    assert client.get(f"/api/workflows/{workflow}").json()["armed_until"] is not None


def test_a266_a_workflow_that_is_switched_off_takes_no_call_in_either_mode(client: Client, server: ServerProcess) -> None:
    workflow, hook = hooked(client)
    do(client, workflow, "deploy")
    do(client, workflow, "arm")
    client.put(f"/api/workflows/{workflow}", json={"enabled": False})
    assert (call_hook(server, hook).status_code, call_hook(server, hook, secret="wrong").status_code) == (403, 401)
    client.put(f"/api/workflows/{workflow}", json={"enabled": True})
    assert call_hook(server, hook).status_code == 200
