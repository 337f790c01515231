"""What a manifest may say: one service, how to sign in, and what can be asked of it. Strict; docs/presets.md explains it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from app.sdk import Config, Json
from blocks.core._paging import Paging

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Words = Annotated[str, Field(min_length=1, max_length=1_000)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
SECRET = "secret"
KEY = "idempotency_key"
FILLED = frozenset({SECRET, "username", KEY})
"""Placeholders of an address that are no parameters: they come from the credential and from the step."""
RESERVED = frozenset({"credential", "most", *FILLED})
"""Names of fields that every operation has, or that pydantic keeps for itself."""


class Part(BaseModel):
    """Base of everything in a manifest. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Auth(Part):
    """One way to sign in; which types of credential it takes follows from `kind`."""

    kind: Literal["bearer", "api_key", "basic", "oauth2"]
    place: Literal["header", "query", "url"] = "header"
    name: HeaderName | Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] = "Authorization"
    template: Annotated[str, Field(max_length=500)] = ""
    """With `{secret}`, `{username}` or `{basic}` in it; left out, what is usual."""
    authorize_url: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    help: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Auth:
        if self.kind == "oauth2" and not (
            _is_https(self.token_url) and (not self.authorize_url or _is_https(self.authorize_url))
        ):
            raise ValueError("oauth2 needs token_url and authorize_url that begin with https://")
        if self.template and "{secret}" not in self.template and "{basic}" not in self.template:
            raise ValueError("template must hold {secret} or {basic}")
        return self


class Server(Part):
    """A service that people run themselves, or that has an address for each customer: the credential names it."""

    path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)*$")] = ""
    hosts: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")], ...] = ()
    """Endings that the server's name must have; none for any server."""


class Parameter(Part):
    """One field of an operation's form, and where its value goes."""

    into: Literal["path", "query", "header", "body"] = Field(alias="in")
    title: str = ""
    help: Words
    type: Literal["text", "integer", "number", "boolean", "choice", "list", "object", "json", "file"] = "text"
    choices: tuple[str, ...] = ()
    required: bool = False
    default: Json = None
    at: str = ""
    """Its name on the wire, for the body with dots; left out, the parameter's own."""
    slashes: bool = False
    """For the path: the value is several parts of it, such as `docs/readme.md`."""
    join: Literal["repeat", "comma", "space", "json"] = "repeat"
    """How a list is written in a query, a header or a form."""
    multiline: bool = False
    advanced: bool = False
    placeholder: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _fits(self) -> Parameter:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices belong to the type choice")
        if self.into != "body" and self.type in ("object", "json", "file"):
            raise ValueError(f"a value of the type {self.type} can only stand in the body")
        if self.into == "path" and self.type == "list":
            raise ValueError("a list cannot stand in the path")
        return self


class Failure(Part):
    """What an answer means that has this status (0: any), and in its body at `at` this value."""

    status: tuple[int, ...] = ()
    at: str = ""
    equals: Json = None
    kind: Literal["auth", "user", "missing", "limit", "again"] = "user"
    help: str = ""


class Errors(Part):
    """How failures look: where the message stands, and what they mean."""

    message: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    """Answers that are failures although their status is not one, or that mean more than their status says."""


class RateLimit(Part):
    """How much may be asked; requests wait for their turn."""

    requests: Annotated[int, Field(ge=1, le=100_000)]
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 1.0
    at_once: Annotated[int, Field(ge=0, le=100)] = 0


class Sample(Part):
    """One recorded exchange: the contract test sends `params` and wants exactly this request."""

    params: Mapping[str, Json] = Field(default_factory=dict)
    path: Annotated[str, Field(pattern=r"^/[^?#\s]*$")]
    query: Mapping[str, str | list[str]] = Field(default_factory=dict)
    headers: Mapping[str, str] = Field(default_factory=dict)
    body: Json = None
    answer: Json = None
    status: int = 200


