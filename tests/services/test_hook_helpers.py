"""What a process that only helps with light webhooks gives back: it has neither the counters nor the services of the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from app.services.errors import ServiceError
from app.services.hook_answers import HookCall
from app.services.hooks import Hooks
from app.services.lending import Programs
from app.services.starts import Starts
from tests.support.graphs import block, webhook
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio


def hooks(studio: Studio, *, is_helper: bool) -> Hooks:
    server = studio.server
    programs: Programs = server.lending.programs
    starts = Starts(server.database, server.journal, server.host)
    return Hooks(server.database, starts, programs, server.bus, 10, is_helper=is_helper)


def call(hook: Mapping[str, Any]) -> HookCall:
    headers = {"authorization": f"Bearer {hook['config']['webhook_secret']}", "content-type": "application/json"}
    return HookCall(hook["config"]["webhook_id"], "POST", headers, {}, json.dumps({"n": 1}).encode(), "127.0.0.1")


async def test_a_helper_answers_light_webhooks_only(studio: Studio) -> None:
    light, heavy, guarded = webhook(), webhook(), webhook(calls_per_minute=5)
    await studio.new(light, block("end", "response"), edges=["hook>end"], deploy=True)
    await studio.new(heavy, block("call", "general_api", {"url": "http://127.0.0.1:1"}), edges=["hook>call"], deploy=True)
    await studio.new(guarded, deploy=True)
    helper = hooks(studio, is_helper=True)
    assert (await helper.call(call(light))).response["body"] == {"n": 1}
    for hook in (heavy, guarded):
        with pytest.raises(ServiceError) as error:
            await helper.call(call(hook))
        assert (error.value.status, error.value.code) == (421, "MISDIRECTED")


async def test_a_guarded_webhook_stays_with_the_server(studio: Studio) -> None:
    plain, guarded = webhook(), webhook(calls_per_minute=5)
    for hook in (plain, guarded):
        await studio.new(hook, deploy=True)
    main = hooks(studio, is_helper=False)
    for hook in (plain, guarded):
        await main.call(call(hook))
    assert main.light.find(plain["config"]["webhook_id"]) is not None
    assert main.light.find(guarded["config"]["webhook_id"]) is None


async def test_no_guard_is_made_for_a_webhook_without_the_options(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = webhook()
    await studio.new(hook, deploy=True)
    monkeypatch.setattr("app.services.hook_guard.Guard.__init__", None)
    assert (await hooks(studio, is_helper=False).call(call(hook))).ended is not None
