"""How a block is run, as its form shows and sends it: timeouts, retries, what follows a failure, cache, pinned output."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.describe import ConfigProblem
from app.engine.values import NotJson, decode
from app.sdk import Json
from app.web.form_rules import Posted
from app.web.form_values import shown

UNITS: Final[Mapping[str, int]] = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
SPAN: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,3}))?\s*(ms|s|min|h|d)?")
YEAR_MS: Final = 31_536_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """A field for a length of time; `path` within the policy."""

    path: tuple[str, ...]
    title: str
    help: str
    placeholder: str
    most: int
    least: int = 1

    @property
    def name(self) -> str:
        return "policy." + ".".join(self.path)

    @property
    def id(self) -> str:
        return "block-" + "-".join(self.path).replace("_", "-")


SPANS: Final = (
    Span(("timeout_ms",), "Timeout of one attempt", "30 s, 5 min, 2 h.", "The block's own", 86_400_000),
    Span(("total_timeout_ms",), "Timeout of all attempts", "With the waits between them.", "None", YEAR_MS),
    Span(("cache_ttl_ms",), "Keep the answer for", "With the same settings and input it is used again.", "Not kept", YEAR_MS),
    Span(("retry", "delay_ms"), "First wait", "Between the first attempt and the second.", "1 s", 86_400_000, 0),
    Span(("retry", "max_delay_ms"), "Longest wait", "Each is longer than the one before, up to this.", "1 min", 2_592_000_000, 0),
)


@dataclass(frozen=True, slots=True)
class SpanView:
    """A length of time as it stands in the form."""

    span: Span
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PolicyReading:
    """The policy after an edit, with what was typed where it cannot hold it."""

    policy: dict[str, Json]
    texts: Mapping[str, str]
    problems: tuple[ConfigProblem, ...]


def span_text(milliseconds: Json) -> str:
    """5000 as `5 s`, in the largest unit that keeps it whole."""
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return "" if milliseconds is None else shown("text", milliseconds)
    units = [(name, size) for name, size in reversed(list(UNITS.items())) if milliseconds and milliseconds % size == 0]
    name, size = units[0] if units else ("ms", 1)
    return f"{milliseconds // size} {name}"


def read_span(text: str) -> int | None:
    """`5 s` as 5000; a bare number counts milliseconds. None for what is no length of time."""
    found = SPAN.fullmatch(text.strip().lower())
    if found is None:
        return None
    unit = UNITS[found[3] or "ms"]
    return int(found[1]) * unit + round(int((found[2] or "0").ljust(3, "0")) * unit / 1_000)


def read_policy(node: Posted, before: Mapping[str, Json], condition: Callable[[str], str]) -> PolicyReading:
    """What the form does not show stays as it was; `condition` reads `run_if`."""
    policy: dict[str, Json] = {**before, "timeout_ms": before.get("timeout_ms"), "on_error": before.get("on_error", "fail")}
    texts: dict[str, str] = {}
    problems: list[ConfigProblem] = []
    if "run_if" in node.children:
        policy["run_if"] = condition(node.text_of("run_if").strip())
    if node.text_of("on_error") in ("fail", "continue"):
        policy["on_error"] = node.text_of("on_error")
    _read_retry(node, policy)
    for span in SPANS:
        problem = _read_into(policy, node, span, texts)
        problems += [problem] if problem else []
    if "pinned" in node.children:
        problem = _read_pin(policy, node.children["pinned"], texts)
        problems += [problem] if problem else []
    return PolicyReading(policy, texts, tuple(problems))


def span_views(policy: Mapping[str, Json], texts: Mapping[str, str], problems: Mapping[str, str]) -> tuple[SpanView, ...]:
    """Every length of time as the form shows it."""
    return tuple(
        SpanView(span, texts.get(span.name, span_text(_at(policy, span.path))), problems.get(span.name, "")) for span in SPANS
    )


def pinned_text(policy: Mapping[str, Json], texts: Mapping[str, str]) -> str:
    """The pinned output as JSON; empty where nothing is pinned."""
    pinned = policy.get("pinned")
    stored = shown("json", pinned.get("output")) if isinstance(pinned, dict) else ""
    return texts.get("policy.pinned", stored)


def _read_retry(node: Posted, policy: dict[str, Json]) -> None:
    asked = node.children.get("retry")
    attempts = asked.text_of("attempts") if asked else ""
    if re.fullmatch(r"[1-9][0-9]?|100", attempts):
        retry = policy.get("retry")
        policy["retry"] = {**(retry if isinstance(retry, dict) else {}), "attempts": int(attempts)}


def _read_into(policy: dict[str, Json], node: Posted, span: Span, texts: dict[str, str]) -> ConfigProblem | None:
    """Put a length of time into the policy. An empty field takes it away."""
    place: Posted | None = node
    for part in span.path:
        place = place.children.get(part) if place else None
    if place is None:
        return None
    *outer, last = span.path
    text = _text(node, span.path).strip()
    milliseconds = read_span(text) if text else None
    if text and (milliseconds is None or not span.least <= milliseconds <= span.most):
        texts[span.name] = text
        return ConfigProblem(span.name, f"{span.title}: must be a time such as 30 s, at most {span_text(span.most)}")
    target = policy
    for part in outer:
        inner = target.get(part)
        if milliseconds is None and not isinstance(inner, dict):
            return None
        target[part] = dict(inner) if isinstance(inner, dict) else {}
        target = target[part]
    if milliseconds is None and outer:
        target.pop(last, None)
    elif milliseconds is not None or last in target or last == "timeout_ms":
        target[last] = milliseconds
    return None


def _text(node: Posted, path: tuple[str, ...]) -> str:
    for part in path[:-1]:
        node = node.children[part]
    return node.text_of(path[-1])


def _read_pin(policy: dict[str, Json], node: Posted, texts: dict[str, str]) -> ConfigProblem | None:
    """Pin what was typed, keep the port; an empty field pins nothing."""
    text = node.text_of("output").strip()
    before = policy.get("pinned")
    if not text:
        if before is not None:
            policy["pinned"] = None
        return None
    try:
        output = decode(text)
    except NotJson as error:
        texts["policy.pinned"] = text
        return ConfigProblem("policy.pinned", f"Pinned output: {error}")
    policy["pinned"] = {**(before if isinstance(before, dict) else {}), "output": output}
    return None


def _at(policy: Mapping[str, Json], path: tuple[str, ...]) -> Json:
    value: Json = policy
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value
