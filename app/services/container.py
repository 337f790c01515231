"""All services of one server, as routes get them."""

from __future__ import annotations

from dataclasses import dataclass

from app.catalog import Catalog
from app.services.accounts import Accounts
from app.services.activation import Activation
from app.services.approvals import Approvals
from app.services.audit import Audit
from app.services.credential_trials import CredentialTrials
from app.services.credentials import Credentials
from app.services.events import Events
from app.services.execution_events import ExecutionEvents
from app.services.executions import Executions
from app.services.exposure import Exposure
from app.services.gallery import Gallery
from app.services.health import Health
from app.services.history import History
from app.services.hooks import Hooks
from app.services.mailed_links import MailedLinks
from app.services.members import Members
from app.services.oauth import OAuth
from app.services.oidc import Oidc
from app.services.operations import Operations
from app.services.people import People
from app.services.presence import Presence
from app.services.retries import Retries
from app.services.workflow_settings import SettingsOfWorkflows
from app.services.workflows import Workflows


@dataclass(frozen=True, slots=True)
class Services:
    accounts: Accounts
    audit: Audit
    oauth: OAuth
    oidc: Oidc
    trials: CredentialTrials
    exposure: Exposure
    members: Members
    people: People
    mailed: MailedLinks
    workflows: Workflows
    activation: Activation
    operations: Operations
    history: History
    presence: Presence
    workflow_settings: SettingsOfWorkflows
    executions: Executions
    execution_events: ExecutionEvents
    retries: Retries
    hooks: Hooks
    approvals: Approvals
    events: Events
    credentials: Credentials
    gallery: Gallery
    catalog: Catalog
    health: Health
    public_url: str
    has_model: bool
    """Whether the operator has set a default model for agents."""
