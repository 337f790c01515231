"""Moves files from and to a machine by SFTP, the file transfer of SSH.

“List” shows what is in a folder, “get” reads a file of up to 1.4 MB, “put” writes one (whole or not at all), and there are
“delete”, “rename” and “make folder”. Paths without a slash at the beginning start at the user's own folder.

The credential is an “SSH key”. It must hold the key by which the machine is recognised (`ssh-keyscan` prints it): without it
nobody could tell that the machine is the right one. Needs a library that is installed with `pip install 'blockyard[ssh]'`.
"""

from __future__ import annotations

from app.sdk import Block, Context, Example, Json, Output, Visit, library
from blocks.transfer._files import SAMPLE, TRANSFER_SCHEMA, TransferConfig, output


class SftpTransferConfig(TransferConfig):
    """Configuration of the block."""


async def execute(context: Context, config: SftpTransferConfig, value: Json) -> Output:
    config.checked()
    content = config.file(value).content if config.operation == "put" else b""
    client = await library("blocks.transfer._ssh_client", "ssh")

    async def talk(visit: Visit) -> Json:
        return await client.transfer(visit, config.operation, config.path, config.target, content, config.limit)

    return output(await context.network.visit(talk, credential=config.credential, types=("ssh",), seconds=config.seconds))


BLOCK = Block(
    type="sftp.transfer",
    title="SFTP",
    category="Files",
    icon="cloud-upload",
    description="Moves files from and to a machine by SFTP.",
    config=SftpTransferConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=610_000,
    sample=SAMPLE,
    output_schema=TRANSFER_SCHEMA,
    examples=(
        Example(
            "Fetch a file",
            {"credential": "PARTNER", "operation": "get", "path": "out/orders.csv"},
            output={
                "path": "out/orders.csv",
                "entries": [],
                "more": False,
                "file": {
                    "filename": "orders.csv",
                    "content_type": "application/octet-stream",
                    "size": 5,
                    "base64": "aWQKNwo=",
                },
            },
            runnable=False,
        ),
        Example(
            "Put it away",
            {"credential": "PARTNER", "operation": "rename", "path": "out/orders.csv", "target": "done/orders.csv"},
            output={"path": "done/orders.csv", "entries": [], "more": False, "file": None},
            runnable=False,
        ),
    ),
)
