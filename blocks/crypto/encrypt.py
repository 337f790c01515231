"""Encrypts a text or a file so that only those with the key can read it, and decrypts it again.

`aes-256-gcm` takes a key of 32 bytes in base64. `password` makes the key of a password, slowly, so that it cannot be
guessed quickly. `fernet` is understood by many Python programs. `rsa-oaep` encrypts a few bytes with somebody's public
key, so that only this person can read them.

What was changed on the way is noticed and refused. With a purpose, the same purpose is needed to decrypt.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, File, Json, Output, SecretText
from blocks.core._fields import ADVANCED, Text, when
from blocks.crypto._ciphers import decrypt, encrypt
from blocks.crypto._content import ContentConfig, encoded, from_base64

EXAMPLE_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class EncryptConfig(ContentConfig):
    """Configuration of the block."""

    operation: Literal["encrypt", "decrypt"] = Field("encrypt", title="Do", description="Encrypt or decrypt.")
    method: Literal["aes-256-gcm", "password", "fernet", "rsa-oaep"] = Field(
        "aes-256-gcm", title="Method", description="How it is encrypted."
    )
    key: SecretText = Field(
        title="Key",
        min_length=1,
        max_length=20_000,
        description="32 bytes in base64, a password, a Fernet key, or an RSA key (PEM).",
        json_schema_extra={"initial": ""},
    )
    purpose: Text = Field(
        "",
        title="Purpose",
        max_length=1_000,
        description="For the first two methods. May stay empty.",
        json_schema_extra=ADVANCED | when(method=["aes-256-gcm", "password"]),
    )
    result: Literal["text", "file"] = Field(
        "text", title="Result", description="For decrypt: as a text, or as a file.", json_schema_extra=when(operation=["decrypt"])
    )
    filename: str = Field(
        "decrypted.bin",
        title="File name",
        max_length=200,
        description="For a file.",
        json_schema_extra=ADVANCED | when(operation=["decrypt"], result=["file"]),
    )


async def execute(context: Context, config: EncryptConfig, value: Json) -> Output:
    content, purpose = config.content(value), config.purpose.encode()
    if config.operation == "encrypt":
        sealed = await asyncio.to_thread(encrypt, config.method, config.key, content, purpose)
        return Output(sealed.decode() if config.method == "fernet" else encoded(sealed, "base64"))
    sealed = content if config.method == "fernet" else from_base64(content.decode(errors="replace"), "source")
    opened = await asyncio.to_thread(decrypt, config.method, config.key, sealed, purpose)
    if config.result == "file":
        return Output(File(config.filename or "decrypted.bin", "application/octet-stream", opened).value())
    try:
        return Output(opened.decode())
    except UnicodeDecodeError:
        raise BlockError("NOT_TEXT", "what was encrypted is no text; choose a file as the result", retryable=False) from None


BLOCK = Block(
    type="crypto.encrypt",
    title="Encrypt",
    category="Crypto",
    icon="lock",
    description="Encrypts and decrypts texts and files.",
    config=EncryptConfig,
    execute=execute,
    output_schema={
        "type": ["string", "object"],
        "description": "The encrypted text in base64; for decrypt the text or the file.",
    },
    examples=(
        Example(
            "Decrypt a message",
            {"operation": "decrypt", "key": EXAMPLE_KEY},
            input="AapGrnglBIbIMKHEVrYUtM5dmT3TM0aCtAmgBwDZj39jPE6Yy0nJ0jB0wpk=",
            output="Meet me at noon",
        ),
        Example(
            "Decrypt with a password",
            {"operation": "decrypt", "method": "password", "key": "correct horse", "purpose": "letters"},
            input="AmgJUqvxo2sl6ts5HPGXa3t5YGfw4MVHPTpceBE2+EAw6nVILcS5HfJ44TjY/kNQmtNyqcvgC8EeRLvq",
            output="Meet me at noon",
        ),
        Example(
            "Encrypt",
            {"key": EXAMPLE_KEY},
            input="Meet me at noon",
            output="AapGrnglBIbIMKHEVrYUtM5dmT3TM0aCtAmgBwDZj39jPE6Yy0nJ0jB0wpk=",
            runnable=False,
        ),
    ),
)
