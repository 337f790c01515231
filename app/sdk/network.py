"""Connections that are no web calls: databases, message brokers, mail and file servers."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from app.sdk.answers import BlockError
from app.sdk.config import Json


@dataclass(frozen=True, slots=True)
class Address:
    """What an address such as `postgresql://user:password@host:5432/shop?sslmode=require` says."""

    scheme: str
    host: str
    port: int | None
    username: str
    password: str = field(repr=False)
    path: str
    """Behind the slash."""
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Login:
    """A credential that is opened for one visit."""

    name: str
    type: str
    fields: Mapping[str, str] = field(repr=False)

    def get(self, name: str) -> str:
        """A field's value; empty where it was left out."""
        return self.fields.get(name, "")

    @property
    def port(self) -> int:
        return int(self.fields["port"])

    def address(self, *schemes: str) -> Address:
        """Its address, which has one of these schemes. Raises BlockError CREDENTIAL_INVALID."""
        parts = _split(self.get("url"))
        if parts is None or not parts.hostname or parts.scheme not in schemes:
            wanted = " or ".join(f"{scheme}://" for scheme in schemes)
            message = f"the credential `{self.name}` must hold an address that begins with {wanted} and names a host"
            raise BlockError("CREDENTIAL_INVALID", message, retryable=False)
        return Address(
            parts.scheme,
            parts.hostname,
            parts.port,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            unquote(parts.path.removeprefix("/")),
            dict(parse_qsl(parts.query)),
        )

    def secrets(self) -> set[str]:
        """What an address hides: the password in it, as it is written and as it is meant."""
        parts = _split(self.get("url"))
        return {parts.password, unquote(parts.password)} if parts is not None and parts.password else set()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is read late, and may be none
    except ValueError:
        return None
    return parts


class NamedContext(ssl.SSLContext):
    """Checks certificates for one name, whatever address a library believes to have connected to."""

    name = ""

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*arguments, **{**named, "server_hostname": self.name})

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        return super().wrap_bio(*arguments, **{**named, "server_hostname": self.name})


@dataclass(frozen=True, slots=True)
class Reached:
    """A machine that may be called: connect to `address`, which was checked; `host` is for certificates and messages."""

    host: str
    address: str
    port: int

    def tls(self, authority: str = "", *, verify: bool = True) -> NamedContext:
        """What secures a connection to it. `authority`: PEM of the only authority that is trusted; without, the system's."""
        context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.name = self.host
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif not authority.strip():
            context.load_default_certs()
        else:
            try:
                context.load_verify_locations(cadata=authority)
            except (ssl.SSLError, ValueError):
                message = "the authority's certificate in the credential cannot be read; it must be PEM"
                raise BlockError("CREDENTIAL_INVALID", message, retryable=False) from None
        return context


class Visit(Protocol):
    """What one visit to other machines may use."""

    @property
    def login(self) -> Login:
        """The credential. Raises BlockError CREDENTIAL_NEEDED when the visit names none."""

    async def reach(self, host: str, port: int) -> Reached:
        """Resolve and check a host. Raises BlockError when it is not known, or may not be called."""

    def reveal(self, value: Json) -> Json:
        """A value with the secrets that its `${NAME}`s stand for: only for what is sent to the other side."""


class Network(Protocol):
    """Other machines, by protocols that are not HTTP."""

    async def visit(
        self,
        talk: Callable[[Visit], Awaitable[Json]],
        *,
        credential: str = "",
        types: Sequence[str] = (),
        seconds: float = 30.0,
    ) -> Json:
        """What `talk` returns, without any secret in it. Raises BlockError for every failure of the connection.

        `types` are the types of credential that fit. A connection that `talk` opens must be closed when it ends.
        """
