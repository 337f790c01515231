"""Runs user code in a pool of worker processes, each a Python interpreter that has no files, network or environment.

Where bubblewrap works, a worker also runs inside it: a second wall around the first.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Literal

from pydantic_monty import (
    Monty,
    MontyConversionError,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySession,
    MontySyntaxError,
    OSPolicy,
    ResourceLimits,
)

from app.adapters.sandbox_source import ANSWER_NAMES, CodeSource, read_source
from app.adapters.sandbox_values import json_value
from app.adapters.sandbox_wall import walled_worker
from app.sdk import BlockError, Json, SandboxResult

SECONDS = 2.0
MEMORY = 128 * 1024 * 1024
LIMITS = ResourceLimits(max_feed_duration_secs=SECONDS, max_memory=MEMORY, max_recursion_depth=200, max_suspensions=100)
OS_POLICY = OSPolicy(sleep="zero")
REQUEST_TIMEOUT = 3.0
CHECKOUTS_PER_WORKER = 1000
MAX_PRINTED = 1_000_000
LONGEST_MESSAGE = 2000


class MontySandbox:
    """A pool of `workers` processes, started at the first run. Implements `app.sdk.Sandbox`.

    `directory` holds the start command while the pool lives; a long-lived server should not leave it to a `/tmp` that
    is swept, because workers are replaced from time to time.
    """

    def __init__(self, workers: int = 2, directory: Path | None = None) -> None:
        self._workers = workers
        self._directory = directory
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")
        self._lock = Lock()
        self._pool: Monty | None = None
        self._resources = ExitStack()
        self._busy: set[int] = set()
        self._closed = False

    async def run(self, source: str, names: Mapping[str, Json]) -> SandboxResult:
        """What the code answers: its `return`, else `output` or `result`, else its last expression."""
        if self._closed:
            raise BlockError("CODE_ERROR", "The sandbox is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, source, dict(names))

    def warm(self) -> None:
        """Start the workers now instead of at the first run."""
        self._started()

    def close(self) -> None:
        """End all workers at once. Runs under way fail; can be called again."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for pid in self._busy:  # the pool would wait for the end of their runs
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._pool = None
            self._resources.close()

    def _started(self) -> Monty:
        with self._lock:
            if self._closed:
                raise BlockError("CODE_ERROR", "The sandbox is closed.")
            if self._pool is None:
                pool = Monty(
                    binary_path=self._resources.enter_context(walled_worker(self._directory)),
                    min_processes=self._workers,
                    max_processes=self._workers,
                    request_timeout=REQUEST_TIMEOUT,
                    max_checkouts_per_worker=CHECKOUTS_PER_WORKER,
                )
                self._pool = self._resources.enter_context(pool)
            return self._pool

    @contextmanager
    def _marked_busy(self, session: MontySession) -> Iterator[None]:
        pid = session.worker_pid
        with self._lock:
            if self._closed:
                raise BlockError("CODE_ERROR", "The sandbox is closed.")
            if pid is not None:
                self._busy.add(pid)
        try:
            yield
        finally:
            with self._lock:
                self._busy -= {pid}

    def _run(self, source: str, names: dict[str, Json]) -> SandboxResult:
        code = read_source(source)
        printed = Printed()
        try:
            checkout = self._started().checkout(script_name="code", limits=LIMITS, os_policy=OS_POLICY)
            with checkout as session, self._marked_busy(session):
                value = _answer(session, code, _inputs(code, names), printed)
        except MontyError as error:
            raise _block_error(error, code, printed) from None
        except (ValueError, OverflowError):
            raise BlockError("CODE_OUTPUT", "output: a number is too long", log=printed.lines()) from None
        except RuntimeError:
            raise BlockError("CODE_ERROR", "The sandbox is not available.", log=printed.lines()) from None
        try:
            return SandboxResult(json_value(value), printed.lines())
        except BlockError as error:
            raise BlockError(error.code, error.message, log=printed.lines()) from None


class Printed:
    """Printed text up to a size; the rest is left out and said to be."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._left = MAX_PRINTED
        self._cut = False

    def __call__(self, _: Literal["stdout", "stderr"], text: str) -> None:
        self._cut = self._cut or len(text) > self._left
        kept = text[: self._left]
        if kept:
            self._parts.append(kept)
            self._left -= len(kept)

    def lines(self) -> tuple[str, ...]:
        """What was printed, by lines."""
        lines = "".join(self._parts).split("\n")
        if not lines[-1]:
            lines.pop()
        return (*lines, f"… cut after {MAX_PRINTED:,} characters") if self._cut else tuple(lines)


def _inputs(code: CodeSource, names: Mapping[str, Json]) -> dict[str, Json]:
    wanted = names if code.names is None else names.keys() & code.names
    return {name: _plain(names[name]) for name in wanted if name.isidentifier()}


def _plain(value: Json) -> Json:
    return dict(value) if isinstance(value, Mapping) else value


def _answer(session: MontySession, code: CodeSource, inputs: dict[str, Json], printed: Printed) -> Json:
    feed = partial(session.feed_run, print_callback=printed)
    if code.surely:
        return feed(f"{code.text}\n{code.surely}", inputs=inputs)
    if not code.returns:
        value = feed(code.text, inputs=inputs)
        return _assigned(session, code, value)
    ended = f"_{token_hex(16)}"
    value = feed(f"{code.text}\n{ended}", inputs={**inputs, ended: ended})
    return _assigned(session, code, None) if value == ended else value


def _assigned(session: MontySession, code: CodeSource, otherwise: Json) -> Json:
    for name in ANSWER_NAMES:
        if name in code.assigned:
            try:
                return session.feed_run(name)
            except MontyRuntimeError as error:
                if not isinstance(error.exception(), NameError):
                    raise
    return otherwise


def _block_error(error: MontyError, code: CodeSource, printed: Printed) -> BlockError:
    lines = printed.lines()
    if isinstance(error, MontyCrashedError):
        if error.timed_out:
            return BlockError("CODE_TIMEOUT", f"The code ran longer than {SECONDS:g} seconds.", log=lines)
        return BlockError("CODE_ERROR", "The worker that ran the code ended.", log=lines)
    if isinstance(error, MontyConversionError):
        return BlockError("CODE_ERROR", "A value cannot be given to the code: it is not JSON.", log=lines)
    if isinstance(error, MontySyntaxError):
        return BlockError("CODE_SYNTAX", _placed(error, code), log=lines)
    if not isinstance(error, MontyRuntimeError):
        return BlockError("CODE_ERROR", "The sandbox could not run the code.", log=lines)
    inner = error.exception()
    if isinstance(inner, TimeoutError) and "time limit exceeded" in str(inner):
        return BlockError("CODE_TIMEOUT", f"The code ran longer than {SECONDS:g} seconds.", log=lines)
    if isinstance(inner, MemoryError):
        return BlockError("CODE_MEMORY", f"The code needed more than {MEMORY >> 20} MB of memory.", log=lines)
    return BlockError("CODE_ERROR", _placed(error, code), log=lines)


def _placed(error: MontyRuntimeError | MontySyntaxError, code: CodeSource) -> str:
    frames = error.traceback()
    message = error.display("type-msg")[:LONGEST_MESSAGE]
    return f"Line {min(frames[-1].line, code.line_count)}: {message}" if frames else message
