"""What the studio is made of: contract.md A149, A259-A261."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import httpx
from litestar import Litestar

from app.main import create_app
from app.settings import Settings
from tests.support.server import Client, ServerProcess
from tests.support.warm import ROOT

PACKAGES = {
    "litestar", "jinja2", "sqlalchemy", "aiosqlite", "networkx", "pydantic", "httpx", "cryptography", "pytest", "playwright",
}  # fmt: skip


def required(*groups: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;! ]", line, maxsplit=1)[0].lower() for group in groups for line in group}


def test_a259_a_litestar_application(tmp_path: Path) -> None:
    app, _ = create_app(Settings(data=tmp_path))
    assert isinstance(app, Litestar)


def test_a260_built_on_the_named_packages(server: ServerProcess) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert required(project["dependencies"], project["optional-dependencies"]["test"]) >= PACKAGES
    page = httpx.get(f"{server.url}/setup", follow_redirects=True).text
    script = re.search(r'src="(/static/[^"]*vendor/[^"]*htmx[^"]*)"', page)
    assert script is not None
    assert "htmx" in httpx.get(server.url + script[1]).text[:3000]


def test_a261_the_named_folders() -> None:
    found = {entry.name for entry in ROOT.iterdir()}
    assert found >= {"pyproject.toml", "app", "blocks", "templates", "static", "tests", "README.md"}


def test_a149_at_least_83_plugins(client: Client) -> None:
    found = client.get("/api/v1/plugins").json()
    own = {plugin["id"] for plugin in found if "aliasOf" not in plugin}
    assert len(own) >= 83
