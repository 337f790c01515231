"""Talks to PostgreSQL. Connections go to the address that was checked; nothing comes from the environment or from files."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg.types.json import Jsonb

from app.sdk import BlockError, File, Json, Login, Reached, Visit, is_file
from blocks.db._sql import Statement
from blocks.db._values import Rows, distinct

DEFAULT_PORT = 5432
MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
REFUSED = re.compile(r"FATAL:\s+(?P<why>[^\n]*)")
LATER = ("53", "57P", "40", "55P03")
"""Beginnings of SQLSTATEs that pass: no resources, shutting down, deadlock, locked."""
READS = re.compile(r"\s*(SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE)
CHANGES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|INTO)\b", re.IGNORECASE)
"""With one of these words, a statement may change something and answer no rows; if it does not, nothing is lost."""
Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Cursor = psycopg.AsyncCursor[tuple[Any, ...]]


async def run(visit: Visit, statements: Sequence[Statement], limit: int, seconds: float) -> list[Rows]:
    """The rows of each statement; all of them are one transaction."""
    async with _connected(visit, seconds) as connection:
        place = "sql"
        try:
            async with connection.transaction():
                results = []
                for statement in statements:
                    place = statement.place
                    results.append(await _result(connection, statement, limit))
            return results
        except psycopg.Error as error:
            raise _refused(error, place, connection) from None


@asynccontextmanager
async def _connected(visit: Visit, seconds: float) -> AsyncIterator[Connection]:
    login = visit.login
    address = login.address("postgresql", "postgres", "postgresql+psycopg")
    reached = await visit.reach(address.host, address.port or DEFAULT_PORT)
    with tempfile.TemporaryDirectory(prefix="blockyard-") as directory:
        try:
            connection = await Connection.connect(
                host=reached.host,
                hostaddr=reached.address,
                port=reached.port,
                user=address.username or "postgres",
                password=address.password,
                dbname=address.path or address.username or "postgres",
                passfile=f"{directory}/none",
                gssencmode="disable",
                application_name="blockyard",
                client_encoding="utf8",
                options=f"-c statement_timeout={int(seconds * 1000)} -c timezone=UTC",
                autocommit=True,
                cursor_factory=psycopg.AsyncRawCursor,
                **_security(login, address.options.get("sslmode", ""), Path(directory)),
            )
        except psycopg.Error as error:
            raise _not_connected(error, reached) from None
    try:
        yield connection
    finally:
        await connection.close()


def _security(login: Login, mode: str, directory: Path) -> dict[str, Any]:
    authority = login.get("authority")
    mode = mode or ("verify-full" if authority else "prefer")
    if mode not in MODES:
        message = f"the credential `{login.name}`: sslmode must be one of {', '.join(MODES)}"
        raise BlockError("CREDENTIAL_INVALID", message, retryable=False)
    settings = {"sslmode": mode, "sslcert": str(directory / "none"), "sslkey": str(directory / "none")}
    if authority:
        (directory / "authority.pem").write_text(authority)
        return settings | {"sslrootcert": str(directory / "authority.pem")}
    return settings | {"sslrootcert": "system" if mode == "verify-full" else str(directory / "none")}


async def _result(connection: Connection, statement: Statement, limit: int) -> Rows:
    rows = Rows(limit)
    values = [_parameter(value) for value in statement.values]
    async with connection.cursor() as cursor:
        if READS.match(statement.sql) and not CHANGES.search(statement.sql):
            await _read(cursor, statement.sql, values, rows)
            return rows
        await cursor.execute(statement.sql.encode(), values)
        if cursor.description:
            rows.columns = _columns(cursor)
            async for row in cursor:
                if not rows.add(row):
                    break
        rows.affected = cursor.rowcount
    return rows


async def _read(cursor: Cursor, sql: str, values: list[Any], rows: Rows) -> None:
    """Row by row, so that a question with a million answers costs no more than those that are wanted."""
    async with aclosing(cast(AsyncGenerator[tuple[Any, ...], None], cursor.stream(sql.encode(), values))) as stream:
        async for row in stream:
            rows.columns = rows.columns or _columns(cursor)
            if not rows.add(row):
                return


def _columns(cursor: Cursor) -> list[str]:
    return distinct(column.name for column in cursor.description or ())


def _parameter(value: Json) -> Any:
    if is_file(value):
        return File.of(value, "params").content
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict | list) for item in value)):
        return Jsonb(value)
    return value


def _not_connected(error: psycopg.Error, reached: Reached) -> BlockError:
    text, place = str(error), f"{reached.host}:{reached.port}"
    if found := REFUSED.search(text):
        passing = "too many" in text or "starting up" in text or "shutting down" in text
        return BlockError("LOGIN_REFUSED", f"{place} refuses the connection: {found['why'][:200]}", retryable=passing)
    if "certificate" in text or "SSL" in text:
        return BlockError("TLS", f"No secure connection to {place} could be made, or its certificate is not trusted")
    if "refused" in text or "unreachable" in text or "timeout" in text:
        return BlockError("CONNECTION", f"{place} could not be reached: the connection was refused or has no route")
    return BlockError("CONNECTION", f"{place} ended the connection, or is no PostgreSQL server")


def _refused(error: psycopg.Error, place: str, connection: Connection) -> BlockError:
    state, told = error.sqlstate or "", error.diag.message_primary or ""
    if connection.broken or not state:
        if isinstance(error, psycopg.OperationalError):
            return BlockError("CONNECTION", f"{connection.info.host} ended the connection before it was done")
        return BlockError("SQL_INVALID", f"field `{place}`: {str(error)[:200]}", retryable=False)
    if state == "57014":
        return BlockError("TIMEOUT", f"field `{place}`: the database stopped it, because it took too long")
    told = re.sub(r': ".*"$', "", told, flags=re.DOTALL) if state.startswith("22") else told  # it would name the value
    code = {"22": "VALUE_INVALID", "23": "CONSTRAINT", "28": "LOGIN_REFUSED", "42": "SQL_INVALID"}.get(state[:2], "DATABASE")
    details = {"sqlstate": state, "constraint": error.diag.constraint_name}
    return BlockError(code, f"field `{place}`: {told[:300]}", details=details, retryable=state.startswith(LATER))
