"""Works out the hash of a text or a file: a short fingerprint that changes when anything in it changes.

Use sha256 unless somebody asks for another one; md5, sha1 and crc32 find accidents, not attackers. When you give the expected
hash, the block also tells whether it is the same.

Not for passwords: these need a slow method.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from typing import Literal

from pydantic import Field

from app.sdk import Block, Context, Example, Json, Output, Port
from blocks.core._fields import Text
from blocks.crypto._content import ENCODING_HELP, ContentConfig, Encoding, encoded


class HashConfig(ContentConfig):
    """Configuration of the hash."""

    algorithm: Literal[
        "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s", "sha1", "md5", "crc32"
    ] = Field("sha256", title="Method", description="How the hash is worked out.")  # fmt: skip
    encoding: Encoding = Field("hex", title="Written as", description=ENCODING_HELP)
    expected: Text = Field(
        "", title="Expected", max_length=500, description="The hash that it should have, to compare. May stay empty."
    )


async def execute(context: Context, config: HashConfig, value: Json) -> Output:
    found = encoded(_digest(config.algorithm, config.content(value)), config.encoding)
    if not config.expected:
        return Output(found)
    wanted = config.expected.strip().lower() if config.encoding == "hex" else config.expected.strip()
    same = hmac.compare_digest(found.encode(), wanted.encode())
    return Output(found, ports=("output", "same" if same else "different"))


def _digest(algorithm: str, content: bytes) -> bytes:
    if algorithm == "crc32":
        return zlib.crc32(content).to_bytes(4, "big")
    return hashlib.new(algorithm, content, usedforsecurity=False).digest()


BLOCK = Block(
    type="crypto.hash",
    title="Hash",
    category="Crypto",
    icon="hash",
    description="Works out the fingerprint of a text or file.",
    config=HashConfig,
    execute=execute,
    outputs=(Port("output"), Port("same", "As expected"), Port("different", "Not as expected")),
    output_schema={"type": "string", "description": "The hash."},
    examples=(
        Example("Of a text", {}, input="abc", output="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        Example(
            "Is the file whole?",
            {"algorithm": "md5", "source": "{{ input.file }}", "expected": "900150983CD24FB0D6963F7D28E17F72"},
            input={"file": {"filename": "a.txt", "base64": "YWJj"}},
            output="900150983cd24fb0d6963f7d28e17f72",
            ports=("output", "same"),
        ),
    ),
)
