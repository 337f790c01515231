"""What a block answers, waits for and fails with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.sdk.config import Json


@dataclass(frozen=True, slots=True)
class Port:
    """A named output of a block; `each` repeats it for every item (or unit) of that config field.

    `Port("elif_{n}", each="branches", skip=1)` on three branches gives `elif_1` and `elif_2`.
    """

    name: str
    title: str = ""
    each: str = ""
    skip: int = 0


ERROR_PORT = Port("error", "When it fails")


def expand_ports(ports: Iterable[Port], config: Mapping[str, Json]) -> tuple[Port, ...]:
    """The ports of one block with this configuration, repeated ones written out."""
    expanded: list[Port] = []
    for port in ports:
        if not port.each:
            expanded.append(port)
            continue
        value = config.get(port.each)
        number = len(value) if isinstance(value, list) else value if isinstance(value, int) else 0
        for n in range(1, min(number, 1000) - port.skip + 1):
            expanded.append(Port(port.name.format(n=n), port.title.format(n=n)))
    return tuple(expanded)


@dataclass(frozen=True, slots=True)
class Output:
    """What a block answers: a value, and the output ports that are taken.

    `response` is set only by a block that answers the caller: `{status, headers, body}`.
    """

    value: Json
    ports: tuple[str, ...] = ("output",)
    response: Json = None


@dataclass(frozen=True, slots=True)
class Signal:
    """Something from outside that a parked block waits for.

    `approval`: people decide on a page; `data` is `{title, description, assignees, n_of_m, form}`.
    `event`: a call of the resume address, or an event named `name`; `data` is shown to people.
    """

    kind: Literal["approval", "event"]
    name: str = ""
    data: Json = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a block answers to be parked: until a moment, until a signal, or until whichever comes first.

    A block without `resume` is then done with `value` as its output. A block with `resume` is asked what comes of it;
    it finds `value` again as `arrival.value`, so whatever it must remember goes there.
    """

    until: datetime | None = None
    value: Json = None
    signal: Signal | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Why a parked block goes on: `payload` is what the signal brought, None when the time was over."""

    value: Json
    payload: Json = None
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """One configuration and input with the outcome; shown in the documentation and executed by the tests."""

    title: str
    config: dict[str, Json]
    input: Json = None
    output: Json = None
    ports: tuple[str, ...] = ("output",)
    variables: dict[str, Json] = field(default_factory=dict)
    runnable: bool = True
    """False where the example needs a peer; the block's own test then runs it against one."""


class BlockError(Exception):
    """A failure that a person can act on. `message` names the place and never contains a secret."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Json = None,
        log: Iterable[str] = (),
        retryable: bool = True,
        retry_after: float | None = None,
    ) -> None:
        """`retryable` False: trying again cannot help. `retry_after`: seconds that the other side asked for."""
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after
        self.code = code
        self.message = message
        self.details = details
        self.log = tuple(log)
