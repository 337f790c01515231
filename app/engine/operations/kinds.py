"""The kinds of operations, as they are sent and stored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

MAX_OPERATIONS = 25_000
"""Of one batch: enough to paste the largest graph that is allowed."""

MAX_PATH = 90

BlockId = Annotated[str, Field(min_length=1, max_length=100)]
EdgeId = Annotated[str, Field(min_length=1, max_length=500)]
AnnotationId = Annotated[str, Field(min_length=1, max_length=100)]


class _Operation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Place(_Operation):
    """Where a block or an annotation stands."""

    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)


class AddBlock(_Operation):
    """A new block, whole."""

    type: Literal["add_block"] = "add_block"
    block: dict[str, Any]


class RemoveBlock(_Operation):
    """Takes a block away, and every edge that it still has."""

    type: Literal["remove_block"] = "remove_block"
    block_id: BlockId


class MoveBlocks(_Operation):
    """New places, by block id."""

    type: Literal["move_blocks"] = "move_blocks"
    positions: dict[BlockId, Place] = Field(min_length=1)


class SetField(_Operation):
    """One value of a block's configuration, at a path of field names; `remove` takes it out."""

    type: Literal["set_field"] = "set_field"
    block_id: BlockId
    path: list[str] = Field(min_length=1, max_length=MAX_PATH)
    value: Any = None
    remove: bool = False


class SetBlock(_Operation):
    """What stands beside a block's configuration; what is not given stays."""

    type: Literal["set_block"] = "set_block"
    block_id: BlockId
    name: str | None = None
    enabled: bool | None = None
    notes: str | None = None
    policy: dict[str, Any] | None = None


class Connect(_Operation):
    """A new edge."""

    type: Literal["connect"] = "connect"
    edge: dict[str, Any]


class Disconnect(_Operation):
    """Takes an edge away."""

    type: Literal["disconnect"] = "disconnect"
    edge_id: EdgeId


class AddAnnotation(_Operation):
    """A new note or frame, whole."""

    type: Literal["add_annotation"] = "add_annotation"
    annotation: dict[str, Any]


class RemoveAnnotation(_Operation):
    """Takes a note or a frame away."""

    type: Literal["remove_annotation"] = "remove_annotation"
    annotation_id: AnnotationId


class MoveAnnotations(_Operation):
    """New places of notes and frames, by id."""

    type: Literal["move_annotations"] = "move_annotations"
    positions: dict[AnnotationId, Place] = Field(min_length=1)


class Size(_Operation):
    width: float = Field(allow_inf_nan=False)
    height: float = Field(allow_inf_nan=False)


class SetAnnotation(_Operation):
    """What a note or a frame says and how it looks; what is not given stays."""

    type: Literal["set_annotation"] = "set_annotation"
    annotation_id: AnnotationId
    text: str | None = None
    colour: str | None = None
    size: Size | None = None


class RenameWorkflow(_Operation):
    """The workflow's own name, which stands beside its graph."""

    type: Literal["rename_workflow"] = "rename_workflow"
    name: str = Field(max_length=1_000)


Operation = Annotated[
    AddBlock
    | RemoveBlock
    | MoveBlocks
    | SetField
    | SetBlock
    | Connect
    | Disconnect
    | AddAnnotation
    | RemoveAnnotation
    | MoveAnnotations
    | SetAnnotation
    | RenameWorkflow,
    Field(discriminator="type"),
]

OPERATIONS: TypeAdapter[list[Operation]] = TypeAdapter(list[Operation])
"""Reads and writes lists of operations."""
