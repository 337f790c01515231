"""When schedules run: the next times under a form, and the calendar of what is deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from litestar import get
from litestar.response import Response

from app.engine.graph import GraphBlock
from app.sdk import Json
from app.services.actors import Actor
from app.services.calendar import DAYS, Planned
from app.services.schedule_times import next_run, schedule_of
from app.services.surfaces import Surfaces
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page

SHOWN: Final = 5


def upcoming(block: Mapping[str, Json], now: datetime | None = None) -> list[datetime]:
    """The next times at which a schedule block would start its workflow, in its own time zone. Its configuration is valid."""
    config = block["config"]
    graph_block = GraphBlock(str(block["id"]), str(block["type"]), "", config=config, enabled=bool(block.get("enabled", True)))
    schedule = schedule_of(graph_block)
    if schedule is None:
        return []
    anchor = moment = now or datetime.now(UTC)
    zone = ZoneInfo(schedule.timezone)
    found: list[datetime] = []
    while len(found) < SHOWN:
        following = next_run(schedule, moment, anchor, len(found))
        if following is None:
            break
        moment = following
        found.append(following.astimezone(zone))
    return found


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the calendar with its runs in order."""

    day: date
    runs: Sequence[tuple[datetime, Planned]]


@get("/schedules", opt=needs("workflows.read"))
async def schedules_page(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    now = datetime.now(UTC)
    found = await surfaces.calendar.planned(actor, now)
    runs = sorted(((moment, one) for one in found for moment in one.moments), key=lambda run: run[0])
    days = [(now + timedelta(days=number)).date() for number in range(DAYS)]
    calendar = [CalendarDay(day, [run for run in runs if run[0].date() == day]) for day in days]
    return page(request, "pages/schedules.html", actor, planned=found, days=calendar, often=[one for one in found if one.every])
