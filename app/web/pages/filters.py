"""How values look on a page: times, durations, JSON, states. Pure, and registered on the template environment once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from jinja2 import pass_context
from litestar.plugins.jinja import JinjaTemplateEngine
from markupsafe import Markup, escape

from app.sdk import Json
from app.web.assets import static_root
from app.web.form_policy import span_text
from app.web.telling import told
from app.web.translation import Translated, language, said, translated
from app.web.value_views import data_table, data_tree

JSON_SHOWN_BYTES: Final = 50_000
COUNTED_TO: Final = 10_000
SPANS: Final = (
    (86_400, "day", "days", "Tag", "Tagen"),
    (3_600, "hour", "hours", "Stunde", "Stunden"),
    (60, "minute", "minutes", "Minute", "Minuten"),
    (1, "second", "seconds", "Sekunde", "Sekunden"),
)
"""Lengths of time with their names in English and in German, as they stand after `vor` and `in`."""


KEYS: Final = re.compile("Ctrl|Shift|Delete")


@dataclass(frozen=True, slots=True)
class ShownJson:
    text: str
    cut: bool
    limit: int = JSON_SHOWN_BYTES // 1000


@dataclass(frozen=True, slots=True)
class StateLight:
    state: str
    label: str
    left: str = ""


class HasState(Protocol):
    @property
    def state(self) -> str: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def armed_until(self) -> datetime | None: ...


class HasTitle(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago a moment was, roughly; an exact day once that is more than a month."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    german = language.get() == "de"
    if seconds < 0:
        return "in " + span(-seconds)
    if seconds < 5:
        return "gerade eben" if german else "just now"
    if seconds > 30 * 86_400:
        day = moment.astimezone(UTC)
        return f"{day.day}.{day.month}.{day.year}" if german else day.strftime("%d %b %Y").lstrip("0")
    return f"vor {span(seconds)}" if german else f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """A rough length of time in words."""
    size, one, many, german_one, german_many = next((unit for unit in SPANS if seconds >= unit[0]), SPANS[-1])
    number = max(1, int(seconds // size))
    if language.get() == "de":
        return f"{number} {german_one if number == 1 else german_many}"
    return f"{number} {one if number == 1 else many}"


def duration(milliseconds: float | None) -> str:
    """A measured time, as exact as it is useful."""
    if milliseconds is None:
        return "–"
    if milliseconds < 1_000:
        return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"
    seconds = milliseconds / 1_000
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def pretty_json(value: Json) -> ShownJson:
    """A value as indented JSON, cut after 50 kB."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= JSON_SHOWN_BYTES:
        return ShownJson(text, False)
    return ShownJson(encoded[:JSON_SHOWN_BYTES].decode("utf-8", "ignore") + "\n…", True)


def compact_json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def script_json(value: Json) -> Markup:
    """JSON that may stand inside a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - escaped here


def prose(text: str) -> Markup:
    """Escaped text in which what stands between backticks is shown as code."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if number % 2 else escape(part) for number, part in enumerate(parts))


def error_text(error: Json) -> str:
    """The message of a stored error, whatever its shape."""
    if isinstance(error, dict):
        message = error.get("message") or error.get("code")
        return str(message) if message else compact_json(error)
    return str(error)


def log_text(log: Sequence[Json] | str) -> str:
    """A step's log as lines."""
    if isinstance(log, str):
        return log
    return "\n".join(str(line.get("message", line)) if isinstance(line, dict) else str(line) for line in log)


def short(identifier: object) -> str:
    """Both ends of an id: it is searched by its beginning, and ids made together differ at their end."""
    text = str(identifier)
    return text if len(text) <= 16 else f"{text[:8]}…{text[-4:]}"


def short_agent(text: str) -> str:
    """Browser and system in two words, as far as a browser tells them; else how it calls itself."""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"))
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))
    browser = next((name for mark, name in browsers if mark in text), "")
    system = next((name for mark, name in systems if mark in text), "")
    return " on ".join(part for part in (browser, system) if part) or text[:40] or "Unknown"


def state_light(workflow: HasState) -> StateLight:
    """Deployed, armed with the time left, or internal."""
    left = (workflow.armed_until - datetime.now(UTC)).total_seconds() if workflow.armed_until else 0
    if left > 0:
        return StateLight("armed", "Armed", f"{int(left) // 60}:{int(left) % 60:02d} left")
    if workflow.state == "deployed":
        return StateLight("deployed" if workflow.enabled else "disabled", "Deployed")
    return StateLight("internal", "Internal")


def with_query(query: Mapping[str, object], **changes: object) -> str:
    """A query string of what is set in `query`, with changes."""
    return urlencode({key: value for key, value in {**query, **changes}.items() if value not in ("", None)})


def keycaps(keys: str) -> str:
    """Keys by the names that stand on the keyboards of the page's language."""
    return KEYS.sub(lambda found: said(f"key {found[0]}").removeprefix("key "), keys)


def type_title(types: Sequence[HasTitle], name: str) -> str:
    return next((kind.title for kind in types if kind.name == name), name)


def counted(total: int) -> str:
    """How many there are; lists of executions are counted no further than this."""
    return f"{COUNTED_TO:,} or more" if total >= COUNTED_TO else f"{total:,}"


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    function.__name__: function
    for function in (
        iso,
        ago,
        duration,
        pretty_json,
        compact_json,
        script_json,
        prose,
        error_text,
        log_text,
        short,
        short_agent,
        state_light,
        counted,
        with_query,
        type_title,
        data_tree,
        data_table,
        span_text,
    )
}


def when_drawn(function: Callable[[str], str]) -> Callable[[object, str], str]:
    """A filter that Jinja does not apply to constants once for all, in the language of whoever came first."""

    @pass_context
    def filter(_: object, text: str) -> str:
        return function(text)

    return filter


def add_filters(engine: JinjaTemplateEngine) -> None:
    """Make the filters known to templates, and other languages."""
    speaking = {"t": said, "told": told, "keycaps": keycaps}
    engine.engine.filters.update(FILTERS | {name: when_drawn(function) for name, function in speaking.items()})
    engine.engine.globals.update(translated=translated, page_language=language.get, static_root=static_root())
    engine.engine.add_extension(Translated)
