"""Small typed changes of a graph: what the editor sends, the log keeps, undo inverts and history tells in words."""

from app.engine.operations.differences import difference
from app.engine.operations.drawing import Conflict, Drawing, applied, apply
from app.engine.operations.kinds import (
    MAX_OPERATIONS,
    OPERATIONS,
    AddAnnotation,
    AddBlock,
    Connect,
    Disconnect,
    MoveAnnotations,
    MoveBlocks,
    Operation,
    Place,
    RemoveAnnotation,
    RemoveBlock,
    RenameWorkflow,
    SetAnnotation,
    SetBlock,
    SetField,
)

__all__ = [
    "MAX_OPERATIONS",
    "OPERATIONS",
    "AddAnnotation",
    "AddBlock",
    "Conflict",
    "Connect",
    "Disconnect",
    "Drawing",
    "MoveAnnotations",
    "MoveBlocks",
    "Operation",
    "Place",
    "RemoveAnnotation",
    "RemoveBlock",
    "RenameWorkflow",
    "SetAnnotation",
    "SetBlock",
    "SetField",
    "applied",
    "apply",
    "difference",
]
