"""Where a browser may be sent after signing in."""

from __future__ import annotations

import pytest

from app.web.pages.context import local_path


@pytest.mark.parametrize("path", ["/", "/workflows/1?execution=2", "/blocks/flow.wait"])
def test_paths_of_this_site_are_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path", ["", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\nb", "/a\\b", "a"]
)
def test_anything_else_leads_home(path: str) -> None:
    assert local_path(path) == "/"
