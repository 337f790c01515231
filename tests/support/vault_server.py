"""A small HashiCorp Vault on loopback: AppRole and the key-value store version 2 as their API documentation has them."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import uuid4

ROOT_TOKEN = "hvs.r00t-t0ken-of-the-test"
ROLE_ID, SECRET_ID = "role-of-blockyard", "s3cret-id-of-blockyard"
CREATED = "2026-11-23T00:00:00.000000000Z"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Version:
    data: dict[str, Any] | None
    destroyed: bool = False


@dataclass
class VaultServer:
    """`with VaultServer() as vault: vault.put("shop/api", key="...")`; everything is below the mount `secret`."""

    secrets: dict[str, list[Version]] = field(default_factory=dict)
    sealed: bool = False
    namespace: str = ""
    lease_seconds: int = 3600
    forbidden: str = "forbidden/"
    tokens: set[str] = field(default_factory=lambda: {ROOT_TOKEN})
    logins: int = 0
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, path: str, **data: Any) -> None:
        self.secrets.setdefault(path, []).append(Version(data))

    def delete(self, path: str, *, destroy: bool = False) -> None:
        self.secrets[path][-1].data = None
        self.secrets[path][-1].destroyed = destroy

    def answer(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: dict[str, Any]) -> Answer:
        self.asked.append(f"{method} {path}")
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if self.namespace and headers.get("x-vault-namespace", "").strip("/") != self.namespace:
            return 403, {"errors": ["permission denied"]}
        if (method, path) == ("POST", "/v1/auth/approle/login"):
            return self._login(body)
        if headers.get("x-vault-token") not in self.tokens:
            return 403, {"errors": ["permission denied"]}
        found = re.fullmatch(r"/v1/secret/data/(.+)", path)
        if method != "GET" or found is None:
            return 404, {"errors": [f"no handler for route {path[4:]!r}"]}
        return self._read(found[1], int(query.get("version", "0")))

    def _login(self, body: dict[str, Any]) -> Answer:
        self.logins += 1
        if (body.get("role_id"), body.get("secret_id")) != (ROLE_ID, SECRET_ID):
            return 400, {"errors": ["invalid role or secret ID"]}
        token = f"hvs.{uuid4().hex}"
        self.tokens.add(token)
        auth = {"client_token": token, "lease_duration": self.lease_seconds, "renewable": True, "token_type": "service"}
        return 200, {"request_id": str(uuid4()), "lease_id": "", "data": None, "auth": auth}

    def _read(self, path: str, number: int) -> Answer:
        if path.startswith(self.forbidden):
            return 403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
        versions = self.secrets.get(path, [])
        number = number or len(versions)
        if not 1 <= number <= len(versions):
            return 404, {"errors": []}
        version = versions[number - 1]
        gone = version.data is None and not version.destroyed
        about = {
            "created_time": CREATED,
            "custom_metadata": None,
            "deletion_time": CREATED if gone else "",
            "destroyed": version.destroyed,
            "version": number,
        }
        content = {"request_id": str(uuid4()), "lease_id": "", "data": {"data": version.data, "metadata": about}}
        return (200 if version.data is not None else 404), content

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vault = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path, _, query = self.path.partition("?")
                asked = dict(pair.split("=", 1) for pair in query.split("&") if pair)
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answer = vault.answer(self.command, path, asked, headers, json.loads(body) if body else {})
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer  # noqa: N815 - the base class asks for these

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing is printed."""

        return Handler
