"""Plays of the flow8 surface, live and afterwards: contract.md A084-A088, A105-A106."""

from __future__ import annotations

from tests.support.layers import code, new_flow, played
from tests.support.server import Client, ServerProcess
from tests.support.sockets import cookies, opened, until
from tests.support.waiting import gate, start


def test_a084_list_plays(client: Client) -> None:
    flow = new_flow(client, code("answer", "output = 1"))
    ids = [played(client, flow) for _ in range(2)]
    page = client.get("/api/plays", params={"flowId": flow, "state": "DONE"}).json()
    assert ([play["id"] for play in page["data"]], page["total"]) == (ids[::-1], 2)
    assert client.get("/api/plays", params={"state": "GONE"}).status_code == 400


def test_a085_a_play(client: Client) -> None:
    flow = new_flow(client, code("answer", "output = 1 / 0"))
    play = client.get(f"/api/plays/{played(client, flow, a=1)}").json()
    assert {"id", "flowId", "state", "startedAt", "completedAt", "duration", "args"} <= play.keys()
    assert (play["state"], play["args"], play["error"]["code"]) == ("FAIL", {"a": 1}, "CODE_ERROR")


def test_a086_the_results_of_its_layers(client: Client) -> None:
    flow = new_flow(client, code("one", "output = 1"), code("two", "output = input + 1"))
    layers = client.get(f"/api/plays/{played(client, flow)}/layers").json()["data"]
    assert [(layer["ref"], layer["state"], layer["out"]) for layer in layers] == [("one", "DONE", 1), ("two", "DONE", 2)]


def test_a087_approve_a_pending_step(client: Client) -> None:
    flow = new_flow(client, code("ship", "output = 'shipped'", needsApproval=True))
    play = client.post(f"/api/flows/{flow}/run").json()["playId"]
    client.wait_for(play, "waiting")
    assert client.get(f"/api/plays/{play}").json()["state"] == "WAIT"
    answer = client.post(f"/api/plays/{play}/approve", json={"layerId": "ship", "note": "Fine"})
    assert (answer.status_code, answer.json()["decision"]) == (200, "approved")
    assert client.wait_for(play)["output"] == "shipped"
    late = client.post(f"/api/plays/{play}/approve")
    assert (late.status_code, late.json()["error"]) == (409, "NOTHING_PENDING")


def test_a087_a_decision_may_be_no(client: Client) -> None:
    play = start(client, gate())
    client.post(f"/api/plays/{play}/approve", json={"decision": "rejected"})
    assert client.wait_for(play)["output"]["decision"] == "rejected"


def test_a088_cancel_a_running_play_and_the_record_stays(client: Client) -> None:
    flow = new_flow(client, {"name": "nap", "appId": "flow.wait", "args": {"seconds": 600}})
    play = client.post(f"/api/flows/{flow}/run").json()["playId"]
    client.wait_for(play, "waiting")
    found = client.delete(f"/api/plays/{play}").json()
    assert (found["state"], found["reason"]) == ("FAIL", "cancelled")
    assert client.get(f"/api/plays/{play}").status_code == 200
    assert client.delete(f"/api/plays/{play}").status_code == 409


def test_a105_live_events(server: ServerProcess, client: Client) -> None:
    flow = new_flow(client, code("one", "output = 1", needsApproval=True), code("two", "output = 1 / 0"))
    with opened(server.url, "/api/ws", cookies(client)) as socket:
        play = client.post(f"/api/flows/{flow}/run").json()["playId"]
        frames = until(socket, type="play:waiting", playId=play)
        client.post(f"/api/plays/{play}/approve")
        frames += until(socket, type="play:failed", playId=play)
    mine = [frame for frame in frames if frame["playId"] == play]
    assert [(frame["type"], frame["ref"], frame["state"]) for frame in mine] == [
        ("play:started", None, "RUN"),
        ("play:layer:started", "one-approval", "RUN"),
        ("play:waiting", "one-approval", "WAIT"),
        ("play:started", None, "RUN"),
        ("play:layer:started", "one-approval", "RUN"),
        ("play:layer:completed", "one-approval", "DONE"),
        ("play:layer:started", "one", "RUN"),
        ("play:layer:completed", "one", "DONE"),
        ("play:layer:started", "two", "RUN"),
        ("play:layer:failed", "two", "FAIL"),
        ("play:failed", None, "FAIL"),
    ]
    assert mine[0].keys() == {"type", "playId", "flowId", "layerId", "ref", "state", "out", "timestamp", "cursor"}


def test_a106_layers_are_steps_and_plays_are_executions(client: Client) -> None:
    flow = new_flow(client, code("answer", "output = 1"))
    play = played(client, flow)
    assert client.get(f"/api/executions/{play}").json()["workflow_id"] == flow
    assert [step["block_id"] for step in client.get(f"/api/executions/{play}").json()["steps"]] == ["answer"]
