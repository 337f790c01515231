"""Asks a directory by LDAP, such as OpenLDAP or Active Directory, and changes entries in it.

“Search” finds entries below a place: write a filter such as `(&(objectClass=person)(mail=*@example.com))`. Put values of others
into a filter only with the field Values: `(mail={email})` with the value under `email`; then what stands in it cannot change the
question. “Add”, “change” and “delete” work on the one entry that you name. “Check” only signs in.

The credential is a “Database” with an address such as `ldap://cn%3Dadmin%2Cdc%3Dexample:password@host:389`, where the user is the
whole name of an entry, or `ldaps://` for encryption. Referrals to other servers are not followed. Needs a library that is
installed with `pip install 'blockyard[ldap]'`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, CredentialName, Example, Json, Output, Visit, library
from blocks.core._fields import ADVANCED, Text, as_text, when
from blocks.core._threads import in_thread

PORTS = {"ldap": 389, "ldaps": 636}
PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
SPECIAL = re.compile(r"[\\*()\x00]")


class LdapConfig(Config):
    """Configuration of the block."""

    credential: CredentialName = Field("", title="Credential", description="The directory's address, with user and password.")
    operation: Literal["search", "add", "change", "delete", "check"] = Field(
        "search", title="Operation", description="What to do."
    )
    dn: Text = Field(
        "",
        title="Entry",
        max_length=2_000,
        description="Below which to search, or which one to work on.",
        json_schema_extra=when(operation=["search", "add", "change", "delete"]) | {"placeholder": "ou=people,dc=example,dc=com"},
    )
    filter: str = Field(
        "(objectClass=*)",
        title="Filter",
        min_length=1,
        max_length=10_000,
        description="Which entries. Values stand in it as {name}.",
        json_schema_extra=when(operation=["search"]),
    )
    values: dict[str, AnyJson] = Field(
        default_factory=dict,
        title="Values",
        description="What stands in the filter; or the entry's attributes, several values as a list.",
        json_schema_extra=when(operation=["search", "add", "change"]),
    )
    how: Literal["replace", "add", "remove"] = Field(
        "replace",
        title="How to change",
        description="replace all values of the attributes, add these, or remove these.",
        json_schema_extra=when(operation=["change"]),
    )
    scope: Literal["subtree", "level", "base"] = Field(
        "subtree",
        title="How deep",
        description="subtree: everything below; level: directly below; base: only the entry itself.",
        json_schema_extra=ADVANCED | when(operation=["search"]),
    )
    attributes: list[Text] = Field(
        default_factory=list,
        title="Attributes",
        max_length=200,
        description="Only these. Left empty, all.",
        json_schema_extra=ADVANCED | when(operation=["search"]),
    )
    limit: int = Field(
        100, title="At most", ge=1, le=1_000, description="So many entries.", json_schema_extra=when(operation=["search"])
    )
    timeout_ms: int = Field(
        20_000, title="Time limit (ms)", ge=100, le=120_000, description="In all.", json_schema_extra=ADVANCED
    )


async def execute(context: Context, config: LdapConfig, value: Json) -> Output:
    client = await library("blocks.net._ldap_work", "ldap")
    if not config.dn and config.operation not in ("search", "check"):
        raise BlockError("CONFIG_INVALID", "field `dn`: name an entry", retryable=False)
    seconds = config.timeout_ms / 1000

    async def talk(visit: Visit) -> Json:
        login = visit.login
        address = login.address(*PORTS)
        reached = await visit.reach(address.host, address.port or PORTS[address.scheme])
        secured = reached.tls(login.get("authority")) if address.scheme == "ldaps" else None
        server = client.Server(
            reached.host, reached.address, reached.port, secured, address.username, address.password, seconds
        )
        values = visit.reveal(dict(config.values))
        question = filled(config.filter, values) if config.operation == "search" else ""
        request = client.Request(
            config.operation, config.dn, question, config.scope, config.attributes, values, config.how, config.limit
        )
        return await in_thread(lambda lines: client.run(server, request, lines))

    return Output(await context.network.visit(talk, credential=config.credential, types=("database",), seconds=seconds))


def filled(text: str, values: Mapping[str, Json]) -> str:
    """A filter with its values, of which no sign has a meaning of its own (RFC 4515). BlockError names one that is missing."""

    def one(place: re.Match[str]) -> str:
        if place[1] not in values:
            raise BlockError("CONFIG_INVALID", f"field `filter`: there is no value `{place[1]}`", retryable=False)
        return SPECIAL.sub(lambda sign: f"\\{ord(sign[0]):02x}", as_text(values[place[1]]))

    return PLACE.sub(one, text)


BLOCK = Block(
    type="net.ldap",
    title="LDAP directory",
    category="Connect",
    icon="list-tree",
    description="Asks a directory by LDAP, and changes entries in it.",
    config=LdapConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=130_000,
    sample={"entries": [], "more": False},
    output_schema={
        "type": "object",
        "properties": {
            "entries": {"type": "array", "items": {"type": "object"}, "description": "Each with its dn and its attributes."},
            "more": {"type": "boolean", "description": "Whether there are more than the limit."},
            "done": {"type": "boolean", "description": "Whether something was done, where nothing was searched."},
        },
    },
    examples=(
        Example(
            "The person with a mail address",
            {
                "credential": "DIRECTORY",
                "dn": "ou=people,dc=example,dc=com",
                "filter": "(&(objectClass=person)(mail={email}))",
                "values": {"email": "{{ input.email }}"},
                "attributes": ["cn", "mail"],
            },
            input={"email": "ada@example.com"},
            output={
                "entries": [{"dn": "cn=Ada,ou=people,dc=example,dc=com", "cn": "Ada", "mail": "ada@example.com"}],
                "more": False,
            },
            runnable=False,
        ),
        Example(
            "A new telephone number",
            {
                "credential": "DIRECTORY",
                "operation": "change",
                "dn": "cn=Ada,ou=people,dc=example,dc=com",
                "values": {"telephoneNumber": ["+49 1", "+49 2"]},
            },
            output={"done": True},
            runnable=False,
        ),
    ),
)
