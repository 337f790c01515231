"""Calendars, QR codes, PDF files and pictures."""

import base64
import io
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from app.sdk import File, Json
from blocks.formats._samples import ONE_PAGE

pytestmark = pytest.mark.anyio


async def test_a_calendar_there_and_back(run: Any) -> None:
    events = [
        {"summary": "Tea, cake; and more\nof it", "start": "2026-12-24T18:00:00+01:00", "end": "2026-12-24T19:00:00+01:00",
         "location": "Köln", "attendees": ["ada@example.com"], "organizer": "bob@example.com", "rule": "FREQ=WEEKLY;COUNT=4"},
        {"uid": "7", "start": "2026-12-24"},
    ]  # fmt: skip
    text = (await run("fmt.ical", {"operation": "build", "name": "Ours"}, events)).value
    assert text == (await run("fmt.ical", {"operation": "build", "name": "Ours"}, events)).value
    first, second = (await run("fmt.ical", {}, text)).value
    assert {name: first[name] for name in events[0]} == {
        **events[0],
        "start": "2026-12-24T17:00:00+00:00",
        "end": "2026-12-24T18:00:00+00:00",
    }
    assert (second["uid"], second["start"], second["all_day"], second["end"]) == ("7", "2026-12-24", True, None)


async def test_a_calendar_as_a_file(run: Any) -> None:
    file = (await run("fmt.ical", {"operation": "build_file"}, {"start": "2026-12-24"})).value
    assert (file["filename"], File.of(file, "").content[:15]) == ("events.ics", b"BEGIN:VCALENDAR")


async def test_text_cannot_break_out_of_a_calendar(run: Any) -> None:
    event = {"start": "2026-12-24", "summary": "x\r\nEND:VEVENT\r\nBEGIN:VEVENT", "uid": "1\r\nX-EVIL:1"}
    text = (await run("fmt.ical", {"operation": "build"}, event)).value
    assert text.count("\r\nBEGIN:VEVENT\r\n") == 1
    assert "\nX-EVIL" not in text


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({}, "no calendar", "NOT_A_CALENDAR"),
        ({"operation": "build"}, {"start": "2026-12-24", "attendees": ["a@x.org\r\nX-EVIL:1"]}, "EVENT_INVALID"),
        ({"operation": "build"}, {"summary": "x"}, "EVENT_INVALID"),
        ({"operation": "build"}, {"start": "soon"}, "EVENT_INVALID"),
        ({"operation": "build"}, {"start": "2026-12-24", "rule": "often"}, "EVENT_INVALID"),
        ({"operation": "build"}, ["x"], "EVENT_INVALID"),
    ],
    ids=str,
)
async def test_what_is_no_calendar(refused: Any, config: dict[str, Json], value: Json, code: str) -> None:
    assert (await refused("fmt.ical", config, value)).code == code


async def test_a_qr_code_is_a_picture(run: Any) -> None:
    file = (await run("fmt.qr", {"text": "ü" * 100, "reserve": "highest", "scale": 2, "light": "transparent"})).value
    picture = Image.open(io.BytesIO(base64.b64decode(file["base64"])))
    assert (file["content_type"], picture.format, picture.width == picture.height) == ("image/png", "PNG", True)


@pytest.mark.parametrize(
    ("config", "code"),
    [({"text": "x" * 2_900, "reserve": "highest"}, "TEXT_TOO_LONG"), ({"text": "x", "dark": "nocolour"}, "COLOUR_INVALID")],
    ids=["long", "colour"],
)
async def test_a_qr_code_that_cannot_be(refused: Any, config: dict[str, Json], code: str) -> None:
    assert (await refused("fmt.qr", config)).code == code


def pdf(pages: int, password: str = "") -> dict[str, Json]:
    writer = PdfWriter()
    for number in range(pages):
        writer.add_blank_page(100 + number, 50)
    writer.add_metadata({"/Title": "Üben", "/Author": "Ada"})
    if password:
        writer.encrypt(password, algorithm="AES-256")
    content = io.BytesIO()
    writer.write(content)
    return File("a.pdf", "application/pdf", content.getvalue()).value()


def widths(value: Json) -> list[int]:
    return [round(float(page.mediabox.width)) for page in PdfReader(io.BytesIO(File.of(value, "").content)).pages]


@pytest.mark.parametrize(
    ("pages", "wanted"),
    [("2", [101]), ("3-, 1", [102, 103, 100]), ("-1", [103]), ("2-3,2", [101, 102, 101]), ("", [100, 101, 102, 103])],
)
async def test_pages(run: Any, pages: str, wanted: list[int]) -> None:
    file = (await run("fmt.pdf", {"operation": "pages", "pages": pages, "turn": 90}, pdf(4))).value
    assert widths(file) == wanted


