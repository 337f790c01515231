"""Reads a mailbox by IMAP, in a thread. Every text that people give is quoted, so that it stays a text."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from app.sdk import BlockError, File, Json
from blocks.core._threads import Lines

imaplib._MAXLINE = 20_000_000  # type: ignore[attr-defined]  # a search of a full mailbox answers one long line

MAX_BYTES = 1_300_000
"""Of all mails of one answer together."""
UID = re.compile(rb"UID (\d+)")
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
WEEK = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mailbox is; `address` is what was checked."""

    name: str
    address: str
    port: int
    security: str
    context: ssl.SSLContext
    username: str
    password: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Search:
    """Which mails are wanted."""

    unseen: bool = False
    sender: str = ""
    to: str = ""
    subject: str = ""
    text: str = ""
    since: date | None = None
    after_uid: int = 0
    uids: tuple[int, ...] = ()


class _Plain(imaplib.IMAP4):
    """Connects to the checked address, in reach of whoever wants to end it."""

    def __init__(self, server: Server, lines: Lines) -> None:
        self._server, self._lines = server, lines
        super().__init__(server.address, server.port, server.seconds)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        line = socket.create_connection((self._server.address, self._server.port), self._server.seconds)
        self._lines.add(line)
        if self._server.security != "tls":
            return line
        secured = self._server.context.wrap_socket(line, server_hostname=self._server.name)
        self._lines.add(secured)
        return secured


class Mailbox:
    """An opened mailbox; `with` closes it."""

    def __init__(self, server: Server, lines: Lines, folder: str, *, changes: bool) -> None:
        try:
            self._imap = _Plain(server, lines)
        except imaplib.IMAP4.error as error:
            raise _lost(error) from None
        try:
            if server.security == "starttls":
                self._imap.starttls(server.context)
            self._login(server)
            told = self._done(self._imap.capability(), "")
            self._can = b" ".join(line for line in told if isinstance(line, bytes)).decode(errors="replace").upper().split()
            self._done(self._imap.select(_quoted(_utf7(folder), "folder").decode(), readonly=not changes), "folder")
        except BaseException as error:
            self._close()
            if isinstance(error, imaplib.IMAP4.error):
                raise _lost(error) from None
            raise

    @property
    def validity(self) -> str:
        """Numbers of mails mean the same only as long as this is the same."""
        found = self._imap.response("UIDVALIDITY")[1]
        return found[-1].decode(errors="replace") if found and isinstance(found[-1], bytes) else ""

    def __enter__(self) -> Mailbox:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        with suppress(OSError):
            self._imap.shutdown()

    def _login(self, server: Server) -> None:
        try:
            self._imap.authenticate("PLAIN", lambda _: f"\0{server.username}\0{server.password}".encode())
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            told = _told(error)
            raise BlockError("LOGIN_REFUSED", f"{server.name}:{server.port} refuses the login: {told}", retryable=False) from None

    def find(self, search: Search, limit: int, *, newest: bool) -> list[int]:
        """The numbers of the mails that fit, at most `limit`."""
        criteria: list[bytes] = [b"CHARSET", b"UTF-8"] if not _is_ascii(search) else []
        for word, text in (("FROM", search.sender), ("TO", search.to), ("SUBJECT", search.subject), ("TEXT", search.text)):
            if text:
                criteria += [word.encode(), _quoted(text, word.lower())]
        if search.unseen:
            criteria.append(b"UNSEEN")
        if search.since:
            criteria += [b"SINCE", f"{search.since.day:02}-{WEEK[search.since.month - 1]}-{search.since.year}".encode()]
        if search.uids:
            criteria += [b"UID", ",".join(map(str, search.uids)).encode()]
        elif search.after_uid:
            criteria += [b"UID", f"{search.after_uid + 1}:*".encode()]
        found = self._ask("SEARCH", *(criteria or [b"ALL"]))
        uids = sorted({int(uid) for line in found if isinstance(line, bytes) for uid in line.split()})
        uids = [uid for uid in uids if uid > search.after_uid]
        return uids[::-1][:limit] if newest else uids[:limit]

    def read(self, uids: Sequence[int], *, attachments: bool) -> list[Json]:
        """The mails with these numbers, in this order. What would be too large comes with its heads only."""
        sizes = self._sizes(uids)
        left, mails = MAX_BYTES, list[Json]()
        for uid in uids:
            whole = sizes.get(uid, MAX_BYTES + 1) <= left
            part = b"BODY.PEEK[]" if whole else b"BODY.PEEK[HEADER]"
            for line in self._ask("FETCH", str(uid).encode(), b"(UID FLAGS " + part + b")"):
                if isinstance(line, tuple):
                    left -= len(line[1]) if whole else 0
                    mails.append(_mail(uid, line[0], line[1], whole=whole, attachments=attachments))
        return mails

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for line in self._ask("FETCH", _set(uids), b"(UID RFC822.SIZE)") if uids else ():
            if isinstance(line, bytes) and (uid := UID.search(line)) and (size := SIZE.search(line)):
                found[int(uid[1])] = int(size[1])
        return found

    def mark(self, uids: Sequence[int], flags: Sequence[str], *, on: bool) -> None:
        """Set or clear flags such as `\\Seen`."""
        if uids:
            self._ask("STORE", _set(uids), b"+FLAGS.SILENT" if on else b"-FLAGS.SILENT", f"({' '.join(flags)})".encode())

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Into another folder, even where the server does not know the command MOVE."""
        if not uids:
            return
        target = _quoted(_utf7(folder), "target")
        if "MOVE" in self._can:
            self._ask("MOVE", _set(uids), target, place="target")
        else:
            self._ask("COPY", _set(uids), target, place="target")
            self.delete(uids)

    def delete(self, uids: Sequence[int]) -> None:
        """For good, and no others."""
        self.mark(uids, ["\\Deleted"], on=True)
        if uids and "UIDPLUS" in self._can:
            self._ask("EXPUNGE", _set(uids))

    def _ask(self, command: str, *arguments: bytes, place: str = "") -> list[Any]:
        try:
            return self._done(self._imap.uid(command, *arguments), place)  # type: ignore[arg-type]
        except imaplib.IMAP4.error as error:
            raise _lost(error) from None

    def _done(self, answer: tuple[str, list[Any]], place: str) -> list[Any]:
        status, lines = answer
        if status == "OK":
            return lines
        told = b" ".join(line for line in lines if isinstance(line, bytes)).decode(errors="replace")[:200]
        where = f"field `{place}`: " if place else ""
        raise BlockError("MAILBOX", f"{where}the server answers: {told}", retryable=False)


def _lost(error: imaplib.IMAP4.error) -> Exception:
    if isinstance(error, imaplib.IMAP4.abort):
        cause = error.__context__
        return cause if isinstance(cause, OSError) else EOFError()
    return BlockError("MAILBOX", f"the server answers: {_told(error)}", retryable=False)


def _told(error: imaplib.IMAP4.error) -> str:
    told = error.args[0] if error.args else ""
    return (told.decode(errors="replace") if isinstance(told, bytes) else str(told))[:200]


def _is_ascii(search: Search) -> bool:
    return all(text.isascii() for text in (search.sender, search.to, search.subject, search.text))


def _quoted(text: str, place: str) -> bytes:
    if any(mark in text for mark in "\r\n\0"):
        raise BlockError("TEXT_INVALID", f"field `{place}`: must be a single line", retryable=False)
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def _utf7(name: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501, 5.1.3)."""
    parts = re.split(r"([^\x20-\x7e]+)", name.replace("&", "&-"))
    return "".join(_shifted(part) if number % 2 else part for number, part in enumerate(parts))


