"""What a proposal may be made of, as it is told to the model and to agents."""

from __future__ import annotations

from app.sdk import Json

KINDS = (
    "add_block", "remove_block", "move_blocks", "set_field", "set_block", "connect", "disconnect",
    "add_annotation", "remove_annotation", "move_annotations", "set_annotation", "rename_workflow",
)  # fmt: skip
OPERATIONS: dict[str, Json] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {
            "type": {"enum": list(KINDS)},
            "block": {"type": "object", "description": "add_block: {id, type, name, config}"},
            "block_id": {"type": "string"},
            "path": {"description": "set_field: where in the config, a list of names"},
            "value": {"description": "set_field: the new value"},
            "remove": {"type": "boolean", "description": "set_field: take the field out"},
            "edge": {"type": "object", "description": "connect: {source, target, sourceHandle}"},
            "edge_id": {"type": "string", "description": "disconnect"},
            "annotation": {"type": "object", "description": "add_annotation: {kind: note or frame, text, around: [block ids]}"},
            "annotation_id": {"type": "string", "description": "remove_annotation, set_annotation"},
            "text": {"type": "string", "description": "set_annotation: what the note says, or the title of the frame"},
            "colour": {"enum": ["yellow", "green", "blue", "pink", "purple", "grey"], "description": "set_annotation"},
            "name": {"type": "string", "description": "set_block, rename_workflow"},
        },
        "required": ["type"],
    },
}
