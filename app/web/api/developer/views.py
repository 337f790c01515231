"""Pure: domain objects as the developer surface's JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from app.engine.values import encode
from app.formats.text import TextProblem
from app.sdk import Json
from app.services.executions import ExecutionDetail, ExecutionSummary
from app.services.flows import Flow, ListedFlow
from app.services.key_values import Entry
from app.services.pages import Page
from app.services.traces import StepView
from app.services.workflows import Workflow, WorkflowSummary
from app.web.presenters import T, moment

WORDS: Mapping[str, str] = {
    "queued": "QUEUED",
    "running": "RUNNING",
    "waiting": "WAITING",
    "retrying": "WAITING",
    "completed": "SUCCESS",
    "failed": "FAILED",
    "cancelled": "CANCELLED",
    "timed_out": "TIMED_OUT",
    "skipped": "SKIPPED",
}
"""Statuses as seed 002 spells them (contract.md C9)."""


def single(body: dict[str, Json]) -> dict[str, Json]:
    """One object: its fields, and the same under `data` (contract.md C3)."""
    return body | {"data": body}


def listed(page: Page[T], items: Sequence[Json]) -> dict[str, Json]:
    """A list in the envelope of contract.md C1."""
    return {"data": list(items), "total": page.total, "page": page.page, "size": page.size, "pages": page.pages}


def _head(found: Workflow | WorkflowSummary) -> dict[str, Json]:
    return {
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "status": found.state,
        "mode": "live",
        "enabled": found.enabled,
        "armedUntil": moment(found.armed_until),
        "revision": found.revision,
        "createdAt": moment(found.created_at),
        "updatedAt": moment(found.updated_at),
    }


def flow(found: Flow) -> dict[str, Json]:
    details = found.details
    return _head(found.workflow) | {
        "namespace": details.namespace,
        "category": details.category,
        "groupId": details.group_id,
        "tasksTotal": found.tasks_total,
        "yamlContent": found.text,
    }


def listed_flow(found: ListedFlow) -> dict[str, Json]:
    details, summary = found.details, found.summary
    return _head(summary) | {
        "namespace": details.namespace,
        "category": details.category,
        "groupId": details.group_id,
        "lastStatus": summary.last_status,
        "lastStartedAt": moment(summary.last_started_at),
    }


def problem(found: TextProblem) -> dict[str, Json]:
    return {"path": found.path, "line": found.line, "message": found.message}


def execution_summary(found: ExecutionSummary) -> dict[str, Json]:
    return {
        "id": found.id,
        "flowId": found.workflow_id,
        "flowName": found.workflow_name,
        "revision": found.revision,
        "status": found.status,
        "mode": found.mode,
        "trigger": found.trigger,
        "parentId": found.parent_id,
        "retryOf": found.retry_of,
        "createdAt": moment(found.created_at),
        "startedAt": moment(found.started_at),
        "finishedAt": moment(found.finished_at),
        "durationMs": found.duration_ms,
    }


def execution(detail: ExecutionDetail, tasks: Collection[str], approvals: Sequence[Json]) -> dict[str, Json]:
    """One execution in both spellings: `data` with its steps, `execution` and `tasks` (contract.md C2)."""
    summary = detail.summary
    shown = [view for view in detail.steps if view.block_id in tasks]
    executed = {view.block_id for view in shown if view.status in ("completed", "failed")}
    data = execution_summary(summary) | {
        "input": detail.input,
        "output": detail.output,
        "error": detail.error,
        "steps": [_step(view) for view in detail.steps],
        "approvals": list(approvals),
    }
    head = {
        "id": summary.id,
        "flowId": summary.workflow_id,
        "status": WORDS[summary.status],
        "tasksTotal": len(tasks),
        "tasksExecuted": len(executed),
        "startedAt": moment(summary.started_at),
        "finishedAt": moment(summary.finished_at),
        "durationMs": summary.duration_ms,
    }
    return {"data": data, "execution": head, "tasks": [_task(view) for view in shown]}


def _step(view: StepView) -> dict[str, Json]:
    return {
        "id": view.block_id,
        "name": view.block_name,
        "type": view.block_type,
        "iteration": view.iteration,
        "status": view.status,
        "duration": None if view.duration_ms is None else round(view.duration_ms),
        "startedAt": moment(view.started_at),
        "finishedAt": moment(view.finished_at),
        "attempts": view.attempts,
        "error": view.error,
        "output": view.output,
    }


def _task(view: StepView) -> dict[str, Json]:
    return {
        "taskName": view.block_name,
        "taskType": view.block_type,
        "status": WORDS.get(view.status, view.status.upper()),
        "outputs": encode(view.output).decode(),
        "error": None if view.error is None else view.error.get("message"),
        "startedAt": moment(view.started_at),
        "finishedAt": moment(view.finished_at),
    }


def entry(found: Entry) -> dict[str, Json]:
    return {
        "id": found.id,
        "namespace": found.namespace,
        "key": found.key,
        "value": found.value,
        "revision": found.revision,
        "expiresAt": moment(found.expires_at),
        "updatedAt": moment(found.updated_at),
    }
