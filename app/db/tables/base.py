"""What all tables are made of."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, stored as integer microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


LARGE_BYTES = 16_000
_COMPRESSED = b"\0"
"""Neither JSON nor packed steps begin with it."""


def stored(content: bytes) -> bytes:
    """What is put on disk: large content compressed. SQLite and PostgreSQL keep it apart from its row by themselves."""
    return content if len(content) <= LARGE_BYTES else _COMPRESSED + zlib.compress(content, 1)


class Content(sa.types.TypeDecorator[bytes]):
    """Encoded values of executions, of any size."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Any) -> bytes | None:
        return None if value is None else stored(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> bytes | None:
        return zlib.decompress(value[1:]) if value is not None and value[:1] == _COMPRESSED else value


def id_column(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(36), primary_key=True)


def reference(target: str, *, nullable: bool = False) -> Any:
    return sa.Column(target.split(".")[0].removesuffix("s") + "_id", sa.String(36), sa.ForeignKey(target), nullable=nullable)


def partial_index(name: str, condition: sa.ColumnElement[bool], *columns: sa.Column[Any]) -> None:
    """An index of the few rows for which the condition holds."""
    sa.Index(name, *columns, sqlite_where=condition, postgresql_where=condition)
