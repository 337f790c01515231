"""Sends a mail.

Write a text, HTML, or both: then programs that cannot show HTML show the text. Attachments are files as they come from uploads,
from `fmt.*` blocks or from an HTTP call; a text counts as a file too.

The credential is a “Mail server (SMTP)”. When the server takes only some of the recipients, `refused` says why for the others;
when it takes none, the block fails. A step that runs again after a crash sends the mail with the same `message_id`, by which
mailboxes recognise it. Needs a library that is installed with `pip install 'blockyard[mail]'`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from hashlib import sha256

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, CredentialName, Example, File, Json, Output, Visit, library
from blocks.core._fields import ADVANCED, LongText, Text

MAX_RECIPIENTS = 100
MAX_BYTES = 20_000_000


class EmailSendConfig(Config):
    """Configuration of the block."""

    credential: CredentialName = Field(
        min_length=1, title="Credential", description="The mail server.", json_schema_extra={"initial": ""}
    )
    sender: Text = Field(
        title="From",
        min_length=1,
        max_length=500,
        description="An address, with a name if you like.",
        json_schema_extra={"initial": "", "placeholder": "Shop <orders@example.com>"},
    )
    to: AnyJson = Field(
        None,
        title="To",
        description="An address, several with commas between them, or a list of addresses.",
        json_schema_extra={"placeholder": "ada@example.com"},
    )
    subject: Text = Field("", title="Subject", max_length=1_000, description="A single line.")
    text: LongText = Field("", title="Text", max_length=1_000_000, description="What it says, without any formatting.")
    html: LongText = Field("", title="HTML", max_length=1_000_000, description="The same with formatting. May stay empty.")
    attachments: AnyJson = Field(None, title="Attachments", description="A file or a list of files, such as {{ input.file }}.")
    cc: AnyJson = Field(None, title="Copy", description="Further addresses, which everybody sees.", json_schema_extra=ADVANCED)
    bcc: AnyJson = Field(
        None, title="Blind copy", description="Further addresses, which nobody sees.", json_schema_extra=ADVANCED
    )
    reply_to: Text = Field("", title="Answers to", max_length=500, description="Where answers go.", json_schema_extra=ADVANCED)
    timeout_ms: int = Field(30_000, title="Timeout", ge=100, le=300_000, description="Milliseconds.", json_schema_extra=ADVANCED)


async def execute(context: Context, config: EmailSendConfig, value: Json) -> Output:
    client = await library("blocks.messaging._smtp_client", "mail")

    async def talk(visit: Visit) -> Json:
        message, sender, recipients = _message(config, visit, context)
        return {**await client.run(visit, message, sender, recipients), "message_id": message["Message-ID"]}

    seconds = config.timeout_ms / 1000
    return Output(await context.network.visit(talk, credential=config.credential, types=("smtp",), seconds=seconds))


def _message(config: EmailSendConfig, visit: Visit, context: Context) -> tuple[EmailMessage, str, Sequence[str]]:
    message = EmailMessage(SMTP)
    senders = _addresses(config.sender, "sender")
    if len(senders) != 1:
        raise BlockError("ADDRESS_INVALID", "field `sender`: must be one address", retryable=False)
    sender = senders[0]
    fields = {"To": (config.to, "to"), "Cc": (config.cc, "cc"), "Bcc": (config.bcc, "bcc")}
    recipients = {header: _addresses(given, place) for header, (given, place) in fields.items()}
    everybody = list(dict.fromkeys(one.addr_spec for found in recipients.values() for one in found))
    if not everybody:
        raise BlockError("ADDRESS_INVALID", "field `to`: name at least one address", retryable=False)
    if len(everybody) > MAX_RECIPIENTS:
        raise BlockError("TOO_MANY_ITEMS", f"field `to`: at most {MAX_RECIPIENTS} addresses are allowed", retryable=False)
    message["From"] = sender
    for header in ("To", "Cc"):
        if recipients[header]:
            message[header] = recipients[header]
    if config.reply_to:
        message["Reply-To"] = _addresses(config.reply_to, "reply_to")
    message["Subject"] = " ".join(visit.reveal(config.subject).split())
    message["Date"] = format_datetime(context.now())
    identity = sha256(f"{context.idempotency_key}:{context.workspace}".encode()).hexdigest()[:40]
    message["Message-ID"] = f"<{identity}@{sender.domain}>"
    _fill(message, visit.reveal(config.text), visit.reveal(config.html), visit.reveal(config.attachments))
    return message, sender.addr_spec, everybody


def _fill(message: EmailMessage, text: str, html: str, attachments: Json) -> None:
    message.set_content(text or ("" if not html else "This mail is written in HTML.\n"))
    if html:
        message.add_alternative(html, subtype="html")
    size = 0
    files = attachments if isinstance(attachments, list) else [] if attachments in (None, "") else [attachments]
    for number, given in enumerate(files):
        file = File.of(given, f"attachments.{number}")
        size += len(file.content)
        if size > MAX_BYTES:
            raise BlockError("FILE_TOO_LARGE", f"field `attachments`: more than {MAX_BYTES:,} bytes", retryable=False)
        main, _, sub = file.media_type.partition(";")[0].partition("/")
        if main in ("", "multipart", "message") or not sub:
            main, sub = "application", "octet-stream"
        name = " ".join(file.name.split()) or "file"
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=name)


def _addresses(given: Json, place: str) -> list[Address]:
    texts = given if isinstance(given, list) else [] if given in (None, "") else [given]
    return [address for text in texts for address in _read(text, place)]


def _read(text: Json, place: str) -> Iterator[Address]:
    invalid = BlockError("ADDRESS_INVALID", f"field `{place}`: this is no mail address, or not only", retryable=False)
    if not isinstance(text, str) or any(mark in text for mark in "\r\n\0"):
        raise invalid
    for name, address in getaddresses([text]):
        try:
            found = Address(display_name=name, addr_spec=address)
        except (ValueError, IndexError):
            raise invalid from None
        if not found.username or not found.domain or " " in address:
            raise invalid
        yield found


BLOCK = Block(
    type="email.send",
    title="Send mail",
    category="Messages",
    icon="mail",
    description="Sends a mail with text, HTML and attachments.",
    config=EmailSendConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=310_000,
    sample={"accepted": ["ada@example.com"], "refused": {}, "message_id": "<0@example.com>"},
    output_schema={
        "type": "object",
        "properties": {
            "accepted": {"type": "array", "items": {"type": "string"}, "description": "Who gets it."},
            "refused": {"type": "object", "description": "Why not, by address."},
            "message_id": {"type": "string", "description": "The mail's own number."},
        },
        "required": ["accepted", "refused", "message_id"],
    },
    examples=(
        Example(
            "Thank for an order",
            {
                "credential": "MAIL",
                "sender": "Shop <orders@example.com>",
                "to": "{{ input.email }}",
                "subject": "Your order {{ input.id }}",
                "text": "Thank you! We send it today.",
            },
            input={"email": "ada@example.com", "id": 7},
            output={"accepted": ["ada@example.com"], "refused": {}, "message_id": "<5f0c...@example.com>"},
            runnable=False,
        ),
        Example(
            "A report with a file",
            {
                "credential": "MAIL",
                "sender": "reports@example.com",
                "to": ["ada@example.com", "bob@example.com"],
                "subject": "Orders of the week",
                "html": "<p>See the <b>attachment</b>.</p>",
                "attachments": "{{ input }}",
            },
            input={"filename": "orders.csv", "content_type": "text/csv", "size": 5, "base64": "aWQKNwo="},
            output={"accepted": ["ada@example.com", "bob@example.com"], "refused": {}, "message_id": "<9a1b...@example.com>"},
            runnable=False,
        ),
    ),
)
