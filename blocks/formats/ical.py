"""Reads and writes calendars (.ics), for events and invitations.

`parse` gives a list of events with their start, end, place, people and rule of repetition. `build` makes a calendar of a
list of events; each needs a `start`, such as `2026-12-24T18:00:00Z` or only a day, and usually a `summary`, an `end` and a
`uid`, by which a later change is known to be the same event. Without a uid one is made from the event.

`build_file` gives a file that you can attach to a mail. Needs a library that is installed with `pip install 'blockyard[ical]'`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, File, Json, Output, work
from blocks.core._fields import when
from blocks.formats._files import FileConfig, FileName

MEDIA_TYPE = "text/calendar; charset=utf-8"
MAX_EVENTS = 2_000


class IcalConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["parse", "build", "build_file"] = Field(
        "parse", title="Do", description="Read, write a text, or write a file."
    )
    name: str = Field(
        "",
        title="Name of the calendar",
        max_length=200,
        description="For writing. May stay empty.",
        json_schema_extra=when(operation=["build", "build_file"]),
    )
    filename: FileName = Field(
        "events.ics", title="File name", description="For a file.", json_schema_extra=when(operation=["build_file"])
    )


async def execute(context: Context, config: IcalConfig, value: Json) -> Output:
    data = config.data(value)
    if config.operation == "parse":
        return Output(await work("blocks.formats._ical_work:parse", data, extra="ical"))
    events = data if isinstance(data, list) else [data]
    if len(events) > MAX_EVENTS or not all(isinstance(event, dict) for event in events):
        message = f"field `source`: must be an event, or a list of at most {MAX_EVENTS:,} events"
        raise BlockError("EVENT_INVALID", message, retryable=False)
    named = [{"uid": _uid(event), **{key: item for key, item in event.items() if item is not None}} for event in events]
    now = context.now().isoformat()
    text = await work("blocks.formats._ical_work:build", named, config.name, now, extra="ical")
    if config.operation == "build":
        return Output(text)
    return Output(File(config.filename or "events.ics", MEDIA_TYPE, text.encode()).value())


def _uid(event: dict[str, Json]) -> str:
    """The same for the same event, so that sending it twice does not enter it twice."""
    return f"{hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:32]}@blockyard"


BLOCK = Block(
    type="fmt.ical",
    title="Calendar file",
    category="Formats",
    icon="calendar-days",
    description="Reads and writes events as iCalendar.",
    config=IcalConfig,
    execute=execute,
    output_schema={
        "description": "For parse a list of events; for build a text or a file.",
        "type": ["array", "string", "object"],
        "items": {
            "type": "object",
            "properties": {
                "summary": {"type": ["string", "null"]},
                "start": {"type": ["string", "null"]},
                "end": {"type": ["string", "null"]},
                "all_day": {"type": "boolean"},
                "location": {"type": ["string", "null"]},
                "description": {"type": ["string", "null"]},
                "attendees": {"type": "array", "items": {"type": "string"}},
                "organizer": {"type": ["string", "null"]},
                "rule": {"type": ["string", "null"]},
                "uid": {"type": ["string", "null"]},
            },
        },
    },
    examples=(
        Example(
            "Read an invitation",
            {},
            input=(
                "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:7\nSUMMARY:Tea\nDTSTART:20261224T160000Z\n"
                "DTEND:20261224T170000Z\nATTENDEE:mailto:ada@example.com\nEND:VEVENT\nEND:VCALENDAR\n"
            ),
            output=[
                {
                    "summary": "Tea",
                    "description": None,
                    "location": None,
                    "uid": "7",
                    "status": None,
                    "url": None,
                    "start": "2026-12-24T16:00:00+00:00",
                    "end": "2026-12-24T17:00:00+00:00",
                    "all_day": False,
                    "rule": None,
                    "organizer": None,
                    "attendees": ["ada@example.com"],
                    "categories": [],
                }
            ],
        ),
        Example(
            "Write an event",
            {"operation": "build"},
            input={"uid": "7", "summary": "Tea", "start": "2026-12-24"},
            output=(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Blockyard//Calendar//EN\r\nBEGIN:VEVENT\r\nSUMMARY:Tea\r\n"
                "DTSTART;VALUE=DATE:20261224\r\nDTSTAMP:20260601T120000Z\r\nUID:7\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            ),
        ),
    ),
)
