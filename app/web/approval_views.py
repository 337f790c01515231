"""Pure: approvals as JSON: camelCase on the developer surface, snake_case within an execution of the studio surface."""

from __future__ import annotations

from app.sdk import Json
from app.services.approvals import Approval, Decision
from app.services.pages import Page
from app.web.presenters import moment


def approval(found: Approval) -> dict[str, Json]:
    question = found.question
    return {
        "id": found.id,
        "status": found.status,
        "title": question.title,
        "description": question.description,
        "assignees": list(question.assignees),
        "nOfM": question.n_of_m,
        "approvals": found.approvals_in,
        "form": [field.model_dump() for field in question.form],
        "timeout": question.timeout,
        "default": question.default,
        "flowId": found.workflow_id,
        "flowName": found.workflow_name,
        "executionId": found.execution_id,
        "blockId": found.block_id,
        "iteration": found.iteration,
        "createdAt": moment(found.created_at),
        "expiresAt": moment(found.expires_at),
        "decidedAt": moment(found.decided_at),
        "decisions": [_decision(made) for made in found.decisions],
    }


def approval_answer(found: Approval) -> dict[str, Json]:
    """One object as the developer surface answers it: its fields, and the same under `data` (contract.md C3)."""
    body = approval(found)
    return body | {"data": body}


def approvals_page(page: Page[Approval]) -> dict[str, Json]:
    """A list in the developer surface's envelope (contract.md C1)."""
    items = [approval(found) for found in page.items]
    return {"data": items, "total": page.total, "page": page.page, "size": page.size, "pages": page.pages}


def approval_of_execution(found: Approval) -> dict[str, Json]:
    question = found.question
    return {
        "id": found.id,
        "block_id": found.block_id,
        "iteration": found.iteration,
        "title": question.title,
        "description": question.description,
        "assignees": list(question.assignees),
        "n_of_m": question.n_of_m,
        "form": [field.model_dump() for field in question.form],
        "timeout": question.timeout,
        "default": question.default,
        "created_at": moment(found.created_at),
        "expires_at": moment(found.expires_at),
        "approvals": found.approvals_in,
    }


def _decision(made: Decision) -> dict[str, Json]:
    return {
        "userId": made.user_id,
        "username": made.username,
        "email": made.email,
        "decision": made.decision,
        "note": made.note,
        "form": made.form,
        "createdAt": moment(made.created_at),
    }
