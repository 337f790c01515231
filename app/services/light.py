"""Webhooks whose calls any process can serve: deployed, without limits, and made of blocks that only compute."""

from __future__ import annotations

from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.program import Program
from app.hosts.bus import EventBus
from app.services.workflow_settings import settings_of

MAX_KNOWN = 10_000


class LightWebhooks:
    """What calls have shown; all of it is forgotten when anything is changed, or somebody begins to watch a workflow."""

    def __init__(self, database: Database, bus: EventBus) -> None:
        self._changes = database.changes
        self._bus = bus
        self._known: dict[str, tuple[bytes, str]] = {}
        bus.on_first_watcher = lambda topic: self._changes.add() if topic.startswith("workflow:") else None

    def note(self, webhook_id: str, row: WorkflowRow, program: Program, mark: bytes) -> None:
        """A deployed webhook was called; `mark` is of before its workflow was read."""
        if webhook_id in self._known and self._known[webhook_id][0] == mark:
            return
        settings = settings_of(row)
        if program.is_light and settings.concurrency.limit is None and not settings.idempotency_key:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self.learn(webhook_id, row.id, mark)

    def learn(self, webhook_id: str, workflow_id: str, mark: bytes) -> None:
        """Another process has found it out."""
        self._known[webhook_id] = mark, workflow_id

    def find(self, webhook_id: str) -> tuple[bytes, str] | None:
        """The mark as of which this webhook is light, and its workflow; None when it is not, or is watched."""
        found = self._known.get(webhook_id)
        if found is None or found[0] != self._changes.mark or self._bus.watched(f"workflow:{found[1]}"):
            return None
        return found
