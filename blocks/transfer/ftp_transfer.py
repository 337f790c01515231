"""Moves files from and to an FTP server, encrypted (FTPS) or not.

“List” shows what is in a folder, “get” reads a file of up to 1.4 MB, “put” writes one, and there are “delete”, “rename” and
“make folder”. Files look as they do everywhere: an upload, or what `fmt.csv` has written, can be put as it is; a text counts
as a file too.

The credential is a “File server (FTP)”. Connections are always made by this side (passive mode), and only to the server
itself.
"""

from __future__ import annotations

from app.sdk import Block, Context, Example, Json, Output, Visit, library
from blocks.core._threads import in_thread
from blocks.transfer._files import SAMPLE, TRANSFER_SCHEMA, TransferConfig, output


class FtpTransferConfig(TransferConfig):
    """Configuration of the block."""


async def execute(context: Context, config: FtpTransferConfig, value: Json) -> Output:
    config.checked()
    content = config.file(value).content if config.operation == "put" else b""
    work = await library("blocks.transfer._ftp_work", "")

    async def talk(visit: Visit) -> Json:
        login = visit.login
        reached = await visit.reach(login.get("host"), login.port)
        server = work.Server(
            reached.host, reached.address, reached.port, login.get("security"), reached.tls(login.get("authority")),
            login.get("username"), login.get("password"), config.seconds,
        )  # fmt: skip
        return await in_thread(
            lambda lines: work.done(server, config.operation, config.path, config.target, content, config.limit, lines)
        )

    return output(await context.network.visit(talk, credential=config.credential, types=("ftp",), seconds=config.seconds))


BLOCK = Block(
    type="ftp.transfer",
    title="FTP",
    category="Files",
    icon="cloud-upload",
    description="Moves files from and to an FTP server.",
    config=FtpTransferConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=610_000,
    sample=SAMPLE,
    output_schema=TRANSFER_SCHEMA,
    examples=(
        Example(
            "What is in the folder?",
            {"credential": "PARTNER", "path": "in"},
            output={
                "path": "in",
                "entries": [{"name": "orders.csv", "path": "in/orders.csv", "type": "file", "size": 120, "modified": None}],
                "more": False,
                "file": None,
            },
            runnable=False,
        ),
        Example(
            "Hand in a file",
            {"credential": "PARTNER", "operation": "put", "path": "in/{{ input.filename }}"},
            input={"filename": "orders.csv", "content_type": "text/csv", "size": 5, "base64": "aWQKNwo="},
            output={"path": "in/orders.csv", "entries": [], "more": False, "file": None},
            runnable=False,
        ),
    ),
)
