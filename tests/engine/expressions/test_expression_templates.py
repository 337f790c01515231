"""Texts with placeholders, and the secrets that they place."""

from datetime import UTC, datetime

import pytest

from app.engine.expressions import ExpressionError, Scope, Secret, compile_expression, compile_template

SCOPE = Scope(
    {
        "variables": {"n": 7, "name": "Ada", "nothing": None, "list": [1, "é"], "yes": True},
        "blocks": {"fetch": {"output": {"user": {"name": "Ada"}, "items": [{"id": 5}]}}},
        "fetch": {"output": {"user": {"name": "Ada"}, "items": [{"id": 5}]}},
        "secrets": {"API_KEY": Secret("<marker-1>"), "OTHER": Secret("<marker-2>")},
    },
    datetime.now(UTC),
    {"late": "has not run"},
)


def render(text: str) -> object:
    return compile_template(text).render(SCOPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ variables.n }}", 7),
        (" \n{{variables.n}} ", 7),
        ("{{ variables.list }}", [1, "é"]),
        ("{{ variables.nothing }}", None),
        ("n={{ variables.n }}", "n=7"),
        ("{{ variables.n }}{{ variables.n }}", "77"),
        ("[{{ variables.nothing }}] {{ variables.yes }} {{ variables.list }} {{ 1.0 }}", '[] true [1,"é"] 1.0'),
        ('{"a": {"b": {{ variables.n }}}}', '{"a": {"b": 7}}'),
        ('{{ {"a": {"b": 1}} }}', {"a": {"b": 1}}),
        ('{{{"a":1}}}', {"a": 1}),
        ('{{ "}}" }}', "}}"),
        ('{{ "{{" }} {{ "${API_KEY}" }}', "{{ ${API_KEY}"),
        ("{{ 'it\\'s }}' }}", "it's }}"),
        ("{{ '''}}''' }}", "}}"),
        ("{{ [x for x in\n [1, 2]] }}", [1, 2]),
        ("<fetch.output.user.name>", "Ada"),
        ("<fetch.output.items[0].id>", 5),
        ("<blocks.fetch.output.user.name> <variables.n>!", "Ada 7!"),
        ("<b>bold</b><br/><a href='x.y'><i.e.> <john.doe> <1.2>", "<b>bold</b><br/><a href='x.y'><i.e.> <john.doe> <1.2>"),
        ("1 < 2 }} ${lower} $NAME", "1 < 2 }} ${lower} $NAME"),
        ("", ""),
    ],
)
def test_a_text_renders_so(text: str, expected: object) -> None:
    found = render(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "is_template"),
    [("plain", False), ("<br/>", False), ("}}", False), ("{{ 1 }}", True), ("${KEY}", True), ("<a.b>", True)],
)
def test_a_text_knows_whether_there_is_anything_to_resolve(text: str, is_template: bool) -> None:
    assert compile_template(text).is_template is is_template


@pytest.mark.parametrize(
    ("text", "code", "underlined"),
    [
        ("Hello {{ variables.nam }}!", "MISSING_PATH", "variables.nam"),
        ("Hello <late.output.x>!", "NOT_RUN", "late"),
        ("<fetch.output.nam>", "MISSING_PATH", "fetch.output.nam"),
        ("é {{ 1 / 0 }}", "VALUE", "1 / 0"),
        ("a {{ variables.n", "EXPRESSION_SYNTAX", "{{"),
        ("a {{ it's }}", "EXPRESSION_SYNTAX", "{{"),
        ("a {{ }}", "EXPRESSION_SYNTAX", " "),
        ("a {{ uper(1) }}", "UNKNOWN_NAME", "uper"),
    ],
)
def test_an_error_underlines_the_columns_of_the_whole_text(text: str, code: str, underlined: str) -> None:
    for _ in range(2):
        with pytest.raises(ExpressionError) as caught:
            render(text)
        assert (caught.value.code, caught.value.source) == (code, text)
        assert text[caught.value.start : caught.value.end] == underlined


def test_references_come_from_every_placeholder() -> None:
    template = compile_template("{{ a.b }} ${KEY} <c.d> {{ len(e) }}")
    assert template.references == {("a", "b"), ("secrets", "KEY"), ("e",)}
    assert template.angled_references == {("c", "d")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${API_KEY}", "<marker-1>"),
        ("{{ secrets.API_KEY }}", "<marker-1>"),
        ('{{ secrets["API_KEY"] }}', "<marker-1>"),
        ("Bearer ${API_KEY}", "Bearer <marker-1>"),
        ('{{ "Bearer " + secrets.API_KEY + "!" }}', "Bearer <marker-1>!"),
        ("{{ secrets.API_KEY + secrets.OTHER }}", "<marker-1><marker-2>"),
        ('{{ join(["a", secrets.API_KEY], "-") }}', "a-<marker-1>"),
        ('{{ {"key": [secrets.API_KEY]} }}', {"key": ["<marker-1>"]}),
        ('x{{ {"key": secrets.API_KEY} }}', 'x{"key":"<marker-1>"}'),
        ("{{ secrets.API_KEY if variables.yes else secrets.OTHER }}", "<marker-1>"),
        ('{{ default(secrets.ABSENT, "none") }}', "none"),
        ("{{ default(secrets.API_KEY, 1) }}", "<marker-1>"),
    ],
)
def test_a_secret_is_placed_and_joined(text: str, expected: object) -> None:
    assert render(text) == expected


@pytest.mark.parametrize(
    "source",
    [
        "secrets",
        "secrets[variables.name]",
        "[x for x in secrets]",
        "secrets.API_KEY == 'x'",
        "'x' != secrets.API_KEY",
        "secrets.API_KEY < 'x'",
        "secrets.API_KEY in ['x']",
        "'x' in [secrets.API_KEY]",
        "'x' in secrets.API_KEY",
        "[secrets.API_KEY] == ['x']",
        "['x'].count(secrets.API_KEY)",
        "secrets.API_KEY[0]",
        "secrets.API_KEY[:3]",
        "secrets.API_KEY.x",
        "secrets.API_KEY.upper()",
        "len(secrets.API_KEY)",
        "str(secrets.API_KEY)",
        "json([secrets.API_KEY])",
        "base64(secrets.API_KEY)",
        "sha256(secrets.API_KEY)",
        "sorted([secrets.API_KEY, secrets.OTHER])",
        "min(['a', secrets.API_KEY])",
        "unique([secrets.API_KEY, secrets.OTHER])",
        "secrets.API_KEY * 2",
        "secrets.API_KEY + 1",
        "-secrets.API_KEY",
        "not secrets.API_KEY",
        "secrets.API_KEY or 'x'",
        "1 if secrets.API_KEY else 2",
        "any([secrets.API_KEY])",
        "[x for x in [1] if secrets.API_KEY]",
        "{secrets.API_KEY: 1}",
        "{}[secrets.API_KEY]",
    ],
)
def test_a_secret_is_never_compared_read_or_computed_with(source: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source).evaluate(SCOPE)
    assert caught.value.code == "SECRET"
    assert "marker" not in caught.value.message


def test_a_secret_shows_nothing_and_cannot_be_changed() -> None:
    secret = Secret("<marker-1>")
    assert "marker" not in repr([secret])
    with pytest.raises(AttributeError):
        secret.marker = "x"
