"""One page of a list (contract.md C1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.services.errors import invalid

T = TypeVar("T")

MAX_SIZE = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    total: int
    page: int
    size: int
    next: str | None = None
    """Where the next page begins, of a list that goes on after a place; such a page stays the same when something is added."""

    @property
    def pages(self) -> int:
        return -(-self.total // self.size)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is asked for; `page` counts from 0, or from the place `after`."""

    page: int = 0
    size: int = 25
    q: str = ""
    sort: str = ""
    order: str = ""
    after: str = ""

    def checked(self, *sorts: str) -> Paging:
        """The same with defaults filled in; `sorts` are the allowed ones, the first is the default. Raises 400."""
        if self.page < 0 or self.page > 1_000_000:
            raise invalid(f"`page` must be between 0 and 1000000, not {self.page}.")
        if not 1 <= self.size <= MAX_SIZE:
            raise invalid(f"`size` must be between 1 and {MAX_SIZE}, not {self.size}.")
        sort = self.sort or sorts[0]
        if sort not in sorts:
            raise invalid(f"`sort` must be one of {', '.join(sorts)}.")
        order = self.order or ("asc" if sort == "name" else "desc")
        if order not in ("asc", "desc"):
            raise invalid("`order` must be asc or desc.")
        if len(self.q) > 200:
            raise invalid("`q` may have 200 characters.")
        return Paging(self.page, self.size, self.q, sort, order, self.after)
