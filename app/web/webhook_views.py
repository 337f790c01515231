"""Pure: how a webhook is called from a terminal, signed as its block wants it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from app.sdk import Json

SAMPLE_SHOWN = 120
"""Characters of the sample that the shown line has; the copied one has all."""
HEX = "openssl dgst -{algorithm} -hmac {key} -r | cut -d' ' -f1"
BASE64 = "openssl dgst -{algorithm} -hmac {key} -binary | base64 -w0"
STANDARD = (
    "openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf %s {key} | base64 -d | od -An -vtx1 | tr -d ' \\n')"
    " -binary | base64 -w0"
)


@dataclass(frozen=True, slots=True)
class WebhookView:
    """The address that a webhook is called at, and a line for the terminal that calls it."""

    url: str
    curl: str
    curl_shown: str


def webhook_view(config: Mapping[str, Json], base_url: str, webhook_id: str, sample: Json) -> WebhookView:
    """`sample` is what the line sends; None for a greeting."""
    url = f"{base_url}/api/webhooks/{webhook_id}"
    body = json.dumps({"hello": "world"} if sample is None else sample, ensure_ascii=False)
    secret = _text(config, "webhook_secret")
    shown = body if len(body) <= SAMPLE_SHOWN else body[: SAMPLE_SHOWN - 1] + "…"
    hidden = "••••••••" if secret else "YOUR-SECRET"
    return WebhookView(url, _line(config, url, secret, body), _line(config, url, hidden, shown))


def _line(config: Mapping[str, Json], url: str, secret: str, body: str) -> str:
    methods = config.get("methods")
    method = methods[0] if isinstance(methods, list) and methods and isinstance(methods[0], str) else "POST"
    call = f"curl -X {shlex.quote(method)} {shlex.quote(url)}"
    content = f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"
    match config.get("scheme"):
        case "basic":
            user = shlex.quote(_text(config, "username") + ":" + secret)
            return f"{call} -u {user} {content}"
        case "header":
            header = shlex.quote(_text(config, "signature_header") + ": " + secret)
            return f"{call} -H {header} {content}"
        case "none":
            return f"{call} {content}"
        case "jwt":
            before, token = _token(config, secret)
            return f'{before}{call} -H "Authorization: Bearer {token}" {content}'
        case "github" | "stripe" | "slack" | "standard" | "generic" as scheme:
            variables, headers = _signed(scheme, config, secret)
            given = " ".join(f'-H "{header}"' for header in headers)
            return f"B={shlex.quote(body)}; {variables}{call} {given} -H 'Content-Type: application/json' -d \"$B\""
    return f"{call} -H {shlex.quote(f'Authorization: Bearer {secret}')} {content}"


def _signed(scheme: str, config: Mapping[str, Json], secret: str) -> tuple[str, list[str]]:
    """What a shell has to compute before, and the headers that it sends; `$B` is the body, `$T` the time, `$I` the call's id."""

    def mac(content: str, maker: str = HEX, algorithm: str = "sha256", key: str = secret) -> str:
        return f'$(printf %s "{content}" | {maker.format(algorithm=algorithm, key=shlex.quote(key))})'

    time = "T=$(date +%s); "
    match scheme:
        case "github":
            return "", [f"X-Hub-Signature-256: sha256={mac('$B')}"]
        case "stripe":
            return time, [f"Stripe-Signature: t=$T,v1={mac('$T.$B')}"]
        case "slack":
            return time, ["X-Slack-Request-Timestamp: $T", f"X-Slack-Signature: v0={mac('v0:$T:$B')}"]
        case "standard":
            signature = mac("$I.$T.$B", STANDARD, key=secret.removeprefix("whsec_"))
            return f"I=msg_$(date +%s%N); {time}", [
                "webhook-id: $I",
                "webhook-timestamp: $T",
                f"webhook-signature: v1,{signature}",
            ]
    header, time_header = _text(config, "signature_header"), _text(config, "timestamp_header")
    maker = BASE64 if config.get("encoding") == "base64" else HEX
    content = "$T.$B" if time_header else "$B"
    signature = f"{header}: {_escaped(_text(config, 'prefix'))}{mac(content, maker, _text(config, 'algorithm') or 'sha256')}"
    return (time, [f"{time_header}: $T", signature]) if time_header else ("", [signature])


def _token(config: Mapping[str, Json], secret: str) -> tuple[str, str]:
    """What makes a token of five minutes, and how the line names it. Only who has the private key can make one of the others."""
    method = _text(config, "jwt_method") or "HS256"
    if not method.startswith("HS"):
        return "", "YOUR-TOKEN"
    claims = {name: _text(config, f"jwt_{field}") for name, field in (("aud", "audience"), ("iss", "issuer"))}
    given = json.dumps({name: text for name, text in claims.items() if text}, ensure_ascii=False)[1:-1]
    body = shlex.quote("{" + (f"{given}, " if given else "") + '"exp": ')
    url_safe = "base64 -w0 | tr '+/' '-_' | tr -d '='"
    head = f"$(printf %s {shlex.quote(json.dumps({'alg': method, 'typ': 'JWT'}))} | {url_safe})"
    middle = f"$(printf '%s%s}}' {body} $(($(date +%s) + 300)) | {url_safe})"
    algorithm = f"sha{method[2:]}"
    signed = f'$(printf %s "$T" | openssl dgst -{algorithm} -hmac {shlex.quote(secret)} -binary | {url_safe})'
    return f"T={head}.{middle}; ", f"$T.{signed}"


def _escaped(text: str) -> str:
    """As it stands between double quotes of a shell."""
    return "".join(f"\\{mark}" if mark in '"$`\\' else mark for mark in text)


def _text(config: Mapping[str, Json], name: str) -> str:
    value = config.get(name)
    return value if isinstance(value, str) else ""
