"""The OpenAPI description is whole, its examples fit it, and the server does as it says (contract.md A240)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from app.main import create_app
from app.settings import Settings
from app.web.openapi.document import CALLS, describe, routes
from tests.support.conformance import Conformance
from tests.support.fuzzing import ENDLESS, all_rights, known_ids
from tests.support.server import Client, ServerProcess
from tests.support.warm import ROOT

IS_DEEP = os.environ.get("BLOCKYARD_HYPOTHESIS") == "deep"
QUICK = ("--phases", "examples,fuzzing", "-n", "1")
DEEP = ("--phases", "examples,coverage,fuzzing", "-n", "120")
CONFIG = """[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "429"]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "410", "413", "429", "503", "504"]

"""
"""Right data is accepted, unless it is about what is not there, is in use or is somebody else's. Never 400."""
DEPENDS = {
    "POST /api/workflows/{workflow}/operations": "each operation names blocks and edges of the newest graph",
    "POST /api/mcp": "each tool has a schema of its own, which `tools/list` tells",
}
"""What is right here cannot be said beforehand: these may answer 400 and 412 as well, and `tests/contract` calls them rightly."""
ALSO = """[[operations]]
include-name = "{name}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "410", "412", "413", "422", "429"]

"""


@pytest.fixture(scope="module")
def description(server: ServerProcess) -> Any:
    return httpx.get(f"{server.url}/api/openapi.json").json()


def operations(description: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_is_described_and_nothing_else(tmp_path: Path) -> None:
    app, _ = create_app(Settings(data=tmp_path))
    there = {f"{method} {path}" for method, path, _ in routes(app)}
    assert there - CALLS.keys() == set(), "say in app/web/openapi/ what these take and answer"
    assert CALLS.keys() - there == set()
    assert describe(app, "http://here")["servers"] == [{"url": "http://here"}]


def test_every_call_names_its_answers_errors_and_who_may_call_it(description: Any) -> None:
    for name, operation in operations(description):
        answers = operation["responses"]
        assert any(status[0] in "12" for status in answers), name
        assert {"400", "404", "500"} <= answers.keys(), name
        if operation["security"] and {} not in operation["security"]:
            assert {"401", "403"} <= answers.keys() and operation["x-role"], name
        if "requestBody" in operation:
            assert {"413", "415"} <= answers.keys(), name
        in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", name)), name


def test_every_example_fits_its_schema(description: Any) -> None:
    parts = [(name, one) for name, one in description["components"]["responses"].items()]
    for name, operation in operations(description):
        parts += [(name, operation.get("requestBody", {})), *((name, answer) for answer in operation["responses"].values())]
    for name, part in parts:
        for content in part.get("content", {}).values():
            whole = {**content["schema"], "components": description["components"]}
            assert jsonschema_rs.Draft202012Validator(whole).is_valid(content["example"]), name


def test_an_answer_with_an_unknown_field_or_status_is_noticed(description: Any) -> None:
    conformance = Conformance(description)
    request = httpx.Request("GET", "http://here/healthz")
    assert conformance.problem(httpx.Response(200, json={"status": "ok"}, request=request)) == ""
    assert "more" in conformance.problem(httpx.Response(200, json={"status": "ok", "more": 1}, request=request))
    assert "is not described" in conformance.problem(httpx.Response(418, json={}, request=request))


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/workflows", "GET, OPTIONS, POST"),
        ("/api/v1/flows/validate", "OPTIONS, POST"),
        ("/c/some/where/else", "DELETE, GET, OPTIONS, PATCH, POST, PUT"),
    ],
)
def test_a_method_that_is_not_there_is_answered_with_those_that_are(client: Client, path: str, allowed: str) -> None:
    assert (client.request("TRACE", path).status_code, client.options(path).status_code) == (405, 204)
    assert client.request("TRACE", path).headers["allow"] == client.options(path).headers["allow"] == allowed


def test_calls_made_up_by_schemathesis_find_no_deviation(own_server: ServerProcess, tmp_path: Path) -> None:
    client = Client(own_server.url).sign_in()
    (tmp_path / "openapi.json").write_bytes(httpx.get(f"{own_server.url}/api/openapi.json").content)
    (tmp_path / "schemathesis.toml").write_text(CONFIG + "".join(ALSO.format(name=name) for name in DEPENDS))
    environment = {
        **os.environ,
        "FUZZ_IDS": json.dumps(known_ids(client)),
        "SCHEMATHESIS_HOOKS": "tests.support.fuzz_hooks",
        "PYTHONPATH": str(ROOT),
    }
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", "openapi.json",
        "--url", own_server.url, "-H", f"Authorization: Bearer {all_rights(client)}",
        "--warnings", "off", "--seed", "1", *(DEEP if IS_DEEP else QUICK),
        *(word for operation in ENDLESS for word in ("--exclude-operation-id", operation)),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=3_000)
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None and int(generated[1]) > (20_000 if IS_DEEP else 300), done.stdout[-500:]
