"""The page of a block in the documentation, as data."""

from __future__ import annotations

from collections.abc import Iterable

from app.describe.fields import FormField, form
from app.sdk import Block, Example, Json


def documentation(block: Block) -> dict[str, Json]:
    """Title, paragraphs, fields with their help, outputs and examples of a block."""
    return {
        "type": block.type,
        "title": block.title,
        "category": block.category,
        "icon": block.icon,
        "description": block.description,
        "aliases": list(block.aliases),
        "effect": block.effect,
        "paragraphs": [" ".join(text.split()) for text in block.documentation.split("\n\n") if text.strip()],
        "fields": _fields(form(block)),
        "outputs": [{"name": port.name, "title": port.title or port.name} for port in block.outputs],
        "examples": [_example(example) for example in block.examples],
    }


def _fields(fields: Iterable[FormField]) -> list[Json]:
    return [
        {
            "name": field.name,
            "title": field.title,
            "kind": field.kind,
            "help": field.help,
            "required": field.required,
            "default": field.default,
            "choices": list(field.choices),
            "advanced": field.advanced,
            "fields": _fields(field.fields),
        }
        for field in fields
    ]


def _example(example: Example) -> dict[str, Json]:
    return {
        "title": example.title,
        "config": example.config,
        "input": example.input,
        "variables": example.variables,
        "output": example.output,
        "ports": list(example.ports),
        "runnable": example.runnable,
    }
