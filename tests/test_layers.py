"""The rules of the house: who may import whom, and how long a file may be. Read from the sources, nothing is run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
MIGRATIONS = ROOT / "app" / "db" / "migrations" / "versions"
MAX_LINES = 300

ENGINE_DATA = {
    f"app.engine.{name}"
    for name in ("annotations", "assignment", "events", "expressions", "graph", "graph_forms", "messages", "validate", "values")
}
OF_THE_PROJECT = {
    "app.sdk": set(),
    "app.settings": set(),
    "app.logs": set(),
    "app.engine": {"app.sdk"},
    "app.describe": {"app.sdk"},
    "app.formats": {"app.engine.graph", "app.sdk"},
    "app.catalog": {"app.presets", "app.sdk", "blocks"},
    "app.presets": {"app.formats", "app.sdk", "blocks"},
    "app.db": {"app.engine.events", "app.engine.values"},
    "app.journal": {"app.db", "app.sdk", "app.engine.waiting", *ENGINE_DATA},
    "app.hosts": {"app.engine", "app.journal", "app.sdk"},
    "app.adapters": {"app.sdk", "app.settings"},
    "app.services": {
        "app.adapters", "app.catalog", "app.db", "app.describe", "app.engine", "app.formats", "app.hosts", "app.journal",
        "app.sdk", "app.settings",
    },
    "app.web": {"app.services", "app.describe", "app.formats", "app.sdk", "app.engine.config", *ENGINE_DATA},
    "blocks": {"app.sdk"},
}  # fmt: skip
"""What each layer may import beside itself; `app.main`, the processes and `app.cli` see everything."""

OF_OTHERS = {
    "app.sdk": {"pydantic"},
    "app.settings": {"pydantic", "pydantic_settings"},
    "app.engine": {"msgspec", "networkx", "pydantic"},
    "app.describe": {"pydantic"},
    "app.formats": {"pydantic", "ruamel"},
    "app.catalog": set(),
    "app.presets": {"pydantic"},
    "app.db": {"alembic", "msgspec", "sqlalchemy"},
    "app.journal": {"sqlalchemy"},
    "app.hosts": set(),
    "blocks": {"pydantic"},
}
"""Which installed packages a layer may import; a layer that is not named is free."""

OF_HELPERS = {
    "PIL", "aiomcache", "aiomysql", "aiormq", "aiosmtplib", "asyncssh", "cryptography", "defusedxml", "dns",
    "duckdb",
    "feedparser", "icalendar", "jinja2", "jmespath", "jsonpath", "jsonschema_rs", "jwt", "ldap3", "markdown_it",
    "markdownify", "nats", "nh3", "openpyxl", "paho", "pamqp", "psycopg", "pymysql", "pypdf", "re2", "redis", "ruamel",
    "segno", "selectolax", "tomli_w", "websockets", "yarl",
}  # fmt: skip
"""Client libraries of blocks: imported only by their helpers, whose names begin with an underscore, and mostly in workers."""

TOPS = {"app.main", "app.server", "app.processes", "app.worker", "app.cli"}
HTTP_CLIENTS = {"httpx", "httpcore", "aiohttp", "requests", "urllib3", "urllib.request", "http.client"}
MAY_SPEAK_HTTP = ("app.cli.client", "app.adapters.http", "app.adapters.network", "app.adapters.llm")


@dataclass(frozen=True)
class Import:
    """One name that a module imports, dotted; `nested` when a function does it."""

    module: str
    line: int
    name: str
    nested: bool = False

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.name}"


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if MIGRATIONS not in path.parents)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def project() -> dict[str, tuple[Import, ...]]:
    """Every module of the application and of the blocks, with what it imports."""
    return {module_of(path): tuple(imports(module_of(path), path.read_text())) for path in sources("app", "blocks")}


def imports(module: str, source: str) -> Iterator[Import]:
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, node.lineno, alias.name, id(node) in inside)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute"
            for alias in node.names:
                yield Import(module, node.lineno, f"{node.module}.{alias.name}", id(node) in inside)


def layer_of(module: str) -> str:
    parts = module.split(".")
    return parts[0] if parts[0] == "blocks" else ".".join(parts[:2])


def is_within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def is_helper(module: str) -> bool:
    """Whether a module of the blocks is no block itself."""
    return layer_of(module) == "blocks" and module.rpartition(".")[2].startswith("_")


def every_import() -> Iterator[Import]:
    for found in project().values():
        yield from found


def breaches_of_layers() -> Iterator[Import]:
    for found in every_import():
        layer, top = layer_of(found.module), found.name.split(".")[0]
        if layer in TOPS or layer == "app" or top in sys.stdlib_module_names:
            continue
        if top in ("app", "blocks"):
            if not is_within(found.name, {layer, *OF_THE_PROJECT.get(layer, set())}):
                yield found
        elif layer in OF_OTHERS and top not in OF_OTHERS[layer] and not (is_helper(found.module) and top in OF_HELPERS):
            yield found


def test_every_layer_has_its_rule() -> None:
    layers = {layer_of(module) for module in project()} - TOPS - {"app"}
    assert layers == OF_THE_PROJECT.keys()


def test_a_layer_imports_only_what_it_may() -> None:
    assert [str(found) for found in breaches_of_layers()] == []


def test_a_block_imports_no_other_block() -> None:
    """A helper, whose name begins with an underscore, is no block."""
    known = project().keys()
    between = [found for found in every_import() if layer_of(found.module) == "blocks" and found.name.startswith("blocks.")]
    targets = {found: next(name for name in _prefixes(found.name) if name in known) for found in between}
    assert [str(found) for found, target in targets.items() if not target.rpartition(".")[2].startswith("_")] == []


def test_only_the_egress_adapters_speak_http() -> None:
    clients = [found for found in every_import() if is_within(found.name, HTTP_CLIENTS)]
    assert clients, "the egress client is nowhere"
    assert [str(found) for found in clients if not found.module.startswith(MAY_SPEAK_HTTP)] == []


def test_nothing_is_imported_inside_a_function() -> None:
    assert [str(found) for found in every_import() if found.nested] == []


def test_modules_do_not_import_each_other_in_circles() -> None:
    known = project().keys()
    graph: nx.DiGraph[str] = nx.DiGraph()
    for found in every_import():
        target = next((name for name in _prefixes(found.name) if name in known), None)
        if target is not None and target != found.module:
            graph.add_edge(found.module, target)
    circles = [sorted(members) for members in nx.strongly_connected_components(graph) if len(members) > 1]
    assert circles == []


def _prefixes(name: str) -> Iterator[str]:
    """`a.b.c`, `a.b`, `a`: the module that an imported name can stand for, the longest first."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def scripts_of_pages() -> Iterator[Path]:
    yield from sorted((ROOT / "static" / "editor").rglob("*.js"))
    yield from sorted((ROOT / "static" / "js").rglob("*.js"))


