"""What people write and draw around the blocks: notes, and frames with a title. Executions never look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from app.engine.graph_forms import PositionForm, StrictForm
from app.sdk import Json

Kind = Literal["note", "frame"]
Colour = Literal["yellow", "green", "blue", "pink", "purple", "grey"]

MAX_ANNOTATIONS = 1_000


@dataclass(frozen=True, slots=True)
class Annotation:
    """A sticky note with its text, or a frame with its title."""

    id: str
    kind: Kind
    text: str = ""
    colour: Colour = "yellow"
    x: float = 0
    y: float = 0
    width: float = 240
    height: float = 160


class SizeForm(StrictForm):
    width: float = Field(240, ge=40, le=20_000, allow_inf_nan=False)
    height: float = Field(160, ge=40, le=20_000, allow_inf_nan=False)


class AnnotationForm(StrictForm):
    """An annotation as it is sent and stored."""

    id: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+$")
    kind: Kind
    text: str = Field("", max_length=10_000)
    colour: Colour = "yellow"
    position: PositionForm = Field(default_factory=PositionForm)
    size: SizeForm = Field(default_factory=SizeForm)

    def annotation(self) -> Annotation:
        place, size = self.position, self.size
        return Annotation(self.id, self.kind, self.text, self.colour, place.x, place.y, size.width, size.height)


def dump_annotation(annotation: Annotation) -> dict[str, Json]:
    return {
        "id": annotation.id,
        "kind": annotation.kind,
        "text": annotation.text,
        "colour": annotation.colour,
        "position": {"x": annotation.x, "y": annotation.y},
        "size": {"width": annotation.width, "height": annotation.height},
    }
