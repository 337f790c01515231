"""A service that the operator has imported, used by a workflow with a stored credential; and a trigger of a service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.presets.library import compiled
from app.presets.reading import read_manifest
from app.services.run_options import RunOptions
from tests.support.peer import Peer, Reply
from tests.support.studio import Studio, opened_studio

pytestmark = pytest.mark.anyio
SHOP = """
id: shop
name: Shop
description: A shop.
docs_url: https://shop.example/docs
base_url: ADDRESS
auth: [{kind: api_key, place: query, name: key}]
rate_limit: {requests: 50, seconds: 1, at_once: 2}
errors: {message: [why]}
operations:
  add_line:
    title: Add a line
    description: Adds a line to an order.
    effect: write
    method: POST
    path: /orders/{order}/lines
    idempotency: Idempotency-Key
    params:
      order: {in: path, required: true, help: The order.}
      item: {in: body, at: line.item, required: true, help: What is ordered.}
      number: {in: body, at: line.number, type: integer, default: 1, help: How many.}
    sample: {params: {order: "7", item: pen}, path: /orders/7/lines, body: {line: {item: pen, number: 1}}, answer: {id: 1}}
"""
START: dict[str, Any] = {"id": "start", "type": "starter", "config": {}}


@pytest.fixture
async def studio(tmp_path: Path, shop: Peer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.setenv("BLOCKYARD_EGRESS_ALLOW", "127.0.0.1")
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "shop.jsonl").write_bytes(compiled([read_manifest(SHOP.replace("ADDRESS", f"{shop.url}/api"))]))
    async with opened_studio(tmp_path) as studio:
        await studio.server.services.credentials.create(studio.actor, "SHOP", "value", {"value": "open/sesame"})
        yield studio


@pytest.fixture
def shop() -> Any:
    with Peer() as peer:
        yield peer


async def test_an_operation_runs_with_the_credential_and_nobody_sees_it(studio: Studio, shop: Peer) -> None:
    shop.replies["/api/orders/a%2Fb/lines"] = Reply({"id": 5, "echo": "open/sesame"})
    config = {"credential": "SHOP", "order": "{{ variables.order }}", "item": "pen", "number": "{{ variables.n }}"}
    block = {"id": "add", "type": "shop.add_line", "config": config}
    workflow = await studio.new(START, block, edges=["start>add"])
    await studio.run(workflow, order="a/b", n=3)
    (execution,) = await studio.executions(workflow)
    (seen,) = shop.seen
    assert (execution.status, json.loads(execution.output)["id"]) == ("completed", 5)
    assert seen.path == "/api/orders/a%2Fb/lines?key=open%2Fsesame"
    assert seen.json() == {"line": {"item": "pen", "number": 3}}
    assert len(seen.headers["idempotency-key"]) == 32
    assert b"sesame" not in execution.output


async def test_a_refusal_of_the_service_fails_the_step_in_words(studio: Studio, shop: Peer) -> None:
    shop.replies["/api/orders/7/lines"] = Reply({"why": "no such order"}, status=404)
    block = {"id": "add", "type": "shop.add_line", "config": {"credential": "SHOP", "order": "7", "item": "pen"}}
    workflow = await studio.new(START, block, edges=["start>add"])
    await studio.run(workflow)
    (execution,) = await studio.executions(workflow)
    error = json.loads(execution.error)
    assert (execution.status, error["code"]) == ("failed", "SERVICE_NOT_FOUND")
    assert "Shop does not find this: no such order" in error["message"]


async def test_a_simulation_asks_nothing_and_answers_the_sample(studio: Studio, shop: Peer) -> None:
    block = {"id": "add", "type": "shop.add_line", "config": {"credential": "SHOP", "order": "7", "item": "pen"}}
    workflow = await studio.new(START, block, edges=["start>add"])
    services = studio.server.services
    started = await services.executions.execute(studio.actor, workflow, {}, options=RunOptions(mode="simulation"))
    await started.handle.ended
    (execution,) = await studio.executions(workflow)
    assert (json.loads(execution.output), shop.seen) == ({"id": 1}, [])


async def test_a_trigger_is_stored_as_a_webhook_with_its_scheme(studio: Studio) -> None:
    hook = {"webhook_id": "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11", "webhook_secret": "s3cret", "scheme": "github"}
    workflow = await studio.new({"id": "hook", "type": "github.on_event", "config": hook})
    (block,) = (await studio.server.services.workflows.get(studio.actor, workflow)).graph.blocks
    assert (block.type, block.config["scheme"]) == ("webhook", "github")
