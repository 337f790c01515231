"""What a block may ask of the platform, as far as it declares the need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.sdk.config import Json
from app.sdk.files import File


@dataclass(frozen=True, slots=True)
class Signing:
    """Where a credential of one of these types goes in a request.

    In `template`, and for the place `url` in the address itself, `{secret}`, `{username}` and `{basic}` stand for what the
    credential holds.
    """

    types: tuple[str, ...]
    place: Literal["header", "query", "url"] = "header"
    name: str = "Authorization"
    template: str = "Bearer {secret}"


@dataclass(frozen=True, slots=True)
class Pace:
    """Requests with the same key share at most `per_second` (0: any number) and `at_once` (0: any number)."""

    key: str
    per_second: float = 0.0
    burst: int = 1
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """How a request gets there: through a proxy (`http://host:port`), and whose certificates are trusted.

    `certificate` is PEM of an authority that is trusted beside the usual ones.
    """

    proxy: str = ""
    certificate: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request for the one egress client. `timeout` in seconds; at most one of the bodies is given."""

    method: str
    url: str
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    form: Mapping[str, str | Sequence[str]] | None = None
    multipart: Mapping[str, str | File] | None = None
    content: bytes | None = None
    timeout: float = 30.0
    credential: str = ""
    signings: tuple[Signing, ...] = ()
    """How the credential is used, by its type; without any, as its type says."""
    server: tuple[str, ...] | None = None
    """Not None: `url` is a path at the server that the credential names; its host ends with one of these, if any are given."""
    pace: Pace | None = None
    route: Route | None = None
    follow_redirects: bool = True
    trusted: bool = False
    """True only for the address that the operator set as the default model's: it may be private."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status_code: int
    headers: Mapping[str, str]
    content: bytes
    text: str


class Http(Protocol):
    """The egress client: resolves, checks and connects; raises BlockError for every failure to get an answer."""

    async def send(self, request: HttpRequest) -> HttpResponse: ...


@dataclass(frozen=True, slots=True)
class SandboxResult:
    value: Json
    printed: tuple[str, ...] = ()


class Sandbox(Protocol):
    """Runs user code away from the server. Raises BlockError with the line and the message."""

    async def run(self, source: str, names: Mapping[str, Json]) -> SandboxResult: ...


@dataclass(frozen=True, slots=True)
class WorkflowResult:
    execution_id: str
    status: str
    output: Json
    error: Json = None
    retryable: bool = True
    """False where it failed, and would fail again in the same way."""


class Workflows(Protocol):
    """Runs other workflows of the same workspace as children of this execution."""

    async def run(self, workflow: str, variables: Mapping[str, Json], key: str) -> WorkflowResult:
        """Start one and wait for its end. The same key finds again what was started."""

    async def start(self, workflow: str, variables: Mapping[str, Json], key: str) -> str:
        """Start one without waiting; its execution's id. The same key finds again what was started."""


PRIVATE_NAMESPACES = (
    "agent-memory:", "block-cache", "data.dedupe", "flow.circuit_breaker", "flow.once", "flow.rate_limit", "rss.read",
    "table.rows", "trigger.chat", "var.set",
)  # fmt: skip
"""Namespaces of State that begin so belong to blocks, which remember in them what they must; people use others."""


class State(Protocol):
    """Small values of the workspace that outlive executions; every operation is atomic. `ttl` in seconds."""

    async def get(self, namespace: str, key: str) -> Json:
        """The value, or None when there is none or its time is over."""

    async def set(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> None: ...

    async def add(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> bool:
        """Set it only when there is none; True when it was set."""

    async def swap(self, namespace: str, key: str, expected: Json, value: Json, ttl: float | None = None) -> bool:
        """Set it only when its value is still `expected` (None: when there is none); True when it was set."""

    async def delete(self, namespace: str, key: str) -> bool:
        """Forget it; False when there was none."""

    async def keys(self, namespace: str, prefix: str = "", limit: int = 100) -> list[str]:
        """The keys that begin with `prefix`, in order."""

    async def take(self, namespace: str, key: str, rate: float, burst: int) -> float:
        """Take one token of a bucket filled with `rate` tokens a second, at most `burst`; seconds to wait, 0 when taken."""


class Blocks(Protocol):
    """Other block types, run as tools of this one, with this execution's rights."""

    def describe(self, type: str) -> dict[str, Json]:
        """`{type, title, description, input_schema}`. Raises BlockError when it cannot be a tool."""

    async def run(self, type: str, config: Mapping[str, Json], key: str) -> Json:
        """The output of one run. Raises BlockError."""


class Platform(Protocol):
    """This platform's own services, with the rights of the workflow's owner."""

    async def call(self, resource: str, operation: str, resource_id: str, body: Json) -> Json: ...
