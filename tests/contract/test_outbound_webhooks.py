"""Outbound webhooks: contract.md A038-A045, A047-A048, C25, G5."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from playwright._impl._driver import compute_driver_executable
from standardwebhooks import Webhook

from tests.support.graphs import block
from tests.support.peer import Peer, Reply, Seen
from tests.support.server import Client, ServerProcess
from tests.support.waiting import approval_of, gate, start

HOME = "/api/v1/webhook-endpoints"
NODE = shutil.which("node") or compute_driver_executable()[0]
"""The browser's driver brings one."""
VERIFY = """
const crypto = require("crypto");
const [secret, header, body] = process.argv.slice(1);
function verify(rawBody, signatureHeader, secret) {
  const expected = crypto
    .createHmac("sha256", secret)
    .update(rawBody)
    .digest("hex");
  return crypto.timingSafeEqual(
    Buffer.from(expected),
    Buffer.from(signatureHeader),
  );
}
console.log(verify(Buffer.from(body, "base64"), header, secret));
"""
"""The receiver of seed 000 as it is printed."""


def eventually(found: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return value


def endpoint(client: Client, url: str, *events: str) -> dict[str, Any]:
    answer = client.post(HOME, json={"url": url, "events": list(events)})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def calls(peer: Peer, path: str, type: str, count: int = 1) -> list[Seen]:
    """The deliveries of one type to a path, once there are so many."""

    def found() -> list[Seen]:
        seen = [call for call in peer.calls(path) if call.json()["type"] == type]
        return seen if len(seen) >= count else []

    delivered: list[Seen] = eventually(found)
    return delivered


def plain(client: Client, source: str = "output = 1") -> str:
    return client.new(block("start", "starter"), block("end", "code", {"code": source}), edges=["start>end"])


def test_a038_register_an_endpoint(client: Client, peer: Peer) -> None:
    made = endpoint(client, f"{peer.url}/a", "run.completed")
    assert made["secret"].startswith("whsec_")
    for answer in (client.get(HOME), client.get(f"{HOME}/{made['id']}")):
        assert made["id"] in answer.text
        assert "whsec_" not in answer.text
    for wrong in (
        {"url": "ftp://example.com", "events": ["run.completed"]},
        {"url": "https://user:word@example.com", "events": ["run.completed"]},
        {"url": "https://example.com", "events": ["run.invented"]},
        {"url": "https://example.com", "events": []},
        {"url": "https://example.com"},
        {"events": ["*"]},
    ):
        assert client.post(HOME, json=wrong).status_code == 400, wrong
    assert client.put(f"{HOME}/{made['id']}", json={"description": "Shop"}).json()["description"] == "Shop"
    assert [client.delete(f"{HOME}/{made['id']}").status_code for _ in range(2)] == [200, 404]


def test_a039_a040_an_envelope_is_posted_when_a_run_completes(client: Client, peer: Peer) -> None:
    made = endpoint(client, f"{peer.url}/done", "run.completed")
    execution = client.execute(plain(client))["execution_id"]
    (call,) = [seen for seen in calls(peer, "/done", "run.completed") if seen.json()["data"]["executionId"] == execution]
    body = call.json()
    assert body.keys() == {"type", "timestamp", "data"}
    assert (call.method, body["data"]["status"], call.headers["content-type"]) == ("POST", "completed", "application/json")
    client.delete(f"{HOME}/{made['id']}")


def test_a040_only_subscribed_events_are_told(client: Client, peer: Peer) -> None:
    failures, everything = endpoint(client, f"{peer.url}/failures", "run.failed"), endpoint(client, f"{peer.url}/all", "*")
    client.execute(plain(client))
    calls(peer, "/all", "run.completed")
    client.execute(plain(client, "output = 1 / 0"))
    calls(peer, "/failures", "run.failed")
    assert {call.json()["type"] for call in peer.calls("/failures")} == {"run.failed"}
    for made in (failures, everything):
        client.delete(f"{HOME}/{made['id']}")


def test_a041_a_failed_run_tells_why(client: Client, peer: Peer) -> None:
    made = endpoint(client, f"{peer.url}/failed", "run.failed")
    client.execute(plain(client, "output = 1 / 0"))
    data = calls(peer, "/failed", "run.failed")[0].json()["data"]
    assert (data["status"], data["error"]["code"]) == ("failed", "CODE_ERROR")
    client.delete(f"{HOME}/{made['id']}")


def test_a042_an_approval_that_is_needed(client: Client, peer: Peer) -> None:
    made = endpoint(client, f"{peer.url}/asks", "approval.needed", "approval.decided")
    execution = start(client, gate(title="Ship it?"))
    approval = approval_of(client, execution)
    data = calls(peer, "/asks", "approval.needed")[0].json()["data"]
    assert (data["approvalId"], data["executionId"], data["title"]) == (approval, execution, "Ship it?")
    client.post(f"/api/v1/approvals/{approval}/approve")
    assert calls(peer, "/asks", "approval.decided")[0].json()["data"]["decision"] == "approved"
    client.delete(f"{HOME}/{made['id']}")


def test_a043_a044_every_delivery_is_signed_over_its_exact_bytes(client: Client, peer: Peer) -> None:
    made = endpoint(client, f"{peer.url}/signed", "run.completed")
    client.post(f"{HOME}/{made['id']}/test")
    call = calls(peer, "/signed", "endpoint.test")[0]
    expected = hmac.new(made["secret"].encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-g8-signature"] == call.headers["x-blockyard-signature"] == expected
    standard = {name: call.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    assert Webhook(made["secret"]).verify(call.body, standard) == call.json()
    client.delete(f"{HOME}/{made['id']}")


def test_a044_the_printed_receiver_accepts_it(client: Client, peer: Peer) -> None:
    import base64

    made = endpoint(client, f"{peer.url}/node", "run.completed")
    client.post(f"{HOME}/{made['id']}/test")
    call = calls(peer, "/node", "endpoint.test")[0]
    body = base64.b64encode(call.body).decode()
    for secret, accepted in ((made["secret"], "true"), ("whsec_wrong", "false")):
        run = [NODE, "-e", VERIFY, secret, call.headers["x-g8-signature"], body]
        assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == accepted
    client.delete(f"{HOME}/{made['id']}")


def test_a045_each_endpoint_has_a_secret_of_its_own(client: Client, peer: Peer) -> None:
    made = [endpoint(client, f"{peer.url}/one", "run.completed") for _ in range(2)]
    assert made[0]["secret"] != made[1]["secret"]
    for found in made:
        client.delete(f"{HOME}/{found['id']}")


def test_a047_rotation_keeps_the_old_secret_for_a_while(client: Client, peer: Peer) -> None:
    made = endpoint(client, f"{peer.url}/rotated", "run.completed")
    rotated = client.post(f"{HOME}/{made['id']}/rotate").json()
    assert rotated["secret"] != made["secret"]
    client.post(f"{HOME}/{made['id']}/test")
    call = calls(peer, "/rotated", "endpoint.test")[0]
    standard = {name: call.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    for secret in (made["secret"], rotated["secret"]):
        assert Webhook(secret).verify(call.body, standard)
    expected = hmac.new(rotated["secret"].encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-g8-signature"] == expected
    client.delete(f"{HOME}/{made['id']}")


def test_a048_a_test_delivery_and_its_log(client: Client, peer: Peer) -> None:
    made = endpoint(client, f"{peer.url}/tested", "run.completed")
    queued = client.post(f"{HOME}/{made['id']}/test")
    assert (queued.status_code, queued.json()["status"]) == (202, "pending")
    calls(peer, "/tested", "endpoint.test")
    log = eventually(lambda: client.get(f"{HOME}/{made['id']}/deliveries", params={"status": "delivered"}).json()["data"])
    assert [(found["id"], found["statusCode"], len(found["attempts"])) for found in log] == [(queued.json()["id"], 200, 1)]
    again = client.post(f"{HOME}/{made['id']}/deliveries/{queued.json()['id']}/replay").json()
    assert again["replayOf"] == queued.json()["id"]
    first, second = calls(peer, "/tested", "endpoint.test", 2)
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    client.delete(f"{HOME}/{made['id']}")


def test_a_refused_delivery_is_tried_again_and_410_switches_the_endpoint_off(
    server: ServerProcess, client: Client, peer: Peer
) -> None:
    peer.replies["/busy"] = Reply({"error": "busy"}, status=503)
    made = endpoint(client, f"{peer.url}/busy", "run.completed")
    delivery = client.post(f"{HOME}/{made['id']}/test").json()["id"]

    def tried(count: int) -> Any:
        (found,) = client.get(f"{HOME}/{made['id']}/deliveries").json()["data"]
        return found if len(found["attempts"]) >= count else None

    waiting = eventually(lambda: tried(1))
    assert (waiting["status"], waiting["statusCode"]) == ("pending", 503)
    assert waiting["nextAttemptAt"] > waiting["attempts"][0]["at"]
    peer.replies["/busy"] = Reply({}, status=410)
    with closing(sqlite3.connect(server.data / "blockyard.db", timeout=10)) as connection, connection:
        connection.execute("UPDATE deliveries SET next_at = 1 WHERE id = ?", (delivery,))
    assert eventually(lambda: tried(2))["status"] == "failed"
    off = eventually(lambda: (found := client.get(f"{HOME}/{made['id']}").json())["enabled"] is False and found)
    assert "410" in off["disabledReason"]
    client.delete(f"{HOME}/{made['id']}")


def test_what_ends_while_the_server_is_killed_is_told_afterwards(own_server: ServerProcess, peer: Peer) -> None:
    client = Client(own_server.url).sign_in()
    workflow = client.new(block("start", "starter"), block("nap", "flow.wait", {"seconds": 1}), edges=["start>nap"])
    made = endpoint(client, f"{peer.url}/told", "run.completed")
    execution = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    client.wait_for(execution, "waiting")
    own_server.kill()
    own_server.start()
    data = calls(peer, "/told", "run.completed")[0].json()["data"]
    assert data["executionId"] == execution
    client = Client(own_server.url).sign_in()
    assert client.get(f"{HOME}/{made['id']}/deliveries").json()["total"] == 1


def test_an_endpoint_on_this_machine_is_refused_unless_the_operator_allows_it(client: Client) -> None:
    made = endpoint(client, "http://169.254.169.254/latest", "run.completed")
    client.post(f"{HOME}/{made['id']}/test")
    found = eventually(lambda: client.get(f"{HOME}/{made['id']}/deliveries").json()["data"][0]["attempts"])
    assert found[0]["statusCode"] is None
    client.delete(f"{HOME}/{made['id']}")
