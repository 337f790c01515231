"""What the settings form draws: every field with its text, choices and problem. Pure, from declaration and configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.describe import ConfigProblem, FormField
from app.describe.cron import CronChoice, choice_of
from app.describe.rules import Rules, rules_of
from app.sdk import Json
from app.web.form_values import (
    ABSENT,
    choice_values,
    is_scalar_list,
    json_problem,
    shown,
)
from app.web.forms import Rows
from app.web.spoken import spoken_choice
from app.web.translation import said
from app.web.webhook_views import WebhookView, webhook_view


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a pairs field, or one item of a list with its fields."""

    index: int
    path: str
    key: str = ""
    value: str = ""
    problem: str = ""
    views: tuple[FieldView, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as it is drawn. `control` is the field's kind, or what replaces it where the value does not fit the kind."""

    field: FormField
    path: str
    control: str
    text: str = ""
    placeholder: str = ""
    problem: str = ""
    options: tuple[Option, ...] = ()
    rows: tuple[RowView, ...] = ()
    views: tuple[FieldView, ...] = ()
    webhook: WebhookView | None = None
    page_url: str = ""
    """Where the page is that the field is the address of."""
    rules: Rules | None = None
    """What an expression says, as rules, where that is possible."""
    cron: CronChoice | None = None
    """What a cron line says, as choices, where that is possible."""
    idle: bool = False
    """Whether it does not matter as the other fields are; it keeps its value."""

    @property
    def hidden(self) -> bool:
        """Not shown, unless something is wrong with it."""
        return self.idle and not self.has_problem

    @property
    def id(self) -> str:
        return "f-" + self.path.replace(".", "-")

    @property
    def title(self) -> str:
        return self.field.title or self.field.name

    @property
    def has_problem(self) -> bool:
        inner = (view for row in self.rows for view in row.views)
        return bool(self.problem) or any(row.problem for row in self.rows) or any(v.has_problem for v in (*self.views, *inner))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a form needs to know beyond its block."""

    base_url: str = ""
    credentials: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    rows: Mapping[str, Rows] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    sample: Json = None
    """What a webhook's curl line sends."""
    conditions: Mapping[str, Rules] = field(default_factory=dict)


def surroundings(
    problems: Iterable[ConfigProblem],
    *,
    base_url: str = "",
    credentials: Sequence[str] = (),
    workflows: Sequence[str] = (),
    rows: Mapping[str, Rows] | None = None,
    sample: Json = None,
    conditions: Mapping[str, Rules] | None = None,
) -> Surroundings:
    """Surroundings with the problems by path; of several at one place the first is shown."""
    by_path: dict[str, str] = {}
    for problem in problems:
        by_path.setdefault(problem.field, problem.message)
    return Surroundings(base_url, tuple(credentials), tuple(workflows), rows or {}, by_path, sample, conditions or {})


def field_views(
    fields: Sequence[FormField], config: Mapping[str, Json], around: Surroundings, path: str = "config"
) -> tuple[FieldView, ...]:
    """The fields of a configuration in the order of their declaration."""
    views = (_view(form_field, config, around, f"{path}.{form_field.name}") for form_field in fields)
    return tuple(replace(view, idle=True) if _is_idle(view.field, fields, config) else view for view in views)


def _is_idle(form_field: FormField, fields: Sequence[FormField], config: Mapping[str, Json]) -> bool:
    """True when another field has a value for which this one does not matter; a placeholder can become any value."""
    defaults = {other.name: other.default for other in fields}
    now = {name: config.get(name, defaults.get(name)) for name, _ in form_field.when}
    return any(now[name] not in values and not _is_open(now[name]) for name, values in form_field.when)


def _is_open(value: Json) -> bool:
    return isinstance(value, str) and ("{{" in value or "${" in value)


def unplaced(views: Sequence[FieldView], problems: Iterable[ConfigProblem]) -> tuple[str, ...]:
    """The problems that no field shows, for example about a field that the block does not have."""
    places = {view.path.removeprefix("config.") for view in _all(views)}
    places |= {row.path.removeprefix("config.") for view in _all(views) for row in view.rows}
    return tuple(dict.fromkeys(problem.message for problem in problems if problem.field not in places))


def json_problems(views: Sequence[FieldView], config_at: Mapping[str, Json]) -> tuple[ConfigProblem, ...]:
    """What is wrong in JSON fields whose text is kept as it was typed."""
    found = []
    for view in _all(views):
        message = json_problem(config_at.get(view.path, ABSENT)) if view.control == "json" else None
        if message:
            found.append(ConfigProblem(view.path.removeprefix("config."), message))
    return tuple(found)


def flat(value: Json, path: str = "config") -> dict[str, Json]:
    """Every value of a configuration by its dotted path."""
    found = {path: value}
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found |= flat(inner, f"{path}.{key}")
    return found


def _all(views: Iterable[FieldView]) -> Iterable[FieldView]:
    for view in views:
        yield view
        yield from _all(view.views)
        for row in view.rows:
            yield from _all(row.views)


def _view(form_field: FormField, config: Mapping[str, Json], around: Surroundings, path: str) -> FieldView:
    value = config.get(form_field.name, ABSENT)
    problem = _beside(form_field, around.problems.get(path.removeprefix("config."), ""))
    control = _control(form_field, value)
    if control == "object":
        views = field_views(form_field.fields, value if isinstance(value, dict) else {}, around, path)
        return FieldView(form_field, path, control, problem=problem, views=views)
    if control == "pairs":
        return FieldView(form_field, path, control, problem=problem, rows=_pair_rows(value, form_field, around, path))
    if control == "list":
        return FieldView(form_field, path, control, problem=problem, rows=_item_rows(value, form_field, around, path))
    chosen = form_field.default if value is ABSENT and control in ("switch", "choice", "cron") else value
    text = shown(control, ABSENT if chosen is None and control != "json" else chosen)
    return FieldView(
        form_field,
        path,
        control,
        text,
        form_field.placeholder or shown("text", form_field.default),
        problem,
        _options(form_field, control, text, around),
        webhook=webhook_view(config, around.base_url, text, around.sample) if control == "webhook_id" and text else None,
        page_url=f"{around.base_url}/pages/{text}" if control == "page_id" and text else "",
        rules=(around.conditions.get(path) or rules_of(text)) if control == "expression" and not form_field.is_value else None,
        cron=choice_of(text) if control == "cron" and text else None,
    )


def _beside(form_field: FormField, message: str) -> str:
    """A problem as it reads under its own field, where its title need not be said again."""
    place, _, words = message.partition(": ")
    named = bool(words) and place.endswith(form_field.title or form_field.name)
    return words[:1].upper() + words[1:] if named else message


def _control(form_field: FormField, value: Json) -> str:
    """The kind, unless the value has another shape: then text or JSON, so that it is seen and kept."""
    kind = form_field.kind
    fits = {
        "list": isinstance(value, list) and (is_scalar_list(form_field) or all(isinstance(item, dict) for item in value)),
        "pairs": isinstance(value, dict) and not any(isinstance(item, (dict, list)) for item in value.values()),
        "object": isinstance(value, dict),
    }
    if value is ABSENT or value is None:
        return kind
    if kind in fits:
        return kind if fits[kind] else "json"
    if isinstance(value, str) and "{{" in value and kind in ("switch", "choice", "credential", "workflow", "integer", "number"):
        return "text"
    if kind == "switch" and not isinstance(value, bool):
        return "text"
    return kind


def _pair_rows(value: Json, form_field: FormField, around: Surroundings, path: str) -> tuple[RowView, ...]:
    pairs = value if isinstance(value, dict) else form_field.default if isinstance(form_field.default, dict) else {}
    rows = around.rows.get(path) or tuple((key, shown("text", item)) for key, item in pairs.items())
    problems = around.problems
    places = [f"{path}.{number}".removeprefix("config.") for number in range(len(rows))]
    named = [f"{path}.{key}".removeprefix("config.") for key, _ in rows]
    return tuple(
        RowView(number, f"{path}.{number}", key, text, problems.get(places[number]) or problems.get(named[number], ""))
        for number, (key, text) in enumerate(rows)
    )


def _item_rows(value: Json, form_field: FormField, around: Surroundings, path: str) -> tuple[RowView, ...]:
    items = value if isinstance(value, list) else form_field.default if isinstance(form_field.default, (list, tuple)) else []
    rows = []
    for number, item in enumerate(items):
        place = f"{path}.{number}"
        problem = around.problems.get(place.removeprefix("config."), "")
        if is_scalar_list(form_field):
            rows.append(RowView(number, place, value=shown("text", item), problem=problem))
        else:
            rows.append(RowView(number, place, problem=problem, views=field_views(form_field.fields, item, around, place)))
    return tuple(rows)


def _options(form_field: FormField, control: str, text: str, around: Surroundings) -> tuple[Option, ...]:
    if control == "choice":
        labels = {shown("choice", one): spoken_choice(str(one), form_field.choices) for one in choice_values(form_field)}
    elif control in ("credential", "workflow"):
        labels = {name: name for name in (around.credentials if control == "credential" else around.workflows)}
    else:
        return ()
    if text not in labels:
        nothing = said("None" if not form_field.required else "Choose…")
        labels = {text: f"{text} ({said('not found')})" if text else nothing} | labels
    elif not form_field.required and control != "choice":
        labels = {"": said("None")} | labels
    return tuple(Option(value, label, value == text) for value, label in labels.items())
