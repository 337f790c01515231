"""Webhook, code, condition, split, response and platform call."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.engine.expressions import ExpressionError
from app.sdk import Json, Output
from blocks.core.response import ResponseConfig

pytestmark = pytest.mark.anyio


async def test_webhook_passes_the_variables_on(stage: Any) -> None:
    config = {"webhook_id": "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11", "webhook_secret": ""}
    assert await stage().run("webhook", config, {"a": 1}) == Output({"a": 1})


@pytest.mark.parametrize(
    "webhook_id", ["", "not-one", "{5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11}", "5f0f5a0c3f0e4b7e9a530b7c1c6f2d11"]
)
async def test_a_webhook_needs_a_uuid(stage: Any, webhook_id: str) -> None:
    with pytest.raises(ValidationError, match="webhook_id"):
        await stage().run("webhook", {"webhook_id": webhook_id})


async def test_code_gets_the_names_and_its_prints_are_logged(stage: Any, sandbox_answering: Any) -> None:
    context = stage(variables={"a": 1}, outputs={"fetch": {"b": 2}}, sandbox=sandbox_answering(3, "one", "two"))
    assert await context.run("code", {"code": "output = '{{ not a template }}'"}, "in") == Output(3)
    source, names = context.sandbox.runs[0]
    assert source == "output = '{{ not a template }}'"
    assert (names["variables"], names["input"], names["fetch"]) == ({"a": 1}, "in", {"output": {"b": 2}})
    assert context.lines == ["one", "two"]


@pytest.mark.parametrize(("number", "port"), [(1, "if"), (2, "elif_1"), (3, "elif_2"), (4, "else")])
async def test_condition_takes_the_first_true_branch(stage: Any, number: int, port: str) -> None:
    branches: list[Json] = [{"expression": f"input == {n}"} for n in (1, 2, 3)] + [{"expression": "input == 1"}]
    assert await stage().run("condition", {"branches": branches}, number) == Output(number, ports=(port,))


async def test_branches_after_the_true_one_are_not_looked_at(stage: Any) -> None:
    config = {"branches": [{"expression": "true"}, {"expression": "blocks.nowhere.output"}]}
    assert (await stage().run("condition", config)).ports == ("if",)


async def test_split_takes_all_its_branches(stage: Any) -> None:
    assert await stage().run("split", {"branches": 2}, "x") == Output("x", ports=("branch_1", "branch_2"))


async def test_response_renders_nested_texts_and_answers(stage: Any) -> None:
    config = {
        "status": "{{ 200 + 1 }}",
        "headers": {"X-Count": "{{ input }}"},
        "body": {"list": ["{{ input }}", "n={{ input }}"]},
    }
    outcome = await stage().run("response", config, 3)
    expected = {"status": 201, "headers": {"X-Count": "3"}, "body": {"list": [3, "n=3"]}}
    assert outcome == Output(expected, ports=(), response=expected)


async def test_a_body_that_is_null_on_purpose_stays_null(stage: Any) -> None:
    assert (await stage().run("response", {"body": "{{ None }}"}, "input")).value["body"] is None
    assert (await stage().run("response", {}, "input")).value["body"] == "input"


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nSet-Cookie: b"}, {"X\n": "a"}, {"": "a"}, {"Content-Length": "0"}, {"set-cookie": "session=1"}]
)
def test_headers_of_an_answer_cannot_break_out(headers: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="headers"):
        ResponseConfig.model_validate({"headers": headers})


async def test_platform_call_hands_over_and_needs_an_id_for_one(stage: Any, platform: Any) -> None:
    config = {"operation": "execute", "resource_id": "Send invoice", "body": {"order": "{{ input }}"}}
    assert await stage(platform=platform).run("platform_api", config, 7) == Output({"done": "execute"})
    assert platform.calls == [("workflows", "execute", "Send invoice", {"order": 7})]
    with pytest.raises(ValidationError, match="resource_id"):
        await stage(platform=platform).run("platform_api", {"operation": "get"})


async def test_a_failing_condition_fails_the_block(stage: Any) -> None:
    with pytest.raises(ExpressionError, match="nowhere"):
        await stage().run("condition", {"branches": [{"expression": "nowhere.output == 1"}]})
