"""Nothing that people read is left in English for those who chose German: blocks, scripts, and what the server says."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from app.catalog import Catalog
from app.describe import FormField, documentation, form
from app.describe.problems import WORDS
from app.engine.expressions import FUNCTIONS, METHODS
from app.sdk import Block
from app.web.form_views import field_views, surroundings
from app.web.pages.blocks import NAMES, TYPE_NAMES
from app.web.spoken import spoken_choice, spoken_documentation, spoken_fields
from app.web.telling import SENTENCE, told, told_paragraph
from app.web.translation import PLACEHOLDER, catalogue, language, read

ROOT = Path(__file__).resolve().parents[2]
GERMAN = catalogue("de")
SCRIPTS = sorted(path for folder in ("js", "editor") for path in (ROOT / "static" / folder).glob("*.js"))
OF_SCRIPTS = read(ROOT / "static" / "languages" / "de.json")
TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|/(?![/*\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*(?=[.,;)\s])|"""
    r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""",
    re.DOTALL,
)
PROSE = re.compile(r"^\W*[A-Z][a-z]+ (?:[a-z“”]|\$\{)|[a-z]{2,} [a-z]{2,} [a-z]{2,}|^[A-Z][a-z]+[.…?!]")
"""What looks like a sentence, or the beginning of one, in a text of a script."""
NOT_FREE = re.compile(r"\bt\(\s*$|class: $|querySelector(?:All)?\($|import\($")
NOT_SHOWN = re.compile(r"^Restored revision ")
"""Kept with a revision, in English, and told in the language of who reads it."""
TECHNICAL = re.compile(r"[A-Z0-9]|^\W*$|^(utf|iso|text/)")


@pytest.fixture
def in_german() -> Iterator[None]:
    token = language.set("de")
    yield
    language.reset(token)


@cache
def blocks() -> tuple[Block, ...]:
    return tuple(Catalog.load())


def texts_of(fields: Iterable[FormField]) -> Iterator[str]:
    for field in fields:
        yield from (field.title, field.help)
        yield from texts_of(field.fields)


def choices_of(fields: Iterable[FormField]) -> Iterator[tuple[str, tuple[object, ...]]]:
    for field in fields:
        yield from ((str(choice), field.choices) for choice in field.choices)
        yield from choices_of(field.fields)


def spoken_in_german(text: str) -> str:
    token = language.set("de")
    try:
        return told_paragraph(text)
    finally:
        language.reset(token)


def missing(texts: Iterable[str], words: Iterable[str] = GERMAN) -> list[str]:
    return sorted({text for text in texts if re.search(r"[A-Za-z]{2}", text)} - set(words))


def test_what_blocks_say_in_the_palette_and_in_their_forms_is_in_german() -> None:
    said = [text for block in blocks() for text in (block.title, block.category, block.description, *texts_of(form(block)))]
    ports = [port.title for block in blocks() for port in (*block.inputs, *block.outputs)]
    assert missing([*said, *ports]) == []


def test_the_documentation_of_blocks_is_in_german() -> None:
    pages = [documentation(block) for block in blocks()]
    paragraphs = [text for page in pages for text in page["paragraphs"]]
    examples = [example["title"] for page in pages for example in page["examples"]]
    assert missing(examples) == []
    english = {text for text in paragraphs if text not in GERMAN}
    with_language = [(text, spoken_in_german(text)) for text in sorted(english)]
    assert [text for text, spoken in with_language if any(part in spoken for part in SENTENCE.split(text))] == []


def test_choices_that_are_words_are_in_german() -> None:
    found = {choice for block in blocks() for choice, _ in choices_of(form(block)) if not TECHNICAL.search(choice)}
    technical = {"base64url", "hex", "rsa-oaep", "tar.gz", "base64"}
    assert missing(f"= {choice}" for choice in found - technical) == []


def test_expressions_and_templates_are_explained_in_german() -> None:
    functions = [*FUNCTIONS.values(), *(method for table in METHODS.values() for method in table.values())]
    kinds = [f"Methods of {TYPE_NAMES[kind]}" for kind in METHODS]
    assert missing([*(help for _, help in NAMES), *kinds, *(text for one in functions for text in (one.group, one.help))]) == []
    gallery = [json.loads(path.read_text()) for path in (ROOT / "templates" / "gallery").glob("*.json")]
    assert missing(text for one in gallery for text in (one["title"], one["description"])) == []


def said_in(source: str) -> set[str]:
    return {json.loads(text) for text in re.findall(r'\bt\(\s*("(?:\\.|[^"\\])*")', source)}


def test_every_word_of_a_script_is_in_german() -> None:
    colours = re.findall(r'"(\w+)"', re.search(r"COLOURS = \[(.*?)\]", (ROOT / "static/editor/annotations.js").read_text())[1])  # type: ignore[index]
    states = ["queued", "running", "waiting", "completed", "failed", "cancelled", "timed_out", "skipped"]
    said = {text for path in SCRIPTS for text in said_in(path.read_text())}
    assert missing([*said, *colours, *states], OF_SCRIPTS) == []


def shown_in(source: str) -> list[str]:
    """The texts of a script that look like sentences and do not stand in `t(...)`."""
    texts = [(match.start(), match[0]) for match in TOKEN.finditer(source) if match[0][0] in "\"'`"]
    free = [text[1:-1] for at, text in texts if not re.search(NOT_FREE, source[max(0, at - 40) : at])]
    return [text for text in free if PROSE.search(spoken_part(text)) and not NOT_SHOWN.search(text)]


def test_what_a_script_shows_goes_through_the_catalogue() -> None:
    assert shown_in('toast("Saved now.", `Reading ${name} now`, t("Fine so."), "button-primary", "No such thing")') == [
        "Saved now.", "Reading ${name} now", "No such thing",
    ]  # fmt: skip
    assert {path.name: found for path in SCRIPTS if (found := shown_in(path.read_text()))} == {}


def spoken_part(text: str) -> str:
    """A text without its placeholders, and nothing of what is a class, a selector or markup."""
    bare = re.sub(r"\$\{[^{}]*\}", "x", re.sub(r'\bt\("(?:\\.|[^"\\])*"', "t(", text))
    return "" if re.search(r"^(button|input|dialog|edges|ghosts|card|panel)\b|[#.\[][\w-]+[\]=]|\n", bare) else bare


@pytest.mark.parametrize(
    "name",
    [
        "de",
        "de.blocks",
        "de.choices",
        "de.documentation",
        "de.expressions",
        "de.gallery",
        "de.messages",
        "de.services",
        "scripts",
    ],
)
def test_a_catalogue_keeps_placeholders_and_order(name: str) -> None:
    words = OF_SCRIPTS if name == "scripts" else read(ROOT / "templates" / "languages" / f"{name}.json")
    assert list(words) == sorted(words)
    for key, text in words.items():
        assert set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(key)), key
        assert key.count("{{") == text.count("{{"), key
        assert text != "", key


def test_catalogues_do_not_contradict_each_other() -> None:
    files = [read(path) for path in sorted((ROOT / "templates" / "languages").glob("de*.json"))]
    keys = {key for words in files for key in words}
    assert [key for key in sorted(keys) if len({words[key] for words in files if key in words}) > 1] == []


# -- what the server says ------------------------------------------------------------------------------------------------

REFUSALS = {"ServiceError": 1, "invalid": 0, "Problem": 1, "ConfigProblem": 1}


def sentences() -> Iterator[str]:
    """Every refusal and problem that the server writes, but for those that name a parameter of the API."""
    for folder in ("services", "engine", "web", "describe"):
        for path in (ROOT / "app" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
                if isinstance(node, ast.Call) and name in REFUSALS:
                    yield from map(template_of, node.args[REFUSALS[name] : REFUSALS[name] + 1])
    for path in (ROOT / "blocks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ValueError":
                yield from map(template_of, node.args[:1])


def template_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    numbers = iter(range(1, 100))
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{next(numbers)}}}" for part in node.values)


def test_problems_and_refusals_are_told_in_german() -> None:
    found = {text for text in sentences() if not text.startswith("`") and len(re.findall(r"[A-Za-z]{2,}", text)) > 1}
    assert missing(found) == []
    assert missing(re.sub(r"\{\w+\}", "{1}", text) for text in WORDS.values()) == []


@pytest.mark.usefixtures("in_german")
@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("How many: must be at most 10000", "Wie viele: darf höchstens 10000 sein"),
        ("Branches 2, Condition: is needed", "Zweige 2, Bedingung: ist nötig"),
        ("“Fetch”: Timeout 50 → 100", "„Fetch“: Zeitgrenze 50 → 100"),
        ("“A” added between “B” and “C”", "„A“ zwischen „B“ und „C“ hinzugefügt"),
        ("Workflow `a b` was not found.", "Workflow `a b` wurde nicht gefunden."),
        ("Nobody ever translated this {1}.", "Nobody ever translated this {1}."),
        ("x" * 5_000, "x" * 5_000),
        (": : → : ", ": : → : "),
    ],
)
def test_a_sentence_is_known_again_with_the_values_in_it(english: str, german: str) -> None:
    assert told(english) == german


def test_in_english_everything_is_said_as_it_was_declared() -> None:
    block = next(one for one in blocks() if one.type == "data.limit")
    assert spoken_fields(form(block)) == form(block)
    assert spoken_documentation(documentation(block)) == documentation(block)
    assert told("How many: is needed") == "How many: is needed"
    assert spoken_choice("first", ("first", "last")) == "first"


@pytest.mark.usefixtures("in_german")
def test_a_form_shows_words_and_keeps_the_values() -> None:
    block = next(one for one in blocks() if one.type == "data.limit")
    take = next(view for view in field_views(spoken_fields(form(block)), {}, surroundings(())) if view.field.name == "take")
    assert (take.title, [(one.value, one.label) for one in take.options][:2]) == (
        "Nehmen",
        [("first", "die ersten"), ("last", "die letzten")],
    )
