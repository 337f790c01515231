"""`blockyard presets`: services of one's own, made of an OpenAPI description or of a manifest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import rich_click as click

from app.catalog import Catalog
from app.cli.opened import CannotRun, data_option, guarded, settings_of, table
from app.formats.text import NotReadable
from app.formats.yaml import read_yaml
from app.presets.library import SUFFIX, Presets, compiled
from app.presets.manifest import Manifest
from app.presets.openapi import Imported, NotOpenApi, from_openapi, is_openapi
from app.presets.reading import read_manifest
from app.sdk import Json

MAX_BYTES = 20_000_000


@click.group()
def presets() -> None:
    """Services whose operations are blocks. A change counts when the server is started again."""


@presets.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "id_", default="", help="The short name before the dot in block types; otherwise made of the title.")
@click.option("--base-url", default="", help="Where the service is, when the description does not say so.")
@click.option("--only", default="", help="Take only operations whose path begins so.")
@click.option("--auth", type=click.Choice(["bearer", "basic"]), help="How to sign in, when the description does not say so.")
@click.option("--check", is_flag=True, help="Say what would be taken over, and keep nothing.")
@data_option
def import_(file: Path, id_: str, base_url: str, only: str, auth: str | None, check: bool, data: Path | None) -> None:
    """Make blocks of an OpenAPI 3 description (JSON or YAML), or of a manifest as docs/presets.md explains."""

    def work() -> None:
        imported = _read(file, id_, base_url, only, auth or "")
        manifest, directory = imported.manifest, settings_of(data).data / "presets"
        _refuse_taken(manifest)
        for note in imported.notes:
            click.echo(f"Note: {note}", err=True)
        if not check:
            _write(directory / f"{manifest.id}{SUFFIX}", compiled([manifest]))
        table(("block", "what it does"), [(f"{manifest.id}.{name}", one.title) for name, one in manifest.operations.items()])
        click.echo("Nothing was kept." if check else f"{manifest.name} is kept in {directory}; start the server again.")

    guarded(work)


@presets.command(name="list")
@data_option
def list_(data: Path | None) -> None:
    """List all services and where they come from."""
    directory = settings_of(data).data / "presets"
    own = set(Presets.ids_in(directory))
    rows = [
        (manifest.id, manifest.name, len(manifest.operations), "imported" if manifest.id in own else "built in")
        for manifest in Presets.load(directory).manifests()
    ]
    table(("id", "name", "operations", "from"), rows)


@presets.command()
@click.argument("id_", metavar="ID")
@data_option
def remove(id_: str, data: Path | None) -> None:
    """Remove an imported service. Workflows that use its blocks cannot run any more."""

    def work() -> None:
        directory = settings_of(data).data / "presets"
        if id_ not in Presets.ids_in(directory):
            raise CannotRun(f"There is no imported service `{id_}`.")
        (directory / f"{id_}{SUFFIX}").unlink()
        click.echo(f"Removed {id_}; start the server again.")

    guarded(work)


def _read(file: Path, id_: str, base_url: str, only: str, auth: str) -> Imported:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CannotRun(f"{file} is larger than {MAX_BYTES:,} bytes.")
        text = file.read_text()
        document: Json = json.loads(text) if text.lstrip().startswith("{") else read_yaml(text).value
        if is_openapi(document):
            return from_openapi(document, id=id_, base_url=base_url, only=only, auth=auth)
        return Imported(read_manifest(text))
    except NotReadable as error:
        lines = "\n".join(f"line {problem.line}: {problem.message}" for problem in error.problems)
        raise CannotRun(f"{file} cannot be imported:\n{lines}") from None
    except (OSError, ValueError, RecursionError, NotOpenApi) as error:
        raise CannotRun(f"{file} cannot be imported: {error}") from None


def _refuse_taken(manifest: Manifest) -> None:
    """An imported service may replace itself, never what comes with Blockyard."""
    if any(block.type.partition(".")[0] == manifest.id for block in Catalog.load()):
        raise CannotRun(f"There are blocks named `{manifest.id}` already; choose another name with --id.")


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, also beside a running server."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.replace(file.name, path)
