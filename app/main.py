"""Composition root: settings, database, catalog, services, routes; nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from litestar import Litestar, Request
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig

from app.adapters.http import EgressClient
from app.adapters.llm import LanguageModels
from app.adapters.network_reach import Reach
from app.adapters.network_visits import EgressNetwork
from app.adapters.sandbox import MontySandbox
from app.adapters.tracing import open_spans
from app.adapters.vault import Vault
from app.catalog import Catalog
from app.db.session import Database
from app.hosts.embedded import EmbeddedHost
from app.journal.journal import Journal
from app.services.accounts import Accounts
from app.services.activation import Activation
from app.services.actors import Actor
from app.services.approvals import Approvals
from app.services.audit import Audit
from app.services.children import ChildWorkflows
from app.services.container import Services
from app.services.credential_sources import CredentialSources
from app.services.credential_trials import CredentialTrials
from app.services.credentials import Credentials
from app.services.errors import ServiceError
from app.services.event_starts import EventStarts
from app.services.events import Events
from app.services.execution_events import ExecutionEvents
from app.services.executions import Executions
from app.services.exposure import Exposure
from app.services.follow_up import FollowUp
from app.services.gallery import Gallery
from app.services.graphs import Graphs
from app.services.health import Health
from app.services.history import History
from app.services.hooks import Hooks
from app.services.lending import Lending, Programs
from app.services.listeners import Listeners
from app.services.mailed_links import MailedLinks
from app.services.members import Members
from app.services.monitor import MonitoredBus
from app.services.oauth import OAuth
from app.services.oidc import Oidc
from app.services.operation_words import Words
from app.services.operations import Operations
from app.services.people import People
from app.services.platform import PlatformCalls
from app.services.presence import Presence
from app.services.queue_alarm import QueueAlarm
from app.services.retention import RetentionLoop
from app.services.retries import Retries
from app.services.revisions import RevisionWriter
from app.services.scheduler import Scheduler
from app.services.starts import Starts
from app.services.state import StateStore
from app.services.surfaces import Loop, Parts, Surfaces, build_surfaces
from app.services.tracing import SpanWriter
from app.services.watchers import Watchers
from app.services.workflow_settings import SettingsOfWorkflows
from app.services.workflows import Workflows
from app.services.workspace_files import FileStore
from app.settings import Settings
from app.web import errors
from app.web.api import approvals as approvals_api
from app.web.api import audit as audit_api
from app.web.api import auth as auth_api
from app.web.api import copilot as copilot_api
from app.web.api import credentials as credentials_api
from app.web.api import events as events_api
from app.web.api import executions as executions_api
from app.web.api import operations as operations_api
from app.web.api import runs as runs_api
from app.web.api import system as system_api
from app.web.api import tables as tables_api
from app.web.api import watches as watches_api
from app.web.api import workflows as workflows_api
from app.web.api import workspaces as workspaces_api
from app.web.api.developer.routes import DEVELOPER
from app.web.api.flow8.routes import FLOW8
from app.web.api.openapi import OPENAPI
from app.web.assets import static_files
from app.web.auth import AuthenticationMiddleware, check_routes_declare_auth
from app.web.doors import DOORS
from app.web.gateway import BODY_BYTES
from app.web.headers import RequestIdMiddleware, add_headers
from app.web.insight import INSIGHT, CountRequests
from app.web.mcp import for_channels, for_members, mcp_route
from app.web.monitor import MONITOR
from app.web.pages import PAGES
from app.web.pages.filters import add_filters
from app.web.reader import ReadersLanguage
from app.web.tracing import TraceRequests

ROOT = Path(__file__).parent.parent
DRAIN_SECONDS = 1.2
DISMISS_SECONDS = 0.6


class Server:
    """Everything that lives as long as the server does."""

    def __init__(self, settings: Settings, setup_token: str = "") -> None:
        self.settings = settings
        self.bus = MonitoredBus()
        self.database = Database(settings.database)
        self.journal = Journal(self.database, driver=str(uuid4()))
        self.host = EmbeddedHost(self.journal, self.bus, settings.max_running)
        self.http = EgressClient(allow=settings.egress_allow)
        self.models = LanguageModels(settings.egress_allow)
        self.sandbox = MontySandbox()
        vault = Vault.open(settings.secret_key, settings.data)
        catalog = Catalog.load(settings.data / "presets")
        graphs = Graphs(catalog, vault)
        programs = Programs(self.database, graphs, catalog)
        words = Words(catalog)
        writer = RevisionWriter(graphs, words)
        workflows = Workflows(self.database, graphs, self.bus, writer)
        starts = Starts(self.database, self.journal, self.host)
        executions = Executions(self.database, self.host, programs, graphs, starts, settings.wait_seconds)
        credentials = Credentials(self.database, vault, CredentialSources.of(settings, self.http))
        oauth = OAuth(credentials, self.http, settings.public_url)
        accounts = Accounts(self.database, vault, setup_token)
        block_settings = {"model_base_url": settings.model_base_url, "model": settings.model}
        self.lending = Lending(
            programs,
            credentials,
            oauth,
            vault,
            self.http,
            EgressNetwork(settings.egress_allow),
            self.models,
            self.sandbox,
            block_settings,
            settings.model_api_key,
            StateStore(self.database),
            catalog,
            lambda execution: ChildWorkflows(self.database, self.journal, self.host, programs, starts, execution),
            lambda execution: PlatformCalls(self.database, workflows, executions, execution),
            FileStore(settings.data, settings.folders, settings.storage_megabytes),
        )
        listeners = Listeners(self.database, programs)
        event_starts = EventStarts(listeners, starts)
        self.journal.ends_are_news = listeners.may_hear_of_ends
        self.watchers = Watchers(self.database, catalog, programs, starts, self.lending, self.bus)
        self.loops = (
            Scheduler(self.database, programs, starts),
            FollowUp(self.database, listeners, event_starts),
            RetentionLoop(self.database),
            QueueAlarm(self.database, timedelta(seconds=settings.queue_alarm_seconds)),
            self.watchers,
        )
        self.services = Services(
            audit=Audit(self.database),
            oauth=oauth,
            oidc=Oidc(self.database, accounts, self.http, settings),
            trials=CredentialTrials(self.database, credentials, oauth, self.http, Reach(settings.egress_allow)),
            exposure=Exposure(self.database, settings, vault),
            accounts=accounts,
            members=Members(self.database),
            people=People(self.database, accounts),
            mailed=MailedLinks(self.database, settings),
            workflows=workflows,
            activation=Activation(self.database, graphs, self.bus),
            operations=Operations(self.database, graphs, self.bus, writer),
            history=History(self.database, graphs, self.bus, writer, words),
            presence=Presence(self.bus),
            workflow_settings=SettingsOfWorkflows(self.database),
            executions=executions,
            execution_events=ExecutionEvents(self.database, self.host, executions, self.bus),
            retries=Retries(self.database, programs, executions, starts),
            hooks=Hooks(self.database, starts, programs, self.bus, settings.wait_seconds),
            approvals=Approvals(self.database, self.host, self.bus, event_starts),
            events=Events(self.database, self.host, event_starts, vault, self.bus),
            credentials=credentials,
            gallery=Gallery(ROOT / "templates" / "gallery", workflows, graphs),
            catalog=catalog,
            health=Health(self.database),
            public_url=settings.public_url,
            has_model=bool(settings.model_base_url and settings.model),
        )
        parts = Parts(
            self.database, self.host, vault, graphs, programs, starts, self.bus, self.http, settings, self.models, self.sandbox
        )
        self.surfaces = build_surfaces(parts, self.services)
        self.spans = open_spans(settings.otel_endpoint)
        if self.spans is not None:
            self.bus.hear(SpanWriter(self.spans, self.surfaces.monitor))
        self.mcp = for_members(self.surfaces.agent_tools)
        self.channel_mcp = for_channels(self.surfaces.channels, self.surfaces.channel_tools)

    def begin_to_stop(self) -> None:
        """On the signal: end event streams at once, and callers that wait after a moment."""
        self.bus.close()
        self.surfaces.copilot.turns.begin_to_stop()
        asyncio.get_running_loop().call_later(DISMISS_SECONDS, self.host.dismiss_waiters)

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncIterator[None]:
        await self.database.migrate()
        await self.journal.release_all()
        self.journal.start()
        self.host.open(self.lending)
        running: list[Loop] = [*self.loops, *self.surfaces.loops]
        for loop in running:
            loop.start()
        try:
            async with self.mcp.running(), self.channel_mcp.running():
                yield
        finally:
            self.bus.close()
            for loop in running:
                await loop.stop()
            await self.host.drain(DRAIN_SECONDS)
            if self.spans is not None:
                await asyncio.to_thread(self.spans.close)
            await self.journal.close()
            await self.http.close()
            await self.models.close()
            await asyncio.to_thread(self.sandbox.close)
            await self.database.close()


def create_app(settings: Settings, setup_token: str = "") -> tuple[Litestar, Server]:
    """The web application over one server."""
    server = Server(settings, setup_token)
    templates = TemplateConfig(directory=ROOT / "templates", engine=JinjaTemplateEngine, engine_callback=add_filters)
    app = Litestar(
        route_handlers=[
            *workflows_api.ROUTES,
            *operations_api.ROUTES,
            *runs_api.ROUTES,
            *executions_api.ROUTES,
            *approvals_api.ROUTES,
            *events_api.ROUTES,
            *system_api.ROUTES,
            *tables_api.ROUTES,
            *watches_api.ROUTES,
            *auth_api.ROUTES,
            *workspaces_api.ROUTES,
            *credentials_api.ROUTES,
            *copilot_api.ROUTES,
            *audit_api.ROUTES,
            *DEVELOPER,
            *FLOW8,
            *DOORS,
            *INSIGHT,
            *MONITOR,
            *OPENAPI,
            mcp_route(server.mcp),
            *PAGES,
            static_files(),
        ],
        dependencies={
            "services": Provide(lambda: server.services, sync_to_thread=False),
            "surfaces": Provide(lambda: server.surfaces, sync_to_thread=False),
            "actor": Provide(_actor, sync_to_thread=False),
        },
        middleware=[
            RequestIdMiddleware(),
            ReadersLanguage(),
            *([TraceRequests(server.spans)] if server.spans else []),
            CountRequests(server.surfaces.insight),
            AuthenticationMiddleware(server.services, settings.no_auth, settings.requests_per_minute),
        ],
        exception_handlers={ServiceError: errors.service_error, HTTPException: errors.http_error, Exception: errors.crash},
        template_config=templates,
        before_send=[add_headers],
        lifespan=[server.lifespan],
        request_max_body_size=BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        signature_types=[Services, Surfaces, Actor],
    )
    app.state["no_auth"] = settings.no_auth
    app.state["channel_mcp"] = server.channel_mcp
    check_routes_declare_auth(app)
    return app, server


def _actor(request: Request[Any, Any, Any]) -> Actor | None:
    actor: Actor | None = request.scope["user"]
    return actor
