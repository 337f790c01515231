"""Changing the master key: everything sealed is sealed anew, and only the new key opens it."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from app.adapters.vault import FILE, Keyring, Vault, VaultError, read_keyring, write_keyring
from app.catalog import Catalog
from app.db import operations as log_queries
from app.db import workflows as queries
from app.db.sealed import SealedColumn, sealed_columns
from app.db.tables import metadata
from app.services import rotation
from app.services.credentials import Credentials
from app.services.graphs import Graphs
from app.services.operation_words import Words
from app.services.revisions import RevisionWriter
from app.services.rotation import Rotation
from tests.support.graphs import webhook
from tests.support.studio import opened_studio

pytestmark = pytest.mark.anyio


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


async def test_after_a_rotation_only_the_new_key_opens_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "PAUSE_SECONDS", 0)
    async with opened_studio(tmp_path) as studio:
        hook = webhook()
        workflow = await studio.new(hook)
        changed = {"blocks": [hook | {"config": hook["config"] | {"webhook_secret": "another-secret"}}], "edges": []}
        await studio.server.services.workflows.put_graph(studio.actor, workflow, changed, None)
        await studio.server.services.credentials.create(studio.actor, "KEPT", "value", {"value": "kept"})
        old = read_keyring(tmp_path / FILE)
        both = old.with_new_key()
        write_keyring(tmp_path / FILE, both)
        database = studio.server.database
        done = await Rotation(database, Vault(both)).reseal()
        assert done["credentials.data"] == 1
        assert done["revisions.graph"] >= 1
        assert done["operations.content"] == 1
        assert (await Rotation(database, Vault(both)).reseal()) == {}, "nothing is left"
        alone = Vault(both.newest_only())
        stored = await Credentials(database, alone).store.opened_for(studio.actor.workspace_id, "", 0, str)
        assert stored["KEPT"].secret == "kept"
        graphs = Graphs(Catalog.load(), alone)
        async with database.read() as connection:
            row = await queries.get(connection, workflow)
            assert row is not None
            graph = await queries.revision_graph(connection, workflow, row.revision)
        assert graph is not None
        assert graphs.restore(graph, workflow).blocks[0].config["webhook_secret"] == "another-secret"
        async with database.read() as connection:
            [logged] = await log_queries.newest_of(connection, workflow, studio.actor.user_id, 10)
        undone = RevisionWriter(graphs, Words(Catalog.load())).opened(logged).inverse
        assert hook["config"]["webhook_secret"] in repr(undone), "what was done can still be undone"
        with pytest.raises(VaultError):
            await Credentials(database, Vault(old)).store.opened_for(studio.actor.workspace_id, "", 0, str)


def test_every_column_with_a_sealed_value_is_found() -> None:
    """A table that keeps secrets names its column `sealed_…`, and has an id that they are bound to."""
    found = sealed_columns()
    named = [(table.name, column.name) for table in metadata.sorted_tables for column in table.c if "sealed" in column.name]
    assert {(place.table.name, place.column) for place in found} >= set(named)
    assert all(isinstance(place, SealedColumn) and place.owner in place.table.c for place in found)


def test_a_running_vault_sees_a_new_key_at_once(tmp_path: Path) -> None:
    running = Vault.open("", tmp_path)
    before = running.seal("text", "owner")
    write_keyring(tmp_path / FILE, read_keyring(tmp_path / FILE).with_new_key())
    after = running.seal("text", "owner")
    assert (before[0], after[0]) == (1, 2)
    write_keyring(tmp_path / FILE, read_keyring(tmp_path / FILE).newest_only())
    assert (running.unseal(before, "owner"), running.unseal(after, "owner")) == ("text", "text")
    later = Vault.open("", tmp_path)
    assert later.unseal(after, "owner") == "text"
    assert later.fingerprint("an address") == running.fingerprint("an address"), "addresses that were sent out stay good"
    with pytest.raises(VaultError):
        later.unseal(before, "owner")


@pytest.mark.parametrize(
    "text",
    ["", "x", new_key()[:-4], f"0:{new_key()}", f"256:{new_key()}", f"two:{new_key()}", f"1:{new_key()},2:short", "signing:x"],
    ids=range(8),
)
def test_a_master_key_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(VaultError):
        Keyring.parse(text)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 20, b"\xff" * 60], ids=range(4))
def test_what_was_never_sealed_is_an_error_and_no_crash(sealed: bytes) -> None:
    with pytest.raises(VaultError):
        Vault(b"k" * 32).unseal(sealed, "owner")
