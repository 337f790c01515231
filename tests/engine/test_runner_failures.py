"""Failing, timing out and being cancelled: loud, at the right place, and without losing what was done."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.engine.events import Failure
from app.engine.runner import Runner
from app.sdk import BlockError, Config, Context, Json, Output
from tests.support.graphs import block, graph
from tests.support.tiny import Environment, MemoryRecorder, assignment, drive, fails, tiny, types, waits

pytestmark = pytest.mark.anyio


class Number(Config):
    n: int = 0


async def hang(context: Context, config: Any, value: Json) -> Output:
    await asyncio.Event().wait()
    return Output(value)


async def crash(context: Context, config: Any, value: Json) -> Output:
    raise RuntimeError("the password is sesame")


async def test_a_failed_block_fails_the_execution() -> None:
    ran = await drive(graph("a>bad", "bad>b", bad="fails"), types(fails()))
    assert ran.told[3:] == ["bad starts", "bad failed", "ends failed", "durable"]
    assert ran.outcome.error == Failure("BROKEN", "Bad: it is broken", "bad")
    assert ran.outcome.output is None


async def test_a_failure_goes_to_the_error_handle_as_data() -> None:
    drawn = graph("bad>b", "bad:error>repair", "repair>end", bad="fails")
    ran = await drive(drawn, types(fails()))
    assert ran.outcome.status == "completed"
    assert ran.output("repair") == {"error": {"code": "BROKEN", "message": "Bad: it is broken", "block_id": "bad"}}
    assert ran.recorder.ended("bad").status == "failed"
    assert "skips b" in ran.told


async def test_a_failure_goes_on_as_data_where_the_policy_says_so() -> None:
    drawn = graph("bad>b", bad=block("bad", "fails", policy={"on_error": "continue"}))
    ran = await drive(drawn, types(fails()))
    assert ran.outcome.status == "completed"
    assert ran.output("b")["error"]["code"] == "BROKEN"


async def test_the_error_handle_goes_before_the_policy() -> None:
    drawn = graph("bad>b", "bad:error>repair", bad=block("bad", "fails", policy={"on_error": "continue"}))
    assert (await drive(drawn, types(fails()))).recorder.ran() == ["bad", "repair"]


async def test_an_error_handle_may_not_hide_a_second_failure() -> None:
    ran = await drive(graph("bad:error>worse", bad="fails", worse="fails"), types(fails()))
    assert ran.outcome.error is not None
    assert ran.outcome.error.block_id == "worse"


async def test_the_log_of_a_failed_step_is_kept() -> None:
    async def logs_and_fails(context: Context, config: Any, value: Json) -> Output:
        context.log("before")
        raise BlockError("BROKEN", "it is broken", log=("inside",))

    ran = await drive(graph("a", a="bad"), types(tiny("bad", logs_and_fails)))
    assert ran.recorder.ended("a").log == ("before", "inside")


async def test_a_configuration_that_cannot_be_resolved_fails_the_step_with_the_field() -> None:
    drawn = graph("a>b", b=block("b", "number", {"n": "{{ variables.gone }}"}))
    ran = await drive(drawn, types(tiny("number", config=Number)), {"n": 1})
    assert ran.outcome.error is not None
    assert ran.outcome.error.message.startswith("B: field `n`: ")
    assert ran.recorder.ended("b").status == "failed"


async def test_a_step_that_takes_too_long_times_out() -> None:
    ran = await drive(graph("a", a=block("a", "hang", policy={"timeout_ms": 20})), types(tiny("hang", hang)))
    assert ran.outcome.error == Failure("STEP_TIMEOUT", "A: not finished within 0.02 s", "a")


async def test_a_timeout_goes_to_the_error_handle_too() -> None:
    drawn = graph("a:error>b", a=block("a", "hang", policy={"timeout_ms": 20}))
    assert (await drive(drawn, types(tiny("hang", hang)))).output("b")["error"]["code"] == "STEP_TIMEOUT"


async def test_a_crash_of_the_block_itself_is_named_without_its_text() -> None:
    ran = await drive(graph("a", a="crash"), types(tiny("crash", crash)))
    assert ran.outcome.error == Failure("BLOCK_CRASHED", "A: the block itself failed (RuntimeError)", "a")
    assert all("sesame" not in repr(event) for event in ran.recorder.events)


async def test_a_value_that_is_not_json_is_a_crash_of_the_block() -> None:
    async def odd(context: Context, config: Any, value: Json) -> Output:
        return Output(object())

    ran = await drive(graph("a", a="odd"), types(tiny("odd", odd)))
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "BLOCK_CRASHED"


async def test_the_first_failure_is_the_reason() -> None:
    first_failed = asyncio.Event()

    async def first(context: Context, config: Any, value: Json) -> Output:
        first_failed.set()
        raise BlockError("FIRST", "first")

    async def second(context: Context, config: Any, value: Json) -> Output:
        await first_failed.wait()
        raise BlockError("SECOND", "second")

    drawn = graph("a>two", "a>one", one="one", two="two")
    ran = await drive(drawn, types(tiny("one", first), tiny("two", second, effect="write")))
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "FIRST"
    assert ran.recorder.ended("two").status == "failed"


# -- a failure beside other steps ------------------------------------------------------------------------------------


class Beside:
    """A step that is in its middle while another one fails."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()
        self.was_stopped = False

    async def wait(self, context: Context, config: Any, value: Json) -> Output:
        self.began.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.was_stopped = True
            raise
        return Output("done")

    async def fail(self, context: Context, config: Any, value: Json) -> Output:
        await self.began.wait()
        asyncio.get_running_loop().call_later(0.05, self.may_end.set)
        raise BlockError("BROKEN", "it is broken")


