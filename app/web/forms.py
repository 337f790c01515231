"""What a block's settings form sent, turned into the block as the canvas keeps it. Nothing that was typed gets lost.

Names of inputs are dotted paths: `config.branches.0.expression`, `config.headers.0.key`. A list or pairs field also
sends its own name, so that one without rows differs from one that was not in the form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from app.describe import ConfigProblem, FormField
from app.describe.cron import CronChoice
from app.describe.rules import Rule, Rules
from app.sdk import Json
from app.web.form_policy import read_policy
from app.web.form_rules import posted_line, posted_rules
from app.web.form_values import (
    ABSENT,
    CONTAINER_KINDS,
    TEXT_KINDS,
    is_scalar_list,
    json_or_text,
    lines,
    read_scalar,
    shown,
)

Rows = tuple[tuple[str, str], ...]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Action:
    """A press on Add, Remove or Move up in a list; `path` is the list's."""

    kind: Literal["add", "remove", "up"]
    path: str
    index: int = -1


@dataclass(frozen=True, slots=True)
class Reading:
    """A block as the form has it, and what was typed where the block cannot hold it."""

    block: dict[str, Json]
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """Pairs by path as they stand in the form: a dict has no room for a row without a name or a name twice."""
    conditions: Mapping[str, Rules] = field(default_factory=dict)
    """Rules by path as they stand in the form: an expression has no room for a rule that is not filled in yet."""
    policy_texts: Mapping[str, str] = field(default_factory=dict)
    """What was typed into the fields of the policy that cannot hold it, by name."""
    problems: tuple[ConfigProblem, ...] = ()


@dataclass(slots=True)
class _Node:
    """The posted names as a tree."""

    text: str | None = None
    children: dict[str, _Node] = field(default_factory=dict)

    def rows(self) -> list[_Node]:
        numbers = sorted(int(name) for name in self.children if re.fullmatch(r"0|[1-9][0-9]{0,8}", name))
        return [self.children[str(number)] for number in numbers]

    def text_of(self, name: str) -> str:
        child = self.children.get(name)
        return lines(child.text or "") if child else ""


def read_block(fields: Sequence[FormField], form: Sequence[tuple[str, str]], block: Mapping[str, Json]) -> Reading:
    """The block after an edit. `block` is the one before, as the canvas sent it along."""
    tree = _tree(form)
    reader = _Reader(_action(form), rules=tree.children.get("rules", _Node()), crons=tree.children.get("cron", _Node()))
    before = block.get("config")
    config = reader.fields(fields, tree.children.get("config", _Node()), before if isinstance(before, dict) else {}, "config")
    changed = {**block, "config": config}
    for name in ("name", "notes"):
        if name in tree.children:
            changed[name] = tree.text_of(name)
    if "enabled" in tree.children:
        changed["enabled"] = tree.text_of("enabled") == "true"
    problems, texts = tuple(_row_problems(reader.rows)), dict[str, str]()
    if "policy" in tree.children:
        old = block.get("policy")
        was: dict[str, Json] = old if isinstance(old, dict) else {}
        reading = read_policy(
            tree.children["policy"], was, lambda text: reader.condition(text, was.get("run_if", ""), "policy.run_if")
        )
        changed["policy"], texts = reading.policy, dict(reading.texts)
        problems += reading.problems
    return Reading(changed, reader.rows, reader.kept_conditions(), texts, problems)


def read_config(fields: Sequence[FormField], form: Sequence[tuple[str, str]], previous: Mapping[str, Json]) -> dict[str, Json]:
    """The raw configuration in the form's `config.` fields; fields that were not sent stay as they were."""
    return _Reader(_action(form)).fields(fields, _tree(form).children.get("config", _Node()), previous, "config")


def new_item(form_field: FormField) -> Json:
    """What Add puts at the end of a list."""
    if is_scalar_list(form_field):
        return ""
    return {item.name: "" for item in form_field.fields if item.required and item.default is None and item.kind in TEXT_KINDS}


