"""The `blockyard` command."""

from __future__ import annotations

import rich_click as click

from app.cli.serve import server


@click.group()
@click.version_option(package_name="blockyard")
def main() -> None:
    """Blockyard: draw a workflow, run it, deploy it, call it."""


main.add_command(server)
