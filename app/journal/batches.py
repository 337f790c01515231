"""What executions want to have written, and the statements that write it; the same for every database."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.db.step_rows import packed, step_row
from app.db.tables import executions, signals, steps
from app.engine.events import TERMINAL, StepFinished, StepParked

Row = dict[str, Any]
Statement = sa.UpdateBase
Writing = Generator[tuple[Statement, Sequence[Row]], int, set[int]]
"""Yields statements with their rows, is sent how many rows were touched, returns the numbers of fenced batches."""

REPLACEABLE = ("waiting", "retrying", "cancelled")
"""A step that was recorded as done stays as it is; only one of these gives way to a later record."""


@dataclass(slots=True)
class Batch:
    """What one execution wants to have written together. `changes` apply to its row when driver and epoch still hold."""

    execution_id: str
    epoch: int
    insert: Row | None = None
    changes: Row = field(default_factory=dict)
    steps: list[StepFinished | StepParked] = field(default_factory=list)
    signals: list[Row] = field(default_factory=list)
    done: asyncio.Future[None] | None = None


def writing(batches: Sequence[Batch], dialect: str) -> Writing:
    """The statements that write these batches within one transaction."""
    fenced: set[int] = set()
    inserted, whole = _inserted(batches)
    if inserted:
        yield _insert_executions(), inserted
    for number, batch in enumerate(batches):
        if batch.insert is None:
            changes = batch.changes or {"epoch": batch.epoch}
            row = {f"to_{name}": value for name, value in changes.items()}
            touched = yield _update(tuple(changes)), [row | {"at_id": batch.execution_id, "at_epoch": batch.epoch}]
            if touched != 1:
                fenced.add(number)
    written = [batch for number, batch in enumerate(batches) if number not in fenced]
    rows = [step_row(batch.execution_id, step) for batch in written if batch.execution_id not in whole for step in batch.steps]
    if rows:
        yield _upsert_steps(dialect), rows
    awaited = [row for batch in written for row in batch.signals]
    if awaited:
        yield _insert_signals(), awaited
    for batch in written:
        status = batch.changes.get("status")
        here: list[Row] = [{"at_id": batch.execution_id}]
        if status == "waiting":
            yield _wake_if_answered(), here
        elif status in TERMINAL and (status != "completed" or batch.epoch > 1):
            # a first driver that completes has ended every step itself; a later one may have passed a round over
            yield _close_steps(), here
            yield _close_signals(), [{"at_id": batch.execution_id, "ended_at": batch.changes["finished_at"]}]
    return fenced


def _inserted(batches: Sequence[Batch]) -> tuple[list[Row], set[str]]:
    """The rows of new executions, and which of them bear their steps themselves because they have ended already."""
    rows: list[Row] = []
    whole: set[str] = set()
    for batch in batches:
        if batch.insert is None:
            continue
        row = batch.insert
        row.update(batch.changes)
        if row["status"] in TERMINAL and (kept := packed(batch.steps)) is not None:
            row["finished_steps"] = kept
            whole.add(batch.execution_id)
        rows.append(row)
    return rows, whole


@cache
def _insert_executions() -> Statement:
    return sa.insert(executions)


@cache
def _insert_signals() -> Statement:
    return sa.insert(signals)


@cache
def _update(names: tuple[str, ...]) -> Statement:
    """Changes an execution that its driver still owns and that has not ended."""
    owned = sa.update(executions).where(
        executions.c.id == sa.bindparam("at_id"),
        executions.c.epoch == sa.bindparam("at_epoch"),
        *(executions.c.status != status for status in sorted(TERMINAL)),
    )
    return owned.values({name: sa.bindparam(f"to_{name}", type_=executions.c[name].type) for name in names})


@cache
def _upsert_steps(dialect: str) -> Statement:
    insert = postgresql.insert(steps) if dialect == "postgresql" else sqlite.insert(steps)
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[steps.c.execution_id, steps.c.block_id, steps.c.iteration],
        set_={column.name: new[column.name] for column in steps.c if not column.primary_key},
        where=sa.or_(*(steps.c.status == status for status in REPLACEABLE)),
    )


@cache
def _wake_if_answered() -> Statement:
    """A signal may have come between a step's parking and its execution's."""
    came = (
        sa.exists()
        .where(signals.c.execution_id == executions.c.id, signals.c.status == "answered")
        .where(steps.c.execution_id == executions.c.id, steps.c.block_id == signals.c.block_id)
        .where(steps.c.iteration == signals.c.iteration, steps.c.seq == signals.c.seq, steps.c.status == "waiting")
    )
    return sa.update(executions).where(executions.c.id == sa.bindparam("at_id"), came).values(wake_at=executions.c.created_at)


@cache
def _close_steps() -> Statement:
    """Nothing waits any more in an execution that has ended."""
    waiting = sa.or_(steps.c.status == "waiting", steps.c.status == "retrying")
    return sa.update(steps).where(steps.c.execution_id == sa.bindparam("at_id"), waiting).values(status="cancelled")


@cache
def _close_signals() -> Statement:
    """What nobody has answered in time is told apart from what was in time to be answered."""
    awaited = sa.update(signals).where(signals.c.execution_id == sa.bindparam("at_id"), signals.c.status == "open")
    over = signals.c.expires_at <= sa.bindparam("ended_at", type_=signals.c.expires_at.type)
    return awaited.values(status=sa.case((over, "expired"), else_="cancelled"))
