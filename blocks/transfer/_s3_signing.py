"""The signature of Amazon's storage (Signature Version 4), for requests and for addresses that anybody may use for a while.
Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Keys:
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    session_token: str = field(default="", repr=False)


def escaped(text: str, *, keep: str = "") -> str:
    return quote(text, safe=f"-_.~{keep}")


def canonical_query(query: Mapping[str, str]) -> str:
    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in sorted(query.items()))


def signed_headers(
    keys: Keys,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    content: bytes,
    now: datetime,
) -> dict[str, str]:
    """The headers of a request, with those that sign it. `path` is escaped already."""
    digest = hashlib.sha256(content).hexdigest()
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    more = {"x-amz-date": moment, "x-amz-content-sha256": digest}
    if keys.session_token:
        more["x-amz-security-token"] = keys.session_token
    everything = {**{name.lower(): value for name, value in headers.items()}, **more}
    names, signature = _signature(keys, method, path, query, {**everything, "host": host}, digest, moment)
    scope = f"{moment[:8]}/{keys.region}/s3/aws4_request"
    value = f"{ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**everything, "Authorization": value}


def signed_query(keys: Keys, method: str, host: str, path: str, seconds: int, now: datetime) -> str:
    """What is put behind an address, so that anybody may use it for so many seconds."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    query = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{keys.access_key}/{moment[:8]}/{keys.region}/s3/aws4_request",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if keys.session_token:
        query["X-Amz-Security-Token"] = keys.session_token
    _, signature = _signature(keys, method, path, query, {"host": host}, UNSIGNED, moment)
    return f"{canonical_query(query)}&X-Amz-Signature={signature}"


def _signature(
    keys: Keys, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], digest: str, moment: str
) -> tuple[str, str]:
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    request = "\n".join((method, path, canonical_query(query), listed, names, digest))
    scope = f"{moment[:8]}/{keys.region}/s3/aws4_request"
    text = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{keys.secret_key}".encode()
    for part in (moment[:8], keys.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return names, hmac.digest(key, text.encode(), "sha256").hex()
