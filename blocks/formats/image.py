"""Changes pictures: size, part, kind, direction, a line of text on top.

`resize` makes a picture fit into a width and height; one of them is enough. `inside` keeps all of it, `cover` fills the
whole size and cuts what is over, `stretch` does not care. `crop` keeps a part. `convert` changes the kind and quality.
`watermark` writes a text into the corner. `info` tells the size without changing anything.

What the camera has noted, such as the place, is not in the new picture. Up to 40 million pixels.

Needs a library that is installed with `pip install 'blockyard[image]'`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import FILE_SCHEMA, Block, Context, Example, Json, Output, work
from blocks.core._fields import ADVANCED, Text, when
from blocks.formats._files import FileConfig
from blocks.formats._samples import SMALL

SECONDS = 15.0


class ImageConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["resize", "crop", "rotate", "convert", "watermark", "info"] = Field(
        "resize", title="Do", description="What becomes of the picture."
    )
    width: int = Field(
        0,
        title="Width",
        ge=0,
        le=10_000,
        description="In pixels. 0: as the height asks for.",
        json_schema_extra=when(operation=["resize", "crop"]),
    )
    height: int = Field(
        0,
        title="Height",
        ge=0,
        le=10_000,
        description="In pixels. 0: as the width asks for.",
        json_schema_extra=when(operation=["resize", "crop"]),
    )
    fit: Literal["inside", "cover", "stretch"] = Field(
        "inside",
        title="Fit",
        description="For resize: keep all of it, fill the size and cut, or stretch.",
        json_schema_extra=when(operation=["resize"]),
    )
    left: int = Field(
        0,
        title="From the left",
        ge=0,
        le=100_000,
        description="For crop: where the part begins.",
        json_schema_extra=when(operation=["crop"]),
    )
    top: int = Field(
        0,
        title="From the top",
        ge=0,
        le=100_000,
        description="For crop: where the part begins.",
        json_schema_extra=when(operation=["crop"]),
    )
    degrees: float = Field(
        90,
        title="Degrees",
        ge=-360,
        le=360,
        description="For rotate: to the right.",
        json_schema_extra=when(operation=["rotate"]),
    )
    text: Text = Field(
        "",
        title="Text",
        max_length=200,
        description="For watermark: what is written.",
        json_schema_extra=when(operation=["watermark"]),
    )
    colour: str = Field(
        "white",
        title="Colour",
        max_length=30,
        description="For watermark.",
        json_schema_extra=ADVANCED | when(operation=["watermark"]),
    )
    format: Literal["keep", "jpeg", "png", "webp", "gif"] = Field(
        "keep",
        title="Kind",
        description="Of the new picture.",
        json_schema_extra=when(operation=["resize", "crop", "rotate", "convert", "watermark"]),
    )
    quality: int = Field(
        85,
        title="Quality",
        ge=1,
        le=100,
        description="For jpeg and webp: more is better and larger.",
        json_schema_extra=when(operation=["resize", "crop", "rotate", "convert", "watermark"]),
    )


async def execute(context: Context, config: ImageConfig, value: Json) -> Output:
    data = config.data(value)
    if config.operation == "info":
        return Output(await work("blocks.formats._image_work:info", data, seconds=SECONDS, extra="image"))
    settings = config.model_dump(exclude={"source"})
    return Output(await work("blocks.formats._image_work:change", data, settings, seconds=SECONDS, extra="image"))


BLOCK = Block(
    type="fmt.image",
    title="Picture",
    category="Formats",
    icon="image",
    description="Resizes, crops, converts and marks pictures.",
    config=ImageConfig,
    execute=execute,
    output_schema={
        "description": "The new picture; for info its width, height and kind.",
        "properties": {
            **FILE_SCHEMA["properties"],
            "width": {"type": "integer", "description": "For info."},
            "height": {"type": "integer", "description": "For info."},
            "format": {"type": "string", "description": "For info."},
            "frames": {"type": "integer", "description": "For info: more than one where it moves."},
            "transparent": {"type": "boolean", "description": "For info: whether something behind it shows through."},
        },
    },
    examples=(
        Example(
            "How large is it?",
            {"operation": "info"},
            input=SMALL,
            output={"width": 3, "height": 2, "format": "png", "frames": 1, "transparent": False, "size": 73},
        ),
        Example(
            "As a GIF",
            {"operation": "convert", "format": "gif"},
            input=SMALL,
            output={
                "filename": "red.gif",
                "content_type": "image/gif",
                "size": 45,
                "base64": "R0lGODdhAwACAIEAAP8AAAAAAAAAAAAAACwAAAAAAwACAAAIBgABCBwYEAA7",
            },
        ),
        Example(
            "A small picture for a list",
            {"width": 200, "height": 200, "fit": "cover", "format": "jpeg", "source": "{{ input.photo }}"},
            input={"photo": {"filename": "holiday.png", "base64": "iVBORw0KGgoAAAANSUhEUg..."}},
            output={
                "filename": "holiday.jpeg",
                "content_type": "image/jpeg",
                "size": 9120,
                "base64": "/9j/4AAQSkZJRgABAQAAAQ...",
            },
            runnable=False,
        ),
    ),
)
