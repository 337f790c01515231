"""The developer surface, `/api/v1` (contract.md): camelCase, single objects flat and once more under `data`."""

from __future__ import annotations

from app.web.api.developer import executions, flows, logs, plugins, runs, triggers, values

ROUTES = [*flows.ROUTES, *runs.ROUTES, *executions.ROUTES, *logs.ROUTES, *triggers.ROUTES, *plugins.ROUTES, *values.ROUTES]
