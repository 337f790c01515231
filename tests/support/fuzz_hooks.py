"""Loaded by schemathesis: most calls are about things that exist, so that more than `404` is seen."""

from __future__ import annotations

import json
import os
from itertools import count
from typing import Any

import schemathesis
from schemathesis.core import NotSet

from tests.support.fuzz_rules import put_right, target

KNOWN: dict[str, str] = json.loads(os.environ["FUZZ_IDS"])
KEPT = ("/webhooks/", "/c/", "/api/auth/", "/api/v1/kv/")
NOBODY = "0192f7a8-6f0e-7c3b-9d55-3f1c2a4b5e6d"
NUMBERS = count()


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Puts known ids into the address, and what no schema can say into data that is meant to be right."""
    if case.method == "DELETE" and case.path.endswith("}"):
        _spare_known_things(case)
    elif case.path_parameters and not case.path.startswith(KEPT) and not _is_wrong_on_purpose(case):
        _name_known_things(case)
    if _is_right(case):
        _put_right(case)


def _spare_known_things(case: schemathesis.Case[Any]) -> None:
    """Ids out of answers are tried elsewhere, too."""
    for name, value in case.path_parameters.items():
        if value in KNOWN.values():
            case.path_parameters[name] = NOBODY


def _name_known_things(case: schemathesis.Case[Any]) -> None:
    for name, value in case.path_parameters.items():
        if name in KNOWN and (_is_right(case) or sum(str(value).encode()) % 4):
            case.path_parameters[name] = target(case.method, case.path, name, KNOWN)


def _put_right(case: schemathesis.Case[Any]) -> None:
    """No revision has to be met, and no key has come before."""
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"{next(NUMBERS)} {case.headers['Idempotency-Key']}"[:255].strip()
    query = dict(case.query or {})
    body = put_right(f"{case.method} {case.path}", None if isinstance(case.body, NotSet) else case.body, query, KNOWN)
    if query != (case.query or {}):
        case.query = query
    if body is not None and repr(body) != repr(case.body):  # 1.0 and 1 are equal, but are not sent alike
        case.body = body


def _is_right(case: schemathesis.Case[Any]) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


def _is_wrong_on_purpose(case: schemathesis.Case[Any]) -> bool:
    components = case.meta.components if case.meta is not None else {}
    return any(place.value == "path" and part.mode.value == "negative" for place, part in components.items())
