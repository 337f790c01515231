"""This platform as a block sees it: its own services, with the workflow owner's rights and never more than the caller's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime

from app.db import accounts as account_queries
from app.db import workflows as workflow_queries
from app.db.session import Database
from app.engine.graph import dump_graph
from app.engine.messages import iso
from app.journal.records import NewExecution
from app.sdk import BlockError, Json
from app.services.actors import RANK, Actor
from app.services.errors import ServiceError, invalid
from app.services.executions import ExecutionDetail, Executions
from app.services.pages import Paging
from app.services.workflows import Workflow, Workflows


class PlatformCalls:
    """The sdk's Platform for one execution."""

    def __init__(self, database: Database, workflows: Workflows, executions: Executions, execution: NewExecution) -> None:
        self._database = database
        self._workflows = workflows
        self._executions = executions
        self._execution = execution
        self._operations: dict[tuple[str, str], Callable[[Actor, str, dict[str, Json]], Awaitable[Json]]] = {
            ("workflows", "list"): self._list_workflows,
            ("workflows", "get"): self._get_workflow,
            ("workflows", "create"): self._create_workflow,
            ("workflows", "update"): self._update_workflow,
            ("workflows", "delete"): self._delete_workflow,
            ("workflows", "execute"): self._execute_workflow,
            ("executions", "list"): self._list_executions,
            ("executions", "get"): self._get_execution,
            ("executions", "delete"): self._cancel_execution,
        }

    async def call(self, resource: str, operation: str, resource_id: str, body: Json) -> Json:
        """Raises BlockError with the service's own code and message."""
        handler = self._operations.get((resource, operation))
        if handler is None:
            raise BlockError("UNKNOWN_OPERATION", f"{resource} cannot be asked to {operation}")
        if operation not in ("list", "create") and not resource_id:
            raise BlockError(
                "RESOURCE_ID_NEEDED", f"{operation} needs the id of what it is about", details={"field": "resource_id"}
            )
        if body is not None and not isinstance(body, dict):
            raise BlockError("BODY_NOT_OBJECT", "the body must be an object", details={"field": "body"})
        try:
            return await handler(await self._actor(), resource_id, body or {})
        except ServiceError as error:
            raise BlockError(error.code, error.message, details=error.details) from error

    async def _actor(self) -> Actor:
        async with self._database.read() as connection:
            row = await workflow_queries.get(connection, self._execution.workflow_id)
            owner = row.created_by if row else ""
            owner_role = await account_queries.role_in(connection, self._execution.workspace_id, owner)
            caller_id = self._execution.user_id or owner
            caller_role = await account_queries.role_in(connection, self._execution.workspace_id, caller_id)
        if owner_role is None or caller_role is None:
            raise BlockError("FORBIDDEN", "the owner or the caller is no member of this workspace any more")
        role = min(owner_role, caller_role, key=RANK.__getitem__)
        return Actor(caller_id, "", "", self._execution.workspace_id, _role(role))

    async def _list_workflows(self, actor: Actor, _: str, body: dict[str, Json]) -> Json:
        page = await self._workflows.list(actor, _paging(body))
        return {"items": [_plain(asdict(item)) for item in page.items], "total": page.total}

    async def _get_workflow(self, actor: Actor, workflow: str, _: dict[str, Json]) -> Json:
        return _workflow(await self._workflows.get(actor, workflow))

    async def _create_workflow(self, actor: Actor, _: str, body: dict[str, Json]) -> Json:
        created = await self._workflows.create(actor, str(body.get("name", "")), str(body.get("description", "")))
        if "blocks" in body or "edges" in body:
            await self._workflows.put_graph(
                actor, created.id, {key: body[key] for key in ("blocks", "edges") if key in body}, None
            )
        return _workflow(await self._workflows.get(actor, created.id))

    async def _update_workflow(self, actor: Actor, workflow: str, body: dict[str, Json]) -> Json:
        enabled = body.get("enabled")
        if enabled is not None and not isinstance(enabled, bool):
            raise invalid("`enabled` must be true or false.")
        updated = await self._workflows.update(
            actor, workflow, name=body.get("name"), description=body.get("description"), enabled=enabled
        )
        return _workflow(updated)

    async def _delete_workflow(self, actor: Actor, workflow: str, _: dict[str, Json]) -> Json:
        await self._workflows.delete(actor, workflow)
        return {"deleted": True}

    async def _execute_workflow(self, actor: Actor, workflow: str, body: dict[str, Json]) -> Json:
        """Starts it and does not wait: the orchestration block is there for waiting."""
        reports = self._execution.reports_failure
        execution_id = await self._executions.enqueue(actor, workflow, body, trigger="workflow", reports_failure=reports)
        return {"execution_id": execution_id, "status": "queued"}

    async def _list_executions(self, actor: Actor, _: str, body: dict[str, Json]) -> Json:
        page = await self._executions.list(actor, _paging(body), str(body.get("status", "")), str(body.get("workflow_id", "")))
        return {"items": [_plain(asdict(item)) for item in page.items], "total": page.total}

    async def _get_execution(self, actor: Actor, execution_id: str, _: dict[str, Json]) -> Json:
        return _execution(await self._executions.get(actor, execution_id))

    async def _cancel_execution(self, actor: Actor, execution_id: str, _: dict[str, Json]) -> Json:
        if execution_id == self._execution.id:
            raise BlockError("CANNOT_CANCEL_ITSELF", "an execution cannot cancel itself from one of its own blocks")
        return _execution(await asyncio.shield(self._executions.cancel(actor, execution_id)))


def _role(name: str) -> Json:
    return name


def _paging(body: dict[str, Json]) -> Paging:
    page, size = body.get("page", 0), body.get("size", 25)
    if not isinstance(page, int) or not isinstance(size, int):
        raise invalid("`page` and `size` must be whole numbers.")
    return Paging(page, size, str(body.get("q", "")))


def _workflow(workflow: Workflow) -> Json:
    fields = ("id", "name", "description", "state", "enabled", "armed_until", "revision", "created_at", "updated_at")
    return _plain({field: getattr(workflow, field) for field in fields}) | dump_graph(workflow.graph)


def _execution(detail: ExecutionDetail) -> Json:
    return _plain(asdict(detail.summary)) | {"input": detail.input, "output": detail.output, "error": detail.error}


def _plain(values: dict[str, Json]) -> dict[str, Json]:
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in values.items()}
