"""The form of a block: which fields a person fills in, and with what kind of control."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from app.sdk import Block, Json, field_kind

_JSON: TypeAdapter[Any] = TypeAdapter(Any)

KIND_OF_TYPE: dict[Any, str] = {bool: "switch", int: "integer", float: "number", str: "text"}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form.

    `kind` is text, multiline, integer, number, switch, choice, json, code, expression, secret, webhook_id, page_id, cron,
    pairs, list, object, workflow or credential. `fields` are those of an object, or of each item of a list; the items of a
    list of plain values have one field without a name.
    """

    name: str
    kind: str
    title: str
    help: str = ""
    required: bool = False
    default: Json = None
    choices: tuple[Json, ...] = ()
    fields: tuple[FormField, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    placeholder: str = ""
    advanced: bool = False
    is_value: bool = False
    """Whether an expression stands for any value, not only for yes or no."""
    when: tuple[tuple[str, tuple[Json, ...]], ...] = ()
    """Fields beside it with the values for which it matters; elsewhere the form need not show it."""


def form(block: Block) -> tuple[FormField, ...]:
    """The fields of a block's configuration, in the order of their declaration."""
    return form_of(block.config)


def form_of(model: type[BaseModel]) -> tuple[FormField, ...]:
    """The fields of a configuration model."""
    return tuple(_field(name, info) for name, info in model.model_fields.items())


def title_of(name: str, info: FieldInfo) -> str:
    """What a field is called on the page."""
    return info.title or name.replace("_", " ").capitalize()


def extra(info: FieldInfo) -> dict[str, Json]:
    """What a field's declaration says beyond pydantic's own words: kind, initial, mint, advanced, placeholder, when."""
    return dict(info.json_schema_extra) if isinstance(info.json_schema_extra, dict) else {}


def default_of(info: FieldInfo) -> Json:
    """A field's default as JSON; None when it has none."""
    if info.is_required():
        return None
    default = info.get_default(call_default_factory=True, validated_data={})
    return _JSON.dump_python(default, mode="json")


def _field(name: str, info: FieldInfo) -> FormField:
    annotation = without_none(info.annotation)
    kind = field_kind(info) or _kind(annotation)
    more = extra(info)
    return FormField(
        name=name,
        kind=kind,
        title=title_of(name, info) if name else "",
        help=info.description or "",
        required=info.is_required(),
        default=default_of(info),
        choices=_choices(annotation) if kind == "choice" else (),
        fields=_fields(kind, annotation),
        minimum=_bound(info.metadata, "ge", "gt"),
        maximum=_bound(info.metadata, "le", "lt"),
        placeholder=str(more.get("placeholder", "")),
        advanced=bool(more.get("advanced", False)),
        is_value=bool(more.get("value", False)),
        when=tuple((name, tuple(values)) for name, values in more.get("when", {}).items()),
    )


def without_none(annotation: Any) -> Any:
    """X for `X | None`, and any other annotation as it is."""
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        return members[0] if len(members) == 1 else Any
    return annotation


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal or _is_a(annotation, Enum):
        return "choice"
    if origin is list:
        return "list"
    if origin is dict:
        return "pairs" if FieldInfo.from_annotation(get_args(annotation)[1]).annotation is str else "json"
    return "object" if _is_a(annotation, BaseModel) else KIND_OF_TYPE.get(annotation, "json")


def _fields(kind: str, annotation: Any) -> tuple[FormField, ...]:
    if kind == "object":
        return form_of(annotation)
    if kind != "list":
        return ()
    item = FieldInfo.from_annotation(get_args(annotation)[0])
    model: Any = item.annotation
    return form_of(model) if _is_a(model, BaseModel) else (_field("", item),)


def _choices(annotation: Any) -> tuple[Json, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(member.value for member in annotation)


def _bound(metadata: Iterable[Any], *names: str) -> float | None:
    bounds = (getattr(mark, name, None) for mark in metadata for name in names)
    return next((bound for bound in bounds if isinstance(bound, int | float)), None)


def _is_a(annotation: Any, parent: type) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, parent)
