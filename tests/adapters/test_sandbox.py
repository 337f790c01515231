"""User code in the sandbox: its answer, its errors with their lines, and what it cannot reach."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest

from app.adapters.sandbox import MontySandbox
from app.adapters.sandbox_wall import walled_worker
from app.sdk import BlockError

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def sandbox() -> Iterator[MontySandbox]:
    started = MontySandbox()
    yield started
    started.close()


async def refusal(sandbox: MontySandbox, source: str, **names: object) -> BlockError:
    with pytest.raises(BlockError) as caught:
        await sandbox.run(source, names)
    return caught.value


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("return 5", 5),
        ("return", None),
        ("output = [1, (2, 3)]", [1, [2, 3]]),
        ("result = {'a': None}", {"a": None}),
        ("output = 1\nresult = 2", 1),
        ("output = 3\nprint(output)\n7", 3),
        ("output = 3\nreturn 4", 4),
        ("output = 3\nreturn None", None),
        ("if total > 1:\n    return 'big'\noutput = 'small'", "big"),
        ("if total > 9:\n    return 'big'\noutput = 'small'", "small"),
        ("if total > 9:\n    output = 1\n2", 2),
        ("def double(x):\n    return x * 2\ndouble(total)", 10),
        ("def answer():\n    output = 1\n    return 2\nx = answer()", None),
        ("1 + 1", 2),
        ("x = 1", None),
        ("", None),
        ("return '''a\n  b'''", "a\n  b"),
        ("return variables['n'] + input['m']", 3),
        ("import json, math, re\nreturn json.dumps([math.floor(2.5), re.findall('[a-z]', 'a1b')])", '[2, ["a", "b"]]'),
        ("class Point:\n    def __init__(self, x):\n        self.x = x\nreturn Point(3).x", 3),
        ("match total:\n    case 5:\n        return 'five'", "five"),
    ],
)
async def test_the_answer_is_what_the_code_returns_or_assigns(sandbox: MontySandbox, source: str, answer: object) -> None:
    names = {"total": 5, "variables": {"n": 1}, "input": {"m": 2}, "not-an-identifier": 1}
    assert (await sandbox.run(source, names)).value == answer


async def test_printed_text_comes_back_by_lines(sandbox: MontySandbox) -> None:
    result = await sandbox.run("print('é', 1)\nprint()\nprint('b', end='')", {})
    assert result.printed == ("é 1", "", "b")


async def test_printed_text_is_cut_and_the_code_goes_on(sandbox: MontySandbox) -> None:
    result = await sandbox.run("for n in range(30):\n    print('x' * 99_999)\nreturn 'done'", {})
    assert result.value == "done"
    assert len(result.printed) == 11 and result.printed[-1] == "… cut after 1,000,000 characters"


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("x = 1\n\n1 / 0", "CODE_ERROR", "Line 3: ZeroDivisionError: division by zero"),
        ("def f():\n    return 1 / 0\nreturn f()", "CODE_ERROR", "Line 2: ZeroDivisionError: division by zero"),
        ("x = '''\n\n'''\nreturn missing", "CODE_ERROR", "Line 4: NameError: name 'missing' is not defined"),
        ("raise ValueError('no such order')", "CODE_ERROR", "Line 1: ValueError: no such order"),
        ("def f():\n    return f()\nf()", "CODE_ERROR", "Line 2: RecursionError: maximum recursion depth exceeded"),
        ("x = 1\nx = = 2", "CODE_SYNTAX", "Line 2: SyntaxError:"),
        ("return 1\nx = (", "CODE_SYNTAX", "Line 2: SyntaxError:"),
        ("x" * 50_001, "CODE_SYNTAX", "The code is longer than 50,000 characters."),
        ("return {'items': [1, {2}]}", "CODE_OUTPUT", "output.items[1]: a value of type set cannot be written as JSON"),
        ("return {'a': float('nan')}", "CODE_OUTPUT", "output.a: the number is not finite, so it cannot be written as JSON"),
        ("return {1: 2}", "CODE_OUTPUT", "output: a key of type int cannot be written as JSON; use text"),
        (
            "import datetime\nreturn datetime.date(2026, 1, 1)",
            "CODE_OUTPUT",
            "output: a value of type date cannot be written as JSON",
        ),
        ("class Order:\n    pass\nreturn [Order()]", "CODE_OUTPUT", "output[0]: a value of type Order cannot be written as JSON"),
        ("return 10 ** 10_000", "CODE_OUTPUT", "output: the number is longer than 14,000 bits"),
        (
            "x = [1]\nfor i in range(40):\n    x = [x, x]\nreturn x",
            "CODE_OUTPUT",
            "output: the value is bigger than 2,000,000 characters",
        ),
        ("x = 'a'\nwhile True:\n    x = x + x", "CODE_MEMORY", "The code needed more than 128 MB of memory."),
        ("return 'a' * 10 ** 12", "CODE_MEMORY", "The code needed more than 128 MB of memory."),
        ("x = []\nwhile True:\n    x.append('a' * 1_000_000)", "CODE_MEMORY", "The code needed more than 128 MB of memory."),
    ],
)
async def test_an_error_says_what_and_on_which_line(sandbox: MontySandbox, source: str, code: str, message: str) -> None:
    error = await refusal(sandbox, source)
    assert error.code == code
    assert error.message.startswith(message)


async def test_an_error_keeps_what_was_printed_before(sandbox: MontySandbox) -> None:
    error = await refusal(sandbox, "print('before')\n1 / 0")
    assert error.log == ("before",)


async def test_an_endless_loop_ends_and_the_sandbox_goes_on(sandbox: MontySandbox) -> None:
    started = perf_counter()
    error = await refusal(sandbox, "print('started')\nwhile True:\n    pass")
    assert 1.9 < perf_counter() - started < 3
    assert (error.code, error.message, error.log) == ("CODE_TIMEOUT", "The code ran longer than 2 seconds.", ("started",))
    assert (await sandbox.run("return 1", {})).value == 1


async def test_sleeping_costs_no_time(sandbox: MontySandbox) -> None:
    started = perf_counter()
    assert (await sandbox.run("import time\ntime.sleep(3600)\nreturn 'awake'", {})).value == "awake"
    assert perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "source",
    [
        "open('/etc/passwd').read()",
        "open('x', 'w').write('x')",
        "import os\nos.listdir('/')",
        "import os\nos.environ['PATH']",
        "import os\nos.getenv('PATH') + ''",
        "import os\nos.system('id')",
        "import subprocess",
        "import socket",
        "import urllib.request",
        "import ctypes",
        "import sys\nsys.modules['os']",
        "import importlib",
        "__import__('os').system('id')",
        "().__class__.__base__.__subclasses__()",
        "(lambda: 0).__globals__",
        "print.__self__",
        "from pathlib import Path\nPath('/etc/passwd').read_text()",
        "from pathlib import Path\nlist(Path('/').iterdir())",
        "eval(\"open('/etc/passwd').read()\")",
    ],
)
async def test_the_machine_is_out_of_reach(sandbox: MontySandbox, source: str) -> None:
    error = await refusal(sandbox, source)
    assert error.code in ("CODE_ERROR", "CODE_SYNTAX")


async def test_one_run_leaves_nothing_for_the_next(sandbox: MontySandbox) -> None:
    for _ in range(4):
        await sandbox.run("leak = 'secret'", {})
    for _ in range(4):
        assert "NameError" in (await refusal(sandbox, "return leak")).message


async def test_code_cannot_change_what_it_was_given(sandbox: MontySandbox) -> None:
    variables = {"items": [1]}
    assert (await sandbox.run("variables['items'].append(2)\nreturn variables", {"variables": variables})).value == {
        "items": [1, 2]
    }
    assert variables == {"items": [1]}


async def test_many_runs_at_once_each_get_their_own_answer(sandbox: MontySandbox) -> None:
    results = await asyncio.gather(*(sandbox.run("return n * n", {"n": n}) for n in range(20)))
    assert [result.value for result in results] == [n * n for n in range(20)]


async def test_a_cancelled_run_gives_its_worker_back() -> None:
    sandbox = MontySandbox(workers=1)
    try:
        endless = asyncio.create_task(sandbox.run("while True:\n    pass", {}))
        await asyncio.sleep(0.1)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        async with asyncio.timeout(4):
            assert (await sandbox.run("return 1", {})).value == 1
    finally:
        sandbox.close()


async def test_a_closed_sandbox_refuses_and_can_be_closed_again() -> None:
    sandbox = MontySandbox(workers=1)
    assert (await sandbox.run("return 1", {})).value == 1
    sandbox.close()
    sandbox.close()
    with pytest.raises(BlockError, match="closed"):
        await sandbox.run("return 1", {})


async def test_without_bubblewrap_the_first_wall_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.sandbox_wall.shutil.which", lambda _: None)
    sandbox = MontySandbox(workers=1)
    try:
        assert (await sandbox.run("return 1", {})).value == 1
        assert (await refusal(sandbox, "open('/etc/passwd')")).code == "CODE_ERROR"
    finally:
        sandbox.close()


async def test_a_call_is_quick(sandbox: MontySandbox) -> None:
    await sandbox.run("return 0", {})
    times = []
    for n in range(50):
        started = perf_counter()
        await sandbox.run("return n + 1", {"n": n})
        times.append(perf_counter() - started)
    assert min(times) < 0.001


def test_the_wall_is_taken_away_with_the_sandbox(tmp_path: Path) -> None:
    with walled_worker(tmp_path) as command:
        assert command is None or (command.is_file() and command.is_relative_to(tmp_path))
    assert list(tmp_path.iterdir()) == []


async def test_closing_ends_a_run_under_way_at_once() -> None:
    sandbox = MontySandbox(workers=1)
    endless = asyncio.create_task(sandbox.run("while True:\n    pass", {}))
    await asyncio.sleep(0.4)
    began = perf_counter()
    await asyncio.to_thread(sandbox.close)
    with pytest.raises(BlockError, match="The worker that ran the code ended"):
        await endless
    assert perf_counter() - began < 0.5
