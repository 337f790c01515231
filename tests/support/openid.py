"""An OpenID provider on loopback, which signs what a test tells it to."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "blockyard", "the provider's secret"


@dataclass
class Question:
    """What a browser was sent to the provider with."""

    state: str
    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class OpenIdProvider:
    """`claims` go into the next ID token beside those that belong there; `None` takes one out."""

    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"

    def __post_init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.foreign_key: RSAKey | None = None
        self._questions: dict[str, Question] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def agree(self, address: str) -> dict[str, str]:
        """What somebody who agreed brings back, for the address that they were sent to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self._questions)}"
        self._questions[code] = Question(asked["state"], asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return {"state": asked["state"], "code": code}

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        asked = self._questions.pop(form["code"])
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if (proof, form["redirect_uri"], form["client_secret"]) != (asked.challenge, asked.redirect_uri, CLIENT_SECRET):
            return {"error": "invalid_grant"}
        said = {"iss": self.url, "aud": CLIENT_ID, "exp": int(time.time()) + 300, "nonce": asked.nonce} | self.claims
        claims = {name: value for name, value in said.items() if value is not None}
        if self.algorithm == "none":
            parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
            return {"id_token": ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."}
        return {"id_token": jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.foreign_key or self.key)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(
                    {
                        "issuer": provider.url,
                        "authorization_endpoint": f"{provider.url}/authorize",
                        "token_endpoint": f"{provider.url}/token",
                        "jwks_uri": f"{provider.url}/keys",
                    }
                    if self.path.startswith("/.well-known/")
                    else {"keys": [provider.key.as_dict(private=False)]}
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._answer(provider._token({name: values[0] for name, values in parse_qs(body).items()}))

            def _answer(self, body: dict[str, Any]) -> None:
                text = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None: ...

        return Handler
