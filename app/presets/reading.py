"""A manifest as people write it: YAML, with every problem and its line."""

from __future__ import annotations

from pydantic import ValidationError

from app.formats.text import NotReadable, Read
from app.formats.yaml import read_yaml
from app.presets.manifest import Manifest
from app.sdk import Json

WORDS = {"missing": "is needed", "extra_forbidden": "is not a known field"}


def read_manifest(text: str) -> Manifest:
    """Raises NotReadable with every problem.

    Parameters that several operations have may stand once, under `shared`; an operation names them in `use`.
    """
    read = read_yaml(text)
    try:
        return Manifest.model_validate(_spread(read))
    except ValidationError as error:
        problems = []
        for item in error.errors(include_url=False, include_input=False, include_context=False):
            place = tuple(part for part in item["loc"])
            words = WORDS.get(item["type"], item["msg"])
            problems.append(read.problem(place, f"`{'.'.join(map(str, place)) or 'manifest'}` {words}"))
        raise NotReadable(problems[:100]) from None


def _spread(read: Read) -> Json:
    """The manifest with its shared parameters where they are used. Raises NotReadable for one that is not there."""
    value = read.value
    if not isinstance(value, dict) or not isinstance(value.get("operations"), dict):
        return value
    given = value.get("shared")
    shared: dict[str, Json] = given if isinstance(given, dict) else {}
    operations = {}
    for name, operation in value["operations"].items():
        if isinstance(operation, dict) and isinstance(operation.get("use"), list):
            missing = [one for one in operation["use"] if one not in shared]
            if missing:
                raise NotReadable(
                    [read.problem(("operations", name, "use"), f"`{missing[0]}` is not among the shared parameters")]
                )
            params = {one: shared[one] for one in operation["use"]} | (operation.get("params") or {})
            operation = {key: child for key, child in operation.items() if key != "use"} | {"params": params}
        operations[name] = operation
    return {key: child for key, child in value.items() if key != "shared"} | {"operations": operations}
