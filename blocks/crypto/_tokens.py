"""Making and checking signed tokens (JWT)."""

from __future__ import annotations

from typing import Any, Literal

import jwt

from app.sdk import BlockError, Json

Algorithm = Literal["HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
LONGEST = 100_000


class Refused(Exception):
    """The token is not to be trusted; the text says why."""


def made(claims: dict[str, Json], key: str, algorithm: Algorithm, key_id: str) -> str:
    try:
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": key_id} if key_id else None)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise BlockError("KEY_INVALID", f"field `key`: this key cannot sign with {algorithm}", retryable=False) from None


def unchecked(token: str) -> dict[str, Json]:
    """Header and claims without any check."""
    try:
        found = jwt.decode_complete(token[: LONGEST + 1], options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError):
        raise BlockError("NOT_A_TOKEN", "field `token`: this is not a JWT", retryable=False) from None
    return {"header": found["header"], "claims": found["payload"]}


def checked(token: str, key: Any, algorithm: Algorithm, audience: str, issuer: str, leeway: float) -> dict[str, Json]:
    """Header and claims of a token that is right. Raises Refused."""
    options: Any = {"require": [], "verify_aud": bool(audience)}
    if len(token) > LONGEST:
        raise Refused("the token is too long")
    try:
        found = jwt.decode_complete(
            token, key, algorithms=[algorithm], audience=audience or None, issuer=issuer or None, leeway=leeway, options=options
        )
    except jwt.ExpiredSignatureError:
        raise Refused("the token is no longer valid") from None
    except (jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError):
        raise Refused("the token is not valid yet") from None
    except jwt.InvalidAudienceError:
        raise Refused("the token is for somebody else") from None
    except jwt.InvalidIssuerError:
        raise Refused("the token comes from somebody else") from None
    except jwt.MissingRequiredClaimError as error:
        raise Refused(f"the token does not say {error.claim}") from None
    except jwt.InvalidAlgorithmError:
        raise Refused("the token is signed in another way") from None
    except jwt.InvalidKeyError:
        raise BlockError("KEY_INVALID", f"field `key`: this key cannot check {algorithm}", retryable=False) from None
    except (jwt.PyJWTError, ValueError, TypeError):
        raise Refused("the signature is wrong, or this is no token") from None
    return {"header": found["header"], "claims": found["payload"]}


def key_of(keys: Json, key_id: str | None, algorithm: Algorithm) -> Any:
    """The key of a key set (JWKS) that a token names. Raises Refused."""
    listed = keys.get("keys") if isinstance(keys, dict) else None
    if not isinstance(listed, list):
        raise BlockError("KEY_INVALID", "field `jwks_url`: the answer is no set of keys (JWKS)", retryable=False)
    fitting = [key for key in listed if isinstance(key, dict) and (key_id is None or key.get("kid") == key_id)]
    if len(fitting) != 1:
        raise Refused("the set of keys does not have the key that the token names")
    try:
        return jwt.PyJWK(fitting[0], algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise Refused("the key that the token names does not fit the method") from None
