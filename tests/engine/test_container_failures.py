"""Failures in rounds, around them and beside them; and what is left of a round that was stopped."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.engine.events import Failure, StepFinished
from app.engine.runner import Runner
from app.sdk import BlockError, Context, Json, Output
from tests.support.flows import flows, loop, looping, rounds, trying
from tests.support.graphs import block, graph
from tests.support.tiny import Environment, MemoryRecorder, Ran, Types, assignment, drive, takes, tiny

pytestmark = pytest.mark.anyio


def statuses(recorder: MemoryRecorder) -> dict[str, str]:
    """The status of each step as `block iteration`."""
    ended = (event for event in recorder.events if isinstance(event, StepFinished))
    return {f"{event.block_id} {event.iteration}".strip(): event.status for event in ended}


async def run(*edges: str, value: Json = None, known: Types | None = None, **drawn: Any) -> Ran:
    async with asyncio.timeout(10):
        return await drive(graph(*edges, **drawn), known or flows(), value)


# -- failures in rounds ----------------------------------------------------------------------------------------------

ODD_FAILS: dict[str, Any] = {"check": "check", "bad": "bad"}


def odd_goes_wrong() -> Types:
    async def execute(context: Context, config: Any, value: Json) -> Output:
        return Output(value, ("if",) if value % 2 else ("else",))

    return flows(takes("if"), tiny("check", execute, outputs=takes("if").outputs))


async def test_a_round_that_fails_fails_the_loop_with_its_reason() -> None:
    drawn: dict[str, Any] = {"each": loop("each"), **ODD_FAILS}
    ran = await run("each:item>check", "check:if>bad", value=[2, 3, 4], known=odd_goes_wrong(), **drawn)
    assert ran.outcome.error is not None
    assert (ran.outcome.error.code, ran.outcome.error.block_id) == ("BROKEN", "each")
    assert rounds(ran, "check") == ["0", "1"], "no further round is begun"


async def test_a_loop_may_go_on_after_a_failing_round() -> None:
    drawn: dict[str, Any] = {"each": loop("each", on_error="continue"), **ODD_FAILS}
    ran = await run("each:item>check", "check:if>bad", value=[2, 3, 4], known=odd_goes_wrong(), **drawn)
    assert ran.outcome.output == [2, {"failed": "BROKEN"}, 4]


async def test_an_error_handle_inside_the_body_keeps_the_round_going() -> None:
    drawn: dict[str, Any] = {"each": loop("each"), "bad": "bad", "repair": "noop"}
    ran = await run("each:item>bad", "bad:error>repair", value=[1], **drawn)
    assert ran.outcome.output[0]["error"]["code"] == "BROKEN"


async def test_an_error_handle_of_the_container_catches_its_rounds() -> None:
    ran = await run("each:item>bad", "each:error>repair", value=[1], each=loop("each"), bad="bad")
    assert ran.outcome.status == "completed"
    assert ran.output("repair")["error"]["code"] == "BROKEN"


@pytest.mark.parametrize("retryable", [True, False])
async def test_a_container_hears_whether_trying_again_can_help(retryable: bool) -> None:
    heard: list[bool] = []

    async def listens(context: Context, config: Any, value: Json) -> Output:
        try:
            return Output(await context.run_body(0, value, {}))
        except BlockError as error:
            heard.append(error.retryable)
            return Output(None)

    async def fail(context: Context, config: Any, value: Json) -> Output:
        raise BlockError("NO", "no", retryable=retryable)

    drawn: dict[str, Any] = {"listen": "listen", "fail": "fail"}
    await run("listen:item>fail", known=flows(looping("listen", listens), tiny("fail", fail)), **drawn)
    assert heard == [retryable]


async def test_a_container_is_not_tried_again_by_its_own_policy() -> None:
    each = block("each", "each", {}, policy={"retry": {"attempts": 5, "delay_ms": 0}})
    ran = await run("each:item>bad", value=[1], each=each, bad="bad")
    assert ran.outcome.status == "failed"
    assert rounds(ran, "bad") == ["0"], "the blocks in it have policies of their own"


async def test_a_container_that_takes_too_long_is_stopped_with_all_its_rounds() -> None:
    each = block("each", "each", {"at_once": 2}, policy={"timeout_ms": 60})
    drawn: dict[str, Any] = {"each": each, "hang": "hang", "long": "long"}
    ran = await run("each:item>hang", "each:item>long", "each:error>repair", value=[1, 2], known=hanging(), **drawn)
    assert ran.outcome.status == "completed", "nothing of the rounds is left that could park the execution"
    assert ran.output("repair")["error"] == {
        "code": "STEP_TIMEOUT", "message": "Each: not finished within 0.06 s", "block_id": "each"
    }  # fmt: skip
    ended = statuses(ran.recorder)
    assert {name for name, status in ended.items() if status == "cancelled"} == {"hang 0", "hang 1", "long 0", "long 1"}


# -- failures beside rounds ------------------------------------------------------------------------------------------


def hanging(*more: Any) -> Types:
    async def hang(context: Context, config: Any, value: Json) -> Output:
        await asyncio.Event().wait()
        return Output(value)

    async def fail_soon(context: Context, config: Any, value: Json) -> Output:
        await asyncio.sleep(0.05)
        raise BlockError("ELSEWHERE", "it failed elsewhere")

    return flows(tiny("hang", hang), tiny("fail_soon", fail_soon), *more)


async def test_a_failure_elsewhere_stops_the_rounds() -> None:
    drawn: dict[str, Any] = {"each": loop("each", at_once=2), "hang": "hang", "bad": "fail_soon"}
    ran = await run("start>each", "each:item>hang", "start>bad", value=[1, 2, 3], known=hanging(), **drawn)
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "ELSEWHERE"
    ended = statuses(ran.recorder)
    assert (ended["each"], ended["hang 0"], ended["hang 1"]) == ("cancelled", "cancelled", "cancelled")
    assert "hang 2" not in ended


async def test_a_failure_elsewhere_stops_a_round_that_only_waits() -> None:
    drawn: dict[str, Any] = {"each": loop("each"), "long": "long", "bad": "fail_soon"}
    ran = await run("start>each", "each:item>long", "start>bad", value=[1], known=hanging(), **drawn)
    assert (ran.outcome.status, statuses(ran.recorder)["long 0"]) == ("failed", "cancelled")


async def test_a_failure_elsewhere_lets_an_effect_in_a_round_finish() -> None:
    may_end = asyncio.Event()

    async def send(context: Context, config: Any, value: Json) -> Output:
        asyncio.get_running_loop().call_later(0.1, may_end.set)
        await may_end.wait()
        return Output("sent")

    drawn: dict[str, Any] = {"each": loop("each"), "send": "send", "after": "send", "bad": "fail_soon"}
    known = hanging(tiny("send", send, effect="write"))
    ran = await run("start>each", "each:item>send", "send>after", "start>bad", value=[1, 2], known=known, **drawn)
    ended = statuses(ran.recorder)
    assert (ended["send 0"], ended["each"]) == ("completed", "cancelled")
    assert not {"after 0", "send 1"} & ended.keys()


async def test_a_failure_stops_a_container_that_never_gives_up() -> None:
    drawn: dict[str, Any] = {"try": "trying", "hang": "hang", "bad": "fail_soon"}
    known = hanging(looping("trying", trying))
    ran = await run("start>try", "try:item>hang", "start>bad", known=known, **drawn)
    assert ran.outcome.error is not None
    assert (ran.outcome.error.code, statuses(ran.recorder)["try"]) == ("ELSEWHERE", "cancelled")


async def test_a_failure_inside_a_round_stops_the_loops_in_that_round_and_no_other() -> None:
    async def fail_first(context: Context, config: Any, value: Json) -> Output:
        await asyncio.sleep(0.05)
        if value == ["first"]:
            raise BlockError("FIRST", "the first round fails")
        return Output(value)

    async def hang_first(context: Context, config: Any, value: Json) -> Output:
        if value == "first":
            await asyncio.Event().wait()
        return Output(value)

    known = flows(tiny("fail_first", fail_first), tiny("hang_first", hang_first))
    drawn: dict[str, Any] = {
        "outer": loop("outer", at_once=2, on_error="continue"),
        "inner": loop("inner"), "hang": "hang_first", "fail": "fail_first",
    }  # fmt: skip
    edges = ("outer:item>inner", "inner:item>hang", "outer:item>fail", "inner>end", "fail>end")
    ran = await run(*edges, value=[["first"], ["second"]], known=known, **drawn)
    assert ran.outcome.output == [{"failed": "FIRST"}, {"inner": ["second"], "fail": ["second"]}]
    ended = statuses(ran.recorder)
    assert (ended["inner 0"], ended["hang 0/0"], ended["hang 1/0"]) == ("cancelled", "cancelled", "completed")


async def test_cancelling_stops_rounds_and_records_them_as_interrupted() -> None:
    recorder, parked = MemoryRecorder(), asyncio.Event()

    async def tell(context: Context, config: Any, value: Json) -> Output:
        asyncio.get_running_loop().call_soon(parked.set)
        await asyncio.Event().wait()
        return Output(value)

    drawn = graph("each:item>hang", "each:item>long", each=loop("each", at_once=2), hang="tell", long="long")
    runner = Runner(assignment(drawn, flows(tiny("tell", tell)), [1, 2]), recorder, Environment())
    task = asyncio.create_task(runner.drive())
    await parked.wait()
    await asyncio.sleep(0.02)
    assert "long waits" in recorder.told
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert statuses(recorder) == {}, "until it is said why, they may go on with another driver"
    await runner.cancelled("cancelled", Failure("CANCELLED", "cancelled"))
    assert statuses(recorder) == dict.fromkeys(("each", "hang 0", "hang 1", "long 0", "long 1"), "cancelled")


async def test_a_disk_that_fails_in_a_round_is_not_the_fault_of_the_container() -> None:
    class NoDisk(MemoryRecorder):
        async def durable(self) -> None:
            raise OSError("disk full")

    recorder = NoDisk()
    known = flows(tiny("send", effect="write"))
    drawn = graph("each:item>send", "each:error>repair", each=loop("each", on_error="continue"), send="send")
    with pytest.raises(OSError, match="disk full"):
        await asyncio.wait_for(Runner(assignment(drawn, known, [1, 2]), recorder, Environment()).drive(), 5)
    assert recorder.told == ["begins", "each starts", "send starts"]
