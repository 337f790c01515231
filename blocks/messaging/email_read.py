"""Reads a mailbox, and tidies it up.

“Read” gives the mails that fit, the newest first, with sender, subject, text, HTML and what is attached. They stay unread
unless you switch “Mark as read” on. With `after_uid` you get only what came after a mail that you know: keep the largest
`uid` for the next time.

“Mark”, “move” and “delete” take the numbers (`uid`) of mails. Mails of more than about a megabyte come without their
content; `complete` is then false.

The credential is a “Mailbox (IMAP)”.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.sdk import Block, BlockError, Config, Context, CredentialName, Example, Json, Output, Visit
from blocks.core._fields import ADVANCED, Text, when
from blocks.core._threads import Lines, in_thread
from blocks.messaging._imap_work import Mailbox, Search, Server

READ = when(operation=["read"])
CHANGE = when(operation=["mark", "move", "delete"])
Uids = Annotated[
    list[Annotated[int, Field(ge=1, le=2**32)]],
    BeforeValidator(lambda given: given if isinstance(given, list) else [] if given in (None, "") else [given]),
]


class EmailReadConfig(Config):
    """Configuration of the block."""

    credential: CredentialName = Field(
        min_length=1, title="Credential", description="The mailbox.", json_schema_extra={"initial": ""}
    )
    operation: Literal["read", "mark", "move", "delete"] = Field("read", title="Do", description="Read mails, or change some.")
    folder: Text = Field("INBOX", title="Folder", min_length=1, max_length=500, description="Where the mails are.")
    unseen: bool = Field(
        True, title="Only unread", description="Whether mails are left out that were read.", json_schema_extra=READ
    )
    sender: Text = Field(
        "", title="From", max_length=500, description="Must be in the sender. May stay empty.", json_schema_extra=READ
    )
    subject: Text = Field("", title="Subject", max_length=500, description="Must be in the subject.", json_schema_extra=READ)
    to: Text = Field("", title="To", max_length=500, description="Must be in the receiver.", json_schema_extra=READ | ADVANCED)
    text: Text = Field("", title="Text", max_length=500, description="Must be anywhere in it.", json_schema_extra=READ | ADVANCED)
    since: date | None = Field(
        None,
        title="Since",
        description="Only mails of this day, such as 2026-06-01, and later ones.",
        json_schema_extra=READ | ADVANCED,
    )
    after_uid: int = Field(
        0,
        title="After",
        ge=0,
        le=2**32,
        description="Only mails with a larger number; oldest first then.",
        json_schema_extra=READ | ADVANCED,
    )
    limit: int = Field(20, title="At most", ge=1, le=200, description="So many mails.", json_schema_extra=READ)
    attachments: bool = Field(
        False, title="With attachments", description="Whether files come with their content.", json_schema_extra=READ
    )
    mark_seen: bool = Field(
        False, title="Mark as read", description="Whether these mails then count as read.", json_schema_extra=READ
    )
    uids: Uids = Field(
        default_factory=list,
        title="Mails",
        max_length=1_000,
        description="Their numbers, such as {{ input.uid }}.",
        json_schema_extra=CHANGE,
    )
    flag: Literal["seen", "flagged", "answered"] = Field(
        "seen", title="Mark", description="As what.", json_schema_extra=when(operation=["mark"])
    )
    remove: bool = Field(
        False, title="Take away", description="Whether the mark is taken away.", json_schema_extra=when(operation=["mark"])
    )
    target: Text = Field(
        "", title="Into", max_length=500, description="The other folder.", json_schema_extra=when(operation=["move"])
    )
    timeout_ms: int = Field(60_000, title="Timeout", ge=100, le=300_000, description="Milliseconds.", json_schema_extra=ADVANCED)


async def execute(context: Context, config: EmailReadConfig, value: Json) -> Output:
    if config.operation != "read" and not config.uids:
        raise BlockError("CONFIG_INVALID", "field `uids`: name at least one mail", retryable=False)
    if config.operation == "move" and not config.target:
        raise BlockError("CONFIG_INVALID", "field `target`: name a folder", retryable=False)
    seconds = config.timeout_ms / 1000

    async def talk(visit: Visit) -> Json:
        login = visit.login
        reached = await visit.reach(login.get("host"), login.port)
        context = reached.tls(login.get("authority"))
        server = Server(
            reached.host, reached.address, reached.port, login.get("security"), context, login.get("username"),
            login.get("password"), seconds,
        )  # fmt: skip
        return await in_thread(lambda lines: _done(server, config, lines))

    return Output(await context.network.visit(talk, credential=config.credential, types=("imap",), seconds=seconds))


def _done(server: Server, config: EmailReadConfig, lines: Lines) -> Json:
    changes = config.operation != "read" or config.mark_seen
    with Mailbox(server, lines, config.folder, changes=changes) as mailbox:
        if config.operation == "read":
            return _read(mailbox, config)
        present = mailbox.find(Search(uids=tuple(config.uids)), len(config.uids), newest=False)
        match config.operation:
            case "mark":
                mailbox.mark(present, [f"\\{config.flag.capitalize()}"], on=not config.remove)
            case "move":
                mailbox.move(present, config.target)
            case "delete":
                mailbox.delete(present)
    return {"mails": [], "count": len(present)}


def _read(mailbox: Mailbox, config: EmailReadConfig) -> Json:
    search = Search(config.unseen, config.sender, config.to, config.subject, config.text, config.since, config.after_uid)
    uids = mailbox.find(search, config.limit, newest=not config.after_uid)
    mails = mailbox.read(uids, attachments=config.attachments)
    if config.mark_seen:
        mailbox.mark([mail["uid"] for mail in mails], ["\\Seen"], on=True)
    return {"mails": mails, "count": len(mails)}


PERSON: dict[str, Json] = {
    "type": "array",
    "items": {"type": "object", "properties": {"name": {"type": "string"}, "address": {"type": "string"}}},
}
BLOCK = Block(
    type="email.read",
    title="Read mail",
    category="Messages",
    icon="mail",
    description="Reads a mailbox; marks, moves and deletes mails.",
    config=EmailReadConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=310_000,
    sample={"mails": [], "count": 0},
    output_schema={
        "type": "object",
        "properties": {
            "mails": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "uid": {"type": "integer", "description": "Its number in this folder."},
                        "message_id": {"type": "string"},
                        "from": PERSON,
                        "to": PERSON,
                        "cc": PERSON,
                        "reply_to": PERSON,
                        "subject": {"type": "string"},
                        "date": {"type": ["string", "null"]},
                        "in_reply_to": {"type": "string"},
                        "flags": {"type": "array", "items": {"type": "string"}},
                        "text": {"type": ["string", "null"]},
                        "html": {"type": ["string", "null"], "description": "As it came: show it only sanitised."},
                        "attachments": {"type": "array", "items": {"type": "object"}, "description": "Files."},
                        "complete": {"type": "boolean", "description": "Whether its content came too."},
                    },
                },
            },
            "count": {"type": "integer", "description": "How many mails were read or changed."},
        },
        "required": ["mails", "count"],
    },
    examples=(
        Example(
            "New orders",
            {"credential": "ORDERS_MAILBOX", "subject": "order", "mark_seen": True},
            output={"mails": [{"uid": 12, "subject": "An order", "text": "Two cups, please."}], "count": 1},
            runnable=False,
        ),
        Example(
            "Put a mail away",
            {"credential": "ORDERS_MAILBOX", "operation": "move", "uids": "{{ input.uid }}", "target": "Done"},
            input={"uid": 12},
            output={"mails": [], "count": 1},
            runnable=False,
        ),
    ),
)
