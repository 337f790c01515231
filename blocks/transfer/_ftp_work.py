"""Moves files by FTP, in a thread. All connections go to the address that was checked, whatever the server says."""

from __future__ import annotations

import ftplib
import io
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.sdk import BlockError, Json
from blocks.core._threads import Lines
from blocks.transfer._files import MAX_BYTES, found, too_large

LINE = re.compile(r"(?P<kind>[-dlbcps])\S{9,10}\s+\d+\s+\S+\s+\S+\s+(?P<size>\d+)\s+\w{3}\s+\d+\s+[\d:]+\s(?P<name>.+)")
MISSING = ("500", "502", "504")
LOGIN = ("530", "331", "430", "532")


@dataclass(frozen=True, slots=True)
class Server:
    """Where the files are; `address` is what was checked."""

    name: str
    address: str
    port: int
    security: str
    context: ssl.SSLContext
    username: str
    password: str
    seconds: float


class _Ftp(ftplib.FTP_TLS):
    """A session in reach of whoever wants to end it; its data travel in the same TLS session, as servers demand."""

    def __init__(self, server: Server, lines: Lines) -> None:
        super().__init__(context=server.context, timeout=server.seconds, encoding="utf-8")  # type: ignore[call-arg,unused-ignore]
        self._server, self._lines = server, lines
        self._secret = server.security != "none"

    def begin(self) -> None:
        server = self._server
        self.host, self.port = server.address, server.port
        line = socket.create_connection((server.address, server.port), server.seconds)
        self._lines.add(line)
        if server.security == "tls":
            line = server.context.wrap_socket(line, server_hostname=server.name)
            self._lines.add(line)
        self.sock, self.af = line, line.family
        self.file = line.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        if server.security == "starttls":
            self.auth()
            self._lines.add(self.sock)
        ftplib.FTP.login(self, server.username, server.password)  # noqa: S321
        if self._secret:
            self.prot_p()
        self.voidcmd("TYPE I")

    def ntransfercmd(self, cmd: str, rest: Any = None) -> tuple[socket.socket, int | None]:
        line, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321
        self._lines.add(line)
        if self._secret:
            session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
            line = self._server.context.wrap_socket(line, server_hostname=self._server.name, session=session)
            self._lines.add(line)
        return line, size


def done(server: Server, operation: str, path: str, target: str, content: bytes, limit: int, lines: Lines) -> Json:
    """What one operation gives."""
    ftp = _Ftp(server, lines)
    try:
        ftp.begin()
        return _operation(ftp, operation, path, target, content, limit)
    except ftplib.Error as error:
        raise _refused(error, server) from None
    finally:
        with suppress(OSError, EOFError, ftplib.Error):
            ftp.close()


def _operation(ftp: _Ftp, operation: str, path: str, target: str, content: bytes, limit: int) -> Json:
    match operation:
        case "list":
            entries = list(_entries(ftp, path, limit + 1))
            return {"path": path, "entries": entries[:limit], "more": len(entries) > limit}
        case "get":
            return found(path, _content(ftp, path))
        case "put":
            ftp.storbinary(f"STOR {path}", io.BytesIO(content))
        case "delete":
            try:
                ftp.delete(path)
            except ftplib.error_perm as error:
                with suppress(ftplib.error_perm):
                    ftp.rmd(path)
                    return {"path": path}
                raise error from None
        case "rename":
            ftp.rename(path, target)
            return {"path": target}
        case "make_folder":
            ftp.mkd(path)
    return {"path": path}


def _content(ftp: _Ftp, path: str) -> bytes:
    with suppress(ftplib.error_perm):
        size = ftp.size(path)
        if size is not None and size > MAX_BYTES:
            raise too_large(path, size)
    parts, taken = list[bytes](), 0

    def take(part: bytes) -> None:
        nonlocal taken
        taken += len(part)
        if taken > MAX_BYTES:
            raise too_large(path)
        parts.append(part)

    ftp.retrbinary(f"RETR {path}", take)
    return b"".join(parts)


def _entries(ftp: _Ftp, path: str, limit: int) -> Iterator[Json]:
    try:
        for number, (name, facts) in enumerate(ftp.mlsd(path)):
            if number >= limit:
                return
            if facts.get("type") not in ("cdir", "pdir"):
                kind = {"file": "file", "dir": "folder"}.get(facts.get("type", ""), "other")
                yield _entry(path, name, kind, facts.get("size"), _moment(facts.get("modify", "")))
        return
    except ftplib.error_perm as error:
        if not str(error).startswith(MISSING):
            raise
    told: list[str] = []

    def take(line: str) -> None:
        if len(told) < limit:
            told.append(line)

    ftp.retrlines(f"LIST {path}" if path else "LIST", take)
    for line in told:
        if entry := LINE.match(line):
            kind = {"-": "file", "d": "folder"}.get(entry["kind"], "other")
            name = entry["name"].partition(" -> ")[0] if entry["kind"] == "l" else entry["name"]
            if name not in (".", ".."):
                yield _entry(path, name, kind, entry["size"] if kind == "file" else None, None)


def _entry(path: str, name: str, kind: str, size: str | None, modified: str | None) -> Json:
    number = int(size) if size and size.isdecimal() else None
    where = f"{path.rstrip('/')}/{name}" if path else name
    return {"name": name, "path": where, "type": kind, "size": number, "modified": modified}


def _moment(text: str) -> str | None:
    try:
        return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return None


def _refused(error: ftplib.Error, server: Server) -> BlockError:
    told, place = str(error)[:200], f"{server.name}:{server.port}"
    if told.startswith(LOGIN):
        return BlockError("LOGIN_REFUSED", f"{place} refuses the login: {told}", retryable=False)
    if told.startswith("421"):
        return BlockError("CONNECTION", f"{place} ended the connection: {told}")
    if told.startswith(MISSING) and "AUTH" in told.upper():
        return BlockError("TLS", f"{place} does not offer encryption: {told}", retryable=False)
    return BlockError("FILE_REFUSED", f"{place} answers: {told}", retryable=isinstance(error, ftplib.error_temp))