def _shifted(part: str) -> str:
    return "&" + part.encode("utf-7").decode().strip("+-").replace("/", ",") + "-"


def _set(uids: Sequence[int]) -> bytes:
    return ",".join(map(str, uids)).encode()


def _mail(uid: int, told: bytes, content: bytes, *, whole: bool, attachments: bool) -> dict[str, Json]:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    flags = FLAGS.search(told)
    return {
        "uid": uid,
        "message_id": _head(message, "Message-ID"),
        "from": _people(message, "From"),
        "to": _people(message, "To"),
        "cc": _people(message, "Cc"),
        "reply_to": _people(message, "Reply-To"),
        "subject": _head(message, "Subject"),
        "date": _date(_head(message, "Date")),
        "in_reply_to": _head(message, "In-Reply-To"),
        "flags": flags[1].decode(errors="replace").split() if flags else [],
        "text": _body(message, "plain") if whole else None,
        "html": _body(message, "html") if whole else None,
        "attachments": [_file(part, attachments) for part in message.iter_attachments()]
        if whole and message.is_multipart()
        else [],
        "complete": whole,
    }


def _head(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name) or "").strip()
    except (ValueError, IndexError, LookupError, AttributeError, TypeError):  # heads of strangers, which its parser stumbles over
        return ""


def _people(message: EmailMessage, name: str) -> list[Json]:
    found = getaddresses([_head(message, name)])[:200]
    return [{"name": called, "address": address} for called, address in found if address]


def _date(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else None


def _file(part: Any, content: bool) -> Json:
    payload = part.get_payload(decode=True) or b""
    name = " ".join(str(part.get_filename() or "").split()) or "attachment"
    file = File(name, part.get_content_type(), payload)
    if content:
        return file.value()
    return {"filename": name, "content_type": file.media_type, "size": len(payload)}
