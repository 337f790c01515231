"""The `blockyard` command. Each of its commands is loaded when it is asked for: most need only a little of the application."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Final

import rich_click as click

COMMANDS: Final[Mapping[str, str]] = {
    "server": "app.cli.serve:server",
    "workflows": "app.cli.workflows:workflows",
    "executions": "app.cli.executions:executions",
    "users": "app.cli.people:users",
    "keys": "app.cli.people:keys",
    "backup": "app.cli.storage:backup",
    "restore": "app.cli.storage:restore",
    "verify-audit": "app.cli.storage:verify_audit",
    "rotate-key": "app.cli.storage:rotate_key",
    "copilot": "app.cli.copilot:copilot",
    "presets": "app.cli.presets:presets",
}
"""Where each command is."""


class Commands(click.RichGroup):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        gc.disable()  # what a command imports is no garbage; the server looks for it again once it is ready
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=Commands)
@click.version_option(package_name="blockyard")
def main() -> None:
    """Blockyard: draw a workflow, run it, deploy it, call it."""
