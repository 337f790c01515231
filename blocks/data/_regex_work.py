"""Regular expressions in a worker process, by an engine whose time grows only with the text."""

from __future__ import annotations

from typing import Any

import re2

from app.sdk import BlockError, Json

MAX_MATCHES = 10_000
LONGEST_MESSAGE = 200
MAX_MEMORY = 16 << 20


def run(operation: str, pattern: str, text: str, replacement: str, flags: dict[str, bool], limit: int) -> Json:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    options.case_sensitive = not flags["ignore_case"]
    options.dot_nl = flags["dot_all"]
    source = f"(?m){pattern}" if flags["multiline"] else pattern
    try:
        compiled = re2.compile(source, options)
    except re2.error as error:
        raise _invalid("pattern", error) from None
    match operation:
        case "test":
            return compiled.search(text) is not None
        case "first":
            found = compiled.search(text)
            return None if found is None else _told(found)
        case "all":
            return _all(compiled, text, limit)
        case "split":
            return compiled.split(text, maxsplit=limit)
    try:
        return compiled.sub(replacement, text, count=limit)
    except (re2.error, IndexError) as error:
        raise _invalid("replacement", error) from None


def _all(compiled: Any, text: str, limit: int) -> list[Json]:
    found: list[Json] = []
    for match in compiled.finditer(text):
        if len(found) == (limit or MAX_MATCHES):
            if limit:
                break
            raise BlockError("TOO_MANY_ITEMS", f"the pattern is found more than {MAX_MATCHES:,} times; set a limit")
        found.append(_told(match))
    return found


def _told(match: Any) -> dict[str, Json]:
    return {
        "match": match.group(),
        "start": match.start(),
        "end": match.end(),
        "groups": list(match.groups()),
        "named": match.groupdict(),
    }


def _invalid(field: str, error: Exception) -> BlockError:
    reason = error.args[0] if error.args else "not valid"
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    return BlockError("PATTERN_INVALID", f"field `{field}`: {text[:LONGEST_MESSAGE]}")
