"""Loaded by schemathesis: most calls are about things that exist, so that more than `404` is seen."""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

KNOWN: dict[str, str] = json.loads(os.environ["FUZZ_IDS"])
KEPT = ("/webhooks/", "/c/", "/api/auth/", "/api/v1/kv/")


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Puts known ids into the address, except where something is deleted or the address itself is meant to be wrong."""
    if case.method == "DELETE" or case.path.startswith(KEPT) or not case.path_parameters or _is_wrong_on_purpose(case):
        return
    for name, value in case.path_parameters.items():
        if name in KNOWN and sum(str(value).encode()) % 4:
            case.path_parameters[name] = KNOWN[name]


def _is_wrong_on_purpose(case: schemathesis.Case[Any]) -> bool:
    components = case.meta.components if case.meta is not None else {}
    return any(place.value == "path" and part.mode.value == "negative" for place, part in components.items())
