"""Running an execution once more, from where it failed, from any block, or from the start (contract.md G16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.program import Program
from app.journal.records import Copy, NewExecution
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid
from app.services.executions import Executions, check_entry, new_execution
from app.services.lending import Programs
from app.services.past import find_past
from app.services.reuse import Past, behind, failed_blocks, place, repeats, settled, whole
from app.services.starts import Starts
from app.services.workflow_rows import check_enabled, find_row

FAILED, START = "failed", "start"
SAME, NEWEST = "same", "newest"


@dataclass(frozen=True, slots=True)
class RetryRequest:
    """`begin`: "failed", "start" or a block's id; `revision`: "same" or "newest"; `use_pins`: pinned outputs are used."""

    begin: str = FAILED
    revision: str = SAME
    use_pins: bool = False


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What a retry would take over, and the blocks with an effect that it would run again."""

    old: NewExecution
    row: WorkflowRow
    revision: int
    kept: frozenset[str]
    repeats: Sequence[dict[str, Json]]


@dataclass(frozen=True, slots=True)
class Retried:
    execution_id: str
    retry_of: str
    repeats: Sequence[dict[str, Json]]


def read_retry(body: dict[str, Json]) -> tuple[RetryRequest, bool]:
    """What a caller asks for, and whether only to be told what it would repeat. Raises 400 naming the field."""
    begin, revision, dry = body.get("from", FAILED), body.get("revision", SAME), body.get("dry", False)
    if not isinstance(begin, str) or not begin:
        raise _wrong("from", f"must be {FAILED}, {START} or a block's id")
    if revision not in (SAME, NEWEST):
        raise _wrong("revision", f"must be {SAME} or {NEWEST}")
    use_pins = body.get("use_pins", False)
    for name, flag in (("dry", dry), ("use_pins", use_pins)):
        if not isinstance(flag, bool):
            raise _wrong(name, "must be true or false")
    return RetryRequest(begin, revision, use_pins), dry


class Retries:
    def __init__(self, database: Database, programs: Programs, executions: Executions, starts: Starts) -> None:
        self._database = database
        self._programs = programs
        self._executions = executions
        self._starts = starts

    async def plan(self, actor: Actor, execution_id: str, request: RetryRequest) -> RetryPlan:
        """Raises 404, 400 for a block that is not there, 409 while the execution goes on or when nothing has failed."""
        actor.require("executor")
        old, past = await find_past(self._database, self._programs, actor, execution_id, ended=True)
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, old.workflow_id)
        check_enabled(row)
        if request.revision == NEWEST:
            program, revision = await self._executions.ready_program(row), row.revision
        else:
            program, revision = past.program, old.revision
        check_entry(program, old.start_block)
        kept = _kept(program, past, request.begin)
        again = () if old.mode == "simulation" else repeats(program, past, kept)
        return RetryPlan(old, row, revision, kept, again)

    async def retry(self, actor: Actor, execution_id: str, request: RetryRequest) -> Retried:
        """Start the new execution; it is on disk, with all that it takes over, before this returns."""
        plan = await self.plan(actor, execution_id, request)
        old = plan.old
        new = new_execution(plan.row, plan.revision, old.start_block, old.trigger, actor.user_id, old.input, old.request)
        new = replace(
            new,
            mode=old.mode,
            depth=old.depth,
            options={**(old.options or {"only": None}), "use_pins": True} if request.use_pins else old.options,
            retry_of=old.id,
            reports_failure=new.reports_failure and old.mode == "live" and old.options is None and not request.use_pins,
        )
        program = (await self._programs.load(plan.row.id, plan.revision)).program
        started = await self._starts.start(plan.row, new, copy=Copy(old.id, sorted(whole(program, plan.kept))))
        return Retried(started.execution_id, old.id, plan.repeats)


def _kept(program: Program, past: Past, begin: str) -> frozenset[str]:
    """The blocks whose record is taken over: what has succeeded and does not come behind where the retry begins."""
    if begin == START:
        return frozenset()
    known = frozenset(settled(program, past))
    if begin == FAILED:
        broken = failed_blocks(past)
        if not broken and past.status == "completed":
            raise ServiceError("NOTHING_FAILED", "Nothing has failed here: say from which block to begin, or `start`.", 409)
        return known - behind(program.plan, [block_id for block_id in broken if block_id in program.plan.number])
    try:
        return known - behind(program.plan, [place(program, begin)])
    except LookupError as error:
        raise invalid(str(error.args[0]), [{"field": "from", "message": "is not in this workflow"}]) from None


def _wrong(name: str, message: str) -> ServiceError:
    return invalid(f"`{name}` {message}.", [{"field": name, "message": message}])
