"""Draws a QR code that telephones read: an address, a ticket number, the login of a wireless network.

Write the text; usually it is an address that begins with https://. More reserve lets the code be read when a part of it is
dirty, and makes it finer. You get a picture as a file, as PNG or as SVG.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import FILE_SCHEMA, Block, Config, Context, Example, Json, Output, work
from blocks.core._fields import ADVANCED, LongText

COLOUR = r"^(#[0-9a-fA-F]{3,8}|[a-zA-Z]{1,30})?$"


class QrConfig(Config):
    """Configuration of the QR code."""

    text: LongText = Field(
        title="Text",
        min_length=1,
        max_length=2_900,
        description="What the code says, for example an address.",
        json_schema_extra={"initial": "https://example.com", "placeholder": "https://example.com"},
    )
    kind: Literal["png", "svg"] = Field(
        "png", title="Kind of picture", description="PNG for mails and documents, SVG for the web."
    )
    reserve: Literal["low", "medium", "high", "highest"] = Field(
        "medium", title="Reserve", description="How much of it may be unreadable: 7, 15, 25 or 30 per cent."
    )
    scale: int = Field(8, title="Size", ge=1, le=40, description="Pixels for each of its small squares.")
    border: int = Field(
        4, title="Border", ge=0, le=20, description="Small squares around it; readers want 4.", json_schema_extra=ADVANCED
    )
    dark: str = Field("#000000", title="Dark colour", pattern=COLOUR, description="Such as #1a2b3c.", json_schema_extra=ADVANCED)
    light: str = Field(
        "#ffffff",
        title="Light colour",
        pattern=COLOUR,
        description="Such as #ffffff, or transparent.",
        json_schema_extra=ADVANCED,
    )


async def execute(context: Context, config: QrConfig, value: Json) -> Output:
    level = {"low": "l", "medium": "m", "high": "q", "highest": "h"}[config.reserve]
    settings = (config.kind, level, config.scale, config.border, config.dark or "#000000", config.light or "#ffffff")
    return Output(await work("blocks.formats._qr_work:make", config.text, *settings))


BLOCK = Block(
    type="fmt.qr",
    title="QR code",
    category="Formats",
    icon="qr-code",
    description="Draws a QR code.",
    config=QrConfig,
    execute=execute,
    output_schema=FILE_SCHEMA,
    examples=(
        Example(
            "A ticket",
            {"text": "TICKET {{ input.number }}", "kind": "svg", "scale": 1, "border": 0, "light": "transparent"},
            input={"number": 7},
            output={
                "filename": "qr.svg",
                "content_type": "image/svg+xml",
                "size": 838,
                "base64": (
                    "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIyMSIgaGVpZ2h0PSIyMSIgY2xhc3M9InNlZ25vIj48cGF0aCBj"
                    "bGFzcz0icXJsaW5lIiBzdHJva2U9IiMwMDAiIGQ9Ik0wIDAuNWg3bTEgMGgybTEgMGgxbTIgMGg3bS0yMSAxaDFtNSAwaDFtMiAwaDFtMSAwaDFt"
                    "MiAwaDFtNSAwaDFtLTIxIDFoMW0xIDBoM20xIDBoMW01IDBoMW0xIDBoMW0xIDBoM20xIDBoMW0tMjEgMWgxbTEgMGgzbTEgMGgxbTEgMGg1bTEg"
                    "MGgxbTEgMGgzbTEgMGgxbS0yMSAxaDFtMSAwaDNtMSAwaDFtMSAwaDJtMSAwaDJtMSAwaDFtMSAwaDNtMSAwaDFtLTIxIDFoMW01IDBoMW0xIDBo"
                    "MW0xIDBoMW0xIDBoMW0xIDBoMW01IDBoMW0tMjEgMWg3bTEgMGgxbTEgMGgxbTEgMGgxbTEgMGg3bS0xMyAxaDJtLTEwIDFoMW0zIDBoMW0xIDBo"
                    "NG0yIDBoNm0yIDBoMW0tMTkgMWgybTQgMGgybTIgMGgzbTIgMGgybS0xOCAxaDFtNCAwaDJtMSAwaDJtMSAwaDJtMyAwaDFtMiAwaDFtLTE5IDFo"
                    "NG00IDBoM20yIDBoMW00IDBoMW0tMTcgMWgxbTEgMGgxbTEgMGgybTEgMGgxbTIgMGgzbTIgMGgybS0xMyAxaDVtNSAwaDFtMSAwaDFtLTIxIDFo"
                    "N20xIDBoMm0xIDBoMW0yIDBoNG0xIDBoMW0tMjAgMWgxbTUgMGgxbTIgMGgybTIgMGg2bS0xOSAxaDFtMSAwaDNtMSAwaDFtMSAwaDNtMSAwaDNt"
                    "MSAwaDFtMyAwaDFtLTIxIDFoMW0xIDBoM20xIDBoMW01IDBoNG0xIDBoNG0tMjEgMWgxbTEgMGgzbTEgMGgxbTIgMGgybTEgMGgybTMgMGgxbS0x"
                    "OCAxaDFtNSAwaDFtMiAwaDRtMiAwaDFtMiAwaDFtMSAwaDFtLTIxIDFoN20xIDBoMm0xIDBoMW0yIDBoMW0yIDBoMW0xIDBoMiIvPjwvc3ZnPg=="
                ),
            },
        ),
        Example(
            "An address with little reserve",
            {"text": "https://a.example", "kind": "svg", "reserve": "low", "scale": 1, "border": 0, "light": "transparent"},
            output={
                "filename": "qr.svg",
                "content_type": "image/svg+xml",
                "size": 868,
                "base64": (
                    "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIyMSIgaGVpZ2h0PSIyMSIgY2xhc3M9InNlZ25vIj48cGF0aCBj"
                    "bGFzcz0icXJsaW5lIiBzdHJva2U9IiMwMDAiIGQ9Ik0wIDAuNWg3bTEgMGgxbTIgMGgxbTIgMGg3bS0yMSAxaDFtNSAwaDFtMSAwaDFtMiAwaDFt"
                    "MiAwaDFtNSAwaDFtLTIxIDFoMW0xIDBoM20xIDBoMW0zIDBoM20xIDBoMW0xIDBoM20xIDBoMW0tMjEgMWgxbTEgMGgzbTEgMGgxbTMgMGgxbTMg"
                    "MGgxbTEgMGgzbTEgMGgxbS0yMSAxaDFtMSAwaDNtMSAwaDFtMSAwaDFtMSAwaDFtMyAwaDFtMSAwaDNtMSAwaDFtLTIxIDFoMW01IDBoMW0xIDBo"
                    "Mm0xIDBoMW0yIDBoMW01IDBoMW0tMjEgMWg3bTEgMGgxbTEgMGgxbTEgMGgxbTEgMGg3bS0xMyAxaDFtMiAwaDFtLTEyIDFoM20yIDBoMm0xIDBo"
                    "M20yIDBoNG0yIDBoMm0tMjEgMWgxbTMgMGgybTEgMGgxbTIgMGgxbTEgMGgzbTEgMGgybTEgMGgybS0xOSAxaDFtMSAwaDNtMiAwaDFtMiAwaDFt"
                    "MiAwaDRtMSAwaDFtLTIwIDFoM20zIDBoMW0xIDBoM20xIDBoMW0xIDBoM20tMTggMWgybTEgMGgybTEgMGgxbTEgMGgxbTIgMGgzbTUgMGgxbS0x"
                    "MiAxaDFtMyAwaDFtMyAwaDJtMiAwaDFtLTIxIDFoN20yIDBoMW0yIDBoMW0xIDBoNW0xIDBoMW0tMjEgMWgxbTUgMGgxbTEgMGgzbTUgMGgybTEg"
                    "MGgxbS0yMCAxaDFtMSAwaDNtMSAwaDFtMiAwaDNtMSAwaDFtMSAwaDFtMyAwaDJtLTIxIDFoMW0xIDBoM20xIDBoMW00IDBoNm0yIDBoMW0tMjAg"
                    "MWgxbTEgMGgzbTEgMGgxbTEgMGgybTIgMGgybTEgMGg2bS0yMSAxaDFtNSAwaDFtMSAwaDFtMSAwaDJtMSAwaDFtMSAwaDNtLTE4IDFoN20xIDBo"
                    "Mm0yIDBoMm0xIDBoMm0zIDBoMSIvPjwvc3ZnPg=="
                ),
            },
        ),
    ),
)
