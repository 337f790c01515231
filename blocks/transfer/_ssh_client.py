"""Connections by SSH. The machine must show a key that the credential names; nothing comes from files or agents of this
machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from posixpath import join
from uuid import uuid4

import asyncssh

from app.sdk import BlockError, Json, Login, Reached, Visit
from blocks.transfer._files import MAX_BYTES, found, too_large

CHUNK = 32_768


@asynccontextmanager
async def connected(visit: Visit) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection to the credential's machine."""
    login = visit.login
    reached = await visit.reach(login.get("host"), login.port)
    key = await asyncio.to_thread(_private_key, login)
    trusted = await _trusted(login, reached)
    try:
        connection = await asyncssh.connect(
            reached.address,
            reached.port,
            username=login.get("username"),
            client_keys=[key],
            known_hosts=(trusted, [], []),
            config=None,
            agent_path=None,
            preferred_auth="publickey",
            client_version="Blockyard",
            connect_timeout=None,
            login_timeout=0,  # the visit has a time limit
        )
    except (asyncssh.Error, OSError) as error:
        raise _refused(error, reached) from None
    try:
        yield connection
    except (asyncssh.DisconnectError, asyncssh.ChannelOpenError) as error:
        raise _refused(error, reached) from None
    finally:
        connection.abort()


def _private_key(login: Login) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(login.get("private_key").strip() + "\n", login.get("passphrase") or None)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        message = f"the private key of the credential `{login.name}` cannot be read, or its passphrase does not fit"
        raise BlockError("CREDENTIAL_INVALID", message, retryable=False) from None


async def _trusted(login: Login, reached: Reached) -> list[asyncssh.SSHKey]:
    """The keys by which the machine may be recognised."""
    lines = [line.strip() for line in login.get("host_key").splitlines() if line.strip() and not line.strip().startswith("#")]
    if not lines:
        raise BlockError("HOST_KEY_UNKNOWN", await _offer(login, reached), retryable=False)
    try:
        bare = [line for line in lines if line.startswith(("ssh-", "ecdsa-", "sk-"))]
        known = asyncssh.import_known_hosts("".join(f"{line}\n" for line in lines if line not in bare))
        listed, *_ = known.match(reached.host, reached.address, None if reached.port == 22 else reached.port)
        return [*(asyncssh.import_public_key(line) for line in bare), *listed]
    except (asyncssh.KeyImportError, ValueError):
        message = f"the key of the machine in the credential `{login.name}` cannot be read"
        raise BlockError("CREDENTIAL_INVALID", message, retryable=False) from None


async def _offer(login: Login, reached: Reached) -> str:
    """Which key the machine shows now, so that a person can compare it with the right one."""
    try:
        key = await asyncssh.get_server_host_key(reached.address, reached.port, config=None)
    except asyncssh.Error:
        key = None
    shown = f" It shows {key.export_public_key().decode().strip()} now: compare this with the machine." if key else ""
    return f"the credential `{login.name}` does not say by which key {reached.host} is recognised.{shown}"


