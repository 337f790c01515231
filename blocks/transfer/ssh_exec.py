"""Runs a command on another machine by SSH.

What you write under “Command” is taken as it is. Values from other blocks belong under “Arguments”: they are put behind the
command, each quoted, so that no text can become a command of its own. What goes to “Input” the command can read.

Unless you switch it off, a command that ends with another status than 0 fails the block, with the end of what it said. Up to
500,000 characters of its output are kept. When the time is over the connection is closed; whether the command stops then is
up to the machine.

The credential is an “SSH key”, which must hold the key by which the machine is recognised. Needs a library that is installed
with `pip install 'blockyard[ssh]'`.
"""

from __future__ import annotations

import shlex

from pydantic import Field

from app.sdk import Block, BlockError, Code, Config, Context, CredentialName, Example, Json, Output, Visit, library
from blocks.core._fields import ADVANCED, LongText, Text

LIMIT = 500_000


class SshExecConfig(Config):
    """Configuration of the block."""

    credential: CredentialName = Field(
        min_length=1, title="Credential", description="The machine, the user and the key.", json_schema_extra={"initial": ""}
    )
    command: Code = Field(
        min_length=1,
        title="Command",
        max_length=20_000,
        description="As in a terminal.",
        json_schema_extra={"initial": "", "placeholder": "systemctl status"},
    )
    arguments: list[Text] = Field(
        default_factory=list, title="Arguments", max_length=100, description="Put behind the command, each quoted."
    )
    stdin: LongText = Field(
        "", title="Input", max_length=1_000_000, description="What the command can read.", json_schema_extra=ADVANCED
    )
    check: bool = Field(True, title="Must succeed", description="Whether a status other than 0 is a failure.")
    timeout_ms: int = Field(
        60_000, title="Timeout", ge=100, le=3_600_000, description="Milliseconds.", json_schema_extra=ADVANCED
    )


async def execute(context: Context, config: SshExecConfig, value: Json) -> Output:
    if not config.command.strip():
        raise BlockError("CONFIG_INVALID", "field `command`: write a command", retryable=False)
    if any("\0" in argument for argument in config.arguments):
        raise BlockError("CONFIG_INVALID", "field `arguments`: a zero cannot be in an argument", retryable=False)
    client = await library("blocks.transfer._ssh_client", "ssh")

    async def talk(visit: Visit) -> Json:
        command = " ".join([config.command, *map(shlex.quote, visit.reveal(config.arguments))])
        ended = await client.run(visit, command, visit.reveal(config.stdin).encode(), LIMIT)
        said, wrong = client.texts([ended.stdout, ended.stderr])
        if config.check and ended.exit_status != 0:
            how = f"with status {ended.exit_status}" if ended.exit_status is not None else f"by the signal {ended.signal}"
            last = (wrong or said).strip()[-300:]
            message = f"the command ended {how}" + (f": {last}" if last else "")
            raise BlockError("COMMAND_FAILED", message, details={"exit_status": ended.exit_status})
        return {
            "exit_status": ended.exit_status,
            "signal": ended.signal,
            "stdout": said,
            "stderr": wrong,
            "complete": not ended.cut,
        }

    seconds = config.timeout_ms / 1000
    return Output(await context.network.visit(talk, credential=config.credential, types=("ssh",), seconds=seconds))


BLOCK = Block(
    type="ssh.exec",
    title="Run by SSH",
    category="Files",
    icon="code-xml",
    description="Runs a command on another machine.",
    config=SshExecConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"network"}),
    timeout_ms=3_610_000,
    sample={"exit_status": 0, "signal": None, "stdout": "", "stderr": "", "complete": True},
    output_schema={
        "type": "object",
        "properties": {
            "exit_status": {"type": ["integer", "null"], "description": "0 when it went well."},
            "signal": {"type": ["string", "null"], "description": "What ended it, if something did."},
            "stdout": {"type": "string", "description": "What it said."},
            "stderr": {"type": "string", "description": "What it complained of."},
            "complete": {"type": "boolean", "description": "Whether all of its output is here."},
        },
        "required": ["exit_status", "signal", "stdout", "stderr", "complete"],
    },
    examples=(
        Example(
            "How much space is left?",
            {"credential": "SERVER", "command": "df -h", "arguments": ["{{ input.folder }}"]},
            input={"folder": "/srv"},
            output={"exit_status": 0, "signal": None, "stdout": "/dev/sda1  50G  12G", "stderr": "", "complete": True},
            runnable=False,
        ),
        Example(
            "Is the service running?",
            {"credential": "SERVER", "command": "systemctl is-active", "arguments": ["nginx"], "check": False},
            output={"exit_status": 3, "signal": None, "stdout": "inactive\n", "stderr": "", "complete": True},
            runnable=False,
        ),
    ),
)
