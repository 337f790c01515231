"""Pure: domain objects as the flow8 surface's JSON (contract.md G7-G10)."""

from __future__ import annotations

from collections.abc import Mapping

from app.formats.layers import Layer
from app.sdk import Json
from app.services.channels import Channel
from app.services.executions import ExecutionDetail, ExecutionSummary
from app.services.flows import Flow, ListedFlow
from app.services.groups import Group
from app.services.key_values import Entry
from app.services.traces import StepView
from app.services.triggers import Trigger
from app.web.api.flow8.words import STATES
from app.web.presenters import moment

REASONS: Mapping[str, str] = {"cancelled": "cancelled", "timed_out": "timed out"}


def flow(found: Flow) -> dict[str, Json]:
    workflow, details = found.workflow, found.details
    return {
        "id": workflow.id,
        "name": workflow.name,
        "description": workflow.description,
        "enabled": workflow.enabled,
        "category": details.category,
        "groupId": details.group_id,
        "createdAt": moment(workflow.created_at),
        "updatedAt": moment(workflow.updated_at),
    }


def listed_flow(found: ListedFlow) -> dict[str, Json]:
    summary, details = found.summary, found.details
    return {
        "id": summary.id,
        "name": summary.name,
        "description": summary.description,
        "enabled": summary.enabled,
        "category": details.category,
        "groupId": details.group_id,
        "createdAt": moment(summary.created_at),
        "updatedAt": moment(summary.updated_at),
    }


def layer(found: Layer) -> dict[str, Json]:
    task = found.task
    return {
        "id": task.id,
        "name": task.name,
        "ref": task.id,
        "appId": task.type,
        "index": found.index,
        "args": task.config,
        "filters": task.policy.get("run_if", ""),
        "timeout": task.policy.get("timeout_ms"),
        "retry": task.policy.get("retry"),
        "needsApproval": bool(task.approval),
    }


def play(found: ExecutionSummary) -> dict[str, Json]:
    body: dict[str, Json] = {
        "id": found.id,
        "flowId": found.workflow_id,
        "state": STATES[found.status],
        "mode": found.mode,
        "trigger": found.trigger,
        "startedAt": moment(found.started_at),
        "completedAt": moment(found.finished_at),
        "duration": found.duration_ms,
    }
    return body | ({"reason": REASONS[found.status]} if found.status in REASONS else {})


def play_detail(found: ExecutionDetail) -> dict[str, Json]:
    return play(found.summary) | {"args": found.input, "out": found.output, "error": found.error}


def play_layer(view: StepView, index: int) -> dict[str, Json]:
    return {
        "layerId": view.block_id,
        "ref": view.block_id,
        "name": view.block_name,
        "appId": view.block_type,
        "index": index,
        "iteration": view.iteration,
        "state": STATES.get(view.status, view.status.upper()),
        "out": view.output,
        "error": view.error,
        "startedAt": moment(view.started_at),
        "completedAt": moment(view.finished_at),
        "duration": None if view.duration_ms is None else round(view.duration_ms),
    }


def group(row: Group) -> dict[str, Json]:
    return {
        "id": row.id,
        "name": row.name,
        "index": row.position,
        "createdAt": moment(row.created_at),
        "updatedAt": moment(row.updated_at),
    }


def entry(found: Entry) -> dict[str, Json]:
    return {
        "id": found.id,
        "scope": found.namespace,
        "key": found.key,
        "value": found.value,
        "expiresAt": moment(found.expires_at),
        "updatedAt": moment(found.updated_at),
    }


def channel(found: Channel) -> dict[str, Json]:
    row = found.row
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "authMode": row.auth_mode,
        "authToken": "***" if row.sealed_token is not None else None,
        "enabled": row.enabled,
        "routes": [route.model_dump(mode="json") for route in found.routes],
        "address": f"/c/{row.name}",
        "createdAt": moment(row.created_at),
        "updatedAt": moment(row.updated_at),
    }


def schedule(found: Trigger) -> dict[str, Json]:
    return {
        "id": found.id,
        "flowId": found.workflow_id,
        **found.config,
        "enabled": found.enabled,
        "runs": found.runs,
        "nextRunAt": moment(found.next_run_at),
        "lastRunAt": moment(found.last_run_at),
        "createdAt": moment(found.created_at),
        "updatedAt": moment(found.updated_at),
    }
