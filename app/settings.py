"""The environment as one frozen value; every name has the prefix BLOCKYARD_."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """What the operator decides. Command-line options override the environment."""

    model_config = SettingsConfigDict(env_prefix="BLOCKYARD_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    data: Path = Field(Path("data"), description="Directory of the database, keys and files.")
    database_url: str = Field("", description="SQLAlchemy address; empty means SQLite in the data directory.")
    secret_key: str = Field("", description="Master key, 32 bytes in base64; empty means a file made at first start.")
    no_auth: bool = Field(False, description="Switch authentication off; loopback addresses only.")
    egress_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Hosts, addresses and CIDRs, comma-separated, that may be called although private."
    )
    model_base_url: str = Field("", description="Address of an OpenAI-compatible server for agents that name none.")
    model: str = Field("", description="Model for agents that name none.")
    model_api_key: str = Field("", description="Key for that server.")
    base_url: str = Field("", description="The address under which browsers reach this server, when it is behind a proxy.")
    max_running: int = Field(500, ge=1, description="How many executions run at the same time; others queue.")
    queue_alarm_seconds: int = Field(
        300, ge=0, description="After how long in the queue an execution is worth a warning in the log; 0: never."
    )
    wait_seconds: float = Field(
        300, gt=0, description="How long a caller waits for an execution before it is told that it goes on."
    )
    monitor_token: str = Field("", description="Token for the live monitor and for metrics from other machines.")
    monitor_public: bool = Field(False, description="Open the monitor and metrics to everybody; for development.")
    otel_endpoint: str = Field(
        "",
        description="Collector that gets OpenTelemetry traces by OTLP over HTTP; needs the extra otel.",
        validation_alias=AliasChoices("otel_endpoint", "BLOCKYARD_OTEL_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    )
    oidc_issuer: str = Field("", description="Address of an OpenID provider whose people may sign in.")
    oidc_client_id: str = Field("", description="Name of this server at that provider.")
    oidc_client_secret: str = Field("", description="Its secret there.")
    oidc_name: str = Field("single sign-on", description="What the sign-in page calls the provider.")
    requests_per_minute: int = Field(
        6_000, ge=0, description="How many requests one key, person or unknown address may make to the studio; 0: any number."
    )
    smtp_url: str = Field("", description="Mail server for links: smtp://user:password@host:587, smtps://..., or ...?tls=none.")
    smtp_from: str = Field("", description="Sender of mail; without it, the user of the mail server.")
    secrets_env_prefix: str = Field("", description="Environment variables that begin with this may be read by credentials.")
    secrets_dir: str = Field("", description="Directory whose files credentials may read; {workspace} is the workspace's id.")
    vault_addr: str = Field("", description="Address of a HashiCorp Vault server that credentials may read from.")
    vault_prefix: str = Field("secret/", description="Mount and path below which they may; {workspace} is the workspace's id.")
    vault_token: str = Field("", description="Token for it; or a role:")
    vault_role_id: str = Field("", description="AppRole by which this server signs in to it.")
    vault_secret_id: str = Field("", description="The secret of this role.")
    vault_namespace: str = Field("", description="Namespace at that server, if it has any.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses and CIDRs, comma-separated, of proxies whose X-Forwarded-For and -Proto are believed."
    )
    file_folders: str = Field(
        "", description="Folders that blocks may use, as name=/path, comma-separated; {workspace} is the workspace's id."
    )
    storage_megabytes: int = Field(1_000, ge=1, description="How much each workspace may store in files of its own.")
    slow_seconds: float = Field(20, gt=0, description="How long the head of a request, or a pause in its body, may take.")
    workers: int = Field(
        -1, ge=-1, le=15, description="Processes that may help with webhook calls; -1: one less than cores, at most 3."
    )
    log_format: str = Field("console", pattern="^(console|json)$", description="console or json.")
    log_level: str = Field("info", description="debug, info, warning or error.")

    @field_validator("egress_allow", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def folders(self) -> dict[str, str]:
        """The folders of `file_folders` by name."""
        parts = (part.partition("=") for part in self.file_folders.split(",") if part.strip())
        return {name.strip(): path.strip() for name, _, path in parts if name.strip() and path.strip().startswith("/")}

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.data.resolve() / 'blockyard.db'}"

    @property
    def most_workers(self) -> int:
        """Only Linux passes connections between processes in the way that we use."""
        if sys.platform != "linux":
            return 0
        return self.workers if self.workers >= 0 else min(4, os.cpu_count() or 1) - 1

    @property
    def changes_file(self) -> Path:
        return self.data / "changes"

    @property
    def public_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url.rstrip("/") or f"http://{host}:{self.port}"