@dataclass(frozen=True, slots=True)
class _Reader:
    action: Action | None
    rows: dict[str, Rows] = field(default_factory=dict)
    rules: _Node = field(default_factory=_Node)
    crons: _Node = field(default_factory=_Node)
    conditions: dict[str, Rules] = field(default_factory=dict)

    def fields(self, fields: Sequence[FormField], node: _Node, before: Mapping[str, Json], path: str) -> dict[str, Json]:
        known = {form_field.name for form_field in fields}
        config: dict[str, Json] = {}
        for form_field in fields:
            child = node.children.get(form_field.name)
            value = before.get(form_field.name, ABSENT)
            if child is not None:
                value = self.value(form_field, child, value, f"{path}.{form_field.name}")
            if value is not ABSENT:
                config[form_field.name] = value
        # What the form does not show is not the form's to drop; validation reports it.
        return config | {name: value for name, value in before.items() if name not in known}

    def value(self, form_field: FormField, node: _Node, before: Json, path: str) -> Json:
        if form_field.kind == "expression":
            return read_scalar(form_field, self.condition(lines(node.text or ""), before, path), before)
        if form_field.kind == "cron":
            return read_scalar(form_field, self.cron(form_field, lines(node.text or ""), before, path), before)
        if form_field.kind not in CONTAINER_KINDS:
            return read_scalar(form_field, lines(node.text or ""), before)
        if node.text:
            return json_or_text(lines(node.text))
        value: Json
        if form_field.kind == "object":
            value = self.fields(form_field.fields, node, before if isinstance(before, dict) else {}, path)
        elif form_field.kind == "pairs":
            value = self.pairs(node, before if isinstance(before, dict) else {}, path)
        else:
            value = self.items(form_field, node, before if isinstance(before, list) else [], path)
        nothing_said = form_field.kind == "object" and not value  # each of its fields has its default
        left_out = before is ABSENT and (value == form_field.default or nothing_said)
        return ABSENT if left_out or (not value and not form_field.required and not form_field.default) else value

    def condition(self, text: str, before: Json, path: str) -> str:
        """What the rules of a field say, unless its text was changed."""
        rules = posted_rules(self.rules, path, lambda rows: self.apply(f"rules.{path}", rows, Rule()))
        if rules is None or text != shown("expression", before):
            return text
        self.conditions[path] = rules
        return rules.source

    def cron(self, form_field: FormField, text: str, before: Json, path: str) -> str:
        """What was chosen for a cron line, unless its text was changed."""
        if self.action is not None and self.action.path == f"cron.{path}":
            return CronChoice().line if self.action.kind == "add" else ""
        line = posted_line(self.crons, path)
        stood = shown("cron", form_field.default if before is ABSENT and form_field.default is not None else before)
        return line if line is not None and text == stood else text

    def kept_conditions(self) -> dict[str, Rules]:
        """Rules as they were typed, but for those in a list whose items have just changed places."""
        moved = self.action.path + "." if self.action else ""
        return {path: rules for path, rules in self.conditions.items() if not moved or not path.startswith(moved)}

    def pairs(self, node: _Node, before: Mapping[str, Json], path: str) -> dict[str, Json]:
        rows = self.apply(path, [(row.text_of("key"), row.text_of("value")) for row in node.rows()], ("", ""))
        self.rows[path] = tuple(rows)
        pairs: dict[str, Json] = {}
        for key, text in rows:
            if key and key not in pairs:
                pairs[key] = before[key] if key in before and text == shown("text", before[key]) else text
        return pairs

    def items(self, form_field: FormField, node: _Node, before: Sequence[Json], path: str) -> list[Json]:
        items = []
        for number, row in enumerate(node.rows()):
            old = before[number] if number < len(before) else ABSENT
            items.append(self.item(form_field, row, old, f"{path}.{number}"))
        return self.apply(path, items, new_item(form_field))

    def item(self, form_field: FormField, row: _Node, before: Json, path: str) -> Json:
        text = lines(row.text or "")
        if is_scalar_list(form_field):
            value = read_scalar(form_field.fields[0], text, before)
            return "" if value is ABSENT else value
        if text:
            return json_or_text(text)
        return self.fields(form_field.fields, row, before if isinstance(before, dict) else {}, path)

    def apply(self, path: str, rows: list[Row], new: Row) -> list[Row]:
        if self.action is None or self.action.path != path:
            return rows
        index = self.action.index
        if self.action.kind == "add":
            return [*rows, new]
        if not 0 <= index < len(rows):
            return rows
        if self.action.kind == "remove":
            return rows[:index] + rows[index + 1 :]
        above = max(index - 1, 0)
        return [*rows[:above], rows[index], *rows[above:index], *rows[index + 1 :]]


def _tree(form: Sequence[tuple[str, str]]) -> _Node:
    root = _Node()
    for name, text in form:
        node = root
        for part in name.split("."):
            node = node.children.setdefault(part, _Node())
        # The first one counts: a switch that is on sends "true" before the "false" of its hidden companion.
        node.text = text if node.text is None else node.text
    return root


def _action(form: Sequence[tuple[str, str]]) -> Action | None:
    for name, text in form:
        if name == "_add":
            return Action("add", text)
        if name in ("_remove", "_up"):
            path, _, index = text.rpartition(".")
            if re.fullmatch(r"[0-9]{1,9}", index):
                return Action("remove" if name == "_remove" else "up", path, int(index))
    return None


def _row_problems(rows: Mapping[str, Rows]) -> list[ConfigProblem]:
    problems = []
    for path, pairs in rows.items():
        seen: set[str] = set()
        for number, (key, text) in enumerate(pairs):
            place = f"{path.removeprefix('config.')}.{number}"
            if key in seen:
                problems.append(ConfigProblem(place, f"`{key}` is there twice; only the first one counts"))
            elif not key and text:
                problems.append(ConfigProblem(place, "The name is missing, so this row is not kept"))
            seen |= {key} - {""}
    return problems
