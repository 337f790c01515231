"""What a settings form sends becomes the block's configuration, and nothing that was typed is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.describe import ConfigProblem, FormField
from app.sdk import Json
from app.web.form_values import json_problem, shown
from app.web.form_views import FieldView, field_views, flat, json_problems, surroundings, unplaced
from app.web.forms import read_block, read_config


def field(name: str, kind: str = "text", **more: Any) -> FormField:
    return FormField(name=name, kind=kind, title=name.capitalize(), **more)


def read(form_field: FormField, text: str, previous: dict[str, Json] | None = None) -> dict[str, Json]:
    return read_config((form_field,), [(f"config.{form_field.name}", text)], previous or {})


BRANCHES = field("branches", "list", required=True, fields=(field("name"), field("expression", "expression", required=True)))
TAGS = field("tags", "list", fields=(field(""),))
HEADERS = field("headers", "pairs")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "12", 12),
        ("integer", " -3 ", -3),
        ("integer", "12 apples", "12 apples"),
        ("integer", "1_000", "1_000"),
        ("integer", "٣", "٣"),
        ("integer", "{{ variables.n }}", "{{ variables.n }}"),
        ("number", "1.5", 1.5),
        ("number", "2", 2),
        ("number", "1e999", "1e999"),
        ("number", "nan", "nan"),
        ("text", "12", "12"),
        ("text", " kept ", " kept "),
        ("multiline", "a\r\nb", "a\nb"),
        ("secret", "s3cret", "s3cret"),
        ("json", '{"a": [1, null]}', {"a": [1, None]}),
        ("json", '"12"', "12"),
        ("json", "hello {{ variables.name }}", "hello {{ variables.name }}"),
        ("json", '{"a": ', '{"a": '),
        ("json", "NaN", "NaN"),
        ("json", "[" * 5000, "[" * 5000),
        ("json", "null", None),
    ],
)
def test_typed_text_becomes_the_value_of_its_kind_or_stays_text(kind: str, text: str, value: Json) -> None:
    assert read(field("x", kind), text) == {"x": value}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", 12),
        ("text", {"a": 1}),
        ("json", "12"),
        ("json", "plain"),
        ("json", {"a": "ü"}),
        ("json", None),
        ("integer", 1.0),
        ("switch", True),
    ],
)
def test_an_untouched_value_comes_back_as_it_was(kind: str, value: Json) -> None:
    back = read(field("x", kind), shown(kind, value), {"x": value})
    assert back == {"x": value}
    assert type(back["x"]) is type(value)


def test_an_emptied_optional_field_leaves_its_key_out_and_a_needed_text_stays() -> None:
    assert read(field("x"), "", {"x": "old"}) == {}
    assert read(field("x", "integer", required=True), "", {"x": 3}) == {}
    assert read(field("x", required=True), "", {"x": "old"}) == {"x": ""}


def test_what_the_form_does_not_send_or_know_stays() -> None:
    form = [("config.a", "new")]
    assert read_config((field("a"), field("b")), form, {"a": "old", "b": "kept", "unknown": 1}) == {
        "a": "new",
        "b": "kept",
        "unknown": 1,
    }


def test_a_switch_is_off_when_only_its_hidden_companion_comes() -> None:
    switch = field("fail", "switch", default=True)
    on = [("config.fail", "true"), ("config.fail", "false")]
    assert read_config((switch,), on, {}) == {}
    assert read_config((switch,), on, {"fail": False}) == {"fail": True}
    assert read_config((switch,), [("config.fail", "false")], {}) == {"fail": False}


def test_a_choice_keeps_the_type_of_its_values_and_its_untouched_default_is_not_saved() -> None:
    choice = field("size", "choice", choices=(1, 2, "many"), default=1)
    assert read(choice, "1") == {}
    assert read(choice, "2") == {"size": 2}
    assert read(choice, "many") == {"size": "many"}
    assert read(choice, "{{ variables.size }}") == {"size": "{{ variables.size }}"}


def branch_form(*expressions: str) -> list[tuple[str, str]]:
    rows = [(f"config.branches.{n}.expression", text) for n, text in enumerate(expressions)]
    return [*rows, ("config.branches", "")]


def expressions(config: dict[str, Json]) -> list[str]:
    return [branch["expression"] for branch in config["branches"]]


def test_a_list_of_objects_is_read_in_the_order_of_its_numbers() -> None:
    texts = [f"x > {n}" for n in range(12)]
    assert expressions(read_config((BRANCHES,), list(reversed(branch_form(*texts))), {})) == texts


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (("_add", "config.branches"), ["a", "b", "c", ""]),
        (("_remove", "config.branches.1"), ["a", "c"]),
        (("_up", "config.branches.2"), ["a", "c", "b"]),
        (("_up", "config.branches.0"), ["a", "b", "c"]),
        (("_remove", "config.branches.9"), ["a", "b", "c"]),
        (("_remove", "config.branches.x"), ["a", "b", "c"]),
        (("_remove", "config.other.0"), ["a", "b", "c"]),
    ],
)
def test_add_remove_and_up_change_the_list_they_name(action: tuple[str, str], expected: list[str]) -> None:
    assert expressions(read_config((BRANCHES,), [*branch_form("a", "b", "c"), action], {})) == expected


def test_an_item_keeps_what_the_form_does_not_show() -> None:
    config = read_config((BRANCHES,), branch_form("new"), {"branches": [{"expression": "old", "color": "red"}]})
    assert config == {"branches": [{"expression": "new", "color": "red"}]}


def test_the_last_row_of_an_optional_list_can_be_removed() -> None:
    form = [("config.tags.0", "a"), ("config.tags", ""), ("_remove", "config.tags.0")]
    assert read_config((TAGS,), form, {"tags": ["a"]}) == {}
    assert read_config((replace(TAGS, default=["x"]),), form, {"tags": ["a"]}) == {"tags": []}
    assert read_config((TAGS,), [("config.other", "")], {"tags": ["a"]}) == {"tags": ["a"]}


def test_pairs_become_an_object_and_rows_that_it_cannot_hold_are_kept_and_reported() -> None:
    form = [
        ("config.headers.0.key", "Accept"),
        ("config.headers.0.value", "text/html"),
        ("config.headers.1.key", ""),
        ("config.headers.1.value", "typed"),
        ("config.headers.2.key", "Accept"),
        ("config.headers.2.value", "again"),
        ("config.headers", ""),
    ]
    reading = read_block((HEADERS,), form, {"id": "b", "config": {}})
    assert reading.block["config"] == {"headers": {"Accept": "text/html"}}
    assert reading.rows["config.headers"] == (("Accept", "text/html"), ("", "typed"), ("Accept", "again"))
    assert [problem.field for problem in reading.problems] == ["headers.1", "headers.2"]


def test_add_gives_a_pairs_field_an_empty_row_that_is_drawn_but_not_saved() -> None:
    reading = read_block((HEADERS,), [("config.headers", ""), ("_add", "config.headers")], {"id": "b", "config": {}})
    view = field_views((HEADERS,), reading.block["config"], surroundings((), rows=reading.rows))[0]
    assert reading.block["config"] == {}
    assert [(row.key, row.value) for row in view.rows] == [("", "")]


def test_a_block_takes_name_notes_switch_and_policy_from_the_form() -> None:
    form = [
        ("name", "Check"),
        ("notes", "why\r\nso"),
        ("enabled", "false"),
        ("policy.timeout_ms", "5000"),
        ("policy.on_error", "continue"),
        ("config.a", "x"),
    ]
    block = read_block((field("a"),), form, {"id": "b", "type": "t", "name": "Old", "config": {}, "enabled": True}).block
    assert block == {
        "id": "b",
        "type": "t",
        "name": "Check",
        "notes": "why\nso",
        "enabled": False,
        "policy": {"timeout_ms": 5000, "on_error": "continue"},
        "config": {"a": "x"},
    }


@pytest.mark.parametrize("typed", ["soon", "0", "86400001", "-1"])
def test_a_timeout_that_does_not_fit_is_reported_and_the_old_one_stays(typed: str) -> None:
    old = {"id": "b", "config": {}, "policy": {"timeout_ms": 10, "on_error": "fail"}}
    reading = read_block((), [("policy.timeout_ms", typed)], old)
    assert reading.block["policy"] == {"timeout_ms": 10, "on_error": "fail"}
    assert reading.policy_texts == {"policy.timeout_ms": typed}
    assert reading.problems[0].field == "policy.timeout_ms"


def only(form_field: FormField, config: dict[str, Json], *problems: ConfigProblem, **around: Any) -> FieldView:
    return field_views((form_field,), config, surroundings(problems, **around))[0]


def test_a_value_of_another_shape_is_shown_so_that_it_can_be_kept() -> None:
    assert only(HEADERS, {"headers": "{{ variables.headers }}"}).control == "json"
    assert only(BRANCHES, {"branches": ["text"]}).control == "json"
    assert only(field("on", "switch"), {"on": "{{ variables.on }}"}).control == "text"
    assert read(HEADERS, "{{ variables.headers }}") == {"headers": "{{ variables.headers }}"}
    assert read(HEADERS, '{"A": {"b": 1}}') == {"headers": {"A": {"b": 1}}}


def test_problems_stand_at_their_field_and_the_rest_is_listed() -> None:
    problems = (
        ConfigProblem("branches.1.expression", "Condition: is needed"),
        ConfigProblem("colour", "colour: is not a setting"),
    )
    view = only(BRANCHES, {"branches": [{"expression": "a"}, {"expression": ""}]}, *problems)
    assert [row.views[1].problem for row in view.rows] == ["", "Condition: is needed"]
    assert view.has_problem
    assert unplaced((view,), problems) == ("colour: is not a setting",)


def test_a_choice_offers_its_values_and_a_value_that_is_gone_stays_chosen() -> None:
    view = only(field("credential", "credential"), {"credential": "GONE"}, credentials=("SHOP",))
    assert [(option.value, option.selected) for option in view.options] == [("GONE", True), ("SHOP", False)]
    assert only(field("method", "choice", choices=("GET", "POST"), default="POST"), {}).text == "POST"


def test_a_webhook_shows_its_address_and_a_line_for_the_shell_that_hides_the_secret() -> None:
    config = {"webhook_id": "0e6b", "webhook_secret": "it's $HOME"}
    webhook = only(field("webhook_id", "webhook_id"), config, base_url="http://127.0.0.1:8080").webhook
    assert webhook is not None
    assert webhook.url == "http://127.0.0.1:8080/api/webhooks/0e6b"
    assert """'Authorization: Bearer it'"'"'s $HOME'""" in webhook.curl
    assert "HOME" not in webhook.curl_shown


def test_broken_json_is_kept_and_its_place_is_named() -> None:
    config = {"body": '{"a": {{ x }}}'}
    view = only(field("body", "json"), config)
    assert view.text == config["body"]
    assert [problem.field for problem in json_problems((view,), flat(config))] == ["body"]
    assert "between quotes" in str(json_problem(config["body"]))
    assert json_problem("{{ blocks.fetch.output }}") is None
    assert json_problem("Hello {{ variables.name }}") is None


def test_the_policy_that_the_form_does_not_show_is_kept() -> None:
    old = {
        "id": "b",
        "config": {},
        "policy": {"retry": {"attempts": 2, "delay_ms": 50}, "cache_ttl_ms": 9, "pinned": {"output": 1}},
    }
    sent = [("policy.timeout_ms", ""), ("policy.retry.attempts", "5"), ("policy.run_if", " input.ok ")]
    assert read_block((), sent, old).block["policy"] == {
        "retry": {"attempts": 5, "delay_ms": 50},
        "cache_ttl_ms": 9,
        "pinned": {"output": 1},
        "run_if": "input.ok",
        "timeout_ms": None,
        "on_error": "fail",
    }


DO = field("do", "choice", choices=("cut", "pad"), default="cut")
FILL = field("fill", when=(("do", ("pad",)),))


@pytest.mark.parametrize(
    ("config", "hidden"),
    [
        ({}, True),
        ({"do": "pad"}, False),
        ({"do": "cut", "fill": "x"}, True),
        ({"do": "{{ input.do }}"}, False),
        ({"do": 5}, True),
    ],
    ids=str,
)
def test_a_field_that_does_not_matter_is_hidden_and_keeps_its_value(config: dict[str, Json], hidden: bool) -> None:
    views = {view.field.name: view for view in field_views((DO, FILL), config, surroundings(()))}
    assert (views["fill"].hidden, views["do"].hidden) == (hidden, False)
    assert views["fill"].text == config.get("fill", "")


def test_a_field_with_a_problem_is_shown_even_where_it_does_not_matter() -> None:
    (view,) = field_views((FILL,), {"do": "cut"}, surroundings([ConfigProblem("fill", "Fill: is needed")]))
    assert not view.hidden
