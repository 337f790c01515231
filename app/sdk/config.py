"""What a configuration may hold, and how its fields are edited."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

Json = Any
"""None, bool, int, float, str, list of Json or dict from str to Json. Nothing else crosses a block's border."""

Effect = Literal["none", "read", "write"]
Need = Literal["http", "sandbox", "platform", "workflows", "state", "blocks", "models", "network", "tables", "files"]


class Config(BaseModel):
    """Base of every block's configuration. Unknown fields are refused. Its validator is built when it is first used."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)


def kind(name: str, **more: Json) -> FieldInfo:
    """A marker for `Annotated[...]` that says how a field is edited and whether templates in it are resolved."""
    marker: FieldInfo = Field(json_schema_extra={"kind": name, **more})
    return marker


Multiline = Annotated[str, kind("multiline")]
Code = Annotated[str, kind("code")]
Expression = Annotated[str, kind("expression")]
SecretText = Annotated[str, kind("secret")]
AnyJson = Annotated[Json, kind("json")]
WorkflowName = Annotated[str, kind("workflow")]
CredentialName = Annotated[str, kind("credential")]

LITERAL_KINDS = frozenset({"code", "expression", "secret"})
"""Kinds of field whose text is taken as it is: `{{ }}` in it is no template."""


def field_kind(info: FieldInfo) -> str | None:
    """The kind that a field's declaration names, or None when its type alone decides."""
    extra = info.json_schema_extra
    return str(extra["kind"]) if isinstance(extra, dict) and "kind" in extra else None
