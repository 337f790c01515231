"""Configurations: which texts are templates, where they may stand, and errors that name the field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from app.engine.config import compile_config, sources
from app.engine.expressions import Scope
from app.sdk import AnyJson, BlockError, Code, Config, Expression, Json, kind
from tests.support.tiny import tiny


class Row(BaseModel):
    name: str = ""
    rule: Expression = ""
    script: Code = ""


class Form(Config):
    text: str = ""
    number: int = 0
    flag: bool = False
    optional: str | None = None
    rows: list[Row] = Field(default_factory=list)
    headers: dict[str, str] = Field(default_factory=dict)
    either: int | Annotated[str, kind("multiline")] = 0
    body: AnyJson = None
    code: Code = ""
    rule: Expression = ""


BLOCK = tiny("form", config=Form)


def resolved(raw: dict[str, Json], **names: Any) -> Form:
    config = compile_config(BLOCK, raw).resolve(lambda: Scope({"variables": names}, datetime(2026, 6, 1, tzinfo=UTC)))
    assert isinstance(config, Form)
    return config


def refusal(raw: dict[str, Json], **names: Any) -> BlockError:
    with pytest.raises(BlockError) as caught:
        resolved(raw, **names)
    return caught.value


def test_a_configuration_without_templates_is_made_once() -> None:
    compiled = compile_config(BLOCK, {"text": "plain", "number": 3})

    def no_scope() -> Scope:
        raise AssertionError("a scope was built for nothing")

    assert compiled.resolve(no_scope) is compiled.resolve(no_scope)
    assert compiled.static == Form(text="plain", number=3)


def test_a_template_is_joined_into_its_text() -> None:
    assert resolved({"text": "Dear {{ variables.name }}!"}, name="Ada").text == "Dear Ada!"


def test_a_field_that_is_one_placeholder_keeps_the_type() -> None:
    made = resolved(
        {"number": "{{ variables.n }}", "flag": "{{ variables.n == 5 }}", "body": "{{ variables.all }}"}, n=5, all={"a": [1]}
    )
    assert (made.number, made.flag, made.body) == (5, True, {"a": [1]})


def test_templates_may_stand_in_any_depth() -> None:
    raw = {
        "rows": [{"name": "first"}, {"name": "{{ variables.x }}"}],
        "headers": {"X-Name": "<{{ variables.x }}>"},
        "body": {"list": [1, {"deep": ["{{ variables.n }}"]}]},
        "optional": "{{ variables.x }}",
        "either": "{{ variables.n }}",
    }
    made = resolved(raw, x="Ada", n=7)
    assert [row.name for row in made.rows] == ["first", "Ada"]
    assert made.headers == {"X-Name": "<Ada>"}
    assert made.body == {"list": [1, {"deep": [7]}]}
    assert (made.optional, made.either) == ("Ada", 7)


def test_code_and_conditions_are_left_as_they_stand() -> None:
    text = "f'{{ variables.x }}'"
    made = resolved(
        {"code": text, "rule": "variables.x == '{{'", "rows": [{"script": text}], "text": "{{ variables.x }}"}, x="Ada"
    )
    assert (made.code, made.rule, made.rows[0].script, made.text) == (text, "variables.x == '{{'", text, "Ada")


def test_rendering_leaves_the_drawn_configuration_alone() -> None:
    raw = {"body": {"list": ["{{ variables.n }}"]}}
    compiled = compile_config(BLOCK, raw)
    for n in (1, 2):
        assert compiled.resolve(lambda n=n: Scope({"variables": {"n": n}}, datetime.now(UTC))).body == {"list": [n]}  # type: ignore[misc,attr-defined]
    assert raw == {"body": {"list": ["{{ variables.n }}"]}}


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"text": "{{ variables.gone }}"}, "text"),
        ({"rows": [{}, {"name": "{{ variables.gone }}"}]}, "rows.1.name"),
        ({"headers": {"X-A": "a {{ variables.gone }}"}}, "headers.X-A"),
        ({"body": [{"a": "{{ 1 + }}"}]}, "body.0.a"),
        ({"number": "{{ variables.word }}"}, "number"),
        ({"number": "twelve"}, "number"),
        ({"rows": [{"name": 5}]}, "rows.0.name"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_an_error_names_the_field(raw: dict[str, Json], place: str) -> None:
    error = refusal(raw, word="sesame")
    assert error.message.startswith(f"field `{place}`: ")
    assert error.details == {"field": place}


def test_an_error_never_shows_the_value() -> None:
    assert "sesame" not in refusal({"number": "{{ variables.word }}"}, word="sesame").message


def test_a_bad_configuration_compiles_and_fails_only_when_it_is_run() -> None:
    compiled = compile_config(BLOCK, {"number": "twelve"})
    assert compiled.problem is not None
    assert compiled.problem.code == "CONFIG_INVALID"


def test_sources_tell_conditions_from_templates() -> None:
    raw = {
        "rule": "a > 1",
        "text": "{{ b }}",
        "code": "{{ c }}",
        "rows": [{"rule": "d", "name": "plain"}],
        "headers": {"x": "{{ e }}"},
    }
    found = {(source.place, source.is_condition) for source in sources(BLOCK, raw)}
    assert found == {("rule", True), ("text", False), ("rows.0.rule", True), ("headers.x", False)}
