"""Id and secret of a webhook are properties of its block: contract.md A215, A216, A218-A223."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.support.data import database
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook, raw_status
from tests.support.server import Client, ServerProcess


def test_a215_the_id_is_in_the_config_of_the_block(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    workflow = client.deployed(hook)
    stored = client.drawn(workflow)["blocks"][0]["config"]
    assert stored["webhook_id"] == hook["config"]["webhook_id"]
    assert call_hook(server, hook).status_code == 200


def test_a216_the_secret_is_in_the_config_of_the_block_and_sealed_on_disk(client: Client, server: ServerProcess) -> None:
    hook = webhook(secret=f"secret-{uuid4()}")
    workflow = client.deployed(hook)
    secret = hook["config"]["webhook_secret"]
    assert client.drawn(workflow)["blocks"][0]["config"]["webhook_secret"] == secret
    for file in (database(server), database(server).with_name("blockyard.db-wal")):
        assert not file.exists() or secret.encode() not in file.read_bytes()


def test_a218_a_program_fetches_the_workflow_and_reads_them(client: Client, server: ServerProcess) -> None:
    workflow = client.deployed(webhook("one"), webhook("two"), block("end", "response"), edges=["one>end", "two>end"])
    blocks = client.get(f"/api/workflows/{workflow}").json()["blocks"]
    hooks = [found for found in blocks if found["type"] == "webhook"]
    assert [call_hook(server, hook, {"via": hook["id"]}).json() for hook in hooks] == [{"via": "one"}, {"via": "two"}]


def test_a219_the_server_mints_neither(client: Client) -> None:
    workflow = client.new(block("hook", "webhook"))
    assert client.drawn(workflow)["blocks"][0]["config"] == {}
    refused = client.post(f"/api/workflows/{workflow}/deploy")
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (400, "webhook_id")


@pytest.mark.parametrize("webhook_id", ["", "orders", "12345678", "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d1", 7])
def test_a220_the_id_must_be_a_uuid(client: Client, webhook_id: object) -> None:
    workflow = client.new(block("hook", "webhook", {"webhook_id": webhook_id, "webhook_secret": "s"}))
    refused = client.post(f"/api/workflows/{workflow}/deploy")
    assert (refused.status_code, refused.json()["error"]) == (400, "NOT_READY")
    assert [(problem["block_id"], problem["field"]) for problem in refused.json()["details"]] == [("hook", "webhook_id")]


@pytest.mark.parametrize(
    "webhook_id", ["orders", "%20", "5f0f5a0c-3f0e-4b7e-9a53", "0", "%F0%9F%92%A9", "5f0f5a0c3f0e4b7e9a530b7c1c6f2d1g"]
)
def test_a221_a_call_with_another_id_is_400(client: Client, server: ServerProcess, webhook_id: str) -> None:
    answer = client.post(f"/api/webhooks/{webhook_id}")
    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")
    assert "UUID" in answer.json()["message"]


def test_a221_an_unknown_uuid_is_404(client: Client) -> None:
    answer = client.post(f"/api/webhooks/{uuid4()}")
    assert (answer.status_code, answer.json()["error"]) == (404, "WEBHOOK_NOT_FOUND")


@pytest.mark.parametrize(
    "secret", ["x", "pässwörd à", "密码", "two w0rds", "a" * 500, "q?&=#/+%20", "Bearer me", "{{ x", "${X}", "<a.b>"]
)
def test_a222_the_secret_may_be_any_text(client: Client, server: ServerProcess, secret: str) -> None:
    hook = webhook(secret=secret)
    client.deployed(hook)
    assert call_hook(server, hook).status_code == 200
    assert call_hook(server, hook, headers={"Authorization": "none"}, params={"token": secret}).status_code == 200
    assert call_hook(server, hook, secret=secret + "x").status_code == 401


@pytest.mark.parametrize("config", [{"webhook_secret": ""}, {}], ids=["empty", "absent"])
def test_a223_a_webhook_without_a_secret_answers_401(client: Client, server: ServerProcess, config: dict[str, str]) -> None:
    hook = block("hook", "webhook", {"webhook_id": str(uuid4())} | config)
    workflow = client.deployed(hook)
    statuses = {
        raw_status(server, f"/api/webhooks/{hook['config']['webhook_id']}", b"Authorization: Bearer "),
        call_hook(server, hook, secret="guess").status_code,
        client.post(f"/api/webhooks/{hook['config']['webhook_id']}").status_code,
        client.post(f"/api/webhooks/{hook['config']['webhook_id']}", params={"token": ""}).status_code,
    }
    assert statuses == {401}
    warnings = [problem["code"] for problem in client.get(f"/api/workflows/{workflow}").json()["problems"]]
    assert warnings == ["WEBHOOK_WITHOUT_SECRET"]
