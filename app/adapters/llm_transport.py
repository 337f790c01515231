"""Carries the requests of model and MCP libraries through the checked connections of the egress client.

These libraries speak httpx2, and ours is httpx: a request is taken apart and made anew, so nothing leaves but what stands
here. The libraries never see a secret: their own key headers are dropped, and the call is signed on its way out.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from time import time

import httpx
import httpx2

from app.adapters.http import USER_AGENT, connection_error
from app.adapters.http_request import check_url
from app.adapters.llm_completions import as_events, completed
from app.adapters.llm_keys import Signer
from app.adapters.llm_masking import Mask
from app.sdk import BlockError, Json

SILENCE_SECONDS = 120.0
CONNECT_SECONDS = 15.0
MAX_BYTES = 10_000_000
MAX_MESSAGE = 300
EVENTS = "text/event-stream"
HEADERS = frozenset({"accept", "content-type", "anthropic-version", "anthropic-beta", "last-event-id"})
HEADER_PREFIX = "mcp-"


class CheckedBridge(httpx2.AsyncBaseTransport):
    """Sends one library's requests; remembers the BlockError of the one that failed, which libraries wrap in their own.

    `strict` True: an answer of 400 and above is a failure. False leaves statuses to the library.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, signer: Signer, who: str, strict: bool) -> None:
        self._inner = inner
        self._signer = signer
        self._who = who
        self._strict = strict
        self.failure: BlockError | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; the answer's body is read as it comes."""
        content = await request.aread()
        try:
            return await self._exchange(request, content)
        except BlockError as error:
            self.failure = error
            raise

    async def _exchange(self, request: httpx2.Request, content: bytes) -> httpx2.Response:
        await self._signer.ready(content.decode(errors="replace") if b"[secret:" in content else "")
        outgoing = self._outgoing(request, content)
        host = outgoing.url.host
        try:
            response = await self._inner.handle_async_request(outgoing)
        except httpx.TimeoutException:
            raise BlockError("TIMEOUT", f"{self._who} ({host}) did not answer in time") from None
        except httpx.TransportError as error:
            raise connection_error(host, error) from None
        body = AnswerBody(response, self, host)
        if self._strict and response.status_code >= 300:
            raise self._refused(response, host, await body.read())
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise BlockError("RESPONSE_ENCODING", f"{host} answered with a compression that was not asked for")
        headers = {name: text for name, text in response.headers.items() if name not in ("content-length", "transfer-encoding")}
        if outgoing.url.path.endswith("/chat/completions") and not _is_events(response):
            answer = completed(await body.read(), host)
            if json.loads(content).get("stream"):
                return httpx2.Response(200, headers={"content-type": EVENTS}, content=as_events(answer))
            return httpx2.Response(200, json=answer)
        return httpx2.Response(response.status_code, headers=headers, stream=body)

    def _outgoing(self, request: httpx2.Request, content: bytes) -> httpx.Request:
        url = httpx.URL(str(request.url))
        check_url(url)
        kept = {name: text for name, text in request.headers.items() if name in HEADERS or name.startswith(HEADER_PREFIX)}
        own = {"user-agent": USER_AGENT, "accept-encoding": "identity"}
        timeouts = {"connect": CONNECT_SECONDS, "read": SILENCE_SECONDS, "write": SILENCE_SECONDS, "pool": SILENCE_SECONDS}
        return httpx.Request(
            request.method, url, headers={**kept, **own, **self._signer.headers()}, content=self._revealed(content),
            extensions={"timeout": timeouts},
        )  # fmt: skip

    def _revealed(self, content: bytes) -> bytes | None:
        if not content:
            return None
        if b"[secret:" not in content:
            return content
        return json.dumps(self._reveal(json.loads(content))).encode()

    def _reveal(self, value: Json) -> Json:
        if isinstance(value, str):
            return self._signer.reveal(value)
        if isinstance(value, dict):
            return {key: self._reveal(child) for key, child in value.items()}
        return [self._reveal(child) for child in value] if isinstance(value, list) else value

    def _refused(self, response: httpx.Response, host: str, body: bytes) -> BlockError:
        status = response.status_code
        hint = "; check the credential" if status in (401, 403) else ""
        message = f"{self._who} ({host}) answered {status}{hint}: {Mask(self._signer.used).text(_reason(body))}"
        again = status in (408, 409, 425, 429) or status >= 500
        wait = _retry_after(response.headers.get("retry-after", "")) if again else None
        return BlockError("MODEL_STATUS", message, details={"status_code": status}, retryable=again, retry_after=wait)


class AnswerBody(httpx2.AsyncByteStream):
    """An answer's bytes as they come, bounded."""

    def __init__(self, response: httpx.Response, bridge: CheckedBridge, host: str) -> None:
        self._response = response
        self._bridge = bridge
        self._host = host

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._pieces():
                yield piece
        except BlockError as error:
            self._bridge.failure = error
            raise

    async def _pieces(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for chunk in self._response.aiter_raw():
                size += len(chunk)
                if size > MAX_BYTES:
                    raise BlockError("RESPONSE_TOO_LARGE", f"The answer of {self._host} is larger than {MAX_BYTES} bytes")
                yield chunk
        except httpx.TimeoutException:
            raise BlockError("TIMEOUT", f"{self._host} was silent for {SILENCE_SECONDS:g} s in its answer") from None
        except httpx.TransportError:
            raise BlockError("CONNECTION", f"{self._host} ended the connection in the middle of its answer") from None

    async def read(self) -> bytes:
        """All of it; closes the connection."""
        try:
            return b"".join([piece async for piece in self])
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        await self._response.aclose()


def _is_events(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith(EVENTS)


def _reason(body: bytes) -> str:
    text = body[:20_000].decode(errors="replace")
    try:
        told = json.loads(text)
        told = told[0] if isinstance(told, list) else told
        told = told.get("error", told)
        text = str(told["message"] if isinstance(told, dict) else told)
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        pass
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}…"


def _retry_after(text: str) -> float | None:
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, TypeError):
        return None
