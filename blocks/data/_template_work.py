"""Rendering templates in a worker process, in Jinja's sandbox: a template is text that somebody wrote."""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.sdk import BlockError, Json

MAX_LENGTH = 1_000_000
LONGEST_MESSAGE = 300


def run(template: str, names: dict[str, Json], autoescape: bool) -> str:
    """The text. BlockError names the template's line."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=autoescape, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    try:
        return _joined(environment.from_string(template).generate(names))
    except TemplateSyntaxError as error:
        raise _failure(f"line {error.lineno}: {error.message}") from None
    except SecurityError:
        raise _failure("it reaches for something that templates may not use") from None
    except TemplateError as error:
        raise _failure(str(error)) from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise _failure(f"{type(error).__name__} while it was filled in") from None


def _joined(parts: Any) -> str:
    found: list[str] = []
    length = 0
    for part in parts:
        length += len(part)
        if length > MAX_LENGTH:
            raise _failure(f"the text is longer than {MAX_LENGTH:,} characters")
        found.append(part)
    return "".join(found)


def _failure(message: str) -> BlockError:
    return BlockError("TEMPLATE_INVALID", f"field `template`: {' '.join(message.split())[:LONGEST_MESSAGE]}")
