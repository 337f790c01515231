"""`blockyard executions`: what ran on a server."""

from __future__ import annotations

import rich_click as click

from app.cli.client import Connection, connected
from app.cli.opened import table
from app.cli.workflows import follow, logged, part_of_address


@click.group()
def executions() -> None:
    """Executions of a running server, or with --data of a data directory."""


@executions.command(name="list")
@click.option("--status", default="", help="Only with this status.")
@click.option("--workflow", default="", help="Only of the workflow with this id.")
@click.option("--page", default=0, type=click.IntRange(min=0), help="Which page, from 0.")
@connected
def list_(connection: Connection, status: str, workflow: str, page: int) -> None:
    """List executions, the newest first."""
    asked = {"status": status, "workflow_id": workflow, "page": page, "size": 100}
    found = connection.call("GET", "/api/executions", params=asked)

    def words() -> None:
        rows = [
            (one["id"], one["workflow_name"], one["status"], one["trigger"], one["created_at"], one["duration_ms"])
            for one in found["executions"]
        ]
        table(("id", "workflow", "status", "trigger", "created", "ms"), rows)

    connection.show(found, words)


@executions.command()
@click.argument("execution")
@connected
def show(connection: Connection, execution: str) -> None:
    """Show how an execution went."""
    found = connection.call("GET", f"/api/executions/{part_of_address(execution)}")

    def words() -> None:
        for name in ("id", "workflow_name", "status", "trigger", "started_at", "finished_at", "duration_ms", "error"):
            click.echo(f"{name}: {found[name]}")
        click.echo()
        table(("step", "status", "ms"), [(step["block_id"], step["status"], step["duration_ms"]) for step in found["steps"]])

    connection.show(found, words)


@executions.command()
@click.argument("execution")
@connected
def trace(connection: Connection, execution: str) -> None:
    """Show every step with what went in and what came out."""
    found = connection.call("GET", f"/api/executions/{part_of_address(execution)}/trace")

    def words() -> None:
        for node in found["nodes"]:
            took = "" if node["duration_ms"] is None else f" in {round(node['duration_ms'])} ms"
            click.echo(f"{node['node_id']}  {node['status']}{took}")
            click.echo(f"  input:  {node['input']}")
            click.echo(f"  output: {node['output']}")
            if node["error"]:
                click.echo(f"  error:  {node['error']['message']}")

    connection.show(found, words)


@executions.command()
@click.argument("execution")
@click.option("--follow", "following", is_flag=True, help="Go on until the execution ends.")
@connected
def logs(connection: Connection, execution: str, following: bool) -> None:
    """Show the log of an execution."""
    if following and not connection.as_json:
        follow(connection, execution)
        return
    found = connection.call("GET", f"/api/v1/executions/{part_of_address(execution)}/logs")

    def words() -> None:
        for line in found["data"]:
            click.echo(logged(line))

    connection.show(found, words)
