"""One case for each native block: the first example of its declaration, with the servers of this machine in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.catalog import Catalog
from app.sdk import Block, Json
from tests.support.block_peers import World

ANYTHING: Any = ...
PARKED = {"flow.gate", "flow.wait_event"}
"""Blocks that wait for people or for the outside."""


@dataclass(frozen=True)
class Case:
    """A block as it is filled in, what comes into it, and what must be seen of it."""

    block: Block
    config: dict[str, Json]
    input: Json
    variables: dict[str, Json] = field(default_factory=dict)
    output: Any = None
    error: str = ""
    """A part of the message with which it must fail; empty: it must succeed."""

    @property
    def feeders(self) -> Mapping[str, Json]:
        """What the blocks before it give, by a name for each."""
        if self.block.join != "all" and isinstance(self.input, dict):
            return self.input
        return {"given": self.input}


CATALOG = Catalog.load()
NATIVE = [block for block in CATALOG if not CATALOG.is_service(block.type)]


def cases(blocks: Iterable[Block], world: World) -> list[Case]:
    """The cases of these blocks. Whose example needs others speaks to servers on loopback, or to a port where nobody listens."""
    here = {**answered(world), **refused(world), **started(world)}
    return [replace(as_declared(block), **here.get(block.type, lambda _: {})(block.examples[0].config)) for block in blocks]


def as_declared(block: Block) -> Case:
    example = block.examples[0]
    return Case(block, example.config, example.input, example.variables, example.output)


def answered(world: World) -> dict[str, Any]:
    """What is changed in examples that something on this machine answers."""
    web, tag = world.web.url, world.tag

    def on(output: Any = ANYTHING, /, **config: Json) -> Any:
        return lambda old: {"config": {**old, **config}, "output": output}

    def model(name: str, output: Any) -> Any:
        return on(output, base_url=world.models[name].address, model="small")

    return {
        "general_api": on(
            {"status_code": 201, "headers": ANYTHING, "body": {"id": 7}}, url=f"{web}/orders", credential=f"SHOP_{tag}"
        ),
        "net.graphql": on({"data": {"user": {"name": "Ada"}}, "errors": []}, url=f"{web}/graphql", credential=f"SHOP_{tag}"),
        "net.check": on({"up": True, "status_code": 200, "milliseconds": ANYTHING, "problem": ""}, url=f"{web}/shop"),
        "rss.read": on({"feed": ANYTHING, "entries": ANYTHING, "changed": True}, url=f"{web}/feed.xml"),
        "webhook.send": on(
            {"message_id": ANYTHING, "status_code": 204, "milliseconds": ANYTHING, "body": ""}, url=f"{web}/hooks"
        ),
        "net.websocket": on({"messages": [{"article": "cup", "price": 12.5}], "ended": "enough"}, url=world.socket_url),
        "email.send": on({"accepted": ["ada@example.com"], "refused": {}, "message_id": ANYTHING}, credential=f"MAIL_{tag}"),
        "file.write": on(
            {"path": f"{tag}/may.txt", "name": "may.txt", "size": 17, "modified": ANYTHING, "is_folder": False},
            path=f"{tag}/may.txt",
        ),
        "file.list": on({"files": [], "count": 0}, pattern=f"*.{tag}"),
        "kv.delete": on({"keys": [], "count": 0}, key=tag),
        "db.sqlite": lambda old: {"config": {**old, "path": f"{tag}.sqlite"}},
        "fmt.xlsx": on({"filename": "orders.xlsx", "content_type": ANYTHING, "size": ANYTHING, "base64": ANYTHING}),
        "table.rows": on({"rows": [{"id": 2, "email": "ada@example.com", "city": "Bern"}], "count": 1}, table=f"Customers {tag}"),
        "flow.wait": lambda old: {"config": {**old, "seconds": 1}},
        "flow.once": lambda old: {"config": {**old, "key": f"{tag}-{{{{ input.order }}}}"}},
        "flow.subworkflow": on(
            {"execution_id": ANYTHING, "status": "completed", "output": {"known": True}}, workflow=f"Check {tag}"
        ),
        "platform_api": on({"execution_id": ANYTHING, "status": ANYTHING}, resource_id=f"Check {tag}"),
        "flow.stop_error": lambda old: {"error": "Order 7 has no items"},
        "flow.gate": on(
            {
                "decision": "approved",
                "decided_by": ANYTHING,
                "note": ANYTHING,
                "form": {"limit": 1000},
                "timed_out": False,
                "input": {"order": 7, "total": 900},
            },
            assignees=[],
        ),
        "flow.wait_event": on({"amount": 12.5}, event=f"payment.{tag}"),
        "ai.chat": model("chat", {"text": "We are looking for it.", "usage": ANYTHING}),
        "ai.classify": model(
            "classify", {"label": "complaint", "confidence": 0.97, "reason": "The goods are broken.", "usage": ANYTHING}
        ),
        "ai.extract": model("extract", {"data": {"customer": "Ada Lovelace", "pieces": 3, "by": None}, "usage": ANYTHING}),
        "ai.summarize": model("summarize", {"text": "- Ada orders lamps until Friday.", "parts": 1, "usage": ANYTHING}),
        "ai.embed": model("embed", {"items": [{"text": ANYTHING, "likeness": ANYTHING}], "dimensions": 5, "usage": ANYTHING}),
        "agent": model("agent", {"text": "A story, in short.", "usage": ANYTHING}),
        "ai.mcp_call": on({"result": {"pieces": 4}}, url=world.mcp_url),
        "orchestration": lambda old: {
            "config": {
                **old,
                "members": [
                    {**old["members"][0], "base_url": world.models["orchestration"].address, "model": "small"},
                    {**old["members"][1], "workflow": f"Check {tag}"},
                ],
            },
            "output": {"output": {"known": True}, "members": ANYTHING, "status": "completed"},
        },
    }


def refused(world: World) -> dict[str, Any]:
    """Examples that meet a port where nobody listens: the block must say so."""

    def nobody(error: str, **config: Json) -> Any:
        return lambda old: {"config": {**old, **config}, "error": error}

    here = {"credential": f"CLOSED_{{}}_{world.tag}"}
    by_credential = {
        "db.mysql": "MYSQL",
        "db.postgres": "POSTGRES",
        "db.redis": "REDIS",
        "amqp.publish": "AMQP",
        "mqtt.publish": "MQTT",
        "nats.publish": "NATS",
        "email.read": "IMAP",
        "ftp.transfer": "FTP",
        "sftp.transfer": "SSH",
        "ssh.exec": "SSH",
        "s3.object": "S3",
    }
    return {
        **{
            type: nobody("could not be reached", credential=here["credential"].format(kind))
            for type, kind in by_credential.items()
        },
        "net.ldap": nobody("LDAP directory: 127.0.0.1", credential=here["credential"].format("LDAP")),
        "db.memcached": nobody("could not be reached", host="127.0.0.1", port=world.closed_port),
        "net.dns": nobody(
            "no name server answered within 1 seconds", server="127.0.0.1", port=world.closed_port, timeout_ms=1000
        ),
    }


def started(world: World) -> dict[str, Any]:
    """Triggers that would watch others; run by hand they take what they are given."""
    kinds = {
        "trigger.amqp": "AMQP",
        "trigger.mqtt": "MQTT",
        "trigger.nats": "NATS",
        "trigger.email": "IMAP",
        "trigger.postgres": "POSTGRES",
        "trigger.redis": "REDIS",
    }

    def with_credential(name: str) -> Any:
        return lambda old: {"config": {**old, "credential": name}}

    return {type: with_credential(f"CLOSED_{kind}_{world.tag}") for type, kind in kinds.items()}


def agrees(wanted: Any, seen: Any) -> bool:
    """Whether a value is as it should be, where some parts may be anything."""
    if wanted is ANYTHING:
        return True
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return wanted.keys() == seen.keys() and all(agrees(wanted[name], seen[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(seen, list):
        return len(wanted) == len(seen) and all(map(agrees, wanted, seen))
    return bool(wanted == seen)
