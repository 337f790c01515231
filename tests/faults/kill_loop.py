"""A server that is killed again and again under load: `python -m tests.faults.kill_loop --rounds 50`.

Callers run into a webhook whose executions make calls, loop, and wait. After each kill the database is read: a call that
is on record then must never be made again. At the end everything that was accepted must have finished.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.faults.disk import query, wait_until_all_ended
from tests.support.counting import CountingPeer, counting_peer
from tests.support.graphs import block, webhook
from tests.support.hooks import hook_url
from tests.support.server import Client, ServerProcess

CALLERS = 4
ITEMS = 3
STEPS = {
    ("hook", ""), ("first", ""), ("answer", ""), ("each", ""), ("last", ""),
    *(("work", str(n)) for n in range(ITEMS)), *(("rest", str(n)) for n in range(ITEMS)),
}  # fmt: skip
CALLS = ("first", "work", "last")
RECORDED = "SELECT execution_id, block_id, iteration FROM steps WHERE status = 'completed' AND block_id IN (?, ?, ?)"


@dataclass(frozen=True)
class Figures:
    """What came of a loop; the last three are broken promises and must be 0."""

    rounds: int
    answered: int
    executions: int
    calls: int
    calls_made_again: int
    """Calls that a kill interrupted before they were on record: made again, with the same key."""
    seconds: float
    lost: int
    unfinished_or_wrong: int
    recorded_and_repeated: int


@dataclass
class Callers:
    """Threads that call a webhook until the server is gone; the executions of those that got an answer."""

    url: str
    secret: str
    answered: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _call(self) -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {self.secret}"}, timeout=20) as client:
            while True:
                try:
                    answer = client.post(self.url, json={"n": 1})
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.answered.append(answer.headers["X-Execution-Id"])
                else:
                    self.refused.append(answer.status_code)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def key_of(execution: str, block_id: str, iteration: str) -> str:
    return f"{execution}:{block_id}:{iteration or 0}"


class KillLoop:
    def __init__(self, server: ServerProcess, peer: CountingPeer) -> None:
        self._server = server
        self._peer = peer
        self._hook = webhook()
        self._answered: set[str] = set()
        self._refused: list[int] = []
        self._on_record: Counter[str] = Counter()
        """How often a call had been made when it was first seen on record, by key."""

    def run(self, rounds: int, seed: int) -> Figures:
        began, moments = time.monotonic(), random.Random(seed)
        self._deploy()
        for _ in range(rounds):
            callers = Callers(hook_url(self._server, self._hook), self._hook["config"]["webhook_secret"])
            callers.start()
            time.sleep(moments.random() * 0.8)
            self._server.kill()
            callers.join()
            self._answered.update(callers.answered)
            self._refused += callers.refused
            self._note_records()
            self._server.start()
        ended = wait_until_all_ended(self._server, 60)
        assert self._refused == []
        return self._figures(rounds, ended, time.monotonic() - began)

    def _deploy(self) -> None:
        def call(id: str, path: str) -> dict[str, Any]:
            url = f"{self._peer.url}/{{{{ execution.id }}}}/{path}"
            return block(id, "general_api", {"method": "POST", "url": url, "body": "{{ input }}", "send_idempotency_key": True})

        Client(self._server.url).sign_in().deployed(
            self._hook,
            call("first", "first"),
            block("answer", "response"),
            block("each", "flow.loop", {"items": list(range(ITEMS)), "concurrency": 2}),
            call("work", "work/{{ index }}"),
            block("rest", "flow.wait", {"seconds": 0.2}),
            call("last", "last"),
            edges=["hook>first", "first>answer", "first>each", "each:item>work", "work>rest", "each>last"],
        )

    def _made(self) -> Counter[str]:
        return Counter(str(key) for _, key in list(self._peer.calls))

    def _note_records(self) -> None:
        made = self._made()
        for place in query(self._server, RECORDED, *CALLS):
            self._on_record.setdefault(key_of(*place), made[key_of(*place)])

    def _figures(self, rounds: int, ended: dict[str, str], seconds: float) -> Figures:
        self._note_records()
        made, wrong = self._made(), 0
        steps: dict[str, list[tuple[str, str]]] = {execution: [] for execution in ended}
        for execution, block_id, iteration in query(self._server, "SELECT execution_id, block_id, iteration FROM steps"):
            steps[execution].append((block_id, iteration))
        for execution, status in ended.items():
            wrong += status != "completed" or sorted(steps[execution]) != sorted(STEPS)
        return Figures(
            rounds,
            len(self._answered),
            len(ended),
            made.total(),
            sum(count - 1 for count in made.values()),
            round(seconds, 1),
            len(self._answered - ended.keys()),
            wrong,
            sum(made[key] != before for key, before in self._on_record.items()),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, counting_peer() as peer:
        server = ServerProcess(Path(directory) / "data").owned().start()
        try:
            Client(server.url).set_up()
            figures = KillLoop(server, peer).run(chosen.rounds, chosen.seed)
        finally:
            server.kill()
    told = {"seed": chosen.seed, **asdict(figures)}
    sys.stdout.writelines(f"{name:24} {value}\n" for name, value in told.items())
    if figures.lost or figures.unfinished_or_wrong or figures.recorded_and_repeated:
        raise SystemExit("a promise was broken")


if __name__ == "__main__":
    main()
