"""Signing in by an OpenID provider: authorization code with PKCE, state and nonce, bound to the browser that began."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from app.adapters.oidc import IdentityError, claims_of
from app.db import accounts as queries
from app.db.accounts import UserRow
from app.db.session import Database
from app.engine.values import NotJson, decode
from app.sdk import BlockError, Http, HttpRequest
from app.services.accounts import Accounts, NewSession
from app.services.errors import ServiceError
from app.settings import Settings

RETURN_PATH: Final = "/sign-in/oidc/back"
BEGUN_SECONDS: Final = 600
MAX_BEGUN: Final = 5_000
TIMEOUT: Final = 15.0


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that is under way. `browser` is a value that only the browser which began it has."""

    browser: str
    verifier: str
    nonce: str
    ends: float


class Oidc:
    def __init__(self, database: Database, accounts: Accounts, http: Http, settings: Settings) -> None:
        self._database = database
        self._accounts = accounts
        self._http = http
        self._settings = settings
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._return = f"{settings.public_url}{RETURN_PATH}"
        self._begun: OrderedDict[str, Begun] = OrderedDict()

    @property
    def name(self) -> str:
        """What the sign-in page offers; empty when there is no provider."""
        return self._settings.oidc_name if self._issuer and self._settings.oidc_client_id else ""

    async def begin(self) -> tuple[str, str]:
        """Where the browser goes, and the value that it must bring back. Raises 404 without a provider, 502 when it is away."""
        if not self.name:
            raise ServiceError("NOT_FOUND", "There is nothing at this address.", 404)
        about = await self._about()
        state, begun = secrets.token_urlsafe(32), _new_begun()
        self._begun[state] = begun
        while len(self._begun) > MAX_BEGUN:
            self._begun.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
        question = {
            "response_type": "code",
            "scope": "openid email profile",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._return,
            "state": state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = str(about["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(question)}", begun.browser

    async def finish(self, state: str, code: str, browser: str, address: str, user_agent: str) -> NewSession:
        """Raises 401 for an answer that nobody asked for or that does not hold, 403 for somebody who has no account here."""
        begun = self._begun.pop(state, None)
        if begun is None or begun.ends < time.monotonic() or not code:
            raise _refused("Begin once more.")
        if not hmac.compare_digest(browser.encode(), begun.browser.encode()):
            raise _refused("It was begun in another browser.")
        about = await self._about()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._return,
            "code_verifier": begun.verifier,
            "client_id": self._settings.oidc_client_id,
            "client_secret": self._settings.oidc_client_secret,
        }
        answer = await self._ask("POST", str(about["token_endpoint"]), form)
        keys = await self._ask("GET", str(about["jwks_uri"]))
        try:
            claims = claims_of(
                str(answer.get("id_token", "")), dict(keys), str(about["issuer"]), self._settings.oidc_client_id, begun.nonce
            )
        except IdentityError:
            raise _refused("What the provider said does not hold.") from None
        return await self._accounts.open_for(await self._user(claims), address, user_agent)

    async def _user(self, claims: Mapping[str, Any]) -> UserRow:
        """By the identity that is known; the first time by a verified e-mail of somebody who has an account."""
        subject = str(claims["sub"])[:255]
        async with self._database.write(counts=False) as connection:
            user = await queries.user_of_identity(connection, self._issuer, subject)
            if user is None and claims.get("email_verified") is True and isinstance(claims.get("email"), str):
                user = await queries.find_user(connection, claims["email"].strip())
                if user is not None and user.email == claims["email"].strip().lower():
                    await queries.insert_identity(connection, self._issuer, subject, user.id, datetime.now(UTC))
                else:
                    user = None
        if user is None or user.disabled_at is not None:
            raise ServiceError("NO_ACCOUNT", "You have no account here. Ask for an invitation, then sign in this way.", 403)
        return user

    async def _about(self) -> Mapping[str, Any]:
        about = await self._ask("GET", f"{self._issuer}/.well-known/openid-configuration")
        wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        if not all(isinstance(about.get(name), str) for name in wanted) or str(about["issuer"]).rstrip("/") != self._issuer:
            raise _away()
        return about

    async def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """The operator's provider may be a private address; whatever it names elsewhere has to be a public one."""
        trusted = urlsplit(url)[:2] == urlsplit(self._issuer)[:2]
        request = HttpRequest(method, url, form=form, timeout=TIMEOUT, follow_redirects=False, trusted=trusted)
        try:
            answer = await self._http.send(request)
            body = decode(answer.content)
        except (BlockError, NotJson):
            raise _away() from None
        if answer.status_code >= 400 or not isinstance(body, dict):
            raise _away()
        return body


def _new_begun() -> Begun:
    ends = time.monotonic() + BEGUN_SECONDS
    return Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(48), secrets.token_urlsafe(24), ends)


def _refused(reason: str) -> ServiceError:
    return ServiceError("UNAUTHORIZED", f"This sign-in did not work. {reason}", 401)


def _away() -> ServiceError:
    return ServiceError("PROVIDER_AWAY", "The sign-in provider does not answer as it should. Try again later.", 502)
