"""Secrets that are kept outside: environment, files, HashiCorp Vault. What is not offered cannot be read."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.http import EgressClient
from app.adapters.secret_sources import AppRole, EnvironmentSource, FileSource, SecretSource, SourceError, VaultSource
from tests.support.vault_server import ROLE_ID, ROOT_TOKEN, SECRET_ID, VaultServer

pytestmark = pytest.mark.anyio

WORKSPACE = "11111111-2222-3333-4444-555555555555"


async def refused(source: SecretSource, reference: str, workspace: str = WORKSPACE) -> str:
    with pytest.raises(SourceError) as error:
        await source.read(reference, workspace)
    return str(error.value)


# -- environment ------------------------------------------------------------------------------------------------------


async def test_variables_with_the_prefix_can_be_read_and_no_others() -> None:
    variables = {"SHARED_KEY": "from-outside", "HOME": "/root", "SHARED_EMPTY": "", "BLOCKYARD_SECRET_KEY": "master"}
    source = EnvironmentSource("SHARED_", variables)
    assert await source.read("SHARED_KEY", WORKSPACE) == "from-outside"
    for reference in (
        "HOME",
        "SHARED_NONE",
        "SHARED_EMPTY",
        "shared_KEY",
        "SHARED_KEY\n",
        "",
        "SHARED_../x",
        "BLOCKYARD_SECRET_KEY",
    ):
        assert "from-outside" not in await refused(source, reference)


@pytest.mark.parametrize("prefix", ["", "B", "BLOCKYARD_"])
async def test_no_prefix_offers_our_own_settings(prefix: str) -> None:
    source = EnvironmentSource(prefix, {"BLOCKYARD_SECRET_KEY": "master"})
    assert "master" not in await refused(source, "BLOCKYARD_SECRET_KEY")


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "secrets"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "key").write_text("from-a-file\n")
    (root / "..data").mkdir()
    (root / "..data" / "mounted").write_text("as-mounted")
    (root / "mounted").symlink_to(Path("..data") / "mounted")
    (tmp_path / "outside").write_text("not-for-you")
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "up").symlink_to(tmp_path)
    return root


async def test_files_below_the_directory_can_be_read_as_platforms_mount_them(folder: Path) -> None:
    source = FileSource(str(folder))
    assert await source.read("shop/key", WORKSPACE) == "from-a-file"
    assert await source.read("mounted", WORKSPACE) == "as-mounted"


@pytest.mark.parametrize(
    "reference",
    ["../outside", "shop/../../outside", "/etc/passwd", "link", "up/outside", "shop", "none", "", "shop//key", "./shop/key",
     "shop/key\0", "..data/mounted", "shop\\key", "~/key"],
)  # fmt: skip
async def test_no_reference_leads_out_of_the_directory(folder: Path, reference: str) -> None:
    message = await refused(FileSource(str(folder)), reference)
    assert "not-for-you" not in message
    assert str(folder) not in message


async def test_files_that_are_no_secrets_are_refused(folder: Path) -> None:
    source = FileSource(str(folder))
    (folder / "large").write_bytes(b"x" * 64_001)
    (folder / "bytes").write_bytes(b"\xff\xfe")
    (folder / "empty").write_text("\n")
    os.mkfifo(folder / "pipe")
    began = time.monotonic()
    for name, words in [("large", "too long"), ("bytes", "UTF-8"), ("empty", "empty"), ("pipe", "no file")]:
        assert words in await refused(source, name)
    assert time.monotonic() - began < 10, "nobody waits for a pipe"


async def test_each_workspace_may_have_a_directory_of_its_own(tmp_path: Path) -> None:
    (tmp_path / WORKSPACE).mkdir()
    (tmp_path / WORKSPACE / "key").write_text("ours")
    source = FileSource(f"{tmp_path}/{{workspace}}")
    assert await source.read("key", WORKSPACE) == "ours"
    assert "no file" in await refused(source, "key", "another")


# -- Vault ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def vault() -> Iterator[VaultServer]:
    with VaultServer() as running:
        running.put("shop/api", key="first", port=443)
        running.put("shop/api", key="second", port=443, nested={"a": 1}, none=None, empty="")
        yield running


@pytest.fixture
async def http() -> AsyncIterator[EgressClient]:
    """As the server's own, which calls no private address unless the operator has said so."""
    client = EgressClient()
    yield client
    await client.close()


def of(vault: VaultServer, http: EgressClient, **more: Any) -> VaultSource:
    return VaultSource(http, vault.url + "/", more.pop("prefix", "secret/"), **(more or {"token": ROOT_TOKEN}))


