"""The block of a trigger: a webhook block that is set up for the calls of one service."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

from pydantic import create_model
from pydantic.fields import FieldInfo

from app.presets.manifest import Manifest, Trigger
from app.sdk import Block, Config, Example, Json
from blocks.core.webhook import BLOCK as WEBHOOK

EXAMPLE = {"webhook_id": "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11", "webhook_secret": "choose-a-long-one"}


def block_of_trigger(manifest: Manifest, name: str, trigger: Trigger) -> Block:
    """The declaration under which the palette offers it; what is placed is a webhook block."""
    settings = _settings(trigger)
    return replace(
        WEBHOOK,
        type=f"{manifest.id}.{name}",
        title=f"{manifest.name}: {trigger.title[0].lower()}{trigger.title[1:]}",
        category=manifest.name,
        icon=trigger.icon or manifest.icon,
        description=trigger.description,
        config=_model(f"{manifest.id}_{name}", settings),
        aliases=(),
        examples=(Example(trigger.title, {**EXAMPLE, **settings}, input={"event": "x"}, output={"event": "x"}),),
        documentation=(
            f"{trigger.description} {trigger.help} Calls that {manifest.name} has not signed with this secret are refused."
            f"\n\nThis is a webhook block that is set up for {manifest.name}; deploy the workflow to accept calls. "
            f"What comes in is described at {manifest.docs_url}."
        ),
    )


def _settings(trigger: Trigger) -> dict[str, Json]:
    """What differs from a webhook block that was just placed."""
    generic = {"algorithm": trigger.algorithm, "encoding": trigger.encoding, "prefix": trigger.prefix}
    found: dict[str, Json] = {
        "scheme": trigger.scheme,
        "signature_header": trigger.header,
        "timestamp_header": trigger.timestamp_header,
        "same_header": trigger.delivery_header,
        **(generic if trigger.scheme == "generic" else {}),
    }
    return {field: value for field, value in found.items() if value}


def _model(name: str, settings: dict[str, Json]) -> type[Config]:
    fields: dict[str, Any] = {}
    for field, value in settings.items():
        info = WEBHOOK.config.model_fields[field]
        fields[field] = (info.annotation, _with_default(info, value))
    return create_model(name, __base__=WEBHOOK.config, **fields)


def _with_default(info: FieldInfo, value: Json) -> FieldInfo:
    changed = copy(info)
    changed.default = value
    return changed
