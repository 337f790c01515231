"""Sending outbound webhooks: signed, retried durably, given up in the end (contract.md C25, G5)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prometheus_client import Counter
from standardwebhooks import Webhook

from app.adapters.http import EgressClient
from app.adapters.vault import Vault
from app.db import endpoints as queries
from app.db.endpoints import AttemptRow, DeliveryRow, EndpointRow
from app.db.session import Database
from app.sdk import BlockError, HttpRequest
from app.services.loops import PermanentLoop

LOOK_SECONDS = 0.5
AT_ONCE = 10
TIMEOUT_SECONDS = 15.0
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=30)
SWEEP_SECONDS = 3_600.0
GONE = 410
JITTER = 0.1
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long it waits after each failed attempt; after the last it gives up."""


class Deliveries:
    def __init__(self, database: Database, vault: Vault, http: EgressClient, results: Counter) -> None:
        self._database = database
        self._vault = vault
        self._http = http
        self._results = results
        self._swept = time.monotonic()
        self._loop = PermanentLoop("webhook deliveries", self.run_due, LOOK_SECONDS)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def run_due(self) -> int:
        """Send what is due; how many attempts were made."""
        made = 0
        while True:
            async with self._database.read() as connection:
                rows = await queries.due(connection, datetime.now(UTC), AT_ONCE)
            made += sum(await asyncio.gather(*(self._attempt(row) for row in rows)))
            if len(rows) < AT_ONCE:
                break
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self._swept = time.monotonic()
            async with self._database.write(counts=False) as connection:
                await queries.forget_before(connection, datetime.now(UTC) - KEPT)
        return made

    async def _attempt(self, row: DeliveryRow) -> bool:
        now = datetime.now(UTC)
        async with self._database.write(counts=False) as connection:
            if not await queries.claim(connection, row, now + LEASE):
                return False
            endpoint = await queries.find(connection, row.endpoint_id)
        if endpoint is None:
            return False
        began = time.monotonic()
        status_code, error = await self._send(endpoint, row)
        took = round((time.monotonic() - began) * 1000)
        self._results.labels("failed" if error else "delivered").inc()
        attempt = AttemptRow(row.id, row.attempts + 1, now, took, status_code, error[:500])
        async with self._database.write(counts=status_code == GONE) as connection:
            await queries.record(connection, attempt, **_outcome(attempt))
            if status_code == GONE:
                reason = "It answered 410: it wants no more deliveries."
                await queries.update(connection, endpoint.id, enabled=False, disabled_reason=reason)
        return True

    async def _send(self, endpoint: EndpointRow, row: DeliveryRow) -> tuple[int | None, str]:
        """The status of the answer and, where that is no success, what went wrong."""
        if not endpoint.enabled and not row.replay_of and row.type != "endpoint.test":
            return None, "The endpoint is switched off."
        now = datetime.now(UTC)
        headers = signed(self._secrets(endpoint, now), row.replay_of or row.id, now, row.body)
        try:
            answer = await self._http.send(
                HttpRequest(
                    "POST", endpoint.url, headers=headers, content=row.body, timeout=TIMEOUT_SECONDS, follow_redirects=False
                )
            )
        except BlockError as error:
            return None, f"{error.code}: {error.message}"
        is_success = 200 <= answer.status_code < 300
        return answer.status_code, "" if is_success else f"It answered {answer.status_code}."

    def _secrets(self, endpoint: EndpointRow, now: datetime) -> Sequence[str]:
        """The secret, and for a while after a rotation the one before."""
        found = [self._vault.unseal(endpoint.sealed_secret, endpoint.id)]
        if endpoint.sealed_old_secret is not None and endpoint.old_until is not None and endpoint.old_until > now:
            found.append(self._vault.unseal(endpoint.sealed_old_secret, endpoint.id))
        return found


def signed(secrets: Sequence[str], message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery: Standard Webhooks by every secret, and bare hex over the body by the first."""
    plain = hmac.new(secrets[0].encode(), body, hashlib.sha256).hexdigest()
    signatures = [Webhook(secret).sign(message_id, now, body.decode()) for secret in secrets]
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "x-blockyard-signature": plain,
        "x-g8-signature": plain,
    }


def _outcome(attempt: AttemptRow) -> dict[str, object]:
    """What becomes of a delivery after an attempt."""
    values: dict[str, object] = {
        "attempts": attempt.number,
        "status_code": attempt.status_code,
        "error": attempt.error,
        "next_at": None,
        "finished_at": attempt.at,
    }
    if not attempt.error:
        return values | {"status": "delivered"}
    if attempt.status_code == GONE or attempt.number > len(PAUSES):
        return values | {"status": "failed"}
    pause = PAUSES[attempt.number - 1]
    later = pause * (1 + JITTER * random.random())  # noqa: S311 - spreads load, guards nothing
    return values | {"status": "pending", "next_at": datetime.now(UTC) + later, "finished_at": None}
