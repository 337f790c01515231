"""Microseconds per evaluation and per compilation of typical expressions: `python bench/expressions.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from timeit import Timer

from app.engine.expressions import Scope, compile_expression, compile_template

SCOPE = Scope({"variables": {"a": 1, "b": 2}, "a": 1, "b": 2, "items": list(range(100))}, datetime.now(UTC))
FRESH = count()
"""Makes every source a new one, because compiled sources are remembered."""
TEN_FIELDS = "{" + ", ".join(f'"field_{n}": variables.a + {n}' for n in range(10)) + "}"


def microseconds(run: Callable[[], object]) -> float:
    """The best of five, because a machine's noise only ever adds."""
    timer = Timer(run)
    number, _ = timer.autorange()
    return min(timer.repeat(5, number)) / number * 1e6


def main() -> None:
    short, dictionary = compile_expression("a + b"), compile_expression(TEN_FIELDS)
    loop, text = compile_expression("[x * 2 for x in items if x > 50]"), compile_template("Hello {{ variables.a }}!")
    measured = {
        "a + b": lambda: short.evaluate(SCOPE),
        "dict of ten": lambda: dictionary.evaluate(SCOPE),
        "comprehension over 100": lambda: loop.evaluate(SCOPE),
        "text with one placeholder": lambda: text.render(SCOPE),
        "compile a + b": lambda: compile_expression(f"a + {next(FRESH)}"),
        "compile dict of ten": lambda: compile_expression(TEN_FIELDS.replace("variables", f"v{next(FRESH)}")),
    }
    for name, run in measured.items():
        print(f"{name:28} {microseconds(run):8.2f} µs")


if __name__ == "__main__":
    main()
