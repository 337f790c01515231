"""What a conversation may call and see: addresses are checked, secrets go out and never come back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from app.adapters.llm import LanguageModels
from app.sdk import BlockError, ModelRequest
from tests.support.language_models import TOKEN_MARKER, asking, lent, loopback_models, tool
from tests.support.model_server import ModelServer
from tests.support.peer import Peer

pytestmark = pytest.mark.anyio

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


@pytest.fixture
async def models() -> AsyncIterator[LanguageModels]:
    models = loopback_models()
    yield models
    await models.close()


@pytest.mark.parametrize("provider", ["openai-compatible", "anthropic", "google"])
async def test_private_addresses_are_refused_for_every_provider(model: ModelServer, provider: Any) -> None:
    models = LanguageModels()
    with pytest.raises(BlockError) as caught:
        await lent(models).converse(ModelRequest(provider, model.address, "m", "Hello"))
    assert (caught.value.code, model.seen) == ("EGRESS_REFUSED", [])
    await models.close()


async def test_the_operators_address_is_trusted_and_no_other(model: ModelServer, peer: Peer) -> None:
    models = LanguageModels()
    own = lent(models, model.address, "operator-key")
    assert (await own.converse(asking(model, trusted=True))).text == "Hello"
    assert model.seen[0].headers["authorization"] == "Bearer operator-key"
    with pytest.raises(BlockError, match="EGRESS_ALLOW"):
        await own.converse(ModelRequest("openai-compatible", f"{peer.url}/v1", "m", "Hello", trusted=True))
    assert peer.seen == []
    await models.close()


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_secrets_go_out_and_never_come_back(model: ModelServer, models: LanguageModels, stream: bool) -> None:
    send, sent = tool("send")
    model.uses("send", key="sk-very-secret")
    model.says("Your key is sk-very-secret, and this is sk-very short.")
    pieces: list[str] = []
    request = asking(model, f"Use {TOKEN_MARKER}", credential="KEY", stream=pieces.append if stream else None, tools=(send,))
    answer = await lent(models).converse(request)
    assert (answer.text, sent) == ("Your key is ***, and this is sk-very short.", [{"key": "***"}])
    assert "".join(pieces) == (answer.text if stream else "")
    assert model.asked[0]["messages"][-1]["content"] == "Use sk-very-secret"
    assert model.seen[0].headers["authorization"] == "Bearer sk-very-secret"
    assert not {name for name in model.seen[0].headers if name.startswith("x-stainless")}


async def test_secrets_do_not_come_back_in_errors_data_or_questions(model: ModelServer, models: LanguageModels) -> None:
    model.answers({"error": {"message": "sk-very-secret is wrong"}}, 401)
    with pytest.raises(BlockError, match=r": \*\*\* is wrong"):
        await lent(models).converse(asking(model, credential="KEY"))
    model.says_json({"city": "sk-very-secret"})
    assert (await lent(models).converse(asking(model, credential="KEY", output_schema=CITY))).data == {"city": "***"}
    send, _ = tool("send", needs_approval=True)
    model.uses("send", key="sk-very-secret")
    parked = await lent(models).converse(asking(model, credential="KEY", tools=(send,)))
    assert "sk-very-secret" not in json.dumps(parked.resume) + str(parked.pending)


@pytest.mark.parametrize("place", ["a credential that is not there", "a secret in the address"])
async def test_what_cannot_be_signed_is_named(model: ModelServer, models: LanguageModels, place: str) -> None:
    request = asking(model, credential="NOPE")
    if place == "a secret in the address":
        request = ModelRequest("openai-compatible", f"{model.url}/{TOKEN_MARKER}/v1", "m", "Hello")
    with pytest.raises(BlockError, match="NOPE" if "credential" in place else "use a credential"):
        await lent(models).converse(request)


async def test_a_schema_is_never_fetched(model: ModelServer, models: LanguageModels, peer: Peer) -> None:
    with pytest.raises(BlockError, match="none is ever fetched"):
        await lent(models).converse(asking(model, output_schema={"$ref": f"{peer.url}/schema.json"}))
    assert (peer.seen, model.seen) == ([], [])
