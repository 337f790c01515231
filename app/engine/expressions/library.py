"""What one function of the language is; the tables of them run the language and write its help page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature

from app.sdk import Json

Implementation = Callable[..., Json]
"""Takes the Evaluation under way, then the arguments by position."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method: how it is called, what it does and an example with its result."""

    name: str
    signature: str
    help: str
    example: str
    gives: Json
    run: Implementation
    group: str
    least: int
    most: int
    takes_secrets: bool = False


def function(
    group: str, written: str, help: str, example: str, gives: Json, run: Implementation, *, secrets: bool = False
) -> Function:
    """A table's row; how many arguments there can be follows from the implementation."""
    least, most = _arity(run)
    return Function(written.partition("(")[0], written, help, example, gives, run, group, least, most, secrets)


def table(rows: Iterable[Function]) -> Mapping[str, Function]:
    """Rows by name."""
    return {row.name: row for row in rows}


def _arity(run: Implementation) -> tuple[int, int]:
    parameters = list(signature(run).parameters.values())[1:]
    positional = [parameter for parameter in parameters if parameter.kind is not Parameter.VAR_POSITIONAL]
    least = sum(parameter.default is Parameter.empty for parameter in positional)
    return least, 100 if len(positional) < len(parameters) else len(positional)
