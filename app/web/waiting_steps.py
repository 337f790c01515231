"""What the waiting steps of an execution wait for: the addresses that let them go on, and the approvals that people decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.services.actors import Actor
from app.services.approvals import Approval
from app.services.container import Services
from app.services.executions import ExecutionDetail

Place = tuple[str, str]
"""A block's id and its iteration."""


@dataclass(frozen=True, slots=True)
class WaitingSteps:
    """By place: resume addresses, which only those see who may run the workflow, and pending approvals."""

    addresses: Mapping[Place, str]
    approvals: Mapping[Place, Approval]
    base: str

    def approval_url(self, place: Place) -> str | None:
        """Where an approval is decided."""
        found = self.approvals.get(place)
        return None if found is None else f"{self.base}/approvals/{found.id}"


async def waiting_steps(actor: Actor, services: Services, detail: ExecutionDetail, base: str) -> WaitingSteps:
    """`base` is the address of this studio."""
    if all(step.status != "waiting" for step in detail.steps):
        return WaitingSteps({}, {}, base)
    pending = await services.approvals.of_execution(actor, detail.summary.id)
    tokens = await services.events.tokens(actor, detail.summary.id) if actor.may("executor") else {}
    addresses = {place: f"{base}/api/resume/{token}" for place, token in tokens.items()}
    return WaitingSteps(addresses, {(found.block_id, found.iteration): found for found in pending}, base)
