"""n8n's expressions in this language: what is translated computes the same, what is beyond it is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.expressions import Scope as Names
from app.engine.expressions import compile_expression, compile_template
from app.formats.n8n.expressions import Scope, condition, template, translated
from app.formats.n8n.javascript import NotUnderstood
from app.sdk import Json

NODES = {
    "Webhook": ((("body",), "blocks.webhook.output"), (("query",), "execution.request.query")),
    "Get user": (((), "blocks.get_user.output"),),
}
SCOPE = Scope((((), "input"),), NODES)
INPUT = {
    "name": " Ada ",
    "n": 7,
    "list": [{"id": 1, "ok": True}, {"id": 2, "ok": False}],
    "class": "x",
    "last name": "L",
    "none": None,
}
VALUES = Names(
    {
        "input": INPUT,
        "blocks": {"webhook": {"output": {"email": "a@b.c"}}, "get_user": {"output": {"id": 5}}},
        "execution": {"id": "run", "request": {"query": {"q": "x"}}},
        "workflow": {"id": "w", "name": "W"},
    },
    datetime(2026, 6, 1, 12, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("$json.name", " Ada "),
        ("$json['last name']", "L"),
        ("$json.class", "x"),
        ("$json.name.trim().toUpperCase()", "ADA"),
        ("$json.missing || 'none'", "none"),
        ("$json.missing ?? $json.n", 7),
        ("$json.a?.b?.c || 1", 1),
        ("$json.n > 3 && $json.n !== 8", True),
        ("!($json.n === 7) || false", False),
        ("$json.n % 2 === 1 ? 'odd' : 'even'", "odd"),
        ("'a' + $json.n + \"b\"", "a7b"),
        ("`${$json.n}-${$json.name.trim()}`", "7-Ada"),
        ("-$json.n * 2 + 1", -13),
        ("$json.list.length", 2),
        ("$json.list.map(x => x.id).join('/')", "1/2"),
        ("$json.list.filter((x) => x.ok).length", 1),
        ("$json.list[0].id", 1),
        ("$json.name.trim().slice(0, 2)", "Ad"),
        ("$json.name.includes('da')", True),
        ("JSON.stringify($json.list[0])", '{"id":1,"ok":true}'),
        ("Math.max($json.n, 9, 1)", 9),
        ("Math.round(2.4)", 2),
        ("$('Webhook').item.json.body.email", "a@b.c"),
        ("$('Webhook').first().json.query.q", "x"),
        ('$node["Get user"].json["id"]', 5),
        ("$input.first().json.n", 7),
        ("$input.item.json.n", 7),
        ("$execution.id + '!'", "run!"),
        ("$now.minus({ days: 1 }).format('yyyy-MM-dd')", "2026-05-31"),
        ("$now.plus({hours: 2}).toISO().startsWith('2026-06-01T14')", True),
        ("new Date().toISOString().startsWith('2026')", True),
        ("({ a: [1, $json.n], 'b c': null })", {"a": [1, 7], "b c": None}),
        ("$json.none === null", True),
        ("Object.keys($json).length", 6),
        ("encodeURIComponent($json['last name'])", "L"),
    ],
)
def test_what_is_translated_computes_the_same(written: str, value: Json) -> None:
    ours = translated(written, SCOPE)
    found = compile_expression(ours).evaluate(VALUES)
    assert (found.replace(" ", "") if isinstance(value, str) and value.startswith("{") else found) == value, ours


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("=plain", "plain"),
        ("plain {{ $json.n }}", "plain {{ $json.n }}"),
        ("={{ $json.n }}", "{{ input.n }}"),
        ("=Hi {{ $json.name }}, {{$json.n}}!", "Hi {{ input.name }}, {{ input.n }}!"),
        ("=", ""),
    ],
)
def test_a_field_with_placeholders(written: str, ours: str) -> None:
    assert template(written, SCOPE) == ours


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("a", '"a"'),
        (5, "5"),
        (None, "null"),
        ("={{ $json.n }}", "input.n"),
        ("=a{{ $json.n }}", '"a" + str(input.n)'),
        ("=x", '"x"'),
    ],
)  # fmt: skip
def test_a_part_of_a_condition(written: Json, ours: str) -> None:
    assert condition(written, SCOPE) == ours


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("$items('x').length", "`$items`"),
        ("$json.name.match(/a/)", "`/` was not expected"),
        ("$json.list.reduce((a, b) => a + b)", "was not expected|expected"),
        ("$env.SECRET", "`$env`"),
        ("$('Nobody').item.json.x", "no node `Nobody`"),
        ("$('Webhook').item.json.params.x", "not there"),
        ("function () { return 1 }", "was not expected"),
        ("$json.list.map(class => 1)", "cannot be a name"),
        ("a = 1", "not understood"),
        ("(1", "expected"),
        ("", "ends too early"),
        ("[" * 200, "too deeply|ends"),
        ("!" * 200 + "1", "too deeply"),
        ("`${" * 60 + "1" + "}`" * 60, "too deeply|no end|not understood"),
        ("1+" * 5_000 + "1", "too long"),
        ("$now.format('EEEE')", "pattern"),
        ("process.exit()", "`process` is not known"),
        ("$json.constructor.constructor('x')()", "not known"),
    ],
)  # fmt: skip
def test_what_is_beyond_it_is_told(written: str, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words.replace("$", r"\$").replace("(", r"\(")):
        translated(written, SCOPE)


@given(st.text(alphabet="$json.aA1'\"`{}[]()?:=>!&|+-*/%, \\\n", max_size=60))
def test_nothing_breaks_it(written: str) -> None:
    try:
        ours = template(f"={{{{ {written} }}}}", SCOPE)
    except NotUnderstood:
        return
    assert isinstance(ours, str)


def test_a_translated_template_is_a_template() -> None:
    assert compile_template(template("=N: {{ $json.n + 1 }}", SCOPE)).render(VALUES) == "N: 8"
