"""From a block's request to httpx's: addresses, headers and bodies checked before anything is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from app.sdk import BlockError, File, HttpRequest

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

OWN_HEADERS = frozenset({
    "accept-encoding", "connection", "content-length", "host", "keep-alive", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers that belong to the connection and not to the request; a block cannot set them."""

CARRIED_HEADERS = frozenset({
    "accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "host",
    "transfer-encoding", "user-agent",
})  # fmt: skip
"""What follows a redirect to another origin. Any other header may be a credential, whatever its name."""


def check_url(url: httpx.URL) -> None:
    """BlockError BAD_URL unless this is an http(s) address with a host and without a user name in it."""
    if url.scheme not in ("http", "https"):
        raise BlockError("BAD_URL", "The address must start with http:// or https://")
    if not url.host:
        raise BlockError("BAD_URL", "The address has no host")
    if url.userinfo:
        raise BlockError("BAD_URL", "The address must not contain a user name or password; use a credential")


def build(client: httpx.AsyncClient, request: HttpRequest) -> httpx.Request:
    """The httpx request; BlockError BAD_URL or BAD_HEADER when it cannot be sent."""
    try:
        url = httpx.URL(request.url)
        if request.params:
            url = url.copy_merge_params(dict(request.params))
    except (httpx.InvalidURL, TypeError, UnicodeError, ValueError):
        raise BlockError("BAD_URL", "This is not a valid address") from None
    check_url(url)
    if not _TOKEN.fullmatch(request.method):
        raise BlockError("BAD_METHOD", "This is not a valid method")
    headers = _headers(request.headers)
    files = None if request.multipart is None else {name: _part(value) for name, value in request.multipart.items()}
    return client.build_request(
        request.method.upper(), url, headers=headers, json=request.json, content=request.content,
        data=None if request.form is None else dict(request.form), files=files,
    )  # fmt: skip


def _part(value: str | File) -> tuple[str | None, bytes] | tuple[str | None, bytes, str]:
    """A field of a form as httpx takes it: a text, or a file with its name and type."""
    if isinstance(value, str):
        return None, value.encode()
    if _CONTROL.search(value.name + value.media_type):
        raise BlockError("BAD_HEADER", "The name or type of a file contains a line break or another control character")
    return value.name, value.content, value.media_type


def _headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    checked: list[tuple[bytes, bytes]] = []
    for name, text in headers.items():
        if not _TOKEN.fullmatch(name):
            raise BlockError("BAD_HEADER", "A header has a name that is not allowed")
        if name.lower() in OWN_HEADERS:
            raise BlockError("BAD_HEADER", f"The header {name} is set by the client itself")
        if _CONTROL.search(text):
            raise BlockError("BAD_HEADER", f"The header {name} contains a line break or another control character")
        checked.append((name.encode(), text.encode()))
    return checked


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """True for equal scheme, host and port."""
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def carry_over(previous: httpx.URL, request: httpx.Request) -> None:
    """Drop from a redirected request what its new origin must not see."""
    if same_origin(previous, request.url) or _is_upgrade(previous, request.url):
        return
    for name in [name for name in request.headers if name.lower() not in CARRIED_HEADERS]:
        del request.headers[name]


def _is_upgrade(one: httpx.URL, other: httpx.URL) -> bool:
    return one.host == other.host and (one.scheme, _port(one), other.scheme, _port(other)) == ("http", 80, "https", 443)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
