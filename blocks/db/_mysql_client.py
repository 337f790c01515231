"""Talks to MySQL and MariaDB. Connections go to the address that was checked; files of this machine are never sent."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiomysql
import pymysql
from pymysql.constants import CLIENT

from app.sdk import BlockError, File, Json, Login, Reached, Visit, is_file
from blocks.db._sql import Statement
from blocks.db._values import Rows, distinct

DEFAULT_PORT = 3306
LOST = (2006, 2013, 1053, 1152, 1159, 1161, 1927)
REFUSED = (1044, 1045, 1049, 1129, 1130, 1698)
LATER = (1040, 1203, 1205, 1213, 1226)
TOO_LONG = (1969, 3024, 1317)
CONSTRAINT = (1048, 1062, 1169, 1216, 1217, 1364, 1451, 1452, 3819, 4025)
VALUE = (1264, 1265, 1292, 1366, 1406, 1690)
MODES = ("", "disable", "require", "verify-full")


class _Connection(aiomysql.Connection):  # type: ignore[misc]
    """Refuses a server that does not offer encryption where that is wanted; the library would go on without."""

    async def _get_server_information(self) -> None:
        await super()._get_server_information()
        if self._ssl_context and not self.server_capabilities & CLIENT.SSL:
            raise BlockError("TLS", "The server does not offer encryption", retryable=False)


async def run(visit: Visit, statements: Sequence[Statement], limit: int, seconds: float) -> list[Rows]:
    """The rows of each statement; all of them are one transaction."""
    async with _connected(visit, seconds) as (connection, reached):
        place = "sql"
        try:
            await connection.begin()
            results = []
            for statement in statements:
                place = statement.place
                results.append(await _result(connection, statement, limit))
            await connection.commit()
            return results
        except pymysql.err.Error as error:
            raise _refused(error, place, reached) from None


@asynccontextmanager
async def _connected(visit: Visit, seconds: float) -> AsyncIterator[tuple[aiomysql.Connection, Reached]]:
    login = visit.login
    address = login.address("mysql", "mariadb")
    reached = await visit.reach(address.host, address.port or DEFAULT_PORT)
    connection = _Connection(
        host=reached.address,
        port=reached.port,
        user=address.username or "root",
        password=address.password.encode().decode("latin-1"),  # the library writes it in this encoding, servers read UTF-8
        db=address.path or None,
        charset="utf8mb4",
        autocommit=True,
        program_name="blockyard",
        ssl=_security(login, address.options.get("sslmode", ""), reached),
    )
    connection.client_flag &= ~CLIENT.MULTI_STATEMENTS
    try:
        try:
            await connection._connect()
            await _limit_time(connection, seconds)
        except pymysql.err.Error as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None
            raise _refused(error, "", reached) from None
        yield connection, reached
    finally:
        connection.close()


async def _limit_time(connection: aiomysql.Connection, seconds: float) -> None:
    """The server stops what nobody waits for any more, as far as it can."""
    mariadb = "mariadb" in connection.get_server_info().lower()
    setting = f"max_statement_time = {seconds}" if mariadb else f"max_execution_time = {int(seconds * 1000)}"
    async with connection.cursor() as cursor:
        with suppress(pymysql.err.Error):
            await cursor.execute(f"SET SESSION time_zone = '+00:00', {setting}")


def _security(login: Login, mode: str, reached: Reached) -> ssl.SSLContext | None:
    authority = login.get("authority")
    if mode not in MODES:
        message = f"the credential `{login.name}`: sslmode must be one of {', '.join(MODES[1:])}"
        raise BlockError("CREDENTIAL_INVALID", message, retryable=False)
    if mode == "disable" or not (mode or authority):
        return None
    return reached.tls(authority, verify=bool(authority) or mode == "verify-full")


async def _result(connection: aiomysql.Connection, statement: Statement, limit: int) -> Rows:
    rows = Rows(limit)
    cursor = aiomysql.SSCursor(connection)
    await cursor.execute(statement.sql, tuple(_parameter(value) for value in statement.values))
    if not cursor.description:
        rows.affected = cursor.rowcount
        return rows
    rows.columns = distinct(column[0] for column in cursor.description)
    while (row := await cursor.fetchone()) is not None:
        if not rows.add(row):
            await cursor.close()  # reads the rest away, unless it takes too long
            break
    return rows


def _parameter(value: Json) -> Any:
    if is_file(value):
        return File.of(value, "params").content
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _refused(error: pymysql.err.Error, place: str, reached: Reached) -> BlockError:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    told = str(error.args[1] if len(error.args) > 1 else error)[:300]
    where = f"{reached.host}:{reached.port}"
    if number in REFUSED:
        return BlockError("LOGIN_REFUSED", f"{where} refuses the connection: {told}", retryable=False)
    if number in LOST or isinstance(error, pymysql.err.InterfaceError):
        return BlockError("CONNECTION", f"{where} ended the connection before it was done")
    if number == 2003:
        return BlockError("CONNECTION", f"{where} could not be reached: the connection was refused or has no route")
    if number in TOO_LONG:
        return BlockError("TIMEOUT", f"field `{place}`: the database stopped it, because it took too long")
    if not place:
        return BlockError("LOGIN_REFUSED", f"{where} refuses the connection: {told}", retryable=number in LATER)
    code = "CONSTRAINT" if number in CONSTRAINT else "VALUE_INVALID" if number in VALUE else "SQL_INVALID"
    if code != "SQL_INVALID" or number in LATER:
        told = re.sub(r"'[^']*' for (key|column)", r"a value for \1", told)
    code = "DATABASE" if number in LATER else code
    return BlockError(code, f"field `{place}`: {told}", details={"number": number}, retryable=number in LATER)
