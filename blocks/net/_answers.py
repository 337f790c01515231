"""Failures that an answer with an error status stands for, and waiting as long as the other side asks for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from app.sdk import BlockError, Context, HttpRequest, HttpResponse
from blocks.core._fields import cut

FIRST_ERROR = 400
FIRST_SERVER_ERROR = 500
AGAIN = (408, 425, 429)
BUSY = (429, 503)
LEAST_WAIT = 1.0
"""What one more try costs at least, so that trying ends."""


def check(method: str, url: str, response: HttpResponse) -> None:
    """BlockError HTTP_STATUS for a status of 400 and more; it says whether trying again can help, and when."""
    status = response.status_code
    if status < FIRST_ERROR:
        return
    host = urlsplit(url).hostname
    raise BlockError(
        "HTTP_STATUS",
        f"{method} {host} answered {status}: {cut(response.text, 200)}",
        details={"status_code": status, "body": cut(response.text)},
        retryable=can_help(status),
        retry_after=retry_after(response.headers.get("retry-after")),
    )


def can_help(status: int) -> bool:
    """Whether trying again can help after this status."""
    return status >= FIRST_SERVER_ERROR or status in AGAIN


def retry_after(text: str | None) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date (RFC 9110, 10.2.3)."""
    if text is None or len(text) > 40:
        return None
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 7 else None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


async def patient(context: Context, request: HttpRequest, patience: float) -> HttpResponse:
    """Send, and send again after as long as the other side asks for, as far as that takes no more than `patience` seconds."""
    while True:
        response = await context.http.send(request)
        asked = retry_after(response.headers.get("retry-after")) if response.status_code in BUSY else None
        if asked is None or patience <= 0 or asked > patience:
            return response
        patience -= max(asked, LEAST_WAIT)
        context.log(f"{urlsplit(request.url).hostname or 'The server'} asks to wait {asked:.0f} s")
        await asyncio.sleep(asked)
