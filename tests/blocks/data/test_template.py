"""Templates: what is in scope, what is refused, and what cannot hang the server."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_names_in_scope(run: Any) -> None:
    template = "{{ input.a }}{{ variables.b }}{{ blocks.first.output }}{{ workflow.name }}{{ own }}"
    config = {"template": template, "values": {"own": "{{ input.a }}!"}}
    context = {"variables": {"b": 2}, "outputs": {"first": 3}}
    assert (await run("data.template", config, {"a": 1}, **context)).value == "123The workflow1!"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("\n{% if %}", "line 2: Expected an expression"),
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ ''.__class__.__mro__ }}", "may not use"),
        ("{{ cycler.__init__.__globals__ }}", "may not use"),
        ("{% for x in range(10**9) %}{% endfor %}", "OverflowError|Range too big"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ input.append(1) }}", "may not use"),
        ("{% include '/etc/passwd' %}", "TypeError"),
        ("{% for n in range(99999) %}{{ 'x' * 100 }}{% endfor %}", "longer than"),
        ("{{ 5 | nofilter }}", "nofilter"),
    ],
)
async def test_a_template_that_may_not_be(refused: Any, template: str, words: str) -> None:
    error = await refused("data.template", {"template": template}, [])
    assert (error.code, error.retryable) == ("TEMPLATE_INVALID", False)
    assert any(word in error.message for word in words.split("|")), error.message


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ (10 ** (10 ** 8)) % 7 }}",
    ],
)
async def test_a_template_cannot_hang_the_server(refused: Any, template: str) -> None:
    assert (await refused("data.template", {"template": template}, [])).code == "TIME_LIMIT"


async def test_a_template_cannot_take_all_memory(refused: Any) -> None:
    error = await refused("data.template", {"template": "{{ ('x' * 10 ** 10) | length }}"}, [])
    assert error.code == "MEMORY_LIMIT"


async def test_json_must_be_json(refused: Any) -> None:
    assert (await refused("data.template", {"template": "{a}", "format": "json"})).code == "NOT_JSON"


async def test_only_html_is_escaped(run: Any) -> None:
    for kind, wanted in (("text", "<b>"), ("html", "&lt;b&gt;")):
        assert (await run("data.template", {"template": "{{ input }}", "format": kind}, "<b>")).value == wanted
