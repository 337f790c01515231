"""Starts the workflow for every new mail in a mailbox.

It looks into one folder of a mailbox by IMAP, again and again. Mails that are there when the workflow is deployed are known
already. Each new mail that fits starts one execution with sender, subject, text, HTML and attachments as its input, also when
the server was down meanwhile. Only once that execution is accepted, the mail is marked as read or moved, as you choose.
Nobody needs to keep the mails unread for this: it counts by the numbers that the mailbox gives.

The credential is a “Mailbox (IMAP)”.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from app.sdk import Block, CredentialName, Example, Json, Visit, WatchContext, WatchItem
from blocks.core._fields import ADVANCED, when
from blocks.core._threads import Lines, in_thread
from blocks.messaging._imap_work import Mailbox, Search, Server
from blocks.triggers._watching import PollConfig, pass_on

TOGETHER = 20
LOOKED_AT = 5_000


class EmailTriggerConfig(PollConfig):
    """Configuration of the trigger."""

    credential: CredentialName = Field("", title="Credential", description="The mailbox.")
    folder: str = Field("INBOX", title="Folder", min_length=1, max_length=500, description="Where the mails come in.")
    sender: str = Field("", title="From", max_length=500, description="Must be in the sender. May stay empty.")
    subject: str = Field("", title="Subject", max_length=500, description="Must be in the subject. May stay empty.")
    attachments: bool = Field(True, title="With attachments", description="Whether files come with their content.")
    include_existing: bool = Field(
        False, title="Also what is there already", description="The mails that are there at the beginning start executions too."
    )
    afterwards: Literal["nothing", "mark_seen", "move"] = Field(
        "mark_seen", title="Afterwards", description="Leave the mail as it is, mark it as read, or move it into another folder."
    )
    target: str = Field(
        "", title="Into", max_length=500, description="The other folder.", json_schema_extra=when(afterwards=["move"])
    )
    interval_seconds: int = Field(60, title="Look every", ge=1, le=86_400, description="Seconds from one look to the next.")
    timeout_ms: int = Field(60_000, title="Timeout", ge=100, le=300_000, description="Milliseconds.", json_schema_extra=ADVANCED)


async def watch(context: WatchContext, config: EmailTriggerConfig) -> float:
    cursor = context.cursor
    found = await _visit(context, config, lambda mailbox: _new(mailbox, config, cursor))
    mails = found["mails"]
    items = [WatchItem(f"{found['validity']}:{mail['uid']}", mail) for mail in mails]
    done = [mail["uid"] for mail in mails]
    left_over = (cursor or {}).get("acknowledge", []) if cursor and cursor["validity"] == found["validity"] else []
    acknowledge = [*left_over, *done] if config.afterwards != "nothing" else []
    now = {"validity": found["validity"], "uid": found["uid"]}
    if acknowledge or items or now != {name: (cursor or {}).get(name) for name in now}:
        await context.accept(items, {**now, "acknowledge": acknowledge})
    if acknowledge:
        await _visit(context, config, lambda mailbox: _acknowledged(mailbox, config, acknowledge))
        await context.accept([], now)
    return 0 if found["more"] else config.interval_seconds


def _new(mailbox: Mailbox, config: EmailTriggerConfig, cursor: Json) -> dict[str, Json]:
    """The mails after the last one that is known; with another validity, all numbers mean something else."""
    validity = mailbox.validity
    is_known = cursor is not None and cursor["validity"] == validity
    if not is_known and not config.include_existing:
        newest = mailbox.find(Search(), 1, newest=True)
        return {"mails": [], "uid": newest[0] if newest else 0, "validity": validity, "more": False}
    after = cursor["uid"] if is_known else 0
    everything = mailbox.find(Search(after_uid=after), LOOKED_AT, newest=False)
    fitting = mailbox.find(Search(sender=config.sender, subject=config.subject, after_uid=after), TOGETHER + 1, newest=False)
    taken = fitting[:TOGETHER]
    more = len(fitting) > TOGETHER or len(everything) == LOOKED_AT
    uid = taken[-1] if len(fitting) > TOGETHER else max([after, *everything, *taken])
    mails = [mail for one in taken for mail in mailbox.read([one], attachments=config.attachments)]
    return {"mails": mails, "uid": uid, "validity": validity, "more": more}


def _acknowledged(mailbox: Mailbox, config: EmailTriggerConfig, uids: list[int]) -> dict[str, Json]:
    present = mailbox.find(Search(uids=tuple(uids)), len(uids), newest=False)
    if config.afterwards == "move" and config.target:
        mailbox.move(present, config.target)
    else:
        mailbox.mark(present, ["\\Seen"], on=True)
    return {}


async def _visit(context: WatchContext, config: EmailTriggerConfig, act: Callable[[Mailbox], dict[str, Json]]) -> Json:
    seconds = config.timeout_ms / 1000

    async def talk(visit: Visit) -> Json:
        login = visit.login
        reached = await visit.reach(login.get("host"), login.port)
        server = Server(
            reached.host, reached.address, reached.port, login.get("security"), reached.tls(login.get("authority")),
            login.get("username"), login.get("password"), seconds,
        )  # fmt: skip

        def opened(lines: Lines) -> Json:
            with Mailbox(server, lines, config.folder, changes=config.afterwards != "nothing") as mailbox:
                return act(mailbox)

        return await in_thread(opened)

    return await context.network.visit(talk, credential=config.credential, types=("imap",), seconds=seconds)


PERSON: dict[str, Json] = {
    "type": "array",
    "items": {"type": "object", "properties": {"name": {"type": "string"}, "address": {"type": "string"}}},
}
MAIL: dict[str, Json] = {
    "uid": 7,
    "from": [{"name": "Ada", "address": "ada@example.com"}],
    "subject": "Invoice 5",
    "text": "Please pay.",
    "attachments": [],
}
BLOCK = Block(
    type="trigger.email",
    title="When a mail comes",
    category="Start",
    icon="mail",
    description="Starts for every new mail in a mailbox.",
    config=EmailTriggerConfig,
    execute=pass_on,
    watch=watch,
    inputs=(),
    trigger=True,
    needs=frozenset({"network"}),
    output_schema={
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
            "text": {"type": ["string", "null"]},
            "html": {"type": ["string", "null"], "description": "As it came: show it only sanitised."},
            "attachments": {"type": "array", "items": {"type": "object"}, "description": "Files."},
            "complete": {"type": "boolean", "description": "False for a mail that was too large to come whole."},
        },
        "required": ["uid", "from", "subject"],
    },
    examples=(
        Example("An invoice", {"credential": "OFFICE_MAILBOX", "subject": "Invoice"}, input=MAIL, output=MAIL),
        Example(
            "Put it away afterwards",
            {"credential": "OFFICE_MAILBOX", "afterwards": "move", "target": "Done", "interval_seconds": 300},
            input=MAIL,
            output=MAIL,
        ),
    ),
)
