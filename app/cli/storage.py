"""`blockyard backup`, `restore`, `verify-audit` and `rotate-key`."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click

from app.adapters.vault import FILE, Vault, read_keyring, write_keyring
from app.cli.opened import CannotRun, Opened, data_option, guarded, run, settings_of
from app.db.backup import check_backup, restore_backup, write_backup
from app.services.audit import Audit, Verdict
from app.services.rotation import Rotation
from app.settings import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-key", is_flag=True, help="Put the master key in too: who has the file can then read every secret.")
@click.option("--check", is_flag=True, help="Only look whether FILE is whole.")
@data_option
def backup(file: Path, with_key: bool, check: bool, data: Path | None) -> None:
    """Copy everything into FILE while the server works."""
    settings = settings_of(data)

    def work() -> None:
        if check:
            manifest = check_backup(file)
            click.echo(f"{file} is whole: made {manifest.created_at}, schema {manifest.schema}, {manifest.file_count} files.")
            return
        _only_sqlite(settings)
        manifest = write_backup(settings.data, file, with_key=with_key)
        click.echo(f"Wrote {file} ({file.stat().st_size:,} bytes), schema {manifest.schema}, {manifest.file_count} files.")
        if FILE not in manifest.members:
            click.echo("Keep the master key too, apart from it: without it no stored secret can be read.")

    guarded(work)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def restore(file: Path, data: Path | None) -> None:
    """Put what is in FILE into a data directory that has no database."""
    settings = settings_of(data)

    def work() -> None:
        _only_sqlite(settings)
        with _without_server(settings.data):
            manifest = restore_backup(file, settings.data)
        click.echo(f"Restored what was saved at {manifest.created_at} into {settings.data}.")
        if FILE not in manifest.members and not settings.secret_key and not (settings.data / FILE).exists():
            click.echo(f"Put the master key into {settings.data / FILE}, or set BLOCKYARD_SECRET_KEY, before the start.")

    guarded(work)


@click.command("verify-audit")
@data_option
def verify_audit(data: Path | None) -> None:
    """Compute the audit log's chain of hashes once more. Exit code 1: an entry was changed or taken out."""

    async def work(opened: Opened) -> Verdict:
        return await Audit(opened.database).verify()

    verdict = run(data, work)
    if verdict.broken_at is not None:
        click.echo(f"The chain is broken at entry {verdict.broken_at}; {verdict.rows} before it are whole.", err=True)
        sys.exit(1)
    click.echo(f"{verdict.rows} entries, all whole. The last one's hash is {verdict.head}.")


@click.command("rotate-key")
@data_option
def rotate_key(data: Path | None) -> None:
    """Make a new master key and seal every stored secret with it, while the server works."""

    async def work(opened: Opened) -> int:
        settings, path = opened.settings, opened.settings.data / FILE
        if settings.secret_key:
            return await _with_keys_of_the_environment(opened)
        with _alone(settings.data):
            write_keyring(path, read_keyring(path).with_new_key())
            vault = Vault.open("", settings.data)
            done = await Rotation(opened.database, vault).reseal()
            write_keyring(path, read_keyring(path).newest_only())
        click.echo(f"The master key has version {vault.version} now; the old one is gone from {path}.")
        return sum(done.values())

    click.echo(f"{run(data, work)} stored secrets were sealed anew.")


async def _with_keys_of_the_environment(opened: Opened) -> int:
    vault = Vault.open(opened.settings.secret_key, opened.settings.data)
    if vault.version == 1:
        raise CannotRun(
            "The master key comes from BLOCKYARD_SECRET_KEY. Set it to `2:<new key>,1:<old key>` for the server and here, "
            "restart the server, and run this again; afterwards leave out the old key."
        )
    return sum((await Rotation(opened.database, vault).reseal()).values())


def _only_sqlite(settings: Settings) -> None:
    if settings.database_url:
        raise CannotRun("BLOCKYARD_DATABASE_URL names a database of its own: use its own tools, such as pg_dump.")


@contextmanager
def _without_server(data: Path) -> Iterator[None]:
    """Raises CannotRun while a server works in this directory."""
    data.mkdir(parents=True, exist_ok=True)
    with _locked(data / "server.lock", "A server works in this data directory. Stop it first."):
        yield


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Two changes of the master key at once would lose one of them."""
    with _locked(data / "rotate.lock", "The master key is being changed already."):
        yield


@contextmanager
def _locked(path: Path, refusal: str) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotRun(refusal) from None
        yield
