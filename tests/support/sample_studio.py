"""A studio as it looks after some months of work: workflows from the gallery that ran, failed and wait, people, tables, keys.

Made through the studio's own pages and API, so that what is shown has really happened.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.graphs import block
from tests.support.hooks import call_hook
from tests.support.people import join
from tests.support.server import Client, ServerProcess

TEMPLATES = Path(__file__).parents[2] / "templates" / "gallery"
ORDER = {"items": [{"name": "Desk", "price": 349.0, "quantity": 1}, {"name": "Chair", "price": 129.5, "quantity": 2}]}
SMALL_ORDER = {"items": [{"name": "Lamp", "price": 39.9, "quantity": 2}, {"name": "Bulb", "price": 4.5, "quantity": 6}]}
BROKEN_ORDER = {"items": [{"name": "Desk", "quantity": 1}]}
LONG_NAME = "Every first Monday: compare last month's invoices with the bank statement of Example & Sons Ltd. and mail debtors"
CITIES = ("Bern", "Zürich", "Genf", "Basel", "Lausanne", "Luzern", "Chur")
NAMES = ("Ada", "Bo", "Clara", "Dora", "Emil", "Fritz", "Grace", "Hana", "Ivo", "Jana")
TEAM = (("grace", "editor"), ("linus", "executor"), ("vera", "viewer"))


@dataclass(frozen=True)
class SampleStudio:
    """Where to find what was made: workflows by the name of their template, and single things by what they are."""

    workflows: dict[str, str]
    executions: dict[str, str]
    places: dict[str, str]


def fill(server: ServerProcess, client: Client) -> SampleStudio:
    """Make everything; the client is the owner's."""
    workflows = {path.stem: _from_template(client, path.stem) for path in sorted(TEMPLATES.glob("*.json"))}
    workflows["long"] = client.create(LONG_NAME, block("start", "starter", position={"x": 80, "y": 80}))
    workflows["empty"] = client.create("Untitled workflow")
    executions = _runs(server, client, workflows)
    _order_shelves(client, workflows)
    for username, role in TEAM:
        join(server, username, role)
    return SampleStudio(workflows, executions, _things(client))


def _from_template(client: Client, name: str) -> str:
    answer = client.post(f"/templates/{name}/use", data={"_csrf": client.headers["X-CSRF-Token"]})
    assert answer.status_code < 400, answer.text[-2000:]
    found = re.search(r"/workflows/([\w-]+)", answer.headers["Location"])
    assert found, answer.headers
    return found[1]


def _runs(server: ServerProcess, client: Client, workflows: dict[str, str]) -> dict[str, str]:
    total, approval = workflows["order_total"], workflows["expense_approval"]
    client.post(f"/api/workflows/{total}/deploy")
    for order in [SMALL_ORDER, ORDER] * 16:
        client.execute(total, **order)
    hook = next(one for one in client.drawn(total)["blocks"] if one["type"] == "webhook")
    for body, secret in ((ORDER, None), (SMALL_ORDER, None), (ORDER, "wrong"), (ORDER, None)):
        call_hook(server, hook, body, secret)
    for name in ("csv_report", "signup_check", "support_router", "list_cleanup"):
        client.execute(workflows[name], **_sample(name))
    parallel = client.execute(workflows["order_checks"], **_sample("order_checks"))
    failed = client.execute(total, **BROKEN_ORDER)
    last = client.execute(total, **ORDER)
    waiting = client.post(f"/api/workflows/{approval}/execute", json={"wait": False, "variables": _sample("expense_approval")})
    client.post(f"/api/workflows/{approval}/execute", json={"wait": False, "variables": {"who": "Linus", "amount": 1190}})
    waits = str(waiting.json()["executionId" if "executionId" in waiting.json() else "execution_id"])
    client.wait_for(waits, "waiting")
    return {"completed": _id(last), "failed": _id(failed), "parallel": _id(parallel), "waiting": waits}


def _id(answer: dict[str, Any]) -> str:
    return str(answer.get("executionId") or answer.get("execution_id") or answer["id"])


def _sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((TEMPLATES / f"{name}.json").read_text())["sample"]
    return found


def _order_shelves(client: Client, workflows: dict[str, str]) -> None:
    shelves = {
        "order_total": ("Shop", "orders, webhooks"),
        "order_checks": ("Shop", "orders"),
        "price_watch": ("Shop", "daily"),
        "expense_approval": ("Office", "money"),
        "daily_digest": ("Office", "daily"),
    }
    for name, (group, tags) in shelves.items():
        client.post(f"/workflows/{workflows[name]}/shelf", data={"group": group, "tags": tags})


def _things(client: Client) -> dict[str, str]:
    """Tables, values, credentials, keys, endpoints and an invitation; the addresses of their pages."""
    columns = [
        {"name": "email", "type": "text", "required": True, "unique": True},
        {"name": "name", "type": "text"},
        {"name": "city", "type": "text"},
        {"name": "orders", "type": "number"},
        {"name": "newsletter", "type": "boolean"},
    ]
    rows = [
        {
            "email": f"{NAMES[number % len(NAMES)].lower()}.{number}@example.com", "name": NAMES[number % len(NAMES)],
            "city": CITIES[number % len(CITIES)], "orders": number * 7 % 40, "newsletter": number % 3 == 0,
        }
        for number in range(120)
    ]  # fmt: skip
    table = _made(client.post("/api/tables", json={"name": "Customers", "columns": columns, "rows": rows}))["id"]
    _made(client.post("/api/tables", json={"name": "Price list", "columns": [{"name": "article", "type": "text"}]}))
    for number, name in enumerate(("last_import", "greeting", "exchange_rates", "cursor")):
        value = json.dumps({"at": "2026-11-20T08:00:00Z", "count": number * 113})
        client.post("/stored-values", data={"namespace": "shop", "key": name, "value": value})
    for name, kind, data in (
        ("SHOP_API_KEY", "bearer", {"token": "not-a-real-token"}),
        ("NEWSLETTER", "basic", {"username": "news", "password": "not-a-real-password"}),
    ):
        credential = _made(client.post("/api/v1/credentials", json={"name": name, "type": kind, "data": data}))["id"]
    for name in ("Nightly import", "Dashboard"):
        _made(client.post("/api/auth/api-keys", json={"name": name, "scopes": ["flows:read"]}))
    wanted = {"url": "https://hooks.example.com/blockyard", "events": ["run.failed", "approval.needed"]}
    endpoint = _made(client.post("/api/v1/webhook-endpoints", json=wanted))["id"]
    client.post(f"/api/v1/webhook-endpoints/{endpoint}/test")
    invitation = client.post("/members", data={"email": "new@example.com", "role": "editor"})
    link = re.search(r"/invitation\?token=[\w-]+", invitation.text)
    entry = re.search(r'href="(/stored-values/[^"]+)"', client.get("/stored-values").text)
    approvals = client.get("/api/v1/approvals?status=pending").json()
    approval = next(found for found in approvals.values() if isinstance(found, list))[0]["id"]
    assert link and entry
    return {
        "table": f"/tables/{table}",
        "credential": f"/credentials/{credential}",
        "endpoint": f"/developers/endpoints/{endpoint}",
        "invitation": link[0],
        "stored value": entry[1],
        "approval": f"/approvals/{approval}",
    }


def _made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code < 300, answer.text
    found: dict[str, Any] = answer.json()
    return next(iter(found.values())) if len(found) == 1 and isinstance(next(iter(found.values())), dict) else found
