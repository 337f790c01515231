"""Webhook calls per second, from socket to durable answer, beside Node-RED which records nothing.

`python bench/webhook.py [--seconds 5]` needs wrk; where npm is, Node-RED is installed into a cache folder and runs the same
job: POST about 1 kB of JSON, compute a total over its items, decide by it, answer with JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import node_red
from rig import Rig, memory_of, running_rig

CONNECTIONS = (1, 32, 128)
ROUNDS = 3
WARM_SECONDS = 6
"""Under load our server starts its workers, and others compile what is hot."""
NODE_RED_PORT = 18_911
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


TOTALS = {
    "Blockyard, expression": block("total", "data.set", fields=[{"name": "total", "value": f"{{{{ {SUM} }}}}"}], others="drop"),
    "Blockyard, code": block("total", "code", code=CODE),
}
NODE_RED = {"Node-RED, expression": "expression", "Node-RED, function": "function"}


def deploy_workflows(rig: Rig) -> dict[str, str]:
    """The addresses of two workflows: webhook, the total by expressions or by a code block, condition, response."""
    addresses: dict[str, str] = {}
    for name, total in TOTALS.items():
        addresses[name] = str(uuid4())
        blocks = [
            block("hook", "webhook", webhook_id=addresses[name], webhook_secret=SECRET),
            total,
            block("check", "condition", branches=[{"expression": "input.total > 100"}]),
            block("large", "response"),
            block("small", "response", status=202),
        ]
        ways = [edge("check", "large", "if"), edge("check", "small", "else")]
        rig.deploy(name, blocks, [edge("hook", "total"), edge("total", "check"), *ways])
    return {name: f"{rig.url}/api/webhooks/{address}" for name, address in addresses.items()}


def check_answer(url: str) -> None:
    """Stop when somebody does not compute what it should: a fast wrong answer is worth nothing."""
    answer = httpx.post(url, json=ORDER, headers={"Authorization": f"Bearer {SECRET}"}, timeout=30)
    if answer.status_code != 200 or answer.json() != {"total": TOTAL}:
        sys.exit(f"{url} answered {answer.status_code} {answer.text[:300]} instead of the total {TOTAL}")


def measure(wrk: str, url: str, body: Path, connections: int, seconds: int, memory: Callable[[], int]) -> Measured:
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT), url]
    done = subprocess.run([*command, "--", str(body), SECRET], capture_output=True, text=True, check=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]), memory_bytes=memory())


def report(name: str, connections: int, runs: list[Measured]) -> str:
    rate, p50, p99 = (
        median(values) for values in zip(*((run.requests / run.seconds, run.p50_ms, run.p99_ms) for run in runs), strict=True)
    )
    errors = sum(run.not_2xx + run.lost for run in runs)
    memory = max(run.memory_bytes for run in runs) / 2**20
    return f"{name:22} {connections:>11} {rate:>10,.0f} {p50:>9.1f} {p99:>9.1f} {errors:>7} {memory:>8.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="how long each of the runs takes")
    parser.add_argument("--alone", action="store_true", help="without Node-RED")
    chosen = parser.parse_args()
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is not installed. On Debian and Ubuntu: apt-get install wrk")
    measured: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    with ExitStack() as stack:
        body = Path(stack.enter_context(TemporaryDirectory())) / "order.json"
        body.write_text(json.dumps(ORDER))
        rig = stack.enter_context(running_rig())
        contenders: dict[str, tuple[str, Callable[[], int]]] = {
            name: (url, rig.memory_bytes) for name, url in deploy_workflows(rig).items()
        }
        if not chosen.alone and node_red.is_available():
            peer = stack.enter_context(node_red.running(NODE_RED_PORT))
            used = partial(memory_of, peer.pid)
            contenders |= {name: (f"http://127.0.0.1:{NODE_RED_PORT}/{path}", used) for name, path in NODE_RED.items()}
        for url, memory in contenders.values():
            measure(wrk, url, body, max(CONNECTIONS), WARM_SECONDS, memory)
        for _ in range(ROUNDS):
            for name, (url, memory) in contenders.items():
                for connections in CONNECTIONS:
                    check_answer(url)
                    measured[name, connections].append(measure(wrk, url, body, connections, chosen.seconds, memory))
        found = rig.executions()
    print(f"{body.name}: {len(json.dumps(ORDER))} bytes, median of {ROUNDS} rounds of {chosen.seconds} s")
    print(f"{'contender':22} {'connections':>11} {'requests/s':>10} {'p50 ms':>9} {'p99 ms':>9} {'errors':>7} {'MB':>8}")
    for (name, connections), runs in measured.items():
        print(report(name, connections, runs))
    ours = [run for (name, _), runs in measured.items() if name in TOTALS for run in runs]
    answered = sum(run.requests for run in ours)
    print(f"Blockyard answered {answered:,} calls in these rounds; executions on disk: {found}")
    if any(run.not_2xx or run.lost for run in ours) or found.get("completed", 0) < answered:
        sys.exit("Some calls were answered wrongly, or their executions are not on disk.")


if __name__ == "__main__":
    main()
