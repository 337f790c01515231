"""Paths below a folder, and what goes wrong with them, in words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from app.sdk import BlockError

MAX_STEPS = 30
MAX_NAME_BYTES = 240
TEMPORARY = ".writing-"
"""Begins the names of files that are not whole yet; nobody else may use it."""


def steps(path: str, *, empty: bool = False) -> list[str]:
    """The names in a path. BlockError PATH_INVALID for what would lead elsewhere."""
    found = [step for step in path.strip().split("/") if step not in ("", ".")]
    is_odd = path.strip().startswith("/") or "\\" in path or not all(step.isprintable() for step in found)
    try:
        is_odd = is_odd or any(step == ".." or len(step.encode()) > MAX_NAME_BYTES for step in found)
    except UnicodeEncodeError:
        is_odd = True
    if is_odd or len(found) > MAX_STEPS or any(step.startswith(TEMPORARY) for step in found):
        raise refused("PATH_INVALID", path, "must be a path below the folder, such as reports/may.csv")
    if not found and not empty:
        raise refused("PATH_INVALID", path, "must name a file")
    return found


def joined(path: str) -> str:
    """A path as it is shown."""
    return "/".join(steps(path))


@contextmanager
def told(path: str) -> Iterator[None]:
    """The system's refusals in words."""
    try:
        yield
    except FileNotFoundError:
        raise missing(path) from None
    except FileExistsError:
        raise refused("FILE_EXISTS", path, "is there already") from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EMLINK, errno.ENXIO):
            raise refused("NOT_A_FILE", path, "leads over a link, or is not what it should be") from None
        if error.errno == errno.ENOTEMPTY:
            raise refused("FOLDER_NOT_EMPTY", path, "is a folder with something in it") from None
        reason = os.strerror(error.errno or 0).lower()
        is_passing = error.errno in (errno.ENOSPC, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EDQUOT)
        raise BlockError("FILE_FAILED", f"`{path[:200]}`: {reason}", retryable=is_passing) from None


def missing(path: str) -> BlockError:
    """There is no such file."""
    return refused("FILE_NOT_FOUND", path, "is not there")


def refused(code: str, path: str, message: str) -> BlockError:
    """What cannot be done with a path, in words."""
    return BlockError(code, f"`{path[:200]}` {message}", details={"path": path[:200]}, retryable=False)
