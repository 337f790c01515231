"""Reading and writing calendars in a worker process."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from icalendar import Calendar, Event, vCalAddress, vRecur

from app.sdk import BlockError, File, Json

MAX_EVENTS = 2_000
PRODUCT = "-//Blockyard//Calendar//EN"
TEXTS = ("summary", "description", "location", "uid", "status", "url")


def parse(source: Json) -> Json:
    """The events; repetitions are told as a rule, not written out."""
    text = File.of(source, "source").text("source")
    try:
        calendars = Calendar.from_ical(text, multiple=True)
        events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
        if len(events) > MAX_EVENTS:
            raise BlockError("TOO_MANY_ITEMS", f"field `source`: more than {MAX_EVENTS:,} events")
        return [_told(event) for event in events]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise BlockError("NOT_A_CALENDAR", "field `source`: this is not a calendar (iCalendar, .ics)") from None


def _told(event: Any) -> dict[str, Json]:
    told: dict[str, Json] = {name: str(event[name]) if name in event else None for name in TEXTS}
    start, end = _time(event.get("dtstart")), _time(event.get("dtend"))
    return {
        **told,
        "start": start,
        "end": end,
        "all_day": start is not None and len(start) == len("2026-12-24"),
        "rule": _rule(event.get("rrule")),
        "organizer": _address(event.get("organizer")),
        "attendees": [_address(person) for person in _list(event.get("attendee"))],
        "categories": [str(name) for entry in _list(event.get("categories")) for name in getattr(entry, "cats", [])],
    }


def _rule(value: Any) -> str | None:
    rules = _list(value)
    return rules[0].to_ical().decode() if rules else None


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _time(value: Any) -> str | None:
    found = getattr(value, "dt", None)
    return found.isoformat() if isinstance(found, date) else None


def _address(value: Any) -> str | None:
    text = str(value) if value is not None else None
    return text[len("mailto:") :] if text and text.lower().startswith("mailto:") else text


def build(events: list[dict[str, Json]], name: str, now: str) -> str:
    """A calendar with these events."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    if name:
        calendar.add("x-wr-calname", name)
    for number, event in enumerate(events):
        calendar.add_component(_event(event, f"source.{number}", datetime.fromisoformat(now)))
    text: str = calendar.to_ical().decode()
    return text


def _event(told: dict[str, Json], place: str, now: datetime) -> Event:
    event = Event()
    for name in TEXTS:
        if told.get(name):
            event.add(name, str(told[name]))
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", _moment(told.get("start"), f"{place}.start"))
    if told.get("end"):
        event.add("dtend", _moment(told["end"], f"{place}.end"))
    if told.get("rule"):
        try:
            rule = vRecur.from_ical(str(told["rule"]))
        except (ValueError, KeyError):
            rule = {}
        if "FREQ" not in rule:
            raise BlockError("EVENT_INVALID", f"field `{place}.rule`: must be a rule such as FREQ=WEEKLY;COUNT=4")
        event.add("rrule", rule)
    for person in told.get("attendees") or []:
        event.add("attendee", _mail(person, f"{place}.attendees"))
    if told.get("organizer"):
        event.add("organizer", _mail(told["organizer"], f"{place}.organizer"))
    return event


def _mail(address: Json, place: str) -> vCalAddress:
    text = address if isinstance(address, str) else ""
    if "@" not in text or any(character <= " " or character == "\x7f" for character in text):
        raise BlockError("EVENT_INVALID", f"field `{place}`: must be a mail address")
    return vCalAddress(f"mailto:{text}")


def _moment(value: Json, place: str) -> date | datetime:
    text = value if isinstance(value, str) else ""
    try:
        if len(text) == len("2026-12-24"):
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BlockError("EVENT_INVALID", f"field `{place}`: must be a time such as 2026-12-24T18:00:00Z, or a day") from None
    return found.astimezone(UTC) if found.tzinfo else found
