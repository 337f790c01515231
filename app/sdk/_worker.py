"""The worker process: reads requests, calls functions, writes answers. Ends when the server does."""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import IO, Any

from app.sdk._worker_process import LENGTH, STARTED
from app.sdk.answers import BlockError
from app.sdk.config import Json

MEMORY = 1 << 30
LARGEST_FILE = 64 << 20
"""Some libraries need a file for a moment; inside the wall it is in memory."""
NICENESS = 5
GRACE_SECONDS = 2.0


def main() -> None:
    requests, answers = sys.stdin.buffer, _private_output()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    os.nice(NICENESS)
    _write(answers, STARTED)
    while len(head := requests.read(LENGTH.size)) == LENGTH.size:
        seconds, name, *arguments = json.loads(requests.read(LENGTH.unpack(head)[0]))
        answer = json.dumps(_answer(answers, name, arguments, seconds)).encode()
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(answers, LENGTH.pack(len(answer)) + answer)


def _private_output() -> IO[bytes]:
    """The pipe to the server, out of reach of whatever prints."""
    own = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return own


def _write(answers: IO[bytes], content: bytes) -> None:
    answers.write(content)
    answers.flush()


def _answer(answers: IO[bytes], name: str, arguments: list[Json], seconds: float) -> dict[str, Json]:
    try:
        function = _function(name)
    except ModuleNotFoundError as error:
        _write(answers, STARTED)
        return {"missing": (error.name or "").partition(".")[0]}
    _write(answers, STARTED)
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)  # should the server die meanwhile, this ends too
    try:
        return {"value": function(*arguments)}
    except BlockError as error:
        return {"code": error.code, "message": error.message, "details": error.details}
    except MemoryError:
        return {"code": "MEMORY_LIMIT", "message": f"this needed more than {MEMORY >> 20} MB of memory", "details": None}
    except RecursionError:
        return {"code": "TOO_DEEP", "message": "the data is nested too deep for this", "details": None}
    except Exception as error:
        return {"code": "WORK_FAILED", "message": f"this could not be done ({type(error).__name__})", "details": None}


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


if __name__ == "__main__":
    main()
