"""Webhook calls per second, from socket to durable answer: `python bench/webhook.py [--seconds 5]`. Needs wrk."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from rig import Rig, running_rig

CONNECTIONS = (1, 32, 128)
ROUNDS = 3
SCRIPT = Path(__file__).with_suffix(".lua")
SECRET = "a-secret-of-the-bench"
ORDER = {
    "customer": {"name": "Ada Lovelace", "email": "ada@example.com", "country": "GB"},
    "items": [{"sku": f"BOOK-{n:04}", "title": "Notes on an engine", "price": n + 0.5, "quantity": n % 3 + 1} for n in range(12)],
}
TOTAL = sum(item["price"] * item["quantity"] for item in ORDER["items"])  # type: ignore[index]
CODE = "output = {'total': sum(item['price'] * item['quantity'] for item in variables['items'])}"
SUM = "sum([item.price * item.quantity for item in variables.items])"


@dataclass(frozen=True)
class Measured:
    """One run of wrk."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    not_2xx: int
    lost: int
    memory_bytes: int


def block(id: str, type: str, **config: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "name": id, "config": config}


def edge(source: str, target: str, handle: str = "output") -> dict[str, str]:
    return {"source": source, "target": target, "sourceHandle": handle}


def deploy_workflows(rig: Rig) -> dict[str, str]:
    """The addresses of two workflows that compute the same total: one with a code block, one with expressions alone."""
    addresses = {"code": str(uuid4()), "expression": str(uuid4())}
    large, small = block("large", "response"), block("small", "response", status=202)
    ways = [edge("check", "large", "if"), edge("check", "small", "else")]
    hook = block("hook", "webhook", webhook_id=addresses["code"], webhook_secret=SECRET)
    check = block("check", "condition", branches=[{"expression": "input.total > 100"}])
    blocks = [hook, block("total", "code", code=CODE), check, large, small]
    rig.deploy("webhook, code, condition, response", blocks, [edge("hook", "total"), edge("total", "check"), *ways])
    hook = block("hook", "webhook", webhook_id=addresses["expression"], webhook_secret=SECRET)
    check = block("check", "condition", branches=[{"expression": f"{SUM} > 100"}])
    large = block("large", "response", body={"total": f"{{{{ {SUM} }}}}"})
    rig.deploy("webhook, condition, response", [hook, check, large, small], [edge("hook", "check"), *ways])
    return {name: f"{rig.url}/api/webhooks/{address}" for name, address in addresses.items()}


def check_answer(rig: Rig, url: str) -> None:
    """Stop when the workflow does not compute what it should: a fast wrong answer is worth nothing."""
    answer = rig.client.post(url, json=ORDER, headers={"Authorization": f"Bearer {SECRET}"})
    if answer.status_code != 200 or answer.json() != {"total": TOTAL}:
        sys.exit(f"{url} answered {answer.status_code} {answer.text[:300]} instead of the total {TOTAL}")


def measure(rig: Rig, wrk: str, url: str, body: Path, connections: int, seconds: int) -> Measured:
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT), url]
    done = subprocess.run([*command, "--", str(body), SECRET], capture_output=True, text=True, check=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]), memory_bytes=rig.memory_bytes())


def report(name: str, connections: int, runs: list[Measured]) -> str:
    rate, p50, p99 = (
        median(values) for values in zip(*((run.requests / run.seconds, run.p50_ms, run.p99_ms) for run in runs), strict=True)
    )
    errors = sum(run.not_2xx + run.lost for run in runs)
    memory = max(run.memory_bytes for run in runs) / 2**20
    return f"{name:11} {connections:>11} {rate:>10,.0f} {p50:>9.1f} {p99:>9.1f} {errors:>7} {memory:>8.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="how long each of the runs takes")
    seconds = parser.parse_args().seconds
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is not installed. On Debian and Ubuntu: apt-get install wrk")
    measured: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    with TemporaryDirectory() as directory, running_rig() as rig:
        body = Path(directory) / "order.json"
        body.write_text(json.dumps(ORDER))
        urls = deploy_workflows(rig)
        for _ in range(ROUNDS):
            for name, url in urls.items():
                for connections in CONNECTIONS:
                    check_answer(rig, url)
                    measured[name, connections].append(measure(rig, wrk, url, body, connections, seconds))
        found = rig.executions()
    print(f"{body.name}: {len(json.dumps(ORDER))} bytes, median of {ROUNDS} rounds of {seconds} s")
    print(f"{'workflow':11} {'connections':>11} {'requests/s':>10} {'p50 ms':>9} {'p99 ms':>9} {'errors':>7} {'MB':>8}")
    for (name, connections), runs in measured.items():
        print(report(name, connections, runs))
    answered = sum(run.requests for runs in measured.values() for run in runs)
    print(f"{answered:,} calls answered; executions on disk: {found}")
    if any(run.not_2xx or run.lost for runs in measured.values() for run in runs) or found.get("completed", 0) < answered:
        sys.exit("Some calls were answered wrongly, or their executions are not on disk.")


if __name__ == "__main__":
    main()
