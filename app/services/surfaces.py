"""What the contract's other surfaces need beside the studio's own services, put together in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.adapters.http import EgressClient
from app.adapters.vault import Vault
from app.db.session import Database
from app.hosts.bus import EventBus
from app.hosts.embedded import EmbeddedHost
from app.services.container import Services
from app.services.doors import Doors
from app.services.execution_log import ExecutionLog
from app.services.flow_revisions import FlowRevisions
from app.services.flows import Flows
from app.services.graphs import Graphs
from app.services.key_values import KeyValues
from app.services.lending import Programs
from app.services.starts import Starts
from app.services.tasks import Tasks
from app.services.trigger_clock import TriggerClock
from app.services.triggers import Triggers
from app.settings import Settings


class Loop(Protocol):
    """Something that works for as long as the server lives."""

    def start(self) -> None: ...
    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What of the server they are made of."""

    database: Database
    host: EmbeddedHost
    vault: Vault
    graphs: Graphs
    programs: Programs
    starts: Starts
    bus: EventBus
    http: EgressClient
    settings: Settings


@dataclass(frozen=True, slots=True)
class Surfaces:
    """As routes get them; `studio` is what the studio's own routes get."""

    studio: Services
    flows: Flows
    flow_revisions: FlowRevisions
    tasks: Tasks
    execution_log: ExecutionLog
    key_values: KeyValues
    triggers: Triggers
    doors: Doors
    loops: Sequence[Loop]


def build_surfaces(parts: Parts, services: Services) -> Surfaces:
    """All of them over one server."""
    database = parts.database
    return Surfaces(
        studio=services,
        flows=Flows(database, services.workflows, services.workflow_settings, parts.graphs, services.catalog),
        flow_revisions=FlowRevisions(database, services.workflows, parts.graphs),
        tasks=Tasks(database, parts.programs),
        execution_log=ExecutionLog(database, parts.host, services.executions, services.execution_events),
        key_values=KeyValues(database),
        triggers=Triggers(database, parts.vault),
        doors=Doors(
            database, services.hooks, services.executions, parts.programs, parts.starts, parts.settings.wait_seconds
        ),
        loops=(TriggerClock(database, parts.starts),),
    )
