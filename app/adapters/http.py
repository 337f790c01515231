"""The one way out: every request that Blockyard sends for a workflow goes through this client.

It sends what it is given: secrets and credentials are put into the request by its caller, just before.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from app.adapters import network
from app.adapters.addresses import AllowList
from app.adapters.http_body import read_bounded
from app.adapters.http_pace import Paces
from app.adapters.http_request import build, carry_over, check_url, same_origin
from app.adapters.http_route import check_behind, context_of, proxy_of
from app.sdk import BlockError, HttpRequest, HttpResponse, Route

MAX_REDIRECTS = 5
LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=15.0)
USER_AGENT = "Blockyard"


class EgressClient:
    """Sends requests to public addresses and to those the operator lists. Every failure is a BlockError."""

    def __init__(
        self, allow: Sequence[str] = (), max_response_bytes: int = 10_000_000, resolve: network.Resolve = network.resolve
    ) -> None:
        listed = AllowList.parse(allow)
        self._max_response_bytes = max_response_bytes
        self._paces = Paces()
        # Two pools: a connection that was opened to a private address for a trusted request must not be kept alive for others.
        certificates = network.public_certificates()
        self._backend = network.CheckedBackend(listed, resolve, trusted=False)
        self._checked = _client(self._backend, certificates)
        self._trusted = _client(network.CheckedBackend(listed, resolve, trusted=True), certificates)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send, follow at most five redirects, and read the whole answer within `request.timeout` seconds."""
        first = build(self._checked, request)
        host = first.url.host
        async with self._paces.turn(request.pace, host):
            return await self._sent(first, host, request)

    async def _sent(self, first: httpx.Request, host: str, request: HttpRequest) -> HttpResponse:
        try:
            async with asyncio.timeout(request.timeout):
                return await self._follow(first, request)
        except TimeoutError:
            raise BlockError("TIMEOUT", f"{host} did not answer within {request.timeout:g} seconds") from None
        except httpx.TimeoutException:
            raise BlockError("TIMEOUT", f"{host} did not answer in time") from None
        except httpx.ProxyError:
            raise BlockError("PROXY", f"The proxy did not let the request to {host} through") from None
        except httpx.TransportError as error:
            raise connection_error(host, error) from None
        except (httpx.InvalidURL, httpx.RequestError):
            raise BlockError("BAD_URL", f"{host} answered with a redirect to an address that is not valid") from None

    async def close(self) -> None:
        """Close all connections."""
        await self._checked.aclose()
        await self._trusted.aclose()

    async def _follow(self, first: httpx.Request, request: HttpRequest) -> HttpResponse:
        if request.route is None:
            return await self._followed(first, request, self._checked)
        async with self._routed(request.route) as client:
            return await self._followed(first, request, client)

    @asynccontextmanager
    async def _routed(self, route: Route) -> AsyncIterator[httpx.AsyncClient]:
        """A client for one request, so that nobody else uses its connections."""
        client = _client(self._backend, await asyncio.to_thread(context_of, route), proxy_of(route))
        try:
            yield client
        finally:
            await client.aclose()

    async def _followed(self, first: httpx.Request, request: HttpRequest, client: httpx.AsyncClient) -> HttpResponse:
        outgoing = first
        for _ in range(MAX_REDIRECTS + 1):
            trusted = request.trusted and request.route is None and same_origin(first.url, outgoing.url)
            if request.route is not None and request.route.proxy:
                await check_behind(self._backend, outgoing.url)
            response = await (self._trusted if trusted else client).send(outgoing, stream=True)
            try:
                following = response.next_request if request.follow_redirects else None
                if following is None:
                    return _answer(response, await read_bounded(response, self._max_response_bytes))
            finally:
                await response.aclose()
            check_url(following.url)
            carry_over(outgoing.url, following)
            outgoing = following
        raise BlockError("TOO_MANY_REDIRECTS", f"{first.url.host} redirected more than {MAX_REDIRECTS} times")


def _client(
    backend: network.CheckedBackend, certificates: ssl.SSLContext, proxy: httpcore.Proxy | None = None
) -> httpx.AsyncClient:
    no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))  # one workflow's session must not serve another's
    return httpx.AsyncClient(
        transport=network.CheckedTransport(backend, certificates, LIMITS, proxy),
        headers={"accept-encoding": "gzip", "user-agent": USER_AGENT},
        cookies=no_cookies,
        timeout=httpx.Timeout(None),  # `send` bounds the whole exchange
        trust_env=False,
    )


def _answer(response: httpx.Response, content: bytes) -> HttpResponse:
    headers = {name: text for name, text in response.headers.items() if name != "content-encoding"}
    text = content.decode(_charset(response), errors="replace")
    return HttpResponse(response.status_code, headers, content, text)


def _charset(response: httpx.Response) -> str:
    named = response.charset_encoding or "utf-8"
    try:
        "".encode(named)
    except (LookupError, ValueError):
        return "utf-8"
    return named


def connection_error(host: str, error: httpx.TransportError) -> BlockError:
    """What went wrong on the way to a host, in words."""
    if isinstance(error, httpx.UnsupportedProtocol):
        return BlockError("BAD_URL", f"{host} redirected to an address that is neither http:// nor https://")
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return BlockError("TLS", f"The certificate of {host} is not trusted: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return BlockError("TLS", f"No secure connection to {host} could be made")
    if isinstance(error, httpx.ConnectError):
        return BlockError("CONNECTION", f"{host} could not be reached: the connection was refused or has no route")
    return BlockError("CONNECTION", f"{host} ended the connection before its answer was complete")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
