"""Pages in other languages: every message of every template has its German words, and readers get what they want."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import Environment

from app.describe.cron import DAYS, RHYTHMS
from app.describe.rules import OPERATORS
from app.web.form_policy import SPANS
from app.web.pages.context import NOTICES
from app.web.pages.filters import ago, when_drawn
from app.web.pages.workflows import SORTS
from app.web.translation import (
    JINJA,
    PLACEHOLDER,
    Translated,
    catalogue,
    chosen_language,
    language,
    messages,
    said,
    translated,
)
from tests.support.server import OWNER, Client, ServerProcess

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html"))
GERMAN = catalogue("de")


def keys(source: str) -> list[str]:
    return [message.key for message in messages(source)]


@pytest.mark.parametrize("path", PAGES, ids=[path.relative_to(TEMPLATES).as_posix() for path in PAGES])
def test_every_message_of_a_template_is_in_the_german_catalogue(path: Path) -> None:
    assert [key for key in keys(path.read_text()) if key not in GERMAN] == []


def test_texts_in_expressions_of_templates_are_in_it_too() -> None:
    """Labels that are handed to macros, and what stands behind `if` and `or`."""
    expressions = [found for path in PAGES for found in JINJA.findall(path.read_text()) if not found.startswith("{#")]
    texts = {text.strip() for found in expressions for text in re.findall(r'"([^"\\\\]*)"', found)}
    assert sorted(text for text in texts - set(GERMAN) if re.match(r"[A-Z][a-z]+(?:[ .,:]|$)", text)) == []


def test_what_pages_say_after_an_act_and_the_builders_words_are_in_it_too() -> None:
    rhythms = {label for _, label in RHYTHMS}
    operators = {operator.title for operator in OPERATORS.values()}
    spans = {text for span in SPANS for text in (span.title, span.help, span.placeholder)}
    days = {day.strftime("%A") for day in (datetime(2026, 1, number, tzinfo=UTC) for number in range(1, 8))}
    said = {*NOTICES.values(), *rhythms, *operators, *spans, *days, *(label for _, label in DAYS), *(label for _, label in SORTS)}
    assert sorted(said - set(GERMAN) - {"1 s", "1 min"}) == []


def test_translations_use_the_placeholders_of_their_message_and_no_markup() -> None:
    stored = json.loads((TEMPLATES / "languages" / "de.json").read_text())
    for key, text in stored.items():
        assert set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(key)), key
        assert not re.search(r'[<"]', text), key
        assert text.strip() == text != "", key
    assert list(stored) == sorted(stored)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello <b>world</b></p>", ["Hello", "world"]),
        ("<p>{{ n }} more, {{ m | nice }}</p>", ["{1} more, {2}"]),
        ("{% if a %}Yes it is{% else %}No{% endif %}", ["Yes it is", "No"]),
        ('<a title="Go on{% if k %} ({{ k }}){% endif %}" href="/some/where">{{ icon("x") }} Next</a>', ["Go on", "Next"]),
        ("<code>not this</code><script>nor this</script>{# or this #}", []),
        ('<input value="as it is" placeholder="Your name">', ["Your name"]),
        ('id="{{ x }}" name="{{ y }}"', []),
        ("<p>{{ a }} – {{ b }}</p>", []),
        ("<p>1 < 2 and words</p>", ["1 < 2 and words"]),
    ],
)
def test_messages_are_the_words_between_tags_and_in_attributes_that_people_read(source: str, found: list[str]) -> None:
    assert keys(source) == found


def test_a_rewritten_template_says_the_same_in_english_and_escapes_what_it_is_given() -> None:
    source = '<p title="Page {{ n }} of {{ m }}">{{ n }} more {% for x in xs %}<i>{{ x }}</i>{% endfor %}Cancel</p>'
    environment = Environment(autoescape=True, extensions=[Translated])
    environment.globals["translated"] = translated
    given = {"n": 1, "m": '"><script>', "xs": ["<b>"]}
    plain = Environment(autoescape=True).from_string(source).render(given)
    template = environment.from_string(source)
    assert template.render(given) == plain
    token = language.set("de")
    try:
        german = template.render(given)
    finally:
        language.reset(token)
    assert german == '<p title="Seite 1 von &#34;&gt;&lt;script&gt;">1 weitere <i>&lt;b&gt;</i>Abbrechen</p>'


def test_words_in_an_expression_are_said_to_each_reader_in_their_language() -> None:
    environment = Environment(autoescape=True)
    environment.filters["t"] = when_drawn(said)
    template = environment.from_string('{{ "Input" | t }}')
    assert template.render() == "Input"
    token = language.set("de")
    try:
        assert template.render() == "Eingabe"
    finally:
        language.reset(token)


@pytest.mark.parametrize(
    ("cookie", "accepted", "code"),
    [
        ("", "", "en"),
        ("", "de-AT,de;q=0.9,en;q=0.5", "de"),
        ("", "fr,en;q=0.4,de;q=0.8", "de"),
        ("", "de;q=0", "en"),
        ("en", "de", "en"),
        ("xx", "de", "de"),
        ("", "de;q=x,,;q=;", "en"),
        ("", "*" * 10_000, "en"),
    ],
)
def test_a_choice_comes_before_what_the_browser_asks_for(cookie: str, accepted: str, code: str) -> None:
    assert chosen_language(cookie, accepted) == code


def test_a_page_is_german_for_who_asks_and_the_choice_of_a_person_follows_them(server: ServerProcess) -> None:
    person = Client(server.url).sign_in()
    page = {"Accept": "text/html"}
    assert 'lang="en"' in person.get("/executions", headers=page).text
    german = person.get("/executions", headers=page | {"Accept-Language": "de"}).text
    assert 'lang="de"' in german
    assert "Jeder Lauf jedes Workflows, die neuesten zuerst." in german
    assert person.post("/account/language", data={"language": "xx"}, headers=page).status_code == 400
    person.post("/account/language", data={"language": "de"}, headers=page)
    try:
        elsewhere = Client(server.url)
        form = {"login": OWNER["username"], "password": OWNER["password"]}
        elsewhere.post("/sign-in", data=form, headers=page | {"Origin": server.url})
        assert "Jeder Lauf" in elsewhere.get("/executions", headers=page).text
    finally:
        person.post("/account/language", data={"language": ""}, headers=page)
    assert 'lang="en"' in person.get("/executions", headers=page).text


def test_times_are_told_in_the_language_of_the_page() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert ago(now - timedelta(hours=2), now) == "2 hours ago"
    token = language.set("de")
    try:
        assert [ago(now - timedelta(days=1), now), ago(now + timedelta(minutes=5), now)] == ["vor 1 Tag", "in 5 Minuten"]
    finally:
        language.reset(token)
