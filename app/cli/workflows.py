"""`blockyard workflows`: create, list, show, export, delete and run workflows of a server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import rich_click as click

from app.cli.client import Connection, Refused, connected
from app.cli.opened import table
from app.sdk import Json

LIST_SIZE = 100


@click.group()
def workflows() -> None:
    """Workflows of a running server, or with --data of a data directory."""


@workflows.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Another name than the one in the file.")
@click.option("--replace", is_flag=True, help="Change the workflow of this name if there is one.")
@connected
def create(connection: Connection, file: Path, name: str | None, replace: bool) -> None:
    """Make a workflow of a YAML file (tasks, nodes or blocks), of a JSON export, or of a workflow that n8n exported."""
    text = _text(file)
    if file.suffix == ".json":
        made = connection.call("POST", "/api/v1/flows/import", json=_json(text, file))
        _tell_of_import(made)
    else:
        found = _existing(connection, name, text) if replace else None
        if found is not None:
            made = connection.call("PUT", f"/api/v1/flows/{found}", json={"yamlContent": text})
        else:
            made = connection.call("POST", "/api/v1/flows", json={"yamlContent": text} | ({"name": name} if name else {}))
    connection.show(made, lambda: click.echo(f"{made['name']}  {made['id']}  revision {made['revision']}"))


def _tell_of_import(made: dict[str, Json]) -> None:
    """What somebody should look at in a workflow of another system."""
    for note in made.get("reportNotes", ()):
        click.echo(f"Note: {note}", err=True)
    for node in made.get("report", ()):
        for note in node["notes"]:
            click.echo(f"{node['node']} ({node['outcome']}): {note.splitlines()[0]}", err=True)


def _existing(connection: Connection, name: str | None, text: str) -> str | None:
    """The id of the workflow that has this name, or the name in the text."""
    wanted = name
    if wanted is None:
        checked = connection.call("POST", "/api/v1/flows/validate", json={"yamlContent": text})
        wanted = checked.get("name")
    page = connection.call("GET", "/api/v1/flows", params={"q": wanted or "", "size": LIST_SIZE})
    return next((str(flow["id"]) for flow in page["data"] if flow["name"] == wanted), None)


@workflows.command(name="list")
@click.option("--search", default="", help="Only those whose name or description holds this.")
@click.option("--page", default=0, type=click.IntRange(min=0), help="Which page, from 0.")
@connected
def list_(connection: Connection, search: str, page: int) -> None:
    """List workflows, the last changed first."""
    found = connection.call("GET", "/api/workflows", params={"q": search, "page": page, "size": LIST_SIZE})

    def words() -> None:
        rows = [
            (one["name"], one["id"], one["state"], "on" if one["enabled"] else "off", one["node_count"], one["updated_at"])
            for one in found["workflows"]
        ]
        table(("name", "id", "state", "enabled", "blocks", "updated"), rows)

    connection.show(found, words)


@workflows.command()
@click.argument("workflow")
@connected
def show(connection: Connection, workflow: str) -> None:
    """Show a workflow with its definition."""
    found = connection.call("GET", f"/api/workflows/{part_of_address(workflow)}")

    def words() -> None:
        for name in ("name", "id", "description", "state", "enabled", "revision", "updated_at"):
            click.echo(f"{name}: {found[name]}")
        click.echo()
        click.echo(found["definition"])

    connection.show(found, words)


@workflows.command()
@click.argument("workflow")
@click.option("--yaml", "as_yaml", is_flag=True, help="As YAML; otherwise as JSON that can be imported.")
@connected
def export(connection: Connection, workflow: str, as_yaml: bool) -> None:
    """Print a workflow as a file, without secrets."""
    if as_yaml:
        click.echo(connection.call("GET", f"/api/v1/flows/{part_of_address(workflow)}")["yamlContent"], nl=False)
    else:
        found = connection.call("GET", f"/api/v1/flows/{part_of_address(workflow)}/export")
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@workflows.command()
@click.argument("workflow")
@click.confirmation_option("--yes", prompt="Delete this workflow?")
@connected
def delete(connection: Connection, workflow: str) -> None:
    """Delete a workflow; its executions stay on record."""
    found = connection.call("DELETE", f"/api/v1/flows/{part_of_address(workflow)}")
    connection.show(found, lambda: click.echo(f"Deleted {found['id']}"))


@workflows.command()
@click.argument("workflow")
@click.option("--input", "text", default="{}", help="The variables as JSON, or @file.")
@click.option("--simulate", is_flag=True, help="Act on nothing.")
@click.option("--no-wait", is_flag=True, help="Return as soon as it is accepted.")
@connected
def execute(connection: Connection, workflow: str, text: str, simulate: bool, no_wait: bool) -> None:
    """Run a workflow, show its progress, and print what it gave. Exit code 1 unless it completed."""
    given = _json(_text(Path(text[1:])) if text.startswith("@") else text, "--input")
    body = {"input": given, "wait": False, "mode": "simulation" if simulate else "live"}
    started = connection.call("POST", f"/api/workflows/{part_of_address(workflow)}/execute", json=body)
    if no_wait:
        connection.show(started, lambda: click.echo(started["execution_id"]))
        return
    follow(connection, started["execution_id"], beside=True, quiet=connection.as_json)
    found = connection.call("GET", f"/api/executions/{started['execution_id']}")
    connection.show(found, lambda: click.echo(json.dumps(found["output"], indent=2, ensure_ascii=False)))
    if found["status"] != "completed":
        sys.exit(1)


def follow(connection: Connection, execution: str, *, beside: bool = False, quiet: bool = False) -> None:
    """Show the log of an execution until it ends; `beside`: on the error output."""
    for line in connection.lines(f"/api/v1/executions/{part_of_address(execution)}/logs"):
        if not quiet:
            click.echo(logged(line), err=beside)


def logged(line: dict[str, Json]) -> str:
    level = "" if line["level"] == "info" else f"{line['level'].upper()} "
    task = f"{line['taskName']}: " if line["taskName"] else ""
    return f"{line['ts']}  {level}{task}{line['message']}"


def part_of_address(text: str) -> str:
    """A name or id as one part of an address."""
    return "".join(mark if mark.isascii() and (mark.isalnum() or mark in "-_.~") else _escaped(mark) for mark in text)


def _escaped(mark: str) -> str:
    return "".join(f"%{byte:02X}" for byte in mark.encode())


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from None


def _json(text: str, place: Any) -> Json:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused(f"{place} is not JSON: {error}") from None
