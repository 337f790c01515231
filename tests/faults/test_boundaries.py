"""SIGKILL at one record after another of the same execution, whatever it does there: it goes on from each."""

from __future__ import annotations

from typing import Any

from tests.faults.disk import query
from tests.support.counting import CountingPeer
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess

KILLS = ("hold-first", "hold-0", "hold-1", "hold-caught", "hold-last")
EDGES = (
    "start>first", "first>sum", "sum>each", "each:item>work", "each>check", "check:if>bad", "bad:error>caught", "caught>last",
)  # fmt: skip


def drawn(peer: CountingPeer) -> list[dict[str, Any]]:
    """Calls one after another: in a chain, in two rounds of a loop, behind an error handle, at the end."""

    def calls(id: str, path: str) -> dict[str, Any]:
        return block(id, "general_api", {"method": "POST", "url": f"{peer.url}/{path}", "send_idempotency_key": True})

    return [
        block("start", "starter"),
        calls("first", "hold-first"),
        block("sum", "code", {"code": "output = 1 + 1"}),
        block("each", "flow.loop", {"items": [0, 1]}),
        calls("work", "hold-{{ index }}"),
        block("check", "condition", {"branches": [{"expression": "len(input) == 2"}]}),
        block("bad", "code", {"code": "output = 1 / 0"}),
        calls("caught", "hold-caught"),
        calls("last", "hold-last"),
    ]


def test_an_execution_that_is_killed_at_every_record_still_ends(own_server: ServerProcess, peer: CountingPeer) -> None:
    client = Client(own_server.url).sign_in()
    workflow = client.new(*drawn(peer), edges=EDGES)
    execution = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    for path in KILLS:
        peer.wait_for(f"/{path}")
        own_server.kill()
        own_server.start()
        peer.wait_for(f"/{path}", 2)
        peer.let_go(path)
    client = Client(own_server.url).sign_in()
    assert client.wait_for(execution)["status"] == "completed"
    assert peer.count == {f"/{path}": 2 for path in KILLS}, "the interrupted call again, and no recorded one"
    keys = [set(peer.keys(f"/{path}")) for path in KILLS]
    assert keys == [{f"{execution}:{step}"} for step in ("first:0", "work:0", "work:1", "caught:0", "last:0")]
    recorded = sorted(query(own_server, "SELECT block_id, iteration, status FROM steps WHERE execution_id = ?", execution))
    once = [(id, "", "completed") for id in ("start", "first", "sum", "each", "check", "caught", "last")]
    assert recorded == sorted([*once, ("bad", "", "failed"), ("work", "0", "completed"), ("work", "1", "completed")])
