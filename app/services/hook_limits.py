"""How many calls a webhook takes in a minute. What was called before the server's start counts too: its executions tell."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.db import inbound as queries
from app.db.session import Database
from app.db.workflows import WebhookRow
from app.services.errors import ServiceError
from app.services.rate_limit import RateLimit

MAX_LIMITS = 10_000
MINUTE = timedelta(minutes=1)


class HookLimits:
    """In memory while the server runs; the beginning of each limit is taken from what was accepted of late."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._limits: OrderedDict[tuple[str, int], RateLimit] = OrderedDict()

    async def slow_down(self, webhook: WebhookRow, per_minute: int | None) -> None:
        """Raises 429 when this webhook has had all the calls of this minute."""
        if per_minute is None:
            return
        key = webhook.webhook_id, per_minute
        limit = self._limits.get(key) or self._limits.setdefault(key, await self._begun(webhook, per_minute))
        self._limits.move_to_end(key)
        if len(self._limits) > MAX_LIMITS:
            self._limits.popitem(last=False)
        wait = limit.take(webhook.webhook_id)
        if wait > 0:
            message = f"This webhook takes {per_minute} calls a minute."
            raise ServiceError("TOO_MANY_REQUESTS", message, 429, data={"retry_after": int(wait) + 1})

    async def _begun(self, webhook: WebhookRow, per_minute: int) -> RateLimit:
        now = datetime.now(UTC)
        async with self._database.read() as connection:
            moments = await queries.accepted_since(connection, webhook.workflow_id, webhook.block_id, now - MINUTE, per_minute)
        limit = RateLimit(per_minute)
        limit.begin(webhook.webhook_id, left_after(moments, per_minute, now))
        return limit


def left_after(moments: Sequence[datetime], per_minute: int, now: datetime) -> float:
    """Pure: how many calls are left after those at `moments` of the last minute, in their order.

    Nothing is known of the time before, so there was nothing left a minute ago: a little too strict for a minute at most.
    """
    left, since = 0.0, now - MINUTE
    for moment in (*moments, now):
        left = min(float(per_minute), left + max(0.0, (moment - since) / MINUTE) * per_minute)
        left, since = (left, now) if moment is now else (max(0.0, left - 1), moment)
    return left
