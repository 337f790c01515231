"""The one table of functions: it runs them and it writes the help page."""

from __future__ import annotations

from collections.abc import Mapping

from app.engine.expressions import arithmetic, dates, encodings, structures, texts
from app.engine.expressions.library import Function, table

FUNCTIONS: Mapping[str, Function] = table((*texts.ROWS, *arithmetic.ROWS, *structures.ROWS, *dates.ROWS, *encodings.ROWS))
