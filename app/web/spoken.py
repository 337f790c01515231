"""What blocks say of themselves, in the language of the reader. Declarations stay English; this is for what is drawn of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.describe import FormField
from app.sdk import Json
from app.web.telling import told_paragraph
from app.web.translation import said


def spoken_fields(fields: Iterable[FormField]) -> tuple[FormField, ...]:
    """The fields of a form with their titles and help."""
    return tuple(
        replace(field, title=said(field.title), help=said(field.help), fields=spoken_fields(field.fields)) for field in fields
    )


def spoken_choice(choice: str, choices: Sequence[Json]) -> str:
    """How one of several values is called. The catalogue has it after an equals sign, for it may be a word with other
    meanings; and where it means something else beside other choices, after the first of these as well."""
    for key in (f"= {choices[0]}: {choice}", f"= {choice}"):
        if (words := said(key)) != key:
            return words
    return choice


def spoken_entry(entry: dict[str, Json]) -> dict[str, Json]:
    """An entry of the palette. Its category stays, for it is also a name; `group` says it in words."""
    words = {"title": said(entry["title"]), "description": said(entry["description"]), "group": said(entry["category"])}
    return entry | words | {side: _spoken_ports(entry[side]) for side in ("inputs", "outputs")}


def spoken_documentation(page: dict[str, Json]) -> dict[str, Json]:
    """The page of a block."""
    words = {name: said(page[name]) for name in ("title", "category", "description")}
    return (
        page
        | words
        | {
            "paragraphs": [told_paragraph(text) for text in page["paragraphs"]],
            "fields": [_spoken_row(field) for field in page["fields"]],
            "outputs": _spoken_ports(page["outputs"]),
            "examples": [example | {"title": said(example["title"])} for example in page["examples"]],
        }
    )


def _spoken_ports(ports: Iterable[dict[str, Json]]) -> list[Json]:
    return [port | {"title": said(port["title"])} for port in ports]


def _spoken_row(field: dict[str, Json]) -> dict[str, Json]:
    return field | {
        "title": said(field["title"]),
        "help": said(field["help"]),
        "fields": [_spoken_row(inner) for inner in field["fields"]],
    }
