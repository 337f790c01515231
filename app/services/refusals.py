"""What a workflow may be called, and how a graph that does not fit is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from app.engine.graph import Problem
from app.sdk import Json
from app.services.errors import ServiceError, invalid
from app.services.texts import is_line

MAX_NAME = 200


def graph_refused(problems: Sequence[Problem]) -> ServiceError:
    """400 for a graph that cannot be saved; the first problem is the message, all are the details."""
    unknown = next((problem for problem in problems if problem.code == "UNKNOWN_BLOCK_TYPE"), None)
    more = f" ({len(problems) - 1} more problems in details)" if len(problems) > 1 else ""
    code = "UNKNOWN_BLOCK_TYPE" if unknown else "VALIDATION_ERROR"
    return ServiceError(code, (unknown or problems[0]).message + more, 400, [problem_json(problem) for problem in problems[:500]])


def refuse_unready(problems: Sequence[Problem]) -> None:
    """Raises 400 when any of the problems forbids a run."""
    open_problems = [problem for problem in problems if problem.severity == "incomplete"]
    if open_problems:
        first = open_problems[0]
        more = f" ({len(open_problems) - 1} more in details)" if len(open_problems) > 1 else ""
        message = f"This workflow is not ready: block `{first.block_id}`: {first.message}{more}"
        raise ServiceError("NOT_READY", message, 400, [problem_json(problem) for problem in open_problems[:500]])


def problem_json(problem: Problem) -> dict[str, Json]:
    return asdict(problem)


def is_uuid(text: str) -> bool:
    if not re.fullmatch(r"[0-9a-fA-F-]{32,36}", text):
        return False
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def checked_name(name: str) -> str:
    """Raises 400 for a name that is empty, too long, unprintable or looks like an id."""
    name = name.strip()
    if not name:
        raise invalid("A workflow needs a name.", [{"field": "name", "message": "Enter a name."}])
    if len(name) > MAX_NAME or not is_line(name) or "/" in name:
        raise invalid(
            f"A name may have {MAX_NAME} printable characters and no `/`.", [{"field": "name", "message": "Choose another name."}]
        )
    if is_uuid(name):
        raise invalid("A name must not look like an id.", [{"field": "name", "message": "Choose another name."}])
    return name


def checked_description(description: str) -> str:
    if len(description) > 10_000:
        raise invalid("A description may have 10,000 characters.", [{"field": "description", "message": "Shorten it."}])
    return description.strip()
