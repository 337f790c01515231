"""What the operator may see of the whole server: health with the database's integrity, and metrics (contract.md C12)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from app.db import figures as queries
from app.db.session import Database
from app.hosts.embedded import EmbeddedHost
from app.services.figures import Figures
from app.services.loops import PermanentLoop

INTEGRITY_SECONDS = 60.0
LOOK_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class HealthReport:
    """`integrity` is what the database says about itself."""

    is_well: bool
    integrity: str
    checked_at: datetime
    running: int
    uptime_seconds: int


class Insight:
    def __init__(self, database: Database, host: EmbeddedHost) -> None:
        self._database = database
        self._host = host
        self._began = time.monotonic()
        self._integrity: tuple[float, str, datetime] | None = None
        self._registry = CollectorRegistry()
        self._figures = Figures(database)
        self._registry.register(self._figures)
        self.loop = PermanentLoop("counting executions", self._figures.look, LOOK_SECONDS)
        gauge = self._gauge
        self._waiting = gauge("executions_open", "Executions that have not ended", ["status"])
        self._running = gauge("executions_running", "Executions driven by this process", [])
        self._queue_age = gauge("queue_age_seconds", "Age of the oldest execution that waits for its turn", [])
        self._workflows = gauge("workflows", "Workflows by state", ["state"])
        self._lag = gauge("journal_lag_seconds", "Longest time to disk since the last look", [])
        self._uptime = gauge("uptime_seconds", "Since this process has started", [])
        self.requests = Counter(
            "blockyard_http_requests", "Requests by route", ["method", "route", "status"], registry=self._registry
        )
        self.deliveries = Counter(
            "blockyard_webhook_deliveries", "Tries to deliver an outbound webhook", ["result"], registry=self._registry
        )

    def _gauge(self, name: str, help: str, labels: Iterable[str]) -> Gauge:
        return Gauge(f"blockyard_{name}", help, list(labels), registry=self._registry)

    async def health(self) -> HealthReport:
        """The database's integrity is looked at no more than once a minute."""
        now = time.monotonic()
        if self._integrity is None or now - self._integrity[0] > INTEGRITY_SECONDS:
            self._integrity = (now, await self._check(), datetime.now(UTC))
        _, integrity, checked_at = self._integrity
        return HealthReport(integrity == "ok", integrity, checked_at, self._host.running, round(now - self._began))

    async def _check(self) -> str:
        is_sqlite = self._database.is_sole_writer
        try:
            async with self._database.read() as connection:
                found = await connection.execute(sa.text("PRAGMA quick_check(1)" if is_sqlite else "SELECT 'ok'"))
                return str(found.scalar_one())
        except (SQLAlchemyError, OSError) as error:
            return f"the database does not answer: {type(error).__name__}"

    async def metrics(self) -> bytes:
        """All figures in the text format of Prometheus."""
        now = datetime.now(UTC)
        self._running.set(self._host.running)
        self._uptime.set(time.monotonic() - self._began)
        self._lag.set(self._host.journal_lag)
        await self._figures.look()
        async with self._database.read() as connection:
            open_now = await queries.open_now(connection)
            _fill(self._workflows, await queries.workflow_states(connection))
        _fill(self._waiting, [(status, count) for status, count, _ in open_now])
        oldest = [created for status, _, created in open_now if status == "queued" and created is not None]
        self._queue_age.set(max((now - oldest[0]).total_seconds(), 0.0) if oldest else 0.0)
        return generate_latest(self._registry)


def _fill(gauge: Gauge, counts: Iterable[tuple[str, int]]) -> None:
    gauge.clear()
    for label, count in counts:
        gauge.labels(label).set(count)
