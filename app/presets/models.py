"""From the parameters of an operation to the configuration model of its block."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, create_model

from app.presets.manifest import Manifest, Operation, Parameter
from app.sdk import Config, CredentialName, Json, kind
from blocks.core._fields import LongText, Text

MOST = 50_000
PLAIN: dict[str, Any] = {"integer": int, "number": float, "boolean": bool, "json": Json}


class OperationConfig(Config):
    """Base of the configurations of operations. What checks values is built when the first ones come."""

    model_config = ConfigDict(defer_build=True)


def model_of(manifest: Manifest, name: str, operation: Operation) -> type[Config]:
    """The configuration of one operation: the account, its parameters, and how much of a list is wanted."""
    fields: dict[str, Any] = {}
    if manifest.auth:
        fields["credential"] = (CredentialName, Field(title="Account", min_length=1, description=_account(manifest)))
    ordered = sorted(operation.params.items(), key=lambda item: (not item[1].required, item[1].advanced))
    fields |= {name: _field(name, parameter) for name, parameter in ordered}
    if operation.paging is not None:
        help = "How many entries at most; page after page is read until they are there."
        fields["most"] = (int, Field(100, title="At most", ge=1, le=MOST, description=help))
    return create_model(f"{manifest.id}_{name}", __base__=OperationConfig, **fields)


def empty_of(parameter: Parameter) -> Json:
    """The value that stands for nothing, which is not sent."""
    if parameter.type in ("text", "choice"):
        return ""
    return {"list": [], "object": {}, "boolean": bool(parameter.default)}.get(parameter.type)


def title_of(name: str, parameter: Parameter) -> str:
    """What the field is called."""
    return parameter.title or name.replace("_", " ").capitalize()


def _account(manifest: Manifest) -> str:
    kinds = {"bearer": "a token", "api_key": "an API key", "basic": "a user name and password", "oauth2": "OAuth 2"}
    ways = " or ".join(dict.fromkeys(kinds[auth.kind] for auth in manifest.auth))
    more = " ".join(auth.help for auth in manifest.auth if auth.help)
    where = " and the server's address" if manifest.server is not None else ""
    return f"The credential for {manifest.name}: {ways}{where}. {more}".strip()


def _field(name: str, parameter: Parameter) -> tuple[Any, Any]:
    extra: dict[str, Json] = {}
    if parameter.placeholder:
        extra["placeholder"] = parameter.placeholder
    if parameter.advanced:
        extra["advanced"] = True
    more: dict[str, Any] = {"title": title_of(name, parameter), "description": parameter.help, "json_schema_extra": extra or None}
    if parameter.minimum is not None:
        more["ge"] = parameter.minimum
    if parameter.maximum is not None:
        more["le"] = parameter.maximum
    if parameter.required and parameter.default is None:
        if parameter.type in ("text", "list", "object"):
            more["min_length"] = 1
        return _annotation(parameter), Field(**more)
    default = empty_of(parameter) if parameter.default is None else parameter.default
    if isinstance(default, list | dict):
        more["default_factory"] = lambda: type(default)(default)
    else:
        more["default"] = default
    return _annotation(parameter, optional=default is None, empty=default == ""), Field(**more)


def _annotation(parameter: Parameter, *, optional: bool = False, empty: bool = False) -> Any:
    match parameter.type:
        case "text":
            return LongText if parameter.multiline else Text
        case "choice":
            choices = ("", *parameter.choices) if empty else parameter.choices
            return Literal[choices]
        case "list":
            return list[Text]
        case "object":
            return Annotated[dict[str, Json], kind("json")]
        case "file":
            return Annotated[Json, kind("json")]
    plain = PLAIN[parameter.type]
    return plain | None if optional and plain is not Json else plain
