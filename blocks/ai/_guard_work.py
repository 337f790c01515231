"""Looking for what should not be in a text, in a worker process, by patterns that cannot hang."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator

import re2

from app.sdk import BlockError, Json

MAX_FINDINGS = 1_000
Finding = tuple[str, int, int]

PATTERNS = {
    "email": r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}",
    "phone": r"(?:\+|\b00)[1-9][0-9](?:[ ()/.-]{0,2}[0-9]){6,12}\b|\b\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b",
    "card": r"\b[0-9](?:[ -]?[0-9]){12,18}\b",
    "iban": r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b",
    "ip": r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b",
    "key": (
        r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_A-Za-z0-9]{16,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b"
        r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk-[A-Za-z0-9]{32,}|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    ),
    "injection": (
        r"(?i)\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|all|your)\b.{0,30}"
        r"\b(?:instructions?|rules?|prompts?|directions?)"
        r"|(?i)\b(?:reveal|show|print|repeat|output)\b.{0,30}\b(?:system|hidden|initial|secret)\b.{0,15}\b(?:prompt|instructions?|message)"
        r"|(?i)\byou are (?:now|no longer)\b.{0,60}"
        r"\b(?:dan|jailbroken|unrestricted|without (?:any )?(?:rules|limits|restrictions))"
        r"|(?i)<\|?(?:im_start|im_end|system|endoftext)\|?>|(?i)\[/?(?:INST|SYS)\]"
    ),
}


def run(text: str, kinds: list[str], words: list[str], patterns: list[str]) -> list[Json]:
    """`{kind, start, end}` of everything that was found, in order, without overlaps."""
    found: list[Finding] = []
    for kind in kinds:
        found.extend(_hits(kind, PATTERNS[kind], text))
    for word in words:
        found.extend(_hits("word", rf"(?i)\b{re2.escape(word)}\b", text))
    for number, pattern in enumerate(patterns):
        found.extend(_hits("pattern", pattern, text, f"patterns.{number}"))
    return [{"kind": kind, "start": start, "end": end} for kind, start, end in _apart(found)]


def _hits(kind: str, pattern: str, text: str, place: str = "") -> Iterator[Finding]:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error:
        raise BlockError("PATTERN_INVALID", f"field `{place}`: this is not a pattern that can be used") from None
    for number, match in enumerate(compiled.finditer(text)):
        if number == MAX_FINDINGS:
            raise BlockError("TOO_MANY_ITEMS", f"more than {MAX_FINDINGS:,} places were found")
        if match.end() > match.start() and _is_real(kind, match.group()):
            yield kind, match.start(), match.end()


def _is_real(kind: str, hit: str) -> bool:
    match kind:
        case "card":
            return _luhn("".join(filter(str.isdigit, hit)))
        case "iban":
            return _iban(hit.replace(" ", ""))
        case "ip":
            try:
                ipaddress.ip_address(hit)
            except ValueError:
                return False
    return True


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + number % 2) for number, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _iban(text: str) -> bool:
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


def _apart(found: list[Finding]) -> Iterator[Finding]:
    """From left to right; of two that overlap the one that begins first, or the longer one."""
    end = 0
    for finding in sorted(found, key=lambda finding: (finding[1], -finding[2])):
        if finding[1] >= end:
            end = finding[2]
            yield finding


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
