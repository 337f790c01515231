"""The command line that talks to a server: contract.md A256-A257, C35."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.support.keys import new_key
from tests.support.server import Client, ServerProcess
from tests.support.warm import ROOT
from tests.support.yaml_flows import THREE, unique

Run = Callable[..., Result]
NODES = """
name: my-workflow
nodes:
  - id: fetch
    type: code
    config: {code: "output = {'url': variables['url']}"}
"""


def command(*arguments: str, **environment: str) -> Result:
    """`blockyard ...`, without the second that it takes to start Python."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith("BLOCKYARD_"))
    return CliRunner().invoke(main, arguments, env=unset | environment)


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    client = Client(server.url).sign_in()
    return new_key(client, "flows:read", "flows:write", "flows:run", "executions:read", "executions:write")


@pytest.fixture(scope="module")
def run(server: ServerProcess, key: str) -> Run:
    """A command with the server's address and a key in its environment."""
    return lambda *arguments: command(*arguments, BLOCKYARD_URL=server.url, BLOCKYARD_API_KEY=key)


def written(folder: Path, text: str, name: str) -> Path:
    path = folder / "my-workflow.yaml"
    path.write_text(text.replace("name: my-workflow", f"name: {name}").replace("name: three", f"name: {name}"))
    return path


def test_a256_create_a_workflow_from_a_file(run: Run, client: Client, tmp_path: Path) -> None:
    name = unique("my-workflow")
    done = run("workflows", "create", str(written(tmp_path, NODES, name)))
    assert (done.exit_code, done.stderr) == (0, "")
    assert client.get(f"/api/workflows/{name}").json()["name"] == name
    again = run("workflows", "create", str(tmp_path / "my-workflow.yaml"))
    assert (again.exit_code, again.stderr) == (1, f"There is already a workflow named `{name}`.\n")
    replaced = run("workflows", "create", "--replace", "--json", str(tmp_path / "my-workflow.yaml"))
    assert json.loads(replaced.stdout)["revision"] == 2


def test_a256_as_it_is_typed(server: ServerProcess, key: str, client: Client, tmp_path: Path) -> None:
    name = unique("my-workflow")
    typed = [sys.executable, "-m", "app.cli", "workflows", "create", str(written(tmp_path, NODES, name))]
    environment = os.environ | {"BLOCKYARD_URL": server.url, "BLOCKYARD_API_KEY": key}
    subprocess.run(typed, cwd=ROOT, env=environment, check=True, timeout=60)
    assert client.get(f"/api/workflows/{name}").status_code == 200


def test_a256_a_wrong_file_is_refused_with_its_lines(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("name: x\ntasks:\n  - name: a\n    type: no.such\n")
    done = run("workflows", "create", str(path))
    assert done.exit_code == 1
    assert "Unknown block type `no.such`" in done.stderr
    assert "line 3" in done.stderr


def test_a257_create_execute_look_and_trace(run: Run, server: ServerProcess, client: Client, tmp_path: Path) -> None:
    name = unique("my-workflow")
    assert run("workflows", "create", str(written(tmp_path, NODES, name))).exit_code == 0
    key = new_key(client, "flows:run", "executions:read")
    caller = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"})
    execution = caller.post(f"/api/workflows/{name}/execute", json={"input": {"url": "https://example.com"}}).json()["execution_id"]
    assert caller.get(f"/api/executions/{execution}").json()["status"] == "completed"
    assert [node["node_id"] for node in caller.get(f"/api/executions/{execution}/trace").json()["nodes"]] == ["fetch"]
    shown = run("executions", "trace", execution)
    assert "fetch  completed" in shown.stdout


def test_run_and_watch_from_the_command_line(run: Run, tmp_path: Path) -> None:
    name = unique("three")
    run("workflows", "create", str(written(tmp_path, THREE, name)))
    done = run("workflows", "execute", name, "--input", '{"who": "Ada"}')
    assert done.exit_code == 0
    assert "first: One Ada" in done.stderr
    assert json.loads(done.stdout) == {"greeting": "Hello Ada"}
    listed = json.loads(run("executions", "list", "--json").stdout)
    execution = next(found["id"] for found in listed["executions"] if found["workflow_name"] == name)
    assert "first: One Ada" in run("executions", "logs", "--follow", execution).stdout
    assert json.loads(run("executions", "show", "--json", execution).stdout)["status"] == "completed"
    assert name in run("workflows", "list", "--search", name).stdout
    assert "tasks:" in run("workflows", "export", "--yaml", name).stdout
    assert json.loads(run("workflows", "export", name).stdout)["name"] == name
    assert "definition" not in run("workflows", "show", name).stdout
    assert run("workflows", "delete", "--yes", name).exit_code == 0
    assert run("workflows", "show", name).exit_code == 1


def test_without_a_server_the_data_directory_is_enough(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    made = command("workflows", "create", str(written(tmp_path, THREE, "three")), "--data", str(data))
    assert made.exit_code == 0, made.stderr
    with closing(sqlite3.connect(data / "blockyard.db")) as connection:
        assert connection.execute("SELECT name FROM workflows").fetchall() == [("three",)]


def test_what_went_wrong_is_told_plainly(run: Run, server: ServerProcess) -> None:
    assert "does not answer" in command("workflows", "list", "--url", "http://127.0.0.1:9").stderr
    assert "BLOCKYARD_API_KEY" in command("workflows", "list", "--url", server.url).stderr
    assert command("workflows", "list", "--url", "x").exit_code == 1
    assert command("workflows", "list", "--url", server.url, "--data", "/nowhere").exit_code == 2
    assert run("workflows", "execute", "nothing", "--input", "{").exit_code == 1
