"""Puts the copilot together from the parts of one server."""

from __future__ import annotations

from dataclasses import dataclass

from app.adapters.llm import LanguageModels
from app.adapters.vault import Vault
from app.catalog import Catalog
from app.db.session import Database
from app.sdk import Sandbox
from app.services.agent_tools import AgentTool
from app.services.copilot.answering import Answering
from app.services.copilot.bench import Benches
from app.services.copilot.build_tools import BuildTools
from app.services.copilot.conversations import Conversations
from app.services.copilot.decisions import Decisions
from app.services.copilot.drafting import Drafting
from app.services.copilot.model import CopilotModels
from app.services.copilot.practice import Practice
from app.services.copilot.proposals import Proposals
from app.services.copilot.rehearsal import Rehearsals
from app.services.copilot.service import Copilot
from app.services.copilot.turns import Turns
from app.services.credentials import Credentials
from app.services.executions import Executions
from app.services.flows import Flows
from app.services.gallery import Gallery
from app.services.graphs import Graphs
from app.services.operations import Operations
from app.services.own_tools import OwnTools
from app.services.workflows import Workflows
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class CopilotParts:
    """What of the server it is made of."""

    database: Database
    vault: Vault
    graphs: Graphs
    catalog: Catalog
    sandbox: Sandbox
    language_models: LanguageModels
    settings: Settings
    workflows: Workflows
    executions: Executions
    operations: Operations
    credentials: Credentials
    gallery: Gallery
    flows: Flows


def build_copilot(parts: CopilotParts, own: OwnTools) -> tuple[Copilot, list[AgentTool]]:
    """The copilot, and the platform's own tools as both doors offer them: the older ones and those for building."""
    rehearsals = Rehearsals(parts.catalog, parts.sandbox)
    building = BuildTools(parts.flows, parts.executions, parts.gallery, parts.graphs, parts.catalog, rehearsals)
    shared = [*own.list(), *building.list()]
    conversations = Conversations(parts.database, parts.vault, parts.graphs)
    models = CopilotModels(parts.database, parts.credentials, parts.language_models, parts.settings)
    benches = Benches(
        shared,
        parts.workflows,
        parts.executions,
        parts.graphs,
        Drafting(parts.catalog),
        Proposals(parts.catalog),
        Practice(parts.executions, rehearsals),
    )
    turns = Turns()
    copilot = Copilot(
        conversations,
        Decisions(parts.database, conversations, parts.graphs, parts.operations),
        models,
        building,
        Answering(conversations, models, benches, parts.executions, parts.catalog, turns),
        turns,
        parts.workflows,
        parts.credentials,
        parts.graphs,
        rehearsals,
    )
    return copilot, shared