def _refused(error: Exception, reached: Reached) -> BaseException:
    place = f"{reached.host}:{reached.port}"
    match error:
        case asyncssh.HostKeyNotVerifiable():
            message = f"{place} shows another key than the credential says; somebody may be in between"
            return BlockError("HOST_KEY_WRONG", message, retryable=False)
        case asyncssh.PermissionDenied():
            return BlockError("LOGIN_REFUSED", f"{place} refuses this user with this key", retryable=False)
        case asyncssh.KeyExchangeFailed() | asyncssh.ProtocolNotSupported() | asyncssh.ProtocolError():
            return BlockError("SSH", f"{place} and this side find no common protocol", retryable=False)
        case asyncssh.ChannelOpenError():
            return BlockError("SSH", f"{place} does not open a session", retryable=True)
        case OSError():
            return error
    return BlockError("CONNECTION", f"{place} ended the connection before it was done")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; what it said is cut at the limit."""

    exit_status: int | None
    signal: str | None
    stdout: bytes
    stderr: bytes
    cut: bool


async def run(visit: Visit, command: str, given: bytes, limit: int) -> Ended:
    """Run a command and read what it says."""
    async with connected(visit) as connection:
        process = await connection.create_process(command, encoding=None)
        process.stdin.write(given)
        process.stdin.write_eof()
        (out, more), (wrong, more_wrong) = await asyncio.gather(_read(process.stdout, limit), _read(process.stderr, limit))
        await process.wait_closed()
        if process.exit_status is None and process.exit_signal is None:
            raise EOFError
        signal = process.exit_signal[0] if process.exit_signal else None
        return Ended(process.exit_status, signal, out, wrong, more or more_wrong)


async def _read(stream: asyncssh.SSHReader[bytes], limit: int) -> tuple[bytes, bool]:
    """The beginning, and whether there was more, which is read away."""
    parts, size = list[bytes](), 0
    while part := await stream.read(CHUNK):
        if size < limit:
            parts.append(part)
        size += len(part)
    return b"".join(parts)[:limit], size > limit


async def transfer(visit: Visit, operation: str, path: str, target: str, content: bytes, limit: int) -> Json:
    """What one operation on files gives."""
    async with connected(visit) as connection:
        try:
            async with connection.start_sftp_client() as sftp:
                return await _operation(sftp, operation, path, target, content, limit)
        except asyncssh.SFTPConnectionLost:
            raise EOFError from None
        except asyncssh.SFTPError as error:
            message = f"the server answers: {type(error).__name__.removeprefix('SFTP')}: {error.reason[:200]}"
            raise BlockError("FILE_REFUSED", message, retryable=False) from None


async def _operation(sftp: asyncssh.SFTPClient, operation: str, path: str, target: str, content: bytes, limit: int) -> Json:
    match operation:
        case "list":
            return await _listed(sftp, path, limit)
        case "get":
            return found(path, await _content(sftp, path))
        case "put":
            await _put(sftp, path, content)
        case "delete":
            await (sftp.rmdir(path) if await sftp.isdir(path) and not await sftp.islink(path) else sftp.remove(path))
        case "rename":
            await sftp.rename(path, target)
            return {"path": target}
        case "make_folder":
            await sftp.mkdir(path)
    return {"path": path}


async def _listed(sftp: asyncssh.SFTPClient, path: str, limit: int) -> Json:
    entries: list[Json] = []
    async for entry in sftp.scandir(path or "."):
        if entry.filename in (".", ".."):
            continue
        if len(entries) == limit:
            return {"path": path, "entries": entries, "more": True}
        entries.append(_entry(path, str(entry.filename), entry.attrs))
    return {"path": path, "entries": sorted(entries, key=lambda one: str(one["name"])), "more": False}


def _entry(path: str, name: str, attributes: asyncssh.SFTPAttrs) -> dict[str, Json]:
    kind = {asyncssh.FILEXFER_TYPE_REGULAR: "file", asyncssh.FILEXFER_TYPE_DIRECTORY: "folder"}.get(attributes.type, "other")
    modified = None if attributes.mtime is None else datetime.fromtimestamp(attributes.mtime, UTC).isoformat()
    size = attributes.size if kind == "file" else None
    return {"name": name, "path": join(path, name), "type": kind, "size": size, "modified": modified}


async def _content(sftp: asyncssh.SFTPClient, path: str) -> bytes:
    async with sftp.open(path, "rb") as file:
        size = (await file.stat()).size
        if size is not None and size > MAX_BYTES:
            raise too_large(path, size)
        content: bytes = await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise too_large(path)
    return content


async def _put(sftp: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    """Whole or not at all: written beside it first, where the server can then put it in its place."""
    beside = f"{path}.{uuid4().hex[:8]}.part"
    async with sftp.open(beside, "wb") as file:
        await file.write(content)
    try:
        await sftp.posix_rename(beside, path)
    except BaseException:
        await sftp.remove(beside)
        raise


def texts(parts: Sequence[bytes]) -> list[str]:
    return [part.decode("utf-8", "replace") for part in parts]
