"""Work that could take long or that reads what strangers made: done in another process, with a real time limit.

    answer = await work("blocks.data._regex_work:run", pattern, text, seconds=2)

The module that is named is imported there only, so a library that it needs costs the server nothing and may be missing.
Arguments and answer are JSON. A worker has limited memory and no environment; where bubblewrap works, it has no network
and sees no files but Python's own.
"""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from app.sdk._worker_process import Overdue, WorkerProcess
from app.sdk.answers import BlockError
from app.sdk.config import Json

SECONDS = 5.0
JOBS_PER_WORKER = 300
MAX_ANSWER = 16_000_000


class Job:
    """One piece of work; `stop` ends it wherever it is."""

    def __init__(self, function: str, arguments: tuple[Json, ...], seconds: float) -> None:
        self.request = json.dumps([seconds, function, *arguments]).encode()
        self.seconds = seconds
        self._lock = Lock()
        self._worker: WorkerProcess | None = None
        self._stopped = False

    def given_to(self, worker: WorkerProcess | None) -> None:
        with self._lock:
            self._worker = worker
            if worker is not None and self._stopped:
                worker.kill()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._worker is not None:
                self._worker.kill()


class Pool:
    """Worker processes, started when there is work and kept for the next; at most `size` at a time."""

    def __init__(self, size: int) -> None:
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="work")
        self._idle: list[WorkerProcess] = []
        self._lock = Lock()

    async def run(self, job: Job) -> bytes:
        """What the worker answers. Raises Overdue or EOFError."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._run, job)
        try:
            return await future
        except asyncio.CancelledError:
            job.stop()
            raise

    def _run(self, job: Job) -> bytes:
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker is None or not worker.alive():
            worker = WorkerProcess.start()
        job.given_to(worker)
        try:
            answer = worker.ask(job.request, job.seconds, MAX_ANSWER)
        except BaseException:
            worker.kill()
            raise
        finally:
            job.given_to(None)
        if worker.jobs >= JOBS_PER_WORKER:
            worker.kill()
        else:
            with self._lock:
                self._idle.append(worker)
        return answer


_pool = Pool(max(4, min(8, os.cpu_count() or 4)))


async def work(function: str, *arguments: Json, seconds: float = SECONDS, extra: str = "") -> Json:
    """The answer of `module:function` to these arguments, called in a worker process.

    A BlockError that it raises is raised here. BlockError TIME_LIMIT when it takes longer than `seconds`; NOT_INSTALLED,
    naming the `extra` of this package, when a library is missing.
    """
    try:
        answer = json.loads(await _pool.run(Job(function, arguments, seconds)))
    except Overdue:
        message = f"this took longer than {seconds:g} seconds and was stopped; give it less, or something simpler, to do"
        raise BlockError("TIME_LIMIT", message, retryable=False) from None
    except (EOFError, OSError):
        raise BlockError("WORKER_ENDED", "this needed more memory than allowed, or could not be done here") from None
    if "value" in answer:
        return answer["value"]
    if "missing" in answer:
        remedy = f"pip install 'blockyard[{extra}]'" if extra else f"pip install {answer['missing']}"
        raise BlockError("NOT_INSTALLED", f"this block needs a library that is not installed: {remedy}", retryable=False)
    raise BlockError(answer["code"], answer["message"], details=answer["details"], retryable=False)
