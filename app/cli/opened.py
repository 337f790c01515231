"""What commands on the server's own machine share: the data directory, opened beside the running server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click
from pydantic import ValidationError

from app import logs
from app.adapters.vault import VaultError
from app.db.backup import BackupError
from app.db.session import Database
from app.services.errors import ServiceError
from app.settings import Settings

T = TypeVar("T")


class CannotRun(Exception):
    """A command refuses; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Opened:
    settings: Settings
    database: Database


data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Directory for all data (BLOCKYARD_DATA, ./data)."
)


def settings_of(data: Path | None) -> Settings:
    try:
        given: dict[str, Any] = {} if data is None else {"data": data}
        return Settings(**given)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            click.echo(f"BLOCKYARD_{'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}", err=True)
        sys.exit(2)


def run(data: Path | None, work: Callable[[Opened], Awaitable[T]]) -> T:
    """Do something with the database of a data directory; a refusal becomes a message and exit code 2."""
    logs.configure("console", "warning")
    settings = settings_of(data)

    async def opened() -> T:
        if not settings.database_url and not (settings.data / "blockyard.db").exists():
            raise CannotRun(f"There is no database in {settings.data}. Name the data directory with --data.")
        database = Database(settings.database)
        try:
            await database.migrate()
            return await work(Opened(settings, database))
        finally:
            await database.close()

    return guarded(lambda: asyncio.run(opened()))


def guarded(work: Callable[[], T]) -> T:
    """A refusal becomes a message and exit code 2."""
    try:
        return work()
    except ServiceError as error:
        click.echo(error.message, err=True)
    except (CannotRun, VaultError, BackupError) as error:
        click.echo(str(error), err=True)
    sys.exit(2)


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Columns of text that both people and `cut` can read."""
    texts = [head, *(tuple("" if cell is None else str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[place]) for row in texts) for place in range(len(head))]
    for row in texts:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
