"""Small typed changes of a graph: what the editor sends, the log keeps, undo inverts and history tells in words."""

from app.engine.operations.differences import difference
from app.engine.operations.drawing import Conflict, Drawing, applied, apply
from app.engine.operations.kinds import (
    MAX_OPERATIONS,
    OPERATIONS,
    AddBlock,
    Connect,
    Disconnect,
    MoveBlocks,
    Operation,
    Place,
    RemoveBlock,
    SetBlock,
    SetField,
)

__all__ = [
    "MAX_OPERATIONS",
    "OPERATIONS",
    "AddBlock",
    "Conflict",
    "Connect",
    "Disconnect",
    "Drawing",
    "MoveBlocks",
    "Operation",
    "Place",
    "RemoveBlock",
    "SetBlock",
    "SetField",
    "applied",
    "apply",
    "difference",
]
