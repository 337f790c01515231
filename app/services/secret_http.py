"""The egress client as one execution sees it: puts secrets in just before sending, and takes them out of answers."""

from __future__ import annotations

from dataclasses import replace

from app.adapters.llm_masking import Mask
from app.sdk import BlockError, Http, HttpRequest, HttpResponse
from app.services.execution_secrets import ExecutionSecrets
from app.services.signings import signed


class SecretHttp:
    """Implements the sdk's Http around the one egress client."""

    def __init__(self, client: Http, secrets: ExecutionSecrets) -> None:
        self._client = client
        self._secrets = secrets

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Raises BlockError for an unknown credential and for every failure of the client."""
        await self._secrets.make_ready(request.credential, request)
        used: set[str] = set()
        opened, mask = self._opened(request, used), Mask(used)
        try:
            response = await self._client.send(opened)
        except BlockError as error:
            raise masked_error(error, mask) from None
        return _masked(response, mask) if used else response

    def _opened(self, request: HttpRequest, used: set[str]) -> HttpRequest:
        own_model = self._is_own_model(request)
        headers = self._secrets.reveal_in(dict(request.headers), used)
        by_type = bool(request.credential and request.signings)
        signature = {} if by_type else self._secrets.signature(request.credential, used, own_model=own_model)
        content = None if request.content is None else self._secrets.reveal(_text(request.content), used)
        route = request.route
        if route is not None:
            route = replace(route, proxy=self._secrets.reveal(route.proxy, used))
        revealed = replace(
            request,
            url=self._secrets.reveal(request.url, used),
            params=self._secrets.reveal_in(dict(request.params), used),
            headers=headers | signature,
            json=self._secrets.reveal_in(request.json, used),
            form=self._secrets.reveal_in(request.form, used),
            multipart=self._secrets.reveal_in(request.multipart, used),
            content=None if content is None else _bytes(content),
            route=route,
            credential="",
            trusted=own_model,
        )
        return signed(revealed, self._secrets.opened(request.credential), used) if by_type else revealed

    def _is_own_model(self, request: HttpRequest) -> bool:
        base = self._secrets.model_base
        return request.trusted and bool(base) and request.url.startswith(f"{base}/")


def _masked(response: HttpResponse, mask: Mask) -> HttpResponse:
    headers = {name: mask.text(value) for name, value in response.headers.items()}
    return HttpResponse(response.status_code, headers, _bytes(mask.text(_text(response.content))), mask.text(response.text))


def masked_error(error: BlockError, mask: Mask) -> BlockError:
    """The same failure without secrets in its words."""
    return BlockError(
        error.code,
        mask.text(error.message),
        details=mask(error.details),
        log=[mask.text(line) for line in error.log],
        retryable=error.retryable,
        retry_after=error.retry_after,
    )


def _text(content: bytes) -> str:
    """Any bytes as text that becomes the same bytes again."""
    return content.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
