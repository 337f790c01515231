"""Every template of the gallery is used as people use it, and runs on its sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.sdk import Json
from tests.support.hosts import until
from tests.support.model_server import ModelServer
from tests.support.studio import Studio, opened_studio

pytestmark = pytest.mark.anyio

PAID = [
    {"country": "CH", "total": 407.4, "orders": 2},
    {"country": "FR", "total": 212, "orders": 1},
    {"country": "DE", "total": 204.75, "orders": 2},
]
EXPECTED: dict[str, Json] = {
    "github_triage": {"decision": "bug", "title": "Spelling error in the README file", "number": 1},
    "order_total": {"size": "large", "needs_approval": True, "net": 608.0, "tax": 115.52, "total": 723.52},
    "order_checks": {
        "approved": True,
        "stock": {"ok": True, "left": 5},
        "credit": {"ok": True, "room": 302.0},
        "address": {"ok": True, "missing": []},
    },
    "summarise_agent": {"summary": "The harbour is open again."},
    "csv_report": {
        "report": "# Sales\n- CH: 407.40 (2 orders)\n- FR: 212.00 (1 orders)\n- DE: 204.75 (2 orders)\n",
        "rows": PAID,
    },
    "signup_check": {"welcome": "Ada Lovelace", "number": 1},
    "expense_approval": "waiting",
    "support_router": {
        "team": "accounting",
        "text": "My invoice 4711 is wrong. My card is [card], please pay it back.",
    },
    "list_cleanup": {
        "path": "exports/people.csv",
        "people": [
            {"name": "Ada Lovelace", "mail": "ada@example.com"},
            {"name": "Alan Turing", "mail": "alan@example.com"},
            {"name": "Grace Hopper", "mail": "grace@example.com"},
        ],
    },
    "daily_digest": "2 tasks are due:\n- Call Bob (since 2026-05-30)\n- Order lamps (since 2026-06-01)\n",
    "price_watch": {"changed": True, "words": "New: shelf for 80.0\nGone: lamp\ndesk: 349.0 is now 329.0\n"},
    "failure_alarm": "Nightly import has failed: HTTP_STATUS, GET shop.example.com answered 503",
    "order_letters": {"kind": "complaint", "order": "1003", "name": "Ada Lovelace"},
}


async def outcome(studio: Studio, name: str) -> Json:
    """What comes of a template that is used and run with its sample; `waiting` when people must decide first."""
    services = studio.server.services
    workflow = await services.gallery.use(studio.actor, name)
    sample = services.gallery.get(name).sample
    assert [problem for problem in workflow.problems if problem.severity == "error"] == []
    started = await services.executions.execute(studio.actor, workflow.id, sample, durably=True)

    async def over() -> Any:
        found = await services.executions.get(studio.actor, started.execution_id)
        return found if found.summary.status not in ("queued", "running") else None

    found = await until(over, 30)
    if found.summary.status == "waiting":
        return "waiting"
    assert found.summary.status == "completed", (name, found.error)
    return found.output


async def test_every_template_runs_on_its_sample(tmp_path: Path) -> None:
    with ModelServer() as model:
        settings = {"model_base_url": model.address, "model": "small", "egress_allow": ("127.0.0.1",)}
        async with opened_studio(tmp_path, **settings) as studio:
            names = [template.name for template in studio.server.services.gallery.list()]
            assert names == list(EXPECTED)
            for name in names:
                if name == "summarise_agent":
                    model.says("The harbour is open again.")
                if name == "order_letters":
                    model.says_json({"label": "complaint", "confidence": 0.9, "reason": "It is broken"})
                    model.says_json({"order": "1003", "name": "Ada Lovelace"})
                assert await outcome(studio, name) == EXPECTED[name], name
