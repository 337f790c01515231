"""The session cookie as the browser keeps it (security.md)."""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from app.services.accounts import SESSION_LIFE, NewSession
from app.services.container import Services
from app.web.auth import COOKIE, SECURE_COOKIE
from app.web.pages.context import AnyRequest
from app.web.translation import COOKIE as LANGUAGE

PASSING = "blockyard_sign_in"
SECURE_PASSING = f"__Host-{PASSING}"
PASSING_SECONDS = 600
YEAR_SECONDS = 31_536_000


def session_cookie(request: AnyRequest, services: Services, session: NewSession) -> Cookie:
    """A cookie for this browser only; Secure and bound to the host where the browser came by https."""
    secure = _by_https(request, services)
    return _cookie(SECURE_COOKIE if secure else COOKIE, session.token, secure, int(SESSION_LIFE.total_seconds()))


def passing_cookie(request: AnyRequest, services: Services, value: str) -> Cookie:
    """Tells for a few minutes that this browser has begun to sign in elsewhere; without a value it is forgotten."""
    secure = _by_https(request, services)
    return _cookie(SECURE_PASSING if secure else PASSING, value, secure, PASSING_SECONDS if value else 0)


def language_cookie(language: str) -> Cookie:
    """The language of the pages in this browser; without one it is forgotten."""
    return _cookie(LANGUAGE, language, False, YEAR_SECONDS if language else 0)


def spent_cookies() -> tuple[Cookie, ...]:
    """What makes a browser forget its session."""
    return _cookie(COOKIE, "", False, 0), _cookie(SECURE_COOKIE, "", True, 0)


def _cookie(key: str, value: str, secure: bool, max_age: int) -> Cookie:
    return Cookie(key=key, value=value, path="/", max_age=max_age, secure=secure, httponly=True, samesite="lax")


def _by_https(request: AnyRequest, services: Services) -> bool:
    if request.url.scheme == "https":
        return True
    # Behind a proxy that ends TLS, the request itself looks like http.
    public = urlsplit(services.public_url)
    return public.scheme == "https" and public.netloc.lower() == request.headers.get("host", "").lower()
