"""What the contract's other surfaces need beside the studio's own services, put together in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.adapters.http import EgressClient
from app.adapters.llm import LanguageModels
from app.adapters.sandbox import MontySandbox
from app.adapters.vault import Vault
from app.db.session import Database
from app.hosts.embedded import EmbeddedHost
from app.services.agent_tools import AgentTools
from app.services.calendar import Calendar
from app.services.channel_tools import ChannelTools
from app.services.channels import Channels
from app.services.charts import Charts
from app.services.container import Services
from app.services.copilot.building import CopilotParts, build_copilot
from app.services.copilot.service import Copilot
from app.services.data_tables import DataTables
from app.services.deliveries import Deliveries
from app.services.doors import Doors
from app.services.endpoints import Endpoints
from app.services.execution_log import ExecutionLog
from app.services.flows import Flows
from app.services.foreign import Foreign
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
from app.services.preferences import Preferences
from app.services.public_chats import PublicChats
from app.services.public_pages import PublicPages
from app.services.shelves import Shelves
from app.services.starts import Starts
from app.services.state import StateStore
from app.services.table_files import TableFiles
from app.services.tasks import Tasks
from app.services.test_inputs import TestInputs
from app.services.trigger_clock import TriggerClock
from app.services.triggers import Triggers
from app.services.watch_states import WatchStates
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
    models: LanguageModels
    sandbox: MontySandbox


@dataclass(frozen=True, slots=True)
class Surfaces:
    """As routes get them; `studio` is what the studio's own routes get."""

    studio: Services
    flows: Flows
    foreign: Foreign
    tasks: Tasks
    execution_log: ExecutionLog
    key_values: KeyValues
    data_tables: DataTables
    table_files: TableFiles
    watch_states: WatchStates
    triggers: Triggers
    doors: Doors
    layers: Layers
    groups: Groups
    channels: Channels
    channel_tools: ChannelTools
    endpoints: Endpoints
    agent_tools: AgentTools
    copilot: Copilot
    test_inputs: TestInputs
    shelves: Shelves
    preferences: Preferences
    public_pages: PublicPages
    public_chats: PublicChats
    charts: Charts
    calendar: Calendar
    insight: Insight
    monitor: Monitor
    monitor_token: str
    monitor_public: bool
    loops: Sequence[Loop]


def build_surfaces(parts: Parts, services: Services) -> Surfaces:
    """All of them over one server."""
    database = parts.database
    data_tables = DataTables(database)
    flows = Flows(database, services.workflows, services.workflow_settings, parts.graphs, services.catalog)
    doors = Doors(
        database, services.hooks, services.executions, parts.programs, parts.starts, parts.settings.wait_seconds
    )
    channels = Channels(database, parts.vault, doors)
    own = OwnTools(flows, services.workflows, services.executions, parts.graphs, services.catalog)
    offered = OfferedTools(database, parts.programs, parts.starts, parts.settings.wait_seconds)
    of_copilot = CopilotParts(
        database, parts.vault, parts.graphs, services.catalog, parts.sandbox, parts.models, parts.settings, services.workflows,
        services.executions, services.operations, services.credentials, services.gallery, flows,
    )  # fmt: skip
    copilot, own_tools = build_copilot(of_copilot, own)
    insight = Insight(database, parts.host)
    public_pages = PublicPages(services.hooks, parts.programs, services.accounts)
    return Surfaces(
        studio=services,
        flows=flows,
        foreign=Foreign(flows, parts.graphs, services.catalog),
        tasks=Tasks(database, parts.programs),
        execution_log=ExecutionLog(database, parts.host, services.executions, services.execution_events),
        key_values=KeyValues(database),
        data_tables=data_tables,
        table_files=TableFiles(database, data_tables),
        watch_states=WatchStates(database),
        triggers=Triggers(database, parts.vault),
        doors=doors,
        layers=Layers(flows, services.workflows, parts.graphs, services.catalog),
        groups=Groups(database),
        channels=channels,
        channel_tools=ChannelTools(channels, doors),
        endpoints=Endpoints(database, parts.vault),
        agent_tools=AgentTools(own_tools, offered.list),
        copilot=copilot,
        test_inputs=TestInputs(database),
        shelves=Shelves(database),
        preferences=Preferences(database),
        public_pages=public_pages,
        public_chats=PublicChats(public_pages, StateStore(database), parts.bus),
        charts=Charts(database),
        calendar=Calendar(database, parts.graphs),
        insight=insight,
        monitor=Monitor(database, parts.host, parts.bus),
        monitor_token=parts.settings.monitor_token,
        monitor_public=parts.settings.monitor_public,
        loops=(
            TriggerClock(database, parts.starts),
            copilot.turns,
            copilot.conversations,
            Outward(database, parts.bus),
            Deliveries(database, parts.vault, parts.http, insight.deliveries),
            insight.loop,
        ),
    )
