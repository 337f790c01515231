"""Pages of lists."""

from __future__ import annotations

import pytest

from app.services.errors import ServiceError
from app.services.pages import Page, Paging


@pytest.mark.parametrize(("total", "size", "pages"), [(0, 25, 0), (1, 25, 1), (25, 25, 1), (26, 25, 2), (100, 1, 100)])
def test_how_many_pages_there_are(total: int, size: int, pages: int) -> None:
    assert Page([], total, 0, size).pages == pages


def test_defaults_are_filled_in() -> None:
    assert Paging().checked("updated_at", "name") == Paging(0, 25, "", "updated_at", "desc")
    assert Paging(sort="name").checked("updated_at", "name") == Paging(0, 25, "", "name", "asc")
    assert Paging(sort="name", order="desc").checked("updated_at", "name").order == "desc"


@pytest.mark.parametrize("paging", [Paging(0, 1), Paging(1_000_000, 100), Paging(q="x" * 200)])
def test_the_limits_themselves_are_allowed(paging: Paging) -> None:
    assert paging.checked("name").page == paging.page


@pytest.mark.parametrize(
    ("paging", "field"),
    [
        (Paging(page=-1), "page"),
        (Paging(page=1_000_001), "page"),
        (Paging(size=0), "size"),
        (Paging(size=101), "size"),
        (Paging(sort="secret"), "sort"),
        (Paging(order="up"), "order"),
        (Paging(q="x" * 201), "q"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(paging: Paging, field: str) -> None:
    with pytest.raises(ServiceError, match=f"`{field}`") as caught:
        paging.checked("name")
    assert caught.value.status == 400
