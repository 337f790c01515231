"""All routes of the developer surface."""

from __future__ import annotations

from app.web.api.developer import executions, flows, logs, plugins, runs, triggers, values

DEVELOPER = [*flows.ROUTES, *runs.ROUTES, *executions.ROUTES, *logs.ROUTES, *triggers.ROUTES, *plugins.ROUTES, *values.ROUTES]
