"""All routes of the flow8 surface."""

from __future__ import annotations

from app.web.api.flow8 import flows, plays, things

FLOW8 = [*flows.ROUTES, *plays.ROUTES, *things.ROUTES]
