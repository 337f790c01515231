"""Pure: what a block with an effect would have done, in one line for the log of a simulated step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.engine.values import encode
from app.sdk import Config, Json, field_kind

LONGEST = 500
HIDDEN = "***"
FIRST = ("method", "url")
PRIVATE_NAME = re.compile(r"authorization|cookie|password|passwd|secret|token|api[-_]?key", re.IGNORECASE)
PRIVATE_PARAMETER = re.compile(r"([?&][^=&#\s]*(?:password|secret|token|key|signature)[^=&#\s]*=)[^&#\s\"]+", re.IGNORECASE)
USER_IN_ADDRESS = re.compile(r"(://)[^/@\s\"]+@")


def would(config: Config, secrets: Mapping[str, Any]) -> str:
    """The fields that were set, method and address first; whatever looks like a secret is left out."""
    values = config.model_dump(mode="json", exclude_unset=True)
    for name, info in type(config).model_fields.items():
        if name in values and field_kind(info) == "secret":
            values[name] = HIDDEN
    head = [str(getattr(config, name)) for name in FIRST if getattr(config, name, None)]
    rest = {name: value for name, value in _masked(values).items() if name not in FIRST and value not in (None, "", [], {})}
    text = " ".join([*head, *(f"{name}={_text(value)}" for name, value in rest.items())])
    for name, secret in secrets.items():
        text = text.replace(secret.marker, f"${{{name}}}")
    text = USER_IN_ADDRESS.sub(rf"\1{HIDDEN}@", PRIVATE_PARAMETER.sub(rf"\1{HIDDEN}", " ".join(text.split())))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _masked(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: HIDDEN if _is_private(name, child) else _masked(child) for name, child in value.items()}
    return [_masked(child) for child in value] if isinstance(value, list) else value


def _is_private(name: str, value: Json) -> bool:
    return isinstance(value, str) and PRIVATE_NAME.search(name) is not None


def _text(value: Json) -> str:
    return value if isinstance(value, str) else encode(value).decode()
