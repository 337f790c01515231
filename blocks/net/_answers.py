"""Failures that an answer with an error status stands for."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.sdk import BlockError, HttpResponse
from blocks.core._fields import cut

FIRST_ERROR = 400
FIRST_SERVER_ERROR = 500
AGAIN = (408, 425, 429)


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
        retryable=status >= FIRST_SERVER_ERROR or status in AGAIN,
        retry_after=_seconds(response.headers.get("retry-after")),
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 7 else None