class Operation(Part):
    """One thing that can be asked of the service; it becomes a block."""

    title: Words
    description: Words
    effect: Literal["read", "write"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~!$&'()*+,;=:@%{}/-]*$", max_length=1_000)]
    params: Mapping[Name, Parameter] = Field(default_factory=dict)
    query: Mapping[str, str] = Field(default_factory=dict)
    headers: Mapping[HeaderName, str] = Field(default_factory=dict)
    body: Json = None
    """What the body holds beside the parameters."""
    encoding: Literal["json", "form", "multipart", "related", "raw", "mail"] = "json"
    idempotency: HeaderName | None = None
    """The header that tells the service that a repeated step is the same one; `{idempotency_key}` in the path does so too."""
    answer: Literal["json", "text", "file", "none"] = "json"
    result: str = ""
    """Where the output stands in the answer; left out, it is all of it."""
    paging: Paging | None = None
    output: Mapping[str, Json] | None = None
    """JSON Schema of the output; left out, it follows from the sample."""
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 60
    icon: str = ""
    sample: Sample

    @field_validator("description")
    @classmethod
    def _is_a_sentence(cls, text: str) -> str:
        if not text.endswith("."):
            raise ValueError("must be a sentence that ends with a full stop")
        return text

    @model_validator(mode="after")
    def _is_consistent(self) -> Operation:
        named = set(PLACEHOLDER.findall(self.path)) - FILLED
        declared = {name for name, parameter in self.params.items() if parameter.into == "path"}
        if named != declared:
            raise ValueError(f"the path and its parameters differ: {', '.join(sorted(named ^ declared))}")
        if set(self.params) & RESERVED:
            raise ValueError(f"no parameter may be called {', '.join(sorted(set(self.params) & RESERVED))}")
        if self.method == "GET" and (self.body is not None or any(one.into == "body" for one in self.params.values())):
            raise ValueError("GET has no body")
        if self.encoding == "raw" and sum(one.into == "body" for one in self.params.values()) > 1:
            raise ValueError("raw takes one parameter as the body")
        unknown = set(self.sample.params) - set(self.params) - {"most"}
        if unknown:
            raise ValueError(f"the sample names {', '.join(sorted(unknown))}, which is no parameter")
        return self


class Trigger(Part):
    """Calls that the service makes: a webhook block that checks each of them by `scheme`."""

    title: Words
    description: Words
    scheme: Literal["github", "stripe", "slack", "standard", "header", "generic"]
    header: HeaderName | None = None
    """For `header` and `generic`: the header with the secret, or with the signature."""
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, Field(max_length=50)] = ""
    timestamp_header: HeaderName | None = None
    delivery_header: HeaderName | None = None
    """Tells deliveries apart, so that one that comes twice starts one execution."""
    help: Words
    """What to enter at the service."""
    icon: str = ""

    @model_validator(mode="after")
    def _names_its_header(self) -> Trigger:
        if (self.scheme in ("header", "generic")) != (self.header is not None):
            raise ValueError("header belongs to the schemes header and generic")
        return self


class Poll(Part):
    """A list that is looked at again and again: what is new in it starts the workflow."""

    title: Words
    description: Words
    operation: Name
    """Which one lists; its other parameters are those of the trigger."""
    key: Annotated[str, Field(min_length=1, max_length=200)]
    """Where an entry has what tells it from the others, such as `id`."""
    fixed: Mapping[Name, Json] = Field(default_factory=dict)
    """Values of parameters that the form need not show."""
    query: Mapping[str, str] = Field(default_factory=dict)
    body: Mapping[str, Json] = Field(default_factory=dict)
    """What is sent beside the parameters, for example to have the newest first."""
    most: Annotated[int, Field(ge=1, le=2_000)] = 100
    """How many entries are read in one look: all that can be new; more where a service does not give the newest first."""
    icon: str = ""


class Manifest(Part):
    """One service."""

    id: Name
    name: Words
    version: Annotated[int, Field(ge=1)] = 1
    description: Words
    docs_url: str
    icon: str = "globe"
    base_url: str = ""
    server: Server | None = None
    auth: tuple[Auth, ...] = ()
    headers: Mapping[HeaderName, str] = Field(default_factory=dict)
    """Sent with every request."""
    rate_limit: RateLimit | None = None
    errors: Errors = Errors()
    test: Name | None = None
    """The operation that shows whether a credential works."""
    operations: Annotated[Mapping[Name, Operation], Field(min_length=1, max_length=300)]
    triggers: Mapping[Name, Trigger] = Field(default_factory=dict)
    polls: Mapping[Name, Poll] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_consistent(self) -> Manifest:
        if bool(self.base_url) == (self.server is not None):
            raise ValueError("either base_url or server is needed")
        if self.base_url and not is_base(self.base_url):
            raise ValueError("base_url must be https://host/path, without query, user name or variable host")
        shadowing = [name for operation in self.operations.values() for name in operation.params if hasattr(Config, name)]
        if shadowing:
            raise ValueError(f"no parameter may be called {shadowing[0]}; name it otherwise and say `at: {shadowing[0]}`")
        if self.server is not None and not self.auth:
            raise ValueError("a service with a server of its own needs auth, whose credential names the server")
        if self.test is not None and self.test not in self.operations:
            raise ValueError("test must name an operation")
        starts = [*self.triggers, *self.polls]
        if len({*self.operations, *starts}) < len(self.operations) + len(starts):
            raise ValueError("an operation and a trigger have the same name")
        for name, poll in self.polls.items():
            listing = self.operations.get(poll.operation)
            if listing is None or listing.effect != "read" or set(poll.fixed) - set(listing.params):
                raise ValueError(f"{name} must name an operation that reads, and parameters of it")
        in_address = [name for name, operation in self.operations.items() if f"{{{SECRET}}}" in operation.path]
        if (in_address or f"{{{SECRET}}}" in self.base_url) and not any(auth.place == "url" for auth in self.auth):
            raise ValueError("{secret} in an address needs an auth whose place is url")
        return self


def _is_https(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and bool(parts.hostname) and not parts.username


def is_base(address: str) -> bool:
    """Whether a service can stand at this address: its host is fixed, and nothing else is in it but a path."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # it is read late, and may be none
    except ValueError:
        return False
    plain = parts.scheme in ("http", "https") and not (parts.query or parts.fragment)
    return plain and re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", parts.netloc) is not None
