"""What a large database costs: `python bench/scale.py [--executions 1000000] [--parked 100000]`.

Memory of an idle server; what parked executions add to it; and how much slower the list page, an execution's page and a
webhook call are with very many executions on disk. Times are medians of interleaved rounds over two servers.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from uuid import uuid4

from rig import Rig, running_rig
from webhook import ORDER, SECRET, block, edge

ROUNDS = 5
CALLS = 40
SETTLE_SECONDS = 3.0
COPIES = """
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :count)
INSERT INTO executions ({columns})
SELECT {values} FROM counted JOIN executions AS model ON model.id = :model
"""


def deployed(rig: Rig) -> str:
    """The address of a small workflow, which has run once."""
    address = str(uuid4())
    hook = block("hook", "webhook", webhook_id=address, webhook_secret=SECRET)
    rig.deploy("scale", [hook, block("answer", "response")], [edge("hook", "answer")])
    url = f"{rig.url}/api/webhooks/{address}"
    call(rig, url)
    return url


def call(rig: Rig, url: str) -> str:
    answer = rig.client.post(url, json=ORDER, headers={"Authorization": f"Bearer {SECRET}"})
    answer.raise_for_status()
    return answer.headers["x-execution-id"]


def multiply(rig: Rig, model: str, count: int, **changed: str) -> None:
    """Put `count` copies of an execution on disk, each with an id and a moment of its own."""
    with closing(sqlite3.connect(rig.database, timeout=60)) as connection, connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(executions)")]
        own = {"id": "printf('%s%012d', :prefix, n)", "created_at": "model.created_at - n * 1000000"} | changed
        values = ", ".join(own.get(name, f"model.{name}") for name in names)
        statement = COPIES.format(columns=", ".join(names), values=values)
        connection.execute(statement, {"count": count, "model": model, "prefix": f"{uuid4().hex[:20]}-"})


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        work()
    return (time.perf_counter() - began) * 1000 / CALLS


def page(rig: Rig, path: str) -> Callable[[], object]:
    return lambda: rig.client.get(path).raise_for_status()


def asked(rig: Rig, url: str, execution: str) -> dict[str, Callable[[], object]]:
    return {
        "list page": page(rig, "/executions"),
        "list by API": page(rig, "/api/executions"),
        "execution page": page(rig, f"/executions/{execution}"),
        "webhook call": lambda: call(rig, url),
    }


def report_memory(parked: int) -> None:
    with running_rig() as rig:
        time.sleep(SETTLE_SECONDS)
        print(f"idle server: {rig.memory_bytes() / 2**20:.0f} MB")
        url = deployed(rig)
        execution = call(rig, url)
        time.sleep(SETTLE_SECONDS)
        before = rig.memory_bytes()
        far = str(int((time.time() + 30 * 86_400) * 1e6))
        multiply(
            rig, execution, parked, status="'waiting'", wake_at=far, finished_at="NULL", finished_steps="NULL", output="NULL"
        )
        time.sleep(SETTLE_SECONDS)
        call(rig, url)
        time.sleep(SETTLE_SECONDS)
        print(f"{parked:,} parked executions add {(rig.memory_bytes() - before) / 2**20:.1f} MB")


def report_times(count: int) -> None:
    with ExitStack() as stack:
        rigs = [stack.enter_context(running_rig()) for _ in range(2)]
        urls = [deployed(rig) for rig in rigs]
        executions = [call(rig, url) for rig, url in zip(rigs, urls, strict=True)]
        multiply(rigs[1], executions[1], count)
        work = [asked(*place) for place in zip(rigs, urls, executions, strict=True)]
        taken: dict[str, list[list[float]]] = {name: [[], []] for name in work[0]}
        for _ in range(ROUNDS):
            for name in taken:
                for number in range(2):
                    taken[name][number].append(milliseconds(work[number][name]))
        size = Path(rigs[1].database).stat().st_size / 2**20
        print(f"{'ms':16} {'empty':>8} {f'{count:,}':>12} {'ratio':>8}   ({size:,.0f} MB on disk)")
        for name, (empty, full) in taken.items():
            print(f"{name:16} {median(empty):>8.1f} {median(full):>12.1f} {median(full) / median(empty):>8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--parked", type=int, default=100_000)
    chosen = parser.parse_args()
    report_memory(chosen.parked)
    report_times(chosen.executions)


if __name__ == "__main__":
    main()
