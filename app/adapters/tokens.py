"""Signed tokens for programs that sign in like people (JSON Web Tokens, HS256)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from litestar.exceptions import NotAuthorizedException
from litestar.security.jwt import Token

ALGORITHM = "HS256"
ISSUER = "blockyard"
CLOCK_STEPS = timedelta(minutes=1)
"""A clock that is set back a little must not make a fresh token one of the future."""


class Tokens:
    """A token only names a session, so that it can be listed and revoked like any other."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def issue(self, subject: str, session: str, expires: datetime) -> str:
        issued = datetime.now(UTC) - CLOCK_STEPS
        return Token(sub=subject, exp=expires, iat=issued, jti=session, iss=ISSUER).encode(self._secret, ALGORITHM)

    def session_of(self, text: str) -> str:
        """The session that a token names; empty for one that is forged, expired or of somebody else."""
        try:
            token = Token.decode(text, self._secret, ALGORITHM, issuer=ISSUER)
        except NotAuthorizedException:
            return ""
        return token.jti if isinstance(token.jti, str) else ""
