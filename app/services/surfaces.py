"""What the contract's other surfaces need beside the studio's own services, put together in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.adapters.http import EgressClient
from app.adapters.vault import Vault
from app.db.session import Database
from app.hosts.embedded import EmbeddedHost
from app.services.agent_tools import AgentTools
from app.services.channel_tools import ChannelTools
from app.services.channels import Channels
from app.services.container import Services
from app.services.deliveries import Deliveries
from app.services.doors import Doors
from app.services.endpoints import Endpoints
from app.services.execution_log import ExecutionLog
from app.services.flow_revisions import FlowRevisions
from app.services.flows import Flows
from app.services.graphs import Graphs
from app.services.groups import Groups
from app.services.insight import Insight
from app.services.key_values import KeyValues
from app.services.layers import Layers
from app.services.lending import Programs
from app.services.monitor import Monitor, MonitoredBus
from app.services.offered_tools import OfferedTools
from app.services.outward import Outward
from app.services.own_tools import OwnTools
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
    bus: MonitoredBus
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
    layers: Layers
    groups: Groups
    channels: Channels
    channel_tools: ChannelTools
    endpoints: Endpoints
    agent_tools: AgentTools
    insight: Insight
    monitor: Monitor
    monitor_token: str
    monitor_public: bool
    loops: Sequence[Loop]


def build_surfaces(parts: Parts, services: Services) -> Surfaces:
    """All of them over one server."""
    database = parts.database
    flows = Flows(database, services.workflows, services.workflow_settings, parts.graphs, services.catalog)
    doors = Doors(
        database, services.hooks, services.executions, parts.programs, parts.starts, parts.settings.wait_seconds
    )
    channels = Channels(database, parts.vault, doors)
    own = OwnTools(flows, services.workflows, services.executions, parts.graphs, services.catalog)
    offered = OfferedTools(database, parts.programs, parts.starts, parts.settings.wait_seconds)
    return Surfaces(
        studio=services,
        flows=flows,
        flow_revisions=FlowRevisions(database, services.workflows, parts.graphs),
        tasks=Tasks(database, parts.programs),
        execution_log=ExecutionLog(database, parts.host, services.executions, services.execution_events),
        key_values=KeyValues(database),
        triggers=Triggers(database, parts.vault),
        doors=doors,
        layers=Layers(flows, services.workflows, parts.graphs, services.catalog),
        groups=Groups(database),
        channels=channels,
        channel_tools=ChannelTools(channels, doors),
        endpoints=Endpoints(database, parts.vault),
        agent_tools=AgentTools(own.list(), offered.list),
        insight=Insight(database, parts.host),
        monitor=Monitor(database, parts.host, parts.bus),
        monitor_token=parts.settings.monitor_token,
        monitor_public=parts.settings.monitor_public,
        loops=(
            TriggerClock(database, parts.starts),
            Outward(database, parts.bus),
            Deliveries(database, parts.vault, parts.http),
        ),
    )
