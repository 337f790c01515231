"""An execution of the past, as others take over what it has recorded."""

from __future__ import annotations

from app.db import executions as queries
from app.db.session import Database
from app.journal.records import NewExecution
from app.journal.rows import read_execution
from app.services.actors import Actor
from app.services.errors import ServiceError, not_found
from app.services.lending import Programs
from app.services.reuse import Past


async def find_past(
    database: Database, programs: Programs, actor: Actor, execution_id: str, *, ended: bool = False
) -> tuple[NewExecution, Past]:
    """An execution and its recorded steps. Raises 404, and 409 when it has not `ended` although it must."""
    async with database.read() as connection:
        row = await queries.whole(connection, actor.workspace_id, execution_id)
        if row is None:
            raise not_found("execution", execution_id)
        if ended and row.finished_at is None:
            message = f"Execution `{execution_id}` has not ended yet; cancel it, or wait for its end."
            raise ServiceError("STILL_RUNNING", message, 409)
        rows = await queries.find_steps(connection, execution_id)
    try:
        program = (await programs.load(row.workflow_id, row.revision)).program
    except LookupError:
        raise ServiceError("REVISION_GONE", "The revision that this execution ran is not there any more.", 409) from None
    return read_execution(row), Past(program, rows, row.status)