async def test_a_failure_stops_steps_without_effect() -> None:
    beside = Beside()
    drawn = graph("a>pure", "a>bad", "pure>after", pure="pure", bad="bad")
    ran = await drive(drawn, types(tiny("pure", beside.wait), tiny("bad", beside.fail)))
    assert beside.was_stopped
    assert ran.told[-5:] == ["bad starts", "bad failed", "pure cancelled", "ends failed", "durable"]


async def test_a_failure_lets_steps_with_an_effect_finish_and_records_them() -> None:
    beside = Beside()
    drawn = graph("a>mail", "a>bad", "mail>after", mail="mail", bad="bad")
    ran = await drive(drawn, types(tiny("mail", beside.wait, effect="write"), tiny("bad", beside.fail)))
    assert not beside.was_stopped
    assert ran.told[-4:] == ["bad failed", "mail completed", "ends failed", "durable"]
    assert "after" not in ran.recorder.ran()


async def test_a_failure_keeps_an_effect_from_beginning_that_only_waits_for_the_disk() -> None:
    failed = asyncio.Event()

    class SlowDisk(MemoryRecorder):
        async def durable(self) -> None:
            await failed.wait()
            await super().durable()

    async def fail(context: Context, config: Any, value: Json) -> Output:
        failed.set()
        raise BlockError("BROKEN", "it is broken")

    sent: list[str] = []

    async def send(context: Context, config: Any, value: Json) -> Output:
        sent.append(context.block_id)
        return Output(value)

    recorder = SlowDisk()
    drawn = graph("a>mail", "a>bad", mail="mail", bad="bad")
    known = types(tiny("mail", send, effect="write"), tiny("bad", fail))
    outcome = await Runner(assignment(drawn, known), recorder, Environment()).drive()
    assert (outcome.status, sent) == ("failed", [])
    assert recorder.ended("mail").status == "cancelled"


async def test_a_failure_ends_steps_that_wait_for_a_moment() -> None:
    ran = await drive(graph("a>wait", "a>bad", wait="wait", bad="fails"), types(waits(), fails()))
    assert ran.outcome.status == "failed"
    assert ran.recorder.ended("wait").status == "cancelled"


# -- stopped from outside --------------------------------------------------------------------------------------------


async def test_cancelling_stops_running_steps_and_records_that_they_were_interrupted() -> None:
    recorder, beside = MemoryRecorder(), Beside()
    drawn = graph("a>hang", "a>mail", "hang>end", hang="hang", mail="mail")
    known = types(tiny("hang", beside.wait), tiny("mail", hang, effect="write"))
    runner = Runner(assignment(drawn, known), recorder, Environment())
    drive_task = asyncio.create_task(runner.drive())
    await beside.began.wait()
    drive_task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drive_task
    assert beside.was_stopped
    await runner.cancelled("cancelled", Failure("CANCELLED", "The execution was cancelled."))
    assert sorted(recorder.told[-4:-2]) == ["hang cancelled", "mail cancelled"]
    assert recorder.told[-2:] == ["ends cancelled", "durable"]


async def test_cancelling_ends_a_step_that_waits_for_a_moment() -> None:
    drawn, known = graph("a>wait", wait="wait"), types(waits())
    parked = (await drive(drawn, known)).recorder.recorded()
    recorder = MemoryRecorder()
    runner = Runner(assignment(drawn, known, recorded=parked, epoch=2), recorder, Environment())
    await runner.cancelled("cancelled", Failure("CANCELLED", "The execution was cancelled."))
    assert recorder.told == ["wait cancelled", "ends cancelled", "durable"]


async def test_a_disk_that_fails_is_not_the_fault_of_the_block() -> None:
    class NoDisk(MemoryRecorder):
        async def durable(self) -> None:
            raise OSError("disk full")

    recorder = NoDisk()
    drawn = graph("a>mail", "mail:error>repair", mail="mail")
    runner = Runner(assignment(drawn, types(tiny("mail", effect="write"))), recorder, Environment())
    with pytest.raises(OSError, match="disk full"):
        await runner.drive()
    assert recorder.told == ["begins", "a starts", "a completed", "mail starts"]


async def test_a_disk_that_fails_beside_other_steps_stops_them() -> None:
    beside = Beside()

    class NoDisk(MemoryRecorder):
        async def durable(self) -> None:
            await beside.began.wait()
            raise OSError("disk full")

    drawn = graph("a>mail", "a>pure", mail="mail", pure="pure")
    known = types(tiny("mail", effect="write"), tiny("pure", beside.wait))
    with pytest.raises(OSError, match="disk full"):
        await Runner(assignment(drawn, known), NoDisk(), Environment()).drive()
    assert beside.was_stopped