async def test_the_newest_version_and_any_other_are_read(vault: VaultServer, http: EgressClient) -> None:
    source = of(vault, http)
    assert await source.read("secret/shop/api#key", WORKSPACE) == "second"
    assert await source.read("secret/shop/api#key@1", WORKSPACE) == "first"
    assert await source.read("secret/shop/api#port", WORKSPACE) == "443"
    assert await source.read("secret/shop/api#nested", WORKSPACE) == '{"a": 1}'


async def test_every_refusal_of_the_server_is_told_in_words(vault: VaultServer, http: EgressClient) -> None:
    source = of(vault, http)
    assert "no secret secret/none" in await refused(source, "secret/none#key")
    assert "no secret" in await refused(source, "secret/shop/api#key@3")
    assert "no field" in await refused(source, "secret/shop/api#none")
    assert "empty" in await refused(source, "secret/shop/api#empty")
    assert "permission denied" in await refused(source, "secret/forbidden/api#key")
    vault.delete("shop/api")
    assert "version 2 of secret/shop/api is deleted" in await refused(source, "secret/shop/api#key")
    vault.delete("shop/api", destroy=True)
    assert "destroyed" in await refused(source, "secret/shop/api#key")
    assert await source.read("secret/shop/api#key@1", WORKSPACE) == "first"
    assert "permission denied" in await refused(of(vault, http, token="hvs.wrong"), "secret/shop/api#key")
    vault.sealed = True
    assert "sealed" in await refused(source, "secret/shop/api#key")


@pytest.mark.parametrize(
    "reference",
    ["secret/../sys/health#key", "secret/shop/../../sys#key", "secret/shop/./api#key", "kv/shop/api#key", "secret/shop/api",
     "secret/#key", "secret/a//b#key", "secret/shop/api#key@0", "secret/shop/api#key@x", "/secret/shop/api#key", "#key",
     "secret/shop/api?version=1#key", "secret/shop%2Fapi#key"],
)  # fmt: skip
async def test_what_is_no_reference_below_the_prefix_is_never_asked(
    vault: VaultServer, http: EgressClient, reference: str
) -> None:
    await refused(of(vault, http), reference)
    assert vault.asked == []


async def test_a_prefix_ends_with_its_own_name(vault: VaultServer, http: EgressClient) -> None:
    source = of(vault, http, prefix="secret/{workspace}", token=ROOT_TOKEN)
    vault.put(f"{WORKSPACE}/api", key="ours")
    assert await source.read(f"secret/{WORKSPACE}/api#key", WORKSPACE) == "ours"
    for reference in ("secret/shop/api#key", f"secret/{WORKSPACE}-of-others/api#key"):
        assert "only secrets below" in await refused(source, reference)


async def test_by_role_it_signs_in_once_and_again_when_its_token_is_gone(vault: VaultServer, http: EgressClient) -> None:
    source = of(vault, http, role=AppRole(ROLE_ID, SECRET_ID))
    for _ in range(3):
        assert await source.read("secret/shop/api#key", WORKSPACE) == "second"
    assert vault.logins == 1
    vault.tokens.clear()
    assert await source.read("secret/shop/api#key", WORKSPACE) == "second"
    assert vault.logins == 2
    vault.lease_seconds = 10
    short = of(vault, http, role=AppRole(ROLE_ID, SECRET_ID))
    for _ in range(2):
        await short.read("secret/shop/api#key", WORKSPACE)
    assert vault.logins == 4, "a token that is about to end is not used"


async def test_a_wrong_role_is_refused_without_its_secret(vault: VaultServer, http: EgressClient) -> None:
    message = await refused(of(vault, http, role=AppRole(ROLE_ID, "wr0ng-secret-id")), "secret/shop/api#key")
    assert "does not let this server sign in" in message
    assert "wr0ng-secret-id" not in message


async def test_a_namespace_is_named(vault: VaultServer, http: EgressClient) -> None:
    vault.namespace = "team"
    assert "permission denied" in await refused(of(vault, http), "secret/shop/api#key")
    assert await of(vault, http, namespace="team", token=ROOT_TOKEN).read("secret/shop/api#key", WORKSPACE) == "second"


async def test_a_server_that_is_not_there(vault: VaultServer, http: EgressClient) -> None:
    source = VaultSource(http, "http://127.0.0.1:1", "secret/", token=ROOT_TOKEN)
    message = await refused(source, "secret/shop/api#key")
    assert "cannot be asked" in message
    assert ROOT_TOKEN not in message
