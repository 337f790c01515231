"""Pure: domain objects as the studio surface's JSON (snake_case)."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from app.engine.graph import dump_graph
from app.engine.messages import iso
from app.sdk import Json
from app.services.actors import Actor
from app.services.executions import ExecutionDetail, ExecutionSummary
from app.services.hook_refusals import RefusedCall
from app.services.pages import Page
from app.services.refusals import problem_json
from app.services.traces import StepView
from app.services.workflow_settings import WorkflowSettings
from app.services.workflows import Workflow, WorkflowSummary
from app.web.telling import told_problem
from app.web.waiting_steps import WaitingSteps

T = TypeVar("T")


def moment(value: datetime | None) -> str | None:
    return None if value is None else iso(value)


def paged(name: str, page: Page[T], items: list[Json]) -> dict[str, Json]:
    """A list under the resource's name, with its paging (contract.md C1)."""
    return {name: items, "total": page.total, "page": page.page, "size": page.size, "pages": page.pages}


def workflow_summary(summary: WorkflowSummary) -> dict[str, Json]:
    return {
        "id": summary.id,
        "name": summary.name,
        "description": summary.description,
        "state": summary.state,
        "enabled": summary.enabled,
        "armed_until": moment(summary.armed_until),
        "revision": summary.revision,
        "created_at": moment(summary.created_at),
        "updated_at": moment(summary.updated_at),
        "node_count": summary.node_count,
        "trigger_count": summary.trigger_count,
    }


def workflow(found: Workflow) -> dict[str, Json]:
    return {
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "state": found.state,
        "enabled": found.enabled,
        "armed_until": moment(found.armed_until),
        "revision": found.revision,
        "deployed_revision": found.deployed_revision,
        "created_at": moment(found.created_at),
        "updated_at": moment(found.updated_at),
        **dump_graph(found.graph),
        "problems": [told_problem(problem_json(problem)) for problem in found.problems],
        "last_execution_id": found.last_execution_id,
        "settings": settings(found.settings),
    }


def refused_call(call: RefusedCall) -> dict[str, Json]:
    last = call.last
    return {
        "webhook_id": last.webhook_id,
        "block_id": call.block_id,
        "status": last.status,
        "code": last.code,
        "reason": last.reason,
        "address": last.address,
        "at": moment(last.at),
        "count": last.count,
    }


def settings(found: WorkflowSettings) -> dict[str, Json]:
    return found.model_dump(mode="json")


def execution_summary(summary: ExecutionSummary) -> dict[str, Json]:
    return {
        "id": summary.id,
        "execution_id": summary.id,
        "workflow_id": summary.workflow_id,
        "workflow_name": summary.workflow_name,
        "revision": summary.revision,
        "status": summary.status,
        "mode": summary.mode,
        "trigger": summary.trigger,
        "parent_id": summary.parent_id,
        "retry_of": summary.retry_of,
        "created_at": moment(summary.created_at),
        "started_at": moment(summary.started_at),
        "finished_at": moment(summary.finished_at),
        "wake_at": moment(summary.wake_at),
        "duration_ms": summary.duration_ms,
    }


def step(view: StepView) -> dict[str, Json]:
    return {
        "block_id": view.block_id,
        "iteration": view.iteration,
        "name": view.block_name,
        "type": view.block_type,
        "status": view.status,
        "ports": list(view.ports),
        "started_at": moment(view.started_at),
        "finished_at": moment(view.finished_at),
        "duration_ms": view.duration_ms,
        "attempts": view.attempts,
        "wake_at": moment(view.wake_at),
        "error": view.error,
    }


def step_with_data(view: StepView) -> dict[str, Json]:
    return step(view) | {"input": view.input, "output": view.output, "log": list(view.log)}


def execution(detail: ExecutionDetail) -> dict[str, Json]:
    return execution_summary(detail.summary) | {
        "input": detail.input,
        "output": detail.output,
        "error": detail.error,
        "steps": [step(view) for view in detail.steps],
    }


def execute_answer(detail: ExecutionDetail) -> dict[str, Json]:
    """The union of what callers of `execute` read (contract.md C5)."""
    return {
        "execution_id": detail.summary.id,
        "status": detail.summary.status,
        "output": detail.output,
        "duration_ms": detail.summary.duration_ms,
        "error": detail.error,
        "steps": [step_with_data(view) for view in detail.steps],
    }


def trace(detail: ExecutionDetail, waiting: WaitingSteps) -> dict[str, Json]:
    """Per-block details; `node_id` and `nodes` are the words of contract.md A249."""
    return {
        "execution_id": detail.summary.id,
        "workflow_name": detail.summary.workflow_name,
        "status": detail.summary.status,
        "nodes": [{"node_id": view.block_id, **step_with_data(view), **_waiting(view, waiting)} for view in detail.steps],
    }


def _waiting(view: StepView, waiting: WaitingSteps) -> dict[str, Json]:
    place = view.block_id, view.iteration
    asked = waiting.approvals.get(place)
    return {
        "resume_url": waiting.addresses.get(place),
        "approval_id": None if asked is None else asked.id,
        "approval_url": waiting.approval_url(place),
    }


def user(actor: Actor) -> dict[str, Json]:
    return {
        "id": actor.user_id,
        "username": actor.username,
        "email": actor.email,
        "role": actor.role,
        "workspace_id": actor.workspace_id,
    }
