"""Changing pictures in a worker process, with a limit on their size."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from app.sdk import BlockError, File, Json

MAX_PIXELS = 40_000_000
MAX_SIDE = 10_000
FORMATS = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}
READ = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def info(source: Json) -> Json:
    picture, file = _opened(source)
    return {
        "width": picture.width,
        "height": picture.height,
        "format": (picture.format or "").lower(),
        "frames": getattr(picture, "n_frames", 1),
        "transparent": picture.has_transparency_data,
        "size": len(file.content),
    }


def change(source: Json, settings: dict[str, Json]) -> Json:
    """The picture as a new file, without the place and camera that the old one may have told."""
    opened, file = _opened(source)
    kind = settings["format"] if settings["format"] != "keep" else (opened.format or "PNG").lower()
    kind = kind if kind in FORMATS else "png"
    try:
        picture: Image.Image = ImageOps.exif_transpose(opened)
        picture = _changed(picture, settings)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BlockError("FILE_INVALID", "field `source`: this picture is broken") from None
    return File(f"{file.name.rpartition('.')[0] or file.name}.{kind}", FORMATS[kind], _written(picture, kind, settings)).value()


def _opened(source: Json) -> tuple[Image.Image, File]:
    file = File.of(source, "source")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(file.content), formats=READ)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise BlockError("FILE_TOO_LARGE", f"field `source`: the picture has more than {MAX_PIXELS:,} pixels") from None
    except (OSError, ValueError, SyntaxError):
        raise BlockError("FILE_INVALID", f"field `source`: this is no picture ({', '.join(READ)})") from None
    return picture, file


def _changed(picture: Image.Image, settings: dict[str, Json]) -> Image.Image:
    width, height = settings["width"], settings["height"]
    match settings["operation"]:
        case "crop":
            box = (settings["left"], settings["top"], settings["left"] + width, settings["top"] + height)
            if not width or not height or box[2] > picture.width or box[3] > picture.height:
                message = f"the part to keep must lie inside the picture, which has {picture.width} x {picture.height} pixels"
                raise BlockError("SIZE_INVALID", message)
            return picture.crop(box)
        case "resize":
            return _resized(picture, width, height, settings["fit"])
        case "rotate":
            return picture.rotate(-settings["degrees"], expand=True, resample=Image.Resampling.BICUBIC)
        case "watermark":
            return _marked(picture, settings["text"], settings["colour"])
    return picture


def _resized(picture: Image.Image, width: int, height: int, fit: str) -> Image.Image:
    if not width and not height:
        raise BlockError("SIZE_INVALID", "field `width`: a width or a height is needed")
    ratio = picture.width / picture.height
    size = (width or max(1, round(height * ratio)), height or max(1, round(width / ratio)))
    if max(size) > MAX_SIDE or size[0] * size[1] > MAX_PIXELS:
        raise BlockError("SIZE_INVALID", f"the new picture would have more than {MAX_PIXELS:,} pixels")
    match fit:
        case "stretch":
            return picture.resize(size, Image.Resampling.LANCZOS)
        case "cover":
            return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    return ImageOps.contain(picture, size, Image.Resampling.LANCZOS)


def _marked(picture: Image.Image, text: str, colour: str) -> Image.Image:
    base = picture.convert("RGBA")
    layer = Image.new("RGBA", base.size, (0, 0, 0, 0))
    drawing = ImageDraw.Draw(layer)
    font = ImageFont.load_default(max(10, base.height // 20))
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except ValueError:
        raise BlockError("COLOUR_INVALID", "field `colour`: must be a colour such as #ffffff or white") from None
    left, top, right, bottom = drawing.textbbox((0, 0), text, font=font)
    margin = max(4, base.height // 40)
    place = (base.width - (right - left) - margin, base.height - (bottom - top) - 2 * margin)
    drawing.text(place, text, font=font, fill=(red, green, blue, 160))
    return Image.alpha_composite(base, layer)


def _written(picture: Image.Image, kind: str, settings: dict[str, Json]) -> bytes:
    if kind == "jpeg":
        if picture.has_transparency_data:
            clear = picture.convert("RGBA")
            picture = Image.new("RGB", clear.size, "white")
            picture.paste(clear, mask=clear)
        picture = picture.convert("RGB")
    elif picture.mode not in ("RGB", "RGBA", "L", "P"):
        picture = picture.convert("RGBA")
    content = io.BytesIO()
    more = {"quality": settings["quality"]} if kind in ("jpeg", "webp") else {}
    picture.info = {}
    picture.save(content, kind.upper(), **more)
    return content.getvalue()
