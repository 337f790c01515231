"""The line for the terminal that a webhook's form shows really calls it, however callers have to prove themselves."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from app.web.webhook_views import webhook_view
from tests.support import signing
from tests.support.graphs import block, webhook
from tests.support.server import Client, ServerProcess

SECRET = 'it\'s a "secret" $HOME' * 4
SCHEMES: dict[str, dict[str, Any]] = {
    "secret": {},
    "basic": {"scheme": "basic", "username": "the shop"},
    "header": {"scheme": "header", "signature_header": "X-Shop-Key"},
    "github": {"scheme": "github"},
    "stripe": {"scheme": "stripe"},
    "slack": {"scheme": "slack"},
    "none": {"scheme": "none"},
    "jwt": {"scheme": "jwt", "jwt_audience": 'it\'s "us" ä', "jwt_issuer": "them"},
    "jwt with a longer hash": {"scheme": "jwt", "jwt_method": "HS512"},
    "generic hex": {"scheme": "generic", "signature_header": "X-Sign", "timestamp_header": "X-Time", "prefix": "v1$="},
    "generic base64": {"scheme": "generic", "signature_header": "X-Sign", "algorithm": "sha512", "encoding": "base64"},
}


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="curl and openssl are not installed")
def test_every_line_calls_its_webhook(client: Client, server: ServerProcess) -> None:
    hooks = [
        webhook(f"hook{number}", secret=SECRET, **config) for number, config in enumerate(SCHEMES.values())
    ]
    hooks.append(webhook("standard", secret=signing.WHSEC, scheme="standard"))
    end = block("end", "response", {"body": "{{ variables }}"})
    client.deployed(*hooks, end, edges=[f"{hook['id']}>end" for hook in hooks])
    sample = {"text": 'it\'s "quoted" $HOME `id` ä'}
    lines = [webhook_view(hook["config"], server.url, hook["config"]["webhook_id"], sample).curl for hook in hooks]
    done = subprocess.run(["sh", "-c", "; echo; ".join(lines)], capture_output=True, text=True, timeout=60, check=False)
    assert [json.loads(line) for line in done.stdout.splitlines() if line] == [sample] * len(hooks), done.stderr


@pytest.mark.parametrize("config", SCHEMES.values(), ids=SCHEMES)
def test_the_line_that_is_shown_holds_no_secret(config: dict[str, Any]) -> None:
    view = webhook_view({"webhook_secret": "s3cret", **config}, "http://here", "1", None)
    assert ("s3cret" in view.curl) == (config.get("scheme") != "none")
    assert "s3cret" not in view.curl_shown
