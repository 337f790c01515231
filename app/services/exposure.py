"""What of this server is open, for the person who runs it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.adapters.vault import Vault
from app.db import exposure as queries
from app.db.exposure import Counts
from app.db.session import Database
from app.services.actors import Actor
from app.services.errors import ServiceError
from app.settings import Settings

Tone = Literal["success", "warning", "danger", ""]


@dataclass(frozen=True, slots=True)
class Door:
    """One thing that can be open. `advice` says how to close it, where it is open."""

    name: str
    state: str
    tone: Tone
    advice: str = ""


class Exposure:
    def __init__(self, database: Database, settings: Settings, vault: Vault) -> None:
        self._database = database
        self._settings = settings
        self._vault = vault

    async def doors(self, actor: Actor) -> Sequence[Door]:
        """Raises 403 for all but the operator: it is about every workspace of the server."""
        actor.demand("operator.read")
        if not actor.operator:
            raise ServiceError("FORBIDDEN", "This is shown to the person who runs this server.", 403)
        async with self._database.read() as connection:
            counted = await queries.counts(connection)
        return [*self._network(), *self._secrets(), *_inside(counted)]

    def _network(self) -> Iterator[Door]:
        settings = self._settings
        if _is_loopback(settings.host):
            yield Door("Listens on", f"{settings.host}:{settings.port}, this machine only", "success")
        else:
            yield Door("Listens on", f"{settings.host}:{settings.port}, other machines too", "warning", "BLOCKYARD_HOST")
        if settings.no_auth:
            yield Door("Sign-in", "Off: everybody on this machine may do everything", "danger", "Start without --no-auth")
        else:
            also = f", also by {settings.oidc_issuer}" if settings.oidc_issuer else ""
            yield Door("Sign-in", f"Needed{also}", "success")
        if settings.public_url.startswith("https://"):
            yield Door("Encryption", f"Browsers come by {settings.public_url}", "success")
        elif _is_loopback(settings.host):
            yield Door("Encryption", "None, and none needed on this machine", "")
        else:
            yield Door("Encryption", "None: passwords travel in clear", "danger", "A TLS proxy and BLOCKYARD_BASE_URL")
        if settings.trusted_proxies:
            yield Door("Proxies that are believed", ", ".join(settings.trusted_proxies), "", "BLOCKYARD_TRUSTED_PROXIES")
        if settings.egress_allow:
            allowed = ", ".join(settings.egress_allow)
            yield Door("Private addresses that blocks may call", allowed, "warning", "BLOCKYARD_EGRESS_ALLOW")
        else:
            yield Door("Private addresses that blocks may call", "None", "success")
        if settings.monitor_public:
            yield Door("Monitor and metrics", "Open to everybody", "danger", "BLOCKYARD_MONITOR_PUBLIC=false")
        else:
            needed = "A token or an admin is needed" if settings.monitor_token else "An admin is needed"
            yield Door("Monitor and metrics", needed, "success")

    def _secrets(self) -> Iterator[Door]:
        place = "BLOCKYARD_SECRET_KEY" if self._settings.secret_key else "secret.key in the data directory"
        yield Door("Master key", f"From {place}, version {self._vault.version}", "")
        settings = self._settings
        offered = {
            f"variables {settings.secrets_env_prefix}…": settings.secrets_env_prefix,
            f"files below {settings.secrets_dir}": settings.secrets_dir,
            f"Vault at {settings.vault_addr}, below {settings.vault_prefix}": settings.vault_addr,
        }
        shown = "; ".join(text for text, is_on in offered.items() if is_on)
        yield Door("Secrets elsewhere that credentials may name", shown or "None", "warning" if shown else "success")
        yield Door("Mail of links", "On" if settings.smtp_url else "Off: links are shown to whoever makes them", "")


def _inside(counted: Counts) -> Iterator[Door]:
    yield Door("People", f"{counted.users}, in {counted.workspaces} workspace{'s' * (counted.workspaces != 1)}", "")
    if counted.without_second_step:
        word = "sign in" if counted.without_second_step > 1 else "signs in"
        yield Door(
            "Second step", f"{counted.without_second_step} {word} with a password alone", "warning", "Account, Second step"
        )
    elif counted.users:
        yield Door("Second step", "Everybody has one", "success")
    if counted.keys_without_end:
        yield Door("API keys", f"{counted.keys}, {counted.keys_without_end} of them without an end", "warning", "API keys")
    else:
        yield Door("API keys", f"{counted.keys}, all of them with an end" if counted.keys else "None", "success")
    yield Door("Workflows that take calls", f"{counted.deployed} deployed, {counted.armed} armed", "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
