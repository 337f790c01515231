"""The egress client as one execution sees it: puts secrets in just before sending, and takes them out of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.sdk import BlockError, Http, HttpRequest, HttpResponse, Json
from app.services.credentials import OpenedCredential

SHORTEST_MASKED = 4
MASK = "***"


class SecretHttp:
    """Implements the sdk's Http around the one egress client."""

    def __init__(
        self,
        client: Http,
        credentials: Mapping[str, OpenedCredential],
        markers: Mapping[str, str],
        settings: Mapping[str, str],
        model_api_key: str,
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._markers = markers
        self._settings = settings
        self._model_api_key = model_api_key

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Raises BlockError for an unknown credential and for every failure of the client."""
        used: set[str] = set()
        opened = replace(
            request,
            url=self._reveal(request.url, used),
            params=self._reveal(dict(request.params), used),
            headers=self._reveal(dict(request.headers), used) | self._signature(request, used),
            json=self._reveal(request.json, used),
            form=self._reveal(request.form, used),
            multipart=self._reveal(request.multipart, used),
            content=None
            if request.content is None
            else self._reveal(request.content.decode("utf-8", "surrogateescape"), used).encode("utf-8", "surrogateescape"),
            credential="",
            trusted=self._is_trusted(request),
        )
        try:
            response = await self._client.send(opened)
        except BlockError as error:
            raise BlockError(error.code, self._mask(error.message, used), details=error.details) from None
        return self._masked(response, used)

    def _signature(self, request: HttpRequest, used: set[str]) -> dict[str, str]:
        if request.credential:
            credential = self._credentials.get(request.credential)
            if credential is None:
                raise BlockError("UNKNOWN_CREDENTIAL", f"there is no credential `{request.credential}` in this workspace")
            used.update(value for value in credential.data.values())
            return credential.headers()
        if self._is_trusted(request) and self._model_api_key:
            used.add(self._model_api_key)
            return {"Authorization": f"Bearer {self._model_api_key}"}
        return {}

    def _is_trusted(self, request: HttpRequest) -> bool:
        base = self._settings.get("model_base_url", "").rstrip("/")
        return request.trusted and bool(base) and request.url.startswith(f"{base}/")

    def _reveal(self, value: Json, used: set[str]) -> Json:
        if isinstance(value, str):
            for marker, name in self._markers.items() if "[secret:" in value else ():
                if marker in value:
                    secret = self._credentials[name].secret
                    used.add(secret)
                    value = value.replace(marker, secret)
            return value
        if isinstance(value, dict):
            return {self._reveal(key, used): self._reveal(child, used) for key, child in value.items()}
        if isinstance(value, list):
            return [self._reveal(child, used) for child in value]
        return value

    def _mask(self, text: str, used: set[str]) -> str:
        for secret in used:
            if len(secret) >= SHORTEST_MASKED:
                text = text.replace(secret, MASK)
        return text

    def _masked(self, response: HttpResponse, used: set[str]) -> HttpResponse:
        if not used:
            return response
        content = response.content
        for secret in used:
            if len(secret) >= SHORTEST_MASKED:
                content = content.replace(secret.encode(), MASK.encode())
        headers = {name: self._mask(value, used) for name, value in response.headers.items()}
        return HttpResponse(response.status_code, headers, content, self._mask(response.text, used))
