"""Reading, joining and splitting PDF files in a worker process."""

from __future__ import annotations

import io
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from app.sdk import BlockError, File, Json

MAX_PAGES = 1_000
MAX_TEXT = 1_000_000
MEDIA_TYPE = "application/pdf"


def text(source: Json, pages: str, password: str) -> Json:
    """The text of every page."""
    reader = _opened(source, "source", password)
    found: list[str] = []
    for number in _numbers(pages, len(reader.pages)):
        found.append(_safely(reader.pages[number].extract_text))
        if sum(map(len, found)) > MAX_TEXT:
            raise BlockError("TEXT_TOO_LONG", f"field `source`: more than {MAX_TEXT:,} characters; name fewer pages")
    return {"text": "\n\n".join(found), "pages": found}


def info(source: Json, password: str) -> Json:
    """How many pages there are, and what the file says about itself."""
    reader = _opened(source, "source", password)
    told = _safely(lambda: reader.metadata) or {}
    return {
        "pages": len(reader.pages),
        "title": _text(told.get("/Title")),
        "author": _text(told.get("/Author")),
        "subject": _text(told.get("/Subject")),
        "encrypted": bool(reader.is_encrypted),
        "sizes": [[round(float(page.mediabox.width), 2), round(float(page.mediabox.height), 2)] for page in reader.pages],
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def merge(sources: list[Json], filename: str) -> Json:
    """One file with the pages of all."""
    writer = PdfWriter()
    for number, source in enumerate(sources):
        _copy(_opened(source, f"source.{number}", ""), writer, "")
    return _written(writer, filename)


def pages(source: Json, wanted: str, turn: int, password: str, filename: str) -> Json:
    """A file with some of the pages, turned if asked for."""
    writer = PdfWriter()
    _copy(_opened(source, "source", password), writer, wanted)
    if turn:
        for page in writer.pages:
            page.rotate(turn)
    return _written(writer, filename)


def split(source: Json, password: str) -> Json:
    """A file for each page."""
    reader = _opened(source, "source", password)
    found = []
    for number in range(len(reader.pages)):
        writer = PdfWriter()
        _copy(reader, writer, str(number + 1))
        found.append(_written(writer, f"page-{number + 1}.pdf"))
    return found


def _copy(reader: PdfReader, writer: PdfWriter, wanted: str) -> None:
    numbers = _numbers(wanted, len(reader.pages))
    if len(writer.pages) + len(numbers) > MAX_PAGES:
        raise BlockError("TOO_MANY_ITEMS", f"more than {MAX_PAGES:,} pages")
    _safely(lambda: [writer.add_page(reader.pages[number]) for number in numbers])


def _written(writer: PdfWriter, filename: str) -> Json:
    content = io.BytesIO()
    _safely(lambda: writer.write(content))
    return File(filename or "document.pdf", MEDIA_TYPE, content.getvalue()).value()


def _opened(source: Json, place: str, password: str) -> PdfReader:
    content = File.of(source, place).content
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(password):
            raise BlockError("PASSWORD_WRONG", f"field `{place}`: the file needs a password, and this is not it")
        if len(reader.pages) > MAX_PAGES:
            raise BlockError("TOO_MANY_ITEMS", f"field `{place}`: more than {MAX_PAGES:,} pages")
    except BlockError:
        raise
    except Exception:
        raise BlockError("FILE_INVALID", f"field `{place}`: this is not a PDF file that can be read") from None
    return reader


def _safely(read: Any) -> Any:
    try:
        return read()
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError):
        raise BlockError("FILE_INVALID", "field `source`: a part of this PDF file is broken") from None


def _numbers(wanted: str, count: int) -> list[int]:
    """`1-3, 5, -1` as numbers from zero; empty is all."""
    if not wanted.strip():
        return list(range(count))
    found: list[int] = []
    for part in wanted.split(","):
        first, dash, last = part.strip().partition("-") if not part.strip().startswith("-") else (part.strip(), "", "")
        try:
            start = _number(first, count)
            end = (_number(last, count) if last else count) if dash else start
        except ValueError:
            raise BlockError("PAGES_INVALID", "field `pages`: must be pages such as 1-3, 5 or -1 for the last") from None
        if not 1 <= start <= end <= count:
            raise BlockError("PAGES_INVALID", f"field `pages`: the file has {count} pages")
        found.extend(range(start - 1, end))
        if len(found) > MAX_PAGES:
            raise BlockError("TOO_MANY_ITEMS", f"field `pages`: more than {MAX_PAGES:,} pages")
    return found


def _number(text: str, count: int) -> int:
    number = int(text)
    return count + 1 + number if number < 0 else number
