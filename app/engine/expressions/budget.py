"""How much one evaluation may do, charged before the work is done.

A step is about a microsecond. Work in C on long texts and lists is charged in proportion to its size, so that the whole
budget is worth about 25 milliseconds whatever it is spent on.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.expressions.errors import BUDGET, ExpressionError
from app.engine.expressions.values import Scope, weigh
from app.sdk import Json

MAX_STEPS = 20_000
MAX_TEXT = 1_000_000
MAX_LIST = 100_000
MAX_BITS = 4096

TEXT_PER_STEP = 7
LIST_PER_STEP = 4
COMPARED_PER_STEP = 12
WEIGHED_PER_STEP = 6
"""Binary logarithms: 128 characters made, 16 items copied, 4,096 characters compared or 64 units of weight walked per step."""

SLOW_SEARCH_BELOW = 30_000
"""CPython searches shorter texts without a linear-time guarantee."""


class Budget:
    """The steps that are left, for one evaluation or for several that share it."""

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def charge(self, steps: int) -> None:
        """Pay for work about to be done."""
        self.left -= steps
        if self.left < 0:
            raise ExpressionError(BUDGET, f"the expression does too much: more than {MAX_STEPS:,} steps")

    def text(self, length: int) -> None:
        """Pay for making a text of this length."""
        if length > MAX_TEXT:
            raise ExpressionError(BUDGET, f"the text would be longer than {MAX_TEXT:,} characters")
        self.charge(length >> TEXT_PER_STEP)

    def items(self, length: int) -> None:
        """Pay for making a list or an object of this length."""
        if length > MAX_LIST:
            raise ExpressionError(BUDGET, f"the list would be longer than {MAX_LIST:,} items")
        self.charge(length >> LIST_PER_STEP)

    def search(self, haystack: str, needle: str) -> None:
        """Pay for looking for one text in another."""
        length = len(haystack)
        self.charge(length >> TEXT_PER_STEP)
        if length < SLOW_SEARCH_BELOW:
            self.charge(length * min(len(needle), 100) >> 10)

    def walk(self, value: Json) -> int:
        """Pay for visiting everything in a value; its weight."""
        limit = self.left << WEIGHED_PER_STEP
        try:
            weight = weigh(value, limit)
        except ExpressionError as error:
            if error.code == BUDGET:
                self.left = 0
            raise
        self.charge(weight >> WEIGHED_PER_STEP)
        return weight

    def compare(self, left: Json, right: Json) -> None:
        """Pay for comparing two values."""
        if type(left) is str:
            self.charge(len(left) >> COMPARED_PER_STEP)
        elif type(left) in (list, dict) and type(right) is type(left):
            self.walk(left)
            self.walk(right)

    def compare_all(self, items: Sequence[Json], wanted: Json) -> None:
        """Pay for comparing every item with one value."""
        self.charge(len(items) >> 2)
        if type(wanted) is str:
            self.charge(len(items) * (len(wanted) >> COMPARED_PER_STEP))
        elif type(wanted) in (list, dict):
            self.walk(items)
            self.charge(len(items))

    def sort(self, items: Sequence[Json]) -> None:
        """Pay for sorting."""
        rounds = max(1, len(items).bit_length())
        self.charge(len(items) * rounds >> 4)
        if any(type(item) in (str, list) for item in items):
            self.charge(self.walk(items) * rounds >> COMPARED_PER_STEP)


class Evaluation:
    """One evaluation under way: what it can name, its comprehension variables and its budget."""

    __slots__ = ("budget", "names", "scope", "slots")

    def __init__(self, scope: Scope, slots: int, budget: Budget) -> None:
        self.scope = scope
        self.names = scope.names
        self.slots: list[Json] = [None] * slots
        self.budget = budget
