"""Pure: callers of webhooks that prove themselves by a signed token (JSON Web Token) in `Authorization: Bearer ...`.

The method is the one that the block names, never the one that the token names, so that a public key is never taken for a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jwt
from cryptography.exceptions import UnsupportedAlgorithm

from app.services.hook_signatures import Unproven

SECRET_METHODS = ("HS256", "HS384", "HS512")
CLOCKS_APART = 30
"""Seconds by which the clocks of both sides may differ."""


@dataclass(frozen=True, slots=True)
class TokenRule:
    """What a token must be: signed by this method and key, not over, and for whom and from whom where that is said."""

    method: str
    key: str
    audience: str
    issuer: str

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises Unproven."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unproven("The call has no token in its header Authorization.")
        try:
            self._read(token.strip())
        except jwt.ExpiredSignatureError:
            raise Unproven("The token is over.") from None
        except jwt.ImmatureSignatureError:
            raise Unproven("The token does not count yet.") from None
        except jwt.MissingRequiredClaimError as error:
            raise Unproven(f"The token does not say `{error.claim}`.") from None
        except jwt.InvalidAudienceError:
            raise Unproven("The token is for somebody else (aud).") from None
        except jwt.InvalidIssuerError:
            raise Unproven("The token was made by somebody else (iss).") from None
        except jwt.InvalidKeyError:
            raise Unproven(f"This webhook's key is none for {self.method}, so every call is refused.") from None
        except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError):
            raise Unproven(f"The token is not one that this key has signed with {self.method}.") from None

    def _read(self, token: str) -> None:
        if "crit" in jwt.get_unverified_header(token):
            raise jwt.InvalidTokenError
        jwt.decode(
            token,
            self.key,
            algorithms=[self.method],
            audience=self.audience or None,
            issuer=self.issuer or None,
            leeway=CLOCKS_APART,
            options={
                "require": ["exp"],
                "verify_aud": bool(self.audience),
                "verify_iat": False,
                "enforce_minimum_key_length": True,
            },
        )
