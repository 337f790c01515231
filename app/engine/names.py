"""The names that expressions of one execution can use."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.engine.expressions import Scope
from app.sdk import Json


class Names:
    """Grows as blocks finish. The body of a container has names of its own, which begin with those around it."""

    def __init__(self, base: dict[str, Any], outputs: dict[str, Json], absent: dict[str, str]) -> None:
        self._outputs = outputs
        self._absent = absent
        self._base = base | {"blocks": outputs}

    @classmethod
    def of(
        cls,
        variables: Mapping[str, Json],
        execution: Mapping[str, Json],
        workflow: Mapping[str, Json],
        secrets: Mapping[str, Any],
        blocks: Mapping[str, str],
    ) -> Names:
        """`blocks`: the name of every block of the workflow by its id."""
        base = {"variables": variables, "execution": execution, "workflow": workflow, "secrets": secrets}
        return cls(base, {}, dict(blocks))

    def inner(self, more: Mapping[str, Json]) -> Names:
        """The names of one round of a body: these and `more`."""
        return Names(self._base | dict(more), dict(self._outputs), dict(self._absent))

    @property
    def variables(self) -> Mapping[str, Json]:
        """What the execution was given; once its trigger has run, with defaults filled in."""
        variables: Mapping[str, Json] = self._base["variables"]
        return variables

    @variables.setter
    def variables(self, variables: Mapping[str, Json]) -> None:
        self._base["variables"] = variables

    def finished(self, block_id: str, output: Json) -> None:
        """A block's output is known from now on."""
        self._absent.pop(block_id, None)
        self._outputs[block_id] = {"output": output}
        self._base.setdefault(block_id, self._outputs[block_id])

    def with_input(self, value: Json) -> dict[str, Any]:
        return {**self._base, "input": value}

    def scope(self, value: Json) -> Scope:
        return Scope(ChainMap({"input": value}, self._base), datetime.now(UTC), self._absent)
