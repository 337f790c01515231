"""net.ldap against a real OpenLDAP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from app.sdk import BlockError
from blocks.net.ldap import filled
from tests.peers.certificates import Authority
from tests.peers.slapd import PEOPLE, WRITTEN, Slapd, slapd

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def directory(authority: Authority) -> Iterator[Slapd]:
    with slapd(authority) as running:
        yield running


@pytest.fixture
def ask(run: Any, directory: Slapd) -> Any:
    async def ask(operation: str = "search", dn: str = PEOPLE, *, url: str = "", authority: str = "", **config: Any) -> Any:
        credentials = {"DIR": ("database", {"url": url or directory.address(), "authority": authority})}
        return await run("net.ldap", {"credential": "DIR", "operation": operation, "dn": dn, **config}, credentials=credentials)

    return ask


@pytest.fixture
def fails(refused: Any, directory: Slapd) -> Any:
    async def fails(operation: str = "search", dn: str = PEOPLE, *, url: str = "", authority: str = "", **config: Any) -> Any:
        credentials = {"DIR": ("database", {"url": url or directory.address(), "authority": authority})}
        given = {"credential": "DIR", "operation": operation, "dn": dn, **config}
        return await refused("net.ldap", given, credentials=credentials)

    return fails


def person(name: str) -> dict[str, Any]:
    return {"objectClass": ["inetOrgPerson"], "sn": name, "mail": ["a@example.com", "b@example.org"]}


async def test_entries_are_made_found_changed_and_deleted(ask: Any, fails: Any) -> None:
    for name in ("ada", "b*o", "zoë"):
        assert await ask("add", f"cn={name},{PEOPLE}", values=person(name)) == {"done": True}
    assert (await fails("add", f"cn=ada,{PEOPLE}", values=person("ada"))).code == "ENTRY_EXISTS"
    found = await ask(filter="(cn={name})", values={"name": "zoë"}, attributes=["cn", "mail"])
    entry = {"dn": f"cn=zoë,{PEOPLE}", "cn": "zoë", "mail": ["a@example.com", "b@example.org"]}
    assert found == {"entries": [entry], "more": False}
    names = [one["cn"] for one in (await ask(filter="(cn={name})", values={"name": "*"}))["entries"]]
    assert names == [], "a star in a value is a star"
    assert [one["cn"] for one in (await ask(filter="(cn={name})", values={"name": "b*o"}))["entries"]] == ["b*o"]
    some = await ask(filter="(objectClass=person)", limit=2)
    assert (len(some["entries"]), some["more"]) == (2, True)
    assert await ask("change", f"cn=ada,{PEOPLE}", values={"telephoneNumber": ["1", "2"], "mail": None}) == {"done": True}
    assert await ask("change", f"cn=ada,{PEOPLE}", values={"telephoneNumber": "2"}, how="remove") == {"done": True}
    (ada,) = (await ask(dn=f"cn=ada,{PEOPLE}", scope="base"))["entries"]
    assert (ada["telephoneNumber"], "mail" in ada) == ("1", False)
    assert [await ask("delete", f"cn={name},{PEOPLE}") for name in ("ada", "b\\*o", "zoë", "zoë")][-2:] == [
        {"done": True},
        {"done": False},
    ]
    assert await ask(dn="ou=nowhere,dc=example") == {"entries": [], "more": False}


def test_a_value_cannot_change_the_question() -> None:
    assert filled("(mail={m})", {"m": "x)(cn=*"}) == "(mail=x\\29\\28cn=\\2a)"
    with pytest.raises(BlockError, match="no value `n`"):
        filled("(mail={n})", {"m": "x"})


@pytest.mark.parametrize(
    ("operation", "config", "code"),
    [
        ("search", {"filter": "no filter"}, "CONFIG_INVALID"),
        ("add", {"dn": "no name", "values": person("x")}, "CONFIG_INVALID"),
        ("add", {"dn": f"cn=x,{PEOPLE}", "values": {"objectClass": "nonsense"}}, "DIRECTORY"),
        ("change", {"dn": f"cn=nobody,{PEOPLE}", "values": {"sn": "x"}}, "ENTRY_NOT_FOUND"),
        ("delete", {"dn": ""}, "CONFIG_INVALID"),
    ],
    ids=["filter", "name", "class", "missing", "no entry"],
)
async def test_what_cannot_be_done_is_told(fails: Any, operation: str, config: dict[str, Any], code: str) -> None:
    assert (await fails(operation, **config)).code == code


async def test_logins(ask: Any, fails: Any, directory: Slapd) -> None:
    assert await ask("check") == {"done": True}
    error = await fails("check", url=directory.address("wrong-password"))
    assert (error.code, "wrong-password" in error.message) == ("LOGIN_REFUSED", False)


async def test_encryption(ask: Any, fails: Any, directory: Slapd, authority: Authority) -> None:
    secure = directory.address(host="localhost").replace("ldap:", "ldaps:").replace(str(directory.port), str(directory.secure))
    assert await ask("check", url=secure, authority=authority.pem) == {"done": True}
    assert (await fails("check", url=secure)).code == "TLS"


async def test_servers_that_are_silent_or_not_there(fails: Any, silent: int, directory: Slapd) -> None:
    at = f"ldap://a:{WRITTEN}@127.0.0.1"
    assert (await fails("check", url=f"{at}:{silent}", timeout_ms=500)).code == "TIMEOUT"
    assert (await fails("check", url=f"{at}:1")).code == "CONNECTION"
    await asyncio.to_thread(directory.end)
    try:
        assert (await fails("check")).code == "CONNECTION"
    finally:
        await asyncio.to_thread(directory.start)
