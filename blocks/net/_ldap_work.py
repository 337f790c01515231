"""Talks to a directory by LDAP, in a thread. Connections go to the address that was checked; referrals are not followed."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ldap3
from ldap3.core import exceptions as errors
from ldap3.core.tls import Tls

from app.sdk import BlockError, Json
from blocks.core._threads import Lines

MAX_BYTES = 1_800_000
SCOPES = {"subtree": ldap3.SUBTREE, "level": ldap3.LEVEL, "base": ldap3.BASE}
LOGIN = (7, 8, 13, 48, 49, 50)
"""Result codes of a login that is refused, and of what the user may not do."""
MISSING, EXISTS, TOO_MANY, FINE = 32, 68, (3, 4, 11), 0
CHANGES = {"replace": ldap3.MODIFY_REPLACE, "add": ldap3.MODIFY_ADD, "remove": ldap3.MODIFY_DELETE}


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    address: str
    port: int
    secured: ssl.SSLContext | None
    user: str
    password: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Request:
    """One operation, whose texts are final."""

    operation: str
    dn: str
    filter: str
    scope: str
    attributes: Sequence[str]
    values: Mapping[str, Json]
    how: str
    limit: int


class _Named(Tls):  # type: ignore[misc]
    """Secures a connection for the name of the server, whatever address the library believes to have connected to."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._context = context
        self.refused: ssl.SSLError | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        try:
            connection.socket = self._context.wrap_socket(connection.socket, do_handshake_on_connect=True)
        except ssl.SSLError as error:
            self.refused = error  # the library makes a text of it
            raise


def run(server: Server, request: Request, lines: Lines) -> Json:
    """What an operation gives."""
    tls = None if server.secured is None else _Named(server.secured)
    target = ldap3.Server(
        server.address, server.port, use_ssl=tls is not None, get_info=ldap3.NONE, tls=tls, connect_timeout=server.seconds
    )
    connection = ldap3.Connection(
        target, server.user or None, server.password or None, auto_referrals=False, raise_exceptions=False,
        receive_timeout=max(1, int(server.seconds)), return_empty_attributes=False,
    )  # fmt: skip
    try:
        connection.open()
        lines.add(connection.socket)
        if not connection.bind():
            raise _told(connection.result, server)
        return _done(connection, request, server)
    except errors.LDAPInvalidFilterError:
        raise _invalid("field `filter`: this is no filter such as (mail=ada@example.com)") from None
    except errors.LDAPInvalidDnError:
        raise _invalid("field `dn`: this is no name such as ou=people,dc=example,dc=com") from None
    except (errors.LDAPCommunicationError, errors.LDAPResponseTimeoutError) as error:
        raise (tls.refused if tls is not None and tls.refused is not None else _lost(error)) from None
    except (errors.LDAPExceptionError, ValueError) as error:
        raise _invalid(f"this cannot be asked of a directory: {str(error)[:200]}") from None
    finally:
        with suppress(Exception):
            connection.unbind()


def _done(connection: Any, request: Request, server: Server) -> Json:
    values = {name: _given(value) for name, value in request.values.items()}
    match request.operation:
        case "search":
            return _found(connection, request, server)
        case "add":
            connection.add(request.dn, attributes=values)
        case "change":
            connection.modify(request.dn, {name: [(CHANGES[request.how], texts)] for name, texts in values.items()})
        case "delete":
            connection.delete(request.dn)
            if connection.result["result"] == MISSING:
                return {"done": False}
        case "check":
            pass  # that the login was taken is the answer
    if connection.result["result"] != FINE:
        raise _told(connection.result, server)
    return {"done": True}


def _found(connection: Any, request: Request, server: Server) -> Json:
    wanted = list(request.attributes) or [ldap3.ALL_ATTRIBUTES]
    connection.search(
        request.dn, request.filter, SCOPES[request.scope], attributes=wanted, size_limit=request.limit + 1,
        time_limit=max(1, int(server.seconds)), dereference_aliases=ldap3.DEREF_NEVER,
    )  # fmt: skip
    code = connection.result["result"]
    if code == MISSING:
        return {"entries": [], "more": False}
    if code != FINE and code not in TOO_MANY:
        raise _told(connection.result, server)
    entries = [
        {"dn": one["dn"], **{name: _plain(values) for name, values in one["raw_attributes"].items()}}
        for one in connection.response or ()
        if one.get("type") == "searchResEntry"
    ]
    if sum(len(str(entry)) for entry in entries) > MAX_BYTES:
        raise BlockError("RESULT_TOO_LARGE", f"the entries are larger than {MAX_BYTES:,} bytes; ask for fewer", retryable=False)
    return {"entries": entries[: request.limit], "more": len(entries) > request.limit or code != FINE}


def _given(value: Json) -> list[str]:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [str(one).upper() if isinstance(one, bool) else str(one) for one in values]


def _plain(values: Sequence[bytes]) -> Json:
    """One value as it is, several as a list; what is no text in base64."""
    found = [_text(value) for value in values]
    return found[0] if len(found) == 1 else found


def _text(value: bytes | datetime | str) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _told(result: Mapping[str, Any], server: Server) -> BlockError:
    code, place = result["result"], f"{server.name}:{server.port}"
    told = str(result.get("message") or result.get("description") or "")[:200]
    if code in LOGIN:
        return BlockError("LOGIN_REFUSED", f"{place} refuses the login, or does not allow this user to do it", retryable=False)
    if code == MISSING:
        return BlockError("ENTRY_NOT_FOUND", "field `dn`: there is no such entry", retryable=False)
    if code == EXISTS:
        return BlockError("ENTRY_EXISTS", "field `dn`: there is such an entry already", retryable=False)
    busy = code in (51, 52)
    return BlockError("DIRECTORY", f"{place} answers: {told or code}", retryable=busy)


def _invalid(message: str) -> BlockError:
    return BlockError("CONFIG_INVALID", message, retryable=False)


def _lost(error: Exception) -> BaseException:
    """What has happened to the connection; the library tells it in words only."""
    told = str(error).lower()
    if "timed out" in told or "timeout" in told:
        return TimeoutError()
    return ConnectionError(str(error)[:100]) if isinstance(error, errors.LDAPSocketOpenError) else EOFError()
