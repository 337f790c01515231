"""What is sent of credentials, in the OpenAPI description: each type has fields of its own (contract.md G19)."""

from __future__ import annotations

from app.services.credential_types import CredentialField, CredentialType
from app.web.openapi.kinds import ADDRESS, FLAG, ID, PORT, Schema
from app.web.openapi.shapes import asked, many, mapping, one_of, text

SECRETS = mapping(text("a secret"))
SOURCE = one_of("stored", "environment", "file", "vault")
SHARING = asked(restricted=FLAG, workflows=many(ID), people=many(ID))
CREDENTIAL_NAME = text("MODEL_KEY", pattern="^[A-Z][A-Z0-9_]{0,99}$")
LONGEST = 20_000
NO_BREAK = r"^[^\r\n\u0000]*$"


def new_credential(type: CredentialType) -> Schema:
    """A new credential of one type; behind a source other than `stored` stand references in the place of secrets."""
    needed = {field.name: _field(field) for field in type.fields if field.required and not field.default}
    others = {field.name: _field(field) for field in type.fields if field.name not in needed}
    known = asked(needed, **others) | {"title": type.title}
    needs: dict[str, Schema] = {"name": CREDENTIAL_NAME, "type": {"const": type.name}, "data": known}
    return asked(needs, source=SOURCE, sharing=SHARING)


def _field(field: CredentialField) -> Schema:
    if field.choices:
        return one_of(*field.choices, *([""] if field.default or not field.required else []))
    if field.is_url:
        address = (
            ADDRESS if field.name != "url" else text("https://user:password@host/", pattern="^[a-z]{2,20}://[a-z0-9.]{1,60}/?$")
        )
        return address if field.required else {"anyOf": [address, {"const": ""}]}
    if field.name == "port":
        return text(field.default, pattern=f"^{PORT}$")
    least = 1 if field.required else 0
    if field.multiline or field.name == "value":
        return text(least=least, most=LONGEST)
    pattern = NO_BREAK if field.secret or not field.required else r"^[^\r\n\u0000]*[^\s\u0000][^\r\n\u0000]*$"
    return text(least=least, most=LONGEST, pattern=pattern)
