"""Every poll of every service: what is new starts the workflow once, what was there at the beginning does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.presets.library import Presets
from app.presets.manifest import Manifest, Poll
from app.sdk import Block, BlockError, Json, WatchItem
from app.services.execution_secrets import ExecutionSecrets
from app.services.secret_http import SecretHttp
from blocks.core._paging import look
from tests.presets.conftest import CREDENTIALS, SECRET, World, server_credential
from tests.presets.test_recorded import credential_of, expected_path, server_of

pytestmark = pytest.mark.anyio
POLLS = [(manifest, name) for manifest in Presets.load().manifests() for name in manifest.polls]
IDS = [f"{manifest.id}.{name}" for manifest, name in POLLS]


@dataclass
class Looking:
    """A WatchContext that keeps what it is given, as JSON."""

    http: Any
    place: str = "w1/seen"
    cursor: Json = None
    started: list[Json] = field(default_factory=list)

    async def accept(self, items: Sequence[WatchItem], cursor: Json) -> int:
        self.started += [item.value for item in items]
        self.cursor = json.loads(json.dumps(cursor))
        return len(items)


@dataclass
class Polled:
    world: World
    manifest: Manifest
    poll: Poll
    block: Block
    context: Any

    @property
    def config(self) -> dict[str, Json]:
        given = dict(self.block.examples[0].config)
        return {**given, "credential": credential_of(self.manifest)} if "credential" in given else given

    async def look(self, answer: Json, status: int = 200, **more: Json) -> float:
        self.world.service.says(answer, status)
        assert self.block.watch is not None
        return await self.block.watch(self.context, self.block.config.model_validate({**self.config, **more}))

    def answer(self, *keys: str) -> Json:
        """The recorded answer with an entry for each key."""
        operation = self.manifest.operations[self.poll.operation]
        answer = deepcopy(operation.sample.answer)
        place = operation.paging.items if operation.paging else operation.result
        entries = look(answer, place)
        first = entries[0]
        entries[:] = [self._named(deepcopy(first), key) for key in keys]
        return answer

    def _named(self, entry: Json, key: str) -> Json:
        *way, last = self.poll.key.split(".")
        inner = entry
        for part in way:
            inner = inner[part]
        inner[last] = key
        return entry

    def keys(self) -> list[str]:
        return [look(entry, self.poll.key) for entry in self.context.started]


@pytest.fixture(params=range(len(POLLS)), ids=IDS)
def polled(request: pytest.FixtureRequest, world: World, presets: Presets) -> Polled:
    return made(world, presets, request.param)


def made(world: World, presets: Presets, number: int) -> Polled:
    manifest, name = POLLS[number]
    block = presets.get(f"{manifest.id}.{name}")
    assert block is not None
    known = {**CREDENTIALS, "SERVER": server_credential(server_of(manifest))}
    context = Looking(SecretHttp(world.detour, ExecutionSecrets(known, {}, {}, "")))
    return Polled(world, manifest, manifest.polls[name], block, context)


async def test_what_is_new_comes_once_and_in_order(polled: Polled) -> None:
    assert await polled.look(polled.answer("1", "0")) == 300
    assert polled.context.started == []
    await polled.look(polled.answer("3", "2", "1", "0"))
    await polled.look(polled.answer("3", "2", "1"))
    polled.context = Looking(polled.context.http, cursor=polled.context.cursor, started=polled.context.started)  # a restart
    await polled.look(polled.answer("4", "0"))
    assert polled.keys() == ["2", "3", "4"]
    operation = polled.manifest.operations[polled.poll.operation]
    for seen in polled.world.service.seen:
        assert (seen["method"], seen["path"]) == (operation.method, expected_path(polled.manifest, operation))
        assert seen["query"].items() >= polled.poll.query.items()
        assert not polled.poll.body or json.loads(seen["body"]).items() >= polled.poll.body.items()
        assert SECRET in str(seen["headers"]) or SECRET in str(seen["query"]) or "authorization" in seen["headers"]


async def test_what_is_there_already_can_count(polled: Polled) -> None:
    await polled.look(polled.answer("1", "0"), include_existing=True)
    assert polled.keys() == ["0", "1"]


async def test_a_service_that_refuses_or_answers_something_else(polled: Polled) -> None:
    await polled.look(polled.answer("0"))
    for answer, status in (({"message": "no"}, 401), ({"message": "slow"}, 429), ({"message": "broken"}, 503)):
        with pytest.raises(BlockError) as caught:
            await polled.look(answer, status)
        assert SECRET not in caught.value.message
        assert polled.manifest.name in caught.value.message
    before = polled.context.cursor
    with pytest.raises(BlockError, match="cannot be told apart"):
        await polled.look(polled.answer(""))
    assert (polled.context.cursor, polled.context.started) == (before, [])


def test_polls_are_triggers_of_the_catalog(presets: Presets) -> None:
    assert len(POLLS) >= 10
    for type in IDS:
        block = presets.get(type)
        assert block is not None and block.trigger and block.watch is not None
        assert (presets.canonical(type), type in presets.polled) == (type, True)
