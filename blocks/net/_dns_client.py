"""Asks name servers."""

from __future__ import annotations

from typing import Any

import dns.asyncresolver
import dns.exception
import dns.resolver
import dns.reversename

from app.sdk import BlockError, Json, Visit

MAX_RECORDS = 1_000


async def look_up(visit: Visit, name: str, kind: str, server: str, port: int, seconds: float) -> Json:
    """The records of a name; `reason` says why there are none."""
    resolver = await _resolver(visit, server, port, seconds)
    try:
        asked = dns.reversename.from_address(name) if kind == "PTR" and not name.endswith(".arpa") else name
        answer = await resolver.resolve(asked, kind, search=False, lifetime=seconds, raise_on_no_answer=True)
    except dns.resolver.NXDOMAIN:
        return {"name": name, "records": [], "ttl": None, "reason": "there is no such name"}
    except dns.resolver.NoAnswer:
        return {"name": name, "records": [], "ttl": None, "reason": "the name has no record of this type"}
    except dns.exception.Timeout:
        raise BlockError("TIMEOUT", f"no name server answered within {seconds:g} seconds") from None
    except dns.resolver.NoNameservers:
        raise BlockError("NAME_SERVER", "the name servers refuse to answer, or answer what cannot be read") from None
    except (dns.exception.DNSException, ValueError, UnicodeError):
        raise BlockError("NAME_INVALID", "field `name`: this is no name, or no address", retryable=False) from None
    found = [_record(found) for found in list(answer)[:MAX_RECORDS]]
    records = sorted(found, key=lambda one: (one.get("priority", 0), one["text"]))  # name servers change the order each time
    return {"name": name, "records": records, "ttl": answer.rrset.ttl if answer.rrset else None, "reason": None}


async def _resolver(visit: Visit, server: str, port: int, seconds: float) -> dns.asyncresolver.Resolver:
    try:
        resolver = dns.asyncresolver.Resolver(configure=not server)
    except dns.resolver.NoResolverConfiguration:
        raise BlockError("NAME_SERVER", "this machine knows no name server: name one", retryable=False) from None
    if server:
        reached = await visit.reach(server, port)
        resolver.nameservers = [reached.address]
        resolver.port = reached.port
    resolver.timeout = min(2.0, seconds)
    return resolver


def _record(found: Any) -> dict[str, Json]:
    """A record's parts by name, and as it is usually written."""
    text = found.to_text()
    match found.rdtype.name:
        case "A" | "AAAA":
            parts: dict[str, Json] = {"value": found.address}
        case "MX":
            parts = {"value": _name(found.exchange), "priority": found.preference}
        case "SRV":
            parts = {"value": _name(found.target), "port": found.port, "priority": found.priority, "weight": found.weight}
        case "TXT":
            parts = {"value": b"".join(found.strings).decode("utf-8", "replace")}
        case "CNAME" | "NS" | "PTR":
            parts = {"value": _name(found.target)}
        case _:
            parts = {"value": text}
    return {"type": found.rdtype.name, "text": text, **parts}


def _name(name: Any) -> str:
    return str(name.to_text(omit_final_dot=True))
