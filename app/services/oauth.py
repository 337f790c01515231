"""OAuth 2: getting tokens by client credentials or by a person's consent, and renewing them before they end."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from app.engine.values import NotJson, decode
from app.sdk import BlockError, Http, HttpRequest
from app.services.actors import Actor
from app.services.credentials import Credentials
from app.services.errors import ServiceError, invalid
from app.services.opened_credentials import OpenedCredential

CLIENT, CODE = "oauth2_client", "oauth2_code"
CONSENT_SECONDS: Final = 600
MAX_CONSENTS: Final = 1_000
DEFAULT_LIFE: Final = 3_600
TIMEOUT: Final = 20.0
RETURN_PATH: Final = "/credentials/consent"


@dataclass(frozen=True, slots=True)
class Consent:
    """A question that somebody was sent away with."""

    user_id: str
    workspace_id: str
    credential_id: str
    verifier: str
    ends: float


class OAuth:
    def __init__(self, credentials: Credentials, http: Http, public_url: str) -> None:
        self._credentials = credentials
        self._http = http
        self._return = f"{public_url}{RETURN_PATH}"
        self._consents: OrderedDict[str, Consent] = OrderedDict()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ask(self, actor: Actor, credential_id: str) -> str:
        """The address where a person agrees, in their browser. Raises 409 for a credential of another type."""
        opened = await self._credentials.open_one(actor, credential_id)
        if opened.type != CODE:
            raise ServiceError("NO_CONSENT", "This type of credential needs nobody's consent.", 409)
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        self._consents[state] = Consent(
            actor.user_id, actor.workspace_id, credential_id, verifier, time.monotonic() + CONSENT_SECONDS
        )
        while len(self._consents) > MAX_CONSENTS:
            self._consents.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        question = {
            "response_type": "code",
            "client_id": opened.data["client_id"],
            "redirect_uri": self._return,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | ({"scope": opened.data["scope"]} if opened.data.get("scope") else {})
        parts = urlsplit(opened.data["authorize_url"])
        query = "&".join(filter(None, (parts.query, urlencode(question))))
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))

    async def come_back(self, actor: Actor, state: str, code: str) -> None:
        """What the service says to somebody who has agreed. Raises 400 for an answer that nobody asked for."""
        consent = self._consents.pop(state, None)
        if (
            consent is None
            or consent.ends < time.monotonic()
            or (consent.user_id, consent.workspace_id) != (actor.user_id, actor.workspace_id)
        ):
            raise invalid("This answer belongs to no question of yours. Begin once more on the credentials page.")
        if not code:
            raise invalid("The service did not agree. Begin once more on the credentials page.")
        opened = await self._credentials.open_one(actor, consent.credential_id)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._return,
            "code_verifier": consent.verifier,
        }
        try:
            tokens = await self._fetch(opened, form)
        except BlockError as error:
            raise ServiceError("OAUTH", f"The service gave no token: {error.message}.", 502) from None
        await self._credentials.store.keep_tokens(actor.workspace_id, opened.name, tokens)

    async def renewed(self, workspace_id: str, name: str) -> OpenedCredential:
        """A credential with a token that is good for a while yet. Raises BlockError when none can be had."""
        async with self._turns[f"{workspace_id}/{name}"]:
            opened = await self._credentials.store.opened_by_name(workspace_id, name)
            if opened is None:
                raise BlockError("UNKNOWN_CREDENTIAL", f"there is no credential `{name}` in this workspace")
            if not opened.needs_token:
                return opened  # somebody else was faster
            tokens = await self._fetch(opened, _grant(opened))
            return await self._credentials.store.keep_tokens(workspace_id, name, tokens)

    async def _fetch(self, opened: OpenedCredential, form: Mapping[str, str]) -> dict[str, str]:
        """What the service answers, as it is kept. Raises BlockError, whose message holds no secret."""
        data = opened.usable().data
        signed = dict(form) | {"client_id": data["client_id"], "client_secret": data["client_secret"]}
        request = HttpRequest(
            "POST",
            data["token_url"],
            headers={"Accept": "application/json"},
            form=signed,
            timeout=TIMEOUT,
            follow_redirects=False,
        )
        answer = await self._http.send(request)
        host = urlsplit(data["token_url"]).hostname
        try:
            body = decode(answer.content)
        except NotJson:
            body = None
        token = body.get("access_token") if isinstance(body, dict) else None
        if answer.status_code >= 400 or not isinstance(token, str) or not token:
            raise BlockError("OAUTH", f"{host} gave no token for `{opened.name}`: status {answer.status_code}")
        life = body.get("expires_in")
        ends = time.time() + (life if isinstance(life, int | float) and 0 < life < 10**9 else DEFAULT_LIFE)
        refresh = body.get("refresh_token")
        kept = {"access_token": token, "token_ends": str(int(ends))}
        return kept | ({"refresh_token": refresh} if isinstance(refresh, str) and refresh else {})


def _grant(opened: OpenedCredential) -> dict[str, str]:
    """How this credential gets its next token. Raises BlockError when a person has to agree first."""
    if opened.type == CLIENT:
        scope = opened.data.get("scope", "")
        return {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    refresh = opened.data.get("refresh_token")
    if not refresh:
        raise BlockError("OAUTH", f"`{opened.name}` needs a person's consent: open it on the credentials page", retryable=False)
    return {"grant_type": "refresh_token", "refresh_token": refresh}