def test_a_file_is_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in (*sources("app", "blocks", "bench", "scripts"), *scripts_of_pages())
    }
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


# -- the rules themselves --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app.engine.x", "import sqlalchemy"),
        ("app.engine.x", "from app.journal.records import Fenced"),
        ("app.web.x", "from app.db import tables"),
        ("app.web.x", "from app.engine.runner import Runner"),
        ("app.services.x", "from blocks.core import code"),
        ("app.sdk", "from app.engine import graph"),
        ("app.hosts.x", "import app.services.hooks"),
        ("blocks.core.x", "from app.engine.graph import Graph"),
        ("blocks.core.x", "import httpx"),
        ("blocks.core._x", "import httpx"),
        ("blocks.core.x", "import jinja2"),
        ("blocks.core.x", "def run():\n    from app import catalog"),
    ],
)
def test_a_breach_would_be_found(monkeypatch: pytest.MonkeyPatch, module: str, source: str) -> None:
    broken = {**project(), module: tuple(imports(module, source))}
    monkeypatch.setattr(sys.modules[__name__], "project", lambda: broken)
    assert [found.module for found in breaches_of_layers()] == [module]


def test_an_import_inside_a_function_would_be_found() -> None:
    (found,) = imports("app.x", "async def run():\n    if True:\n        import json")
    assert (found.nested, found.line, found.name) == (True, 3, "json")