async def test_files_are_joined_and_taken_apart(run: Any) -> None:
    joined = (await run("fmt.pdf", {"operation": "merge", "filename": "all.pdf"}, [pdf(2), ONE_PAGE])).value
    assert (joined["filename"], widths(joined)) == ("all.pdf", [100, 101, 200])
    assert [widths(file) for file in (await run("fmt.pdf", {"operation": "split"}, joined)).value] == [[100], [101], [200]]
    assert (await run("fmt.pdf", {"pages": "3"}, joined)).value["text"] == "Hello"


async def test_what_a_pdf_says_of_itself(run: Any) -> None:
    told = (await run("fmt.pdf", {"operation": "info", "password": "open"}, pdf(1, "open"))).value
    assert (told["title"], told["author"], told["pages"], told["encrypted"]) == ("Üben", "Ada", 1, True)


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({}, "no pdf", "FILE_INVALID"),
        ({}, pdf(1, "open"), "PASSWORD_WRONG"),
        ({"password": "wrong"}, pdf(1, "open"), "PASSWORD_WRONG"),
        ({"pages": "9"}, pdf(2), "PAGES_INVALID"),
        ({"pages": "2-1"}, pdf(2), "PAGES_INVALID"),
        ({"pages": "x"}, pdf(2), "PAGES_INVALID"),
        ({"pages": "0"}, pdf(2), "PAGES_INVALID"),
        ({"pages": ",".join(["1-2"] * 120 + ["3"])}, pdf(2), "PAGES_INVALID"),
        ({"operation": "merge"}, pdf(1), "ITEMS_INVALID"),
        ({"operation": "merge"}, [pdf(1), "x"], "FILE_INVALID"),
    ],
    ids=["none", "locked", "wrong", "beyond", "backwards", "word", "zero", "twice", "one", "second"],
)
async def test_a_pdf_that_is_refused(refused: Any, config: dict[str, Json], value: Json, code: str) -> None:
    assert (await refused("fmt.pdf", config, value)).code == code


def picture(width: int = 40, height: int = 20, kind: str = "PNG", mode: str = "RGB", **more: Any) -> dict[str, Json]:
    content = io.BytesIO()
    Image.new(mode, (width, height), "red").save(content, kind, **more)
    return File(f"a.{kind.lower()}", "image/x", content.getvalue()).value()


def seen(value: Json) -> tuple[str | None, tuple[int, int]]:
    opened = Image.open(io.BytesIO(File.of(value, "").content))
    return opened.format, opened.size


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"width": 20}, ("PNG", (20, 10))),
        ({"height": 5, "format": "webp"}, ("WEBP", (10, 5))),
        ({"width": 10, "height": 10}, ("PNG", (10, 5))),
        ({"width": 10, "height": 10, "fit": "cover"}, ("PNG", (10, 10))),
        ({"width": 7, "height": 9, "fit": "stretch", "format": "gif"}, ("GIF", (7, 9))),
        ({"operation": "crop", "left": 30, "top": 10, "width": 10, "height": 10}, ("PNG", (10, 10))),
        ({"operation": "rotate", "degrees": 90}, ("PNG", (20, 40))),
        ({"operation": "convert", "format": "jpeg", "quality": 30}, ("JPEG", (40, 20))),
        ({"operation": "watermark", "text": "Ü ©", "format": "jpeg"}, ("JPEG", (40, 20))),
    ],
    ids=str,
)
async def test_a_picture_is_changed(run: Any, config: dict[str, Json], wanted: Any) -> None:
    for mode in ("RGB", "RGBA", "P", "L", "1"):
        source = picture(mode=mode) if mode != "P" else picture(kind="GIF")
        found = (await run("fmt.image", {"format": "png", **config}, source)).value
        assert (seen(found), found["filename"].partition(".")[0]) == (wanted, "a")


async def test_what_the_camera_noted_is_gone_and_the_picture_upright(run: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of Ada"
    found = (await run("fmt.image", {"operation": "convert"}, picture(kind="JPEG", exif=exif))).value
    assert seen(found) == ("JPEG", (20, 40))
    assert b"Camera" not in File.of(found, "").content


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({"width": 5}, "no picture", "FILE_INVALID"),
        ({"width": 5}, File("a.svg", "image/svg+xml", b"<svg/>").value(), "FILE_INVALID"),
        ({"width": 5}, {"filename": "a.png", "base64": picture()["base64"][:80]}, "FILE_INVALID"),
        ({}, picture(), "SIZE_INVALID"),
        ({"operation": "crop", "left": 35, "width": 10, "height": 10}, picture(), "SIZE_INVALID"),
        ({"width": 10_000, "height": 9_000, "fit": "stretch"}, picture(), "SIZE_INVALID"),
        ({"operation": "info"}, picture(9_000, 9_000, mode="1"), "FILE_TOO_LARGE"),
        ({"operation": "watermark", "text": "x", "colour": "no"}, picture(), "COLOUR_INVALID"),
    ],
    ids=["text", "svg", "half", "no size", "outside", "too large", "bomb", "colour"],
)
async def test_a_picture_that_is_refused(refused: Any, config: dict[str, Json], value: Json, code: str) -> None:
    assert (await refused("fmt.image", config, value)).code == code
