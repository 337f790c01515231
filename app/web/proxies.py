"""Proxies before this server: what they say about callers is believed when the connection comes from one that is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from litestar.types import ASGIApp, Receive, Scope, Send

from app.services.networks import is_within, network

SCHEMES = {"https": {"http": "https", "websocket": "wss"}, "http": {"http": "http", "websocket": "ws"}}
MAX_HOPS = 20


class Proxies:
    """The operator's proxies, as addresses and ranges. Raises ValueError for what is neither."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted = [network(text) for text in trusted]

    def __bool__(self) -> bool:
        return bool(self._trusted)

    def address(self, peer: str, headers: Mapping[str, str]) -> str:
        """Where a request comes from: of the way that the headers tell, the last place that no trusted proxy is at."""
        if not self._trusted or "x-forwarded-for" not in headers:
            return peer
        found = peer
        for hop in reversed(headers["x-forwarded-for"].split(",")[-MAX_HOPS:]):
            if not is_within(found, self._trusted):
                return found
            found = _bare(hop) or found
        return found

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The application with addresses and schemes of callers in the place of those of trusted proxies."""

        async def seen(scope: Scope, receive: Receive, send: Send) -> None:
            client = scope.get("client")
            if client and scope["type"] in ("http", "websocket") and is_within(client[0], self._trusted):
                headers = joined(scope["headers"])
                address = self.address(client[0], headers)
                scope["client"] = (address, client[1] if address == client[0] else 0)
                said = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
                scope["scheme"] = SCHEMES.get(said, {}).get(scope["type"], scope["scheme"])
            await app(scope, receive, send)

        return seen


def joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name; one that comes several times is a list in one text."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _bare(hop: str) -> str:
    """An address without quotes, brackets and port."""
    text = hop.strip().strip('"')
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
