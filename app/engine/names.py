"""The names that expressions of one execution can use."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from app.engine.expressions import Scope
from app.sdk import Json


class Absent(Mapping[str, str]):
    """The blocks of a workflow that have no output yet, with their names."""

    def __init__(self, blocks: Mapping[str, str], outputs: Mapping[str, Json]) -> None:
        self._blocks = blocks
        self._outputs = outputs

    def __getitem__(self, block_id: str) -> str:
        if block_id in self._outputs:
            raise KeyError(block_id)
        return self._blocks[block_id]

    def __iter__(self) -> Iterator[str]:
        return (block_id for block_id in self._blocks if block_id not in self._outputs)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Names:
    """Grows as blocks finish. The body of a container has names of its own, which begin with those around it."""

    def __init__(self, base: dict[str, Any], outputs: dict[str, Json], blocks: Mapping[str, str]) -> None:
        self._outputs = outputs
        self._blocks = blocks
        self._absent = Absent(blocks, outputs)
        self._base = base
        base["blocks"] = outputs

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
        return cls(base, {}, blocks)

    def inner(self, more: Mapping[str, Json]) -> Names:
        """The names of one round of a body: these and `more`."""
        return Names({**self._base, **more}, dict(self._outputs), self._blocks)

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
        self._outputs[block_id] = {"output": output}
        self._base.setdefault(block_id, self._outputs[block_id])

    def with_input(self, value: Json) -> dict[str, Any]:
        return {**self._base, "input": value}

    def scope(self, value: Json, more: Mapping[str, Json] | None = None) -> Scope:
        """What expressions see; `more` comes before everything else."""
        return Scope(ChainMap({"input": value, **(more or {})}, self._base), datetime.now(UTC), self._absent)
