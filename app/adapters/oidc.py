"""Reading what an OpenID provider says about a person: the signature and every claim of an ID token are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.sdk.lazy import lazy

if TYPE_CHECKING:
    from joserfc import errors, jwk, jwt
else:
    errors, jwk, jwt = lazy("joserfc.errors"), lazy("joserfc.jwk"), lazy("joserfc.jwt")

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signed by the provider's private key; never with a shared secret, never unsigned."""
LEEWAY_SECONDS: Final = 60


class IdentityError(Exception):
    """An ID token is not what it must be."""


def claims_of(token: str, keys: dict[str, Any], issuer: str, audience: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that this provider made for us, for this sign-in, just now. Raises IdentityError."""
    needed = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        claims = jwt.decode(token, jwk.KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims  # type: ignore[arg-type]
        needed.validate(claims)
    except (errors.JoseError, ValueError, TypeError, KeyError) as error:
        raise IdentityError(type(error).__name__) from None
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if len(audiences) > 1 and claims.get("azp") != audience:
        raise IdentityError("made for several, and not by us")
    return dict(claims)
