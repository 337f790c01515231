"""`blockyard server`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import rich_click as click
from pydantic import ValidationError

from app import logs
from app.adapters.vault import VaultError
from app.server import CannotStart, run
from app.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on (BLOCKYARD_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (BLOCKYARD_PORT, 8080).")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Directory for all data (BLOCKYARD_DATA, ./data).")
@click.option("--no-auth", is_flag=True, default=None, help="No sign-in; loopback addresses only (BLOCKYARD_NO_AUTH).")
def server(**options: Any) -> None:
    """Start the studio and run deployed workflows."""
    try:
        settings = Settings(**{name: value for name, value in options.items() if value is not None})
        logs.configure(settings.log_format, settings.log_level)
        run(settings)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            click.echo(f"BLOCKYARD_{'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}", err=True)
        sys.exit(2)
    except (CannotStart, VaultError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
