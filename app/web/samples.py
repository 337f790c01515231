"""What the last execution of a workflow left for its forms: the sample that fields are filled from and tried on."""

from __future__ import annotations

from datetime import UTC, datetime

from app.engine.expressions import Scope
from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.executions import ExecutionDetail
from app.services.workflows import Workflow
from app.web.available import Sample, declared_defaults, sample_scope, secrets_shown


async def last_sample(actor: Actor, services: Services, workflow: Workflow) -> tuple[Sample, ExecutionDetail | None]:
    """The sample and the execution that it is of; before the first execution, what a caller might send."""
    if workflow.last_execution_id is None:
        return Sample(workflow.sample), None
    detail = await services.executions.get(actor, workflow.last_execution_id)
    try:
        ran = (await services.history.revision(actor, workflow.id, detail.summary.revision)).graph
    except ServiceError:
        ran = None
    done = [step for step in detail.steps if step.status == "completed"]
    rounds: dict[str, Json] = {}
    for step in detail.steps:
        if step.iteration == "0" and step.started_at is not None:
            for edge in workflow.graph.edges:
                if edge.target == step.block_id and step.input is not None:
                    rounds.setdefault(edge.source, step.input)
    outputs = {step.block_id: step.output for step in done}
    at = detail.summary.finished_at or detail.summary.started_at
    given = detail.input if isinstance(detail.input, dict) else {}
    return Sample(declared_defaults(workflow.graph) | given, outputs, ran, at, rounds), detail


async def scope_of_block(actor: Actor, services: Services, workflow: Workflow, block_id: str) -> Scope:
    """What the expressions of a block would see if it ran on the sample now. Secrets are dots."""
    sample, detail = await last_sample(actor, services, workflow)
    credentials = await services.credentials.list(actor)
    about = {
        "execution": {"id": detail.summary.id, "mode": "live", "trigger": detail.summary.trigger} if detail else {},
        "workflow": {"id": workflow.id, "name": workflow.name},
        "secrets": secrets_shown([item.name for item in credentials]),
    }
    return sample_scope(workflow.graph, block_id, services.catalog, sample, datetime.now(UTC), about)
