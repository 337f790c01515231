"""A mail message as services that send mail want it (RFC 5322)."""

from __future__ import annotations

from collections.abc import Mapping
from email import policy
from email.message import EmailMessage

from app.sdk import BlockError, File, Json

HEADERS = {"to": "To", "cc": "Cc", "bcc": "Bcc", "subject": "Subject", "reply_to": "Reply-To", "in_reply_to": "In-Reply-To"}


def message(values: Mapping[str, Json]) -> bytes:
    """The message with these headers, `text`, `html` and `attachments`. BlockError CONFIG_INVALID for a broken header."""
    mail = EmailMessage(policy=policy.SMTP)
    for name, header in HEADERS.items():
        value = values.get(name)
        if value:
            mail[header] = _header(name, ", ".join(value) if isinstance(value, list) else str(value))
    mail.set_content(str(values.get("text", "")))
    if values.get("html"):
        mail.add_alternative(str(values["html"]), subtype="html")
    attachments = values.get("attachments") or []
    for number, value in enumerate(attachments if isinstance(attachments, list) else [attachments]):
        file = File.of(value, f"attachments.{number}")
        kind, _, subtype = file.media_type.partition(";")[0].partition("/")
        name = _header("attachments", file.name)
        mail.add_attachment(file.content, maintype=kind, subtype=subtype or "octet-stream", filename=name)
    return mail.as_bytes()


def _header(name: str, text: str) -> str:
    if any(ord(mark) < 32 or ord(mark) == 127 for mark in text):
        raise BlockError("CONFIG_INVALID", f"field `{name}`: must be a single line", details={"field": name}, retryable=False)
    return text
