"""Looks up what the name servers know of a name: addresses, mail servers, texts and more.

When there is nothing, the data leaves at `missing`, and `reason` says whether the name itself is not there. For PTR give an
address. Usually the name servers of this machine are asked; name another one to ask it. Needs a library that is installed
with `pip install 'blockyard[dns]'`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Json, Output, Port, Visit, library
from blocks.core._fields import ADVANCED, Text


class DnsConfig(Config):
    """Configuration of the block."""

    name: Text = Field(
        min_length=1,
        title="Name",
        max_length=255,
        description="Such as example.com.",
        json_schema_extra={"initial": "", "placeholder": "example.com"},
    )
    record: Literal["A", "AAAA", "MX", "TXT", "SRV", "CNAME", "NS", "PTR", "CAA", "SOA"] = Field(
        "A", title="Type", description="What to look for: A and AAAA are addresses, MX mail servers."
    )
    server: Text = Field(
        "", title="Name server", max_length=255, description="Left empty: those of this machine.", json_schema_extra=ADVANCED
    )
    port: int = Field(53, title="Port", ge=1, le=65_535, description="Of that name server.", json_schema_extra=ADVANCED)
    timeout_ms: int = Field(5_000, title="Timeout", ge=100, le=60_000, description="Milliseconds.", json_schema_extra=ADVANCED)


async def execute(context: Context, config: DnsConfig, value: Json) -> Output:
    if not config.name.strip():
        raise BlockError("CONFIG_INVALID", "field `name`: name something", retryable=False)
    client = await library("blocks.net._dns_client", "dns")
    seconds = config.timeout_ms / 1000

    async def talk(visit: Visit) -> Json:
        return await client.look_up(visit, config.name.strip(), config.record, config.server, config.port, seconds)

    answer = await context.network.visit(talk, seconds=seconds + 1)
    return Output(answer, ports=("output", "found" if answer["records"] else "missing"))


BLOCK = Block(
    type="net.dns",
    title="Look up a name",
    category="Connect",
    icon="signpost",
    description="Looks up what the name servers know of a name.",
    config=DnsConfig,
    execute=execute,
    effect="read",
    needs=frozenset({"network"}),
    timeout_ms=70_000,
    sample={"name": "example.com", "records": [], "ttl": None, "reason": None},
    outputs=(Port("output", "Always"), Port("found", "When there is something"), Port("missing", "When there is nothing")),
    output_schema={
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "records": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "type": {"type": "string"},
                        "text": {"type": "string", "description": "As it is usually written."},
                        "value": {"type": "string", "description": "The address, name or text."},
                        "priority": {"type": "integer"},
                        "port": {"type": "integer"},
                        "weight": {"type": "integer"},
                    },
                },
            },
            "ttl": {"type": ["integer", "null"], "description": "For how many seconds it holds."},
            "reason": {"type": ["string", "null"], "description": "Why there is nothing."},
        },
        "required": ["name", "records", "ttl", "reason"],
    },
    examples=(
        Example(
            "Who takes mail for a domain?",
            {"name": "{{ input.domain }}", "record": "MX"},
            input={"domain": "example.com"},
            output={
                "name": "example.com",
                "records": [{"type": "MX", "text": "10 mail.example.com.", "value": "mail.example.com", "priority": 10}],
                "ttl": 3600,
                "reason": None,
            },
            ports=("output", "found"),
            runnable=False,
        ),
        Example(
            "An address that is not there",
            {"name": "nowhere.example.com"},
            output={"name": "nowhere.example.com", "records": [], "ttl": None, "reason": "there is no such name"},
            ports=("output", "missing"),
            runnable=False,
        ),
    ),
)
