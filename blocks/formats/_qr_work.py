"""Drawing QR codes in a worker process."""

from __future__ import annotations

import io

import segno

from app.sdk import BlockError, File, Json

MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml"}


def make(text: str, kind: str, error: str, scale: int, border: int, dark: str, light: str) -> Json:
    """The picture as a file."""
    try:
        code = segno.make_qr(text, error=error, boost_error=False)
    except segno.DataOverflowError:
        raise BlockError("TEXT_TOO_LONG", "field `text`: too long for a QR code with this much reserve") from None
    content = io.BytesIO()
    background = None if light == "transparent" else light
    more = {"xmldecl": False, "nl": False} if kind == "svg" else {}
    try:
        code.save(content, kind=kind, scale=scale, border=border, dark=dark, light=background, **more)
    except ValueError:
        raise BlockError("COLOUR_INVALID", "field `dark` or `light`: must be a colour such as #1a2b3c or black") from None
    return File(f"qr.{kind}", MEDIA_TYPES[kind], content.getvalue()).value()
